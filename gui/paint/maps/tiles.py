"""Many small maps as one image: their colours, and the pixels of a block of tiles."""

from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from engine.shapes import Shape
from gui.paint.basics.colours import value_colours
from gui.paint.basics.derived_cache import CACHE
from gui.paint.maps.tile_grid import TileBlock, TileGrid


class MapTiles(Struct, frozen=True, eq=False):
    """Maps (C×H×W) and the values at the ends of their colour map; plain without values."""

    shape: Shape
    values: NDArray[np.float32] | None = None
    lows: NDArray[np.float64] = np.zeros(1)
    """One per map, or one for all."""
    highs: NDArray[np.float64] = np.ones(1)
    colour_map: str = "viridis"

    @property
    def has_range(self) -> bool:
        """Whether there is a scale: not if no value is finite."""
        return not np.isnan(self.lows).all()


class TileImage(NamedTuple):
    """An image and its pixels, which it does not own: hold both as long as the image is drawn."""

    image: QImage
    pixels: NDArray[np.uint32]


def tile_image(tiles: MapTiles, grid: TileGrid, block: TileBlock, step: int, plain: str) -> TileImage:
    """Return a block of tiles with transparent gaps, every step-th value; `plain` is the colour without values."""

    def paint() -> TileImage:
        pixels = tile_pixels(tiles, grid, block, step, plain)
        height, width = pixels.shape
        return TileImage(
            QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied), pixels
        )

    volumes = () if tiles.values is None else (tiles.values,)
    colours = tiles.colour_map, tiles.lows.tobytes(), tiles.highs.tobytes()
    key = "tiles", grid, block, step, colours if volumes else plain
    return CACHE.get_or_make(volumes, key, paint, lambda picture: picture.pixels.nbytes)


def tile_pixels(tiles: MapTiles, grid: TileGrid, block: TileBlock, step: int, plain: str) -> NDArray[np.uint32]:
    """Return the same as 0xAARRGGBB, all tiles at once."""
    (first_row, last_row), (first, last) = block
    index = np.arange(first_row, last_row)[:, np.newaxis] * grid.columns + np.arange(first, last) - grid.lead_tiles
    is_map = (index >= 0) & (index < tiles.shape.channels)
    pitch_y, pitch_x, top = grid.pitch_y // step, grid.pitch_x // step, grid.top // step
    pixels = np.zeros((last_row - first_row, pitch_y, last - first, pitch_x), np.uint32)
    channels = index.clip(0, tiles.shape.channels - 1)
    if grid.order is not None:
        channels = grid.order.channels[channels]
    if tiles.values is None:
        height, width = (-(-extent // step) for extent in (grid.tile_height, grid.tile_width))
        colours = np.full((*index.shape, height, width), QColor(plain).rgba(), np.uint32)
    else:
        colours = _map_colours(tiles, channels, step)
        if grid.repeat > 1:
            colours = np.repeat(np.repeat(colours, grid.repeat, axis=2), grid.repeat, axis=3)
    colours[~is_map] = 0
    pixels.transpose(0, 2, 1, 3)[:, :, top : top + colours.shape[2], : colours.shape[3]] = colours
    return pixels.reshape(pixels.shape[0] * pitch_y, -1)


def _map_colours(tiles: MapTiles, channels: NDArray[np.int64], step: int) -> NDArray[np.uint32]:
    """Return the colours of some maps (R×K×H×W) as 0xAARRGGBB."""
    assert tiles.values is not None
    values = tiles.values[:, ::step, ::step][channels]
    if tiles.lows.size == 1:
        return value_colours(values, float(tiles.lows[0]), float(tiles.highs[0]), tiles.colour_map)
    lows, highs = (ends[channels][:, :, np.newaxis, np.newaxis] for ends in (tiles.lows, tiles.highs))
    return value_colours(values, lows, highs, tiles.colour_map)
