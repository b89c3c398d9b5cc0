"""The layout of the chart of a rank search: its logarithmic axes, their ticks, and the legend."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from math import log10
from typing import NamedTuple, TypeVar

from PySide6.QtCore import QPointF, QRectF

from engine.rank_search import ErrorCurve
from gui.paint.basics.text_drawing import text_width
from gui.paint.bottleneck.chart_marks import ERROR_SERIES, ChartMarks, LegendEntry, legend_entries

_LEAST_ERROR = 1e-3
"""Least error on the axis; smaller ones are drawn at its lower end."""
_LEAST_HEIGHT, _LEAST_WIDTH, _ROOMY = 7.0, 14.0, 17.0
"""In text heights: least size of a chart, and least height of one with captions."""
_LEAST_PLOT = 4.5
"""In text heights: what a legend below must leave of the plot."""
_STEPS = (1, 2, 5)
_Tick = TypeVar("_Tick")


class ChartLayout(NamedTuple):
    """Position of a curve: its plot, the height of the text, the ends of both axes, and the legend."""

    plot: QRectF
    text_size: float
    macs_range: tuple[float, float]
    error_range: tuple[float, float]
    has_captions: bool = True
    """Whether there is space for the titles of the axes."""
    legend: tuple[QRectF, ...] = ()
    """Position of each of `legend_entries`; empty without space."""

    def x(self, macs: float) -> float:
        low, high = map(log10, self.macs_range)
        return self.plot.left() + self.plot.width() * (log10(max(macs, self.macs_range[0])) - low) / (high - low)

    def y(self, error: float) -> float:
        low, high = map(log10, self.error_range)
        share = (log10(min(max(error, self.error_range[0]), self.error_range[1])) - low) / (high - low)
        return self.plot.bottom() - self.plot.height() * share

    def text_space(self, text: str) -> float:
        """Return the width of a text beside others."""
        return text_width(text, self.text_size) + self.text_size

    def point_at(self, macs: float, error: float) -> QPointF:
        return QPointF(self.x(macs), self.y(error))

    def nearest_index(self, curve: ErrorCurve, at: QPointF) -> int | None:
        """Return the index of the rank nearest to a point of the plot; None outside."""
        if not self.plot.adjusted(-6, -6, 6, 6).contains(at) or not curve.costs:
            return None
        return min(range(len(curve.costs)), key=lambda index: abs(self.x(curve.costs[index]) - at.x()))


def lay_out_chart(curve: ErrorCurve, marks: ChartMarks, rect: QRectF, size: float) -> ChartLayout | None:
    """Lay out the plot with its axes, and the legend inside or below; None if the rectangle is too small."""
    if rect.height() < _LEAST_HEIGHT * size or rect.width() < _LEAST_WIDTH * size:
        return None
    captions = rect.height() > _ROOMY * size
    above, below = (3.1, 3.3) if captions else (1.8, 1.8)
    plot = rect.adjusted(size * 3.9, size * above, -size * 0.9, -size * below)
    costs = (*curve.costs, curve.macs)
    chart = ChartLayout(plot, size, (min(costs) * 0.85, max(costs) * 1.2), _error_axis(curve, marks), captions)
    entries = legend_entries(curve, marks)
    corner = _stack_legend(entries, chart)
    if corner and not any(_covers(corner, at) for at in _curve_points(curve, chart)):
        return chart._replace(legend=corner)
    rows = _flow_legend(entries, QRectF(rect.left(), rect.bottom(), rect.width(), 0), size)
    height = rows[-1].bottom() - rect.bottom()
    if plot.height() - height < _LEAST_PLOT * size:
        return chart
    plot.setBottom(plot.bottom() - height)
    return chart._replace(plot=plot, legend=tuple(rect.translated(0, -height) for rect in rows))


def _error_axis(curve: ErrorCurve, marks: ChartMarks) -> tuple[float, float]:
    """Return round ends of the axis: below the tolerated and all errors of cheaper replacements, and above all."""
    cheaper = [index for index, cost in enumerate(curve.costs) if cost <= curve.macs] or [0]
    losses = [
        *(curve.expected_errors[i] for i in cheaper),
        *(curve.decisive_errors[i] for i in cheaper if i in curve.decisive_errors),
    ]
    least = min([error for error in losses if error > 0], default=_LEAST_ERROR)
    errors = [error for point in curve.points for error in point[3:] if error]
    low = _round_down(max(min(least, marks.error or 1.0), _LEAST_ERROR))
    return low, max(1.0, _round_up(max([*errors, *curve.expected_errors])))


def _curve_points(curve: ErrorCurve, chart: ChartLayout) -> Iterator[QPointF]:
    """Yield positions on all points and lines of a curve."""
    lines = [list(zip(curve.costs, curve.expected_errors, strict=True))]
    for series in ERROR_SERIES:
        errors = [(point.macs, series.error(point)) for point in curve.points]
        lines.append([(macs, error) for macs, error in errors if error is not None])
    for line in lines:
        points = [chart.point_at(macs, error) for macs, error in line]
        yield from points
        for start, end in pairwise(points):
            yield from (start + (end - start) * (part / 8) for part in range(1, 8))


def _entry_width(entry: LegendEntry, size: float) -> float:
    return text_width(entry.title, size) + size * 3.2


def _stack_legend(entries: Sequence[LegendEntry], chart: ChartLayout) -> tuple[QRectF, ...]:
    """Stack the legend in the corner below falling curves; empty if it would fill the plot."""
    plot, size = chart.plot, chart.text_size
    width, height = max(_entry_width(entry, size) for entry in entries), size * 1.5
    if width > plot.width() * 0.8 or height * len(entries) > plot.height() - 2 * size:
        return ()
    left, top = plot.left() + size * 0.6, plot.bottom() - height * len(entries) - size * 0.6
    return tuple(QRectF(left, top + height * row, width, height) for row in range(len(entries)))


def _covers(rects: Sequence[QRectF], at: QPointF) -> bool:
    return rects[0].united(rects[-1]).contains(at)


def _flow_legend(entries: Sequence[LegendEntry], rect: QRectF, size: float) -> tuple[QRectF, ...]:
    """Lay out the legend in rows below a rectangle."""
    rects: list[QRectF] = []
    left, top = rect.left(), rect.bottom()
    for entry in entries:
        width = _entry_width(entry, size)
        if rects and left + width > rect.right():
            left, top = rect.left(), top + size * 1.5
        rects.append(QRectF(left, top, width, size * 1.5))
        left += width
    return tuple(rects)


def ticks_between(low: float, high: float) -> list[float]:
    """Return 1, 2 and 5 times the powers of ten within an axis."""
    first, last = int(log10(low)) - 1, int(log10(high)) + 1
    ticks = [step * 10.0**power for power in range(first, last + 1) for step in _STEPS]
    return [tick for tick in ticks if low * 0.999 <= tick <= high * 1.001]


def space_out_ticks(
    ticks: Iterable[_Tick],
    position: Callable[[_Tick], float],
    label: Callable[[_Tick], str],
    space: Callable[[str], float],
) -> Iterator[tuple[_Tick, str]]:
    """Yield the ticks whose labels do not overlap the previous one."""
    last: float | None = None
    for tick in ticks:
        text, x = label(tick), position(tick)
        if last is None or abs(x - last) >= space(text):
            last = x
            yield tick, text


def _round_down(value: float) -> float:
    """Return the largest 1, 2 or 5 times a power of ten that is not above `value`."""
    return max(step * 10.0**power for power in range(-8, 3) for step in _STEPS if step * 10.0**power <= value * 1.001)


def _round_up(value: float) -> float:
    return min(step * 10.0**power for power in range(-8, 4) for step in _STEPS if step * 10.0**power >= value * 0.999)
