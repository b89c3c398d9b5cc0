"""The bundled lessons in their order. No Qt here."""

from pathlib import Path

from engine.files.paths import RESOURCES
from gui.lessons.lesson import Lesson
from gui.lessons.reader import load_lesson
from gui.lessons.translations import system_languages

LESSONS = ("why_1x1", "convolution", "counting", "receptive_fields", "bottlenecks", "trained_layer")
"""Names of their files; the first one is where a newcomer begins."""


def open_lesson(path: Path) -> Lesson:
    """The lesson of a file in the language of the system, as far as it is translated; ProjectError lists mistakes."""
    return load_lesson(path, next(iter(system_languages()), "en"))


def lesson_path(name: str) -> Path:
    return RESOURCES / "lessons" / f"{name}.toml"
