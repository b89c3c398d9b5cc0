"""The base of all panels: a panel shows a state and proposes edits; it changes nothing itself."""

from typing import ClassVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from gui.state.edit import Edit as Edit
from gui.state.focus import Focus
from gui.state.view_state import ViewState


class Panel(QWidget):
    """An editor that shows a `ViewState`, and follows its changes."""

    scrolls: ClassVar[bool] = False
    """Whether the window puts the panel into a scroll area."""
    edit_proposed = Signal(Edit)
    focus_requested = Signal(Focus)
    sweep_requested = Signal(object, str, bool)
    """(reference of a node, its setting, whether in all nodes of the design that have it)."""
    hovered = Signal(str)
    """Text for the status bar about what is under the mouse; "" when it leaves."""

    def __init__(self, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        """The state that is shown."""

    def show_state(self, old: ViewState, new: ViewState) -> None:
        """Update from the state that is shown to a new one, without proposing anything."""
        raise NotImplementedError  # each panel has it; the metaclass of Qt rules out ABC

    @property
    def count(self) -> int:
        """Number of entries to show in the title of the dock; 0 shows none."""
        return 0

    def close_down(self) -> None:
        """End what works in the background, as the window closes."""

    def begin(self) -> None:
        """Start working here, after a command has brought the panel to the front."""
        self.setFocus()
