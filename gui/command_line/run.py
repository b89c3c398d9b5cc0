"""The command `run`: runs every design, and writes the volumes and their statistics."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from engine.files.arrays import write_npz
from engine.files.atomic_write import file_name, write_folder_atomically
from engine.files.targets import require_folder
from engine.network.graph import INPUT
from engine.network.input_specs import ImageInput, with_photo
from engine.network.node_ref import STEM, NodeRef
from engine.onnx_files.model_volumes import model_path
from engine.onnx_files.verification import verify
from engine.project.project import Project
from engine.reports.summary import predictions_of, summary
from engine.run.cache import VolumeCache
from engine.run.check import check
from engine.run.execute import NodeDone
from engine.run.leave_out import LeftOut, leave_map_out
from engine.run.request import RunRequest
from engine.text.json_text import json_text
from engine.text.messages import suggestion
from engine.text.problems import Problem, ProjectError
from gui.command_line.command import WRONG
from gui.command_line.options import add_input_size_option, add_project_option, parse_map
from gui.command_line.output import print_message, print_result
from gui.command_line.projects import files_read, load_known, print_notices, report_problems, run_results


def add_run_options(command: ArgumentParser) -> None:
    add_project_option(command)
    add_input_size_option(command)
    command.add_argument("--image", type=Path, metavar="FILE", help="a photo in place of the project's input")
    command.add_argument(
        "--verify", action="store_true", help="compare each volume with ONNX Runtime's, for designs of ONNX models"
    )
    command.add_argument(
        "--leave-out",
        type=parse_map,
        metavar="LAYER:MAP",
        help="also compute each design that has the layer without this map, counted from 0, and print what changes",
    )
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="where <design>.npz and run.json go")


def run_designs(options: Namespace) -> int:
    """Run what is right, and report what is not."""
    project = load_known(options.project, options.size)
    if options.image is not None:
        project = _replace_input_photo(project, options.image)
    changed_designs = [] if options.leave_out is None else _designs_with_map(options, project)
    try:
        request = RunRequest.of(project)
        problems = request.check.problems
        if problems and not any(ref[1] != INPUT for ref in request.refs):
            raise ProjectError(problems, options.project)
        print_notices(options.project, request.check.notices)
        names = [f"{file_name(design.name)}.npz" for design in project.designs]
        require_folder(options.out, (*names, "run.json"), files_read(options.project, request.check))
        with write_folder_atomically(options.out) as unfinished:
            results = run_results(options.project, request)
            _write_results(request, results, unfinished)
            names = sorted(file.name for file in unfinished.iterdir())
    except ProjectError as error:
        if options.image is None:
            raise
        places = (
            replace(problem, place="--image") if problem.place == "$.input.path" else problem
            for problem in error.problems
        )
        raise ProjectError(places, error.file) from None
    print_result("".join(f"{options.out / name}\n" for name in names))
    for design, prediction in predictions_of(request.check, results).items():
        print_result(f"{design}: {prediction.text()} (by {prediction.source})\n")
    _leave_out(options, project, changed_designs)
    if options.verify and not _verify(request, results):
        return WRONG
    return report_problems(options.project, problems)


def _designs_with_map(options: Namespace, project: Project) -> list[str]:
    """The designs that have the layer of --leave-out; ProjectError if none has it, or it has no such map."""
    layer, channel = options.leave_out
    result = check(project)
    designs = [design.name for design in project.designs if (design.name, layer) in result]
    if not designs:
        names = [name for _, name in result.reports]
        text = f"--leave-out {layer!r} is unknown; {suggestion(layer, names)}"
        raise ProjectError([Problem(text, "$.designs")], options.project)
    for design in designs:
        shape = result.reports[design, layer].output_shape if layer != INPUT else result.analyses[design].input_shape
        if shape is not None and channel >= shape.channels:
            text = f"--leave-out: {layer} has no map {channel}; 0 to {shape.channels - 1} are possible"
            raise ProjectError([Problem(text, "$.designs")], options.project)
    return designs


def _leave_out(options: Namespace, project: Project, designs: Sequence[str]) -> None:
    """Print how the last volume of each design changes without a map of one of its layers."""
    for design in designs:
        layer, channel = options.leave_out
        for event in leave_map_out(project, (design, layer), channel, VolumeCache(), lambda: None):
            if isinstance(event, LeftOut):
                print_result(f"{event.title}: {event.text()}\n")


def _verify(request: RunRequest, results: dict[NodeRef, NodeDone]) -> bool:
    """Print how well each design of a model agrees with ONNX Runtime, and return whether all do."""
    project = request.project
    names = [design.name for design in project.designs if model_path(design.network)]
    if not names or project.stem is not None:
        text = "--verify: no design has its weights in an ONNX file, or the project has a stem; import a model"
        raise ProjectError([Problem(text, "")])
    passed = True
    for name in names:
        volumes = {node: done.volume for (design, node), done in results.items() if design in (STEM, name)}
        verification = verify(request, name, volumes, VolumeCache())
        print_message(verification.text())
        passed = passed and verification.is_passed
    return passed


def _replace_input_photo(project: Project, path: Path) -> Project:
    """The project with a photo as its input, prepared like its own photo."""
    image = str(path.absolute())
    if isinstance(project.input, ImageInput):
        return replace(project, input=with_photo(project.input, image))
    shape = check(project).input_shape
    if shape is None:
        return replace(project, input=ImageInput(image))
    size = (shape.height, shape.width)
    return replace(project, input=ImageInput(image, size, "gray" if shape.channels == 1 else "rgb"))


def _write_results(request: RunRequest, results: dict[NodeRef, NodeDone], folder: Path) -> None:
    """Write the volumes of each design that has any, and their statistics."""
    for design, analysis in request.check.analyses.items():
        names = [report.name for report in analysis.reports if (design, report.name) in results]
        # A design without layers has a file without volumes; one whose first layer is wrong has none.
        if design != STEM and (names or not analysis.reports):
            volumes = {name: results[design, name].volume for name in names}
            write_npz(folder / f"{file_name(design)}.npz", volumes)
    data = summary(request.project, request.check, results)
    (folder / "run.json").write_text(json_text(data), encoding="utf-8")
