"""Rows and columns added around maps, or cut off."""

import numpy as np

from engine.kernels.blocks import Checkpoint, Region, Volume, cache_values
from engine.kernels.threads import share_blocks
from engine.shapes import Pair


def frame(volume: Volume, corner: Pair, extent: Pair, value: float, checkpoint: Checkpoint) -> Volume:
    """``volume[c, y − top, x − left]`` where that exists, else a value: (C, *extent), with (top, left) the corner."""
    result = np.empty((len(volume), *extent), volume.dtype)

    def fill(block: Region) -> None:
        channels, *sides = block
        part = result[block]
        inner, source = [], []
        for side, before, length in zip(sides, corner, volume.shape[1:], strict=True):
            first = min(max(side.start, before), side.stop)
            last = max(min(side.stop, before + length), first)
            inner.append(slice(first - side.start, last - side.start))
            source.append(slice(first - before, last - before) if first < last else slice(0, 0))
        if part[:, inner[0], inner[1]].size < part.size:
            part[...] = value
        part[:, inner[0], inner[1]] = volume[channels, source[0], source[1]]

    share_blocks(result.shape, cache_values(volume), fill, checkpoint)
    return result
