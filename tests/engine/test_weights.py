"""Weights from a seed, a file or a preset: exact values, and mistakes reported before and during a run."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.files.paths import FileFault
from engine.layers import Activation, BatchNorm, Conv2d, Dense
from engine.network.analysis import analyze
from engine.network.graph import Network, Node
from engine.network.weight_specs import FileWeights, PresetWeights
from engine.run import random_values, weights
from engine.shapes import Shape
from tests.engine.array_files import npy, npz, safetensors, safetensors_of, tensor
from tests.engine.checkpoints import Stopped, proceed, stop

INPUT_SHAPE = Shape(8, 6, 6)
CONV = Conv2d(filters=4, kernel=3)
RNG = np.random.default_rng(5)
WEIGHT = RNG.standard_normal((4, 8, 3, 3)).astype(np.float32)
BIAS = RNG.standard_normal(4).astype(np.float32)


def report_of(layer, shape=INPUT_SHAPE, source=None, name="c"):
    [report] = analyze(Network((Node(name, layer, (), source),)), shape).reports
    return report


def resolve(layer, source=None, *, name="c", seed=0, design="d", shape=INPUT_SHAPE):
    report = report_of(layer, shape, source, name)
    arrays = weights.load_weights(report, seed=seed, design=design, checkpoint=proceed)
    assert {role: array.shape for role, array in arrays.items()} == report.array_shapes
    assert all(array.dtype == np.float32 for array in arrays.values())
    return arrays


def mistakes(layer, source, shape=INPUT_SHAPE):
    return list(weights.weight_faults(report_of(layer, shape, source)))


@pytest.fixture
def source(tmp_path):
    """Writes a file of weights and returns the source that names it."""

    def source(content, name="w.safetensors", **roles):
        (tmp_path / name).write_bytes(content)
        return FileWeights(str(tmp_path / name), **roles)

    return source


@pytest.mark.parametrize(
    ("layer", "shape", "fan_in"),
    [
        (Conv2d(filters=64, kernel=3), Shape(128, 4, 4), 128 * 9),
        (Conv2d(filters=64, kernel=[5, 1], groups=4), Shape(128, 8, 8), 32 * 5),
        (Dense(units=200), Shape(8, 6, 6), 288),
    ],
)
def test_omitted_weights_are_he_normal_and_the_bias_zero(layer, shape, fan_in):
    arrays = resolve(layer, shape=shape)
    deviation = math.sqrt(2 / fan_in)
    count = arrays["weight"].size
    assert abs(arrays["weight"].std() / deviation - 1) < 5 / math.sqrt(2 * count)
    assert abs(arrays["weight"].mean()) < 5 * deviation / math.sqrt(count)
    assert not arrays["bias"].any()


def test_omitted_batch_norm_weights_pass_values_on():
    arrays = resolve(BatchNorm())
    assert {role: set(array.tolist()) for role, array in arrays.items()} == {
        "gamma": {1.0},
        "beta": {0.0},
        "mean": {0.0},
        "var": {1.0},
    }


def test_random_weights_depend_on_seed_design_and_node_names_only():
    same = resolve(CONV)["weight"]
    np.testing.assert_array_equal(resolve(Conv2d(filters=4, kernel=3, stride=2, padding="valid"))["weight"], same)
    np.testing.assert_array_equal(resolve(CONV, shape=Shape(8, 30, 30))["weight"], same)
    for other in ({"name": "e"}, {"design": "e"}, {"seed": 1}):
        assert (resolve(CONV, **other)["weight"] != same).mean() > 0.99


@given(names=st.lists(st.tuples(st.integers(0, 2**63 - 1), st.text(max_size=3), st.text(max_size=3)), unique=True))
def test_every_node_has_a_seed_of_its_own(names):
    seeds = {weights.weight_seed(*name) for name in names if "\0" not in name[1] + name[2]}
    assert len(seeds) == len([name for name in names if "\0" not in name[1] + name[2]])


def test_names_that_join_to_one_text_have_seeds_of_their_own():
    seeds = {weights.weight_seed(*name) for name in ((1, "2a", "b"), (12, "a", "b"), (12, "ab", ""), (12, "", "ab"))}
    assert len(seeds) == 4


def test_random_weights_are_the_same_in_blocks_of_any_size(monkeypatch):
    whole = weights.he_normal((7, 3, 3, 3), 4, proceed)
    monkeypatch.setattr(random_values, "_BLOCK", 100)
    np.testing.assert_array_equal(weights.he_normal((7, 3, 3, 3), 4, proceed), whole)


def test_generating_weights_stops_at_a_checkpoint():
    with pytest.raises(Stopped):
        weights.he_normal((2, 2), 0, stop)
    with pytest.raises(Stopped):
        weights.preset_weights("box", (2, 2, 3, 3), stop)


def test_weights_of_a_file_are_its_values(source):
    arrays = {"weight": WEIGHT, "bias": BIAS}
    for name, content in (
        ("w.safetensors", safetensors_of(**arrays)),
        ("w.npz", npz(weight=npy(WEIGHT), bias=npy(BIAS))),
    ):
        by_role = source(content, name)
        by_name = source(content, name, weight="weight", bias="bias")
        for spec in (by_role, by_name):
            assert mistakes(CONV, spec) == []
            result = resolve(CONV, spec)
            np.testing.assert_array_equal(result["weight"], WEIGHT)
            np.testing.assert_array_equal(result["bias"], BIAS)


def test_half_precision_weights_keep_their_values(source):
    half = WEIGHT.astype("<f2")
    path = source(safetensors({"w": tensor("F16", [4, 8, 3, 3], 0, half.nbytes)}, half.tobytes()), weight="w")
    np.testing.assert_array_equal(resolve(Conv2d(filters=4, kernel=3, bias=False), path)["weight"], half)


def test_a_npy_holds_the_weight_of_a_layer_without_bias(source):
    without = Conv2d(filters=4, kernel=3, bias=False)
    path = source(npy(WEIGHT), "w.npy")
    assert mistakes(without, path) == []
    np.testing.assert_array_equal(resolve(without, path)["weight"], WEIGHT)
    [messages] = mistakes(CONV, path)
    assert messages.endswith(
        """has no array 'bias'; it holds one array, without a name. Name the bias, as bias = "…", or set bias = false"""
    )


def test_batch_norm_reads_its_four_arrays(source):
    arrays = {role: RNG.random(8).astype(np.float32) for role in ("gamma", "beta", "mean", "var")}
    result = resolve(BatchNorm(), source(safetensors_of(**arrays)))
    for role, array in arrays.items():
        np.testing.assert_array_equal(result[role], array)
    renamed = source(safetensors_of(**{f"bn.{role}": array for role, array in arrays.items()}), gamma="bn.gamma")
    messages = mistakes(BatchNorm(), renamed)
    assert [text.split("'")[1] for text in messages] == ["beta", "mean", "var"]


def test_a_wrong_shape_is_reported_with_both_shapes(source):
    path = source(safetensors_of(weight=WEIGHT, bias=BIAS[:3]))
    assert mistakes(Conv2d(filters=4, kernel=5), path) == [
        f"weights: weight 'weight' in {path.path} has shape (4, 8, 3, 3); this layer needs (4, 8, 5, 5)",
        f"weights: bias 'bias' in {path.path} has shape (3); this layer needs (4)",
    ]
    with pytest.raises(FileFault, match=r"\(4, 8, 3, 3\); this layer needs \(4, 8, 5, 5\)"):
        resolve(Conv2d(filters=4, kernel=5), path)


def test_a_missing_name_is_reported_with_the_names_in_the_file(source):
    path = source(safetensors_of(**{"conv1.weight": WEIGHT, "conv1.bias": BIAS}), weight="conv.weight")
    weight_message, bias_message = mistakes(CONV, path)
    contents = "it holds 'conv1.weight' (4, 8, 3, 3), 'conv1.bias' (4)"
    assert weight_message == f"weights: {path.path} has no array 'conv.weight'; {contents}"
    assert bias_message.endswith(
        f"""has no array 'bias'; {contents}. Name the bias, as bias = "…", or set bias = false"""
    )


def test_a_role_that_the_kind_does_not_have_is_reported(source):
    path = source(safetensors_of(weight=WEIGHT, bias=BIAS), gamma="g")
    assert mistakes(CONV, path) == ["weights: gamma = 'g', but conv2d has no gamma; it has weight, bias"]


def test_a_bias_that_is_switched_off_can_still_be_named(source):
    path = source(safetensors_of(weight=WEIGHT, bias=BIAS), bias="bias")
    assert mistakes(Conv2d(filters=4, kernel=3, bias=False), path) == []


def test_a_layer_without_parameters_takes_no_weights(source):
    relu = Activation(function="relu")
    expected = ["weights: activation has no parameters; leave weights out"]
    assert mistakes(relu, PresetWeights("box")) == expected
    assert mistakes(relu, FileWeights("/nowhere.npz")) == expected
    assert mistakes(relu, None) == []


def test_an_unreadable_file_is_reported_once_even_if_the_shapes_are_unknown():
    path = FileWeights("/nowhere/w.npz", weight="a", bias="b")
    messages = ["weights: /nowhere/w.npz does not exist"]
    assert mistakes(CONV, path) == messages
    assert mistakes(CONV, path, None) == messages
    assert mistakes(CONV, PresetWeights("box"), None) == []


def test_values_that_are_not_finite_are_reported_when_they_are_read(source):
    broken = WEIGHT.copy()
    broken[1, 2, 0, 1] = np.nan
    path = source(safetensors_of(weight=broken, bias=BIAS))
    assert mistakes(CONV, path) == []
    with pytest.raises(FileFault, match=r"1 value that is not finite; the first is nan at \[1, 2, 0, 1\]") as error:
        resolve(CONV, path)
    assert "array 'weight'" in str(error.value)


def test_preset_weights_fit_their_kind_and_kernel():
    assert mistakes(CONV, PresetWeights("gabor")) == []
    assert mistakes(Dense(units=2), PresetWeights("box")) == [
        "weights: preset 'box' is a kernel; dense has none, leave weights out"
    ]
    assert mistakes(Conv2d(filters=1, kernel=[1, 5]), PresetWeights("sobel")) == [
        "weights: preset 'sobel' needs a kernel of at least 3×3; this one is 1×5"
    ]


def test_preset_weights_come_with_a_bias_of_zero():
    arrays = resolve(CONV, PresetWeights("gaussian"))
    assert not arrays["bias"].any()
    np.testing.assert_array_equal(arrays["weight"], weights.preset_weights("gaussian", (4, 8, 3, 3), proceed))


def test_the_identity_of_weights_follows_what_makes_them(source):
    node = Node("c", CONV)
    assert weights.weight_identity(node, 0, "d") == weights.weight_identity(
        Node("c", Conv2d(filters=9, kernel=1)), 0, "d"
    )
    assert weights.weight_identity(node, 0, "d") != weights.weight_identity(node, 1, "d")
    preset = Node("c", CONV, (), PresetWeights("box"))
    assert weights.weight_identity(preset, 0, "d") == weights.weight_identity(preset, 1, "e")
    path = source(npy(WEIGHT), "w.npy")
    before = weights.weight_identity(Node("c", CONV, (), path), 0, "d")
    source(npy(WEIGHT[:2]), "w.npy")
    assert weights.weight_identity(Node("c", CONV, (), path), 0, "d") != before
