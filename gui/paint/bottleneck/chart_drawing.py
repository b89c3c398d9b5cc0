"""Drawing the chart of a rank search: error against MACs for every rank, both logarithmic."""

from collections.abc import Sequence

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from engine.rank_search import CurvePoint, ErrorCurve, RankResult
from engine.rank_search.report import error_text, saving_text
from engine.text.units import abbreviate
from gui.paint.basics.text_drawing import ALIGN_RIGHT, draw_text, text_width
from gui.paint.bottleneck.chart_layout import ChartLayout, space_out_ticks, ticks_between
from gui.paint.bottleneck.chart_marks import ERROR_SERIES, ChartMarks, ErrorSeries, draw_diamond, legend_entries
from gui.theme import Theme

_CENTRE = Qt.AlignmentFlag.AlignCenter


def _design_colour(marks: ChartMarks, theme: Theme) -> QColor:
    """Return the colour of a design's marks; that of text for the stem."""
    return QColor(theme.text if marks.design_index < 0 else theme.design(marks.design_index))


def paint_chart(painter: QPainter, chart: ChartLayout, curve: ErrorCurve, marks: ChartMarks, theme: Theme) -> None:
    """Draw a curve as laid out in `chart`."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _draw_break_even(painter, chart, curve, theme)
    _draw_axes(painter, chart, curve, theme)
    painter.setClipRect(chart.plot.adjusted(-chart.text_size, -chart.text_size, chart.text_size, chart.text_size))
    if marks.error is not None:
        _draw_error_level(painter, chart, marks.error, theme)
    colour, edge = _design_colour(marks, theme), QColor(theme.base)
    line = [chart.point_at(*pair) for pair in zip(curve.costs, curve.expected_errors, strict=True)]
    painter.setPen(QPen(colour, chart.text_size * 0.12))
    painter.drawPolyline(QPolygonF(line))
    for series in ERROR_SERIES:
        ink = QColor(theme.muted) if series.is_secondary else colour
        _draw_series(painter, chart, series, [point for point in curve.points if series.error(point)], ink, edge)
    if marks.selected_index is not None:
        _draw_selected_rank(painter, chart, curve, marks.selected_index, theme)
    if marks.result is not None and marks.result.refit:
        _draw_refit(painter, chart, curve, marks, colour, edge)
    painter.setClipping(False)
    _draw_layer_cost(painter, chart, curve, theme)
    _draw_legend(painter, chart, curve, marks, theme)
    painter.restore()


def _draw_series(
    painter: QPainter,
    chart: ChartLayout,
    series: ErrorSeries,
    points: Sequence[CurvePoint],
    ink: QColor,
    ground: QColor,
) -> None:
    positions = [chart.point_at(point.macs, series.error(point) or 0.0) for point in points]
    if series.is_secondary:
        painter.setPen(QPen(ink, chart.text_size * 0.08, Qt.PenStyle.DashLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(positions))
    for position in positions:
        series.draw_mark(painter, position, chart.text_size * 0.27, ink, ground)


def _draw_axes(painter: QPainter, chart: ChartLayout, curve: ErrorCurve, theme: Theme) -> None:
    """Draw grid lines with their values, and the titles of the axes if there is space."""
    plot, size = chart.plot, chart.text_size
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for error, words in space_out_ticks(
        ticks_between(*chart.error_range), chart.y, _percent_tick, lambda _: size * 1.4
    ):
        y = chart.y(error)
        _draw_grid_line(painter, QLineF(plot.left(), y, plot.right(), y), theme)
        side = QRectF(plot.left() - size * 5, y - size * 0.7, size * 4.6, size * 1.4)
        draw_text(painter, side, words, size, theme.muted, ALIGN_RIGHT)
    for macs, words in space_out_ticks(ticks_between(*chart.macs_range), chart.x, _macs_tick, chart.text_space):
        x = chart.x(macs)
        _draw_grid_line(painter, QLineF(x, plot.top(), x, plot.bottom()), theme)
        _draw_centred_text(painter, chart, QPointF(x, plot.bottom() + size * 0.95), words, theme)
    if len(curve.ranks[0]) == 1:
        _draw_ranks(painter, chart, curve, theme)
    if chart.has_captions:
        _draw_centred_text(
            painter,
            chart,
            QPointF(plot.center().x(), plot.bottom() + size * 2.3),
            "MACs of the replacement",
            theme,
        )
        corner = QRectF(plot.left() - size * 3.8, plot.top() - size * 3, size * 8, size * 1.4)
        draw_text(painter, corner, "error", size, theme.muted)
    painter.setPen(QPen(QColor(theme.muted), size * 0.07))
    painter.drawRect(plot)


def _draw_ranks(painter: QPainter, chart: ChartLayout, curve: ErrorCurve, theme: Theme) -> None:
    """Draw the rank, the number of maps between the convolutions, above the plot."""
    plot, size = chart.plot, chart.text_size
    powers = [n for power in range(20) if (n := 2**power) <= len(curve.ranks)]
    tick_x = {n: chart.x(curve.costs[n - 1]) for n in powers}
    painter.setPen(QPen(QColor(theme.muted), size * 0.07))
    painter.drawLines([QLineF(x, plot.top() - size * 0.3, x, plot.top()) for x in tick_x.values()])
    for n, words in space_out_ticks(powers, tick_x.__getitem__, str, chart.text_space):
        _draw_centred_text(painter, chart, QPointF(tick_x[n], plot.top() - size * 1.05), words, theme)
    if chart.has_captions:
        _draw_centred_text(
            painter, chart, QPointF(plot.center().x(), plot.top() - size * 2.35), "rank r, maps between", theme
        )


def _draw_centred_text(painter: QPainter, chart: ChartLayout, centre: QPointF, text: str, theme: Theme) -> None:
    """Draw a muted text centred at a point."""
    half = QPointF(chart.text_size * 12, chart.text_size * 0.7)
    draw_text(painter, QRectF(centre - half, centre + half), text, chart.text_size, theme.muted, _CENTRE)


def _draw_break_even(painter: QPainter, chart: ChartLayout, curve: ErrorCurve, theme: Theme) -> None:
    """Shade the region where a replacement is not cheaper than the layer."""
    x, plot, size = chart.x(curve.macs), chart.plot, chart.text_size
    shade = QColor(theme.warning)
    shade.setAlphaF(0.10)
    painter.fillRect(QRectF(QPointF(x, plot.top()), plot.bottomRight()), shade)
    painter.setPen(QPen(QColor(theme.warning), size * 0.1, Qt.PenStyle.DashLine))
    painter.drawLine(QLineF(x, plot.top(), x, plot.bottom()))


def _draw_layer_cost(painter: QPainter, chart: ChartLayout, curve: ErrorCurve, theme: Theme) -> None:
    """Label the line at the layer's own cost, above everything behind it."""
    x, plot, size = chart.x(curve.macs), chart.plot, chart.text_size
    words = f"the layer itself: {abbreviate(curve.macs)}" if chart.has_captions else "layer"
    width = min(text_width(words, size), x - plot.left() - size)
    rect = QRectF(x - size * 0.4 - width, plot.top() + size * 0.8, width, size * 1.3)
    painter.fillRect(rect, QColor(theme.base))
    draw_text(painter, rect, words, size, theme.warning, ALIGN_RIGHT)


def _draw_error_level(painter: QPainter, chart: ChartLayout, error: float, theme: Theme) -> None:
    y = chart.y(error)
    painter.setPen(QPen(QColor(theme.accent), chart.text_size * 0.08, Qt.PenStyle.DotLine))
    painter.drawLine(QLineF(chart.plot.left(), y, chart.plot.right(), y))


def _draw_selected_rank(painter: QPainter, chart: ChartLayout, curve: ErrorCurve, index: int, theme: Theme) -> None:
    x, plot, size = chart.x(curve.costs[index]), chart.plot, chart.text_size
    painter.setPen(QPen(QColor(theme.text), size * 0.12))
    painter.drawLine(QLineF(x, plot.top(), x, plot.bottom()))
    painter.setBrush(QColor(theme.text))
    painter.drawPolygon(
        QPolygonF(
            [
                QPointF(x, plot.top()),
                QPointF(x - size * 0.4, plot.top() + size * 0.6),
                QPointF(x + size * 0.4, plot.top() + size * 0.6),
            ]
        )
    )


def _draw_refit(
    painter: QPainter, chart: ChartLayout, curve: ErrorCurve, marks: ChartMarks, ink: QColor, ground: QColor
) -> None:
    result = marks.result
    error = None if result is None else result.fit_error if result.check_error is None else result.check_error
    if error is not None and marks.selected_index is not None:
        draw_diamond(
            painter, chart.point_at(curve.costs[marks.selected_index], error), chart.text_size * 0.33, ink, ground
        )


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


def _draw_grid_line(painter: QPainter, line: QLineF, theme: Theme) -> None:
    painter.setPen(QPen(QColor(theme.grid), 1))
    painter.drawLine(line)


def _percent_tick(error: float) -> str:
    """Return a round error as short text: "5 %", "0.2 %"."""
    return f"{100 * error:.3g} %"


def _macs_tick(macs: float) -> str:
    return abbreviate(round(macs)).replace(".000", "").replace(".00", "").replace(".0 ", " ")


def describe_rank(curve: ErrorCurve, index: int, result: RankResult | None = None) -> str:
    """Describe a rank, its cost and errors: "r 64: 513.8 M MACs, 3.6× fewer; error expected 4.2 %, measured …"."""
    ranks, macs = curve.ranks[index], curve.costs[index]
    cost = f"{saving_text(curve, index)} fewer" if macs < curve.macs else "not cheaper than the layer"
    point = next((point for point in curve.points if point.position == index), None)
    fit_error, check_error = (None, None) if point is None else (point.fit_error, point.check_error)
    if result is not None and result.fit_error is not None:
        fit_error, check_error = result.fit_error, result.check_error
    parts = [f"expected {error_text(curve.expected_errors[index])}"]
    parts += [f"measured {error_text(fit_error)} on the inputs it is fitted to"] if fit_error is not None else []
    parts += [f"{error_text(check_error)} on other inputs"] if check_error is not None else []
    parts += [f"plain SVD {error_text(point.svd_error)}"] if point is not None and point.svd_error is not None else []
    return f"r {', '.join(map(str, ranks))}: {abbreviate(macs)} MACs, {cost}; error {', '.join(parts)}"
