"""The layout of the chart of errors along the network: a column per layer, the error upwards."""

from collections.abc import Iterator, Sequence
from math import isfinite
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF

from gui.paint.basics.round_ticks import round_ticks
from gui.paint.basics.text_drawing import text_width
from gui.paint.differences.content import DifferencesContent

_LEAST_HEIGHT, _LEAST_WIDTH = 6.0, 12.0
"""In text heights: least size of a chart."""
_LEFT, _TOP, _BOTTOM, _RIGHT = 4.6, 2.0, 1.8, 0.8
"""In text heights: space around the plot for its axes and its title."""
_ROUND = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
_LEAST_TOP = 1e-6
"""Least error at the upper end of the axis; rounding makes smaller ones."""
_NAME = 7.0
"""In text heights: space that is enough for a name, if the longest one does not need less."""


class ErrorTick(NamedTuple):
    """A round error and its pixel."""

    at: float
    label: str


class NameTick(NamedTuple):
    """A layer whose name is below its column."""

    layer: int
    at: float
    width: float


class ErrorChart(NamedTuple):
    """Where everything is: the plot, and what of the network is visible in it."""

    plot: QRectF
    text_size: float
    whole: QRectF
    """A unit per layer to the right, errors upwards from 0."""
    visible: QRectF
    """The part of it that is in the plot."""

    def x(self, index: int) -> float:
        """The middle of a layer's column."""
        return self.plot.left() + self.plot.width() * (index + 0.5 - self.visible.left()) / self.visible.width()

    def y(self, error: float) -> float:
        level = min(error, self.whole.bottom()) if isfinite(error) else self.whole.bottom()
        return self.plot.bottom() - self.plot.height() * (level - self.visible.top()) / self.visible.height()

    def point(self, index: int, error: float) -> QPointF:
        return QPointF(self.x(index), self.y(error))

    def column(self, index: int) -> QRectF:
        """The part of the plot above and below a layer."""
        width = self.plot.width() / self.visible.width()
        return QRectF(self.x(index) - width / 2, self.plot.top(), width, self.plot.height()).intersected(self.plot)

    @property
    def visible_indices(self) -> range:
        """Layers with a visible column."""
        first, last = max(int(self.visible.left()), 0), min(int(self.visible.right() - 1e-9), self.layer_count - 1)
        return range(first, last + 1)

    @property
    def layer_count(self) -> int:
        return round(self.whole.width())

    def index_at(self, at: QPointF) -> int | None:
        """The layer whose column is at a point; None outside the plot."""
        if not self.plot.contains(at):
            return None
        position = self.visible.left() + (at.x() - self.plot.left()) / self.plot.width() * self.visible.width()
        return min(max(int(position), 0), self.layer_count - 1)

    def error_ticks(self) -> tuple[ErrorTick, ...]:
        """Round errors with space for their texts."""
        low, high = self.visible.top(), self.visible.bottom()
        most = max(int(self.plot.height() / (2.2 * self.text_size)), 2)
        errors = [
            error for error in round_ticks(low, high, most) if low <= error * (1 + 1e-9) and error <= high * 1.001
        ]
        return tuple(ErrorTick(self.y(error), f"{100 * error:.4g} %") for error in errors)

    def name_ticks(self, names: Sequence[str]) -> Iterator[NameTick]:
        """Yield layers whose names have space below, as many as fit at equal distances."""
        width = self.plot.width() / self.visible.width()
        longest = max((text_width(names[index], 1.0) for index in self.visible_indices), default=0.0) + 0.6
        step = max(1, -int(-min(longest, _NAME) * self.text_size // width))
        for index in self.visible_indices:
            if index % step == 0:
                yield NameTick(index, self.x(index), step * width)


def axis_names(names: Sequence[str]) -> list[str]:
    """The names of layers without the block that all of them are parts of."""
    block, slash, _ = names[0].rpartition("/") if names else ("", "", "")
    while slash and not all(name.startswith(f"{block}/") for name in names):
        block, slash, _ = block.rpartition("/")
    return [name.removeprefix(f"{block}/") if slash else name for name in names]


def lay_out_errors(content: DifferencesContent, rect: QRectF, size: float) -> ErrorChart | None:
    """Lay out the whole chart; None if the rectangle is too small or there is no layer."""
    if not content.errors or rect.height() < _LEAST_HEIGHT * size or rect.width() < _LEAST_WIDTH * size:
        return None
    plot = rect.adjusted(_LEFT * size, _TOP * size, -_RIGHT * size, -_BOTTOM * size)
    whole = QRectF(0, 0, len(content.errors), largest_error(content))
    return ErrorChart(plot, size, whole, whole)


def largest_error(content: DifferencesContent) -> float:
    """A round number above all errors: the upper end of the axis."""
    errors = [error.value for error in content.errors if error.value is not None and isfinite(error.value)]
    largest = max(errors, default=0.0) * 1.02
    if not largest:
        return 1.0
    power = _LEAST_TOP
    while 10 * power < largest:
        power *= 10
    return next((number * power for number in _ROUND if number * power >= largest), 10 * power)
