"""Pooling over channels: the values of each pixel are reduced to one."""

from typing import Any

import numpy as np

from engine.kernels.blocks import Checkpoint, Region, Volume, blocks, cache_values, split_range
from engine.kernels.threads import share

REDUCTIONS: dict[str, np.ufunc] = {
    "mean": np.add,
    "max": np.maximum,
    "min": np.minimum,
    "sum": np.add,
    "l2": np.add,
}
"""By function: what joins the values of two channels. Sums are in double precision, means divided at the end."""


def pool_channels(function: str, volume: Volume, checkpoint: Checkpoint) -> Volume:
    """The mean, maximum, minimum, sum or Euclidean length of the channels of each pixel, (1, H, W)."""
    depth, height, width = volume.shape
    result = np.empty((1, height, width), volume.dtype)
    reduction, most = REDUCTIONS[function], cache_values(volume)
    is_sum = reduction is np.add
    dtype = np.float64 if is_sum else volume.dtype

    def fill(block: Region, checkpoint: Checkpoint) -> None:
        rows, cols = block[1:]
        total: Any = None
        for channels in split_range(depth, max(1, most // ((rows.stop - rows.start) * (cols.stop - cols.start)))):
            values = volume[channels, rows, cols]
            values = np.square(values, dtype=dtype) if function == "l2" else values
            part = reduction.reduce(values, axis=0, dtype=dtype)
            total = part if total is None else reduction(total, part, out=total)
            checkpoint()
        total = np.sqrt(total) if function == "l2" else total
        result[0, rows, cols] = total / depth if function == "mean" else total

    share(blocks((1, height, width), max(1, most // min(depth, _FEWEST_CHANNELS))), fill, checkpoint, fewest=2)
    return result


_FEWEST_CHANNELS = 16
"""Channels of a block: with fewer, sums are added up too often; with more, rows are cut into short pieces."""
