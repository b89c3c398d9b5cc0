"""Parallel coordinates of a sweep: an axis per column, a line per point. What they show, and where it is."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from PySide6.QtCore import QPointF, QRectF

from engine.rank_search.report import error_text
from engine.sweep.axis_values import label_text
from engine.sweep.brushing import ColumnRange, Positions, column_labels
from engine.sweep.columns import column_title
from engine.sweep.sweep import Sweep
from gui.paint.sweep.scale import PlotScale, amount_label, scale_of

_REACH = 9.0
"""Pixels beside an axis within which it is gripped."""
_GRIP = 5.0
"""Pixels around the end of a range within which that is dragged."""
_NEAR = 6.0
"""Pixels above and below a line within which it is hit."""
_WIDE_GAP = 86.0
"""Pixels between two axes from which on their titles are in one row, in units of a text of 12 pixels."""


class ParallelAxis(NamedTuple):
    """An axis of parallel coordinates."""

    title: str
    scale: PlotScale
    labels: tuple[str, ...]
    """The texts of the values 0, 1, …; () for numbers."""

    @property
    def column(self) -> str:
        return self.scale.column

    def ends(self) -> tuple[str, str]:
        """The texts of the lowest and of the highest value."""
        return self.text(self.scale.amount(0.0)), self.text(self.scale.amount(1.0))

    def share(self, amount: float) -> float:
        """Where the end of a range is, from 0 to 1; a range may have been marked when the axis was longer."""
        is_below = self.scale.is_logarithmic and amount <= 0
        return 0.0 if is_below else min(max(self.scale.share(amount), 0.0), 1.0)

    def text(self, amount: float) -> str:
        """A value of the axis."""
        if self.labels:
            return self.labels[min(max(round(amount), 0), len(self.labels) - 1)]
        if self.column.startswith("error"):
            return error_text(amount)
        if self.column == "agreement":
            return f"{100 * amount:.4g} %"
        return amount_label(self.column, amount, [amount]) if abs(amount) >= 1000 else f"{amount:.4g}"


class ParallelPlot(Struct, frozen=True, eq=False):
    """Everything that parallel coordinates show."""

    axes: tuple[ParallelAxis, ...]
    shares: np.ndarray
    """Where the points are on the axes, (points, axes), from 0 to 1; NaN without a value."""
    within: np.ndarray
    """Which points are within all ranges, (points,)."""
    fits: np.ndarray
    """Which points break no condition, (points,)."""
    front: tuple[int, ...] = ()
    """The points on the front of the two metrics of the other plot."""
    ranges: tuple[ColumnRange, ...] = ()


def parallel_axes(sweep: Sweep, positions: Positions) -> tuple[ParallelAxis, ...]:
    """The axes of a sweep, and the metrics in which its points differ, without multiples of others.

    FLOPs, which are twice the MACs, would be an axis with the same lines.
    """
    names = {axis.name for axis in sweep.axes}
    axes: list[ParallelAxis] = []
    for column, amounts in positions.items():
        labels = column_labels(sweep, column)
        finite = amounts[~np.isnan(amounts)]
        ends = [float(finite.min()), float(finite.max())] if finite.size else []
        metrics = (positions[axis.column] for axis in axes if axis.column not in names)
        if column not in names and (not ends or ends[0] == ends[1] or any(_is_multiple(amounts, m) for m in metrics)):
            continue
        scale = PlotScale(column, -0.5, len(labels) - 0.5, False) if labels else scale_of(column, ends, margin=0.0)
        title = column_title(column, sweep.convention).removeprefix(f"{sweep.design}/")
        axes.append(ParallelAxis(title, scale, tuple(map(label_text, labels))))
    return tuple(axes)


def _is_multiple(amounts: np.ndarray, others: np.ndarray) -> bool:
    """Whether all amounts are the same multiple, above 0, of those of another metric."""
    index = int(np.nanargmax(np.abs(amounts)))
    if not amounts[index] * others[index] > 0:
        return False
    return bool(np.allclose(amounts / amounts[index], others / others[index], rtol=1e-9, atol=0.0, equal_nan=True))


def point_shares(axes: Sequence[ParallelAxis], positions: Positions) -> np.ndarray:
    """Where the points are on each axis, (points, axes)."""
    columns = [axis.scale.shares(positions[axis.column]) for axis in axes]
    return np.column_stack(columns) if columns else np.empty((0, 0))


class ParallelLayout(NamedTuple):
    """Where the axes are, in pixels."""

    columns: tuple[float, ...]
    left: float
    right: float
    top: float
    bottom: float
    size: float
    """Of the text."""
    title_rows: int
    """Titles of neighbouring axes are in so many rows, where each has more space."""

    @property
    def gap(self) -> float:
        """The distance of two axes."""
        return self.columns[1] - self.columns[0] if len(self.columns) > 1 else 1000.0

    def row(self, share: float) -> float:
        """The height of a share of an axis, which begins below."""
        return self.bottom - share * (self.bottom - self.top)

    def share(self, row: float) -> float:
        """The share of an axis at a height, from 0 to 1."""
        return min(max((self.bottom - row) / (self.bottom - self.top), 0.0), 1.0)


def lay_out_parallel(rect: QRectF, count: int, size: float) -> ParallelLayout:
    """Place so many axes, with space for their titles above and their ends at both sides."""
    gap = rect.width() / max(count, 1)
    rows = 1 if gap >= _WIDE_GAP * size / 12 else 2 if gap >= _WIDE_GAP * size / 24 else 3
    columns = tuple(rect.left() + gap * (number + 0.5) for number in range(count))
    top = rect.top() + size * (0.4 + 1.35 * rows + 1.5)
    ends = rect.left(), rect.right()
    return ParallelLayout(columns, *ends, top, max(rect.bottom() - size * 1.8, top + 1), size, rows)


def axis_at(layout: ParallelLayout, place: QPointF) -> int | None:
    """The axis that is gripped at a place; None between axes."""
    if not layout.columns or not layout.top - _REACH <= place.y() <= layout.bottom + _REACH:
        return None
    index = min(range(len(layout.columns)), key=lambda number: abs(layout.columns[number] - place.x()))
    return index if abs(layout.columns[index] - place.x()) <= min(_REACH, layout.gap / 2) else None


class RangeDrag(NamedTuple):
    """A drag along an axis: a range that begins where it began, one of whose ends moves, or that moves as a whole."""

    axis: ParallelAxis
    start: float
    """Where it began, in shares of the axis."""
    low: float
    high: float
    """The range that moves; for one that is new both are `start`."""
    moves_low: bool
    moves_high: bool

    def range_at(self, share: float) -> ColumnRange:
        """The range when the mouse is at a share of the axis."""
        by = share - self.start
        if self.moves_low and self.moves_high:
            by = min(max(by, -self.low), 1.0 - self.high)
        ends = sorted((self.low + by * self.moves_low, self.high + by * self.moves_high))
        low, high = (self.axis.scale.amount(min(max(end, 0.0), 1.0)) for end in ends)
        return ColumnRange(self.axis.column, low, high)


def begin_drag(layout: ParallelLayout, plot: ParallelPlot, place: QPointF) -> RangeDrag | None:
    """The drag that a press at a place begins; None away from all axes."""
    index = axis_at(layout, place)
    if index is None:
        return None
    axis, start = plot.axes[index], layout.share(place.y())
    for part in plot.ranges:
        if part.column == axis.column:
            low, high = axis.share(part.low), axis.share(part.high)
            grip = _GRIP / (layout.bottom - layout.top)
            if abs(start - high) <= grip or abs(start - low) <= grip:
                is_high = abs(start - high) <= abs(start - low)
                return RangeDrag(axis, start, low, high, not is_high, is_high)
            if low < start < high:
                return RangeDrag(axis, start, low, high, True, True)
    return RangeDrag(axis, start, start, start, False, True)


def line_at(layout: ParallelLayout, plot: ParallelPlot, place: QPointF) -> int | None:
    """The point within all ranges whose line is nearest to a place; None if none is near."""
    gaps = len(layout.columns) - 1
    left = min(int((place.x() - layout.columns[0]) // layout.gap), gaps - 1) if gaps > 0 else -1
    if left < 0 or not plot.within.any() or place.x() > layout.columns[-1]:
        return None
    along = (place.x() - layout.columns[left]) / layout.gap
    shares = plot.shares[:, left] * (1 - along) + plot.shares[:, left + 1] * along
    distances = np.abs(layout.bottom - shares * (layout.bottom - layout.top) - place.y())
    distances[~plot.within | np.isnan(distances)] = np.inf
    nearest = int(distances.argmin())
    return nearest if distances[nearest] <= _NEAR else None
