"""Arithmetic, comparisons and logic of expressions: every result is bounded, and what does not fit is a mistake."""

import ast
import operator
from collections.abc import Callable, Iterable
from math import isnan, log10

from engine.expressions.faults import ExpressionError
from engine.text.messages import value_text

Number = int | float
Value = bool | int | float | str | tuple["Value", ...] | None
"""A value of an expression. A tuple is a setting or a place in a map, such as (height, width); None is nothing, such
as the selected map if none is."""

_MOST = 1e30
"""Largest number: no network has more of anything."""
_MOST_DIGITS = 30


def number_of(value: Value, place: int | None = None) -> Number:
    """A value that has to be a number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ExpressionError(f"{value_text(value)} is no number", place)
    return value


def check_number(value: Number, place: int | None = None) -> Number:
    """The number; ExpressionError if it is too large."""
    if abs(value) > _MOST:  # not of NaN, which has no size
        raise ExpressionError("gives a number that is too large; at most 10³⁰ can be computed with", place)
    return value


def _calculation(calculate: Callable[[Number, Number], Number]) -> Callable[[Value, Value, int], Value]:
    def result(first: Value, second: Value, place: int) -> Value:
        numbers = [check_number(number_of(value, place), place) for value in (first, second)]
        try:
            return check_number(calculate(*numbers), place)
        except ExpressionError as error:
            raise ExpressionError(error.text, place) from None

    return result


def _power(base: Number, exponent: Number) -> Number:
    if isnan(base) or isnan(exponent):
        return base + exponent
    if not base and exponent < 0:
        raise ExpressionError("divides by zero")
    if base < 0 and exponent != int(exponent):
        raise ExpressionError("a root of a negative number is none")
    if base and abs(exponent * log10(abs(base))) > _MOST_DIGITS:
        raise ExpressionError("a power is too large or too small; at most 10³⁰ can be computed with")
    result: Number = base**exponent
    return result


def divided(first: Number, second: Number) -> Number:
    """The ratio; ExpressionError for a division by zero."""
    if not second:
        raise ExpressionError("divides by zero")
    return first / second


OPERATORS: dict[type[ast.operator], Callable[[Value, Value, int], Value]] = {
    ast.Add: _calculation(operator.add),
    ast.Sub: _calculation(operator.sub),
    ast.Mult: _calculation(operator.mul),
    ast.Div: _calculation(divided),
    ast.Pow: _calculation(_power),
}


def truth_of(value: Value, place: int | None = None) -> bool:
    """A value that has to be true or false."""
    if not isinstance(value, bool):
        raise ExpressionError(f"{value_text(value)} is neither true nor false; compare it with something", place)
    return value


SIGNS: dict[type[ast.unaryop], Callable[[Value, int], Value]] = {
    ast.USub: lambda value, place: -number_of(value, place),
    ast.UAdd: lambda value, place: number_of(value, place),
    ast.Not: lambda value, place: not truth_of(value, place),
}

LOGIC: dict[type[ast.boolop], Callable[[Iterable[tuple[Value, int]]], bool]] = {
    ast.And: lambda terms: all(truth_of(value, place) for value, place in terms),
    ast.Or: lambda terms: any(truth_of(value, place) for value, place in terms),
}
"""Terms behind one that decides are not computed."""


def _equal(first: Value, second: Value) -> bool:
    """Whether two values are the same; true is not 1."""
    return isinstance(first, bool) == isinstance(second, bool) and first == second


def _comparison(compare: Callable[[Number, Number], bool]) -> Callable[[Value, Value, int], bool]:
    return lambda first, second, place: compare(number_of(first, place), number_of(second, place))


COMPARISONS: dict[type[ast.cmpop], Callable[[Value, Value, int], bool]] = {
    ast.Eq: lambda first, second, place: _equal(first, second),
    ast.NotEq: lambda first, second, place: not _equal(first, second),
    ast.Lt: _comparison(operator.lt),
    ast.LtE: _comparison(operator.le),
    ast.Gt: _comparison(operator.gt),
    ast.GtE: _comparison(operator.ge),
}
