"""A node may receive the same volume twice: x + x is 2x, and concat(x, x) has every channel of x twice."""

import numpy as np
import pytest

from engine.cost.receptive_fields import receptive_fields, regions_read
from engine.explain.explain import explain
from engine.kernels import Volume
from engine.layers import Activation, Add, Concat, Conv2d
from engine.layers.explanation import Spot
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import NoiseInput
from engine.network.node_ref import STEM
from engine.project.file import load_project, save_project
from engine.project.project import Design, Project
from engine.run.cache import VolumeCache
from engine.run.check import check
from engine.run.execute import run_all, volume_at
from engine.run.request import RunRequest

JOINS = pytest.mark.parametrize(("join", "channels"), [(Add(), 4), (Concat(), 8)])


def project_with(join: Add | Concat, inputs: tuple[str, ...] = ("conv", "conv")) -> Project:
    nodes = Node("conv", Conv2d(4, 3, padding=0)), Node("twice", join, inputs), Node("relu", Activation("relu"))
    return Project(NoiseInput((3, 9, 9)), (Design("a", Network(nodes)),))


def expected(join: Add | Concat, volume: Volume) -> Volume:
    return 2 * volume if isinstance(join, Add) else np.concatenate([volume, volume])


@JOINS
def test_it_is_analysed_without_a_mistake(join, channels):
    project_check = check(project_with(join))
    assert not project_check.problems
    report = project_check.reports["a", "twice"]
    assert report.output_shape == (channels, 7, 7)
    assert report.inputs == ("conv", "conv")


@JOINS
def test_a_run_and_a_single_volume_have_the_value_of_both_inputs(join, channels):
    request = RunRequest.of(project_with(join))
    results = run_all(request, lambda _: None)
    want = expected(join, results["a", "conv"].volume)
    assert np.array_equal(results["a", "twice"].volume, want)
    assert np.array_equal(volume_at(request, ("a", "relu"), VolumeCache()), np.maximum(want, 0))


@JOINS
def test_the_receptive_field_is_that_of_one_input(join, channels):
    project_check = check(project_with(join))
    assert receptive_fields(project_check)["a", "twice"] == receptive_fields(project_check)["a", "conv"]
    regions = regions_read(project_check, ("a", "twice"), channels - 1, 2, 3)
    assert regions["a", "conv"] == (2, 3, 3, 4, 3, 4)
    assert regions[STEM, INPUT] == (2, 3, 5, 6, 0, 3)


@JOINS
def test_a_value_is_explained_with_both_inputs(join, channels):
    volume = np.arange(4 * 2 * 2, dtype=np.float32).reshape(4, 2, 2)
    at = Spot(channels - 1, 1, 0)
    explanation = explain(join, "twice", [volume, volume], {}, at, ("conv", "conv"))
    assert explanation.result == expected(join, volume)[at]
    if isinstance(join, Add):
        assert explanation.formula[0] == "twice[3, 1, 0] = conv[3, 1, 0] + conv[3, 1, 0]"
    else:
        assert "number 2 of 2 inputs" in explanation.description


@pytest.mark.parametrize("name", ["p.toml", "p.json"])
def test_it_comes_back_from_its_file(name, tmp_path):
    save_project(project_with(Add()), tmp_path / name)
    assert load_project(tmp_path / name).project == project_with(Add())


def test_changes_around_it_keep_both_inputs():
    network = project_with(Add()).network("a")
    assert network.with_node_renamed("conv", "c").node("twice").inputs == ("c", "c")
    assert network.with_node_after(Node("new", Activation("relu")), "conv").node("twice").inputs == ("new", "new")
    assert network.without("conv").node("twice").inputs == (INPUT, INPUT)
    inputs = ("conv", "conv", INPUT)
    assert (
        project_with(Add(), inputs).network("a").with_node_renamed("conv", "c").node("twice").inputs[:2] == ("c",) * 2
    )
