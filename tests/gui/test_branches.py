"""Branches beside other layers, joins, and edits of several layers at once."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.blocks import BLOCKS
from engine.layers import LAYERS, Activation, Concat, Conv2d, MaxPool2d
from engine.network.analysis import analyze
from engine.network.graph import INPUT, Network, Node, topological_order
from engine.project.file import to_data
from engine.project.project import Project
from engine.project.reader import ProjectReader
from engine.shapes import Shape
from gui.panels.base import Edit
from gui.state import edits
from gui.state.focus import Focus
from gui.state.view_state import ViewState
from tests.gui.test_edits import CHAIN, INCEPTION, edited_network, networks, project, wires
from tests.gui.view_harness import state_of

KIND_NAMES = [kind for kind, _, _ in edits.kind_entries((*LAYERS, *BLOCKS))]
RESIDUAL = Network(
    (
        Node("first", Conv2d(3, 3)),
        Node("second", Conv2d(3, 3)),
        Node("relu", Activation("relu")),
        Node("third", Conv2d(5, 3)),
    )
)


def selected(network: Network, node: str, *others: str) -> ViewState:
    return state_of(project(network), Focus("d0", node, others=frozenset(others)))


def names(network: Network) -> list[str]:
    return [node.name for node in network.nodes]


# In parallel


def test_a_layer_in_parallel_receives_what_the_selected_one_receives_and_is_joined_where_that_is():
    result = edited_network(edits.add_in_parallel_to_selection("conv2d", selected(INCEPTION, "reduce")))
    assert wires(result) == {**wires(INCEPTION), "conv3x3": (INPUT,), "output": ("conv1x1", "conv5x5", "conv3x3")}
    assert names(result) == ["conv1x1", "reduce", "conv5x5", "conv3x3", "output"]


def test_a_branch_that_does_not_fit_the_join_behind_stays_a_loose_end():
    edit = edits.add_in_parallel_to_selection("max_pool2d", selected(INCEPTION, "conv1x1"))
    assert edit.text == "Add max_pool2x2 in parallel to conv1x1"
    assert wires(edited_network(edit)) == {**wires(INCEPTION), "max_pool2x2": (INPUT,)}


def test_a_branch_beside_a_layer_in_the_middle_of_a_chain_is_listed_below_it_and_changes_no_connection():
    result = edited_network(edits.add_in_parallel_to_selection("conv2d", selected(CHAIN, "relu")))
    assert wires(result) == {**wires(CHAIN), "conv3x3_2": ("conv3x3",)}
    assert names(result) == ["conv3x3", "relu", "conv3x3_2", "pool"]


def test_a_branch_beside_several_layers_receives_what_the_first_of_them_receives():
    result = edited_network(edits.add_in_parallel_to_selection("conv2d", selected(INCEPTION, "conv5x5", "reduce")))
    assert wires(result)["conv3x3"] == (INPUT,)


def test_a_branch_beside_a_design_receives_its_input():
    edit = edits.add_in_parallel_to_selection("conv2d", selected(CHAIN, INPUT))
    assert wires(edited_network(edit)) == {**wires(CHAIN), "conv3x3_2": (INPUT,)}
    assert names(edited_network(edit))[-1] == "conv3x3_2"
    assert edit.text == "Add conv3x3_2 as a branch of d0"


# Joins


def test_joins_take_loose_ends_in_list_order_and_only_those_that_fit():
    ends = Network((*INCEPTION.nodes[:3], Node("pool", MaxPool2d(2), (INPUT,)), Node("last", Conv2d(8, 3), (INPUT,))))
    result = edited_network(edits.add_after_selection("concat", selected(ends, "last")))
    assert wires(result)["concat"] == ("conv1x1", "conv5x5", "last")
    assert (
        edits.join_selection("concat", selected(ends, INPUT)).project
        == edits.add_after_selection("concat", selected(ends, INPUT)).project
    )


def test_an_add_after_a_concat_takes_the_nearest_volume_of_its_shape_instead_of_the_branches():
    widths = Network(
        (Node("a", Conv2d(1, 1), (INPUT,)), Node("b", Conv2d(2, 1), (INPUT,)), Node("c", Concat(), ("a", "b")))
    )
    result = edited_network(edits.add_after_selection("add", selected(widths, "c")))
    assert wires(result)["add"] == (INPUT, "c")
    assert not any(report.mistakes for report in analyze(result, Shape(3, 16, 16)).reports)


def test_selected_layers_are_joined_in_list_order_and_the_receivers_of_the_last_receive_the_join():
    edit = edits.join_selection("add", selected(RESIDUAL, "second", "first"))
    assert edit.text == "Join first and second with add"
    assert wires(edited_network(edit)) == {
        "first": (INPUT,),
        "second": ("first",),
        "add": ("first", "second"),
        "relu": ("add",),
        "third": ("relu",),
    }
    assert edit.focus == Focus("d0", "add")


def test_a_join_of_all_that_a_concat_receives_is_received_once_beside_the_rest():
    three = Network((*(Node(name, Conv2d(4, 1), (INPUT,)) for name in "abc"), Node("out", Concat(), ("a", "b", "c"))))
    edit = edits.join_selection("add", selected(three, "a", "b"))
    assert wires(edited_network(edit))["out"] == ("add", "c")


def test_layers_that_do_not_fit_together_cannot_be_joined():
    assert not edits.can_join_selection("add", selected(RESIDUAL, "first", "third"))
    assert edits.join_selection("add", selected(RESIDUAL, "first", "third")) is None
    assert edits.can_join_selection("concat", selected(RESIDUAL, "first", "third"))


# Several at once


def test_several_layers_are_removed_at_once():
    edit = edits.remove_selection(selected(INCEPTION, "conv5x5", "reduce"))
    assert edit.text == "Remove reduce and conv5x5"
    assert wires(edited_network(edit)) == {"conv1x1": (INPUT,), "output": ("conv1x1", INPUT)}
    assert edit.focus == Focus("d0", "output")


def test_copies_of_a_part_of_a_chain_follow_it():
    edit = edits.duplicate_selection(selected(CHAIN, "relu", "conv3x3"))
    assert wires(edited_network(edit)) == {
        "conv3x3": (INPUT,),
        "relu": ("conv3x3",),
        "conv3x3_2": ("relu",),
        "relu_2": ("conv3x3_2",),
        "pool": ("relu_2",),
    }
    assert edit.focus == Focus("d0", "relu_2", others=frozenset({"conv3x3_2"}))


def test_copies_of_branches_are_branches_that_are_joined_where_these_are():
    edit = edits.duplicate_selection(selected(INCEPTION, "conv1x1", "reduce", "conv5x5"))
    assert wires(edited_network(edit)) == {
        **wires(INCEPTION),
        "conv1x1_2": (INPUT,),
        "reduce_2": (INPUT,),
        "conv5x5_2": ("reduce_2",),
        "output": ("conv1x1", "conv1x1_2", "conv5x5", "conv5x5_2"),
    }


@pytest.mark.parametrize(("by", "order"), [(1, ["pool", "conv3x3", "relu"]), (-1, None)])
def test_several_layers_move_together_until_one_is_at_the_end(by: int, order: list[str] | None):
    state = selected(CHAIN, "relu", "conv3x3")
    edit = edits.move_selection(by, state)
    assert (None if edit is None else names(edit.project.network("d0"))) == order
    assert edits.can_move_selection(by, state) == (order is not None)


# Any edit of any network


def reloaded(project: Project) -> Project | None:
    """The project as it is after it has been saved and opened."""
    return ProjectReader(Path("/")).project(to_data(project, Path("/")))


def any_edit(state: ViewState, number: int, kind: str) -> Edit | None:
    commands = (
        lambda: edits.add_after_selection(kind, state),
        lambda: edits.add_before_selection(kind, state),
        lambda: edits.add_in_parallel_to_selection(kind, state),
        lambda: edits.join_selection("concat", state),
        lambda: edits.join_selection("add", state),
        lambda: edits.remove_selection(state),
        lambda: edits.duplicate_selection(state),
        lambda: edits.move_selection(1, state),
        lambda: edits.move_selection(-1, state),
    )
    return commands[number % len(commands)]()


STEPS = st.lists(
    st.tuples(st.integers(0, 8), st.lists(st.integers(0, 9), max_size=3), st.sampled_from(KIND_NAMES)), max_size=6
)


@given(networks(), STEPS)
def test_edits_of_several_layers_leave_a_project_that_can_be_saved_without_cycles_or_dangling_inputs(network, steps):
    current = project(network)
    for number, chosen, kind in steps:
        all_names = [INPUT, *names(current.network("d0"))]
        lead, *others = [all_names[position % len(all_names)] for position in chosen] or [INPUT]
        focus = Focus("d0", lead, others=frozenset(others) - {INPUT, lead} if lead != INPUT else frozenset())
        if lead == INPUT and number > 4:
            continue  # these would act on the design as a whole
        edit = any_edit(state_of(current, focus), number, kind)
        if edit is None:
            continue
        current = edit.project
        order = topological_order(current.network("d0"))
        assert not order.stuck
        assert all(source is not None for sources in order.sources for source in sources)
        assert len(set(names(current.network("d0")))) == len(current.network("d0").nodes)
        if edit.focus is not None:
            assert {edit.focus.node, *edit.focus.others} <= {INPUT, *names(current.network("d0"))}
        assert reloaded(current) == current
