"""Groups of imported layers by the modules that their names tell."""

import pytest

from engine.files.onnx_model import GraphNode
from engine.layers import Activation, Add, Concat, Conv2d, ConvTranspose2d, MaxPool2d
from engine.network.graph import INPUT, Network, Node
from engine.network.weight_specs import FileWeights
from engine.onnx_files.module_groups import with_groups
from engine.onnx_files.module_paths import module_path, numbered_path, recorded_modules
from engine.shapes import Shape

RELU = Activation("relu")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("layer1.0.conv1", ("layer1", "layer1.0")),
        ("layer1/layer1.0/conv1/Conv", ("layer1", "layer1.0", "layer1.0/conv1")),
        ("/layer1/layer1.0/down/down.0/Conv", ("layer1", "layer1.0", "layer1.0/down", "layer1.0/down.0")),
        ("f/f.3/conv/conv.1/conv.1.0/Conv", ("f", "f.3", "f.3/conv", "f.3/conv.1", "f.3/conv.1.0")),
        ("block1/conv/Conv2D", ("block1", "block1/conv")),
        ("Conv_23", ()),
        ("", ()),
        ("//", ()),
    ],
)
def test_the_modules_around_a_layer_are_in_its_name(name, path):
    assert module_path(name) == path


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("res2_0_branch2a_w", ("res2", "res2_0")),
        ("conv5_se_1_weights", ("conv5", "conv5_se_1")),
        ("inception_3a/3x3_reduce_w_0", ("inception_3a", "inception_3a/3x3")),
        ("block1_conv2_kernel", ("block1", "block1_conv2")),
        ("conv2d_kernel", ()),
        ("conv2d_12.w_0", ("conv2d_12",)),
        ("", ()),
    ],
)
def test_words_that_are_numbered_name_blocks(name, path):
    assert numbered_path(name) == path


def conv(name, *inputs, weight="", filters=4):
    return Node(name, Conv2d(filters, 1), inputs, FileWeights("m.onnx", weight=weight or f"{name}.weight"))


def groups_of(*nodes, modules=None):
    network = with_groups(Network(tuple(nodes)), Shape(4, 8, 8), modules).network
    assert [node.name for node in network.nodes] == [node.name for node in nodes]
    return {node.name: node.group for node in network.nodes if node.group}


def residual(name, source):
    """A residual block as PyTorch names its nodes."""
    return (
        conv(f"{name}/conv1/Conv", source),
        Node(f"{name}/relu/Relu", RELU),
        conv(f"{name}/conv2/Conv"),
        Node(f"{name}/Add", Add(), (f"{name}/conv2/Conv", source)),
    )


STEM = (conv("conv1/Conv", INPUT), Node("relu/Relu", RELU))


def test_residual_blocks_are_groups_and_what_holds_several_is_none():
    nodes = (*residual("layer1/layer1.0", "relu/Relu"), *residual("layer1/layer1.1", "layer1/layer1.0/Add"))
    groups = groups_of(*STEM, *nodes, conv("fc/Gemm"))
    assert groups == {node.name: node.name[7:15] for node in nodes}
    assert set(groups.values()) == {"layer1.0", "layer1.1"}


def test_branches_side_by_side_belong_to_the_module_around_them():
    branches = (
        conv("mixed/b1/c1/Conv", "relu/Relu"),
        conv("mixed/b1/c2/Conv"),
        conv("mixed/b2/c1/Conv", "relu/Relu"),
        conv("mixed/b2/c2/Conv"),
        Node("mixed/Concat", Concat(), ("mixed/b1/c2/Conv", "mixed/b2/c2/Conv")),
    )
    groups = groups_of(*STEM, *branches, conv("a/Conv"), conv("b/Conv"), conv("c/Conv"))
    assert groups == {node.name: "mixed" for node in branches}


def test_a_module_with_two_outputs_is_no_group():
    nodes = (conv("m/c1/Conv", "relu/Relu"), conv("m/c2/Conv"), Node("sum", Add(), ("m/c1/Conv", "m/c2/Conv")))
    assert groups_of(*STEM, *nodes) == {}


def test_a_module_of_most_of_a_network_is_no_group():
    features = [conv(f"features/c{number}/Conv") for number in range(5)]
    assert groups_of(*features, conv("fc/Gemm")) == {}


def test_a_convolution_with_its_activation_is_no_group():
    assert groups_of(*STEM, conv("m/conv/Conv"), Node("m/relu/Relu", RELU), conv("end/Conv")) == {}


def test_names_of_weights_tell_the_modules_if_those_of_nodes_do_not():
    def block(name, source, start):
        a, b, c, d = (f"n{start + number}" for number in range(4))
        return (
            conv(a, source, weight=f"{name}.conv1.weight"),
            Node(b, RELU),
            conv(c, weight=f"{name}.conv2.weight"),
            Node(d, Add(), (c, source)),
        )

    nodes = (conv("n0", INPUT, weight="conv1.weight"), *block("layer1.0", "n0", 1), *block("layer1.1", "n4", 5))
    groups = groups_of(*nodes, Node("pool", MaxPool2d(2)), conv("n9", weight="fc.weight"))
    assert [groups.get(f"n{number}", "") for number in range(10)] == ["", *["layer1.0"] * 4, *["layer1.1"] * 4, ""]


def test_numbered_names_of_weights_tell_blocks_without_what_is_common_to_all_of_them():
    weights = ("g_0/conv1_w", *(f"g_0/res2_{block}_branch2{part}_w" for block in (0, 1) for part in "ab"))
    a, *others = (conv(f"n{number}", weight=weight) for number, weight in enumerate(weights))
    nodes = (a, *others[:2], Node("n5", RELU), *others[2:], Node("n6", RELU))
    assert groups_of(*nodes, conv("n7", weight="g_0/pred_w")) == {
        **dict.fromkeys(("n1", "n2", "n5"), "res2_0"),
        **dict.fromkeys(("n3", "n4", "n6"), "res2_1"),
    }


def test_pooling_in_a_branch_belongs_to_its_module_and_pooling_between_modules_to_none():
    def module(name, source, start):
        n = [f"n{start + number}" for number in range(5)]
        return (
            conv(n[0], source, weight=f"{name}/1x1_w"),
            conv(n[1], source, weight=f"{name}/3x3_w"),
            Node(n[2], MaxPool2d(3, 1, 1), (source,)),
            conv(n[3], weight=f"{name}/pool_proj_w"),
            Node(n[4], Concat(), (n[0], n[1], n[3])),
        )

    stem, between = conv("n0", INPUT, weight="conv1_w"), Node("n6", MaxPool2d(2))
    nodes = (stem, *module("mixed_3a", "n0", 1), between, *module("mixed_4a", "n6", 7), conv("n12", weight="fc_w"))
    groups = groups_of(*nodes)
    assert [groups.get(node.name, "") for node in nodes] == ["", *5 * ["mixed_3a"], "", *5 * ["mixed_4a"], ""]


def test_a_branch_of_pooling_alone_belongs_to_the_module_of_the_branches_beside_it():
    nodes = (
        conv("n0", INPUT, weight="conv1_w"),
        conv("n1", "n0", weight="mixed_3a/3x3_reduce_w"),
        conv("n2", weight="mixed_3a/3x3_w"),
        conv("n3", "n0", weight="mixed_3a/double_reduce_w"),
        conv("n4", weight="mixed_3a/double/a_w"),
        conv("n5", weight="mixed_3a/double/b_w"),
        Node("n6", MaxPool2d(3, 1, 1), ("n0",)),
        Node("n7", Concat(), ("n2", "n5", "n6")),
        *(conv(f"n{number}", weight=f"fc{number}_w") for number in range(8, 16)),
    )
    assert groups_of(*nodes) == {f"n{number}": "mixed_3a" for number in range(1, 8)}


def test_nodes_without_modules_stay_as_they_are():
    network = Network((conv("Conv_0", weight="w0"), Node("Relu_1", RELU)))
    assert with_groups(network, Shape(4, 8, 8)).network is network


def test_a_module_whose_name_cannot_be_one_is_no_group():
    nodes = residual(" ", "relu/Relu")
    assert groups_of(*STEM, *nodes, conv("a/Conv"), conv("b/Conv"), conv("c/Conv")) == {}


def test_modules_that_the_file_names_beside_its_nodes_say_where_a_layer_without_weights_belongs():
    nodes = (
        *(conv(f"n{number}", weight=f"down{number // 2}.conv{number}.weight") for number in (2, 3)),
        Node("pool", MaxPool2d(2)),
        *(conv(f"n{number}", weight=f"down{number // 2}.conv{number}.weight") for number in (4, 5)),
        Node("up", ConvTranspose2d(4, 2), weights=FileWeights("m.onnx", weight="up.weight")),
        Node("concat", Concat(), ("up", "n3")),
    )
    assert "pool" not in groups_of(*nodes), "without them it may be the end of down1 or the beginning of down2"
    groups = groups_of(*nodes, modules={"pool": ("down2", "down2.pool")})
    assert groups == {"n2": "down1", "n3": "down1", "pool": "down2", "n4": "down2", "n5": "down2"}


def test_pytorch_names_the_modules_of_a_node_in_its_metadata():
    onnx = pytest.importorskip("onnx")
    proto = onnx.helper.make_node("Relu", ["x"], ["y"], "node_relu")
    node = GraphNode("node_relu", "Relu", ("x",), ("y",), {}, proto=proto)
    assert recorded_modules(node) == ()
    proto.metadata_props.add(key="pkg.torch.onnx.name_scopes", value="['', 'layer1', 'layer1.0', 'relu_1']")
    assert recorded_modules(node) == ("layer1", "layer1.0")
