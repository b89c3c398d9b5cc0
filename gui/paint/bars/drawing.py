"""The figure of operations: what each design and each of its layers costs, as bars side by side."""

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from engine.run.check import NodeRef
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
"""How much smaller a name gets before it is cut."""
_HINT, _HINT_LETTERS, _HINT_LINES = 12.0, 28, 12
"""Least pixels of what is said instead of bars, about how many letters stand in a line of it, and room for lines."""


def paint_bars(painter: QPainter, rect: QRectF, state: ViewState, theme: Theme) -> None:
    """Draw the operations of all designs as large as they fit into `rect`."""
    paint_bars_layout(
        painter, rect, lay_out_bars(build_bars_content(state), rect), state.visible_ref(state.focus.ref), theme
    )


def paint_bars_layout(painter: QPainter, rect: QRectF, layout: BarsLayout, chosen: NodeRef, theme: Theme) -> None:
    """Draw what is laid out already; lines outside a clip of the painter are left out."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(rect, QColor(theme.base))
    seen = painter.clipBoundingRect() if painter.hasClipping() else rect
    for axis in layout.axes:
        _paint_grid(painter, layout, axis, theme)
    _paint_texts(painter, layout, theme)
    for placed in (*layout.totals, *layout.lines):
        if placed.row_rect.intersects(seen):
            _paint_line(painter, layout.unit, placed, chosen, theme)
    painter.restore()


def _paint_texts(painter: QPainter, layout: BarsLayout, theme: Theme) -> None:
    """Headline, stem and the layers' title; without designs what to do, wrapped, at a size to read."""
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
        draw_text(painter, below, "no room here for single layers", SMALL_FONT * unit, theme.muted)


def _paint_over_grid(
    painter: QPainter, rect: QRectF, text: str, size: float, colour: str, theme: Theme, *, bold: bool = False
) -> None:
    """Text that no grid line runs through."""
    wide = min(text_width(text, size, bold=bold), rect.width())
    painter.fillRect(QRectF(rect.left(), rect.top(), wide, rect.height()), QColor(theme.base))
    draw_text(painter, rect, text, size, colour, bold=bold)


def _paint_grid(painter: QPainter, layout: BarsLayout, axis: PlacedAxis, theme: Theme) -> None:
    """Grid lines behind the bars, ticks with their amounts, and what is counted."""
    unit, frame = layout.unit, axis.column
    one_axis = len(layout.axes) == 1 and layout.lines
    bottom = layout.lines[-1].row_rect.bottom() if one_axis else axis.bottom
    size, height = SMALL_FONT * unit, axis.label_rect.height()
    name = QRectF(frame.left, axis.label_rect.top(), frame.bar_left - frame.left - NAME_GAP * unit, height)
    draw_text(painter, name, axis_title(layout.content), size, theme.muted)
    for amount, label in axis.place_ticks(layout.unit, layout.content):
        x = label.center().x()
        painter.setPen(QPen(QColor(theme.grid), max(0.06 * unit, 0.8)))
        painter.drawLine(QLineF(x, axis.top, x, axis.label_rect.top()))
        painter.drawLine(QLineF(x, axis.label_rect.bottom(), x, bottom))
        draw_text(painter, label, tick_label(amount), size, theme.muted, Qt.AlignmentFlag.AlignCenter)
    _paint_minor_ticks(painter, unit, axis, theme)


def _paint_minor_ticks(painter: QPainter, unit: float, axis: PlacedAxis, theme: Theme) -> None:
    """Short strokes between the powers of ten, where they are not too crowded."""
    offsets = [axis.tick_offset(amount) for amount in axis.column.scale.minor_ticks()]
    if len(offsets) > 1 and axis.column.bar_width / len(offsets) > 0.3 * unit:
        painter.setPen(QPen(QColor(theme.muted), max(0.05 * unit, 0.7)))
        y = axis.top if axis.top >= axis.label_rect.bottom() else axis.label_rect.top()
        for offset in offsets:
            x = axis.column.bar_left + offset
            painter.drawLine(QLineF(x, y - 0.12 * unit, x, y + 0.12 * unit))


def _paint_line(painter: QPainter, unit: float, placed: PlacedLine, place: NodeRef, theme: Theme) -> None:
    line = placed.line
    if line.kind == "heading":
        _paint_heading(painter, unit, placed, theme)
        return
    chosen = line.kind != "total" and line.design == place[0] and place[1] in line.nodes
    if chosen:
        _paint_selection(painter, unit, placed.row_rect, theme)
    _paint_label(painter, unit, placed, theme, chosen=chosen)
    if line.kind == "folded":
        return
    if line.value is None:
        _paint_unknown_amount(painter, unit, placed, theme)
        return
    if line.value:
        bar = placed.bar_rect
        bar.setWidth(max(bar.width(), 0.15 * unit))
        painter.fillRect(bar, QColor(theme.design(line.design_index)))
    total = line.kind == "total"
    said = _right_of_bar_start(placed, placed.bar_rect.width() + 0.4 * unit)
    # Rather no ratio than a piece of it.
    ratio = bar_end_text_width(line, ratio=True) * unit <= said.width()
    if not chosen:
        # Grid lines do not run through the number.
        wide = bar_end_text_width(line, ratio=ratio) * unit
        painter.fillRect(said.adjusted(0, 0.3 * unit, wide - said.width(), -0.3 * unit), QColor(theme.base))
    draw_text(
        painter,
        said,
        bar_end_text(line, ratio=ratio),
        (TOTAL_FONT if total else 1) * unit,
        theme.text,
        bold=total or chosen,
    )


def _paint_heading(painter: QPainter, unit: float, placed: PlacedLine, theme: Theme) -> None:
    colour = theme.design(placed.line.design_index)
    row = placed.row_rect
    painter.fillRect(QRectF(row.left(), row.top() + 0.35 * unit, 0.3 * unit, row.height() - 0.7 * unit), QColor(colour))
    draw_text(painter, row.adjusted(0.6 * unit, 0, 0, 0), placed.line.label, unit, colour, bold=True)


def _paint_selection(painter: QPainter, unit: float, row: QRectF, theme: Theme) -> None:
    """The chosen layer: a tint and a frame."""
    tint = QColor(theme.accent)
    tint.setAlphaF(0.14)
    frame = row.adjusted(0, 0.06 * unit, 0, -0.06 * unit)
    painter.setPen(QPen(QColor(theme.accent), max(0.09 * unit, 1.0)))
    painter.setBrush(tint)
    painter.drawRoundedRect(frame, 0.25 * unit, 0.25 * unit)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _paint_label(painter: QPainter, unit: float, placed: PlacedLine, theme: Theme, *, chosen: bool) -> None:
    """The name, and small behind it the settings where there is room."""
    line, frame = placed.line, placed.column
    total = line.kind == "total"
    width = frame.label_width - 0.3 * unit
    if line.kind == "folded":
        width = placed.row_rect.right() - frame.left
    label = QRectF(frame.left, placed.row_rect.top(), width, placed.row_rect.height())
    colour = theme.muted if line.kind == "folded" else theme.error if line.problem else theme.text
    if total:
        colour = theme.design(line.design_index)
    bold = total or chosen
    size = TOTAL_FONT if total else 1
    fitting = label.width() / (text_width(line.label, size, bold=bold) * unit) if line.label else 1.0
    draw_text(painter, label, line.label, size * unit * min(max(fitting, _LEAST_LABEL), 1.0), colour, bold=bold)
    taken = (text_width(line.label, size, bold=True) + NOTE_GAP) * unit
    if line.settings_text and label.width() >= taken + (settings_text_width(line) - NOTE_GAP) * unit:
        draw_text(painter, label.adjusted(taken, 0, 0, 0), line.settings_text, SMALL_FONT * unit, theme.muted)


def _paint_unknown_amount(painter: QPainter, unit: float, placed: PlacedLine, theme: Theme) -> None:
    """A hatched stub, which is no length, and what is wrong where it is known."""
    colour = QColor(theme.error if placed.line.problem else theme.muted)
    stub = placed.bar_rect
    stub.setWidth(2.4 * unit)
    painter.setPen(QPen(colour, max(0.07 * unit, 0.8), Qt.PenStyle.DashLine))
    painter.drawRect(stub)
    painter.setPen(QPen(colour, max(0.06 * unit, 0.8)))
    height, step = stub.height(), 0.5 * unit
    x = stub.left()
    while x + height <= stub.right():
        painter.drawLine(QPointF(x, stub.bottom()), QPointF(x + height, stub.top()))
        x += step
    total = placed.line.kind == "total"
    said = _right_of_bar_start(placed, stub.width() + 0.4 * unit)
    size = (TOTAL_FONT if total else 1) * unit
    text = f"unknown: {placed.line.problem}" if placed.line.problem else "unknown"
    draw_text(painter, said, text, size, colour.name(), bold=total)


def _right_of_bar_start(placed: PlacedLine, offset: float) -> QRectF:
    """The rest of the row, `offset` to the right of where the bars begin."""
    left = placed.column.bar_left + offset
    return QRectF(left, placed.row_rect.top(), max(placed.row_rect.right() - left, 1.0), placed.row_rect.height())
