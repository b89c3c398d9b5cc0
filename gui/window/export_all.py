"""The command Export all: asks for views, formats and folder, and writes them while the window stays usable."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QWidget

from engine.text.problems import ProjectError
from gui.catalogue.views import VIEW_IDS
from gui.export.folder_writer import FolderWriter
from gui.state.view_state import ViewState
from gui.window.export_dialog import FORMAT_IDS, ExportChoice, ExportDialog
from gui.window.settings import Settings

if TYPE_CHECKING:
    from gui.export.files import ExportStep, PlannedFile


class ExportAll(QObject):
    """Remembers the last choice in the settings."""

    done = Signal(str)
    """Text for the status bar."""
    failed = Signal(str)
    stepped = Signal(object)
    """The `ExportStep` that begins; None when the export is over."""

    def __init__(self, window: QWidget, settings: Settings) -> None:
        super().__init__(window)
        self._window = window
        self._settings = settings
        self._writer = FolderWriter(self)
        self._writer.stepped.connect(self._on_writer_stepped)
        self._writer.ended.connect(self._on_writer_ended)
        self.dialog: ExportDialog | None = None
        self.progress: ExportStep | None = None
        """The current step of the export in progress."""
        self._count = 0

    @property
    def last_folder(self) -> Path | None:
        """The folder of the last export; None if there was none."""
        text = self._settings.text("export/folder")
        return Path(text) if text else None

    def ask(self, state: ViewState, scale: float, project_folder: Path) -> None:
        """Open the dialog for a state, which is exported as it is now."""
        from gui.export.files import plan_views  # here, as it takes time that the start of the window has not
        from gui.export.pictures import missing_content

        missing = {view: missing_content(state, view) for view in VIEW_IDS}
        first = self._last_choice(project_folder)

        def plan(choice: ExportChoice) -> tuple["PlannedFile", ...]:
            return tuple(
                plan_views(state, choice.views, choice.picture_formats, scale, text_formats=choice.text_formats)
            )

        dialog = ExportDialog(self._window, first, missing, lambda choice: [planned.name for planned in plan(choice)])
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self._start(dialog, missing, plan(dialog.choice)))
        self.dialog = dialog
        dialog.finished.connect(self._on_dialog_finished)
        dialog.open()

    def close_down(self) -> None:
        """Cancel the export in progress."""
        self._end_progress()
        self._writer.close()

    def _last_choice(self, project_folder: Path) -> ExportChoice:
        return ExportChoice(
            self._settings.words("export/views", VIEW_IDS, VIEW_IDS),
            self._settings.words("export/formats", FORMAT_IDS, FORMAT_IDS),
            self.last_folder or project_folder,
        )

    def _start(self, dialog: ExportDialog, missing: dict[str, str], files: tuple["PlannedFile", ...]) -> None:
        from gui.export.files import ExportStep

        choice = dialog.choice
        not_offered = {view for view, reason in missing.items() if reason}
        others = {view for view in self._last_choice(Path()).views if view in not_offered}
        self._settings.set("export/views", " ".join(view for view in VIEW_IDS if view in {*choice.views, *others}))
        self._settings.set("export/formats", " ".join(choice.formats))
        self._settings.set("export/folder", str(choice.folder))
        self._end_progress()
        self._count = len(files)
        self._show_step(ExportStep(files[0].name, 0, len(files)))
        self._writer.start(choice.folder.absolute(), files)

    def _show_step(self, step: "ExportStep | None") -> None:
        self.progress = step
        self.stepped.emit(step)

    def _end_progress(self) -> None:
        if self.progress is not None:
            self._show_step(None)

    def _on_dialog_finished(self) -> None:
        self.dialog = None

    def cancel(self) -> None:
        """End the export in progress; nothing is written."""
        if self.progress is not None:
            self._writer.cancel()
            self._end_progress()
            self.done.emit("Export cancelled; nothing was written")

    def _on_writer_stepped(self, step: "ExportStep") -> None:
        self._show_step(step)

    def _on_writer_ended(self, folder: Path, error: Exception | None) -> None:
        self._end_progress()
        if error is None:
            self.done.emit(f"Wrote {self._count} files into {folder}")
        elif isinstance(error, ProjectError):
            self.failed.emit(str(error))
        else:
            raise error
