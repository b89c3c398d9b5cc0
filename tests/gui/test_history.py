"""The history: named steps to jump to by mouse and keys, with the saved one marked and the selection restored."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListView
from pytestqt.qtbot import QtBot

from engine.layers import Conv2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.project import Design, Project
from gui.panels.history import HistoryPanel
from gui.state import edits
from gui.state.edit import merged_text
from gui.state.focus import Focus
from gui.window.main_window import MainWindow
from tests.gui.window_input import activate

CONV = ("naive", "conv")
PROJECT = Project(
    NoiseInput((4, 8, 8)),
    (Design("naive", Network((Node("conv", Conv2d(8, 3)),))), Design("other", Network((Node("a", Conv2d(2, 1)),)))),
)


def set_filters(window: MainWindow, filters: int) -> None:
    edit = edits.set_setting(window.workbench.state.project, CONV, "filters", filters)
    window.workbench.edit(edit.text, edit.project)


def rows(window: MainWindow) -> list[str]:
    model = window.history.list.model()
    return [model.index(row).data(Qt.ItemDataRole.AccessibleTextRole) for row in range(model.rowCount())]


def current(window: MainWindow) -> int:
    return window.history.list.currentIndex().row()


def filters_now(window: MainWindow) -> int:
    return window.workbench.state.project.network("naive").node("conv").layer.filters


@pytest.fixture
def edited(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """A window with three steps, the last two on another selection than the first."""
    activate(window, qtbot)
    bench = window.workbench
    bench.show_project(PROJECT)
    bench.set_focus(Focus(*CONV))
    set_filters(window, 16)
    bench.set_focus(Focus("other", "a"))
    set_filters(window, 32)
    set_filters(window, 48)
    return window


def test_the_steps_have_names_that_say_what_changed_and_where(edited: MainWindow):
    assert rows(edited) == [
        "As opened",
        "Filters of conv: 8 → 16, naive",
        "Filters of conv: 16 → 32, naive",
        "Filters of conv: 32 → 48, naive",
    ]
    assert current(edited) == 3
    assert edited.history.count_label.text() == "3 steps"


def test_a_click_jumps_to_a_step_with_one_change_of_the_window_and_its_selection(edited: MainWindow, qtbot: QtBot):
    edited.parts.begin("history")
    view: QListView = edited.history.list
    changes = []
    edited.workbench.changed.connect(lambda old, new: changes.append(new.project) if old.project != new.project else 0)
    rect = view.visualRect(view.model().index(0))
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    assert filters_now(edited) == 8
    assert len(changes) == 1
    assert edited.workbench.state.focus.ref == CONV
    assert rows(edited)[2] == "Filters of conv: 16 → 32, naive, undone"
    assert edited.history.count_label.text() == "3 steps, 3 undone"
    rect = view.visualRect(view.model().index(2))
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    assert filters_now(edited) == 32
    assert edited.workbench.state.focus.ref == ("other", "a")
    assert edited.workbench.document.undo_stack.index() == 2


def test_keys_go_through_the_steps_and_undo_and_redo_move_the_selected_row(edited: MainWindow, qtbot: QtBot):
    edited.actions_by_id["show_history"].trigger()
    view = edited.history.list
    assert view.hasFocus()
    qtbot.keyClick(view, Qt.Key.Key_Up)
    assert filters_now(edited) == 32
    qtbot.keyClick(view, Qt.Key.Key_Home)
    assert filters_now(edited) == 8
    qtbot.keyClick(view, Qt.Key.Key_End)
    assert filters_now(edited) == 48
    edited.workbench.document.undo_stack.undo()
    assert current(edited) == 2
    edited.workbench.document.undo_stack.redo()
    assert current(edited) == 3


def test_an_edit_after_a_jump_replaces_the_undone_steps(edited: MainWindow):
    edited.history.index_requested.emit(1)
    set_filters(edited, 5)
    assert rows(edited) == ["As opened", "Filters of conv: 8 → 16, naive", "Filters of conv: 16 → 5, naive"]
    assert current(edited) == 2


def test_the_saved_version_is_marked(edited: MainWindow, tmp_path: Path):
    assert not any("saved" in row for row in rows(edited))
    edited.history.index_requested.emit(2)
    edited.workbench.document.save(tmp_path / "p.toml")
    assert [number for number, row in enumerate(rows(edited)) if "saved" in row] == [2]
    assert edited.history.list.model().index(2).data(Qt.ItemDataRole.DecorationRole) is not None
    edited.history.index_requested.emit(0)
    assert [number for number, row in enumerate(rows(edited)) if "saved" in row] == [2]
    assert not edited.workbench.state.clean
    edited.history.index_requested.emit(2)
    assert edited.workbench.state.clean


def test_another_project_begins_a_history(edited: MainWindow):
    edited.workbench.show_project(PROJECT)
    assert rows(edited) == ["As opened"]
    assert edited.history.count_label.text() == "No steps yet"


def test_a_panel_before_any_history_shows_the_version_as_opened(qtbot: QtBot, window: MainWindow):
    panel = HistoryPanel(window.workbench.state)
    qtbot.addWidget(panel)
    assert panel.model.rowCount() == 1


@pytest.mark.parametrize(
    ("first", "last", "merged"),
    [
        ("Filters of a → b: 8 → 16", "Filters of a → b: 16 → 48", "Filters of a → b: 8 → 48"),
        ("Kernel of c: 3 → 3×5", "Kernel of c: 3×5 → 5", "Kernel of c: 3 → 5"),
        ("Title: a", "Title: ab", "Title: ab"),
        ("Add conv", "Filters of conv: 8 → 16", "Filters of conv: 8 → 16"),
    ],
)
def test_merged_steps_go_from_the_first_value_to_the_last(first: str, last: str, merged: str):
    assert merged_text(first, last) == merged
