"""The command `import`: makes a project of an ONNX model, whose weights stay in the file of the model."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from engine.files.targets import require_file
from engine.onnx_files.importer import import_model
from engine.project.file import project_content, save_project
from gui.command_line.options import add_input_size_option
from gui.command_line.output import print_message, print_result


def add_import_options(command: ArgumentParser) -> None:
    command.add_argument("model", type=Path, metavar="MODEL", help="an ONNX model, .onnx")
    add_input_size_option(command)
    command.add_argument(
        "--out", type=Path, metavar="PROJECT", help="the project to write, .toml or .json; left out: standard output"
    )


def write_imported_project(options: Namespace) -> None:
    """Write the project, and report what has become of each node."""
    model = import_model(options.model, options.size)
    if options.out is None:
        print_result(project_content(model.project, Path("project.toml")).decode())
    else:
        require_file(options.out, [options.model])
        save_project(model.project, options.out)
        print_result(f"{options.out}\n")
    print_message(model.report.text().rstrip())
