"""Depthwise convolution of large maps: the sum of all taps times their weights, each over whole maps at once.

The rows of a map and its margins follow each other without a gap, so that a tap is one shift of them, in an inner loop
as long as a map. What a shift moves across an edge is no output's.
"""

from math import prod

import numpy as np

from engine.kernels.blocks import LEAST_LARGE_MAP, Checkpoint, cache_values, gather, one_number_per_map, split_range
from engine.kernels.scratch import scratch_array
from engine.kernels.threads import share
from engine.kernels.tiling import Case, Matrices
from engine.shapes import Pair

_MOST_TAPS = 9
"""More of them take longer than products, which read every value once."""

_Part = tuple[slice, slice]
"""Channels, and rows of the output."""


def suits(case: Case) -> bool:
    """Whether each map has one filter of few taps, without a stride, and blocks of whole rows overlap little."""
    _, filters, channels, *kernel = case.weight.shape
    if (filters, channels, *case.stride) != (1, 1, 1, 1) or not 1 < prod(kernel) <= _MOST_TAPS:
        return False
    (height, width), (down, across), lines = case.extent, _reach(case), _lines(case)
    is_large = height * width >= LEAST_LARGE_MAP and across <= width
    is_bounded = (1 + down) * (width + across) <= cache_values(case.source)
    return is_large and is_bounded and (lines >= height or 4 * down <= lines)


def convolve(case: Case, biases: Matrices | None, result: Matrices, checkpoint: Checkpoint) -> None:
    """Fill ``result`` (channels, 1, H', W'); biases are (channels, 1, 1)."""
    down, across = _reach(case)
    pitch = case.extent[1] + across
    rows = split_range(case.extent[0], _lines(case))
    most = cache_values(case.source) // (pitch * (rows[-1].stop - rows[-1].start + down))
    parts = [(channels, part) for channels in split_range(len(result), max(most, 1)) for part in rows]

    def fill(part: _Part, checkpoint: Checkpoint) -> None:
        channels, lines = part
        target = result[channels, 0, lines]
        depth, height, width = target.shape
        shape = (depth, (height - 1) * pitch + width)  # up to the last output
        with (
            scratch_array(depth * (height + down) * pitch, result.dtype) as padded,
            scratch_array(2 * prod(shape), result.dtype) as scratch,
        ):
            maps = padded.reshape(depth, height + down, pitch)
            gather(case.source[channels, 0], maps, (lines.start - case.padding[0], -case.padding[1]), (1, 1))
            sums, products = scratch.reshape(2, *shape)
            _add_taps(case, channels, maps, sums, products, checkpoint)
            sums += 0 if biases is None else biases[channels, 0]  # a sum of −0 is 0, as those of products are
            strides = sums.strides[0], pitch * sums.itemsize, sums.itemsize
            target[...] = np.ndarray(target.shape, sums.dtype, sums, 0, strides)

    with one_number_per_map(case.extent):
        share(parts, fill, checkpoint)


def _add_taps(
    case: Case, channels: slice, maps: Matrices, sums: Matrices, products: Matrices, checkpoint: Checkpoint
) -> None:
    """Fill ``sums`` (channels, values up to the last output) from maps (channels, rows, pitch)."""
    weight = case.weight[channels, 0, 0]
    values = maps.reshape(len(maps), -1)
    target = sums
    for i in range(weight.shape[1]):
        for j in range(weight.shape[2]):
            first = i * case.dilation[0] * maps.shape[2] + j * case.dilation[1]
            np.multiply(values[:, first : first + sums.shape[1]], weight[:, i, j, None], out=target)
            if target is products:
                sums += products
            target = products
        checkpoint()


def _reach(case: Case) -> Pair:
    """Rows and columns from the first tap to the last."""
    kh, kw = case.weight.shape[3:]
    return (kh - 1) * case.dilation[0], (kw - 1) * case.dilation[1]


def _lines(case: Case) -> int:
    """Rows of the output for which the padded rows of one channel fit in the cache; none if that is below 1."""
    down, across = _reach(case)
    return max(1, cache_values(case.source) // (case.extent[1] + across) - down)
