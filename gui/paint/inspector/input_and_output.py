"""The window on the input map, and the value in the output map, which fills in during playback."""

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen

from engine.text.units import number_text
from gui.paint.basics import colours
from gui.paint.basics.outline import draw_outline
from gui.paint.inspector.content import InspectorContent, ValueExplanation
from gui.paint.inspector.part_drawing import (
    InspectorHit,
    cell_index_at,
    cell_rect,
    cells_rect,
    draw_centred_caption,
    draw_part_title,
    draw_picture,
    draw_values,
    fit_shape,
    grow_rect,
    part_title_height,
)
from gui.paint.maps.map_measures import volume_range
from gui.state.focus import Focus
from gui.state.look import Look
from gui.state.volume_at import Float32Volume
from gui.theme import Theme

_TITLE = "Window on the input, value in the output"
_LARGEST = 17.0
"""Side of a map in ems."""
_PADDED = 0.1
"""Margin around a map relative to its side, for windows that reach into the padding."""
_ARROW, _CAPTION = 2.6, 1.5
"""Space between the maps, and below them, in ems."""


class _MapView(NamedTuple):
    """A channel of a volume, its name, and its position."""

    volume: Float32Volume
    channel: int
    name: str
    rect: QRectF


def maps_height(content: InspectorContent, width: float, em: float) -> float:
    explanation = content.explanation
    if explanation is None or all(volume.shape[1:] == (1, 1) for volume in (explanation.volume, *explanation.inputs)):
        return 0.0  # a map of one value has nothing to show
    return part_title_height(_TITLE, width, em) + _map_side(width, em) + _CAPTION * em


def draw_maps(painter: QPainter, rect: QRectF, content: InspectorContent, em: float, theme: Theme) -> None:
    draw_part_title(painter, rect, _TITLE, em, theme)
    before, after = _lay_out_maps(rect, content, em)
    names = [view.name for view in (before, after) if view is not None]
    if before is not None:
        _draw_map(painter, before, content.look, theme)
        _draw_window(painter, before, content.required_explanation, theme)
        _draw_caption(painter, before, f", channel {before.channel}", names, rect, em, theme)
        _draw_arrow(painter, before.rect, after.rect, em, theme)
    _draw_output(painter, after, content, theme)
    _draw_caption(painter, after, f", map {after.channel}", names, rect, em, theme)


def hit_maps(rect: QRectF, content: InspectorContent, em: float, point: QPointF) -> InspectorHit | None:
    before, after = _lay_out_maps(rect, content, em)
    for view, ref in ((after, content.focus.ref), (before, _source_ref(content.required_explanation))):
        at = None if view is None else cell_index_at(view.rect, view.volume.shape, point)
        if view is not None and ref is not None and at is not None:
            value = number_text(view.volume[view.channel, at[0], at[1]])
            words = f"{view.name} · channel {view.channel}, y {at[0]}, x {at[1]}: {value}"
            return InspectorHit(words, Focus(*ref, view.channel, at))
    return None


def _source_ref(explanation: ValueExplanation) -> tuple[str, str] | None:
    return explanation.source_refs[explanation.source_index] if explanation.source_refs else None


def _map_side(width: float, em: float) -> float:
    """Return the side of the space for one map."""
    return min((width - _ARROW * em) / 2, _LARGEST * em)


def _lay_out_maps(rect: QRectF, content: InspectorContent, em: float) -> tuple[_MapView | None, _MapView]:
    """Lay out the input map and the map of the value; the project's input has no input map."""
    explanation = content.required_explanation
    side = _map_side(rect.width(), em)
    top = rect.top() + part_title_height(_TITLE, rect.width(), em)
    margin = _PADDED * side
    first = QRectF(rect.left(), top, side, side).adjusted(margin, margin, -margin, -margin)
    second = first.translated(side + _ARROW * em, 0) if explanation.inputs else first
    after = _MapView(
        explanation.volume, explanation.at.channel, content.focus.node, fit_shape(explanation.volume.shape, second)
    )
    if not explanation.inputs:
        return None, after
    term = content.shown_term if explanation.how.terms is not None else 0
    source = (
        term if explanation.how.terms is not None and explanation.how.terms.of == "input" else explanation.source_index
    )
    channel = explanation.at.channel if explanation.how.window is None else explanation.how.window.first
    if explanation.how.terms is not None and explanation.how.terms.of == "channel":
        channel = explanation.how.terms.first + term
    volume = explanation.inputs[source]
    return _MapView(volume, channel, explanation.source_refs[source][1], fit_shape(volume.shape, first)), after


def _draw_map(painter: QPainter, view: _MapView, look: Look, theme: Theme) -> None:
    ends = volume_range(view.volume, zero_centred=look.zero_centred)
    draw_values(painter, view.rect, view.volume[view.channel], *ends, colours.colour_map_name(look), theme.edge)


def _draw_window(painter: QPainter, view: _MapView, explanation: ValueExplanation, theme: Theme) -> None:
    """Outline the window; its part in the padding is hatched."""
    rows, columns = (explanation.at.y, explanation.at.y), (explanation.at.x, explanation.at.x)
    if explanation.how.window is not None:
        window = explanation.how.window
        rows, columns = (int(window.rows[0]), int(window.rows[-1])), (int(window.columns[0]), int(window.columns[-1]))
    rect = view.rect
    box = grow_rect(cells_rect(rect, view.volume.shape, (rows[0], columns[0], rows[1] + 1, columns[1] + 1)), 6)
    hatch = QBrush(QColor(theme.muted), Qt.BrushStyle.BDiagPattern)
    for side in _strips_outside(rect, box):
        painter.fillRect(box.intersected(side), hatch)
    draw_outline(painter, box, 2.0, theme.base, theme.accent)


def _strips_outside(rect: QRectF, box: QRectF) -> tuple[QRectF, ...]:
    """Return the strips above, below, left and right of a picture, as far as a box reaches."""
    whole = rect.united(box)
    return (
        QRectF(whole.topLeft(), QPointF(whole.right(), rect.top())),
        QRectF(QPointF(whole.left(), rect.bottom()), whole.bottomRight()),
        QRectF(QPointF(whole.left(), rect.top()), rect.bottomLeft()),
        QRectF(rect.topRight(), QPointF(whole.right(), rect.bottom())),
    )


def _draw_caption(
    painter: QPainter, view: _MapView, text: str, names: Sequence[str], rect: QRectF, em: float, theme: Theme
) -> None:
    """Draw the name of a map and a text below it, as wide as its space."""
    side, middle = _map_side(rect.width(), em), view.rect.center().x()
    caption_rect = QRectF(middle - side / 2, rect.bottom() - _CAPTION * em - 0.3 * em, side, 1.4 * em)
    draw_centred_caption(painter, caption_rect, text, 0.92 * em, theme.muted, name=view.name, among=names)


def _draw_arrow(painter: QPainter, before: QRectF, after: QRectF, em: float, theme: Theme) -> None:
    middle, y = (before.right() + after.left()) / 2, (before.center().y() + after.center().y()) / 2
    painter.setPen(QPen(QColor(theme.muted), 1.5))
    start, end = QPointF(middle - 0.7 * em, y), QPointF(middle + 0.7 * em, y)
    painter.drawLine(start, end)
    for dy in (-0.35, 0.35):
        painter.drawLine(end, QPointF(end.x() - 0.5 * em, y + dy * em))


def _draw_output(painter: QPainter, view: _MapView, content: InspectorContent, theme: Theme) -> None:
    """Draw the map of the value; during playback, values not yet reached are plain."""
    explanation, rect, extent = content.required_explanation, view.rect, view.volume.shape
    if content.photo is not None and content.filled_count is None:
        draw_picture(painter, rect, colours.photo_image(view.volume, content.photo), theme.edge)
    else:
        _draw_map(painter, view, content.look, theme)
    if content.filled_count is not None:
        row, column = divmod(content.filled_count, extent[2])
        for box in ((row, column, row + 1, extent[2]), (row + 1, 0, extent[1], extent[2])):
            if box[0] < box[2] <= extent[1] and box[1] < box[3]:
                painter.fillRect(cells_rect(rect, extent, box), QColor(theme.plain))
    draw_outline(
        painter,
        grow_rect(cell_rect(rect, extent, (explanation.at.y, explanation.at.x)), 6),
        1.5,
        theme.base,
        theme.accent,
    )


def count_filled_values(content: InspectorContent) -> int:
    """Count the values of the map up to the selected one, in reading order."""
    explanation = content.required_explanation
    return explanation.at.y * explanation.shape.width + explanation.at.x + 1
