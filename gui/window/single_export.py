"""Exports of a view or a figure to one file or the clipboard: painted in turn while the window stays usable."""

from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QWidget

from engine.kernels import Checkpoint
from engine.text.problems import ProjectError
from gui.widgets.progress_window import ProgressWindow
from gui.worker import Worker

_Picture = TypeVar("_Picture")


class _Export(NamedTuple):
    """What the thread does when it is its turn, and what the window does with the result then."""

    title: str
    work: Callable[[Checkpoint], object]
    finish: Callable[[Any], str]
    """Receives the result of `work`; returns a text for the status bar."""


class SingleExport(QObject):
    """Writes each file completely or not at all. A further export waits for the one in progress."""

    done = Signal(str)
    """Text for the status bar."""
    failed = Signal(str)
    reported = Signal(str)
    """All lines of a report."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._waiting: deque[_Export] = deque()
        self._current: _Export | None = None
        self._result: object = None
        """What `work` of the current one has returned."""
        self._worker = Worker(self)
        self._worker.reported.connect(self._on_worker_reported)
        self._worker.ended.connect(self._on_worker_ended)
        self.progress = ProgressWindow("Export", Qt.WindowModality.NonModal, window)
        self.progress.canceled.connect(self._on_progress_canceled)

    @property
    def busy(self) -> bool:
        """Whether an export is in progress."""
        return self._current is not None

    def write(self, path: Path, make: Callable[[], bytes]) -> None:
        """Write a file with the content that `make` returns, on a thread; may raise ProjectError there."""
        self.write_long(path, lambda _: make())

    def write_long(self, path: Path, make: Callable[[Checkpoint], bytes]) -> None:
        """As `write`; `make` calls the checkpoint often, and ends with its exception when the user cancels."""

        def work(checkpoint: Checkpoint) -> None:
            content = make(checkpoint)
            checkpoint()
            from gui.export.files import write_file  # here, as it takes time that the start of the window has not

            write_file(path, content)

        self._add(_Export(f"Exporting {path.name}", work, lambda _: f"Wrote {path}"))

    def do(self, title: str, work: Callable[[Checkpoint], str]) -> None:
        """Call `work` on a thread, which writes the files itself; it returns a report of some lines."""

        def finish(report: str) -> str:
            self.reported.emit(report)
            return report.partition("\n")[0]

        self._add(_Export(title, work, finish))

    def copy(self, name: str, paint: Callable[[], _Picture], put: Callable[[_Picture], object]) -> None:
        """Call `paint` on a thread, and `put` with the picture in that of the window."""

        def finish(picture: _Picture) -> str:
            put(picture)
            return "The picture is on the clipboard"

        self._add(_Export(f"Copying {name}", lambda _: paint(), finish))

    def _add(self, export: _Export) -> None:
        self._waiting.append(export)
        if self._current is None:
            self._start_next()

    def close_down(self) -> None:
        """Cancel the exports in progress."""
        self._waiting.clear()
        self._current = None
        self.progress.end()
        self._worker.close()

    def _start_next(self) -> None:
        self.progress.end()
        self._current = export = self._waiting.popleft() if self._waiting else None
        if export is None:
            return

        def task(checkpoint: Checkpoint) -> Iterator[object]:
            yield export.work(checkpoint)

        text = f"{export.title} …"
        self.done.emit(text)
        self.progress.begin(text)
        self._worker.start(task)

    def _on_progress_canceled(self) -> None:
        self._worker.cancel()
        self.done.emit("Export cancelled; nothing was written or copied")
        self._start_next()

    def _on_worker_reported(self, result: object) -> None:
        self._result = result

    def _on_worker_ended(self, error: Exception | None) -> None:
        export, result, self._result = self._current, self._result, None
        self._start_next()
        if export is None:
            return
        if error is None:
            self.done.emit(export.finish(result))
        elif isinstance(error, ProjectError):
            self.failed.emit(str(error))
        else:
            raise error
