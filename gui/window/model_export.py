"""The command Export model: asks for design, format and file, and writes the model while the window stays usable."""

from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QWidget

from engine.kernels import Checkpoint
from engine.model_export.export import MODEL_FORMATS, ModelExport, model_format, write_model
from engine.network.node_ref import STEM
from engine.run.request import RunRequest
from engine.text.problems import ProjectError
from gui.state.view_state import ViewState
from gui.window.model_dialog import ModelChoice, ModelDialog
from gui.window.settings import Settings
from gui.window.single_export import SingleExport

_FORMAT, _FOLDER = "export/model_format", "export/model_folder"
"""Settings: the last choice."""


class ModelExports(QObject):
    """Remembers the last format and folder in the settings."""

    def __init__(self, window: QWidget, settings: Settings, single: SingleExport) -> None:
        super().__init__(window)
        self._window, self._settings, self._single = window, settings, single
        self.dialog: ModelDialog | None = None

    def ask(self, state: ViewState, project_folder: Path) -> None:
        """Open the dialog for a state, which is exported as it is now."""
        request = RunRequest(state.project, state.check)
        designs = [design.name for design in state.project.designs]
        designs += [] if state.project.stem is None else [STEM]

        def export(choice: ModelChoice) -> ModelExport:
            return ModelExport(request, choice.design, choice.format, choice.path.absolute(), state.path)

        first = state.focus.design if state.focus.design in designs else designs[0]
        ids = [row.id for row in MODEL_FORMATS]
        last = model_format(self._settings.text(_FORMAT, ids[0], ids))
        folder = Path(self._settings.text(_FOLDER) or project_folder)
        dialog = ModelDialog(
            self._window, designs, ModelChoice(first, last, folder), lambda choice: _refusal(export(choice))
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self._start(export(dialog.choice)))
        dialog.finished.connect(self._on_dialog_finished)
        self.dialog = dialog
        dialog.open()

    def _start(self, export: ModelExport) -> None:
        self._settings.set(_FORMAT, export.format.id)
        self._settings.set(_FOLDER, str(export.out.parent))

        def work(checkpoint: Checkpoint) -> str:
            return write_model(export, checkpoint=checkpoint)

        self._single.do(f"Exporting {export.out.name}", work)

    def _on_dialog_finished(self) -> None:
        self.dialog = None


def _refusal(export: ModelExport) -> str:
    """Why the model cannot be written there; "" if nothing is known that forbids it."""
    try:
        export.require_target()
    except ProjectError as error:
        return "; ".join(str(problem) for problem in error.problems)
    return ""
