"""Runs requests in the background; the latest wins."""

from PySide6.QtCore import QObject, Signal

from engine.run.cache import VolumeCache
from engine.run.execute import NodeDone, NodeStarted, RunRequest, execute
from gui.worker import Worker


class Runner(QObject):
    """Executes the latest request in a thread and emits its events in the thread of the window."""

    started = Signal(object)
    """A run has begun: its `RunRequest`."""
    node_started = Signal(NodeStarted)
    node_done = Signal(NodeDone)
    ended = Signal(object)
    """The run has ended: None if it is complete, else the exception that ended it."""

    def __init__(self, cache: VolumeCache, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.cache = cache
        self.worker = Worker(self)
        self.worker.reported.connect(self._on_worker_reported)
        self.worker.ended.connect(self.ended)

    def start(self, request: RunRequest) -> None:
        """Run a request; cancel the current one first."""
        self.worker.start(lambda checkpoint: execute(request, self.cache, checkpoint))
        self.started.emit(request)

    def cancel(self) -> None:
        """Stop the run; it emits nothing more."""
        self.worker.cancel()

    def close(self) -> None:
        """Cancel and wait for the thread, so that it does not outlive the window."""
        self.worker.close()

    def _on_worker_reported(self, event: NodeStarted | NodeDone) -> None:
        (self.node_started if isinstance(event, NodeStarted) else self.node_done).emit(event)
