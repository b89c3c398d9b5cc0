"""The inner window of docks: their places, their shares of the space, their tabs and titles."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QChildEvent, QEvent, QObject, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QAbstractButton, QDockWidget, QMainWindow, QTabBar, QWidget

from gui.catalogue.panels import PANELS, Area, DockRow
from gui.catalogue.views import VIEWS
from gui.catalogue.workspaces import Arrangement, Place
from gui.theme import LIGHT, Theme
from gui.widgets.icons import load_icon

_LISTS = 250, 400
"""Least and largest width of the docks on the left, before it is scaled by the size of the text."""
_AREAS: dict[Area, Qt.DockWidgetArea] = {
    "left": Qt.DockWidgetArea.LeftDockWidgetArea,
    "right": Qt.DockWidgetArea.RightDockWidgetArea,
    "bottom": Qt.DockWidgetArea.BottomDockWidgetArea,
}
_TITLE_ICONS = {"qt_dockwidget_closebutton": "close_panel", "qt_dockwidget_floatbutton": "float_panel"}
"""Icons of the buttons of a title, by their names in Qt."""
_ROWS: tuple[DockRow, ...] = (*PANELS, *VIEWS)
_DOCK_ROWS = tuple(row for row in _ROWS if row.area != "centre")


class DockFrame(QMainWindow):
    """A window within the window, with one layout of docks: another layout is another frame.

    Qt leaves tab bars behind if docks are put together in other ways, or if a layout is restored over another one.

    Parameters
    ----------
    centre
        The widget in the middle.
    contents
        The widgets of the docks by id.
    titles
        Titles of docks by id that differ from those of the catalogue.
    """

    visibility_changed = Signal(str, bool)
    """A dock, and whether something of it can be visible."""
    moved = Signal()
    """A person has moved a dock."""
    title_double_clicked = Signal(str)
    """The title or the tab of a dock."""

    def __init__(
        self, parent: QWidget, centre: QWidget, contents: Mapping[str, QWidget], titles: Mapping[str, str]
    ) -> None:
        super().__init__(parent)
        self.setWindowFlags(Qt.WindowType.Widget)  # it makes itself a window of the desktop
        self._theme = LIGHT
        self.docks: dict[str, QDockWidget] = {}
        self.is_arranging = False
        """Whether docks are moved, but not by a person."""
        self.setDockNestingEnabled(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setCorner(Qt.Corner.BottomLeftCorner, _AREAS["left"])
        self.setCorner(Qt.Corner.BottomRightCorner, _AREAS["right"])
        self.setCentralWidget(centre)
        for row in _DOCK_ROWS:
            self._make_dock(row.id, titles.get(row.id, row.title), contents[row.id])

    def _make_dock(self, dock_id: str, title: str, content: QWidget) -> None:
        """Make a dock that is not yet in the layout."""
        dock = self.docks[dock_id] = QDockWidget(title, self)
        dock.setObjectName(dock_id)
        dock.setWidget(content)
        dock.hide()
        dock.installEventFilter(self)
        dock.visibilityChanged.connect(lambda visible: self.visibility_changed.emit(dock_id, visible))
        dock.dockLocationChanged.connect(self._on_dock_moved)
        dock.topLevelChanged.connect(self._on_dock_moved)

    def show_theme(self, theme: Theme) -> None:
        """Draw the buttons of the titles in the colours of a theme: the style's are hardly visible in the dark."""
        self._theme = theme
        for dock in self.docks.values():
            self._show_title_icons(dock)

    def _show_title_icons(self, dock: QDockWidget) -> None:
        for name, icon_name in _TITLE_ICONS.items():
            button, icon = (
                dock.findChild(QAbstractButton, name),
                load_icon(icon_name, self._theme.text, self._theme.muted),
            )
            if isinstance(button, QAbstractButton) and button.icon().cacheKey() != icon.cacheKey():
                button.setIcon(icon)

    def close_down(self) -> None:
        """Report nothing more: another frame has the contents."""
        for dock in self.docks.values():
            dock.blockSignals(True)
        self.blockSignals(True)

    def _on_dock_moved(self, _: object) -> None:
        if not self.is_arranging:
            self.moved.emit()

    # Places

    @property
    def has_layout(self) -> bool:
        """Whether a dock has, or had, a place: another layout is another frame."""
        return any(self.dockWidgetArea(dock) != Qt.DockWidgetArea.NoDockWidgetArea for dock in self.docks.values())

    def fill(self, places: Sequence[Place]) -> None:
        """Open the docks of all places."""
        before: dict[Area, str] = {}
        for place in (place for place in places if place.area != "centre"):
            first = self.docks[place.tabs[0]]
            if place.area in before:
                direction = Qt.Orientation.Horizontal if place.area == "bottom" else Qt.Orientation.Vertical
                self.splitDockWidget(self.docks[before[place.area]], first, direction)
            else:
                self.addDockWidget(_AREAS[place.area], first)
            first.show()
            for tab in place.tabs[1:]:
                self.tabifyDockWidget(first, self.docks[tab])
                self.docks[tab].show()
            before[place.area] = place.tabs[0]

    def open_dock(self, dock_id: str) -> None:
        """Show a dock; if it has no place yet, as a tab of its group or area."""
        dock = self.docks[dock_id]
        if self.dockWidgetArea(dock) == Qt.DockWidgetArea.NoDockWidgetArea:
            was_arranging, self.is_arranging = self.is_arranging, True
            self._place(dock_id)
            self.is_arranging = was_arranging
        dock.show()

    def _place(self, dock_id: str) -> None:
        dock, row = self.docks[dock_id], next(row for row in _DOCK_ROWS if row.id == dock_id)
        area = _AREAS[row.area or next(other.area for other in _ROWS if other.id == row.behind) or "right"]
        docks = [other for other in self.docks.values() if not other.isHidden() and not other.isFloating()]
        groups = [[other for other in docks if other.objectName() == row.behind]]
        for side in (area, _AREAS["bottom"], _AREAS["right"]):
            groups.append([other for other in docks if self.dockWidgetArea(other) == side])
        beside = next((group[-1] for group in groups if group), None)
        if beside is None:
            self.addDockWidget(area, dock)
        elif beside.objectName() == "designs":  # the list stays visible
            self.splitDockWidget(beside, dock, Qt.Orientation.Vertical)
        else:
            self.tabifyDockWidget(beside, dock)

    def is_below(self, dock: QDockWidget) -> bool:
        """Whether a dock takes space below the middle."""
        return self.dockWidgetArea(dock) == _AREAS["bottom"] and dock.isVisible() and not dock.isFloating()

    # Shares

    def share_space(self, arrangement: Arrangement, text_scale: float) -> None:
        """Give each dock its share at the current size."""
        places = [place for place in arrangement.places if place.area != "centre"]
        least, most = (round(text_scale * limit) for limit in _LISTS)
        widths = {"left": min(max(self.width() * arrangement.left // 100, least), most),
                  "right": self.width() * arrangement.right // 100}  # fmt: skip
        firsts = {place.area: place.tabs[0] for place in reversed(places)}
        sides = [area for area in widths if area in firsts]
        self._resize([firsts[area] for area in sides], [widths[area] for area in sides], Qt.Orientation.Horizontal)
        if "bottom" in firsts:
            self._resize([firsts["bottom"]], [self.height() * arrangement.bottom // 100], Qt.Orientation.Vertical)
        for area in firsts:
            in_area = [place for place in places if place.area == area]
            across = area == "bottom"
            length = self.width() - sum(widths[side] for side in sides) if across else self.height()
            direction = Qt.Orientation.Horizontal if across else Qt.Orientation.Vertical
            if len(in_area) > 1:
                self._resize([p.tabs[0] for p in in_area], [length * p.share // 100 for p in in_area], direction)

    def _resize(self, dock_ids: Sequence[str], sizes: Sequence[int], direction: Qt.Orientation) -> None:
        self.resizeDocks([self.docks[dock_id] for dock_id in dock_ids], list(sizes), direction)

    # Tabs and titles

    @property
    def tab_bars(self) -> list[QTabBar]:
        """The tab bars of docks that share a place."""
        bars = self.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
        return [bar for bar in bars if bar.count() > 1]

    def show_tab_bars(self) -> None:
        """Show the tab bars that Qt hides because it takes them for those of another layout."""
        for bar in self.tab_bars:
            bar.show()

    def childEvent(self, event: QChildEvent) -> None:
        """Qt has made a tab bar."""
        super().childEvent(event)
        bar = event.child()
        if event.type() == QEvent.Type.ChildPolished and isinstance(bar, QTabBar):
            bar.setAccessibleName("Tabs")
            bar.setAccessibleDescription("Panels that share a place; Left and Right change between them")
            bar.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            bar.setElideMode(Qt.TextElideMode.ElideNone)
            bar.setUsesScrollButtons(True)
            bar.tabBarDoubleClicked.connect(lambda index: self._on_tab_double_clicked(bar.tabText(index)))

    def _on_tab_double_clicked(self, title: str) -> None:
        for dock_id, dock in self.docks.items():
            if dock.windowTitle() == title:
                self.title_double_clicked.emit(dock_id)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A double click on the title of a dock; Qt would make it float. It also changes the icons now and then."""
        if event.type() == QEvent.Type.Paint and isinstance(watched, QDockWidget):
            self._show_title_icons(watched)
        if (
            isinstance(event, QMouseEvent)
            and event.type() == QEvent.Type.MouseButtonDblClick
            and isinstance(watched, QDockWidget)
            and not watched.isFloating()
            and (content := watched.widget()) is not None
            and event.position().y() < content.geometry().top()
        ):
            self.title_double_clicked.emit(watched.objectName())
            return True
        return super().eventFilter(watched, event)
