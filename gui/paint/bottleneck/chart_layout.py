"""The layout of the chart of a rank search: its logarithmic axes, and the legend."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from math import log10
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF

from engine.rank_search import ErrorCurve
from gui.paint.basics.round_numbers import round_down, round_up
from gui.paint.basics.text_drawing import text_width
from gui.paint.bottleneck.chart_legend import first_free, flow_legend, stack_legend
from gui.paint.bottleneck.chart_marks import ERROR_SERIES, ChartMarks, legend_entries

_LEAST_ERROR = 1e-3
"""Least error on the axis; smaller ones are drawn at its lower end."""
_LEAST_HEIGHT, _LEAST_WIDTH, _ROOMY = 7.0, 14.0, 17.0
"""In text heights: least size of a chart, and least height of one with captions."""
_LEAST_PLOT = 4.5
"""In text heights: what a legend below must leave of the plot."""


class Sides(NamedTuple):
    """Space for the axes around a plot."""

    left: float
    top: float
    bottom: float


class ChartLayout(NamedTuple):
    """Position of a curve: its plot, the height of the text, what of the curve is visible, and the legend."""

    plot: QRectF
    text_size: float
    whole: QRectF
    """Extent of the curve in logarithms to base 10: MACs to the right, errors from the least, `top`, to the largest."""
    visible: QRectF
    """The part of it that is in the plot."""
    has_captions: bool = True
    """Whether there is space for the titles of the axes."""
    legend: tuple[QRectF, ...] = ()
    """Position of each of `legend_entries`; empty without space."""

    @property
    def sides(self) -> Sides:
        """Space for the axes."""
        return Sides(
            *(self.text_size * heights for heights in ((3.9, 3.1, 3.3) if self.has_captions else (3.9, 1.8, 1.8)))
        )

    @property
    def macs_range(self) -> tuple[float, float]:
        """The least and most visible MACs."""
        return 10 ** self.visible.left(), 10 ** self.visible.right()

    @property
    def error_range(self) -> tuple[float, float]:
        """The least and largest visible error."""
        return 10 ** self.visible.top(), 10 ** self.visible.bottom()

    def x(self, macs: float) -> float:
        return self.plot.left() + self.plot.width() * (log10(macs) - self.visible.left()) / self.visible.width()

    def y(self, error: float) -> float:
        height = self.plot.height() * (self.level(error) - self.visible.top()) / self.visible.height()
        return self.plot.bottom() - height

    def level(self, error: float) -> float:
        """Return the logarithm of an error within those of the axis."""
        return min(max(log10(max(error, _LEAST_ERROR)), self.whole.top()), self.whole.bottom())

    def text_space(self, text: str) -> float:
        """Return the width of a text beside others."""
        return text_width(text, self.text_size) + self.text_size

    def point_at(self, macs: float, error: float) -> QPointF:
        return QPointF(self.x(macs), self.y(error))

    def shows(self, at: QPointF) -> bool:
        """Whether a position is in the plot or on its frame."""
        return self.plot.adjusted(-0.5, -0.5, 0.5, 0.5).contains(at)

    def visible_indices(self, costs: Sequence[int], beyond: int = 0) -> range:
        """Return the indices of ascending costs that are visible, and some more on either side."""
        low, high = self.macs_range
        start, end = bisect_left(costs, low * (1 - 1e-9)), bisect_right(costs, high * (1 + 1e-9))
        return range(max(start - beyond, 0), min(end + beyond, len(costs)))

    def nearest_index(self, curve: ErrorCurve, x: float) -> int | None:
        """Return the index of the visible rank nearest to a vertical line; None if no rank is visible."""
        visible = self.visible_indices(curve.costs)
        level = self.visible.left() + (x - self.plot.left()) / self.plot.width() * self.visible.width()
        behind = bisect_left(curve.costs, level, visible.start, visible.stop, key=log10)
        neighbours = [index for index in (behind - 1, behind) if index in visible]
        return min(neighbours, key=lambda index: abs(log10(curve.costs[index]) - level), default=None)

    def positions(self, macs: Sequence[float], errors: Sequence[float]) -> NDArray[np.float64]:
        """Return positions of points, a row of x and y for each, as `point_at` does."""
        plot, visible, whole = self.plot, self.visible, self.whole
        levels = np.log10(np.maximum(errors, _LEAST_ERROR)).clip(whole.top(), whole.bottom())
        x = plot.left() + plot.width() * (np.log10(macs) - visible.left()) / visible.width()
        y = plot.bottom() - plot.height() * (levels - visible.top()) / visible.height()
        return np.stack((x, y), axis=1)

    def lines(self, curve: ErrorCurve) -> list[NDArray[np.float64]]:
        """Return the visible part of the expected errors, and that of each of ERROR_SERIES, as positions."""
        indices, points = self.visible_indices(curve.costs, beyond=1), curve.points
        rows = [points[i] for i in self.visible_indices([point.macs for point in points], beyond=1)]
        lines = [
            self.positions(*(values[indices.start : indices.stop] for values in (curve.costs, curve.expected_errors)))
        ]
        for series in ERROR_SERIES:
            measured = [(point.macs, error) for point in rows if (error := series.error(point))]
            lines.append(self.positions([macs for macs, _ in measured], [error for _, error in measured]))
        return lines


def lay_out_chart(curve: ErrorCurve, marks: ChartMarks, rect: QRectF, size: float) -> ChartLayout | None:
    """Lay out the whole plot with its axes, and the legend inside or below; None if the rectangle is too small."""
    if rect.height() < _LEAST_HEIGHT * size or rect.width() < _LEAST_WIDTH * size:
        return None
    whole = _extent(curve, marks)
    chart = ChartLayout(QRectF(), size, whole, whole, rect.height() > _ROOMY * size)
    left, top, bottom = chart.sides
    plot = rect.adjusted(left, top, -size * 0.9, -bottom)
    chart = chart._replace(plot=plot)
    entries = legend_entries(curve, marks)
    if corner := _free_corner(stack_legend(entries, plot, size)[:1], chart.lines(curve)):
        return chart._replace(legend=corner)
    rows = flow_legend(entries, QRectF(rect.left(), rect.bottom(), rect.width(), 0), size)
    height = rows[-1].bottom() - rect.bottom()
    if plot.height() - height < _LEAST_PLOT * size:
        return chart
    plot.setBottom(plot.bottom() - height)
    return chart._replace(plot=plot, legend=tuple(rect.translated(0, -height) for rect in rows))


def zoom_chart(chart: ChartLayout, curve: ErrorCurve, marks: ChartMarks, visible: QRectF) -> ChartLayout:
    """Show a part of a whole chart. A legend in the plot takes a corner that is free; without one it is left out."""
    zoomed = chart._replace(visible=visible)
    if visible == chart.whole or not chart.legend or not chart.plot.contains(chart.legend[0]):
        return zoomed
    corners = stack_legend(legend_entries(curve, marks), chart.plot, chart.text_size)
    return zoomed._replace(legend=_free_corner(corners, zoomed.lines(curve)))


def _free_corner(corners: Sequence[tuple[QRectF, ...]], lines: Sequence[NDArray[np.float64]]) -> tuple[QRectF, ...]:
    """Return the first of stacked legends that no line crosses; empty without one."""
    index = first_free([rects[0].united(rects[-1]) for rects in corners], lines)
    return () if index is None else corners[index]


def _extent(curve: ErrorCurve, marks: ChartMarks) -> QRectF:
    """Return the whole: all costs with a margin; errors with round ends, see `_error_axis`."""
    costs = (*curve.costs, curve.macs)
    left, right = log10(min(costs) * 0.85), log10(max(costs) * 1.2)
    low, high = map(log10, _error_axis(curve, marks))
    return QRectF(left, low, right - left, high - low)


def _error_axis(curve: ErrorCurve, marks: ChartMarks) -> tuple[float, float]:
    """Return round ends of the axis: below the tolerated and all errors of cheaper replacements, and above all."""
    cheaper = [index for index, cost in enumerate(curve.costs) if cost <= curve.macs] or [0]
    decisive = curve.decisive_errors
    losses = [*(curve.expected_errors[i] for i in cheaper), *(decisive[i] for i in cheaper if i in decisive)]
    least = min([error for error in losses if error > 0], default=_LEAST_ERROR)
    errors = [error for point in curve.points for error in point[3:] if error]
    low = round_down(max(min(least, marks.error or 1.0), _LEAST_ERROR))
    return low, round_up(max([1.0, *errors, *curve.expected_errors]))
