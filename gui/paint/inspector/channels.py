"""Patch, filter and products of all channels at once, one tile per channel: all k×k×C products."""

from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from engine.text.units import number_text
from gui.paint.basics.colours import DIVERGING, colour_map_name, largest_magnitude, value_colours
from gui.paint.basics.outline import draw_outline
from gui.paint.inspector.content import InspectorContent, ValueExplanation
from gui.paint.inspector.part_drawing import (
    InspectorHit,
    cell_index_at,
    draw_centred_caption,
    draw_part_title,
    draw_picture,
    part_title_height,
)
from gui.paint.maps.map_measures import volume_range
from gui.theme import Theme

_SIGN, _BELOW = 1.6, 1.5
"""Space between two mosaics and below them, in ems."""
_LARGEST = 17.0
"""Side of a mosaic in ems."""
_MOST_VALUES = 400_000
"""Values of a patch; larger ones, of dense layers on large maps, are shown only as a matrix."""


def channels_height(content: InspectorContent, width: float, em: float) -> float:
    window = None if content.explanation is None else content.explanation.how.window
    if window is None or window.filter is None or len(window.values) < 2 or window.inside.size == 1:
        return 0.0
    if window.values.size > _MOST_VALUES:
        return 0.0
    rows, columns = _mosaic_extent(window.values.shape)
    return (
        part_title_height(_title(content.required_explanation), width, em)
        + _mosaic_side(width, em) * min(rows / columns, 1.0)
        + _BELOW * em
    )


def draw_channels(painter: QPainter, rect: QRectF, content: InspectorContent, em: float, theme: Theme) -> None:
    explanation = content.required_explanation
    draw_part_title(painter, rect, _title(explanation), em, theme)
    ends = volume_range(explanation.inputs[explanation.source_index], zero_centred=content.look.zero_centred)
    limits = [largest_magnitude(values) or 1.0 for values in (explanation.filter_weights, explanation.window.products)]
    mosaics = (
        ("", "patch", explanation.window.values, ends, colour_map_name(content.look)),
        ("×", "filter", explanation.filter_weights, (-limits[0], limits[0]), DIVERGING),
        ("=", "products", explanation.window.products, (-limits[1], limits[1]), DIVERGING),
    )
    for (sign, name, values, (low, high), colours), mosaic_rect in zip(
        mosaics, _mosaic_rects(rect, explanation, em), strict=True
    ):
        image = channels_image(
            values, explanation.window.inside, low, high, colours, QColor(theme.plain), QColor(theme.base)
        )
        draw_picture(painter, mosaic_rect, image, theme.base)
        draw_outline(painter, _tile_rect(mosaic_rect, explanation, content.shown_term), 1.5, theme.base, theme.accent)
        below = QRectF(mosaic_rect.left(), mosaic_rect.bottom() + 0.1 * em, mosaic_rect.width(), 1.4 * em)
        draw_centred_caption(painter, below, name, 0.92 * em, theme.muted)
        before = QRectF(mosaic_rect.left() - _SIGN * em, mosaic_rect.top(), _SIGN * em, mosaic_rect.height())
        draw_centred_caption(painter, before, sign, 1.2 * em, theme.text, bold=True)


def hit_channels(rect: QRectF, content: InspectorContent, em: float, point: QPointF) -> InspectorHit | None:
    explanation = content.required_explanation
    count, tall, wide = explanation.window.values.shape
    rows, columns = choose_channel_grid(count, tall, wide)
    for mosaic_rect in _mosaic_rects(rect, explanation, em):
        at = cell_index_at(mosaic_rect, (rows, columns), point)
        if at is not None and at[0] * columns + at[1] < count:
            term = at[0] * columns + at[1]
            total = number_text(explanation.terms.values[term])
            words = f"channel {explanation.window.first + term}: its products add up to {total}"
            return InspectorHit(f"{words}; click to select it in the input", content.term_focus(term), term)
    return None


def choose_channel_grid(count: int, tall: int, wide: int) -> tuple[int, int]:
    """Return rows and columns of tiles that together are roughly square."""
    columns = min(count, max(1, ceil(sqrt(count * (tall + 1) / (wide + 1)))))
    return -(-count // columns), columns


def _mosaic_extent(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return height and width of a mosaic in values, with a gap of one after each tile."""
    count, tall, wide = shape
    rows, columns = choose_channel_grid(count, tall, wide)
    return rows * (tall + 1), columns * (wide + 1)


def channels_image(
    values: NDArray[np.float64],
    inside: NDArray[np.bool_],
    low: float,
    high: float,
    colours: str,
    plain: QColor,
    ground: QColor,
) -> QImage:
    """Return tiles (C×kh×kw) in rows on a background; padding is plain."""
    count, tall, wide = values.shape
    rows, columns = choose_channel_grid(count, tall, wide)
    pixels = np.full((rows * columns, tall + 1, wide + 1), ground.rgb(), np.uint32)
    tiles = value_colours(values, low, high, colours)
    tiles[:, ~inside] = plain.rgb()
    pixels[:count, :tall, :wide] = tiles
    whole = np.ascontiguousarray(pixels.reshape(rows, columns, tall + 1, wide + 1).transpose(0, 2, 1, 3))
    height, width = _mosaic_extent(values.shape)
    return QImage(whole.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()


def _title(explanation: ValueExplanation) -> str:
    tall, wide = explanation.window.inside.shape
    return f"All {len(explanation.window.values):,} channels: {tall}×{wide}×{len(explanation.window.values):,} products"


def _mosaic_side(width: float, em: float) -> float:
    return min((width - 2 * _SIGN * em) / 3, _LARGEST * em)


def _mosaic_rects(rect: QRectF, explanation: ValueExplanation, em: float) -> list[QRectF]:
    side = _mosaic_side(rect.width(), em)
    rows, columns = _mosaic_extent(explanation.window.values.shape)
    wide, tall = side * min(columns / rows, 1.0), side * min(rows / columns, 1.0)
    top = rect.top() + part_title_height(_title(explanation), rect.width(), em)
    return [QRectF(rect.left() + at * (side + _SIGN * em), top, wide, tall) for at in range(3)]


def _tile_rect(rect: QRectF, explanation: ValueExplanation, term: int) -> QRectF:
    """Return the tile of a channel without the gap after it."""
    count, tall, wide = explanation.window.values.shape
    rows, columns = choose_channel_grid(count, tall, wide)
    row, column = divmod(term, columns)
    x, y = rect.width() / columns, rect.height() / rows
    return QRectF(rect.left() + column * x, rect.top() + row * y, x * wide / (wide + 1), y * tall / (tall + 1))
