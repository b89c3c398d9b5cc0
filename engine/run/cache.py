"""Computed volumes by what made them: a byte budget, the least recently used dropped first."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import NamedTuple

from engine.kernels import Volume

_DEFAULT_BUDGET = 2**30
FITS_BUDGET = 2**28
"""Bytes of fitted weights that are kept: those of a whole network, for its volumes come of all of them."""


class CachedVolume(NamedTuple):
    """A volume, the milliseconds that its arithmetic took, and its weights by role where they were fitted to data."""

    volume: Volume
    milliseconds: float
    fitted_weights: Mapping[str, Volume] | None = None


class VolumeCache:
    """May be used from several threads. Volumes in it are shared: nobody writes to them.

    The budget bounds what is kept besides the volumes that a run or a window holds.
    """

    def __init__(self, budget: int = _DEFAULT_BUDGET) -> None:
        self.budget = budget
        self._volumes: OrderedDict[bytes, CachedVolume] = OrderedDict()
        self._fits: OrderedDict[bytes, Sequence[Mapping[str, Volume]]] = OrderedDict()
        self._used = 0
        self._lock = Lock()

    def get(self, key: bytes) -> CachedVolume | None:
        """The volume that this key made, now the most recently used; None if it is not, or no longer, here."""
        with self._lock:
            if key in self._volumes:
                self._volumes.move_to_end(key)
            return self._volumes.get(key)

    def put(
        self, key: bytes, volume: Volume, milliseconds: float = 0.0, fitted: Mapping[str, Volume] | None = None
    ) -> None:
        """Keep a volume, dropping what was least recently used; one larger than the whole budget is not kept."""
        with self._lock:
            if key in self._volumes or volume.nbytes > self.budget:
                return
            self._volumes[key] = CachedVolume(volume, milliseconds, fitted)
            self._used += volume.nbytes
            while self._used > self.budget:
                self._used -= self._volumes.popitem(last=False)[1].volume.nbytes

    def get_fit(self, key: bytes) -> Sequence[Mapping[str, Volume]] | None:
        """The fitted weights that this key made, now the most recently used; None if they are not here."""
        with self._lock:
            if key in self._fits:
                self._fits.move_to_end(key)
            return self._fits.get(key)

    def put_fit(self, key: bytes, parts: Sequence[Mapping[str, Volume]]) -> None:
        """Keep fitted weights, dropping what was least recently used."""
        with self._lock:
            self._fits[key] = parts
            used = sum(map(_weight_bytes, self._fits.values()))
            while used > FITS_BUDGET and len(self._fits) > 1:
                used -= _weight_bytes(self._fits.popitem(last=False)[1])

    def __len__(self) -> int:
        return len(self._volumes)

    def __contains__(self, key: bytes) -> bool:
        return key in self._volumes


def _weight_bytes(parts: Sequence[Mapping[str, Volume]]) -> int:
    return sum(array.nbytes for part in parts for array in part.values())
