"""Kernels against the slow oracle, and their limits on memory and on the work between two checkpoints."""

import tracemalloc
from contextlib import contextmanager
from itertools import pairwise
from time import thread_time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import kernels
from engine.kernels import (
    activations,
    blocks,
    columns,
    depthwise,
    onnx_convolution,
    onnx_pooling,
    onnx_runtime,
    shifts,
    threads,
    tiling,
)
from engine.kernels.resizing import Places
from engine.shapes import dilated_extent
from tests.engine import reference
from tests.engine.checkpoints import Stopped, proceed, stop
from tests.engine.kernel_sets import each_set, needs_onnx_runtime, numpy_alone, onnx_runtime_first

UNIT = float(np.finfo(np.float32).eps)
PLAIN = {"stride": (1, 1), "padding": (0, 0, 0, 0), "dilation": (1, 1), "groups": 1}
SAME = PLAIN | {"padding": (1, 1, 1, 1)}
WIDE = PLAIN | {"padding": (3, 3, 3, 3)}


def integers(seed, shape):
    return np.random.default_rng(seed).integers(-9, 10, shape)


def normals(seed, shape):
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def pairs(low, high):
    return st.tuples(st.integers(low, high), st.integers(low, high))


margins = st.tuples(*[st.integers(0, 3)] * 4)
seeds = st.integers(0, 2**16)


@st.composite
def extents(draw, windows, padding):
    """An input's height and width on which a window fits."""
    return tuple(max(1, windows[axis] - padding[axis] - padding[2 + axis]) + draw(st.integers(0, 5)) for axis in (0, 1))


@st.composite
def convolutions(draw, make):
    """Volume, weight, bias and settings of a small convolution; groups of one channel are depthwise."""
    setting = {"stride": draw(pairs(1, 4)), "padding": draw(margins), "dilation": draw(pairs(1, 3))}
    kernel = draw(pairs(1, 4))
    windows = [dilated_extent(taps, step) for taps, step in zip(kernel, setting["dilation"], strict=True)]
    height, width = draw(extents(windows, setting["padding"]))
    groups, channels, filters = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    seed = draw(seeds)
    volume = make(seed, (groups * channels, height, width))
    weight = make(seed + 1, (groups * filters, channels, *kernel))
    bias = make(seed + 2, groups * filters) if draw(st.booleans()) else None
    return volume, weight, bias, setting | {"groups": groups}


@st.composite
def limits(draw):
    """Bounds of a block that cut even small layers."""
    sizes = {
        "PART_BYTES": 8 * draw(st.integers(1, 2000)),
        "COLUMN_BYTES": 8 * draw(st.integers(1, 500)),
        "BLOCK_MACS": draw(st.integers(1, 3000)),
        "NARROW": draw(st.integers(1, 10)),
        "PIECE_MACS": draw(st.integers(1, 3000)),
    }
    parts = {
        "_PART_VALUES": draw(st.integers(1, 2000)),
        "_MOST_WORK": draw(st.integers(1, 3000)),
        "_PIECES": draw(st.integers(1, 4)),
        "_FILTER_SET": draw(st.integers(1, 4)),
        "_SHARED_WORK": draw(st.sampled_from((0, 3000))),
    }
    return [
        *((tiling, name, size) for name, size in sizes.items()),
        *((onnx_convolution, name, size) for name, size in parts.items()),
        (columns, "BLOCK_BYTES", 8 * draw(st.integers(1, 500))),
        (columns, "COPY_VALUES", draw(st.integers(1, 500))),
    ]


@st.composite
def poolings(draw, make):
    """Volume and settings of a small pooling."""
    kernel, padding = draw(pairs(1, 4)), draw(margins)
    height, width = draw(extents(kernel, padding))
    volume = make(draw(seeds), (draw(st.integers(1, 3)), height, width))
    return volume, {"kernel": kernel, "stride": draw(pairs(1, 5)), "padding": padding, "ceil": draw(st.booleans())}


def lines(case):
    tile = tiling.line_tile(case)
    return columns.Windows(case) if tile is None else columns.Lines(case, tile)


with_onnx_runtime = pytest.param("onnx", marks=needs_onnx_runtime)
each_layout = pytest.mark.parametrize("layout", ["default", "windows", "lines", "shifts", with_onnx_runtime])


@contextmanager
def forced(layout):
    """Let NumPy's conv2d choose its layout, or force one, or ONNX Runtime, wherever it is possible."""
    layouts = {"windows": columns.Windows, "lines": lines}
    with pytest.MonkeyPatch.context() as patch, (onnx_runtime_first if layout == "onnx" else numpy_alone)():
        if layout in layouts:
            patch.setattr(columns, "layout_of", layouts[layout])
        if layout != "default":
            patch.setattr(depthwise, "suits", lambda case: False)
            patch.setattr(shifts, "suits", lambda case: layout == "shifts" and case.stride == (1, 1))
        yield patch


def cut(patch, values):
    """Limit blocks of cheap arithmetic to so many values."""
    patch.setattr(blocks, "CACHE_BYTES", 8 * values)


@pytest.fixture
def _one_thread():
    """So that its checkpoints see all of the work."""
    with threads.thread_limit(1):
        yield


@pytest.fixture
def _numpy_alone():
    with numpy_alone():
        yield


@each_layout
@settings(max_examples=200, deadline=None)
@given(convolutions(integers))
def test_conv2d_of_integers_equals_the_oracle_bit_by_bit_in_every_dtype(layout, case):
    *arrays, setting = case
    expected = reference.conv2d(*arrays, **setting)
    for dtype in (np.int64, np.float64, np.float32):
        cast = [None if array is None else array.astype(dtype) for array in arrays]
        with forced(layout):
            result = kernels.conv2d(*cast, **setting, checkpoint=proceed)
        assert result.dtype == dtype
        np.testing.assert_array_equal(result, expected)


@each_layout
@settings(max_examples=200, deadline=None)
@given(convolutions(integers), limits())
def test_conv2d_does_not_depend_on_how_blocks_are_cut(layout, case, bounds):
    *arrays, setting = case
    whole = kernels.conv2d(*arrays, **setting, checkpoint=proceed)
    with forced(layout) as patch:
        for limit in bounds:
            patch.setattr(*limit)
        result = kernels.conv2d(*arrays, **setting, checkpoint=proceed)
    np.testing.assert_array_equal(result, whole)


@each_layout
@settings(max_examples=100, deadline=None)
@given(convolutions(normals))
def test_conv2d_of_floats_errs_at_most_by_rounding_each_term_once(layout, case):
    volume, weight, bias, setting = case
    with forced(layout):
        result = kernels.conv2d(volume, weight, bias, **setting, checkpoint=proceed)
    sizes = reference.conv2d(abs(volume), abs(weight), None if bias is None else abs(bias), **setting)
    bound = (weight[0].size + 1) * UNIT * sizes
    assert np.all(abs(result - reference.conv2d(volume, weight, bias, **setting)) <= bound)


@pytest.mark.parametrize(
    ("channels", "filters", "kernel", "setting"),
    [
        (6, 4, 1, PLAIN),
        (6, 4, 1, PLAIN | {"stride": (2, 3)}),
        (6, 4, 1, PLAIN | {"groups": 2}),
        (6, 4, 1, SAME),
        (6, 6, 3, SAME | {"groups": 6}),
        (6, 18, 3, SAME | {"groups": 6, "stride": (2, 2)}),
        (6, 4, 3, PLAIN | {"padding": (0, 3, 2, 1)}),
        (6, 4, 3, PLAIN | {"dilation": (3, 2)}),
        (6, 4, 2, PLAIN | {"stride": (5, 4)}),
        (6, 1, 3, SAME),
        (1, 6, 3, SAME),
        (6, 4, 3, PLAIN | {"padding": (9, 9, 9, 9)}),
    ],
)
def test_conv2d_of_a_special_case_equals_the_oracle(channels, filters, kernel, setting):
    volume = integers(0, (channels, 8, 9))
    weight = integers(1, (filters, channels // setting["groups"], kernel, kernel))
    result = kernels.conv2d(volume, weight, integers(2, filters), **setting, checkpoint=proceed)
    np.testing.assert_array_equal(result, reference.conv2d(volume, weight, integers(2, filters), **setting))


@needs_onnx_runtime
@pytest.mark.parametrize(
    ("channels", "filters", "kernel", "setting"),
    [
        (16, 40, 3, SAME),
        (16, 13, 3, SAME | {"stride": (2, 1), "dilation": (1, 2)}),
        (3, 40, 3, PLAIN | {"padding": (0, 3, 2, 1)}),
        (32, 32, 3, SAME | {"groups": 32}),
        (24, 24, 3, SAME | {"groups": 24, "stride": (2, 2), "dilation": (2, 1)}),
        (16, 32, 3, SAME | {"groups": 2}),
        (6, 12, 3, SAME | {"groups": 2}),
        (16, 40, 1, PLAIN | {"stride": (2, 2)}),
        (16, 40, 3, WIDE),
    ],
)
@pytest.mark.parametrize(
    "bounds",
    [{}, {"_SHARED_WORK": 0}, {"_MOST_WORK": 20_000}, {"_MOST_WORK": 100_000, "_FILTER_SET": 1, "_PIECES": 2}],
)
def test_onnx_runtime_equals_the_oracle_bit_by_bit_in_each_order_of_weights_and_each_kind_of_part(
    channels, filters, kernel, setting, bounds, monkeypatch
):
    volume = integers(0, (channels, 8, 9)).astype(np.float32)
    weight = integers(1, (filters, channels // setting["groups"], kernel, kernel)).astype(np.float32)
    bias = integers(2, filters).astype(np.float32)
    for name, value in bounds.items():
        monkeypatch.setattr(onnx_convolution, name, value)
    with onnx_runtime_first():
        result = kernels.conv2d(volume, weight, bias, **setting, checkpoint=proceed)
    with numpy_alone():
        expected = kernels.conv2d(volume, weight, bias, **setting, checkpoint=proceed)
    np.testing.assert_array_equal(result, expected)


@pytest.mark.usefixtures("_numpy_alone")
@pytest.mark.parametrize("values", [200, 400, 2000])
@pytest.mark.parametrize(
    ("kernel", "setting"),
    [
        ((3, 3), SAME),
        ((3, 2), PLAIN | {"padding": (0, 3, 2, 1)}),
        ((1, 3), PLAIN | {"dilation": (1, 4)}),
        ((3, 1), PLAIN | {"dilation": (2, 1), "padding": (4, 0, 0, 0)}),
        ((2, 2), WIDE),
    ],
)
def test_depthwise_convolution_of_large_maps_equals_the_oracle_bit_by_bit_however_blocks_are_cut(
    kernel, setting, values, monkeypatch
):
    volume, weight, bias = integers(0, (3, 24, 19)), integers(1, (3, 1, *kernel)), integers(2, 3)
    cut(monkeypatch, values)
    for dtype, biases in (np.int64, bias), (np.float32, None):
        result = kernels.conv2d(
            volume.astype(dtype), weight.astype(dtype), biases, **setting | {"groups": 3}, checkpoint=proceed
        )
        expected = reference.conv2d(volume, weight, biases, **setting | {"groups": 3})
        np.testing.assert_array_equal(result, expected)


@each_set
@pytest.mark.parametrize("groups", [1, 16])
@pytest.mark.parametrize("value", [np.nan, np.inf, -0.0])
def test_a_value_that_is_not_finite_reaches_the_windows_that_read_it_and_no_other(kernel_set, groups, value):
    volume, weight = np.full((16, 18, 18), -0.0, np.float32), np.ones((16, 16 // groups, 3, 3), np.float32)
    volume[2, 4, 4] = value
    with kernel_set():
        result = kernels.conv2d(volume, weight, None, **SAME | {"groups": groups}, checkpoint=proceed)
    expected = np.zeros((16, 18, 18), np.float32)
    expected[slice(None) if groups == 1 else 2, 3:6, 3:6] += value
    np.testing.assert_array_equal(result, expected)
    np.testing.assert_array_equal(np.signbit(result), np.signbit(expected))


@needs_onnx_runtime
def test_onnx_runtime_is_called_in_parts_between_which_a_run_can_be_cancelled(monkeypatch):
    sizes = []
    monkeypatch.setattr(onnx_convolution.onnx_runtime, "run", lambda setting, lanes, x, *arrays: sizes.append(x.size))
    calls = []
    volume = zeros(256, 200, 200)
    with threads.thread_limit(1):
        kernels.conv2d(volume, zeros(256, 256, 3, 3), None, **SAME, checkpoint=lambda: calls.append(len(sizes)))
    macs = 256 * 256 * 9 * 200 * 200
    assert len(sizes) >= macs / onnx_convolution._MOST_WORK
    assert {*calls} == {*range(len(sizes) + 1)}


def test_a_checkpoint_is_called_at_least_every_200_ms_of_a_large_convolution():
    times = []
    volume, weight = zeros(256, 112, 112), zeros(512, 256, 3, 3)  # more than 200 ms in one part
    with threads.thread_limit(1):
        times.append(thread_time())
        kernels.conv2d(volume, weight, None, **SAME, checkpoint=lambda: times.append(thread_time()))
    # Of this thread: that of other programs is none of ours.
    assert max(after - before for before, after in pairwise(times)) < 0.2


@pytest.mark.parametrize("kernel", [1, 3])
def test_conv2d_accepts_arrays_that_are_not_contiguous(kernel):
    volume = integers(0, (9, 8, 10)).transpose(2, 0, 1)[::2]
    weight = integers(1, (kernel, kernel, 5, 4)).transpose(3, 2, 0, 1)
    bias = integers(2, 8)[::2]
    result = kernels.conv2d(volume, weight, bias, **PLAIN, checkpoint=proceed)
    np.testing.assert_array_equal(result, reference.conv2d(volume, weight, bias, **PLAIN))


@settings(max_examples=100, deadline=None)
@given(seeds, st.tuples(*[st.integers(1, 5)] * 3), st.integers(1, 6), limits())
def test_dense_equals_the_oracle_however_blocks_are_cut(seed, shape, units, bounds):
    volume, weight, bias = integers(seed, shape), integers(seed, (units, np.prod(shape))), integers(seed, units)
    with pytest.MonkeyPatch.context() as patch:
        for limit in bounds:
            patch.setattr(*limit)
        result = kernels.dense(volume, weight, bias, proceed)
    np.testing.assert_array_equal(result, reference.dense(volume, weight, bias))


@pytest.mark.parametrize("depth", [1024, 4096])
def test_units_of_equal_weights_have_equal_values_in_whatever_pieces_they_are_computed(depth):
    """A softmax makes one of huge values 1 and all others 0, if they differ in the last digit alone."""
    volume = np.random.default_rng(0).random((depth, 1, 1), dtype=np.float32)
    result = kernels.dense(volume, np.full((1000, depth), 0.01, np.float32), None, proceed)
    assert (result == result[0]).all()


def test_oracle_multiplies_once_for_each_weight_and_output_position():
    volume, weight = integers(0, (4, 5, 6)), integers(1, (3, 2, 3, 2))
    setting = {"stride": (1, 2), "padding": (1, 1, 1, 1), "dilation": (1, 1)}
    assert reference.conv2d_macs(volume, weight, **setting) == weight.size * 5 * 4
    assert reference.dense_macs(volume, integers(1, (7, 120))) == 7 * 120


@each_set
@settings(max_examples=100, deadline=None)
@given(poolings(integers), st.integers(1, 60) | st.integers(60, 400), st.tuples(*[st.integers(1, 3)] * 2))
def test_max_pool2d_of_integers_equals_the_oracle(kernel_set, case, values, dilation):
    volume, setting = case
    spare = [
        n + a + b for n, a, b in zip(volume.shape[1:], setting["padding"][:2], setting["padding"][2:], strict=True)
    ]
    if all(d * (k - 1) < n for k, d, n in zip(setting["kernel"], dilation, spare, strict=True)):
        setting |= {"dilation": dilation}
    with pytest.MonkeyPatch.context() as patch, kernel_set():
        cut(patch, values)
        patch.setattr(onnx_pooling, "PART_VALUES", values)
        result = kernels.max_pool2d(volume, **setting, checkpoint=proceed)
        floats = kernels.max_pool2d(volume.astype(np.float32), **setting, checkpoint=proceed)
    np.testing.assert_array_equal(result, reference.max_pool2d(volume, **setting))
    np.testing.assert_array_equal(floats, reference.max_pool2d(volume.astype(float), **setting))


@each_set
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_max_pool2d_of_a_map_with_a_value_that_is_not_finite_equals_the_oracle(kernel_set, value):
    volume = normals(0, (3, 40, 40))
    volume[1, 7, 7] = volume[1, :3, :3] = value
    setting = {"kernel": (3, 3), "stride": (2, 2), "padding": (1, 1, 1, 1), "ceil": True}
    with kernel_set():
        result = kernels.max_pool2d(volume, **setting, checkpoint=proceed)
    np.testing.assert_array_equal(result, reference.max_pool2d(volume, **setting))


@settings(max_examples=200, deadline=None)
@given(poolings(integers), st.booleans(), st.integers(1, 60))
def test_avg_pool2d_of_whole_numbers_equals_the_oracle_bit_by_bit(case, count_padding, values):
    volume, setting = case[0].astype(float), case[1] | {"count_padding": count_padding}
    with pytest.MonkeyPatch.context() as patch:
        cut(patch, values)
        result = kernels.avg_pool2d(volume, **setting, checkpoint=proceed)
    np.testing.assert_array_equal(result, reference.avg_pool2d(volume, **setting))


@settings(max_examples=100, deadline=None)
@given(poolings(normals), st.booleans())
def test_avg_pool2d_of_floats_errs_at_most_by_rounding_each_term_once(case, count_padding):
    volume, setting = case[0], case[1] | {"count_padding": count_padding}
    result = kernels.avg_pool2d(volume, **setting, checkpoint=proceed)
    bound = (np.prod(setting["kernel"]) + 1) * UNIT * reference.avg_pool2d(abs(volume), **setting)
    assert np.all(abs(result - reference.avg_pool2d(volume, **setting)) <= bound)


def test_avg_pool2d_never_counts_what_ceil_adds_beyond_the_padding():
    ones = np.ones((1, 4, 4), np.float32)
    setting = {"kernel": (3, 3), "stride": (2, 2), "padding": (0, 0, 0, 0), "ceil": True, "checkpoint": proceed}
    assert np.all(kernels.avg_pool2d(ones, **setting, count_padding=True) == 1)
    padded = kernels.avg_pool2d(ones, **setting | {"padding": (1, 1, 1, 1)}, count_padding=True)
    np.testing.assert_allclose(padded[0], np.outer([2 / 3, 1, 0.5], [2 / 3, 1, 0.5]), rtol=2 * UNIT)


def test_max_pool2d_ignores_the_padding_if_all_values_are_negative():
    volume = np.full((1, 3, 3), -5, np.float32)
    setting = {"kernel": (3, 3), "stride": (1, 1), "padding": (1, 1, 1, 1), "ceil": False}
    assert np.all(kernels.max_pool2d(volume, **setting, checkpoint=proceed) == -5)


@settings(max_examples=200, deadline=None)
@given(seeds, st.tuples(*[st.integers(1, 7)] * 3), st.integers(1, 9), st.integers(1, 60))
def test_local_response_norm_equals_the_oracle(seed, shape, size, values):
    volume = normals(seed, shape)
    setting = {"size": size, "alpha": 0.5, "beta": 0.75, "k": 1.5}
    with pytest.MonkeyPatch.context() as patch:
        cut(patch, values)
        result = kernels.local_response_norm(volume, **setting, checkpoint=proceed)
    np.testing.assert_allclose(result, reference.local_response_norm(volume, **setting), rtol=(size + 8) * UNIT)


@each_set
@settings(max_examples=50, deadline=None)
@given(seeds, st.tuples(*[st.integers(1, 5)] * 3), st.integers(1, 60))
def test_batch_norm_equals_the_oracle(kernel_set, seed, shape, values):
    volume = normals(seed, shape)
    gamma, beta, mean, var = abs(normals(seed + 1, (4, shape[0]))) + np.float32(0.1)
    with pytest.MonkeyPatch.context() as patch, kernel_set():
        cut(patch, values)
        result = kernels.batch_norm(volume, gamma, beta, mean, var, 1e-5, proceed)
    sizes = (abs(volume) + mean[:, None, None]) * (gamma / np.sqrt(var))[:, None, None] + beta[:, None, None]
    assert np.all(abs(result - reference.batch_norm(volume, gamma, beta, mean, var, 1e-5)) <= 8 * UNIT * sizes)


@settings(max_examples=100, deadline=None)
@given(seeds, st.tuples(*[st.integers(1, 5)] * 3), st.integers(1, 60))
def test_merging_and_the_global_mean_equal_the_oracle(seed, shape, values):
    volumes = [integers(seed + index, shape).astype(float) for index in range(3)]
    with pytest.MonkeyPatch.context() as patch:
        cut(patch, values)
        np.testing.assert_array_equal(kernels.add(volumes, proceed), reference.add(volumes))
        np.testing.assert_array_equal(kernels.concat(volumes, proceed), reference.concat(volumes))
        mean = kernels.global_avg_pool2d(volumes[0], proceed)
    np.testing.assert_array_equal(mean, reference.global_avg_pool2d(volumes[0]))


NUMBERS = {
    "leaky_relu": {"slope": 0.125},
    "elu": {"alpha": 1.5},
    "celu": {"alpha": 1.5},
    "power": {"exponent": 3.0},
    "clip": {"low": -2.0, "high": 3.0},
    "hard_sigmoid": {"factor": 0.2, "offset": 0.5},
}
SOFTMAX = [(name, {"along": along}) for name in activations.SOFTMAXES for along in activations.SOFTMAX_AXES]


@pytest.mark.parametrize(
    ("name", "numbers"), [*((name, NUMBERS.get(name, {})) for name in activations.ELEMENTWISE), *SOFTMAX]
)
@pytest.mark.parametrize("values", [7, 10**6])
def test_activation_equals_the_oracle_from_tiny_to_huge_values(name, numbers, values, monkeypatch):
    cut(monkeypatch, values)
    spread = np.concatenate([np.linspace(-20, 20, 401), np.linspace(-1e4, 1e4, 21), [1e-30, -1e-30]])
    volume = np.random.default_rng(0).permutation(spread).astype(np.float32).reshape(4, 2, 53)
    result = kernels.activation(name, volume, proceed, **numbers)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, reference.activation(name, volume, **numbers), rtol=16 * UNIT, atol=1e-18)


@pytest.mark.parametrize("name", ["relu", "relu6"])
def test_activation_of_integers_equals_the_oracle_bit_by_bit(name):
    volume = integers(0, (3, 4, 5))
    np.testing.assert_array_equal(kernels.activation(name, volume, proceed), reference.activation(name, volume))


def test_elementwise_applies_a_function_to_arrays_that_are_not_contiguous(monkeypatch):
    cut(monkeypatch, 7)
    volume = integers(0, (5, 6, 4)).transpose(2, 0, 1)[:, ::2]
    np.testing.assert_array_equal(activations.elementwise(np.square, volume, proceed), volume**2)


def zeros(*shape):
    return np.zeros(shape, np.float32)


IMAGE = zeros(64, 224, 224)
HALF_BETWEEN = Places(np.arange(448) // 2, np.minimum(np.arange(448) // 2 + 1, 223), np.arange(448) % 2 / 2)
POOL = {"kernel": (3, 3), "stride": (1, 1), "padding": (1, 1, 1, 1), "ceil": False}
LARGE = {
    "conv2d": (kernels.conv2d, (IMAGE, zeros(64, 64, 3, 3), zeros(64)), SAME),
    "conv2d of one filter": (kernels.conv2d, (IMAGE, zeros(1, 64, 7, 7), None), SAME),
    "conv2d with stride": (kernels.conv2d, (IMAGE, zeros(64, 64, 5, 5), None), SAME | {"stride": (2, 2)}),
    "conv2d of few filters": (kernels.conv2d, (zeros(256, 56, 56), zeros(32, 256, 3, 3), zeros(32)), SAME),
    "conv2d 1×1": (kernels.conv2d, (IMAGE, zeros(256, 64, 1, 1), zeros(256)), PLAIN),
    "conv2d depthwise": (kernels.conv2d, (IMAGE, zeros(128, 1, 3, 3), None), SAME | {"groups": 64}),
    "conv2d depthwise of one filter": (kernels.conv2d, (IMAGE, zeros(64, 1, 3, 3), None), SAME | {"groups": 64}),
    "conv2d depthwise with stride": (
        kernels.conv2d,
        (IMAGE, zeros(64, 1, 5, 5), None),
        SAME | {"groups": 64, "stride": (2, 2)},
    ),
    "conv2d of many channels": (kernels.conv2d, (zeros(2**15, 8, 8), zeros(2, 2**15, 5, 5), None), SAME),
    "conv2d of large filters": (kernels.conv2d, (zeros(2**17, 8, 8), zeros(4, 2**17, 7, 7), None), WIDE),
    "conv_transpose2d": (
        kernels.conv_transpose2d,
        (zeros(128, 112, 112), zeros(128, 64, 2, 2), zeros(64)),
        {
            "stride": (2, 2),
            "margins": (0, 0, 0, 0),
            "dilation": (1, 1),
            "groups": 1,
            "extent": (224, 224),
        },
    ),
    "dense": (kernels.dense, (IMAGE, zeros(8, IMAGE.size), zeros(8)), {}),
    "max_pool2d": (kernels.max_pool2d, (IMAGE,), POOL),
    "avg_pool2d": (kernels.avg_pool2d, (IMAGE,), POOL | {"count_padding": False}),
    "pooling of the whole": (kernels.max_pool2d, (IMAGE,), POOL | {"kernel": (226, 226)}),
    "global_max_pool2d": (kernels.global_max_pool2d, (IMAGE,), {}),
    "global_avg_pool2d": (kernels.global_avg_pool2d, (IMAGE,), {}),
    "adaptive_avg_pool2d": (kernels.adaptive_avg_pool2d, (IMAGE,), {"size": (7, 6)}),
    "adaptive_avg_pool2d of the whole": (kernels.adaptive_avg_pool2d, (IMAGE,), {"size": (1, 1)}),
    "adaptive_avg_pool2d that enlarges": (kernels.adaptive_avg_pool2d, (zeros(64, 7, 6),), {"size": (224, 225)}),
    "frame": (kernels.frame, (IMAGE,), {"corner": (-1, 2), "extent": (224, 224), "value": 1.0}),
    "pick_channels": (kernels.pick_channels, (IMAGE,), {"channels": np.arange(64)[::-1]}),
    "transpose": (kernels.transpose, (IMAGE,), {"axes": (2, 0, 1)}),
    "pixel_shuffle": (kernels.pixel_shuffle, (IMAGE,), {"factor": 2, "channel_of": lambda c, place: 4 * c + place}),
    "pixel_unshuffle": (
        kernels.pixel_unshuffle,
        (IMAGE,),
        {"factor": 4, "channel_of": lambda c, place: 16 * c + place},
    ),
    "resize": (kernels.resize, (IMAGE,), {"rows": HALF_BETWEEN, "columns": HALF_BETWEEN}),
    "local_response_norm": (kernels.local_response_norm, (IMAGE,), {"size": 5, "alpha": 1e-4, "beta": 0.75, "k": 1}),
    "layer_norm": (kernels.layer_norm, (IMAGE, *zeros(2, 64)), {"epsilon": 1e-5}),
    "group_norm": (kernels.group_norm, (IMAGE, *zeros(2, 64)), {"groups": 4, "epsilon": 1e-5}),
    "group_norm of one": (kernels.group_norm, (IMAGE, *zeros(2, 64)), {"groups": 1, "epsilon": 1e-5}),
    "batch_norm": (kernels.batch_norm, (IMAGE, *zeros(4, 64)), {"epsilon": 1e-5}),
    "gelu": (kernels.activation, ("gelu", IMAGE), {}),
    "mish": (kernels.activation, ("mish", IMAGE), {}),
    "softplus": (kernels.activation, ("softplus", IMAGE), {}),
    "selu": (kernels.activation, ("selu", IMAGE), {}),
    "log_softmax": (kernels.activation, ("log_softmax", IMAGE), {}),
    "prelu": (kernels.prelu, (IMAGE, zeros(64)), {}),
    "scale": (kernels.scale, (IMAGE, zeros(64), zeros(64)), {}),
    "scale by position": (kernels.scale, (IMAGE, IMAGE, IMAGE[:1]), {}),
    "softmax": (kernels.activation, ("softmax", IMAGE), {}),
    "softmax of many channels": (kernels.activation, ("softmax", IMAGE.reshape(-1, 1, 2)), {}),
    **{
        f"softmax along {along}": (kernels.activation, ("softmax", IMAGE), {"along": along})
        for along in ("rows", "columns", "pixels")
    },
    "pool_channels": (kernels.pool_channels, ("mean", IMAGE), {}),
    "concat": (kernels.concat, ([IMAGE, IMAGE],), {}),
    "divide": (kernels.divide, ([IMAGE, IMAGE],), {}),
    "add": (kernels.add, ([IMAGE, IMAGE, IMAGE],), {}),
}


@each_set
@pytest.mark.parametrize(("kernel", "arrays", "setting"), LARGE.values(), ids=LARGE)
def test_memory_besides_input_and_output_stays_within_a_block(kernel_set, kernel, arrays, setting):
    tracemalloc.start()
    try:
        with kernel_set(), threads.thread_limit(threads.MOST_THREADS):
            result = kernel(*arrays, **setting, checkpoint=proceed)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= result.nbytes + kernels.BLOCK_BYTES


@needs_onnx_runtime
@pytest.mark.parametrize("lanes", [8, 16])
@pytest.mark.parametrize("filters", [1, 2, 4, 8, 16, 64])
def test_weights_in_blocks_stay_within_a_quarter_of_a_block_of_memory_on_every_processor(monkeypatch, lanes, filters):
    monkeypatch.setattr(onnx_runtime, "block_lanes", lambda: lanes)
    in_blocks = set()
    for channels in (2**power for power in range(7, 18)):
        weight = zeros(1, filters, channels, 5, 5)
        case = tiling.Case(zeros(1, channels, 9, 9), weight, (9, 9), (1, 1), (2, 2, 2, 2), (1, 1))
        with onnx_runtime_first():
            plan = onnx_convolution.plan_of(case)
        if plan is not None and plan.lanes:
            in_blocks.add(channels)
            assert 4 * 25 * channels * max(filters, lanes) <= 1.1 * kernels.BLOCK_BYTES / 4
    assert in_blocks


@pytest.mark.parametrize(("kernel", "arrays", "setting"), LARGE.values(), ids=LARGE)
def test_an_exception_of_a_checkpoint_ends_the_kernel_on_all_threads(kernel, arrays, setting):
    with threads.thread_limit(3):
        with pytest.raises(Stopped):
            kernel(*arrays, **setting, checkpoint=stop)
        assert threads._POOL._running == 0


@pytest.mark.usefixtures("_one_thread", "_numpy_alone")
@pytest.mark.parametrize(("kernel", "arrays", "setting"), LARGE.values(), ids=LARGE)
def test_an_exception_of_a_checkpoint_ends_the_kernel_at_once(kernel, arrays, setting):
    calls = []

    def stop():
        calls.append(None)
        if len(calls) == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        kernel(*arrays, **setting, checkpoint=stop)
    assert len(calls) == 3


@pytest.mark.usefixtures("_one_thread")
@pytest.mark.parametrize("name", [name for name in LARGE if not name.startswith(("conv", "dense"))])
def test_a_cheap_kernel_calls_its_checkpoint_at_least_once_per_mebibyte(name):
    kernel, arrays, setting = LARGE[name]
    calls = []
    kernel(*arrays, **setting, checkpoint=lambda: calls.append(None))
    assert len(calls) >= IMAGE.nbytes // 2**20


@pytest.mark.usefixtures("_one_thread", "_numpy_alone")
@pytest.mark.parametrize(
    ("channels", "filters", "kernel", "extent", "setting"),
    [
        (64, 64, 3, 224, SAME),
        (512, 1024, 3, 56, SAME),
        (512, 1024, 1, 112, PLAIN),
        (64, 64, 11, 224, PLAIN),
        (64, 512, 9, 128, SAME | {"dilation": (4, 4)}),
        (1024, 1024, 3, 64, SAME | {"groups": 4}),
        (1024, 1024, 5, 64, SAME | {"groups": 1024}),
        (64, 4096, 7, 64, SAME | {"stride": (3, 3)}),
        (1024, 256, 3, 28, SAME),
        (2048, 4, 7, 72, WIDE),
    ],
)
def test_conv2d_stays_within_its_block_of_macs_between_two_checkpoints(
    channels, filters, kernel, extent, setting, monkeypatch
):
    products, most, total = [], 0, 0

    def count(weights, pixels, out):
        products.append(out.size * weights.shape[-1])
        return out

    def stop():
        nonlocal most, total
        most, total = max(most, sum(products)), total + sum(products)
        products.clear()

    monkeypatch.setattr(np, "matmul", count)  # the products take most of the time, and only their sizes matter here
    volume, weight = zeros(channels, extent, extent), zeros(filters, channels // setting["groups"], kernel, kernel)
    with np.errstate(all="ignore"):  # sums of whatever was in memory
        result = kernels.conv2d(volume, weight, None, **setting, checkpoint=stop)
    assert total == weight[0].size * result.size
    assert 0 < most <= tiling.BLOCK_MACS


def test_softmax_counts_many_small_values_beside_a_large_one():
    volume = np.full((20_000, 1, 2), -18, np.float32)
    volume[7] = 0
    shares = np.exp(volume[:, 0, 0].astype(np.float64))
    expected = shares / shares.sum()
    np.testing.assert_allclose(kernels.activation("softmax", volume, proceed)[:, 0, 1], expected, rtol=1e-6)
