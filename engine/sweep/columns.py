"""The columns of a sweep's table: metrics that are counted, and those that are measured."""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from engine.cost.counting import Convention
from engine.cost.metrics import METRICS, Metric, title_of


class MeasuredColumn(Struct, frozen=True):
    """A measured metric of a point."""

    id: str
    title: str
    unit: str = ""


COUNTED: tuple[Metric, ...] = tuple(metric for metric in METRICS if not metric.is_measured)

MEASURES: dict[str, tuple[MeasuredColumn, ...]] = {
    "error": (
        MeasuredColumn("error_fitted", "Error (fitted)"),
        MeasuredColumn("error_held_out", "Error (held out)"),
    ),
    "agreement": (MeasuredColumn("agreement", "Agreement"),),
    "ms": (MeasuredColumn("milliseconds", "Time", "ms"),),
}
"""Columns by what is to be measured. The error of a point is that on the other photos, if there are any."""

COMPARED = frozenset({"error", "agreement"})
"""Measures that compare a point with another design."""

MACHINE, FITS, PROBLEM_COLUMN = "machine", "fits", "problem"
"""Further columns: what measured the time, whether the point satisfies all conditions, and why it has no values."""

_MORE_IS_BETTER = frozenset({"intensity", "receptive_field", "agreement"})

Values = dict[str, Any]
"""The amounts of a point by the id of their column; None if unknown."""


def measured_columns(measure: Iterable[str]) -> tuple[MeasuredColumn, ...]:
    """The columns of what is to be measured, in the order of `MEASURES`."""
    names = set(measure)
    return tuple(column for name, columns in MEASURES.items() if name in names for column in columns)


def is_better_lower(metric: str) -> bool:
    """Whether less of a metric is better."""
    return metric not in _MORE_IS_BETTER


def column_title(column: str, convention: Convention) -> str:
    """The title of a column; an axis is called as it is."""
    titles = {metric.id: title_of(metric, convention) for metric in COUNTED}
    titles |= {column.id: column.title for columns in MEASURES.values() for column in columns}
    return titles.get(column, column)
