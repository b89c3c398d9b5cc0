"""The functions of expressions, a row each. The manual describes them by their rows."""

import inspect
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from msgspec import Struct

from engine.text.messages import value_text
from gui.lessons.arithmetic import Value, check_number, divided, number_of
from gui.lessons.facts import Facts
from gui.lessons.faults import ExpressionError
from gui.lessons.project_functions import PROJECT_FUNCTIONS
from gui.lessons.window_functions import WINDOW_FUNCTIONS

_NOUNS: dict[Any, tuple[str, Callable[[Value], bool]]] = {
    str: ("a text in quotes", lambda value: isinstance(value, str)),
    int: ("an integer", lambda value: isinstance(value, int) and not isinstance(value, bool)),
    float: ("a number", lambda value: isinstance(value, int | float) and not isinstance(value, bool)),
    Value: ("a value", lambda value: True),
}
"""What a parameter accepts, in words, and whether a value is such."""


class LessonFunction(Struct, frozen=True, dict=True):
    """A function of expressions."""

    name: str
    call: Callable[..., Value]
    """Receives the facts, and the arguments as annotated."""
    help: str
    """What it gives, for the manual."""
    format: str = "short"
    """How its value is written in a text that names no format."""
    of_window: bool = False
    """Whether it asks for the state of the window."""

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

    def value(self, facts: Facts, arguments: Sequence[Value], place: int) -> Value:
        """The value for these arguments; ExpressionError with the place if one does not fit."""
        try:
            for number, argument in enumerate(arguments):
                parameter = self._parameters[min(number, len(self._parameters) - 1)]
                noun, accepts = _NOUNS[parameter.annotation]
                if not accepts(argument):
                    fault = f"{parameter.name} is {value_text(argument)}; {noun} is expected: {self.signature}"
                    raise ExpressionError(fault)
            return self.call(facts, *arguments)
        except ExpressionError as error:
            raise ExpressionError(error.text, place if error.place is None else error.place) from None


def _flat(values: Sequence[Value]) -> list[int | float]:
    numbers = []
    for value in values:
        numbers += _flat(value) if isinstance(value, tuple) else [check_number(number_of(value))]
    if not numbers:
        raise ExpressionError("of no numbers there is none")
    return numbers


def _ratio(_facts: Facts, amount: float, reference: float) -> Value:
    return check_number(divided(check_number(amount), check_number(reference)))


def _round(_facts: Facts, number: float, digits: int = 0) -> Value:
    check_number(number)
    if number != number or not -30 <= digits <= 15:  # NaN stays what it is
        return number
    return round(number, digits) if digits > 0 else int(round(number, digits))


def _minimum(_facts: Facts, *numbers: Value) -> Value:
    return min(_flat(numbers))


def _maximum(_facts: Facts, *numbers: Value) -> Value:
    return max(_flat(numbers))


def _sum(_facts: Facts, *numbers: Value) -> Value:
    return check_number(sum(_flat(numbers)))


def _absolute(_facts: Facts, number: float) -> Value:
    return abs(number)


_ROWS: tuple[LessonFunction, ...] = (
    LessonFunction("ratio", _ratio, "amount / reference", "ratio"),
    LessonFunction("round", _round, "the nearest integer, or number with so many decimals"),
    LessonFunction("min", _minimum, "the smallest of numbers"),
    LessonFunction("max", _maximum, "the largest of numbers"),
    LessonFunction("sum", _sum, "the sum of numbers"),
    LessonFunction("abs", _absolute, "a number without its sign"),
    *(LessonFunction(name, call, text, form) for name, call, text, form in PROJECT_FUNCTIONS),
    *(LessonFunction(name, call, text, form, of_window=True) for name, call, text, form in WINDOW_FUNCTIONS),
)

LESSON_FUNCTIONS: dict[str, LessonFunction] = {row.name: row for row in _ROWS}
"""All functions by name."""
