"""What every control of a form answers: one value, shown, read and reported."""

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget


class Control(QWidget):
    """An editor of one value.

    `changed` tells of what a person does, at once; showing a value never emits it.
    """

    changed = Signal(object)

    def value(self) -> Any:
        """The value that the control shows."""
        raise NotImplementedError

    def show_value(self, value: Any, *, anew: bool = False) -> None:
        """Show a value. `anew`: it is another thing's, so forget how the last one was being edited."""
        raise NotImplementedError

    def set_title(self, title: str) -> None:
        """Name the control for screen readers."""
        self.setAccessibleName(title)
