"""Edits of a project: after any sequence of them names are unique, no input dangles and nothing is a cycle."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.blocks import BLOCKS
from engine.layers import LAYERS, Activation, Add, Concat, Conv2d, MaxPool2d, Transpose
from engine.network.analysis import analyze
from engine.network.graph import INPUT, Network, Node, topological_order
from engine.network.input_specs import ImageInput, NoiseInput
from engine.network.node_ref import STEM
from engine.network.weight_specs import FileWeights, PresetWeights
from engine.project.project import Design, Project
from engine.rank_search import calibration_set
from engine.rank_search.replacement import apply_low_rank
from engine.run.check import check
from engine.shapes import Shape
from gui.panels.base import Edit
from gui.state import edits
from gui.state.focus import Focus

KIND_NAMES = [kind for kind, _, _ in edits.kind_entries((*LAYERS, *BLOCKS))]

INCEPTION = Network(
    (
        Node("conv1x1", Conv2d(64, 1), (INPUT,)),
        Node("reduce", Conv2d(16, 1), (INPUT,)),
        Node("conv5x5", Conv2d(32, 5)),
        Node("output", Concat(), ("conv1x1", "conv5x5")),
    )
)
CHAIN = Network((Node("conv3x3", Conv2d(8, 3)), Node("relu", Activation("relu")), Node("pool", MaxPool2d(2))))


def project(*networks: Network, stem: Network | None = None) -> Project:
    designs = tuple(Design(f"d{number}", network) for number, network in enumerate(networks))
    return Project(NoiseInput((3, 16, 16)), designs, stem)


def wires(network: Network) -> dict[str, tuple[str, ...]]:
    return {node.name: network.inputs_of(index) for index, node in enumerate(network.nodes)}


def design_names(edit: Edit) -> list[str]:
    return [design.name for design in edit.project.designs]


def edited_network(edit: Edit) -> Network:
    assert edit.focus is not None
    return edit.project.network(edit.focus.design)


@pytest.mark.parametrize("kind", KIND_NAMES)
def test_a_new_layer_of_every_kind_has_a_default_name_of_letters_digits_and_underscores(kind: str):
    layer = edits.new_layer(kind)
    assert layer.kind == kind
    assert re.fullmatch(r"[a-z0-9_]+", edits.default_name(layer))


def test_a_new_layer_is_called_by_its_kind_or_its_function_and_by_no_other_word_of_its_settings():
    names = [edits.default_name(layer) for layer in (Transpose("hwc"), Concat("rows"), Activation("relu"))]
    assert names == ["transpose", "concat", "relu"]


def test_new_layers_are_named_by_kernel_or_function_and_numbered_if_the_name_is_taken():
    assert edits.add_layer(project(CHAIN), "d0", "pool", "conv2d").focus == Focus("d0", "conv3x3_2")
    assert edits.add_layer(project(Network()), "d0", INPUT, "activation").focus == Focus("d0", "relu")


def test_a_layer_added_behind_another_takes_over_all_its_users():
    edit = edits.add_layer(project(INCEPTION), "d0", "conv5x5", "activation")
    assert edit.text == "Add relu to d0"
    assert wires(edited_network(edit)) == {
        "conv1x1": (INPUT,),
        "reduce": (INPUT,),
        "conv5x5": ("reduce",),
        "relu": ("conv5x5",),
        "output": ("conv1x1", "relu"),
    }


def test_a_layer_added_behind_the_input_comes_first():
    edit = edits.add_layer(project(CHAIN), "d0", INPUT, "batch_norm")
    assert [node.name for node in edited_network(edit).nodes] == ["batch_norm", "conv3x3", "relu", "pool"]
    assert all(not node.inputs for node in edited_network(edit).nodes)


def test_a_layer_added_before_another_feeds_only_that_one():
    edit = edits.add_layer_before(project(INCEPTION), "d0", "reduce", "batch_norm")
    assert edit.text == "Add batch_norm before reduce"
    assert wires(edited_network(edit)) == {
        "conv1x1": (INPUT,),
        "batch_norm": (INPUT,),
        "reduce": ("batch_norm",),
        "conv5x5": ("reduce",),
        "output": ("conv1x1", "conv5x5"),
    }


def test_a_layer_added_before_one_that_joins_takes_its_first_input():
    edit = edits.add_layer_before(project(INCEPTION), "d0", "output", "activation")
    assert wires(edited_network(edit))["relu"] == ("conv1x1",)
    assert wires(edited_network(edit))["output"] == ("relu", "conv5x5")


@pytest.mark.parametrize(("channels", "filters"), [(256, 64), (7, 1), (3, 1)])
def test_a_reduction_is_a_1x1_convolution_to_a_quarter_of_the_channels(channels: int, filters: int):
    edit = edits.add_reduction(project(CHAIN), "d0", "conv3x3", channels)
    assert edited_network(edit).nodes[0] == Node("reduce", Conv2d(filters, 1))
    assert wires(edited_network(edit))["conv3x3"] == ("reduce",)


def test_a_concat_added_to_branches_joins_their_loose_ends():
    branches = Network(INCEPTION.nodes[:3])
    edit = edits.add_layer(project(branches), "d0", "conv5x5", "concat")
    assert wires(edited_network(edit))["concat"] == ("conv1x1", "conv5x5")
    assert analyze(edited_network(edit), Shape(3, 16, 16)).macs is not None


def test_an_add_added_to_a_chain_joins_what_the_layer_received():
    edit = edits.add_layer(project(CHAIN), "d0", "relu", "add")
    assert wires(edited_network(edit))["add"] == ("conv3x3", "relu")
    assert wires(edited_network(edit))["pool"] == ("add",)


def test_removing_a_layer_connects_its_users_to_its_inputs():
    assert wires(edited_network(edits.remove_nodes(project(CHAIN), "d0", ["relu"]))) == {
        "conv3x3": (INPUT,),
        "pool": ("conv3x3",),
    }
    edit = edits.remove_nodes(project(INCEPTION), "d0", ["conv5x5"])
    assert wires(edited_network(edit))["output"] == ("conv1x1", "reduce")


def test_removing_a_concat_leaves_its_user_with_one_input():
    network = INCEPTION.with_node(Node("relu", Activation("relu")))
    result = edited_network(edits.remove_nodes(project(network), "d0", ["output"]))
    assert wires(result)["relu"] == ("conv1x1",)
    assert analyze(result, Shape(3, 16, 16)).macs is not None


def test_removing_focuses_the_row_that_moved_up_or_else_the_one_above():
    assert edits.remove_nodes(project(CHAIN), "d0", ["relu"]).focus == Focus("d0", "pool")
    assert edits.remove_nodes(project(CHAIN), "d0", ["pool"]).focus == Focus("d0", "relu")
    assert edits.remove_nodes(project(Network(CHAIN.nodes[:1])), "d0", ["conv3x3"]).focus == Focus("d0", INPUT)


def test_moving_along_a_chain_swaps_layers_and_leaves_inputs_implicit():
    edit = edits.move_nodes(project(CHAIN), "d0", ["relu"], 1)
    assert edit is not None
    assert edit.text == "Move relu down"
    assert wires(edited_network(edit)) == {"conv3x3": (INPUT,), "pool": ("conv3x3",), "relu": ("pool",)}
    assert all(not node.inputs for node in edited_network(edit).nodes)


def test_moving_inside_a_branch_swaps_its_layers():
    edit = edits.move_nodes(project(INCEPTION), "d0", ["conv5x5"], -1)
    assert edit is not None
    assert wires(edited_network(edit)) == {
        "conv1x1": (INPUT,),
        "conv5x5": (INPUT,),
        "reduce": ("conv5x5",),
        "output": ("conv1x1", "reduce"),
    }


def test_moving_past_another_branch_changes_only_the_list():
    edit = edits.move_nodes(project(INCEPTION), "d0", ["reduce"], -1)
    assert edit is not None
    assert [node.name for node in edited_network(edit).nodes] == ["reduce", "conv1x1", "conv5x5", "output"]
    assert wires(edited_network(edit)) == wires(INCEPTION)


def test_there_is_no_move_beyond_the_ends():
    assert edits.move_nodes(project(CHAIN), "d0", ["conv3x3"], -1) is None
    assert edits.move_design(project(CHAIN, CHAIN), "d1", 1) is None


def test_renaming_a_layer_renames_it_in_the_inputs_of_others():
    edit = edits.rename_node(project(INCEPTION), "d0", "conv5x5", "wide")
    assert wires(edited_network(edit))["output"] == ("conv1x1", "wide")
    assert edit.text == "Rename conv5x5 to wide"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "can be seen"),
        ("  ", "can be seen"),
        ("a b", ""),
        ("größe", ""),
        ("卷积", ""),
        ("model/conv2d/Relu;model/conv2d/BiasAdd", ""),
        ("StatefulPartitionedCall:0", ""),
        ("a\x1b[31m", "U+001B at character 2"),
        ("a\nb", "U+000A"),
        ("a\u202eb", "U+202E"),
        ("a" * 1001, "at most 1,000 characters"),
        (INPUT, "the name of the design's input"),
        ("pool", "already"),
        ("relu", ""),
        ("block/conv-1.a_b", ""),
    ],
)
def test_an_invalid_layer_name_is_refused_with_the_reason(name: str, reason: str):
    refusal = edits.name_refusal(project(CHAIN), ("d0", "relu"), name)
    assert bool(refusal) == bool(reason)
    assert reason in refusal


def test_a_design_name_is_refused_if_empty_or_taken():
    two_designs = project(CHAIN, CHAIN)
    assert edits.name_refusal(two_designs, ("d0", INPUT), " ")
    assert edits.name_refusal(two_designs, ("d0", INPUT), "d1")
    assert not edits.name_refusal(two_designs, ("d0", INPUT), "with spaces, 5×5")
    assert "U+0007" in edits.name_refusal(two_designs, ("d0", INPUT), "bell\a")
    assert "at most 200" in edits.name_refusal(two_designs, ("d0", INPUT), "a" * 201)


TWICE = Network((Node("conv", Conv2d(8, 3)), Node("sum", Add(), ("conv", "conv")), Node("relu", Activation("relu"))))


def test_edits_around_a_node_that_receives_a_volume_twice_keep_both_inputs():
    renamed = edits.rename_node(project(TWICE), "d0", "conv", "c")
    assert wires(edited_network(renamed))["sum"] == ("c", "c")
    before = edits.add_layer_before(project(TWICE), "d0", "sum", "max_pool2d")
    assert wires(edited_network(before))["sum"] == (before.focus.node, "conv")
    removed = edits.remove_nodes(project(TWICE), "d0", ["conv"])
    assert wires(edited_network(removed))["sum"] == (INPUT, INPUT)
    changed = edits.set_kind(project(TWICE), ("d0", "sum"), "concat")
    assert wires(edited_network(changed))[changed.focus.node] == ("conv", "conv")


def test_another_kind_that_joins_keeps_the_inputs():
    changed = edits.set_kind(project(INCEPTION), ("d0", "output"), "add")
    assert wires(edited_network(changed))["output"] == ("conv1x1", "conv5x5")


def test_a_copy_of_a_long_name_is_not_longer_than_a_file_may_have():
    long = Network((Node("n" * 1000, Activation("relu")),))
    assert len(edits.duplicate_nodes(project(long), "d0", ["n" * 1000]).focus.node) == 1000
    design = Project(NoiseInput((1, 1, 1)), (Design("d" * 200, Network()),))
    assert len(edits.duplicate_design(design, "d" * 200).focus.design) == 200


def test_an_edit_of_a_setting_names_it_and_merges_with_others_of_the_same_setting():
    edit = edits.set_setting(project(CHAIN), ("d0", "conv3x3"), "filters", 64)
    assert (edit.text, edit.merge) == ("Filters of conv3x3: 8 → 64", "d0/0/filters")
    assert edit.project.network("d0").node("conv3x3").layer == Conv2d(64, 3)
    assert edits.set_setting(project(CHAIN), ("d0", "conv3x3"), "kernel", (3, 5)).text == "Kernel of conv3x3: 3 → 3×5"
    assert edits.set_setting(project(CHAIN), ("d0", "conv3x3"), "bias", False).text == "Bias of conv3x3: on → off"


def test_another_kind_keeps_common_settings_and_replaces_a_default_name():
    network = Network((Node("conv5x5", Conv2d(8, 5, padding=1), weights=PresetWeights("box")),))
    edit = edits.set_kind(project(network), ("d0", "conv5x5"), "max_pool2d")
    assert edit.focus == Focus("d0", "max_pool5x5")
    assert edited_network(edit).nodes == (Node("max_pool5x5", MaxPool2d(5, 1, 1)),)


def test_another_kind_keeps_a_name_chosen_by_the_user():
    network = Network((Node("stage1", Conv2d(8, 5)),))
    assert edits.set_kind(project(network), ("d0", "stage1"), "dense").focus == Focus("d0", "stage1")


def test_another_kind_keeps_as_many_inputs_as_it_can_take():
    edit = edits.set_kind(project(INCEPTION), ("d0", "output"), "conv2d")
    assert wires(edited_network(edit))["output"] == ("conv1x1",)
    edit = edits.set_kind(edit.project, ("d0", "output"), "concat")
    assert wires(edited_network(edit))["output"] == ("conv1x1", "conv5x5")


def test_inputs_and_weights_are_set_by_one_edit_each():
    edit = edits.set_inputs(project(INCEPTION), ("d0", "conv5x5"), (INPUT,))
    assert edit.text == "Connect conv5x5 to input"
    assert wires(edit.project.network("d0"))["conv5x5"] == (INPUT,)
    weights = FileWeights("w.npz", weight="a")
    edit = edits.set_weights(project(INCEPTION), ("d0", "conv5x5"), weights, "w.npz")
    assert edit.project.network("d0").node("conv5x5").weights == weights


def test_designs_are_added_copied_moved_renamed_and_removed():
    start = project(CHAIN, INCEPTION)
    assert design_names(edits.add_design(start)) == ["d0", "d1", "design"]
    copy = edits.duplicate_design(start, "d0")
    assert design_names(copy) == ["d0", "d0_2", "d1"]
    assert copy.project.design("d0_2").network == CHAIN
    move = edits.move_design(start, "d1", -1)
    assert move is not None
    assert design_names(move) == ["d1", "d0"]
    assert design_names(edits.rename_design(start, "d0", "new")) == ["new", "d1"]
    assert edits.remove_design(start, "d0").focus == Focus("d1")
    assert edits.remove_design(project(CHAIN), "d0").focus == Focus()


def test_the_stem_is_edited_like_a_design():
    start = project(CHAIN, stem=CHAIN)
    edit = edits.add_layer(start, STEM, "pool", "conv2d")
    assert edit.text == "Add conv3x3_2 to the stem"
    assert edit.project.stem is not None
    assert len(edit.project.stem.nodes) == 4


def test_another_channel_order_moves_means_with_their_colours():
    photo = ImageInput("p.png", channels="bgr", mean=(1.0, 2.0, 3.0), std=(4.0,))
    assert edits.with_channels(photo, "rgb") == ImageInput("p.png", channels="rgb", mean=(3.0, 2.0, 1.0), std=(4.0,))
    assert edits.with_channels(photo, "gray").mean == (2.0,)


@st.composite
def ordered_networks(draw: st.DrawFn) -> Network:
    """A small network with valid names: each node receives the node before it, or some of those above it."""
    nodes: list[Node] = []
    for index in range(draw(st.integers(0, 6))):
        above = [INPUT, *(node.name for node in nodes)]
        if len(above) > 1 and draw(st.booleans()):
            inputs = draw(st.lists(st.sampled_from(above), min_size=2, max_size=3, unique=True))
            nodes.append(Node(f"n{index}", Add(), tuple(inputs)))
        else:
            inputs = draw(st.lists(st.sampled_from(above), max_size=1))
            nodes.append(Node(f"n{index}", Activation("relu"), tuple(inputs)))
    return Network(tuple(nodes))


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """The same, in any order of the list if every node names its inputs."""
    nodes = draw(ordered_networks()).nodes
    return Network(tuple(draw(st.permutations(nodes))) if all(node.inputs for node in nodes) else nodes)


OPERATIONS = ("add", "before", "reduce", "duplicate", "remove", "up", "down", "rename", "kind")


def step(start: Project, operation: str, position: int, kind: str, number: int) -> Edit | None:
    nodes = start.network("d0").nodes
    names = [INPUT, *(node.name for node in nodes)]
    if operation == "add" or not nodes:
        return edits.add_layer(start, "d0", names[position % len(names)], kind)
    name = nodes[position % len(nodes)].name
    return {
        "before": lambda: edits.add_layer_before(start, "d0", name, kind),
        "reduce": lambda: edits.add_reduction(start, "d0", name, 8),
        "duplicate": lambda: edits.duplicate_nodes(start, "d0", [name]),
        "remove": lambda: edits.remove_nodes(start, "d0", [name]),
        "up": lambda: edits.move_nodes(start, "d0", [name], -1),
        "down": lambda: edits.move_nodes(start, "d0", [name], 2),
        "rename": lambda: edits.rename_node(start, "d0", name, f"r{number}"),
        "kind": lambda: edits.set_kind(start, ("d0", name), kind),
    }[operation]()


@given(
    networks(),
    st.lists(st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 20), st.sampled_from(KIND_NAMES)), max_size=12),
)
def test_after_any_edits_names_are_unique_no_input_dangles_and_nothing_is_a_cycle(
    network: Network, steps: list[tuple[str, int, str]]
):
    current = project(network)
    for number, (operation, position, kind) in enumerate(steps):
        edit = step(current, operation, position, kind, number)
        if edit is None:
            continue
        current = edit.project
        nodes = current.network("d0").nodes
        names = [node.name for node in nodes]
        assert len(set(names)) == len(names)
        order = topological_order(current.network("d0"))
        assert not order.stuck
        assert all(source is not None for sources in order.sources for source in sources)
        assert all(len(set(node.inputs)) == len(node.inputs) for node in nodes)
        assert edit.focus is None or edit.focus.node in {INPUT, *names}


@given(ordered_networks(), st.integers(0, 5), st.integers(0, 5))
def test_a_move_there_and_back_restores_wires_and_order(network: Network, position: int, target: int):
    if not network.nodes:
        return
    name = network.nodes[position % len(network.nodes)].name
    index = network.index(name)
    result = network.with_node_moved(name, target % len(network.nodes))
    assert result.index(name) == target % len(network.nodes)
    assert wires(result.with_node_moved(name, index)) == wires(network)
    assert [node.name for node in result.with_node_moved(name, index).nodes] == [node.name for node in network.nodes]


@given(networks(), st.integers(0, 5))
def test_downstream_is_all_users_and_theirs_and_loose_ends_have_none(network: Network, position: int):
    source_names = {name for names in wires(network).values() for name in names}
    assert set(network.loose_ends()) == {node.name for node in network.nodes} - source_names
    assert network.downstream(INPUT) == {node.name for node in network.nodes}
    if network.nodes:
        name = network.nodes[position % len(network.nodes)].name
        users = {user for user, names in wires(network).items() if name in names}
        assert network.downstream(name) == users.union(*(network.downstream(user) for user in users))


@pytest.mark.parametrize("name", ["conv", "conv_reduce"])
def test_a_copy_of_a_fitted_layer_does_not_have_its_fitted_weights(name):
    start = Project(NoiseInput((8, 9, 10)), (Design("d", Network((Node("conv", Conv2d(8, 3)),))),))
    low_rank = apply_low_rank(start, ("d", "conv"), "1x1+kxk", (4,), calibration_set(start))
    edit = edits.duplicate_nodes(low_rank, "d", [name])
    assert not check(edit.project).problems
    assert edit.project.network("d").node(f"{name}_2").weights is None
    assert edit.project.network("d").node(name) == low_rank.network("d").node(name)
