"""Runs a sweep in the background, in this process or on workers, and reports its points a few times a second."""

from collections import deque
from collections.abc import Iterator
from time import monotonic
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace
from PySide6.QtCore import QObject, QTimer, Signal

from engine.cost.counting import Convention
from engine.kernels import Checkpoint
from engine.project.project import Project, SweepSettings
from engine.sweep.worker_settings import WorkerSettings
from engine.text.problems import ProjectError
from gui.state.sweep import SweepState, with_rule
from gui.worker import Worker

if TYPE_CHECKING:  # a start needs none of it
    from engine.sweep.brushing import ColumnRange

_LEAST_MS = 1000 // 15
"""The least time between two reports."""
_LEAST_REST = 3
"""The least time between two reports, as a multiple of what views take to show one."""

_Rows = deque[dict[str, Any]]


class BackgroundSweep(QObject):
    """Emits a new state whenever some points are done; a new sweep ends the one before.

    Points wait in a queue until the window has time for them, so that none is lost that was done when the sweep ended,
    for whatever reason.
    """

    changed = Signal(SweepState)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = SweepState()
        self._done: _Rows = deque()
        self._worker = Worker(self)
        self._worker.reported.connect(self._on_worker_reported)
        self._worker.ended.connect(self._on_worker_ended)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._on_timer_timeout)

    def run(
        self, project: Project, settings: SweepSettings, rule: Convention, workers: WorkerSettings | None = None
    ) -> None:
        """Count and measure all points, from the first on."""
        workers = workers or WorkerSettings()
        done: _Rows = deque()
        self._done = done
        self._set_state(SweepState(is_busy=True))
        self._worker.start(lambda checkpoint: _reports(project, with_rule(settings, rule), workers, done, checkpoint))
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
        self._worker.close()

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
        change = {"place": report} if isinstance(report, str) else {"sweep": report}
        self._set_state(replace(self.state, **change))

    def _on_worker_ended(self, error: Exception | None) -> None:
        self._end(error.problems if isinstance(error, ProjectError) else ())
        if error is not None and not isinstance(error, ProjectError):
            raise error


def _reports(
    project: Project, settings: SweepSettings, workers: WorkerSettings, done: _Rows, checkpoint: Checkpoint
) -> Iterator[object]:
    """The sweep, then where it measures; its rows go into the queue."""
    from engine.sweep.running import finished_rows  # here, since a start needs none of it
    from engine.sweep.sweep import plan_sweep, sweep_inputs
    from engine.sweep.worker_plan import measuring, plan_workers

    sweep = plan_sweep(project, settings, sweep_inputs(project, settings), checkpoint)
    yield sweep
    plan = plan_workers(workers, sweep, len(sweep), checkpoint)
    yield "; ".join(plan.texts)
    with measuring(plan, sweep, checkpoint) as measure:
        for row in finished_rows(sweep, lambda labels: False, measure, checkpoint):
            done.append(row)
