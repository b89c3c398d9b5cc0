"""Menus made from the tables of commands; every entry has an underlined letter."""

from collections.abc import Callable, Iterable, Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractItemView, QMenu, QMenuBar, QWidget

from gui.window.actions import MENU_BAR, MENUS, ROW_MENU, SEPARATOR, ZOOM_MENU
from gui.window.menu_entry import MenuEntry

_SHORT = 3
"""Length up to which a text is the first to choose its letter; longer ones find another."""


class DynamicMenu(QMenu):
    """A menu that is filled each time it opens, and when it is made."""

    def __init__(self, title: str, entries: Callable[[], Iterable[MenuEntry]], parent: QWidget) -> None:
        super().__init__(title, parent)
        self._entries = entries
        self.setToolTipsVisible(True)
        self.aboutToShow.connect(self.fill)
        self.fill()

    def fill(self) -> None:
        """List the current entries; an empty menu is disabled."""
        self.clear()
        for entry in self._entries():
            action = self.addAction(entry.text.replace("&", "&&"))
            action.setToolTip(entry.tip)
            action.setEnabled(entry.enabled)
            action.setCheckable(entry.checked is not None)
            action.setChecked(bool(entry.checked))
            connect_action(action, entry.run)
        assign_mnemonics(self.actions())
        self.menuAction().setEnabled(not self.isEmpty())


def connect_action(action: QAction, run: Callable[[], object]) -> None:
    """Run this when the action is triggered. Qt's `checked` is ignored: the state determines it."""
    action.triggered.connect(lambda _checked: run())


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
    for entry in ROW_MENU:
        if entry == SEPARATOR:
            menu.addSeparator()
        else:
            menu.addAction(actions[entry] if entry in actions else menus[entry].menuAction())
    rows.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
    rows.customContextMenuRequested.connect(lambda at: menu.popup(rows.viewport().mapToGlobal(at)))
    return menu


def add_canvas_menu(canvas: QWidget, actions: Mapping[str, QAction], more: Iterable[MenuEntry]) -> None:
    """Add the context menu of a drawing, which is the same for all: how it is zoomed, and more entries."""
    separator = QAction(canvas)
    separator.setSeparator(True)
    canvas.addActions([*(actions[entry] for entry in ZOOM_MENU), separator])
    for entry in more:
        action = QAction(entry.text, canvas)
        connect_action(action, entry.run)
        canvas.addAction(action)


def assign_mnemonics(actions: Iterable[QAction]) -> None:
    """Give each action without an underlined letter one of its own, if possible the first of a word."""
    entries = [action for action in actions if not action.isSeparator()]
    letters = {mnemonic_letter(action.text()) for action in entries}
    for action in sorted(entries, key=lambda action: len(action.text()) > _SHORT):
        text = action.text()
        if mnemonic_letter(text):
            continue
        starts = [at for at, sign in enumerate(text) if sign.isalnum() and (at == 0 or text[at - 1] == " ")]
        positions = [*starts, *(at for at, sign in enumerate(text) if sign.isalnum())]
        at = next((at for at in positions if text[at].lower() not in letters), None)
        if at is not None:
            letters.add(text[at].lower())
            action.setText(f"{text[:at]}&{text[at:]}")


def mnemonic_letter(text: str) -> str:
    """The underlined letter of a text; "" if it has none."""
    _, mark, rest = text.replace("&&", "").partition("&")
    return rest[:1].lower() if mark else ""


def plain_text(text: str) -> str:
    """A text without the marks of underlined letters."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&")
