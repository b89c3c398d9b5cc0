"""Drawing the errors along the network; `paint_errors` draws all of it for a file.

On the screen its parts belong to items of a pyqtgraph plot.
"""

from math import isfinite

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from gui.paint.basics.text_drawing import ALIGN_RIGHT, draw_text, text_width
from gui.paint.differences.chart_layout import ErrorChart, axis_names
from gui.paint.differences.content import DifferencesContent
from gui.theme import Theme

_CENTRE = Qt.AlignmentFlag.AlignCenter
_POINT = 0.28
"""Radius of a point, in text heights."""
_SHADE, _SELECTED_SHADE = 0.10, 0.28


def paint_errors(
    painter: QPainter, chart: ErrorChart, content: DifferencesContent, selected: int | None, theme: Theme
) -> None:
    """Draw a chart as it is laid out."""
    draw_columns(painter, chart, content, selected, theme)
    draw_curve(painter, chart, content, theme)
    draw_error_axis(painter, chart, content, theme)
    draw_layer_axis(painter, chart, content, selected, theme)


def draw_columns(
    painter: QPainter, chart: ErrorChart, content: DifferencesContent, selected: int | None, theme: Theme
) -> None:
    """Draw the grid, and shade the columns of layers that differ and of the selected one."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    differing = {id(row) for row in content.differing}
    for index, row in zip(chart.visible_indices, content.rows[chart.visible_indices.start :], strict=False):
        if id(row) in differing or index == selected:
            shade = QColor(theme.accent if index == selected else theme.warning)
            shade.setAlphaF(_SELECTED_SHADE if index == selected else _SHADE)
            painter.fillRect(chart.column(index), shade)
    painter.setPen(QPen(QColor(theme.grid), 1))
    painter.drawLines([QLineF(chart.plot.left(), tick.at, chart.plot.right(), tick.at) for tick in chart.error_ticks()])
    painter.setPen(QPen(QColor(theme.muted), max(chart.text_size * 0.07, 1)))
    painter.drawRect(chart.plot)
    painter.restore()


def draw_curve(painter: QPainter, chart: ErrorChart, content: DifferencesContent, theme: Theme) -> None:
    """Draw the errors, joined along the network."""
    errors = [error.value for error in content.errors]
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    radius = _POINT * chart.text_size
    painter.setClipRect(chart.plot.adjusted(-radius - 1, -radius - 1, radius + 1, radius + 1))
    painter.setPen(QPen(QColor(theme.accent), chart.text_size * 0.1))
    lines = []
    for source, index in content.links:
        before, after = errors[source], errors[index]
        if before is not None and after is not None:
            lines.append(QLineF(chart.point(source, before), chart.point(index, after)))
    painter.drawLines(lines)
    painter.setPen(QPen(QColor(theme.base), max(chart.text_size * 0.06, 1)))
    painter.setBrush(QColor(theme.accent))
    for index in chart.visible_indices:
        error = errors[index]
        if error is not None:
            painter.drawEllipse(chart.point(index, error), radius, radius)
    painter.restore()
    _draw_infinite(painter, chart, errors, theme)
    _draw_missing(painter, chart, content, theme)


def _draw_infinite(painter: QPainter, chart: ErrorChart, errors: list[float | None], theme: Theme) -> None:
    """Mark errors beyond any axis: the first design computes only zeros there."""
    for index in chart.visible_indices:
        error = errors[index]
        if error is not None and not isfinite(error):
            at = chart.point(index, error)
            box = QRectF(at.x() - chart.text_size, at.y() + 0.2 * chart.text_size, 2 * chart.text_size, chart.text_size)
            draw_text(painter, box, "∞", chart.text_size, theme.text, _CENTRE, bold=True)


def _draw_missing(painter: QPainter, chart: ErrorChart, content: DifferencesContent, theme: Theme) -> None:
    """Say why there is no error at all, or put a dash where a layer has none."""
    if not content.has_errors:
        reasons = list(dict.fromkeys(error.reason for error in content.errors))
        text = next((reason for reason in reasons if "run" in reason or "computing" in reason), reasons[0])
        draw_text(painter, chart.plot, text, chart.text_size, theme.muted, _CENTRE)
        return
    painter.save()
    painter.setPen(QPen(QColor(theme.muted), chart.text_size * 0.1))
    half = 0.25 * chart.text_size
    y = chart.plot.bottom() - 0.5 * chart.text_size
    for index in chart.visible_indices:
        if content.errors[index].value is None:
            painter.drawLine(QPointF(chart.x(index) - half, y), QPointF(chart.x(index) + half, y))
    painter.restore()


def draw_error_axis(painter: QPainter, chart: ErrorChart, content: DifferencesContent, theme: Theme) -> None:
    """Draw the errors at the grid, and what they are above it."""
    plot, size = chart.plot, chart.text_size
    for tick in chart.error_ticks():
        side = QRectF(plot.left() - 4.6 * size, tick.at - 0.7 * size, 4.2 * size, 1.4 * size)
        draw_text(painter, side, tick.label, size, theme.muted, ALIGN_RIGHT)
    if content.differences is not None:
        first, second = content.differences.first, content.differences.second
        formula = "‖a − b‖ / ‖a‖"
        names = f"relative error {formula}, a: {first}, b: {second}"
        texts = (f"{names} · shaded: differs", names, f"relative error {formula}", formula)
        title = next((text for text in texts if text_width(text, size) <= plot.width()), formula)
        draw_text(
            painter, QRectF(plot.left(), plot.top() - 1.8 * size, plot.width(), 1.4 * size), title, size, theme.muted
        )


def draw_layer_axis(
    painter: QPainter, chart: ErrorChart, content: DifferencesContent, selected: int | None, theme: Theme
) -> None:
    """Draw names of layers below their columns, as far as there is space."""
    size, names = chart.text_size, axis_names([row.layer.name for row in content.rows])
    ticks = tuple(chart.name_ticks(names))
    among = tuple(dict.fromkeys(names[tick.layer] for tick in ticks))
    for tick in ticks:
        colour = theme.text if tick.layer == selected else theme.muted
        width = min(tick.width - 0.5 * size, text_width(names[tick.layer], size) + 0.2 * size)
        left = min(tick.at - width / 2, chart.plot.right() + 0.7 * size - width)  # the last one stays in the picture
        box = QRectF(max(left, chart.plot.left() - 4 * size), chart.plot.bottom() + 0.3 * size, width, 1.4 * size)
        draw_text(painter, box, names[tick.layer], size, colour, _CENTRE, among=among)
