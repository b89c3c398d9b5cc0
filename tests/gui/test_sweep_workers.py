"""Sweeps of the window on workers: the choice of a place, what is said before the start, and what stays at the end."""

# ruff: noqa: F811

import shutil
from contextlib import contextmanager
from functools import partial
from time import monotonic, sleep

import psutil
import pytest
from PySide6.QtWidgets import QDialogButtonBox

from engine.project.project import SweepSettings
from engine.sweep import worker_plan
from engine.sweep.worker_settings import TlsFiles, WorkerSettings
from engine.text.problems import Problem, ProjectError
from gui.state.requests import RunSweep
from gui.views.sweep import SweepView
from gui.views.sweep_workers import WorkersDialog
from gui.workbench.workbench import Workbench
from tests.gui.conftest import PROJECT
from tests.gui.test_sweep_view import view, workbench  # noqa: F401, the fixtures
from tests.gui.view_harness import state_of

AXIS = "bottleneck/reduce.filters=1..40"


def choose(view, **changes):
    """Choose a place in the dialog of the view's button."""
    view.workers.click()
    dialog = view.window().findChild(WorkersDialog)
    setters = {bool: "setChecked", int: "setValue", str: "setText"}
    for name, value in changes.items():
        getattr(getattr(dialog, name), setters[type(value)])(value)
    dialog.buttons.button(QDialogButtonBox.StandardButton.Ok).click()


@pytest.mark.parametrize(
    ("changes", "settings", "text"),
    [
        ({}, WorkerSettings(), "automatic"),
        ({"here": True}, WorkerSettings(0), "this process"),
        ({"local": True, "count": 3}, WorkerSettings(3), "3 processes"),
        (
            {"remote": True, "scheduler": " tcp://node1:8786"},
            WorkerSettings(scheduler="tcp://node1:8786"),
            "tcp://node1:8786",
        ),
    ],
)
def test_the_place_that_is_chosen_is_shown_and_is_that_of_the_sweep(qtbot, changes, settings, text):
    view = SweepView(state_of(PROJECT))
    qtbot.addWidget(view)
    requests: list[object] = []
    view.requested.connect(requests.append)
    choose(view, **changes)
    assert view.workers.text() == f"Workers: {text}…"
    view.axes.setPlainText(AXIS)
    view.start.click()
    assert [request.workers for request in requests if isinstance(request, RunSweep)] == [settings]


def test_only_a_cluster_has_an_address_and_only_tls_has_files(qtbot):
    given = WorkerSettings(scheduler="tls://a:1", tls=TlsFiles("ca.pem", "me.pem", "me.key"))
    dialog = WorkersDialog(given)
    qtbot.addWidget(dialog)
    ok = dialog.buttons.button(QDialogButtonBox.StandardButton.Ok)
    assert dialog.settings == given
    for address, is_valid in {"tcp://a:1": True, "": False, "a:1": False, "tcp://a": False, "tls://:1": False}.items():
        dialog.scheduler.setText(address)
        assert ok.isEnabled() == is_valid, address
        assert dialog.fault.isHidden() == is_valid
        assert dialog.tls.isEnabled() == address.startswith("tls:")
    dialog.scheduler.setText("tcp://a:1")
    assert dialog.settings == WorkerSettings(scheduler="tcp://a:1")
    dialog.here.setChecked(True)
    assert dialog.settings == WorkerSettings(0)


def test_before_the_start_the_memory_of_workers_and_the_time_are_shown(qtbot, view):
    choose(view, local=True, count=2)
    view.axes.setPlainText(AXIS)
    view.measures["error"].setChecked(True)
    words = "measuring in 2 processes of one thread each, with about "
    qtbot.waitUntil(lambda: words in view.note.text(), timeout=10_000)
    assert view.note.text().startswith("40 points, about 0.")
    assert " of memory each, at most about " in view.note.text()


def test_a_sweep_on_a_worker_stops_at_once_keeps_its_points_and_ends_the_worker(qtbot, view, workbench):
    pytest.importorskip("distributed")
    before = set(psutil.Process().children(recursive=True))
    choose(view, local=True, count=1)
    view.axes.setPlainText("bottleneck/reduce.filters=1..1500")
    view.measures["error"].setChecked(True)
    view.start.click()
    qtbot.waitUntil(lambda: len(workbench.state.sweep.rows) > 2, timeout=30_000)
    assert "of 1,500 points; measuring in 1 process of one thread each" in view.note.text()
    view.start.click()
    assert not workbench.state.sweep.is_busy
    rows = workbench.state.sweep.rows
    assert all(row["error_held_out"] is not None for row in rows)
    qtbot.waitUntil(lambda: not workbench.sweep._worker.busy, timeout=10_000)
    assert workbench.state.sweep.rows == rows
    started = set(psutil.Process().children(recursive=True)) - before
    names = [" ".join(process.cmdline()) for process in started if process.status() != psutil.STATUS_ZOMBIE]
    assert not [name for name in names if "spawn_main" in name]


def test_a_scheduler_that_is_lost_leaves_every_point_that_is_done(qtbot, workbench, monkeypatch):
    def measure(points):
        for _, counted in zip(range(3), points, strict=False):
            yield counted, {"error_fitted": 0.5}, ""
        raise ProjectError([Problem("the scheduler is lost", "")])

    @contextmanager
    def measuring(plan, sweep, checkpoint):
        yield measure

    monkeypatch.setattr(worker_plan, "measuring", measuring)
    workbench.answer(RunSweep(SweepSettings((AXIS,), measure=("error",)), WorkerSettings(scheduler="tcp://a:1")))
    qtbot.waitUntil(lambda: not workbench.state.sweep.is_busy, timeout=10_000)
    assert [row["error_fitted"] for row in workbench.state.sweep.rows] == [0.5] * 3
    assert [problem.text for problem in workbench.state.sweep.problems] == ["the scheduler is lost"]


class Places:
    """Stands in for workers: measures points up to one, and waits there until the sweep is ended."""

    def __init__(self):
        self.measured = []
        self.last = 40

    @contextmanager
    def measuring(self, plan, sweep, checkpoint):
        yield partial(self.measure, checkpoint)

    def measure(self, checkpoint, points):
        for counted in points:
            while len(self.measured) == self.last:
                checkpoint()
                sleep(0.01)
            self.measured.append(counted.point)
            yield counted, {"error_fitted": 1 / (3 + len(self.measured))}, ""


@pytest.fixture
def places(monkeypatch):
    places = Places()
    monkeypatch.setattr(worker_plan, "measuring", places.measuring)
    return places


@pytest.fixture
def open_workbench(qtbot):
    """Open windows without views, whose measured points are kept in a folder."""
    windows = []

    def open_in(folder):
        window = Workbench(PROJECT)
        windows.append(window)
        window.sweep.keep_rows_in(folder)
        return window

    yield open_in
    for window in windows:
        window.close()


MEASURED = RunSweep(SweepSettings((AXIS,), measure=("error",)))


def finish(qtbot, workbench):
    workbench.answer(MEASURED)
    qtbot.waitUntil(lambda: not workbench.state.sweep.is_busy, timeout=10_000)
    assert not workbench.state.sweep.problems
    return workbench.state.sweep.rows


@pytest.mark.parametrize("end", ["closed", "killed"])
def test_a_sweep_continues_in_another_window_after_one_was_closed_or_killed(
    end, qtbot, open_workbench, places, tmp_path
):
    first, folder = open_workbench(tmp_path / "first"), tmp_path / "first"
    places.last = 25
    first.answer(MEASURED)
    qtbot.waitUntil(lambda: len(first.state.sweep.rows) == 25, timeout=10_000)
    before = first.state.sweep.rows
    if end == "killed":
        folder = shutil.copytree(folder, tmp_path / "left")  # as it is on the disk in the middle
    first.close()
    places.last = 100
    rows = finish(qtbot, open_workbench(folder))
    assert len(rows) == 40
    assert [row["error_fitted"] for row in rows[:25]] == [row["error_fitted"] for row in before]
    assert sorted(places.measured) == sorted((number,) for number in range(40)), "none twice"


def test_a_finished_sweep_is_shown_at_once_in_another_window_and_measured_anew_where_it_is_shown(
    qtbot, open_workbench, places, tmp_path
):
    rows = finish(qtbot, open_workbench(tmp_path))
    places.last = 100
    second = open_workbench(tmp_path)
    again = finish(qtbot, second)
    assert [row["error_fitted"] for row in again] == [row["error_fitted"] for row in rows]
    assert len(places.measured) == 40
    anew = finish(qtbot, second)
    assert len(places.measured) == 80
    assert anew[0]["error_fitted"] != rows[0]["error_fitted"]


def test_points_that_cannot_be_kept_are_measured_all_the_same_and_the_window_says_so(
    qtbot, open_workbench, places, tmp_path
):
    (tmp_path / "file").touch()
    workbench = open_workbench(tmp_path / "file")
    said = []
    workbench.sweep.changed.connect(lambda state: said.append(state.place))
    assert len(finish(qtbot, workbench)) == 40
    assert any(text.startswith("points are not kept: cannot be written to: Not a directory") for text in said)


def test_reports_reach_the_window_at_most_15_times_a_second_with_all_points(qtbot, workbench):
    states = []
    workbench.sweep.changed.connect(states.append)
    start = monotonic()
    workbench.answer(RunSweep(SweepSettings(("bottleneck/reduce.filters=1..2000",))))
    qtbot.waitUntil(lambda: not workbench.state.sweep.is_busy, timeout=20_000)
    assert len(workbench.state.sweep.rows) == 2000
    assert len(states) <= 5 + 15 * (monotonic() - start), "start, sweep, place, designs and end are reported besides"
