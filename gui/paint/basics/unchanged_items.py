"""Computes something of each item of a sequence, and only of those that differ from the sequence before."""

from collections.abc import Callable, Hashable, Sequence
from functools import lru_cache
from operator import is_
from typing import Any, Generic, TypeVar

_Result = TypeVar("_Result")


class LastResults(Generic[_Result]):
    """The results of the last call of `map`: most edits leave most layers of a network as they are, and their order.

    The results of the items at the beginning and at the end that are the same objects as before are taken over.
    """

    def __init__(self) -> None:
        self._columns: tuple[Sequence[Any], ...] = ()
        self._results: list[_Result] = []

    def map(self, function: Callable[..., _Result], *columns: Sequence[Any]) -> list[_Result]:
        """The results of the function for the items of sequences of the same length, as ``map`` computes them.

        A result must depend on nothing but its items, which are immutable: the function is the same at each call.
        """
        length, before = len(columns[0]), len(self._results)
        shorter = min(length, before) if len(columns) == len(self._columns) else 0
        start = min((_same_start(*pair) for pair in zip(columns, self._columns, strict=False)), default=0)
        start = min(start, shorter)
        end = 0
        if start < shorter:
            pairs = [(column[::-1], last[::-1]) for column, last in zip(columns, self._columns, strict=True)]
            end = min(min(_same_start(*pair) for pair in pairs), shorter - start)
        middle = map(function, *[column[start : length - end] for column in columns])
        self._results = [*self._results[:start], *middle, *self._results[before - end :]]
        self._columns = columns
        return self._results


def _same_start(now: Sequence[Any], before: Sequence[Any]) -> int:
    """The number of items at the beginning of two sequences that are the same objects."""
    number = bytes(map(is_, now, before)).find(0)
    return min(len(now), len(before)) if number < 0 else number


@lru_cache(maxsize=64)
def last_results(*_name: Hashable) -> LastResults[Any]:
    """The last results of a name: of the function, and of all that they depend on besides the items."""
    return LastResults()
