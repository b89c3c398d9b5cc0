"""Pooling: the largest or the mean value of each window, reduced along rows first, then along columns."""

from typing import Any

import numpy as np
import numpy.typing as npt

from engine.kernels.blocks import Checkpoint, Volume, blocks, cache_values, index_slice, indices_within
from engine.shapes import Margins, Pair, window_count


def max_pool2d(
    volume: Volume, *, kernel: Pair, stride: Pair, padding: Margins, ceil: bool, checkpoint: Checkpoint
) -> Volume:
    """Largest value of each window, (C, H', W') with H' and W' as `engine.shapes.window_count` has them.

    Padding is never the largest; a window of nothing but padding gives the lowest value of the dtype.
    """
    lowest = -np.inf if volume.dtype.kind == "f" else np.iinfo(volume.dtype).min
    return _pool(np.maximum, lowest, volume, kernel, stride, padding, ceil, checkpoint)


def avg_pool2d(
    volume: Volume,
    *,
    kernel: Pair,
    stride: Pair,
    padding: Margins,
    ceil: bool,
    count_padding: bool,
    checkpoint: Checkpoint,
) -> Volume:
    """Sum of each window's values divided by the number of its positions, (C, H', W') as in `max_pool2d`.

    Positions are counted inside the padded input, or without ``count_padding`` inside the true input only. What
    ``ceil`` lets a window reach beyond the padding is not counted. A window of nothing but padding gives 0.
    """
    result = _pool(np.add, 0, volume, kernel, stride, padding, ceil, checkpoint)
    counts = []
    for axis in (0, 1):
        before, after = (padding[axis], padding[2 + axis]) if count_padding else (0, 0)
        starts = np.arange(result.shape[1 + axis]) * stride[axis] - padding[axis]
        ends = np.minimum(starts + kernel[axis], volume.shape[1 + axis] + after)
        counts.append(np.maximum(ends - np.maximum(starts, -before), 1))
    for channels, rows, across in blocks(result.shape, cache_values(result)):
        part = result[channels, rows, across]
        divisor = np.multiply.outer(counts[0][rows], counts[1][across]).astype(result.dtype)
        np.divide(part, divisor, out=part, casting="unsafe")
        checkpoint()
    return result


def global_avg_pool2d(volume: Volume, checkpoint: Checkpoint) -> Volume:
    """Mean of each channel, (C, 1, 1); sums are float64."""
    channels, height, width = volume.shape
    sums = np.zeros(channels)
    for some, rows, across in blocks(volume.shape, cache_values(volume)):
        sums[some] += volume[some, rows, across].sum(axis=(1, 2), dtype=np.float64)
        checkpoint()
    result = np.empty((channels, 1, 1), volume.dtype)
    result[:, 0, 0] = sums / (height * width)
    return result


def _pool(
    reduce: np.ufunc,
    initial: float,
    volume: Volume,
    kernel: Pair,
    stride: Pair,
    padding: Margins,
    ceil: bool,
    checkpoint: Checkpoint,
) -> Volume:
    """``reduce`` of ``initial`` and each window's values inside the volume."""
    height, width = (
        window_count(volume.shape[1 + axis], padding[axis], padding[2 + axis], kernel[axis], stride[axis], ceil=ceil)
        for axis in (0, 1)
    )
    result = np.full((volume.shape[0], height, width), initial, volume.dtype)
    values = cache_values(volume) // max(min(kernel[0], volume.shape[1]), stride[0])
    for channels, rows, across in blocks(result.shape, max(values, 1)):
        top = rows.start * stride[0] - padding[0]
        bottom = (rows.stop - 1) * stride[0] - padding[0] + kernel[0]
        source = volume[channels, max(top, 0) : max(bottom, 0)]
        left = across.start * stride[1] - padding[1]
        part = result[channels, rows, across]
        halfway = np.full((*source.shape[:2], part.shape[2]), initial, volume.dtype)
        _reduce(reduce, source, halfway, left, stride[1], kernel[1], checkpoint)
        turned = halfway.transpose(0, 2, 1), part.transpose(0, 2, 1)
        _reduce(reduce, *turned, min(top, 0), stride[0], kernel[0], checkpoint)
    return result


def _reduce(
    reduce: np.ufunc,
    source: npt.NDArray[Any],
    target: npt.NDArray[Any],
    start: int,
    stride: int,
    taps: int,
    checkpoint: Checkpoint,
) -> None:
    """Reduce into ``target[..., n]`` the values of ``source[..., start + n·stride :][:taps]`` that exist."""
    for tap in range(taps):
        first, end = indices_within(source.shape[-1], start + tap, stride, target.shape[-1])
        if first < end:
            part = target[..., first:end]
            reduce(part, source[..., index_slice(start + tap, stride, first, end)], out=part)
            checkpoint()
