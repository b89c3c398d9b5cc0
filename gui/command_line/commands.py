"""COMMANDS: the only list of the command line's commands."""

from gui.command_line import analyze, bottleneck, export, run, screenshot, window
from gui.command_line.command import Command

COMMANDS: tuple[Command, ...] = (
    Command("window", "open the window", window.add_options, window.run),
    Command("analyze", "print shapes, parameters and multiply-accumulates", analyze.add_options, analyze.run),
    Command(
        "bottleneck",
        "print which narrower convolutions can stand for a design's",
        bottleneck.add_options,
        bottleneck.run,
    ),
    Command("run", "run every design; volumes as .npz, times and statistics as run.json", run.add_options, run.run),
    Command("export", "draw figures without a display, and write the table as text", export.add_options, export.run),
    Command(
        "screenshot", "draw the whole window after a run, without a display", screenshot.add_options, screenshot.run
    ),
)
"""In the order of the help."""
