"""Flowing groups of lines into columns, as in a newspaper: for all lists in figures."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import TypeVar

_Item = TypeVar("_Item")


def fill_columns(
    groups: Sequence[Sequence[_Item]], count: int, continued: Callable[[_Item], _Item]
) -> tuple[tuple[_Item, ...], ...]:
    """Fill at most `count` columns, as short as possible; the heading of a group is repeated if the group breaks.

    If there are as many columns as groups, each group has its own, so that equal groups stand side by side.
    """
    if count == len(groups):
        return tuple(tuple(group) for group in groups)
    height = -(-sum(map(len, groups)) // max(count, 1))
    while len(columns := _fill_columns_of_height(groups, height, continued)) > max(count, 1):
        height += 1
    return columns


def _fill_columns_of_height(
    groups: Sequence[Sequence[_Item]], height: int, continued: Callable[[_Item], _Item]
) -> tuple[tuple[_Item, ...], ...]:
    """Fill columns of at most `height` lines, at least two: a heading is never the last line of a column."""
    columns: list[list[_Item]] = [[]]
    for group in groups:
        for index, item in enumerate(group):
            needed = 2 if index == 0 and len(group) > 1 else 1
            if columns[-1] and len(columns[-1]) + needed > max(height, 2):
                columns.append([] if index == 0 else [continued(group[0])])
            columns[-1].append(item)
    return tuple(tuple(column) for column in columns)


def largest_fitting(most: int, fits: Callable[[int], bool]) -> int:
    """The largest number up to `most` that fits, 0 if none does; a smaller number fits if a larger one does."""
    return bisect_left(range(1, most + 1), True, key=lambda number: not fits(number))
