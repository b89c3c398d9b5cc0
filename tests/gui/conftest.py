"""Real widgets without a display. A test fails if it leaks a window or thread, or if a dialog waits for the user."""

import gc
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_SCALE_FACTOR", "1")
os.environ.setdefault("PYQTGRAPH_QT_LIB", "PySide6")

import pyqtgraph
import pytest
from PySide6.QtCore import QEvent, QSettings, QStandardPaths
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from engine.layers import Conv2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.project import Design, Project
from gui.app import make_application, set_theme
from gui.window.main_window import AUTOMATIC_RUN, MainWindow
from gui.window.settings import Settings
from gui.workbench.workbench import Workbench
from gui.worker import Task, Worker

NAIVE = Network((Node("conv5x5", Conv2d(filters=6, kernel=5)),))
BOTTLENECK = Network((Node("reduce", Conv2d(filters=2, kernel=1)), Node("conv5x5", Conv2d(filters=6, kernel=5))))
PROJECT = Project(
    NoiseInput((8, 12, 12), seed=3), (Design("naive", NAIVE), Design("bottleneck", BOTTLENECK)), title="Two designs"
)


@pytest.fixture(scope="session")
def qapp() -> QApplication:
    QStandardPaths.setTestModeEnabled(True)
    gc.disable()  # a worker's thread would delete widgets in garbage; see `pytest_runtest_teardown`
    return make_application()


@pytest.fixture(autouse=True)
def no_leaks(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No window, thread or worker outlives its test."""
    threads, workers = set(threading.enumerate()), []
    start = Worker.start

    def recording_start(worker: Worker, task: Task) -> None:
        workers.append(worker)
        start(worker, task)

    monkeypatch.setattr(Worker, "start", recording_start)
    yield
    for _ in range(3):
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QApplication.processEvents()
    open_windows = [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()]
    assert not open_windows, f"windows left open: {open_windows}"
    assert not [t for t in set(threading.enumerate()) - threads if not t.daemon]
    assert not [w for w in workers if isValid(w) and w.busy], "work outlived its test"


@pytest.fixture(autouse=True)
def no_printed_exceptions(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An exception in an event of an item fails the test: pyqtgraph prints it and goes on."""
    exceptions: list[BaseException | None] = []
    monkeypatch.setattr(pyqtgraph.debug, "printExc", lambda *_, **__: exceptions.append(sys.exception()))
    yield
    assert not exceptions


@pytest.fixture(autouse=True)
def no_dialogs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dialog that would wait for the user fails the test instead."""

    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError(f"a dialog would have waited: {arguments}")

    monkeypatch.setattr(QMessageBox, "exec", refuse)
    for name in ("getOpenFileName", "getSaveFileName", "getExistingDirectory"):
        monkeypatch.setattr(QFileDialog, name, refuse)


@pytest.fixture
def workbench(qtbot: QtBot) -> Iterator[Workbench]:
    workbench = Workbench(PROJECT)
    yield workbench
    workbench.close()


@pytest.fixture
def settings(tmp_path: Path) -> QSettings:
    """Empty apart from automatic runs, which are off: a test starts the runs that it is about."""
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    settings.setValue(AUTOMATIC_RUN, "off")
    return settings


@pytest.fixture
def open_window(qtbot: QtBot, settings: QSettings) -> Iterator[Callable[[Project], MainWindow]]:
    """Open windows that are closed at the end of the test without saving edits."""
    windows: list[MainWindow] = []

    def open_project(project: Project = PROJECT) -> MainWindow:
        window = MainWindow(Workbench(project), Settings(settings), set_theme)
        windows.append(window)
        window.resize(1400, 900)
        window.show()
        qtbot.waitExposed(window)
        return window

    yield open_project
    for window in windows:
        window.workbench.document.undo_stack.setClean()
        window.close()
        window.deleteLater()


@pytest.fixture
def window(open_window: Callable[[], MainWindow]) -> MainWindow:
    return open_window()
