"""Reductions and expansions against least squares, energies, and the formula written out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.layers import Conv2d
from engine.low_rank.energies import NotFinite
from engine.low_rank.errors import ErrorSums, measure_errors
from engine.low_rank.factorisation import (
    Fitter,
    factor_expansion,
    factor_reduction,
    input_covariance,
)
from engine.low_rank.forms import FORMS, POINTWISE, layers_of_form, run_form, run_linear
from tests.engine.checkpoints import Stopped, proceed, stop


@st.composite
def cases(draw, kernels=(1, 2, 3)):
    """A layer, its weights and two volumes, some of a lower rank than they have channels."""
    filters, channels = draw(st.integers(1, 5)), draw(st.integers(1, 6))
    kernel = draw(st.tuples(st.sampled_from(kernels), st.sampled_from(kernels)))
    layer = Conv2d(
        filters, kernel, stride=draw(st.integers(1, 2)), dilation=draw(st.integers(1, 2)),
        padding=draw(st.sampled_from(["same", "valid", 1])), bias=False,
    )  # fmt: skip
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    rank = draw(st.integers(1, channels))
    mixing = random.normal(size=(channels, rank))
    sides = [(draw(st.integers(6, 9)), draw(st.integers(6, 9))) for _ in range(2)]
    volumes = [np.tensordot(mixing, random.normal(size=(rank, *side)), 1).astype(np.float32) for side in sides]
    return layer, random.normal(size=(filters, channels, *kernel)).astype(np.float32), volumes


def error(form, layer, weight, weights, volumes):
    """‖y − ŷ‖ / ‖y‖ over all volumes, each run through the layers one by one."""
    wrong = total = 0.0
    for volume in volumes:
        exact = run_linear(layer, weight, volume, proceed).astype(float)
        approximate = run_form(form, layer, weights, volume, proceed).astype(float)
        wrong, total = wrong + ((approximate - exact) ** 2).sum(), total + (exact**2).sum()
    return (wrong / total) ** 0.5 if total else 0.0


def fitter(case):
    layer, weight, volumes = case
    return Fitter(layer, weight, lambda: volumes, proceed)


@given(cases(), st.sampled_from(tuple(FORMS)), st.booleans())
def test_at_full_rank_nothing_is_lost(case, form, refit):
    layer, weight, volumes = case
    ranks = {"1x1+kxk": (6,), "kxk+1x1": (5,), "1x1+kxk+1x1": (6, 5)}[form]
    weights = fitter(case).weights(form, ranks, refit=refit)
    assert error(form, layer, weight, weights, volumes) < 1e-3


@given(cases(kernels=(1,)))
def test_for_a_1x1_layer_the_expected_error_is_the_error(case):
    layer, weight, volumes = case
    layer = Conv2d(layer.filters, 1, bias=False)  # a stride would leave out pixels that the covariance has
    fit = Fitter(layer, weight, lambda: volumes, proceed)
    for rank in range(len(fit.reduction.energies) + 1):
        actual = error("1x1+kxk", layer, weight, fit.weights("1x1+kxk", (rank,)) if rank else zeros(weight), volumes)
        assert actual == pytest.approx(fit.reduction.expected_errors[rank], abs=1e-3)


def zeros(weight):
    return np.zeros((1, *weight.shape[1:2], 1, 1), np.float32), np.zeros((len(weight), 1, 1, 1), np.float32)


@given(cases())
def test_for_a_1x1_behind_the_expected_error_is_the_error(case):
    layer, weight, volumes = case
    fit = fitter(case)
    for rank in range(1, len(fit.expansion.energies) + 1):
        actual = error("kxk+1x1", layer, weight, fit.weights("kxk+1x1", (rank,)), volumes)
        assert actual == pytest.approx(fit.expansion.expected_errors[rank], abs=1e-3)


@given(cases(kernels=(1,)), st.integers(1, 3), st.integers(0, 2**32))
def test_no_other_pair_of_that_rank_loses_less_on_a_1x1_layer(case, rank, seed):
    layer, weight, volumes = case
    layer = Conv2d(layer.filters, 1, bias=False)
    actual = error(
        "1x1+kxk", layer, weight, Fitter(layer, weight, lambda: volumes, proceed).weights("1x1+kxk", (rank,)), volumes
    )
    random = np.random.default_rng(seed)
    first = random.normal(size=(rank, weight.shape[1], 1, 1)).astype(np.float32)
    reduced = np.concatenate([np.tensordot(first[:, :, 0, 0], v, 1).reshape(rank, -1) for v in volumes], axis=1)
    exact = np.concatenate([np.tensordot(weight[:, :, 0, 0], v, 1).reshape(len(weight), -1) for v in volumes], axis=1)
    best = np.linalg.lstsq(reduced.T.astype(float), exact.T.astype(float), rcond=None)[0].T.astype(np.float32)
    assert actual <= error("1x1+kxk", layer, weight, (first, best[:, :, None, None]), volumes) + 1e-3


@given(cases(), st.integers(1, 4), st.integers(1, 4))
def test_a_refit_never_raises_the_error_on_the_volumes_that_it_is_fitted_to(case, first, second):
    layer, weight, volumes = case
    fit = fitter(case)
    for form, ranks in (("1x1+kxk", (first,)), ("1x1+kxk+1x1", (first, second))):
        before, after = (
            error(form, layer, weight, fit.weights(form, ranks, refit=refit), volumes) for refit in (False, True)
        )
        assert after <= before + 1e-4


def plain_and_best(case, rank):
    """Errors of the pair, of the refitted pair, and the least of any k×k behind that reduction, by plain lstsq."""
    layer, weight, volumes = case
    fit = fitter(case)
    plain, refit = (
        error("1x1+kxk", layer, weight, fit.weights("1x1+kxk", (rank,), refit=on), volumes) for on in (False, True)
    )
    first, core = fit.weights("1x1+kxk", (rank,))
    windows, exact = [], []
    for volume in volumes:
        reduced = run_linear(POINTWISE, first, volume, proceed)
        taps = np.eye(core[0].size, dtype=np.float32).reshape(-1, *core.shape[1:])
        windows.append(run_linear(layer, taps, reduced, proceed).reshape(len(taps), -1))
        exact.append(run_linear(layer, weight, volume, proceed).reshape(len(weight), -1))
    inputs, goal = (np.concatenate(parts, axis=1).T.astype(float) for parts in (windows, exact))
    best = np.linalg.lstsq(inputs, goal, rcond=None)[0]
    return plain, refit, np.linalg.norm(goal - inputs @ best) / np.linalg.norm(goal)


@given(cases(), st.integers(1, 4))
def test_the_error_of_a_refit_lies_between_those_of_least_squares_and_of_the_plain_pair(case, rank):
    plain, refit, least = plain_and_best(case, rank)
    assert least - 1e-4 <= refit <= plain + 1e-4


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_with_many_samples_a_refit_is_plain_least_squares(rank):
    random = np.random.default_rng(rank)
    smooth = random.normal(size=(5, 62, 62)).cumsum(axis=1).cumsum(axis=2)
    volume = (smooth / smooth.std()).astype(np.float32)
    weight = random.normal(size=(4, 5, 3, 3)).astype(np.float32)
    plain, refit, least = plain_and_best((Conv2d(4, 3, bias=False), weight, [volume]), rank)
    assert refit - least < 0.1 * (plain - least)  # the rest is due to the ridge


@given(cases())
def test_measuring_all_ranks_at_once_equals_running_each(case):
    layer, weight, volumes = case
    fit = fitter(case)
    for form, split, most in (("1x1+kxk", fit.reduction, 7), ("kxk+1x1", fit.expansion, 6)):
        layers = layers_of_form(form, layer)
        total = ErrorSums()
        for volume in volumes:
            exact = run_linear(layer, weight, volume, proceed)
            total += measure_errors(split, layers, exact, volume, range(1, most), proceed)
        alone = [error(form, layer, weight, fit.weights(form, (rank,)), volumes) for rank in range(1, most)]
        assert total.errors == pytest.approx(alone, abs=2e-3)


@given(cases())
def test_the_reduction_is_the_one_of_the_formula(case):
    _, weight, volumes = case
    covariance = input_covariance(volumes, proceed)
    pixels = np.concatenate([v.reshape(len(v), -1) for v in volumes], axis=1).astype(float)
    assert covariance == pytest.approx(pixels @ pixels.T / pixels.shape[1], rel=1e-6, abs=1e-6)
    split = factor_reduction(weight, covariance)
    unfolded = weight.astype(float).transpose(0, 2, 3, 1).reshape(-1, weight.shape[1])
    energies = np.linalg.eigvalsh(unfolded @ covariance @ unfolded.T)[::-1]
    assert split.energies == pytest.approx(energies[: len(split.energies)], rel=1e-3, abs=1e-6 * max(energies[0], 1))
    whitened = split.before[:, :, 0, 0] @ covariance @ split.before[:, :, 0, 0].T
    assert whitened == pytest.approx(np.eye(len(whitened)), abs=1e-4)


def test_the_signs_of_a_reduction_follow_a_rule():
    weight = np.random.default_rng(0).normal(size=(4, 6, 3, 3)).astype(np.float32)
    for channels in (weight, -weight):
        assert (factor_reduction(channels).before.sum(axis=(1, 2, 3)) >= 0).all()


@given(cases())
def test_without_data_both_sides_are_plain_singular_value_decompositions(case):
    _, weight, _ = case
    taps = weight.astype(float).transpose(0, 2, 3, 1).reshape(-1, weight.shape[1])
    rows = weight.astype(float).reshape(len(weight), -1)
    for split, unfolded in ((factor_reduction(weight), taps), (factor_expansion(weight), rows)):
        values = np.linalg.svd(unfolded, compute_uv=False)
        assert split.energies == pytest.approx(values[: len(split.energies)] ** 2, rel=1e-4)


def test_maps_beyond_the_rank_of_the_data_are_zero():
    layer, random = Conv2d(3, 3, bias=False), np.random.default_rng(0)
    weight = random.normal(size=(3, 4, 3, 3)).astype(np.float32)
    volume = np.repeat(random.normal(size=(1, 8, 8)), 4, axis=0).astype(np.float32)
    first, second = Fitter(layer, weight, lambda: [volume], proceed).weights("1x1+kxk", (3,), refit=True)
    assert first.shape == (3, 4, 1, 1)
    assert second.shape == (3, 3, 3, 3)
    assert not first[1:].any()
    assert error("1x1+kxk", layer, weight, (first, second), [volume]) < 1e-5


def test_weights_fitted_to_volumes_of_zeros_are_finite():
    layer, weight = Conv2d(2, 3, bias=False), np.ones((2, 3, 3, 3), np.float32)
    for form, ranks in (("1x1+kxk", (2,)), ("kxk+1x1", (2,)), ("1x1+kxk+1x1", (2, 2))):
        fit = Fitter(layer, weight, lambda: [np.zeros((3, 6, 6), np.float32)], proceed)
        for array in fit.weights(form, ranks, refit=True):
            assert np.isfinite(array).all()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_volumes_that_are_not_finite_are_refused(value):
    volume = np.full((3, 6, 6), value, np.float32)
    fit = Fitter(Conv2d(2, 3, bias=False), np.ones((2, 3, 3, 3), np.float32), lambda: [volume], proceed)
    with pytest.raises(NotFinite, match="not finite"):
        fit.weights("1x1+kxk", (2,))


def test_fitting_can_be_cancelled():
    volume = np.ones((3, 6, 6), np.float32)
    fit = Fitter(Conv2d(2, 3, bias=False), np.ones((2, 3, 3, 3), np.float32), lambda: [volume], stop)
    with pytest.raises(Stopped):
        fit.weights("1x1+kxk", (2,))
