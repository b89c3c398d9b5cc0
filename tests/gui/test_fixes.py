"""Fixes of mistakes: each removes its mistake, in one step."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.blocks import BLOCKS, BasicResidual, Fire, MlpConv, SeparableConv2d, Transition
from engine.layers import LAYERS, Activation, Add, BatchNorm, Concat, Conv2d, Dense, MaxPool2d, Reshape
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import NoiseInput
from engine.network.weight_specs import FileWeights, PresetWeights
from engine.project.project import Design, Project
from engine.run.check import check
from gui.state import edits
from tests.engine import strategies

RELU = Activation("relu")
WIDE, NARROW = Node("wide", Conv2d(8, 3), (INPUT,)), Node("narrow", Conv2d(6, 3), (INPUT,))
POOL = Node("pool", MaxPool2d(3), (INPUT,))


def project_of(*nodes, shape=(4, 8, 8)):
    return Project(NoiseInput(tuple(shape)), (Design("d", Network(nodes)),))


def fixed_projects(project):
    """(problem, fix, project with the fix) for every fix of every problem."""
    for problem in check(project).problems:
        for fix in problem.fixes:
            yield problem, fix, edits.apply_fix(project, problem, fix).project


def assert_each_fix_removes_its_problem(project):
    for problem, fix, fixed in fixed_projects(project):
        remaining = [(other.index, other.text) for other in check(fixed).problems]
        assert (problem.index, problem.text) not in remaining, fix


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        ((Node("c", Conv2d(48, 1)), Node("g", Conv2d(96, 3, groups=7))), ["Groups 6", "Groups 8"]),
        ((Node("c", Conv2d(9, 3, groups=4)),), ["Groups 1", "Filters 8", "Filters 12"]),
        ((Node("c", Conv2d(4, 11, padding="valid")),), ["Kernel 8", "Padding same"]),
        ((Node("c", Conv2d(4, 3, padding=0, dilation=5)),), ["Kernel 2", "Padding same", "Dilation 3"]),
        ((Node("p", MaxPool2d(2, padding=3)),), ["Padding 1", "Kernel 4"]),
        ((Node("b", BasicResidual(6, shortcut="identity")),), ["Shortcut projection", "Shortcut auto"]),
        ((Node("b", Transition(0.1)),), ["Compression 0.25"]),
        ((Node("b", MlpConv(4, 9, 4, 4, padding="valid")),), ["Kernel 8", "Padding same"]),
        ((Node("b", Fire(1, 2, 2), weights=PresetWeights("box")),), ["Leave weights out"]),
        ((Node("conv", Conv2d(4, 1)), Node("r", RELU, ("Conv",))), ["Input conv"]),
        ((Node("conv", Conv2d(4, 1)), Node("r", RELU, ("xyz",))), ["Input conv"]),
        ((WIDE, Node("r", RELU, ("wide", INPUT))), ["Only wide", "Only input"]),
        ((WIDE, Node("j", Add())), []),
        ((WIDE, Node("w2", Conv2d(8, 1), (INPUT,)), Node("j", Add())), ["Join with wide"]),
        ((WIDE, NARROW, Node("j", Add(), ("wide", "narrow"))), ["Filters 8 of narrow", "Filters 6 of wide"]),
        ((WIDE, POOL, Node("j", Concat(), ("wide", "pool"))), ["Stride 1 and padding same of pool"]),
        ((WIDE, NARROW, POOL, Node("j", Concat(), ("wide", "narrow", "pool"))),
         ["Stride 1 and padding same of pool", "Without pool"]),
        ((Node("a", RELU), Node("b", RELU), Node("a", RELU)), ["Rename to a_2"]),
        ((Node("input", RELU),), ["Rename to activation"]),
        ((Node("b", Fire(1, 2, 2)), Node("b/x", RELU)), ["Rename to b_x"]),
        ((Node("c", Conv2d(4, 1), weights=PresetWeights("sobel")),), ["Kernel 3", "Seeded weights"]),
        ((Node("r", RELU, weights=PresetWeights("box")),), ["Leave weights out"]),
    ],
    ids=str,
)  # fmt: skip
def test_a_mistake_offers_the_nearest_valid_values(nodes, words):
    project = project_of(*nodes)
    offered = [fix.text for problem in check(project).problems for fix in problem.fixes]
    assert offered[: len(words)] == words
    assert bool(offered) == bool(words)
    assert_each_fix_removes_its_problem(project)


def test_a_cycle_is_opened_at_any_of_its_layers():
    project = project_of(Node("a", RELU, ("b",)), Node("b", RELU, ("a",)), Node("c", Add(), ("b", "c")))
    problems = check(project).problems
    assert {problem.node for problem in problems} == {"a", "b", "c"}
    assert all(problem.fixes for problem in problems)
    assert_each_fix_removes_its_problem(project)


def test_a_fix_of_arrays_names_those_of_the_file_that_fit(tmp_path):
    arrays = {"conv.w": (6, 4, 3, 3), "other": (6, 4, 1, 1), "conv.b": (6,), "scale": (6,)}
    np.savez(tmp_path / "w.npz", **{name: np.ones(shape, np.float32) for name, shape in arrays.items()})
    source = FileWeights(str(tmp_path / "w.npz"), weight="weight", gamma="scale")
    project = project_of(Node("conv", Conv2d(6, 3), weights=source))
    offered = {problem.text: [fix.text for fix in problem.fixes] for problem in check(project).problems}
    assert sorted(offered.values()) == [
        ["Bias conv.b", "Bias scale", "Bias off", "Seeded weights"],
        ["No gamma", "Seeded weights"],
        ["Weight conv.w", "Seeded weights"],
    ]
    assert_each_fix_removes_its_problem(project)


def test_a_missing_file_of_weights_offers_one_of_a_similar_name_whose_arrays_fit(tmp_path):
    np.savez(tmp_path / "weights_2.npz", weight=np.ones((6, 4, 5, 5)), bias=np.ones(6))
    project = project_of(Node("conv", Conv2d(6, 3), weights=FileWeights(str(tmp_path / "weight.npz"))))
    offered = [fix.text for problem in check(project).problems for fix in problem.fixes]
    assert offered == ["Seeded weights"]
    np.savez(tmp_path / "weights.npz", weight=np.ones((6, 4, 3, 3)), bias=np.ones(6))
    offered = [fix.text for problem in check(project).problems for fix in problem.fixes]
    assert offered == ["File weights.npz", "Seeded weights"]
    assert_each_fix_removes_its_problem(project)


def test_a_fix_is_one_step_with_a_name_that_says_what_it_does():
    project = project_of(Node("conv", Conv2d(4, 3, groups=3)))
    problem, _ = check(project).problems
    edit = edits.apply_fix(project, problem, problem.fixes[0])
    assert edit.text == "Fix conv: groups 2"
    assert edit.merge == ""
    assert edit.focus.ref == ("d", "conv")


def test_an_automatic_name_follows_the_fix():
    project = project_of(Node("conv11x11", Conv2d(4, 11, padding="valid")), Node("r", RELU, ("conv11x11",)))
    [problem] = check(project).problems
    edit = edits.apply_fix(project, problem, problem.fixes[0])
    assert [(node.name, node.inputs) for node in edit.project.designs[0].network.nodes] == [
        ("conv8x8", ()),
        ("r", ("conv8x8",)),
    ]
    assert edit.focus.ref == ("d", "conv8x8")


def test_a_renamed_layer_takes_its_notes_along_and_the_one_that_had_the_name_stays():
    twice = (Node("a", Conv2d(4, 1)), Node("b", RELU, ("a",)), Node("a", Dense(3), ("b",)), Node("c", RELU))
    [problem] = check(project_of(*twice)).problems
    network = edits.apply_fix(project_of(*twice), problem, problem.fixes[0]).project.designs[0].network
    assert [(node.name, network.inputs_of(index)) for index, node in enumerate(network.nodes)] == [
        ("a", (INPUT,)),
        ("b", ("a",)),
        ("a_2", ("b",)),
        ("c", ("a_2",)),
    ]


def test_a_second_design_of_a_name_gets_another_and_its_layers_are_fixed_after_it():
    wrong = Network((Node("c", Conv2d(3, 1, groups=2)),))
    project = Project(NoiseInput((4, 8, 8)), (Design("d", Network((WIDE,))), Design("d", wrong)))
    name_problem, layer_problem = check(project).problems
    assert layer_problem.fixes == ()
    renamed = edits.apply_fix(project, name_problem, name_problem.fixes[0])
    assert [design.name for design in renamed.project.designs] == ["d", "d_2"]
    [problem] = check(renamed.project).problems
    assert problem.fixes


WRONG_KINDS = (
    Conv2d,
    MaxPool2d,
    Concat,
    Add,
    Dense,
    BatchNorm,
    Reshape,
    Transition,
    BasicResidual,
    MlpConv,
    SeparableConv2d,
)
assert set(WRONG_KINDS) < {*LAYERS, *BLOCKS}


@st.composite
def mistaken_projects(draw):
    """Networks of random settings, names and connections, most of which are wrong."""
    names = draw(st.lists(st.sampled_from(["a", "b", "c", "d", "a/x", INPUT]), min_size=1, max_size=5))
    nodes = []
    for name in names:
        layer = draw(strategies.layers(draw(st.sampled_from(WRONG_KINDS)), small=draw(st.booleans())))
        inputs = draw(st.lists(st.sampled_from(["a", "b", "c", "d", "nobody", INPUT]), max_size=3))
        weights = draw(st.sampled_from([None, None, None, PresetWeights("sobel")]))
        nodes.append(Node(name, layer, tuple(inputs), weights))
    return project_of(*nodes, shape=draw(strategies.shapes))


@given(mistaken_projects())
def test_every_fix_of_any_network_removes_its_mistake(project):
    assert_each_fix_removes_its_problem(project)
