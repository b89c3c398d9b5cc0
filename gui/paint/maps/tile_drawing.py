"""Drawing tiles: the image of many maps, the numbers above them, marks on them, and the bar of their colours."""

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPaintEngine, QPainter, QPen

from gui.paint.basics.colours import DIVERGING, colour_bar_image
from gui.paint.basics.text_drawing import draw_text, text_width
from gui.paint.maps.tiles import LABELLED_TILE_SIZE, MapTiles, Projection, tile_image
from gui.theme import Theme, font

MOST_PIXELS = 8_000_000
"""Of an image that is enlarged for a vector file."""


def draw_tiles(painter: QPainter, seen: Projection, tiles: MapTiles, theme: Theme) -> None:
    """The visible block of tiles as one image; values stay sharp squares where they are larger than a pixel."""
    cells = seen.visible_block()
    raster, step = _is_raster(painter), find_value_step(painter, seen)
    image = tile_image(tiles, seen.grid, cells, step, theme.plain)
    enlarge = 2 * seen.scale * step
    if not raster and enlarge > 1:  # who opens the file would blur them
        most = (MOST_PIXELS / (image.width() * image.height())) ** 0.5
        times = max(1, int(min(np.ceil(enlarge), most)))
        image = image.scaled(image.width() * times, image.height() * times)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, seen.scale * step < 1)
    painter.drawImage(seen.block_rect(cells), image)
    if tiles.colour_map == DIVERGING:
        _draw_edges(painter, seen, theme)


def _is_raster(painter: QPainter) -> bool:
    return painter.paintEngine().type() == QPaintEngine.Type.Raster


def find_value_step(painter: QPainter, seen: Projection) -> int:
    """Every how many-th value is drawn."""
    return seen.value_step(painter.deviceTransform().m11() if _is_raster(painter) else 1.0)


def draw_tile_numbers(
    painter: QPainter, seen: Projection, name: Callable[[int], str], size: float, theme: Theme
) -> None:
    """Channel numbers above tiles that are large enough."""
    room = seen.grid.top * seen.scale
    if room < 8 or seen.grid.tile_width * seen.scale < LABELLED_TILE_SIZE * 0.7:
        return
    painter.setFont(font(min(room * 0.78, size * 0.95)))
    painter.setPen(QColor(theme.muted))
    drop = QFontMetricsF(painter.font()).descent() + room * 0.1
    for channel in seen.visible_channels():
        tile = seen.tile_rect(channel)
        painter.drawText(QPointF(tile.left(), tile.top() - drop), name(channel))


def _draw_edges(painter: QPainter, seen: Projection, theme: Theme) -> None:
    """Outlines of tiles, without which pale ones would run into a pale ground."""
    if seen.grid.tile_width * seen.scale >= 8:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        ink = QColor(theme.edge)
        ink.setAlphaF(0.5)
        painter.setPen(QPen(ink, 0.8))
        painter.drawRects(
            [seen.tile_rect(channel).adjusted(-0.4, -0.4, 0.4, 0.4) for channel in seen.visible_channels()]
        )


def outline_tile(painter: QPainter, rect: QRectF, width: float, outer: str, inner: str) -> None:
    """A frame in two colours, one of which stands out on any map."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen, colour in ((width + 2, outer), (width - 1, inner)):
        painter.setPen(QPen(QColor(colour), pen, j=Qt.PenJoinStyle.MiterJoin))
        painter.drawRect(rect)


def draw_colour_bar(
    painter: QPainter, rect: QRectF, colour_map: str, low: str, high: str, theme: Theme, *, one_colour: bool = False
) -> float:
    """A colour bar between the words for its two ends; returns where the last word ends."""
    size = rect.height() / 1.5
    first, last = (text_width(text, size) + size * 0.4 for text in (low, high))
    width = max(min(rect.width() - first - last, size * 22), size)
    bar = QRectF(rect.left() + first, rect.center().y() - size * 0.4, width, size * 0.8)
    painter.drawImage(bar, colour_bar_image(colour_map, one_colour=one_colour))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(theme.muted), 1))
    painter.drawRect(bar)
    draw_text(painter, QRectF(rect.left(), rect.top(), first, rect.height()), low, size, theme.text)
    draw_text(painter, QRectF(bar.right() + size * 0.4, rect.top(), last, rect.height()), high, size, theme.text)
    return bar.right() + size * 0.4 + text_width(high, size)
