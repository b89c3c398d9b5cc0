"""Random edits, through the model and through real widgets: nothing breaks, and undo and redo lead to both ends."""

from random import Random

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QCheckBox, QComboBox
from pytestqt.qtbot import QtBot

from engine.network.graph import INPUT
from engine.project.file import load_project, save_project
from engine.run.check import check
from gui.graphics.canvas import Canvas
from gui.state.view_state import Focus
from gui.window.actions import ACTIONS
from gui.window.main_window import MainWindow
from gui.workbench.workbench import Workbench
from tests.gui.user_input import move_mouse, turn_wheel

EDITS = [action for action in ACTIONS if action.edit is not None]
LOOKS = [action for action in ACTIONS if action.look is not None]
KEYS = [Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown,
        Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Plus, Qt.Key.Key_Minus, Qt.Key.Key_0, Qt.Key.Key_Z, Qt.Key.Key_T,
        Qt.Key.Key_F, Qt.Key.Key_3]  # fmt: skip
LARGEST = 60
"""Layers in all designs from which on only removals are left: the test must end."""


def select_anything(workbench: Workbench, random: Random) -> None:
    """Select a design, a layer, a block or a part of one."""
    state = workbench.state
    if not state.check.analyses:
        return
    design = random.choice(list(state.check.analyses))
    analysis = state.check.analyses[design]
    names = [INPUT, *(report.name for report in analysis.reports), *analysis.blocks]
    workbench.set_focus(Focus(design, random.choice(names)))


def edit_anything(workbench: Workbench, random: Random) -> None:
    """Do one of the edits that are possible."""
    state = workbench.state
    size = sum(len(analysis.reports) for analysis in state.check.analyses.values())
    possible = [action for action in EDITS if action.enabled(state) and (size < LARGEST or action.id == "remove")]
    if possible:
        action = random.choice(possible)
        assert action.edit is not None
        edit = action.edit(state)
        if edit is not None:
            workbench.edit(edit.text, edit.project, edit.merge, edit.focus)


@pytest.mark.parametrize("seed", range(8))
def test_any_edits_can_be_undone_to_the_start_and_redone_to_the_end(seed: int, workbench: Workbench, tmp_path) -> None:
    random = Random(seed)
    stack, start = workbench.document.undo_stack, workbench.document.project
    versions = [start]
    for _ in range(60):
        select_anything(workbench, random)
        edit_anything(workbench, random)
        state = workbench.state
        assert state.focus.ref in state.check
        assert state.project == workbench.document.project
        if state.project != versions[-1]:
            versions.append(state.project)
    assert len(versions) > 10
    save_project(versions[-1], tmp_path / "end.toml")
    assert load_project(tmp_path / "end.toml").project == versions[-1]
    for version in reversed(versions[:-1]):
        while workbench.document.project != version:
            assert stack.canUndo()
            stack.undo()
    assert not stack.canUndo() or workbench.document.project == start
    while stack.canRedo():
        stack.redo()
    assert workbench.document.project == versions[-1]
    assert workbench.state.check.problems == check(versions[-1]).problems


def press_anything(window: MainWindow, random: Random) -> None:
    """Use a widget as a hasty user does: a canvas, a field of a form, or a command that opens no dialog."""
    canvases = [canvas for canvas in window.findChildren(Canvas) if canvas.isVisible()]
    fields = [
        field
        for kind in (QAbstractSpinBox, QComboBox, QCheckBox)
        for field in window.form.findChildren(kind)
        if field.isVisible() and field.isEnabled()
    ]
    match random.randrange(6):
        case 0:
            canvas = random.choice(canvases)
            at = QPoint(random.randrange(canvas.width()), random.randrange(canvas.height()))
            move_mouse(canvas.viewport(), at)
            QTest.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=at)
        case 1:
            canvas = random.choice(canvases)
            at = QPoint(random.randrange(canvas.width()), random.randrange(canvas.height()))
            turn_wheel(canvas.viewport(), random.randrange(-4, 5), at)
        case 2:
            QTest.keyClick(random.choice(canvases), random.choice(KEYS))
        case 3 if fields:
            QTest.keyClick(random.choice(fields), random.choice([Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Space]))
        case 4:
            action = random.choice(LOOKS)
            if window.actions_by_id[action.id].isEnabled():
                window.actions_by_id[action.id].trigger()
        case _:
            select_anything(window.workbench, random)
            edit_anything(window.workbench, random)


@pytest.mark.qt_log_ignore("does not support grabbing the keyboard", extend=True)
@pytest.mark.parametrize("seed", range(3))
def test_a_window_survives_a_hasty_user(seed: int, window: MainWindow, qtbot: QtBot) -> None:
    random = Random(seed)
    workbench = window.workbench
    stack, start = workbench.document.undo_stack, workbench.document.project
    for number in range(120):
        press_anything(window, random)
        if number % 30 == 10:
            window.actions_by_id["run"].trigger()
        QApplication.processEvents()
        if popup := QApplication.activePopupWidget():
            popup.close()
    qtbot.waitUntil(lambda: workbench.state.run.progress is None, timeout=30_000)
    end = workbench.document.project
    while stack.canUndo():
        stack.undo()
        QApplication.processEvents()
    assert workbench.document.project == start
    while stack.canRedo():
        stack.redo()
    assert workbench.document.project == end
    window.grab()
