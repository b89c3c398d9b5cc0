"""A check after an edit that reuses an earlier one equals a fresh check, whatever the edits are."""

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.blocks import Fire
from engine.files.paths import RESOURCES
from engine.layers import LAYERS, Conv2d, Dense
from engine.network.analysis import EarlierAnalysis, analyze
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import NoiseInput
from engine.network.weight_specs import FileWeights, PresetWeights, SeedWeights
from engine.project.file import load_project
from engine.project.project import Design, Project
from engine.run.check import EarlierCheck, ProjectCheck, check
from engine.shapes import Shape
from tests.engine import strategies
from tests.engine.array_files import npy

SHAPE = Shape(4, 6, 6)
WEIGHTS = (None, SeedWeights("d0", "n0"), PresetWeights("sobel"), FileWeights("/nowhere.npy"))
BLOCKS = (Fire(1, 2, 2), Fire(2, 3, 1))


@st.composite
def projects(draw: st.DrawFn) -> Project:
    networks = [draw(strategies.networks(SHAPE, size=4)) for _ in range(draw(st.integers(1, 2)))]
    block = Node("block", draw(st.sampled_from(BLOCKS)), (INPUT,))
    networks[0] = Network((*networks[0].nodes, block, Node("last", Conv2d(3, 1))))
    designs = tuple(Design(f"d{number}", network) for number, network in enumerate(networks))
    stem = Network((Node("stem_conv", Conv2d(4, 1)),)) if draw(st.booleans()) else None
    return Project(NoiseInput(SHAPE), designs, stem)


def edited_node(draw: st.DrawFn, node: Node, names: list[str]) -> Node:
    match draw(st.sampled_from(["layer", "kind", "weights", "inputs", "name"])):
        case "layer" if not isinstance(node.layer, Fire):
            return replace(node, layer=draw(strategies.layers(type(node.layer))))
        case "kind":
            kind = draw(st.sampled_from([*LAYERS, Fire]))
            layer = draw(st.sampled_from(BLOCKS)) if kind is Fire else draw(strategies.layers(kind))
            return replace(node, layer=layer)
        case "weights":
            return replace(node, weights=draw(st.sampled_from(WEIGHTS)))
        case "inputs":
            return replace(node, inputs=tuple(draw(st.lists(st.sampled_from(names), max_size=2))))
        case "name":
            return replace(node, name=draw(st.sampled_from([*names, "other"])))
    return node


@st.composite
def histories(draw: st.DrawFn) -> list[Project]:
    """A project and what a few edits make of it: of a setting, a kind, a connection, a name, or of the project."""
    history = [draw(projects())]
    for _ in range(draw(st.integers(1, 5))):
        project = history[-1]
        kind = draw(st.sampled_from(["node", "node", "node", "remove", "seed", "swap", "copy", "undo", "input"]))
        design = draw(st.sampled_from([name for name, _ in project.networks()]))
        network = project.network(design)
        names = [INPUT, *(node.name for node in network.nodes), "nobody"]
        at = draw(st.integers(0, max(0, len(network.nodes) - 1)))
        if kind == "node" and network.nodes:
            nodes = (*network.nodes[:at], edited_node(draw, network.nodes[at], names), *network.nodes[at + 1 :])
            project = project.with_network(design, Network(nodes))
        elif kind == "remove" and network.nodes:
            project = project.with_network(design, Network((*network.nodes[:at], *network.nodes[at + 1 :])))
        elif kind == "seed":
            project = replace(project, seed=project.seed + 1)
        elif kind == "swap":
            project = project.with_designs(project.designs[::-1])
        elif kind == "copy":
            project = project.with_designs((*project.designs, project.designs[0]))
        elif kind == "undo":
            project = history[draw(st.integers(0, len(history) - 1))]
        elif kind == "input":
            project = replace(project, input=NoiseInput(draw(st.sampled_from([SHAPE, Shape(4, 5, 7)]))))
        history.append(project)
    return history


def contents(project_check: ProjectCheck) -> dict[str, object]:
    """All fields, mappings with the order of their items."""
    fields = {name: getattr(project_check, name) for name in project_check.__struct_fields__}
    blocks = [list(analysis.blocks.items()) for analysis in project_check.analyses.values()]
    ordered = {name: list(value.items()) if isinstance(value, dict) else value for name, value in fields.items()}
    files = [(path, str(stamp)) for path, stamp in project_check.files.items()]  # faults are compared by identity
    return {**ordered, "blocks": blocks, "files": files}


@given(histories())
def test_a_check_that_reuses_an_earlier_one_equals_a_fresh_check(history: list[Project]) -> None:
    before, last = check(history[0]), history[0]
    for project in history[1:]:
        before = check(project, EarlierCheck(last, before))
        assert contents(before) == contents(check(project))
        last = project


def test_a_copy_of_a_design_with_the_same_name_is_not_the_first_of_that_name() -> None:
    design = Design("d", Network((Node("wrong", Conv2d(3, 1, groups=3)),)))
    project = Project(NoiseInput(SHAPE), (design,))
    twice = project.with_designs((design, design))
    after = check(twice, EarlierCheck(project, check(project)))
    assert contents(after) == contents(check(twice))
    fixable = [bool(problem.fixes) for problem in after.problems if problem.node == "wrong"]
    assert (fixable[0], fixable[-1]) == (True, False)


def test_weights_from_a_file_are_read_again(tmp_path: Path) -> None:
    weights = tmp_path / "weights.npy"
    weights.write_bytes(npy(np.zeros((3, 4, 1, 1), np.float32)))
    nodes = (Node("first", Conv2d(3, 1, bias=False), weights=FileWeights(str(weights))), Node("second", Conv2d(2, 1)))
    project = Project(NoiseInput(SHAPE), (Design("d", Network(nodes)),))
    before = check(project)
    assert not before.problems
    weights.write_bytes(npy(np.zeros((3, 4, 3, 3), np.float32)))
    after = check(project, EarlierCheck(project, before))
    assert after.problems
    assert contents(after) == contents(check(project))


def test_a_check_without_an_edit_is_the_earlier_one_until_a_file_changes(tmp_path: Path) -> None:
    weights = tmp_path / "weights.npy"
    weights.write_bytes(npy(np.zeros((3, 4, 1, 1), np.float32)))
    nodes = (Node("first", Conv2d(3, 1, bias=False), weights=FileWeights(str(weights))), Node("second", Conv2d(2, 1)))
    project = Project(NoiseInput(SHAPE), (Design("d", Network(nodes)),))
    before = check(project)
    assert check(project, EarlierCheck(project, before)) is before
    weights.write_bytes(npy(np.ones((3, 4, 1, 1), np.float64)))
    assert check(project, EarlierCheck(project, before)) is not before


def test_reports_before_an_edit_are_the_same_objects() -> None:
    project = load_project(RESOURCES / "projects" / "googlenet.toml").project
    network = project.designs[0].network
    name = next(node.name for node in reversed(network.nodes) if isinstance(node.layer, Dense))
    changed = network.with_layer(name, Dense(7))
    shape = check(project).analyses[project.designs[0].name].input_shape
    before = analyze(network, shape)
    after = analyze(changed, shape, EarlierAnalysis(network, before))
    assert after == analyze(changed, shape) != before
    count = next(number for number, report in enumerate(before.reports) if report.name == name)
    assert count > 60
    assert all(new is old for new, old in zip(after.reports[:count], before.reports, strict=False))
    assert all(block is before.blocks[block.name] for block in after.blocks.values())
