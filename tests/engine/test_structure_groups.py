"""Groups of imported layers whose names tell no modules: branches that join, and depthwise convolutions."""

from itertools import pairwise

from engine.layers import Activation, Add, Concat, Conv2d, Dense, GlobalAvgPool2d, MaxPool2d, Mul, Resize
from engine.network.graph import INPUT, Network, Node
from engine.network.weight_specs import FileWeights
from engine.onnx_files.module_groups import Grouping, with_groups
from engine.shapes import Shape

RELU = Activation("relu")
FULL, POINT, DEPTH, HALF = Conv2d(4, 3), Conv2d(4, 1), Conv2d(4, 3, groups=4), Conv2d(4, 3, 2, groups=4)
GLOBAL = GlobalAvgPool2d()


def network(*layers):
    """Layers as (layer, sources before it), numbered; a layer alone receives the one before."""
    nodes = []
    for at, entry in enumerate(layers):
        layer, *back = entry if isinstance(entry, tuple) else (entry, 1)
        inputs = tuple(f"n{at - step}" if at >= step else INPUT for step in back)
        weights = FileWeights("m.onnx", weight=f"w{at}") if layer.has_params else None
        nodes.append(Node(f"n{at}", layer, inputs, weights))
    return Network(tuple(nodes))


def grouping_of(*layers) -> Grouping:
    return with_groups(network(*layers), Shape(4, 16, 16))


def groups_of(*layers) -> str:
    """A letter per node: that of its group, in their order, or a dash."""
    groups = [node.group for node in grouping_of(*layers).network.nodes]
    letters = {group: chr(ord("a") + number) for number, group in enumerate(dict.fromkeys(filter(None, groups)))}
    return "".join(letters.get(group, "-") for group in groups)


RESIDUAL = (FULL, RELU, POINT, (Add(), 1, 4))
EXCITATION = (GLOBAL, POINT, RELU, POINT, Activation("sigmoid"), (Mul(), 1, 6))


def test_branches_that_join_are_groups_with_the_function_behind_them():
    assert groups_of(FULL, *RESIDUAL, *RESIDUAL, RELU, *RESIDUAL, Dense(3)) == "-aaaabbbbbcccc-"


def test_the_notice_says_that_the_groups_are_none_of_the_file():
    grouping = grouping_of(FULL, *RESIDUAL * 3)
    assert {node.group for node in grouping.network.nodes} == {"", "block_1", "block_2", "block_3"}
    assert grouping.notice.startswith("the file names no modules")
    assert grouping_of(FULL, RELU, POINT).notice == ""


def test_a_depthwise_convolution_begins_a_group_up_to_the_functions_behind_the_layer_that_mixes_its_maps():
    assert groups_of(FULL, RELU, *(DEPTH, RELU, POINT, RELU) * 3, POINT, GLOBAL, Dense(3)) == "--aaaabbbbcccc---"


def test_a_group_may_halve_the_map_at_its_beginning_but_takes_no_pooling_behind_it():
    assert groups_of(FULL, *(HALF, POINT, RELU, MaxPool2d(1)) * 3, GLOBAL) == "-aaa-bbb-ccc--"
    assert groups_of(FULL, *(DEPTH, POINT) * 3, GLOBAL, Activation("softmax")) == "-aabbcc--"


def test_squeeze_and_excitation_belongs_to_the_depthwise_convolution_before_it():
    assert groups_of(FULL, *(DEPTH, *EXCITATION, POINT) * 3) == "-" + 8 * "a" + 8 * "b" + 8 * "c"


def test_branches_in_branches_are_one_group_unless_they_are_one_after_the_other():
    inner = (FULL, RELU, POINT, (Add(), 1, 4))
    with_one_inner = (FULL, *inner, (Add(), 1, 6))
    assert groups_of(FULL, *with_one_inner * 3) == "-" + 6 * "a" + 6 * "b" + 6 * "c"
    with_two_inner = (FULL, *inner, *inner, (Add(), 1, 10))
    assert groups_of(FULL, *with_two_inner, *inner * 3) == "--aaaabbbb-ccccddddeeee"


def test_the_way_down_and_up_of_a_u_net_is_no_group():
    def level(*inside):
        """Two layers, what is inside at half the size, and the way back up."""
        return (FULL, POINT, MaxPool2d(2), *inside, Resize(2), (Concat(), 1, 3 + len(inside)), POINT)

    assert groups_of(*level(*level(*level(FULL, POINT)))) == "-" * 20
    assert groups_of(*level(*RESIDUAL * 3)) == "---aaaabbbbcccc---"


def test_what_repeats_less_than_three_times_is_no_structure():
    assert groups_of(FULL, *RESIDUAL * 2, POINT) == "-" * 10


def test_layers_with_two_outputs_are_no_group():
    taps = (FULL, *RESIDUAL, *RESIDUAL, *RESIDUAL, *RESIDUAL, (Concat(), 1, 14))
    assert groups_of(*taps) == "-----aaaabbbbcccc-"


def test_names_of_a_few_layers_give_way_to_what_repeats():
    nodes = list(network(FULL, *RESIDUAL * 4, POINT, RELU, POINT).nodes)
    for at in (17, 19):
        nodes[at] = Node(nodes[at].name, POINT, (), FileWeights("m.onnx", weight=f"auto.bias.{at}"))
    groups = [node.group for node in with_groups(Network(tuple(nodes)), Shape(4, 16, 16)).network.nodes]
    assert [one for one, other in pairwise([*groups, "end"]) if one != other] == [
        "", "block_1", "block_2", "block_3", "block_4", "",
    ]  # fmt: skip


def test_branches_of_hundreds_of_nodes_are_no_group():
    short, long = (FULL, RELU) * 50, (FULL, RELU) * 150
    assert set(groups_of(*(*short, (Add(), 1, 101)) * 3, *short)) == set("abc-")
    assert set(groups_of(*(*long, (Add(), 1, 301)) * 3, *long)) == {"-"}
