"""The command that adds a second model, or the designs of a second project, to compare them with those of this one."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from engine.files.onnx_model import ONNX_SUFFIX
from engine.project.file import load_project
from engine.project.project import Project
from engine.text.problems import ProjectError
from gui.state import edits
from gui.widgets.file_filters import file_filter
from gui.window.dropped_files import PROJECT_SUFFIXES
from gui.window.file_dialogs import PROJECT_FOLDER, FileDialogs
from gui.window.model_opening import ModelOpening
from gui.window.settings import Settings
from gui.workbench.workbench import Workbench

if TYPE_CHECKING:
    from engine.onnx_files.importer import ImportedModel

_TITLE = "Add model as design"


class SecondModel(QObject):
    """Asks for a file, reads it, and adds its designs as one step."""

    done = Signal(str)
    """Text for the status bar."""

    def __init__(
        self,
        window: QWidget,
        workbench: Workbench,
        settings: Settings,
        show_message: Callable[[str, str], object],
        compare: Callable[[], object],
    ) -> None:
        super().__init__(window)
        self._workbench, self._show_message, self._compare = workbench, show_message, compare
        self._dialogs = FileDialogs(window, workbench.document, settings)
        self.models = ModelOpening(window)
        self.models.opened.connect(self._on_model_opened)
        self.models.failed.connect(lambda text: show_message("This model cannot be opened", text))
        self.models.started.connect(self.done)

    def close_down(self) -> None:
        """Give up what is being opened."""
        self.models.close_down()

    def choose(self) -> None:
        """Ask for a file, and add its designs."""
        path = self._dialogs.ask_open(_TITLE, file_filter("Models and projects", PROJECT_SUFFIXES), PROJECT_FOLDER)
        if path is not None:
            self.add(path)

    def add(self, path: Path) -> None:
        """Add the designs of a file; a model that leaves its size open takes that of the input."""
        if path.suffix.lower() == ONNX_SUFFIX:
            shape = self._workbench.state.check.input_shape
            self.models.open(path, lambda: None, None if shape is None else (shape.height, shape.width))
            return
        try:
            self._add(path, load_project(path).project)
        except ProjectError as error:
            self._show_message("This cannot be done", str(error))

    def _on_model_opened(self, path: Path, model: "ImportedModel") -> None:
        try:
            self._add(path, model.project)
        except ProjectError as error:
            self._show_message("This cannot be done", str(error))

    def _add(self, path: Path, other: Project) -> None:
        edit, names = edits.add_designs_of(self._workbench.state, other, path)
        self._workbench.edit(edit.text, edit.project, focus=edit.focus)
        if names:
            self._workbench.set_look(edits.comparing(self._workbench.state, names[0]))
            self._compare()
            self.done.emit(
                f"Added {', '.join(names)}: What differs shows the first layer with other values after a run"
            )
