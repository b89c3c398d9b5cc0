"""Remembers small numbers about each volume of a run, to look up thousands of them in every frame."""

from collections.abc import Callable, Hashable
from weakref import WeakKeyDictionary

from gui.state.view_state import RunView
from gui.state.volume_at import Float32Volume

_NUMBERS: "WeakKeyDictionary[RunView, dict[Hashable, dict[int, int]]]" = WeakKeyDictionary()
"""By run, what the number is, and the id of the volume, which belongs to no other one as long as the run has it."""


def numbers_of(
    run: RunView, kind: tuple[Hashable, ...], compute: Callable[[Float32Volume], int]
) -> Callable[[Float32Volume], int]:
    """A function that returns what `compute` does for a volume of a run, and computes it once.

    Parameters
    ----------
    kind
        The name of the number, and all that it depends on besides the volume.
    """
    known = _NUMBERS.setdefault(run, {}).setdefault(kind, {})

    def number_of(volume: Float32Volume) -> int:
        number = known.get(id(volume))
        if number is None:
            number = known[id(volume)] = compute(volume)
        return number

    return number_of
