"""Remembers small numbers about volumes, to look up those of thousands of them in every frame."""

from collections.abc import Callable, Hashable
from weakref import ref

from gui.state.volume_at import Float32Volume

_NUMBERS: dict[tuple[Hashable, ...], dict[int, tuple[int, ref[Float32Volume]]]] = {}
"""By what the number is, and the id of the volume; the reference removes the number as soon as the volume is gone."""


def numbers_of(kind: tuple[Hashable, ...], compute: Callable[[Float32Volume], int]) -> Callable[[Float32Volume], int]:
    """A function that returns what `compute` does for a volume, and computes it once.

    Parameters
    ----------
    kind
        The name of the number, and all that it depends on besides the volume.
    """
    numbers = _NUMBERS.setdefault(kind, {})

    def number_of(volume: Float32Volume) -> int:
        key = id(volume)
        entry = numbers.get(key)
        if entry is None:
            entry = numbers[key] = compute(volume), ref(volume, lambda _: numbers.pop(key, None))
        return entry[0]

    return number_of
