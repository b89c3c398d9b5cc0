"""What every panel answers: it shows a state and proposes edits; it changes nothing itself."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from gui.state.edit import Edit as Edit
from gui.state.view_state import Focus, ViewState


class Panel(QWidget):
    """An editor of a ViewState: made from one, then led from state to state."""

    edit_proposed = Signal(Edit)
    focus_requested = Signal(Focus)
    hovered = Signal(str)
    """What the mouse is on, in words for the status bar; "" when it leaves."""

    def __init__(self, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        """What is shown."""

    def show_state(self, old: ViewState, new: ViewState) -> None:
        """Show what differs between two states, the first of which is shown, without proposing anything."""
        raise NotImplementedError
