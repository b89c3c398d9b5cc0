"""Runs a sweep in the background, in this process or on workers, and reports its points a few times a second."""

from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace
from PySide6.QtCore import QObject, QTimer, Signal

from engine.cost.counting import Convention
from engine.kernels import Checkpoint
from engine.project.project import Project, SweepSettings
from engine.sweep.worker_settings import WorkerSettings
from engine.text.problems import ProjectError
from engine.text.units import count_text
from gui.state.sweep import SweepState, with_rule
from gui.worker import Worker

if TYPE_CHECKING:  # a start needs none of it
    from engine.sweep.brushing import ColumnRange
    from engine.sweep.points_file import PointsFile
    from engine.sweep.sweep import Sweep

_LEAST_MS = 1000 // 15
"""The least time between two reports."""
_LEAST_REST = 3
"""The least time between two reports, as a multiple of what views take to show one."""
_END_MS = 15_000
"""How long other processes may take to end, after which dask ends them by force: seconds if the machine is busy."""

_Rows = deque[dict[str, Any]]
_FIELDS: dict[type, str] = {str: "place", dict: "designs"}
"""Parts of the state by the type of a report; else it is the sweep."""


class BackgroundSweep(QObject):
    """Emits a new state whenever some points are done; a new sweep ends the one before.

    Points wait in a queue until the window has time for them, so that none is lost that was done when the sweep ended,
    for whatever reason. What was measured is also kept in a folder, if there is one, for the time when the same sweep
    begins again: in this window or, if it has been closed or has crashed, in another one.
    """

    changed = Signal(SweepState)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = SweepState()
        self._folder: Path | None = None
        self._done: _Rows = deque()
        self._worker = Worker(self)
        self._worker.reported.connect(self._on_worker_reported)
        self._worker.ended.connect(self._on_worker_ended)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._on_timer_timeout)

    def keep_rows_in(self, folder: Path) -> None:
        """Keep the rows of measured sweeps in a folder."""
        self._folder = folder

    def run(
        self, project: Project, settings: SweepSettings, rule: Convention, workers: WorkerSettings | None = None
    ) -> None:
        """Count and measure all points without a row; all of them again if the window shows them all."""
        workers = workers or WorkerSettings()
        folder, state = self._folder, self.state
        finished = state.sweep if len(state.rows) == state.total else None
        done: _Rows = deque()
        self._done = done
        self._set_state(SweepState(is_busy=True))
        swept = with_rule(settings, rule)
        self._worker.start(lambda checkpoint: _reports(project, swept, workers, folder, finished, done, checkpoint))
        self._timer.start(_LEAST_MS)

    def cancel(self) -> None:
        """End the sweep in progress; its points so far stay."""
        self._worker.cancel()
        if self.state.is_busy:
            self._end(())

    def brush(self, ranges: "tuple[ColumnRange, ...]") -> None:
        """Show the points within these ranges."""
        if ranges != self.state.brush:
            self._set_state(replace(self.state, brush=ranges))

    def clear(self) -> None:
        """Forget all points, for another project."""
        self.cancel()
        self._set_state(SweepState())

    def close(self) -> None:
        self._timer.stop()
        self._worker.close(_END_MS)

    def _set_state(self, new: SweepState) -> None:
        self.state = new
        self.changed.emit(new)

    def _with_done(self) -> SweepState:
        """The state with the rows that wait; the sweep is known before its first row."""
        rows = [self._done.popleft() for _ in range(len(self._done))] if self.state.sweep is not None else []
        return replace(self.state, rows=(*self.state.rows, *rows)) if rows else self.state

    def _end(self, problems: tuple[Any, ...]) -> None:
        self._timer.stop()
        self._set_state(replace(self._with_done(), is_busy=False, place="", problems=problems))

    def _on_timer_timeout(self) -> None:
        start = monotonic()
        state = self._with_done()
        if state is not self.state:
            self._set_state(state)
        self._timer.start(max(_LEAST_MS, round(1000 * _LEAST_REST * (monotonic() - start))))

    def _on_worker_reported(self, report: object) -> None:
        change = {_FIELDS.get(type(report), "sweep"): report}
        self._set_state(replace(self.state, **change))

    def _on_worker_ended(self, error: Exception | None) -> None:
        self._end(error.problems if isinstance(error, ProjectError) else ())
        if error is not None and not isinstance(error, ProjectError):
            raise error


def _reports(
    project: Project,
    settings: SweepSettings,
    workers: WorkerSettings,
    folder: Path | None,
    finished: "Sweep | None",
    done: _Rows,
    checkpoint: Checkpoint,
) -> Iterator[object]:
    """The sweep, where it measures, and what it measures of the designs; its rows go into the queue."""
    from engine.sweep.measured_designs import measured_designs
    from engine.sweep.running import finished_rows  # here, since a start needs none of it
    from engine.sweep.sweep import plan_sweep, sweep_inputs
    from engine.sweep.worker_plan import measuring, plan_workers

    sweep = plan_sweep(project, settings, sweep_inputs(project, settings), checkpoint)
    yield sweep
    with ExitStack() as stack:
        file, notes = _kept_file(sweep, folder, finished, stack)
        rows = [] if file is None else list(file.rows.values())
        done.extend(rows)
        plan = plan_workers(workers, sweep, len(sweep) - len(rows), checkpoint)
        yield "; ".join((*notes, *plan.texts))
        measure = stack.enter_context(measuring(plan, sweep, checkpoint))
        has_row = (lambda labels: False) if file is None else file.has
        for row in finished_rows(sweep, has_row, measure, checkpoint):
            if file is not None:
                file.append(row)
            done.append(row)
            rows.append(row)
    yield measured_designs(sweep, rows, checkpoint)


def _kept_file(
    sweep: "Sweep", folder: Path | None, finished: "Sweep | None", stack: ExitStack
) -> "tuple[PointsFile | None, tuple[str, ...]]":
    """Where rows are kept, and what to say of them; none for counts, which are quick, or if that is not possible."""
    from engine.sweep.kept_rows import kept_rows

    if folder is None or not sweep.settings.measure:
        return None, ()
    try:
        file = stack.enter_context(kept_rows(sweep, folder))
    except ProjectError as error:
        return None, (f"points are not kept: {error.problems[0].text}",)
    if finished is not None and _identity(finished) == _identity(sweep):
        file.clear()
    return file, (f"{count_text(len(file.rows), 'point')} kept from before",) if file.rows else ()


def _identity(sweep: "Sweep") -> tuple[Project, SweepSettings]:
    return replace(sweep.project, sweep=None), sweep.settings
