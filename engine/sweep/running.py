"""Runs a sweep into a folder: counts and measures what has no row yet, and appends each row as soon as it is known."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from engine.files.atomic_write import write_atomically
from engine.files.file_lock import FileLock
from engine.files.targets import require_folder
from engine.kernels import Checkpoint
from engine.project.file import project_content
from engine.sweep.columns import FITS, PROBLEM_COLUMN, Values
from engine.sweep.constraints import Known
from engine.sweep.counting import CountedPoint, count_points
from engine.sweep.measuring import Measure
from engine.sweep.point_projects import Point
from engine.sweep.points_file import POINTS_FILE, PointsFile
from engine.sweep.sweep import Sweep
from engine.sweep.used_files import changed_file_fault, file_comments
from engine.text.problems import Problem, ProjectError

SWEEP_FILE = "sweep.toml"
LOCK_FILE = ".sweep.lock"


class Progress(Struct, frozen=True):
    """How far a sweep is."""

    done: int
    """Points with a row, those of earlier runs included."""
    total: int


@contextmanager
def open_folder(sweep: Sweep, out: Path) -> Iterator[PointsFile]:
    """The table of a sweep in its folder, which also holds the project with the sweep.

    Raises
    ------
    ProjectError
        The folder holds another sweep, or one of files that have changed, another program is at it, or it cannot be
        written to.
    """
    require_folder(out, (POINTS_FILE, SWEEP_FILE))
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = FileLock.take(out / LOCK_FILE)
    except OSError as error:
        text = f"cannot be written to: {error.strerror or error}; choose another folder"
        raise ProjectError([Problem(text, "")], out) from None
    if lock is None:
        raise ProjectError(
            [Problem("another program writes a sweep into this folder; wait, or choose another", "")], out
        )
    try:
        _write_project(sweep, out / SWEEP_FILE)
        file = PointsFile(out / POINTS_FILE, sweep.columns, len(sweep.axes))
        try:
            yield file
        finally:
            file.close()
    finally:
        lock.remove()


def file_of_sweep(sweep: Sweep, path: Path) -> tuple[bytes, bytes]:
    """What a file at this path contains: the state of the files that the sweep depends on, and the project with it."""
    head = "".join(file_comments(sweep).values()).encode()
    return head, project_content(replace(sweep.project, sweep=sweep.settings), path)


def _write_project(sweep: Sweep, path: Path) -> None:
    """Write the project with the sweep, or make sure that it is the one that is there, with the same files."""
    head, content = file_of_sweep(sweep, path)
    try:
        if not path.exists():
            write_atomically(path, head + content)
            return
        present = path.read_bytes()
    except OSError as error:
        text = f"cannot be written: {error.strerror or error}; choose another folder"
        raise ProjectError([Problem(text, "")], path) from None
    if not present.endswith(content):
        text = "is another sweep, or the project has changed since; choose another folder with --out"
        raise ProjectError([Problem(text, "")], path)
    if present != head + content:
        raise changed_file_fault(file_comments(sweep), present.removesuffix(content).decode("utf-8", "replace"), path)


def run_sweep(
    sweep: Sweep,
    file: PointsFile,
    measure: Measure,
    on_progress: Callable[[Progress], None],
    checkpoint: Checkpoint = lambda: None,
) -> None:
    """Count every point without a row, measure those that satisfy the conditions, and append the rows.

    Raises
    ------
    ProjectError
        No point satisfies the conditions on metrics, the disk is full, or the scheduler of a cluster is lost; rows that
        are written stay.
    """
    for row in finished_rows(sweep, file.has, measure, checkpoint):
        file.append(row)
        on_progress(Progress(len(file.rows), len(sweep)))


def finished_rows(
    sweep: Sweep, has_row: Callable[[Values], bool], measure: Measure, checkpoint: Checkpoint = lambda: None
) -> Iterator[Values]:
    """Yield the row of each point without one as soon as it is known; ProjectError as `run_sweep`."""
    _require_fitting_point(sweep, checkpoint)
    new = (c for c in count_points(sweep, checkpoint) if not has_row(sweep.labels(c.point)))
    if not sweep.settings.measure:
        for counted in new:
            yield row_of(sweep, counted.point, counted.values, {}, counted.problem, fits=counted.fits)
        return
    passed_over: list[CountedPoint] = []

    def points_to_measure() -> Iterator[CountedPoint]:
        for counted in new:
            if counted.fits and not counted.problem:
                yield counted
            else:
                passed_over.append(counted)

    def rows_passed_over() -> Iterator[Values]:
        while passed_over:
            counted = passed_over.pop(0)
            yield row_of(sweep, counted.point, counted.values, {}, counted.problem, fits=counted.fits)

    for counted, measured, problem in measure(points_to_measure()):
        yield from rows_passed_over()
        yield row_of(sweep, counted.point, counted.values, measured, problem, fits=counted.fits)
    yield from rows_passed_over()


def _require_fitting_point(sweep: Sweep, checkpoint: Checkpoint) -> None:
    if sweep.conditions.has(Known.COUNTED) and not any(counted.fits for counted in count_points(sweep, checkpoint)):
        texts = " and ".join(c.text for c in sweep.conditions.constraints if c.known == Known.COUNTED)
        text = f"none of {len(sweep):,} points satisfies {texts}; allow more"
        raise ProjectError([Problem(text, "$.sweep.where")])


def row_of(sweep: Sweep, point: Point, counted: Values, measured: Values, problem: str, *, fits: bool) -> Values:
    """The row of a point by column."""
    values = counted | measured
    if sweep.conditions.has(Known.MEASURED):
        errors = [measured.get(name) for name in ("error_held_out", "error_fitted")]
        named = values | {"error": next((error for error in errors if error is not None), None)}
        fits = fits and sweep.holds(Known.MEASURED, point, named)
    return sweep.labels(point) | values | {FITS: fits, PROBLEM_COLUMN: problem}
