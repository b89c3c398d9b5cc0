"""Computes something of each item of a sequence, and only of those that differ from the sequence before."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import lru_cache
from operator import is_
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

_Result = TypeVar("_Result")
_Columns = tuple[Sequence[Any], ...]

_STRETCH = 512
"""Items that are compared at once, which takes a fifth of the time of comparing them one by one."""


class LastResults(Generic[_Result]):
    """The results of the last call of `map`: most edits leave most layers of a network as they are, and their order.

    The results of items that are equal to those before are taken over: in a sequence of the same length those at the
    same place, else those at the beginning and at the end.
    """

    def __init__(self) -> None:
        self._last: tuple[_Columns, list[_Result]] = (), []  # one value, since threads share it
        self._last_array: tuple[list[_Result], NDArray[Any]] = [], np.empty(0)

    def map(self, function: Callable[..., _Result], *columns: Sequence[Any]) -> list[_Result]:
        """The results of the function for the items of sequences of the same length, as ``map`` computes them.

        A result must depend on nothing but its items, which are immutable: the function is the same at each call.
        If no item differs, the list is the one of the last call.
        """
        last_columns, last = self._last
        if len(columns) != len(last_columns):
            results = list(map(function, *columns))
        elif len(columns[0]) == len(last):
            pairs = zip(columns, last_columns, strict=True)
            changed = sorted({at for pair in pairs for at in differing(*pair)})
            results = list(last) if changed else last
            for at in changed:
                results[at] = function(*[column[at] for column in columns])
        else:
            start, end = _same_ends(columns, last_columns)
            middle = map(function, *[column[start : len(column) - end] for column in columns])
            results = [*last[:start], *middle, *last[len(last) - end :]]
        self._last = columns, results
        return results

    def array(
        self, function: Callable[..., _Result], *columns: Sequence[Any], dtype: DTypeLike = np.float64
    ) -> NDArray[Any]:
        """The results of `map`, numbers or rows of them, as an array that must not be changed.

        If no item differs, it is the one of the last call.
        """
        results, (last, array) = self.map(function, *columns), self._last_array
        if results is not last:
            if len(results) == len(last) and array.dtype == dtype:
                array = array.copy()
                for at in differing(results, last):
                    array[at] = results[at]
            else:
                array = np.array(results, dtype)
            array.flags.writeable = False
            self._last_array = results, array
        return array


def differing(now: Sequence[Any], before: Sequence[Any]) -> Iterator[int]:
    """The positions at which two sequences of the same length have different objects, but for equal stretches."""
    if now is before:
        return
    for start in range(0, len(now), _STRETCH):
        some, others = now[start : start + _STRETCH], before[start : start + _STRETCH]
        if some != others:
            same = bytes(map(is_, some, others))
            at = same.find(0)
            while at >= 0:
                yield start + at
                at = same.find(0, at + 1)


def _same_ends(now: _Columns, before: _Columns) -> tuple[int, int]:
    """The numbers of items at the beginning and at the end that are the same objects in all columns."""
    shorter = min(len(now[0]), len(before[0]))
    start = min(_same_start(*pair) for pair in zip(now, before, strict=True))
    reversed_pairs = [(column[::-1], other[::-1]) for column, other in zip(now, before, strict=True)]
    return start, min(shorter - start, *(_same_start(*pair) for pair in reversed_pairs))


def _same_start(now: Sequence[Any], before: Sequence[Any]) -> int:
    """The number of items at the beginning of two sequences that are the same objects."""
    number = bytes(map(is_, now, before)).find(0)
    return min(len(now), len(before)) if number < 0 else number


@lru_cache(maxsize=256)
def last_results(*_name: Hashable) -> LastResults[Any]:
    """The last results of a name: of the function, and of all that they depend on besides the items."""
    return LastResults()
