"""Writes many files into a folder on a thread, while the window stays usable."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from engine.kernels import Checkpoint
from gui.worker import Worker

if TYPE_CHECKING:
    from gui.export.files import PlannedFile


class FolderWriter(QObject):
    """Writes all files or none. A new start cancels the previous one."""

    stepped = Signal(object)
    """The `ExportStep` that begins."""
    ended = Signal(object, object)
    """The folder, and None if the files are written, else the exception."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._folder = Path()
        self._worker = Worker(self)
        self._worker.reported.connect(self.stepped)
        self._worker.ended.connect(lambda error: self.ended.emit(self._folder, error))

    @property
    def busy(self) -> bool:
        return self._worker.busy

    def start(self, folder: Path, files: Sequence["PlannedFile"]) -> None:
        from gui.export.files import write_planned  # here, as it takes time that the start of the window has not

        self._folder = folder

        def task(checkpoint: Checkpoint) -> Iterator[object]:
            yield from write_planned(files, folder, checkpoint)

        self._worker.start(task)

    def cancel(self) -> None:
        """Stop after the current file; nothing is left."""
        self._worker.cancel()

    def close(self) -> None:
        self._worker.close()
