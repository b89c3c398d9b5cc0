"""Commands that open and save projects, and choose inputs; each failure is reported and changes nothing."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from engine.files.arrays import ARRAY_SUFFIXES
from engine.files.onnx_model import ONNX_SUFFIX
from engine.files.paths import FileFault
from engine.files.photo_formats import PHOTO_SUFFIXES
from engine.files.targets import same_file
from engine.network.graph import Network
from engine.network.input_specs import NoiseInput
from engine.project.project import Design, Project
from engine.text.problems import ProjectError
from gui.catalogue.samples import SAMPLES, sample_path
from gui.lessons.catalogue import open_lesson
from gui.lessons.file_kind import is_lesson
from gui.lessons.head import lesson_heads
from gui.widgets.file_filters import file_filter
from gui.widgets.message import Message
from gui.window.dropped_files import PROJECT_SUFFIXES, SAVED_SUFFIXES, DroppedFiles
from gui.window.file_dialogs import INPUT_FOLDER, PROJECT_FOLDER, FileDialogs
from gui.window.menu_entry import MenuEntry
from gui.window.model_opening import ModelOpening
from gui.window.settings import Settings
from gui.workbench.document import FileChangedError
from gui.workbench.workbench import Workbench

if TYPE_CHECKING:
    from engine.onnx_files.importer import ImportedModel

_MOST_RECENT = 10
NEW_PROJECT = Project(NoiseInput((3, 32, 32)), (Design("design 1", Network()),))
_Buttons = QMessageBox.StandardButton


class FileCommands(QObject):
    """Asks for file names, calls the workbench, and reports failures."""

    recent_changed = Signal()
    done = Signal(str)
    """Text for the status bar about what has been written."""
    conflicted = Signal()
    """The project is not saved, as another program has changed its file."""
    lesson_opened = Signal(object)
    """A Lesson that the window should begin."""
    input_chosen = Signal()
    """A photo or array has become the input."""

    def __init__(self, window: QWidget, workbench: Workbench, settings: Settings) -> None:
        super().__init__(window)
        self._window = window
        self._workbench = workbench
        self._settings = settings
        self._dialogs = FileDialogs(window, workbench.document, settings)
        self._models = ModelOpening(window)
        self._project_before: Project | None = None
        """That of the window when the model in progress was chosen."""
        self._models.opened.connect(self._on_model_opened)
        self._models.failed.connect(lambda text: self.show_message("This model cannot be opened", text))
        self._models.started.connect(self.done)
        self._dropped = DroppedFiles(window, workbench, self._open_file, self.may_discard, self.input_chosen.emit)

    def close_down(self) -> None:
        """Give up what is being opened."""
        self._models.close_down()

    # Projects

    def new(self) -> None:
        if self.may_discard():
            self._workbench.show_project(NEW_PROJECT)

    def open(self) -> None:
        if self.may_discard() and (
            path := self._dialogs.ask_open(
                "Open", file_filter("Projects, lessons and models", PROJECT_SUFFIXES), PROJECT_FOLDER
            )
        ):
            self._open(path)

    def open_path(self, path: Path) -> None:
        if self.may_discard():
            self._open(path)

    def reopen_last(self) -> bool:
        """Open the project of the last time; False if there is none, or if it cannot be opened, which is reported."""
        last = next(iter(self.recent()), None)
        if last is None:
            return False
        try:
            self._open_file(last)
        except (ProjectError, FileFault) as error:
            text = str(error)  # shown when the window is
            QTimer.singleShot(0, self, lambda: self.show_message("The last project cannot be opened", text))
            return False
        return True

    def open_sample(self, path: Path) -> None:
        """Open a bundled project, which Save does not overwrite."""
        if self.may_discard():
            self._run_or_report(lambda: self._workbench.open(path, sample=True))

    def open_lesson(self, path: Path) -> None:
        """Begin a bundled lesson."""
        if self.may_discard():
            self._run_or_report(lambda: self.lesson_opened.emit(open_lesson(path)))

    def lesson_entries(self) -> Iterator[MenuEntry]:
        """The bundled lessons in their order."""
        for head in lesson_heads():
            yield MenuEntry(head.title, partial(self.open_lesson, head.path), f"{head.summary} {head.minutes} minutes")

    def save(self) -> bool:
        """Save to the file of the project; True if it is saved."""
        path = self._workbench.document.path
        return self.save_as() if path is None or self._workbench.document.read_only else self._save(path)

    def save_as(self) -> bool:
        first = self._workbench.document.path or self._dialogs.folder(PROJECT_FOLDER) / "project.toml"
        name, _ = QFileDialog.getSaveFileName(
            self._window, "Save project", str(first), file_filter("Projects", SAVED_SUFFIXES)
        )
        if not name:
            return False
        path = Path(name)
        if path.suffix.lower() in SAVED_SUFFIXES:
            return self._save(path, overwrite=True)  # the dialog has asked
        path, own = path.with_name(f"{path.name}.toml"), self._workbench.document.path
        if os.path.lexists(path) and (own is None or not same_file(path, own)):
            self.show_message("This cannot be done", f"{path} exists; choose it by its complete name to replace it")
            return False
        return self._save(path)

    def overwrite(self) -> bool:
        """Save although another program has changed the file."""
        path = self._workbench.document.path
        return path is not None and self._save(path, overwrite=True)

    def reload(self) -> None:
        """Read the file again, as one step that can be undone."""
        self._run_or_report(self._workbench.reload)

    def may_discard(self) -> bool:
        """Whether the project can be closed: ask about unsaved changes; False to stay."""
        if self._workbench.document.clean:
            return True
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("Unsaved changes")
        path = self._workbench.document.path
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(f"Save the changes to {path.name if path else 'this project'}?")
        box.setInformativeText("Discarded changes are lost.")
        box.setStandardButtons(_Buttons.Save | _Buttons.Discard | _Buttons.Cancel)
        answer = self._ask(box)
        return answer == _Buttons.Discard or (answer == _Buttons.Save and self.save())

    def recent(self) -> list[Path]:
        """Recent projects, the latest first."""
        return [Path(line) for line in self._settings.text("files/recent").splitlines() if line]

    def forget(self, path: Path) -> None:
        """Remove a file from the recent ones."""
        self._set_recent([other for other in self.recent() if other != path])

    def recent_folders(self) -> set[Path]:
        """The folders that projects were saved in."""
        return {path.parent for path in self.recent()}

    def recent_entries(self) -> Iterator[MenuEntry]:
        """The recent files with their folders; a missing one is disabled."""
        for path in self.recent():
            exists = os.path.exists(path)  # Path.exists raises if its folder may not be read
            text = f"{path.name}    {path.parent}" if exists else f"{path.name}    {path.parent} (missing)"
            yield MenuEntry(text, partial(self.open_path, path), str(path), exists)

    def sample_entries(self) -> Iterator[MenuEntry]:
        """The bundled projects by their titles."""
        for sample in SAMPLES:
            path = sample_path(sample)
            yield MenuEntry(sample.title, partial(self.open_sample, path), path.name)

    # Inputs

    def choose_photo(self) -> None:
        if path := self._dialogs.ask_open("Choose photo", file_filter("Photos", PHOTO_SUFFIXES), INPUT_FOLDER):
            self.use_file(path)

    def choose_array(self) -> None:
        if path := self._dialogs.ask_open("Choose array", file_filter("Arrays", ARRAY_SUFFIXES), INPUT_FOLDER):
            self.use_file(path)

    def use_file(self, path: Path) -> None:
        self.use_files([path])

    def use_files(self, paths: Sequence[Path]) -> None:
        """Open a project, use photos and arrays as the input and as weights; names what cannot be used."""
        self._dropped.use(paths, self._report_unused)

    def _report_unused(self, reasons: Sequence[str]) -> None:
        if reasons:
            title = "This file cannot be used" if len(reasons) == 1 else f"{len(reasons)} files cannot be used"
            self.show_message(title, "\n".join(reasons))

    # Failures

    def show_message(self, title: str, details: str) -> None:
        """Show a message whose text can be copied; the window stays usable."""
        Message(self._window, title, details).open()

    def _run_or_report(self, work: Callable[[], object]) -> bool:
        """Do this, or report why it cannot be done."""
        try:
            work()
        except (ProjectError, FileFault) as error:
            self.show_message("This cannot be done", str(error))
            return False
        return True

    def _open(self, path: Path) -> bool:
        return self._run_or_report(lambda: self._open_file(path))

    def _open_file(self, path: Path, then: Callable[[], object] = lambda: None) -> None:
        """Open a project, or begin a lesson, and do what comes then; ProjectError leaves all unchanged.

        A model is open later; if it cannot be opened, that is reported, and `then` is done all the same.
        """
        if path.suffix.lower() == ONNX_SUFFIX:
            self._project_before = self._workbench.state.project
            self._models.open(path, then)
            return
        if is_lesson(path):
            self.lesson_opened.emit(open_lesson(path))
            self.remember(path)
        else:
            self._open_project(path)
        then()

    def _on_model_opened(self, path: Path, model: "ImportedModel") -> None:
        if self._workbench.state.project is not self._project_before and not self.may_discard():
            return  # edited meanwhile
        self._workbench.show_project(model.project)
        self.remember(path)
        self.done.emit(f"Opened {path.name}: {model.report.title}")

    def _open_project(self, path: Path) -> None:
        self._workbench.open(path)
        self.remember(path)
        if self._workbench.document.read_only:
            self.show_message(
                "Opened read-only",
                f"{path} was written by a newer version of the program; save it under another name",
            )

    def _save(self, path: Path, *, overwrite: bool = False) -> bool:
        try:
            saved = self._run_or_report(lambda: self._workbench.document.save(path, overwrite=overwrite))
        except FileChangedError:
            self.conflicted.emit()
            return False
        if saved:
            self.remember(path)
            is_copy = self._workbench.document.lesson is not None
            self.done.emit(f"Saved a copy as {path}; the lesson goes on" if is_copy else f"Saved {path}")
        return saved

    def _ask(self, box: QMessageBox) -> QMessageBox.StandardButton:
        try:
            return _Buttons(box.exec())
        finally:
            box.deleteLater()

    def remember(self, path: Path) -> None:
        """Put a file at the beginning of the recent ones."""
        paths = [path.absolute(), *(other for other in self.recent() if not same_file(path, other))]
        self._set_recent(list(dict.fromkeys(paths))[:_MOST_RECENT])
        self._settings.set(PROJECT_FOLDER, str(paths[0].parent))

    def _set_recent(self, paths: Iterable[Path]) -> None:
        self._settings.set("files/recent", "\n".join(map(str, paths)))
        self.recent_changed.emit()
