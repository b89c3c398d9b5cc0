"""Pictures of the input, large, and of every earlier volume, with the value's receptive field outlined."""

from math import hypot

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter

from gui.paint.basics import colours
from gui.paint.basics.outline import draw_outline
from gui.paint.basics.text_drawing import draw_text
from gui.paint.inspector.content import InspectorContent, SourceView
from gui.paint.inspector.part_drawing import (
    InspectorHit,
    cell_index_at,
    cells_rect,
    draw_centred_caption,
    draw_part_title,
    draw_picture,
    fit_shape,
    grow_rect,
    part_title_height,
)
from gui.paint.volumes import faces
from gui.state.focus import Focus
from gui.theme import Theme

_TITLE = "Receptive field in each earlier volume"
_WIDTH = 7.2
"""Least width of a picture in ems."""
_GAP, _TEXT = 0.6, 2.5
"""Gap between pictures, and height of the text below one, in ems."""


def source_views_height(content: InspectorContent, width: float, em: float) -> float:
    if not content.source_views:
        return 0.0
    view_rects = _view_rects(QRectF(0, 0, width, 0), content, em)
    more = 1.5 * em if content.left_out_count else 0.0
    return max(view_rect.bottom() for view_rect in view_rects) + (_TEXT + _GAP) * em + more


def draw_source_views(painter: QPainter, rect: QRectF, content: InspectorContent, em: float, theme: Theme) -> None:
    draw_part_title(painter, rect, _TITLE, em, theme)
    names = [view.name for view in content.source_views]
    for view, view_rect in zip(content.source_views, _view_rects(rect, content, em), strict=True):
        picture = fit_shape(view.volume.shape, view_rect)
        pixels = hypot(painter.deviceTransform().m11(), painter.deviceTransform().m12())
        draw_picture(painter, picture, _view_image(view, content, picture, pixels), theme.edge)
        box = grow_rect(cells_rect(picture, view.volume.shape, view.region.window), 5)
        draw_outline(painter, box, 1.5, theme.base, theme.accent)
        line = QRectF(view_rect.left(), view_rect.bottom() + 0.1 * em, view_rect.width(), 1.2 * em)
        draw_centred_caption(painter, line, "", 0.92 * em, theme.text, name=view.name, among=names)
        draw_centred_caption(painter, line.translated(0, 1.15 * em), region_size_text(view), 0.85 * em, theme.muted)
    if content.left_out_count:
        last = QRectF(rect.left(), rect.bottom() - 1.6 * em, rect.width(), 1.5 * em)
        text = f"{content.left_out_count} more volumes lie between the first two of these"
        draw_text(painter, last, text, 0.92 * em, theme.muted)


def region_size_text(view: SourceView) -> str:
    """Return the size of the receptive field: "10×10 of 56×56"."""
    top, left, bottom, right = view.region.window
    _, height, width = view.volume.shape
    return f"{bottom - top}×{right - left} of {height}×{width}"


def hit_source_views(rect: QRectF, content: InspectorContent, em: float, point: QPointF) -> InspectorHit | None:
    for view, view_rect in zip(content.source_views, _view_rects(rect, content, em), strict=True):
        if not view_rect.contains(point):
            continue
        picture = fit_shape(view.volume.shape, view_rect)
        if cell_index_at(picture, view.volume.shape, point) is not None:
            top, left, bottom, right, first, last = view.region
            words = (
                f"{view.name} {'×'.join(map(str, view.volume.shape))} · seen: y {top}…{bottom - 1}, "
                f"x {left}…{right - 1}, channels {first}…{last - 1}; click to select its middle"
            )
            middle = (top + bottom - 1) // 2, (left + right - 1) // 2
            return InspectorHit(words, Focus(*view.ref, view.channel, middle))
    return None


def _view_image(view: SourceView, content: InspectorContent, rect: QRectF, pixels: float) -> QImage:
    columns, rows = rect.width() * pixels, rect.height() * pixels
    if view.photo is not None:
        return faces.photo_face_image(view.volume, view.photo, columns, rows)
    name, zero = colours.colour_map_name(content.look), content.look.zero_centred
    return faces.face_image(view.volume, "front", view.channel, name, zero_centred=zero, columns=columns, rows=rows)


def _choose_grid(width: float, em: float) -> tuple[int, float]:
    """Return the number of columns and the width of a picture."""
    columns = max(1, int((width + _GAP * em) // ((_WIDTH + _GAP) * em)))
    return columns, (width + _GAP * em) / columns - _GAP * em


def _grid_cells(count: int, columns: int) -> list[tuple[int, int]]:
    """Return row and column of each picture: with three or more columns, the first takes two rows and columns."""
    if columns < 3 or count < 2:
        return [divmod(index, columns) for index in range(count)]
    beside = [(row, column) for row in (0, 1) for column in range(2, columns)]
    below = [divmod(index, columns) for index in range(2 * columns, 2 * columns + count)]
    return [(0, 0), *(beside + below)[: count - 1]]


def _view_rects(rect: QRectF, content: InspectorContent, em: float) -> list[QRectF]:
    columns, side = _choose_grid(rect.width(), em)
    top = rect.top() + part_title_height(_TITLE, rect.width(), em)
    across, down = side + _GAP * em, side + (_TEXT + _GAP) * em
    count = len(content.source_views)
    sizes = [side] * count
    if columns >= 3 and count >= 2:
        sizes[0] = side + min(across, down)
    return [
        QRectF(rect.left() + column * across, top + row * down, size, size)
        for (row, column), size in zip(_grid_cells(count, columns), sizes, strict=True)
    ]
