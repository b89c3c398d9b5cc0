"""What a command is: one value, from which its entries in menus, toolbar, palette and panels are made."""

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct
from PySide6.QtGui import QKeySequence

from gui.panels.designs import DesignsPanel
from gui.state.edit import Edit
from gui.state.view_state import Look, ViewState
from gui.window.docks import Docks
from gui.window.file_commands import FileCommands
from gui.workbench.workbench import Workbench

_Shortcut = str | QKeySequence.StandardKey
Menus = dict[str, tuple[str, ...]]
"""What each menu lists: commands, other menus of the table, and menus whose entries are listed as they open."""
SEPARATOR = "separator"


class CommandWindow(Protocol):
    """The parts of `MainWindow` that commands use: it imports them, so they cannot import it."""

    workbench: Workbench
    files: FileCommands
    docks: Docks
    designs: DesignsPanel

    def begin(self, view: str) -> None: ...

    def find_command(self) -> None: ...

    def open_manual(self) -> None: ...

    def open_about(self) -> None: ...

    def reset_layout(self) -> None: ...

    def show_mistakes(self) -> None: ...

    def close(self) -> bool: ...


class Action(Struct, frozen=True):
    """A command. It has one of `edit`, `look` and `run`."""

    id: str
    text: str
    shortcut: _Shortcut = ""
    icon: str = ""
    edit: Callable[[ViewState], Edit | None] | None = None
    """What it proposes; None if there is nothing to do."""
    look: Callable[[ViewState], Look] | None = None
    """The look that it changes to."""
    run: Callable[[CommandWindow], object] | None = None
    """What it does with dialogs, docks, files or runs."""
    allowed: Callable[[ViewState], bool] | None = None
    """Whether it can be done. If None, it can be if it has an edit: that is computed at each change of the state."""
    checked: Callable[[ViewState], bool] | None = None
    """Whether a choice is the current one; None: it is no choice."""
    group: str = ""
    """One of the choices of a group is the current one."""
    tip: str = ""
    """What the text leaves unsaid."""
    disabled_tip: str = ""
    """The same while it cannot be done: what must be done first."""
    tool_tip: Callable[[ViewState], str] | None = None
    """The whole tool tip as the state wants it; if None, it is made of text, tip and keys."""
    is_local: bool = False
    """The key acts in the list and in the volumes only: elsewhere it means something else."""

    def enabled(self, state: ViewState) -> bool:
        """Whether it can be done now."""
        if self.allowed is not None:
            return self.allowed(state)
        return self.edit is None or self.edit(state) is not None


def always(_state: ViewState) -> bool:
    """`allowed` of an edit that can be made at any time."""
    return True
