"""Explanations against runs: the explanation of a value evaluates to that value, for every kind of layer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from engine.explain.explain import explain
from engine.explain.inputs import explain_input
from engine.layers import (
    LAYERS,
    Activation,
    Add,
    AvgPool2d,
    BatchNorm,
    ChannelPool,
    Concat,
    Conv2d,
    Dense,
    Dropout,
    GlobalAvgPool2d,
    LocalResponseNorm,
    MaxPool2d,
    PRelu,
    Scale,
    tag_of,
)
from engine.layers.explanation import Spot
from engine.network.input_specs import ArrayInput, ImageInput, NoiseInput
from engine.run.inputs import load_input, normalise
from engine.shapes import Shape
from tests.engine import layer_oracle, strategies
from tests.engine.checkpoints import proceed

KINDS = pytest.mark.parametrize("kind", LAYERS, ids=tag_of)
DIVISORS = (LocalResponseNorm,)
"""Kinds whose terms add up to the divisor of the value."""


@st.composite
def explanations(draw, kind):
    """(layer, inputs, weights, one value of its output, bound of its error, the explanation of that value)."""
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
        explain(layer, "n", inputs, layer.weights_of(weights, spot.channel), spot),
    )


def by_hand(layer, volume, channel=0, y=0, x=0, **roles):
    inputs = [np.asarray(volume, np.float32)]
    arrays = {role: np.asarray(array, np.float32) for role, array in roles.items()}
    return explain(layer, "n", inputs, layer.weights_of(arrays, channel), Spot(channel, y, x))


def ramp(*shape):
    return np.arange(1, np.prod(shape) + 1, dtype=np.float32).reshape(shape)


@KINDS
@strategies.per_kind
@given(data=st.data())
def test_an_explanation_evaluates_to_the_value_of_the_run_and_of_the_oracle(kind, data):
    layer, inputs, weights, value, bound, explanation = data.draw(explanations(kind))
    expected = layer_oracle.forward(layer, inputs, weights)[explanation.at]
    assert max(layer_oracle.errors(explanation.result, [value, expected])) <= bound + 1e-12


@KINDS
@strategies.per_kind
@given(data=st.data())
def test_the_terms_add_up_to_the_value(kind, data):
    layer, _, _, _, _, explanation = data.draw(explanations(kind))
    if explanation.terms is None:
        return
    softmax = isinstance(layer, Activation)
    if layer == ChannelPool("l2"):
        assert explanation.terms.total == pytest.approx(explanation.result**2)
    elif not softmax and not isinstance(layer, DIVISORS):
        assert explanation.terms.total == explanation.result
    elif softmax:
        share = explanation.terms.values[explanation.at.channel] / explanation.terms.total
        assert explanation.result == pytest.approx(share if layer.function == "softmax" else np.log(share))


@pytest.mark.parametrize("kind", [Conv2d, Dense], ids=tag_of)
@given(data=st.data())
def test_the_terms_are_the_sums_of_the_products_per_channel_and_the_padding_is_zero(kind, data):
    _, inputs, weights, _, _, explanation = data.draw(explanations(kind))
    window = explanation.window
    np.testing.assert_array_equal(window.products.sum(axis=(1, 2)), explanation.terms.values)
    np.testing.assert_array_equal(window.filter.ravel(), weights["weight"][explanation.at.channel].ravel())
    assert not window.values[:, ~window.inside].any()
    for i, row in enumerate(window.rows):
        for j, column in enumerate(window.columns):
            if window.inside[i, j]:
                read = inputs[0][window.first : window.first + len(window.values), row, column]
                np.testing.assert_array_equal(window.values[:, i, j], read)


@KINDS
@strategies.per_kind
@given(data=st.data())
def test_every_explanation_has_a_description_and_a_formula_that_names_the_value(kind, data):
    _, _, _, _, _, explanation = data.draw(explanations(kind))
    assert explanation.description.endswith(".")
    assert explanation.formula[0].startswith(f"n[{explanation.at.channel}, {explanation.at.y}, {explanation.at.x}] = ")


def test_the_formula_of_a_convolution_has_its_channels_taps_and_bias():
    explanation = by_hand(Conv2d(1, 3), ramp(2, 4, 4), 0, 0, 1, weight=np.ones((1, 2, 3, 3)), bias=[0.5])
    assert explanation.formula == (
        "n[0, 0, 1] = Σ w[0, c, i, j] · in[c, i − 1, j] + b[0]",
        "= Σ over 2 channels × 3×3 taps of weight × value + bias",
        "= 144 + 0.5 = 144.5",
    )
    assert explanation.window.padding_taps == 3
    assert "3 of the 9 taps lie in the padding" in explanation.description


def test_a_group_reads_its_own_channels_alone():
    explanation = by_hand(Conv2d(4, 1, groups=2), ramp(6, 1, 1), 2, weight=np.ones((4, 3, 1, 1)), bias=np.zeros(4))
    assert (explanation.window.first, explanation.terms.first) == (3, 3)
    assert explanation.result == 4 + 5 + 6
    assert "channels 3–5" in explanation.description


def test_a_1x1_convolution_is_explained_as_a_row_of_a_matrix_times_a_vector():
    explanation = by_hand(Conv2d(2, 1, bias=False), ramp(3, 1, 1), 1, weight=[[[[0]]] * 3, [[[1]], [[-2]], [[0.5]]]])
    assert explanation.vector
    assert "same at every pixel" in explanation.description
    assert "3 values" in explanation.description
    assert "2 × 3" in explanation.description
    assert explanation.formula[2] == "= 1 · 1 + (−2) · 2 + 0.5 · 3"
    assert explanation.formula[-1] == "= −1.5"


def test_dilated_and_strided_taps_are_where_the_formula_puts_them():
    layer = Conv2d(1, 2, stride=3, dilation=2, padding="valid", bias=False)
    explanation = by_hand(layer, ramp(1, 9, 9), 0, 1, 2, weight=np.ones((1, 1, 2, 2)))
    assert (list(explanation.window.rows), list(explanation.window.columns)) == ([3, 5], [6, 8])
    assert "in[c, 3 + 2i, 6 + 2j]" in explanation.formula[0]


def test_max_pooling_names_the_position_of_the_largest_value():
    explanation = by_hand(MaxPool2d(2), ramp(2, 4, 4), 1, 1, 0)
    assert explanation.result == 30
    assert explanation.window.winner == (1, 1)
    assert explanation.formula[-1] == "= 30, at y 3, x 1"


def test_padding_never_wins_a_window_of_negative_values():
    explanation = by_hand(MaxPool2d(3, padding=1), -ramp(1, 3, 3))
    assert explanation.result == -1
    assert explanation.window.winner == (1, 1)


def test_average_pooling_has_its_divisor_with_and_without_padding():
    with_padding = by_hand(AvgPool2d(2, padding=1), ramp(1, 2, 2))
    without_padding = by_hand(AvgPool2d(2, padding=1, count_padding=False), ramp(1, 2, 2))
    assert (with_padding.terms.divisor, with_padding.result) == (4, 0.25)
    assert (without_padding.terms.divisor, without_padding.result) == (1, 1)
    assert "3 positions of the padding count as 0" in with_padding.description
    assert by_hand(GlobalAvgPool2d(), ramp(1, 2, 2)).formula[-1] == "= 10 / 4 = 2.5"


@pytest.mark.parametrize(
    ("layer", "line"),
    [
        (Activation("relu"), "= max(−2, 0) = 0"),
        (Activation("leaky_relu"), "= max(−2, 0.01 · (−2)) = −0.02"),
        (Activation("leaky_relu", slope=0.25), "= max(−2, 0.25 · (−2)) = −0.5"),
        (Activation("elu", alpha=0.5), "= max(−2, 0) + 0.5 · (exp(min(−2, 0)) − 1) = −0.4323"),
        (Activation("celu", alpha=0.5), "= max(−2, 0) + 0.5 · (exp(min(−2, 0) / 0.5) − 1) = −0.4908"),
        (Activation("clip", low=-1.5), "= min(max(−2, −1.5), 1) = −1.5"),
        (Activation("abs"), "= |−2| = 2"),
        (Activation("neg"), "= −(−2) = 2"),
        (Activation("square"), "= (−2)² = 4"),
        (Activation("power"), "= (−2)^3 = −8"),
        (Activation("sqrt"), "= √(−2) = not a number"),
        (PRelu(), "= max(−2, 0) + 0.5 · min(−2, 0) = −1"),
        (Scale(), "= 2 · (−2) = −4"),
        (Scale(bias=True), "= 2 · (−2) + (−3) = −7"),
        (Scale(bias=True, factor=False), "= −2 + (−3) = −5"),
        (Activation("hard_swish"), "= −2 · min(max(−2 + 3, 0), 6) / 6 = −0.3333"),
        (Dropout(0.25), "n[0, 0, 0] = x = −2"),
        (BatchNorm(1.0), "= −0.5"),
    ],
)
def test_functions_of_one_value_are_explained_with_its_number(layer, line):
    values = {"gamma": [2], "beta": [0.5], "mean": [-1], "var": [3], "slope": [0.5], "bias": [-3]}
    shape = [Shape(1, 1, 1)]
    roles = {role: values[role] for role in {**layer.param_shapes(shape), **layer.statistic_shapes(shape)}}
    explanation = by_hand(layer, [[[-2.0]]], **roles)
    assert explanation.formula[-1] == line
    assert explanation.terms is None


def test_softmax_shares_one_between_the_channels():
    explanation = by_hand(Activation("softmax"), [[[0.0]], [[1.0]]], 1)
    assert explanation.result == pytest.approx(1 / (1 + np.exp(-1)))
    assert len(explanation.terms.values) == 2
    assert "largest is channel 1" in explanation.description
    logarithm = by_hand(Activation("log_softmax"), [[[0.0]], [[1.0]]], 1)
    assert logarithm.result == pytest.approx(np.log(explanation.result))
    assert logarithm.formula[1:] == ("= 1 − 1 − ln(1.368)", "= 0 − 0.3133 = −0.3133")


def test_lrn_names_its_neighbours():
    explanation = by_hand(LocalResponseNorm(size=3, alpha=3.0, beta=1.0), ramp(4, 1, 1), 3)
    assert explanation.terms.first == 2
    assert list(explanation.terms.values) == [9, 16]
    assert explanation.result == pytest.approx(4 / (1 + 25))


def test_concat_names_the_source_of_a_channel_and_add_the_value_of_each_input():
    volumes = [ramp(2, 1, 1), 10 * ramp(3, 1, 1)]
    explanation = explain(Concat(), "n", volumes, {}, Spot(3, 0, 0), ("left", "right"))
    assert explanation.formula == ("n[3, 0, 0] = right[3 − 2, 0, 0]", "= right[1, 0, 0] = 20")
    assert (explanation.window.source, explanation.window.first) == (1, 1)
    assert "channels 2 to 4 are those of right" in explanation.description
    alone = explain(Concat(), "n", [ramp(1, 1, 1), ramp(1, 1, 1)], {}, Spot(1, 0, 0), ("left", "right"))
    assert "channel 1 is that of right" in alone.description
    explanation = explain(Add(), "n", [ramp(2, 1, 1), -ramp(2, 1, 1)], {}, Spot(1, 0, 0), ("left", "right"))
    assert explanation.formula[-1] == "= 2 + (−2) = 0"
    assert explanation.terms.of == "input"


@given(seed=strategies.seeds, channels=st.sampled_from(["rgb", "bgr", "gray"]), data=st.data())
def test_a_value_of_a_photo_is_explained_from_its_pixel(seed, channels, data):
    depth = 1 if channels == "gray" else 3
    pixels = np.random.default_rng(seed).integers(0, 256, (4, 5, depth), dtype=np.uint8)
    numbers = st.floats(-200, 200)
    mean = tuple(data.draw(st.lists(numbers, min_size=depth, max_size=depth) | st.just([])))
    std = tuple(data.draw(st.lists(st.floats(0.1, 9), min_size=1, max_size=1) | st.just([])))
    scale = data.draw(st.sampled_from([1.0, 1 / 255, 2.0]))
    spec = ImageInput("photo.png", (4, 5), channels, scale, mean, std)
    volume = normalise(pixels, spec)
    spot = Spot(data.draw(st.integers(0, depth - 1)), data.draw(st.integers(0, 3)), data.draw(st.integers(0, 4)))
    explanation = explain_input(spec, volume, spot)
    byte = pixels[spot.y, spot.x, depth - 1 - spot.channel if channels == "bgr" else spot.channel]
    size = (255 * scale + max(map(abs, mean), default=0)) / (std[0] if std else 1)
    assert abs(explanation.result - volume[spot]) <= 1e-6 * size
    if scale * 255 > 1 or not mean:
        assert f"is {byte} of 255" in explanation.description


def test_a_value_that_no_pixel_can_have_is_explained_without_one():
    volume = np.full((3, 2, 2), 0.5, np.float32)
    explanation = explain_input(ImageInput("photo.png", (2, 2), "rgb", 1 / 255), volume, Spot(1, 0, 1))
    assert (explanation.result, explanation.formula[-1]) == (0.5, "= 0.5")
    assert "of 255" not in explanation.description


def test_a_value_of_a_photo_of_16_bits_is_explained_with_its_depth(tmp_path):
    values = np.array([[1000, 65535], [0, 4095]], np.uint16)
    Image.fromarray(values).save(tmp_path / "deep.png")
    spec = ImageInput(str(tmp_path / "deep.png"), (2, 2), mean=(0.5,), std=(2.0,))
    explanation = explain_input(spec, load_input(spec, proceed), Spot(1, 1, 1))
    assert "its green at y 1, x 1 is 4095 of 65,535, which is 255 in the formula" in explanation.description
    assert explanation.formula[1].startswith("= (15.93385 · 0.003922 − 0.5) / 2")
    assert explanation.result == pytest.approx((4095 / 65535 - 0.5) / 2)


def test_explanations_of_arrays_and_noise_name_their_source():
    volume = ramp(1, 2, 2)
    explanation = explain_input(ArrayInput("a.npz", "maps"), volume, Spot(0, 1, 0))
    assert (explanation.result, "a.npz, array 'maps'" in explanation.description) == (3, True)
    assert "seed 7" in explain_input(NoiseInput((1, 2, 2), 7), volume, Spot(0, 0, 0)).description
