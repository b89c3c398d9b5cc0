"""A random user at the model and at real widgets: nothing breaks, nothing grows, undo and redo lead to both ends.

`make soak` takes other numbers of steps from the environment, and prints what it has measured.
"""

import gc
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from random import Random
from statistics import median

import psutil
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QEvent, QSettings, QThreadPool, QTimer
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from engine.project.reader import KINDS
from gui.app import set_theme
from gui.panels.setting_form import SettingForm
from gui.window.main_window import MainWindow
from gui.window.recovery import Recovery
from gui.window.settings import Settings
from gui.workbench.journal import Journal
from gui.workbench.workbench import Workbench
from tests.gui.conftest import PROJECT
from tests.gui.random_user import ModelUser, WidgetUser

SEED = int(os.environ.get("SOAK_SEED", "0"))
MODEL_STEPS = int(os.environ.get("SOAK_STEPS", "5000"))
WIDGET_STEPS = max(1, MODEL_STEPS // 5)
STARTS = max(2, min(20, MODEL_STEPS // 600))
PARTS, WIDGET_PARTS = 10, 4
"""The steps are in so many tests, which run beside one another."""
SESSION = 40
"""Steps of one project: all of them are undone and redone after each."""
MEGABYTE = 2**20


@contextmanager
def named(seed: int, number: int) -> Iterator[None]:
    """Name the step that failed, so that it can be repeated."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"seed {seed}, step {number}")
        raise


def resident() -> int:
    gc.collect()
    return int(psutil.Process().memory_info().rss)


def settle() -> None:
    for _ in range(3):
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QApplication.processEvents()


def test_2000_edits_and_50_runs_take_less_than_30_megabytes(
    workbench: Workbench, qtbot: QtBot, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first test: what others have freed would hide what this one takes."""
    journal = Journal(workbench, tmp_path / "journal")
    first = 0
    for number in range(2200):
        workbench.edit("Set the seed", replace(workbench.state.project, seed=number + 1), "")
        if number % 40 == 0:
            workbench.run()
            qtbot.waitUntil(lambda: workbench.state.run.progress is None, timeout=30_000)
        if number == 200:  # all is imported and each cache has begun
            first = resident()
    growth = (resident() - first) / MEGABYTE
    with capsys.disabled():
        print(f"\n2,000 edits and 50 runs: {growth:+.1f} MB")
    assert growth < 30
    qtbot.waitUntil(lambda: not journal.busy)
    journal.close()


@pytest.mark.parametrize("part", range(PARTS))
def test_any_edits_through_the_model(part: int, workbench: Workbench, tmp_path: Path) -> None:
    seed = SEED * PARTS + part
    random = Random(seed)
    user = ModelUser(workbench, random, tmp_path)
    changed = 0
    for number in range(MODEL_STEPS // PARTS):
        with named(seed, number):
            before = workbench.state.project
            user.step()
            changed += workbench.state.project != before
            if number % SESSION == SESSION - 1:
                user.check_end()
                workbench.show_project(PROJECT)
    user.check_end()
    assert changed > MODEL_STEPS // PARTS // 3


@pytest.mark.qt_log_ignore("does not support grabbing the keyboard", extend=True)
@pytest.mark.parametrize("part", range(WIDGET_PARTS))
def test_a_window_survives_a_hasty_user_and_keeps_no_widgets_threads_or_timers(
    part: int, window: MainWindow, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("getOpenFileName", "getSaveFileName", "getExistingDirectory"):
        monkeypatch.setattr(QFileDialog, name, lambda *_: ("", ""))  # the user cancels
    seed = SEED * PARTS + part
    window.resize(900, 600)
    user = WidgetUser(window, Random(seed), tmp_path)
    counts: list[tuple[int, ...]] = []
    for number in range(WIDGET_STEPS // WIDGET_PARTS):
        with named(seed, number):
            user.step()
            if number % SESSION == SESSION // 2:
                window.actions_by_id["run"].trigger()
            if number % SESSION == SESSION - 1:
                finish(window, qtbot)
                counts.append(objects(window))
    user.model.check_end()
    finish(window, qtbot)
    window.grab()
    for count in counts[1:]:
        assert all(now <= first for now, first in zip(count, counts[0], strict=True)), counts


def finish(window: MainWindow, qtbot: QtBot) -> None:
    """End what is running, and begin with the first project again."""
    qtbot.waitUntil(lambda: window.workbench.state.run.progress is None, timeout=30_000)
    window.workbench.show_project(PROJECT)
    settle()


def objects(window: MainWindow) -> tuple[int, ...]:
    """Numbers of what may not grow: widgets, timers, threads of Python, and busy ones of Qt.

    The panel Layer keeps a form for each kind that was selected, and their lists: no more than there are kinds.
    """
    assert len(window.form.findChildren(SettingForm)) <= len(KINDS)
    widgets = [widget for widget in QApplication.allWidgets() if not is_within(widget, window.form)]
    timers = sum(len(widget.findChildren(QTimer)) for widget in QApplication.topLevelWidgets())
    threads = threading.active_count(), QThreadPool.globalInstance().activeThreadCount()
    return len(widgets), timers, *threads


def is_within(widget: QWidget | None, parent: QWidget) -> bool:
    """Whether a widget belongs to another, also a list that pops up in a window of its own."""
    while widget is not None and widget is not parent:
        widget = widget.parentWidget()
    return widget is parent


@pytest.mark.qt_log_ignore("does not support grabbing the keyboard", extend=True)
def test_starting_using_and_quitting_again_and_again_leaves_nothing(
    settings: QSettings, qtbot: QtBot, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counts, sizes = [], []
    for number in range(STARTS):
        start_use_and_quit(number, settings, qtbot, tmp_path)
        settle()
        gc.collect()
        settle()
        counts.append((len(QApplication.allWidgets()), threading.active_count()))
        sizes.append(resident())
    # The median: what is used for the first time, and what it loads, stays.
    growth = median(after - before for before, after in pairwise(sizes)) / MEGABYTE
    with capsys.disabled():
        print(f"\n{STARTS} starts: {growth:+.1f} MB each, widgets and threads left: {counts[-1]}")
    assert list((tmp_path / "journal").glob("*")) == []
    assert counts[-1] <= counts[0]
    assert growth < 1


def start_use_and_quit(number: int, settings: QSettings, qtbot: QtBot, folder: Path) -> None:
    window = MainWindow(Workbench(PROJECT), Settings(settings), set_theme)
    recovery = Recovery(window, Journal(window.workbench, folder / "journal"), folder / "journal")
    window.resize(900, 600)
    window.show()
    recovery.begin()
    user = WidgetUser(window, Random(number), folder)
    for _ in range(3):
        user.step()
    window.workbench.run()
    qtbot.waitUntil(lambda: window.workbench.state.run.progress is None, timeout=30_000)
    window.workbench.document.undo_stack.setClean()
    assert window.close()
    window.deleteLater()
