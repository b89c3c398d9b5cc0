"""Many small maps as one image: how tiles are laid out, which value lies under a point, and the image itself."""

from functools import lru_cache
from math import ceil
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage

from engine.shapes import Shape
from gui.paint.basics.colours import load_lut, to_levels
from gui.paint.basics.derived_cache import CACHE

_LEAST_TILE = 12
"""Units that a tile is at least wide or high, so that the gap of one unit stays thin beside maps of few values."""
_MOST_VALUES = 2_000_000
"""Values in one image; of more, only every 2nd, 4th, … is drawn until a person zooms in."""
LABELLED_TILE_SIZE = 44.0
"""Screen pixels from which on a tile carries its number."""
NOT_FINITE = "#ff00ff"
"""No colour map comes near it."""


class MapSpot(NamedTuple):
    """One value of a volume. A channel of −1 is the picture before the maps."""

    channel: int
    y: int
    x: int


class TileBlock(NamedTuple):
    """A block of tiles: rows and columns as (first, one after the last)."""

    rows: tuple[int, int]
    columns: tuple[int, int]


class MapOrdering(Struct, frozen=True, eq=False):
    """In which order tiles show the channels; both (C,)."""

    channels: NDArray[np.intp]
    """The channel of each tile."""
    tiles: NDArray[np.intp]
    """The tile of each channel."""
    figures: NDArray[np.float64] | None = None
    """What sorts the channels, of each of them."""

    @classmethod
    def from_channels(cls, channels: NDArray[np.intp], figures: NDArray[np.float64] | None = None) -> "MapOrdering":
        return cls(channels, np.argsort(channels), figures)


class TileGrid(NamedTuple):
    """Tiles in rows, measured in units: a value is `repeat` units wide and high."""

    shape: Shape
    lead_tiles: int
    """Tiles before the first map, left blank for pictures."""
    columns: int
    repeat: int
    step: int
    """A power of two that divides `top` and the pitches: the coarsest image takes every step-th value."""
    top: int
    """Units above each tile, for its number; 0 without numbers."""
    pitch_x: int
    pitch_y: int
    order: MapOrdering | None = None
    """None: that of the channels."""

    @property
    def tile_width(self) -> int:
        return self.shape.width * self.repeat

    @property
    def tile_height(self) -> int:
        return self.shape.height * self.repeat

    @property
    def rows(self) -> int:
        return -(-(self.shape.channels + self.lead_tiles) // self.columns)

    @property
    def width(self) -> int:
        """Extent without the gap after the last tile."""
        return (self.columns - 1) * self.pitch_x + self.tile_width

    @property
    def height(self) -> int:
        return (self.rows - 1) * self.pitch_y + self.top + self.tile_height

    def tile_of(self, channel: int) -> int:
        """Number of the tile that shows a channel; −1 for the picture before them."""
        return channel if self.order is None or channel < 0 else int(self.order.tiles[channel])

    def channel_of(self, tile: int) -> int:
        """The channel that a tile shows."""
        return tile if self.order is None or tile < 0 else int(self.order.channels[tile])

    def tile_corner(self, channel: int) -> tuple[int, int]:
        """(x, y) of a tile's first value, in units."""
        row, column = divmod(self.tile_of(channel) + self.lead_tiles, self.columns)
        return column * self.pitch_x, row * self.pitch_y + self.top

    def spot_at(self, x: float, y: float) -> MapSpot | None:
        """The value at a point in units; None in a gap and outside."""
        column, row = int(x // self.pitch_x), int(y // self.pitch_y)
        tile = row * self.columns + column - self.lead_tiles
        if not (0 <= column < self.columns and row >= 0 and -self.lead_tiles <= tile < self.shape.channels):
            return None
        inside_x, inside_y = int(x - column * self.pitch_x), int(y - row * self.pitch_y - self.top)
        if y < row * self.pitch_y + self.top or inside_x >= self.tile_width or inside_y >= self.tile_height:
            return None
        return MapSpot(self.channel_of(tile), inside_y // self.repeat, inside_x // self.repeat)


def choose_tile_grid(
    shape: Shape,
    width: float,
    height: float,
    *,
    lead_tiles: int = 0,
    label: float = 0.0,
    order: MapOrdering | None = None,
) -> TileGrid:
    """The grid whose tiles are largest on width × height pixels, with few holes in its last row.

    `label` is the height in pixels of a tile's number; tiles too small to carry theirs go without.
    """
    width, height, count = max(width, 1.0), max(height, 1.0), shape.channels + lead_tiles
    repeat = max(1, ceil(_LEAST_TILE / max(shape.height, shape.width)))
    while repeat > 1 and count * (shape.height * repeat + 1) * (shape.width * repeat + 1) > _MOST_VALUES:
        repeat -= 1
    tile_width, tile_height = shape.width * repeat, shape.height * repeat
    top, gap = 0, 1
    columns, scale = _best_columns(count, tile_width + 1, tile_height + 1, width, height)
    if label and scale * tile_width >= LABELLED_TILE_SIZE:
        for _ in range(2):  # numbers take room, which makes tiles smaller, and numbers larger in units
            top, gap = ceil(label / scale), ceil(3 / scale)
            columns, scale = _best_columns(count, tile_width + gap, tile_height + top + gap, width, height)
    elif scale < 1:
        gap = ceil(1 / scale)
    step = 1
    while repeat == 1 and (
        2 * step * scale <= 1 or count * (tile_width + gap) * (tile_height + gap) > _MOST_VALUES * step**2
    ):
        step *= 2
    top = _round_up_to_multiple(top, step)
    return TileGrid(
        shape,
        lead_tiles,
        columns,
        repeat,
        step,
        top,
        _round_up_to_multiple(tile_width + gap, step),
        _round_up_to_multiple(tile_height + top + gap, step),
        order,
    )


def _best_columns(count: int, pitch_x: int, pitch_y: int, width: float, height: float) -> tuple[int, float]:
    """(columns, pixels per unit)."""
    columns = np.arange(1, count + 1)
    rows = -(-count // columns)
    scales = np.minimum(width / (columns * pitch_x), height / (rows * pitch_y))
    best = int(np.argmax(scales * count / (columns * rows)))
    return best + 1, float(scales[best])


def _round_up_to_multiple(number: int, of: int) -> int:
    return -(-number // of) * of


class MosaicZoom(NamedTuple):
    """How much larger than fitting a mosaic is shown, and the fraction of it that lies left of and above the view."""

    factor: float = 1.0
    x: float = 0.0
    y: float = 0.0


class Projection(NamedTuple):
    """Where a grid lies on the screen: its unit (0, 0) at (left, top), `scale` pixels a unit, seen through `rect`."""

    grid: TileGrid
    rect: QRectF
    left: float
    top: float
    scale: float

    def spot_at(self, point: QPointF) -> MapSpot | None:
        """The value under a point of the screen."""
        if not self.rect.contains(point):
            return None
        return self.grid.spot_at((point.x() - self.left) / self.scale, (point.y() - self.top) / self.scale)

    def tile_rect(self, channel: int) -> QRectF:
        """A tile on the screen."""
        x, y = self.grid.tile_corner(channel)
        return self._to_screen(x, y, self.grid.tile_width, self.grid.tile_height)

    def value_rect(self, spot: MapSpot) -> QRectF:
        """A value on the screen."""
        x, y = self.grid.tile_corner(spot.channel)
        repeat = self.grid.repeat
        return self._to_screen(x + spot.x * repeat, y + spot.y * repeat, repeat, repeat)

    def block_rect(self, cells: TileBlock) -> QRectF:
        """A block of tiles with all its gaps."""
        (first_row, last_row), (first, last) = cells
        pitch_x, pitch_y = self.grid.pitch_x, self.grid.pitch_y
        return self._to_screen(
            first * pitch_x, first_row * pitch_y, (last - first) * pitch_x, (last_row - first_row) * pitch_y
        )

    def visible_block(self) -> TileBlock:
        """The tiles that `rect` shows, wholly or in part."""
        grid, across, down = self.grid, self.scale * self.grid.pitch_x, self.scale * self.grid.pitch_y
        return TileBlock(
            _index_range(self.rect.top() - self.top, self.rect.bottom() - self.top, down, grid.rows),
            _index_range(self.rect.left() - self.left, self.rect.right() - self.left, across, grid.columns),
        )

    def visible_channels(self) -> list[int]:
        """The maps that `rect` shows, and −1 where it shows the picture before them."""
        (first_row, last_row), columns = self.visible_block()
        index = (row * self.grid.columns + column for row in range(first_row, last_row) for column in range(*columns))
        lead, count = self.grid.lead_tiles, self.grid.shape.channels
        return [self.grid.channel_of(number - lead) for number in index if number - lead < count]

    def value_step(self, density: float) -> int:
        """Take every step-th value for an image of at least one pixel a device pixel, of `density` a screen pixel."""
        (first_row, last_row), (first, last) = self.visible_block()
        values = (last_row - first_row) * (last - first) * self.grid.tile_width * self.grid.tile_height
        step = 1
        while step < self.grid.step and (2 * step * self.scale * density <= 1 or values > _MOST_VALUES * step**2):
            step *= 2
        return step

    def _to_screen(self, x: float, y: float, width: float, height: float) -> QRectF:
        return QRectF(self.left + x * self.scale, self.top + y * self.scale, width * self.scale, height * self.scale)


def project_grid(grid: TileGrid, rect: QRectF, zoom: MosaicZoom) -> Projection:
    """Show a grid through `rect`, at the top left where it is smaller."""
    scale = scale_to_fit(grid, rect) * zoom.factor
    width, height = grid.width * scale, grid.height * scale
    x = min(zoom.x, max(0.0, 1 - rect.width() / width))
    y = min(zoom.y, max(0.0, 1 - rect.height() / height))
    return Projection(grid, rect, rect.left() - max(x, 0.0) * width, rect.top() - max(y, 0.0) * height, scale)


def scale_to_fit(grid: TileGrid, rect: QRectF) -> float:
    """Pixels a unit at which the whole grid is seen."""
    return max(min(rect.width() / grid.width, rect.height() / grid.height), 1e-6)


def zoom_at(seen: Projection, factor: float, point: QPointF) -> MosaicZoom:
    """Zoom to `factor` times fitting, what lies under the point staying there."""
    scale = scale_to_fit(seen.grid, seen.rect) * factor
    x = (point.x() - seen.left) / seen.scale - (point.x() - seen.rect.left()) / scale
    y = (point.y() - seen.top) / seen.scale - (point.y() - seen.rect.top()) / scale
    return _clamp_zoom(seen, MosaicZoom(factor, x / seen.grid.width, y / seen.grid.height))


def pan_by(seen: Projection, factor: float, by: QPointF) -> MosaicZoom:
    """Drag a mosaic by some pixels."""
    x = (seen.rect.left() - seen.left - by.x()) / (seen.grid.width * seen.scale)
    y = (seen.rect.top() - seen.top - by.y()) / (seen.grid.height * seen.scale)
    return _clamp_zoom(seen, MosaicZoom(factor, x, y))


def _clamp_zoom(seen: Projection, zoom: MosaicZoom) -> MosaicZoom:
    """The same view without what would show nothing beside the mosaic."""
    at = project_grid(seen.grid, seen.rect, zoom)
    return MosaicZoom(
        zoom.factor,
        (seen.rect.left() - at.left) / (seen.grid.width * at.scale),
        (seen.rect.top() - at.top) / (seen.grid.height * at.scale),
    )


def _index_range(start: float, end: float, pitch: float, count: int) -> tuple[int, int]:
    first = min(max(int(start // pitch), 0), count - 1)
    return first, min(max(ceil(end / pitch), first + 1), count)


class MapTiles(Struct, frozen=True, eq=False):
    """Maps (C×H×W) and the values at which each one's colours begin and end; without values they are plain."""

    shape: Shape
    values: NDArray[np.float32] | None = None
    lows: NDArray[np.float64] = np.zeros(1)
    """One for each map, or one for all."""
    highs: NDArray[np.float64] = np.ones(1)
    colour_map: str = "viridis"


class _TileImage(NamedTuple):
    """An image, and the pixels that it is of and does not own."""

    image: QImage
    pixels: NDArray[np.uint32]


def tile_image(tiles: MapTiles, grid: TileGrid, cells: TileBlock, step: int, plain: str) -> QImage:
    """A block of tiles with transparent gaps, every step-th value of each; `plain` is the colour without values."""

    def paint() -> _TileImage:
        pixels = tile_pixels(tiles, grid, cells, step, plain)
        height, width = pixels.shape
        return _TileImage(
            QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied), pixels
        )

    volumes = () if tiles.values is None else (tiles.values,)
    colours = tiles.colour_map, tiles.lows.tobytes(), tiles.highs.tobytes()
    key = "tiles", grid, cells, step, colours if volumes else plain
    return CACHE.get_or_make(volumes, key, paint, lambda picture: picture.pixels.nbytes).image


def tile_pixels(tiles: MapTiles, grid: TileGrid, cells: TileBlock, step: int, plain: str) -> NDArray[np.uint32]:
    """The same as 0xAARRGGBB; all tiles at once."""
    (first_row, last_row), (first, last) = cells
    index = np.arange(first_row, last_row)[:, np.newaxis] * grid.columns + np.arange(first, last) - grid.lead_tiles
    known = (index >= 0) & (index < tiles.shape.channels)
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
    colours[~known] = 0
    pixels.transpose(0, 2, 1, 3)[:, :, top : top + colours.shape[2], : colours.shape[3]] = colours
    return pixels.reshape(pixels.shape[0] * pitch_y, -1)


def _map_colours(tiles: MapTiles, channels: NDArray[np.int64], step: int) -> NDArray[np.uint32]:
    """Colours of some maps (R×K×H×W) as 0xAARRGGBB."""
    assert tiles.values is not None
    values = tiles.values[:, ::step, ::step][channels]
    finite = np.isfinite(values)
    all_finite = finite.all()
    with np.errstate(over="ignore", invalid="ignore"):
        if tiles.lows.size == 1:
            levels = to_levels(values, float(tiles.lows[0]), float(tiles.highs[0]))
        else:
            spans = np.where(tiles.lows < tiles.highs, tiles.highs - tiles.lows, 1.0)
            shares = (values - _broadcast_to_maps(tiles.lows[channels])) / _broadcast_to_maps(spans[channels])
            levels = to_levels(shares, 0.0, 1.0)
    colours = load_packed_lut(tiles.colour_map).take(levels)
    if not all_finite:
        colours[~finite] = QColor(NOT_FINITE).rgba()
    return colours


def _broadcast_to_maps(numbers: NDArray[np.float64]) -> NDArray[np.float32]:
    """One number a map (R×K), so that it meets every value of its map."""
    return numbers.astype(np.float32)[:, :, np.newaxis, np.newaxis]


@lru_cache(maxsize=8)
def load_packed_lut(name: str) -> NDArray[np.uint32]:
    """The 256 colours of a map as opaque 0xAARRGGBB."""
    red, green, blue = load_lut(name).astype(np.uint32).T
    return np.asarray(0xFF000000 | red << 16 | green << 8 | blue, np.uint32)
