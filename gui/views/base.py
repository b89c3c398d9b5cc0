"""The base class of views: a view shows a state and reports what the user requests; it changes nothing itself."""

from collections.abc import Iterable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from gui.state.edit import Edit
from gui.state.focus import Focus
from gui.state.look import Look
from gui.state.view_state import ViewState


class View(QWidget):
    """Shows a `ViewState`, and follows it from state to state."""

    focus_requested = Signal(Focus)
    look_requested = Signal(Look)
    edit_proposed = Signal(Edit)
    requested = Signal(object)
    """A `Request` for work in the background."""
    hovered = Signal(str)
    """Text of the status bar for what is under the mouse; "" when the mouse leaves."""

    def __init__(self, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state

    def show_state(self, old: ViewState, new: ViewState) -> None:
        """Redraw what differs between the current state, `old`, and `new`."""
        raise NotImplementedError  # each view has it; the metaclass of Qt rules out ABC

    def begin(self) -> None:
        """Start working on the selection, after a command has brought the view to the front."""
        self.setFocus()

    def close_down(self) -> None:
        """Cancel work in the background, because the window closes."""


def looks_differ(old: ViewState, new: ViewState, settings: Iterable[str]) -> bool:
    """Return whether any of these settings of the look differs between two states."""
    return any(getattr(old.look, name) != getattr(new.look, name) for name in settings)
