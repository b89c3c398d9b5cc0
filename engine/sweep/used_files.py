"""The state of the files that a sweep depends on, as comments of its project file, so that rows of two do not mix."""

import json
from pathlib import Path

from msgspec.structs import replace

from engine.files.paths import FileFault, resolve_path
from engine.files.versions import version_of
from engine.network.input_specs import relocate_input
from engine.project.project import relocate
from engine.sweep.sweep import Sweep
from engine.text.problems import Problem, ProjectError

_REMEDY = "choose another folder with --out"


def file_comments(sweep: Sweep) -> dict[str, str]:
    """A line with the digest and the name of each file, by its path; the lines stay if a whole folder is moved."""
    return {path: f"# sha256 {_digest_text(path)} {json.dumps(Path(path).name)}\n" for path in _paths(sweep)}


def _paths(sweep: Sweep) -> list[str]:
    """The files of the project and of the inputs on which points are measured."""
    paths: dict[str, None] = {}

    def collect(path: str) -> str:
        paths[path] = None
        return path

    relocate(replace(sweep.project, sweep=None), collect)
    for spec in (*sweep.calibration.fit_inputs, *sweep.calibration.check_inputs):
        relocate_input(spec, collect)
    return list(paths)


def _digest_text(path: str) -> str:
    try:
        return version_of(resolve_path(path)).digest.hex()
    except FileFault:
        return "missing"


def changed_file_fault(comments: dict[str, str], earlier: str, project_file: Path) -> ProjectError:
    """What to say when a project file begins with other comments than these.

    Parameters
    ----------
    earlier
        The comments of the project file.
    """
    lines = earlier.splitlines(keepends=True)
    for path, line in comments.items():
        if line not in lines:
            text = f"has changed since the rows in {project_file.parent} were written, or is new; {_REMEDY}"
            return ProjectError([Problem(text, "")], path)
    gone = next((line for line in lines if line not in comments.values()), "").split(" ", 3)[-1].strip()
    text = f"{gone or 'a file'} was used for the rows in {project_file.parent}, but not now; {_REMEDY}"
    return ProjectError([Problem(text, "")], project_file)
