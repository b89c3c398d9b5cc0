"""Pooling: the maximum or mean of each window, reduced along columns first, which are whole rows, then along rows."""

from math import prod
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.kernels import onnx_pooling
from engine.kernels.blocks import (
    Checkpoint,
    Region,
    Volume,
    blocks,
    cache_values,
    index_slice,
    indices_within,
    split_range,
)
from engine.kernels.threads import MOST_THREADS, free_threads, share, share_blocks
from engine.shapes import Margins, Pair, dilated_extent, shared_span, window_counts


def max_pool2d(
    volume: Volume,
    *,
    kernel: Pair,
    stride: Pair,
    padding: Margins,
    ceil: bool,
    checkpoint: Checkpoint,
    dilation: Pair = (1, 1),
) -> Volume:
    """Maximum of each window, (C, H', W') with H' and W' from `engine.shapes.window_counts`.

    Padding never is the maximum; a window of padding alone yields the lowest value of the dtype.
    """
    window = dilated_extent(kernel[0], dilation[0]), dilated_extent(kernel[1], dilation[1])
    extent = window_counts(volume.shape[1:], padding, window, stride, ceil=ceil)
    by_numpy = _MaxPooling(kernel, stride, padding, ceil, dilation, extent)
    margins = onnx_pooling.margins_of(volume, extent, kernel, stride, padding) if dilation == (1, 1) else None
    if margins is None:
        return by_numpy.compute(volume, checkpoint)
    parts = split_range(len(volume), max(1, onnx_pooling.PART_VALUES // prod(volume.shape[1:])))
    if len(parts) == 1:
        with free_threads(MOST_THREADS if volume.size >= onnx_pooling.SHARED_VALUES else 1) as threads:
            maps = onnx_pooling.maxima(volume, kernel, stride, margins, threads)
        checkpoint()
        return by_numpy.compute(volume, checkpoint) if maps is None else maps
    result = np.empty((len(volume), *extent), volume.dtype)

    def fill(channels: slice, checkpoint: Checkpoint) -> None:
        maps = onnx_pooling.maxima(volume[channels], kernel, stride, margins, threads=1)
        result[channels] = by_numpy.compute(volume[channels], checkpoint) if maps is None else maps

    share(parts, fill, checkpoint, fewest=2)
    return result


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

    def divide(block: Region) -> None:
        _, rows, cols = block
        divisor = np.multiply.outer(counts[0][rows], counts[1][cols]).astype(result.dtype)
        np.divide(result[block], divisor, out=result[block], casting="unsafe")

    share_blocks(result.shape, cache_values(result), divide, checkpoint)
    return result


def global_max_pool2d(volume: Volume, checkpoint: Checkpoint) -> Volume:
    """Maximum of each channel, (C, 1, 1)."""
    depth, height, width = volume.shape
    result = np.empty((depth, 1, 1), volume.dtype)

    def fill(channels: slice, checkpoint: Checkpoint) -> None:
        part = volume[channels]
        own = result[channels, 0, 0]
        own[...] = part[:, 0, 0]
        for block in blocks(part.shape, cache_values(volume)):
            np.maximum(own[block[0]], part[block].max(axis=(1, 2)), out=own[block[0]])
            checkpoint()

    parts = split_range(depth, max(1, cache_values(volume) // (height * width)))
    share(parts, fill, checkpoint, fewest=4)
    return result


def global_avg_pool2d(volume: Volume, checkpoint: Checkpoint) -> Volume:
    """Mean of each channel, (C, 1, 1); summed as float64."""
    depth, height, width = volume.shape
    sums = np.zeros(depth)

    def add(channels: slice, checkpoint: Checkpoint) -> None:
        part = volume[channels]
        for block in blocks(part.shape, cache_values(volume)):
            sums[channels][block[0]] += part[block].sum(axis=(1, 2), dtype=np.float64)
            checkpoint()

    parts = split_range(depth, max(1, cache_values(volume) // (height * width)))
    share(parts, add, checkpoint, fewest=4)
    result = np.empty((depth, 1, 1), volume.dtype)
    result[:, 0, 0] = sums / (height * width)
    return result


def adaptive_avg_pool2d(volume: Volume, size: Pair, checkpoint: Checkpoint) -> Volume:
    """Means of the windows that share out each map among h×w values, (C, h, w); summed as float64."""
    _, height, width = volume.shape
    result = np.empty((len(volume), *size), volume.dtype)
    if size == (height, width):  # windows of one value, as in VGG with photos of the size it was trained with
        share_blocks(
            volume.shape, cache_values(volume), lambda block: np.copyto(result[block], volume[block]), checkpoint
        )
        return result
    (tops, bottoms), (lefts, rights) = (
        shared_span(extent, count, np.arange(count)) for extent, count in zip((height, width), size, strict=True)
    )
    # Pairs of start and end, for reduceat: it sums between them, and from each end on, which nothing reads.
    edges = np.stack([lefts, rights], axis=1).ravel()

    def fill(channels: slice, checkpoint: Checkpoint) -> None:
        part = volume[channels]
        step = max(1, cache_values(volume) // (len(part) * width))
        for y, (top, bottom) in enumerate(zip(tops, bottoms, strict=True)):
            sums = np.zeros((len(part), width + 1))
            for first in range(top, bottom, step):
                sums[:, :-1] += part[:, first : min(first + step, bottom)].sum(axis=1, dtype=np.float64)
                checkpoint()
            windows = np.add.reduceat(sums, edges, axis=1)[:, ::2]
            result[channels, y] = windows / ((bottom - top) * (rights - lefts))

    parts = split_range(len(volume), max(1, cache_values(volume) // width))
    share(parts, fill, checkpoint, fewest=2)
    return result


class _MaxPooling(NamedTuple):
    """The settings of a max pooling, and how NumPy computes it."""

    kernel: Pair
    stride: Pair
    padding: Margins
    ceil: bool
    dilation: Pair
    extent: Pair
    """Of the result."""

    def compute(self, volume: Volume, checkpoint: Checkpoint) -> Volume:
        """The result of some maps."""
        lowest = -np.inf if volume.dtype.kind == "f" else np.iinfo(volume.dtype).min
        top, left, bottom, right = self.padding
        padded = volume.shape[1] + top + bottom, volume.shape[2] + left + right
        if self.stride == (1, 1) and 2 * prod(self.extent) >= prod(padded) <= cache_values(volume):
            (kh, kw), (dh, dw) = self.kernel, self.dilation
            steps = [dw] * (kw - 1) + [dh * padded[1]] * (kh - 1)
            return _max_of_neighbours(volume, steps, padded, self.extent, self.padding, lowest, checkpoint)
        return _pool(
            np.maximum, lowest, volume, self.kernel, self.stride, self.padding, self.ceil, checkpoint, self.dilation
        )


def _max_of_neighbours(
    volume: Volume,
    steps: list[int],
    padded: Pair,
    extent: Pair,
    padding: Margins,
    lowest: float,
    checkpoint: Checkpoint,
) -> Volume:
    """Maximum of all windows side by side: of the padded maps, shifted by each tap, in one piece of memory.

    So inner loops are as long as maps, where rows are short; what a shift moves across an edge is no window's. The
    steps are those from tap to tap, along a row and from row to row.
    """
    result = np.empty((len(volume), *extent), volume.dtype)
    inner = np.s_[:, padding[0] : padding[0] + volume.shape[1], padding[1] : padding[1] + volume.shape[2]]

    def fill(channels: slice, checkpoint: Checkpoint) -> None:
        maps = np.full((channels.stop - channels.start, *padded), lowest, volume.dtype)
        maps[inner] = volume[channels]
        place = values = maps.reshape(-1)
        for number, step in enumerate(steps, 1):  # each value becomes the maximum of one more, to the right or below
            out = place[: values.size - step] if number == len(steps) else None
            values = np.maximum(values[:-step], values[step:], out=out)
            checkpoint()
        result[channels] = maps[:, : extent[0], : extent[1]]

    parts = split_range(len(volume), max(1, cache_values(volume) // prod(padded)))
    share(parts, fill, checkpoint, fewest=2)
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
    dilation: Pair = (1, 1),
) -> Volume:
    """Apply ``reduce`` to ``initial`` and the values of each window inside the volume."""
    window = dilated_extent(kernel[0], dilation[0]), dilated_extent(kernel[1], dilation[1])
    extent = window_counts(volume.shape[1:], padding, window, stride, ceil=ceil)
    result = np.empty((volume.shape[0], *extent), volume.dtype)

    def fill(block: Region, checkpoint: Checkpoint) -> None:
        channels, rows, cols = block
        left = cols.start * stride[1] - padding[1]
        right = (cols.stop - 1) * stride[1] - padding[1] + window[1]
        source = volume[channels, :, max(left, 0) : max(right, 0)]
        top = rows.start * stride[0] - padding[0]
        part = result[block]
        partial = np.empty((len(source), part.shape[1], source.shape[2]), volume.dtype)
        _reduce(
            reduce,
            initial,
            source.transpose(0, 2, 1),
            partial.transpose(0, 2, 1),
            top,
            stride[0],
            range(0, window[0], dilation[0]),
            checkpoint,
        )
        _reduce(reduce, initial, partial, part, min(left, 0), stride[1], range(0, window[1], dilation[1]), checkpoint)

    values = cache_values(volume) // max(min(window[0], volume.shape[1]), stride[0])
    share(blocks(result.shape, max(values, 1)), fill, checkpoint, fewest=2)
    return result


def _reduce(
    reduce: np.ufunc,
    initial: float,
    source: npt.NDArray[Any],
    target: npt.NDArray[Any],
    start: int,
    stride: int,
    taps: range,
    checkpoint: Checkpoint,
) -> None:
    """Fill ``target[..., n]`` from the initial value and what exists of ``source[..., start + n·stride + taps]``."""
    count = target.shape[-1]
    spans = [(start + tap, *indices_within(source.shape[-1], start + tap, stride, count)) for tap in taps]
    spans.sort(key=lambda span: span[2] - span[1] < count)
    if len(spans) > 1 and spans[1][2] - spans[1][1] == count:  # no pass for the initial values, none for the first tap
        one, other = (source[..., index_slice(place, stride, 0, count)] for place, _, _ in spans[:2])
        reduce(one, other, out=target)
        checkpoint()
        del spans[:2]
    else:
        target[...] = initial
    for place, first, end in spans:
        if first < end:
            part = target[..., first:end]
            reduce(part, source[..., index_slice(place, stride, first, end)], out=part)
            checkpoint()
