"""What every panel answers: it shows a state and proposes edits; it changes nothing itself."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from gui.state.edit import Edit as Edit
from gui.state.view_state import Focus, ViewState


class Panel(QWidget):
    """An editor of a ViewState."""

    edit_proposed = Signal(Edit)
    focus_requested = Signal(Focus)
    hovered = Signal(str)
    """What the mouse is on, in words for the status bar; "" when it leaves."""

    def show_state(self, old: ViewState | None, new: ViewState) -> None:
        """Show what differs between two states without proposing anything; `old` is None the first time."""
        raise NotImplementedError
