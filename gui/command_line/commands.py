"""COMMANDS: the only list of the command line's commands."""

from gui.command_line.command import Command

COMMANDS: tuple[Command, ...] = (
    Command("window", "open the window", "add_window_options", "show_window"),
    Command("analyze", "print shapes, parameters and multiply-accumulates", "add_analyze_options", "print_costs"),
    Command("diff", "print what differs between two designs", "add_diff_options", "print_differences"),
    Command(
        "bottleneck",
        "print which low-rank convolutions can replace those of a design",
        "add_bottleneck_options",
        "search_bottleneck",
    ),
    Command(
        "run",
        "run every design; volumes as .npz, times and statistics as run.json",
        "add_run_options",
        "run_designs",
    ),
    Command(
        "export",
        "draw figures without a display, and write the table as text",
        "add_export_options",
        "export_pictures",
    ),
    Command(
        "report",
        "write one web page about a project, with pictures, tables and the project file, without a display",
        "add_report_options",
        "write_report",
    ),
    Command(
        "lesson",
        "check a lesson, and write it as one web page and as pictures of its steps, without a display",
        "add_lesson_options",
        "write_lesson",
    ),
    Command(
        "screenshot",
        "draw the whole window after a run, without a display",
        "add_screenshot_options",
        "take_screenshot",
    ),
)
"""In the order of the help."""
