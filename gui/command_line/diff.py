"""The command `diff`: prints what differs between two designs, and what each difference costs."""

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path

from engine.cost.counting import MACS
from engine.cost.metrics import Costs
from engine.explain.map_statistics import relative_error
from engine.files.photo_folder import photos_in
from engine.network.analysis import fold_blocks
from engine.network.node_ref import NodeRef
from engine.project.project import Project
from engine.reports.difference_formats import DIFFERENCE_FORMATS, difference_rows
from engine.reports.differences import ComparedLayer, DesignDifferences, compare_designs
from engine.reports.first_difference import first_difference
from engine.reports.photo_comparison import photo_comparison_data, photo_comparison_text
from engine.run.check import check
from engine.run.execute import NodeDone
from engine.run.photo_comparison import PhotoComparison, compare_on_photos
from engine.run.request import RunRequest
from engine.run.second_model import add_designs
from engine.text.json_text import json_text
from engine.text.problems import Problem, ProjectError
from gui.command_line.options import add_input_size_option, add_project_option
from gui.command_line.output import print_message, print_result
from gui.command_line.projects import load_beside, load_known, print_notices, report_problems, run_results
from gui.command_line.selection import find_named_design

_FILES = (".onnx", ".toml", ".json", ".html", ".htm")
"""Endings by which a second file is told from the name of a design."""


def add_diff_options(command: ArgumentParser) -> None:
    add_project_option(command)
    add_input_size_option(command)
    command.add_argument(
        "first", metavar="A", help="the design that the other one is compared with; or a second file, without B"
    )
    command.add_argument(
        "second", metavar="B", nargs="?", help="the other design; left out: the first design of the file A is compared"
    )
    command.add_argument("--format", choices=tuple(DIFFERENCE_FORMATS), default="text")
    command.add_argument("--blocks", choices=("open", "closed"), default="open", help="compare layers, or whole blocks")
    command.add_argument("--all", action="store_true", help="list every layer, also those that do not differ")
    command.add_argument(
        "--run", action="store_true", dest="errors", help="run both, and print the relative error of each layer"
    )
    command.add_argument(
        "--photos",
        type=Path,
        metavar="DIR",
        help="run both on the photos of a folder: dead maps, copies, and how often classifiers agree",
    )


def print_differences(options: Namespace) -> int:
    project, first, second = _designs(options)
    if first == second:
        raise ProjectError(
            [Problem(f"{first!r} is named twice; two designs are compared", "$.designs")], options.project
        )
    project_check = check(project)
    print_notices(options.project, project_check.notices)
    analyses = project_check.analyses
    if options.blocks == "closed":
        analyses = {name: fold_blocks(analysis, analysis.foldable) for name, analysis in analyses.items()}
    differences = compare_designs(Costs(project_check, MACS), first, second, analyses)
    errors = _errors(options, project, differences) if options.errors else ()
    rows = difference_rows(differences, errors, every_layer=options.all)
    text = DIFFERENCE_FORMATS[options.format](differences, rows)
    if options.photos is not None:
        text = _with_photos(text, options, project, compare_designs(Costs(project_check, MACS), first, second))
    print_result(text)
    if errors:
        print_message(first_difference(differences, errors).text)
    return report_problems(options.project, project_check.problems)


def _with_photos(text: str, options: Namespace, project: Project, differences: DesignDifferences) -> str:
    """The text of the differences with a comparison over a folder of photos, layer by layer."""
    designs = (differences.first, differences.second)
    for event in compare_on_photos(project, designs, photos_in(options.photos), lambda: None):
        if isinstance(event, PhotoComparison):
            if options.format == "json":
                return json_text(json.loads(text) | {"photos": photo_comparison_data(event, differences)})
            return f"{text}\n{photo_comparison_text(event, differences)}"
        print_message(f"photo {event.done + 1}/{event.total} {Path(event.path).name}")
    return text


def _designs(options: Namespace) -> tuple[Project, str, str]:
    """The project, and the two designs: of the project, or the first of each of two files."""
    project = load_known(options.project, options.size)
    if options.second is not None:
        first, second = (find_named_design(name, project, options.project) for name in (options.first, options.second))
        return project, first, second
    file = Path(options.first)
    if file.suffix.lower() not in _FILES:
        find_named_design(options.first, project, options.project)
        text = f"one design alone, {options.first!r}; name a second one, or a second file ({', '.join(_FILES)})"
        raise ProjectError([Problem(text, "$.designs")], options.project)
    other = load_beside(file, project)
    if not project.designs or not other.designs:
        empty = options.project if not project.designs else file
        raise ProjectError([Problem("has no design; there is nothing to compare", "$.designs")], empty)
    both, names = add_designs(project, other, file)
    return both, project.designs[0].name, names[0]


def _errors(options: Namespace, project: Project, differences: DesignDifferences) -> list[float | None]:
    """Run the two designs as far as they have no mistake, and compare the outputs of equal shape."""
    pair = {differences.first, differences.second}
    request = RunRequest.of(project.with_designs(design for design in project.designs if design.name in pair))
    results = run_results(options.project, request)

    def output(ref: NodeRef | None) -> NodeDone | None:
        block = None if ref is None else request.check.block(ref)
        source = ref if ref is None or block is None else (ref[0], block.output)
        return None if source is None else results.get(source)

    def error(layer: ComparedLayer) -> float | None:
        one, other = map(output, differences.volume_refs(layer))
        if one is None or other is None or one.volume.shape != other.volume.shape:
            return None
        return relative_error(one.volume, other.volume)

    return [error(layer) for layer in differences.layers]
