"""Weights of files in the layouts of other frameworks: the same values in OIHW, noticed or asked for if in doubt."""

import numpy as np
import pytest
from msgspec.structs import replace

from engine.layers import BatchNorm, Conv2d, Dense
from engine.network.analysis import analyze
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.network.weight_specs import FileWeights, LowRankWeights
from engine.project.project import Design, Project
from engine.run import weights
from engine.run.check import check
from engine.run.weight_layouts import LAYOUTS, fitting_layouts
from engine.shapes import Shape
from tests.engine.array_files import npy, npz
from tests.engine.checkpoints import proceed

RNG = np.random.default_rng(12)
CONV = RNG.standard_normal((4, 8, 3, 5)).astype(np.float32)
DEPTHWISE = RNG.standard_normal((8, 1, 3, 5)).astype(np.float32)
MATRIX = RNG.standard_normal((5, 72)).astype(np.float32)
CONV_LAYER, DENSE_LAYER = Conv2d(4, [3, 5], bias=False), Dense(5, bias=False)
DEPTHWISE_LAYER = Conv2d(8, [3, 5], groups=8, bias=False)


def in_layout(values, layout):
    own = "oihw"[: values.ndim] if values.ndim == 4 else "oi"
    return values.transpose([own.index(letter) for letter in layout])


@pytest.fixture
def source(tmp_path):
    def source(array, **settings):
        (tmp_path / "w.npz").write_bytes(npz(weight=npy(array)))
        return FileWeights(str(tmp_path / "w.npz"), **settings)

    return source


def report_of(layer, source, shape=Shape(8, 3, 3)):  # noqa: B008 (immutable)
    [report] = analyze(Network((Node("c", layer, (), source),)), shape).reports
    return report


def load(layer, source):
    report = report_of(layer, source)
    assert list(weights.weight_faults(report)) == []
    return weights.load_weights(report, seed=0, design="d", checkpoint=proceed)["weight"]


def mistakes(layer, source):
    return list(weights.weight_faults(report_of(layer, source)))


def notices(layer, source):
    return list(weights.weight_notices(report_of(layer, source)))


OF_FILTERS = [layout for layout in LAYOUTS[4] if len(layout) == 4]


@pytest.mark.parametrize("layout", OF_FILTERS)
def test_a_convolution_reads_every_layout(layout, source):
    stated = source(in_layout(CONV, layout), layout=layout)
    np.testing.assert_array_equal(load(CONV_LAYER, stated), CONV)
    assert notices(CONV_LAYER, stated) == []
    if layout in ("oihw", "hwio", "ohwi"):
        inferred = replace(stated, layout="")
        np.testing.assert_array_equal(load(CONV_LAYER, inferred), CONV)
        [*text] = notices(CONV_LAYER, inferred)
        assert bool(text) is (layout != "oihw")
        assert not text or (f"is read as {layout.upper()}" in text[0] and f'layout = "{layout}"' in text[0])


@pytest.mark.parametrize("layout", OF_FILTERS)
def test_a_depthwise_convolution_reads_every_layout_without_a_statement(layout, source):
    np.testing.assert_array_equal(load(DEPTHWISE_LAYER, source(in_layout(DEPTHWISE, layout))), DEPTHWISE)


@pytest.mark.parametrize("layout", LAYOUTS[2])
def test_a_1x1_convolution_reads_a_matrix(layout, source):
    matrix = RNG.standard_normal((6, 8)).astype(np.float32)
    layer, array = Conv2d(6, 1, bias=False), in_layout(matrix, layout)
    for stated in ("", layout):
        np.testing.assert_array_equal(load(layer, source(array, layout=stated)), matrix[:, :, None, None])


def test_a_convolution_of_several_taps_reads_no_matrix(source):
    [text] = mistakes(CONV_LAYER, source(MATRIX, layout="oi"))
    assert "this layer needs" in text


def test_several_filters_per_channel_are_the_last_axis_in_keras(source):
    layer = Conv2d(16, 3, groups=8, bias=False)
    keras = RNG.standard_normal((3, 3, 8, 2)).astype(np.float32)
    result = load(layer, source(keras))
    for channel in range(8):
        for number in range(2):
            np.testing.assert_array_equal(result[2 * channel + number, 0], keras[:, :, channel, number])


def test_a_matrix_is_the_weights_of_a_1x1_convolution(tmp_path):
    matrix = np.arange(12, dtype=np.float32).reshape(3, 4)
    np.savez(tmp_path / "w.npz", oi=matrix, io=matrix.T)
    for name in ("oi", "io"):
        source = FileWeights(str(tmp_path / "w.npz"), name)
        assert not list(weights.source_faults(source, {"weight": (3, 4, 1, 1)}, "conv2d"))
        arrays = weights.weights_from_source(source, {"weight": (3, 4, 1, 1)}, seed=0, checkpoint=proceed)
        np.testing.assert_array_equal(arrays["weight"][:, :, 0, 0], matrix)
    [fault] = weights.source_faults(FileWeights(str(tmp_path / "w.npz"), "oi"), {"weight": (3, 5, 1, 1)}, "conv2d")
    assert "has shape (3, 4); this layer needs" in fault


@pytest.mark.parametrize("layout", LAYOUTS[2])
def test_a_dense_layer_reads_both_layouts(layout, source):
    np.testing.assert_array_equal(load(DENSE_LAYER, source(in_layout(MATRIX, layout))), MATRIX)
    np.testing.assert_array_equal(load(DENSE_LAYER, source(in_layout(MATRIX, layout), layout=layout)), MATRIX)


def test_a_shape_that_fits_both_is_read_as_before_and_the_notice_says_so(source):
    square = RNG.standard_normal((3, 3, 3, 3)).astype(np.float32)
    layer = Conv2d(3, 3, bias=False)
    [report] = analyze(Network((Node("c", layer, (), source(square)),)), Shape(3, 9, 9)).reports
    np.testing.assert_array_equal(
        weights.load_weights(report, seed=0, design="d", checkpoint=proceed)["weight"], square
    )
    [text] = weights.weight_notices(report)
    assert "shape (3, 3, 3, 3) and is read as OIHW (PyTorch, ONNX, Caffe); it also fits HWIO, layout = " in text
    assert 'OHWI, layout = "ohwi" (TensorFlow Lite)' in text
    project = Project(NoiseInput((3, 9, 9)), (Design("d", Network((Node("c", layer, (), source(square)),))),))
    [notice] = check(project).notices
    assert (notice.place, notice.design, notice.node) == ("$.designs[0].nodes[0].weights", "d", "c")


def test_a_shape_that_only_a_statement_can_decide_is_asked_for(source):
    assert fitting_layouts((4, 4, 4, 6), (4, 6, 4, 4)) == ("ohwi",)
    assert fitting_layouts((1, 1, 4, 4), (4, 4, 1, 1)) == ("hwio",)
    twice = report_of(Conv2d(3, 3, groups=3, bias=False), source(np.zeros((3, 3, 3, 1), np.float32)), Shape(3, 9, 9))
    [text] = weights.weight_faults(twice)
    assert 'fits more than one layout: write layout = "ohwi" (TensorFlow Lite) or layout = "hwoi"' in text


def test_a_layout_that_does_not_fit_is_a_mistake_with_both_shapes(source):
    [text] = mistakes(CONV_LAYER, source(CONV, layout="hwio"))
    assert text.endswith('has shape (4, 8, 3, 5); this layer needs (3, 5, 8, 4) as HWIO, or layout = "oihw"')
    [text] = mistakes(DENSE_LAYER, source(MATRIX, layout="hwio"))
    assert text.endswith('has layout = "hwio"; for this layer "oi" or "io" is possible')
    texts = mistakes(BatchNorm(), source(CONV, layout="oihw"))
    assert any("batch_norm has no weight; leave layout out" in text for text in texts)
    [text] = mistakes(CONV_LAYER, source(CONV[:2]))
    assert text.endswith("has shape (2, 8, 3, 5); this layer needs (4, 8, 3, 5)")


def test_the_original_weights_of_a_fit_may_have_any_layout(source):
    kernel = RNG.standard_normal((6, 8, 3, 3)).astype(np.float32)

    def project(of):
        recipe = LowRankWeights("1x1+kxk", ("a", "b"), of)
        nodes = (Node("a", Conv2d(2, 1, bias=False), (), recipe), Node("b", Conv2d(6, 3, bias=False), (), recipe))
        return Project(NoiseInput((8, 9, 9)), (Design("d", Network(nodes)),))

    project_check = check(project(source(in_layout(kernel, "hwio"))))
    assert project_check.problems == ()
    [notice] = project_check.notices
    assert ("is read as HWIO" in notice.text, notice.node) == (True, "a")
