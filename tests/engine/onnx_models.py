"""Small ONNX models for tests, and what ONNX Runtime computes with them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from engine.network.graph import INPUT
from engine.onnx_files.importer import ImportedModel
from engine.onnx_files.tensors import volume_of
from engine.run.execute import run_all
from engine.run.request import RunRequest


def model_of(
    nodes: Sequence[onnx.NodeProto],
    shape: Sequence[int | str] = (1, 3, 8, 8),
    *,
    output: str = "y",
    opset: int = 17,
    **arrays: np.ndarray,
) -> onnx.ModelProto:
    """A model from "x" of this shape to `output`, with arrays by name."""
    graph = helper.make_graph(
        list(nodes),
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in arrays.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def write_model(folder: Path, model: onnx.ModelProto, name: str = "model.onnx") -> Path:
    path = folder / name
    path.write_bytes(model.SerializeToString())
    return path


def values(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def errors_against_runtime(model: onnx.ModelProto, imported: ImportedModel) -> dict[str, float]:
    """The largest difference of each volume from that of ONNX Runtime, by the name of its value, over its largest."""
    project = imported.project
    results = run_all(RunRequest.of(project), lambda event: None)
    extended = onnx.ModelProto()
    extended.CopyFrom(model)
    made = {name for node in model.graph.node for name in node.output}
    tensors = {
        name: tensor
        for name, tensor in imported.tensors.items()
        if name in made and tensor.source != INPUT and not any(tensor.margins)
    }
    known = {value.name for value in model.graph.output}
    extended.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in tensors if name not in known)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    session = onnxruntime.InferenceSession(extended.SerializeToString(), options, ["CPUExecutionProvider"])
    entry = imported.tensors[session.get_inputs()[0].name]
    volume = next(result.volume for (_, name), result in results.items() if name == INPUT)
    received = volume.transpose(1, 2, 0)[None] if not entry.is_nchw else volume[None]
    computed = dict(zip(tensors, session.run(list(tensors), {session.get_inputs()[0].name: received}), strict=True))
    design = project.designs[0].name
    return {
        name: float(np.abs(volume_of(computed[name], tensor) - results[design, tensor.source].volume).max())
        / max(float(np.abs(computed[name]).max()), 1e-30)
        for name, tensor in tensors.items()
    }
