"""Draws single lines of the bars of operations; files and the screen look the same by that."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from gui.paint.bars.columns import (
    NOTE_GAP,
    SMALL_FONT,
    TOTAL_FONT,
    bar_end_text,
    bar_end_text_width,
    settings_text_width,
)
from gui.paint.bars.layout import PlacedLine
from gui.paint.basics.text_drawing import draw_text, text_width
from gui.theme import Theme

_LEAST_LABEL = 0.75
"""Smallest scale of a name before it is cut."""
_LEAST_BAR = 0.15
"""Length in units of the bar of an amount that is not 0."""
_NUMBER_GAP = 0.4
"""Between a bar and its number."""
_TEETH = 3
"""Of the torn end of a bar that continues outside the view."""


def paint_selection(painter: QPainter, unit: float, row: QRectF, theme: Theme) -> None:
    """Mark the selected layer by a tint and a frame."""
    frame = row.adjusted(0, 0.06 * unit, 0, -0.06 * unit)
    painter.setPen(QPen(QColor(theme.accent), max(0.09 * unit, 1.0)))
    painter.setBrush(_tint(theme))
    painter.drawRoundedRect(frame, 0.25 * unit, 0.25 * unit)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _tint(theme: Theme) -> QColor:
    tint = QColor(theme.accent)
    tint.setAlphaF(0.14)
    return tint


def paint_bar(painter: QPainter, unit: float, placed_line: PlacedLine, theme: Theme) -> None:
    """Draw the bar of a line, if its amount is known."""
    line = placed_line.line
    if line.value:
        bar = placed_line.bar_rect
        bar.setWidth(max(bar.width(), _LEAST_BAR * unit))
        painter.fillRect(bar, QColor(theme.design(line.colour_index)))


def paint_short_bar(painter: QPainter, unit: float, placed_line: PlacedLine, theme: Theme) -> None:
    """Draw the bar of a line if it would hardly be visible at its true length."""
    if placed_line.bar_rect.width() < _LEAST_BAR * unit:
        paint_bar(painter, unit, placed_line, theme)


def paint_line_texts(
    painter: QPainter, unit: float, placed_line: PlacedLine, theme: Theme, *, selected: bool, value: bool = True
) -> None:
    """Draw all of a line but its bar; perhaps without its amount."""
    line = placed_line.line
    if line.kind == "heading":
        _paint_heading(painter, unit, placed_line, theme)
        return
    _paint_label(painter, unit, placed_line, theme, selected=selected)
    if line.kind == "folded" or not value:
        return
    if line.value is None:
        _paint_unknown_amount(painter, unit, placed_line, theme)
    else:
        _paint_amount(painter, unit, placed_line, theme, selected=selected)


def _paint_amount(painter: QPainter, unit: float, placed_line: PlacedLine, theme: Theme, *, selected: bool) -> None:
    """Draw the number behind the end of a bar; if the bar extends to the edge, at the edge."""
    line, row = placed_line.line, placed_line.row_rect
    rect = _right_of_bar_start(placed_line, placed_line.bar_rect.width() + _NUMBER_GAP * unit)
    # A ratio is left out rather than cut.
    ratio = bar_end_text_width(line, ratio=True) * unit <= rect.width()
    width = bar_end_text_width(line, ratio=ratio) * unit
    if width > rect.width() + 0.5:
        rect = QRectF(row.right() - width - _NUMBER_GAP * unit, row.top(), width + _NUMBER_GAP * unit, row.height())
        _tear_bar(painter, unit, rect, theme, selected=selected)
    elif not selected:
        # Hide the grid lines behind the number.
        painter.fillRect(rect.adjusted(0, 0.3 * unit, width - rect.width(), -0.3 * unit), QColor(theme.base))
    total = line.kind == "total"
    text = bar_end_text(line, ratio=ratio)
    draw_text(painter, rect, text, (TOTAL_FONT if total else 1) * unit, theme.text, bold=total or selected)


def _tear_bar(painter: QPainter, unit: float, rect: QRectF, theme: Theme, *, selected: bool) -> None:
    """Hide the end of a bar behind its number, with a torn edge, which says that the bar continues."""
    top, step = rect.top() + 0.1 * unit, (rect.height() - 0.2 * unit) / (2 * _TEETH)
    left = rect.left() - 0.3 * unit
    edge = [QPointF(left - 0.35 * unit * (tooth % 2), top + tooth * step) for tooth in range(2 * _TEETH + 1)]
    hidden = QPolygonF([*edge, QPointF(rect.right(), edge[-1].y()), QPointF(rect.right(), top)])
    painter.setPen(Qt.PenStyle.NoPen)
    for colour in (QColor(theme.base), *((_tint(theme),) if selected else ())):
        painter.setBrush(colour)
        painter.drawPolygon(hidden)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _paint_heading(painter: QPainter, unit: float, placed_line: PlacedLine, theme: Theme) -> None:
    colour = theme.design(placed_line.line.colour_index)
    row = placed_line.row_rect
    painter.fillRect(QRectF(row.left(), row.top() + 0.35 * unit, 0.3 * unit, row.height() - 0.7 * unit), QColor(colour))
    line, rect = placed_line.line, row.adjusted(0.6 * unit, 0, 0, 0)
    draw_text(painter, rect, line.label, unit, colour, bold=True, among=line.siblings)


def _paint_label(painter: QPainter, unit: float, placed_line: PlacedLine, theme: Theme, *, selected: bool) -> None:
    """Draw the name, and after it the settings in small text if there is space."""
    line, column = placed_line.line, placed_line.column
    total = line.kind == "total"
    width = column.label_width - 0.3 * unit
    if line.kind == "folded":
        width = placed_line.row_rect.right() - column.left
    label = QRectF(column.left, placed_line.row_rect.top(), width, placed_line.row_rect.height())
    colour = theme.muted if line.kind == "folded" else theme.error if line.problem else theme.text
    if total:
        colour = theme.design(line.colour_index)
    bold = total or selected
    size = TOTAL_FONT if total else 1
    scale = label.width() / (text_width(line.label, size, bold=bold) * unit) if line.label else 1.0
    pixels = size * unit * min(max(scale, _LEAST_LABEL), 1.0)
    draw_text(painter, label, line.label, pixels, colour, bold=bold, among=line.siblings)
    name_width = (text_width(line.label, size, bold=True) + NOTE_GAP) * unit
    if line.settings_text and label.width() >= name_width + (settings_text_width(line) - NOTE_GAP) * unit:
        draw_text(painter, label.adjusted(name_width, 0, 0, 0), line.settings_text, SMALL_FONT * unit, theme.muted)


def _paint_unknown_amount(painter: QPainter, unit: float, placed_line: PlacedLine, theme: Theme) -> None:
    """Draw a hatched stub instead of a bar, or the earlier bar hatched, and the problem if it is known."""
    line = placed_line.line
    colour = QColor(theme.error if line.problem else theme.muted)
    stub = placed_line.bar_rect
    stub.setWidth(max(2.4 * unit, placed_line.column.bar_length(line.earlier or 0)))
    painter.setPen(QPen(colour, max(0.07 * unit, 0.8), Qt.PenStyle.DashLine))
    painter.drawRect(stub)
    painter.setPen(QPen(colour, max(0.06 * unit, 0.8)))
    height, step = stub.height(), 0.5 * unit
    x = stub.left()
    while x + height <= stub.right():
        painter.drawLine(QPointF(x, stub.bottom()), QPointF(x + height, stub.top()))
        x += step
    total = line.kind == "total"
    text_rect = _right_of_bar_start(placed_line, stub.width() + _NUMBER_GAP * unit)
    text_rect.setWidth(max(text_rect.width() - _NUMBER_GAP * unit, 1.0))
    size = (TOTAL_FONT if total else 1) * unit
    text = f"{line.value_text}: {line.problem}" if line.problem else line.value_text
    draw_text(painter, text_rect, text, size, colour.name(), bold=total, smallest=SMALL_FONT)


def _right_of_bar_start(placed_line: PlacedLine, offset: float) -> QRectF:
    """The rest of the row from `offset` right of the start of the bars."""
    left = placed_line.column.bar_left + offset
    return QRectF(
        left, placed_line.row_rect.top(), max(placed_line.row_rect.right() - left, 1.0), placed_line.row_rect.height()
    )
