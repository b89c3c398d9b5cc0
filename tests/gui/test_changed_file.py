"""A file that another program changes while it is open: said at once, in a banner, and nothing is overwritten."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from engine.project.file import load_project, save_project
from gui.widgets.difference_box import DifferenceBox
from gui.window.main_window import MainWindow
from gui.window.mnemonics import plain_text
from tests.gui.conftest import PROJECT
from tests.gui.window_input import set_filters

THEIRS = replace(PROJECT, title="Theirs", seed=9)


@pytest.fixture
def path(window: MainWindow, tmp_path: Path) -> Path:
    """The file of the project of the window."""
    path = tmp_path / "lesson.toml"
    save_project(PROJECT, path)
    window.files.open_path(path)
    return path


def titles(window: MainWindow) -> list[str]:
    return [banner.title.text() for banner in window.banners.banners]


def wait_for_banner(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: bool(window.banners.banners), timeout=3000)


def answer(window: MainWindow, text: str) -> None:
    (banner,) = window.banners.banners
    banner.buttons[text].click()


def settle(window: MainWindow, qtbot: QtBot) -> None:
    """Wait until the window has looked at its file."""
    qtbot.wait(400)
    qtbot.waitUntil(lambda: not window.changed_file._worker.busy)
    QApplication.processEvents()


def write(path: Path) -> None:
    save_project(THEIRS, path.with_name("other.toml"))
    path.write_bytes(path.with_name("other.toml").read_bytes())


def put_another_in_its_place(path: Path) -> None:
    save_project(THEIRS, path.with_name("other.toml"))
    os.replace(path.with_name("other.toml"), path)


@pytest.mark.parametrize("change", [write, put_another_in_its_place])
def test_a_change_is_noticed_when_it_happens_and_each_time(
    window: MainWindow, path: Path, qtbot: QtBot, change: Callable[[Path], None]
) -> None:
    change(path)
    wait_for_banner(window, qtbot)
    assert titles(window) == ["lesson.toml was changed by another program"]
    assert QApplication.activeModalWidget() is None
    answer(window, "Not now")
    settle(window, qtbot)
    assert titles(window) == []
    save_project(replace(THEIRS, seed=10), path)
    wait_for_banner(window, qtbot)


def test_a_deleted_file_is_said_to_be_gone_and_can_be_saved_again(window: MainWindow, path: Path, qtbot: QtBot) -> None:
    path.unlink()
    wait_for_banner(window, qtbot)
    assert titles(window) == ["lesson.toml was deleted or renamed by another program"]
    answer(window, "Save again")
    settle(window, qtbot)
    assert load_project(path).project == PROJECT
    assert titles(window) == []


def test_saves_of_the_window_itself_and_changes_of_the_time_alone_say_nothing(
    window: MainWindow, path: Path, qtbot: QtBot
) -> None:
    for filters in (60, 61):
        set_filters(window, filters)
        assert window.files.save()
    os.utime(path, (1, 1))
    settle(window, qtbot)
    assert titles(window) == []
    set_filters(window, 62)
    assert window.files.save()


def test_a_file_that_is_as_before_again_needs_no_answer(window: MainWindow, path: Path, qtbot: QtBot) -> None:
    before = path.read_bytes()
    write(path)
    wait_for_banner(window, qtbot)
    path.write_bytes(before)
    qtbot.waitUntil(lambda: not window.banners.banners, timeout=3000)


def test_a_change_on_a_drive_that_reports_none_is_noticed_when_the_window_becomes_active(
    window: MainWindow, path: Path, qtbot: QtBot
) -> None:
    watcher = window.changed_file._watcher
    watcher.removePaths([*watcher.files(), *watcher.directories()])
    write(path)
    settle(window, qtbot)
    assert titles(window) == []
    app = QApplication.instance()
    assert isinstance(app, QGuiApplication)
    app.applicationStateChanged.emit(Qt.ApplicationState.ApplicationActive)
    wait_for_banner(window, qtbot)


def test_save_overwrites_nothing_before_the_user_decides(window: MainWindow, path: Path, qtbot: QtBot) -> None:
    set_filters(window, 60)
    write(path)
    assert not window.files.save()
    assert load_project(path).project == THEIRS
    wait_for_banner(window, qtbot)
    answer(window, "Overwrite")
    settle(window, qtbot)
    assert load_project(path).project == window.workbench.state.project
    assert not window.isWindowModified()
    assert titles(window) == []


def test_a_window_that_cannot_save_on_closing_stays(
    window: MainWindow, path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_filters(window, 60)
    write(path)
    monkeypatch.setattr(QMessageBox, "exec", lambda box: QMessageBox.StandardButton.Save)
    assert not window.close()
    assert load_project(path).project == THEIRS
    wait_for_banner(window, qtbot)


def test_reload_is_a_step_that_can_be_undone(window: MainWindow, path: Path, qtbot: QtBot) -> None:
    set_filters(window, 60)
    mine = window.workbench.state.project
    write(path)
    wait_for_banner(window, qtbot)
    answer(window, "Reload")
    settle(window, qtbot)
    assert window.workbench.state.project == THEIRS
    assert not window.isWindowModified()
    assert titles(window) == []
    assert window.actions_by_id["undo"].text() == "&Undo Reload lesson.toml"
    window.actions_by_id["undo"].trigger()
    assert window.workbench.state.project == mine
    assert window.isWindowModified()
    assert window.files.save()  # over what has been read
    assert load_project(path).project == mine


def test_a_file_that_cannot_be_read_is_not_reloaded(
    window: MainWindow, path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages: list[str] = []
    monkeypatch.setattr(window.files, "show_message", lambda title, details: messages.append(details))
    path.write_text("format = 1\ntitle = 'half")
    wait_for_banner(window, qtbot)
    answer(window, "Reload")
    assert "lesson.toml" in messages[0]
    assert window.workbench.state.project == PROJECT
    assert len(titles(window)) == 1


def test_save_as_leaves_the_changed_file(
    window: MainWindow, path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(path)
    wait_for_banner(window, qtbot)
    mine = path.with_name("mine.toml")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(mine), ""))
    answer(window, "Save as…")
    assert titles(window) == []
    assert load_project(mine).project == PROJECT
    assert load_project(path).project == THEIRS


def test_compare_lists_the_lines_that_differ(window: MainWindow, path: Path, qtbot: QtBot) -> None:
    set_filters(window, 60)
    write(path)
    wait_for_banner(window, qtbot)
    answer(window, "Compare")
    qtbot.waitUntil(lambda: bool(window.findChildren(DifferenceBox)))
    (box,) = window.findChildren(DifferenceBox)
    lines = box.text.toPlainText().splitlines()
    assert {'-title = "Theirs"', '+title = "Two designs"', "-seed = 9"} <= set(lines)
    assert any(line.startswith("+") and "filters = 60" in line for line in lines)
    assert not box.isModal()
    (copy,) = (button for button in box.findChildren(QPushButton) if plain_text(button.text()) == "Copy")
    copy.click()
    assert QGuiApplication.clipboard().text() == box.text.toPlainText()
    box.close()


def test_another_project_ends_the_banner(window: MainWindow, path: Path, qtbot: QtBot, tmp_path: Path) -> None:
    write(path)
    wait_for_banner(window, qtbot)
    save_project(PROJECT, tmp_path / "next.toml")
    window.files.open_path(tmp_path / "next.toml")
    assert titles(window) == []
    save_project(THEIRS, path)  # nobody watches it any more
    settle(window, qtbot)
    assert titles(window) == []


@pytest.mark.parametrize("width", [1024, 1280])
def test_no_answer_is_clipped(window: MainWindow, path: Path, qtbot: QtBot, width: int) -> None:
    window.resize(width, 700)
    write(path)
    wait_for_banner(window, qtbot)
    QApplication.processEvents()
    assert window.width() == width
    (banner,) = window.banners.banners
    for widget in (banner.title, banner.text, *banner.buttons.values()):
        assert banner.rect().contains(widget.geometry())
    assert banner.title.height() >= banner.title.heightForWidth(banner.title.width())
