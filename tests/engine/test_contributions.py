"""The contributions of input channels to a map: they add up to the map less its bias, whatever the layer."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.explain import contributions
from engine.layers import Conv2d, ConvTranspose2d, Dense
from engine.shapes import Shape
from tests.engine import layer_oracle
from tests.engine.checkpoints import Stopped, proceed, stop


@st.composite
def cases(draw):
    """A layer, its weights, an input of it, and the channel of one of its maps."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    groups = draw(st.integers(1, 3))
    shape = Shape(groups * draw(st.integers(1, 3)), draw(st.integers(5, 7)), draw(st.integers(5, 7)))
    kind = draw(st.sampled_from([Conv2d, ConvTranspose2d, Dense]))
    if kind is not Dense:
        layer = kind(
            groups * draw(st.integers(1, 3)),
            draw(st.tuples(st.integers(1, 3), st.integers(1, 3))),
            stride=draw(st.integers(1, 2)),
            padding=draw(st.sampled_from(["same", (1, 0), 2 if kind is Conv2d else "valid"])),
            dilation=draw(st.integers(1, 2)),
            groups=groups,
        )
    else:
        layer = Dense(draw(st.integers(1, 4)))
    arrays = {
        role: random.standard_normal(sizes).astype(np.float32) for role, sizes in layer.param_shapes([shape]).items()
    }
    volume = random.standard_normal(shape).astype(np.float32)
    channel = draw(st.integers(0, layer.output_shape([shape]).channels - 1))
    return layer, arrays, volume, channel


@given(cases())
def test_partial_maps_add_up_to_the_map_less_its_bias(case):
    layer, arrays, volume, channel = case
    maps = contributions.partial_maps(contributions.filter_input_of(layer, arrays["weight"], volume, channel), proceed)
    whole = layer.forward([volume], arrays, proceed)[channel] - arrays["bias"][channel]
    assert maps.sum(axis=0) == pytest.approx(whole, abs=1e-4)


@given(cases())
def test_a_partial_map_is_the_output_of_the_layer_with_all_other_channels_zero(case):
    layer, arrays, volume, channel = case
    part = contributions.filter_input_of(layer, arrays["weight"], volume, channel)
    maps = contributions.partial_maps(part, proceed)
    for index in range(len(part.weight)):
        alone = np.zeros_like(volume)
        alone[part.first + index] = volume[part.first + index]
        expected = layer_oracle.forward(layer, [alone], arrays)[channel] - arrays["bias"][channel]
        assert maps[index] == pytest.approx(expected, abs=1e-4)


@given(cases())
def test_shares_energies_and_sums_are_those_of_the_partial_maps(case):
    layer, arrays, volume, channel = case
    part = contributions.filter_input_of(layer, arrays["weight"], volume, channel)
    result = contributions.contributions(part, proceed)
    maps = contributions.partial_maps(part, proceed).reshape(len(part.weight), -1).tolist()
    whole = [sum(values) for values in zip(*maps, strict=True)]
    energy = sum(value * value for value in whole)
    strengths = [sum(value * value for value in values) for values in maps]
    if energy > 1e-3 * sum(strengths):
        along = [sum(a * b for a, b in zip(values, whole, strict=True)) / energy for values in maps]
        assert result.shares.tolist() == pytest.approx(along, rel=1e-4, abs=1e-4)
        assert result.shares.sum() == pytest.approx(1)
    assert result.energies.tolist() == pytest.approx([s / sum(strengths) if sum(strengths) else 0 for s in strengths])
    assert result.sums.tolist() == pytest.approx([math.fsum(values) for values in maps], abs=1e-4)
    assert (result.first, result.non_finite) == (part.first, 0)


def test_with_groups_only_the_channels_of_its_group_contribute_to_a_map():
    layer = Conv2d(4, 1, groups=2, bias=False)
    volume = np.arange(6, dtype=np.float32).reshape(6, 1, 1)
    arrays = {"weight": np.ones((4, 3, 1, 1), np.float32)}
    result = contributions.contributions(contributions.filter_input_of(layer, arrays["weight"], volume, 2), proceed)
    assert result.first == 3
    assert result.shares.tolist() == pytest.approx([3 / 12, 4 / 12, 5 / 12])


def test_a_channel_that_works_against_the_map_has_a_share_below_zero():
    arrays = {"weight": np.array([3, -1], np.float32).reshape(1, 2, 1, 1)}
    result = contributions.contributions(
        contributions.filter_input_of(Conv2d(1, 1), arrays["weight"], np.ones((2, 2, 2), np.float32), 0), proceed
    )
    assert result.shares.tolist() == pytest.approx([1.5, -0.5])
    assert result.energies.tolist() == pytest.approx([0.9, 0.1])
    assert result.sums.tolist() == [12, -4]


def test_values_that_are_not_finite_are_left_out_and_counted():
    arrays = {"weight": np.array([1, 2], np.float32).reshape(1, 2, 1, 1)}
    volume = np.ones((2, 2, 3), np.float32)
    plain = contributions.contributions(
        contributions.filter_input_of(Conv2d(1, 1), arrays["weight"], volume, 0), proceed
    )
    volume[0, 1, 2], volume[1, 0, 0], volume[1, 0, 1] = np.nan, np.inf, -np.inf
    result = contributions.contributions(
        contributions.filter_input_of(Conv2d(1, 1), arrays["weight"], volume, 0), proceed
    )
    assert result.non_finite == 3
    assert result.shares.tolist() == pytest.approx(plain.shares.tolist())
    assert result.sums.tolist() == [3, 6]


def test_weights_of_zero_contribute_nothing():
    arrays = {"weight": np.zeros((1, 2, 3, 3), np.float32)}
    for value in (0.0, 1.0, np.nan):
        volume = np.full((2, 4, 4), value, np.float32)
        result = contributions.contributions(
            contributions.filter_input_of(Conv2d(1, 3), arrays["weight"], volume, 0), proceed
        )
        for figures in (result.shares, result.energies, result.sums):
            assert figures.tolist() == [0, 0]


def test_many_channels_are_processed_in_parts_with_the_same_result(monkeypatch):
    random = np.random.default_rng(0)
    layer, volume = Conv2d(2, 3), random.standard_normal((7, 6, 6)).astype(np.float32)
    part = contributions.filter_input_of(layer, random.standard_normal((2, 7, 3, 3)).astype(np.float32), volume, 1)
    whole = contributions.contributions(part, proceed)
    monkeypatch.setattr(contributions, "_MOST_VALUES", 100)
    parts = contributions.contributions(part, proceed)
    for name in ("shares", "energies", "sums"):
        assert getattr(parts, name) == pytest.approx(getattr(whole, name))


def test_contributions_can_be_cancelled():
    part = contributions.filter_input_of(Conv2d(1, 3), np.ones((1, 2, 3, 3), np.float32), np.ones((2, 4, 4), "f4"), 0)
    with pytest.raises(Stopped):
        contributions.contributions(part, stop)
