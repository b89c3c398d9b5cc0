"""What activations are in an ONNX graph: one row a function, and one a kind."""

from collections.abc import Callable
from math import pi, sqrt
from typing import Any

import numpy as np

from engine.layers import Activation, PRelu
from engine.model_export.onnx_graph import ROW_AXES, OnnxKind, OnnxScope

_CLIP_INPUTS = 11
"""The version of the operators from which on the limits of Clip are inputs."""
_CELU = 12
"""The version that has Celu."""


def _activation(at: OnnxScope) -> None:
    _FUNCTIONS[at.layer.function](at)


def _function(operator: str, **attributes: Any) -> Callable[[OnnxScope], None]:
    return lambda at: at.last_elementwise(operator, *at.any_form(), **attributes)


def _relu6(at: OnnxScope) -> None:
    _limit(at, 0.0, 6.0)


def _clip(at: OnnxScope) -> None:
    _limit(at, at.layer.low, at.layer.high)


def _limit(at: OnnxScope, low: float, high: float) -> None:
    if at.graph.opset < _CLIP_INPUTS:
        at.last_elementwise("Clip", *at.any_form(), min=low, max=high)
    else:
        at.last_elementwise("Clip", *at.any_form(), at.constant("min", low), at.constant("max", high))


def _leaky_relu(at: OnnxScope) -> None:
    at.last_elementwise("LeakyRelu", *at.any_form(), alpha=at.layer.slope)


def _hard_sigmoid(at: OnnxScope) -> None:
    at.last_elementwise("HardSigmoid", *at.any_form(), alpha=at.layer.factor, beta=at.layer.offset)


def _elu(at: OnnxScope) -> None:
    at.last_elementwise("Elu", *at.any_form(), alpha=at.layer.alpha)


def _celu(at: OnnxScope) -> None:
    (value,), alpha = at.any_form(), at.layer.alpha
    if at.graph.opset >= _CELU:
        at.last_elementwise("Celu", value, alpha=alpha)
        return
    number = at.constant("alpha", alpha)
    at.last_elementwise("Mul", at.step("Elu", at.step("Div", value, number)), number)


def _square(at: OnnxScope) -> None:
    _power(at, 2.0)


def _power(at: OnnxScope, exponent: float | None = None) -> None:
    number = at.layer.exponent if exponent is None else exponent
    at.last_elementwise("Pow", *at.any_form(), at.constant("exponent", number))


def _mish(at: OnnxScope) -> None:
    (value,) = at.any_form()
    at.last_elementwise("Mul", value, at.step("Tanh", at.step("Softplus", value)))


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


def _gelu_tanh(at: OnnxScope) -> None:
    (value,) = at.any_form()
    cube = at.step("Mul", at.step("Mul", value, value), value)
    inner = at.step("Add", value, at.step("Mul", cube, at.constant("cubic", 0.044715)))
    gate = at.step("Tanh", at.step("Mul", inner, at.constant("root", sqrt(2 / pi))))
    product = at.step("Mul", value, at.step("Add", gate, at.constant("one", 1)))
    at.last_elementwise("Mul", product, at.constant("half", 0.5))


def _softmax(at: OnnxScope) -> None:
    operator = _SOFTMAXES[at.layer.function]
    if at.layer.along != "channels":
        _softmax_of_maps(at, operator)
        return
    if at.is_vector or at.graph.opset >= ROW_AXES or at.received[1:] == (1, 1):
        at.last_elementwise(operator, *at.any_form(), axis=1)
        return
    rows = at.step(operator, at.step("Transpose", at.maps(), perm=[0, 2, 3, 1]), axis=3)
    at.last("Transpose", rows, perm=[0, 3, 1, 2])


def _softmax_of_maps(at: OnnxScope, operator: str) -> None:
    """Along the last axis, which every version takes alone: maps transposed for rows, and as rows for all pixels."""
    if at.layer.along == "columns":
        at.last(operator, at.maps(), axis=3)
    elif at.layer.along == "rows":
        rows = at.step("Transpose", at.maps(), perm=[0, 1, 3, 2])
        at.last("Transpose", at.step(operator, rows, axis=3), perm=[0, 1, 3, 2])
    else:
        flat = at.graph.reshaped(at.maps(), f"{at.planned.name}/pixels", (0, 0, -1))
        shares = at.step(operator, flat, axis=2)
        at.last("Reshape", shares, at.constant("shape", (0, *at.planned.output_shape), np.int64))


_SOFTMAXES = {"softmax": "Softmax", "log_softmax": "LogSoftmax"}

_FUNCTIONS: dict[str, Callable[[OnnxScope], None]] = {
    "relu": _function("Relu"),
    "relu6": _relu6,
    "leaky_relu": _leaky_relu,
    "elu": _elu,
    "celu": _celu,
    "selu": _function("Selu"),
    "clip": _clip,
    "sigmoid": _function("Sigmoid"),
    "hard_sigmoid": _hard_sigmoid,
    "tanh": _function("Tanh"),
    "silu": _silu,
    "hard_swish": _hard_swish,
    "mish": _mish,
    "gelu": _gelu,
    "gelu_tanh": _gelu_tanh,
    "softplus": _function("Softplus"),
    "softsign": _function("Softsign"),
    "abs": _function("Abs"),
    "neg": _function("Neg"),
    "square": _square,
    "sqrt": _function("Sqrt"),
    "reciprocal": _function("Reciprocal"),
    "power": _power,
    "exp": _function("Exp"),
    "log": _function("Log"),
    **dict.fromkeys(_SOFTMAXES, _softmax),
}


def _prelu(at: OnnxScope) -> None:
    slope = at.planned.arrays["slope"]
    values = slope if at.is_vector else slope.reshape(-1, 1, 1)
    at.last_elementwise("PRelu", *at.any_form(), at.constant("slope", values))


ONNX_FUNCTIONS: tuple[OnnxKind, ...] = (
    OnnxKind(Activation, _activation),
    OnnxKind(PRelu, _prelu),
)
