"""The panel of designs and layers: its rows, keys, buttons and menus propose edits and request the focus."""

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from engine.blocks import BLOCKS
from engine.layers import LAYERS, Conv2d
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import NoiseInput
from engine.network.node_ref import STEM
from engine.project.project import Design, Project
from engine.run.check import EarlierCheck, check
from engine.unchanged_items import last_results
from gui.panels.design_rows import design_tree_rows
from gui.panels.designs import DesignsPanel
from gui.state.focus import Focus
from gui.state.look import Look
from gui.state.run_view import RunView
from tests.gui.panel_harness import BOTTLENECK, PROJECT, open_designs, row_names
from tests.gui.view_harness import state_of


def test_rows_are_the_stem_and_each_design_with_its_layers(qtbot: QtBot):
    panel, _ = open_designs(qtbot, "bottleneck", "relu")
    assert row_names(panel) == [
        ["stem (shared)", "stem_conv", "stem_relu"],
        ["naive", "conv5x5"],
        ["bottleneck", "reduce", "relu", "conv5x5"],
    ]
    stem, naive = (panel.tree.topLevelItem(index) for index in (0, 1))
    assert not stem.isExpanded()
    assert naive.isExpanded()
    assert panel.tree.currentItem().text(0) == "relu"


def test_a_row_has_operator_shape_amount_and_mistake():
    (_, (node,)), _ = design_tree_rows(state_of(replace(PROJECT, stem=None)))
    assert (node.operator, node.shape, node.amount) == ("5×5, 32 filters", "32×32×32", "2.458 M MACs")
    mistaken = replace(PROJECT, stem=None, designs=(Design("d", Network((Node("c", Conv2d(4, 3, groups=3)),))),))
    ((head, (node,)),) = design_tree_rows(state_of(mistaken))
    assert (node.shape, node.amount) == ("", "unknown")
    assert node.mistake == "groups 3 does not divide the 4 filters: use 1"
    assert head.mistake == "1 layer, 1 with a mistake"
    ((_, (row,)), _) = design_tree_rows(state_of(replace(PROJECT, stem=None), metric="params"))
    assert row.amount == "2.432 K params"


def test_rows_of_what_an_edit_leaves_unchanged_are_the_same_objects_and_equal_fresh_ones():
    before = state_of(PROJECT)
    rows = design_tree_rows(before)
    network, edited = PROJECT.network("bottleneck"), []
    for layer in (Conv2d(8, 1), Conv2d(8, 1, groups=3)):
        project = PROJECT.with_network("bottleneck", network.with_layer("reduce", layer))
        project_check = check(project, EarlierCheck(before.project, before.check))
        after = replace(before, project=project, check=project_check)
        after_rows = design_tree_rows(after)
        assert after_rows[1][1][0] is rows[1][1][0]
        assert after_rows[2][1][0] != rows[2][1][0]
        edited.append((after, after_rows))
    last_results.cache_clear()
    assert all(after_rows == design_tree_rows(after) for after, after_rows in edited)


def test_no_row_is_taken_over_with_an_amount_that_depends_on_other_layers():
    by_field = replace(state_of(PROJECT), look=Look(metric="receptive_field"))
    rows, others = (design_tree_rows(replace(by_field, run=RunView())) for _ in range(2))
    assert rows == others
    assert rows[1][1][0] is not others[1][1][0]


def test_a_click_on_a_row_requests_the_focus(qtbot: QtBot):
    panel, harness = open_designs(qtbot, "naive", "conv5x5")
    item = panel.tree.item_at(("bottleneck", "reduce"))
    assert item is not None
    point = panel.tree.visualItemRect(item).center()
    qtbot.mouseClick(panel.tree.viewport(), Qt.MouseButton.LeftButton, pos=point)
    assert harness.focuses == [Focus("bottleneck", "reduce")]
    assert harness.edits == []


def test_a_new_focus_makes_its_row_current_without_a_request(qtbot: QtBot):
    panel, harness = open_designs(qtbot, "naive", "conv5x5")
    harness.show(replace(harness.state, focus=Focus(STEM, "stem_relu")))
    assert panel.tree.currentItem().text(0) == "stem_relu"
    assert panel.tree.topLevelItem(0).isExpanded()
    assert harness.focuses == []


def test_keys_move_the_focus_and_move_duplicate_and_remove_its_layer(qtbot: QtBot):
    panel, harness = open_designs(qtbot, "bottleneck", "reduce")
    panel.tree.setFocus()
    qtbot.keyClick(panel.tree, Qt.Key.Key_Down)
    assert harness.focuses == [Focus("bottleneck", "relu")]
    harness.show(replace(harness.state, focus=harness.focuses[-1]))
    qtbot.keyClick(panel.tree, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert harness.edits[-1].text == "Move relu up"
    qtbot.keyClick(panel.tree, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert harness.edits[-1].text == "Duplicate relu"
    qtbot.keyClick(panel.tree, Qt.Key.Key_Delete)
    assert harness.edits[-1].text == "Remove relu_2"
    assert row_names(panel)[2] == ["bottleneck", "relu", "reduce", "conv5x5"]


def test_buttons_act_on_the_focused_layer(qtbot: QtBot):
    panel, harness = open_designs(qtbot, "bottleneck", "relu")
    for glyph in ("copy", "down", "remove"):
        qtbot.mouseClick(panel.buttons[glyph], Qt.MouseButton.LeftButton)
    assert [edit.text for edit in harness.edits] == ["Duplicate relu", "Move relu_2 down", "Remove relu_2"]
    assert not panel.tree.item_at(("bottleneck", "relu_2"))


def test_buttons_act_on_a_design_if_its_own_row_has_the_focus(qtbot: QtBot):
    panel, harness = open_designs(qtbot, "bottleneck")
    for glyph in ("copy", "up", "remove"):
        qtbot.mouseClick(panel.buttons[glyph], Qt.MouseButton.LeftButton)
    assert [edit.text for edit in harness.edits] == [
        "Duplicate bottleneck",
        "Move bottleneck_2 up",
        "Remove bottleneck_2",
    ]


def test_buttons_are_disabled_if_they_can_do_nothing(qtbot: QtBot):
    panel, harness = open_designs(qtbot, STEM)
    assert not any(button.isEnabled() for button in panel.buttons.values())
    harness.show(replace(harness.state, focus=Focus("bottleneck", "reduce")))
    assert {glyph for glyph, button in panel.buttons.items() if not button.isEnabled()} == {"up"}


def test_tooltips_of_buttons_name_the_focused_layer_or_design_and_the_shortcut(qtbot: QtBot):
    panel, harness = open_designs(qtbot, "bottleneck", "relu")
    tips = {
        "copy": "Duplicate relu (Ctrl+D)",
        "remove": "Remove relu (Del)",
        "up": "Move up relu (Alt+Up)",
        "down": "Move down relu (Alt+Down)",
        "rename": "Rename relu (F2)",
    }
    assert {glyph: button.toolTip() for glyph, button in panel.buttons.items()} == tips
    assert panel.buttons["copy"].accessibleName() == "Duplicate relu"
    assert not any(button.autoRepeat() for button in panel.buttons.values())
    harness.show(replace(harness.state, focus=Focus("naive")))
    assert panel.buttons["remove"].toolTip() == "Remove naive (Del)"
    harness.show(replace(harness.state, focus=Focus(STEM)))
    assert panel.buttons["remove"].toolTip() == "Remove (Del)"


def test_backspace_removes_the_focused_layer_and_keys_that_can_do_nothing_change_nothing(qtbot: QtBot):
    panel, harness = open_designs(qtbot, "bottleneck", "reduce")
    panel.tree.setFocus()
    qtbot.keyClick(panel.tree, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert (harness.edits, harness.focuses) == ([], [])
    qtbot.keyClick(panel.tree, Qt.Key.Key_Backspace)
    assert [edit.text for edit in harness.edits] == ["Remove reduce"]
    harness.show(replace(harness.state, focus=Focus(STEM)))
    for key in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete, Qt.Key.Key_F2):
        qtbot.keyClick(panel.tree, key)
    assert len(harness.edits) == 1
    assert not panel.tree.viewport().findChildren(QLineEdit)


def in_groups(actions):
    """The commands of a menu that add layers, with those of its submenus, and what comes behind the word Blocks."""
    at = [action.text() for action in actions].index("Blocks")
    entries = [action.menu().actions() if action.menu() else [action] for action in actions[:at]]
    return [action for group in entries for action in group], actions[at + 1 :]


def test_the_menu_adds_every_kind_after_the_focused_layer(qtbot: QtBot):
    panel, harness = open_designs(qtbot, "bottleneck", "reduce")
    title, *actions = panel.layer_button.menu().actions()
    assert title.text() == "After reduce"
    kinds, blocks = in_groups(actions)
    assert {action.text() for action in kinds} == {layer.title for layer in LAYERS}
    assert all(action.toolTip() for action in kinds)
    assert [action.text() for action in blocks[: len(BLOCKS)]] == [block.title for block in BLOCKS]
    actions[0].trigger()
    assert row_names(panel)[2] == ["bottleneck", "reduce", "conv3x3", "relu", "conv5x5"]
    assert harness.state.focus == Focus("bottleneck", "conv3x3")


def test_the_menu_adds_every_kind_before_the_focused_layer(qtbot: QtBot):
    panel, harness = open_designs(qtbot, "bottleneck", "relu")
    assert panel.before_menu.title() == "Before relu"
    kinds, blocks = in_groups(panel.before_menu.actions())
    assert {action.text() for action in kinds} == {layer.title for layer in LAYERS}
    assert [action.text() for action in blocks] == [block.title for block in BLOCKS]
    panel.before_menu.actions()[0].trigger()
    assert row_names(panel)[2] == ["bottleneck", "reduce", "conv3x3", "relu", "conv5x5"]
    assert harness.edits[-1].text == "Add conv3x3 before relu"


def test_a_1x1_convolution_before_a_layer_has_a_quarter_of_its_input_channels(qtbot: QtBot):
    panel, harness = open_designs(qtbot, "naive", "conv5x5")
    reduce = harness.actions.by_id["reduce"]
    assert reduce in panel.after_menu.actions()
    reduce.trigger()
    assert harness.state.project.network("naive").nodes == (
        Node("reduce", Conv2d(2, 1)),
        Node("conv5x5", Conv2d(32, 5)),
    )
    assert harness.state.focus == Focus("naive", "reduce")


def test_nothing_is_added_before_a_design(qtbot: QtBot):
    panel, harness = open_designs(qtbot, "naive")
    assert panel.after_title.text() == "As the first layer"
    assert not harness.actions.by_id["reduce"].isEnabled()
    assert not panel.before_menu.isEnabled()
    harness.trigger("reduce")
    harness.trigger("before_conv2d")
    assert harness.edits == []


def test_a_layer_added_to_an_empty_project_adds_a_design(qtbot: QtBot):
    panel, harness = open_designs(qtbot, STEM, project=Project(NoiseInput((3, 8, 8))))
    harness.trigger("add_conv2d")
    assert row_names(panel) == [["design", "conv3x3"]]
    assert len(harness.edits) == 1


def test_commands_of_designs_act_on_the_design_of_the_focused_layer(qtbot: QtBot):
    panel, harness = open_designs(qtbot, "naive", "conv5x5")
    harness.trigger("duplicate_design")
    assert harness.state.focus == Focus("naive_2")
    harness.trigger("remove_design")
    assert (panel.design_button.text(), panel.design_button.toolTip()) == ("+ Design", "Add an empty design")
    qtbot.mouseClick(panel.design_button, Qt.MouseButton.LeftButton)
    assert [edit.text for edit in harness.edits] == ["Duplicate naive", "Remove naive_2", "Add design"]
    harness.rename("third")
    assert harness.state.focus == Focus("third")


def editor_of(panel: DesignsPanel) -> QLineEdit:
    return next(edit for edit in panel.tree.viewport().findChildren(QLineEdit) if edit.isVisible())


@pytest.mark.parametrize(
    ("node", "duplicate", "edit"),
    [("reduce", "relu", "Rename reduce to relu_1"), (INPUT, "naive", "Rename bottleneck to naive_1")],
)
def test_a_name_is_edited_in_place_and_a_duplicate_is_refused_there(qtbot: QtBot, node: str, duplicate: str, edit: str):
    panel, harness = open_designs(qtbot, "bottleneck", node)
    panel.tree.setFocus()
    qtbot.keyClick(panel.tree, Qt.Key.Key_F2)
    editor = editor_of(panel)
    editor.selectAll()
    qtbot.keyClicks(editor, duplicate)
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert harness.edits == []
    assert "already" in editor.reason.text()
    assert editor.reason.isVisible()
    qtbot.keyClicks(editor, "_1")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(harness.edits))  # Qt commits by a queued call
    assert [proposal.text for proposal in harness.edits] == [edit]
    assert panel.tree.currentItem().text(0) == f"{duplicate}_1"


def test_escape_restores_a_name(qtbot: QtBot):
    panel, harness = open_designs(qtbot, "bottleneck", "reduce")
    panel.edit_name()
    editor = editor_of(panel)
    qtbot.keyClicks(editor, "x y")
    qtbot.keyClick(editor, Qt.Key.Key_Escape)
    assert harness.edits == []
    assert panel.tree.currentItem().text(0) == "reduce"


def test_rows_keep_their_items_when_only_numbers_change(qtbot: QtBot):
    panel, harness = open_designs(qtbot, "bottleneck", "reduce")
    before = panel.tree.item_at(("bottleneck", "conv5x5"))
    network = BOTTLENECK.with_layer("reduce", Conv2d(8, 1))
    harness.show(state_of(PROJECT.with_network("bottleneck", network), Focus("bottleneck", "reduce")))
    assert panel.tree.item_at(("bottleneck", "conv5x5")) is before


def test_collapsed_designs_stay_collapsed_after_an_edit(qtbot: QtBot):
    panel, harness = open_designs(qtbot, "naive")
    panel.tree.topLevelItem(2).setExpanded(False)
    harness.show(replace(harness.state, focus=Focus("naive", "conv5x5")))
    harness.trigger("duplicate_design")
    assert [item.text(0) for item in map(panel.tree.topLevelItem, range(4))] == [
        "stem (shared)",
        "naive",
        "naive_2",
        "bottleneck",
    ]
    assert [panel.tree.topLevelItem(index).isExpanded() for index in range(4)] == [False, True, True, False]
