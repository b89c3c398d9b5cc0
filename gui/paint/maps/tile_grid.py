"""The grid of tiles on which the maps of a volume are laid out, and its projection on the screen."""

from math import ceil
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF

from engine.layers.explanation import Spot
from engine.shapes import Shape

_LEAST_TILE = 12
"""Least width or height of a tile in units, so that the gap of one unit stays thin beside small maps."""
_MOST_VALUES = 2_000_000
"""Values in one image; of more, only every 2nd, 4th, … is drawn until the user zooms in."""
LABELLED_TILE_SIZE = 44.0
"""Least width in screen pixels of a tile with a number."""


class TileBlock(NamedTuple):
    """A block of tiles: rows and columns as (first, one after the last)."""

    rows: tuple[int, int]
    columns: tuple[int, int]


class MapOrdering(Struct, frozen=True, eq=False):
    """The order in which tiles show the channels."""

    channels: NDArray[np.intp]
    """Channel of each tile (C,)."""
    tiles: NDArray[np.intp]
    """Tile of each channel (C,)."""
    figures: NDArray[np.float64] | None = None
    """The figure of each channel that they are sorted by."""

    @classmethod
    def from_channels(cls, channels: NDArray[np.intp], figures: NDArray[np.float64] | None = None) -> "MapOrdering":
        return cls(channels, np.argsort(channels), figures)


class TileGrid(NamedTuple):
    """Tiles in rows, measured in units: a value is `repeat` units wide and high."""

    shape: Shape
    lead_tiles: int
    """Tiles before the first map, left blank for a picture."""
    columns: int
    repeat: int
    step: int
    """A power of two that divides `top` and the pitches: the coarsest image takes every step-th value."""
    top: int
    """Units above each tile, for its number; 0 without numbers."""
    pitch_x: int
    pitch_y: int
    order: MapOrdering | None = None
    """None: channel order."""

    @property
    def tile_width(self) -> int:
        return self.shape.width * self.repeat

    @property
    def tile_height(self) -> int:
        return self.shape.height * self.repeat

    @property
    def rect(self) -> QRectF:
        """All tiles, in units."""
        return QRectF(0, 0, self.width, self.height)

    @property
    def rows(self) -> int:
        return -(-(self.shape.channels + self.lead_tiles) // self.columns)

    @property
    def width(self) -> int:
        """Width in units without the gap after the last tile."""
        return (self.columns - 1) * self.pitch_x + self.tile_width

    @property
    def height(self) -> int:
        return (self.rows - 1) * self.pitch_y + self.top + self.tile_height

    def tile_of(self, channel: int) -> int:
        """Return the number of the tile that shows a channel; −1 for the picture before the maps."""
        return channel if self.order is None or channel < 0 else int(self.order.tiles[channel])

    def channel_of(self, tile: int) -> int:
        """Return the channel that a tile shows."""
        return tile if self.order is None or tile < 0 else int(self.order.channels[tile])

    def tile_corner(self, channel: int) -> tuple[int, int]:
        """Return (x, y) of a tile's first value, in units."""
        row, column = divmod(self.tile_of(channel) + self.lead_tiles, self.columns)
        return column * self.pitch_x, row * self.pitch_y + self.top

    def block_rect(self, block: TileBlock) -> QRectF:
        """Return a block of tiles with its gaps, in units."""
        (first_row, last_row), (first, last) = block
        return QRectF(
            first * self.pitch_x,
            first_row * self.pitch_y,
            (last - first) * self.pitch_x,
            (last_row - first_row) * self.pitch_y,
        )

    def spot_at(self, x: float, y: float) -> Spot | None:
        """Return the value at a point in units; channel −1 is the picture before the maps; None in a gap or outside."""
        column, row = int(x // self.pitch_x), int(y // self.pitch_y)
        tile = row * self.columns + column - self.lead_tiles
        if not (0 <= column < self.columns and row >= 0 and -self.lead_tiles <= tile < self.shape.channels):
            return None
        inside_x, inside_y = int(x - column * self.pitch_x), int(y - row * self.pitch_y - self.top)
        if y < row * self.pitch_y + self.top or inside_x >= self.tile_width or inside_y >= self.tile_height:
            return None
        return Spot(self.channel_of(tile), inside_y // self.repeat, inside_x // self.repeat)


def choose_tile_grid(
    shape: Shape,
    width: float,
    height: float,
    *,
    lead_tiles: int = 0,
    label: float = 0.0,
    order: MapOrdering | None = None,
) -> TileGrid:
    """Return the grid with the largest tiles on width × height pixels and few holes in its last row.

    `label` is the height in pixels of a tile's number; small tiles have none.
    """
    width, height, count = max(width, 1.0), max(height, 1.0), shape.channels + lead_tiles
    repeat = max(1, ceil(_LEAST_TILE / max(shape.height, shape.width)))
    while repeat > 1 and count * (shape.height * repeat + 1) * (shape.width * repeat + 1) > _MOST_VALUES:
        repeat -= 1
    tile_width, tile_height = shape.width * repeat, shape.height * repeat
    top, gap = 0, 1
    columns, scale = _best_columns(count, tile_width + 1, tile_height + 1, width, height)
    if label and scale * tile_width >= LABELLED_TILE_SIZE:
        for _ in range(2):  # numbers take space, so tiles shrink, and numbers grow in units
            top, gap = ceil(label / scale), ceil(3 / scale)
            columns, scale = _best_columns(count, tile_width + gap, tile_height + top + gap, width, height)
    elif scale < 1:
        gap = min(ceil(1 / scale), tile_width, tile_height)  # of flat maps, gaps would be most of the picture
        columns, scale = _best_columns(count, tile_width + gap, tile_height + gap, width, height)
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


class Projection(NamedTuple):
    """A grid on the screen: its unit (0, 0) at (left, top), `scale` pixels per unit, clipped to `rect`."""

    grid: TileGrid
    rect: QRectF
    left: float
    top: float
    scale: float

    def spot_at(self, point: QPointF) -> Spot | None:
        """Return the value under a point of the screen, as `TileGrid.spot_at`."""
        if not self.rect.contains(point):
            return None
        return self.grid.spot_at((point.x() - self.left) / self.scale, (point.y() - self.top) / self.scale)

    def tile_rect(self, channel: int) -> QRectF:
        """Return the position of a tile on the screen."""
        x, y = self.grid.tile_corner(channel)
        return self._to_screen(x, y, self.grid.tile_width, self.grid.tile_height)

    def value_rect(self, spot: Spot) -> QRectF:
        """Return the position of a value on the screen."""
        x, y = self.grid.tile_corner(spot.channel)
        repeat = self.grid.repeat
        return self._to_screen(x + spot.x * repeat, y + spot.y * repeat, repeat, repeat)

    def block_rect(self, block: TileBlock) -> QRectF:
        """Return the position of a block of tiles with its gaps."""
        units = self.grid.block_rect(block)
        return self._to_screen(units.x(), units.y(), units.width(), units.height())

    def visible_block(self) -> TileBlock:
        """Return the tiles that are visible in `rect`, wholly or partly."""
        grid, across, down = self.grid, self.scale * self.grid.pitch_x, self.scale * self.grid.pitch_y
        return TileBlock(
            _index_range(self.rect.top() - self.top, self.rect.bottom() - self.top, down, grid.rows),
            _index_range(self.rect.left() - self.left, self.rect.right() - self.left, across, grid.columns),
        )

    def visible_channels(self) -> list[int]:
        """Return the visible maps, with −1 for the picture before them."""
        (first_row, last_row), columns = self.visible_block()
        index = (row * self.grid.columns + column for row in range(first_row, last_row) for column in range(*columns))
        lead, count = self.grid.lead_tiles, self.grid.shape.channels
        return [self.grid.channel_of(number - lead) for number in index if number - lead < count]

    def value_step(self, density: float) -> int:
        """Return the step between values for an image of at least one pixel per device pixel.

        `density` is the number of device pixels per screen pixel.
        """
        (first_row, last_row), (first, last) = self.visible_block()
        values = (last_row - first_row) * (last - first) * self.grid.tile_width * self.grid.tile_height
        step = 1
        while step < self.grid.step and (2 * step * self.scale * density <= 1 or values > _MOST_VALUES * step**2):
            step *= 2
        return step

    def _to_screen(self, x: float, y: float, width: float, height: float) -> QRectF:
        return QRectF(self.left + x * self.scale, self.top + y * self.scale, width * self.scale, height * self.scale)


def project_grid(grid: TileGrid, rect: QRectF, visible: QRectF | None = None) -> Projection:
    """Project a part of a grid, in units, to fill `rect`; all of it by default, at the top left if it is smaller."""
    if visible is None:
        scale = max(min(rect.width() / grid.width, rect.height() / grid.height), 1e-6)
        return Projection(grid, rect, rect.left(), rect.top(), scale)
    scale = rect.width() / visible.width()
    return Projection(grid, rect, rect.left() - visible.left() * scale, rect.top() - visible.top() * scale, scale)


def _index_range(start: float, end: float, pitch: float, count: int) -> tuple[int, int]:
    first = min(max(int(start // pitch), 0), count - 1)
    return first, min(max(ceil(end / pitch), first + 1), count)
