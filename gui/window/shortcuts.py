"""All keyboard shortcuts: of the commands in the menus, and those of drawings, which the manual lists."""

from collections.abc import Iterable, Iterator

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu

from gui.widgets.manual_pages import MANUAL
from gui.widgets.shortcut_list import Shortcut
from gui.window.mnemonics import plain_text

_OF_COMMANDS = ("Everywhere", "Layers and designs")
"""Headings of the manual about shortcuts of commands, which come from the menus."""


def command_shortcuts(actions: Iterable[QAction], local: Iterable[QAction], path: str = "") -> Iterator[Shortcut]:
    """The shortcuts of the commands in a menu and its submenus; `local` ones act in the list and in the volumes."""
    for action in actions:
        text, menu = f"{path}{plain_text(action.text())}", action.menu()
        if isinstance(menu, QMenu):
            yield from command_shortcuts(menu.actions(), local, f"{text} › ")
        elif keys := _keys_text(action):
            yield Shortcut(keys, text, "List of designs, Volumes" if action in local else "Everywhere")


def _keys_text(action: QAction) -> str:
    return ", ".join(keys.toString(QKeySequence.SequenceFormat.NativeText) for keys in action.shortcuts())


def drawing_shortcuts() -> Iterator[Shortcut]:
    """The keys of drawings and of the manual's reader, as listed in the manual, which is tested against them."""
    place = ""
    for line in (MANUAL / "keys.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("## "):
            place = line.removeprefix("## ")
        elif line.startswith("|") and place not in _OF_COMMANDS and cells[0] not in ("keys", "---"):
            yield Shortcut(cells[0], cells[1][:1].upper() + cells[1][1:], place)
