"""Controls for sizes and margins: one number for both directions, or one per direction or side."""

from typing import Any

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout

from gui.widgets.choice_controls import ChoiceBox
from gui.widgets.control import Control
from gui.widgets.glyphs import GlyphButton
from gui.widgets.number_controls import IntegerBox, Slider, slider_steps


class PairControl(Control):
    """An integer or (height, width): one box and a slider or, with the link open, two boxes."""

    def __init__(self, low: int, high: int, steps: tuple[int, ...] | None = None) -> None:
        super().__init__()
        self.boxes = (IntegerBox(low, high, self), IntegerBox(low, high, self))
        self.slider = Slider(slider_steps(low, high) if steps is None else steps, self)
        self.link = GlyphButton("link", "Same height and width")
        self.link.setCheckable(True)
        self.link.setChecked(True)
        self.times = QLabel("×")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.boxes[0])
        row.addWidget(self.slider, 1)
        row.addWidget(self.times)
        row.addWidget(self.boxes[1])
        row.addStretch(0)
        row.addWidget(self.link)
        self.setFocusProxy(self.boxes[0])
        self._show_link()
        for box in self.boxes:
            box.valueChanged.connect(self._on_box_changed)
        self.slider.chosen.connect(self.boxes[0].setValue)
        self.link.clicked.connect(self._on_link_clicked)

    def value(self) -> int | tuple[int, int]:
        height, width = (box.value() for box in self.boxes)
        return height if height == width else (height, width)

    def show_value(self, value: Any, *, reset: bool = False) -> None:
        alike = isinstance(value, int)
        height, width = (value, value) if alike else value
        # Equal numbers do not close a link that the user has opened.
        if reset or not alike:
            self.link.setChecked(alike)
        for box, number in zip(self.boxes, (height, width), strict=True):
            box.show_number(number)
        self._show_link()

    def set_title(self, title: str) -> None:
        self._title = title
        self.slider.setAccessibleName(f"{title}, slider")
        self.link.setAccessibleName(f"{title}: same height and width")
        self.boxes[1].setAccessibleName(f"{title}, width")
        self._show_link()

    _title = ""

    def _show_link(self) -> None:
        alike = self.link.isChecked()
        self.boxes[0].setAccessibleName(self._title if alike else f"{self._title}, height")
        self.slider.setVisible(alike)
        self.times.setVisible(not alike)
        self.boxes[1].setVisible(not alike)
        self.slider.show_number(self.boxes[0].value())

    def _on_link_clicked(self) -> None:
        before = self.value()
        if self.link.isChecked():
            self.boxes[1].show_number(self.boxes[0].value())
        self._show_link()
        if self.value() != before:
            self.changed.emit(self.value())

    def _on_box_changed(self) -> None:
        if self.link.isChecked():
            self.boxes[1].show_number(self.boxes[0].value())
            if not self.slider.isSliderDown():
                self.slider.show_number(self.boxes[0].value())
        self.changed.emit(self.value())


_SIDES = {
    2: (("height", "↕"), ("width", "↔")),
    4: (("top", "↑"), ("left", "←"), ("bottom", "↓"), ("right", "→")),
}
"""Name and short sign of each margin, by the number of margins."""


class MarginsControl(Control):
    """A word ("same"), or margins: one number, (height, width), or (top, left, bottom, right)."""

    def __init__(self, words: tuple[str, ...], low: int, high: int) -> None:
        super().__init__()
        modes: list[tuple[str | int, str]] = [(word, word) for word in words]
        self.mode = ChoiceBox([*modes, (1, "number"), (2, "height, width"), (4, "each side")])
        self.number = IntegerBox(low, high, self, digits=3)
        self.boxes = tuple(IntegerBox(low, high, self, digits=2) for _ in _SIDES[4])
        self.captions = tuple(QLabel() for _ in _SIDES[4])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        first = QHBoxLayout()
        first.addWidget(self.mode)
        first.addWidget(self.number)
        first.addStretch(1)
        column.addLayout(first)
        column.addLayout(self._side_grid())
        self.setFocusProxy(self.mode)
        self._show_mode()
        self.mode.chosen.connect(self._on_mode_chosen)
        for box in (self.number, *self.boxes):
            box.valueChanged.connect(lambda: self.changed.emit(self.value()))

    def value(self) -> str | int | tuple[int, ...]:
        mode = self.mode.value()
        if isinstance(mode, str):
            return mode
        return _normalise_margins(self._numbers(mode))

    def show_value(self, value: Any, *, reset: bool = False) -> None:
        count = value if isinstance(value, str) else 1 if isinstance(value, int) else len(value)
        mode = self.mode.value()
        # Margins that happen to be equal do not hide the sides while the user edits them.
        shows_more = isinstance(mode, int) and isinstance(count, int) and mode > count
        if reset or not shows_more:
            self.mode.show_value(count)
            self._last = count if isinstance(count, int) else self._last
        if not isinstance(value, str):
            self._fill(value)
        self._show_mode()

    def set_title(self, title: str) -> None:
        self.mode.setAccessibleName(title)
        self.number.setAccessibleName(f"{title}, number")
        self._title = title
        self._show_mode()

    _title = ""
    _last = 1
    """How many numbers were shown last; another mode starts from their values."""

    def _side_grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(4)
        grid.setColumnStretch(4, 1)
        for index, (box, caption) in enumerate(zip(self.boxes, self.captions, strict=True)):
            grid.addWidget(caption, index // 2, index % 2 * 2)
            grid.addWidget(box, index // 2, index % 2 * 2 + 1)
        return grid

    def _numbers(self, mode: int) -> tuple[int, ...]:
        return (self.number.value(),) if mode == 1 else tuple(box.value() for box in self.boxes[:mode])

    def _fill(self, value: int | tuple[int, ...]) -> None:
        numbers = (value,) if isinstance(value, int) else value
        for box, number in zip((self.number, *self.boxes), (numbers[0], *numbers * (4 // len(numbers))), strict=True):
            box.show_number(number)

    def _show_mode(self) -> None:
        mode = self.mode.value()
        self.number.setVisible(mode == 1)
        sides = mode if mode in _SIDES else 0
        for index, (box, caption) in enumerate(zip(self.boxes, self.captions, strict=True)):
            visible = index < sides
            box.setVisible(visible)
            caption.setVisible(visible)
            name, sign = _SIDES[sides if visible else 4][index]
            caption.setText(sign)
            box.setToolTip(name)
            box.setAccessibleName(f"{self._title}, {name}")

    def _on_mode_chosen(self, mode: object) -> None:
        if isinstance(mode, int):
            self._fill(_normalise_margins(self._numbers(self._last)))
            self._last = mode
        self._show_mode()
        self.changed.emit(self.value())


def _normalise_margins(numbers: tuple[int, ...]) -> int | tuple[int, ...]:
    """Return the shortest form of margins: 1 for (1, 1), (1, 2) for (1, 2, 1, 2)."""
    if len(set(numbers)) == 1:
        return numbers[0]
    return numbers[:2] if numbers[:2] == numbers[2:] else numbers
