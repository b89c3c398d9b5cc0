"""What was made of volumes, kept for the next repaint as long as there is room."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import NamedTuple, TypeVar
from weakref import ReferenceType, ref

from gui.state.view_state import Volume

Made = TypeVar("Made")


class _Entry(NamedTuple):
    volumes: tuple[ReferenceType[Volume], ...]
    made: object
    size: int


class Kept:
    """The least recently used is dropped beyond a budget of bytes; a volume itself is not kept alive.

    What is made of no volume has a key that says all that it is made of.

    May be used from several threads.
    """

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._bytes = 0
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._lock = Lock()

    def has(self, volumes: tuple[Volume, ...], key: Hashable) -> bool:
        """Whether it is at hand."""
        with self._lock:
            return self._find(volumes, key) is not None

    def get(
        self, volumes: tuple[Volume, ...], key: Hashable, make: Callable[[], Made], size: Callable[[Made], int]
    ) -> Made:
        """What the key names of these volumes, made where it is not at hand."""
        with self._lock:
            entry = self._find(volumes, key)
        if entry is not None:
            return entry.made  # type: ignore[return-value]  # the key names what was made
        made = make()
        with self._lock:
            self._put(self._whole(volumes, key), _Entry(tuple(map(ref, volumes)), made, size(made)))
        return made

    @staticmethod
    def _whole(volumes: tuple[Volume, ...], key: Hashable) -> Hashable:
        return tuple(map(id, volumes)), key

    def _find(self, volumes: tuple[Volume, ...], key: Hashable) -> _Entry | None:
        whole = self._whole(volumes, key)
        entry = self._entries.get(whole)
        if entry is None:
            return None
        for known, volume in zip(entry.volumes, volumes, strict=True):  # an id may belong to another volume by now
            if known() is not volume:
                return None
        self._entries.move_to_end(whole)
        return entry

    def _put(self, whole: Hashable, entry: _Entry) -> None:
        before = self._entries.pop(whole, None)
        self._bytes += entry.size - (0 if before is None else before.size)
        self._entries[whole] = entry
        while self._bytes > self._budget and len(self._entries) > 1:
            self._bytes -= self._entries.popitem(last=False)[1].size
