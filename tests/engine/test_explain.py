"""Explanations against runs: what is told of a value gives that value, for every kind of layer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.explain.explain import explain
from engine.explain.inputs import explain_input
from engine.layers import (
    LAYERS,
    Activation,
    Add,
    AvgPool2d,
    BatchNorm,
    Concat,
    Conv2d,
    Dense,
    Dropout,
    GlobalAvgPool2d,
    LocalResponseNorm,
    MaxPool2d,
    tag_of,
)
from engine.layers.explanation import Spot, channel_weights
from engine.network.input_specs import ArrayInput, ImageInput, NoiseInput
from engine.run.inputs import normalise
from tests.engine import layer_oracle, strategies
from tests.engine.checkpoints import proceed

KINDS = pytest.mark.parametrize("kind", LAYERS, ids=tag_of)
DIVISORS = (LocalResponseNorm,)
"""Kinds whose terms are what the value is divided by."""


@st.composite
def explained(draw, kind):
    """A layer that has run on random volumes, one of its values, and the explanation of it."""
    layer, shapes = draw(strategies.cases(kind))
    inputs, weights = strategies.arrays(strategies.normals, draw(strategies.seeds), layer, shapes)
    output = layer.forward(inputs, weights, proceed)
    spot = Spot(*(draw(st.integers(0, extent - 1)) for extent in output.shape))
    bound = float(layer_oracle.bound(layer, inputs, weights)[spot])
    return (
        layer,
        inputs,
        weights,
        float(output[spot]),
        bound,
        explain(layer, "n", inputs, channel_weights(weights, spot.channel), spot),
    )


def by_hand(layer, volume, channel=0, y=0, x=0, **roles):
    inputs = [np.asarray(volume, np.float32)]
    arrays = {role: np.asarray(array, np.float32) for role, array in roles.items()}
    return explain(layer, "n", inputs, channel_weights(arrays, channel), Spot(channel, y, x))


def ramp(*shape):
    return np.arange(1, np.prod(shape) + 1, dtype=np.float32).reshape(shape)


@KINDS
@given(data=st.data())
def test_the_explained_value_is_the_runs_and_the_oracles_to_float_accuracy(kind, data):
    layer, inputs, weights, value, bound, told = data.draw(explained(kind))
    assert abs(told.result - value) <= bound + 1e-12
    assert abs(told.result - layer_oracle.forward(layer, inputs, weights)[told.at]) <= bound + 1e-12


@KINDS
@given(data=st.data())
def test_the_terms_add_up_to_the_value(kind, data):
    layer, _, _, _, _, told = data.draw(explained(kind))
    if told.terms is None:
        return
    softmax = isinstance(layer, Activation)
    if not softmax and not isinstance(layer, DIVISORS):
        assert told.terms.total == told.result
    elif softmax:
        assert told.terms.values[told.at.channel] / told.terms.total == pytest.approx(told.result)


@pytest.mark.parametrize("kind", [Conv2d, Dense], ids=tag_of)
@given(data=st.data())
def test_the_sums_per_channel_are_those_of_the_products_and_the_padding_meets_nothing(kind, data):
    _, inputs, weights, _, _, told = data.draw(explained(kind))
    window = told.window
    np.testing.assert_array_equal(window.products.sum(axis=(1, 2)), told.terms.values)
    np.testing.assert_array_equal(window.filter.ravel(), weights["weight"][told.at.channel].ravel())
    assert not window.values[:, ~window.inside].any()
    for i, row in enumerate(window.rows):
        for j, column in enumerate(window.columns):
            if window.inside[i, j]:
                read = inputs[0][window.first : window.first + len(window.values), row, column]
                np.testing.assert_array_equal(window.values[:, i, j], read)


@KINDS
@given(data=st.data())
def test_every_kind_says_what_it_does_and_ends_with_its_number(kind, data):
    _, _, _, _, _, told = data.draw(explained(kind))
    assert told.description.endswith(".")
    assert told.formula[0].startswith(f"n[{told.at.channel}, {told.at.y}, {told.at.x}] = ")


def test_a_convolution_tells_its_channels_taps_and_bias():
    told = by_hand(Conv2d(1, 3), ramp(2, 4, 4), 0, 0, 1, weight=np.ones((1, 2, 3, 3)), bias=[0.5])
    assert told.formula == (
        "n[0, 0, 1] = Σ w[0, c, i, j] · in[c, i − 1, j] + b[0]",
        "= Σ over 2 channels × 3×3 taps of weight × value + bias",
        "= 144 + 0.5 = 144.5",
    )
    assert told.window.padding_taps == 3
    assert "3 of the 9 taps lie in the padding" in told.description


def test_a_group_reads_its_own_channels_alone():
    told = by_hand(Conv2d(4, 1, groups=2), ramp(6, 1, 1), 2, weight=np.ones((4, 3, 1, 1)), bias=np.zeros(4))
    assert (told.window.first, told.terms.first) == (3, 3)
    assert told.result == 4 + 5 + 6
    assert "channels 3–5" in told.description


def test_a_1x1_convolution_is_told_as_a_row_of_a_matrix_times_a_vector():
    told = by_hand(Conv2d(2, 1, bias=False), ramp(3, 1, 1), 1, weight=[[[[0]]] * 3, [[[1]], [[-2]], [[0.5]]]])
    assert told.vector
    assert "same at every pixel" in told.description
    assert "3 values" in told.description
    assert "2 × 3" in told.description
    assert told.formula[2] == "= 1 · 1 + (−2) · 2 + 0.5 · 3"
    assert told.formula[-1] == "= −1.5"


def test_dilated_and_strided_taps_are_where_the_formula_puts_them():
    layer = Conv2d(1, 2, stride=3, dilation=2, padding="valid", bias=False)
    told = by_hand(layer, ramp(1, 9, 9), 0, 1, 2, weight=np.ones((1, 1, 2, 2)))
    assert (list(told.window.rows), list(told.window.columns)) == ([3, 5], [6, 8])
    assert "in[c, 3 + 2i, 6 + 2j]" in told.formula[0]


def test_max_pooling_says_where_it_found_the_largest_value():
    told = by_hand(MaxPool2d(2), ramp(2, 4, 4), 1, 1, 0)
    assert told.result == 30
    assert told.window.winner == (1, 1)
    assert told.formula[-1] == "= 30, at y 3, x 1"


def test_padding_never_wins_a_window_of_negative_values():
    told = by_hand(MaxPool2d(3, padding=1), -ramp(1, 3, 3))
    assert told.result == -1
    assert told.window.winner == (1, 1)


def test_average_pooling_tells_its_divisor_with_and_without_padding():
    counted = by_hand(AvgPool2d(2, padding=1), ramp(1, 2, 2))
    bare = by_hand(AvgPool2d(2, padding=1, count_padding=False), ramp(1, 2, 2))
    assert (counted.terms.divisor, counted.result) == (4, 0.25)
    assert (bare.terms.divisor, bare.result) == (1, 1)
    assert "3 positions of the padding count as 0" in counted.description
    assert by_hand(GlobalAvgPool2d(), ramp(1, 2, 2)).formula[-1] == "= 10 / 4 = 2.5"


@pytest.mark.parametrize(
    ("layer", "line"),
    [
        (Activation("relu"), "= max(−2, 0) = 0"),
        (Activation("leaky_relu"), "= max(−2, 0.01 · (−2)) = −0.02"),
        (Activation("hard_swish"), "= −2 · min(max(−2 + 3, 0), 6) / 6 = −0.3333"),
        (Dropout(0.25), "n[0, 0, 0] = x = −2"),
        (BatchNorm(1.0), "= −0.5"),
    ],
)
def test_functions_of_one_value_are_told_with_its_number(layer, line):
    roles = {"gamma": [2], "beta": [0.5], "mean": [-1], "var": [3]} if isinstance(layer, BatchNorm) else {}
    told = by_hand(layer, [[[-2.0]]], **roles)
    assert told.formula[-1] == line
    assert told.terms is None


def test_softmax_shares_one_between_the_channels():
    told = by_hand(Activation("softmax"), [[[0.0]], [[1.0]]], 1)
    assert told.result == pytest.approx(1 / (1 + np.exp(-1)))
    assert len(told.terms.values) == 2
    assert "largest is channel 1" in told.description


def test_lrn_names_its_neighbours():
    told = by_hand(LocalResponseNorm(size=3, alpha=3.0, beta=1.0), ramp(4, 1, 1), 3)
    assert told.terms.first == 2
    assert list(told.terms.values) == [9, 16]
    assert told.result == pytest.approx(4 / (1 + 25))


def test_concat_says_whose_channel_it_is_and_add_what_each_input_gives():
    volumes = [ramp(2, 1, 1), 10 * ramp(3, 1, 1)]
    told = explain(Concat(), "n", volumes, {}, Spot(3, 0, 0), ("left", "right"))
    assert told.formula == ("n[3, 0, 0] = right[3 − 2, 0, 0]", "= right[1, 0, 0] = 20")
    assert (told.window.source, told.window.first) == (1, 1)
    assert "channels 2 to 4 are those of right" in told.description
    alone = explain(Concat(), "n", [ramp(1, 1, 1), ramp(1, 1, 1)], {}, Spot(1, 0, 0), ("left", "right"))
    assert "channel 1 is that of right" in alone.description
    told = explain(Add(), "n", [ramp(2, 1, 1), -ramp(2, 1, 1)], {}, Spot(1, 0, 0), ("left", "right"))
    assert told.formula[-1] == "= 2 + (−2) = 0"
    assert told.terms.of == "input"


@given(seed=strategies.seeds, channels=st.sampled_from(["rgb", "bgr", "gray"]), data=st.data())
def test_a_photos_value_is_told_from_the_pixel_that_gave_it(seed, channels, data):
    depth = 1 if channels == "gray" else 3
    pixels = np.random.default_rng(seed).integers(0, 256, (4, 5, depth), dtype=np.uint8)
    numbers = st.floats(-200, 200)
    mean = tuple(data.draw(st.lists(numbers, min_size=depth, max_size=depth) | st.just([])))
    std = tuple(data.draw(st.lists(st.floats(0.1, 9), min_size=1, max_size=1) | st.just([])))
    scale = data.draw(st.sampled_from([1.0, 1 / 255, 2.0]))
    spec = ImageInput("photo.png", (4, 5), channels, scale, mean, std)
    volume = normalise(pixels, spec)
    spot = Spot(data.draw(st.integers(0, depth - 1)), data.draw(st.integers(0, 3)), data.draw(st.integers(0, 4)))
    told = explain_input(spec, volume, spot)
    byte = pixels[spot.y, spot.x, depth - 1 - spot.channel if channels == "bgr" else spot.channel]
    size = (255 * scale + max(map(abs, mean), default=0)) / (std[0] if std else 1)
    assert abs(told.result - volume[spot]) <= 1e-6 * size
    if scale * 255 > 1 or not mean:
        assert f"is {byte} of 255" in told.description


def test_of_a_value_that_no_pixel_gives_no_pixel_is_told():
    volume = np.full((3, 2, 2), 0.5, np.float32)
    told = explain_input(ImageInput("photo.png", (2, 2), "rgb", 1 / 255), volume, Spot(1, 0, 1))
    assert (told.result, told.formula[-1]) == (0.5, "= 0.5")
    assert "of 255" not in told.description


def test_arrays_and_noise_say_where_their_numbers_come_from():
    volume = ramp(1, 2, 2)
    told = explain_input(ArrayInput("a.npz", "maps"), volume, Spot(0, 1, 0))
    assert (told.result, "a.npz, array 'maps'" in told.description) == (3, True)
    assert "seed 7" in explain_input(NoiseInput((1, 2, 2), 7), volume, Spot(0, 0, 0)).description
