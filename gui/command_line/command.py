"""The parts of a command of the command line, and the exit statuses."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable

from msgspec import Struct

DONE, WRONG, NO_DISPLAY, HUNG_UP, CANCELLED, TERMINATED = 0, 2, 3, 129, 130, 143
"""Exit statuses; a fault of the program has Python's own, 1."""


class Command(Struct, frozen=True):
    """A command: its options, and the function that runs it."""

    name: str
    help: str
    add_options: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], int | None]
    """Returns the exit status, None for DONE; raises ProjectError for a mistake in the project."""
