"""Draws the bars of operations: the cost of each design and of each of its layers."""

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from engine.network.node_ref import NodeRef
from gui.paint.bars.columns import SMALL_FONT, axis_title
from gui.paint.bars.content import BarsContent, build_bars_content
from gui.paint.bars.layout import BARS_MARGIN, HEADLINE_FONT, NAME_GAP, BarsLayout, PlacedAxis, lay_out_bars
from gui.paint.bars.line_drawing import paint_bar, paint_line_texts, paint_selection
from gui.paint.bars.scale import tick_label
from gui.paint.basics.text_drawing import draw_text, draw_wrapped_text, text_width
from gui.state.view_state import ViewState
from gui.theme import Theme

_HINT, _HINT_LETTERS, _HINT_LINES = 12.0, 28, 12
"""Text shown instead of bars: smallest size in pixels, approximate letters per line, lines to reserve."""


def paint_bars(painter: QPainter, rect: QRectF, state: ViewState, theme: Theme) -> None:
    """Draw the operations of all designs as large as fits into `rect`."""
    paint_bars_layout(painter, rect, lay_out_bars(build_bars_content(state), rect), state.focus_refs, theme)


def paint_bars_layout(
    painter: QPainter, rect: QRectF, layout: BarsLayout, focus_refs: frozenset[NodeRef], theme: Theme
) -> None:
    """Draw a finished layout; layers in focus are marked."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(rect, QColor(theme.base))
    for axis in layout.axes:
        paint_grid(painter, layout.unit, layout.content, axis, theme)
        paint_ticks(painter, layout.unit, layout.content, axis, theme)
    paint_head(painter, layout, theme)
    for placed_line in (*layout.totals, *layout.lines):
        selected = placed_line.line.shows_any(focus_refs)
        if selected:
            paint_selection(painter, layout.unit, placed_line.row_rect, theme)
        paint_bar(painter, layout.unit, placed_line, theme)
        paint_line_texts(painter, layout.unit, placed_line, theme, selected=selected)
    painter.restore()


def paint_head(painter: QPainter, layout: BarsLayout, theme: Theme) -> None:
    """Draw headline, stem and section title, or a wrapped, readable hint if there are no designs."""
    unit, content = layout.unit, layout.content
    if not content.totals:
        size = min(unit, max(_HINT, layout.headline_rect.width() / _HINT_LETTERS))
        below = layout.headline_rect.adjusted(0, BARS_MARGIN * size, 0, _HINT_LINES * size)
        draw_wrapped_text(painter, below, f"{content.headline}\n{content.subject}", size, theme.muted)
        return
    colour = theme.text if content.colour_index is None else theme.design(content.colour_index)
    widest = 0.97 * layout.headline_rect.width() / max(text_width(content.headline, 1, bold=True), 1)
    draw_text(
        painter, layout.headline_rect, content.headline, int(min(HEADLINE_FONT * unit, widest)), colour, bold=True
    )
    if layout.subject_rect.height():
        draw_text(painter, layout.subject_rect, content.subject, unit, theme.muted)
    if layout.stem_rect.height():
        size, width = 0.95 * unit, layout.stem_rect.width()
        text = next((text for text in content.stem_texts if text_width(text, size) <= width), content.stem_texts[-1])
        _paint_over_grid(painter, layout.stem_rect, text, size, theme.muted, theme)
    if layout.section_rect.height():
        _paint_over_grid(painter, layout.section_rect, content.section_title, unit, theme.text, theme, bold=True)
    elif not layout.columns:
        below = QRectF(layout.section_rect.left(), layout.stem_rect.bottom(), layout.section_rect.width(), 1.5 * unit)
        draw_text(painter, below, "no space for single layers here", SMALL_FONT * unit, theme.muted)


def _paint_over_grid(
    painter: QPainter, rect: QRectF, text: str, size: float, colour: str, theme: Theme, *, bold: bool = False
) -> None:
    """Draw a text on a background that hides the grid lines."""
    covered_width = min(text_width(text, size, bold=bold), rect.width())
    painter.fillRect(QRectF(rect.left(), rect.top(), covered_width, rect.height()), QColor(theme.base))
    draw_text(painter, rect, text, size, colour, bold=bold)


def paint_grid(painter: QPainter, unit: float, content: BarsContent, axis: PlacedAxis, theme: Theme) -> None:
    """Draw the grid lines behind the bars."""
    painter.setPen(QPen(QColor(theme.grid), max(0.06 * unit, 0.8)))
    for _, label in axis.place_ticks(unit, content):
        x = label.center().x()
        painter.drawLine(QLineF(x, axis.top, x, axis.label_rect.top()))
        if axis.bottom > axis.label_rect.bottom():
            painter.drawLine(QLineF(x, axis.label_rect.bottom(), x, axis.bottom))


def paint_ticks(painter: QPainter, unit: float, content: BarsContent, axis: PlacedAxis, theme: Theme) -> None:
    """Draw the amounts of an axis and its title."""
    column, size, height = axis.column, SMALL_FONT * unit, axis.label_rect.height()
    name = QRectF(column.left, axis.label_rect.top(), column.bar_left - column.left - NAME_GAP * unit, height)
    draw_text(painter, name, axis_title(content), size, theme.muted)
    for amount, label in axis.place_ticks(unit, content):
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
