"""The recipe of fitted weights in a project: mistakes are reported at its node, and renaming updates its names."""

import os

import numpy as np
import pytest
from msgspec.structs import replace

from engine.blocks import SeparableConv2d
from engine.layers import Activation, Conv2d
from engine.network.graph import Network, Node
from engine.network.input_specs import ArrayInput, ImageInput, NoiseInput
from engine.network.weight_specs import FileWeights, LowRankWeights, SeedWeights
from engine.project.file import load_project, save_project
from engine.project.project import Design, Project
from engine.rank_search import CalibrationSet, calibration_set
from engine.rank_search.replacement import apply_low_rank
from engine.run import low_rank_weights
from engine.run.cache import VolumeCache
from engine.run.check import check
from engine.run.execute import run_all
from engine.run.memory import required_bytes
from engine.run.request import RunRequest
from engine.text.problems import ProjectError

PLAIN = Project(
    NoiseInput((8, 9, 10), seed=1),
    (Design("d", Network((Node("relu", Activation("relu")), Node("conv", Conv2d(6, 3)), Node("end", Conv2d(2, 1))))),),
)
FITTED = apply_low_rank(PLAIN, ("d", "conv"), "1x1+kxk", (3,), calibration_set(PLAIN))


def with_recipe(**changes):
    """The fitted project with this change in the recipe of both nodes."""
    network = FITTED.network("d")
    for name in ("conv_reduce", "conv"):
        node = network.node(name)
        network = network.with_node_replaced(name, replace(node, weights=replace(node.weights, **changes)))
    return FITTED.with_network("d", network)


def with_layer(name, layer):
    return FITTED.with_network("d", FITTED.network("d").with_layer(name, layer))


def problems(project):
    return [(problem.node, problem.text) for problem in check(project).problems]


def test_many_fits_do_not_each_look_at_every_node(monkeypatch):
    looks = []
    refs = RunRequest.refs.fget
    monkeypatch.setattr(RunRequest, "refs", property(lambda request: looks.append(1) or refs(request)))
    designs = tuple(replace(FITTED.designs[0], name=f"d{number}") for number in range(20))
    seeds = [replace(FITTED, designs=designs, seed=number) for number in range(2)]
    for project in seeds:
        run_all(RunRequest.of(project), lambda _: None)
    assert len(looks) < 5 * len(seeds)


def test_a_valid_recipe_has_no_mistakes():
    assert problems(FITTED) == []


@pytest.mark.parametrize(
    ("project", "node", "words"),
    [
        (with_recipe(nodes=("relu", "conv")), "conv", "nodes names 'relu'; it must be a convolution"),
        (with_recipe(nodes=("conv_reduce", "end")), "conv", "must name this node, conv, too"),
        (with_recipe(nodes=("gone", "conv")), "conv", "nodes names 'gone'"),
        (with_layer("conv_reduce", Conv2d(3, 3, bias=False)), "conv", "conv_reduce has a kernel of 3×3"),
        (
            with_layer("conv", Conv2d(6, 3, groups=3)),
            "conv_reduce",
            "it must be a convolution of this design, without groups",
        ),
        (with_recipe(of=FileWeights("/nowhere.npz", "w")), "conv", "/nowhere.npz does not exist"),
        (with_recipe(calibration=(ImageInput("/no/photo.png"),)), "conv", "calibration: /no/photo.png does not exist"),
        (replace(FITTED, input=NoiseInput((5, 9, 10))), "conv", "8×9×10 has 8 channels; the project's input, 5×9×10"),
        (with_recipe(nodes=("end", "conv")), "conv", "conv does not receive the output of end"),
    ],
)
def test_a_recipe_that_cannot_be_followed_is_reported_at_its_node(project, node, words):
    assert any(problem_node == node and words in text for problem_node, text in problems(project))


def test_parts_in_another_order_are_a_mistake_and_do_not_run():
    square = apply_low_rank(
        PLAIN.with_network("d", PLAIN.network("d").with_layer("conv", Conv2d(8, 3))), ("d", "conv"), "1x1+kxk", (8,),
        calibration_set(PLAIN),
    )  # fmt: skip
    network = square.network("d")
    project = square.with_network("d", network.with_node_moved("conv", network.index("conv_reduce")))
    assert any("conv does not receive the output of conv_reduce" in text for _, text in problems(project))
    assert ("d", "conv") not in run_all(RunRequest.of(project), lambda event: None)


def test_a_layer_between_the_parts_is_not_a_mistake():
    network = FITTED.network("d").with_node_after(Node("between", Activation("relu")), "conv_reduce")
    assert problems(FITTED.with_network("d", network)) == []


def test_a_run_reports_a_calibration_input_that_does_not_fit_the_layers():
    project = PLAIN.with_network("d", PLAIN.network("d").with_layer("relu", Conv2d(8, 5, padding="valid")))
    small = NoiseInput((8, 3, 3), seed=7)
    fitted_project = apply_low_rank(project, ("d", "conv"), "1x1+kxk", (3,), CalibrationSet((project.input, small)))
    with pytest.raises(ProjectError, match="conv_reduce: calibration, noise, seed 7: relu: kernel 5×5 is larger"):
        run_all(RunRequest.of(fitted_project), lambda event: None)


def test_renaming_updates_the_names_in_a_recipe():
    renamed = FITTED.with_node_renamed("d", "conv_reduce", "narrow")
    assert problems(renamed) == []
    assert renamed.network("d").node("conv").weights.nodes == ("narrow", "conv")
    moved = FITTED.with_design_renamed("d", "other")
    assert moved.network("other").node("conv").weights.of == SeedWeights("other", "conv")


def test_without_its_reduction_a_fitted_layer_is_the_original_one():
    project = FITTED.with_network("d", FITTED.network("d").without("conv_reduce"))
    assert problems(project) == []
    before, after = (run_all(RunRequest.of(case), lambda event: None)["d", "end"].volume for case in (PLAIN, project))
    assert np.array_equal(before, after)


def test_without_its_kxk_a_reduction_has_weights_of_its_own_again():
    network = FITTED.network("d").without("conv")
    assert network.node("conv_reduce").weights is None
    assert problems(FITTED.with_network("d", network)) == []


@pytest.mark.parametrize("name", ["conv", "conv_reduce"])
@pytest.mark.parametrize("layer", [None, Activation("relu"), SeparableConv2d(6, 3)])
def test_if_a_part_is_no_longer_fitted_the_others_have_weights_of_their_own_again(name, layer):
    network = FITTED.network("d")
    node = network.node(name)
    network = network.with_node_replaced(name, replace(node, layer=layer or node.layer, weights=None))
    assert {node.weights for node in network.nodes} == {None}
    assert problems(FITTED.with_network("d", network)) == []


def test_the_file_refuses_a_recipe_with_too_few_names(tmp_path):
    save_project(FITTED, tmp_path / "p.toml")
    text = (tmp_path / "p.toml").read_text(encoding="utf-8")
    assert text.count('form = "1x1+kxk"') == 2
    (tmp_path / "p.toml").write_text(text.replace('"1x1+kxk"', '"1x1+kxk+1x1"'), encoding="utf-8")
    with pytest.raises(ProjectError, match="nodes has 2 names; form '1x1\\+kxk\\+1x1' has 3 convolutions"):
        load_project(tmp_path / "p.toml")


def test_another_input_changes_fitted_weights_only_if_they_are_fitted_to_it():
    fixed, free = (with_recipe(calibration=specs) for specs in ((PLAIN.input,), ()))
    for project, same in ((fixed, True), (free, False)):
        fits = [
            check(replace(project, input=NoiseInput((8, 9, 10), seed))).low_rank_fits["d", "conv"] for seed in (1, 2)
        ]
        assert (fits[0] == fits[1]) is same


def test_both_parts_share_a_fit_and_each_has_its_own_weights():
    project_check = check(FITTED)
    assert project_check.low_rank_fits["d", "conv"] == project_check.low_rank_fits["d", "conv_reduce"]
    cache = VolumeCache()
    request = RunRequest.of(FITTED)
    results = run_all(request, lambda event: None)
    assert results["d", "conv"].fitted_weights["weight"].shape == (6, 3, 3, 3)
    assert set(results["d", "conv_reduce"].fitted_weights) == {"weight"}
    assert required_bytes(request, cache) > required_bytes(RunRequest.of(PLAIN), cache)


def test_the_predicted_memory_has_the_volumes_of_other_inputs_of_the_calibration():
    other = replace(PLAIN.input, seed=2)
    needed = [
        required_bytes(RunRequest.of(with_recipe(calibration=specs)), VolumeCache())
        for specs in ((PLAIN.input,), (PLAIN.input, other))
    ]
    received, relu = (8 * 9 * 10 * 4,) * 2
    assert needed[1] - needed[0] == received + relu


def test_an_input_file_that_is_rewritten_changes_the_fit(tmp_path):
    path, fits = tmp_path / "volume.npy", []
    for height in (9, 12):
        np.save(path, np.ones((8, height, 10), np.float32))
        project = with_recipe(calibration=(ArrayInput(str(path)),))
        fits.append(check(project).low_rank_fits["d", "conv"])
    assert fits[0] != fits[1]


def test_the_last_part_has_the_bias_from_the_file_of_the_layer(tmp_path):
    bias = np.arange(6, dtype=np.float32)
    np.savez(tmp_path / "layer.npz", w=np.ones((6, 8, 3, 3), np.float32), b=bias)
    project = with_recipe(of=FileWeights(str(tmp_path / "layer.npz"), "w", "b"))
    results = run_all(RunRequest.of(project), lambda event: None)
    assert np.array_equal(results["d", "conv"].fitted_weights["bias"], bias)


@pytest.mark.parametrize("name", ["weights.npy", "volume.npy"])
def test_a_file_that_changes_between_check_and_run_ends_the_run(tmp_path, name):
    np.save(tmp_path / "weights.npy", np.ones((6, 8, 3, 3), np.float32))
    np.save(tmp_path / "volume.npy", np.ones((8, 9, 10), np.float32))
    network = PLAIN.network("d").with_layer("conv", Conv2d(6, 3, bias=False))
    node = replace(network.node("conv"), weights=FileWeights(str(tmp_path / "weights.npy")))
    plain = PLAIN.with_network("d", network.with_node_replaced("conv", node))
    project = apply_low_rank(
        plain, ("d", "conv"), "1x1+kxk", (3,), CalibrationSet((ArrayInput(str(tmp_path / "volume.npy")),))
    )
    request = RunRequest.of(project)
    np.save(tmp_path / name, np.load(tmp_path / name) + 1)
    os.utime(tmp_path / name, ns=(1, 1))
    with pytest.raises(ProjectError, match=f"{name} changed after it was checked; run again"):
        run_all(request, lambda event: None)
    assert run_all(RunRequest.of(project), lambda event: None)


def test_in_a_long_chain_of_fits_each_is_computed_once(monkeypatch):
    project = replace(PLAIN, input=NoiseInput((2, 3, 3)))
    project = project.with_network("d", Network(tuple(Node(f"n{number}", Conv2d(2, 1)) for number in range(40))))
    for node in project.network("d").nodes:
        project = apply_low_rank(
            project, ("d", node.name), "1x1+kxk", (1,), CalibrationSet((project.input, NoiseInput((2, 3, 3), 1)))
        )
    fits = []
    fit = low_rank_weights.fit_weights
    monkeypatch.setattr(
        low_rank_weights, "fit_weights", lambda plan, *rest: fits.append(plan.recipe.nodes) or fit(plan, *rest)
    )
    assert len(run_all(RunRequest.of(project), lambda event: None)) == 81
    assert len(fits) == len(set(fits)) == 40


def test_a_recipe_round_trips_through_the_file(tmp_path):
    project = with_recipe(refit=True, calibration=(NoiseInput((8, 9, 10), 4), NoiseInput((8, 4, 4), 5)))
    save_project(project, tmp_path / "p.toml")
    again = load_project(tmp_path / "p.toml").project
    assert again == project
    assert isinstance(again.network("d").node("conv").weights, LowRankWeights)
