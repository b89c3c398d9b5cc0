"""Which points of a sweep lie within ranges of several columns at once."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from engine.sweep.columns import FITS, MACHINE, PROBLEM_COLUMN, Values

if TYPE_CHECKING:
    from engine.sweep.sweep import Sweep

Positions = Mapping[str, np.ndarray]
"""Of each column the positions of all points, (points,): numbers as they are, of texts the index of the value on its
axis; NaN where there is none."""


class ColumnRange(Struct, frozen=True):
    """A part of the axis of a column, ends included."""

    column: str
    low: float
    high: float


def with_range(ranges: tuple[ColumnRange, ...], new: ColumnRange) -> tuple[ColumnRange, ...]:
    """The ranges with another one of a column, in place of that which it had."""
    return (*without_range(ranges, new.column), new)


def without_range(ranges: tuple[ColumnRange, ...], column: str) -> tuple[ColumnRange, ...]:
    """The ranges without that of a column."""
    return tuple(other for other in ranges if other.column != column)


def brushable_columns(sweep: "Sweep") -> tuple[str, ...]:
    """The columns whose values have an order: all but those that are texts for people."""
    return tuple(column for column in sweep.columns if column not in (MACHINE, PROBLEM_COLUMN))


def column_labels(sweep: "Sweep", column: str) -> tuple[object, ...]:
    """The values of a column that are no numbers, in the order of its axis; () for a column of numbers."""
    if column == FITS:
        return False, True
    for axis in sweep.axes:
        labels = tuple(value.label for value in axis.values)
        if axis.name == column and any(isinstance(label, bool | str) for label in labels):
            return labels
    return ()


def add_positions(positions: Positions, sweep: "Sweep", rows: Sequence[Values]) -> dict[str, np.ndarray]:
    """The positions with those of further rows behind them; ``{}`` are those of no rows."""
    added = {}
    for column in brushable_columns(sweep):
        labels = column_labels(sweep, column)
        places: dict[object, float] = {str(label): float(index) for index, label in enumerate(labels)}
        values = (row.get(column) for row in rows)
        amounts = (
            [places.get(str(value), np.nan) for value in values]
            if labels
            else [np.nan if value is None else float(value) for value in values]
        )
        new = np.array(amounts, dtype=np.float64)
        new[~np.isfinite(new)] = np.nan
        added[column] = np.concatenate([positions[column], new]) if column in positions else new
    return added


def points_within(positions: Positions, ranges: Sequence[ColumnRange]) -> np.ndarray:
    """Whether each point is within all ranges, (points,) of bool; a point without a value is in no range of it."""
    count = len(next(iter(positions.values()), ()))
    within = np.ones(count, dtype=bool)
    for part in ranges:
        amounts = positions[part.column]
        within &= (amounts >= part.low) & (amounts <= part.high)
    return within
