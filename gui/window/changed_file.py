"""Sees at once that another program has changed the open file, and asks in a banner what to do."""

from collections.abc import Iterator
from difflib import unified_diff
from functools import partial
from pathlib import Path

from msgspec import Struct
from PySide6.QtCore import QFileSystemWatcher, QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from engine.files.paths import FileFault
from engine.files.versions import FileVersion
from engine.kernels import Checkpoint
from engine.project.file import project_content
from engine.project.project import Project
from engine.text.problems import ProjectError
from gui.theme import THEMES
from gui.window.banners import Answer, Banner, BannerArea
from gui.window.file_commands import FileCommands
from gui.workbench.document import find_version
from gui.workbench.workbench import Workbench
from gui.worker import Worker

_PAUSE_MS = 150
"""A program that saves a file changes it several times in a row."""


class _Found(Struct, frozen=True):
    """The version of the file on the disk; None if it is gone."""

    path: Path
    version: FileVersion | None


class _Difference(Struct, frozen=True):
    path: Path
    lines: tuple[str, ...]


class ChangedFile(QObject):
    """Watches the file of the project, and looks at it when the window becomes active.

    Some drives report no changes, and programs replace a file instead of writing into it; hence the folder as well.
    """

    def __init__(self, window: QWidget, workbench: Workbench, files: FileCommands, area: BannerArea) -> None:
        super().__init__(window)
        self._window = window
        self._workbench = workbench
        self._files = files
        self._area = area
        self._banner: Banner | None = None
        self._shown: _Found | None = None
        """What the banner is about, or was about until the user said "Not now"."""
        self._watched: Path | None = None
        self._watcher = QFileSystemWatcher(self)
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._look)
        self._worker = Worker(self)
        self._worker.reported.connect(self._on_worker_reported)
        self._comparer = Worker(self)
        self._comparer.reported.connect(self._on_comparer_reported)
        for worker in (self._worker, self._comparer):
            worker.ended.connect(_on_worker_ended)
        for changed in (self._watcher.fileChanged, self._watcher.directoryChanged):
            changed.connect(self._on_watcher_changed)
        workbench.document.file_changed.connect(self._on_document_file_changed)
        files.conflicted.connect(self._on_files_conflicted)
        app = QApplication.instance()
        if isinstance(app, QGuiApplication):
            app.applicationStateChanged.connect(self._on_application_state_changed)

    def close_down(self) -> None:
        self._pause.stop()
        self._worker.close()
        self._comparer.close()

    def _on_watcher_changed(self, _path: str) -> None:
        self._watch()  # a file that is replaced is watched no more
        self._pause.start()

    def _on_application_state_changed(self, state: Qt.ApplicationState) -> None:
        if state == Qt.ApplicationState.ApplicationActive:
            self._look()

    def _on_files_conflicted(self) -> None:
        self._shown = None
        self._look()

    def _on_document_file_changed(self) -> None:
        if self._workbench.document.path != self._watched:
            self._shown = None
            self._close_banner()
            self._watch()
            self._look()  # that of a restored project may have changed since the crash
        elif self._banner is not None:
            self._look()

    def _watch(self) -> None:
        """Watch the file and its folder as they are now."""
        self._watched = self._workbench.document.path
        wanted = () if self._watched is None else (self._watched, self._watched.parent)
        names = {str(path) for path in wanted if path.exists()}
        present = {*self._watcher.files(), *self._watcher.directories()}
        if present - names:
            self._watcher.removePaths([*(present - names)])
        if names - present:
            self._watcher.addPaths([*(names - present)])

    def _look(self) -> None:
        """Look at the file in the background: its drive may be slow."""
        document = self._workbench.document
        path, known = document.path, document.file_version
        if path is not None and known is not None:
            self._worker.start(lambda checkpoint: _find(path, known))

    def _on_worker_reported(self, found: _Found) -> None:
        document = self._workbench.document
        if found.path != document.path:
            return
        if not document.has_changed(found.version):
            self._shown = None
            self._close_banner()
        elif found != self._shown:
            self._show_banner(found)

    def _close_banner(self) -> None:
        if self._banner is not None:
            self._area.remove(self._banner)
            self._banner = None

    def _show_banner(self, found: _Found) -> None:
        self._close_banner()
        self._shown = found
        name = found.path.name
        save_as: Answer = ("Save as…", self._files.save_as)
        later: Answer = ("Not now", self._close_banner)
        if found.version is None:
            title = f"{name} was deleted or renamed by another program"
            text = "The project is still open here."
            answers: tuple[Answer, ...] = (("Save again", self._files.overwrite), save_as, later)
        else:
            title = f"{name} was changed by another program"
            text = "Save does not overwrite it before you decide. Reload can be undone."
            compare: Answer = ("Compare", partial(self._compare, found.path))
            reload: Answer = ("Reload", self._files.reload)
            answers = (compare, reload, save_as, ("Overwrite", self._files.overwrite), later)
        self._banner = Banner(title, text, answers)
        self._area.add(self._banner)

    def _compare(self, path: Path) -> None:
        project = self._workbench.document.project
        self._comparer.start(lambda checkpoint: _differences(project, path, checkpoint))

    def _on_comparer_reported(self, difference: _Difference) -> None:
        from gui.widgets.difference_box import DifferenceBox  # a dialog that few windows show, and all would load

        name = difference.path.name
        legend = f"Lines with - are in {name} on the disk, lines with + would be in it after Save."
        lines = difference.lines or ("No line differs.",)
        theme = THEMES[self._workbench.state.look.theme]
        colours = {"-": theme.error, "+": theme.accent, "@": theme.muted}
        DifferenceBox(self._window, f"What differs in {name}", legend, lines, colours).show()


def _on_worker_ended(error: Exception | None) -> None:
    if error is not None:
        raise error


def _find(path: Path, known: FileVersion) -> Iterator[_Found]:
    """In the thread: the version of the file. One that cannot be read for now is looked at again the next time."""
    try:
        yield _Found(path, find_version(path, known))
    except FileFault:
        return


def _differences(project: Project, path: Path, checkpoint: Checkpoint) -> Iterator[_Difference]:
    """In the thread: the lines that differ between the file and what Save would write, each with three around it."""
    try:
        here = project_content(project, path, path).decode()
        there = path.read_text(encoding="utf-8-sig", errors="replace")
    except (OSError, ProjectError) as error:
        yield _Difference(path, (str(error),))
        return
    checkpoint()
    lines = unified_diff(there.splitlines(), here.splitlines(), lineterm="", n=3)
    yield _Difference(path, tuple(lines)[2:])  # without the two lines that name the files
