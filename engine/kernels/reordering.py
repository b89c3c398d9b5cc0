"""Channels in another order, and pixels as channels: the same values at other places."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.kernels.blocks import Checkpoint, Region, Volume, cache_values, index_slice
from engine.kernels.threads import share_blocks

ChannelOf = Callable[[npt.NDArray[np.intp], int], npt.NDArray[np.intp]]
"""The channels of the deep volume for channels of the flat one, and a place in a square of pixels, row by row."""


def pick_channels(volume: Volume, channels: npt.NDArray[np.intp], checkpoint: Checkpoint) -> Volume:
    """``volume[channels[c], y, x]``, (len(channels), H, W)."""
    result = np.empty((len(channels), *volume.shape[1:]), volume.dtype)

    def fill(block: Region) -> None:
        own, rows, cols = block
        np.take(volume[:, rows, cols], channels[own], axis=0, out=result[block], mode="clip")

    share_blocks(result.shape, cache_values(volume), fill, checkpoint)
    return result


def pixel_shuffle(volume: Volume, factor: int, channel_of: ChannelOf, checkpoint: Checkpoint) -> Volume:
    """``volume[channel_of(c, (y % r)·r + x % r), y // r, x // r]``, (C/r², r·H, r·W)."""
    channels, height, width = volume.shape
    result = np.empty((channels // factor**2, height * factor, width * factor), volume.dtype)
    own = np.arange(len(result))

    def fill(block: Region) -> None:
        for place in range(factor**2):
            target, (picked, rows, cols) = _phase(result, block, factor, place)
            target[...] = volume[channel_of(own[picked], place)[:, None, None], rows[:, None], cols]

    share_blocks((len(result), height, width), max(1, cache_values(volume) // factor**2), fill, checkpoint)
    return result


def pixel_unshuffle(volume: Volume, factor: int, channel_of: ChannelOf, checkpoint: Checkpoint) -> Volume:
    """The inverse of `pixel_shuffle`: (C·r², H/r, W/r)."""
    channels, height, width = volume.shape
    result = np.empty((channels * factor**2, height // factor, width // factor), volume.dtype)
    own = np.arange(channels)

    def fill(block: Region) -> None:
        for place in range(factor**2):
            source, (picked, rows, cols) = _phase(volume, block, factor, place)
            result[channel_of(own[picked], place)[:, None, None], rows[:, None], cols] = source

    share_blocks((channels, *result.shape[1:]), max(1, cache_values(volume) // factor**2), fill, checkpoint)
    return result


def _phase(
    flat: Volume, block: Region, factor: int, place: int
) -> tuple[npt.NDArray[Any], tuple[slice, npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """The values at a place of the squares of a block, and the channels, rows and columns of the block."""
    channels, rows, cols = block
    down, across = divmod(place, factor)
    part = flat[
        channels, index_slice(down, factor, rows.start, rows.stop), index_slice(across, factor, cols.start, cols.stop)
    ]
    return part, (channels, np.arange(rows.start, rows.stop), np.arange(cols.start, cols.stop))
