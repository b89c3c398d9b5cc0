"""Commands that export views and figures to files, and copy views: on threads; each failure is reported."""

from collections.abc import Iterator
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QObject, QSize, Signal
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QWidget

from engine.project.embedded import REPORT_SUFFIXES, is_report
from engine.reports.formats import format_for_file
from engine.text.problems import ProjectError
from gui.catalogue.figures import TURN_FIGURE, figure_row
from gui.catalogue.pictures import PICTURE_FORMATS
from gui.catalogue.views import view_row
from gui.export.animation import TurnWriter, paint_turn_frames
from gui.export.texts import TEXT_FORMATS, text_for_file
from gui.paint.basics.page import ANIMATION, PAGE_SIZES
from gui.widgets.file_filters import file_filter
from gui.widgets.message import Message
from gui.window.export_all import ExportAll
from gui.window.file_commands import FileCommands
from gui.window.file_dialogs import FIGURE_FOLDER, LESSON_FOLDER, FileDialogs
from gui.window.menu_entry import MenuEntry
from gui.window.settings import Settings
from gui.window.single_export import SingleExport
from gui.workbench.workbench import Workbench

if TYPE_CHECKING:
    from gui.lessons.lesson import Lesson
    from gui.window.model_export import ModelExports

_SCALES = (1, 2, 3, 4)


class ExportCommands(QObject):
    """Asks for file names and calls the export with the state of now, which edits do not change any more."""

    done = Signal(str)
    """Text for the status bar about what has been written or copied."""

    def __init__(self, window: QWidget, workbench: Workbench, settings: Settings, files: FileCommands) -> None:
        super().__init__(window)
        self._window, self._workbench, self._settings, self._files = window, workbench, settings, files
        self._dialogs = FileDialogs(window, workbench.document, settings)
        self._turn = TurnWriter(self)
        self._turn.ended.connect(self._on_turn_ended)
        self.all = ExportAll(window, settings)
        self.single = SingleExport(window)
        self.single.reported.connect(self._on_single_reported)
        for export in (self.all, self.single):
            export.done.connect(self.done)
            export.failed.connect(self._report)

    def close_down(self) -> None:
        """Cancel the exports in progress."""
        self._turn.close()
        self.all.close_down()
        self.single.close_down()

    # Views

    def export_view(self, view: str, size: QSize) -> None:
        """Write one view as on the screen, in the format of the file name."""
        formats = [file_filter(file_format.upper(), (f".{file_format}",)) for file_format in PICTURE_FORMATS]
        texts = (
            [file_filter(text_format.title, (text_format.ending,)) for text_format in TEXT_FORMATS]
            if view_row(view).has_texts
            else []
        )
        if path := self._dialogs.ask_save(f"Export {view}", f"{view}.png", [*formats, *texts], FIGURE_FOLDER):
            self._write_view(view, path, size)

    def copy_view(self, view: str, size: QSize) -> None:
        """Put a picture of a view on the clipboard: as pixels in the scale of exported ones, and as SVG."""
        from gui.export.pictures import render_view  # here and below: the start of the window exports nothing

        state, scale = self._workbench.state, self.picture_scale

        def paint() -> tuple[QImage, bytes]:
            return (
                QImage.fromData(render_view(state, view, "png", scale, size)),
                render_view(state, view, "svg", 1.0, size),
            )

        self.single.copy(view_row(view).title, paint, _put_on_clipboard)

    def export_all(self) -> None:
        """Ask for views, formats and folder, and write them in the background."""
        path = self._workbench.document.path
        self.all.ask(self._workbench.state, self.picture_scale, Path.home() if path is None else path.parent)

    def recent_folders(self) -> set[Path]:
        """The folder that all views were last exported to, if any."""
        return set() if self.all.last_folder is None else {self.all.last_folder}

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
        from gui.export.pictures import render_view

        state, file_format = self._workbench.state, path.suffix.lower().removeprefix(".")
        has_texts = view_row(view).has_texts
        if has_texts and format_for_file(path.name) is not None:
            self.single.write(path, lambda: str(text_for_file(state, path.name)).encode())
        elif file_format in PICTURE_FORMATS:
            self.single.write(path, partial(render_view, state, view, file_format, self.picture_scale, size))
        else:
            self._refuse(
                path, (*(f".{name}" for name in PICTURE_FORMATS), *(f.ending for f in TEXT_FORMATS if has_texts))
            )

    # Reports

    def export_report(self) -> None:
        """Write one page about the project as it is now, with the project in it."""
        source = self._workbench.document.path
        name = "report" if source is None else source.stem
        path = self._ask_page("Export report", name)
        if path is not None:
            from gui.export.report import make_report  # as all pages, it takes long to import, and few write one

            self.single.write_long(path, partial(make_report, self._workbench.state, path, source))

    def _ask_page(self, title: str, name: str) -> Path | None:
        """A web page to write; None if the user cancels, or names a file of another kind, which is refused."""
        kinds = (file_filter("Web pages", REPORT_SUFFIXES),)
        path = self._dialogs.ask_save(title, f"{name}.html", kinds, FIGURE_FOLDER)
        if path is None or is_report(path):
            return path
        self._refuse(path, REPORT_SUFFIXES)
        return None

    # Models

    @cached_property
    def models(self) -> "ModelExports":
        from gui.window.model_export import ModelExports  # what the start of the window does not need

        return ModelExports(self._window, self._settings, self.single)

    def export_model(self) -> None:
        """Ask for a design, a format and a file, and write the model in the background."""
        path = self._workbench.document.path
        self.models.ask(self._workbench.state, Path.home() if path is None else path.parent)

    def _on_single_reported(self, report: str) -> None:
        """Show a report that has more than the line of the status bar."""
        if report.strip().count("\n"):
            message = Message(self._window, "The model is written", report.strip())
            message.setIcon(Message.Icon.Information)
            message.open()

    # Lessons

    def export_lesson(self, current: "Lesson | None" = None) -> None:
        """Write the lesson that is taken as one page; without any, ask for a file."""
        lesson = current or self._ask_lesson()
        if lesson is None:
            return
        path = self._ask_page("Export lesson", lesson.path.stem)
        if path is not None:
            from gui.export.lesson import lesson_page

            self.single.write_long(path, partial(lesson_page, lesson))

    def _ask_lesson(self) -> "Lesson | None":
        """A lesson in the language of the system, if the user chooses one that can be read."""
        from gui.lessons.reader import load_lesson
        from gui.lessons.translations import system_languages

        path = self._dialogs.ask_open("Lesson to export", file_filter("Lessons", (".toml",)), LESSON_FOLDER)
        try:
            return None if path is None else load_lesson(path, next(iter(system_languages()), "en"))
        except ProjectError as error:
            self._report(str(error))
            return None

    # Figures for papers and slides

    def export_figure(self, name: str) -> None:
        """Write a figure for papers and slides, in the format of the file name."""
        title = figure_row(name).title
        kinds = [file_filter(file_format.upper(), (f".{file_format}",)) for file_format in PICTURE_FORMATS]
        if path := self._dialogs.ask_save(f"Export {title}", f"{name}.pdf", (kinds[-1], *kinds[:-1]), FIGURE_FOLDER):
            self._write_figure(name, path)

    def export_turn(self) -> None:
        """Write the turn of the camera as an animation."""
        kinds = (file_filter("GIF", (".gif",)),)
        path = self._dialogs.ask_save("Export the turn of the camera", f"{TURN_FIGURE}.gif", kinds, FIGURE_FOLDER)
        if path is None:
            return
        from gui.export.files import write_file
        from gui.export.pictures import paper_theme

        state = self._workbench.state
        try:
            self._turn.start(path, paint_turn_frames(state, ANIMATION, paper_theme(state)), write_file)
        except ProjectError as error:
            self._report(str(error))
        else:
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

    def _write_figure(self, name: str, path: Path) -> None:
        file_format = path.suffix.lower().removeprefix(".")
        if file_format not in PICTURE_FORMATS:
            self._refuse(path, tuple(f".{name}" for name in PICTURE_FORMATS))
            return
        from gui.export.pictures import render_paper_figure

        page = PAGE_SIZES.get(self.figure_width)
        self.single.write(path, partial(render_paper_figure, self._workbench.state, name, file_format, page))

    def _on_turn_ended(self, path: Path, error: Exception | None) -> None:
        if error is None:
            self.done.emit(f"Wrote {path}")
        elif isinstance(error, ProjectError):
            self._report(str(error))
        else:
            raise error

    # Failures

    def _refuse(self, path: Path, endings: tuple[str, ...]) -> None:
        text = f"{path}: the file name must end in one of {', '.join(endings)}"
        self._files.show_message("This cannot be exported", text)

    def _report(self, details: str) -> None:
        self._files.show_message("This cannot be done", details)


def _put_on_clipboard(picture: tuple[QImage, bytes]) -> None:
    image, svg = picture
    data = QMimeData()
    data.setImageData(image)
    data.setData("image/svg+xml", svg)
    QGuiApplication.clipboard().setMimeData(data)
