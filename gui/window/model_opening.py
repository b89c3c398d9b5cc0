"""Opens ONNX models on a thread, as nodes without a layer are run; asks for a size that a model leaves open."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QInputDialog, QWidget

from engine.kernels import Checkpoint
from engine.shapes import Pair
from engine.text.problems import ProjectError
from gui.widgets.progress_window import ProgressWindow
from gui.worker import Worker

if TYPE_CHECKING:
    from engine.onnx_files.importer import ImportedModel

_USUAL_SIZE = "224×224"


class _Request(NamedTuple):
    path: Path
    then: Callable[[], object]
    size: Pair | None
    """Of models that leave it open; None asks for it."""


class ModelOpening(QObject):
    """Reads one model at a time; another one takes the place of the one in progress."""

    opened = Signal(Path, object)
    """The path, and the ImportedModel."""
    failed = Signal(str)
    started = Signal(str)
    """Text for the status bar."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._request: _Request | None = None
        self._model: ImportedModel | None = None
        """The result of the thread, until this has ended."""
        self._worker = Worker(self)
        self._worker.reported.connect(self._on_worker_reported)
        self._worker.ended.connect(self._on_worker_ended)
        self.progress = ProgressWindow("Open", Qt.WindowModality.WindowModal, window)  # an edit now would be lost
        self.progress.canceled.connect(self._on_progress_canceled)

    def open(self, path: Path, then: Callable[[], object], size: Pair | None = None) -> None:
        """Read a model, and call `then` once it is open or has failed, but not if the user gives it up.

        Parameters
        ----------
        size
            Height and width for a model that leaves them open; None asks for them.
        """
        self._start(_Request(path, then, size), None)

    def close_down(self) -> None:
        """Give up the model in progress."""
        self._request = None
        self.progress.end()
        self._worker.close()

    def _start(self, request: _Request, size: Pair | None) -> None:
        def task(checkpoint: Checkpoint) -> "Iterator[ImportedModel]":
            from engine.onnx_files.importer import import_model  # most windows open no model, and all would load it

            yield import_model(request.path, size, checkpoint)

        self._request = request
        text = f"Opening {request.path.name} …"
        self.started.emit(text)
        self.progress.begin(text)
        self._worker.start(task)

    def _on_progress_canceled(self) -> None:
        self._worker.cancel()
        self._request = None
        self.progress.end()
        self.started.emit("Nothing was opened")

    def _on_worker_reported(self, model: "ImportedModel") -> None:
        self._model = model

    def _on_worker_ended(self, error: Exception | None) -> None:
        from engine.onnx_files.model_input import OpenSize

        request, model = self._request, self._model
        self._request = self._model = None
        self.progress.end()
        if request is None:
            return
        if isinstance(error, OpenSize) and request.size is not None:
            self._start(request, request.size)
            return
        if isinstance(error, OpenSize):
            self._ask_size(request)
            return
        if isinstance(error, ProjectError):
            self.failed.emit(str(error))
        elif error is not None:
            raise error
        else:
            self.opened.emit(request.path, model)
        request.then()

    def _ask_size(self, request: _Request) -> None:
        text, is_given = QInputDialog.getText(
            self._window,
            "Size of the input",
            f"{request.path.name} takes photos of any size.\nHeight × width:",
            text=_USUAL_SIZE,
        )
        if not is_given:
            self.started.emit("Nothing was opened")
            return
        size = _size_of(text)
        if size is None:
            self.failed.emit(f"{request.path}: {text!r} is no size; height × width is expected: {_USUAL_SIZE}")
        else:
            self._start(request, size)


def _size_of(text: str) -> Pair | None:
    height, _, width = text.lower().replace("×", "x").partition("x")
    if not (height.strip().isdecimal() and width.strip().isdecimal() and int(height) and int(width)):
        return None
    return int(height), int(width)
