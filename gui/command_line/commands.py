"""COMMANDS: the only list of the command line's commands."""

from gui.command_line.command import Command

COMMANDS: tuple[Command, ...] = (
    Command("window", "open the window", "window:add_window_options", "window:show_window"),
    Command(
        "analyze",
        "print shapes, parameters and multiply-accumulates",
        "analyze:add_analyze_options",
        "analyze:print_costs",
    ),
    Command(
        "import",
        "make a project of an ONNX model; its weights stay in the file of the model",
        "models:add_import_options",
        "models:write_imported_project",
    ),
    Command("diff", "print what differs between two designs", "diff:add_diff_options", "diff:print_differences"),
    Command(
        "bottleneck",
        "print which low-rank convolutions can replace those of a design",
        "bottleneck:add_bottleneck_options",
        "bottleneck:search_bottleneck",
    ),
    Command(
        "sweep",
        "count and measure many designs that differ in a few settings",
        "sweep:add_sweep_options",
        "sweep:sweep_designs",
    ),
    Command(
        "run",
        "run every design; volumes as .npz, times and statistics as run.json",
        "run:add_run_options",
        "run:run_designs",
    ),
    Command(
        "export",
        "draw figures without a display, and write the table as text",
        "export:add_export_options",
        "export:export_pictures",
    ),
    Command(
        "export-model",
        "write a design as an ONNX model, as Python for PyTorch or Keras, or its weights alone",
        "export_model:add_export_model_options",
        "export_model:export_model",
    ),
    Command(
        "report",
        "write one web page about a project, with pictures, tables and the project file, without a display",
        "report:add_report_options",
        "report:write_report",
    ),
    Command(
        "lesson",
        "check a lesson, and write it as one web page and as pictures of its steps, without a display",
        "lesson:add_lesson_options",
        "lesson:write_lesson",
    ),
    Command(
        "screenshot",
        "draw the whole window after a run, without a display",
        "screenshot:add_screenshot_options",
        "screenshot:take_screenshot",
    ),
)
"""In the order of the help."""
