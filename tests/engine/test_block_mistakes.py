"""Mistakes of a block and within one, reported at its node or at the layer within it that has the mistake."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.blocks import BLOCKS, BasicResidual, BottleneckResidual, Fire, MlpConv, Transition, UNetUp
from engine.layers import Activation, AvgPool2d, tag_of
from engine.network.analysis import analyze
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import NoiseInput
from engine.network.weight_specs import PresetWeights
from engine.project.project import Design, Project
from engine.run.check import check
from engine.shapes import Shape
from tests.engine import strategies

KINDS = pytest.mark.parametrize("kind", BLOCKS, ids=tag_of)

INPUTS = {1: (), 2: (INPUT, INPUT)}
"""By the number that a block takes."""
RELU, FIRE = Activation(function="relu"), Fire(1, 2, 2)
SHAPE = Shape(4, 8, 8)


def problems_of(*nodes, shape=SHAPE):
    """(node, setting, text) of every problem."""
    project = Project(NoiseInput(tuple(shape)), (Design("d", Network(nodes)),))
    return [(p.node, p.setting, p.text) for p in check(project).problems]


@pytest.mark.parametrize(
    ("block", "setting", "words"),
    [
        (BasicResidual(6, shortcut="identity"), "shortcut", ['"identity"', "4 channels", "6 channels"]),
        (BasicResidual(4, 2, "identity"), "shortcut", ['"identity"', "4 channels", "stride 2", '"projection"']),
        (BottleneckResidual(16, 1, "identity", reduce=2), "shortcut", ["4 channels", "16 channels", '"auto"']),
        (Transition(0.2), "compression", ["0.2", "no map of 4", "at least 0.25"]),
    ],
    ids=str,
)
def test_a_setting_that_does_not_fit_the_input_of_a_block_is_reported_with_both_numbers(block, setting, words):
    [(node, at_setting, text)] = problems_of(Node("b", block), Node("behind", RELU))
    assert (node, at_setting) == ("b", setting)
    assert text.startswith(f"b: {setting} ")
    assert all(word in text for word in words)


def test_an_input_too_small_for_the_pooling_of_a_transition_is_reported_with_both_sizes():
    [(node, setting, text)] = problems_of(Node("b", Transition()), shape=Shape(4, 1, 5))
    assert (node, setting) == ("b", "inputs")
    assert "inputs: 4×1×5 is too small for the 2×2 pooling" in text
    assert not problems_of(Node("b", Transition()), shape=Shape(4, 2, 2))


@given(st.integers(1, 10**6))
def test_the_least_compression_that_the_message_names_leaves_a_map(channels):
    shape = Shape(channels, 2, 2)
    [mistake] = Transition(compression=0.5 / channels).mistakes([shape])
    least = float(mistake.text.rpartition(" ")[2])
    assert least <= 2 / channels
    assert not list(Transition(least).mistakes([shape]))


@KINDS
@strategies.per_kind
@given(data=st.data())
def test_a_block_has_an_output_shape_or_a_mistake_of_its_own_or_of_a_layer(kind, data):
    block, shape = data.draw(strategies.layers(kind)), data.draw(strategies.shapes)
    analysis = analyze(Network((Node("b", block, INPUTS[kind.min_inputs]),)), shape)
    mistaken = [report for report in analysis.reports if report.mistakes]
    assert bool(mistaken) == (analysis.output_shape is None)
    assert all(report.name == "b" or report.name.startswith("b/") for report in mistaken)


def test_a_mistake_within_a_block_names_the_layer_that_has_it_and_makes_the_block_unknown():
    wrong = MlpConv(4, 5, 4, 4, padding="valid")
    [(node, setting, text)] = problems_of(Node("b", wrong), shape=Shape(4, 3, 3))
    assert (node, setting) == ("b/conv", "")
    assert text.startswith("b/conv: kernel 5×5 is larger than its padded input 3×3")
    block = analyze(Network((Node("b", wrong),)), Shape(4, 3, 3)).blocks["b"]
    assert (block.output_shape, block.params, block.macs) == (None, None, None)
    assert [mistake.setting for mistake in block.as_report().mistakes] == ["kernel"]


@KINDS
def test_a_block_whose_input_is_unknown_is_one_report_without_a_mistake(kind):
    block = strategies.plain(kind)
    analysis = analyze(Network((Node("b", block, INPUTS[kind.min_inputs]),)), None)
    [report] = analysis.reports
    assert (report.name, report.layer, report.mistakes) == ("b", block, ())
    assert (report.output_shape, report.params, report.macs, analysis.macs) == (None, None, None, None)
    assert analysis.blocks == {}


def test_weights_of_a_block_are_a_mistake():
    [(node, setting, text)] = problems_of(Node("b", FIRE, weights=PresetWeights("box")))
    assert (node, setting) == ("b", "weights")
    assert "fire is a block and has none of its own; take it apart, or leave weights out" in text


def test_a_node_named_like_a_layer_of_a_block_is_a_mistake_before_and_behind_it():
    for nodes in ([Node("b", FIRE), Node("b/x", RELU)], [Node("b/x", RELU), Node("b", FIRE)]):
        [(node, setting, text)] = problems_of(*nodes)
        assert (node, setting) == ("b/x", "name")
        assert "name 'b/x' begins with 'b/', as the layers of block 'b' do" in text


def test_names_with_a_slash_are_allowed_if_no_block_has_that_prefix():
    assert not problems_of(Node("b", RELU), Node("b/x", RELU), Node("c", FIRE), Node("cc/x", RELU))


def test_an_unknown_input_of_a_block_is_reported_with_the_nodes_that_exist():
    [(node, setting, text)] = problems_of(Node("a", RELU), Node("b", FIRE, ("nobody",)))
    assert (node, setting) == ("b", "inputs")
    assert "there is no node 'nobody'; known are 'input', 'a'" in text


def test_a_layer_within_a_block_cannot_be_an_input_of_a_node_outside():
    [(node, setting, text)] = problems_of(Node("b", FIRE), Node("x", RELU, ("b/squeeze",)))
    assert (node, setting) == ("x", "inputs")
    assert "there is no node 'b/squeeze'; known are 'input', 'b'" in text


def test_a_block_takes_one_input():
    [(node, setting, text)] = problems_of(Node("a", RELU), Node("b", FIRE, ("a", INPUT)))
    assert (node, setting) == ("b", "inputs")
    assert "2 given; fire takes 1" in text


def test_a_block_that_lacks_its_second_input_offers_the_volume_that_fits():
    nodes = (Node("small", AvgPool2d(2)), Node("other", RELU, (INPUT,)), Node("b", UNetUp(4), (INPUT,)))
    project = Project(NoiseInput(tuple(SHAPE)), (Design("d", Network(nodes)),))
    [problem] = check(project).problems
    assert problem.text == "b: inputs: 1 given; unet_up joins at least 2"
    assert [fix.changes for fix in problem.fixes][:1] == [(("inputs", (INPUT, "small")),)]


def test_a_cycle_through_a_block_is_reported_at_each_of_its_nodes():
    problems = problems_of(Node("a", RELU, ("b",)), Node("b", FIRE, ("a",)))
    assert {(node, setting) for node, setting, _ in problems} == {("a", "inputs"), ("b", "inputs")}


def test_a_second_block_of_a_name_is_a_mistake_and_the_first_keeps_the_name():
    network = Network((Node("b", FIRE), Node("b", Fire(1, 4, 4))))
    assert [text for _, _, text in problems_of(*network.nodes)] == [
        "b: name 'b' is taken by another layer above it; names must differ"
    ]
    assert analyze(network, SHAPE).blocks["b"].layer == FIRE
