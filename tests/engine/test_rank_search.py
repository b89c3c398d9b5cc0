"""The rank search: its figures on real photos and trained weights, and its rules on small designs."""

import csv
import io
import json
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.blocks import BottleneckResidual, Fire, Inception
from engine.files.paths import RESOURCES
from engine.layers import Activation, Concat, Conv2d
from engine.low_rank.energies import energy
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import ArrayInput, ImageInput, NoiseInput
from engine.network.node_ref import STEM
from engine.network.weight_specs import FileWeights, LowRankWeights, SeedWeights
from engine.project.file import load_project, save_project
from engine.project.project import Design, Project
from engine.rank_search import (
    CalibrationSet,
    RankSearch,
    calibration_set,
    rank_search_candidates,
    rank_search_refusal,
)
from engine.rank_search.error_curve import frontier, macs_of, measured_ranks
from engine.rank_search.replacement import apply_low_rank, copy_design
from engine.rank_search.report import curve_text, curves_to_csv, curves_to_json, list_text
from engine.run.cache import CachedVolume, VolumeCache
from engine.run.check import check
from engine.run.execute import run_all
from engine.run.request import RunRequest
from engine.text.problems import ProjectError
from tests.engine.checkpoints import Stopped, proceed, stop

START = load_project(RESOURCES / "projects/inception_3a_5x5_branch.toml").project
CONV3_3 = (STEM, "conv3_3")
FORMS = ("1x1+kxk", "kxk+1x1", "1x1+kxk+1x1")


def photos(*names):
    return tuple(replace(START.input, path=f"resources:photos/{name}.png") for name in names)


def small(layer=None, *before, behind=(), shape=(8, 9, 10)):
    """A project of one design with the layer `conv` on noise."""
    layer = layer or Conv2d(6, 3)
    nodes = (*before, Node("conv", layer), *behind)
    return Project(NoiseInput(shape, seed=1), (Design("design", Network(nodes)),))


def search_of(project):
    return RankSearch(project, calibration_set(project))


def last_volume(project, design="design"):
    request = RunRequest.of(project)
    return run_all(request, lambda event: None)[design, request.check.analyses[design].output].volume


@pytest.fixture(scope="module")
def trunk():
    """Trained weights, fitted to two photos and checked on a third."""
    return RankSearch(START, CalibrationSet(photos("chelsea", "astronaut"), photos("coffee")))


@pytest.fixture(scope="module")
def trunk_curve(trunk):
    return trunk.curve(CONV3_3, "1x1+kxk")


@pytest.mark.parametrize(
    ("rank", "measured", "plain", "fewer"),
    [(32, 0.053, 0.163, 7.2), (64, 0.026, 0.086, 3.6), (128, 0.0085, 0.033, 1.8)],
)
def test_trained_conv3_3_tolerates_a_bottleneck(trunk_curve, rank, measured, plain, fewer):
    point = next(point for point in trunk_curve.points if point.ranks == (rank,))
    assert point.check_error == pytest.approx(measured, rel=0.02)
    assert point.svd_error == pytest.approx(plain, rel=0.02)
    assert trunk_curve.macs / point.macs == pytest.approx(fewer, abs=0.05)


def test_the_line_expects_more_error_than_neighbouring_pixels_make(trunk_curve):
    assert trunk_curve.expected_errors[63] == pytest.approx(0.045, abs=0.0005)
    assert all(point.fit_error < point.expected_error for point in trunk_curve.points if point.expected_error > 0.001)


def test_a_refit_lowers_the_error_on_what_it_is_fitted_to(trunk):
    plain, refit = (trunk.result(CONV3_3, "1x1+kxk", (32,), photos("coffee")[0], refit=on) for on in (False, True))
    assert refit.fit_error < 0.8 * plain.fit_error
    assert refit.check_error < plain.check_error
    assert plain.error == plain.check_error == pytest.approx(0.053, rel=0.02)


def test_random_weights_on_the_cat_lose_about_the_expected_error():
    search = RankSearch(START, CalibrationSet(photos("chelsea"), photos("coffee")))
    curve = search.curve(("naive", "conv5x5"), "1x1+kxk")
    point = next(point for point in curve.points if point.ranks == (16,))
    assert point.macs == 13_246_464
    assert point.expected_error == pytest.approx(0.36, abs=0.01)
    assert point.fit_error == pytest.approx(point.expected_error, abs=0.01)
    assert point.check_error == pytest.approx(0.42, abs=0.02)


def test_volumes_of_an_earlier_run_are_not_computed_again():
    project, ref = small(None, Node("before", Conv2d(8, 3))), ("design", "conv")
    calibration = calibration_set(project)
    earlier, request = VolumeCache(), RunRequest.of(project)
    volume = np.zeros((8, 9, 10), np.float32)
    volume[2] = 1.0  # one map with values: a run of this network makes eight
    earlier.put(request.check.keys["design", "before"], CachedVolume(volume))
    assert len(RankSearch(project, calibration).curve(ref, "1x1+kxk").ranks) == 8
    assert len(RankSearch(project, calibration, computed=earlier).curve(ref, "1x1+kxk").ranks) == 1
    assert len(earlier) == 1


def test_every_rank_has_an_expected_error_and_the_highest_loses_nothing():
    curve = search_of(small()).curve(("design", "conv"), "1x1+kxk")
    assert curve.ranks == tuple((r,) for r in range(1, 9))
    assert list(curve.expected_errors) == sorted(curve.expected_errors, reverse=True)
    assert curve.points[-1].fit_error < 1e-3
    assert curve.points[-1].check_error < 1e-3


@pytest.mark.parametrize("form", FORMS)
def test_the_costs_of_a_curve_are_those_of_the_replacement(form):
    project = small(Conv2d(6, 3, stride=2))
    curve = search_of(project).curve(("design", "conv"), form)
    for index in {0, len(curve.ranks) // 2, len(curve.ranks) - 1}:
        replacement = apply_low_rank(project, curve.ref, form, curve.ranks[index], calibration_set(project))
        assert check(replacement).analyses["design"].macs == curve.costs[index]
    assert curve.macs == check(project).analyses["design"].macs


@given(
    st.sampled_from(FORMS), st.integers(1, 2), st.sampled_from([(1, 1), (3, 3), (1, 3), (5, 2)]), st.booleans(),
    st.booleans(),
)  # fmt: skip
@settings(max_examples=15)
def test_a_replacement_has_the_measured_error(form, stride, kernel, refit, bias):
    project = small(Conv2d(5, kernel, stride=stride, bias=bias), Node("before", Conv2d(7, 1)))
    search = search_of(project)
    curve = search.curve(("design", "conv"), form)
    ranks = curve.ranks[len(curve.ranks) // 3]
    calibration = calibration_set(project)
    result = search.result(curve.ref, form, ranks, calibration.fit_inputs[0], refit=refit)
    replacement = apply_low_rank(project, curve.ref, form, ranks, calibration, refit=refit)
    assert not check(replacement).problems
    exact, approximate = last_volume(project), last_volume(replacement)
    assert (energy(approximate - exact) / energy(result.exact)) ** 0.5 == pytest.approx(result.fit_error, abs=1e-4)
    assert search.last_error(replacement, "design", "design", calibration.fit_inputs) == pytest.approx(
        (energy(approximate - exact) / energy(exact)) ** 0.5, abs=1e-6
    )


def test_points_measured_together_equal_those_measured_one_by_one():
    for form in FORMS:
        search = search_of(small())
        curve = search.curve(("design", "conv"), form)
        for point in curve.points[:: max(1, len(curve.points) // 3)]:
            result = search.result(curve.ref, form, point.ranks, search.calibration.fit_inputs[0], refit=False)
            assert (result.fit_error, result.check_error) == pytest.approx(
                (point.fit_error, point.check_error), abs=1e-3
            )


def test_refining_finds_the_smallest_rank_within_an_error(trunk, trunk_curve):
    curve = trunk.refine(trunk_curve, 0.05)
    index = curve.cheapest_within(0.05)
    assert curve.decisive_errors[index] <= 0.05 < curve.decisive_errors[index - 1]
    assert trunk_curve.cheapest_within(0.05) > index  # a rank between two that were measured first


def test_refining_tries_the_highest_rank_that_is_cheaper_too():
    search = search_of(small(Conv2d(40, 3), shape=(40, 9, 10)))
    curve = search.curve(("design", "conv"), "1x1+kxk")
    widest = curve.break_even
    assert widest not in curve.decisive_errors
    error = search.with_points(curve, [widest]).decisive_errors[widest]
    assert curve.cheapest_within(error) is None
    assert search.refine(curve, error).cheapest_within(error) == widest


def test_a_refit_helps_if_it_lowers_the_error_on_other_inputs():
    search = search_of(small(shape=(8, 5, 5)))
    curve = search.curve(("design", "conv"), "1x1+kxk")
    helps = [search.refit_helps(curve, index) for index in range(len(curve.ranks))]
    refits = [search.result(curve.ref, curve.form, r, search.project.input, refit=True) for r in curve.ranks]
    assert helps == [result.check_error < curve.decisive_errors[index] for index, result in enumerate(refits)]
    assert set(helps) == {True, False}
    assert not search.refit_helps(search.curve(curve.ref, "kxk+1x1"), 0)


def test_no_rank_is_within_an_error_that_only_more_expensive_ones_have():
    curve = search_of(small()).curve(("design", "conv"), "1x1+kxk")
    assert curve.cheapest_within(1e-6) is None
    assert curve.costs[curve.break_even] < curve.macs <= curve.costs[curve.break_even + 1]


def test_a_budget_of_macs_is_spent_on_the_least_expected_error():
    curve = search_of(small()).curve(("design", "conv"), "1x1+kxk+1x1")
    budget = curve.macs // 2
    index = curve.best_for_macs(budget)
    affordable = [i for i, cost in enumerate(curve.costs) if cost <= budget]
    assert curve.costs[index] <= budget
    assert curve.expected_errors[index] == min(curve.expected_errors[i] for i in affordable)
    assert curve.best_for_macs(1) is None


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 2**32))
def test_the_frontier_omits_only_pairs_that_another_beats_at_no_higher_cost(first, second, seed):
    random = np.random.default_rng(seed)
    report = check(small()).reports["design", "conv"]
    inputs, outputs = (np.append(np.sort(random.random(n))[::-1], 0.0) for n in (first, second))
    ranks, errors = frontier(report, inputs, outputs)
    candidates = {
        (a, b): (macs_of(report, "1x1+kxk+1x1", (a, b)), np.hypot(inputs[a], outputs[b]))
        for a, b in product(range(1, first + 1), range(1, second + 1))
    }
    costs = [macs_of(report, "1x1+kxk+1x1", pair) for pair in ranks]
    assert costs == sorted(costs)
    assert errors == pytest.approx([candidates[pair][1] for pair in ranks])
    for cost, error in candidates.values():
        assert any(c <= cost and e <= error + 1e-12 for c, e in zip(costs, errors, strict=True))


def test_a_frontier_of_many_pairs_is_thinned_out_but_has_both_ends():
    report = check(small()).reports["design", "conv"]
    inputs, outputs = (np.linspace(1.0, 0.0, n) ** 2 for n in (400, 301))
    ranks, errors = frontier(report, inputs, outputs)
    assert 100 < len(ranks) <= 256
    assert (ranks[0], ranks[-1], errors[-1]) == ((1, 1), (399, 300), 0.0)


@pytest.mark.parametrize("form", FORMS)
def test_a_layer_that_only_zeros_reach_has_a_curve_without_ranks(form, tmp_path):
    np.save(tmp_path / "zeros.npy", np.zeros((8, 9, 10), np.float32))
    project = replace(small(), input=ArrayInput(str(tmp_path / "zeros.npy")))
    curve = search_of(project).curve(("design", "conv"), form)
    assert (curve.ranks, curve.points, curve.break_even, curve.cheapest_within(1.0)) == ((), (), None, None)


@given(st.sampled_from(FORMS), st.integers(0, 3000))
def test_the_measured_ranks_begin_with_the_lowest_and_end_with_the_highest(form, count):
    indices = measured_ranks(form, count)
    assert list(indices) == sorted(set(indices))
    assert not count or (indices[0], indices[-1]) == (0, count - 1)
    assert len(indices) <= 12 if form == "1x1+kxk+1x1" else len(indices) <= 16 + 8 * max(1, count).bit_length()


def test_powers_of_two_are_among_the_measured_ranks():
    assert {2**power - 1 for power in range(9)} <= set(measured_ranks("1x1+kxk", 256))


def test_replacing_a_layer_of_a_block_expands_the_block():
    project = small(Inception(2, 2, 3, 2, 3, 2))
    ref = "design", "conv/5x5"
    replacement = apply_low_rank(project, ref, "1x1+kxk", (1,), calibration_set(project))
    assert not check(replacement).problems
    names = [node.name for node in replacement.network("design").nodes]
    assert names[names.index("conv/5x5") - 1] == "conv/5x5_reduce_2"
    exact, approximate = last_volume(project), last_volume(replacement)
    untouched = [*range(5), 8, 9]
    assert np.array_equal(exact[untouched], approximate[untouched])
    assert not np.allclose(exact[5:8], approximate[5:8])


@pytest.mark.parametrize("form", FORMS)
def test_the_replacement_of_a_layer_that_names_its_input_receives_the_same_input(form):
    nodes = (Node("far", Conv2d(4, 1)), Node("near", Conv2d(5, 1), (INPUT,)), Node("conv", Conv2d(6, 3), ("far",)))
    project = Project(NoiseInput((8, 9, 10), seed=1), (Design("design", Network(nodes)),))
    ranks = (4, 6) if form.count("+") == 2 else (4,) if form == "1x1+kxk" else (6,)
    replacement = apply_low_rank(project, ("design", "conv"), form, ranks, calibration_set(project))
    assert not check(replacement).problems
    assert np.allclose(last_volume(replacement), last_volume(project), atol=1e-3)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("form", FORMS)
def test_the_last_part_has_a_bias_if_the_layer_has_one(form, bias):
    project = small(Conv2d(6, 3, bias=bias))
    replacement = apply_low_rank(project, ("design", "conv"), form, (2, 2)[: form.count("+")], calibration_set(project))
    assert [node.layer.bias for node in replacement.network("design").nodes] == [False] * form.count("+") + [bias]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("block", [Inception(2, 2, 3, 2, 3, 2), Fire(2, 3, 4), BottleneckResidual(8, reduce=3), None])
def test_each_part_of_a_replacement_receives_the_part_before_it(form, block):
    project, ref = small(block), ("design", "conv")
    if block is None:
        side = (Node("side", Activation("relu"), (INPUT,)), Node("conv", Conv2d(4, 3), (INPUT,)))
        both = (*side, Node("both", Concat(), ("side", "conv")))
        project = project.with_network("design", Network(both))
    project_check = check(project)
    refs = [("design", r.name) for r in rank_search_candidates(RunRequest.of(project), "design")] if block else [ref]
    for ref in refs:
        received = project_check.reports[ref].input_shapes[0].channels
        full = (received, project_check.reports[ref].output_shape.channels)
        replacement = apply_low_rank(
            project, ref, form, full[: form.count("+")] if form != "kxk+1x1" else full[1:], calibration_set(project)
        )
        assert not check(replacement).problems
        assert energy(last_volume(replacement) - last_volume(project)) < 1e-6 * energy(last_volume(project))
        chain = replacement.network("design").node(ref[1]).weights.nodes
        reports = check(replacement).reports
        assert all(reports["design", after].inputs == (name,) for name, after in pairwise(chain))


def test_fitted_weights_come_back_from_the_file(tmp_path):
    project = small(None, behind=(Node("relu", Activation("relu")),))
    replacement = apply_low_rank(
        project, ("design", "conv"), "1x1+kxk+1x1", (3, 4), calibration_set(project), refit=True
    )
    save_project(replacement, tmp_path / "made.toml")
    again = load_project(tmp_path / "made.toml").project
    assert again == replacement
    assert isinstance(again.network("design").node("conv").weights, LowRankWeights)
    assert np.array_equal(last_volume(again), last_volume(replacement))


def test_a_fitted_rank_can_be_edited_and_is_fitted_again():
    project = small()
    low_rank, higher_rank = (
        apply_low_rank(project, ("design", "conv"), "1x1+kxk", (r,), calibration_set(project)) for r in (2, 5)
    )
    edited = low_rank.with_network(
        "design", low_rank.network("design").with_layer("conv_reduce", Conv2d(5, 1, bias=False))
    )
    assert np.array_equal(last_volume(edited), last_volume(higher_rank))


def test_a_copy_has_the_weights_of_the_design():
    project = small(None, Node("before", Conv2d(4, 1)))
    copy, name = copy_design(project, "design")
    assert name != "design"
    assert copy.network(name).node("conv").weights == SeedWeights("design", "conv")
    assert np.array_equal(last_volume(copy, name), last_volume(copy, "design"))


@pytest.mark.parametrize("apart", [False, True])
def test_a_copy_of_blocks_keeps_their_weights_when_they_are_renamed(apart):
    project, name = copy_design(small(Inception(2, 2, 3, 2, 3, 2)), "design")
    if apart:
        project = apply_low_rank(project, (name, "conv/5x5"), "1x1+kxk", (2,), calibration_set(project))
    renamed = project.with_design_renamed("design", "other").with_node_renamed("other", "conv", "block")
    assert not check(renamed).problems
    exact, copied = last_volume(renamed, "other"), last_volume(renamed, name)
    untouched = [*range(5), 8, 9]
    assert np.array_equal(exact[untouched], copied[untouched])


def test_layers_that_cannot_be_replaced_are_refused_with_the_reason():
    project = small(Conv2d(8, 3, groups=4), behind=(Node("relu", Activation("relu")), Node("one", Conv2d(4, 1))))
    project_check = check(project)
    assert "groups" in rank_search_refusal(project_check.reports["design", "conv"])
    assert "convolution" in rank_search_refusal(project_check.reports["design", "relu"])
    assert rank_search_refusal(project_check.reports["design", "one"]) == ""
    assert rank_search_candidates(RunRequest.of(project), "design") == ()
    replacement = apply_low_rank(small(), ("design", "conv"), "1x1+kxk", (2,), calibration_set(small()))
    assert "fitted already" in rank_search_refusal(check(replacement).reports["design", "conv"])


def test_of_the_bundled_photos_every_third_checks():
    calibration = calibration_set(START)
    assert [spec.path.rpartition("/")[2] for spec in calibration.fit_inputs] == [
        "chelsea.png",
        "astronaut.png",
        "rocket.png",
    ]
    assert [spec.path.rpartition("/")[2] for spec in calibration.check_inputs] == ["coffee.png"]
    assert {replace(spec, path="") for spec in (*calibration.fit_inputs, *calibration.check_inputs)} == {
        replace(START.input, path="")
    }


def test_of_a_folder_every_third_photo_checks(tmp_path):
    for name in "abcdefg":
        (tmp_path / f"{name}.png").write_bytes((RESOURCES / "photos/coffee.png").read_bytes())
    (tmp_path / "notes.txt").write_text("no photo")
    calibration = calibration_set(START, tmp_path)
    assert [spec.path[-5:] for spec in calibration.check_inputs] == ["c.png", "f.png"]
    assert [spec.path[-5:] for spec in calibration.fit_inputs] == ["a.png", "b.png", "d.png", "e.png", "g.png"]


def test_a_folder_without_photos_is_refused(tmp_path):
    with pytest.raises(ProjectError, match="no photo"):
        calibration_set(START, tmp_path)
    with pytest.raises(ProjectError, match="no folder"):
        calibration_set(START, tmp_path / "nowhere")


def test_noise_is_checked_on_other_noise_and_an_array_on_nothing():
    assert calibration_set(small()) == CalibrationSet((NoiseInput((8, 9, 10), 1),), (NoiseInput((8, 9, 10), 2),))
    array = replace(small(), input=ArrayInput("values.npy"))
    assert calibration_set(array) == CalibrationSet((ArrayInput("values.npy"),))


def test_without_check_inputs_the_errors_are_those_on_the_fit_inputs():
    project = small()
    curve = RankSearch(project, CalibrationSet((project.input,))).curve(("design", "conv"), "1x1+kxk")
    assert curve.check_errors is None
    assert curve.decisive_errors == dict(zip(curve.measured_at, curve.fit_errors, strict=True))


@pytest.mark.parametrize("form", FORMS)
def test_a_layer_whose_output_is_zero_has_no_ranks(form, tmp_path):
    np.savez(tmp_path / "zeros.npz", weight=np.zeros((6, 8, 3, 3), np.float32))
    weights = FileWeights(str(tmp_path / "zeros.npz"), "weight")
    project = small().with_network("design", Network((Node("conv", Conv2d(6, 3, bias=False), (), weights),)))
    curve = search_of(project).curve(("design", "conv"), form)
    assert (curve.ranks, curve.points, curve.break_even, curve.best_for_macs(10**9)) == ((), (), None, None)


@pytest.mark.parametrize("form", FORMS)
def test_a_layer_whose_output_overflows_is_refused_by_name(form, tmp_path):
    np.savez(tmp_path / "huge.npz", weight=np.full((6, 8, 3, 3), 1e30, np.float32))
    np.save(tmp_path / "volume.npy", np.full((8, 9, 10), 1e25, np.float32))
    weights = FileWeights(str(tmp_path / "huge.npz"), "weight")
    project = small().with_network("design", Network((Node("conv", Conv2d(6, 3, bias=False), (), weights),)))
    project = replace(project, input=ArrayInput(str(tmp_path / "volume.npy")))
    with pytest.raises(ProjectError, match=r"conv: .*not finite"):
        search_of(project).curve(("design", "conv"), form)


@pytest.fixture
def photo_project():
    return replace(small(), input=ImageInput("resources:photos/chelsea.png", (12, 12)))


@pytest.fixture
def folder(tmp_path):
    """Two photos of the same picture."""
    photos_folder = tmp_path / "photos"
    photos_folder.mkdir()
    for name in ("a.png", "b.png"):
        (photos_folder / name).write_bytes((RESOURCES / "photos/coffee.png").read_bytes())
    return photos_folder


def test_photos_that_cannot_be_read_are_all_named_before_anything_runs(photo_project, folder):
    (folder / "c.png").write_bytes(b"no photo")
    (folder / "d.png").symlink_to(folder / "gone.png")
    with pytest.raises(ProjectError) as error:
        calibration_set(photo_project, folder)
    first, second = (problem.text for problem in error.value.problems)
    assert "d.png does not exist" in first + second
    assert "c.png is not an image" in first + second


def test_folders_and_hidden_files_are_not_photos(photo_project, folder):
    (folder / "c.png").mkdir()
    (folder / "._a.png").write_bytes(b"what another system leaves there")
    calibration = calibration_set(photo_project, folder)
    assert [spec.path[-5:] for spec in (*calibration.fit_inputs, *calibration.check_inputs)] == ["a.png", "b.png"]


def test_a_truncated_photo_is_named_without_a_place_in_the_project(photo_project, folder):
    (folder / "c.png").write_bytes((RESOURCES / "photos/coffee.png").read_bytes()[:5000])
    search = RankSearch(photo_project, calibration_set(photo_project, folder))
    with pytest.raises(ProjectError, match=r"^[^:]*c.png cannot be read"):
        search.curve(("design", "conv"), "1x1+kxk")


def test_a_rewritten_photo_makes_another_calibration_set(photo_project, folder):
    before = calibration_set(photo_project, folder)
    assert calibration_set(photo_project, folder) == before
    (folder / "b.png").write_bytes((RESOURCES / "photos/rocket.png").read_bytes())
    after = calibration_set(photo_project, folder)
    assert after != before
    assert (after.fit_inputs, after.check_inputs) == (before.fit_inputs, before.check_inputs)


def test_a_mistake_before_a_layer_is_reported_when_it_is_searched():
    before = Node("before", Conv2d(4, 3), (), FileWeights("/nowhere.npz", "w", "b"))
    project = small(None, before)
    for ref in (("design", "conv"), ("design", "before")):
        with pytest.raises(ProjectError, match=r"/nowhere\.npz does not exist"):
            search_of(project).curve(ref, "1x1+kxk")


def test_a_check_input_that_does_not_fit_the_layers_is_named():
    project = small(None, Node("before", Conv2d(4, 5, padding="valid")))
    search = RankSearch(project, CalibrationSet((project.input,), (NoiseInput((8, 3, 3), seed=7),)))
    with pytest.raises(ProjectError, match="noise, seed 7: before: kernel 5×5 is larger"):
        search.curve(("design", "conv"), "1x1+kxk")


def test_a_refit_is_refused_with_both_numbers_if_memory_does_not_suffice():
    project = replace(small(Conv2d(1, 301)), input=NoiseInput((4, 6, 6)))
    search = search_of(project)
    with pytest.raises(ProjectError, match=r"conv: fitting the k×k again behind 4 maps needs 2.9 TiB; .* are free"):
        search.result(("design", "conv"), "1x1+kxk", (4,), project.input, refit=True)
    assert search.result(("design", "conv"), "1x1+kxk", (4,), project.input, refit=False).error < 1e-4


def test_only_forms_that_reduce_first_are_refitted():
    project = small()
    for form in FORMS:
        replacement = apply_low_rank(
            project, ("design", "conv"), form, (2, 2)[: form.count("+")], calibration_set(project), refit=True
        )
        assert replacement.network("design").node("conv").weights.refit is (form != "kxk+1x1")


def test_values_that_are_not_finite_are_refused_by_name():
    project = replace(small(Conv2d(6, 3), Node("before", Conv2d(4, 3, bias=False))), input=NoiseInput((8, 9, 10)))
    huge = np.full((4, 8, 3, 3), 3e38, np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.run.weights.he_normal", lambda shape, *_: np.broadcast_to(huge.ravel()[:1], shape).copy())
        with pytest.raises(ProjectError, match=r"conv: .*not finite"):
            search_of(project).curve(("design", "conv"), "1x1+kxk")


def test_a_calibration_that_does_not_fit_the_layers_is_refused_with_the_reason(tmp_path):
    np.save(tmp_path / "weight.npy", np.zeros((4, 8, 1, 1), np.float32))
    before = Node("before", Conv2d(4, 1, bias=False), (), FileWeights(str(tmp_path / "weight.npy")))
    project, calibration = small(None, before), CalibrationSet((NoiseInput((3, 9, 10)),))
    with pytest.raises(ProjectError, match=r"noise, seed 0: before: weights: .*has shape"):
        RankSearch(project, calibration).curve(("design", "conv"), "1x1+kxk")
    problems = check(apply_low_rank(project, ("design", "conv"), "1x1+kxk", (2,), calibration)).problems
    assert [problem.node for problem in problems] == ["conv_reduce", "conv"]
    assert all("3×9×10 has 3 channels" in problem.text for problem in problems)


def test_the_list_of_a_design_begins_with_the_layer_that_saves_most():
    project = small(Conv2d(8, 3), Node("wide", Conv2d(30, 5)))
    search = search_of(project)
    curves = [search.curve(("design", name), "1x1+kxk") for name in ("conv", "wide")]
    saved = {curve.ref[1]: curve.macs_saved(curve.cheapest_within(0.6)) for curve in curves}
    assert saved["wide"] != saved["conv"]
    head, _, first, second = list_text(curves, 0.6).splitlines()
    assert "saved at 60 %" in head
    assert [line.split()[0] for line in (first, second)] == sorted(saved, key=lambda name: -saved[name])


def test_csv_and_json_have_every_measured_rank():
    search = search_of(small())
    curve = search.curve(("design", "conv"), "1x1+kxk")
    rows = list(csv.DictReader(io.StringIO(curves_to_csv([curve]))))
    assert [int(row["width"]) for row in rows] == [point.ranks[0] for point in curve.points]
    assert [float(row["others"]) for row in rows] == [point.check_error for point in curve.points]
    data = json.loads(curves_to_json([curve], search.calibration, 0.05))
    (layer,) = data["layers"]
    assert [rank["macs"] for rank in layer["widths"]] == [point.macs for point in curve.points]
    assert [offer["error"] for offer in layer["within"]] == [0.01, 0.02, 0.05, 0.1]
    assert layer["break_even"] == list(curve.ranks[curve.break_even])


def test_the_table_of_a_curve_marks_the_selected_rank_and_those_that_save_nothing():
    curve = search_of(small()).curve(("design", "conv"), "1x1+kxk")
    lines = curve_text(curve, 2).splitlines()
    assert [line.split()[0] for line in lines if "← selected" in line] == ["3"]
    assert [int(line.split()[0]) for line in lines if " none " in line] == [
        point.ranks[0] for point in curve.points if point.macs >= curve.macs
    ]


def test_a_search_can_be_cancelled_and_continued():
    search = search_of(small())
    search.checkpoint = stop
    with pytest.raises(Stopped):
        search.curve(("design", "conv"), "1x1+kxk")
    search.checkpoint = proceed
    assert search.curve(("design", "conv"), "1x1+kxk").points
