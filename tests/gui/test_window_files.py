"""Files in the main window: open, save, samples, dropped photos, and unsaved edits."""

import signal
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QImage
from PySide6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from engine.layers import Conv2d
from engine.network.input_specs import ImageInput
from engine.project.file import load_project, save_project
from gui.window.main_window import MainWindow
from gui.window.signal_closer import SignalCloser
from tests.gui.conftest import PROJECT
from tests.gui.window_input import menu_entries, set_filters

Buttons = QMessageBox.StandardButton


def test_the_title_names_the_file_and_marks_unsaved_edits(window: MainWindow, tmp_path: Path) -> None:
    save_project(PROJECT, tmp_path / "lesson.toml")
    window.files.open_path(tmp_path / "lesson.toml")
    assert window.windowTitle() == "lesson.toml[*] – Convolume"
    assert not window.isWindowModified()
    set_filters(window, 60)
    assert window.isWindowModified()


def test_save_writes_the_edited_project(window: MainWindow, tmp_path: Path) -> None:
    save_project(PROJECT, tmp_path / "lesson.toml")
    window.files.open_path(tmp_path / "lesson.toml")
    set_filters(window, 60)
    window.actions_by_id["save"].trigger()
    assert load_project(tmp_path / "lesson.toml").project.network("naive").node("conv5x5").layer == Conv2d(60, 5)
    assert not window.isWindowModified()


def test_save_as_writes_the_chosen_file_and_lists_it_as_recent(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "named"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    window.actions_by_id["save_as"].trigger()
    assert load_project(tmp_path / "named.toml").project == PROJECT
    assert window.files.recent()[0] == tmp_path / "named.toml"


def test_a_failed_save_is_reported_and_the_edits_stay(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages: list[str] = []
    monkeypatch.setattr(window.files, "show_message", lambda title, details: messages.append(details))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "no" / "p.toml"), ""))
    set_filters(window, 60)
    window.actions_by_id["save_as"].trigger()
    assert len(messages) == 1
    assert "p.toml" in messages[0]
    assert window.isWindowModified()
    assert window.workbench.document.undo_stack.canUndo()


@pytest.mark.parametrize(
    ("answer", "closes", "saved"),
    [(Buttons.Cancel, False, False), (Buttons.Discard, True, False), (Buttons.Save, True, True)],
)
def test_closing_with_unsaved_edits_asks(
    window: MainWindow,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: QMessageBox.StandardButton,
    closes: bool,
    saved: bool,
) -> None:
    path = tmp_path / "lesson.toml"
    save_project(PROJECT, path)
    window.files.open_path(path)
    set_filters(window, 60)
    monkeypatch.setattr(QMessageBox, "exec", lambda box: answer)
    assert window.close() is closes
    assert (load_project(path).project != PROJECT) is saved


def test_closing_again_while_the_question_is_open_waits_for_its_answer(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[bool] = []

    def ask(_box: QMessageBox) -> QMessageBox.StandardButton:
        closed.append(window.close())
        return Buttons.Cancel

    set_filters(window, 60)
    monkeypatch.setattr(QMessageBox, "exec", ask)
    assert not window.close()
    assert closed == [False]
    window.workbench.document.undo_stack.setClean()
    assert window.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_each_signal_asks_about_unsaved_edits_after_the_user_has_stayed(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    asked: list[QMessageBox] = []

    def ask(box: QMessageBox) -> QMessageBox.StandardButton:
        asked.append(box)
        return Buttons.Cancel

    set_filters(window, 60)
    monkeypatch.setattr(QMessageBox, "exec", ask)
    closer = SignalCloser(window)
    try:
        for count in (1, 2):
            signal.raise_signal(number)
            qtbot.waitUntil(lambda count=count: len(asked) == count)
            assert window.isVisible()
            assert closer.number == 0
    finally:
        closer.close_down()


def test_an_invalid_file_is_reported_with_file_position_and_value(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages: list[str] = []
    monkeypatch.setattr(window.files, "show_message", lambda title, details: messages.append(details))
    path = tmp_path / "wrong.toml"
    save_project(PROJECT, path)
    path.write_text(path.read_text().replace("filters = 2", "filters = 0"))
    window.files.open_path(path)
    assert "wrong.toml" in messages[0]
    assert "$.designs[1].nodes[0].filters" in messages[0]
    assert "is 0" in messages[0]
    assert window.workbench.state.project == PROJECT


def test_a_dropped_photo_becomes_the_input(window: MainWindow, tmp_path: Path) -> None:
    image = QImage(20, 10, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.red)
    image.save(str(tmp_path / "red.png"))
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "red.png"))])
    event = QDropEvent(
        QPointF(10, 10), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    window.dropEvent(event)
    assert window.workbench.state.project.input == ImageInput(str(tmp_path / "red.png"))
    assert window.actions_by_id["undo"].text() == "&Undo Use photo red.png"


def test_a_sample_opens_without_a_path(window: MainWindow) -> None:
    menu_entries(window, "samples")["Inception 3a, 5×5 branch: with and without a 1×1 bottleneck"].trigger()
    assert window.workbench.state.project.title.startswith("Inception 3a")
    assert window.workbench.document.path is None


def test_a_new_project_has_an_empty_design_that_takes_layers(window: MainWindow) -> None:
    window.actions_by_id["new"].trigger()
    (design,) = window.workbench.state.project.designs
    assert design.network.nodes == ()
    window.actions_by_id["add_conv2d"].trigger()
    assert len(window.workbench.state.project.designs[0].network.nodes) == 1
