"""The bundled lessons in their order. No Qt here."""

from pathlib import Path
from typing import TYPE_CHECKING

from engine.files.paths import RESOURCES
from engine.text.problems import Problem, ProjectError

if TYPE_CHECKING:
    from gui.lessons.lesson import Lesson

LESSONS = ("why_1x1", "convolution", "counting", "receptive_fields", "bottlenecks", "trained_layer")
"""Names of their files; the first one is where a newcomer begins."""


def open_lesson(path: Path) -> "Lesson":
    """The lesson of a file in the language of the system, as far as it is translated.

    Raises
    ------
    ProjectError
        The file has mistakes, or a solution in it does not fit its project, so that no step could follow.
    """
    from gui.lessons.changes import ChangeError  # the start page, which lists lessons, would load all this
    from gui.lessons.reader import load_lesson
    from gui.lessons.translations import system_languages
    from gui.lessons.walk import solved_project

    lesson = load_lesson(path, next(iter(system_languages()), "en"))
    for index in range(len(lesson.steps)):
        try:
            solved_project(lesson, index)
        except ChangeError as error:
            raise ProjectError([Problem(str(error), f"$.steps[{index}].task.solution")], path) from None
    return lesson


def lesson_path(name: str) -> Path:
    return RESOURCES / "lessons" / f"{name}.toml"
