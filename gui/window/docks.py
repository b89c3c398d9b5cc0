"""The docks of the window: their places, from the tables of panels and views, and their shares of the window."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QTabBar, QTabWidget, QWidget

from gui.catalogue.panels import PANELS, Area, DockRow
from gui.catalogue.views import VIEWS

LAYOUT_VERSION = 4
"""Layouts saved by another version are not restored."""
_NARROW = 1400
"""Width of a window below which the table is behind the bars, not beside them."""
_SMALL = 1200
"""Width of a window below which the tabs of the left docks are shortened."""
_LOW = 900
"""Height of a window below which the inspector is behind the filters, not below them."""
_MIN_CENTRE_HEIGHT = 360
"""Height of the middle below which a view brought forward there takes space from the docks below."""
_TABS = 290
"""Width of the left docks with tabs in full."""
_AREAS: dict[Area, Qt.DockWidgetArea] = {
    "left": Qt.DockWidgetArea.LeftDockWidgetArea,
    "right": Qt.DockWidgetArea.RightDockWidgetArea,
    "bottom": Qt.DockWidgetArea.BottomDockWidgetArea,
}


_ROWS: tuple[DockRow, ...] = (*PANELS, *VIEWS)
CENTRE_VIEWS = tuple(row.id for row in _ROWS if row.area == "centre")
"""Ids of the views in the middle of the window, the first one in front."""
_DOCK_ROWS = tuple(row for row in _ROWS if row.area != "centre")
_FRONT = tuple(dict.fromkeys(row.behind for row in _DOCK_ROWS if row.behind))
"""Ids of the docks to raise above the tabs behind them; otherwise Qt shows the last one."""
_FRONT_PANELS = tuple(dict.fromkeys(row.behind for row in PANELS if row.behind))


class Docks(Mapping[str, QDockWidget]):
    """The docks of a window by id.

    Parameters
    ----------
    contents
        The widgets of panels and views by id.
    on_visible
        Called with an id and whether its widget is visible now.
    """

    def __init__(
        self,
        window: QMainWindow,
        contents: Mapping[str, QWidget],
        on_visible: Callable[[str, bool], None],
    ) -> None:
        self._window = window
        self._docks: dict[str, QDockWidget] = {}
        self.centre = _make_tabs([(row.title, contents[row.id]) for row in _ROWS if row.id in CENTRE_VIEWS])
        window.setCentralWidget(self.centre)
        window.setDockNestingEnabled(True)
        window.setCorner(Qt.Corner.BottomLeftCorner, _AREAS["left"])
        window.setCorner(Qt.Corner.BottomRightCorner, _AREAS["right"])
        for row in _DOCK_ROWS:
            self._add(row, contents[row.id])
        for dock_id in _FRONT:
            self._docks[dock_id].raise_()
        self.centre.currentChanged.connect(lambda _: self._on_centre_changed(on_visible))
        self._report_centre(on_visible)
        for dock_id, dock in self._docks.items():
            dock.visibilityChanged.connect(lambda visible, dock_id=dock_id: on_visible(dock_id, visible))

    def __getitem__(self, dock_id: str) -> QDockWidget:
        return self._docks[dock_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._docks)

    def __len__(self) -> int:
        return len(self._docks)

    def bring_forward(self, dock_id: str) -> None:
        """Show a dock in front of its tabs, or a view in the middle."""
        if dock_id in CENTRE_VIEWS:
            self.centre.setCurrentIndex(CENTRE_VIEWS.index(dock_id))
            self._make_space()
            return
        self._docks[dock_id].show()
        self._docks[dock_id].raise_()

    def uncover(self, dock_id: str) -> None:
        """Bring a dock in front of its tabs, unless it is closed or the keyboard focus is in one of these."""
        dock, focus = self._docks[dock_id], QApplication.focusWidget()
        tabs = self._window.tabifiedDockWidgets(dock)
        if not dock.isHidden() and not any(focus is not None and tab.isAncestorOf(focus) for tab in tabs):
            dock.raise_()

    def raise_first_panels(self) -> None:
        """Show the panels in front that are there at first; views stay as the user has arranged them."""
        for dock_id in _FRONT_PANELS:
            self._docks[dock_id].raise_()

    def hide_stray_tab_bars(self) -> None:
        """Hide tab bars that Qt forgets when it makes others for the same docks."""
        later: set[str] = set()
        direct = Qt.FindChildOption.FindDirectChildrenOnly
        for bar in reversed(self._window.findChildren(QTabBar, options=direct)):
            titles = {bar.tabText(index) for index in range(bar.count())}
            if titles & later:
                bar.hide()
            later |= titles

    def share_space(self) -> None:
        """Give each dock its share of the window at its current size."""
        width, height = self._window.width(), self._window.height()
        if width < _NARROW:
            for row in _DOCK_ROWS:
                if "table" in (row.id, row.behind):
                    self._window.tabifyDockWidget(self._docks["bars"], self._docks[row.id])
            self._docks["bars"].raise_()
        if height < _LOW:
            self._window.tabifyDockWidget(self._docks["filters"], self._docks["inspector"])
            self._docks["filters"].raise_()
        left, right = min(max(width * 18 // 100, 250 if width < _SMALL else _TABS), 400), max(width * 26 // 100, 290)
        middle, below = width - left - right, max(height * 33 // 100, 150)
        for names, sizes, direction in (
            (("designs", "filters"), (left, right), Qt.Orientation.Horizontal),
            (("bars", "table"), (middle * 42 // 100, middle * 58 // 100), Qt.Orientation.Horizontal),
            (("bars", "table"), (below, below), Qt.Orientation.Vertical),
            (("designs", "layer"), (height * 2 // 5, height * 3 // 5), Qt.Orientation.Vertical),
            (("filters", "inspector"), (height // 2, height // 2), Qt.Orientation.Vertical),
        ):
            self._window.resizeDocks([self._docks[name] for name in names], sizes, direction)
        self._activate_layout()
        self.hide_stray_tab_bars()

    def _activate_layout(self) -> None:
        layout = self._window.layout()
        if layout is not None:
            layout.activate()

    def _make_space(self) -> None:
        """Take height from the docks below the middle if that is too low to show anything."""
        missing = _MIN_CENTRE_HEIGHT - self.centre.height()
        below = self._docks["bars"]
        if missing > 0 and below.isVisible() and not below.isFloating():
            height = max(below.height() - missing, below.minimumSizeHint().height())
            self._window.resizeDocks([below], [height], Qt.Orientation.Vertical)
            self._activate_layout()

    def _on_centre_changed(self, on_visible: Callable[[str, bool], None]) -> None:
        """A view brought forward by a click needs space as well; the first view does not."""
        self._report_centre(on_visible)
        if self.centre.currentIndex() > 0:
            self._make_space()

    def _report_centre(self, on_visible: Callable[[str, bool], None]) -> None:
        for index, view_id in enumerate(CENTRE_VIEWS):
            on_visible(view_id, index == self.centre.currentIndex())

    def _add(self, row: DockRow, widget: QWidget) -> None:
        """Add a dock. A dock that becomes a tab is never put in an area first: it would leave a tab bar there."""
        dock = QDockWidget(row.title, self._window)
        dock.setObjectName(row.id)
        dock.setWidget(widget)
        if row.area is None:
            self._window.tabifyDockWidget(self._docks[row.behind], dock)
        else:
            self._window.addDockWidget(_AREAS[row.area], dock)
        if row.below:
            self._window.splitDockWidget(self._docks[row.below], dock, Qt.Orientation.Vertical)
        self._docks[row.id] = dock


def _make_tabs(contents: Sequence[tuple[str, QWidget]]) -> QTabWidget:
    tabs = QTabWidget()
    tabs.setDocumentMode(True)
    tabs.setAccessibleName("Middle of the window")
    tabs.tabBar().setAccessibleName("Views in the middle")
    for title, widget in contents:
        tabs.addTab(widget, title)
    return tabs
