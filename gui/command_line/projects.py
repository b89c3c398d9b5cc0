"""Reads, checks and runs the project of a command."""

import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from engine.network.node_ref import NodeRef, design_text
from engine.project.file import load_project
from engine.project.project import FORMAT, Project
from engine.run.check import check
from engine.run.execute import NodeDone, NodeStarted, RunRequest, run_all, run_notices
from engine.text.problems import Notice, Problem, ProjectError


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
    """The project, after its notices are printed; ProjectError with all its mistakes if there are any."""
    project_check = check(project)
    if project_check.problems:
        raise ProjectError(project_check.problems, path)
    print_notices(path, project_check.notices)
    return project


def print_notices(path: Path, notices: Iterable[Notice]) -> None:
    """Print on standard error what the user should know of files that are no mistake."""
    with suppress(OSError):  # nobody listens
        for notice in notices:
            print(f"notice: {path}: {notice}", file=sys.stderr)


def run_results(path: Path, project: Project) -> tuple[RunRequest, dict[NodeRef, NodeDone]]:
    """Run to the end, printing each node on standard error."""

    def print_progress(event: NodeStarted) -> None:
        design, node = event.ref
        with suppress(OSError):  # nobody listens; the run goes on
            print(f"run {event.done + 1}/{event.total} {design_text(design)} · {node}", file=sys.stderr)

    request = RunRequest.of(project)
    try:
        results = run_all(request, print_progress)
    except ProjectError as error:
        raise ProjectError(error.problems, path) from None
    print_notices(path, run_notices(request, results))
    return request, results
