"""A design without one map: against a network in which a layer sets that map to 0."""

import numpy as np
import pytest
from msgspec.structs import replace

from engine.explain.map_statistics import relative_error
from engine.layers import Activation, Add, Conv2d, Dense
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import NoiseInput
from engine.network.weight_specs import FileWeights
from engine.project.project import Design, Project
from engine.run.cache import VolumeCache
from engine.run.execute import Cancelled, NodeStarted, run_all
from engine.run.leave_out import leave_map_out
from engine.run.request import RunRequest
from engine.text.problems import ProjectError
from tests.engine.checkpoints import proceed

NODES = (
    Node("conv", Conv2d(4, 3)),
    Node("relu", Activation("relu")),
    Node("branch", Conv2d(4, 1), ("conv",)),
    Node("add", Add(), ("relu", "branch")),
    Node("dense", Dense(3)),
)
PROJECT = Project(NoiseInput((2, 6, 6)), (Design("d", Network(NODES)),))


def result_of(project, ref, channel):
    *progress, result = leave_map_out(project, ref, channel, VolumeCache(), proceed)
    assert all(isinstance(event, NodeStarted) for event in progress)
    return result


@pytest.mark.parametrize("node", [INPUT, "conv", "relu", "branch", "add"])
def test_the_output_is_that_of_a_network_whose_layer_sets_the_map_to_0(tmp_path, node):
    channels, channel = (2, 1) if node == INPUT else (4, 2)
    weight = np.eye(channels, dtype=np.float32)[..., None, None]
    weight[channel] = 0
    np.savez(tmp_path / "w.npz", weight=weight)
    mask = Node("mask", Conv2d(channels, 1, bias=False), (node,), FileWeights(str(tmp_path / "w.npz"), "weight"))
    network = Network(tuple(replace(n, inputs=PROJECT.network("d").inputs_of(i)) for i, n in enumerate(NODES)))
    masked = Network(
        (mask, *(replace(n, inputs=tuple("mask" if s == node else s for s in n.inputs)) for n in network.nodes))
    )
    volumes = [
        run_all(RunRequest.of(PROJECT.with_network("d", net)), lambda _: None)["d", "dense"].volume
        for net in (network, masked)
    ]
    result = result_of(PROJECT, ("d", node), channel)
    assert result.error == pytest.approx(relative_error(*volumes), rel=1e-5)
    assert result.error > 0
    assert (result.channel, result.maps) == (channel, channels)
    assert result.title == f"d without map {channel} of {node}"


def test_a_classifier_has_its_classes_with_and_without_the_map(tmp_path):
    (tmp_path / "l.txt").write_text("cat\ndog\nhen\n")
    result = result_of(replace(PROJECT, labels=str(tmp_path / "l.txt")), ("d", "conv"), 0)
    assert {likely.label for likely in result.before.classes} == {"cat", "dog", "hen"}
    assert result.before != result.after
    assert result.before.text(3) in result.text()
    assert result.after.text(3) in result.text()


def test_a_map_of_a_group_is_that_of_its_output():
    grouped = PROJECT.with_network("d", Network(tuple(replace(n, group="g") for n in NODES[:4]) + NODES[4:]))
    without = result_of(grouped, ("d", "g"), 1)
    assert without.error == result_of(PROJECT, ("d", "add"), 1).error
    assert without.title == "d without map 1 of g"


def test_the_map_of_the_last_layer_is_missing_in_the_output():
    volume = run_all(RunRequest.of(PROJECT), lambda _: None)["d", "dense"].volume.reshape(-1)
    result = result_of(PROJECT, ("d", "dense"), 2)
    assert result.error == pytest.approx(abs(volume[2]) / np.linalg.norm(volume))


@pytest.mark.parametrize(("node", "channel", "text"), [("conv", 4, "no map 4; 0 to 3"), ("absent", 0, "cannot be run")])
def test_a_map_that_is_not_there_is_refused(node, channel, text):
    with pytest.raises(ProjectError, match=text):
        result_of(PROJECT, ("d", node), channel)


def test_a_design_with_a_mistake_is_refused():
    wrong = PROJECT.with_network("d", Network((*NODES, Node("end", Conv2d(1, 9, padding="valid")))))
    with pytest.raises(ProjectError, match="end"):
        result_of(wrong, ("d", "conv"), 0)


def test_it_can_be_cancelled():
    def cancel():
        raise Cancelled

    with pytest.raises(Cancelled):
        list(leave_map_out(PROJECT, ("d", "conv"), 0, VolumeCache(), cancel))
