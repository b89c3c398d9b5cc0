"""Merging volumes: concatenation along channels, and the sum."""

from collections.abc import Sequence

import numpy as np

from engine.kernels.blocks import Checkpoint, Volume, blocks, cache_values


def concat(volumes: Sequence[Volume], checkpoint: Checkpoint) -> Volume:
    """Concatenate volumes along channels, (ΣC, H, W)."""
    result = np.empty((sum(len(volume) for volume in volumes), *volumes[0].shape[1:]), volumes[0].dtype)
    first = 0
    for volume in volumes:
        target = result[first : first + len(volume)]
        for block in blocks(volume.shape, cache_values(volume)):
            target[block] = volume[block]
            checkpoint()
        first += len(volume)
    return result


def add(volumes: Sequence[Volume], checkpoint: Checkpoint) -> Volume:
    """Sum volumes of the same shape."""
    result = np.empty(volumes[0].shape, volumes[0].dtype)
    for block in blocks(result.shape, cache_values(result)):
        part = result[block]
        part[...] = volumes[0][block]
        for volume in volumes[1:]:
            part += volume[block]
        checkpoint()
    return result
