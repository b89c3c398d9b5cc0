"""Controls for numbers: a box with a slider, and a field for any number. They ignore the wheel without the focus."""

from bisect import bisect_left
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QLocale, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QSlider, QSpinBox, QWidget

from gui.widgets.control import Control
from gui.widgets.line_edit import LineEdit, is_undo

DOUBLINGS = tuple(sorted({n for k in range(13) for n in (2**k, 3 * 2**k // 2) if 1 <= n <= 4096}))
"""Common sizes, each about 1.4 times the previous one: 1, 2, 3, 4, 6, 8, 12, 16, …, 4096."""


NUMBER_LOCALE = QLocale.c()
"""Digits and point of all numbers, as in pictures, tables and files, whatever the language of the system."""


class IntegerBox(QSpinBox):
    """A spin box that leaves the wheel to the scroll area unless it has the focus.

    It is wide enough for `digits`, and grows for longer numbers.
    """

    def __init__(self, low: int, high: int, parent: QWidget | None = None, *, digits: int = 4) -> None:
        super().__init__(parent)
        self.digits = digits
        self.setLocale(NUMBER_LOCALE)
        self.setRange(low, high)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def sizeHint(self) -> QSize:
        """Return a size for common numbers; the largest allowed one would take half the form."""
        digits = max(self.digits, len(str(self.value())))
        width = self.fontMetrics().horizontalAdvance("0" * digits) + 30
        return QSize(width, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def show_number(self, number: int) -> None:
        """Show a number without emitting a signal."""
        before = self.sizeHint()
        with QSignalBlocker(self):
            self.setValue(number)
        if self.sizeHint() != before:
            self.updateGeometry()  # which lays out the whole window anew

    def event(self, event: QEvent) -> bool:
        if is_undo(event):
            event.ignore()  # every digit is an edit, which the project undoes
            return True
        return super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class Slider(QSlider):
    """A slider over a table of numbers; for a number between two entries it is at the larger one."""

    chosen = Signal(int)

    def __init__(self, steps: tuple[int, ...], parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.steps = steps
        self.setRange(0, len(steps) - 1)
        self.setPageStep(2)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumWidth(32)
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
    """Return the numbers of a slider: doublings for counts that can be large, all numbers up to 15 for others."""
    if high > 1_000_000:
        return tuple(n for n in DOUBLINGS if low <= n <= high)
    return tuple(range(low, min(high, 15) + 1))


def parse_seed(text: str) -> int:
    """Parse a seed, an integer that files can store; raises ValueError for any other text."""
    if not text.isascii() or not text.isdigit() or int(text) >= 2**63:
        raise ValueError("an integer from 0 to 2⁶³ − 1 is needed")
    return int(text)


class IntegerControl(Control):
    """An integer: a box and a slider over common values."""

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

    def show_value(self, value: Any, *, reset: bool = False) -> None:
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
    """A typed number such as 1e-5: every valid text is emitted at once.

    Parameters
    ----------
    parse
        Returns the number of a text; raises ValueError with an explanation if that is not allowed.
    to_text
        Returns the text that shows a number.
    """

    refused = Signal(str)
    """Why the current text is not allowed; "" once it is."""

    def __init__(self, parse: Callable[[str], float], to_text: Callable[[float], str] = repr) -> None:
        super().__init__()
        self._parse, self._to_text = parse, to_text
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

    def show_value(self, value: Any, *, reset: bool = False) -> None:
        if reset or value != self._value or not self.edit.text():
            self._value = value
            self._restore()

    def set_title(self, title: str) -> None:
        self.edit.setAccessibleName(title)

    def _restore(self) -> None:
        self.edit.setText(self._to_text(self._value))
        self.edit.setCursorPosition(0)
        self._refuse("")

    def _refuse(self, reason: str) -> None:
        if reason != self.refusal:
            self.refusal = reason
            self.refused.emit(reason)

    def _on_text_edited(self, text: str) -> None:
        try:
            value = self._parse(text)
        except ValueError as error:
            self._refuse(str(error))
            return
        self._refuse("")
        if value != self._value:
            self._value = value
            self.changed.emit(value)


class NumberEdit(LineEdit):
    """A line that reports when editing ends: at Enter, Escape, or when it loses the focus."""

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
