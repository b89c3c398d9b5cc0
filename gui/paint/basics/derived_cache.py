"""The cache of all values that pictures derive from volumes and weights, with one memory limit."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Final, NamedTuple, TypeVar
from weakref import ReferenceType, ref

from gui.state.volume_at import Float32Volume

_Derived = TypeVar("_Derived")
Key = tuple[str, *tuple[Hashable, ...]]
"""The name of the derived value, then all that it depends on besides the volumes."""

_LARGE_SHARE = 4
"""An entry is large if it is bigger than the capacity divided by this."""


class _Entry(NamedTuple):
    volumes: tuple[ReferenceType[Float32Volume], ...]
    value: object
    size: int


class DerivedCache:
    """Drops the least recently used entries beyond a capacity in bytes, and refers to volumes weakly.

    One large entry is cached beside the others, outside the capacity, until another large one replaces it: it can be
    drawn repeatedly, and never evicts the many small ones that the next repaint needs.

    The key of a value that depends on no volume names all that it depends on. The methods are thread-safe.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._bytes = 0
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._large: tuple[Hashable, _Entry] | None = None
        self._lock = Lock()

    def has(self, volumes: tuple[Float32Volume, ...], key: Key) -> bool:
        """Whether `get_or_make` would return at once."""
        with self._lock:
            return self._entry(volumes, key) is not None

    def get_or_make(
        self,
        volumes: tuple[Float32Volume, ...],
        key: Key,
        make: Callable[[], _Derived],
        size: Callable[[_Derived], int],
    ) -> _Derived:
        """Return the value that `key` names for these volumes; `make` computes it if it is not cached.

        `size` returns the bytes of a value.
        """
        with self._lock:
            entry = self._entry(volumes, key)
        if entry is not None:
            return entry.value  # type: ignore[return-value]  # the key names the type
        value = make()
        with self._lock:
            self._put(_full_key(volumes, key), _Entry(tuple(map(ref, volumes)), value, size(value)))
        return value

    def _entry(self, volumes: tuple[Float32Volume, ...], key: Key) -> _Entry | None:
        full = _full_key(volumes, key)
        entry = self._entries.get(full)
        if entry is not None:
            self._entries.move_to_end(full)
        elif self._large is not None and self._large[0] == full:
            entry = self._large[1]
        else:
            return None
        for volume_ref, volume in zip(entry.volumes, volumes, strict=True):
            if volume_ref() is not volume:  # an id may belong to another volume by now
                return None
        return entry

    def _put(self, full: Hashable, entry: _Entry) -> None:
        before = self._entries.pop(full, None)
        self._bytes -= 0 if before is None else before.size
        if entry.size > self._capacity // _LARGE_SHARE:
            self._large = full, entry
            return
        self._entries[full] = entry
        self._bytes += entry.size
        while self._bytes > self._capacity:
            self._bytes -= self._entries.popitem(last=False)[1].size


def _full_key(volumes: tuple[Float32Volume, ...], key: Key) -> Hashable:
    return tuple(map(id, volumes)), key


CACHE: Final = DerivedCache(332 * 2**20)
"""The cache of the whole program: measures of maps, pictures of faces and tiles, weights of the layers in view."""
