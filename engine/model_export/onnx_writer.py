"""Writes a planned network as an ONNX model of its own."""

from collections.abc import Mapping
from typing import Any

from engine.files.onnx_model import require_onnx
from engine.kernels import Checkpoint
from engine.layers.opaque import NODE_ROLE
from engine.model_export.checker import checker_fault
from engine.model_export.kinds import find_row
from engine.model_export.onnx_graph import OnnxGraph, OnnxScope
from engine.model_export.onnx_kinds import ONNX_KINDS
from engine.model_export.plan import ExportPlan
from engine.model_export.wire import Bytes, field_parts
from engine.network.graph import INPUT
from engine.shapes import Shape
from engine.text.names import quoted
from engine.text.problems import Problem, ProjectError

_OPSET, _IR_VERSION = 17, 8
"""The oldest that have all operators that layers need, so that older programs read the model as well."""
_MAX_BYTES = 2**31 - 1
"""The largest message of protobuf."""
_GRAPH = 7
"""Number of the field in a model."""
_BATCH = "batch"


def onnx_content(plan: ExportPlan, checkpoint: Checkpoint) -> list[Bytes]:
    """The model of a plan with arrays, in parts, checked as the standard asks.

    Its input is N×C×H×W, with any N unless the network has a node that ONNX Runtime computes.

    Raises
    ------
    ProjectError
        A layer has no counterpart in ONNX, or the model would be too large for a file.
    """
    opsets = _opsets(plan)
    graph = OnnxGraph(opsets[""], names=[INPUT, *(layer.name for layer in plan.layers)])
    graph.know(INPUT, INPUT, plan.input_shape)
    for layer in plan.layers:
        checkpoint()
        find_row(layer, ONNX_KINDS, "ONNX").add(OnnxScope(graph, layer))
    shapes = {layer.name: layer.output_shape for layer in plan.layers}
    batch: str | int = 1 if any(layer.layer.runs_node for layer in plan.layers) else _BATCH
    arrays = list(graph.constants.values())
    size = sum(array.size for array in arrays)
    if size > _MAX_BYTES:
        text = f"{plan.design}: an ONNX file has at most {_MAX_BYTES:,} bytes, the weights of this model {size:,}"
        raise ProjectError([Problem(f"{text}; safetensors has no such limit", "$.designs")])
    built = graph.onnx.helper.make_graph(
        graph.nodes,
        plan.design,
        [_value(graph, INPUT, plan.input_shape, batch)],
        [_value(graph, name, shapes[name], batch) for name in plan.outputs],
        doc_string=plan.title,
    ).SerializeToString()
    # Large arrays are inputs for the checker, of the same type and shape.
    small = [part for array in arrays for part in ([array.input_field] if array.is_large else array.parts)]
    fault = checker_fault(b"".join(_model(graph, opsets, [built, *small])))
    assert not fault, fault
    return _model(graph, opsets, [built, *(part for array in arrays for part in array.parts)])


def _model(graph: OnnxGraph, opsets: Mapping[str, int], parts: list[Bytes]) -> list[Bytes]:
    """A model with the graph of these parts."""
    onnx = graph.onnx
    entries = [onnx.helper.make_opsetid(domain, version) for domain, version in opsets.items()]
    head = onnx.ModelProto(ir_version=_IR_VERSION, producer_name="Convolume", opset_import=entries)
    return [head.SerializeToString(), *field_parts(_GRAPH, parts)]


def _value(graph: OnnxGraph, name: str, shape: Shape, batch: str | int) -> Any:
    sizes = (batch, shape.size) if graph.is_vector(name) else (batch, *shape)
    return graph.onnx.helper.make_tensor_value_info(name, graph.onnx.TensorProto.FLOAT, sizes)


def _opsets(plan: ExportPlan) -> Mapping[str, int]:
    """The version per domain: those of the nodes of other models, which have to agree."""
    opsets: dict[str, int] = {}
    for layer in plan.layers:
        if not layer.layer.runs_node:
            continue
        for domain, version in _node_opsets(layer.arrays[NODE_ROLE]).items():
            if opsets.setdefault(domain, version) != version:
                name = quoted(domain or "ai.onnx")
                text = f"{layer.title} is of version {version} of {name}, another one of {opsets[domain]}"
                raise ProjectError([Problem(f"{text}; one model has one version", "$.designs", *layer.ref)])
    return {"": _OPSET} | opsets


def _node_opsets(content: Any) -> Mapping[str, int]:
    model = require_onnx().load_model_from_string(content[0].tobytes())
    return {"" if entry.domain == "ai.onnx" else entry.domain: entry.version for entry in model.opset_import}
