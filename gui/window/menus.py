"""Menus made from the tables of commands; every entry has an underlined letter."""

from collections.abc import Callable, Iterable, Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractItemView, QMenu, QMenuBar, QWidget

from gui.widgets.plain_text import plain_label, plain_tip
from gui.window.actions import BOX_MENU, MENU_BAR, MENUS, ROW_MENU, SEPARATOR, ZOOM_MENU
from gui.window.menu_entry import MenuEntry
from gui.window.mnemonics import assign_mnemonics, connect_action


class DynamicMenu(QMenu):
    """A menu that is filled each time it opens."""

    def __init__(self, title: str, entries: Callable[[], Iterable[MenuEntry]], parent: QWidget) -> None:
        super().__init__(title, parent)
        self._entries = entries
        self.setToolTipsVisible(True)
        self.aboutToShow.connect(self.fill)

    def fill(self) -> None:
        """List the current entries; an empty menu is disabled."""
        self.clear()
        for entry in self._entries():
            action = self.addAction(plain_label(entry.text))
            action.setToolTip(plain_tip(entry.tip))
            action.setEnabled(entry.enabled)
            action.setCheckable(entry.checked is not None)
            action.setChecked(bool(entry.checked))
            connect_action(action, entry.run)
        assign_mnemonics(self.actions())
        self.menuAction().setEnabled(not self.isEmpty())


def fill_menu_bar(
    bar: QMenuBar, actions: Mapping[str, QAction], dynamic_menus: Mapping[str, QMenu]
) -> dict[str, QMenu]:
    """Make every menu of the table; returns them by name."""
    menus: dict[str, QMenu] = {}

    def make(name: str) -> QMenu:
        menu = menus[name] = QMenu(name, bar)
        menu.setToolTipsVisible(True)
        for entry in MENUS[name]:
            if entry == SEPARATOR:
                menu.addSeparator()
            elif entry in actions:
                menu.addAction(actions[entry])
            else:
                menu.addMenu(dynamic_menus[entry] if entry in dynamic_menus else make(entry))
        assign_mnemonics(menu.actions())
        return menu

    for name in MENU_BAR:
        bar.addMenu(make(name))
    assign_mnemonics(bar.actions())
    return menus


def make_row_menu(rows: QAbstractItemView, actions: Mapping[str, QAction], menus: Mapping[str, QMenu]) -> QMenu:
    """The context menu of the rows; a right click also selects its row."""
    menu = QMenu(rows)
    menu.setToolTipsVisible(True)
    menu.addActions(_entries(ROW_MENU, actions, menus, menu))
    rows.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
    rows.customContextMenuRequested.connect(lambda at: menu.popup(rows.viewport().mapToGlobal(at)))
    return menu


def add_box_menu(canvas: QWidget, actions: Mapping[str, QAction], menus: Mapping[str, QMenu]) -> None:
    """Add the commands of layers to the context menu of the volumes; a right click also selects its box."""
    canvas.addActions(_entries(BOX_MENU, actions, menus, canvas))


def _entries(
    ids: Iterable[str], actions: Mapping[str, QAction], menus: Mapping[str, QMenu], parent: QWidget
) -> list[QAction]:
    """The actions of commands and menus by their ids."""
    entries = []
    for entry in ids:
        if entry == SEPARATOR:
            entries.append(QAction(parent))
            entries[-1].setSeparator(True)
        else:
            entries.append(actions[entry] if entry in actions else menus[entry].menuAction())
    return entries


def add_canvas_menu(canvas: QWidget, actions: Mapping[str, QAction], more: Iterable[MenuEntry]) -> None:
    """Add the context menu of a drawing, which is the same for all: how it is zoomed, and more entries."""
    separator = QAction(canvas)
    separator.setSeparator(True)
    canvas.addActions([*(actions[entry] for entry in ZOOM_MENU), separator])
    for entry in more:
        action = QAction(entry.text, canvas)
        connect_action(action, entry.run)
        canvas.addAction(action)
