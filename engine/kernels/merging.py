"""Merging volumes: concatenation along channels, and the sum."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from engine.kernels.blocks import Checkpoint, Region, Volume, cache_values
from engine.kernels.threads import share_blocks


def concat(volumes: Sequence[Volume], checkpoint: Checkpoint) -> Volume:
    """Concatenate volumes along channels, (ΣC, H, W)."""
    result = np.empty((sum(len(volume) for volume in volumes), *volumes[0].shape[1:]), volumes[0].dtype)
    first = 0
    for volume in volumes:
        target = result[first : first + len(volume)]
        share_blocks(volume.shape, cache_values(volume), partial(_copy, volume, target), checkpoint)
        first += len(volume)
    return result


def add(volumes: Sequence[Volume], checkpoint: Checkpoint) -> Volume:
    """Sum volumes of the same shape."""
    result = np.empty(volumes[0].shape, volumes[0].dtype)

    def fill(block: Region) -> None:
        part = result[block]
        np.add(volumes[0][block], volumes[1][block], out=part)
        for volume in volumes[2:]:
            part += volume[block]

    if len(volumes) == 1:
        return np.array(volumes[0])
    share_blocks(result.shape, cache_values(result), fill, checkpoint)
    return result


def _copy(source: Volume, target: Volume, block: Region) -> None:
    target[block] = source[block]
