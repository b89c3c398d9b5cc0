"""Commands that open, save and export with dialogs; each failure is reported and changes nothing."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from engine.files.arrays import ARRAY_SUFFIXES
from engine.files.paths import RESOURCES, FileFault
from engine.files.photo_formats import PHOTO_SUFFIXES
from engine.files.targets import same_file
from engine.network.graph import Network
from engine.network.input_specs import NoiseInput
from engine.project.project import Design, Project
from engine.reports.formats import format_for_file
from engine.text.problems import ProjectError
from gui.catalogue.figures import TURN_FIGURE, figure_row
from gui.catalogue.samples import SAMPLES
from gui.catalogue.views import view_row
from gui.export.animation import TurnWriter, paint_turn_frames
from gui.export.files import write_file
from gui.export.pictures import EXPORTERS, paper_theme, render_paper_figure, render_view
from gui.export.texts import TEXT_FORMATS, text_for_file
from gui.paint.basics.page import ANIMATION, PAGE_SIZES
from gui.widgets.message import Message
from gui.window.dropped_files import PROJECT_SUFFIXES, DroppedFiles
from gui.window.export_all import ExportAll
from gui.window.menu_entry import MenuEntry
from gui.window.settings import Settings
from gui.window.single_export import SingleExport
from gui.workbench.document import FileChangedError
from gui.workbench.workbench import Workbench

_MOST_RECENT = 10
_PROJECTS, _INPUTS, _FIGURES = "files/folder", "files/input_folder", "export/figure_folder"
"""The settings with the folders in which files were last opened or saved, by purpose."""
_SCALES = (1, 2, 3, 4)
NEW_PROJECT = Project(NoiseInput((3, 32, 32)), (Design("design 1", Network()),))
_Buttons = QMessageBox.StandardButton


class FileCommands(QObject):
    """Asks for file names, calls the workbench and the export, and reports failures."""

    recent_changed = Signal()
    done = Signal(str)
    """Text for the status bar about what has been written."""
    conflicted = Signal()
    """The project is not saved, as another program has changed its file."""
    input_chosen = Signal()
    """A photo or array has become the input."""

    def __init__(self, window: QWidget, workbench: Workbench, settings: Settings) -> None:
        super().__init__(window)
        self._window = window
        self._workbench = workbench
        self._settings = settings
        self._turn = TurnWriter(self)
        self._turn.ended.connect(self._on_turn_ended)
        self._dropped = DroppedFiles(window, workbench, self._open_file, self.may_discard, self.input_chosen.emit)
        self.all = ExportAll(window, settings)
        self.single = SingleExport(window)
        for export in (self.all, self.single):
            export.done.connect(self.done)
            export.failed.connect(lambda details: self.show_message("This cannot be done", details))

    # Projects

    def new(self) -> None:
        if self.may_discard():
            self._workbench.show_project(NEW_PROJECT)

    def open(self) -> None:
        if self.may_discard() and (
            path := self._ask_open("Open project", _file_filter("Projects", PROJECT_SUFFIXES), _PROJECTS)
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

    def save(self) -> bool:
        """Save to the file of the project; True if it is saved."""
        path = self._workbench.document.path
        return self.save_as() if path is None or self._workbench.document.read_only else self._save(path)

    def save_as(self) -> bool:
        first = self._workbench.document.path or self._folder(_PROJECTS) / "project.toml"
        name, _ = QFileDialog.getSaveFileName(
            self._window, "Save project", str(first), _file_filter("Projects", PROJECT_SUFFIXES)
        )
        if not name:
            return False
        path = Path(name)
        if path.suffix.lower() in PROJECT_SUFFIXES:
            return self._save(path, overwrite=True)  # the dialog has asked
        return self._save(path.with_name(f"{path.name}.toml"))

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
        """The folders that projects were saved in and pictures exported to."""
        return {path.parent for path in self.recent()} | {path for path in (self.all.last_folder,) if path is not None}

    def recent_entries(self) -> Iterator[MenuEntry]:
        """The recent files with their folders; a missing one is disabled."""
        for path in self.recent():
            exists = os.path.exists(path)  # Path.exists raises if its folder may not be read
            text = f"{path.name}    {path.parent}" if exists else f"{path.name}    {path.parent} (missing)"
            yield MenuEntry(text, partial(self.open_path, path), str(path), exists)

    def sample_entries(self) -> Iterator[MenuEntry]:
        """The bundled projects by their titles."""
        for sample in SAMPLES:
            path = RESOURCES / "projects" / f"{sample.name}.toml"
            yield MenuEntry(sample.title, partial(self.open_sample, path), path.name)

    # Inputs

    def choose_photo(self) -> None:
        if path := self._ask_open("Choose photo", _file_filter("Photos", PHOTO_SUFFIXES), _INPUTS):
            self.use_file(path)

    def choose_array(self) -> None:
        if path := self._ask_open("Choose array", _file_filter("Arrays", ARRAY_SUFFIXES), _INPUTS):
            self.use_file(path)

    def use_file(self, path: Path) -> None:
        self.use_files([path])

    def use_files(self, paths: Sequence[Path]) -> None:
        """Open a project, use photos and arrays as the input and as weights; names what cannot be used."""
        reasons = self._dropped.use(paths)
        if reasons:
            title = "This file cannot be used" if len(reasons) == 1 else f"{len(reasons)} files cannot be used"
            self.show_message(title, "\n".join(reasons))

    # Figures

    def export_view(self, view: str, size: QSize) -> None:
        """Write one view as on the screen, in the format of the file name."""
        formats = [_file_filter(file_format.upper(), (f".{file_format}",)) for file_format in EXPORTERS]
        texts = (
            [_file_filter(text_format.title, (text_format.ending,)) for text_format in TEXT_FORMATS]
            if view_row(view).has_texts
            else []
        )
        if path := self._ask_save(f"Export {view}", f"{view}.png", [*formats, *texts]):
            self._write_view(view, path, size)

    def export_figure(self, name: str) -> None:
        """Write a figure for papers and slides, in the format of the file name."""
        title = figure_row(name).title
        kinds = [_file_filter(file_format.upper(), (f".{file_format}",)) for file_format in EXPORTERS]
        if path := self._ask_save(f"Export {title}", f"{name}.pdf", (kinds[-1], *kinds[:-1])):
            self._write_figure(name, path)

    def export_turn(self) -> None:
        """Write the turn of the camera as an animation."""
        if path := self._ask_save(
            "Export the turn of the camera", f"{TURN_FIGURE}.gif", (_file_filter("GIF", (".gif",)),)
        ):
            state = self._workbench.state
            images = paint_turn_frames(state, ANIMATION, paper_theme(state))
            if self._run_or_report(lambda: self._turn.start(path, images, write_file)):
                self.done.emit(f"Painting {path.name} …")

    def width_entries(self) -> Iterator[MenuEntry]:
        """The widths of figures."""
        tip = "A column of 85 mm as PDF and SVG, a slide as PNG"
        yield MenuEntry("Depending on the format", partial(self.set_width, ""), tip, checked=not self.figure_width)
        for page in PAGE_SIZES:
            yield MenuEntry(
                page.replace("mm", " mm").capitalize(), partial(self.set_width, page), checked=page == self.figure_width
            )

    def set_width(self, width: str) -> None:
        self._settings.set("export/width", width)

    @property
    def figure_width(self) -> str:
        """The name of the page for figures; "" for the default of each format."""
        return self._settings.text("export/width", allowed=("", *PAGE_SIZES))

    def close_down(self) -> None:
        """Cancel the exports in progress."""
        self._turn.close()
        self.all.close_down()
        self.single.close_down()

    def _write_figure(self, name: str, path: Path) -> None:
        file_format = path.suffix.lower().removeprefix(".")
        if file_format not in EXPORTERS:
            endings = ", ".join(f".{name}" for name in EXPORTERS)
            self.show_message("This cannot be exported", f"{path}: the file name must end in one of {endings}")
            return
        page = PAGE_SIZES.get(self.figure_width)
        self.single.write(path, partial(render_paper_figure, self._workbench.state, name, file_format, page))

    def _on_turn_ended(self, path: Path, error: Exception | None) -> None:
        if error is None:
            self.done.emit(f"Wrote {path}")
        elif isinstance(error, ProjectError):
            self.show_message("This cannot be done", str(error))
        else:
            raise error

    def _ask_save(self, title: str, name: str, kinds: Iterable[str]) -> Path | None:
        first = str(self._folder(_FIGURES) / name)
        file_name, _ = QFileDialog.getSaveFileName(self._window, title, first, ";;".join(kinds))
        if not file_name:
            return None
        path = Path(file_name)
        self._settings.set(_FIGURES, str(path.parent))
        return path

    def export_all(self) -> None:
        """Ask for views, formats and folder, and write them in the background."""
        path = self._workbench.document.path
        self.all.ask(self._workbench.state, self.picture_scale, Path.home() if path is None else path.parent)

    def scale_entries(self) -> Iterator[MenuEntry]:
        """The scales of exported pictures."""
        for scale in _SCALES:
            tip = f"A PNG has {scale}×{scale} pixels for each one on the screen"
            yield MenuEntry(f"{scale}×", partial(self.set_scale, scale), tip, checked=scale == self.picture_scale)

    def set_scale(self, scale: float) -> None:
        self._settings.set("export/scale", float(scale))

    @property
    def picture_scale(self) -> float:
        """Pixels of an exported picture per pixel on the screen."""
        return self._settings.number("export/scale", _SCALES[1], _SCALES)

    def _write_view(self, view: str, path: Path, size: QSize) -> None:
        state, file_format = self._workbench.state, path.suffix.lower().removeprefix(".")
        has_texts = view_row(view).has_texts
        if has_texts and format_for_file(path.name) is not None:
            self.single.write(path, lambda: str(text_for_file(state, path.name)).encode())
        elif file_format in EXPORTERS:
            self.single.write(path, partial(render_view, state, view, file_format, self.picture_scale, size))
        else:
            endings = ", ".join((*(f".{name}" for name in EXPORTERS), *(f.ending for f in TEXT_FORMATS if has_texts)))
            self.show_message("This cannot be exported", f"{path}: the file name must end in one of {endings}")

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

    def _open_file(self, path: Path) -> None:
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
            self.done.emit(f"Saved {path}")
        return saved

    def _ask(self, box: QMessageBox) -> QMessageBox.StandardButton:
        try:
            return _Buttons(box.exec())
        finally:
            box.deleteLater()

    def _ask_open(self, title: str, kinds: str, purpose: str) -> Path | None:
        name, _ = QFileDialog.getOpenFileName(self._window, title, str(self._folder(purpose)), kinds)
        if not name:
            return None
        path = Path(name)
        self._settings.set(purpose, str(path.parent))
        return path

    def _folder(self, purpose: str) -> Path:
        """The folder that files for a purpose were last in; before that, the one of the project."""
        project = self._workbench.document.path
        if purpose == _PROJECTS and project is not None:
            return project.parent
        folder = self._settings.text(purpose)
        if folder and os.path.isdir(folder):
            return Path(folder)
        return Path() if project is None else project.parent

    def remember(self, path: Path) -> None:
        """Put a file at the beginning of the recent ones."""
        paths = [path.absolute(), *(other for other in self.recent() if not same_file(path, other))]
        self._set_recent(list(dict.fromkeys(paths))[:_MOST_RECENT])
        self._settings.set(_PROJECTS, str(paths[0].parent))

    def _set_recent(self, paths: Iterable[Path]) -> None:
        self._settings.set("files/recent", "\n".join(map(str, paths)))
        self.recent_changed.emit()


def _file_filter(title: str, suffixes: tuple[str, ...]) -> str:
    return f"{title} ({' '.join('*' + suffix for suffix in suffixes)})"
