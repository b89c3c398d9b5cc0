"""The journal: what a crash must not take away is on the disk within a second of every edit, undo and redo."""

from collections import deque
from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from gui.state.history import History
from gui.state.view_state import ViewState
from gui.workbench.journal_file import JournalFile
from gui.workbench.workbench import Workbench
from gui.worker import Worker

_PAUSE_MS = 100
"""Edits of so long go into one record: those of a drag come at every frame."""


class Journal(QObject):
    """Keeps the unsaved history of a workbench in a file, which a thread writes.

    There is a file only while something is unsaved. It is deleted when the history is saved or discarded, not when the
    program crashes: the next start finds it. What is tried in a lesson is not recorded.

    Parameters
    ----------
    folder
        Where journals lie.
    """

    failed = Signal(str)
    """Why edits cannot be recorded, in words: once, until it is possible again."""

    def __init__(self, workbench: Workbench, folder: Path) -> None:
        super().__init__(workbench)
        self._workbench = workbench
        self._folder = folder
        self._file = JournalFile(folder)
        self._obsolete: deque[JournalFile] = deque()
        """What the thread has to delete; a later task does it if this one is replaced before it begins."""
        self._has_failed = False
        self._worker = Worker(self)
        self._worker.ended.connect(self._on_worker_ended)
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._on_pause_timeout)
        workbench.document.version_changed.connect(self._on_document_version_changed)
        workbench.document.history_ended.connect(self._on_document_history_ended)
        workbench.changed.connect(self._on_workbench_changed)

    @property
    def busy(self) -> bool:
        """Whether something is still to be written."""
        return self._pause.isActive() or self._worker.busy

    def adopt(self, file: JournalFile) -> None:
        """Go on in the journal of an earlier window, whose history has just replaced and ended that of this one."""
        self._file = file

    def discard(self, file: JournalFile) -> None:
        """Delete the journal of an earlier window, which the user has declined."""
        self._obsolete.append(file)
        self._pause.start()  # a task that only deletes must not take the place of one that writes

    def close(self) -> None:
        """Delete the journal as the window closes: everything is saved or discarded."""
        self._pause.stop()
        self._worker.close()
        self._obsolete.append(self._file)
        self._delete_obsolete()

    def _on_document_version_changed(self) -> None:
        if self._workbench.document.lesson is None and not self._pause.isActive():
            self._pause.start()

    def _on_workbench_changed(self, old: ViewState, new: ViewState) -> None:
        """Record another selection too, if there is anything to select it in."""
        if old.focus != new.focus and not self._pause.isActive() and not new.clean:
            self._pause.start()

    def _on_document_history_ended(self) -> None:
        self._pause.stop()
        self._replace_file(JournalFile(self._folder))

    def _on_pause_timeout(self) -> None:
        document = self._workbench.document
        history = document.history(self._workbench.state.focus)
        if history.has_unsaved and document.lesson is None:
            self._start(history)
        else:  # undone to the saved version: another file begins with the next edit
            self._on_document_history_ended()

    def _replace_file(self, file: JournalFile) -> None:
        """Delete the file, and go on in another one."""
        obsolete, self._file = self._file, file  # before the thread deletes it: it writes to the current one only
        self._obsolete.append(obsolete)
        self._start(None)

    def _start(self, history: History | None) -> None:
        file = self._file
        self._worker.start(lambda _checkpoint: self._work(file, history))

    def _work(self, file: JournalFile, history: History | None) -> Iterable[object]:
        """In the thread: delete what is obsolete, and write.

        A later task replaces this one only until it begins: later ones would replace each on a busy system.
        """
        self._delete_obsolete()
        if history is not None and file is self._file:
            file.write(history)
        return ()

    def _delete_obsolete(self) -> None:
        while self._obsolete:
            self._obsolete.popleft().delete()

    def _on_worker_ended(self, error: Exception | None) -> None:
        if error is not None and not isinstance(error, OSError | UnicodeError):
            raise error
        if error is not None and not self._has_failed:
            self.failed.emit(str(error))
        self._has_failed = error is not None
