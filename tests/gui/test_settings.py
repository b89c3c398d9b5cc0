"""Damaged settings do not prevent a start: the defaults are used, and the window says so."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QSettings
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from engine.project.file import save_project
from gui.window.main_window import MainWindow
from gui.window.workspaces import LAYOUT_VERSION
from tests.gui.conftest import PROJECT

MAIN = Path(__file__).resolve().parents[2] / "main.py"
DAMAGED = {
    "[window]\ngeometry=5\n": "window/geometry",
    "[window]\ngeometry=@ByteArray(abc)\n": "window/geometry",
    "[window]\ngeometry=@Rect(1 2 3 4)\nstate=a, b\n": "window/geometry",
    "[export]\nscale=abc\n": "export/scale",
    "[export]\nscale=nan\n": "export/scale",
    "[export]\nscale=-1\n": "export/scale",
    "[export]\nscale=1, 2\n": "export/scale",
    "[export]\nwidth=7km\n": "export/width",
    "[files]\nrecent=a, b\n": "files/recent",
    "[files]\nrecent=a\\0b\n": "files/recent",
    "[files]\nrecent=@ByteArray(x)\n": "files/recent",
}


def message_boxes() -> list[QMessageBox]:
    return [widget for widget in QApplication.topLevelWidgets() if isinstance(widget, QMessageBox)]


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_setting_falls_back_to_its_default_and_is_reported_once(
    open_window: Callable[[], MainWindow], settings: QSettings, text: str
) -> None:
    Path(settings.fileName()).write_text(text, encoding="utf-8")
    settings.sync()
    window = open_window()
    assert window.width() > 800
    assert (window.exports.picture_scale, window.exports.figure_width, window.files.recent()) == (2, "", [])
    window.report_settings()
    (box,) = message_boxes()
    assert settings.fileName() in box.informativeText()
    assert DAMAGED[text] in box.informativeText()
    box.close()
    window.close()
    second = open_window()
    second.report_settings()
    assert [b for b in message_boxes() if b.isVisible()] == []


def test_sound_settings_are_not_reported(open_window: Callable[[], MainWindow], settings: QSettings) -> None:
    first = open_window()
    first.exports.set_scale(3)
    first.exports.set_width("slide")
    first.close()
    second = open_window()
    assert (second.exports.picture_scale, second.exports.figure_width) == (3, "slide")
    second.report_settings()
    assert message_boxes() == []


def test_a_layout_of_another_version_is_no_fault(open_window: Callable[[], MainWindow], settings: QSettings) -> None:
    open_window().close()
    settings.setValue("workspaces/compare/version", str(LAYOUT_VERSION - 1))
    settings.setValue("workspaces/compare/places", QByteArray(b"of another version"))
    window = open_window()
    window.report_settings()
    assert message_boxes() == []
    assert window.docks.visible_ids == ("designs", "layer", "filters", "bars")


def test_a_damaged_layout_of_this_version_is_reported(
    open_window: Callable[[], MainWindow], settings: QSettings
) -> None:
    open_window().close()
    settings.setValue("workspaces/compare/places", QByteArray(b"damaged"))
    window = open_window()
    window.report_settings()
    (box,) = message_boxes()
    assert "workspaces/compare/places" in box.informativeText()
    box.close()


def test_a_layout_with_changed_bytes_does_not_prevent_a_start(
    open_window: Callable[[], MainWindow], settings: QSettings
) -> None:
    open_window().close()
    changes = random.Random(1)
    for key in ("window/geometry", "workspaces/compare/places"):
        whole = bytes(settings.value(key).data())
        for _ in range(4):
            damaged = bytearray(whole[: changes.randrange(4, len(whole))])
            damaged[changes.randrange(4, len(damaged))] ^= 0xFF
            settings.setValue(key, QByteArray(bytes(damaged)))
            window = open_window()
            assert window.isVisible()
            window.close()
        settings.setValue(key, QByteArray(whole))


def test_recent_files_in_a_folder_that_may_not_be_read_are_missing(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "stat", refuse)
    monkeypatch.setattr(window.files, "recent", lambda: [Path("/secret/p.toml"), Path("/" + "long" * 2000)])
    entries = list(window.files.recent_entries())
    monkeypatch.undo()
    assert [entry.enabled for entry in entries] == [False, False]


def test_theme_layout_recent_files_and_folders_are_on_the_disk_while_the_window_is_open(
    window: MainWindow, settings: QSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    (tmp_path / "figures").mkdir()
    save_project(PROJECT, tmp_path / "lesson.toml")
    window.files.open_path(tmp_path / "lesson.toml")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "figures" / "figure.png"), ""))
    window.actions_by_id["figure_one-by-one"].trigger()
    window.actions_by_id["dark"].trigger()
    window.resize(1300, 820)

    def stored() -> QSettings:
        return QSettings(settings.fileName(), QSettings.Format.IniFormat)

    qtbot.waitUntil(lambda: "geometry" in Path(settings.fileName()).read_text(encoding="utf-8"), timeout=3000)
    assert stored().value("look/theme", "", type=str) == "dark"
    assert stored().value("files/recent", "", type=str) == str(tmp_path / "lesson.toml")
    assert stored().value("files/folder", "", type=str) == str(tmp_path)
    assert stored().value("export/figure_folder", "", type=str) == str(tmp_path / "figures")


def test_dialogs_begin_in_the_folder_that_was_used_last_for_their_purpose(
    open_window: Callable[[], MainWindow], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Path] = []

    def answer(name: str) -> Callable[..., tuple[str, str]]:
        def ask(_parent: object, _title: str, folder: str, *_: object) -> tuple[str, str]:
            begun.append(Path(folder))
            return name, ""

        return ask

    for name in ("photos", "projects"):
        (tmp_path / name).mkdir()
    first = open_window()
    (tmp_path / "photos" / "no.png").write_text("no picture")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", answer(str(tmp_path / "photos" / "no.png")))
    first.files.choose_photo()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer(str(tmp_path / "projects" / "p.toml")))
    assert first.files.save_as()
    first.close()
    second = open_window()
    begun.clear()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", answer(""))
    second.files.choose_photo()
    second.files.open()
    second.files.save_as()
    assert begun == [tmp_path / "photos", tmp_path / "projects", tmp_path / "projects" / "project.toml"]


# The program as a process


def start(folder: Path, text: str = "") -> "subprocess.Popen[str]":
    """The window without a display, with settings of its own."""
    (folder / "Convolume").mkdir(parents=True)
    (folder / "Convolume" / "Convolume.conf").write_text(text, encoding="utf-8")
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "XDG_CONFIG_HOME": str(folder),
        "XDG_DATA_HOME": str(folder),
        "XDG_STATE_HOME": str(folder),
    }
    return subprocess.Popen(
        [sys.executable, str(MAIN)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_for_log(folder: Path) -> None:
    """Wait until the window is made: it opens its log then."""
    end = time.monotonic() + 60
    while not list(folder.rglob("convolume.log")):
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="settings are in a file of another form")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_window_with_damaged_settings_starts_and_a_signal_closes_it(tmp_path: Path, number: signal.Signals) -> None:
    process = start(tmp_path, "[window]\ngeometry=5\n[look]\ntheme=1, 2\n")
    wait_for_log(tmp_path)
    time.sleep(1)
    assert process.poll() is None
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert "Traceback" not in errors, errors
    settings = QSettings(str(tmp_path / "Convolume" / "Convolume.conf"), QSettings.Format.IniFormat)
    assert isinstance(settings.value("window/geometry"), QByteArray)
