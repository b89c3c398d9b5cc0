"""The base of all panels: a panel shows a state and proposes edits; it changes nothing itself."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from gui.state.edit import Edit as Edit
from gui.state.view_state import Focus, ViewState


class Panel(QWidget):
    """An editor that shows a `ViewState`, and follows its changes."""

    edit_proposed = Signal(Edit)
    focus_requested = Signal(Focus)
    hovered = Signal(str)
    """Text for the status bar about what is under the mouse; "" when it leaves."""

    def __init__(self, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        """The state that is shown."""

    def show_state(self, old: ViewState, new: ViewState) -> None:
        """Update from the state that is shown to a new one, without proposing anything."""
        raise NotImplementedError
