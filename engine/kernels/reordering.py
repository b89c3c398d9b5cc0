"""Channels in another order, and pixels as channels: the same values at other places."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from engine.kernels.blocks import Checkpoint, Region, Volume, cache_values, index_slice
from engine.kernels.threads import share_blocks

ChannelOf = Callable[[int, int], int]
"""The channel of the deep volume for one of the flat one and a place in a square of pixels, row by row: those for a
place are equal steps apart."""


def pick_channels(volume: Volume, channels: npt.NDArray[np.intp], checkpoint: Checkpoint) -> Volume:
    """``volume[channels[c], y, x]``, (len(channels), H, W)."""
    result = np.empty((len(channels), *volume.shape[1:]), volume.dtype)

    def fill(block: Region) -> None:
        own, rows, cols = block
        np.take(volume[:, rows, cols], channels[own], axis=0, out=result[block], mode="clip")

    share_blocks(result.shape, cache_values(volume), fill, checkpoint)
    return result


def transpose(volume: Volume, axes: tuple[int, int, int], checkpoint: Checkpoint) -> Volume:
    """The volume with its axes in this order."""
    moved = volume.transpose(axes)
    result = np.empty(moved.shape, volume.dtype)

    def fill(block: Region) -> None:
        result[block] = moved[block]

    share_blocks(result.shape, cache_values(volume), fill, checkpoint)
    return result


def pixel_shuffle(volume: Volume, factor: int, channel_of: ChannelOf, checkpoint: Checkpoint) -> Volume:
    """``volume[channel_of(c, (y % r)·r + x % r), y // r, x // r]``, (C/r², r·H, r·W)."""
    channels, height, width = volume.shape
    result = np.empty((channels // factor**2, height * factor, width * factor), volume.dtype)

    def fill(block: Region) -> None:
        for place in range(factor**2):
            flat, deep = _phase(block, factor, place, channel_of)
            result[flat] = volume[deep]

    share_blocks((len(result), height, width), max(1, cache_values(volume) // factor**2), fill, checkpoint)
    return result


def pixel_unshuffle(volume: Volume, factor: int, channel_of: ChannelOf, checkpoint: Checkpoint) -> Volume:
    """The inverse of `pixel_shuffle`: (C·r², H/r, W/r)."""
    channels, height, width = volume.shape
    result = np.empty((channels * factor**2, height // factor, width // factor), volume.dtype)

    def fill(block: Region) -> None:
        for place in range(factor**2):
            flat, deep = _phase(block, factor, place, channel_of)
            result[deep] = volume[flat]

    share_blocks((channels, *result.shape[1:]), max(1, cache_values(volume) // factor**2), fill, checkpoint)
    return result


def _phase(block: Region, factor: int, place: int, channel_of: ChannelOf) -> tuple[Region, Region]:
    """Where the values at a place of the squares of a block are in the flat volume, and in the deep one."""
    channels, rows, cols = block
    down, across = divmod(place, factor)
    step = channel_of(channels.start + 1, place) - channel_of(channels.start, place)
    deep = index_slice(channel_of(0, place), step, channels.start, channels.stop)
    flat_rows = index_slice(down, factor, rows.start, rows.stop)
    return (channels, flat_rows, index_slice(across, factor, cols.start, cols.stop)), (deep, rows, cols)
