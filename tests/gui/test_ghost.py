"""The selected point of a sweep as a pale design in the pictures, which is no part of the project until it is added."""

# ruff: noqa: F811

import pytest
from PySide6.QtCore import Qt

from engine.project.project import SweepSettings
from gui.state import edits
from gui.state.focus import Focus
from gui.state.requests import RunSweep, ShowPoint
from gui.views.bars import BarsView
from gui.views.volumes import VolumesView
from tests.gui.test_sweep_view import AXIS, run, view, workbench  # noqa: F401, the fixtures

NAME = "point: reduce.filters 3"


@pytest.fixture
def pictures(qtbot, workbench):
    """Both pictures, as in the window."""
    views = VolumesView(workbench.state), BarsView(workbench.state)
    for picture in views:
        qtbot.addWidget(picture)
        picture.resize(600, 400)
        workbench.changed.connect(picture.show_state)
        picture.focus_requested.connect(workbench.set_focus)
    return views


def totals(bars):
    return {line.design: line.value for line in bars.canvas._content.totals}


def test_a_selected_point_is_drawn_beside_the_designs_and_is_no_part_of_the_project(qtbot, view, workbench, pictures):
    volumes, bars = pictures
    run(qtbot, view, workbench)
    before, project = totals(bars), workbench.state.project
    view.points.select(2)
    last = NAME, "conv5x5"
    qtbot.waitUntil(lambda: workbench.state.has_ghost and last in workbench.state.ghost.results, timeout=5000)
    assert totals(bars) == before | {NAME: workbench.state.sweep.rows[2]["macs"]}
    assert NAME in volumes.canvas.accessibleDescription()
    state = workbench.state.beside
    assert state.colour_index(NAME) == -1
    assert state.volume_at(last).is_fresh
    assert workbench.state.project is project
    assert NAME not in workbench.state.check.analyses
    pictures[1].focus_requested.emit(Focus(NAME, "reduce"))
    assert workbench.state.focus.design != NAME, "what is no part of the project cannot be selected"
    # Enter makes it a design, and the ghost is gone; undo brings it back.
    view.points.table.setFocus()
    qtbot.keyClick(view.points.table, Qt.Key.Key_Return)
    assert not workbench.state.has_ghost
    assert set(totals(bars)) == set(before) | {"reduce.filters 3"}
    workbench.document.undo_stack.undo()
    assert workbench.state.has_ghost
    assert NAME in totals(bars)


def test_a_new_sweep_and_another_project_have_no_ghost(qtbot, view, workbench, pictures):
    run(qtbot, view, workbench)
    for end in (
        lambda: workbench.answer(ShowPoint(None)),
        lambda: workbench.answer(RunSweep(SweepSettings((AXIS,)))),
        lambda: workbench.show_project(workbench.state.project),
    ):
        workbench.answer(ShowPoint({"bottleneck/reduce.filters": 2}))
        qtbot.waitUntil(lambda: workbench.state.has_ghost, timeout=5000)
        end()
        assert workbench.state.ghost is None
        qtbot.waitUntil(lambda: not workbench.state.sweep.is_busy, timeout=5000)


def test_a_drag_in_the_picture_of_a_ghost_edits_the_project_alone(qtbot, view, workbench, pictures):
    run(qtbot, view, workbench)
    view.points.select(2)
    qtbot.waitUntil(lambda: workbench.state.has_ghost, timeout=5000)
    proposed = []
    pictures[0].edit_proposed.connect(proposed.append)
    beside = workbench.state.beside
    pictures[0].canvas.edit_proposed.emit(edits.remove_nodes(beside.project, "naive", ["conv5x5"]))
    pictures[0].canvas.edit_proposed.emit(edits.remove_nodes(beside.project, NAME, ["reduce"]))
    assert len(proposed) == 1, "an edit of the ghost alone changes nothing"
    assert proposed[0].project == edits.remove_nodes(workbench.state.project, "naive", ["conv5x5"]).project
