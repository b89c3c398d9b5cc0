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
from engine.low_rank.factorisation import energy, input_covariance
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
from engine.run.cache import VolumeCache
from engine.run.check import check
from engine.run.execute import RunRequest, run_all, volume_at
from engine.text.problems import ProjectError
from tests.engine.checkpoints import proceed

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


def last_volumes(project, design="design"):
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


def test_random_weights_on_the_cat_lose_about_what_is_expected():
    search = RankSearch(START, CalibrationSet(photos("chelsea"), photos("coffee")))
    curve = search.curve(("naive", "conv5x5"), "1x1+kxk")
    point = next(point for point in curve.points if point.ranks == (16,))
    assert point.macs == 13_246_464
    assert point.expected_error == pytest.approx(0.36, abs=0.01)
    assert point.fit_error == pytest.approx(point.expected_error, abs=0.01)
    assert point.check_error == pytest.approx(0.42, abs=0.02)


def test_sixteen_directions_hold_most_of_the_energy_of_the_cat():
    request = RunRequest.of(START)
    received = volume_at(request, ("naive", INPUT), VolumeCache())
    assert received.shape == (256, 28, 28)
    energies = np.linalg.eigvalsh(input_covariance([received], proceed))[::-1]
    assert energies[:16].sum() / energies.sum() == pytest.approx(0.87, abs=0.005)


@pytest.mark.parametrize(("photo", "percent"), [("chelsea", 25), ("coffee", 42)])
def test_the_start_project_says_by_how_much_its_bottleneck_differs(photo, percent):
    (spec,) = photos(photo)
    results = run_all(RunRequest.of(replace(START, input=spec)), lambda event: None)
    naive, bottleneck = (results[name, "conv5x5"].volume for name in ("naive", "bottleneck"))
    assert round(100 * (energy(bottleneck - naive) / energy(naive)) ** 0.5) == percent
    (note,) = START.notes
    assert f"{percent} %" in note.text
    assert note.design == "bottleneck"


def test_every_rank_has_an_expected_error_and_the_highest_loses_nothing():
    curve = search_of(small()).curve(("design", "conv"), "1x1+kxk")
    assert curve.ranks == tuple((r,) for r in range(1, 9))
    assert list(curve.expected_errors) == sorted(curve.expected_errors, reverse=True)
    assert curve.points[-1].fit_error < 1e-3
    assert curve.points[-1].check_error < 1e-3


@pytest.mark.parametrize("form", FORMS)
def test_costs_are_those_of_the_layers_that_are_put_in(form):
    project = small(Conv2d(6, 3, stride=2))
    curve = search_of(project).curve(("design", "conv"), form)
    for index in {0, len(curve.ranks) // 2, len(curve.ranks) - 1}:
        made = apply_low_rank(project, curve.ref, form, curve.ranks[index], calibration_set(project))
        assert check(made).analyses["design"].macs == curve.costs[index]
    assert curve.macs == check(project).analyses["design"].macs


@given(
    st.sampled_from(FORMS), st.integers(1, 2), st.sampled_from([(1, 1), (3, 3), (1, 3), (5, 2)]), st.booleans(),
    st.booleans(),
)  # fmt: skip
@settings(max_examples=15)
def test_what_is_put_in_loses_what_was_measured(form, stride, kernel, refit, bias):
    project = small(Conv2d(5, kernel, stride=stride, bias=bias), Node("before", Conv2d(7, 1)))
    search = search_of(project)
    curve = search.curve(("design", "conv"), form)
    ranks = curve.ranks[len(curve.ranks) // 3]
    calibration = calibration_set(project)
    result = search.result(curve.ref, form, ranks, calibration.fit_inputs[0], refit=refit)
    made = apply_low_rank(project, curve.ref, form, ranks, calibration, refit=refit)
    assert not check(made).problems
    exact, found = last_volumes(project), last_volumes(made)
    assert (energy(found - exact) / energy(result.exact)) ** 0.5 == pytest.approx(result.fit_error, abs=1e-4)
    assert search.last_error(made, "design", "design", calibration.fit_inputs) == pytest.approx(
        (energy(found - exact) / energy(exact)) ** 0.5, abs=1e-6
    )


def test_points_measured_together_are_those_measured_one_by_one():
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
    assert trunk_curve.cheapest_within(0.05) > index  # one between two that were run at first


def test_refining_tries_the_highest_rank_that_is_cheaper_too():
    search = search_of(small(Conv2d(40, 3), shape=(40, 9, 10)))
    curve = search.curve(("design", "conv"), "1x1+kxk")
    widest = curve.break_even
    assert widest not in curve.decisive_errors
    error = search.with_points(curve, [widest]).decisive_errors[widest]
    assert curve.cheapest_within(error) is None
    assert search.refine(curve, error).cheapest_within(error) == widest


def test_fitting_again_helps_where_it_lowers_the_error_on_other_inputs():
    search = search_of(small(shape=(8, 5, 5)))
    curve = search.curve(("design", "conv"), "1x1+kxk")
    told = [search.refit_helps(curve, index) for index in range(len(curve.ranks))]
    refits = [search.result(curve.ref, curve.form, r, search.project.input, refit=True) for r in curve.ranks]
    assert told == [result.check_error < curve.decisive_errors[index] for index, result in enumerate(refits)]
    assert set(told) == {True, False}
    assert not search.refit_helps(search.curve(curve.ref, "kxk+1x1"), 0)


def test_nothing_is_within_an_error_that_only_more_expensive_ones_have():
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
def test_the_frontier_leaves_out_only_what_something_cheaper_or_as_dear_beats(first, second, seed):
    random = np.random.default_rng(seed)
    report = check(small()).reports["design", "conv"]
    inputs, outputs = (np.append(np.sort(random.random(n))[::-1], 0.0) for n in (first, second))
    ranks, errors = frontier(report, inputs, outputs)
    all_of_them = {
        (a, b): (macs_of(report, "1x1+kxk+1x1", (a, b)), np.hypot(inputs[a], outputs[b]))
        for a, b in product(range(1, first + 1), range(1, second + 1))
    }
    costs = [macs_of(report, "1x1+kxk+1x1", pair) for pair in ranks]
    assert costs == sorted(costs)
    assert errors == pytest.approx([all_of_them[pair][1] for pair in ranks])
    for cost, error in all_of_them.values():
        assert any(c <= cost and e <= error + 1e-12 for c, e in zip(costs, errors, strict=True))


def test_of_many_pairs_of_widths_the_cheapest_and_the_one_that_loses_least_are_told():
    report = check(small()).reports["design", "conv"]
    inputs, outputs = (np.linspace(1.0, 0.0, n) ** 2 for n in (400, 301))
    ranks, errors = frontier(report, inputs, outputs)
    assert 100 < len(ranks) <= 256
    assert (ranks[0], ranks[-1], errors[-1]) == ((1, 1), (399, 300), 0.0)


@pytest.mark.parametrize("form", FORMS)
def test_a_layer_that_only_zeros_reach_has_a_curve_without_widths(form, tmp_path):
    np.save(tmp_path / "zeros.npy", np.zeros((8, 9, 10), np.float32))
    project = replace(small(), input=ArrayInput(str(tmp_path / "zeros.npy")))
    curve = search_of(project).curve(("design", "conv"), form)
    assert (curve.ranks, curve.points, curve.break_even, curve.cheapest_within(1.0)) == ((), (), None, None)


@given(st.sampled_from(FORMS), st.integers(0, 3000))
def test_the_widths_that_are_run_begin_narrow_and_end_with_the_widest(form, count):
    at = measured_ranks(form, count)
    assert list(at) == sorted(set(at))
    assert not count or (at[0], at[-1]) == (0, count - 1)
    assert len(at) <= 12 if form == "1x1+kxk+1x1" else len(at) <= 16 + 8 * max(1, count).bit_length()


def test_powers_of_two_are_among_the_widths_that_are_run():
    assert {2**power - 1 for power in range(9)} <= set(measured_ranks("1x1+kxk", 256))


def test_a_layer_of_a_block_is_replaced_where_the_block_is_taken_apart():
    project = small(Inception(2, 2, 3, 2, 3, 2))
    place = "design", "conv/5x5"
    made = apply_low_rank(project, place, "1x1+kxk", (1,), calibration_set(project))
    assert not check(made).problems
    names = [node.name for node in made.network("design").nodes]
    assert names[names.index("conv/5x5") - 1] == "conv/5x5_reduce_2"
    exact, found = last_volumes(project), last_volumes(made)
    untouched = [*range(5), 8, 9]
    assert np.array_equal(exact[untouched], found[untouched])
    assert not np.allclose(exact[5:8], found[5:8])


@pytest.mark.parametrize("form", FORMS)
def test_what_replaces_a_layer_that_names_its_input_receives_that(form):
    nodes = (Node("far", Conv2d(4, 1)), Node("near", Conv2d(5, 1), (INPUT,)), Node("conv", Conv2d(6, 3), ("far",)))
    project = Project(NoiseInput((8, 9, 10), seed=1), (Design("design", Network(nodes)),))
    ranks = (4, 6) if form.count("+") == 2 else (4,) if form == "1x1+kxk" else (6,)
    made = apply_low_rank(project, ("design", "conv"), form, ranks, calibration_set(project))
    assert not check(made).problems
    assert np.allclose(last_volumes(made), last_volumes(project), atol=1e-3)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("form", FORMS)
def test_the_last_of_the_parts_has_a_bias_where_the_layer_has_one(form, bias):
    project = small(Conv2d(6, 3, bias=bias))
    made = apply_low_rank(project, ("design", "conv"), form, (2, 2)[: form.count("+")], calibration_set(project))
    assert [node.layer.bias for node in made.network("design").nodes] == [False] * form.count("+") + [bias]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("block", [Inception(2, 2, 3, 2, 3, 2), Fire(2, 3, 4), BottleneckResidual(8, reduce=3), None])
def test_a_layer_that_names_its_input_receives_what_stands_before_it(form, block):
    project, place = small(block), ("design", "conv")
    if block is None:
        side = (Node("side", Activation("relu"), (INPUT,)), Node("conv", Conv2d(4, 3), (INPUT,)))
        both = (*side, Node("both", Concat(), ("side", "conv")))
        project = project.with_network("design", Network(both))
    wide = check(project)
    places = (
        [("design", r.name) for r in rank_search_candidates(RunRequest.of(project), "design")] if block else [place]
    )
    for place in places:
        received = wide.reports[place].input_shapes[0].channels
        full = (received, wide.reports[place].output_shape.channels)
        made = apply_low_rank(
            project, place, form, full[: form.count("+")] if form != "kxk+1x1" else full[1:], calibration_set(project)
        )
        assert not check(made).problems
        assert energy(last_volumes(made) - last_volumes(project)) < 1e-6 * energy(last_volumes(project))
        chain = made.network("design").node(place[1]).weights.nodes
        reports = check(made).reports
        assert all(reports["design", after].inputs == (name,) for name, after in pairwise(chain))


def test_applied_weights_are_found_again_in_the_file(tmp_path):
    project = small(None, behind=(Node("relu", Activation("relu")),))
    made = apply_low_rank(project, ("design", "conv"), "1x1+kxk+1x1", (3, 4), calibration_set(project), refit=True)
    save_project(made, tmp_path / "made.toml")
    again = load_project(tmp_path / "made.toml").project
    assert again == made
    assert isinstance(again.network("design").node("conv").weights, LowRankWeights)
    assert np.array_equal(last_volumes(again), last_volumes(made))


def test_a_fitted_width_may_be_edited_and_is_fitted_anew():
    project = small()
    narrow, wide = (
        apply_low_rank(project, ("design", "conv"), "1x1+kxk", (r,), calibration_set(project)) for r in (2, 5)
    )
    edited = narrow.with_network("design", narrow.network("design").with_layer("conv_reduce", Conv2d(5, 1, bias=False)))
    assert np.array_equal(last_volumes(edited), last_volumes(wide))


def test_a_copy_has_the_weights_of_the_design():
    project = small(None, Node("before", Conv2d(4, 1)))
    made, name = copy_design(project, "design")
    assert name != "design"
    assert made.network(name).node("conv").weights == SeedWeights("design", "conv")
    assert np.array_equal(last_volumes(made, name), last_volumes(made, "design"))


@pytest.mark.parametrize("apart", [False, True])
def test_a_copy_of_blocks_keeps_their_weights_when_they_are_renamed(apart):
    project, name = copy_design(small(Inception(2, 2, 3, 2, 3, 2)), "design")
    if apart:
        project = apply_low_rank(project, (name, "conv/5x5"), "1x1+kxk", (2,), calibration_set(project))
    renamed = project.with_design_renamed("design", "other").with_node_renamed("other", "conv", "block")
    assert not check(renamed).problems
    exact, found = last_volumes(renamed, "other"), last_volumes(renamed, name)
    untouched = [*range(5), 8, 9]
    assert np.array_equal(exact[untouched], found[untouched])


def test_layers_that_nothing_can_stand_for_are_refused_with_what_would_be_right():
    project = small(Conv2d(8, 3, groups=4), behind=(Node("relu", Activation("relu")), Node("one", Conv2d(4, 1))))
    known = check(project)
    assert "groups" in rank_search_refusal(known.reports["design", "conv"])
    assert "convolution" in rank_search_refusal(known.reports["design", "relu"])
    assert rank_search_refusal(known.reports["design", "one"]) == ""
    assert rank_search_candidates(RunRequest.of(project), "design") == ()
    fitted = apply_low_rank(small(), ("design", "conv"), "1x1+kxk", (2,), calibration_set(small()))
    assert "fitted already" in rank_search_refusal(check(fitted).reports["design", "conv"])


def test_bundled_photos_are_fitted_to_and_every_third_checks():
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


def test_without_photos_that_check_the_errors_are_those_on_what_is_fitted_to():
    project = small()
    curve = RankSearch(project, CalibrationSet((project.input,))).curve(("design", "conv"), "1x1+kxk")
    assert curve.check_errors is None
    assert curve.decisive_errors == dict(zip(curve.measured_at, curve.fit_errors, strict=True))


@pytest.mark.parametrize("form", FORMS)
def test_what_gives_zeros_alone_has_no_width(form, tmp_path):
    np.savez(tmp_path / "zeros.npz", weight=np.zeros((6, 8, 3, 3), np.float32))
    weights = FileWeights(str(tmp_path / "zeros.npz"), "weight")
    project = small().with_network("design", Network((Node("conv", Conv2d(6, 3, bias=False), (), weights),)))
    curve = search_of(project).curve(("design", "conv"), form)
    assert (curve.ranks, curve.points, curve.break_even, curve.best_for_macs(10**9)) == ((), (), None, None)


@pytest.mark.parametrize("form", FORMS)
def test_a_layer_whose_output_is_beyond_all_bounds_is_refused_by_name(form, tmp_path):
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
    made = tmp_path / "photos"
    made.mkdir()
    for name in ("a.png", "b.png"):
        (made / name).write_bytes((RESOURCES / "photos/coffee.png").read_bytes())
    return made


def test_photos_that_cannot_be_read_are_all_named_before_anything_runs(photo_project, folder):
    (folder / "c.png").write_bytes(b"no photo")
    (folder / "d.png").symlink_to(folder / "gone.png")
    with pytest.raises(ProjectError) as refused:
        calibration_set(photo_project, folder)
    first, second = (problem.text for problem in refused.value.problems)
    assert "d.png does not exist" in first + second
    assert "c.png is not an image" in first + second


def test_folders_and_hidden_files_are_no_photos(photo_project, folder):
    (folder / "c.png").mkdir()
    (folder / "._a.png").write_bytes(b"what another system leaves there")
    calibration = calibration_set(photo_project, folder)
    assert [spec.path[-5:] for spec in (*calibration.fit_inputs, *calibration.check_inputs)] == ["a.png", "b.png"]


def test_a_photo_that_ends_too_early_is_named_but_no_place_of_the_project(photo_project, folder):
    (folder / "c.png").write_bytes((RESOURCES / "photos/coffee.png").read_bytes()[:5000])
    search = RankSearch(photo_project, calibration_set(photo_project, folder))
    with pytest.raises(ProjectError, match=r"^[^:]*c.png cannot be read"):
        search.curve(("design", "conv"), "1x1+kxk")


def test_a_photo_that_was_replaced_makes_another_calibration_set(photo_project, folder):
    before = calibration_set(photo_project, folder)
    assert calibration_set(photo_project, folder) == before
    (folder / "b.png").write_bytes((RESOURCES / "photos/rocket.png").read_bytes())
    after = calibration_set(photo_project, folder)
    assert after != before
    assert (after.fit_inputs, after.check_inputs) == (before.fit_inputs, before.check_inputs)


def test_a_mistake_before_a_layer_is_reported_when_it_is_searched():
    lost = Node("before", Conv2d(4, 3), (), FileWeights("/nowhere.npz", "w", "b"))
    project = small(None, lost)
    for place in (("design", "conv"), ("design", "before")):
        with pytest.raises(ProjectError, match=r"/nowhere\.npz does not exist"):
            search_of(project).curve(place, "1x1+kxk")


def test_a_sample_that_cannot_reach_a_layer_is_named():
    project = small(None, Node("before", Conv2d(4, 5, padding="valid")))
    search = RankSearch(project, CalibrationSet((project.input,), (NoiseInput((8, 3, 3), seed=7),)))
    with pytest.raises(ProjectError, match="noise, seed 7: before: kernel 5×5 is larger"):
        search.curve(("design", "conv"), "1x1+kxk")


def test_fitting_again_is_refused_with_both_numbers_where_memory_does_not_suffice():
    project = replace(small(Conv2d(1, 301)), input=NoiseInput((4, 6, 6)))
    search = search_of(project)
    with pytest.raises(ProjectError, match=r"conv: fitting the k×k again behind 4 maps needs 2.9 TiB; .* are free"):
        search.result(("design", "conv"), "1x1+kxk", (4,), project.input, refit=True)
    assert search.result(("design", "conv"), "1x1+kxk", (4,), project.input, refit=False).error < 1e-4


def test_only_forms_that_reduce_first_are_fitted_again():
    project = small()
    for form in FORMS:
        made = apply_low_rank(
            project, ("design", "conv"), form, (2, 2)[: form.count("+")], calibration_set(project), refit=True
        )
        assert made.network("design").node("conv").weights.refit is (form != "kxk+1x1")


def test_values_that_are_not_finite_are_refused_by_name():
    project = replace(small(Conv2d(6, 3), Node("before", Conv2d(4, 3, bias=False))), input=NoiseInput((8, 9, 10)))
    huge = np.full((4, 8, 3, 3), 3e38, np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.run.weights.he_normal", lambda shape, *_: np.broadcast_to(huge.ravel()[:1], shape).copy())
        with pytest.raises(ProjectError, match=r"conv: .*not finite"):
            search_of(project).curve(("design", "conv"), "1x1+kxk")


def test_a_photo_that_does_not_fit_the_layers_is_refused_with_what_is_wrong(tmp_path):
    np.save(tmp_path / "weight.npy", np.zeros((4, 8, 1, 1), np.float32))
    before = Node("before", Conv2d(4, 1, bias=False), (), FileWeights(str(tmp_path / "weight.npy")))
    project, fewer = small(None, before), CalibrationSet((NoiseInput((3, 9, 10)),))
    with pytest.raises(ProjectError, match=r"noise, seed 0: before: weights: .*has shape"):
        RankSearch(project, fewer).curve(("design", "conv"), "1x1+kxk")
    problems = check(apply_low_rank(project, ("design", "conv"), "1x1+kxk", (2,), fewer)).problems
    assert [problem.node for problem in problems] == ["conv_reduce", "conv"]
    assert all("3×9×10 has 3 channels" in problem.text for problem in problems)


def test_the_list_of_a_design_begins_with_what_saves_most():
    project = small(Conv2d(8, 3), Node("wide", Conv2d(30, 5)))
    search = search_of(project)
    curves = [search.curve(("design", name), "1x1+kxk") for name in ("conv", "wide")]
    saved = {curve.ref[1]: curve.macs_saved(curve.cheapest_within(0.6)) for curve in curves}
    assert saved["wide"] != saved["conv"]
    head, _, first, second = list_text(curves, 0.6).splitlines()
    assert "saved at 60 %" in head
    assert [line.split()[0] for line in (first, second)] == sorted(saved, key=lambda name: -saved[name])


def test_tables_for_programs_have_every_width_that_was_run():
    search = search_of(small())
    curve = search.curve(("design", "conv"), "1x1+kxk")
    rows = list(csv.DictReader(io.StringIO(curves_to_csv([curve]))))
    assert [int(row["width"]) for row in rows] == [point.ranks[0] for point in curve.points]
    assert [float(row["others"]) for row in rows] == [point.check_error for point in curve.points]
    told = json.loads(curves_to_json([curve], search.calibration, 0.05))
    (layer,) = told["layers"]
    assert [width["macs"] for width in layer["widths"]] == [point.macs for point in curve.points]
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
    class Stop(Exception):
        pass

    def stop():
        raise Stop

    search = search_of(small())
    search.checkpoint = stop
    with pytest.raises(Stop):
        search.curve(("design", "conv"), "1x1+kxk")
    search.checkpoint = proceed
    assert search.curve(("design", "conv"), "1x1+kxk").points
