"""What every command of the command line consists of, and the exit statuses."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable

from msgspec import Struct

DONE, WRONG, NO_DISPLAY, CANCELLED = 0, 2, 3, 130
"""Exit statuses; Python's own for a fault of the program is 1."""


class Command(Struct, frozen=True):
    """A word of the command line: its options, and what it does."""

    name: str
    help: str
    add_options: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], int | None]
    """Returns the exit status; None if all is done. ProjectError says what is wrong with the project."""
