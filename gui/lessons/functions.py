"""The functions of expressions, a row each. The manual describes them by their rows."""

from engine.expressions.functions import MATH_FUNCTIONS, ExpressionFunction
from gui.lessons.project_functions import PROJECT_FUNCTIONS
from gui.lessons.window_functions import WINDOW_FUNCTIONS


class LessonFunction(ExpressionFunction, frozen=True, dict=True):
    """A function of the expressions of lessons; it receives their facts."""

    of_window: bool = False
    """Whether it asks for the state of the window."""


_ROWS: tuple[LessonFunction, ...] = (
    *(LessonFunction(row.name, row.call, row.help, row.format) for row in MATH_FUNCTIONS),
    *(LessonFunction(name, call, text, form) for name, call, text, form in PROJECT_FUNCTIONS),
    *(LessonFunction(name, call, text, form, of_window=True) for name, call, text, form in WINDOW_FUNCTIONS),
)

LESSON_FUNCTIONS: dict[str, LessonFunction] = {row.name: row for row in _ROWS}
"""All functions by name."""
