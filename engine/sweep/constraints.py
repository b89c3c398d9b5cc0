"""Conditions on the points of a sweep, such as "macs < 20e6" or "divides(groups, filters)"."""

from collections.abc import Callable, Iterable, Mapping
from enum import IntEnum
from typing import Any

from msgspec import Struct

from engine.expressions.arithmetic import Value, number_of, truth_of
from engine.expressions.faults import ExpressionError
from engine.expressions.functions import MATH_FUNCTIONS, ExpressionFunction
from engine.expressions.language import Language
from engine.sweep.axes import Axis
from engine.sweep.columns import COUNTED, MEASURES
from engine.sweep.faults import SweepFault

_SettingLookup = Callable[[str], Value]
"""The value of the setting at a path in a point; ExpressionError if there is none."""


class Known(IntEnum):
    """When a condition can be decided."""

    BEFORE = 0
    """By the settings alone: it chooses which points there are."""
    COUNTED = 1
    MEASURED = 2


class Constraint(Struct, frozen=True):
    """A condition, and when it can be decided."""

    text: str
    known: Known


def _setting(lookup: _SettingLookup, path: str) -> Value:
    return lookup(path)


def _divides(_lookup: _SettingLookup, divisor: float, number: float) -> Value:
    if not divisor:
        raise ExpressionError("divides by zero")
    return not number_of(number) % number_of(divisor)


_FUNCTIONS = {
    row.name: row
    for row in (
        *MATH_FUNCTIONS,
        ExpressionFunction("setting", _setting, "a setting of the point by its path: setting('net/conv.filters')"),
        ExpressionFunction("divides", _divides, "whether the second number is a multiple of the first"),
    )
}
_ERROR = "error"
"""Stands for the error that decides."""


class Conditions:
    """The conditions of a sweep.

    Raises
    ------
    SweepFault
        A text is no condition.
    """

    def __init__(self, texts: Iterable[str], axes: Iterable[Axis], measure: Iterable[str]) -> None:
        columns = {column.id: name for name, columns in MEASURES.items() for column in columns} | {_ERROR: _ERROR}
        measure_names = set(measure)
        counted = {metric.id: metric.title for metric in COUNTED}
        measured = {column: name for column, name in columns.items() if name in measure_names}
        names = {axis.name: axis.name for axis in axes if axis.name.isidentifier()}
        if clash := next((name for name in names if name in counted or name in columns or name in _FUNCTIONS), ""):
            raise SweepFault(f"an axis is called {clash!r}, as a metric or a function is; give it another name")
        self._language = Language(_FUNCTIONS, names | counted | measured)
        stages = dict.fromkeys(counted, Known.COUNTED) | dict.fromkeys(measured, Known.MEASURED)
        self.constraints = tuple(Constraint(text, self._known(text, stages)) for text in texts)

    def _known(self, text: str, stages: Mapping[str, Known]) -> Known:
        try:
            self._language.check(text)
        except ExpressionError as error:
            raise SweepFault(f"{text!r}: {error}") from None
        return max((stages.get(name, Known.BEFORE) for name in self._language.names_in(text)), default=Known.BEFORE)

    def has(self, stage: Known) -> bool:
        """Whether any condition is decided then."""
        return any(constraint.known == stage for constraint in self.constraints)

    def hold(self, stage: Known, values: Mapping[str, Any], lookup: _SettingLookup) -> bool:
        """Whether all conditions that are decided then hold; what is unknown does not.

        Parameters
        ----------
        values
            Labels of axes and amounts of metrics by name.
        """
        for constraint in self.constraints:
            if constraint.known != stage:
                continue
            if any(values.get(name) is None for name in self._language.names_in(constraint.text)):
                return False
            try:
                if not truth_of(self._language.value(constraint.text, lookup, values)):
                    return False
            except ExpressionError as error:
                raise SweepFault(f"{constraint.text!r}: {error}") from None
        return True
