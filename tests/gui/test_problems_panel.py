"""The list of problems: a click or Enter leads to what has the mistake."""

from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from engine.layers import Conv2d
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.project import Design, Project
from engine.text.problems import Problem
from gui.panels.problems import ProblemsPanel
from gui.state.focus import Focus
from gui.state.run_view import RunView
from gui.state.view_state import ViewState
from gui.widgets.fix_buttons import FixButtons
from gui.window.main_window import MainWindow
from tests.gui.panel_harness import PROJECT, PanelHarness
from tests.gui.view_harness import state_of


def state_with_problems() -> ViewState:
    mistaken = Network((Node("conv", Conv2d(4, 3, groups=3)),))
    before_run = state_of(replace(PROJECT, designs=(Design("naive", mistaken),)))
    return replace(before_run, run=RunView(problems=(Problem("out of memory", "$.designs[0]", "naive"),)))


def test_problems_are_listed_and_a_click_or_enter_selects_their_node(qtbot: QtBot):
    panel = ProblemsPanel(state_with_problems())
    harness = PanelHarness(qtbot, panel)
    texts = [panel.list.item(row).text() for row in range(panel.list.count())]
    assert panel.count_label.text() == f"{len(texts)} mistakes"
    assert texts[0].startswith("naive › conv\ngroups 3 does not divide")
    assert texts[-1] == "naive\nout of memory"
    rect = panel.list.visualItemRect(panel.list.item(0))
    qtbot.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    panel.list.setCurrentRow(panel.list.count() - 1)
    qtbot.keyClick(panel.list, Qt.Key.Key_Return)
    assert harness.focuses == [Focus("naive", "conv"), Focus("naive", INPUT)]


def test_problems_are_copied_with_their_position_in_the_file(qtbot: QtBot):
    panel = ProblemsPanel(state_with_problems())
    PanelHarness(qtbot, panel)
    qtbot.mouseClick(panel.copy, Qt.MouseButton.LeftButton)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0].startswith("$.designs[0].nodes[0].groups: conv: groups 3")
    assert len(lines) == panel.list.count()


def test_without_problems_the_list_is_hidden_with_a_message(qtbot: QtBot):
    panel = ProblemsPanel(state_with_problems())
    harness = PanelHarness(qtbot, panel)
    harness.show(state_of(PROJECT))
    assert panel.count_label.text() == "No mistakes"
    assert not panel.list.isVisible()
    assert not panel.copy.isVisible()


def test_each_problem_offers_its_fixes_as_buttons_that_propose_one_edit(qtbot: QtBot):
    panel = ProblemsPanel(state_with_problems())
    harness = PanelHarness(qtbot, panel)
    fixes = panel.list.itemWidget(panel.list.item(0))
    assert isinstance(fixes, FixButtons)
    assert [button.text() for button in fixes.buttons] == ["Groups 2", "Groups 4"]
    text = panel.list.visualItemRect(panel.list.item(0))
    assert text.contains(fixes.geometry())
    assert panel.list.itemWidget(panel.list.item(panel.list.count() - 1)) is None
    qtbot.mouseClick(fixes.buttons[1], Qt.MouseButton.LeftButton)
    [edit] = harness.edits
    assert edit.text == "Fix conv: groups 4"
    assert panel.count_label.text() == "No mistakes"


def test_buttons_of_fixes_are_reached_by_tab_and_pressed_by_space(qtbot: QtBot):
    panel = ProblemsPanel(state_with_problems())
    harness = PanelHarness(qtbot, panel)
    panel.list.setFocus()
    qtbot.keyClick(panel.list, Qt.Key.Key_Tab)
    button = panel.window().focusWidget()
    assert button is panel.list.itemWidget(panel.list.item(0)).buttons[0]
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert [edit.text for edit in harness.edits] == ["Fix conv: groups 2"]


def test_a_command_takes_the_first_fix_of_the_selected_layer_as_one_step(window: MainWindow):
    bench, action = window.workbench, window.actions_by_id["fix"]
    mistaken = Network((Node("conv", Conv2d(4, 3, groups=3)), Node("other", Conv2d(4, 1))))
    bench.show_project(Project(NoiseInput((4, 8, 8)), (Design("naive", mistaken),)))
    bench.set_focus(Focus("naive", "other"))
    assert not action.isEnabled()
    bench.set_focus(Focus("naive", "conv"))
    assert action.toolTip() == "Fix mistake: groups 2 (Ctrl+.)"
    action.trigger()
    assert not bench.state.problems
    assert bench.document.undo_stack.undoText() == "Fix conv: groups 2"
    bench.document.undo_stack.undo()
    assert bench.state.problems
