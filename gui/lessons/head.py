"""The beginning of a lesson file: what the start page and the menu say of it, without reading the rest."""

import tomllib
from pathlib import Path

from msgspec import Struct

from engine.files.paths import BUNDLED, resolve_path
from gui.lessons.catalogue import LESSONS, lesson_path

_MOST_BYTES = 2**16
"""Largest beginning; steps follow it."""


class LessonHead(Struct, frozen=True):
    """What is said of a lesson before it begins."""

    path: Path
    title: str
    summary: str
    minutes: int
    picture: Path | None
    """The project of its first step, which is its picture."""


def lesson_heads() -> tuple[LessonHead, ...]:
    """The heads of the bundled lessons, in their order."""
    return tuple(head for name in LESSONS if (head := read_head(lesson_path(name))) is not None)


def read_head(path: Path) -> LessonHead | None:
    """The head of a lesson file; None if it cannot be read: opening it says why."""
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES).decode("utf-8-sig", "replace")
        table = tomllib.loads(text.partition("\n[[")[0])
    except (OSError, ValueError):
        return None
    title, summary, minutes = table.get("title"), table.get("summary", ""), table.get("minutes")
    if not isinstance(title, str) or not isinstance(summary, str) or not isinstance(minutes, int):
        return None
    projects = table.get("projects")
    first = next(iter(projects.values()), None) if isinstance(projects, dict) else None
    picture = None
    if isinstance(first, str):
        picture = resolve_path(first) if first.startswith(BUNDLED) else path.parent / first
    return LessonHead(path, title, summary, minutes, picture)
