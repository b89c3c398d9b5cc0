"""Layouts of pixels as matrices, which make a convolution a matrix product, and the sizes of blocks.

The pixels of a block form a matrix with one column per pixel and one row per tap, which the weights multiply. Three
layouts serve all kernels; `layout_of` chooses one:

- in place: a 1×1 kernel without stride and padding multiplies its input where it lies in memory;
- windows: one row per (channel, kernel row, kernel column), one product;
- lines: one row per (kernel column, channel), over all input rows that the block needs. The matrix of kernel row i is
  the same matrix, i·dilation input rows further on, and the product reads it there. This copies fewer values, by a
  factor of the kernel's height, but needs one product per kernel row and the sum of these products.
"""

from collections.abc import Iterator
from math import prod
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from engine.kernels.blocks import BLOCK_BYTES, split_range
from engine.kernels.threads import MOST_THREADS
from engine.shapes import Margins, Pair

Matrices = npt.NDArray[Any]

PART_BYTES = BLOCK_BYTES // (4 * MOST_THREADS)
"""Limit of each scratch array of a thread: the matrix of pixels, a product to be added."""

WEIGHT_BYTES = BLOCK_BYTES // 4
"""Limit of reordered weights, which all threads read."""

COLUMN_BYTES = 2**21
"""Preferred size of the matrix of pixels: from copy to product it stays in the cache that cores share."""

BLOCK_MACS = 2**28
"""Limit of one product: about 6 ms on a fast core, 50 ms on a slow one."""

FEW_PARTS = 4
"""Blocks below which products are cut into pieces as well, for other threads."""

MANY_PARTS = 8
"""Preferred number of blocks: more than threads, so that one that is not running delays little of the work."""

PIECE_MACS = 2**23
"""Minimum of a piece of a product: about 0.2 ms."""

COPY_VALUES = 2**16
"""Values of one copy: about 20 µs."""

NARROW = 64
"""Minimum pixels of a block; channels are split instead, since reading the weights dominates narrower products."""


class Block(NamedTuple):
    """Output pixels of some groups, and the input channels to add to them."""

    groups: slice
    channels: slice
    rows: slice
    cols: slice

    @property
    def extent(self) -> Pair:
        """Number of rows and columns."""
        return self.rows.stop - self.rows.start, self.cols.stop - self.cols.start


class Tile(NamedTuple):
    """Maximum size of a block."""

    groups: int
    channels: int
    pixels: int


class Case(NamedTuple):
    """One convolution, with channels and filters split by group."""

    source: Matrices  # (groups, channels, H, W)
    weight: Matrices  # (groups, filters, channels, kh, kw)
    extent: Pair
    stride: Pair
    padding: Margins
    dilation: Pair

    def starts(self, block: Block, tap: Pair) -> Pair:
        """Input row and column of a tap of the block's first pixel."""
        return (
            block.rows.start * self.stride[0] + tap[0] * self.dilation[0] - self.padding[0],
            block.cols.start * self.stride[1] + tap[1] * self.dilation[1] - self.padding[1],
        )


Copies = list[tuple[Matrices, Matrices, Pair, Pair]]
"""Arguments of `gather`, in any order."""


class Layout(Protocol):
    """An arrangement of pixels: product i is ``weights[i] @ columns[..., i * shift : i * shift + pixels]``."""

    weights: Matrices  # (products, groups, filters, rows of all channels)
    shift: int
    tile: Tile
    scratch_values: int
    """Size of the scratch array for the columns of a block."""
    takes_turns: bool
    """Whether the scratch arrays are so large that all threads work at one block."""

    def columns(self, block: Block, scratch: Matrices) -> tuple[Matrices, list[Copies]]:
        """(groups, rows of the block's channels, pixels + (products − 1)·shift), and the steps that fill it."""


class InPlace:
    """The input's pixels where they lie in memory."""

    shift = 0
    scratch_values = 0
    takes_turns = False

    def __init__(self, case: Case) -> None:
        groups, channels, height, width = case.source.shape
        self._width = width
        self._pixels = case.source.reshape(groups, channels, height * width)
        self.weights = case.weight.reshape(1, *case.weight.shape[:3])
        self.tile = _tile(case, 1, BLOCK_BYTES // case.source.itemsize)

    def columns(self, block: Block, scratch: Matrices) -> tuple[Matrices, list[Copies]]:
        first = block.rows.start * self._width + block.cols.start
        count = block.extent[0] * block.extent[1]
        return self._pixels[block.groups, block.channels, first : first + count], []


class Windows:
    """One row per (channel, kernel row, kernel column)."""

    shift = 0
    takes_turns = False

    def __init__(self, case: Case) -> None:
        self._case = case
        groups, filters, channels, kh, kw = case.weight.shape
        self.weights = case.weight.reshape(1, groups, filters, channels * kh * kw)
        itemsize = case.source.itemsize
        self.tile = _tile(case, kh * kw, PART_BYTES // itemsize)
        tile = self.tile
        self.scratch_values = tile.groups * tile.channels * kh * kw * tile.pixels

    def columns(self, block: Block, scratch: Matrices) -> tuple[Matrices, list[Copies]]:
        case = self._case
        source = case.source[block.groups, block.channels]
        kh, kw = case.weight.shape[-2:]
        target = as_matrices(scratch, (*source.shape[:2], kh, kw, *block.extent))
        phases = _phases(case, source, block)
        copies: Copies = []
        for part in _channel_parts(source, prod(block.extent)):
            for i in range(kh):
                for j in range(kw):
                    if phases is None:
                        read, start, step = source, case.starts(block, (i, j)), case.stride
                    else:
                        offset, phase = divmod(j, case.stride[1])
                        read, start, step = phases[phase], (i, offset), (case.stride[0], 1)
                    copies.append((read[:, part], target[:, part, i, j], start, step))
        matrix = target.reshape(source.shape[0], source.shape[1] * kh * kw, -1)
        if phases is None:
            return matrix, [copies]
        top, left = case.starts(block, (0, 0))
        split: Copies = [(source, phase, (top, left + j), (1, case.stride[1])) for j, phase in enumerate(phases)]
        return matrix, [split, copies]


def _phases(case: Case, source: Matrices, block: Block) -> Matrices | None:
    """An array for every s-th column of the block's input from each start, s being the stride.

    Shape (s, groups, channels, input rows, columns). From these, taps are copied as whole rows. None if that does not
    pay: the split reads every value once, without whole rows.
    """
    kh, kw = case.weight.shape[-2:]
    (rows, cols), (down, across) = block.extent, case.stride
    shape = (across, *source.shape[:2], (rows - 1) * down + kh, cols + (kw - 1) // across)
    pays = across > 1 and case.dilation == (1, 1) and 2 * prod(shape) <= source.shape[1] * kh * kw * rows * cols
    return np.empty(shape, source.dtype) if pays else None


class Lines:
    """One row per (kernel column, channel), one column per pixel of the input rows; kh products."""

    def __init__(self, case: Case, tile: Tile) -> None:
        self._case = case
        groups, filters, channels, kh, kw = case.weight.shape
        width = case.extent[1]
        self._halo = (kh - 1) * case.dilation[0]
        self.shift = case.dilation[0] * width
        self.weights = np.ascontiguousarray(case.weight.transpose(3, 0, 1, 4, 2)).reshape(kh, groups, filters, -1)
        self.tile = tile
        self.scratch_values = tile.groups * channels * kw * (tile.pixels + self._halo * width)
        self.takes_turns = self.scratch_values * case.source.itemsize > PART_BYTES

    def columns(self, block: Block, scratch: Matrices) -> tuple[Matrices, list[Copies]]:
        source = self._case.source[block.groups]
        groups, channels = source.shape[:2]
        kw = self._case.weight.shape[-1]
        height, width = block.extent
        target = as_matrices(scratch, (groups, kw, channels, height + self._halo, width))
        copies = [
            (source[:, part], target[:, j, part], self._case.starts(block, (0, j)), self._case.stride)
            for part in _channel_parts(source, (height + self._halo) * width)
            for j in range(kw)
        ]
        return target.reshape(groups, kw * channels, -1), [copies]


def _channel_parts(source: Matrices, values: int) -> Iterator[slice]:
    """Slices of the channels of (groups, channels, H, W) so that a copy moves about `COPY_VALUES`."""
    return split_range(source.shape[1], max(1, COPY_VALUES // (values * len(source))))


def layout_of(case: Case) -> Layout:
    """Choose the layout that moves fewer values besides the products; the one in place moves none.

    Windows copy one value per tap and pixel. Lines copy one value per kernel column and pixel of the input rows,
    reorder the weights, which by measurement costs two copies per value, and add kh products.
    """
    groups, filters, channels, kh, kw = case.weight.shape
    pixels = case.extent[0] * case.extent[1]
    if (kh, kw) == case.stride == (1, 1) and not any(case.padding):
        return InPlace(case)
    tile = line_tile(case)
    if tile is None:
        return Windows(case)
    overlap = (kh - 1) * case.dilation[0] * case.extent[1] / tile.pixels
    copied = groups * channels * kw * pixels * (1 + overlap)
    added = (kh - 1) * groups * filters * pixels
    if copied + 2 * case.weight.size + added < groups * channels * kh * kw * pixels:
        return Lines(case, tile)
    return Windows(case)


def line_tile(case: Case) -> Tile | None:
    """Whole rows of all channels; None if they exceed the limits of a block, or the stride skips rows.

    Rows overlap by at most a quarter. If threads cannot have so many each, they have them together.
    """
    groups, filters, channels, kh, kw = case.weight.shape
    height, width = case.extent
    itemsize = case.source.itemsize
    aim = COLUMN_BYTES // itemsize
    halo = (kh - 1) * case.dilation[0]
    line = channels * kw * width
    lines = min(max(min(aim // line - halo, -(-height * groups // MANY_PARTS)), 4 * halo, 1), height)
    values = line * (lines + halo)
    if case.stride[0] > 1 or values > MOST_THREADS * PART_BYTES // itemsize or case.weight.nbytes > WEIGHT_BYTES:
        return None
    return Tile(_clip(min(aim // values, BLOCK_MACS // (line * lines * filters)), groups), channels, lines * width)


def _tile(case: Case, taps: int, bound: int) -> Tile:
    """As many pixels as fit, then channels and groups.

    ``taps`` are the rows per channel. The matrix has at most ``bound`` values; narrow ones leave out channels.
    """
    groups, filters, channels = case.weight.shape[:3]
    depth = channels * taps
    pixels = _clip(min(max(NARROW, bound // depth), bound // taps), case.extent[0] * case.extent[1])
    tile_channels = _clip(bound // pixels // taps, channels)
    if tile_channels < channels:
        return Tile(1, tile_channels, pixels)
    return Tile(_clip(min(bound, BLOCK_MACS // filters) // (depth * pixels), groups), channels, pixels)


def pieces(shape: tuple[int, ...], depth: int, parts: int, itemsize: int) -> Iterator[tuple[slice, slice]]:
    """Cut a product (groups, filters, pixels) of ``depth`` multiplications per value, which is one of ``parts``.

    Each piece reads its weights, and its pixels, which by measurement take twice as long per value.
    """
    groups, filters, pixels = shape
    macs = groups * filters * max(pixels, NARROW) * depth  # reading the weights dominates narrower products
    wanted = max(
        min(-(-FEW_PARTS // parts), macs // PIECE_MACS),
        -(-macs // BLOCK_MACS),
        -(-groups * filters * pixels // max(PART_BYTES // itemsize, 1)),
        1,
    )
    cuts = [(-(-wanted // across), across) for across in (1 << power for power in range(wanted.bit_length()))]
    down, across = min(cuts, key=lambda cut: 2 * cut[0] * pixels + cut[1] * filters)
    for part in split_range(filters, -(-filters // min(down, filters))):
        for cols in split_range(pixels, -(-pixels // min(across, pixels))):
            yield part, cols


def _clip(value: int, limit: int) -> int:
    return max(1, min(value, limit))


def as_matrices(scratch: Matrices, shape: tuple[int, ...]) -> Matrices:
    """The first values of a flat array, reshaped."""
    return scratch[: prod(shape)].reshape(shape)
