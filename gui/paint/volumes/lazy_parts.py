"""Parts of a picture that are made when they are looked at: in a long network few are large enough for that."""

from bisect import bisect
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import Generic, TypeVar, overload

_Part = TypeVar("_Part")


class LazyParts(Sequence[_Part], Generic[_Part]):
    """The parts of several sections as one sequence.

    Parameters
    ----------
    sections
        The number of parts of each section, and a function that makes one of them.
    """

    def __init__(self, sections: Sequence[tuple[int, Callable[[int], _Part]]]) -> None:
        self._makers = [make for _, make in sections]
        self._starts = [0, *accumulate(length for length, _ in sections)]
        self._parts: dict[int, _Part] = {}

    def __len__(self) -> int:
        return self._starts[-1]

    @overload
    def __getitem__(self, number: int) -> _Part: ...
    @overload
    def __getitem__(self, number: slice) -> list[_Part]: ...
    def __getitem__(self, number: int | slice) -> _Part | list[_Part]:
        if isinstance(number, slice):
            return [self[at] for at in range(len(self))[number]]
        number = range(len(self))[number]
        part = self._parts.get(number)
        if part is None:
            section = bisect(self._starts, number) - 1
            part = self._parts[number] = self._makers[section](number - self._starts[section])
        return part

    def __iter__(self) -> Iterator[_Part]:
        return map(self.__getitem__, range(len(self)))
