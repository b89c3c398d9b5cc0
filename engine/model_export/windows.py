"""Windows of pooling as other programs take them: margins instead of rounding up, and what a mean is divided by."""

import numpy as np
from numpy.typing import NDArray

from engine.shapes import Margins, Shape, Windows


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
