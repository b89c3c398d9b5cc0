"""A layer and its general form compute the same; two designs that name one function by two kinds are paired."""

import numpy as np
import pytest

from engine.kernels import Volume
from engine.layers import (
    Activation,
    AdaptiveAvgPool2d,
    AvgPool2d,
    BatchNorm,
    Conv2d,
    Dense,
    Flatten,
    GlobalAvgPool2d,
    GlobalMaxPool2d,
    Layer,
    MaxPool2d,
    Reshape,
    Scale,
    Transpose,
)
from engine.network.alignment import align
from engine.network.analysis import analyze
from engine.network.graph import Network, Node
from engine.shapes import Shape

SHAPE = Shape(4, 5, 6)
WHOLE, ONE = (5, 6), Shape(4, 1, 1)


def run(layer: Layer, volume: Volume, weights: dict[str, Volume]) -> Volume:
    return layer.forward([volume], weights, lambda: None)


def values(*shape: int) -> Volume:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize(
    ("layer", "general"),
    [
        (Activation("relu6"), Activation("clip", low=0.0, high=6.0)),
        (Activation("square"), Activation("power", exponent=2.0)),
        (Activation("sqrt"), Activation("power", exponent=0.5)),
        (Activation("reciprocal"), Activation("power", exponent=-1.0)),
        (GlobalAvgPool2d(), AdaptiveAvgPool2d(1)),
        (AvgPool2d(WHOLE), AdaptiveAvgPool2d(1)),
        (AvgPool2d(WHOLE, 1, ceil=True), AdaptiveAvgPool2d(1)),
        (AvgPool2d(WHOLE, padding=(0, 1)), None),
        (AvgPool2d(5), None),
        (MaxPool2d(WHOLE), GlobalMaxPool2d()),
        (MaxPool2d((7, 8), padding=1), GlobalMaxPool2d()),
        (MaxPool2d(5, padding=1, stride=8), None),
        (MaxPool2d(3, dilation=2), None),
        (Flatten(), Reshape(120, 1, 1)),
        (Reshape(8, width=3), Reshape(8, 5, 3)),
        (Transpose("cwh"), None),
    ],
)
def test_a_layer_computes_the_same_as_its_general_form(layer: Layer, general: Layer | None):
    assert layer.general_form([SHAPE]) == (general or layer)
    volume = 5 * values(*SHAPE)
    np.testing.assert_allclose(
        run(layer.general_form([SHAPE]), volume, {}), run(layer, volume, {}), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("shape", [SHAPE, ONE])
def test_a_dense_layer_is_a_convolution_whose_window_is_the_whole_map(shape: Shape):
    layer = Dense(3)
    general = layer.general_form([shape])
    assert general == Conv2d(3, shape[1:], padding="valid").general_form([shape])
    weights = {"weight": values(3, shape.size), "bias": values(3)}
    filters = {**weights, "weight": weights["weight"].reshape(3, *shape)}
    volume = values(*shape)
    np.testing.assert_allclose(run(general, volume, filters), run(layer, volume, weights), rtol=1e-5)


def test_a_batch_norm_scales_each_channel_and_adds_a_number():
    gamma, beta, mean, var = values(4, 4) ** 2 + 0.1
    factor = gamma / np.sqrt(var + 1e-5)
    volume, weights = values(*SHAPE), {"gamma": gamma, "beta": beta, "mean": mean, "var": var}
    general = BatchNorm().general_form([SHAPE])
    scaled = run(general, volume, {"gamma": factor, "bias": beta - factor * mean})
    np.testing.assert_allclose(scaled, run(BatchNorm(), volume, weights), rtol=1e-4, atol=1e-5)


def test_the_spelling_of_a_padding_makes_no_other_layer():
    assert Conv2d(8, 1).general_form([SHAPE]) == Conv2d(8, 1, padding=0).general_form([SHAPE])
    assert Conv2d(8, 3).general_form([SHAPE]) == Conv2d(8, 3, padding=1).general_form([SHAPE])
    assert Conv2d(8, 3).general_form([SHAPE]) != Conv2d(8, 3, padding=0).general_form([SHAPE])


def pairs(first: tuple[Layer, ...], second: tuple[Layer, ...], repeat: int = 1) -> list[tuple[str, str]]:
    """The kinds of the pairs of two chains without common names."""
    chains = (
        Network(tuple(Node(f"{name}{number}", layer) for number, layer in enumerate(layers * repeat)))
        for name, layers in (("a", first), ("b", second))
    )
    return [
        ("" if pair.first is None else pair.first.layer.kind, "" if pair.second is None else pair.second.layer.kind)
        for pair in align(*(analyze(chain, SHAPE).reports for chain in chains))
    ]


@pytest.mark.parametrize("repeat", [1, 200])
def test_layers_of_two_kinds_that_are_one_function_are_paired(repeat: int):
    first = (Conv2d(4, 3), BatchNorm(), Activation("relu6"), GlobalAvgPool2d(), Dense(4))
    second = (Conv2d(4, 3, padding=1), Scale(), Activation("clip", low=0.0, high=6.0), AvgPool2d(WHOLE), Conv2d(4, 1))
    if repeat > 1:  # whose maps keep their size, or nothing would be left of them
        first, second = first[:3], second[:3]
    kinds = [(one.kind, other.kind) for one, other in zip(first, second, strict=True)]
    assert pairs(first, second, repeat) == kinds * repeat


def test_a_dense_layer_is_not_paired_with_a_convolution_of_other_shapes():
    assert sorted(pairs((Dense(4),), (Conv2d(4, 3),))) == [("", "conv2d"), ("dense", "")]


def test_pooling_of_other_maps_is_not_paired_with_pooling_of_the_whole_map():
    first, second = (GlobalAvgPool2d(),), (AvgPool2d(3), AvgPool2d((1, 2)))
    assert sorted(pairs(first, second)) == [("", "avg_pool2d"), ("", "avg_pool2d"), ("global_avg_pool2d", "")]


def test_a_transpose_that_moves_axes_of_one_value_alone_is_a_reshape():
    assert Transpose("whc").general_form([ONE]) == Reshape(1, 1, 4)
    assert Transpose("hcw").general_form([Shape(4, 1, 6)]) == Reshape(1, 4, 6)
    assert Transpose("cwh").general_form([Shape(4, 5, 6)]) == Transpose("cwh")
