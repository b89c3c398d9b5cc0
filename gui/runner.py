"""Runs requests on one worker thread; the latest wins, and what an older one still says is not heard."""

from threading import Event

from PySide6.QtCore import QObject, QThreadPool, Signal

from engine.cache import VolumeCache
from engine.run import Cancelled, NodeDone, NodeStarted, RunRequest, execute

PATIENCE_MS = 3000


class Runner(QObject):
    """Emits in the thread it lives in, for the newest request only."""

    node_started = Signal(NodeStarted)
    node_done = Signal(NodeDone)
    ended = Signal(object)
    """The run is over: None when complete, else the exception that ended it."""

    _said = Signal(int, object)
    _stopped = Signal(int, object)

    def __init__(self, cache: VolumeCache, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.cache = cache
        self._token = 0
        self._cancel = Event()
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._said.connect(self._on_worker_said)
        self._stopped.connect(self._on_worker_stopped)

    def start(self, request: RunRequest) -> None:
        """Run a request; one under way is cancelled first."""
        self.cancel()
        self._cancel = Event()
        token, cancel = self._token, self._cancel
        self._pool.start(lambda: self._work(token, request, cancel))

    def cancel(self) -> None:
        """Stop what runs; nothing more is heard of it."""
        self._token += 1
        self._cancel.set()
        self._pool.clear()

    def close(self) -> None:
        """Cancel and wait for the worker, so that none outlives the window."""
        self.cancel()
        self._pool.waitForDone(PATIENCE_MS)

    def _work(self, token: int, request: RunRequest, cancel: Event) -> None:
        def checkpoint() -> None:
            if cancel.is_set():
                raise Cancelled

        try:
            for event in execute(request, self.cache, checkpoint):
                self._said.emit(token, event)
        except Cancelled:
            return
        except Exception as error:  # noqa: BLE001 - handed to the window's thread, which tells it
            self._stopped.emit(token, error)
            return
        self._stopped.emit(token, None)

    def _on_worker_said(self, token: int, event: NodeStarted | NodeDone) -> None:
        if token == self._token:
            (self.node_started if isinstance(event, NodeStarted) else self.node_done).emit(event)

    def _on_worker_stopped(self, token: int, error: Exception | None) -> None:
        if token == self._token:
            self.ended.emit(error)
