"""Windows as other programs take them: margins instead of rounding up, what a mean is divided by, what is cut off."""

from typing import NamedTuple

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from engine.kernels.resizing import Places
from engine.layers import ConvTranspose2d, Crop, Pad, Resize
from engine.layers.frame import FoldedSpans
from engine.layers.resize import ResampledSpans
from engine.layers.windows import pair
from engine.shapes import Margins, Pair, Shape, TransposedSpans, Windows, dilated_extent


def full_margins(windows: Windows, received: Shape) -> Margins:
    """The margins with which the last windows are complete, so that nothing is rounded up."""
    top, left, bottom, right = windows.margins
    pairs = zip(windows.output, windows.stride, windows.extent, (received.height, received.width), strict=True)
    reached = [(count - 1) * stride + extent - size for count, stride, extent, size in pairs]
    return (top, left, max(bottom, reached[0] - top), max(right, reached[1] - left))


def divisors(windows: Windows, received: Shape) -> NDArray[np.float32]:
    """H'×W': the number of positions of each window inside the input and its margins."""
    rows, columns = (_counts(windows, axis, received) for axis in (0, 1))
    return np.outer(rows, columns).astype(np.float32)


def _counts(windows: Windows, axis: int, received: Shape) -> list[int]:
    first, end = -windows.margins[axis], received[1 + axis] + windows.margins[axis + 2]
    taps = (windows.taps(axis, index) for index in range(windows.output[axis]))
    return [sum(first <= tap < end for tap in each) for each in taps]


def mean_matrix(windows: Windows, axis: int, received: Shape) -> NDArray[np.float32]:
    """Outputs × inputs along an axis: the matrix whose product with a map is the mean of each window."""
    count, extent = windows.output[axis], received[1 + axis]
    matrix = np.zeros((count, extent), np.float32)
    for index in range(count):
        start, end = windows.spans(axis, index)
        matrix[index, start:end] = 1 / (end - start)
    return matrix


class TransposedMargins(NamedTuple):
    """How a transposed convolution is placed on its output."""

    kernel: Pair
    stride: Pair
    dilation: Pair
    cut: Margins
    """Rows and columns that are cut off."""
    added: Pair
    """Rows below, and columns right."""


def transposed_margins(layer: ConvTranspose2d, windows: Windows, received: Shape) -> TransposedMargins:
    """Margins of which none is below 0, for an output of the size of the windows'."""
    kernel, stride, dilation = pair(layer.kernel), pair(layer.stride), pair(layer.dilation)
    assert windows.uneven is not None
    starts = [side.margin for side in windows.uneven if isinstance(side, TransposedSpans)]
    extents = [dilated_extent(*axis) for axis in zip(kernel, dilation, strict=True)]
    axes = zip(received[1:], stride, extents, starts, windows.output, strict=True)
    rest = [(size - 1) * step + extent - start - count for size, step, extent, start, count in axes]
    cut = (starts[0], starts[1], max(rest[0], 0), max(rest[1], 0))
    return TransposedMargins(kernel, stride, dilation, cut, (max(-rest[0], 0), max(-rest[1], 0)))


def place_matrix(windows: Windows, axis: int, received: Shape) -> NDArray[np.float32]:
    """Outputs × inputs along an axis: the matrix whose product with a map is the resized map."""
    places = _places(windows, axis)
    matrix = np.zeros((windows.output[axis], received[1 + axis]), np.float32)
    index = np.arange(len(matrix))
    np.add.at(matrix, (index, places.first), 1 - places.fraction)
    np.add.at(matrix, (index, places.second), places.fraction)
    return matrix


def resizes_by_size(layer: Resize, windows: Windows, received: Shape) -> bool:
    """Whether a resized map has its values where they are if only the sizes say so."""
    alone = replace(layer, size=windows.output).windows(received)
    if alone.uneven is None:
        return False
    pairs = ((_places(windows, axis), _places(alone, axis)) for axis in (0, 1))
    return all(np.array_equal(a.first, b.first) and np.abs(a.fraction - b.fraction).max() < 1e-9 for a, b in pairs)


def _places(windows: Windows, axis: int) -> Places:
    assert windows.uneven is not None
    side = windows.uneven[axis]
    assert isinstance(side, ResampledSpans)
    return side.places(np.arange(windows.output[axis]))


def outer_margins(layer: Pad | Crop, received: Shape) -> Margins:
    """Rows and columns around maps, below 0 where they are cut off."""
    windows = layer.windows(received)
    if windows.uneven is None:
        return windows.margins
    top, left = (side.before for side in windows.uneven if isinstance(side, FoldedSpans))
    return (top, left, windows.output[0] - received.height - top, windows.output[1] - received.width - left)
