"""A person's mistakes as values: the file, the place in it, and a sentence with the value and what would be right."""

from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

STEM = ""
"""Stands for the stem where a design's name is asked for; no design can have this name."""


_MOST_LINES = 100
"""Who has more to mend than this begins with these."""


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
        """One line a problem: file, place, what is wrong and what would be right; of hundreds the first."""
        prefix = f"{self.file}: " if self.file else ""
        lines = [f"{prefix}{problem}" for problem in self.problems[:_MOST_LINES]]
        more = len(self.problems) - len(lines)
        return "\n".join([*lines, f"{prefix}and {more:,} problems more"] if more else lines)
