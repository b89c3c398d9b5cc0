"""Merging volumes: concatenation, sum, difference, product, quotient, and the larger or smaller values."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from engine.kernels.blocks import Checkpoint, Region, Volume, cache_values, part_of
from engine.kernels.threads import share_blocks


def concat(volumes: Sequence[Volume], checkpoint: Checkpoint, axis: int = 0) -> Volume:
    """Concatenate volumes along channels, (ΣC, H, W), or along rows or columns."""
    shape = list(volumes[0].shape)
    shape[axis] = sum(volume.shape[axis] for volume in volumes)
    result = np.empty(shape, volumes[0].dtype)
    first = 0
    for volume in volumes:
        end = first + volume.shape[axis]
        target = result[(slice(None),) * axis + (slice(first, end),)]
        share_blocks(volume.shape, cache_values(volume), partial(_copy, volume, target), checkpoint)
        first = end
    return result


def add(volumes: Sequence[Volume], checkpoint: Checkpoint) -> Volume:
    """Sum volumes, of the same shape or broadcast along axes of size 1."""
    return _combine(np.add, volumes, checkpoint)


def multiply(volumes: Sequence[Volume], checkpoint: Checkpoint) -> Volume:
    """Multiply volumes, of the same shape or broadcast along axes of size 1."""
    return _combine(np.multiply, volumes, checkpoint)


def subtract(volumes: Sequence[Volume], checkpoint: Checkpoint) -> Volume:
    """The first volume minus the others, of the same shape or broadcast along axes of size 1."""
    return _combine(np.subtract, volumes, checkpoint)


def divide(volumes: Sequence[Volume], checkpoint: Checkpoint) -> Volume:
    """The first volume divided by the others, of the same shape or broadcast along axes of size 1.

    Where a divisor is 0, the quotient is infinite, or no number.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return _combine(np.divide, volumes, checkpoint)


def maximum(volumes: Sequence[Volume], checkpoint: Checkpoint) -> Volume:
    """The largest values of volumes, of the same shape or broadcast along axes of size 1."""
    return _combine(np.maximum, volumes, checkpoint)


def minimum(volumes: Sequence[Volume], checkpoint: Checkpoint) -> Volume:
    """The smallest values of volumes, of the same shape or broadcast along axes of size 1."""
    return _combine(np.minimum, volumes, checkpoint)


def _combine(operation: np.ufunc, volumes: Sequence[Volume], checkpoint: Checkpoint) -> Volume:
    if len(volumes) == 1:
        return np.array(volumes[0])
    result = np.empty(np.broadcast_shapes(*(volume.shape for volume in volumes)), volumes[0].dtype)

    def fill(block: Region) -> None:
        part = result[block]
        operation(part_of(volumes[0], block), part_of(volumes[1], block), out=part)
        for volume in volumes[2:]:
            operation(part, part_of(volume, block), out=part)

    share_blocks(result.shape, cache_values(result), fill, checkpoint)
    return result


def _copy(source: Volume, target: Volume, block: Region) -> None:
    target[block] = source[block]
