"""Convolution with few filters of many channels: a product per tap with the input as it lies in memory, then their sum.

``P[i, j, f] = Σ weight[f, c, i, j] · volume[c]`` for all taps is one product; the output is the sum of these maps, each
shifted by its tap. So no pixel is copied, and a product reads each value of the input once instead of once per tap.
"""

from math import prod

import numpy as np

from engine.kernels import tiling
from engine.kernels.blocks import Checkpoint, indices_within, split_range
from engine.kernels.scratch import scratch_array
from engine.kernels.threads import share
from engine.kernels.tiling import Case, Matrices

_CHANNELS_PER_FILTER = 3
"""Channels per filter from which on the copies of other layouts take longer than the sums of this one."""

_Part = tuple[int, slice]
"""A group, and some of its filters."""


def suits(case: Case) -> bool:
    """Whether filters are few, nearly every product counts, and the products of a filter and weights are in bounds."""
    _, filters, channels, *kernel = case.weight.shape
    pixels = prod(case.source.shape[2:])
    return bool(
        max(kernel) > 1
        and case.stride == (1, 1)
        and channels >= _CHANNELS_PER_FILTER * filters
        and 10 * prod(case.extent) >= 9 * pixels
        and tiling.FEW_PARTS * prod(kernel) * pixels * case.source.itemsize <= tiling.PART_BYTES
        and prod(kernel) * pixels * channels <= tiling.BLOCK_MACS
        and case.weight.nbytes <= tiling.WEIGHT_BYTES
    )


def convolve(case: Case, biases: Matrices | None, result: Matrices, checkpoint: Checkpoint) -> None:
    """Fill ``result`` (groups, filters, H', W'); biases are (groups, filters, 1)."""
    groups, filters, channels, *kernel = case.weight.shape
    maps = prod(kernel) * prod(case.source.shape[2:])
    count = max(
        -(-tiling.FEW_PARTS // groups),
        -(-filters * maps // max(tiling.PART_BYTES // case.source.itemsize, 1)),
        -(-filters * maps * channels // tiling.BLOCK_MACS),
    )
    cuts = split_range(filters, -(-filters // min(count, filters)))
    parts: list[_Part] = [(group, cut) for group in range(groups) for cut in cuts]
    values = max(cut.stop - cut.start for cut in cuts) * maps

    def fill(part: _Part, checkpoint: Checkpoint) -> None:
        target = result[part]
        target[...] = 0 if biases is None else biases[part][..., None]
        with scratch_array(values, result.dtype) as scratch:
            _add_taps(case, part, target, scratch, checkpoint)

    share(parts, fill, checkpoint)


def _add_taps(case: Case, part: _Part, target: Matrices, scratch: Matrices, checkpoint: Checkpoint) -> None:
    """Add the products of all taps to ``target`` (filters, H', W')."""
    group, _ = part
    channels, *extent = case.source.shape[1:]
    weight = np.ascontiguousarray(case.weight[part].transpose(2, 3, 0, 1))
    kh, kw, filters, _ = weight.shape
    products = scratch[: weight.size // channels * prod(extent)].reshape(-1, prod(extent))
    np.matmul(weight.reshape(-1, channels), case.source[group].reshape(channels, -1), out=products)
    checkpoint()
    maps = products.reshape(kh, kw, filters, *extent)
    for i in range(kh):
        for j in range(kw):
            down, right = i * case.dilation[0] - case.padding[0], j * case.dilation[1] - case.padding[1]
            first, end = indices_within(extent[0], down, 1, target.shape[1])
            left, stop = indices_within(extent[1], right, 1, target.shape[2])
            if first < end and left < stop:
                target[:, first:end, left:stop] += maps[i, j, :, first + down : end + down, left + right : stop + right]
    checkpoint()
