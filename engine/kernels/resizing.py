"""Maps of another size: the nearest value, or means of the two nearest along each axis."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.kernels.blocks import Checkpoint, Region, Volume, blocks, cache_values
from engine.kernels.threads import share
from engine.shapes import Pair


class Places(NamedTuple):
    """Per value along an axis the two places of the input between which it lies, and how far it is from the first."""

    first: npt.NDArray[np.intp]
    second: npt.NDArray[np.intp]
    fraction: npt.NDArray[np.float64]
    """From 0 to below 1; where it is 0, both places are the same."""

    @classmethod
    def at(cls, indices: npt.NDArray[np.intp]) -> "Places":
        """Places at these values themselves."""
        return cls(indices, indices, np.zeros(indices.shape))

    def part(self, values: slice) -> "Places":
        """Those of some of the values."""
        return Places(self.first[values], self.second[values], self.fraction[values])

    def moved(self, by: int) -> "Places":
        """These places, so many values further on."""
        return Places(self.first + by, self.second + by, self.fraction)


def resize(volume: Volume, rows: Places, columns: Places, checkpoint: Checkpoint) -> Volume:
    """``Σ w · volume[c, y', x']`` over the one to four pixels between which each value lies, (C, rows, columns)."""
    extent: Pair = len(rows.first), len(columns.first)
    result = np.empty((len(volume), *extent), volume.dtype)

    def fill(block: Region, checkpoint: Checkpoint) -> None:
        channels, lines, cols = block
        own_rows, own_columns = rows.part(lines), columns.part(cols)
        first, last = int(own_rows.first.min()), int(own_rows.second.max())
        if lines.stop - lines.start > last - first:  # fewer rows before than behind: columns first
            part = _between(volume[channels, first : last + 1], own_columns, 2)
            result[block] = _between(part, own_rows.moved(-first), 1)
        else:
            result[block] = _between(_between(volume[channels], own_rows, 1), own_columns, 2)
        checkpoint()

    # A block reads whole rows of the input.
    values = cache_values(volume) * extent[1] // max(extent[1], volume.shape[2])
    share(blocks(result.shape, max(values, 1)), fill, checkpoint, fewest=2)
    return result


def _between(values: npt.NDArray[Any], places: Places, axis: int) -> npt.NDArray[Any]:
    """The values at places along an axis."""
    if not places.fraction.any():
        return values.take(places.first, axis, mode="clip")
    shape = [1, 1, 1]
    shape[axis] = -1
    weight = places.fraction.astype(values.dtype).reshape(shape)
    first, second = values.take(places.first, axis, mode="clip"), values.take(places.second, axis, mode="clip")
    first *= 1 - weight
    second *= weight
    first += second
    return first
