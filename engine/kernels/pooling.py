"""Pooling: the maximum or mean of each window, reduced along rows first, then along columns."""

from typing import Any

import numpy as np
import numpy.typing as npt

from engine.kernels.blocks import Checkpoint, Volume, blocks, cache_values, index_slice, indices_within, split_range
from engine.shapes import Margins, Pair, shared_span, window_counts


def max_pool2d(
    volume: Volume, *, kernel: Pair, stride: Pair, padding: Margins, ceil: bool, checkpoint: Checkpoint
) -> Volume:
    """Maximum of each window, (C, H', W') with H' and W' from `engine.shapes.window_counts`.

    Padding never is the maximum; a window of padding alone yields the lowest value of the dtype.
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

    Positions count if they lie in the padded input, or without ``count_padding`` in the input itself. Positions beyond
    the padding, which ``ceil`` allows, never count. A window of padding alone yields 0.
    """
    result = _pool(np.add, 0, volume, kernel, stride, padding, ceil, checkpoint)
    counts = []
    for axis in (0, 1):
        before, after = (padding[axis], padding[2 + axis]) if count_padding else (0, 0)
        starts = np.arange(result.shape[1 + axis]) * stride[axis] - padding[axis]
        ends = np.minimum(starts + kernel[axis], volume.shape[1 + axis] + after)
        counts.append(np.maximum(ends - np.maximum(starts, -before), 1))
    for channels, rows, cols in blocks(result.shape, cache_values(result)):
        part = result[channels, rows, cols]
        divisor = np.multiply.outer(counts[0][rows], counts[1][cols]).astype(result.dtype)
        np.divide(part, divisor, out=part, casting="unsafe")
        checkpoint()
    return result


def global_avg_pool2d(volume: Volume, checkpoint: Checkpoint) -> Volume:
    """Mean of each channel, (C, 1, 1); summed as float64."""
    depth, height, width = volume.shape
    sums = np.zeros(depth)
    for channels, rows, cols in blocks(volume.shape, cache_values(volume)):
        sums[channels] += volume[channels, rows, cols].sum(axis=(1, 2), dtype=np.float64)
        checkpoint()
    result = np.empty((depth, 1, 1), volume.dtype)
    result[:, 0, 0] = sums / (height * width)
    return result


def adaptive_avg_pool2d(volume: Volume, size: Pair, checkpoint: Checkpoint) -> Volume:
    """Means of the windows that share out each map among h×w values, (C, h, w); summed as float64."""
    _, height, width = volume.shape
    result = np.empty((len(volume), *size), volume.dtype)
    (tops, bottoms), (lefts, rights) = (
        shared_span(extent, count, np.arange(count)) for extent, count in zip((height, width), size, strict=True)
    )
    # Pairs of start and end, for reduceat: it sums between them, and from each end on, which nothing reads.
    edges = np.stack([lefts, rights], axis=1).ravel()
    for channels in split_range(len(volume), max(1, cache_values(volume) // width)):
        part = volume[channels]
        step = max(1, cache_values(volume) // (len(part) * width))
        for y, (top, bottom) in enumerate(zip(tops, bottoms, strict=True)):
            sums = np.zeros((len(part), width + 1))
            for first in range(top, bottom, step):
                sums[:, :-1] += part[:, first : min(first + step, bottom)].sum(axis=1, dtype=np.float64)
                checkpoint()
            windows = np.add.reduceat(sums, edges, axis=1)[:, ::2]
            result[channels, y] = windows / ((bottom - top) * (rights - lefts))
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
    """Apply ``reduce`` to ``initial`` and the values of each window inside the volume."""
    extent = window_counts(volume.shape[1:], padding, kernel, stride, ceil=ceil)
    result = np.full((volume.shape[0], *extent), initial, volume.dtype)
    values = cache_values(volume) // max(min(kernel[0], volume.shape[1]), stride[0])
    for channels, rows, cols in blocks(result.shape, max(values, 1)):
        top = rows.start * stride[0] - padding[0]
        bottom = (rows.stop - 1) * stride[0] - padding[0] + kernel[0]
        source = volume[channels, max(top, 0) : max(bottom, 0)]
        left = cols.start * stride[1] - padding[1]
        part = result[channels, rows, cols]
        partial = np.full((*source.shape[:2], part.shape[2]), initial, volume.dtype)
        _reduce(reduce, source, partial, left, stride[1], kernel[1], checkpoint)
        _reduce(
            reduce,
            partial.transpose(0, 2, 1),
            part.transpose(0, 2, 1),
            min(top, 0),
            stride[0],
            kernel[0],
            checkpoint,
        )
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
    """Reduce the values of ``source[..., start + n·stride :][:taps]`` that exist into ``target[..., n]``."""
    for tap in range(taps):
        first, end = indices_within(source.shape[-1], start + tap, stride, target.shape[-1])
        if first < end:
            part = target[..., first:end]
            reduce(part, source[..., index_slice(start + tap, stride, first, end)], out=part)
            checkpoint()
