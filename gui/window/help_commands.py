"""Commands of the menu Help: the manual, the palette of commands, the shortcuts and the versions."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QWidget

from gui.window.docks import Docks
from gui.window.fault_report import log_path
from gui.window.manual import Manual, page_about
from gui.window.mnemonics import plain_text


class HelpCommands:
    """Opens the windows and dialogs of help.

    Parameters
    ----------
    local
        The commands whose keys act in the list and in the volumes only.
    fill_menus
        Lists the current entries of the menus that are filled as they open.
    """

    def __init__(
        self,
        window: QMainWindow,
        docks: Docks,
        local: Sequence[QAction],
        fill_menus: Callable[[], object],
    ) -> None:
        self._window, self._docks = window, docks
        self._local, self._fill_menus = local, fill_menus
        self.manual = Manual(window)

    def open_manual(self) -> None:
        """Open the page about the panel or view with the keyboard focus."""
        focused = QApplication.focusWidget()
        self.manual.open_at(page_about(self._docks.part_of(focused) or self._part_beside(focused)))

    def _part_beside(self, widget: QWidget | None) -> str:
        """The part of the window beside all docks that contains a widget, such as a lesson; "" for none."""
        beside = self._window.findChildren(QDockWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
        return next((dock.objectName() for dock in beside if widget and dock.isAncestorOf(widget)), "")

    def find_command(self) -> None:
        """Open the palette of all enabled commands."""
        from gui.widgets.command_palette import CommandPalette, list_commands  # here and below: a start shows no dialog

        self._fill_menus()
        CommandPalette(list(list_commands(self._window.menuBar().actions(), plain_text)), self._window).open()

    def list_shortcuts(self) -> None:
        """List all keyboard shortcuts."""
        from gui.widgets.shortcut_list import ShortcutList
        from gui.window.shortcuts import command_shortcuts, drawing_shortcuts

        commands = command_shortcuts(self._window.menuBar().actions(), self._local)
        ShortcutList((*commands, *drawing_shortcuts()), self._window).open()

    def open_about(self) -> None:
        from gui.widgets.about import AboutBox
        from gui.window.program_details import program_details

        AboutBox(program_details(self._window), log_path(), self._window).open()
