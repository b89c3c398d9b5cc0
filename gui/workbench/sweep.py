"""Runs a sweep in the background, and reports its points a few times a second."""

from collections.abc import Iterator
from time import monotonic
from typing import TYPE_CHECKING

from msgspec.structs import replace
from PySide6.QtCore import QObject, Signal

from engine.cost.counting import Convention
from engine.kernels import Checkpoint
from engine.project.project import Project, SweepSettings
from engine.text.problems import ProjectError
from gui.state.sweep import SweepState, with_rule
from gui.worker import Worker

if TYPE_CHECKING:  # a start needs none of it
    from engine.sweep.brushing import ColumnRange

_SECONDS = 0.25
"""The least time between two reports."""


class BackgroundSweep(QObject):
    """Emits a new state whenever some points are done; a new sweep ends the one before."""

    changed = Signal(SweepState)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = SweepState()
        self._worker = Worker(self)
        self._worker.reported.connect(self._on_worker_reported)
        self._worker.ended.connect(self._on_worker_ended)

    def run(self, project: Project, settings: SweepSettings, rule: Convention) -> None:
        """Count and measure all points, from the first on."""
        self._set_state(SweepState(is_busy=True))
        self._worker.start(lambda checkpoint: _reports(project, with_rule(settings, rule), checkpoint))

    def cancel(self) -> None:
        """End the sweep in progress; its points so far stay."""
        self._worker.cancel()
        if self.state.is_busy:
            self._set_state(replace(self.state, is_busy=False))

    def brush(self, ranges: "tuple[ColumnRange, ...]") -> None:
        """Show the points within these ranges."""
        if ranges != self.state.brush:
            self._set_state(replace(self.state, brush=ranges))

    def clear(self) -> None:
        """Forget all points, for another project."""
        self.cancel()
        self._set_state(SweepState())

    def close(self) -> None:
        self._worker.close()

    def _set_state(self, new: SweepState) -> None:
        self.state = new
        self.changed.emit(new)

    def _on_worker_reported(self, report: object) -> None:
        if isinstance(report, tuple):
            self._set_state(replace(self.state, rows=(*self.state.rows, *report)))
        else:
            self._set_state(replace(self.state, sweep=report))

    def _on_worker_ended(self, error: Exception | None) -> None:
        problems = error.problems if isinstance(error, ProjectError) else ()
        self._set_state(replace(self.state, is_busy=False, problems=problems))
        if error is not None and not isinstance(error, ProjectError):
            raise error


def _reports(project: Project, settings: SweepSettings, checkpoint: Checkpoint) -> Iterator[object]:
    """The sweep, then its rows, several at a time as a tuple."""
    from engine.sweep.measuring import measure_here  # here, since a start needs none of it
    from engine.sweep.running import finished_rows
    from engine.sweep.sweep import plan_sweep, sweep_inputs

    sweep = plan_sweep(project, settings, sweep_inputs(project, settings), checkpoint)
    yield sweep
    rows: list[object] = []
    reported = monotonic()
    for row in finished_rows(sweep, lambda labels: False, measure_here(sweep, checkpoint), checkpoint):
        rows.append(row)
        if monotonic() - reported >= _SECONDS:
            yield tuple(rows)
            rows, reported = [], monotonic()
    yield tuple(rows)
