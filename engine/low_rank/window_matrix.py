"""The windows of a convolution as the columns of a matrix, for a part of its output."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from engine.kernels import BLOCK_BYTES, Volume
from engine.kernels.blocks import Region, blocks, gather
from engine.layers import Conv2d
from engine.shapes import Shape, Windows


def window_matrix(windows: Windows, volume: Volume, region: Region, dtype: DTypeLike) -> NDArray[Any]:
    """The windows of the output's rows and columns in a region: (channels·kh·kw, pixels)."""
    (height, width), (top, left, _, _) = windows.kernel, windows.margins
    _, rows, cols = region
    block = np.empty((len(volume), height, width, rows.stop - rows.start, cols.stop - cols.start), dtype)
    for i in range(height):
        for j in range(width):
            starts = (
                rows.start * windows.stride[0] + i * windows.dilation[0] - top,
                cols.start * windows.stride[1] + j * windows.dilation[1] - left,
            )
            gather(volume, block[:, i, j], starts, windows.stride)
    return block.reshape(len(volume) * height * width, -1)


def window_blocks(layer: Conv2d, volume: Volume) -> Iterator[tuple[NDArray[np.float64], Region]]:
    """All windows of a layer in double precision, with the regions of its output that they belong to."""
    windows = layer.windows(Shape(*volume.shape))
    column = 8 * len(volume) * windows.kernel[0] * windows.kernel[1]
    for _, rows, cols in blocks((1, *windows.output), max(1, BLOCK_BYTES // column)):
        region = slice(None), rows, cols
        yield window_matrix(windows, volume, region, np.float64), region
