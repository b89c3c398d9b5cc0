"""Mistakes of the user as values: the file, the place in it, and a sentence with the value and a valid one."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from msgspec import Struct

from engine.text.names import quoted

MAX_LINES = 100
"""Maximum number of problems in a message; the first are enough to begin with."""


_MAX_LENGTH = 2000
"""Maximum number of characters of a problem in a message; names may be long."""


class Fix(Struct, frozen=True):
    """Values with which a mistake is gone: the nearest valid ones. Nothing else changes."""

    text: str
    """The values in words: "Groups 6"."""
    changes: tuple[tuple[str, Any], ...]
    """(setting, value), also of "name", "inputs" and "weights"; or ("input", value) for the input of the project."""
    node: str = ""
    """Name of the node whose settings they are; "" for the one that has the mistake."""


class Problem(Struct, frozen=True):
    """One mistake. `design` and `node` locate it in the window, `place` in the file ("" for the whole file)."""

    text: str
    place: str = "$"
    design: str | None = None
    node: str = ""
    setting: str = ""
    index: int | None = None
    """Position in its network of the node that fixes change, or of the design; its name may not be its own."""
    fixes: tuple[Fix, ...] = ()

    def __str__(self) -> str:
        text = self.text if len(self.text) <= _MAX_LENGTH else f"{self.text[: _MAX_LENGTH - 1]}…"
        # The text of a mistake in a network begins with the name of the layer; that of one in the file does not.
        is_named = not self.node or ".nodes[" not in self.place or text.startswith(f"{self.node}: ")
        text = text if is_named else f"{text} (layer {quoted(self.node)})"
        return f"{self.place}: {text}" if self.place else text


class Notice(Problem, frozen=True):
    """Something that the user should know of a file that can be read: no mistake, nothing has to be corrected."""


class ProjectError(Exception):
    """A project, or a file that it names, has mistakes; `problems` lists them all."""

    def __init__(self, problems: Iterable[Problem], file: Path | str = "") -> None:
        self.problems = tuple(problems)
        self.file = str(file)
        super().__init__(self.lines())

    def lines(self) -> str:
        """One line per problem, up to `MAX_LINES`: file, place, the mistake and a valid value."""
        prefix = f"{self.file}: " if self.file else ""
        lines = [f"{prefix}{problem}" for problem in self.problems[:MAX_LINES]]
        more = len(self.problems) - len(lines)
        return "\n".join([*lines, f"{prefix}and {more:,} more problems"] if more else lines)
