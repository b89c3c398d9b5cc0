"""Expressions of lessons: what functions know of a project and of the window."""

from msgspec import Struct

from engine.expressions.arithmetic import Value
from engine.expressions.faults import ExpressionError, NotKnownYetError
from engine.expressions.language import Language
from gui.lessons.facts import Facts
from gui.lessons.functions import LESSON_FUNCTIONS, LessonFunction

_LANGUAGE = Language(LESSON_FUNCTIONS)


class Expression(Struct, frozen=True):
    """An expression that has been parsed, such as ``macs('naive') / macs('bottleneck')``."""

    text: str


def parse_expression(text: str, *, of_window: bool = False) -> Expression:
    """The expression of a text; ExpressionError with the place of a mistake.

    Parameters
    ----------
    of_window
        Whether it may ask for the state of the window, as conditions do. Texts may not, since a page has no window.
    """
    for function, place in _LANGUAGE.calls(text):
        if function.of_window and not of_window:
            fault = f"{function.name} asks for the state of the window, which only the condition of a task can"
            raise ExpressionError(fault, place)
    return Expression(text)


def evaluate(expression: Expression, facts: Facts) -> Value:
    """The value of an expression.

    Raises
    ------
    ExpressionError
        Something does not fit, such as the name of a layer that there is not.
    NotKnownYetError
        It is known only after a run.
    """
    return _LANGUAGE.value(expression.text, facts)


def holds(expression: Expression, facts: Facts) -> bool:
    """Whether a condition is true; what is unknown, or names something that there is not, does not hold."""
    try:
        return evaluate(expression, facts) is True
    except (ExpressionError, NotKnownYetError):
        return False


def outer_function(expression: Expression) -> LessonFunction | None:
    """The function whose value the expression is; None if it is something else."""
    return _LANGUAGE.outer_function(expression.text)


def function_calls(expression: Expression) -> tuple[str, ...]:
    """Names of all functions that an expression uses."""
    return tuple(function.name for function, _ in _LANGUAGE.calls(expression.text))
