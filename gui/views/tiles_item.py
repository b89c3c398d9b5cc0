"""The tiles of a mosaic as an image item: the visible block alone, made when it is painted."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from gui.paint.maps.tile_drawing import is_reduced
from gui.paint.maps.tile_grid import Projection
from gui.paint.maps.tiles import MapTiles, TileImage, tile_image


class TilesItem(pg.ImageItem):
    """An image in units of a tile grid.

    The picture is the one that files contain, in the format that Qt paints fastest: of an array of numbers, pyqtgraph
    would make one whose pixels are converted at every paint, without the colours of values that are not finite.
    """

    def __init__(self) -> None:
        super().__init__(axisOrder="row-major")
        self._make: Callable[[], TileImage] | None = None
        self._picture: TileImage | None = None
        self._is_smooth = False
        self._visible = QRectF()
        self._shown: tuple[object, ...] = ()
        """What the picture depends on."""

    def show_tiles(self, tiles: MapTiles, projection: Projection, density: float, plain: str) -> None:
        """Show the tiles that are visible.

        Parameters
        ----------
        density
            Device pixels per pixel of the screen.
        plain
            The colour of tiles without values.
        """
        if self._shown == (tiles, projection, density, plain):
            return
        self._shown = tiles, projection, density, plain
        grid, block, step = projection.grid, projection.visible_block(), projection.value_step(density)
        self._make = partial(tile_image, tiles, grid, block, step, plain)
        self._is_smooth = is_reduced(projection, step)
        rect = grid.block_rect(block)
        size = np.broadcast_to(np.uint8(0), (round(rect.height() / step), round(rect.width() / step)))
        self.setImage(size, autoLevels=False)  # the pixels follow in `render`
        self.setRect(rect)
        left, top, scale = projection.rect.left(), projection.rect.top(), projection.scale
        width, height = projection.rect.width() / scale, projection.rect.height() / scale
        self._visible = QRectF((left - projection.left) / scale, (top - projection.top) / scale, width, height)

    def render(self) -> None:
        """Make the picture; called before painting."""
        if self._make is not None:
            self._picture = self._make()
            self.qimage = self._picture.image  # type: ignore[assignment]  # its hint is the first value, None

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._is_smooth)
        # Not the clip of the box, which may leave out the last row and column of pixels.
        painter.setClipRect(self.mapRectFromParent(self._visible), Qt.ClipOperation.IntersectClip)
        super().paint(painter, option, widget)
