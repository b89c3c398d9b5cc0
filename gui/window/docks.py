"""The panels and views of the window in docks and in its middle: arranged, brought to the front, and maximised."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QStackedWidget, QTabBar, QTabWidget, QWidget

from gui.catalogue.panels import PANELS, DockRow
from gui.catalogue.views import VIEWS
from gui.catalogue.workspaces import Arrangement
from gui.theme import LIGHT, Theme
from gui.widgets.maximised_page import MaximisedPage
from gui.widgets.tab_order import focus_entry
from gui.window.dock_frame import DockFrame

_MIN_CENTRE_HEIGHT = 360
"""Height of the middle below which a view brought forward there takes space from the docks below."""
_ROWS: tuple[DockRow, ...] = (*PANELS, *VIEWS)
CENTRE_VIEWS = tuple(row.id for row in _ROWS if row.area == "centre")
"""Ids of the views in the middle of the window."""


class Docks(Mapping[str, QDockWidget]):
    """The docks of the present layout by id, and the views in its middle.

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
        self._theme = LIGHT
        self._arrangement = Arrangement(places=())
        self.maximised = ""
        """The panel or view that has the whole window; "" for none."""
        self.centre = _make_tabs([(row.title, contents[row.id]) for row in _ROWS if row.id in CENTRE_VIEWS])
        self.centre.currentChanged.connect(self._on_centre_current_changed)
        self.centre.tabBarDoubleClicked.connect(lambda index: self.toggle_maximised(CENTRE_VIEWS[index]))
        self._page = MaximisedPage()
        self._page.left.connect(self.restore_maximised)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._page)
        self.frame = self._make_frame({})
        window.setCentralWidget(self._pages)

    def __getitem__(self, dock_id: str) -> QDockWidget:
        return self.frame.docks[dock_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self.frame.docks)

    def __len__(self) -> int:
        return len(self.frame.docks)

    def show_theme(self, theme: Theme) -> None:
        """Draw titles in the colours of a theme."""
        self._theme = theme
        self.frame.show_theme(theme)

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
            self.frame.fill(arrangement.places)
            for dock_id in opened:
                self.frame.open_dock(dock_id)
            for dock_id in closed:
                self[dock_id].hide()
            self._raise_first_tabs(arrangement)

    def show_first_tabs(self, arrangement: Arrangement) -> None:
        """Bring the first tab of each place to the front, in the present layout."""
        self.restore_maximised()
        self.show_centre(arrangement.tabs("centre"))
        self._raise_first_tabs(arrangement)

    def _raise_first_tabs(self, arrangement: Arrangement) -> None:
        for place in arrangement.places:
            if place.area != "centre":
                self[place.tabs[0]].raise_()

    def restore(self, arrangement: Arrangement, centre_ids: Sequence[str], state: QByteArray, version: int) -> bool:
        """Put every dock where it was in a saved state; returns whether that can be read."""
        with self._new_layout(arrangement, centre_ids):
            return self.frame.restoreState(state, version)

    def save(self, version: int) -> QByteArray:
        """The places and sizes of all docks."""
        return self.frame.saveState(version)

    def share_space(self, text_scale: float) -> None:
        """Give each dock its share of the window at its current size."""
        self._activate_layout()
        self.frame.share_space(self._arrangement, text_scale)
        self._activate_layout()

    @contextmanager
    def _new_layout(self, arrangement: Arrangement, centre_ids: Sequence[str]) -> Iterator[None]:
        self.restore_maximised()
        focused = QApplication.focusWidget()
        self._window.setUpdatesEnabled(False)
        try:
            if self.frame.has_layout:
                self._replace_frame()
            self._arrangement = arrangement
            self.show_centre(centre_ids)
            self._activate_layout()
            self.frame.is_arranging = True
            yield
            self.frame.is_arranging = False
            for dock_id, dock in self.items():
                self._on_visible(dock_id, not dock.isHidden() and self.contents[dock_id].isEnabled())
            self.frame.show_tab_bars()
            if focused is not None and focused.isVisible() and focused.isEnabled():
                focused.setFocus()
        finally:
            self._window.setUpdatesEnabled(True)

    def _replace_frame(self) -> None:
        before = self.frame
        before.close_down()
        self.frame = self._make_frame({dock_id: dock.windowTitle() for dock_id, dock in self.items()})
        self._pages.removeWidget(before)
        before.deleteLater()

    def _make_frame(self, titles: Mapping[str, str]) -> DockFrame:
        """Make a frame with all contents, in front of the pages."""
        frame = DockFrame(self._pages, self.centre, self.contents, titles)
        frame.visibility_changed.connect(self._on_visible)
        frame.moved.connect(self._on_moved)
        frame.title_double_clicked.connect(self.toggle_maximised)
        frame.show_theme(self._theme)
        self._pages.addWidget(frame)
        self._pages.setCurrentWidget(frame)
        return frame

    def _activate_layout(self) -> None:
        for widget in (self._window, self._pages, self.frame):
            layout = widget.layout()
            if layout is not None:
                layout.activate()

    @property
    def visible_ids(self) -> tuple[str, ...]:
        """The docks that are open, behind other tabs as well."""
        return tuple(dock_id for dock_id, dock in self.items() if not dock.isHidden())

    def is_in_front(self, dock_id: str) -> bool:
        """Whether a dock is open, and not behind another tab."""
        dock = self[dock_id]
        return not dock.isHidden() and not dock.visibleRegion().isEmpty()

    def is_open(self, part_id: str) -> bool:
        """Whether a dock or a view in the middle is open, perhaps behind other tabs."""
        return part_id in self.centre_ids if part_id in CENTRE_VIEWS else not self[part_id].isHidden()

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
        is_covered = self.maximised not in ("", *CENTRE_VIEWS)
        for index, view_id in enumerate(CENTRE_VIEWS):
            is_front = not self.centre.isHidden() and index == self.centre.currentIndex()
            self._on_visible(view_id, is_front and not is_covered)

    def _make_space(self) -> None:
        """Take height from the docks below the middle if that is too low to show anything."""
        missing = _MIN_CENTRE_HEIGHT - self.centre.height()
        below = next((dock for dock in self.values() if self.frame.is_below(dock)), None)
        if missing > 0 and below is not None:
            height = max(below.height() - missing, below.minimumSizeHint().height())
            self.frame.resizeDocks([below], [height], Qt.Orientation.Vertical)
            self._activate_layout()

    # The front

    def bring_forward(self, part_id: str) -> None:
        """Open a dock in front of its tabs, or a view in the middle."""
        if self.maximised != part_id:
            self.restore_maximised()
        if part_id in CENTRE_VIEWS:
            index = CENTRE_VIEWS.index(part_id)
            self.centre.show()
            self.centre.setTabVisible(index, True)
            self.centre.setCurrentIndex(index)
            self._report_centre()
            self._make_space()
            return
        self.frame.open_dock(part_id)
        self[part_id].raise_()
        self.frame.show_tab_bars()

    def uncover(self, dock_id: str) -> None:
        """Bring a dock in front of its tabs, unless it is closed or the keyboard focus is in one of these."""
        dock, focus = self[dock_id], QApplication.focusWidget()
        tabs = self.frame.tabifiedDockWidgets(dock)
        if not dock.isHidden() and not any(focus is not None and tab.isAncestorOf(focus) for tab in tabs):
            dock.raise_()

    def raise_first_panels(self) -> None:
        """Show the panels in front that are there at first; views stay as the user has arranged them."""
        for panel_id in dict.fromkeys(row.behind for row in PANELS if row.behind):
            self[panel_id].raise_()

    def close_part(self, part_id: str) -> None:
        """Close a dock, or a view in the middle unless it is the only one there."""
        self.restore_maximised()
        if part_id not in CENTRE_VIEWS:
            self[part_id].close()
        elif others := [view_id for view_id in self.centre_ids if view_id != part_id]:
            self.show_centre(others)

    def part_of(self, widget: QWidget | None) -> str:
        """The panel or view that contains a widget; "" for none."""
        contents = self.contents.items()
        return next((part for part, own in contents if widget and (own is widget or own.isAncestorOf(widget))), "")

    # One part in the whole window

    def toggle_maximised(self, part_id: str) -> None:
        """Give a part the whole window, or put it back if it has it."""
        if self.maximised:
            self.restore_maximised()
        else:
            self.maximise(part_id)

    def maximise(self, part_id: str) -> None:
        """Give a part the whole window; the layout waits behind it unchanged."""
        self.bring_forward(part_id)
        focused = QApplication.focusWidget()
        self.maximised = part_id
        is_central = part_id in CENTRE_VIEWS
        title = "" if is_central else self[part_id].windowTitle()
        self._page.show_part(title, self.centre if is_central else self.contents[part_id])
        self._pages.setCurrentWidget(self._page)
        self._report_centre()
        self._on_visible(part_id, True)
        content = self.contents[part_id]
        target = focused if focused is not None and content.isAncestorOf(focused) else focus_entry(content)
        (target or content).setFocus()

    def restore_maximised(self) -> None:
        """Put the part that has the whole window back in its place."""
        part_id, self.maximised = self.maximised, ""
        if not part_id:
            return
        focused = QApplication.focusWidget()
        if part_id in CENTRE_VIEWS:
            self.frame.setCentralWidget(self.centre)
        else:
            self[part_id].setWidget(self.contents[part_id])
        self._pages.setCurrentWidget(self.frame)
        self._report_centre()
        self._on_visible(part_id, True)
        if focused is not None and self.part_of(focused) == part_id:
            focused.setFocus()

    @property
    def tab_bars(self) -> list[QTabBar]:
        """The tab bars of the docks and that of the middle."""
        return [*self.frame.tab_bars, self.centre.tabBar()]


def _make_tabs(contents: Sequence[tuple[str, QWidget]]) -> QTabWidget:
    tabs = QTabWidget()
    tabs.setDocumentMode(True)
    tabs.setAccessibleName("Middle of the window")
    tabs.tabBar().setAccessibleName("Views in the middle")
    for title, widget in contents:
        tabs.addTab(widget, title)
    return tabs
