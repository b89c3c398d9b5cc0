"""What activations and other layers of one value each are in an ONNX graph: one row a function or kind."""

from collections.abc import Callable
from math import pi, sqrt
from typing import Any

from engine.layers import Activation, PRelu, Scale
from engine.model_export.onnx_graph import ROW_AXES, OnnxKind, OnnxScope

_CLIP_INPUTS = 11
"""The version of the operators from which on the limits of Clip are inputs."""


def _activation(at: OnnxScope) -> None:
    _FUNCTIONS[at.layer.function](at)


def _function(operator: str, **attributes: Any) -> Callable[[OnnxScope], None]:
    return lambda at: at.last_elementwise(operator, *at.any_form(), **attributes)


def _relu6(at: OnnxScope) -> None:
    _write_clip(at, 0.0, 6.0)


def _clip(at: OnnxScope) -> None:
    _write_clip(at, at.layer.low, at.layer.high)


def _write_clip(at: OnnxScope, low: float, high: float) -> None:
    if at.graph.opset < _CLIP_INPUTS:
        at.last_elementwise("Clip", *at.any_form(), min=low, max=high)
    else:
        at.last_elementwise("Clip", *at.any_form(), at.constant("min", low), at.constant("max", high))


def _leaky_relu(at: OnnxScope) -> None:
    at.last_elementwise("LeakyRelu", *at.any_form(), alpha=at.layer.slope)


def _elu(at: OnnxScope) -> None:
    at.last_elementwise("Elu", *at.any_form(), alpha=at.layer.alpha)


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
    """``x · (1 + tanh(u)) / 2``, with ``u = √(2/π) · x · (1 + 0.044715 x²)``."""
    (value,) = at.any_form()
    square = at.step("Mul", value, value)
    factor = at.step("Add", at.step("Mul", square, at.constant("cubic", 0.044715)), at.constant("one", 1))
    scaled = at.step("Mul", value, at.constant("root", sqrt(2 / pi)))
    tanh = at.step("Tanh", at.step("Mul", scaled, factor))
    product = at.step("Mul", value, at.step("Add", tanh, at.constant("one", 1)))
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
    "leaky_relu": _leaky_relu,
    "elu": _elu,
    "clip": _clip,
    "sigmoid": _function("Sigmoid"),
    "hard_sigmoid": _function("HardSigmoid", alpha=1 / 6, beta=0.5),
    "tanh": _function("Tanh"),
    "silu": _silu,
    "hard_swish": _hard_swish,
    "mish": _mish,
    "gelu": _gelu,
    "gelu_tanh": _gelu_tanh,
    "softmax": _softmax,
}


def _per_channel(at: OnnxScope, role: str) -> str:
    """The constant of a role, so that it is broadcast along the channels."""
    array = at.planned.arrays[role]
    return at.constant(role, array if at.is_vector else array.reshape(-1, 1, 1), array.dtype)


def _prelu(at: OnnxScope) -> None:
    at.last_elementwise("PRelu", *at.any_form(), _per_channel(at, "slope"))


def _scale(at: OnnxScope) -> None:
    (value,) = at.any_form()
    if "bias" not in at.planned.arrays:
        at.last_elementwise("Mul", value, _per_channel(at, "gamma"))
        return
    scaled = at.step("Mul", value, _per_channel(at, "gamma"))
    at.last_elementwise("Add", scaled, _per_channel(at, "bias"))


ONNX_FUNCTIONS: tuple[OnnxKind, ...] = (
    OnnxKind(Activation, _activation),
    OnnxKind(PRelu, _prelu),
    OnnxKind(Scale, _scale),
)
