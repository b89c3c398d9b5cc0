"""Draws the bars of operations: the cost of each design and of each of its layers."""

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from engine.network.node_ref import NodeRef
from gui.paint.bars.content import build_bars_content
from gui.paint.bars.layout import (
    BARS_MARGIN,
    HEADLINE_FONT,
    NAME_GAP,
    NOTE_GAP,
    SMALL_FONT,
    TOTAL_FONT,
    BarsLayout,
    PlacedAxis,
    PlacedLine,
    axis_title,
    bar_end_text,
    bar_end_text_width,
    lay_out_bars,
    settings_text_width,
)
from gui.paint.bars.scale import tick_label
from gui.paint.basics.text_drawing import draw_text, draw_wrapped_text, text_width
from gui.state.view_state import ViewState
from gui.theme import Theme

_LEAST_LABEL = 0.75
"""Smallest scale of a name before it is cut."""
_HINT, _HINT_LETTERS, _HINT_LINES = 12.0, 28, 12
"""Text shown instead of bars: smallest size in pixels, approximate letters per line, lines to reserve."""


def paint_bars(painter: QPainter, rect: QRectF, state: ViewState, theme: Theme) -> None:
    """Draw the operations of all designs as large as fits into `rect`."""
    paint_bars_layout(
        painter, rect, lay_out_bars(build_bars_content(state), rect), state.visible_ref(state.focus.ref), theme
    )


def paint_bars_layout(painter: QPainter, rect: QRectF, layout: BarsLayout, focus_ref: NodeRef, theme: Theme) -> None:
    """Draw a finished layout, without the lines outside the clip of the painter."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(rect, QColor(theme.base))
    visible_area = painter.clipBoundingRect() if painter.hasClipping() else rect
    for axis in layout.axes:
        _paint_grid(painter, layout, axis, theme)
    _paint_texts(painter, layout, theme)
    for placed_line in (*layout.totals, *layout.lines):
        if placed_line.row_rect.intersects(visible_area):
            _paint_line(painter, layout.unit, placed_line, focus_ref, theme)
    painter.restore()


def _paint_texts(painter: QPainter, layout: BarsLayout, theme: Theme) -> None:
    """Draw headline, stem and section title, or a wrapped, readable hint if there are no designs."""
    unit, content = layout.unit, layout.content
    if not content.totals:
        size = min(unit, max(_HINT, layout.headline_rect.width() / _HINT_LETTERS))
        below = layout.headline_rect.adjusted(0, BARS_MARGIN * size, 0, _HINT_LINES * size)
        draw_wrapped_text(painter, below, f"{content.headline}\n{content.subject}", size, theme.muted)
        return
    colour = theme.text if content.design_index is None else theme.design(content.design_index)
    widest = 0.97 * layout.headline_rect.width() / max(text_width(content.headline, 1, bold=True), 1)
    draw_text(
        painter, layout.headline_rect, content.headline, int(min(HEADLINE_FONT * unit, widest)), colour, bold=True
    )
    draw_text(painter, layout.subject_rect, content.subject, unit, theme.muted)
    if content.stem_text:
        _paint_over_grid(painter, layout.stem_rect, content.stem_text, 0.95 * unit, theme.muted, theme)
    if layout.lines:
        _paint_over_grid(painter, layout.section_rect, content.section_title, unit, theme.text, theme, bold=True)
    elif layout.totals:
        below = QRectF(layout.section_rect.left(), layout.stem_rect.bottom(), layout.section_rect.width(), 1.5 * unit)
        draw_text(painter, below, "no space for single layers here", SMALL_FONT * unit, theme.muted)


def _paint_over_grid(
    painter: QPainter, rect: QRectF, text: str, size: float, colour: str, theme: Theme, *, bold: bool = False
) -> None:
    """Draw a text on a background that hides the grid lines."""
    covered_width = min(text_width(text, size, bold=bold), rect.width())
    painter.fillRect(QRectF(rect.left(), rect.top(), covered_width, rect.height()), QColor(theme.base))
    draw_text(painter, rect, text, size, colour, bold=bold)


def _paint_grid(painter: QPainter, layout: BarsLayout, axis: PlacedAxis, theme: Theme) -> None:
    """Draw grid lines behind the bars, ticks with their amounts, and the title of the axis."""
    unit, column = layout.unit, axis.column
    one_axis = len(layout.axes) == 1 and layout.lines
    bottom = layout.lines[-1].row_rect.bottom() if one_axis else axis.bottom
    size, height = SMALL_FONT * unit, axis.label_rect.height()
    name = QRectF(column.left, axis.label_rect.top(), column.bar_left - column.left - NAME_GAP * unit, height)
    draw_text(painter, name, axis_title(layout.content), size, theme.muted)
    for amount, label in axis.place_ticks(layout.unit, layout.content):
        x = label.center().x()
        painter.setPen(QPen(QColor(theme.grid), max(0.06 * unit, 0.8)))
        painter.drawLine(QLineF(x, axis.top, x, axis.label_rect.top()))
        painter.drawLine(QLineF(x, axis.label_rect.bottom(), x, bottom))
        draw_text(painter, label, tick_label(amount), size, theme.muted, Qt.AlignmentFlag.AlignCenter)
    _paint_minor_ticks(painter, unit, axis, theme)


def _paint_minor_ticks(painter: QPainter, unit: float, axis: PlacedAxis, theme: Theme) -> None:
    """Draw short strokes between the powers of ten, unless they would be too crowded."""
    offsets = [axis.tick_offset(amount) for amount in axis.column.scale.minor_ticks()]
    if len(offsets) > 1 and axis.column.bar_width / len(offsets) > 0.3 * unit:
        painter.setPen(QPen(QColor(theme.muted), max(0.05 * unit, 0.7)))
        y = axis.top if axis.top >= axis.label_rect.bottom() else axis.label_rect.top()
        for offset in offsets:
            x = axis.column.bar_left + offset
            painter.drawLine(QLineF(x, y - 0.12 * unit, x, y + 0.12 * unit))


def _paint_line(painter: QPainter, unit: float, placed_line: PlacedLine, focus_ref: NodeRef, theme: Theme) -> None:
    line = placed_line.line
    if line.kind == "heading":
        _paint_heading(painter, unit, placed_line, theme)
        return
    in_focus = line.kind != "total" and line.design == focus_ref[0] and focus_ref[1] in line.nodes
    if in_focus:
        _paint_selection(painter, unit, placed_line.row_rect, theme)
    _paint_label(painter, unit, placed_line, theme, in_focus=in_focus)
    if line.kind == "folded":
        return
    if line.value is None:
        _paint_unknown_amount(painter, unit, placed_line, theme)
        return
    if line.value:
        bar = placed_line.bar_rect
        bar.setWidth(max(bar.width(), 0.15 * unit))
        painter.fillRect(bar, QColor(theme.design(line.design_index)))
    total = line.kind == "total"
    text_rect = _right_of_bar_start(placed_line, placed_line.bar_rect.width() + 0.4 * unit)
    # A ratio is left out rather than cut.
    ratio = bar_end_text_width(line, ratio=True) * unit <= text_rect.width()
    if not in_focus:
        # Hide the grid lines behind the number.
        covered_width = bar_end_text_width(line, ratio=ratio) * unit
        painter.fillRect(
            text_rect.adjusted(0, 0.3 * unit, covered_width - text_rect.width(), -0.3 * unit), QColor(theme.base)
        )
    draw_text(
        painter,
        text_rect,
        bar_end_text(line, ratio=ratio),
        (TOTAL_FONT if total else 1) * unit,
        theme.text,
        bold=total or in_focus,
    )


def _paint_heading(painter: QPainter, unit: float, placed_line: PlacedLine, theme: Theme) -> None:
    colour = theme.design(placed_line.line.design_index)
    row = placed_line.row_rect
    painter.fillRect(QRectF(row.left(), row.top() + 0.35 * unit, 0.3 * unit, row.height() - 0.7 * unit), QColor(colour))
    draw_text(painter, row.adjusted(0.6 * unit, 0, 0, 0), placed_line.line.label, unit, colour, bold=True)


def _paint_selection(painter: QPainter, unit: float, row: QRectF, theme: Theme) -> None:
    """Mark the layer in focus by a tint and a frame."""
    tint = QColor(theme.accent)
    tint.setAlphaF(0.14)
    frame = row.adjusted(0, 0.06 * unit, 0, -0.06 * unit)
    painter.setPen(QPen(QColor(theme.accent), max(0.09 * unit, 1.0)))
    painter.setBrush(tint)
    painter.drawRoundedRect(frame, 0.25 * unit, 0.25 * unit)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _paint_label(painter: QPainter, unit: float, placed_line: PlacedLine, theme: Theme, *, in_focus: bool) -> None:
    """Draw the name, and after it the settings in small text if there is space."""
    line, column = placed_line.line, placed_line.column
    total = line.kind == "total"
    width = column.label_width - 0.3 * unit
    if line.kind == "folded":
        width = placed_line.row_rect.right() - column.left
    label = QRectF(column.left, placed_line.row_rect.top(), width, placed_line.row_rect.height())
    colour = theme.muted if line.kind == "folded" else theme.error if line.problem else theme.text
    if total:
        colour = theme.design(line.design_index)
    bold = total or in_focus
    size = TOTAL_FONT if total else 1
    scale = label.width() / (text_width(line.label, size, bold=bold) * unit) if line.label else 1.0
    draw_text(painter, label, line.label, size * unit * min(max(scale, _LEAST_LABEL), 1.0), colour, bold=bold)
    name_width = (text_width(line.label, size, bold=True) + NOTE_GAP) * unit
    if line.settings_text and label.width() >= name_width + (settings_text_width(line) - NOTE_GAP) * unit:
        draw_text(painter, label.adjusted(name_width, 0, 0, 0), line.settings_text, SMALL_FONT * unit, theme.muted)


def _paint_unknown_amount(painter: QPainter, unit: float, placed_line: PlacedLine, theme: Theme) -> None:
    """Draw a hatched stub instead of a bar, and the problem if it is known."""
    colour = QColor(theme.error if placed_line.line.problem else theme.muted)
    stub = placed_line.bar_rect
    stub.setWidth(2.4 * unit)
    painter.setPen(QPen(colour, max(0.07 * unit, 0.8), Qt.PenStyle.DashLine))
    painter.drawRect(stub)
    painter.setPen(QPen(colour, max(0.06 * unit, 0.8)))
    height, step = stub.height(), 0.5 * unit
    x = stub.left()
    while x + height <= stub.right():
        painter.drawLine(QPointF(x, stub.bottom()), QPointF(x + height, stub.top()))
        x += step
    total = placed_line.line.kind == "total"
    text_rect = _right_of_bar_start(placed_line, stub.width() + 0.4 * unit)
    size = (TOTAL_FONT if total else 1) * unit
    text = f"unknown: {placed_line.line.problem}" if placed_line.line.problem else "unknown"
    draw_text(painter, text_rect, text, size, colour.name(), bold=total)


def _right_of_bar_start(placed_line: PlacedLine, offset: float) -> QRectF:
    """The rest of the row from `offset` right of the start of the bars."""
    left = placed_line.column.bar_left + offset
    return QRectF(
        left, placed_line.row_rect.top(), max(placed_line.row_rect.right() - left, 1.0), placed_line.row_rect.height()
    )
