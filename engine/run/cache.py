"""A cache of computed volumes, by the key of what made them, within a byte budget; drops the least recently used."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import NamedTuple

from engine.kernels import Volume

_DEFAULT_BUDGET = 2**30
_FITS_BUDGET = 2**28
"""Bytes of fitted weights in the cache: enough for a whole network, whose volumes depend on all of them."""


class CachedVolume(NamedTuple):
    """A volume, the milliseconds that its arithmetic took, and its weights by role if they were fitted to data."""

    volume: Volume
    milliseconds: float
    fitted_weights: Mapping[str, Volume] | None = None
    notices: tuple[str, ...] = ()
    """What the user should know of the files that were read for it."""


class VolumeCache:
    """Safe to use from several threads. Its volumes are shared: nobody writes to them.

    The budget does not include volumes that a run or a window holds.
    """

    def __init__(self, budget: int = _DEFAULT_BUDGET) -> None:
        self.budget = budget
        self._volumes: OrderedDict[bytes, CachedVolume] = OrderedDict()
        self._fits: OrderedDict[bytes, Sequence[Mapping[str, Volume]]] = OrderedDict()
        self._used = self._used_by_fits = 0
        self._lock = Lock()

    def get(self, key: bytes) -> CachedVolume | None:
        """The volume of this key, from now on the most recently used; None if it is not cached."""
        with self._lock:
            if key in self._volumes:
                self._volumes.move_to_end(key)
            return self._volumes.get(key)

    def put(
        self,
        key: bytes,
        volume: Volume,
        milliseconds: float = 0.0,
        fitted_weights: Mapping[str, Volume] | None = None,
        notices: tuple[str, ...] = (),
    ) -> None:
        """Cache a volume and drop the least recently used ones; a volume larger than the whole budget is not cached."""
        with self._lock:
            if key in self._volumes or volume.nbytes > self.budget:
                return
            self._volumes[key] = CachedVolume(volume, milliseconds, fitted_weights, notices)
            self._used += volume.nbytes
            while self._used > self.budget:
                self._used -= self._volumes.popitem(last=False)[1].volume.nbytes

    def get_fit(self, key: bytes) -> Sequence[Mapping[str, Volume]] | None:
        """The fitted weights of this key, from now on the most recently used; None if they are not cached."""
        with self._lock:
            if key in self._fits:
                self._fits.move_to_end(key)
            return self._fits.get(key)

    def put_fit(self, key: bytes, parts: Sequence[Mapping[str, Volume]]) -> None:
        """Cache fitted weights and drop the least recently used ones."""
        with self._lock:
            self._used_by_fits += _weight_bytes(parts) - _weight_bytes(self._fits.pop(key, ()))
            self._fits[key] = parts
            while self._used_by_fits > _FITS_BUDGET and len(self._fits) > 1:
                self._used_by_fits -= _weight_bytes(self._fits.popitem(last=False)[1])

    def clear(self) -> None:
        """Drop all volumes and weights."""
        with self._lock:
            self._volumes.clear()
            self._fits.clear()
            self._used = self._used_by_fits = 0

    def __len__(self) -> int:
        return len(self._volumes)

    def __contains__(self, key: bytes) -> bool:
        return key in self._volumes


def _weight_bytes(parts: Sequence[Mapping[str, Volume]]) -> int:
    return sum(array.nbytes for part in parts for array in part.values())
