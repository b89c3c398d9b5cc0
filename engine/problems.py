"""A person's mistakes as values: the file, the place in it, and a sentence with the value and what would be right."""

from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

STEM = ""
"""Stands for the stem where a design's name is asked for; no design can have this name."""


class Problem(Struct, frozen=True):
    """One thing to mend. `design` and `node` lead there in the window, `place` in the file ("" for the whole of it)."""

    text: str
    place: str = "$"
    design: str | None = None
    node: str = ""
    setting: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.text}" if self.place else self.text


class ProjectError(Exception):
    """A project, or a file that it names, is wrong: all that was found."""

    def __init__(self, problems: Iterable[Problem], file: Path | str = "") -> None:
        self.problems = tuple(problems)
        self.file = str(file)
        super().__init__(self.lines())

    def lines(self) -> str:
        """One line a problem: file, place, what is wrong and what would be right."""
        prefix = f"{self.file}: " if self.file else ""
        return "\n".join(f"{prefix}{problem}" for problem in self.problems)
