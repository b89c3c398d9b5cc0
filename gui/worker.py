"""Runs one task at a time in a thread of its own; a new task cancels the previous one and discards its reports."""

from collections.abc import Callable, Iterable
from threading import Event

from PySide6.QtCore import QObject, QThreadPool, Signal

from engine.kernels import Checkpoint
from engine.run.execute import Cancelled

_PATIENCE_MS = 3000

Task = Callable[[Checkpoint], Iterable[object]]
"""Yields reports for the window's thread. It calls the checkpoint often, which raises `Cancelled` to end it."""


class Worker(QObject):
    """Emits signals in the thread that it lives in, for the newest task only."""

    reported = Signal(object)
    ended = Signal(object)
    """The task has ended: None if it is complete, else its exception."""

    _reported = Signal(int, object)
    _ended = Signal(int, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._token = 0
        self._cancel = Event()
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._reported.connect(self._on_reported)
        self._ended.connect(self._on_ended)

    @property
    def busy(self) -> bool:
        """Whether its thread is still running, even if the task is cancelled."""
        return self._pool.activeThreadCount() > 0

    def start(self, task: Task) -> None:
        """Cancel the current task and start another."""
        self.cancel()
        self._cancel = Event()
        token, cancel = self._token, self._cancel
        self._pool.start(lambda: self._work(token, task, cancel))

    def cancel(self) -> None:
        """Cancel the current task and discard its reports."""
        self._token += 1
        self._cancel.set()
        self._pool.clear()

    def close(self, patience_ms: int = _PATIENCE_MS) -> None:
        """Cancel and wait, so that no thread outlives the window."""
        self.cancel()
        self._pool.waitForDone(patience_ms)

    def _work(self, token: int, task: Task, cancel: Event) -> None:
        def checkpoint() -> None:
            if cancel.is_set():
                raise Cancelled

        try:
            for event in task(checkpoint):
                self._reported.emit(token, event)
        except Cancelled:
            return
        except Exception as error:  # the window's thread reports it
            self._ended.emit(token, error)
            return
        self._ended.emit(token, None)

    def _on_reported(self, token: int, event: object) -> None:
        if token == self._token:
            self.reported.emit(event)

    def _on_ended(self, token: int, error: Exception | None) -> None:
        if token == self._token:
            self.ended.emit(error)
