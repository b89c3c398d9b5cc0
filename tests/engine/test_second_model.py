"""A second model beside a project: its designs, their volumes, and the first layer that differs."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from engine.cost.counting import MACS
from engine.cost.metrics import Costs
from engine.layers import Activation, BatchNorm, Conv2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.project import Design, Note, Project, Published
from engine.reports.differences import compare_designs
from engine.reports.first_difference import first_difference
from engine.run.check import check
from engine.run.second_model import add_designs
from engine.text.problems import ProjectError

CONV, RELU = Node("conv", Conv2d(4, 3)), Node("relu", Activation("relu"))
FILE = Path("second.onnx")


def project_of(*nodes, name="a", shape=(3, 8, 8), **more):
    return Project(NoiseInput(shape), (Design(name, Network(nodes)),), **more)


def test_designs_of_another_project_are_added_with_names_of_their_own():
    other = replace(
        project_of(CONV, RELU, name="a", labels="classes.txt"),
        notes=(Note("From second.onnx"), Note("about conv", "a", "conv")),
        published=(Published("a", "conv", ops="1M"),),
    )
    both, names = add_designs(project_of(CONV, name="a"), other, FILE)
    assert names == ("a_2",)
    assert [design.name for design in both.designs] == ["a", "a_2"]
    assert [design.colour for design in both.designs] == [1, 2]
    assert both.designs[1].network == other.designs[0].network
    assert set(both.notes) == {Note("about conv", "a_2", "conv"), Note("From second.onnx", "a_2")}
    assert [(entry.design, entry.node) for entry in both.published] == [("a_2", "conv")]
    assert both.labels == "classes.txt"


def test_designs_that_receive_another_shape_are_refused_with_both():
    with pytest.raises(ProjectError, match=r"receive 3×9×9, those of the project 3×8×8"):
        add_designs(project_of(CONV), project_of(CONV, shape=(3, 9, 9)), FILE)


def test_designs_behind_another_stem_are_refused():
    stem = Network((CONV,))
    with pytest.raises(ProjectError, match="a stem of its own"):
        add_designs(project_of(RELU), project_of(RELU, stem=stem), FILE)
    both, _ = add_designs(project_of(RELU, stem=stem), project_of(RELU, stem=stem), FILE)
    assert len(both.designs) == 2


def differences_of(first, second):
    project = Project(NoiseInput((3, 8, 8)), (Design("a", Network(first)), Design("b", Network(second))))
    return compare_designs(Costs(check(project), MACS), "a", "b")


def test_the_first_difference_is_the_first_error_beyond_rounding():
    differences = differences_of((CONV, RELU), (CONV, RELU))
    first = first_difference(differences, [9e-6, 2e-5])
    assert first.layer is not None
    assert (first.layer.name, first.error) == ("relu", 2e-5)
    assert first.text == "2 pairs of volumes compared: the first that differs is 'relu', by 0.002 %"
    none = first_difference(differences, [None, 9e-6])
    assert none.layer is None
    assert none.text.startswith("1 pair of volumes compared: none differs")
    assert first_difference(differences, [None, None]).text == ""


def test_a_convolution_is_compared_behind_the_batch_norm_that_the_other_design_has_folded():
    norm = Node("norm", BatchNorm())
    for first, second in (((CONV, norm, RELU), (CONV, RELU)), ((CONV, RELU), (CONV, norm, RELU))):
        differences = differences_of(first, second)
        layer = next(layer for layer in differences.layers if layer.name == "conv")
        has_norm = [norm in nodes for nodes in (first, second)]
        expected = tuple((design, "norm" if norm else "conv") for design, norm in zip("ab", has_norm, strict=True))
        assert differences.volume_refs(layer) == expected
        assert differences.refs(layer) == (("a", "conv"), ("b", "conv"))


def test_a_batch_norm_whose_input_others_receive_too_is_not_folded():
    norm, other = Node("norm", BatchNorm()), Node("other", Activation("tanh"), ("conv",))
    differences = differences_of((CONV, norm, RELU, other), (CONV, RELU, other))
    assert differences.normalized == {}
    both = differences_of((CONV, norm, RELU), (CONV, norm, RELU))
    assert both.normalized == {}
