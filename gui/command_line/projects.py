"""Reads, checks and runs the project of a command."""

import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from engine.network.node_ref import NodeRef, design_text
from engine.project.file import load_project
from engine.project.project import FORMAT, Project
from engine.run.cache import VolumeCache
from engine.run.check import check
from engine.run.execute import NodeDone, NodeStarted, RunRequest, require_memory, run_all
from engine.text.problems import Problem, ProjectError
from gui.command_line.command import DONE, WRONG


def read_project(path: Path) -> Project:
    """Read a project for a command that needs one without mistakes."""
    return without_mistakes(path, load_known(path))


def load_known(path: Path) -> Project:
    """Read a project for a command; refuses newer formats, as a command has to know all of it."""
    file = load_project(path)
    if file.read_only:
        text = f"is {file.format}; this program knows formats up to {FORMAT}, take a newer one"
        raise ProjectError([Problem(text, "$.format")], path)
    return file.project


def without_mistakes(path: Path, project: Project) -> Project:
    """The project; ProjectError with all its mistakes if there are any."""
    problems = check(project).problems
    if problems:
        raise ProjectError(problems, path)
    return project


def missing_memory(project: Project) -> tuple[Problem, ...]:
    """Why a run of the project does not fit in free memory; () if it does."""
    try:
        require_memory(RunRequest.of(project), VolumeCache())
    except ProjectError as error:
        return error.problems
    return ()


def report_problems(path: Path, problems: Iterable[Problem]) -> int:
    """Print problems on standard error, and return the exit status: DONE if there are none."""
    error = ProjectError(problems, path)
    if not error.problems:
        return DONE
    with suppress(OSError):  # nobody listens
        print(error.lines(), file=sys.stderr)
    return WRONG


def run_results(path: Path, project: Project) -> tuple[RunRequest, dict[NodeRef, NodeDone]]:
    """Run to the end, printing each node on standard error."""

    def print_progress(event: NodeStarted) -> None:
        design, node = event.ref
        with suppress(OSError):  # nobody listens; the run goes on
            print(f"run {event.done + 1}/{event.total} {design_text(design)} · {node}", file=sys.stderr)

    request = RunRequest.of(project)
    try:
        return request, run_all(request, print_progress)
    except ProjectError as error:
        raise ProjectError(error.problems, path) from None
