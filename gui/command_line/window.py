"""The command `window`, the default: opens the window."""

import gc
from argparse import ArgumentParser, Namespace
from pathlib import Path

from gui.command_line.command import NO_DISPLAY
from gui.command_line.display import missing_display
from gui.command_line.output import print_message
from gui.command_line.qt_import import import_qt


def add_window_options(command: ArgumentParser) -> None:
    command.add_argument("project", type=Path, nargs="?", metavar="PROJECT", help="left out: the start page")


def show_window(options: Namespace) -> int:
    fault = missing_display()
    if fault:
        print_message(
            f"No display: {fault}. Set one, or draw without: convolume export PROJECT --out DIR, "
            "convolume screenshot PROJECT --out FILE.png"
        )
        return NO_DISPLAY
    gc.disable()  # as in main.py; the window collects garbage by itself
    import_qt()
    from gui.app import open_window

    return open_window(options.project)
