"""Rows of layers are dragged to another place of the list, and the lines beside them show branches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from engine.layers import Activation, Add, Conv2d
from engine.network.analysis import analyze
from engine.network.graph import INPUT, Network, Node, topological_order
from engine.network.input_specs import NoiseInput
from engine.network.node_ref import STEM
from engine.project.project import Design, Project
from gui.panels.design_rows import design_tree_rows
from gui.panels.designs import DesignsPanel
from gui.panels.row_graph import folded_wiring
from gui.panels.row_graph import row_graphs as graphs_of_rows
from gui.state import edits
from gui.state.focus import Focus
from tests.gui.panel_harness import PROJECT, open_designs, row_names
from tests.gui.test_edits import CHAIN, INCEPTION, networks, project, wires
from tests.gui.user_input import move_mouse
from tests.gui.view_harness import state_of
from tests.gui.window_input import activate

LEFT = Qt.MouseButton.LeftButton


def drop(network: Network, names: list[str], row: str, *, below: bool = True) -> Network:
    edit = edits.drop_nodes(project(network), "d0", names, row, below=below)
    assert edit is not None
    return edit.project.network("d0")


def names(network: Network) -> list[str]:
    return [node.name for node in network.nodes]


def row_graphs(network):
    return graphs_of_rows(folded_wiring(network, analyze(network, None)))


def test_a_layer_dropped_in_a_chain_is_put_between_the_rows_and_its_receivers_receive_its_input():
    result = drop(CHAIN, ["conv3x3"], "relu")
    assert wires(result) == {"relu": (INPUT,), "conv3x3": ("relu",), "pool": ("conv3x3",)}
    assert names(result) == ["relu", "conv3x3", "pool"]
    assert all(not node.inputs for node in result.nodes)
    assert wires(drop(CHAIN, ["pool"], INPUT)) == {"pool": (INPUT,), "conv3x3": ("pool",), "relu": ("conv3x3",)}


def test_a_layer_dropped_below_the_end_of_a_branch_follows_it_and_above_a_branch_begins_it():
    relu = Network((*INCEPTION.nodes, Node("relu", Activation("relu"))))
    after = drop(relu, ["relu"], "conv1x1")
    assert wires(after) == {**wires(INCEPTION), "relu": ("conv1x1",), "output": ("relu", "conv5x5")}
    before = drop(relu, ["relu"], "reduce", below=False)
    assert wires(before) == {**wires(INCEPTION), "relu": (INPUT,), "reduce": ("relu",)}
    assert names(after) == names(before) == ["conv1x1", "relu", "reduce", "conv5x5", "output"]


def test_a_chain_of_selected_layers_is_moved_as_it_is():
    result = drop(CHAIN, ["relu", "conv3x3"], "pool")
    assert wires(result) == {"pool": (INPUT,), "conv3x3": ("pool",), "relu": ("conv3x3",)}


def test_a_layer_that_joins_changes_only_its_place_in_the_list():
    result = drop(INCEPTION, ["output"], "conv1x1")
    assert wires(result) == wires(INCEPTION)
    assert names(result) == ["conv1x1", "output", "reduce", "conv5x5"]


def test_a_layer_moved_out_of_a_sum_of_itself_leaves_both_inputs():
    twice = Network(
        (Node("conv", Conv2d(3, 3)), Node("sum", Add(), ("conv", "conv")), Node("relu", Activation("relu")))
    )
    assert wires(drop(twice, ["conv"], "relu")) == {"sum": (INPUT, INPUT), "relu": ("sum",), "conv": ("relu",)}


def test_a_drop_at_the_same_place_or_within_the_moved_layers_is_no_edit():
    start = project(CHAIN)
    assert edits.drop_nodes(start, "d0", ["relu"], "conv3x3", below=True) is None
    assert edits.drop_nodes(start, "d0", ["relu"], "pool", below=False) is None
    assert edits.drop_nodes(start, "d0", ["relu"], "relu", below=True) is None


@given(networks(), st.lists(st.integers(0, 5), min_size=1, max_size=3), st.integers(0, 6), st.booleans())
def test_a_drop_keeps_every_layer_and_makes_no_cycle_or_dangling_input(network, chosen, at, below):
    if not network.nodes:
        return
    group = [names(network)[number % len(network.nodes)] for number in chosen]
    row = [INPUT, *names(network)][at % (len(network.nodes) + 1)]
    edit = edits.drop_nodes(project(network), "d0", group, row, below=below or row == INPUT)
    if edit is None:
        return
    result = edit.project.network("d0")
    assert {node.name: node.layer for node in result.nodes} == {node.name: node.layer for node in network.nodes}
    order = topological_order(result)
    assert not order.stuck
    assert all(source is not None for sources in order.sources for source in sources)
    assert all(len(inputs) >= 1 for inputs in wires(result).values())


# By mouse


def row_point(panel: DesignsPanel, node: str, part: float, design: str = "bottleneck") -> QPoint:
    item = panel.tree.item_at((design, node))
    assert item is not None
    rect = panel.tree.visualItemRect(item)
    return QPoint(rect.left() + 60, round(rect.top() + part * rect.height()))


def begin_drag(qtbot: QtBot, panel: DesignsPanel, node: str, to: QPoint) -> None:
    start = row_point(panel, node, 0.5)
    qtbot.mousePress(panel.tree.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, start)
    for point in (start + QPoint(0, 3), (start + to) / 2, to):
        move_mouse(panel.tree.viewport(), point, LEFT)


def test_a_row_is_dragged_below_another_in_one_step_and_the_status_says_what_a_drop_does(qtbot: QtBot):
    panel, harness = open_designs(qtbot, "bottleneck", "reduce")
    texts: list[str] = []
    panel.hovered.connect(texts.append)
    target = row_point(panel, "relu", 0.9)
    begin_drag(qtbot, panel, "reduce", target)
    assert texts[-1] == "Move reduce after relu"
    assert harness.edits == []
    qtbot.mouseRelease(panel.tree.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, target)
    assert [edit.text for edit in harness.edits] == ["Move reduce after relu"]
    assert row_names(panel)[2] == ["bottleneck", "relu", "reduce", "conv5x5"]
    assert harness.state.focus == Focus("bottleneck", "reduce")
    assert texts[-1] == ""


def test_esc_cancels_a_drag_and_a_small_movement_is_a_click(qtbot: QtBot):
    panel, harness = open_designs(qtbot, "bottleneck", "reduce")
    target = row_point(panel, "relu", 0.9)
    begin_drag(qtbot, panel, "reduce", target)
    assert panel.tree.drag.active
    qtbot.keyClick(panel.tree, Qt.Key.Key_Escape)
    assert not panel.tree.drag.active
    qtbot.mouseRelease(panel.tree.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, target)
    start = row_point(panel, "relu", 0.5)
    qtbot.mousePress(panel.tree.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, start)
    move_mouse(panel.tree.viewport(), start + QPoint(2, 2), LEFT)
    qtbot.mouseRelease(panel.tree.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, start + QPoint(2, 2))
    assert harness.edits == []
    assert harness.focuses[-1] == Focus("bottleneck", "relu")


def test_several_selected_rows_are_dragged_together(qtbot: QtBot):
    panel, harness = open_designs(qtbot, "bottleneck", "reduce")
    harness.show(state_of(PROJECT, Focus("bottleneck", "relu", others=frozenset({"reduce"}))))
    target = row_point(panel, "conv5x5", 0.9)
    begin_drag(qtbot, panel, "relu", target)
    qtbot.mouseRelease(panel.tree.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, target)
    assert row_names(panel)[2] == ["bottleneck", "conv5x5", "reduce", "relu"]
    assert harness.state.focus == Focus("bottleneck", "relu", others=frozenset({"reduce"}))


def test_a_row_is_not_dropped_in_another_design(qtbot: QtBot):
    panel, harness = open_designs(qtbot, "bottleneck", "reduce")
    texts: list[str] = []
    panel.hovered.connect(texts.append)
    target = row_point(panel, "conv5x5", 0.9, "naive")
    begin_drag(qtbot, panel, "reduce", target)
    assert texts[-1] == "layers are moved within their design"
    assert panel.tree.drag.target is None
    assert panel.tree.viewport().cursor().shape() == Qt.CursorShape.ForbiddenCursor
    qtbot.mouseRelease(panel.tree.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, target)
    assert harness.edits == []


def test_a_design_is_dragged_above_or_below_another_one_with_its_layers(qtbot: QtBot):
    panel, harness = open_designs(qtbot, "bottleneck")
    begin_drag(qtbot, panel, INPUT, row_point(panel, INPUT, 0.9, "naive"))
    item = panel.tree.drag.target
    assert item is not None
    assert (item[0].text(0), item[1]) == ("naive", False)
    at = row_point(panel, INPUT, 0.9, "naive")
    qtbot.mouseRelease(panel.tree.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, at)
    assert [edit.text for edit in harness.edits] == ["Move bottleneck up"]
    assert [row[0] for row in row_names(panel)] == ["stem (shared)", "bottleneck", "naive"]
    to = row_point(panel, "conv5x5", 0.9, "naive")
    begin_drag(qtbot, panel, INPUT, to)
    qtbot.mouseRelease(panel.tree.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, to)
    assert [row[0] for row in row_names(panel)] == ["stem (shared)", "naive", "bottleneck"]


def test_the_stem_is_not_dragged_and_nothing_is_dropped_above_it(qtbot: QtBot):
    panel, harness = open_designs(qtbot, "bottleneck")
    begin_drag(qtbot, panel, INPUT, row_point(panel, INPUT, 0.1, ""))
    assert panel.tree.drag.target is None
    qtbot.keyClick(panel.tree, Qt.Key.Key_Escape)
    start = row_point(panel, INPUT, 0.5, "")
    qtbot.mousePress(panel.tree.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, start)
    move_mouse(panel.tree.viewport(), start + QPoint(0, 60), LEFT)
    assert not panel.tree.drag.active
    qtbot.mouseRelease(panel.tree.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, start)
    assert harness.edits == []


@pytest.mark.parametrize(
    ("name", "beside", "below", "order"),
    [
        ("a", "c", True, "bca"),
        ("a", "c", False, "bac"),
        ("c", "a", False, "cab"),
        ("c", "a", True, "acb"),
        ("b", STEM, True, "bac"),
        ("a", "b", False, None),
        ("b", "a", True, None),
        ("b", "b", True, None),
        ("a", STEM, False, None),
    ],
)
def test_a_design_is_dropped_beside_another(name: str, beside: str, below: bool, order: str | None):
    designs = tuple(Design(letter, Network()) for letter in "abc")
    edit = edits.drop_design(Project(NoiseInput((3, 8, 8)), designs), name, beside, below=below)
    assert (None if edit is None else "".join(design.name for design in edit.project.designs)) == order


# Lines beside the rows


def test_a_chain_has_no_lines():
    assert set(row_graphs(CHAIN)) == {None}


def test_lines_show_where_branches_begin_and_join():
    conv1x1, reduce, conv5x5, output = row_graphs(INCEPTION)
    assert (conv1x1.column, conv1x1.forks, conv1x1.passing) == (1, (0,), (0,))
    assert (reduce.column, reduce.ends, reduce.passing) == (0, (0,), (1,))
    assert (conv5x5.column, conv5x5.passing) == (0, (1,))
    assert (output.column, output.ends, output.goes_on) == (0, (1, 0), False)


@given(networks())
def test_every_line_that_begins_ends_at_the_row_that_is_the_last_to_receive_it(network: Network):
    graphs = row_graphs(network)
    if not graphs or None in graphs:
        return
    open_columns = {0}
    for graph in graphs:
        assert set(graph.ends) <= open_columns
        assert set(graph.passing) == open_columns - set(graph.ends)
        assert set(graph.forks) <= set(graph.passing)
        assert graph.column not in graph.passing
        open_columns = {*graph.passing, *((graph.column,) if graph.goes_on else ())}
    assert not open_columns


def test_rows_say_in_words_where_a_branch_begins_and_what_is_joined():
    ((_, rows),) = design_tree_rows(state_of(project(INCEPTION)))
    assert [row.branch for row in rows] == ["branch of input", "branch of input", "", "joins conv1x1, conv5x5"]
    assert "branch of input" in rows[0].sentence


@pytest.mark.parametrize("node", ["conv1x1", "reduce"])
def test_the_list_with_lines_is_painted(qtbot: QtBot, node: str):
    panel, _ = open_designs(qtbot, "d0", node, project(INCEPTION))
    image = panel.tree.viewport().grab().toImage()
    rect = panel.tree.visualItemRect(panel.tree.item_at(("d0", "conv5x5")))
    strip = {image.pixel(rect.left() + x, rect.top() + 2) for x in range(4, 22)}
    assert len(strip) > 1, "no line beside the row"


def test_inputs_are_reordered_by_keys_that_move_layers_elsewhere_in_the_window(open_window, qtbot: QtBot):
    window = open_window(project(INCEPTION))
    activate(window, qtbot)
    window.workbench.set_focus(Focus("d0", "output"))
    rows = window.form.inputs.many.list
    rows.setFocus()
    rows.setCurrentRow(1)
    qtbot.keyClick(rows, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert wires(window.workbench.state.project.network("d0"))["output"] == ("conv5x5", "conv1x1")
    assert window.workbench.document.undo_stack.count() == 1
