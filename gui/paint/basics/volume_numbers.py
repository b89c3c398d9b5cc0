"""Remembers small numbers about volumes, to look up those of thousands of them in every frame."""

from collections.abc import Callable, Hashable, Iterable
from functools import partial
from weakref import ref

from gui.state.volume_at import Float32Volume

_Entry = tuple[int, "ref[Float32Volume]"]
_NUMBERS: dict[tuple[Hashable, ...], dict[int, _Entry]] = {}
"""By what the number is, and the id of the volume; the reference removes the number as soon as the volume is gone.

Without a lock, as a run's thread and the window's at most compute the same number of the same volume.
"""


def numbers_of(kind: tuple[Hashable, ...], compute: Callable[[Float32Volume], int]) -> Callable[[Float32Volume], int]:
    """A function that returns what `compute` does for a volume, and computes it once.

    Parameters
    ----------
    kind
        The name of the number, and all that it depends on besides the volume.
    """
    numbers = _NUMBERS.setdefault(kind, {})

    def number_of(volume: Float32Volume) -> int:
        entry = numbers.get(id(volume))
        if entry is None:
            number = compute(volume)
            remember_numbers(kind, [(volume, number)])
            return number
        return entry[0]

    return number_of


def remember_numbers(kind: tuple[Hashable, ...], pairs: Iterable[tuple[Float32Volume, int]]) -> None:
    """Remember numbers of volumes that are computed together, for `numbers_of`."""
    numbers = _NUMBERS.setdefault(kind, {})
    for volume, number in pairs:
        numbers[id(volume)] = number, ref(volume, partial(_forget, numbers, id(volume)))


def _forget(numbers: dict[int, _Entry], key: int, _volume: "ref[Float32Volume]") -> None:
    numbers.pop(key, None)
