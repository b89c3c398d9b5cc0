"""The analysis of a network before it runs: every mistake at its node, and unknown shapes and costs behind it."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.blocks import BasicResidual
from engine.layers import (
    Activation,
    Add,
    BatchNorm,
    Concat,
    Conv2d,
    ConvTranspose2d,
    Dense,
    MaxPool2d,
    PixelShuffle,
    Resize,
)
from engine.network.analysis import analyze
from engine.network.graph import _MAX_CYCLES, INPUT, Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.project import Design, Project
from engine.run.check import check
from engine.shapes import Shape
from tests.engine import strategies

RELU = Activation(function="relu")
INPUT_SHAPE = Shape(4, 8, 8)


def analysis_of(*nodes):
    return analyze(Network(nodes), INPUT_SHAPE)


def mistakes_of(*nodes):
    """(setting, text) of the mistakes by node."""
    reports = analysis_of(*nodes).reports
    return {report.name: [(m.setting, m.text) for m in report.mistakes] for report in reports if report.mistakes}


def test_every_mistake_is_reported_at_its_node_and_everything_behind_it_is_unknown():
    analysis = analysis_of(
        Node("fine", Conv2d(filters=6, kernel=3)),
        Node("groups", Conv2d(filters=5, kernel=3, groups=4), ("fine",)),
        Node("after", RELU),
        Node("large", MaxPool2d(kernel=9), ("fine",)),
        Node("sum", Add(), ("fine", INPUT)),
        Node("lost", RELU, ("nobody",)),
        Node("loop", RELU, ("loop",)),
        Node("alone", Concat(), ("fine",)),
        Node("both", Concat(), ("fine", "large")),
        Node("also_fine", RELU, ("fine",)),
    )
    settings = {report.name: [m.setting for m in report.mistakes] for report in analysis.reports}
    assert settings == {
        "fine": [],
        "groups": ["groups", "groups"],
        "after": [],
        "large": ["kernel"],
        "sum": ["inputs"],
        "lost": ["inputs"],
        "loop": ["inputs"],
        "alone": ["inputs"],
        "both": [],
        "also_fine": [],
    }
    complete = {report.name for report in analysis.reports if report.output_shape is not None}
    assert complete == {"fine", "also_fine"}
    assert all((r.params, r.macs) == (None, None) for r in analysis.reports if r.name not in complete)
    assert (analysis.params, analysis.macs) == (None, None)


def test_shapes_and_costs_of_a_network_without_mistakes_add_up():
    analysis = analysis_of(
        Node("conv", Conv2d(filters=6, kernel=3)), Node("norm", BatchNorm()), Node("dense", Dense(units=10))
    )
    assert [report.output_shape for report in analysis.reports] == [(6, 8, 8), (6, 8, 8), (10, 1, 1)]
    assert [report.params for report in analysis.reports] == [6 * 4 * 9 + 6, 12, 10 * 384 + 10]
    assert [report.macs for report in analysis.reports] == [8 * 8 * 6 * 36, 0, 3840]
    assert (analysis.params, analysis.macs) == (222 + 12 + 3850, 13_824 + 3840)
    assert (analysis.output, analysis.output_shape) == ("dense", (10, 1, 1))


def test_statistics_are_held_but_not_counted_as_params():
    [report] = analysis_of(Node("norm", BatchNorm())).reports
    assert report.params == 8
    assert set(report.array_shapes) == {"gamma", "beta", "mean", "var"}
    assert report.weight_bytes == 4 * 16


def test_the_second_node_of_a_name_has_the_mistake_and_names_the_first():
    by_node = mistakes_of(Node("a", RELU), Node("b", RELU), Node("a", RELU))
    assert by_node == {"a": [("name", "name 'a' is taken by another layer above it; names must differ")]}


def test_a_node_with_a_wrong_name_reports_its_wrong_settings_too():
    by_node = mistakes_of(Node(INPUT, MaxPool2d(kernel=9), (INPUT,)))
    assert [setting for setting, _ in by_node[INPUT]] == ["name", "kernel"]


def test_node_may_not_have_the_name_of_the_input():
    by_node = mistakes_of(Node(INPUT, RELU), Node("b", RELU))
    assert by_node == {INPUT: [("name", "name 'input' is reserved for the input of the design; choose another")]}


def test_an_unknown_input_is_reported_with_the_nodes_that_exist():
    [(setting, text)] = mistakes_of(Node("a", RELU), Node("b", RELU, ("c",)))["b"]
    assert setting == "inputs"
    assert text == "inputs: there is no node 'c'; known are 'input', 'a'"


def test_of_many_possible_inputs_six_are_named_and_the_rest_counted():
    nodes = [Node(f"n{number}", RELU) for number in range(9)]
    [(_, text)] = mistakes_of(*nodes, Node("last", RELU, ("c",)))["last"]
    assert text.endswith("known are 'input', 'n0', 'n1', 'n2', 'n3', 'n4' and 4 more")


def test_unknown_inputs_of_one_node_are_listed_up_to_six_and_the_rest_counted():
    texts = [text for _, text in mistakes_of(Node("sum", Add(), tuple(f"x{number}" for number in range(500))))["sum"]]
    assert len(texts) == 7
    assert texts[-1] == "inputs: there are no nodes of 494 further names"


def test_a_long_cycle_names_its_beginning_and_its_end():
    count = 4000
    ring = [Node(f"n{number}", Add(), (f"n{(number - 1) % count}", INPUT)) for number in range(count)]
    by_node = mistakes_of(*ring)
    [text] = {text for mistakes in by_node.values() for _, text in mistakes}
    assert len(by_node) == count
    assert text.startswith("inputs: a cycle, n0 → n1 → ")
    assert "… 3,981 more → " in text
    assert text.endswith("n3999 → n0; no node can be its own input")


def test_only_the_first_of_many_cycles_are_named():
    pairs = [Node(f"n{number}", RELU, (f"n{number ^ 1}",)) for number in range(10_000)]
    assert len(mistakes_of(*pairs)) == 2 * _MAX_CYCLES


def test_names_of_blocks_that_are_prefixes_of_each_other_are_reported_once_each():
    blocks = [Node("/" * number, BasicResidual(8)) for number in range(1, 1000)]
    by_node = mistakes_of(*blocks)
    assert len(by_node) == 998
    assert {len(mistakes) for mistakes in by_node.values()} == {1}
    assert max(len(text) for mistakes in by_node.values() for _, text in mistakes) < 1000


def test_each_node_on_a_cycle_names_the_whole_cycle_and_nodes_behind_it_report_nothing():
    by_node = mistakes_of(Node("a", RELU, ("c",)), Node("b", RELU), Node("c", RELU), Node("behind", RELU))
    [text] = {text for mistakes in by_node.values() for _, text in mistakes}
    assert set(by_node) == {"a", "b", "c"}
    assert "a → b → c → a" in text


@pytest.mark.parametrize(
    ("layer", "inputs", "numbers"), [(Add(), (INPUT,), ("1", "2")), (RELU, (INPUT, "a"), ("2", "1"))]
)
def test_a_wrong_number_of_inputs_is_reported_with_both_numbers(layer, inputs, numbers):
    by_node = mistakes_of(Node("a", RELU), Node("b", layer, inputs))
    [(setting, text)] = by_node["b"]
    assert setting == "inputs"
    assert all(number in text for number in numbers)


def test_an_unknown_input_shape_makes_everything_unknown_without_a_mistake():
    analysis = analyze(Network((Node("conv", Conv2d(filters=1, kernel=3)),)), None)
    assert analysis.reports[0].mistakes == ()
    assert analysis.reports[0].output_shape is None
    assert analysis.macs is None


def test_network_without_nodes_passes_its_input_on_at_no_cost():
    analysis = analyze(Network(), INPUT_SHAPE)
    assert (analysis.output, analysis.output_shape) == (INPUT, INPUT_SHAPE)
    assert (analysis.params, analysis.macs) == (0, 0)


@given(strategies.networks(INPUT_SHAPE), st.randoms())
def test_the_analysis_does_not_depend_on_the_order_in_which_nodes_are_listed(network, random):
    def facts(network):
        return {
            report.name: (report.output_shape, report.params, report.macs)
            for report in analyze(network, INPUT_SHAPE).reports
        }

    shuffled = list(network.nodes)
    random.shuffle(shuffled)
    assert facts(network) == facts(Network(tuple(shuffled)))


@given(strategies.networks(INPUT_SHAPE), st.data())
def test_one_mistake_makes_exactly_its_node_and_those_behind_it_unknown(network, data):
    name = data.draw(st.sampled_from([node.name for node in network.nodes]))
    wrong = network.with_inputs(name, ("nobody",))
    analysis = analyze(wrong, INPUT_SHAPE)
    unknown = {report.name for report in analysis.reports if report.output_shape is None}
    assert unknown == {name} | wrong.downstream(name)
    assert {report.name for report in analysis.reports if report.mistakes} == {name}
    assert analysis.macs is None


def test_chain_of_2000_nodes_in_reverse_order_needs_no_recursion():
    count = 2000
    nodes = [Node(f"n{n}", RELU, (f"n{n - 1}" if n else INPUT,)) for n in range(count)]
    network = Network(tuple(reversed(nodes)))
    limit = sys.getrecursionlimit()
    assert count > limit
    assert analyze(network, INPUT_SHAPE).output == f"n{count - 1}"
    assert len(network.downstream("n0")) == count - 1
    closed = network.with_inputs("n0", (f"n{count - 1}",))
    assert all(report.mistakes for report in analyze(closed, INPUT_SHAPE).reports)
    project = Project(NoiseInput(tuple(INPUT_SHAPE)), (Design("deep", network),))
    assert len(check(project).keys) == count + 2


def test_volumes_of_a_million_million_values_are_analysed():
    analysis = analyze(Network((Node("conv", Conv2d(filters=100, kernel=3)),)), Shape(100, 10**5, 10**5))
    assert analysis.output_shape == (100, 10**5, 10**5)
    assert analysis.macs == 10**10 * 100 * 900


@pytest.mark.parametrize(
    ("layer", "axis"),
    [
        (Resize(factor=3.0), "rows"),
        (Resize(factor=1_000_000.0), "rows"),
        (ConvTranspose2d(2, 2, stride=2), "rows"),
        (PixelShuffle(1), ""),
    ],
)
def test_layers_that_enlarge_maps_again_and_again_are_a_mistake_before_numbers_grow_without_bound(layer, axis):
    nodes = tuple(Node(f"n{number}", layer) for number in range(60))
    reports = analyze(Network(nodes), Shape(2, 4, 4)).reports
    mistakes = [mistake.text for report in reports for mistake in report.mistakes]
    assert len(mistakes) == bool(axis)
    assert all(text.endswith(f"{axis}; at most 10¹⁵ are possible") for text in mistakes)
    assert max(max(report.output_shape) for report in reports if report.output_shape) <= 10**15
