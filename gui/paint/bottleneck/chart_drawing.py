"""Drawing the chart of a rank search: error against MACs for every rank, both logarithmic.

`paint_chart` draws all of it for a file. On the screen its parts belong to items of a pyqtgraph plot.
"""

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from engine.rank_search import ErrorCurve
from gui.paint.basics.text_drawing import ALIGN_RIGHT, draw_text
from gui.paint.bottleneck.chart_layout import ChartLayout
from gui.paint.bottleneck.chart_marks import ERROR_SERIES, ChartMarks, draw_diamond, legend_entries
from gui.paint.bottleneck.chart_ticks import error_ticks, macs_ticks, rank_ticks
from gui.paint.bottleneck.cost_label import place_cost_label
from gui.theme import Theme

_CENTRE = Qt.AlignmentFlag.AlignCenter


def paint_chart(painter: QPainter, chart: ChartLayout, curve: ErrorCurve, marks: ChartMarks, theme: Theme) -> None:
    """Draw a curve as laid out in `chart`."""
    draw_curves(painter, chart, curve, marks, theme)
    draw_error_axis(painter, chart, theme)
    draw_macs_axis(painter, chart, theme)
    draw_rank_axis(painter, chart, curve, theme)
    if marks.selected_index is not None:
        draw_rank_line(painter, chart, chart.x(curve.costs[marks.selected_index]), theme.text)
    draw_notes(painter, chart, curve, marks, theme)


# What is in the plot


def draw_curves(painter: QPainter, chart: ChartLayout, curve: ErrorCurve, marks: ChartMarks, theme: Theme) -> None:
    """Draw the grid, the lines and the points."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _draw_break_even(painter, chart, curve, theme)
    _draw_grid(painter, chart, theme)
    colour, edge, size = _design_colour(marks, theme), QColor(theme.base), chart.text_size
    expected, *measured = ([QPointF(x, y) for x, y in line.tolist()] for line in chart.lines(curve))
    painter.setClipRect(chart.plot.adjusted(-size * 0.1, -size * 0.1, size * 0.1, size * 0.1))
    if marks.error is not None:
        _draw_error_level(painter, chart, marks.error, theme)
    painter.setPen(QPen(colour, size * 0.12))
    painter.drawPolyline(QPolygonF(expected))
    for series, positions in zip(ERROR_SERIES, measured, strict=True):
        ink = QColor(theme.muted) if series.is_secondary else colour
        if series.is_secondary:
            painter.setPen(QPen(ink, size * 0.08, Qt.PenStyle.DashLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolyline(QPolygonF(positions))
        painter.setClipping(False)  # a mark on the frame is whole
        for position in filter(chart.shows, positions):
            series.draw_mark(painter, position, size * 0.27, ink, edge)
        painter.setClipping(True)
    painter.restore()


def _design_colour(marks: ChartMarks, theme: Theme) -> QColor:
    """Return the colour of a design's marks; that of text for the stem."""
    return QColor(theme.text if marks.colour_index < 0 else theme.design(marks.colour_index))


def _draw_grid(painter: QPainter, chart: ChartLayout, theme: Theme) -> None:
    plot = chart.plot
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(theme.grid), 1))
    painter.drawLines([QLineF(plot.left(), tick.at, plot.right(), tick.at) for tick in error_ticks(chart)])
    painter.drawLines([QLineF(tick.at, plot.top(), tick.at, plot.bottom()) for tick in macs_ticks(chart)])
    painter.setPen(QPen(QColor(theme.muted), chart.text_size * 0.07))
    painter.drawRect(plot)


def _draw_break_even(painter: QPainter, chart: ChartLayout, curve: ErrorCurve, theme: Theme) -> None:
    """Shade the region where a replacement is not cheaper than the layer."""
    x, plot, size = chart.x(curve.macs), chart.plot, chart.text_size
    if x > plot.right():
        return
    shade = QColor(theme.warning)
    shade.setAlphaF(0.10)
    painter.fillRect(QRectF(QPointF(max(x, plot.left()), plot.top()), plot.bottomRight()), shade)
    if x >= plot.left():
        painter.setPen(QPen(QColor(theme.warning), size * 0.1, Qt.PenStyle.DashLine))
        painter.drawLine(QLineF(x, plot.top(), x, plot.bottom()))


def _draw_error_level(painter: QPainter, chart: ChartLayout, error: float, theme: Theme) -> None:
    """Draw the tolerated error."""
    y = chart.y(error)
    painter.setPen(QPen(QColor(theme.accent), chart.text_size * 0.08, Qt.PenStyle.DotLine))
    painter.drawLine(QLineF(chart.plot.left(), y, chart.plot.right(), y))


def draw_rank_line(painter: QPainter, chart: ChartLayout, x: float, colour: str) -> None:
    """Draw the line of the selected rank, and its handle."""
    plot, size = chart.plot, chart.text_size
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(colour), size * 0.12))
    painter.drawLine(QLineF(x, plot.top(), x, plot.bottom()))
    painter.setBrush(QColor(colour))
    corners = ((0.0, 0.0), (-0.4, 0.6), (0.4, 0.6))
    painter.drawPolygon(QPolygonF([QPointF(x + right * size, plot.top() + down * size) for right, down in corners]))
    painter.restore()


# The axes


def draw_error_axis(painter: QPainter, chart: ChartLayout, theme: Theme) -> None:
    """Draw the values of the errors, and the title of the axis if there is space."""
    plot, size = chart.plot, chart.text_size
    for tick in error_ticks(chart):
        side = QRectF(plot.left() - size * 5, tick.at - size * 0.7, size * 4.6, size * 1.4)
        draw_text(painter, side, tick.label, size, theme.muted, ALIGN_RIGHT)
    if chart.has_captions:
        corner = QRectF(plot.left() - size * 3.8, plot.top() - size * 3, size * 8, size * 1.4)
        draw_text(painter, corner, "error", size, theme.muted)


def draw_macs_axis(painter: QPainter, chart: ChartLayout, theme: Theme) -> None:
    """Draw the amounts of MACs, and the title of the axis if there is space."""
    plot, size = chart.plot, chart.text_size
    for tick in macs_ticks(chart):
        _draw_centred_text(painter, chart, QPointF(tick.at, plot.bottom() + size * 0.95), tick.label, theme)
    if chart.has_captions:
        centre = QPointF(plot.center().x(), plot.bottom() + size * 2.3)
        _draw_centred_text(painter, chart, centre, "MACs of the replacement", theme)


def draw_rank_axis(painter: QPainter, chart: ChartLayout, curve: ErrorCurve, theme: Theme) -> None:
    """Draw the rank, the number of maps between the convolutions, above the plot; nothing for pairs of ranks."""
    if len(curve.ranks[0]) > 1:
        return
    plot, size = chart.plot, chart.text_size
    ticks = rank_ticks(chart, curve)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(theme.muted), size * 0.07))
    painter.drawLines([QLineF(tick.at, plot.top() - size * 0.3, tick.at, plot.top()) for tick in ticks])
    painter.restore()
    for tick in ticks:
        _draw_centred_text(painter, chart, QPointF(tick.at, plot.top() - size * 1.05), tick.label, theme)
    if chart.has_captions:
        centre = QPointF(plot.center().x(), plot.top() - size * 2.35)
        _draw_centred_text(painter, chart, centre, "rank r, maps between", theme)


def _draw_centred_text(painter: QPainter, chart: ChartLayout, centre: QPointF, text: str, theme: Theme) -> None:
    """Draw a muted text centred at a point."""
    half = QPointF(chart.text_size * 12, chart.text_size * 0.7)
    draw_text(painter, QRectF(centre - half, centre + half), text, chart.text_size, theme.muted, _CENTRE)


# Above the plot


def draw_notes(painter: QPainter, chart: ChartLayout, curve: ErrorCurve, marks: ChartMarks, theme: Theme) -> None:
    """Draw what lies above everything in the plot: the error of the fitted k×k, the layer's own cost, the legend."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _draw_refit(painter, chart, curve, marks, theme)
    _draw_layer_cost(painter, chart, curve, theme)
    _draw_legend(painter, chart, curve, marks, theme)
    painter.restore()


def _draw_refit(painter: QPainter, chart: ChartLayout, curve: ErrorCurve, marks: ChartMarks, theme: Theme) -> None:
    """Draw the error after the k×k was fitted again."""
    result, index = marks.result, marks.selected_index
    if result is None or not result.refit or index is None:
        return
    error = result.fit_error if result.check_error is None else result.check_error
    if error is not None and chart.shows(at := chart.point_at(curve.costs[index], error)):
        draw_diamond(painter, at, chart.text_size * 0.33, _design_colour(marks, theme), QColor(theme.base))


def _draw_layer_cost(painter: QPainter, chart: ChartLayout, curve: ErrorCurve, theme: Theme) -> None:
    """Label the line at the layer's own cost."""
    label = place_cost_label(chart, curve)
    if label is not None:
        words, rect = label
        painter.fillRect(rect, QColor(theme.base))
        draw_text(painter, rect, words, chart.text_size, theme.warning, ALIGN_RIGHT)


def _draw_legend(painter: QPainter, chart: ChartLayout, curve: ErrorCurve, marks: ChartMarks, theme: Theme) -> None:
    """Draw the meaning of the marks."""
    size, ground = chart.text_size, QColor(theme.base)
    for entry, rect in zip(legend_entries(curve, marks), chart.legend, strict=False):
        painter.fillRect(rect, ground)
        ink = QColor(theme.muted) if entry.is_secondary else _design_colour(marks, theme)
        at = QPointF(rect.left() + size * 1.1, rect.center().y())
        if entry.draw_mark is None:
            painter.setPen(QPen(ink, size * 0.12))
            painter.drawLine(at - QPointF(size * 0.7, 0), at + QPointF(size * 0.7, 0))
        else:
            entry.draw_mark(painter, at, size * 0.27, ink, ground)
        draw_text(painter, rect.adjusted(size * 2.2, 0, size, 0), entry.title, size, theme.text)
