"""Functions of expressions, and those that every language of expressions has."""

import inspect
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from msgspec import Struct

from engine.expressions.arithmetic import Value, check_number, divided, number_of
from engine.expressions.faults import ExpressionError
from engine.text.messages import value_text

_NOUNS: dict[Any, tuple[str, Callable[[Value], bool]]] = {
    str: ("a text in quotes", lambda value: isinstance(value, str)),
    int: ("an integer", lambda value: isinstance(value, int) and not isinstance(value, bool)),
    float: ("a number", lambda value: isinstance(value, int | float) and not isinstance(value, bool)),
    Value: ("a value", lambda value: True),
}
"""What a parameter accepts, in words, and whether a value is such."""


class ExpressionFunction(Struct, frozen=True, dict=True):
    """A function of expressions."""

    name: str
    call: Callable[..., Value]
    """Receives what the expressions are about, and the arguments as annotated."""
    help: str
    """What it gives, for the manual."""
    format: str = "short"
    """How its value is written in a text that names no format."""

    @cached_property
    def _parameters(self) -> tuple[inspect.Parameter, ...]:
        return tuple(inspect.signature(self.call).parameters.values())[1:]

    @property
    def least(self) -> int:
        """The smallest number of arguments."""
        return sum(p.default is p.empty for p in self._parameters)

    @property
    def most(self) -> int | None:
        """The largest number of arguments; None for any number."""
        is_open = any(p.kind is p.VAR_POSITIONAL for p in self._parameters)
        return None if is_open else len(self._parameters)

    @property
    def signature(self) -> str:
        """The function with the names of its arguments: "formula(ref[, metric[, rule]])"."""
        needed = [p.name for p in self._parameters if p.default is p.empty]
        optional = [p.name for p in self._parameters if p.default is not p.empty]
        dots = ", …" if self.most is None else ""
        rest = "".join(f"[, {name}" for name in optional) + "]" * len(optional)
        return f"{self.name}({', '.join(needed)}{dots}{rest})"

    def value(self, subject: Any, arguments: Sequence[Value], place: int) -> Value:
        """The value for these arguments; ExpressionError with the place if one does not fit."""
        try:
            for number, argument in enumerate(arguments):
                parameter = self._parameters[min(number, len(self._parameters) - 1)]
                noun, accepts = _NOUNS[parameter.annotation]
                if not accepts(argument):
                    fault = f"{parameter.name} is {value_text(argument)}; {noun} is expected: {self.signature}"
                    raise ExpressionError(fault)
            return self.call(subject, *arguments)
        except ExpressionError as error:
            raise ExpressionError(error.text, place if error.place is None else error.place) from None


def _flat(values: Sequence[Value]) -> list[int | float]:
    numbers = []
    for value in values:
        numbers += _flat(value) if isinstance(value, tuple) else [check_number(number_of(value))]
    if not numbers:
        raise ExpressionError("of no numbers there is none")
    return numbers


def _ratio(_subject: object, amount: float, reference: float) -> Value:
    return check_number(divided(check_number(amount), check_number(reference)))


def _round(_subject: object, number: float, digits: int = 0) -> Value:
    check_number(number)
    if number != number or not -30 <= digits <= 15:  # NaN stays what it is
        return number
    return round(number, digits) if digits > 0 else int(round(number, digits))


def _minimum(_subject: object, *numbers: Value) -> Value:
    return min(_flat(numbers))


def _maximum(_subject: object, *numbers: Value) -> Value:
    return max(_flat(numbers))


def _sum(_subject: object, *numbers: Value) -> Value:
    return check_number(sum(_flat(numbers)))


def _absolute(_subject: object, number: float) -> Value:
    return abs(number)


MATH_FUNCTIONS: tuple[ExpressionFunction, ...] = (
    ExpressionFunction("ratio", _ratio, "amount / reference", "ratio"),
    ExpressionFunction("round", _round, "the nearest integer, or number with so many decimals"),
    ExpressionFunction("min", _minimum, "the smallest of numbers"),
    ExpressionFunction("max", _maximum, "the largest of numbers"),
    ExpressionFunction("sum", _sum, "the sum of numbers"),
    ExpressionFunction("abs", _absolute, "a number without its sign"),
)
