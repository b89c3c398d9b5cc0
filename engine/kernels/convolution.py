"""Convolution (cross-correlation) and dense layers, as matrix products over blocks of output pixels.

The pixels of a block form a matrix with one column per pixel and one row per tap, which the weights multiply. Three
layouts serve all kernels; `_layout` chooses one:

- in place: a 1×1 kernel without stride and padding multiplies its input where it lies in memory;
- windows: one row per (channel, kernel row, kernel column), one product;
- lines: one row per (kernel column, channel), over all input rows that the block needs. The matrix of kernel row i is
  the same matrix, i·dilation input rows further on, and the product reads it there. This copies fewer values, by a
  factor of the kernel's height, but needs one product per kernel row and the sum of these products.
"""

from math import prod
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from engine.kernels.blocks import BLOCK_BYTES, Checkpoint, Volume, blocks, gather, split_range
from engine.shapes import Margins, Pair, dilated_extent, window_counts

_Matrices = npt.NDArray[Any]

_PART_BYTES = BLOCK_BYTES // 4
"""Limit of each scratch array: the matrix of pixels, a product to be added, reordered weights."""

_COLUMN_BYTES = 2**23
"""Preferred size of the matrix of pixels: from copy to product it stays in the cache that cores share."""

_BLOCK_MACS = 2**30
"""Limit of one product: about 10 ms on two fast cores, 50 ms on slow ones."""

_NARROW = 64
"""Minimum pixels of a block; channels are split instead, since reading the weights dominates narrower products."""


def conv2d(
    volume: Volume,
    weight: npt.NDArray[Any],
    bias: npt.NDArray[Any] | None,
    *,
    stride: Pair,
    padding: Margins,
    dilation: Pair,
    groups: int,
    checkpoint: Checkpoint,
) -> Volume:
    """Cross-correlate a volume with filters; values outside the volume are 0.

    ``out[f, y, x] = bias[f] + Σ weight[f, c, i, j] · volume[g·C/groups + c, y·sh + i·dh − top, x·sw + j·dw − left]``
    over the C/groups channels c of the filter's group g and the taps (i, j).

    Parameters
    ----------
    volume
        (C, H, W)
    weight
        (filters, C / groups, kh, kw); ``groups`` divides C and filters.
    bias
        (filters,)

    Returns
    -------
    (filters, H', W'), with H' and W' from `engine.shapes.window_counts` for the dilated kernel.
    """
    filters, channels, *kernel = weight.shape
    window = dilated_extent(kernel[0], dilation[0]), dilated_extent(kernel[1], dilation[1])
    extent = window_counts(volume.shape[1:], padding, window, stride)
    case = _Case(
        volume.reshape(groups, channels, *volume.shape[1:]),
        weight.reshape(groups, filters // groups, channels, *kernel),
        extent,
        stride,
        padding,
        dilation,
    )
    result = np.empty((filters, *extent), volume.dtype)
    biases = None if bias is None else bias.reshape(groups, filters // groups, 1)
    _multiply(case, biases, result.reshape(groups, filters // groups, prod(extent)), checkpoint)
    return result


def dense(volume: Volume, weight: npt.NDArray[Any], bias: npt.NDArray[Any] | None, checkpoint: Checkpoint) -> Volume:
    """``weight @ volume.ravel() + bias`` with weight (units, C·H·W) and bias (units,), as (units, 1, 1)."""
    return conv2d(
        volume.reshape(-1, 1, 1),
        weight[:, :, None, None],
        bias,
        stride=(1, 1),
        padding=(0, 0, 0, 0),
        dilation=(1, 1),
        groups=1,
        checkpoint=checkpoint,
    )


class _Block(NamedTuple):
    """Output pixels of some groups, and the input channels to add to them."""

    groups: slice
    channels: slice
    rows: slice
    cols: slice

    @property
    def extent(self) -> Pair:
        """Number of rows and columns."""
        return self.rows.stop - self.rows.start, self.cols.stop - self.cols.start


class _Tile(NamedTuple):
    """Maximum size of a block."""

    groups: int
    filters: int
    channels: int
    pixels: int


class _Case(NamedTuple):
    """One convolution, with channels and filters split by group."""

    source: _Matrices  # (groups, channels, H, W)
    weight: _Matrices  # (groups, filters, channels, kh, kw)
    extent: Pair
    stride: Pair
    padding: Margins
    dilation: Pair

    def starts(self, block: _Block, tap: Pair) -> Pair:
        """Input row and column of a tap of the block's first pixel."""
        return (
            block.rows.start * self.stride[0] + tap[0] * self.dilation[0] - self.padding[0],
            block.cols.start * self.stride[1] + tap[1] * self.dilation[1] - self.padding[1],
        )


class _Layout(Protocol):
    """An arrangement of pixels: product i is ``weights[i] @ columns[..., i * shift : i * shift + pixels]``."""

    weights: _Matrices  # (products, groups, filters, rows of all channels)
    shift: int
    tile: _Tile

    def columns(self, block: _Block, checkpoint: Checkpoint) -> _Matrices:
        """(groups, rows of the block's channels, pixels + (products − 1)·shift)."""


class _InPlace:
    """The input's pixels where they lie in memory."""

    shift = 0

    def __init__(self, case: _Case) -> None:
        groups, channels, height, width = case.source.shape
        self._width = width
        self._pixels = case.source.reshape(groups, channels, height * width)
        self.weights = case.weight.reshape(1, *case.weight.shape[:3])
        values = BLOCK_BYTES // case.source.itemsize
        self.tile = _tile(case, 1, aim=values, bound=values)

    def columns(self, block: _Block, checkpoint: Checkpoint) -> _Matrices:
        first = block.rows.start * self._width + block.cols.start
        count = block.extent[0] * block.extent[1]
        return self._pixels[block.groups, block.channels, first : first + count]


class _Windows:
    """One row per (channel, kernel row, kernel column)."""

    shift = 0

    def __init__(self, case: _Case) -> None:
        self._case = case
        groups, filters, channels, kh, kw = case.weight.shape
        self.weights = case.weight.reshape(1, groups, filters, channels * kh * kw)
        itemsize = case.source.itemsize
        self.tile = _tile(case, kh * kw, aim=_COLUMN_BYTES // itemsize, bound=_PART_BYTES // itemsize)
        tile = self.tile
        self._scratch = np.empty(tile.groups * tile.channels * kh * kw * tile.pixels, case.source.dtype)

    def columns(self, block: _Block, checkpoint: Checkpoint) -> _Matrices:
        case = self._case
        source = case.source[block.groups, block.channels]
        kh, kw = case.weight.shape[-2:]
        target = _as_matrices(self._scratch, (*source.shape[:2], kh, kw, *block.extent))
        for i in range(kh):
            for j in range(kw):
                gather(source, target[:, :, i, j], case.starts(block, (i, j)), case.stride)
            checkpoint()
        return target.reshape(source.shape[0], source.shape[1] * kh * kw, -1)


class _Lines:
    """One row per (kernel column, channel), one column per pixel of the input rows; kh products."""

    def __init__(self, case: _Case, tile: _Tile) -> None:
        self._case = case
        groups, filters, channels, kh, kw = case.weight.shape
        width = case.extent[1]
        self._halo = (kh - 1) * case.dilation[0]
        self.shift = case.dilation[0] * width
        self.weights = np.ascontiguousarray(case.weight.transpose(3, 0, 1, 4, 2)).reshape(kh, groups, filters, -1)
        self.tile = tile
        self._scratch = np.empty(tile.groups * channels * kw * (tile.pixels + self._halo * width), case.source.dtype)

    def columns(self, block: _Block, checkpoint: Checkpoint) -> _Matrices:
        source = self._case.source[block.groups]
        groups, channels = source.shape[:2]
        kw = self._case.weight.shape[-1]
        height, width = block.extent
        target = _as_matrices(self._scratch, (groups, kw, channels, height + self._halo, width))
        for j in range(kw):
            gather(source, target[:, j], self._case.starts(block, (0, j)), self._case.stride)
            checkpoint()
        return target.reshape(groups, kw * channels, -1)


def _layout(case: _Case) -> _Layout:
    """Choose the layout that moves fewer values besides the products; the one in place moves none.

    Windows copy one value per tap and pixel. Lines copy one value per kernel column and pixel of the input rows,
    reorder the weights, which by measurement costs two copies per value, and add kh products.
    """
    groups, filters, channels, kh, kw = case.weight.shape
    pixels = case.extent[0] * case.extent[1]
    if (kh, kw) == case.stride == (1, 1) and not any(case.padding):
        return _InPlace(case)
    tile = _line_tile(case)
    if tile is None:
        return _Windows(case)
    overlap = (kh - 1) * case.dilation[0] * case.extent[1] / tile.pixels
    copied = groups * channels * kw * pixels * (1 + overlap)
    added = (kh - 1) * groups * filters * pixels
    if copied + 2 * case.weight.size + added < groups * channels * kh * kw * pixels:
        return _Lines(case, tile)
    return _Windows(case)


def _line_tile(case: _Case) -> _Tile | None:
    """Whole rows of all channels and filters; None if they exceed the limits of a block, or the stride skips rows."""
    groups, filters, channels, kh, kw = case.weight.shape
    height, width = case.extent
    part = _PART_BYTES // case.source.itemsize
    aim = _COLUMN_BYTES // case.source.itemsize
    halo = (kh - 1) * case.dilation[0]
    line = channels * kw * width
    lines = min(max(aim // line - halo, 4 * halo, 1), height)
    values = max(line * (lines + halo), filters * lines * width)
    macs = line * lines * filters
    if case.stride[0] > 1 or max(values, case.weight.size) > part or macs > _BLOCK_MACS:
        return None
    return _Tile(_clip(min(aim // values, _BLOCK_MACS // macs), groups), filters, channels, lines * width)


def _tile(case: _Case, taps: int, aim: int, bound: int) -> _Tile:
    """As many pixels as fit, then channels, filters and groups.

    ``taps`` are the rows per channel. The matrix has about ``aim`` values unless narrow products need more, and at
    most ``bound``. Blocks of `_NARROW` pixels stay far below `_BLOCK_MACS`, since their weights fit in `_PART_BYTES`.
    """
    groups, filters, channels = case.weight.shape[:3]
    part = _PART_BYTES // case.source.itemsize
    depth = channels * taps
    pixels = max(_NARROW, min(aim // depth, _BLOCK_MACS // (depth * filters), part // filters))
    pixels = _clip(min(pixels, bound // taps), case.extent[0] * case.extent[1])
    tile_channels = _clip(min(bound // pixels, part) // taps, channels)
    depth = tile_channels * taps
    tile_filters = _clip(part // max(pixels, depth), filters)
    if (tile_channels, tile_filters) < (channels, filters):
        return _Tile(1, tile_filters, tile_channels, pixels)
    values = max(depth * pixels, filters * max(pixels, depth))
    tile_groups = _clip(min(aim // values, _BLOCK_MACS // (depth * pixels * filters)), groups)
    return _Tile(tile_groups, filters, channels, pixels)


def _clip(value: int, limit: int) -> int:
    return max(1, min(value, limit))


def _as_matrices(scratch: _Matrices, shape: tuple[int, ...]) -> _Matrices:
    """The first values of a flat array, reshaped."""
    return scratch[: prod(shape)].reshape(shape)


def _multiply(case: _Case, biases: _Matrices | None, result: _Matrices, checkpoint: Checkpoint) -> None:
    """Fill ``result`` (groups, filters, pixels) block by block."""
    layout = _layout(case)
    tile = layout.tile
    width = case.extent[1]
    groups, filters, channels = case.weight.shape[:3]
    depth = layout.weights.shape[-1] // channels
    adds = len(layout.weights) > 1 or tile.channels < channels
    scratch = np.empty(tile.groups * tile.filters * tile.pixels if adds else 0, result.dtype)
    for group_part in split_range(groups, tile.groups):
        for _, rows, cols in blocks((1, *case.extent), tile.pixels):
            pixels = slice(rows.start * width + cols.start, (rows.stop - 1) * width + cols.stop)
            for channel_part in split_range(channels, tile.channels):
                columns = layout.columns(_Block(group_part, channel_part, rows, cols), checkpoint)
                depths = slice(channel_part.start * depth, channel_part.stop * depth)
                for filter_part in split_range(filters, tile.filters):
                    factors = layout.weights[:, group_part, filter_part, depths]
                    target = result[group_part, filter_part, pixels]
                    _accumulate(factors, columns, layout.shift, target, scratch, channel_part.start == 0, checkpoint)
                    if biases is not None and channel_part.stop == channels:
                        target += biases[group_part, filter_part]


def _accumulate(
    factors: _Matrices,
    columns: _Matrices,
    shift: int,
    target: _Matrices,
    scratch: _Matrices,
    first: bool,
    checkpoint: Checkpoint,
) -> None:
    """Add the sum of a block's products to ``target``, or set it if ``first``."""
    for index, factor in enumerate(factors):
        operand = columns[..., index * shift : index * shift + target.shape[-1]]
        if first and index == 0:
            np.matmul(factor, operand, out=target)
        else:
            target += np.matmul(factor, operand, out=_as_matrices(scratch, target.shape))
        checkpoint()
