"""A convolution made separable or dense again keeps its windows and the layers that belong to it."""

import pytest

from engine.blocks import SeparableConv2d
from engine.layers import Activation, Add, BatchNorm, Conv2d, Dense
from engine.network.analysis import analyze
from engine.network.graph import Network, Node
from engine.network.separable import make_full, make_separable, separable_refusal
from engine.network.weight_specs import FileWeights
from engine.shapes import Shape

CONV = Node("c", Conv2d(8, 3, 2, 1))
LINEAR = SeparableConv2d(8, 3, 2, 1, batch_norm=False, function="none")
NORM, RELU, RELU6 = Node("n", BatchNorm()), Node("r", Activation("relu")), Node("r", Activation("relu6"))


def names(network):
    return [node.name for node in network.nodes]


@pytest.mark.parametrize(
    ("nodes", "remaining", "block"),
    [
        ((CONV,), ["c"], LINEAR),
        ((CONV, RELU, Node("d", Dense(2))), ["c", "d"], SeparableConv2d(8, 3, 2, 1, batch_norm=False)),
        ((CONV, RELU6), ["c"], SeparableConv2d(8, 3, 2, 1, batch_norm=False, function="relu6")),
        ((CONV, NORM, RELU), ["c"], SeparableConv2d(8, 3, 2, 1)),
        ((CONV, NORM), ["c", "n"], LINEAR),
        ((CONV, Node("t", Activation("tanh"))), ["c", "t"], LINEAR),
        ((CONV, Node("t", Activation("clip", low=0.0, high=5.0))), ["c", "t"], LINEAR),
        ((CONV, RELU, Node("a", Add(), ("c", "r"))), ["c", "r", "a"], LINEAR),
    ],
)
def test_layers_that_the_block_contains_are_merged_into_it(nodes, remaining, block):
    network = make_separable(Network(nodes), "c")
    assert names(network) == remaining
    assert network.node("c").layer == block


def test_users_of_a_merged_activation_receive_the_block():
    network = make_separable(Network((CONV, RELU, Node("d", Dense(2), ("r",)))), "c", 4)
    assert network.node("d").inputs == ("c",)
    assert network.node("c").layer.depth_multiplier == 4


def test_a_separable_convolution_made_dense_has_its_norm_and_activation_behind_it():
    network = make_full(Network((Node("s", SeparableConv2d(8, function="relu6")), Node("d", Dense(2), ("s",)))), "s")
    assert [(node.name, node.layer.kind) for node in network.nodes] == [
        ("s", "conv2d"), ("s_bn", "batch_norm"), ("s_relu6", "activation"), ("d", "dense"),
    ]  # fmt: skip
    assert not network.node("s").layer.bias
    assert network.node("d").inputs == ("s_relu6",)


@pytest.mark.parametrize(
    "block", [SeparableConv2d(8), LINEAR, SeparableConv2d(8, 5, 2, 0, batch_norm=False, function="relu6")]
)
def test_dense_and_separable_again_is_the_original_block_and_the_volumes_keep_their_shape(block):
    first = Network((Node("s", block),))
    dense = make_full(first, "s")
    assert make_separable(dense, "s") == first
    assert analyze(dense, Shape(3, 9, 9)).output_shape == analyze(first, Shape(3, 9, 9)).output_shape


def test_a_name_that_is_in_use_gets_a_number():
    network = make_full(Network((Node("s", SeparableConv2d(8, batch_norm=False)), Node("s_relu", Dense(2)))), "s")
    assert names(network) == ["s", "s_relu_2", "s_relu"]


def test_weights_from_a_file_are_dropped():
    network = make_separable(Network((Node("c", Conv2d(8, 3), (), FileWeights("w.npz", "w")),)), "c")
    assert network.node("c").weights is None


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (Conv2d(8, 1), "only a convolution larger than 1×1"),
        (Dense(2), "c is a dense"),
        (Conv2d(8, 3, groups=2), "groups 2"),
        (Conv2d(8, 3, dilation=2), "dilation 2"),
    ],
)
def test_a_layer_that_cannot_be_separable_is_refused_with_the_reason(layer, words):
    assert words in separable_refusal(Network((Node("c", layer),)), "c")


def test_a_node_whose_name_a_layer_of_the_block_needs_must_be_renamed_first():
    assert "rename c/d first" in separable_refusal(Network((CONV, Node("c/d", Dense(2)))), "c")
    assert (
        separable_refusal(Network((CONV,)), "c")
        == separable_refusal(Network((Node("c", SeparableConv2d(8)),)), "c")
        == ""
    )
