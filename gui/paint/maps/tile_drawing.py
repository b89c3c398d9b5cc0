"""Drawing tiles: the image of many maps, the numbers above them, outlines, and the colour bar."""

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPaintEngine, QPainter, QPen

from gui.paint.basics.colours import DIVERGING, colour_bar_image
from gui.paint.basics.text_drawing import ALIGN_LEFT, ALIGN_RIGHT, draw_text, text_width
from gui.paint.maps.tile_grid import LABELLED_TILE_SIZE, Projection
from gui.paint.maps.tiles import MapTiles, tile_image
from gui.theme import Theme, font

_MOST_ENLARGED_PIXELS = 8_000_000
"""Pixels of an image that is enlarged for a vector file."""
_LONG_NUMBER = "−0.000"
"""A number as wide as most ends of a colour bar."""


def draw_tiles(painter: QPainter, projection: Projection, tiles: MapTiles, theme: Theme) -> None:
    """Draw the visible block of tiles as one image; values larger than a pixel stay sharp squares."""
    block = projection.visible_block()
    raster, step = _is_raster(painter), projection.value_step(image_density(painter))
    image = tile_image(tiles, projection.grid, block, step, theme.plain).image
    enlarge = 2 * projection.scale * step
    if not raster and enlarge > 1:  # viewers of the file would blur them
        most = (_MOST_ENLARGED_PIXELS / (image.width() * image.height())) ** 0.5
        times = max(1, int(min(np.ceil(enlarge), most)))
        image = image.scaled(image.width() * times, image.height() * times)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, is_reduced(projection, step))
    painter.drawImage(projection.block_rect(block), image)


def is_reduced(projection: Projection, step: int) -> bool:
    """Whether an image with a pixel every `step` units has more of them than it takes on the screen."""
    return projection.scale * step < 1


def _is_raster(painter: QPainter) -> bool:
    return painter.paintEngine().type() == QPaintEngine.Type.Raster


def image_density(painter: QPainter) -> float:
    """Return the pixels that an image may have per pixel of the picture, in each direction."""
    return painter.deviceTransform().m11() if _is_raster(painter) else 1.0


def draw_tile_numbers(
    painter: QPainter, projection: Projection, name: Callable[[int], str], size: float, theme: Theme
) -> None:
    """Draw channel numbers above tiles that are large enough."""
    space = projection.grid.top * projection.scale
    if space < 8 or projection.grid.tile_width * projection.scale < LABELLED_TILE_SIZE * 0.7:
        return
    painter.setFont(font(min(space * 0.78, size * 0.95)))
    painter.setPen(QColor(theme.muted))
    drop = QFontMetricsF(painter.font()).descent() + space * 0.1
    for channel in projection.visible_channels():
        tile = projection.tile_rect(channel)
        painter.drawText(QPointF(tile.left(), tile.top() - drop), name(channel))


def draw_edges(painter: QPainter, projection: Projection, tiles: MapTiles, theme: Theme) -> None:
    """Outline tiles of a diverging colour map, as pale ones would merge with a pale background."""
    if tiles.colour_map == DIVERGING and projection.grid.tile_width * projection.scale >= 8:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        ink = QColor(theme.edge)
        ink.setAlphaF(0.5)
        painter.setPen(QPen(ink, 0.8))
        painter.drawRects(
            [projection.tile_rect(channel).adjusted(-0.4, -0.4, 0.4, 0.4) for channel in projection.visible_channels()]
        )


def draw_colour_bar(
    painter: QPainter,
    rect: QRectF,
    colour_map: str,
    low: str,
    high: str,
    theme: Theme,
    *,
    one_colour: bool = False,
    is_steady: bool = False,
) -> float:
    """Draw a colour bar between the labels of its ends; return the right edge of the last label."""
    size = rect.height() / 1.5
    bar = colour_bar_rect(rect, low, high, is_steady=is_steady)
    before, behind = bar.left() - rect.left(), bar.right() + size * 0.4
    painter.drawImage(bar, colour_bar_image(colour_map, one_colour=one_colour))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(theme.muted), 1))
    painter.drawRect(bar)
    align, gap = (ALIGN_RIGHT, size * 0.4) if is_steady else (ALIGN_LEFT, 0.0)
    draw_text(painter, QRectF(rect.left(), rect.top(), before - gap, rect.height()), low, size, theme.text, align)
    width = text_width(high, size)
    draw_text(painter, QRectF(behind, rect.top(), width + size * 0.4, rect.height()), high, size, theme.text)
    return behind + width


def colour_bar_rect(rect: QRectF, low: str, high: str, *, is_steady: bool = False) -> QRectF:
    """Return the bar between its labels; with `is_steady`, they have the space of any number, so the bar stays."""
    size = rect.height() / 1.5
    least = text_width(_LONG_NUMBER, size) if is_steady else 0.0
    first, last = (max(text_width(text, size), least) + size * 0.4 for text in (low, high))
    width = max(min(rect.width() - first - last, size * 22), size)
    return QRectF(rect.left() + first, rect.center().y() - size * 0.4, width, size * 0.8)
