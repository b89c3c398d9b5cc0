"""Sizes of the blocks in which a convolution is computed: bounded in memory and time, and enough for all threads."""

from itertools import product
from typing import Any, NamedTuple

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

_MANY_PARTS = 8
"""Preferred number of blocks: more than threads, so that one that is not running delays little of the work."""

PIECE_MACS = 2**24
"""Minimum of a piece of a product: about 0.4 ms. Smaller ones take up to half as long again as the whole."""

_LEAST_OUTPUTS = 512
"""Minimum of a piece's values, if the product has them: NumPy computes fewer than 500 without releasing the
interpreter, and all other threads wait. Products of fewer are cut like others, so that they wait less."""

_EQUAL_ROWS = 4
"""A piece has whole sets of so many filters, as far as they go: what is beyond, BLAS adds in another order, and filters
of equal weights would not make equal maps."""

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


def is_product(case: Case) -> bool:
    """Whether it is one product with the pixels in place, which BLAS alone computes faster than anything around it."""
    return is_pointwise(case.weight.shape, case.stride, case.padding) and bool(case.source.flags.c_contiguous)


def is_pointwise(weight: tuple[int, ...], stride: Pair, padding: Margins) -> bool:
    """Whether each pixel is computed from all channels of the one below it; weights are (groups, …, kh, kw)."""
    groups, _, _, *kernel = weight
    return groups == 1 and kernel == [1, 1] and stride == (1, 1) and not any(padding)


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
    lines = min(max(min(aim // line - halo, -(-height * groups // _MANY_PARTS)), 4 * halo, 1), height)
    values = line * (lines + halo)
    if case.stride[0] > 1 or values > MOST_THREADS * PART_BYTES // itemsize or case.weight.nbytes > WEIGHT_BYTES:
        return None
    return Tile(_clip(min(aim // values, BLOCK_MACS // (line * lines * filters)), groups), channels, lines * width)


def pixel_tile(case: Case, taps: int, bound: int) -> Tile:
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


def pieces(shape: tuple[int, ...], depth: int, parts: int, itemsize: int) -> list[tuple[slice, slice]]:
    """Cut a product (groups, filters, pixels) of ``depth`` multiplications per value, which is one of ``parts``.

    Each piece reads its weights, and its pixels, which by measurement take twice as long per value.
    """
    groups, filters, pixels = shape
    outputs = groups * filters * pixels
    macs = groups * filters * max(pixels, NARROW) * depth  # reading the weights dominates narrower products
    most = outputs // _LEAST_OUTPUTS or outputs
    fewest = max(
        min(max(min(-(-FEW_PARTS // parts), macs // PIECE_MACS), -(-macs // BLOCK_MACS)), most),
        -(-outputs * depth // BLOCK_MACS),
        -(-outputs // max(PART_BYTES // itemsize, 1)),
        1,
    )
    if fewest == 1:
        return [(slice(0, filters), slice(0, pixels))]
    cuts = [(-(-fewest // across), across) for across in (1 << power for power in range(fewest.bit_length()))]
    down, across = min(cuts, key=lambda cut: 2 * cut[0] * pixels + cut[1] * filters)
    size = _EQUAL_ROWS if down * _EQUAL_ROWS <= filters else 1
    sets = -(-filters // size)
    filter_sets = split_range(sets, -(-sets // min(down, sets)))
    filter_parts = [slice(part.start * size, min(part.stop * size, filters)) for part in filter_sets]
    return [*product(filter_parts, split_range(pixels, -(-pixels // min(across, pixels))))]


def _clip(value: int, limit: int) -> int:
    return max(1, min(value, limit))
