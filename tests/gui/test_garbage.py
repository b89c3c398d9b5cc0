"""Garbage is collected in the thread of the window alone, as Qt may crash if another deletes a widget; all of it is."""

import gc
import threading
import weakref
from collections.abc import Iterable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.kernels import Checkpoint
from engine.project.file import save_project
from gui import app
from gui.window.main_window import MainWindow
from gui.window.settings import Settings
from gui.workbench.workbench import Workbench
from gui.worker import Worker
from tests.gui.conftest import PROJECT


def make_cycles(_checkpoint: Checkpoint) -> Iterable[object]:
    for _ in range(20_000):
        cycle: list[object] = []
        cycle.append(cycle)
    return ()


def test_a_thread_that_makes_garbage_does_not_collect_it(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_project(PROJECT, tmp_path / "p.toml")
    collecting: set[threading.Thread] = set()

    def note_thread(phase: str, _info: dict[str, int]) -> None:
        collecting.add(threading.current_thread())

    def use_window() -> int:
        (window,) = (widget for widget in QApplication.topLevelWidgets() if isinstance(widget, MainWindow))
        qtbot.waitUntil(lambda: bool(window.views.made))  # what there is then is never looked through
        worker = Worker()
        worker.start(make_cycles)
        qtbot.waitUntil(lambda: not worker.busy)
        qtbot.wait(1200)  # longer than the interval of the collector
        window.close()
        return 0

    gc.enable()
    monkeypatch.setattr(app.QApplication, "exec", lambda _app: use_window())
    gc.callbacks.append(note_thread)
    try:
        app.open_window(tmp_path / "p.toml")
    finally:
        gc.callbacks.remove(note_thread)
        gc.disable()
    assert collecting == {threading.main_thread()}


def test_a_window_that_is_deleted_is_garbage(qtbot: QtBot, settings: QSettings) -> None:
    window = MainWindow(Workbench(PROJECT), Settings(settings), app.set_theme)
    window.show()
    qtbot.waitExposed(window)
    left = weakref.ref(window)
    window.close()
    window.deleteLater()
    del window
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QApplication.processEvents()
    gc.collect()
    assert left() is None
