"""Points of a chart under the mouse, and what is said about them."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from engine.rank_search import CurvePoint, ErrorCurve, RankResult
from engine.rank_search.report import error_text, saving_text
from engine.text.units import abbreviate
from gui.paint.basics.text_drawing import ALIGN_RIGHT, draw_text, text_width
from gui.paint.bottleneck.chart_layout import ChartLayout
from gui.paint.bottleneck.chart_legend import first_free
from gui.paint.bottleneck.chart_marks import ERROR_SERIES, EXPECTED
from gui.theme import Theme

_REACH = 7.0
"""Pixels within which a measured point is hit rather than the rank below the mouse."""
_RING = 0.55
"""Radius of the mark around a point, in text heights."""
_SERIES = sorted(ERROR_SERIES, key=lambda series: series.is_secondary)
"""The series in the order in which they are read out: those that only compare last."""


class ChartPoint(NamedTuple):
    """A point of a curve: one error of a rank."""

    rank_index: int
    title: str
    """Name of the error, as in the legend."""
    error: float

    def position(self, chart: ChartLayout, curve: ErrorCurve) -> QPointF:
        return chart.point_at(curve.costs[self.rank_index], self.error)


def hit_chart(chart: ChartLayout, curve: ErrorCurve, at: QPointF) -> ChartPoint | None:
    """Return the measured point at a position, else the nearest point of the rank below it; None outside the plot."""
    if not chart.plot.adjusted(-6, -6, 6, 6).contains(at):
        return None
    visible = chart.visible_indices(curve.costs)
    measured = [point for row in curve.points if row.position in visible for point in _measured_points(row)]
    if measured:
        positions = chart.positions([curve.costs[point.rank_index] for point in measured], [p.error for p in measured])
        distances = np.hypot(*(positions - at.toTuple()).T)
        if distances.min() <= _REACH:
            return measured[int(distances.argmin())]
    index = chart.nearest_index(curve, at.x())
    return None if index is None else nearest_point_of_rank(chart, curve, index, at.y())


def nearest_point_of_rank(chart: ChartLayout, curve: ErrorCurve, index: int, y: float) -> ChartPoint:
    """Return the point of a rank nearest to a horizontal line."""
    return min(points_of_rank(curve, index), key=lambda point: abs(chart.y(point.error) - y))


def points_of_rank(curve: ErrorCurve, index: int) -> list[ChartPoint]:
    """Return all points of a rank: the expected error, and those measured."""
    measured = next((row for row in curve.points if row.position == index), None)
    expected = ChartPoint(index, EXPECTED, curve.expected_errors[index])
    return [expected, *(() if measured is None else _measured_points(measured))]


def _measured_points(row: CurvePoint) -> Iterator[ChartPoint]:
    """Yield the points of a measured rank."""
    for series in _SERIES:
        if error := series.error(row):
            yield ChartPoint(row.position, series.title, error)


# Text


def describe_rank(curve: ErrorCurve, index: int, result: RankResult | None = None) -> str:
    """Describe a rank, its cost and errors: "r 64: 513.8 M MACs, 3.6× fewer; error expected 4.2 %, measured …"."""
    point = next((point for point in curve.points if point.position == index), None)
    fit_error, check_error = (None, None) if point is None else (point.fit_error, point.check_error)
    if result is not None and result.fit_error is not None:
        fit_error, check_error = result.fit_error, result.check_error
    parts = [f"expected {error_text(curve.expected_errors[index])}"]
    parts += [f"measured {error_text(fit_error)} on the inputs it is fitted to"] if fit_error is not None else []
    parts += [f"{error_text(check_error)} on other inputs"] if check_error is not None else []
    parts += [f"plain SVD {error_text(point.svd_error)}"] if point is not None and point.svd_error is not None else []
    return f"{_describe_cost(curve, index)}; error {', '.join(parts)}"


def _describe_cost(curve: ErrorCurve, index: int) -> str:
    """Describe a rank and its cost: "r 64: 513.8 M MACs, 3.6× fewer"."""
    macs = curve.costs[index]
    saving = f"{saving_text(curve, index)} fewer" if macs < curve.macs else "not cheaper than the layer"
    return f"r {', '.join(map(str, curve.ranks[index]))}: {abbreviate(macs)} MACs, {saving}"


# Drawing


class Readout(NamedTuple):
    """What is said about a point, and where: a ring around it, and a box of text beside it."""

    ring: QRectF
    box: QRectF
    """Empty if the plot is too small."""
    heading: str
    rows: list[ChartPoint]
    point: ChartPoint

    @property
    def rect(self) -> QRectF:
        """All that is painted."""
        return self.ring.united(self.box).adjusted(-2, -2, 2, 2)


def lay_out_readout(chart: ChartLayout, curve: ErrorCurve, point: ChartPoint) -> Readout | None:
    """Lay out what is said about a point; None if it is outside the plot."""
    at, size = point.position(chart, curve), chart.text_size
    if not chart.shows(at):
        return None
    heading, rows = _describe_cost(curve, point.rank_index), points_of_rank(curve, point.rank_index)
    row_width = max(text_width(row.title, size) for row in rows) + size + text_width("00.00 %", size)
    width = max(text_width(heading, size, bold=True), row_width) + size * 1.2
    height = size * (1.4 * (len(rows) + 1) + 0.6)
    radius = size * _RING
    ring = QRectF(at.x() - radius, at.y() - radius, 2 * radius, 2 * radius)
    return Readout(ring, _place_box(chart, curve, at, width, height), heading, rows, point)


def _place_box(chart: ChartLayout, curve: ErrorCurve, at: QPointF, width: float, height: float) -> QRectF:
    """Place a box in the plot, beside a point and if possible away from the curves; empty without space."""
    size, gap = chart.text_size, chart.text_size * 0.9
    room = chart.plot.adjusted(size * 0.3, size * 0.3, -size * 0.3, -size * 0.3)
    right, left = at.x() + gap, at.x() - gap - width
    below, above = at.y() + gap, at.y() - gap - height
    inside_x = min(max(at.x() - width / 2, room.left()), room.right() - width)
    inside_y = min(max(at.y() - height / 2, room.top()), room.bottom() - height)
    corners = ((right, above), (left, below), (left, above), (right, below))
    sides = ((right, inside_y), (left, inside_y), (inside_x, above), (inside_x, below))
    boxes = [box for place in (*corners, *sides) if room.contains(box := QRectF(*place, width, height))]
    return boxes[first_free(boxes, chart.lines(curve)) or 0] if boxes else QRectF()


def draw_readout(painter: QPainter, chart: ChartLayout, readout: Readout, theme: Theme) -> None:
    """Draw the ring around a point, and the box."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    size, box = chart.text_size, readout.box
    painter.setPen(QPen(QColor(theme.accent), size * 0.15))
    painter.drawEllipse(readout.ring)
    if not box.isEmpty():
        painter.setPen(QPen(QColor(theme.muted), size * 0.07))
        painter.setBrush(QColor(theme.raised))
        painter.drawRoundedRect(box, size * 0.3, size * 0.3)
        line = QRectF(box.left() + size * 0.6, box.top() + size * 0.3, box.width() - size * 1.2, size * 1.4)
        draw_text(painter, line, readout.heading, size, theme.text, bold=True)
        for row in readout.rows:
            line = line.translated(0, size * 1.4)
            colour = theme.accent if row == readout.point else theme.text
            draw_text(painter, line, row.title, size, colour)
            draw_text(painter, line, error_text(row.error), size, colour, ALIGN_RIGHT)
    painter.restore()
