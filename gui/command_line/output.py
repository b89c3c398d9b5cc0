"""Results on standard output."""

import os
import sys

from engine.text.problems import Problem, ProjectError


def print_result(text: str = "") -> None:
    """Bring results out at once; a reader that has gone, as `head` does, needs no more of them."""
    try:
        print(text, end="", flush=True)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python tries again when it ends
        if not isinstance(error, BrokenPipeError):
            text = f"standard output cannot be written: {error.strerror or error}"
            raise ProjectError([Problem(text, "")]) from None
