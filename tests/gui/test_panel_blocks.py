"""Blocks in the list, the form, the edits and the menus: one row that opens, settings, and taking apart."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QSpinBox
from pytestqt.qtbot import QtBot

from engine.blocks import BLOCKS, Inception, MlpConv, SeparableConv2d, Transition
from engine.layers import Activation, Conv2d, Kind, MaxPool2d, tag_of
from engine.network.analysis import analyze
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.project import Design, Note, Project
from engine.shapes import Shape
from gui.panels.design_rows import DesignTreeRow, block_part_rows, design_tree_rows
from gui.panels.designs import DesignsPanel
from gui.panels.layer_form import LayerForm
from gui.panels.problems import ProblemsPanel
from gui.state import edits
from gui.state.view_state import Focus
from gui.window.actions import ACTIONS, MENUS
from gui.window.main_window import MainWindow
from tests.gui.test_panels import DesignsStage, Stage, designs_stage, row_names, state

INCEPTION = Inception(8, 4, 16, 2, 4, 4)
NETWORK = Network(
    (
        Node("conv", Conv2d(12, 3)),
        Node("inception", INCEPTION),
        Node("relu", Activation("relu")),
        Node("inception_2", INCEPTION),
        Node("pool", MaxPool2d(2)),
    )
)
PROJECT = Project(NoiseInput((3, 16, 16)), (Design("d", NETWORK),))
PARTS = ["1x1", "1x1/relu", "3x3_reduce", "3x3_reduce/relu", "3x3", "3x3/relu", "5x5_reduce", "5x5_reduce/relu",
         "5x5", "5x5/relu", "pool", "pool_proj", "pool_proj/relu", "concat"]  # fmt: skip


def panel_stage(qtbot: QtBot, node: str, project: Project = PROJECT) -> tuple[DesignsPanel, DesignsStage]:
    panel, stage = designs_stage(qtbot, "d", node, project)
    panel.focus_requested.connect(lambda focus: stage.show(replace(stage.state, focus=focus)))
    return panel, stage


def parts_shown(panel: DesignsPanel, node: str) -> list[str]:
    item = panel.tree.item_at(("d", node))
    assert item is not None
    return [item.child(index).text(0) for index in range(item.childCount())]


def open_block(panel: DesignsPanel, node: str = "inception") -> None:
    item = panel.tree.item_at(("d", node))
    assert item is not None
    item.setExpanded(True)


# Rows


def test_a_block_is_one_row_that_says_its_sums_and_its_output_shape():
    ((head, nodes),) = design_tree_rows(state(PROJECT))
    assert [row.name for row in nodes] == ["conv", "inception", "relu", "inception_2", "pool"]
    assert [row.has_parts for row in nodes] == [False, True, False, True, False]
    parts = block_part_rows(state(PROJECT, metric="params"), ("d", "inception"))
    counted = design_tree_rows(state(PROJECT, metric="params"))[0][1][1]
    assert [row.name for row in parts] == PARTS
    assert (counted.operator, counted.shape) == (INCEPTION.label(), "32×16×16")
    assert counted.amount == "1.030 K params"
    assert sum(int(row.amount.partition(" ")[0]) for row in parts) == 1030
    assert head.operator == "31 layers"


def test_parts_have_places_of_their_own_and_names_without_their_blocks():
    row = block_part_rows(state(PROJECT), ("d", "inception"))[4]
    assert (row.ref, row.name, row.operator, row.shape) == (
        ("d", "inception/3x3"),
        "3x3",
        "3×3, 16 filters",
        "16×16×16",
    )


def test_a_block_whose_input_is_unknown_does_not_open():
    project = PROJECT.with_network("d", NETWORK.with_inputs("inception", ("lost",)))
    ((_, nodes),) = design_tree_rows(state(project))
    assert not nodes[1].has_parts
    assert nodes[1].amount == "unknown"
    assert block_part_rows(state(project), ("d", "inception")) == ()


def broken() -> Project:
    """The first convolution of a block has a window that is larger than its input."""
    nodes = Node("m", MlpConv(4, 7, 4, 4, padding="valid")), Node("after", Activation("relu"))
    return replace(PROJECT, input=NoiseInput((3, 5, 5))).with_network("d", Network(nodes))


def test_a_mistake_within_a_block_stands_on_the_rows_of_the_block_and_of_the_part(qtbot: QtBot):
    start = state(broken(), "d", "m")
    ((head, (block, _)),) = design_tree_rows(start)
    (wrong,) = (row for row in block_part_rows(start, ("d", "m")) if row.mistake)
    assert block.mistake == f"{wrong.name}: {wrong.mistake}"
    assert "1 with a mistake" in head.mistake
    form = LayerForm(start)
    Stage(qtbot, form)
    assert form.general.text() == block.mistake


def test_a_problem_within_a_block_leads_to_its_part(qtbot: QtBot):
    start = state(broken())
    panel = ProblemsPanel(start)
    stage = Stage(qtbot, panel)
    rect = panel.list.visualItemRect(panel.list.item(0))
    qtbot.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    assert stage.focuses == [Focus("d", "m/conv")]


# The list


def test_blocks_are_closed_at_first_and_open_to_their_layers(qtbot: QtBot):
    panel, stage = panel_stage(qtbot, "conv")
    assert row_names(panel) == [["d", "conv", "inception", "relu", "inception_2", "pool"]]
    assert parts_shown(panel, "inception") == []
    panel.tree.setFocus()
    qtbot.keyClick(panel.tree, Qt.Key.Key_Down)
    qtbot.keyClick(panel.tree, Qt.Key.Key_Right)
    assert parts_shown(panel, "inception") == PARTS
    qtbot.keyClick(panel.tree, Qt.Key.Key_Down)
    assert stage.focuses[-1] == Focus("d", "inception/1x1")
    assert stage.edits == []


def test_a_click_on_a_part_focuses_it(qtbot: QtBot):
    panel, stage = panel_stage(qtbot, "conv")
    open_block(panel)
    item = panel.tree.item_at(("d", "inception/3x3"))
    place = panel.tree.visualItemRect(item).center()
    qtbot.mouseClick(panel.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert stage.focuses == [Focus("d", "inception/3x3")]


def test_a_focus_on_a_part_opens_its_block_and_chooses_its_row(qtbot: QtBot):
    panel, stage = panel_stage(qtbot, "conv")
    stage.show(replace(stage.state, focus=Focus("d", "inception_2/5x5")))
    assert panel.tree.currentItem().text(0) == "5x5"
    assert parts_shown(panel, "inception_2") == PARTS
    assert parts_shown(panel, "inception") == []
    assert stage.focuses == []


def test_closing_a_block_chooses_it_in_the_place_of_its_part(qtbot: QtBot):
    panel, stage = panel_stage(qtbot, "inception/5x5")
    panel.tree.item_at(("d", "inception")).setExpanded(False)
    assert stage.state.focus == Focus("d", "inception")
    assert parts_shown(panel, "inception") == []


def test_open_blocks_stay_open_through_edits_above_them_and_renaming(qtbot: QtBot):
    panel, stage = panel_stage(qtbot, "conv")
    open_block(panel)
    stage.do("add_activation")
    assert parts_shown(panel, "inception") == PARTS
    assert parts_shown(panel, "inception_2") == []
    stage.show(replace(stage.state, focus=Focus("d", "inception")))
    stage.rename("mixed")
    assert parts_shown(panel, "mixed") == PARTS
    stage.do("remove")
    assert all(not parts_shown(panel, node.name) for node in stage.state.project.network("d").nodes)


def test_rows_of_parts_follow_the_settings_of_their_block(qtbot: QtBot):
    panel, stage = panel_stage(qtbot, "inception")
    open_block(panel)
    stage._on_edit(edits.set_setting(PROJECT, ("d", "inception"), "n5x5_reduce", 0))
    assert parts_shown(panel, "inception") == [name for name in PARTS if not name.startswith("5x5_reduce")]
    row: DesignTreeRow = panel.tree.item_at(("d", "inception/5x5")).data(0, Qt.ItemDataRole.UserRole)
    assert row == block_part_rows(stage.state, ("d", "inception"))[6]


def test_parts_of_closed_blocks_are_never_asked_for(qtbot: QtBot):
    panel, stage = panel_stage(qtbot, "conv")
    asked: list[object] = []
    panel.tree._parts = lambda place: asked.append(place) or block_part_rows(stage.state, place)  # type: ignore[assignment]
    stage.do("add_activation")
    assert asked == []
    open_block(panel)
    stage.do("add_activation")
    assert set(asked) == {("d", "inception")}


def test_a_part_is_not_changed_by_itself_and_new_layers_stand_beside_its_block(qtbot: QtBot):
    panel, stage = panel_stage(qtbot, "inception/5x5")
    assert not any(button.isEnabled() for button in panel.buttons.values())
    assert "take the block apart" in panel.buttons["remove"].toolTip()
    for action_id in ("duplicate", "remove", "rename", "move_up", "move_down"):
        stage.do(action_id)
    panel.edit_name()
    qtbot.keyClick(panel.tree, Qt.Key.Key_F2)
    assert stage.edits == []
    assert panel.after_title.text() == "After inception"
    stage.do("add_batch_norm")
    names = [node.name for node in stage.state.project.network("d").nodes]
    assert names[1:3] == ["inception", "batch_norm"]
    stage.show(replace(stage.state, focus=Focus("d", "inception/5x5")))
    stage.do("reduce")
    assert stage.edits[-1].text == "Add reduce before inception"


def test_blocks_are_duplicated_moved_renamed_and_removed_like_layers(qtbot: QtBot):
    _, stage = panel_stage(qtbot, "inception")
    stage.do("duplicate")
    stage.do("move_down")
    stage.rename("mixed")
    stage.do("remove")
    assert [edit.text for edit in stage.edits] == [
        "Duplicate inception",
        "Move inception_3 down",
        "Rename inception_3 to mixed",
        "Remove mixed",
    ]
    assert stage.state.project == PROJECT


# The form


def form_stage(qtbot: QtBot, node: str, project: Project = PROJECT) -> tuple[LayerForm, Stage]:
    form = LayerForm(state(project, "d", node))
    return form, Stage(qtbot, form)


def test_a_blocks_settings_are_edited_like_a_layers_and_it_has_no_weights(qtbot: QtBot):
    form, stage = form_stage(qtbot, "inception")
    assert not form.weights.isVisible()
    form.settings[Inception].controls["n5x5"].box.setValue(9)
    assert stage.edits[-1].text == "Set 5×5 to 9"
    assert stage.state.project.network("d").node("inception").layer == replace(INCEPTION, n5x5=9)
    assert "12×16×16 → 37×16×16" in form.summary.text()


def test_a_block_is_offered_as_an_input_with_its_shape(qtbot: QtBot):
    form, _ = form_stage(qtbot, "pool")
    assert "inception   32×16×16" in [text for _, text in form.inputs.one.options]


def test_a_part_shows_its_settings_without_letting_them_be_changed(qtbot: QtBot):
    form, stage = form_stage(qtbot, "inception/5x5")
    assert form.block.words.text() == "Part of block inception; take the block apart to edit it."
    assert form.heading.text() == "5x5 in inception"
    assert form.settings[Conv2d].values()["kernel"] == 5
    boxes = [box for box in form.findChildren(QSpinBox) if box.isVisible()]
    assert boxes
    assert not any(box.isEnabled() for box in boxes)
    assert not form.name.isEnabled()
    assert not form.kind.isEnabled()
    assert "2×16×16 → 4×16×16" in form.summary.text()
    qtbot.mouseClick(form.block.show_block, Qt.MouseButton.LeftButton)
    assert stage.focuses == [Focus("d", "inception")]
    stage.show(replace(stage.state, focus=Focus("d", "conv")))
    assert form.settings[Conv2d].isEnabled()
    assert form.name.isEnabled()
    assert not form.block.isVisible()


@pytest.mark.parametrize("node", ["inception", "inception/5x5"])
def test_a_block_is_taken_apart_from_its_form_and_from_those_of_its_parts(qtbot: QtBot, node: str):
    form, stage = form_stage(qtbot, node)
    qtbot.mouseClick(form.block.take_apart, Qt.MouseButton.LeftButton)
    assert [edit.text for edit in stage.edits] == ["Take inception apart"]
    assert stage.state.focus == Focus("d", "inception/concat")
    assert not form.block.isVisible()


def test_a_block_that_receives_something_unknown_cannot_be_taken_apart(qtbot: QtBot):
    project = PROJECT.with_network("d", NETWORK.with_inputs("inception", ("lost",)))
    form, stage = form_stage(qtbot, "inception", project)
    assert not form.block.take_apart.isEnabled()
    assert "unknown" in form.block.take_apart.toolTip()
    assert edits.take_selected_block_apart(stage.state) is None


def test_kinds_are_listed_as_layers_then_blocks_and_the_line_between_cannot_be_chosen(qtbot: QtBot):
    form, stage = form_stage(qtbot, "conv")
    texts = [text for _, text in form.kind.options]
    at = texts.index("")
    assert texts[at + 1 :] == [block.title for block in BLOCKS]
    flags = form.kind.model().flags(form.kind.model().index(at, 0))
    assert not flags & Qt.ItemFlag.ItemIsEnabled
    at = [kind for kind, _ in form.kind.options].index("separable_conv2d")
    form.kind.setCurrentIndex(at)
    form.kind.activated.emit(at)
    assert stage.state.project.network("d").nodes[0] == Node("conv", SeparableConv2d(12, 3))


def test_a_share_is_typed_and_a_wrong_one_refused_below_its_field(qtbot: QtBot):
    form, stage = form_stage(qtbot, "t", PROJECT.with_network("d", Network((Node("t", Transition(0.5)),))))
    edit = form.settings[Transition].controls["compression"].edit
    edit.selectAll()
    qtbot.keyClicks(edit, "0.25")
    assert stage.state.project.network("d").node("t").layer == Transition(0.25)
    edit.selectAll()
    qtbot.keyClicks(edit, "1.5")
    assert form.settings[Transition].fields["compression"].error.text() == "1.5 is not a number above 0 and at most 1"


def test_a_count_that_may_be_0_has_a_slider_as_far_as_other_counts(qtbot: QtBot):
    form, stage = form_stage(qtbot, "inception")
    slider = form.settings[Inception].controls["n3x3_reduce"].slider
    assert (slider.steps[0], slider.steps[-1]) == (0, 4096)
    slider.setValue(0)
    assert stage.state.project.network("d").node("inception").layer == replace(INCEPTION, n3x3_reduce=0)


# Edits


def test_taking_apart_is_one_edit_that_changes_no_number():
    edit = edits.take_block_apart(PROJECT, "d", "inception", 12)
    assert (edit.text, edit.focus) == ("Take inception apart", Focus("d", "inception/concat"))
    before, after = (analyze(project.network("d"), Shape(3, 16, 16)) for project in (PROJECT, edit.project))
    assert (after.macs, after.params, after.output_shape) == (before.macs, before.params, before.output_shape)
    assert {report.name for report in after.reports} == {report.name for report in before.reports}


@pytest.mark.parametrize(
    ("node", "name", "reason"),
    [
        ("conv", "inception/extra", "names that begin with 'inception/'"),
        ("inception_2", "inception/extra", "names that begin with 'inception/'"),
        ("inception", "inception/own", ""),
        ("conv", "inceptions/1x1", ""),
        ("inception", "made", "like 'made/by'"),
        ("conv", "made", ""),
    ],
)
def test_a_name_like_those_of_a_blocks_layers_is_refused(node: str, name: str, reason: str):
    project = PROJECT.with_network("d", NETWORK.with_node_renamed("relu", "made/by"))
    refusal = edits.name_refusal(project, ("d", node), name)
    assert bool(refusal) == bool(reason)
    assert reason in refusal


def test_a_new_block_is_not_called_as_one_that_was_taken_apart():
    apart = edits.take_block_apart(PROJECT, "d", "inception", 12).project
    added = edits.add_layer(apart, "d", "conv", "inception")
    assert added.focus == Focus("d", "inception_3")
    renamed = apart.with_network("d", apart.network("d").with_node_renamed("relu", "inception"))
    kind = edits.set_kind(renamed, ("d", "inception"), "fire")
    assert not [report for report in analyze(kind.project.network("d"), Shape(3, 16, 16)).reports if report.mistakes]


def test_a_convolution_made_separable_and_back_keeps_filters_kernel_stride_and_padding():
    conv = Conv2d(24, 5, 2, padding=(1, 2), groups=3)
    start = PROJECT.with_network("d", Network((Node("conv1", conv),)))
    there = edits.set_kind(start, ("d", "conv1"), "separable_conv2d")
    assert there.text == "Change conv1 to separable convolution"
    assert there.project.network("d").nodes == (Node("conv1", SeparableConv2d(24, 5, 2, (1, 2))),)
    back = edits.set_kind(there.project, ("d", "conv1"), "conv2d")
    assert back.project.network("d").nodes == (Node("conv1", Conv2d(24, 5, 2, (1, 2))),)


def test_notes_go_with_what_is_renamed():
    start = replace(PROJECT, notes=(Note("thin", "d", "inception"),))
    node = edits.rename_node(start, "d", "inception", "mixed").project
    assert node.notes == (Note("thin", "d", "mixed"),)
    assert edits.rename_design(node, "d", "e").project.notes == (Note("thin", "e", "mixed"),)
    kind = edits.set_kind(start, ("d", "inception"), "fire")
    assert kind.focus is not None
    assert kind.project.notes == (Note("thin", "d", kind.focus.node),)


@given(st.lists(st.tuples(st.sampled_from(BLOCKS), st.booleans()), min_size=1, max_size=4))
def test_blocks_added_and_taken_apart_in_any_order_leave_no_mistake_of_names(steps: list[tuple[type[Kind], bool]]):
    project = replace(PROJECT, designs=(Design("d", Network()),))
    for block, apart in steps:
        edit = edits.add_layer(project, "d", INPUT, tag_of(block))
        assert edit.focus is not None
        project = edit.project
        if apart:
            project = edits.take_block_apart(project, "d", edit.focus.node, 3).project
    analysis = analyze(project.network("d"), Shape(3, 64, 64))
    assert not [m for report in analysis.reports for m in report.mistakes if m.setting in ("name", "inputs")]


# The window's commands


@pytest.fixture
def open_blocks(open_window: Callable[[Project], MainWindow]) -> MainWindow:
    return open_window(PROJECT)


def enabled(window: MainWindow, *ids: str) -> list[bool]:
    return [window.actions_by_id[action_id].isEnabled() for action_id in ids]


def test_taking_apart_from_the_menu_is_undone_in_one_step(open_blocks: MainWindow):
    work = open_blocks.workbench
    assert enabled(open_blocks, "take_apart") == [False]
    work.set_focus(Focus("d", "inception/3x3"))
    open_blocks.actions_by_id["take_apart"].trigger()
    assert work.state.focus == Focus("d", "inception/concat")
    assert len(work.state.project.network("d").nodes) == 18
    open_blocks.actions_by_id["undo"].trigger()
    assert work.state.project == PROJECT
    assert work.state.focus == Focus("d", "inception/3x3")


def test_undoing_a_setting_of_a_block_keeps_the_block_chosen(open_blocks: MainWindow):
    work = open_blocks.workbench
    work.set_focus(Focus("d", "inception"))
    open_blocks.form.settings[Inception].controls["n5x5_reduce"].box.setValue(0)
    open_blocks.actions_by_id["undo"].trigger()
    assert work.state.project == PROJECT
    assert work.state.focus == Focus("d", "inception")


def test_a_convolution_is_made_separable_and_full_again_by_commands(open_blocks: MainWindow):
    work = open_blocks.workbench
    work.set_focus(Focus("d", "conv"))
    assert enabled(open_blocks, "make_separable", "make_dense") == [True, False]
    open_blocks.actions_by_id["make_separable"].trigger()
    assert work.state.focus == Focus("d", "conv")
    assert work.state.project.network("d").node("conv").layer == SeparableConv2d(
        12, 3, batch_norm=False, function="none"
    )
    assert enabled(open_blocks, "make_separable", "make_dense") == [False, True]
    open_blocks.actions_by_id["make_dense"].trigger()
    assert work.state.project.network("d").node("conv").layer == Conv2d(12, 3)
    work.set_focus(Focus("d", "inception/3x3"))
    assert enabled(open_blocks, "make_separable", "make_dense") == [False, False]


def test_commands_say_of_a_part_that_its_block_must_be_taken_apart(open_blocks: MainWindow):
    open_blocks.workbench.set_focus(Focus("d", "inception/3x3"))
    changing = ("duplicate", "remove", "rename", "move_up", "move_down")
    assert not any(enabled(open_blocks, *changing))
    assert all("take the block apart first" in open_blocks.actions_by_id[action_id].toolTip() for action_id in changing)
    assert all(enabled(open_blocks, "reduce", "before_conv2d", "add_inception", "take_apart"))
    open_blocks.workbench.set_focus(Focus("d", "inception"))
    assert all(enabled(open_blocks, *changing))
    assert not any("apart" in open_blocks.actions_by_id[action_id].toolTip() for action_id in changing)


def test_the_view_menu_shows_blocks_as_layers_or_as_one(open_blocks: MainWindow):
    work, actions = open_blocks.workbench, open_blocks.actions_by_id
    place = ("d", "inception")
    assert enabled(open_blocks, "toggle_block", "open_blocks", "close_blocks") == [False, True, True]
    work.set_focus(Focus(*place))
    assert actions["toggle_block"].isChecked()  # so few layers are shown open
    actions["toggle_block"].trigger()
    assert not work.state.is_open(place)
    assert not actions["toggle_block"].isChecked()
    assert work.state.is_open(("d", "inception_2"))
    actions["close_blocks"].trigger()
    assert not work.state.is_open(("d", "inception_2"))
    work.set_focus(Focus("d", "inception/3x3"))
    actions["toggle_block"].trigger()
    assert work.state.is_open(place)
    actions["open_blocks"].trigger()
    assert work.state.is_open(("d", "inception_2"))
    assert work.state.look.toggled_blocks == frozenset()


def test_a_right_click_on_a_row_offers_its_commands(open_blocks: MainWindow, monkeypatch: pytest.MonkeyPatch):
    shown: list[QMenu] = []
    monkeypatch.setattr(QMenu, "popup", lambda menu, at: shown.append(menu))
    open_blocks.workbench.set_focus(Focus("d", "inception"))
    tree = open_blocks.designs.tree
    tree.customContextMenuRequested.emit(tree.visualItemRect(tree.currentItem()).center())
    assert shown == [open_blocks.row_menu]
    assert open_blocks.actions_by_id["take_apart"] in open_blocks.row_menu.actions()


def test_no_menu_lists_more_than_a_screen_holds():
    assert max(map(len, MENUS.values())) <= 18
    listed = {action_id for ids in MENUS.values() for action_id in ids}
    assert {action.id for action in ACTIONS} <= listed
