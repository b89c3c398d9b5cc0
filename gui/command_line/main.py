"""The entry point of the command line. Without a command the window opens; only that needs a display."""

import argparse
import io
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.files.unfinished import remove_leftovers
from engine.project.project import FORMAT
from engine.text.names import printable
from engine.text.problems import ProjectError
from gui.command_line.command import CANCELLED, WRONG
from gui.command_line.commands import COMMANDS
from gui.command_line.output import print_message, print_result

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

_GENERAL = ("-h", "--help", "--version")
"""Options without a command."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit status: 0 done, 1 our fault, 2 the project's, 3 no display."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] not in (*(command.name for command in COMMANDS), *_GENERAL):
        words.insert(0, "window")
    if isinstance(sys.stdout, io.TextIOWrapper):  # the encoding of a pipe on Windows lacks most of our signs
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    options = _parser(words[0]).parse_args(words)
    _remove_leftovers(options)
    try:
        status: int = options.run(options)
        print_result()
        return status
    except ProjectError as error:
        print_message(error.lines())
        return WRONG
    except KeyboardInterrupt:
        print_message("cancelled")
        return CANCELLED


def _remove_leftovers(options: argparse.Namespace) -> None:
    """Remove what killed programs have left where this one reads or writes."""
    paths = (getattr(options, name, None) for name in ("project", "out", "apply"))
    folders = (folder for path in paths if path is not None for folder in (path, path.parent))
    for folder in dict.fromkeys(map(str, folders)):
        if os.path.isdir(folder):  # Path.is_dir would raise for too long a name
            remove_leftovers(folder)


class _Parser(argparse.ArgumentParser):
    """A parser whose messages, which quote the command line, cannot change the terminal."""

    def _print_message(self, message: str, file: "SupportsWrite[str] | None" = None) -> None:
        super()._print_message(printable(message), file)


def _parser(chosen: str) -> argparse.ArgumentParser:
    """The parser of the chosen command. Its options import much; those of others are not made, nor are their names.

    Without a command the names of all are in its help.
    """
    parser = _Parser(
        prog="convolume",
        description="Shows what convolutions do and cost. Without a command, opens the window on PROJECT.",
        epilog="Exit status: 0 done; 1 a fault of the program; 2 the project or a file that it names is wrong; "
        "3 no display; 130 interrupted; 143 terminated.",
    )
    parser.add_argument("--version", action="version", version=f"convolume, project format {FORMAT}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for command in COMMANDS:
        if chosen not in (command.name, *_GENERAL):
            continue
        options = commands.add_parser(command.name, help=command.help, description=command.help)
        if command.name == chosen:
            options.set_defaults(run=command.run)
            command.add_options(options)
    return parser
