"""Sweeps of the window on workers: the choice of a place, what is said before the start, and what stays at the end."""

# ruff: noqa: F811

from contextlib import contextmanager
from time import monotonic

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


def test_reports_reach_the_window_at_most_15_times_a_second_with_all_points(qtbot, workbench):
    states = []
    workbench.sweep.changed.connect(states.append)
    start = monotonic()
    workbench.answer(RunSweep(SweepSettings(("bottleneck/reduce.filters=1..2000",))))
    qtbot.waitUntil(lambda: not workbench.state.sweep.is_busy, timeout=20_000)
    assert len(workbench.state.sweep.rows) == 2000
    assert len(states) <= 5 + 15 * (monotonic() - start), "start, sweep, place, designs and end are reported besides"
