"""What each kind of layer is in an ONNX graph: one row a kind."""

from collections.abc import Callable
from math import inf
from typing import Any

import numpy as np

from engine.files.onnx_graphs import rename_captured
from engine.layers import (
    AdaptiveAvgPool2d,
    Add,
    AvgPool2d,
    ChannelPool,
    Concat,
    Conv2d,
    Dense,
    Div,
    Dropout,
    GlobalAvgPool2d,
    GlobalMaxPool2d,
    Maximum,
    MaxPool2d,
    Minimum,
    Mul,
    Opaque,
    Sub,
)
from engine.layers.opaque import NODE_ROLE
from engine.model_export.onnx_arrays import array_of_proto
from engine.model_export.onnx_functions import ONNX_FUNCTIONS
from engine.model_export.onnx_graph import REDUCED_AXES, SUM_AXES, OnnxKind, OnnxScope
from engine.model_export.onnx_moves import ONNX_MOVES
from engine.model_export.onnx_norms import ONNX_NORMS
from engine.model_export.windows import divisors, full_margins, mean_matrix


def _conv(at: OnnxScope) -> None:
    windows = at.planned.windows
    at.last(
        "Conv",
        at.maps(),
        *at.weights("weight", "bias"),
        kernel_shape=windows.kernel,
        strides=windows.stride,
        pads=windows.margins,
        dilations=windows.dilation,
        group=at.layer.groups,
    )


def _dense(at: OnnxScope) -> None:
    vector = at.vector()
    weights = at.weights("weight", "bias")
    if len(weights) == 1 and at.graph.opset < 11:  # where the bias is no option
        weights.append(at.constant("bias", np.zeros(at.layer.units)))
    at.last("Gemm", vector, *weights, transB=1, is_vector=True)


def _max_pool(at: OnnxScope) -> None:
    windows = at.planned.windows
    attributes: dict[str, Any] = {"kernel_shape": windows.kernel, "strides": windows.stride}
    if windows.dilation != (1, 1):
        attributes["dilations"] = windows.dilation
    maps, margins = at.maps(), full_margins(windows, at.received)
    if any(margin >= size for margin, size in zip(margins, windows.kernel * 2, strict=True)):
        # ONNX Runtime has margins below the size of the kernel alone.
        at.last("MaxPool", at.graph.padded(maps, margins, value=-inf), **attributes)
    else:
        at.last("MaxPool", maps, pads=margins, **attributes)


def _avg_pool(at: OnnxScope) -> None:
    """Rounding up is written as margins, as programs differ in what they then divide by."""
    windows = at.planned.windows
    attributes: dict[str, Any] = {
        "kernel_shape": windows.kernel,
        "strides": windows.stride,
        "pads": full_margins(windows, at.received),
        "count_include_pad": int(at.layer.count_padding),
    }
    counts = divisors(windows, at.received) if at.layer.count_padding else None
    size = windows.kernel[0] * windows.kernel[1]
    if counts is None or bool((counts == size).all()):
        at.last("AveragePool", at.maps(), **attributes)
        return
    mean = at.step("AveragePool", at.maps(), **attributes)
    at.last("Mul", mean, at.constant("divisors", size / counts))


def _global_avg_pool(at: OnnxScope) -> None:
    at.last("GlobalAveragePool", at.maps())


def _global_max_pool(at: OnnxScope) -> None:
    at.last("GlobalMaxPool", at.maps())


def _adaptive_avg_pool(at: OnnxScope) -> None:
    """Means of rows, then of columns: windows that share out a map are products of both."""
    windows = at.planned.windows
    if windows.uneven is None and windows.repeat == (1, 1):
        at.last("AveragePool", at.maps(), kernel_shape=windows.kernel, strides=windows.stride)
        return
    rows = at.constant("rows", mean_matrix(windows, 0, at.received))
    columns = at.constant("columns", mean_matrix(windows, 1, at.received).T)
    at.last("MatMul", at.step("MatMul", rows, at.maps()), columns)


def _channel_pool(at: OnnxScope) -> None:
    operator = f"Reduce{at.layer.function.title()}"
    if at.graph.opset < (SUM_AXES if operator == "ReduceSum" else REDUCED_AXES):
        at.last_elementwise(operator, *at.any_form(), axes=[1])
    else:
        at.last_elementwise(operator, *at.any_form(), at.constant("axes", [1], np.int64))


def _dropout(at: OnnxScope) -> None:
    at.last_elementwise("Identity", *at.any_form())


def _concat(at: OnnxScope) -> None:
    if at.layer.along == "channels":
        at.last_elementwise("Concat", *at.any_form(), axis=1)
    else:
        maps = [at.maps(index) for index in range(len(at.planned.inputs))]
        at.last("Concat", *maps, axis=1 + at.layer.axis)


def _add(at: OnnxScope) -> None:
    values = at.any_form()
    at.last_elementwise("Add" if len(values) == 2 else "Sum", *values)


def _mul(at: OnnxScope) -> None:
    first, *rest, last = at.any_form()
    for value in rest:
        first = at.step("Mul", first, value)
    at.last_elementwise("Mul", first, last)


def _joined(operator: str) -> Callable[[OnnxScope], None]:
    """All volumes in their order."""
    return lambda at: at.last_elementwise(operator, *at.any_form())


def _opaque(at: OnnxScope) -> None:
    """The graph that a run gives to ONNX Runtime, from volumes without a batch to the tensor."""
    name, graph = at.planned.name, at.graph
    model = _without_functions(graph.onnx.load_model_from_string(at.planned.arrays[NODE_ROLE][0].tobytes()))
    called = {"": ""}
    for index, value in enumerate(model.graph.input):
        shape = at.planned.input_shapes[index]
        called[value.name] = graph.reshaped(at.maps(index), f"{name}/input {index}", shape)
    for tensor in model.graph.initializer:
        called[tensor.name] = tensor.name = graph.new_name(f"{name}.{tensor.name}")
        graph.constants[tensor.name] = array_of_proto(tensor)
    for node in model.graph.node:
        for value in filter(None, node.output):
            called[value] = graph.new_name(f"{name}/{value}")
        node.input[:] = [called[value] for value in node.input]
        node.output[:] = [called[value] for value in node.output]
        rename_captured(node, called)
        node.name = node.output[0]
        graph.nodes.append(node)
    result = at.step("Cast", called[model.graph.output[0].name], to=graph.onnx.TensorProto.FLOAT)
    at.last("Reshape", result, at.constant("shape", (1, *at.planned.output_shape), np.int64))


def _without_functions(model: Any) -> Any:
    """The model with the nodes of an operator that its file defines in place of that."""
    if not model.functions:
        return model
    from onnx import inliner

    return inliner.inline_local_functions(model)


ONNX_KINDS: tuple[OnnxKind, ...] = (
    OnnxKind(Conv2d, _conv),
    OnnxKind(MaxPool2d, _max_pool),
    OnnxKind(AvgPool2d, _avg_pool),
    OnnxKind(GlobalAvgPool2d, _global_avg_pool),
    OnnxKind(GlobalMaxPool2d, _global_max_pool),
    OnnxKind(AdaptiveAvgPool2d, _adaptive_avg_pool),
    OnnxKind(ChannelPool, _channel_pool),
    OnnxKind(Dropout, _dropout),
    OnnxKind(Dense, _dense),
    OnnxKind(Concat, _concat),
    OnnxKind(Add, _add),
    OnnxKind(Sub, _joined("Sub")),
    OnnxKind(Mul, _mul),
    OnnxKind(Div, _joined("Div")),
    OnnxKind(Maximum, _joined("Max")),
    OnnxKind(Minimum, _joined("Min")),
    *ONNX_MOVES,
    *ONNX_FUNCTIONS,
    *ONNX_NORMS,
    OnnxKind(Opaque, _opaque),
)
