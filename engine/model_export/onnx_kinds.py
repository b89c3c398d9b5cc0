"""What each kind of layer is in an ONNX graph: one row a kind."""

from collections.abc import Callable
from math import inf, sqrt
from typing import Any

import numpy as np

from engine.layers import (
    Activation,
    AdaptiveAvgPool2d,
    Add,
    AvgPool2d,
    BatchNorm,
    Concat,
    Conv2d,
    Dense,
    Dropout,
    GlobalAvgPool2d,
    GlobalMaxPool2d,
    LocalResponseNorm,
    MaxPool2d,
    Mul,
    Opaque,
)
from engine.layers.opaque import NODE_ROLE
from engine.model_export.onnx_graph import ROW_AXES, OnnxKind, OnnxScope
from engine.model_export.onnx_moves import ONNX_MOVES
from engine.model_export.windows import divisors, full_margins, mean_matrix

_CLIP_INPUTS = 11
"""The version of the operators from which on the limits of Clip are inputs."""


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


def _activation(at: OnnxScope) -> None:
    _FUNCTIONS[at.layer.function](at)


def _function(operator: str, **attributes: Any) -> Callable[[OnnxScope], None]:
    return lambda at: at.last_elementwise(operator, *at.any_form(), **attributes)


def _relu6(at: OnnxScope) -> None:
    if at.graph.opset < _CLIP_INPUTS:
        at.last_elementwise("Clip", *at.any_form(), min=0.0, max=6.0)
    else:
        at.last_elementwise("Clip", *at.any_form(), at.constant("min", 0), at.constant("max", 6))


def _silu(at: OnnxScope) -> None:
    (value,) = at.any_form()
    at.last_elementwise("Mul", value, at.step("Sigmoid", value))


def _hard_swish(at: OnnxScope) -> None:
    (value,) = at.any_form()
    at.last_elementwise("Mul", value, at.step("HardSigmoid", value, alpha=1 / 6, beta=0.5))


def _gelu(at: OnnxScope) -> None:
    (value,) = at.any_form()
    erf = at.step("Erf", at.step("Div", value, at.constant("root", sqrt(2))))
    product = at.step("Mul", value, at.step("Add", erf, at.constant("one", 1)))
    at.last_elementwise("Mul", product, at.constant("half", 0.5))


def _softmax(at: OnnxScope) -> None:
    if at.is_vector or at.graph.opset >= ROW_AXES or at.received[1:] == (1, 1):
        at.last_elementwise("Softmax", *at.any_form(), axis=1)
        return
    rows = at.step("Softmax", at.step("Transpose", at.maps(), perm=[0, 2, 3, 1]), axis=3)
    at.last("Transpose", rows, perm=[0, 3, 1, 2])


_FUNCTIONS: dict[str, Callable[[OnnxScope], None]] = {
    "relu": _function("Relu"),
    "relu6": _relu6,
    "leaky_relu": _function("LeakyRelu", alpha=0.01),
    "sigmoid": _function("Sigmoid"),
    "tanh": _function("Tanh"),
    "silu": _silu,
    "hard_swish": _hard_swish,
    "gelu": _gelu,
    "softmax": _softmax,
}


def _batch_norm(at: OnnxScope) -> None:
    weights = at.weights("gamma", "beta", "mean", "var")
    at.last_elementwise("BatchNormalization", *at.any_form(), *weights, epsilon=at.layer.epsilon)


def _lrn(at: OnnxScope) -> None:
    layer = at.layer
    if layer.size % 2:
        at.last("LRN", at.maps(), size=layer.size, alpha=layer.alpha, beta=layer.beta, bias=layer.k)
        return
    # The operator is for odd sizes: the mean of squares over channels as rows of one map.
    channels, height, width = at.received
    square = at.step("Mul", at.maps(), at.maps())
    rows = at.graph.reshaped(square, f"{at.planned.name}/rows", (0, 1, channels, height * width))
    pads = [layer.size // 2, 0, (layer.size - 1) // 2, 0]
    mean = at.step("AveragePool", rows, kernel_shape=[layer.size, 1], pads=pads, count_include_pad=1)
    maps = at.graph.reshaped(mean, f"{at.planned.name}/means", (0, channels, height, width))
    base = at.step("Add", at.step("Mul", maps, at.constant("alpha", layer.alpha)), at.constant("k", layer.k))
    at.last("Div", at.maps(), at.step("Pow", base, at.constant("beta", layer.beta)))


def _dropout(at: OnnxScope) -> None:
    at.last_elementwise("Identity", *at.any_form())


def _concat(at: OnnxScope) -> None:
    at.last_elementwise("Concat", *at.any_form(), axis=1)


def _add(at: OnnxScope) -> None:
    values = at.any_form()
    at.last_elementwise("Add" if len(values) == 2 else "Sum", *values)


def _mul(at: OnnxScope) -> None:
    first, *rest, last = at.any_form()
    for value in rest:
        first = at.step("Mul", first, value)
    at.last_elementwise("Mul", first, last)


def _opaque(at: OnnxScope) -> None:
    """The graph that a run gives to ONNX Runtime, from volumes without a batch to the tensor."""
    name, graph = at.planned.name, at.graph
    model = graph.onnx.load_model_from_string(at.planned.arrays[NODE_ROLE][0].tobytes())
    called = {"": ""}
    for index, value in enumerate(model.graph.input):
        shape = at.planned.input_shapes[index]
        called[value.name] = graph.reshaped(at.maps(index), f"{name}/input {index}", shape)
    for tensor in model.graph.initializer:
        called[tensor.name] = tensor.name = graph.new_name(f"{name}.{tensor.name}")
        graph.constants[tensor.name] = tensor
    for node in model.graph.node:
        for value in filter(None, node.output):
            called[value] = graph.new_name(f"{name}/{value}")
        node.input[:] = [called[value] for value in node.input]
        node.output[:] = [called[value] for value in node.output]
        node.name = node.output[0]
        graph.nodes.append(node)
    result = at.step("Cast", called[model.graph.output[0].name], to=graph.onnx.TensorProto.FLOAT)
    at.last("Reshape", result, at.constant("shape", (1, *at.planned.output_shape), np.int64))


ONNX_KINDS: tuple[OnnxKind, ...] = (
    OnnxKind(Conv2d, _conv),
    OnnxKind(MaxPool2d, _max_pool),
    OnnxKind(AvgPool2d, _avg_pool),
    OnnxKind(GlobalAvgPool2d, _global_avg_pool),
    OnnxKind(GlobalMaxPool2d, _global_max_pool),
    OnnxKind(AdaptiveAvgPool2d, _adaptive_avg_pool),
    OnnxKind(Activation, _activation),
    OnnxKind(BatchNorm, _batch_norm),
    OnnxKind(LocalResponseNorm, _lrn),
    OnnxKind(Dropout, _dropout),
    OnnxKind(Dense, _dense),
    OnnxKind(Concat, _concat),
    OnnxKind(Add, _add),
    OnnxKind(Mul, _mul),
    *ONNX_MOVES,
    OnnxKind(Opaque, _opaque),
)
