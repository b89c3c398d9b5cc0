"""Which maps of a layer carry nothing of their own over several inputs: dead ones, and copies of others."""

import numpy as np
from numpy.typing import NDArray

from engine.explain.map_statistics import MOST_COMPARED_PIXELS, deviations
from engine.kernels import Volume

_ALIKE = 0.9999
"""Correlation from which a map counts as a copy of another."""
_MOST_MAPS = 4096
"""Maps beyond which comparing all with one another would need too much memory; they count as no copies."""


class MapUsage:
    """Takes the volumes of one layer, input by input.

    A map is dead if all its values are 0 on every input; it is a copy if it is correlated with the same earlier one on
    every input, or both are 0. Volumes of single values have no copies.
    """

    def __init__(self) -> None:
        self.maps = 0
        self._is_dead: NDArray[np.bool_] = np.zeros(0, bool)
        self._pairs: NDArray[np.intp] = np.zeros((2, 0), np.intp)
        """Earlier and later channels that have been alike so far."""

    def add(self, volume: Volume) -> None:
        """Take the volume (C×H×W) of another input."""
        maps = volume.reshape(len(volume), -1)
        is_dead = np.asarray(~maps.any(axis=1))
        sample = deviations(maps[:, :: -(-maps.shape[1] // MOST_COMPARED_PIXELS)]).astype(np.float32)
        if not self.maps:
            self.maps, self._is_dead = len(maps), is_dead
            if maps.shape[1] > 1 and len(maps) <= _MOST_MAPS:
                alike = (sample @ sample.T > _ALIKE) | np.outer(is_dead, is_dead)
                self._pairs = np.array(np.nonzero(np.triu(alike, 1)))
            return
        self._is_dead &= is_dead
        first, second = self._pairs
        products = np.einsum("pv,pv->p", sample[first], sample[second])
        self._pairs = self._pairs[:, (products > _ALIKE) | (is_dead[first] & is_dead[second])]

    @property
    def dead(self) -> int:
        """Number of dead maps."""
        return int(np.count_nonzero(self._is_dead))

    @property
    def copies(self) -> int:
        """Number of maps that are copies of earlier ones, dead ones aside."""
        return sum(1 for channel in set(self._pairs[1].tolist()) if not self._is_dead[channel])
