"""The menu bar, made from the tables of actions; every entry can be reached by its underlined letter."""

from collections.abc import Callable, Iterable, Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractItemView, QMenu, QMenuBar, QWidget

from gui.window.actions import MENU_BAR, MENUS, ROW_MENU, SEPARATOR
from gui.window.menu_entry import MenuEntry

_SHORT = 3
"""Letters of a text that has its pick first: a longer one finds another."""


class DynamicMenu(QMenu):
    """A menu whose entries are found anew each time it opens, and at once at first."""

    def __init__(self, title: str, entries: Callable[[], Iterable[MenuEntry]], parent: QWidget) -> None:
        super().__init__(title, parent)
        self._entries = entries
        self.setToolTipsVisible(True)
        self.aboutToShow.connect(self.fill)
        self.fill()

    def fill(self) -> None:
        """List what there is now; a menu with nothing in it cannot be opened."""
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
    """Do it when the action is chosen; Qt's `checked` is not for us, the state says what holds."""
    action.triggered.connect(lambda _checked: run())


def fill_menu_bar(bar: QMenuBar, actions: Mapping[str, QAction], listed: Mapping[str, QMenu]) -> dict[str, QMenu]:
    """Make every menu of the table; returns them by their names in it."""
    menus: dict[str, QMenu] = {}

    def make(name: str) -> QMenu:
        menu = menus[name] = QMenu(name, bar)
        menu.setToolTipsVisible(True)
        for id in MENUS[name]:
            if id == SEPARATOR:
                menu.addSeparator()
            elif id in actions:
                menu.addAction(actions[id])
            else:
                menu.addMenu(listed[id] if id in listed else make(id))
        assign_mnemonics(menu.actions())
        return menu

    for name in MENU_BAR:
        bar.addMenu(make(name))
    assign_mnemonics(bar.actions())
    return menus


def make_row_menu(rows: QAbstractItemView, actions: Mapping[str, QAction]) -> QMenu:
    """The menu of the row that is clicked on, which the click has chosen."""
    menu = QMenu(rows)
    menu.setToolTipsVisible(True)
    for id in ROW_MENU:
        if id == SEPARATOR:
            menu.addSeparator()
        else:
            menu.addAction(actions[id])
    rows.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
    rows.customContextMenuRequested.connect(lambda at: menu.popup(rows.viewport().mapToGlobal(at)))
    return menu


def assign_mnemonics(actions: Iterable[QAction]) -> None:
    """Give each action that has none a letter of its own, if possible one that begins a word."""
    listed = [action for action in actions if not action.isSeparator()]
    taken = {mnemonic_letter(action.text()) for action in listed}
    for action in sorted(listed, key=lambda action: len(action.text()) > _SHORT):
        text = action.text()
        if mnemonic_letter(text):
            continue
        starts = [at for at, sign in enumerate(text) if sign.isalnum() and (at == 0 or text[at - 1] == " ")]
        places = [*starts, *(at for at, sign in enumerate(text) if sign.isalnum())]
        at = next((at for at in places if text[at].lower() not in taken), None)
        if at is not None:
            taken.add(text[at].lower())
            action.setText(f"{text[:at]}&{text[at:]}")


def mnemonic_letter(text: str) -> str:
    """The underlined letter of a text, "" where it has none."""
    _, mark, rest = text.replace("&&", "").partition("&")
    return rest[:1].lower() if mark else ""


def plain_text(text: str) -> str:
    """A text as it is read: without the marks of underlined letters."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&")
