"""Groups of nodes: which can be shown as one, their sums, and how they are stored."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.blocks import BasicResidual
from engine.cost.metrics import Costs, metric_by_id
from engine.layers import Activation, Add, Concat, Conv2d
from engine.network.analysis import analyze, fold_blocks
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.file import load_project, project_content
from engine.project.project import Design, Project
from engine.reports.summary import summary
from engine.run.check import check
from engine.shapes import Shape
from engine.text.problems import ProjectError

RECEIVED = Shape(4, 8, 8)
RELU = Activation("relu")


def node(name, layer=RELU, *inputs, group=""):
    return Node(name, layer, inputs, group=group)


RESIDUAL = Network(
    (
        node("stem", Conv2d(4, 3)),
        node("g.conv1", Conv2d(6, 3), group="g"),
        node("g.relu", group="g"),
        node("g.conv2", Conv2d(4, 3), group="g"),
        node("g.add", Add(), "g.conv2", "stem", group="g"),
        node("end", Conv2d(2, 1)),
    )
)


def test_a_group_has_the_sums_of_its_layers_and_what_they_receive_from_outside():
    analysis = analyze(RESIDUAL, RECEIVED)
    group = analysis.groups["g"]
    assert [part.name for part in group.parts] == ["g.conv1", "g.relu", "g.conv2", "g.add"]
    assert group.inputs == ("stem",)
    assert group.output == "g.add"
    assert group.macs == sum(part.macs for part in group.parts) > 0
    assert group.params == sum(part.params for part in group.parts) > 0
    assert group.layer.label() == "4 layers"
    assert all(report.block is None for report in analysis.reports)


def test_a_closed_group_is_one_report_that_others_receive():
    analysis = analyze(RESIDUAL, RECEIVED)
    folded = fold_blocks(analysis, {"g"})
    assert [(report.name, report.inputs) for report in folded.reports] == [
        ("stem", (INPUT,)),
        ("g", ("stem",)),
        ("end", ("g",)),
    ]
    assert (folded.macs, folded.params) == (analysis.macs, analysis.params)
    assert folded.groups == {}
    assert fold_blocks(analysis, set()) is analysis


def test_a_group_may_receive_several_volumes():
    network = Network(
        (
            node("a", Conv2d(2, 1), INPUT),
            node("b", Conv2d(3, 1), INPUT),
            node("left", RELU, "a", group="g"),
            node("join", Concat(), "left", "b", group="g"),
        )
    )
    analysis = analyze(network, RECEIVED)
    assert analysis.groups["g"].inputs == ("a", "b")
    (_, _, group) = fold_blocks(analysis, {"g"}).reports
    assert (group.inputs, group.input_shapes) == (("a", "b"), (Shape(2, 8, 8), Shape(3, 8, 8)))
    assert group.output_shape == Shape(5, 8, 8)


def test_a_block_within_a_closed_group_is_hidden_with_it():
    network = Network((node("block", BasicResidual(4), group="g"), node("relu", group="g"), node("end", Conv2d(2, 1))))
    analysis = analyze(network, RECEIVED)
    assert set(analysis.foldable) == {"block", "g"}
    assert [report.name for report in fold_blocks(analysis, {"g", "block"}).reports] == ["g", "end"]
    assert [report.name for report in fold_blocks(analysis, {"block"}).reports] == ["block", "relu", "end"]
    assert "g" in fold_blocks(analysis, {"block"}).groups


@pytest.mark.parametrize(
    "nodes",
    [
        pytest.param([node("a", group="g"), node("b")], id="one layer"),
        pytest.param([node("a", group="g"), node("b", group="g"), node("c", Add(), "a", "b")], id="two outputs"),
        pytest.param([node("a", RELU, INPUT, group="g"), node("b", RELU, INPUT, group="g")], id="two ends"),
        pytest.param([node("a", group="b"), node("b", group="b")], id="name of a layer"),
        pytest.param([node("a", group=INPUT), node("b", group=INPUT)], id="name of the input"),
        pytest.param([node("a", RELU, "b", group="g"), node("b", RELU, "a", group="g")], id="cycle"),
        pytest.param([node("a", group="g"), node("out"), node("b", group="g")], id="a layer between"),
    ],
)
def test_nodes_that_cannot_be_shown_as_one_are_no_group(nodes):
    analysis = analyze(Network(tuple(nodes)), RECEIVED)
    assert analysis.groups == {}
    assert len(analysis.reports) == len(nodes)


@st.composite
def grouped_networks(draw):
    """Networks of additions whose nodes are in groups at random."""
    names = [INPUT]
    nodes = []
    for number in range(draw(st.integers(1, 9))):
        inputs = draw(st.lists(st.sampled_from(names), min_size=2, max_size=3))
        nodes.append(node(f"n{number}", Add(), *inputs, group=draw(st.sampled_from(["", "g", "h"]))))
        names.append(f"n{number}")
    return Network(tuple(nodes))


@given(grouped_networks())
def test_a_network_with_closed_groups_is_in_an_order_in_which_it_can_run(network):
    analysis = analyze(network, RECEIVED)
    folded = fold_blocks(analysis, set(analysis.groups))
    known = {INPUT}
    for report in folded.reports:
        assert set(report.inputs) <= known
        known.add(report.name)
    hidden = {part.name for group in analysis.groups.values() for part in group.parts}
    assert known == {INPUT, *analysis.groups} | {n.name for n in network.nodes} - hidden
    for group in analysis.groups.values():  # nothing but its end is received outside
        own = {part.name for part in group.parts}
        others = [r for r in analysis.reports if r.name not in own]
        assert not {name for r in others for name in r.inputs} & (own - {group.output})


# The file, the check, and reports


PROJECT = Project(NoiseInput(tuple(RECEIVED)), (Design("a", RESIDUAL),))


def test_groups_are_in_the_file_and_are_read_again(tmp_path):
    path = tmp_path / "p.toml"
    path.write_bytes(project_content(PROJECT, path))
    assert load_project(path).project == PROJECT
    nodes = tomllib.loads(path.read_text())["designs"][0]["nodes"]
    assert [entry.get("group") for entry in nodes] == [None, "g", "g", "g", "g", None]


@pytest.mark.parametrize(
    ("value", "words"), [("3", "a text in quotes"), ('" "', "can be seen"), ('"a\\u0007"', "U+0007")]
)
def test_a_group_that_is_no_name_is_a_mistake_with_its_place(tmp_path, value, words):
    path = Path(tmp_path / "p.toml")
    text = project_content(PROJECT, path).decode().replace('group = "g"', f"group = {value}", 1)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ProjectError) as error:
        load_project(path)
    (problem,) = error.value.problems
    assert problem.place == "$.designs[0].nodes[1].group"
    assert words in problem.text


def test_groups_change_no_key_so_results_stay():
    plain = PROJECT.with_network("a", Network(tuple(replace(n, group="") for n in RESIDUAL.nodes)))
    grouped_keys = check(PROJECT).keys
    assert check(plain).keys == {ref: key for ref, key in grouped_keys.items() if ref in check(plain).keys}


def test_the_check_knows_groups_like_blocks():
    result = check(PROJECT)
    assert ("a", "g") in result
    assert result.block(("a", "g")).output == "g.add"
    costs = Costs(result)
    assert costs.amount(metric_by_id("macs"), "a", result.reports["a", "g"]) == result.analyses["a"].groups["g"].macs


def test_json_names_the_group_of_each_node_and_lists_its_sums():
    (design,) = summary(PROJECT, check(PROJECT))["designs"]
    assert [entry["block"] for entry in design["nodes"]] == [None, "g", "g", "g", "g", None]
    (block,) = design["blocks"]
    assert (block["name"], block["kind"], block["nodes"][-1]) == ("g", "group", "g.add")
    assert block["macs"] == sum(entry["macs"] for entry in design["nodes"][1:5])


def test_a_group_that_the_file_could_not_hold_is_not_saved(tmp_path):
    wrong = PROJECT.with_network("a", Network(tuple(replace(n, group=n.group and "\x07") for n in RESIDUAL.nodes)))
    with pytest.raises(ProjectError, match="U\\+0007"):
        project_content(wrong, tmp_path / "p.toml")
