"""A command as one value, from which its entries in menus, toolbar, palette and panels are made."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct
from PySide6.QtGui import QKeySequence

from gui.panels.designs import DesignsPanel
from gui.state.edit import Edit
from gui.state.edits import Side
from gui.state.look import Look
from gui.state.view_state import ViewState
from gui.window.clipboard import Clipboard
from gui.window.docks import Docks
from gui.window.export_commands import ExportCommands
from gui.window.file_commands import FileCommands
from gui.window.help_commands import HelpCommands
from gui.window.leave_out import LeaveOut
from gui.window.onnx_check import OnnxCheck
from gui.window.part_commands import PartCommands
from gui.window.photo_comparison import PhotoComparisonCommand
from gui.window.second_model import SecondModel
from gui.window.theme_choice import ThemeChoice
from gui.window.workspace_commands import WorkspaceCommands
from gui.window.workspaces import Workspaces
from gui.workbench.automatic_run import AutomaticRun
from gui.workbench.workbench import Workbench

if TYPE_CHECKING:
    from gui.window.lesson_stage import LessonStage

_Shortcut = str | QKeySequence.StandardKey
Menus = dict[str, tuple[str, ...]]
"""Entries of each menu: ids of commands, other menus of the table, and menus that are filled as they open."""
SEPARATOR = "separator"


class CommandWindow(Protocol):
    """The parts of `MainWindow` that commands use: it imports them, so they cannot import it."""

    workbench: Workbench
    files: FileCommands
    exports: ExportCommands
    clipboard: Clipboard
    parts: PartCommands
    help: HelpCommands
    docks: Docks
    designs: DesignsPanel
    automatic_run: AutomaticRun
    leave_out: LeaveOut
    onnx_check: OnnxCheck
    photo_comparison: PhotoComparisonCommand
    second_model: SecondModel
    theme_choice: ThemeChoice
    workspaces: Workspaces
    workspace_commands: WorkspaceCommands

    @property
    def lessons(self) -> "LessonStage": ...

    def type_layers(self, side: Side) -> None: ...

    def show_start_page(self) -> None: ...

    def step_panels(self, by: int) -> None: ...

    def close(self) -> bool: ...


class Action(Struct, frozen=True):
    """A command. It has one of `edit`, `look` and `run`."""

    id: str
    text: str
    shortcut: _Shortcut = ""
    icon: str = ""
    swatch: int = 0
    """The colour of designs that is its icon; 0 for none."""
    edit: Callable[[ViewState], Edit | None] | None = None
    """Makes the edit that the command proposes; None if there is nothing to do."""
    look: Callable[[ViewState], Look] | None = None
    """Makes the look that the command changes to."""
    run: Callable[[CommandWindow], object] | None = None
    """Acts on dialogs, docks, files or runs."""
    allowed: Callable[[ViewState], bool] | None = None
    """Whether the command is enabled; None enables it if `edit` returns one, at each change of the state."""
    checked: Callable[[ViewState], bool] | None = None
    """Whether the choice is the current one; None if the command is not a choice."""
    group: str = ""
    """Group of choices, one of which is the current one."""
    tip: str = ""
    """Tool tip after the text."""
    disabled_tip: str = ""
    """Tool tip of the disabled command: what to do first."""
    tool_tip: Callable[[ViewState], str] | None = None
    """Makes the whole tool tip from the state; None composes it of text, tip and keys."""
    is_local: bool = False
    """Whether the key acts in the list and in the volumes only, for it has another meaning elsewhere."""

    @property
    def depends_on_state(self) -> bool:
        """Whether the state of the project decides if the command is enabled."""
        return self.allowed is not None or self.edit is not None

    def enabled(self, state: ViewState) -> bool:
        """Whether the command can be used now."""
        if self.allowed is not None:
            return self.allowed(state)
        return self.edit is None or self.edit(state) is not None


def always(_state: ViewState) -> bool:
    """The value of `allowed` for an edit that is possible at any time."""
    return True
