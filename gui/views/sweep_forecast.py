"""What a sweep would do, found in the background while its axes and conditions are typed."""

from collections.abc import Callable, Iterator

from PySide6.QtCore import QObject, QTimer, Signal

from engine.kernels import Checkpoint
from engine.project.project import Project, SweepSettings
from engine.sweep.worker_settings import WorkerSettings
from engine.text.problems import ProjectError
from gui.worker import Worker

_PAUSE_MS = 200
"""Time without another key after which a forecast begins."""


class SweepForecast(QObject):
    """Emits the number of points, the expected time and what measuring takes, or why the sweep is refused."""

    changed = Signal(object)
    """The text; "" without axes."""

    def __init__(self, request: Callable[[], tuple[Project, SweepSettings, WorkerSettings]], parent: QObject) -> None:
        super().__init__(parent)
        self._request = request
        self._worker = Worker(self)
        self._worker.reported.connect(self.changed)
        self._worker.ended.connect(self._on_worker_ended)
        self._timer = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._timer.timeout.connect(self._begin)

    def ask(self) -> None:
        """Begin another forecast soon; the one before is void."""
        self._worker.cancel()
        self._timer.start()

    def cancel(self) -> None:
        self._timer.stop()
        self._worker.cancel()

    def close(self) -> None:
        self._timer.stop()
        self._worker.close()

    def _begin(self) -> None:
        project, settings, workers = self._request()
        if settings.axes:
            self._worker.start(lambda checkpoint: _forecast(project, settings, workers, checkpoint))
        else:
            self.changed.emit("")

    def _on_worker_ended(self, error: Exception | None) -> None:
        if error is not None:
            raise error


def _forecast(
    project: Project, settings: SweepSettings, workers: WorkerSettings, checkpoint: Checkpoint
) -> Iterator[str]:
    from engine.rank_search.calibration import CalibrationSet  # here, since a start needs none of it
    from engine.sweep.estimates import estimate_texts
    from engine.sweep.sweep import plan_sweep

    try:
        sweep = plan_sweep(project, settings, CalibrationSet((project.input,)), checkpoint)
        yield from estimate_texts(project, settings, sweep, workers, checkpoint)
    except ProjectError as error:
        yield "\n".join(problem.text for problem in error.problems)
