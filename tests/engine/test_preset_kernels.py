"""Preset kernels: what each does to a picture, at every size that can hold it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect

from engine.network.weight_specs import PresetWeights
from engine.run import weights
from engine.run.preset_kernels import PRESETS
from tests.engine.checkpoints import proceed

SIZES = st.integers(3, 9)
NAMES = st.sampled_from(sorted(PRESETS))


def bank(name, height=3, width=3):
    return PRESETS[name].kernels(height, width)


def test_every_preset_that_a_file_may_name_has_a_kernel():
    [name] = inspect.type_info(PresetWeights).fields
    assert set(name.type.values) == set(PRESETS)


@given(name=NAMES, height=SIZES, width=SIZES)
def test_kernels_have_the_requested_size_and_finite_values(name, height, width):
    kernels = bank(name, height, width)
    assert kernels.shape[1:] == (height, width)
    assert np.isfinite(kernels).all()
    assert np.abs(kernels).sum(axis=(1, 2)).min() > 0.5


@given(name=st.sampled_from(["identity", "box", "gaussian"]), height=st.integers(1, 9), width=st.integers(1, 9))
def test_smoothing_kernels_keep_an_even_surface_at_every_size(name, height, width):
    kernels = bank(name, height, width)
    assert kernels.min() >= 0
    np.testing.assert_allclose(kernels.sum(axis=(1, 2)), 1)


@given(height=SIZES, width=SIZES)
def test_sharpen_keeps_an_even_surface_and_edge_kernels_cancel_it(height, width):
    np.testing.assert_allclose(bank("sharpen", height, width).sum(), 1)
    for name in ("sobel", "laplacian", "gabor"):
        np.testing.assert_allclose(bank(name, height, width).sum(axis=(1, 2)), 0, atol=1e-12)


def test_three_by_three_kernels_are_the_classic_ones():
    assert bank("identity").tolist() == [[[0, 0, 0], [0, 1, 0], [0, 0, 0]]]
    assert bank("laplacian").tolist() == [[[0, 1, 0], [1, -4, 1], [0, 1, 0]]]
    across, down = bank("sobel") * 8
    assert across.tolist() == [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    assert down.tolist() == across.T.tolist()


@given(height=SIZES, width=SIZES)
def test_gaussian_falls_from_its_middle(height, width):
    [kernel] = bank("gaussian", height, width)
    np.testing.assert_allclose(kernel, kernel[::-1, ::-1])
    middle = kernel[height // 2]
    assert (np.diff(middle[: (width + 1) // 2]) > 0).all()


def test_gabor_waves_point_in_eight_directions():
    kernels = bank("gabor", 9, 9).reshape(8, -1)
    kernels = kernels / np.linalg.norm(kernels, axis=1, keepdims=True)
    likeness = np.abs(kernels @ kernels.T)
    np.fill_diagonal(likeness, 0)
    assert likeness.max() < 0.95


def test_identity_passes_every_channel_on():
    weight = weights.preset_weights("identity", (6, 3, 3, 3), proceed)
    assert weight.sum() == 6
    assert [int(kernel_filter.sum(axis=(1, 2)).argmax()) for kernel_filter in weight] == [0, 1, 2, 0, 1, 2]
    assert (weight[:, :, 1, 1].sum(axis=1) == 1).all()


@pytest.mark.parametrize("name", sorted(set(PRESETS) - {"identity"}))
def test_filters_take_the_banks_kernels_in_turn_on_the_mean_of_their_channels(name):
    weight = weights.preset_weights(name, (10, 4, 5, 5), proceed)
    kernels = bank(name, 5, 5)
    for number, kernel_filter in enumerate(weight):
        for channel in kernel_filter:
            np.testing.assert_allclose(channel, kernels[number % len(kernels)] / 4, rtol=1e-6)
