"""Layouts of pixels as matrices, which make a convolution a matrix product, and the sizes of blocks.

The pixels of a block form a matrix with one column per pixel and one row per tap, which the weights multiply. Three
layouts serve all kernels; `layout_of` chooses one:

- in place: a 1×1 kernel without stride and padding multiplies its input where it lies in memory;
- windows: one row per (channel, kernel row, kernel column), one product;
- lines: one row per (kernel column, channel), over all input rows that the block needs. The matrix of kernel row i is
  the same matrix, i·dilation input rows further on, and the product reads it there. This copies fewer values, by a
  factor of the kernel's height, but needs one product per kernel row and the sum of these products.
"""

from collections.abc import Callable
from functools import partial
from math import prod
from typing import NamedTuple, Protocol

import numpy as np

from engine.kernels import tiling
from engine.kernels.blocks import BLOCK_BYTES, gather, split_range
from engine.kernels.tiling import Block, Case, Matrices, Tile

COPY_VALUES = 2**16
"""Values of one copy: about 20 µs."""

Copies = list[Callable[[], object]]
"""What fills a part of a matrix each, in any order."""


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
        self.tile = tiling.pixel_tile(case, 1, BLOCK_BYTES // case.source.itemsize)

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
        self.tile = tiling.pixel_tile(case, kh * kw, tiling.PART_BYTES // itemsize)
        tile = self.tile
        self.scratch_values = tile.groups * tile.channels * kh * kw * tile.pixels

    def columns(self, block: Block, scratch: Matrices) -> tuple[Matrices, list[Copies]]:
        case = self._case
        source = case.source[block.groups, block.channels]
        kh, kw = case.weight.shape[-2:]
        target = as_matrices(scratch, (*source.shape[:2], kh, kw, *block.extent))
        matrix = target.reshape(source.shape[0], source.shape[1] * kh * kw, -1)
        phases = _Phases.of(case, source, block)
        if phases is not None:
            return matrix, [phases.split(), phases.copies(target)]
        copies: Copies = [
            partial(gather, source[:, part], target[:, part, i, j], case.starts(block, (i, j)), case.stride)
            for part in _channel_parts(source, prod(block.extent))
            for i in range(kh)
            for j in range(kw)
        ]
        return matrix, [copies]


class _Phases(NamedTuple):
    """Every s-th column of a block's input from each start, s being the stride, with the margins.

    From these, a few copies of whole rows fill all taps of a matrix of windows.
    """

    case: Case
    block: Block
    source: Matrices
    values: Matrices  # (s, groups, channels, input rows, columns)

    @classmethod
    def of(cls, case: Case, source: Matrices, block: Block) -> "_Phases | None":
        """None if it does not pay, since its values are more than half as many as those of the windows."""
        kh, kw = case.weight.shape[-2:]
        (rows, cols), (down, across), dilation = block.extent, case.stride, case.dilation
        height, width = (rows - 1) * down + (kh - 1) * dilation[0] + 1, cols + (kw - 1) * dilation[1] // across
        shape = (across, *source.shape[:2], height, width)
        if min(across, dilation[1]) > 1 or 2 * prod(shape) > source.shape[0] * source.shape[1] * kh * kw * rows * cols:
            return None
        return cls(case, block, source, np.empty(shape, source.dtype))

    def split(self) -> Copies:
        """The copies that fill the phases."""
        top, left = self.case.starts(self.block, (0, 0))
        across = self.case.stride[1]
        return [
            partial(gather, self.source[:, part], phase[:, part], (top, left + number), (1, across))
            for part in _channel_parts(self.source, prod(self.values.shape[-2:]))
            for number, phase in enumerate(self.values)
        ]

    def copies(self, target: Matrices) -> Copies:
        """The copies that fill windows, (groups, channels, kh, kw, rows, cols), from the phases."""
        (down, across), dilation = self.case.stride, self.case.dilation
        group, channel, row, col = self.values.strides[1:]
        result: Copies = []
        for number, phase in enumerate(self.values):
            windows = target[:, :, :, number::across]
            if windows.size:
                strides = group, channel, row * dilation[0], col * dilation[1], row * down, col
                taps: Matrices = np.ndarray(windows.shape, phase.dtype, phase, 0, strides)
                for part in _channel_parts(self.source, prod(windows.shape[2:])):
                    result.append(partial(np.copyto, windows[:, part], taps[:, part]))
        return result


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
        self.takes_turns = self.scratch_values * case.source.itemsize > tiling.PART_BYTES

    def columns(self, block: Block, scratch: Matrices) -> tuple[Matrices, list[Copies]]:
        source = self._case.source[block.groups]
        groups, channels = source.shape[:2]
        kw = self._case.weight.shape[-1]
        height, width = block.extent
        target = as_matrices(scratch, (groups, kw, channels, height + self._halo, width))
        copies: Copies = [
            partial(gather, source[:, part], target[:, j, part], self._case.starts(block, (0, j)), self._case.stride)
            for part in _channel_parts(source, (height + self._halo) * width)
            for j in range(kw)
        ]
        return target.reshape(groups, kw * channels, -1), [copies]


def _channel_parts(source: Matrices, values: int) -> list[slice]:
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
    tile = tiling.line_tile(case)
    if tile is None:
        return Windows(case)
    overlap = (kh - 1) * case.dilation[0] * case.extent[1] / tile.pixels
    copied = groups * channels * kw * pixels * (1 + overlap)
    added = (kh - 1) * groups * filters * pixels
    if copied + 2 * case.weight.size + added < groups * channels * kh * kw * pixels:
        return Lines(case, tile)
    return Windows(case)


def as_matrices(scratch: Matrices, shape: tuple[int, ...]) -> Matrices:
    """The first values of a flat array, reshaped."""
    return scratch[: prod(shape)].reshape(shape)
