"""Caches of computed volumes and of weights, each within a budget of bytes; they drop the least recently used."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from copy import copy
from threading import Event, Lock
from typing import Generic, NamedTuple, TypeVar

from engine.kernels import Checkpoint, Volume

_DEFAULT_BUDGET = 2**30
_WEIGHT_BUDGET = 600 * 10**6
"""Enough for VGG-16, whose 553 MB are the most of all bundled networks."""
_POLL_SECONDS = 0.02
"""How often a checkpoint is called while another thread makes weights."""
_FITS_BUDGET = 2**28
"""Bytes of fitted weights in the cache: enough for a whole network, whose volumes depend on all of them."""

_Arrays = Mapping[str, Volume]
"""Weights by role."""


class CachedVolume(NamedTuple):
    """A volume, the milliseconds that its arithmetic took, and its weights by role if they were fitted to data."""

    volume: Volume
    milliseconds: float = 0.0
    fitted_weights: _Arrays | None = None
    notices: tuple[str, ...] = ()
    """What the user should know of the files that were read for it."""
    had_weights: bool = False
    """Whether its weights were cached when it was computed, which then took less time."""


class CachedWeights(NamedTuple):
    """The weights of a layer by role, and what the user should know of the files that they were read from."""

    arrays: _Arrays
    notices: tuple[str, ...] = ()


class CachedFit(NamedTuple):
    """Weights that were fitted together, by role for each part, and notices as of `CachedWeights`."""

    parts: Sequence[_Arrays]
    notices: tuple[str, ...] = ()


_Key = TypeVar("_Key", bound=Hashable)
_Entry = TypeVar("_Entry")


class _RecentEntries(Generic[_Key, _Entry]):
    """Entries by key, of which the first stays; safe to use from several threads. The newest may exceed the budget."""

    def __init__(self, budget: int, bytes_of: Callable[[_Entry], int]) -> None:
        self.budget = budget
        self._bytes_of = bytes_of
        self._entries: OrderedDict[_Key, _Entry] = OrderedDict()
        self._used = 0
        self._lock = Lock()

    def get(self, key: _Key) -> _Entry | None:
        """The entry of this key, from now on the most recently used; None if there is none."""
        with self._lock:
            if key in self._entries:
                self._entries.move_to_end(key)
            return self._entries.get(key)

    def put(self, key: _Key, entry: _Entry) -> None:
        with self._lock:
            if key in self._entries:
                return
            self._entries[key] = entry
            self._used += self._bytes_of(entry)
            while self._used > self.budget and len(self._entries) > 1:
                self._used -= self._bytes_of(self._entries.popitem(last=False)[1])

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
            self._used = 0

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: _Key) -> bool:
        return key in self._entries


class WeightCache:
    """Weights that were made from a seed or read from a file, within a budget of bytes; safe like `VolumeCache`."""

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self.is_filled = True
        """Whether weights that are made are added."""
        self._entries = _RecentEntries[Hashable, CachedWeights](budget, lambda entry: _bytes(entry.arrays))
        self._in_progress: dict[Hashable, Event] = {}
        """Set as soon as weights are made that one thread is making."""
        self._lock = Lock()

    def unfilled(self) -> "WeightCache":
        """The same weights, to which none are added."""
        cache = copy(self)
        cache.is_filled = False
        return cache

    def get(self, key: Hashable) -> CachedWeights | None:
        """The weights of this key, see `weights.weights_key`; None if they are not cached."""
        return self._entries.get(key)

    def get_or_make(
        self, key: Hashable, make: Callable[[], CachedWeights], checkpoint: Checkpoint
    ) -> tuple[CachedWeights, bool]:
        """The weights of this key, and whether they were cached; if not, `make` returns them, and now they are.

        Threads that ask while another makes them wait for it, and make them if it fails.
        """
        has_waited = False
        while True:
            with self._lock:
                entry = self._entries.get(key)
                if entry is not None:
                    return entry, not has_waited
                others = self._in_progress.get(key)
                if others is None:
                    own = self._in_progress[key] = Event()
                    break
            has_waited = True
            while not others.wait(_POLL_SECONDS):
                checkpoint()
        try:
            entry = make()
            if self.is_filled and _bytes(entry.arrays) <= self.budget:
                self._entries.put(key, entry)
            return entry, False
        finally:
            with self._lock:
                del self._in_progress[key]
            own.set()

    def clear(self) -> None:
        """Drop all weights."""
        self._entries.clear()


class VolumeCache:
    """Volumes, and what they were computed with. Its arrays are shared: nobody writes to them.

    Safe to use from several threads. The budgets do not include arrays that a run or a window holds.

    Parameters
    ----------
    budget
        Bytes of volumes.
    weight_budget
        Bytes of `weights`.
    """

    def __init__(self, budget: int = _DEFAULT_BUDGET, weight_budget: int = _WEIGHT_BUDGET) -> None:
        self.budget = budget
        self.weights = WeightCache(weight_budget)
        self._volumes = _RecentEntries[bytes, CachedVolume](budget, lambda entry: entry.volume.nbytes)
        self._fits = _RecentEntries[bytes, CachedFit](_FITS_BUDGET, lambda fit: sum(map(_bytes, fit.parts)))

    def get(self, key: bytes) -> CachedVolume | None:
        """The volume of this key, from now on the most recently used; None if it is not cached."""
        return self._volumes.get(key)

    def put(self, key: bytes, entry: CachedVolume) -> None:
        """Cache a volume and drop the least recently used ones; a volume larger than the whole budget is not cached."""
        if entry.volume.nbytes <= self.budget:
            self._volumes.put(key, entry)

    def with_unfilled_weights(self) -> "VolumeCache":
        """The same volumes and fitted weights, and the same other weights, to which none are added."""
        cache = copy(self)
        cache.weights = self.weights.unfilled()
        return cache

    def get_fit(self, key: bytes) -> CachedFit | None:
        """The fitted weights of this key, from now on the most recently used; None if they are not cached."""
        return self._fits.get(key)

    def put_fit(self, key: bytes, fit: CachedFit) -> None:
        """Cache fitted weights and drop the least recently used ones; the newest stay, however large they are."""
        self._fits.put(key, fit)

    def drop_volumes(self) -> None:
        """Drop all volumes; weights stay."""
        self._volumes.clear()

    def clear(self) -> None:
        """Drop all volumes and weights."""
        self._volumes.clear()
        self.weights.clear()
        self._fits.clear()

    def __len__(self) -> int:
        return len(self._volumes)

    def __contains__(self, key: bytes) -> bool:
        return key in self._volumes


def _bytes(arrays: _Arrays) -> int:
    return sum(array.nbytes for array in arrays.values())
