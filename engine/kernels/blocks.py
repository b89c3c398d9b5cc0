"""How kernels divide their work: sizes of blocks, iteration over volumes, and where the taps of windows lie."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.shapes import Pair

Volume = npt.NDArray[Any]
"""An array (channels, height, width)."""

Region = tuple[slice, slice, slice]
"""Channels, rows and columns of a volume."""

Checkpoint = Callable[[], None]
"""Called after each block; raises an exception to end the computation."""

BLOCK_BYTES = 64 * 2**20
"""Limit of a kernel's memory beyond its input and output."""

CACHE_BYTES = 2**18
"""Size of a block for cheap arithmetic: the block and its result fit in a core's cache."""

LEAST_LARGE_MAP = 256
"""Values of a map from which on `one_number_per_map` has an effect."""


def one_number_per_map(extent: Pair) -> AbstractContextManager[None]:
    """Where maps of this size are added to or multiplied by a number each, by this thread and those it shares with.

    NumPy repeats the numbers in a buffer for each value of the maps, as long as several maps fit in the buffer. With
    large maps this takes longer than the arithmetic; with small ones, to work map by map takes longer still.
    """
    return _short_buffer() if extent[0] * extent[1] >= LEAST_LARGE_MAP else nullcontext()


@contextmanager
def _short_buffer() -> Iterator[None]:
    with np.errstate():  # which restores the size
        np.setbufsize(LEAST_LARGE_MAP)
        yield


def split_range(count: int, length: int) -> list[slice]:
    """Slices of at most ``length`` and nearly equal size that cover ``range(count)`` in order."""
    parts = -(-count // length)
    return [slice(part * count // parts, (part + 1) * count // parts) for part in range(parts)]


def blocks(shape: tuple[int, ...], values: int) -> Iterator[Region]:
    """Cut (channels, height, width) into blocks of at most ``values``: whole channels, else rows, else pixels."""
    depth, height, width = shape
    return product(
        split_range(depth, max(1, values // (height * width))),
        split_range(height, max(1, values // width)),
        split_range(width, values),
    )


def pixel_blocks(shape: tuple[int, ...], values: int) -> Iterator[Region]:
    """Cut (channels, height, width) into blocks of at most ``values``: all channels of a few pixels, if they fit."""
    depth, height, width = shape
    step = min(values, depth)
    for _, rows, cols in blocks((1, height, width), values // step):
        for channels in split_range(depth, step):
            yield channels, rows, cols


def cache_values(volume: Volume) -> int:
    """Number of values of the volume's dtype in ``CACHE_BYTES``."""
    return max(1, CACHE_BYTES // volume.itemsize)


def part_of(volume: Volume, block: Region) -> Volume:
    """A block of a volume; axes of size 1 as they are."""
    rows = (slice(None) if extent == 1 else part for extent, part in zip(volume.shape, block, strict=True))
    return volume[tuple(rows)]


def indices_within(extent: int, start: int, step: int, count: int) -> Pair:
    """The n in ``range(count)`` with ``0 <= start + n * step < extent``, as (first, last + 1)."""
    first = min(max(-(start // step), 0), count)
    return first, max(min(-((start - extent) // step), count), first)


def gather(source: npt.NDArray[Any], target: npt.NDArray[Any], starts: Pair, steps: Pair) -> None:
    """Fill ``target[..., y, x]`` with ``source[..., y₀ + y·sy, x₀ + x·sx]``, or 0 outside the source."""
    top, bottom = indices_within(source.shape[-2], starts[0], steps[0], target.shape[-2])
    left, right = indices_within(source.shape[-1], starts[1], steps[1], target.shape[-1])
    if (top, left, bottom, right) != (0, 0, *target.shape[-2:]):
        target[...] = 0  # all at once: margins are many short pieces
    if top == bottom or left == right:
        return
    target[..., top:bottom, left:right] = source[
        ..., index_slice(starts[0], steps[0], top, bottom), index_slice(starts[1], steps[1], left, right)
    ]


def index_slice(start: int, step: int, first: int, end: int) -> slice:
    """The slice of ``start + n * step`` for n in ``range(first, end)``; not empty, no index below 0."""
    return slice(start + first * step, start + (end - 1) * step + 1, step)
