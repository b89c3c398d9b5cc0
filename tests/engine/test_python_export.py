"""Designs as Python modules: text that can be compiled, and arrays by the names that its modules have for them.

Whether other programs compute the same with it is in tests/models.
"""

import ast
import re

import pytest

from engine.files.arrays import read_headers
from engine.layers import Activation, Conv2d
from engine.model_export.export import ModelExport, model_format, write_model
from engine.network.graph import Node
from engine.run.request import RunRequest
from engine.text.problems import ProjectError
from tests.engine.exported_layers import BLOCKS, CASES, GROUPS, project_of
from tests.golden import golden


def written(project, out, format_id="pytorch"):
    """The text of the module, and the shapes of the arrays beside it by name."""
    write_model(ModelExport(RunRequest.of(project), project.designs[0].name, model_format(format_id), out))
    headers = read_headers(str(out.with_suffix(".safetensors")))
    return out.read_text(encoding="utf-8"), {name: head.shape for name, head in headers.items()}


@pytest.mark.parametrize("name", CASES)
def test_the_text_can_be_compiled_and_its_lines_end(name, tmp_path):
    for format_id in ("pytorch", "keras"):
        text, _ = written(CASES[name], tmp_path / "network.py", format_id)
        ast.parse(text)
        assert not re.search(r"[ \t]$", text, re.MULTILINE)
        assert text.endswith("\n")


@pytest.mark.parametrize("format_id", ["pytorch", "keras"])
def test_the_module_of_a_small_design_is_readable(format_id, tmp_path):
    text, _ = written(BLOCKS, tmp_path / "network.py", format_id)
    assert text == golden(f"network_{format_id}.py.txt", text)


def test_arrays_are_called_as_pytorch_does(tmp_path):
    _, shapes = written(BLOCKS, tmp_path / "network.py")
    assert shapes["layer1_0.conv1_bn.running_mean"] == (4,)
    assert shapes["_3a._3x3_reduce.weight"] == (3, 16, 1, 1)
    assert shapes["fc.bias"] == (5,)


def test_arrays_are_called_and_ordered_as_keras_does(tmp_path):
    _, shapes = written(BLOCKS, tmp_path / "network.py", "keras")
    assert shapes["layer1_0-conv1_bn.moving_mean"] == (4,)
    assert shapes["3a-3x3_reduce.kernel"] == (1, 1, 16, 3)
    assert shapes["fc.kernel"] == (11, 5)


def test_groups_that_run_alone_are_classes_and_functions_that_equal_ones_share(tmp_path):
    text, shapes = written(GROUPS, tmp_path / "network.py")
    assert re.findall(r"^class (\w+)", text, re.MULTILINE) == ["Layer1_0", "Network"]
    assert "self.layer1_1 = Layer1_0()  # layer1.1\n" in text
    assert "self.bn_1 = nn.BatchNorm2d(4)  # bn/1\n" in text
    assert "        out = F.relu(bn_1)" in text, "layer1.0_out is called out in the class of layer1.0"
    assert "a_joined = torch.cat([a_left, b], 1)" in text
    assert shapes["layer1_1.conv1.weight"] == (4, 4, 3, 3)
    text, shapes = written(GROUPS, tmp_path / "network.py", "keras")
    assert re.findall(r"^def (\w+)", text, re.MULTILINE)[:2] == ["make_layer1_0", "build"]
    assert shapes["layer1_1-conv1.kernel"] == (3, 3, 4, 4)


def test_names_that_python_or_every_module_has_are_changed_and_stay_in_a_comment(tmp_path):
    names = ("class", "train", "x", "7", "a/b", "a b", 'quote " and \\', "é", "é2")
    project = project_of(*(Node(name, Conv2d(4, 1)) for name in names), Node("…", Activation("relu")))
    text, shapes = written(project, tmp_path / "network.py")
    ast.parse(text)
    own = {name.partition(".")[0] for name in shapes}
    assert own == {"class_", "train_", "x_", "_7", "a_b", "a_b_2", "quote_and", "layer", "_2"}
    assert "  # quote ' and '\n" in text


def test_a_node_that_onnx_runtime_computes_has_no_counterpart(tmp_path):
    from onnx import helper

    from engine.onnx_files.importer import import_model
    from tests.engine.onnx_models import model_of, values
    from tests.engine.onnx_models import write_model as write_onnx

    model = model_of([helper.make_node("Cos", ["x"], ["y"], "cosine")], w=values(1, 1))
    project = import_model(write_onnx(tmp_path, model)).project
    for format_id, title in (("pytorch", "PyTorch"), ("keras", "Keras")):
        message = rf"layer 'cosine' \(opaque\) has no counterpart in {title}; choose another"
        with pytest.raises(ProjectError, match=message):
            written(project, tmp_path / "network.py", format_id)
        assert not (tmp_path / "network.py").exists()
