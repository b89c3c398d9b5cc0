"""Several layers selected in the list and in the volumes; undo restores the selection."""

from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from engine.network.graph import INPUT
from gui.state.focus import Focus
from gui.state.node_selection import toggle_node
from gui.window.main_window import MainWindow
from tests.gui.panel_harness import PROJECT

LEFT, CTRL, SHIFT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
NO_MODIFIER = Qt.KeyboardModifier.NoModifier


def click_row(window: MainWindow, qtbot: QtBot, node: str, modifier=NO_MODIFIER, design: str = "bottleneck") -> None:
    tree = window.designs.tree
    item = tree.item_at((design, node))
    assert item is not None
    tree.scrollToItem(item)
    qtbot.mouseClick(tree.viewport(), LEFT, modifier, tree.visualItemRect(item).center())


def selected(window: MainWindow) -> tuple[str, set[str]]:
    focus = window.workbench.state.focus
    return focus.node, set(focus.others)


def selected_rows(window: MainWindow) -> list[str]:
    return [item.text(0) for item in window.designs.tree.selectedItems()]


def test_ctrl_and_a_click_adds_a_row_or_takes_it_out_and_shift_selects_the_rows_between(open_window, qtbot):
    window = open_window(PROJECT)
    click_row(window, qtbot, "reduce")
    click_row(window, qtbot, "conv5x5", CTRL)
    assert selected(window) == ("conv5x5", {"reduce"})
    assert sorted(selected_rows(window)) == ["conv5x5", "reduce"]
    click_row(window, qtbot, "conv5x5", CTRL)
    assert selected(window) == ("reduce", set())
    click_row(window, qtbot, "conv5x5", SHIFT)
    assert selected(window) == ("conv5x5", {"reduce", "relu"})
    click_row(window, qtbot, "relu")
    assert selected(window) == ("relu", set())
    assert selected_rows(window) == ["relu"]


def test_a_row_of_another_design_or_of_a_design_is_selected_alone(open_window, qtbot):
    window = open_window(PROJECT)
    click_row(window, qtbot, "reduce")
    click_row(window, qtbot, "conv5x5", CTRL, design="naive")
    assert window.workbench.state.focus == Focus("naive", "conv5x5")
    assert selected_rows(window) == ["conv5x5"]
    click_row(window, qtbot, INPUT, CTRL, design="naive")
    assert window.workbench.state.focus == Focus("naive")
    assert selected_rows(window) == ["naive"]


def test_keys_extend_the_selection_and_select_all_layers_of_a_design(open_window, qtbot):
    window = open_window(PROJECT)
    click_row(window, qtbot, "reduce")
    qtbot.keyClick(window.designs.tree, Qt.Key.Key_Down, SHIFT)
    assert selected(window) == ("relu", {"reduce"})
    qtbot.keyClick(window.designs.tree, Qt.Key.Key_A, CTRL)
    assert selected(window) == ("relu", {"reduce", "conv5x5"})


def test_undo_and_redo_restore_the_selection_of_several_layers(open_window, qtbot):
    window = open_window(PROJECT)
    click_row(window, qtbot, "reduce")
    click_row(window, qtbot, "relu", CTRL)
    before = window.workbench.state.focus
    qtbot.keyClick(window.designs.tree, Qt.Key.Key_Delete)
    assert [node.name for node in window.workbench.state.project.network("bottleneck").nodes] == ["conv5x5"]
    assert window.workbench.state.focus == Focus("bottleneck", "conv5x5")
    click_row(window, qtbot, "conv5x5", design="naive")
    window.actions_by_id["undo"].trigger()
    assert window.workbench.state.focus == before
    assert sorted(selected_rows(window)) == ["reduce", "relu"]
    window.actions_by_id["redo"].trigger()
    assert window.workbench.state.focus == Focus("bottleneck", "conv5x5")


def test_ctrl_and_a_click_on_a_box_adds_it_to_the_selection(open_window, qtbot):
    window = open_window(PROJECT)
    canvas = window.views["volumes"].canvas
    points = {
        box.ref: canvas.widget_point(QPointF(*box.prism.outline().boundingRect().center().toTuple())).toPoint()
        for box in canvas.current_layout().scene.boxes
    }
    qtbot.mouseClick(canvas.viewport(), LEFT, NO_MODIFIER, points["bottleneck", "reduce"])
    qtbot.wait(1)
    qtbot.mouseClick(canvas.viewport(), LEFT, CTRL, points["bottleneck", "conv5x5"])
    assert selected(window) == ("conv5x5", {"reduce"})
    assert sorted(selected_rows(window)) == ["conv5x5", "reduce"]


def test_a_node_is_added_taken_out_or_alone_in_another_design():
    two = toggle_node(Focus("d", "a", 3), ("d", "b"))
    assert two == Focus("d", "b", others=frozenset({"a"}))
    assert toggle_node(two, ("d", "a")) == Focus("d", "b")
    assert toggle_node(two, ("d", "b")) == Focus("d", "a")
    assert toggle_node(two, ("e", "a")) == Focus("e", "a")
    assert toggle_node(two, ("d", INPUT)) == Focus("d")
    assert toggle_node(Focus("d", "a"), ("d", "a")) == Focus("d", "a")


def test_the_form_and_the_buttons_say_what_they_act_on(open_window, qtbot):
    window = open_window(PROJECT)
    click_row(window, qtbot, "reduce")
    assert window.form.help.text().startswith("Slides filters")
    for node in ("relu", "conv5x5"):
        click_row(window, qtbot, node, CTRL)
    assert window.form.help.text().startswith(
        "One of 3 selected layers: commands act on all of them, this form on conv5x5"
    )
    tips = {glyph: button.toolTip() for glyph, button in window.designs.buttons.items()}
    assert tips["remove"] == "Remove 3 layers (Del)"
    assert tips["rename"] == "Rename conv5x5 (F2)"
