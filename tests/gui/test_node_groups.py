"""Groups of layers in the list, the form, the volumes and the table; and how edits treat them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from pytestqt.qtbot import QtBot

from engine.layers import Activation, Add, Conv2d
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.fragment import read_fragment
from engine.project.project import Design, Project
from gui.paint.volumes.layout import lay_out_volumes
from gui.panels.design_rows import block_part_rows, design_tree_rows
from gui.panels.designs import DesignsPanel
from gui.panels.layer_form import LayerForm
from gui.state import edits
from gui.state.edit import Edit
from gui.state.focus import Focus
from gui.state.view_state import ViewState
from gui.window.main_window import MainWindow
from tests.gui.panel_harness import DesignsHarness, PanelHarness, open_designs
from tests.gui.view_harness import state_of

RELU = Activation("relu")
NETWORK = Network(
    (
        Node("stem", Conv2d(4, 3)),
        Node("g.conv1", Conv2d(6, 3), group="g"),
        Node("g.relu", RELU, group="g"),
        Node("g.conv2", Conv2d(4, 3), group="g"),
        Node("g.add", Add(), ("g.conv2", "stem"), group="g"),
        Node("end", Conv2d(2, 1)),
    )
)
MEMBERS = ("g.conv1", "g.relu", "g.conv2", "g.add")
PROJECT = Project(NoiseInput((4, 8, 8)), (Design("d", NETWORK),))
GROUP = Focus("d", "g")


def names(edit: Edit | None) -> list[str]:
    """The nodes after an edit, with their groups."""
    assert edit is not None
    return [f"{node.name} in {node.group}" if node.group else node.name for node in edit.project.network("d").nodes]


def selected(node: str) -> ViewState:
    return state_of(PROJECT, Focus("d", node))


# The list and the form


def test_a_group_is_one_row_at_the_place_of_its_last_layer():
    ((_, rows),) = design_tree_rows(state_of(PROJECT))
    assert [(row.name, row.operator, row.shape, row.has_parts) for row in rows] == [
        ("stem", "3×3, 4 filters", "4×8×8", False),
        ("g", "4 layers", "4×8×8", True),
        ("end", "1×1, 2 filters", "2×8×8", False),
    ]
    parts = block_part_rows(state_of(PROJECT), ("d", "g"))
    assert [row.name for row in parts] == ["conv1", "relu", "conv2", "add"]


def open_panel(qtbot: QtBot, node: str) -> tuple[DesignsPanel, DesignsHarness]:
    panel, harness = open_designs(qtbot, "d", node, PROJECT)
    panel.focus_requested.connect(lambda focus: harness.show(replace(harness.state, focus=focus)))
    return panel, harness


def test_selecting_a_layer_of_a_group_opens_its_row(qtbot: QtBot):
    panel, harness = open_panel(qtbot, "stem")
    row = panel.tree.item_at(("d", "g"))
    assert row is not None
    assert not row.isExpanded()
    harness.show(replace(harness.state, focus=Focus("d", "g.relu")))
    assert row.isExpanded()
    current = panel.tree.currentItem()
    assert current is not None
    assert current.text(0) == "relu"
    row.setExpanded(False)
    assert harness.state.focus.node == "g"


def test_a_group_is_renamed_in_the_list_but_not_to_the_name_of_a_layer(qtbot: QtBot):
    panel, harness = open_panel(qtbot, "g")
    harness.rename("block")
    assert harness.state.project.network("d").node("g.relu").group == "block"
    assert harness.state.focus.node == "block"
    assert panel._name_refusal(("d", "block"), "stem") == "there is already a layer 'stem'"
    assert panel._name_refusal(("d", "stem"), "block") == "there is already a group 'block'"


def test_the_form_of_a_group_has_its_name_its_sums_and_ungroups_it(qtbot: QtBot):
    form = LayerForm(state_of(PROJECT, GROUP))
    harness = PanelHarness(qtbot, form)
    assert form.heading.text() == "g in d"
    assert form.summary.text().startswith("4×8×8 → 4×8×8\nMACs  ")
    assert not form.kind_field.widget.isVisibleTo(form)
    assert form.block.take_apart.text() == "Ungroup"
    form.block.take_apart.click()
    assert harness.edits[-1].text == "Ungroup g"
    assert not any(node.group for node in harness.state.project.network("d").nodes)
    assert harness.state.project.network("d").nodes == tuple(replace(node, group="") for node in NETWORK.nodes)


def test_a_layer_of_a_group_is_edited_like_any_other(qtbot: QtBot):
    form = LayerForm(state_of(PROJECT, Focus("d", "g.conv1")))
    harness = PanelHarness(qtbot, form)
    assert form.head.isEnabled()
    form._on_setting_changed("filters", 9)
    assert harness.state.project.network("d").node("g.conv1").layer == Conv2d(9, 3)
    assert "g" in harness.state.check.analyses["d"].groups


# Volumes and table


def test_a_closed_group_is_one_box_and_an_open_one_has_a_frame(qtbot: QtBot):
    def boxes(blocks: str) -> tuple[list[str], list[str]]:
        scene = lay_out_volumes(state_of(PROJECT, blocks=blocks), 1200, 700).scene
        return [box.ref[1] for box in scene.boxes], [frame.ref[1] for frame in scene.frames]

    assert boxes("closed") == ([INPUT, "stem", "g", "end"], [])
    open_boxes, frames = boxes("open")
    assert open_boxes == [INPUT, "stem", *MEMBERS, "end"]
    assert frames == ["g"]


def test_a_layer_of_a_closed_group_is_shown_by_its_box():
    state = state_of(PROJECT, Focus("d", "g.relu"), blocks="closed")
    assert state.visible_ref(("d", "g.relu")) == ("d", "g")
    assert [row.node for row in state.cost_rows if not row.is_total] == ["stem", "g", "end"]
    opened = state_of(PROJECT, Focus("d", "g.relu"), blocks="open")
    assert opened.visible_ref(("d", "g.relu")) == ("d", "g.relu")
    assert opened.volume_at(("d", "g")).source == ("d", "g.add")


def test_a_command_opens_and_closes_the_group_around_the_selected_layer(
    qtbot: QtBot, open_window: Callable[[Project], MainWindow]
):
    window = open_window(PROJECT)
    window.workbench.set_focus(Focus("d", "g.relu"))
    assert window.workbench.state.is_open(("d", "g"))
    window.actions_by_id["toggle_block"].trigger()
    assert not window.workbench.state.is_open(("d", "g"))
    window.workbench.set_focus(GROUP)
    window.actions_by_id["remove"].trigger()
    assert [node.name for node in window.workbench.state.project.network("d").nodes] == ["stem", "end"]
    window.actions_by_id["undo"].trigger()
    assert window.workbench.state.focus == GROUP


# Edits


def test_commands_act_on_all_layers_of_a_selected_group():
    state = selected("g")
    assert state.selected_nodes == MEMBERS
    assert names(edits.remove_selection(state)) == ["stem", "end"]
    assert [node.name for node in read_fragment(edits.copied_text(state), Path("/")).nodes] == list(MEMBERS)


def test_a_copy_of_a_group_is_a_group_of_its_own():
    edit = edits.duplicate_selection(selected("g"))
    grouped = [name for name in names(edit) if " in " in name]
    assert grouped == [*(f"{name} in g" for name in MEMBERS), *(f"{name}_2 in g_2" for name in MEMBERS)]
    assert edit is not None
    after = state_of(edit.project)
    assert set(after.check.analyses["d"].groups) == {"g", "g_2"}
    pasted = edits.paste_fragment(selected("end"), read_fragment(edits.copied_text(selected("g")), Path("/")))
    assert set(state_of(pasted.project).check.analyses["d"].groups) == {"g", "g_2"}


def test_the_form_of_a_group_has_its_whole_name_which_may_begin_with_a_sign(qtbot: QtBot):
    nodes = (replace(node, group=node.group and "_blocks.1") for node in NETWORK.nodes)
    project = PROJECT.with_network("d", Network(tuple(nodes)))
    panel = LayerForm(state_of(project, Focus("d", "_blocks.1")))
    qtbot.addWidget(panel)
    assert panel.name.edit.text() == "_blocks.1"


@pytest.mark.parametrize(
    ("node", "edit", "expected"),
    [
        ("g.conv1", edits.add_after_selection, "relu in g"),
        ("g.relu", edits.add_before_selection, "relu in g"),
        ("g", edits.add_after_selection, "relu"),
        ("g", edits.add_before_selection, "relu"),
        ("stem", edits.add_after_selection, "relu"),
    ],
)
def test_a_layer_that_is_added_within_a_group_belongs_to_it(
    node: str, edit: Callable[[Activation, ViewState], Edit], expected: str
):
    result = edit(RELU, selected(node))
    new = next(name for name in names(result) if name.startswith("relu"))
    assert new == expected
    assert "g" in state_of(result.project).check.analyses["d"].groups


def test_a_layer_added_after_a_group_receives_its_output_and_one_before_it_is_received():
    after = edits.add_after_selection(RELU, selected("g"))
    assert after.project.network("d").node("end").inputs in ((), ("relu",))
    before = edits.add_before_selection(RELU, selected("g"))
    assert before is not None
    network = before.project.network("d")
    assert network.inputs_of(network.index("g.conv1")) == ("relu",)


def test_a_dragged_group_moves_with_all_its_layers():
    project = PROJECT.with_network(
        "d", Network((Node("first", RELU), *(replace(n, group="h") for n in NETWORK.nodes[1:3]), Node("last", RELU)))
    )
    moved = edits.move_box(state_of(project), ("d", "h"), ("d", "last"), after=True)
    assert isinstance(moved, Edit)
    assert names(moved) == ["first", "last", "g.conv1 in h", "g.relu in h"]
    assert "h" in state_of(moved.project).check.analyses["d"].groups


def test_another_kind_keeps_the_group():
    changed = edits.set_kind(PROJECT, ("d", "g.relu"), "batch_norm")
    assert "g" in state_of(changed.project).check.analyses["d"].groups


@pytest.mark.parametrize(
    ("chosen", "is_possible"),
    [
        (("g.conv1", "g.relu"), True),
        (("stem", "g.conv1"), False),  # others receive both
        (("g.conv1", "g.conv2"), False),
        (("g.conv2", "g.add", "end"), True),
        (("g.conv1",), False),
    ],
)
def test_selected_layers_become_a_group_if_one_alone_leads_on(chosen: tuple[str, ...], is_possible: bool):
    plain = PROJECT.with_network("d", Network(tuple(replace(node, group="") for node in NETWORK.nodes)))
    state = state_of(plain, Focus("d", chosen[0], others=frozenset(chosen[1:])))
    assert edits.can_group_selection(state) == is_possible
    edit = edits.group_selection(state)
    assert (edit is not None) == is_possible
    if edit is not None:
        after = state_of(edit.project)
        assert edit.focus == Focus("d", "group")
        assert {part.name for part in after.check.analyses["d"].groups["group"].parts} == set(chosen)


def test_a_group_is_not_grouped_again_but_may_be_grouped_with_more():
    assert not edits.can_group_selection(selected("g"))
    edit = edits.group_selection(state_of(PROJECT, Focus("d", "g.add", others=frozenset({"end"}))))
    assert edit is not None
    groups = state_of(edit.project).check.analyses["d"].groups
    assert {name: len(group.parts) for name, group in groups.items()} == {"g": 3, "group": 2}
