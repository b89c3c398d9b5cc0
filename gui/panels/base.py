"""What every panel answers: it shows a state and proposes edits; it changes nothing itself."""

from msgspec import Struct
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from engine.project import Project
from gui.state import Focus, ViewState


class Edit(Struct, frozen=True):
    """A proposal: the whole project as it would be, and what the step is called in the undo history."""

    text: str
    project: Project
    merge: str = ""
    """Successive edits of one key, those of one drag for example, become one undo step; "" merges with none."""
    focus: Focus | None = None
    """Where the selection goes with the edit; None: it stays."""


class Panel(QWidget):
    """An editor of a ViewState."""

    edit_proposed = Signal(Edit)
    focus_requested = Signal(Focus)
    hovered = Signal(str)
    """What the mouse is on, in words for the status bar; "" when it leaves."""

    def show_state(self, old: ViewState | None, new: ViewState) -> None:
        """Show what differs between two states without proposing anything; `old` is None the first time."""
        raise NotImplementedError
