"""Export model: it asks for design, format and file, refuses what cannot be written, and writes in the background."""

from pathlib import Path

import onnx
import pytest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from engine.onnx_files.importer import import_model
from gui.widgets.message import Message
from gui.window.main_window import MainWindow
from gui.window.model_dialog import ModelDialog
from tests.engine.onnx_models import write_model
from tests.engine.test_edited_copy import model


def ask(window: MainWindow) -> ModelDialog:
    window.actions_by_id["export_model"].trigger()
    assert window.exports.models.dialog is not None
    return window.exports.models.dialog


def wait_until_written(window: MainWindow, dialog: ModelDialog, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.exports.done, timeout=60_000, check_params_cb=lambda text: "layers of" in text):
        dialog.export.click()


def test_a_design_is_written_in_the_chosen_format(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    dialog = ask(window)
    assert dialog.choice.design == window.workbench.state.focus.design == "naive"
    assert dialog.choice.path.name == "naive.onnx"
    dialog.file.setText(str(tmp_path / "naive.onnx"))
    dialog.design.setCurrentIndex(1)
    dialog.format.setCurrentIndex(1)
    assert dialog.choice.path == tmp_path / "bottleneck.py"
    (tmp_path / "bottleneck.safetensors").touch()
    dialog.format.setCurrentIndex(0)
    dialog.format.setCurrentIndex(1)
    assert dialog.note.text() == "Writes bottleneck.py and bottleneck.safetensors. 1 there will be replaced."
    wait_until_written(window, dialog, qtbot)
    assert "class Network" in (tmp_path / "bottleneck.py").read_text(encoding="utf-8")
    assert (tmp_path / "bottleneck.safetensors").stat().st_size > 1000
    second = ask(window)
    assert second.choice.path == tmp_path / "naive.py"
    second.reject()


def test_what_cannot_be_written_is_said_in_the_dialog(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    dialog = ask(window)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *given: (str(tmp_path / "a.txt"), ""))
    dialog.browse.click()
    assert "ends in '.txt'" in dialog.fault.text()
    assert not dialog.export.isEnabled()
    dialog.file.setText("")
    assert dialog.fault.text() == "Choose a file."
    dialog.file.setText(str(tmp_path / "a.onnx"))
    assert dialog.export.isEnabled()
    assert dialog.fault.isHidden()
    dialog.reject()
    assert not (tmp_path / "a.onnx").exists()


def test_what_has_changed_in_a_model_is_shown(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    source = write_model(tmp_path, model(), "source.onnx")
    project = import_model(source).project
    name = project.designs[0].name
    edited = project.with_network(name, project.network(name).without("softmax"))
    window.workbench.show_project(edited)
    dialog = ask(window)
    dialog.file.setText(str(source))
    assert "which is read; choose another place" in dialog.fault.text()
    dialog.file.setText(str(tmp_path / "copy.onnx"))
    with qtbot.waitSignal(window.exports.done, timeout=60_000, check_params_cb=lambda text: "edited copy" in text):
        dialog.export.click()
    message = window.findChild(Message)
    assert message is not None
    assert "removed: 1 (softmax)" in message.informativeText()
    message.close()
    onnx.checker.check_model(str(tmp_path / "copy.onnx"))
