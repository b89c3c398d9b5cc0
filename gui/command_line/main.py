"""The entry point of the command line. Without a command the window opens; only that needs a display."""

import argparse
import io
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.project.project import FORMAT
from engine.text.names import printable
from engine.text.problems import ProjectError
from gui.command_line.command import CANCELLED, DONE, WRONG
from gui.command_line.commands import COMMANDS
from gui.command_line.output import print_message, print_result

if TYPE_CHECKING:
    from _typeshed import SupportsWrite


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit status: 0 done, 1 our fault, 2 the project's, 3 no display."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = _parser()
    if not words or words[0] not in (*(command.name for command in COMMANDS), "-h", "--help", "--version"):
        words.insert(0, "window")
    if isinstance(sys.stdout, io.TextIOWrapper):  # the encoding of a pipe on Windows lacks most of our signs
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    options = parser.parse_args(words)
    try:
        status = int(options.run(options) or DONE)
        print_result()
        return status
    except ProjectError as error:
        print_message(error.lines())
        return WRONG
    except KeyboardInterrupt:
        print_message("cancelled")
        return CANCELLED


class _Parser(argparse.ArgumentParser):
    """A parser whose messages, which quote the command line, cannot change the terminal."""

    def _print_message(self, message: str, file: "SupportsWrite[str] | None" = None) -> None:
        super()._print_message(printable(message), file)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="convolume",
        description="Shows what convolutions do and cost. Without a command, opens the window on PROJECT.",
        epilog="Exit status: 0 done; 1 a fault of the program; 2 the project or a file that it names is wrong; "
        "3 no display.",
    )
    parser.add_argument("--version", action="version", version=f"convolume, project format {FORMAT}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for command in COMMANDS:
        options = commands.add_parser(command.name, help=command.help, description=command.help)
        options.set_defaults(run=command.run)
        command.add_options(options)
    return parser
