"""What every view answers: it shows a state, and reports what a person wants; it changes nothing itself."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from gui.state.edit import Edit
from gui.state.view_state import Focus, Look, ViewState


class View(QWidget):
    """A picture of a ViewState: made from one, then led from state to state."""

    focus_requested = Signal(Focus)
    look_requested = Signal(Look)
    edit_proposed = Signal(Edit)
    requested = Signal(object)
    """A `Request`: work in the background."""
    hovered = Signal(str)
    """What the mouse is on, in words for the status bar; "" when it leaves."""

    def __init__(self, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        """What is shown."""

    def show_state(self, old: ViewState, new: ViewState) -> None:
        """Redraw what differs between two states, the first of which is shown."""
        raise NotImplementedError

    def begin(self) -> None:
        """Begin with what is selected: a command has brought the view to the front."""
        self.setFocus()

    def close_down(self) -> None:
        """End what it computes in the background: its window closes."""
