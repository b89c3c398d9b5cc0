"""Blocks in the panel of designs, the form, edits and menus: one row that expands, settings, and taking apart."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QSpinBox
from pytestqt.qtbot import QtBot

from engine.blocks import BLOCKS, ConvNextBlock, Inception, MlpConv, SeparableConv2d, SqueezeExcite, Transition
from engine.layers import IMPORTED_LAYERS, Activation, Conv2d, Kind, MaxPool2d, tag_of
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
from gui.state.focus import Focus
from gui.window.actions import ACTIONS, MENUS
from gui.window.main_window import MainWindow
from tests.gui.panel_harness import DesignsHarness, PanelHarness, open_designs, row_names
from tests.gui.view_harness import state_of

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


def open_designs_panel(qtbot: QtBot, node: str, project: Project = PROJECT) -> tuple[DesignsPanel, DesignsHarness]:
    """The panel of designs; its requests for the focus are granted."""
    panel, harness = open_designs(qtbot, "d", node, project)
    panel.focus_requested.connect(lambda focus: harness.show(replace(harness.state, focus=focus)))
    return panel, harness


def part_names(panel: DesignsPanel, node: str) -> list[str]:
    item = panel.tree.item_at(("d", node))
    assert item is not None
    return [item.child(index).text(0) for index in range(item.childCount())]


def expand_block(panel: DesignsPanel, node: str = "inception") -> None:
    item = panel.tree.item_at(("d", node))
    assert item is not None
    item.setExpanded(True)


# Rows


def test_a_block_is_one_row_with_its_label_sums_and_output_shape():
    ((head, nodes),) = design_tree_rows(state_of(PROJECT))
    assert [row.name for row in nodes] == ["conv", "inception", "relu", "inception_2", "pool"]
    assert [row.has_parts for row in nodes] == [False, True, False, True, False]
    parts = block_part_rows(state_of(PROJECT, metric="params"), ("d", "inception"))
    block = design_tree_rows(state_of(PROJECT, metric="params"))[0][1][1]
    assert [row.name for row in parts] == PARTS
    assert (block.operator, block.shape) == (INCEPTION.label(), "32×16×16")
    assert block.amount == "1.030 K params"
    assert sum(int(row.amount.partition(" ")[0]) for row in parts) == 1030
    assert head.operator == "31 layers"


def test_rows_of_parts_have_references_of_their_own_and_names_without_the_block():
    row = block_part_rows(state_of(PROJECT), ("d", "inception"))[4]
    assert (row.ref, row.name, row.operator, row.shape) == (
        ("d", "inception/3x3"),
        "3x3",
        "3×3, 16 filters",
        "16×16×16",
    )


def test_a_block_whose_input_is_missing_has_no_rows_of_parts():
    project = PROJECT.with_network("d", NETWORK.with_inputs("inception", ("lost",)))
    ((_, nodes),) = design_tree_rows(state_of(project))
    assert not nodes[1].has_parts
    assert nodes[1].amount == "unknown"
    assert block_part_rows(state_of(project), ("d", "inception")) == ()


def project_with_a_mistake() -> Project:
    """The kernel of the first convolution of a block is larger than its input."""
    nodes = Node("m", MlpConv(4, 7, 4, 4, padding="valid")), Node("after", Activation("relu"))
    return replace(PROJECT, input=NoiseInput((3, 5, 5))).with_network("d", Network(nodes))


def test_a_mistake_within_a_block_is_shown_at_the_rows_of_block_and_part(qtbot: QtBot):
    start = state_of(project_with_a_mistake(), Focus("d", "m"))
    ((head, (block, _)),) = design_tree_rows(start)
    (mistaken_part,) = (row for row in block_part_rows(start, ("d", "m")) if row.mistake)
    assert block.mistake == f"{mistaken_part.name}: {mistaken_part.mistake}"
    assert "1 with a mistake" in head.mistake
    form = LayerForm(start)
    PanelHarness(qtbot, form)
    assert form.general.text() == block.mistake


def test_a_click_on_a_problem_within_a_block_selects_the_part(qtbot: QtBot):
    start = state_of(project_with_a_mistake())
    panel = ProblemsPanel(start)
    harness = PanelHarness(qtbot, panel)
    rect = panel.list.visualItemRect(panel.list.item(0))
    qtbot.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    assert harness.focuses == [Focus("d", "m/conv")]


# The list


def test_blocks_are_collapsed_at_first_and_expand_to_their_layers(qtbot: QtBot):
    panel, harness = open_designs_panel(qtbot, "conv")
    assert row_names(panel) == [["d", "conv", "inception", "relu", "inception_2", "pool"]]
    assert part_names(panel, "inception") == []
    panel.tree.setFocus()
    qtbot.keyClick(panel.tree, Qt.Key.Key_Down)
    qtbot.keyClick(panel.tree, Qt.Key.Key_Right)
    assert part_names(panel, "inception") == PARTS
    qtbot.keyClick(panel.tree, Qt.Key.Key_Down)
    assert harness.focuses[-1] == Focus("d", "inception/1x1")
    assert harness.edits == []


def test_a_click_on_a_part_focuses_it(qtbot: QtBot):
    panel, harness = open_designs_panel(qtbot, "conv")
    expand_block(panel)
    item = panel.tree.item_at(("d", "inception/3x3"))
    point = panel.tree.visualItemRect(item).center()
    qtbot.mouseClick(panel.tree.viewport(), Qt.MouseButton.LeftButton, pos=point)
    assert harness.focuses == [Focus("d", "inception/3x3")]


def test_a_focus_on_a_part_expands_its_block_and_makes_its_row_current(qtbot: QtBot):
    panel, harness = open_designs_panel(qtbot, "conv")
    harness.show(replace(harness.state, focus=Focus("d", "inception_2/5x5")))
    assert panel.tree.currentItem().text(0) == "5x5"
    assert part_names(panel, "inception_2") == PARTS
    assert part_names(panel, "inception") == []
    assert harness.focuses == []


def test_collapsing_a_block_selects_it_instead_of_its_part(qtbot: QtBot):
    panel, harness = open_designs_panel(qtbot, "inception/5x5")
    panel.tree.item_at(("d", "inception")).setExpanded(False)
    assert harness.state.focus == Focus("d", "inception")
    assert part_names(panel, "inception") == []


def test_expanded_blocks_stay_expanded_after_edits_above_them_and_renaming(qtbot: QtBot):
    panel, harness = open_designs_panel(qtbot, "conv")
    expand_block(panel)
    harness.trigger("add_activation")
    assert part_names(panel, "inception") == PARTS
    assert part_names(panel, "inception_2") == []
    harness.show(replace(harness.state, focus=Focus("d", "inception")))
    harness.rename("mixed")
    assert part_names(panel, "mixed") == PARTS
    harness.trigger("remove")
    assert all(not part_names(panel, node.name) for node in harness.state.project.network("d").nodes)


def test_rows_of_parts_follow_the_settings_of_their_block(qtbot: QtBot):
    panel, harness = open_designs_panel(qtbot, "inception")
    expand_block(panel)
    harness.apply_edit(edits.set_setting(PROJECT, ("d", "inception"), "n5x5_reduce", 0))
    assert part_names(panel, "inception") == [name for name in PARTS if not name.startswith("5x5_reduce")]
    row: DesignTreeRow = panel.tree.item_at(("d", "inception/5x5")).data(0, Qt.ItemDataRole.UserRole)
    assert row == block_part_rows(harness.state, ("d", "inception"))[6]


def test_rows_of_parts_are_computed_only_for_expanded_blocks(qtbot: QtBot):
    panel, harness = open_designs_panel(qtbot, "conv")
    requested_refs: list[object] = []
    panel.tree._parts = lambda ref: requested_refs.append(ref) or block_part_rows(harness.state, ref)  # type: ignore[assignment]
    harness.trigger("add_activation")
    assert requested_refs == []
    expand_block(panel)
    harness.trigger("add_activation")
    assert set(requested_refs) == {("d", "inception")}


def test_a_part_cannot_be_edited_and_new_layers_are_added_beside_its_block(qtbot: QtBot):
    panel, harness = open_designs_panel(qtbot, "inception/5x5")
    assert not any(button.isEnabled() for button in panel.buttons.values())
    assert "take the block apart" in panel.buttons["remove"].toolTip()
    for action_id in ("duplicate", "remove", "rename", "move_up", "move_down"):
        harness.trigger(action_id)
    panel.edit_name()
    qtbot.keyClick(panel.tree, Qt.Key.Key_F2)
    assert harness.edits == []
    assert panel.after_title.text() == "After inception"
    harness.trigger("add_batch_norm")
    names = [node.name for node in harness.state.project.network("d").nodes]
    assert names[1:3] == ["inception", "batch_norm"]
    harness.show(replace(harness.state, focus=Focus("d", "inception/5x5")))
    harness.trigger("reduce")
    assert harness.edits[-1].text == "Add reduce before inception"


def test_blocks_are_duplicated_moved_renamed_and_removed_like_layers(qtbot: QtBot):
    _, harness = open_designs_panel(qtbot, "inception")
    harness.trigger("duplicate")
    harness.trigger("move_down")
    harness.rename("mixed")
    harness.trigger("remove")
    assert [edit.text for edit in harness.edits] == [
        "Duplicate inception",
        "Move inception_3 down",
        "Rename inception_3 to mixed",
        "Remove mixed",
    ]
    assert harness.state.project == PROJECT


# The form


def open_form(qtbot: QtBot, node: str, project: Project = PROJECT) -> tuple[LayerForm, PanelHarness]:
    form = LayerForm(state_of(project, Focus("d", node)))
    return form, PanelHarness(qtbot, form)


def test_settings_of_a_block_are_edited_like_those_of_a_layer_and_it_has_no_weights(qtbot: QtBot):
    form, harness = open_form(qtbot, "inception")
    assert not form.weights.isVisible()
    form.settings[Inception].controls["n5x5"].box.setValue(9)
    assert harness.edits[-1].text == "5×5 of inception: 4 → 9"
    assert harness.state.project.network("d").node("inception").layer == replace(INCEPTION, n5x5=9)
    assert "12×16×16 → 37×16×16" in form.summary.text()


def test_a_block_is_offered_as_an_input_with_its_shape(qtbot: QtBot):
    form, _ = open_form(qtbot, "pool")
    assert "inception   32×16×16" in [text for _, text in form.inputs.one.options]


def test_the_settings_of_a_part_are_shown_but_disabled(qtbot: QtBot):
    form, harness = open_form(qtbot, "inception/5x5")
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
    assert harness.focuses == [Focus("d", "inception")]
    harness.show(replace(harness.state, focus=Focus("d", "conv")))
    assert form.settings[Conv2d].isEnabled()
    assert form.name.isEnabled()
    assert not form.block.isVisible()


@pytest.mark.parametrize("node", ["inception", "inception/5x5"])
def test_a_block_is_taken_apart_in_its_form_and_in_those_of_its_parts(qtbot: QtBot, node: str):
    form, harness = open_form(qtbot, node)
    qtbot.mouseClick(form.block.take_apart, Qt.MouseButton.LeftButton)
    assert [edit.text for edit in harness.edits] == ["Take inception apart"]
    assert harness.state.focus == Focus("d", "inception/concat")
    assert not form.block.isVisible()


def test_a_block_whose_input_is_missing_cannot_be_taken_apart(qtbot: QtBot):
    project = PROJECT.with_network("d", NETWORK.with_inputs("inception", ("lost",)))
    form, harness = open_form(qtbot, "inception", project)
    assert not form.block.take_apart.isEnabled()
    assert "unknown" in form.block.take_apart.toolTip()
    assert edits.take_selected_block_apart(harness.state) is None


def test_kinds_are_layers_then_blocks_and_only_the_separator_and_kinds_of_models_are_disabled(qtbot: QtBot):
    form, harness = open_form(qtbot, "conv")
    texts = [text for _, text in form.kind.options]
    separator = texts.index("")
    assert texts[separator + 1 :] == [kind.title for kind in (*BLOCKS, *IMPORTED_LAYERS)]
    kinds = form.kind.model()
    disabled = [
        text for at, text in enumerate(texts) if not kinds.flags(kinds.index(at, 0)) & Qt.ItemFlag.ItemIsEnabled
    ]
    assert disabled == ["", *(kind.title for kind in IMPORTED_LAYERS)]
    row = [kind for kind, _ in form.kind.options].index("separable_conv2d")
    form.kind.setCurrentIndex(row)
    form.kind.activated.emit(row)
    assert harness.state.project.network("d").nodes[0] == Node("conv", SeparableConv2d(12, 3))


def test_a_compression_is_typed_and_an_invalid_one_refused_below_its_field(qtbot: QtBot):
    form, harness = open_form(qtbot, "t", PROJECT.with_network("d", Network((Node("t", Transition(0.5)),))))
    edit = form.settings[Transition].controls["compression"].edit
    edit.selectAll()
    qtbot.keyClicks(edit, "0.25")
    assert harness.state.project.network("d").node("t").layer == Transition(0.25)
    edit.selectAll()
    qtbot.keyClicks(edit, "1.5")
    assert form.settings[Transition].fields["compression"].error.text() == "1.5 is not a number above 0 and at most 1"


def test_the_slider_of_a_count_that_may_be_0_reaches_from_0_to_4096(qtbot: QtBot):
    form, harness = open_form(qtbot, "inception")
    slider = form.settings[Inception].controls["n3x3_reduce"].slider
    assert (slider.steps[0], slider.steps[-1]) == (0, 4096)
    slider.setValue(0)
    assert harness.state.project.network("d").node("inception").layer == replace(INCEPTION, n3x3_reduce=0)


# Edits


def test_taking_a_block_apart_is_one_edit_that_changes_no_cost_or_shape():
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
        ("inception", "a", "like 'a/b'"),
        ("conv", "a", ""),
    ],
)
def test_a_name_that_could_be_that_of_a_part_of_a_block_is_refused(node: str, name: str, reason: str):
    project = PROJECT.with_network("d", NETWORK.with_node_renamed("relu", "a/b"))
    refusal = edits.name_refusal(project, ("d", node), name)
    assert bool(refusal) == bool(reason)
    assert reason in refusal


def test_a_new_block_does_not_take_the_name_of_one_that_was_taken_apart():
    apart = edits.take_block_apart(PROJECT, "d", "inception", 12).project
    added = edits.add_layer(apart, "d", "conv", "inception")
    assert added.focus == Focus("d", "inception_3")
    renamed = apart.with_network("d", apart.network("d").with_node_renamed("relu", "inception"))
    kind = edits.set_kind(renamed, ("d", "inception"), "fire")
    assert not [report for report in analyze(kind.project.network("d"), Shape(3, 16, 16)).reports if report.mistakes]


def test_a_convolution_made_separable_and_back_keeps_filters_kernel_stride_and_padding():
    conv = Conv2d(24, 5, 2, padding=(1, 2), groups=3)
    start = PROJECT.with_network("d", Network((Node("conv1", conv),)))
    separable = edits.set_kind(start, ("d", "conv1"), "separable_conv2d")
    assert separable.text == "Change conv1 to separable convolution"
    assert separable.project.network("d").nodes == (Node("conv1", SeparableConv2d(24, 5, 2, (1, 2))),)
    dense = edits.set_kind(separable.project, ("d", "conv1"), "conv2d")
    assert dense.project.network("d").nodes == (Node("conv1", Conv2d(24, 5, 2, (1, 2))),)


def test_notes_follow_renamed_nodes_and_designs():
    start = replace(PROJECT, notes=(Note("a note", "d", "inception"),))
    with_node_renamed = edits.rename_node(start, "d", "inception", "mixed").project
    assert with_node_renamed.notes == (Note("a note", "d", "mixed"),)
    assert edits.rename_design(with_node_renamed, "d", "e").project.notes == (Note("a note", "e", "mixed"),)
    change = edits.set_kind(start, ("d", "inception"), "fire")
    assert change.focus is not None
    assert change.project.notes == (Note("a note", "d", change.focus.node),)


@given(st.lists(st.tuples(st.sampled_from(BLOCKS), st.booleans()), min_size=1, max_size=4))
def test_adding_and_taking_apart_blocks_in_any_order_makes_no_mistake_of_names(steps: list[tuple[type[Kind], bool]]):
    project = replace(PROJECT, designs=(Design("d", Network()),))
    for block, apart in steps:
        edit = edits.add_layer(project, "d", INPUT, tag_of(block))
        assert edit.focus is not None
        project = edit.project
        if apart:
            project = edits.take_block_apart(project, "d", edit.focus.node, 3).project
    analysis = analyze(project.network("d"), Shape(3, 64, 64))
    # A block of two inputs asks for the second if no volume fits, and the layers of one that is added to its input, or
    # scales it, no longer fit that if it gets another number of channels.
    is_free = all(block.min_inputs == 1 and block not in (ConvNextBlock, SqueezeExcite) for block, _ in steps)
    checked = {"name", "inputs"} if is_free else {"name"}
    assert not [m for report in analysis.reports for m in report.mistakes if m.setting in checked]


# The window's commands


@pytest.fixture
def window(open_window: Callable[[Project], MainWindow]) -> MainWindow:
    return open_window(PROJECT)


def enabled(window: MainWindow, *ids: str) -> list[bool]:
    return [window.actions_by_id[action_id].isEnabled() for action_id in ids]


def test_taking_a_block_apart_by_command_is_undone_in_one_step_with_the_focus(window: MainWindow):
    workbench = window.workbench
    assert enabled(window, "take_apart") == [False]
    workbench.set_focus(Focus("d", "inception/3x3"))
    window.actions_by_id["take_apart"].trigger()
    assert workbench.state.focus == Focus("d", "inception/concat")
    assert len(workbench.state.project.network("d").nodes) == 18
    window.actions_by_id["undo"].trigger()
    assert workbench.state.project == PROJECT
    assert workbench.state.focus == Focus("d", "inception/3x3")


def test_undoing_a_setting_of_a_block_keeps_the_block_focused(window: MainWindow):
    workbench = window.workbench
    workbench.set_focus(Focus("d", "inception"))
    window.form.settings[Inception].controls["n5x5_reduce"].box.setValue(0)
    window.actions_by_id["undo"].trigger()
    assert workbench.state.project == PROJECT
    assert workbench.state.focus == Focus("d", "inception")


def test_a_convolution_is_made_separable_and_dense_again_by_commands(window: MainWindow):
    workbench = window.workbench
    workbench.set_focus(Focus("d", "conv"))
    assert enabled(window, "make_separable", "make_dense") == [True, False]
    window.actions_by_id["make_separable"].trigger()
    assert workbench.state.focus == Focus("d", "conv")
    assert workbench.state.project.network("d").node("conv").layer == SeparableConv2d(
        12, 3, batch_norm=False, function="none"
    )
    assert enabled(window, "make_separable", "make_dense") == [False, True]
    window.actions_by_id["make_dense"].trigger()
    assert workbench.state.project.network("d").node("conv").layer == Conv2d(12, 3)
    workbench.set_focus(Focus("d", "inception/3x3"))
    assert enabled(window, "make_separable", "make_dense") == [False, False]


def test_commands_that_cannot_edit_a_part_say_to_take_its_block_apart_first(window: MainWindow):
    window.workbench.set_focus(Focus("d", "inception/3x3"))
    commands = ("duplicate", "remove", "rename", "move_up", "move_down")
    assert not any(enabled(window, *commands))
    assert all("take the block apart first" in window.actions_by_id[action_id].toolTip() for action_id in commands)
    assert all(enabled(window, "reduce", "before_conv2d", "add_inception", "take_apart"))
    window.workbench.set_focus(Focus("d", "inception"))
    assert all(enabled(window, *commands))
    assert not any("apart" in window.actions_by_id[action_id].toolTip() for action_id in commands)


def test_commands_of_the_view_menu_open_and_close_blocks(window: MainWindow):
    workbench, actions = window.workbench, window.actions_by_id
    ref = ("d", "inception")
    assert enabled(window, "toggle_block", "open_blocks", "close_blocks") == [False, True, True]
    workbench.set_focus(Focus(*ref))
    assert actions["toggle_block"].isChecked()  # blocks with so few layers are open at first
    actions["toggle_block"].trigger()
    assert not workbench.state.is_open(ref)
    assert not actions["toggle_block"].isChecked()
    assert workbench.state.is_open(("d", "inception_2"))
    actions["close_blocks"].trigger()
    assert not workbench.state.is_open(("d", "inception_2"))
    workbench.set_focus(Focus("d", "inception/3x3"))
    actions["toggle_block"].trigger()
    assert workbench.state.is_open(ref)
    actions["open_blocks"].trigger()
    assert workbench.state.is_open(("d", "inception_2"))
    assert workbench.state.look.toggled_blocks == frozenset()


def test_a_right_click_on_a_row_opens_the_menu_of_its_commands(window: MainWindow, monkeypatch: pytest.MonkeyPatch):
    open_menus: list[QMenu] = []
    monkeypatch.setattr(QMenu, "popup", lambda menu, at: open_menus.append(menu))
    window.workbench.set_focus(Focus("d", "inception"))
    tree = window.designs.tree
    tree.customContextMenuRequested.emit(tree.visualItemRect(tree.currentItem()).center())
    assert open_menus == [window.row_menu]
    assert window.actions_by_id["take_apart"] in window.row_menu.actions()


def test_every_command_is_in_a_menu_of_at_most_18_entries():
    assert max(map(len, MENUS.values())) <= 18
    menu_ids = {action_id for ids in MENUS.values() for action_id in ids}
    assert {action.id for action in ACTIONS} <= menu_ids
