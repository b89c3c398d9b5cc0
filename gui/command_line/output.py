"""Prints results on standard output."""

import os
import sys

from engine.text.problems import Problem, ProjectError


def print_result(text: str = "") -> None:
    """Print and flush; a reader that closed the pipe, as `head` does, is no error."""
    try:
        print(text, end="", flush=True)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python tries again at exit
        if not isinstance(error, BrokenPipeError):
            text = f"standard output cannot be written: {error.strerror or error}"
            raise ProjectError([Problem(text, "")]) from None
