"""Normalization by the statistics of what is normalized: of the channels of a pixel, or of groups of maps."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.kernels.blocks import Checkpoint, Region, Volume, blocks, cache_values, split_range
from engine.kernels.threads import share

_Numbers = npt.NDArray[np.float64]


def layer_norm(
    volume: Volume, gamma: npt.NDArray[Any], beta: npt.NDArray[Any], epsilon: float, checkpoint: Checkpoint
) -> Volume:
    """``gamma · (x − mean) / √(var + epsilon) + beta``, mean and variance over the channels of each pixel."""
    result = np.empty(volume.shape, volume.dtype)
    depth, height, width = volume.shape
    values = cache_values(volume)

    def fill(block: Region, checkpoint: Checkpoint) -> None:
        rows, cols = block[1:]
        parts = [(channels, rows, cols) for channels in split_range(depth, values)]
        mean = sum(volume[part].sum(axis=0, dtype=np.float64) for part in parts) / depth
        checkpoint()
        variance = sum(np.square(volume[part] - mean).sum(axis=0) for part in parts) / depth
        checkpoint()
        scale = 1 / np.sqrt(variance + epsilon)
        for part in parts:
            own = part[0], None, None
            result[part] = (volume[part] - mean) * scale * gamma[own] + beta[own]
            checkpoint()

    share(blocks((1, height, width), max(1, values // depth)), fill, checkpoint, fewest=2)
    return result


def group_norm(
    volume: Volume,
    gamma: npt.NDArray[Any],
    beta: npt.NDArray[Any],
    *,
    groups: int,
    epsilon: float,
    checkpoint: Checkpoint,
) -> Volume:
    """``gamma · (x − mean) / √(var + epsilon) + beta``, mean and variance over the maps of each group of channels."""
    result = np.empty(volume.shape, volume.dtype)
    depth = len(volume) // groups
    parts = [
        (number, group, slice(group * depth + block[0].start, group * depth + block[0].stop), block[1:])
        for number, (group, block) in enumerate(
            (group, block)
            for group in range(groups)
            for block in blocks((depth, *volume.shape[1:]), cache_values(volume))
        )
    ]
    owners = np.array([group for _, group, _, _ in parts])
    size = depth * volume.shape[1] * volume.shape[2]

    def means(measure: Callable[[Volume, int], float]) -> _Numbers:
        """Per group the mean of a measure; sums of the parts are added in their order, whichever thread is first."""
        sums = np.zeros(len(parts))

        def add(part: tuple[int, int, slice, tuple[slice, slice]], _: Checkpoint) -> None:
            number, group, channels, pixels = part
            sums[number] = measure(volume[channels, *pixels], group)

        share(parts, add, checkpoint, fewest=4)
        averages: _Numbers = np.bincount(owners, sums, groups) / size
        return averages

    # Sums of a row are accurate, as they are added pairwise; those of rows, and of parts, in double precision.
    mean = means(lambda part, group: float(part.sum(axis=2).sum(dtype=np.float64)))
    shift = mean.astype(volume.dtype)
    variance = means(lambda part, group: float(np.square(part - shift[group]).sum(axis=2).sum(dtype=np.float64)))
    factors = (1 / np.sqrt(variance + epsilon)).repeat(depth) * gamma

    def fill(part: tuple[int, int, slice, tuple[slice, slice]], _: Checkpoint) -> None:
        group, channels, pixels = part[1:]
        own, target = (channels, None, None), result[channels, *pixels]
        np.subtract(volume[channels, *pixels], shift[group], out=target)
        np.multiply(target, factors[own].astype(target.dtype), out=target)
        np.add(target, beta[own].astype(target.dtype), out=target)

    share(parts, fill, checkpoint, fewest=4)
    return result
