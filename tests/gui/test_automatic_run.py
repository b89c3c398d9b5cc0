"""Automatic runs with a real window: cheap edits run by themselves, others say why not; edits restart runs."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QSettings
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.files.paths import RESOURCES
from engine.network.input_specs import ArrayInput, ImageInput
from engine.project.project import Project
from engine.run.prediction import Cost, Rate, Speed
from engine.run.request import RunRequest
from gui.export.files import ExportStep
from gui.state.rank_search import RankSearchState
from gui.window.main_window import AUTOMATIC_RUN, MainWindow
from tests.gui.conftest import PROJECT
from tests.gui.window_input import SLOW_PROJECT, run, set_filters


class Optimistic(Speed, frozen=True):
    """Takes any run for cheap."""

    def seconds(self, cost: Cost) -> float:
        return 0.0


CHEAP, EXPENSIVE = (Speed(Rate(1.0, factor), Rate(1.0, factor)) for factor in (1.0, 20.0))


@pytest.fixture
def settings(settings: QSettings) -> QSettings:
    settings.setValue(AUTOMATIC_RUN, "on")
    return settings


@pytest.fixture
def open_at_speed(open_window: Callable[[Project], MainWindow]) -> Iterator[Callable[..., MainWindow]]:
    """Open a window whose machine is as fast as predicted, however busy the one of the test is."""

    def open_project(project: Project = PROJECT, speed: Speed = CHEAP) -> MainWindow:
        window = open_window(project)
        window.automatic_run.speed = speed
        return window

    return open_project


def requests_of(window: MainWindow) -> list[RunRequest]:
    """The runs from now on."""
    requests: list[RunRequest] = []
    window.workbench.runner.started.connect(requests.append)
    return requests


def wait_for_run(qtbot: QtBot, window: MainWindow, requests: list[RunRequest], count: int = 1) -> None:
    qtbot.waitUntil(lambda: len(requests) >= count and window.workbench.state.run.progress is None)


def considered(qtbot: QtBot, window: MainWindow) -> AbstractContextManager[object]:
    """Wait until the pause after an edit is over and a run has begun or not, however busy the machine is."""
    return qtbot.waitSignal(window.automatic_run._timer.timeout)


def is_fresh(window: MainWindow) -> bool:
    state = window.workbench.state
    return all(state.volume_at(ref).is_fresh for ref in state.check.keys)


def test_a_cheap_edit_runs_once_typing_has_paused_and_the_status_bar_says_so(
    qtbot: QtBot, open_at_speed: Callable[..., MainWindow]
) -> None:
    window = open_at_speed()
    requests = requests_of(window)
    for filters in (7, 8, 9, 10):
        set_filters(window, filters)
        QTest.qWait(20)
    wait_for_run(qtbot, window, requests)
    assert len(requests) == 1
    assert is_fresh(window)
    assert not window.status.run.isVisible()
    QTest.qWait(100)
    assert window.status.hover.text().startswith("Run automatically, in ")


def test_progress_of_an_automatic_run_is_shown_only_if_it_lasts(
    qtbot: QtBot, open_at_speed: Callable[..., MainWindow]
) -> None:
    window = open_at_speed(SLOW_PROJECT, Optimistic())
    requests = requests_of(window)
    shorter = SLOW_PROJECT.with_network("slow", SLOW_PROJECT.designs[0].network.without("conv3"))
    window.workbench.edit("Remove conv3", shorter)
    qtbot.waitUntil(lambda: len(requests) == 1)
    assert window.workbench.state.automatic.is_running
    assert not window.status.run.isVisible()
    qtbot.waitUntil(window.status.run.isVisible)
    window.status.run.cancel.click()
    assert not window.status.run.isVisible()
    qtbot.waitUntil(lambda: not window.workbench.state.automatic.is_running)


def test_a_run_by_hand_during_an_automatic_one_is_not_called_automatic(
    qtbot: QtBot, open_at_speed: Callable[..., MainWindow]
) -> None:
    window = open_at_speed()
    requests = requests_of(window)
    set_filters(window, 9)
    qtbot.waitUntil(lambda: len(requests) == 1)
    window.actions_by_id["run"].trigger()
    wait_for_run(qtbot, window, requests, 2)
    QTest.qWait(100)
    assert "automatically" not in window.status.hover.text()


def test_undo_to_what_is_cached_runs_nothing(qtbot: QtBot, open_at_speed: Callable[..., MainWindow]) -> None:
    window = open_at_speed()
    run(window, qtbot)
    requests = requests_of(window)
    set_filters(window, 9)
    wait_for_run(qtbot, window, requests)
    with considered(qtbot, window):
        window.actions_by_id["undo"].trigger()
    assert len(requests) == 1
    assert is_fresh(window)


def test_an_edit_that_is_predicted_to_take_long_is_not_run_and_the_time_is_named(
    qtbot: QtBot, open_at_speed: Callable[..., MainWindow]
) -> None:
    window = open_at_speed(SLOW_PROJECT, EXPENSIVE)
    requests = requests_of(window)
    window.workbench.edit("Edit", SLOW_PROJECT.with_network("slow", SLOW_PROJECT.designs[0].network.without("conv3")))
    qtbot.waitUntil(lambda: "Not run automatically, as it takes about" in window.status.hover.text())
    assert window.status.hover.text().endswith("s: Run (F5)")
    assert requests == []


class Predicted(Speed, frozen=True):
    """Predicts the same time for any run."""

    time: float = 0.0

    def seconds(self, _: object) -> float:
        return self.time


@pytest.mark.parametrize(("seconds", "count"), [(0.29, 1), (0.31, 0)])
def test_what_takes_more_than_three_tenths_of_a_second_is_not_run(
    qtbot: QtBot, open_at_speed: Callable[..., MainWindow], seconds: float, count: int
) -> None:
    window = open_at_speed(speed=Predicted(time=seconds))
    requests = requests_of(window)
    with considered(qtbot, window):
        set_filters(window, 9)
    assert len(requests) == count
    qtbot.waitUntil(lambda: window.workbench.state.run.progress is None)


def test_another_photo_is_run_at_once(qtbot: QtBot, open_at_speed: Callable[..., MainWindow]) -> None:
    photo = ImageInput("resources:photos/chelsea.png", (12, 12))
    window = open_at_speed(replace(PROJECT, input=photo))
    requests = requests_of(window)
    window.files.use_files([RESOURCES / "photos" / "coffee.png"])
    wait_for_run(qtbot, window, requests, 1)
    assert is_fresh(window)
    assert window.workbench.state.project.input == replace(photo, path=str(RESOURCES / "photos" / "coffee.png"))


@pytest.mark.parametrize(("seconds", "count"), [(2.9, 1), (3.1, 0)])
def test_another_photo_is_run_even_if_that_takes_some_seconds(
    qtbot: QtBot, open_at_speed: Callable[..., MainWindow], seconds: float, count: int
) -> None:
    photo = ImageInput("resources:photos/chelsea.png", (12, 12))
    window = open_at_speed(replace(PROJECT, input=photo), speed=Predicted(time=seconds))
    requests = requests_of(window)
    with considered(qtbot, window):
        window.files.use_files([RESOURCES / "photos" / "coffee.png"])
    assert len(requests) == count
    qtbot.waitUntil(lambda: window.workbench.state.run.progress is None)
    window.automatic_run.speed = Predicted(time=seconds)  # not that of the run
    with considered(qtbot, window):
        set_filters(window, 9)  # that is an edit like any other
    assert len(requests) == count


def test_an_array_that_has_to_be_read_is_not_run(
    qtbot: QtBot, open_at_speed: Callable[..., MainWindow], tmp_path: Path
) -> None:
    np.save(tmp_path / "a.npy", np.ones((3, 12, 12), np.float32))
    window = open_at_speed(replace(PROJECT, input=ArrayInput(str(tmp_path / "a.npy"))))
    requests = requests_of(window)
    set_filters(window, 9)
    qtbot.waitUntil(lambda: "the input has to be read from its file" in window.status.hover.text())
    run(window, qtbot)
    set_filters(window, 11)
    wait_for_run(qtbot, window, requests, 2)
    assert is_fresh(window)


def test_an_edit_during_a_run_restarts_it_and_says_so(qtbot: QtBot, open_at_speed: Callable[..., MainWindow]) -> None:
    window = open_at_speed(SLOW_PROJECT)
    requests = requests_of(window)
    window.actions_by_id["run"].trigger()
    shorter = SLOW_PROJECT.with_network("slow", SLOW_PROJECT.designs[0].network.without("conv3"))
    window.workbench.edit("Remove conv3", shorter)
    qtbot.waitUntil(lambda: len(requests) == 2)
    assert requests[-1].project == shorter
    assert not window.workbench.state.automatic.is_running  # as it was started by hand
    qtbot.waitUntil(lambda: window.status.hover.text() == "The edit restarted the run")
    window.actions_by_id["cancel"].trigger()
    qtbot.waitUntil(lambda: window.status.hover.text() != "The edit restarted the run")


def test_an_edit_that_changes_no_volume_leaves_a_run_alone(
    qtbot: QtBot, open_at_speed: Callable[..., MainWindow]
) -> None:
    window = open_at_speed(SLOW_PROJECT)
    requests = requests_of(window)
    window.actions_by_id["run"].trigger()
    with considered(qtbot, window):
        window.workbench.edit("Title", replace(SLOW_PROJECT, title="Another"))
    assert len(requests) == 1
    window.actions_by_id["cancel"].trigger()


def test_switched_off_nothing_runs_and_an_edit_during_a_run_says_that_it_goes_on(
    qtbot: QtBot, open_at_speed: Callable[..., MainWindow], settings: QSettings
) -> None:
    window = open_at_speed(SLOW_PROJECT)
    requests = requests_of(window)
    window.actions_by_id["automatic_run"].trigger()
    assert settings.value(AUTOMATIC_RUN) == "off"
    assert not window.actions_by_id["automatic_run"].isChecked()
    shorter = SLOW_PROJECT.with_network("slow", SLOW_PROJECT.designs[0].network.without("conv3"))
    window.workbench.edit("Remove conv3", shorter)
    window.actions_by_id["run"].trigger()
    window.workbench.edit("Restore it", SLOW_PROJECT)
    qtbot.waitUntil(lambda: "goes on with the settings before the edit" in window.status.hover.text())
    QTest.qWait(400)
    assert len(requests) == 1
    window.actions_by_id["cancel"].trigger()


def test_switched_on_again_it_runs_what_is_missing_and_the_next_window_remembers(
    qtbot: QtBot, open_at_speed: Callable[..., MainWindow]
) -> None:
    window = open_at_speed()
    window.actions_by_id["automatic_run"].trigger()
    assert not open_at_speed().workbench.state.automatic.enabled
    requests = requests_of(window)
    window.actions_by_id["automatic_run"].trigger()
    wait_for_run(qtbot, window, requests)
    assert is_fresh(window)


def test_it_waits_for_the_end_of_a_rank_search(qtbot: QtBot, open_at_speed: Callable[..., MainWindow]) -> None:
    window = open_at_speed()
    requests = requests_of(window)
    window.workbench.rank_search.changed.emit(RankSearchState(busy_text="searching conv5x5"))
    set_filters(window, 9)
    qtbot.waitUntil(lambda: "a bottleneck is searched for" in window.status.hover.text())
    assert requests == []
    window.workbench.rank_search.changed.emit(RankSearchState())
    wait_for_run(qtbot, window, requests)


def test_it_waits_for_the_end_of_an_export(qtbot: QtBot, open_at_speed: Callable[..., MainWindow]) -> None:
    window = open_at_speed()
    requests = requests_of(window)
    window.exports.all.progress = ExportStep("bars.png", 0, 1)
    set_filters(window, 9)
    qtbot.waitUntil(lambda: "files are exported" in window.status.hover.text())
    assert requests == []
    window.exports.all.cancel()
    wait_for_run(qtbot, window, requests)


def test_a_closed_window_starts_no_run(qtbot: QtBot, open_at_speed: Callable[..., MainWindow]) -> None:
    window = open_at_speed()
    requests = requests_of(window)
    set_filters(window, 9)
    window.workbench.document.undo_stack.setClean()
    window.close()
    QTest.qWait(400)
    assert requests == []


def test_runs_are_measured(qtbot: QtBot, open_at_speed: Callable[..., MainWindow]) -> None:
    window = open_at_speed()
    run(window, qtbot)
    measured = window.automatic_run.speed
    assert measured.small.predicted > CHEAP.small.predicted * 0.5
    assert measured != CHEAP
    run(window, qtbot)  # all of it is cached
    assert window.automatic_run.speed == measured
