"""Controls of numbers: a box with a slider, and a field for numbers of any size. The wheel needs the focus."""

from bisect import bisect_left
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QSlider, QSpinBox, QWidget

from gui.widgets.control import Control
from gui.widgets.line_edit import LineEdit, is_undo

DOUBLINGS = tuple(sorted({n for k in range(13) for n in (2**k, 3 * 2**k // 2) if 1 <= n <= 4096}))
"""Sizes that people choose, each about 1.4 times the one before: 1, 2, 3, 4, 6, 8, 12, 16, …, 4096."""


class IntegerBox(QSpinBox):
    """A spin box that leaves the wheel to the scroll area until it has the focus.

    It has room for `digits`, and asks for more when a number has more.
    """

    def __init__(self, low: int, high: int, parent: QWidget | None = None, *, digits: int = 4) -> None:
        super().__init__(parent)
        self.digits = digits
        self.setRange(low, high)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def sizeHint(self) -> QSize:
        """Room for common numbers; the largest allowed one would take half the form."""
        digits = max(self.digits, len(str(self.value())))
        width = self.fontMetrics().horizontalAdvance("0" * digits) + 30
        return QSize(width, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def show_number(self, number: int) -> None:
        """Show a number without telling of it."""
        with QSignalBlocker(self):
            self.setValue(number)
        self.updateGeometry()

    def event(self, event: QEvent) -> bool:
        if is_undo(event):
            event.ignore()  # every digit is an edit of the project, which undoes it
            return True
        return super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class Slider(QSlider):
    """A slider over a table of numbers; a number between two of them leaves it at the next one."""

    chosen = Signal(int)

    def __init__(self, steps: tuple[int, ...], parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.steps = steps
        self.setRange(0, len(steps) - 1)
        self.setPageStep(2)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumWidth(40)
        self.valueChanged.connect(lambda position: self.chosen.emit(self.steps[position]))

    def show_number(self, number: int) -> None:
        with QSignalBlocker(self):
            self.setValue(min(bisect_left(self.steps, number), len(self.steps) - 1))

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def slider_steps(low: int, high: int) -> tuple[int, ...]:
    """Numbers for a slider: doublings for counts that can be large, each one to 15 for the others."""
    if high > 1_000_000:
        return tuple(n for n in DOUBLINGS if low <= n <= high)
    return tuple(range(low, min(high, 15) + 1))


def parse_seed(text: str) -> int:
    """The seed that a text means: an integer as large as files hold; ValueError for any other text."""
    if not text.isascii() or not text.isdigit() or int(text) >= 2**63:
        raise ValueError("an integer from 0 to 2⁶³ − 1 is needed")
    return int(text)


class IntegerControl(Control):
    """An integer: a box, and a slider over common values."""

    def __init__(self, low: int, high: int, steps: tuple[int, ...] | None = None) -> None:
        super().__init__()
        self.box = IntegerBox(low, high, self)
        self.slider = Slider(slider_steps(low, high) if steps is None else steps, self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.box)
        row.addWidget(self.slider, 1)
        self.setFocusProxy(self.box)
        self.box.valueChanged.connect(self._on_box_changed)
        self.slider.chosen.connect(self.box.setValue)

    def value(self) -> int:
        return self.box.value()

    def show_value(self, value: Any, *, anew: bool = False) -> None:
        if value != self.box.value():
            self.box.show_number(value)
        self.slider.show_number(value)

    def set_title(self, title: str) -> None:
        self.box.setAccessibleName(title)
        self.slider.setAccessibleName(f"{title}, slider")

    def _on_box_changed(self, value: int) -> None:
        if not self.slider.isSliderDown():
            self.slider.show_number(value)
        self.changed.emit(value)


class NumberControl(Control):
    """A number that is typed, 1e-5 for example: every text that can be read is emitted at once.

    Parameters
    ----------
    read
        The number that a text means; ValueError, with a sentence, where it means none that is allowed.
    """

    refused = Signal(str)
    """Why the text as it stands is no number; "" as soon as it is one."""

    def __init__(self, read: Callable[[str], float], show: Callable[[float], str] = repr) -> None:
        super().__init__()
        self._read, self._show = read, show
        self._value: float | int = 0
        self.refusal = ""
        self.edit = NumberEdit(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.edit)
        self.setFocusProxy(self.edit)
        self.edit.textEdited.connect(self._on_text_edited)
        self.edit.editing_ended.connect(self._restore)

    def value(self) -> float | int:
        return self._value

    def show_value(self, value: Any, *, anew: bool = False) -> None:
        if anew or value != self._value or not self.edit.text():
            self._value = value
            self._restore()

    def set_title(self, title: str) -> None:
        self.edit.setAccessibleName(title)

    def _restore(self) -> None:
        self.edit.setText(self._show(self._value))
        self.edit.setCursorPosition(0)
        self._refuse("")

    def _refuse(self, reason: str) -> None:
        if reason != self.refusal:
            self.refusal = reason
            self.refused.emit(reason)

    def _on_text_edited(self, text: str) -> None:
        try:
            value = self._read(text)
        except ValueError as error:
            self._refuse(str(error))
            return
        self._refuse("")
        if value != self._value:
            self._value = value
            self.changed.emit(value)


class NumberEdit(LineEdit):
    """A line that tells when editing ends: Enter, Escape, or the focus goes."""

    drafts = False

    editing_ended = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.editing_ended.emit()
            self.selectAll()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.editing_ended.emit()
