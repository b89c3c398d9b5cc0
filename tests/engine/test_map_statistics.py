"""Statistics of maps against plain sums over Python numbers; values that are not finite do not distort them."""

import math
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.explain import map_statistics
from tests.engine.checkpoints import Stopped, proceed, stop

ODD = (math.nan, math.inf, -math.inf)
FIGURES = ("mean", "variance", "zeros")


@st.composite
def volumes(draw, least=1):
    """Maps of few different values, among them zeros, equal values and values that are not finite."""
    shape = draw(st.tuples(st.integers(1, 6), st.integers(least, 5), st.integers(least, 5)))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    volume = random.integers(-3, 4, shape).astype(np.float32) * np.float32(draw(st.sampled_from([1.0, 0.1, 1e30])))
    for channel in range(shape[0]):
        kind = draw(st.sampled_from(["any", "any", "same", "negative", "odd", "all odd"]))
        if kind == "same":
            volume[channel] = volume[channel].flat[0]
        elif kind == "negative":
            volume[channel] = -abs(volume[channel])
        elif kind == "odd":
            volume[channel].flat[draw(st.integers(0, volume[channel].size - 1))] = draw(st.sampled_from(ODD))
        elif kind == "all odd":
            volume[channel] = draw(st.sampled_from(ODD))
    return volume


def finite(values):
    return [value for value in values.ravel().tolist() if math.isfinite(value)]


def same(actual, expected, tolerance=1e-9):
    return actual == pytest.approx(expected, rel=tolerance, abs=1e-12, nan_ok=True)


@given(volumes())
def test_statistics_are_those_of_the_finite_values(volume):
    statistics = map_statistics.map_statistics(volume, proceed)
    for channel, values in enumerate(map(finite, volume)):
        mean = fmean(values) if values else math.nan
        assert same(statistics.mean[channel], mean, 1e-6)
        assert same(statistics.variance[channel], fmean([(v - mean) ** 2 for v in values]) if values else math.nan)
        assert same(statistics.zeros[channel], values.count(0) / len(values) if values else math.nan)


@given(volumes())
def test_a_constant_map_has_one_finite_value_and_a_silent_one_none_above_zero(volume):
    for channel, values in enumerate(volume):
        plain, all_finite = values.ravel().tolist(), bool(np.isfinite(values).all())
        assert map_statistics.constant_maps(volume)[channel] == (all_finite and len(plain) > 1 and len(set(plain)) == 1)
        assert map_statistics.silent_maps(volume)[channel] == (all_finite and max(plain) <= 0)


def test_a_map_with_one_value_that_differs_is_neither_constant_nor_silent():
    volume = np.zeros((3, 100, 100), np.float32)
    volume[1, 57, 33] = 0.1
    assert (
        map_statistics.constant_maps(volume).tolist()
        == map_statistics.silent_maps(volume).tolist()
        == [True, False, True]
    )


@given(volumes(), st.sampled_from(FIGURES))
def test_maps_are_ranked_from_high_to_low_and_equal_ones_keep_their_order(volume, by):
    order, sorting = map_statistics.rank_maps(volume, by)
    assert np.array_equal(sorting, getattr(map_statistics.map_statistics(volume, proceed), by), equal_nan=True)
    order = order.tolist()
    figures = getattr(map_statistics.map_statistics(volume, proceed), by).tolist()
    assert order == sorted(range(len(volume)), key=lambda c: math.inf if math.isnan(figures[c]) else -figures[c])
    assert map_statistics.rank_maps(volume, "index").channels.tolist() == list(range(len(volume)))


def correlation(first, second):
    """Pearson's correlation; a value that is not finite counts as the mean."""
    deviations = []
    for values in (first, second):
        plain = finite(values)
        mean = fmean(plain) if plain else 0.0
        deviations.append([v - mean if math.isfinite(v) else 0.0 for v in values.ravel().tolist()])
    a, b = deviations
    energy = sum(x * x for x in a) * sum(y * y for y in b)
    return sum(x * y for x, y in zip(a, b, strict=True)) / math.sqrt(energy) if energy else 0.0


@given(volumes(), st.data())
def test_likeness_is_the_correlation_with_the_selected_map(volume, data):
    channel = data.draw(st.integers(0, len(volume) - 1))
    likeness = map_statistics.likeness(volume, channel, proceed)
    varied = [len(set(finite(values))) > 1 for values in volume]
    for other in range(len(volume)):
        expected = correlation(volume[channel], volume[other]) if varied[channel] and varied[other] else 0.0
        assert likeness[other] == pytest.approx(expected, abs=1e-6)
    order, sorting = map_statistics.rank_maps(volume, "likeness", channel)
    assert np.array_equal(sorting, likeness)
    assert order[0] == channel
    assert sorted(order) == list(range(len(volume)))
    assert (np.diff(likeness[order[1:]]) <= 0).all()


@given(volumes(least=2))
def test_without_a_selected_map_each_is_followed_by_the_most_alike_of_the_rest(volume):
    order = map_statistics.rank_maps(volume, "likeness").channels.tolist()
    assert order[0] == 0
    assert sorted(order) == list(range(len(volume)))
    for position in range(len(order) - 1):
        likeness = map_statistics.likeness(volume, order[position], proceed)
        assert likeness[order[position + 1]] >= max(likeness[order[position + 1 :]]) - 1e-5


def test_maps_of_one_value_keep_the_order_of_their_channels():
    assert map_statistics.rank_maps(np.arange(5, dtype=np.float32).reshape(5, 1, 1), "likeness").channels.tolist() == [
        0,
        1,
        2,
        3,
        4,
    ]


def test_maps_of_equal_pictures_stand_side_by_side():
    random = np.random.default_rng(0)
    pictures = random.standard_normal((3, 8, 8)).astype(np.float32)
    volume = np.concatenate([pictures * scale + scale for scale in (1, 2, 5)])
    order = map_statistics.rank_maps(volume, "likeness").channels.tolist()
    assert [channel % 3 for channel in order] in ([0, 0, 0, 1, 1, 1, 2, 2, 2], [0, 0, 0, 2, 2, 2, 1, 1, 1])


@given(volumes(), st.integers(0, 2**32))
def test_the_relative_error_is_that_of_the_finite_pairs(volume, seed):
    other = np.random.default_rng(seed).permuted(volume.ravel()).reshape(volume.shape)
    pairs = [
        (a, b)
        for a, b in zip(volume.ravel().tolist(), other.ravel().tolist(), strict=True)
        if math.isfinite(a) and math.isfinite(b)
    ]
    wrong, total = sum((a - b) ** 2 for a, b in pairs), sum(a * a for a, _ in pairs)
    expected = math.sqrt(wrong / total) if total else math.inf if wrong else 0.0
    assert same(map_statistics.relative_error(volume, other), expected)
    assert map_statistics.relative_error(volume, volume) == 0


@given(volumes(), st.integers(1, 9))
def test_histograms_share_an_axis_and_count_every_value_once(volume, bins):
    histograms = map_statistics.histograms(list(volume), bins)
    nonzero = [value for value in finite(volume) if value]
    for histogram, values in zip(histograms, volume, strict=True):
        plain = values.ravel().tolist()
        edges = histogram.edges.tolist()
        assert edges == histograms[0].edges.tolist()
        assert (histogram.zeros, histogram.non_finite) == (plain.count(0), len(plain) - len(finite(values)))
        assert histogram.size == len(plain)
        for index, count in enumerate(histogram.counts):
            low, high = edges[index], edges[index + 1]
            last = index == bins - 1
            inside = [v for v in finite(values) if v and (low <= v < high or (last and v == high))]
            assert count == len(inside)
    if nonzero and min(nonzero) < max(nonzero):
        assert (edges[0], edges[-1]) == (min(nonzero), max(nonzero))


@given(volumes(), st.integers(1, 9))
def test_counts_of_all_maps_are_those_of_the_formula(volume, bins):
    counts = map_statistics.count_values(volume, bins, proceed)
    nonzero = [value for value in finite(volume) if value]
    low, high = (min(nonzero), max(nonzero)) if nonzero else (0.0, 1.0)
    assert (counts.low, counts.high) == (low, high)
    assert counts.ends(0)[0] == low
    assert counts.ends(bins - 1)[1] == pytest.approx(high)
    for channel, values in enumerate(volume):
        expected = [0] * bins
        for value in finite(values):
            if value:
                expected[min(math.floor((value - low) / ((high - low) or 1.0) * bins), bins - 1)] += 1
        assert counts.counts[channel].tolist() == expected


def test_a_map_of_zeros_has_an_empty_histogram():
    (histogram,) = map_statistics.histograms([np.zeros((4, 4), np.float32)], 8)
    assert (histogram.zeros, histogram.counts.sum()) == (16, 0)
    assert (np.diff(histogram.edges) > 0).all()


@pytest.mark.parametrize("value", [3.0, -0.1])
def test_a_map_of_one_value_is_in_one_bin_of_an_axis_around_it(value):
    (histogram,) = map_statistics.histograms([np.full((4, 4), value, np.float32)], 8)
    assert sorted(histogram.counts.tolist()) == [0] * 7 + [16]
    assert (np.diff(histogram.edges) > 0).all()
    assert histogram.edges[0] < value < histogram.edges[-1]


@pytest.mark.parametrize("by", ["mean", "variance", "zeros", "likeness"])
def test_ranking_maps_can_be_cancelled(by):
    for like in (None, 1):
        with pytest.raises(Stopped):
            map_statistics.rank_maps(np.ones((3, 4, 4), np.float32), by, like, stop)
