"""Scratch arrays of threads, which keep their memory: fresh memory takes longer than a small layer does.

They begin at a line of the cache: with weights that do not, a convolution takes up to 1.4 times as long.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import local
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.kernels.tiling import PART_BYTES

_KEPT_ARRAYS = 2
"""Per thread, of at most `PART_BYTES`: a matrix of pixels, and a product to be added. Larger ones are freed at once."""

_LINE_BYTES = 64


class _Free(local):
    """The arrays of this thread that are not in use."""

    def __init__(self) -> None:
        self.arrays: list[npt.NDArray[np.uint8]] = []


_FREE = _Free()


@contextmanager
def scratch_array(count: int, dtype: npt.DTypeLike) -> Iterator[npt.NDArray[Any]]:
    """An array of so many arbitrary values, for this thread alone and until the end of the block."""
    size = count * np.dtype(dtype).itemsize
    array = _FREE.arrays.pop() if _FREE.arrays else np.empty(0, np.uint8)
    if array.size < size:
        array = aligned_array(size, np.uint8)
    try:
        yield array[:size].view(dtype)
    finally:
        if array.size <= PART_BYTES and len(_FREE.arrays) < _KEPT_ARRAYS:
            _FREE.arrays.append(array)


def aligned_array(count: int, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """An array of so many arbitrary values that begins at a line of the cache."""
    size = count * np.dtype(dtype).itemsize
    array = np.empty(size + _LINE_BYTES, np.uint8)
    start = -array.ctypes.data % _LINE_BYTES
    return array[start : start + size].view(dtype)
