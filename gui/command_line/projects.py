"""Reads, checks and runs the project of a command."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from engine.files.onnx_model import ONNX_SUFFIX
from engine.files.paths import resolve_path
from engine.network.node_ref import NodeRef, design_text
from engine.project.file import load_project
from engine.project.project import FORMAT, Project
from engine.run.cache import VolumeCache
from engine.run.check import ProjectCheck, check
from engine.run.execute import NodeDone, NodeStarted, run_all, run_notices
from engine.run.memory import require_memory
from engine.run.request import RunRequest
from engine.shapes import Pair
from engine.text.problems import Notice, Problem, ProjectError
from gui.command_line.command import DONE, WRONG
from gui.command_line.output import print_message


def load_known(path: Path, size: Pair | None = None) -> Project:
    """Read a project, or an ONNX model, for a command; refuses newer formats, as a command has to know all of it.

    Parameters
    ----------
    size
        Height and width of the input, for models that leave them open.
    """
    if path.suffix.lower() == ONNX_SUFFIX:
        from engine.onnx_files.importer import import_model  # all commands would load it

        return import_model(path, size).project
    if size is not None:
        raise ProjectError([Problem("has a size of its own; --size is for ONNX models that leave it open", "")], path)
    file = load_project(path)
    if file.read_only:
        text = f"is {file.format}; this program knows formats up to {FORMAT}, take a newer one"
        raise ProjectError([Problem(text, "$.format")], path)
    return file.project


def load_beside(path: Path, project: Project) -> Project:
    """Read a second project or model; a model that leaves its size open takes that of the first one's input."""
    from engine.onnx_files.model_input import OpenSize

    try:
        return load_known(path)
    except OpenSize:
        shape = check(project).input_shape
        if shape is None:
            raise
        return load_known(path, (shape.height, shape.width))


def print_notices(path: Path, notices: Iterable[Notice]) -> None:
    """Print on standard error what the user should know of files that are no mistake."""
    for notice in notices:
        print_message(f"notice: {path}: {notice}")


def missing_memory(request: RunRequest) -> tuple[Problem, ...]:
    """Why a run does not fit in free memory; () if it does."""
    try:
        require_memory(request, VolumeCache())
    except ProjectError as error:
        return error.problems
    return ()


class PictureRun(Struct, frozen=True, eq=False):
    """The volumes that pictures show, and why there are none."""

    volumes: Mapping[NodeRef, NodeDone] = {}
    obstacles: tuple[Problem, ...] = ()
    """Not mistakes: a run needs more memory than is free."""
    faults: tuple[Problem, ...] = ()
    """Mistakes that only the run has found, such as those in files."""


def run_for_pictures(path: Path, request: RunRequest) -> PictureRun:
    """Run a project as far as it can be run."""
    obstacles = missing_memory(request)
    if obstacles:
        return PictureRun(obstacles=obstacles)
    try:
        return PictureRun(run_results(path, request))
    except ProjectError as error:
        return PictureRun(faults=error.problems)


def report_problems(path: Path, problems: Iterable[Problem]) -> int:
    """Print problems on standard error, and return the exit status: DONE if there are none."""
    error = ProjectError(problems, path)
    if not error.problems:
        return DONE
    print_message(error.lines())
    return WRONG


def files_read(path: Path, project_check: ProjectCheck) -> Iterator[Path]:
    """The project file and every file that the project names; nothing may be written over them."""
    yield path
    yield from map(resolve_path, project_check.files)


def run_results(path: Path, request: RunRequest) -> dict[NodeRef, NodeDone]:
    """Run to the end, printing each node on standard error."""

    def print_progress(event: NodeStarted) -> None:
        design, node = event.ref
        print_message(f"run {event.done + 1}/{event.total} {design_text(design)} · {node}")

    try:
        results = run_all(request, print_progress)
    except ProjectError as error:
        raise ProjectError(error.problems, path) from None
    print_notices(path, run_notices(request, results))
    return results
