"""The guarantees of every kind of block. A new one is tested for them by its rows in BLOCKS and FORMS."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from zlib import crc32

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.blocks import (
    BLOCKS,
    BasicResidual,
    Block,
    BottleneckResidual,
    ConvNextBlock,
    DenseBlock,
    Fire,
    Inception,
    InvertedResidual,
    MbConv,
    MlpConv,
    ReducedConv2d,
    SeparableConv2d,
    ShuffleUnit,
    SqueezeExcite,
    Transition,
    UNetUp,
)
from engine.cost.terms import term_amounts
from engine.layers import Activation, Add, AvgPool2d, tag_of
from engine.network.analysis import analyze, fold_blocks
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import NoiseInput
from engine.project import file
from engine.project.project import Design, Project
from engine.reports.summary import summary
from engine.run.cache import VolumeCache
from engine.run.check import check
from engine.run.execute import NodeDone, execute
from engine.run.request import RunRequest
from engine.shapes import Shape
from tests.engine import strategies
from tests.engine.block_forms import BESIDE, FORMS, blocks, nodes_of, received_shapes
from tests.engine.checkpoints import proceed

KINDS = pytest.mark.parametrize("kind", BLOCKS, ids=tag_of)

TANH = Activation(function="tanh")
SHAPE = Shape(4, 8, 8)


def within(*nodes, last="b", inputs=1):
    """These nodes between one or two that feed them and two that receive their output."""
    return Network(
        (
            Node("before", TANH),
            BESIDE[inputs],
            *nodes,
            Node("after", TANH, (last,)),
            Node("sum", Activation(function="sigmoid"), (last,)),
        )
    )


def closed_form(block):
    return within(Node("b", block, ("before", "beside")[: block.min_inputs]), inputs=block.min_inputs)


def open_form(block, channels):
    nodes = nodes_of("b", block, channels, "before", "beside")
    return within(*nodes, last=nodes[-1].name, inputs=block.min_inputs)


def alone(block):
    """A network of one block that receives the design's input, and the second of two inputs from a node beside it."""
    if block.min_inputs > 1:
        return Network((BESIDE[2], Node("b", block, (INPUT, "beside"))))
    return Network((Node("b", block),))


def facts(network, shape):
    """The reports of all layers without their structs: name → (kind, inputs, shapes, costs and mistakes)."""
    return {
        report.name: (
            report.layer.kind,
            report.inputs,
            report.input_shapes,
            report.output_shape,
            report.params,
            report.macs,
            report.array_shapes,
            report.mistakes,
        )
        for report in analyze(network, shape).reports
    }


def volumes(network, shape, seed):
    """Every volume by name, from weights that depend on the name: no two layers have the same ones."""
    by_name = {INPUT: strategies.normals(seed, shape)}
    for report in analyze(network, shape).reports:
        _, weights = strategies.arrays(
            strategies.normals, crc32(report.name.encode()), report.layer, report.input_shapes
        )
        by_name[report.name] = report.layer.forward([by_name[name] for name in report.inputs], weights, proceed)
    return by_name


def project_of(network, shape=SHAPE):
    return Project(NoiseInput(tuple(shape)), (Design("d", network),))


def run(project, cache):
    events = execute(RunRequest.of(project), cache)
    return {event.ref[1]: event for event in events if isinstance(event, NodeDone)}


# The layers of blocks


def test_every_kind_is_written_out_by_hand():
    assert set(FORMS) == set(BLOCKS)


@KINDS
@strategies.per_kind
@given(data=st.data())
def test_a_block_has_the_names_connections_shapes_and_costs_of_its_layers_by_hand(kind, data):
    block, shape = data.draw(blocks(kind))
    assert facts(closed_form(block), shape) == facts(open_form(block, shape.channels), shape)


@KINDS
@strategies.per_kind
@given(data=st.data(), seed=strategies.seeds)
def test_a_block_computes_the_values_of_its_layers_by_hand(kind, data, seed):
    block, shape = data.draw(blocks(kind))
    actual = volumes(closed_form(block), shape, seed)
    for name, volume in volumes(open_form(block, shape.channels), shape, seed).items():
        np.testing.assert_array_equal(actual[name], volume)


@KINDS
@settings(max_examples=10)
@given(data=st.data())
def test_a_run_computes_every_volume_within_a_block_as_from_its_layers_by_hand(kind, data):
    block, shape = data.draw(blocks(kind))
    actual = run(project_of(closed_form(block), shape), VolumeCache())
    expected = run(project_of(open_form(block, shape.channels), shape), VolumeCache())
    assert list(actual) == list(expected)
    for name, event in expected.items():
        np.testing.assert_array_equal(actual[name].volume, event.volume)


@KINDS
@strategies.per_kind
@given(data=st.data())
def test_an_expanded_block_is_the_same_network_and_computes_nothing_again(kind, data):
    block, shape = data.draw(blocks(kind))
    network, cache = closed_form(block), VolumeCache()
    apart = network.with_block_expanded("b", shape.channels)
    assert not any(isinstance(node.layer, Block) for node in apart.nodes)
    after, before = analyze(apart, shape), analyze(network, shape)
    assert facts(apart, shape) == facts(network, shape)
    assert [report.layer for report in after.reports] == [report.layer for report in before.reports]
    assert (after.params, after.macs, after.output) == (before.params, before.macs, before.output)
    run(project_of(network, shape), cache)
    assert all(event.is_reused for event in run(project_of(apart, shape), cache).values())


@KINDS
@strategies.per_kind
@given(data=st.data())
def test_the_first_layer_of_an_expanded_block_has_the_implied_input_of_the_block(kind, data):
    block, shape = data.draw(blocks(kind))
    network = alone(block)
    if block.min_inputs == 1:
        assert network.with_block_expanded("b", shape.channels).nodes[0].inputs == ()
    assert facts(network.with_block_expanded("b", shape.channels), shape) == facts(network, shape)


BRANCHES = [
    (BasicResidual(4), ["add", "add/relu"], []),
    (BasicResidual(4, shortcut="identity"), ["add", "add/relu"], []),
    (BasicResidual(4, shortcut="projection"), ["shortcut", "shortcut/bn", "add", "add/relu"], []),
    (BasicResidual(4, 2), ["shortcut", "shortcut/bn", "add", "add/relu"], []),
    (BasicResidual(6), ["shortcut", "shortcut/bn", "add", "add/relu"], []),
    (BottleneckResidual(4, reduce=2), ["add", "add/relu"], ["shortcut"]),
    (BottleneckResidual(8, reduce=2), ["shortcut", "shortcut/bn", "add", "add/relu"], []),
    (DenseBlock(1, 2), ["layer1/reduce/relu", "layer1/conv", "layer1/concat"], []),
    (DenseBlock(1, 2, 0), ["layer1/bn", "layer1/relu", "layer1/conv", "layer1/concat"], ["layer1/reduce"]),
    (InvertedResidual(4), ["project", "project/bn", "add"], []),
    (InvertedResidual(4, 2), ["project", "project/bn"], ["add"]),
    (InvertedResidual(6), ["project", "project/bn"], ["add"]),
    (InvertedResidual(6, expansion=1), ["project", "project/bn"], ["expand", "expand/bn", "expand/relu6"]),
    (Inception(1, 0, 1, 0, 1, 0), ["pool", "concat"], ["3x3_reduce", "5x5_reduce", "pool_proj"]),
    (ShuffleUnit(4), ["concat", "shuffle"], ["shortcut/depthwise"]),
    (ShuffleUnit(6, 2), ["concat", "shuffle"], ["pass", "take"]),
    (UNetUp(2), ["conv2", "conv2/bn", "conv2/relu"], []),
    (UNetUp(2, batch_norm=False), ["conv1", "conv1/relu", "conv2", "conv2/relu"], ["conv1/bn"]),
    (SeparableConv2d(2, function="relu6"), ["pointwise/bn", "pointwise/relu6"], ["depthwise/relu"]),
    (SeparableConv2d(2, batch_norm=False), ["pointwise", "pointwise/relu"], ["depthwise/bn"]),
]


@pytest.mark.parametrize(("block", "ends", "left_out"), BRANCHES, ids=str)
def test_settings_and_channels_decide_which_layers_a_block_has(block, ends, left_out):
    names = [part.name.removeprefix("b/") for part in analyze(alone(block), SHAPE).reports]
    assert names[-len(ends) :] == ends
    assert not set(left_out) & set(names)


@pytest.mark.parametrize(
    ("block", "channels", "size", "output", "params", "macs"),
    [
        (ReducedConv2d(16, 32, 5), 256, 28, (32, 28, 28), 16_944, 13_246_464),
        (Inception(64, 96, 128, 16, 32, 32), 192, 28, (256, 28, 28), 163_696, 128_049_152),
        (MlpConv(96, 11, 96, 96, stride=4, padding=0), 3, 224, (96, 54, 54), 53_568, 2916 * 53_280),
        (BasicResidual(128, 2), 64, 56, (128, 28, 28), 230_144, 179_830_784),
        (BottleneckResidual(256, reduce=64), 64, 56, (256, 56, 56), 75_008, 231_211_008),
        (BottleneckResidual(512, 2, reduce=128), 256, 56, (512, 28, 28), 379_392, 372_506_624),
        (DenseBlock(6, 32), 64, 56, (256, 56, 56), 335_040, 3136 * 331_776),
        (Transition(), 256, 56, (128, 28, 28), 33_280, 3136 * 32_768),
        (Fire(16, 64, 64), 96, 54, (128, 54, 54), 11_920, 2916 * 11_776),
        (SeparableConv2d(64), 32, 112, (64, 112, 112), 2_528, 12_544 * 2_336),
        (ShuffleUnit(116, 2), 24, 56, (116, 28, 28), 7_398, 58 * (24 * 3136 + 784 * 91) + 784 * 24 * 9),
        (ShuffleUnit(116), 116, 28, (116, 28, 28), 7_598, 784 * 58 * (58 + 9 + 58)),
        (UNetUp(64), 64, 56, (64, 56, 56), 127_296, 784 * 64 * 256 + 3136 * 9 * 64 * 192),
        (ConvNextBlock(), 96, 56, (96, 56, 56), 79_296, 3136 * 96 * (49 + 8 * 96)),
        (InvertedResidual(24, 2), 16, 112, (24, 56, 56), 5_136, 12_544 * 1_536 + 3136 * (864 + 2_304)),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_blocks_of_published_networks_have_their_published_costs(block, channels, size, output, params, macs):
    analysis = analyze(alone(block), Shape(channels, size, size))
    assert analysis.output_shape == output
    assert (analysis.params, analysis.macs) == (params, macs)


def test_a_block_of_two_inputs_says_which_sizes_do_not_fit():
    network = Network((Node("small", AvgPool2d(3), (INPUT,)), Node("up", UNetUp(4), (INPUT, "small"))))
    (report,) = [report for report in analyze(network, SHAPE).reports if report.name == "up"]
    [mistake] = report.mistakes
    assert mistake.text.startswith("inputs: 'input' is 4×8×8 and 'small' is 4×2×2; the second is enlarged to 4×4")
    (report,) = analyze(alone_without_second(UNetUp(4)), SHAPE).reports
    assert report.mistakes[0].text == "inputs: 1 given; unet_up joins at least 2"


def alone_without_second(block):
    return Network((Node("b", block, (INPUT,)),))


# Sums over a block


@KINDS
@strategies.per_kind
@given(data=st.data())
def test_a_block_has_the_sums_over_its_layers_and_folding_it_keeps_those_of_the_network(kind, data):
    block, shape = data.draw(blocks(kind))
    analysis = analyze(closed_form(block), shape)
    entry = analysis.blocks["b"]
    parts = [report for report in analysis.reports if report.block == "b"]
    assert list(entry.parts) == parts
    assert entry.params == sum(part.params for part in parts)
    assert entry.macs == sum(part.macs for part in parts)
    assert (entry.output, entry.output_shape) == (parts[-1].name, parts[-1].output_shape)
    assert {part.index for part in parts} == {2}
    folded = fold_blocks(analysis, {"b"})
    assert [report.name for report in folded.reports] == ["before", "beside", "b", "after", "sum"]
    assert folded.params == sum(report.params for report in folded.reports) == analysis.params
    assert folded.macs == sum(report.macs for report in folded.reports) == analysis.macs
    assert folded.reports[2] == entry.as_report()
    assert folded.reports[2].layer == block


def two_blocks():
    """A fire module whose output another one, a layer and a sum receive."""
    first, second = Fire(1, 2, 2), Fire(2, 2, 2)
    return Network((Node("a", first), Node("b", second), Node("c", TANH, ("a",)), Node("sum", Add(), ("b", "c", "a"))))


@pytest.mark.parametrize(
    ("closed", "expected"),
    [
        (["a", "b"], {"a": (INPUT,), "b": ("a",), "c": ("a",), "sum": ("b", "c", "a")}),
        (["a"], {"a": (INPUT,), "b/squeeze": ("a",), "c": ("a",), "sum": ("b/concat", "c", "a")}),
        (["b"], {"a/squeeze": (INPUT,), "b": ("a/concat",), "c": ("a/concat",), "sum": ("b", "c", "a/concat")}),
        (["c", "nobody"], {"a/squeeze": (INPUT,), "b/squeeze": ("a/concat",), "sum": ("b/concat", "c", "a/concat")}),
    ],
    ids=str,
)
def test_folding_connects_closed_blocks_by_name_and_leaves_the_others_open(closed, expected):
    analysis = analyze(two_blocks(), SHAPE)
    folded = fold_blocks(analysis, closed)
    inputs = {report.name: report.inputs for report in folded.reports}
    assert inputs.items() >= expected.items()
    assert set(folded.blocks) == {"a", "b"} - set(closed)
    hidden = [name for name in inputs if name.split("/")[0] in closed and "/" in name]
    assert not hidden
    assert (folded.params, folded.macs, folded.output_shape) == (analysis.params, analysis.macs, analysis.output_shape)


def test_folding_nothing_returns_the_analysis_itself():
    analysis = analyze(two_blocks(), SHAPE)
    assert fold_blocks(analysis, set()) is analysis


def test_a_check_has_reports_of_blocks_with_their_sums_and_keys_of_their_layers_alone():
    project_check = check(project_of(two_blocks()))
    assert project_check.reports["d", "a"] == project_check.block(("d", "a")).as_report()
    assert project_check.block(("d", "c")) is None
    assert ("d", "a") in project_check
    assert ("d", "a") not in project_check.keys
    assert ("d", "a/concat") in project_check.keys
    assert ("d", "a") not in RunRequest.of(project_of(two_blocks())).refs


# Files and JSON


@pytest.mark.parametrize("suffix", [".toml", ".json"])
@KINDS
@settings(max_examples=15)
@given(data=st.data())
def test_a_block_comes_back_equal_from_its_file(kind, suffix, data):
    project = project_of(alone(data.draw(strategies.layers(kind, small=False))))
    with TemporaryDirectory() as folder:
        path = Path(folder, f"project{suffix}")
        file.save_project(project, path)
        assert file.load_project(path).project == project


@KINDS
@settings(max_examples=10)
@given(data=st.data())
def test_json_lists_the_layers_of_a_block_and_the_block_with_their_sums(kind, data):
    block, shape = data.draw(blocks(kind))
    project = project_of(closed_form(block), shape)
    [design] = json.loads(msgspec.json.encode(summary(project, check(project))))["designs"]
    names = [f"b/{part}" for part, *_ in FORMS[kind](block, shape.channels)]
    parts = [node for node in design["nodes"] if node["block"] == "b"]
    assert [node["name"] for node in design["nodes"]] == ["before", "beside", *names, "after", "sum"]
    assert [node["name"] for node in parts] == names
    [entry] = design["blocks"]
    assert (
        entry.items()
        >= {
            "name": "b",
            "kind": tag_of(kind),
            "inputs": ["before", "beside"][: block.min_inputs],
            "input_shapes": [list(received) for received in received_shapes(block, shape)],
            "output_shape": parts[-1]["output_shape"],
            "params": sum(node["params"] for node in parts),
            "macs": sum(node["macs"] for node in parts),
            "nodes": names,
        }.items()
    )
    assert design["totals"]["params"] == sum(node["params"] for node in design["nodes"])
    assert design["totals"]["macs"] == sum(node["macs"] for node in design["nodes"])


# Labels and required methods


@pytest.mark.parametrize(
    ("block", "label"),
    [
        (ReducedConv2d(16, 32, 5, 2), "1×1→16, 5×5 /2→32"),
        (Inception(64, 96, 128, 16, 32, 32), "inception 64, 96→128, 16→32, pool→32"),
        (Inception(64, 0, 128, 0, 32, 0), "inception 64, 128, 32, pool"),
        (MlpConv(96, 11, 96, 96, 4), "11×11 /4→96, 1×1→96, 1×1→96"),
        (BasicResidual(128, 2), "2 × 3×3 /2→128, added"),
        (BottleneckResidual(256, reduce=64), "1×1→64, 3×3, 1×1→256, added"),
        (DenseBlock(6, 32), "6 × (1×1→128, 3×3→32)"),
        (DenseBlock(6, 12, 0), "6 × (3×3→12)"),
        (Transition(), "1×1 ×0.5, 2×2 avg pool /2"),
        (Fire(16, 64, 64), "fire 16→64+64"),
        (SeparableConv2d(64, (3, 5), 2, depth_multiplier=8), "separable 3×5 /2 ×8, 64 filters"),
        (ShuffleUnit(116, 2), "shuffle unit /2→116"),
        (UNetUp(64), "up 2×2, joined, 2 × 3×3→64"),
        (UNetUp(64, "bilinear"), "up bilinear, joined, 2 × 3×3→64"),
        (ConvNextBlock(), "7×7 per channel, 1×1 ×4, 1×1, added"),
        (InvertedResidual(24, 2), "×6, 3×3 /2, 1×1→24"),
    ],
)
def test_the_label_of_a_block_names_the_settings_that_matter(block, label):
    assert block.label() == label


def test_a_block_without_expand_cannot_be_defined():
    with pytest.raises(TypeError, match=r"kind Undeclared does not declare expand$"):
        type(Block)("Undeclared", (Block,), {"title": "Undeclared"}, frozen=True, tag="undeclared")


def test_squeeze_and_excitation_has_the_parameters_and_multiplications_counted_by_hand():
    reports = analyze(alone(SqueezeExcite(4)), Shape(16, 8, 8)).reports
    assert sum(report.params for report in reports) == 16 * 4 + 4 + 4 * 16 + 16 == 148
    assert reports[-1].output_shape == Shape(16, 8, 8)
    assert term_amounts(reports)["mul"] == 16 * 8 * 8 == 1024


def test_the_settings_of_a_gate_mean_nothing_without_one():
    assert MbConv(24, 96, gate="hard_sigmoid") == MbConv(24, 96)
    assert MbConv(24, 96).unused_settings == {"squeeze_function", "gate"}
    assert MbConv(24, 96, squeeze=4, gate="hard_sigmoid") != MbConv(24, 96, squeeze=4)
