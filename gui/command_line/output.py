"""Prints results and messages; control characters, as in names of files, never reach the terminal."""

import os
import sys
from contextlib import suppress

from engine.text.names import printable
from engine.text.problems import Problem, ProjectError


def print_result(text: str = "") -> None:
    """Print and flush; a reader that closed the pipe, as `head` does, is no error."""
    try:
        print(printable(text), end="", flush=True)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python tries again at exit
        if not isinstance(error, BrokenPipeError):
            text = f"standard output cannot be written: {error.strerror or error}"
            raise ProjectError([Problem(text, "")]) from None


def print_message(text: str) -> None:
    """Print a line on standard error; nobody may listen, and the work goes on."""
    with suppress(OSError):
        print(printable(text), file=sys.stderr)
