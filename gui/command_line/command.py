"""The parts of a command of the command line, and the exit statuses."""

from argparse import ArgumentParser, Namespace
from pkgutil import resolve_name
from typing import Any

from msgspec import Struct

DONE, WRONG, NO_DISPLAY, HUNG_UP, CANCELLED, TERMINATED = 0, 2, 3, 129, 130, 143
"""Exit statuses; a fault of the program has Python's own, 1."""


class Command(Struct, frozen=True):
    """A command: its options, and the function that runs it, both imported when they are needed."""

    name: str
    help: str
    options: str
    """Module and name of the function that adds the options to a parser, as "analyze:add_analyze_options"."""
    function: str
    """Those of the function from options to the exit status (None: DONE); ProjectError is a mistake in the project."""

    def add_options(self, parser: ArgumentParser) -> None:
        self._named(self.options)(parser)

    def run(self, options: Namespace) -> int:
        return int(self._named(self.function)(options) or DONE)

    def _named(self, function: str) -> Any:
        return resolve_name(f"gui.command_line.{function}")
