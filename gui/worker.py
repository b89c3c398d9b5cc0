"""Does one task at a time on a thread of its own; the latest wins, and what an older one still says is not heard."""

from collections.abc import Callable, Iterable
from threading import Event

from PySide6.QtCore import QObject, QThreadPool, Signal

from engine.kernels import Checkpoint
from engine.run.execute import Cancelled

_PATIENCE_MS = 3000

Task = Callable[[Checkpoint], Iterable[object]]
"""What it yields is said in the window's thread; it calls the checkpoint often, which may end it."""


class Worker(QObject):
    """Emits in the thread it lives in, for the newest task only."""

    reported = Signal(object)
    ended = Signal(object)
    """The task is over: None when complete, else the exception that ended it."""

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
        """Whether its thread still works, be it at a task that was cancelled."""
        return self._pool.activeThreadCount() > 0

    def start(self, task: Task) -> None:
        """Do a task; one under way is cancelled first."""
        self.cancel()
        self._cancel = Event()
        token, cancel = self._token, self._cancel
        self._pool.start(lambda: self._work(token, task, cancel))

    def cancel(self) -> None:
        """Stop what is being done; nothing more is heard of it."""
        self._token += 1
        self._cancel.set()
        self._pool.clear()

    def close(self) -> None:
        """Cancel and wait, so that nothing outlives the window."""
        self.cancel()
        self._pool.waitForDone(_PATIENCE_MS)

    def _work(self, token: int, task: Task, cancel: Event) -> None:
        def checkpoint() -> None:
            if cancel.is_set():
                raise Cancelled

        try:
            for event in task(checkpoint):
                self._reported.emit(token, event)
        except Cancelled:
            return
        except Exception as error:  # handed to the window's thread, which tells it
            self._ended.emit(token, error)
            return
        self._ended.emit(token, None)

    def _on_reported(self, token: int, event: object) -> None:
        if token == self._token:
            self.reported.emit(event)

    def _on_ended(self, token: int, error: Exception | None) -> None:
        if token == self._token:
            self.ended.emit(error)
