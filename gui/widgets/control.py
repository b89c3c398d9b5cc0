"""The base class of controls in forms."""

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget


class Control(QWidget):
    """An editor of one value.

    `changed` is emitted at once when the user changes the value, never by `show_value`.
    """

    changed = Signal(object)

    def value(self) -> Any:
        """Return the value that the control shows."""
        raise NotImplementedError  # each control has it; the metaclass of Qt rules out ABC

    def show_value(self, value: Any, *, reset: bool = False) -> None:
        """Show a value; `reset` if it belongs to another object, so that the state of editing is reset."""
        raise NotImplementedError  # each control has it; the metaclass of Qt rules out ABC

    def set_title(self, title: str) -> None:
        """Name the control for screen readers."""
        self.setAccessibleName(title)
