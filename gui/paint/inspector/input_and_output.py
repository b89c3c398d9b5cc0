"""Where the window stands on the input, and the output map that fills in."""

from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen

from gui.paint.basics import colours
from gui.paint.basics.text_drawing import number_text
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
    outline_cells,
    part_title_height,
)
from gui.paint.maps.map_measures import volume_range
from gui.state.view_state import Focus, Look
from gui.state.volume_at import Float32Volume
from gui.theme import Theme

_TITLE = "Where it is read, and where it goes"
_LARGEST = 17.0
"""Side of a map in ems."""
_PADDED = 0.1
"""Share of a map's side that is left around it, for windows that reach into the padding."""
_ARROW, _CAPTION = 2.6, 1.5
"""Room between the maps, and below them, in ems."""


class _MapView(NamedTuple):
    """A channel of a volume, what it is called, and where it is drawn."""

    volume: Float32Volume
    channel: int
    name: str
    rect: QRectF


def maps_height(content: InspectorContent, width: float, em: float) -> float:
    told = content.explanation
    if told is None or all(volume.shape[1:] == (1, 1) for volume in (told.volume, *told.inputs)):
        return 0.0  # a map of one value shows nothing
    return part_title_height(_TITLE, width, em) + _map_side(width, em) + _CAPTION * em


def draw_maps(painter: QPainter, rect: QRectF, content: InspectorContent, em: float, theme: Theme) -> None:
    draw_part_title(painter, rect, _TITLE, em, theme)
    before, after = _lay_out_maps(rect, content, em)
    if before is not None:
        _draw_map(painter, before, content.look, theme)
        _draw_window(painter, before, content.required_explanation, theme)
        _draw_caption(painter, before, f"{before.name}, channel {before.channel}", rect, em, theme)
        _draw_arrow(painter, before.rect, after.rect, em, theme)
    _draw_output(painter, after, content, theme)
    _draw_caption(painter, after, f"{after.name}, map {after.channel}", rect, em, theme)


def hit_maps(rect: QRectF, content: InspectorContent, em: float, point: QPointF) -> InspectorHit | None:
    before, after = _lay_out_maps(rect, content, em)
    for shown, place in ((after, content.focus.ref), (before, _source_ref(content.required_explanation))):
        at = None if shown is None else cell_index_at(shown.rect, shown.volume.shape, point)
        if shown is not None and place is not None and at is not None:
            value = number_text(shown.volume[shown.channel, at[0], at[1]])
            words = f"{shown.name} · channel {shown.channel}, y {at[0]}, x {at[1]}: {value}"
            return InspectorHit(words, Focus(*place, shown.channel, at))
    return None


def _source_ref(told: ValueExplanation) -> tuple[str, str] | None:
    return told.source_refs[told.source_index] if told.source_refs else None


def _map_side(width: float, em: float) -> float:
    """Of the room for one map."""
    return min((width - _ARROW * em) / 2, _LARGEST * em)


def _lay_out_maps(rect: QRectF, content: InspectorContent, em: float) -> tuple[_MapView | None, _MapView]:
    """What is read, and the map of the value; the project's input is read from nothing."""
    told = content.required_explanation
    side = _map_side(rect.width(), em)
    top = rect.top() + part_title_height(_TITLE, rect.width(), em)
    margin = _PADDED * side
    first = QRectF(rect.left(), top, side, side).adjusted(margin, margin, -margin, -margin)
    second = first.translated(side + _ARROW * em, 0) if told.inputs else first
    after = _MapView(told.volume, told.at.channel, content.focus.node, fit_shape(told.volume.shape, second))
    if not told.inputs:
        return None, after
    term = content.shown_term if told.how.terms is not None else 0
    source = term if told.how.terms is not None and told.how.terms.of == "input" else told.source_index
    channel = told.at.channel if told.how.window is None else told.how.window.first
    if told.how.terms is not None and told.how.terms.of == "channel":
        channel = told.how.terms.first + term
    volume = told.inputs[source]
    return _MapView(volume, channel, told.source_refs[source][1], fit_shape(volume.shape, first)), after


def _draw_map(painter: QPainter, shown: _MapView, look: Look, theme: Theme) -> None:
    ends = volume_range(shown.volume, zero_centred=look.zero_centred)
    draw_values(painter, shown.rect, shown.volume[shown.channel], *ends, colours.colour_map_name(look), theme.edge)


def _draw_window(painter: QPainter, shown: _MapView, told: ValueExplanation, theme: Theme) -> None:
    """The kernel's box, its part in the padding hatched."""
    rows, columns = (told.at.y, told.at.y), (told.at.x, told.at.x)
    if told.how.window is not None:
        window = told.how.window
        rows, columns = (int(window.rows[0]), int(window.rows[-1])), (int(window.columns[0]), int(window.columns[-1]))
    rect = shown.rect
    box = grow_rect(cells_rect(rect, shown.volume.shape, (rows[0], columns[0], rows[1] + 1, columns[1] + 1)), 6)
    hatch = QBrush(QColor(theme.muted), Qt.BrushStyle.BDiagPattern)
    for side in _strips_outside(rect, box):
        painter.fillRect(box.intersected(side), hatch)
    outline_cells(painter, box, 2.0, theme.base, theme.accent)


def _strips_outside(rect: QRectF, box: QRectF) -> tuple[QRectF, ...]:
    """What lies above, below, left and right of a picture, as far as a box reaches."""
    whole = rect.united(box)
    return (
        QRectF(whole.topLeft(), QPointF(whole.right(), rect.top())),
        QRectF(QPointF(whole.left(), rect.bottom()), whole.bottomRight()),
        QRectF(QPointF(whole.left(), rect.top()), rect.bottomLeft()),
        QRectF(rect.topRight(), QPointF(whole.right(), rect.bottom())),
    )


def _draw_caption(painter: QPainter, shown: _MapView, text: str, rect: QRectF, em: float, theme: Theme) -> None:
    """Below a map, as wide as its room."""
    side, middle = _map_side(rect.width(), em), shown.rect.center().x()
    place = QRectF(middle - side / 2, rect.bottom() - _CAPTION * em - 0.3 * em, side, 1.4 * em)
    draw_centred_caption(painter, place, text, 0.92 * em, theme.muted)


def _draw_arrow(painter: QPainter, before: QRectF, after: QRectF, em: float, theme: Theme) -> None:
    middle, y = (before.right() + after.left()) / 2, (before.center().y() + after.center().y()) / 2
    painter.setPen(QPen(QColor(theme.muted), 1.5))
    start, end = QPointF(middle - 0.7 * em, y), QPointF(middle + 0.7 * em, y)
    painter.drawLine(start, end)
    for dy in (-0.35, 0.35):
        painter.drawLine(end, QPointF(end.x() - 0.5 * em, y + dy * em))


def _draw_output(painter: QPainter, shown: _MapView, content: InspectorContent, theme: Theme) -> None:
    """The map of the value; while positions are gone through, those not yet reached are plain."""
    told, rect, extent = content.required_explanation, shown.rect, shown.volume.shape
    if content.photo is not None and content.filled_count is None:
        draw_picture(painter, rect, colours.photo_image(shown.volume, content.photo), theme.edge)
    else:
        _draw_map(painter, shown, content.look, theme)
    if content.filled_count is not None:
        row, column = divmod(content.filled_count, extent[2])
        for box in ((row, column, row + 1, extent[2]), (row + 1, 0, extent[1], extent[2])):
            if box[0] < box[2] <= extent[1] and box[1] < box[3]:
                painter.fillRect(cells_rect(rect, extent, box), QColor(theme.plain))
    outline_cells(painter, grow_rect(cell_rect(rect, extent, (told.at.y, told.at.x)), 6), 1.5, theme.base, theme.accent)


def count_filled_values(content: InspectorContent) -> int:
    """Values of the map up to the chosen one, in reading order."""
    told = content.required_explanation
    return told.at.y * told.shape.width + told.at.x + 1
