"""Faults of the program: logged, shown once in one message that Esc closes, and never in a way that ends the window."""

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from gui.widgets.message import Message
from gui.window.fault_report import FaultReport
from gui.window.main_window import MainWindow
from gui.window.mnemonics import plain_text


@pytest.fixture
def report(window: MainWindow, tmp_path: Path) -> Iterator[FaultReport]:
    report = FaultReport(window, tmp_path / "log" / "convolume.log")
    yield report
    report.close_down()


def raise_fault(report: FaultReport, text: str, error: type[Exception] = ValueError) -> None:
    try:
        raise error(text)
    except error as fault:
        report.report(type(fault), fault, fault.__traceback__)


def boxes() -> list[QMessageBox]:
    QApplication.processEvents()
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, QMessageBox) and w.isVisible()]


def test_the_message_closes_with_esc_and_the_window_stays(
    report: FaultReport, window: MainWindow, qtbot: QtBot, capsys: pytest.CaptureFixture[str]
) -> None:
    raise_fault(report, "first")
    (box,) = boxes()
    qtbot.keyClick(box, Qt.Key.Key_Escape)
    assert boxes() == []
    assert window.isVisible()
    assert "ValueError: first" in capsys.readouterr().err


@pytest.mark.parametrize("key", [Qt.Key.Key_Escape, Qt.Key.Key_Return])
def test_every_message_closes_with_esc_and_return(window: MainWindow, qtbot: QtBot, key: Qt.Key) -> None:
    window.show_message("This cannot be done", "p.toml: $.input: is missing")
    (box,) = boxes()
    qtbot.keyClick(box, key)
    assert boxes() == []


def test_a_fault_that_returns_with_each_repaint_is_shown_once_and_logged_each_time(
    report: FaultReport, tmp_path: Path, qtbot: QtBot, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(5):
        raise_fault(report, f"again, at {number:#x}")
    (box,) = boxes()
    box.close()
    raise_fault(report, "again")
    assert boxes() == []
    assert (tmp_path / "log" / "convolume.log").read_text().count("ValueError: again") == 6


def test_other_faults_join_the_open_message_and_have_one_of_their_own_later(
    report: FaultReport, qtbot: QtBot, capsys: pytest.CaptureFixture[str]
) -> None:
    for text, error in (("one", ValueError), ("two", KeyError), ("three", IndexError)):
        raise_fault(report, text, error)
    (box,) = boxes()
    assert "ValueError: one" in box.informativeText()
    assert "and 2 more" in box.informativeText()
    box.close()
    raise_fault(report, "four", OSError)
    (box,) = boxes()
    assert "OSError: four" in box.informativeText()
    box.close()


def test_the_traceback_can_be_copied_and_the_log_is_named(
    report: FaultReport, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raise_fault(report, "first")
    raise_fault(report, "second", TypeError)
    (box,) = boxes()
    (copy,) = (b for b in box.findChildren(QPushButton) if plain_text(b.text()) == "Copy traceback")
    copy.click()
    text = QGuiApplication.clipboard().text()
    assert text.startswith("Traceback (most recent call last):")
    assert "raise error(text)" in text
    assert "ValueError: first" in text
    assert "TypeError: second" in text
    assert box.isVisible()
    assert str(tmp_path / "log" / "convolume.log") in box.informativeText()
    assert "ValueError: first" in (tmp_path / "log" / "convolume.log").read_text()
    box.close()


def test_a_fault_in_another_thread_is_shown_by_the_window(
    report: FaultReport, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    report.install()
    thread = threading.Thread(target=lambda: [][0])
    thread.start()
    thread.join()
    (box,) = boxes()
    assert "IndexError" in box.informativeText()
    box.close()


def test_a_log_that_cannot_be_written_is_no_fault(
    window: MainWindow, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("a file where a folder should be")
    report = FaultReport(window, tmp_path / "file" / "convolume.log")
    raise_fault(report, "first")
    (box,) = boxes()
    assert "convolume.log" not in box.informativeText()
    box.close()
    report.close_down()


def test_the_log_stays_small(report: FaultReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "__excepthook__", lambda *_: None)
    assert report._handler is not None
    report._handler.maxBytes = 2000
    for _ in range(40):
        raise_fault(report, "again")
    sizes = {path.name: path.stat().st_size for path in (tmp_path / "log").iterdir()}
    assert set(sizes) == {"convolume.log", "convolume.log.1"}
    assert max(sizes.values()) <= 2000
    for box in boxes():
        box.close()


def test_a_copied_message_is_its_title_and_details(open_window: Callable[[], MainWindow]) -> None:
    assert Message(open_window(), "Title", "details").copied == "Title\ndetails"
