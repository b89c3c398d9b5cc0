"""The docks of the window: moved to the places of a workspace, given their shares, and brought to the front."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QTabBar, QTabWidget, QWidget

from gui.catalogue.panels import PANELS, Area, DockRow
from gui.catalogue.views import VIEWS
from gui.catalogue.workspaces import Arrangement, Place

_MIN_CENTRE_HEIGHT = 360
"""Height of the middle below which a view brought forward there takes space from the docks below."""
_LISTS = 250, 400
"""Least and largest width of the docks on the left, before it is scaled by the size of the text."""
_AREAS: dict[Area, Qt.DockWidgetArea] = {
    "left": Qt.DockWidgetArea.LeftDockWidgetArea,
    "right": Qt.DockWidgetArea.RightDockWidgetArea,
    "bottom": Qt.DockWidgetArea.BottomDockWidgetArea,
}
_ROWS: tuple[DockRow, ...] = (*PANELS, *VIEWS)
CENTRE_VIEWS = tuple(row.id for row in _ROWS if row.area == "centre")
"""Ids of the views in the middle of the window."""
_DOCK_ROWS = tuple(row for row in _ROWS if row.area != "centre")


class Docks(Mapping[str, QDockWidget]):
    """The docks of a window by id, and the views in its middle.

    They are in a window of their own within the window, which is made anew for each layout: Qt leaves tab bars behind
    if docks are put together in other ways, or restored.

    Parameters
    ----------
    contents
        The widgets of panels and views by id.
    on_visible
        Called with an id and whether its widget is visible now.
    on_moved
        Called after a person has moved a dock.
    """

    def __init__(
        self,
        window: QMainWindow,
        contents: Mapping[str, QWidget],
        on_visible: Callable[[str, bool], None],
        on_moved: Callable[[], None],
    ) -> None:
        self._window = window
        self.contents = contents
        self._on_visible = on_visible
        self._on_moved = on_moved
        self._is_arranging = False
        self._docks: dict[str, QDockWidget] = {}
        self._arrangement = Arrangement(places=())
        self.centre = _make_tabs([(row.title, contents[row.id]) for row in _ROWS if row.id in CENTRE_VIEWS])
        self.centre.currentChanged.connect(self._on_centre_current_changed)
        self.frame = self._make_frame()

    def __getitem__(self, dock_id: str) -> QDockWidget:
        return self._docks[dock_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._docks)

    def __len__(self) -> int:
        return len(self._docks)

    # Layouts

    def arrange(self, arrangement: Arrangement, *, opened: Iterable[str] = (), closed: Iterable[str] = ()) -> None:
        """Put every dock and view in its place; the others are closed.

        Parameters
        ----------
        opened
            Docks without a place to open nevertheless.
        closed
            Docks not to show in their places.
        """
        with self._new_layout(arrangement, arrangement.tabs("centre")):
            before: dict[Area, str] = {}
            for place in arrangement.places:
                if place.area != "centre":
                    self._fill_place(place, before.get(place.area))
                    before[place.area] = place.tabs[0]
            for dock_id in opened:
                self._open(dock_id)
            for dock_id in closed:
                self._docks[dock_id].hide()
            for place in arrangement.places:
                if place.area != "centre":
                    self._docks[place.tabs[0]].raise_()

    def restore(self, arrangement: Arrangement, centre_ids: Sequence[str], state: QByteArray, version: int) -> bool:
        """Put every dock where it was in a saved state; returns whether that can be read."""
        with self._new_layout(arrangement, centre_ids):
            return self.frame.restoreState(state, version)

    def save(self, version: int) -> QByteArray:
        """The places and sizes of all docks."""
        return self.frame.saveState(version)

    @contextmanager
    def _new_layout(self, arrangement: Arrangement, centre_ids: Sequence[str]) -> Iterator[None]:
        focused = QApplication.focusWidget()
        self._is_arranging = True
        self._window.setUpdatesEnabled(False)
        try:
            self._arrangement = arrangement
            self.frame = self._make_frame()
            self.frame.show()
            self.show_centre(centre_ids)
            self._activate_layout()
            yield
            for dock_id, dock in self._docks.items():
                if dock.isHidden():
                    self._on_visible(dock_id, False)
            for bar in self.tab_bars:
                bar.show()  # Qt hides some that it takes for those of another layout
            if focused is not None and focused.isVisible() and focused.isEnabled():
                focused.setFocus()
        finally:
            self._window.setUpdatesEnabled(True)
            self._is_arranging = False

    def _make_frame(self) -> QMainWindow:
        """A window of docks in place of the one before; the docks are not yet in its layout."""
        titles = {dock_id: dock.windowTitle() for dock_id, dock in self._docks.items()}
        frame = QMainWindow(self._window)
        frame.setWindowFlags(Qt.WindowType.Widget)  # it makes itself one with a frame of its own
        frame.setDockNestingEnabled(True)
        frame.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        frame.setCorner(Qt.Corner.BottomLeftCorner, _AREAS["left"])
        frame.setCorner(Qt.Corner.BottomRightCorner, _AREAS["right"])
        frame.setCentralWidget(self.centre)
        for row in _DOCK_ROWS:
            if row.id in self._docks:
                self._docks[row.id].blockSignals(True)
            dock = self._docks[row.id] = QDockWidget(titles.get(row.id, row.title), frame)
            dock.setObjectName(row.id)
            dock.setWidget(self.contents[row.id])
            dock.hide()
            dock.visibilityChanged.connect(lambda visible, dock_id=row.id: self._on_visible(dock_id, visible))
            dock.dockLocationChanged.connect(self._on_dock_moved)
            dock.topLevelChanged.connect(self._on_dock_moved)
        self._window.setCentralWidget(frame)  # the one before is deleted
        return frame

    def _fill_place(self, place: Place, before: str | None) -> None:
        """Open the docks of a place, beside the place `before` in the same area."""
        first = self._docks[place.tabs[0]]
        if before is None:
            self.frame.addDockWidget(_AREAS[place.area], first)
        else:
            direction = Qt.Orientation.Horizontal if place.area == "bottom" else Qt.Orientation.Vertical
            self.frame.splitDockWidget(self._docks[before], first, direction)
        first.show()
        for tab in place.tabs[1:]:
            self.frame.tabifyDockWidget(first, self._docks[tab])
            self._docks[tab].show()

    def _open(self, dock_id: str) -> None:
        """Show a dock, if it has no place yet as a tab of its group or area."""
        dock, areas = self._docks[dock_id], self.frame.dockWidgetArea
        if areas(dock) == Qt.DockWidgetArea.NoDockWidgetArea:
            row = next(row for row in _DOCK_ROWS if row.id == dock_id)
            area = _AREAS[row.area or next(other.area for other in _ROWS if other.id == row.behind) or "right"]
            placed = [other for other in self.values() if not other.isHidden() and not other.isFloating()]
            group = [other for other in placed if row.behind and other.objectName() == row.behind]
            beside = group or [other for other in placed if areas(other) == area and other.objectName() != "designs"]
            if beside:
                self.frame.tabifyDockWidget(beside[-1], dock)
            else:
                self.frame.addDockWidget(area, dock)
        dock.show()

    def _on_dock_moved(self, _: object) -> None:
        if not self._is_arranging:
            self._on_moved()

    @property
    def visible_ids(self) -> tuple[str, ...]:
        """The docks that are open, behind other tabs as well."""
        return tuple(dock_id for dock_id, dock in self._docks.items() if not dock.isHidden())

    def is_open(self, part_id: str) -> bool:
        """Whether a dock or a view in the middle is open, perhaps behind other tabs."""
        return part_id in self.centre_ids if part_id in CENTRE_VIEWS else not self._docks[part_id].isHidden()

    # The middle

    @property
    def centre_ids(self) -> tuple[str, ...]:
        """The visible tabs in the middle, the one in front first; none if the middle is hidden."""
        if self.centre.isHidden():
            return ()
        front = self.centre.currentIndex()
        shown = [index for index in range(self.centre.count()) if self.centre.isTabVisible(index)]
        return tuple(CENTRE_VIEWS[index] for index in sorted(shown, key=lambda index: index != front))

    def show_centre(self, view_ids: Sequence[str]) -> None:
        """Show these views in the middle, the first in front; without any, the docks have all the space."""
        self.centre.setVisible(bool(view_ids))
        for index, view_id in enumerate(CENTRE_VIEWS):
            self.centre.setTabVisible(index, view_id in view_ids)
        if view_ids:
            self.centre.setCurrentIndex(CENTRE_VIEWS.index(view_ids[0]))
        self._report_centre()

    def _on_centre_current_changed(self, index: int) -> None:
        """A view brought forward by a click needs space as well; the first view does not."""
        self._report_centre()
        if index > 0:
            self._make_space()

    def _report_centre(self) -> None:
        for index, view_id in enumerate(CENTRE_VIEWS):
            self._on_visible(view_id, not self.centre.isHidden() and index == self.centre.currentIndex())

    def _make_space(self) -> None:
        """Take height from the docks below the middle if that is too low to show anything."""
        missing = _MIN_CENTRE_HEIGHT - self.centre.height()
        below = next((dock for dock in self._docks.values() if self._is_below(dock)), None)
        if missing > 0 and below is not None:
            height = max(below.height() - missing, below.minimumSizeHint().height())
            self.frame.resizeDocks([below], [height], Qt.Orientation.Vertical)
            self._activate_layout()

    def _is_below(self, dock: QDockWidget) -> bool:
        at_bottom = self.frame.dockWidgetArea(dock) == _AREAS["bottom"]
        return at_bottom and dock.isVisible() and not dock.isFloating()

    # The front

    def bring_forward(self, part_id: str) -> None:
        """Open a dock in front of its tabs, or a view in the middle."""
        if part_id in CENTRE_VIEWS:
            index = CENTRE_VIEWS.index(part_id)
            self.centre.show()
            self.centre.setTabVisible(index, True)
            self.centre.setCurrentIndex(index)
            self._report_centre()
            self._make_space()
            return
        self._is_arranging = True
        self._open(part_id)
        self._is_arranging = False
        self._docks[part_id].raise_()

    def uncover(self, dock_id: str) -> None:
        """Bring a dock in front of its tabs, unless it is closed or the keyboard focus is in one of these."""
        dock, focus = self._docks[dock_id], QApplication.focusWidget()
        tabs = self.frame.tabifiedDockWidgets(dock)
        if not dock.isHidden() and not any(focus is not None and tab.isAncestorOf(focus) for tab in tabs):
            dock.raise_()

    def raise_first_panels(self) -> None:
        """Show the panels in front that are there at first; views stay as the user has arranged them."""
        for panel_id in dict.fromkeys(row.behind for row in PANELS if row.behind):
            self._docks[panel_id].raise_()

    # Shares

    def share_space(self, text_scale: float) -> None:
        """Give each dock its share of the window at its current size."""
        self._activate_layout()
        places = [place for place in self._arrangement.places if place.area != "centre"]
        width, height = self.frame.width(), self.frame.height()
        least, most = (round(text_scale * limit) for limit in _LISTS)
        widths = {"left": min(max(width * self._arrangement.left // 100, least), most),
                  "right": width * self._arrangement.right // 100}  # fmt: skip
        firsts = {place.area: place.tabs[0] for place in reversed(places)}
        sides = [area for area in widths if area in firsts]
        self._resize([firsts[area] for area in sides], [widths[area] for area in sides], Qt.Orientation.Horizontal)
        if "bottom" in firsts:
            self._resize([firsts["bottom"]], [height * self._arrangement.bottom // 100], Qt.Orientation.Vertical)
        for area in firsts:
            in_area = [place for place in places if place.area == area]
            across = area == "bottom"
            length = width - sum(widths[side] for side in sides) if across else height
            direction = Qt.Orientation.Horizontal if across else Qt.Orientation.Vertical
            if len(in_area) > 1:
                self._resize([p.tabs[0] for p in in_area], [length * p.share // 100 for p in in_area], direction)
        self._activate_layout()

    @property
    def tab_bars(self) -> list[QTabBar]:
        """The tab bars of docks that share a place."""
        bars = self.frame.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
        return [bar for bar in bars if bar.count() > 1]

    def _resize(self, dock_ids: Sequence[str], sizes: Sequence[int], direction: Qt.Orientation) -> None:
        self.frame.resizeDocks([self._docks[dock_id] for dock_id in dock_ids], list(sizes), direction)

    def _activate_layout(self) -> None:
        for window in (self._window, self.frame):
            layout = window.layout()
            if layout is not None:
                layout.activate()


def _make_tabs(contents: Sequence[tuple[str, QWidget]]) -> QTabWidget:
    tabs = QTabWidget()
    tabs.setDocumentMode(True)
    tabs.setAccessibleName("Middle of the window")
    tabs.tabBar().setAccessibleName("Views in the middle")
    for title, widget in contents:
        tabs.addTab(widget, title)
    return tabs
