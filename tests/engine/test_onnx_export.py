"""Designs as ONNX models: the standard's checker accepts them, and ONNX Runtime computes what our run does."""

import numpy as np
import onnx
import onnxruntime
import pytest

from engine.layers import IMPORTED_LAYERS, LAYERS, Activation, Conv2d, Resize
from engine.model_export.export import MODEL_FORMATS, ModelExport, model_format, write_model
from engine.model_export.keras_kinds import KERAS_KINDS
from engine.model_export.onnx_kinds import ONNX_KINDS
from engine.model_export.onnx_writer import onnx_content
from engine.model_export.plan import WeightLoader, export_plan
from engine.model_export.torch_kinds import TORCH_KINDS
from engine.network.graph import INPUT, Network, Node
from engine.network.node_ref import STEM
from engine.onnx_files.importer import import_model
from engine.run.cache import VolumeCache
from engine.run.execute import run_all
from engine.run.request import RunRequest
from engine.text.problems import ProjectError
from tests.engine.exported_layers import CASES, CHAIN, project_of, with_values
from tests.engine.onnx_models import model_of, values
from tests.engine.onnx_models import write_model as write_onnx


def exported(project, out, format_id="onnx", design=None):
    """Write a design, and return what a run computes by node."""
    request = RunRequest.of(project)
    name = project.designs[0].name if design is None else design
    write_model(ModelExport(request, name, model_format(format_id), out))
    return {ref: done.volume for ref, done in run_all(request, lambda event: None).items()}


def outputs_of(path, received):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    session = onnxruntime.InferenceSession(str(path), options, ["CPUExecutionProvider"])
    names = [value.name for value in session.get_outputs()]
    return dict(zip(names, session.run(names, {INPUT: received[None]}), strict=True))


def error_of(output, volume):
    return float(np.abs(output.reshape(volume.shape) - volume).max()) / float(np.abs(volume).max())


@pytest.mark.parametrize("name", CASES)
def test_onnx_runtime_computes_what_a_run_does(name, tmp_path):
    volumes = exported(with_values(CASES[name], tmp_path), tmp_path / "model.onnx")
    outputs = outputs_of(tmp_path / "model.onnx", volumes[STEM, INPUT])
    assert outputs
    for layer, output in outputs.items():
        assert error_of(output, volumes["design", layer]) < 1e-5, layer


def test_names_and_shapes_are_those_of_the_design(tmp_path):
    exported(CHAIN, tmp_path / "model.onnx")
    model = onnx.load(tmp_path / "model.onnx")
    names = {node.name for node in model.graph.node}
    assert {node.name for node in CHAIN.designs[0].network.nodes} <= names
    assert {"layer1.0.conv.weight", "bn/1.gamma", "fc2.bias"} <= {tensor.name for tensor in model.graph.initializer}
    shapes = {
        value.name: [dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim]
        for value in (*model.graph.input, *model.graph.output)
    }
    assert shapes == {"input": ["batch", 4, 8, 7], "softmax": ["batch", 9], "means": ["batch", 6, 1, 1]}
    assert (model.graph.name, model.graph.doc_string, model.producer_name) == ("design", "Chain", "Convolume")


def test_the_stem_comes_before_the_design_and_is_renamed_where_names_are_equal(tmp_path):
    stem = Network(
        (Node("conv", Conv2d(6, 3)), Node("unused", Conv2d(2, 1)), Node("relu", Activation("relu"), ("conv",)))
    )
    project = project_of(Node("conv", Conv2d(3, 1)), stem=stem)
    volumes = exported(project, tmp_path / "model.onnx")
    (output,) = outputs_of(tmp_path / "model.onnx", volumes[STEM, INPUT]).values()
    assert error_of(output, volumes["design", "conv"]) < 1e-5
    assert [node.name for node in onnx.load(tmp_path / "model.onnx").graph.node] == ["stem/conv", "relu", "conv"]


def test_the_stem_alone_can_be_exported(tmp_path):
    project = project_of(Node("a", Conv2d(3, 1)), stem=Network((Node("conv", Conv2d(6, 3)),)))
    volumes = exported(project, tmp_path / "model.onnx", design=STEM)
    (output,) = outputs_of(tmp_path / "model.onnx", volumes[STEM, INPUT]).values()
    assert error_of(output, volumes[STEM, "conv"]) < 1e-5


@pytest.mark.parametrize("opset", [12, 14])
def test_a_node_that_onnx_runtime_computes_is_taken_over_with_its_version(opset, tmp_path):
    nodes = [
        onnx.helper.make_node("Conv", ["x", "w"], ["c"], "conv"),
        onnx.helper.make_node("Cos", ["c"], ["s"], "cosine"),
        onnx.helper.make_node("Einsum", ["s", "v"], ["y"], "einsum", equation="bchw,cd->bdhw"),
    ]
    source = write_onnx(
        tmp_path, model_of(nodes, opset=opset, w=values(1, 4, 3, 3, 3), v=values(2, 4, 2)), "source.onnx"
    )
    imported = import_model(source).project
    project = project_of(
        *imported.designs[0].network.nodes, Node("more", Conv2d(2, 1)), Node("larger", Resize()), shape=(3, 8, 8)
    )
    request = RunRequest.of(project)
    weights = WeightLoader(request, VolumeCache(), lambda: None, lambda *_: None)
    content = onnx_content(weights.load(export_plan(request, "design")), lambda: None)
    (tmp_path / "model.onnx").write_bytes(b"".join(content))
    volumes = {ref: done.volume for ref, done in run_all(request, lambda event: None).items()}
    (output,) = outputs_of(tmp_path / "model.onnx", volumes[STEM, INPUT]).values()
    assert error_of(output, volumes["design", "larger"]) < 1e-5
    assert [entry.version for entry in onnx.load(tmp_path / "model.onnx").opset_import] == [opset]


@pytest.mark.parametrize(
    ("rows", "kinds"),
    [(ONNX_KINDS, (*LAYERS, *IMPORTED_LAYERS)), (TORCH_KINDS, LAYERS), (KERAS_KINDS, LAYERS)],
    ids=["ONNX_KINDS", "TORCH_KINDS", "KERAS_KINDS"],
)
def test_every_kind_of_layer_has_a_row(rows, kinds):
    """Whoever adds a kind adds its rows: see CONTRIBUTING, "a layer kind"."""
    assert {kind.__name__ for kind in kinds} == {row.kind.__name__ for row in rows}


def test_a_kind_without_a_row_is_refused_by_name(tmp_path, monkeypatch):
    monkeypatch.setattr("engine.model_export.onnx_writer.ONNX_KINDS", ())
    with pytest.raises(ProjectError, match=r"layer 'layer1.0.conv' \(conv2d\) has no counterpart in ONNX"):
        exported(CHAIN, tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_a_design_with_a_mistake_is_refused_with_its_place(tmp_path):
    project = project_of(Node("conv", Conv2d(4, 3, groups=3)))
    with pytest.raises(ProjectError, match=r"\$\.designs\[0\]\.nodes\[0\]\.groups: conv: "):
        write_model(ModelExport(RunRequest.of(project), "design", MODEL_FORMATS[0], tmp_path / "model.onnx"))


def test_a_cancelled_export_writes_nothing(tmp_path):
    def checkpoint():
        raise InterruptedError

    export = ModelExport(RunRequest.of(CHAIN), "design", MODEL_FORMATS[0], tmp_path / "model.onnx")
    with pytest.raises(InterruptedError):
        write_model(export, checkpoint=checkpoint)
    assert not list(tmp_path.iterdir())
