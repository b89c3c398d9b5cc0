"""Convolution of single channels: sums over taps, which take less time than products of matrices with one row.

A block of the input is copied once, with its margins, so that every tap reads it as one range: rows follow each other
without gaps, and the columns between the end of a row's outputs and the next row are computed for nothing. With stride
s every s-th row and column goes to an array of its own, a phase.
"""

from math import gcd
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.kernels.blocks import Checkpoint, Region, Volume, blocks, gather
from engine.kernels.threads import share
from engine.kernels.tiling import Case
from engine.shapes import Pair

_Values = npt.NDArray[Any]

_MOST_FILTERS = 4
"""Filters per channel up to which sums are faster than products."""

_BLOCK_VALUES = 2**17
"""Outputs of a block: fewer would leave much of the time to the calls."""


def is_depthwise(case: Case) -> bool:
    """Whether each filter reads one channel, and few filters the same one."""
    filters, channels = case.weight.shape[1:3]
    return bool(channels == 1 and filters <= _MOST_FILTERS)


def convolve(case: Case, bias: _Values | None, result: Volume, checkpoint: Checkpoint) -> None:
    """Fill ``result`` (groups·filters, H', W')."""
    values = max(1, _BLOCK_VALUES // max(case.stride))
    parts = [*blocks((len(case.source), *case.extent), values)]
    layout = _Layout.of(case, parts[-1])  # which is as large as any
    share(
        parts,
        lambda part, scratch, stop: _fill(case, bias, result, part, scratch, stop),
        lambda: np.empty(layout.values + 2 * layout.outputs, result.dtype),
        checkpoint,
        fewest=2,
    )


class _Layout(NamedTuple):
    """The input of a block: (sh, sw, channels, length) values, `height` rows of `width` each and some that stay 0."""

    stride: Pair
    channels: int
    height: int
    width: int
    length: int
    rows: int
    """Rows of output."""

    @classmethod
    def of(cls, case: Case, region: Region) -> "_Layout":
        channels, rows, cols = (part.stop - part.start for part in region)
        (down, across), (kh, kw) = case.stride, case.weight.shape[-2:]
        halos = (kh - 1) * case.dilation[0] // down, (kw - 1) * case.dilation[1] // across
        height, width = rows + halos[0], cols + halos[1]
        return cls(case.stride, channels, height, width, height * width + halos[1], rows)

    @property
    def values(self) -> int:
        return self.stride[0] * self.stride[1] * self.channels * self.length

    @property
    def outputs(self) -> int:
        """Sums per block, with those between two rows."""
        return self.channels * self.rows * self.width

    def taps(self, source: _Values, at: Pair, rows_apart: int, count: int) -> _Values:
        """Inputs of ``count`` taps, ``rows_apart`` rows from each other, from the tap at row and column ``at`` on.

        Shape (channels, count, outputs of a channel).
        """
        (row, col), (down, across), size = at, self.stride, source.itemsize
        phase = (row % down * across + col % across) * self.channels * self.length
        first = row // down * self.width + col // across
        shape = (self.channels, count, self.rows * self.width)
        strides = (self.length * size, rows_apart // down * self.width * size, size)
        return np.ndarray(shape, source.dtype, source, (phase + first) * size, strides)


def _read(case: Case, region: Region, layout: _Layout, source: _Values) -> None:
    """Copy the input of a block to ``source``, 0 outside the volume."""
    channels, rows, cols = region
    down, across = case.stride
    phases = source.reshape(down, across, layout.channels, layout.length)
    end = layout.height * layout.width
    phases[..., end:] = 0  # read by outputs that nothing reads
    top, left = rows.start * down - case.padding[0], cols.start * across - case.padding[1]
    for a in range(down):
        for b in range(across):
            phase = phases[a, b, :, :end].reshape(layout.channels, layout.height, layout.width)
            gather(case.source[channels, 0], phase, (top + a, left + b), case.stride)


def _fill(
    case: Case, bias: _Values | None, result: Volume, region: Region, scratch: _Values, checkpoint: Checkpoint
) -> None:
    """Compute all filters of some channels at some pixels."""
    channels, rows, cols = region
    layout = _Layout.of(case, region)
    source, total, product = np.split(
        scratch[: layout.values + 2 * layout.outputs], [layout.values, layout.values + layout.outputs]
    )
    _read(case, region, layout, source)
    checkpoint()
    filters, width = case.weight.shape[1], cols.stop - cols.start
    shape = layout.channels, layout.rows * layout.width
    for number in range(filters):
        weight = case.weight[channels, number, 0].astype(total.dtype, copy=False)
        _sum_taps(case, weight, layout, source, total.reshape(shape), product.reshape(shape), checkpoint)
        sums = total.reshape(layout.channels, layout.rows, layout.width)[..., :width]
        maps = slice(channels.start * filters + number, channels.stop * filters, filters)
        if bias is None:
            result[maps, rows, cols] = sums
        else:
            np.add(sums, bias[maps, None, None], out=result[maps, rows, cols], casting="same_kind")


def _sum_taps(
    case: Case,
    weight: _Values,
    layout: _Layout,
    source: _Values,
    total: _Values,
    product: _Values,
    checkpoint: Checkpoint,
) -> None:
    """Set ``total`` to the sum over taps of weight (channels, kh, kw) times input.

    The rows of the kernel that read the same phase are summed in one pass, which keeps sums in the nearest cache.
    """
    kh, kw = weight.shape[1:]
    period = case.stride[0] // gcd(case.stride[0], case.dilation[0])
    target = total
    for j in range(kw):
        for first in range(min(period, kh)):
            factors = weight[:, first::period, j]
            at = first * case.dilation[0], j * case.dilation[1]
            taps = layout.taps(source, at, period * case.dilation[0], factors.shape[1])
            np.einsum("cip,ci->cp", taps, factors, out=target)
            if target is product:
                np.add(total, product, out=total)
            target = product
        checkpoint()
