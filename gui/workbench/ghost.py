"""Finds the ghost of the selected point of a sweep in the background."""

from collections.abc import Mapping

from PySide6.QtCore import QObject, Signal

from engine.run.cache import VolumeCache
from gui.state.ghost import find_ghosts
from gui.state.view_state import ViewState
from gui.worker import Worker


class BackgroundGhost(QObject):
    """Emits the ghost of the latest point that was asked for, or None."""

    changed = Signal(object)

    def __init__(self, cache: VolumeCache, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._cache = cache
        self._worker = Worker(self)
        self._worker.reported.connect(self.changed)
        self._worker.ended.connect(self._on_worker_ended)

    def show(self, state: ViewState, row: Mapping[str, object] | None) -> None:
        """Find the ghost of a row of the sweep; None for no row."""
        self._worker.cancel()
        sweep = state.sweep.sweep
        if state.ghost is not None:
            self.changed.emit(None)
        if row is not None and sweep is not None:
            project, project_check, cache = state.project, state.check, self._cache
            self._worker.start(lambda checkpoint: find_ghosts(project, project_check, sweep, row, cache, checkpoint))

    def close(self) -> None:
        self._worker.close()

    def _on_worker_ended(self, error: Exception | None) -> None:
        if error is not None:
            raise error
