"""A run beside what ONNX Runtime computes with the model: batches, types, and values that are no numbers."""

import numpy as np
import pytest
from onnx import TensorProto, helper

from engine.onnx_files.importer import import_model
from engine.onnx_files.verification import OwnInput, Verification, run_and_verify
from engine.run.cache import VolumeCache
from tests.engine.onnx_models import model_of, values, write_model

node = helper.make_node
W = values(1, 4, 3, 3, 2)


def verification(tmp_path, model) -> Verification:
    project = import_model(write_model(tmp_path, model)).project
    *_, last = run_and_verify(project, project.designs[0].name, VolumeCache(), lambda: None)
    assert isinstance(last, Verification)
    return last


@pytest.mark.parametrize("sizes", [(4, -1), (4, 168), (0, -1)], ids=str)
def test_a_model_for_batches_of_four_is_one_for_a_single_input(tmp_path, sizes):
    nodes = [
        node("Conv", ["x", "w"], ["c"], "c"),
        node("Reshape", ["c", "sizes"], ["f"], "f"),
        node("Gemm", ["f", "g"], ["y"], "y", transB=1),
    ]
    model = model_of(nodes, (4, 3, 8, 9), w=values(1, 4, 3, 2, 4), sizes=np.array(sizes), g=values(2, 5, 168))
    model.graph.output[0].CopyFrom(helper.make_tensor_value_info("y", TensorProto.FLOAT, (4, 5)))
    result = verification(tmp_path, model)
    assert result.is_passed
    assert set(result.errors) == {"c", "y"}


def test_a_model_that_receives_half_precision_is_compared_with_the_rounding_of_that(tmp_path):
    model = model_of([node("Conv", ["x", "w"], ["y"], "c")], w=W.astype(np.float16))
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.elem_type = TensorProto.FLOAT16
    result = verification(tmp_path, model)
    assert result.is_passed
    assert 1e-5 < result.errors["c"] < 1e-3


def test_values_that_are_no_numbers_in_both_are_equal(tmp_path):
    nodes = [
        node("Conv", ["x", "w"], ["c"], "c"),
        node("Log", ["c"], ["l"], "l"),
        node("Div", ["l", "zero"], ["y"], "y"),
    ]
    result = verification(tmp_path, model_of(nodes, w=W, zero=np.float32(0)))
    assert result.is_passed
    assert max(result.errors.values()) < 1e-5


def test_a_volume_that_is_not_finite_is_wrong_whatever_the_runtime_computes():
    infinity = float("inf")
    assert not OwnInput(infinity, (infinity, infinity)).is_right
    assert OwnInput(0.1, (0.05, infinity)).is_right
