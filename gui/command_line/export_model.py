"""The command `export-model`: writes a design as a model for other programs."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from engine.model_export.export import MODEL_FORMATS, ModelExport, model_format, write_model
from engine.project.project import Project
from engine.run.request import RunRequest
from gui.command_line.options import add_input_size_option, add_project_option
from gui.command_line.output import print_message, print_result
from gui.command_line.projects import load_known, print_notices
from gui.command_line.selection import STEM_WORD, find_design


def add_export_model_options(command: ArgumentParser) -> None:
    add_project_option(command)
    add_input_size_option(command)
    command.add_argument("--design", metavar="NAME", help=f'the design, or "{STEM_WORD}"; left out: the first')
    command.add_argument("--format", choices=[row.id for row in MODEL_FORMATS], default="onnx")
    endings = ", ".join(dict.fromkeys(row.suffix for row in MODEL_FORMATS))
    command.add_argument("--out", type=Path, required=True, metavar="FILE", help=f"the file to write: {endings}")


def export_model(options: Namespace) -> None:
    """Write the model, with each layer on standard error, and the report there."""
    project: Project = load_known(options.project, options.size)
    design = find_design(options.design, project, options.project)
    request = RunRequest.of(project)
    export = ModelExport(request, design, model_format(options.format), options.out, options.project)
    print_notices(options.project, request.check.notices)

    def print_progress(layer: str, done: int, total: int) -> None:
        print_message(f"layer {done + 1}/{total} {layer}")

    report = write_model(export, on_layer=print_progress)
    print_result("".join(f"{path}\n" for path in export.format.paths(options.out)))
    print_message(report.rstrip())
