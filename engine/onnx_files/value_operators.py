"""Operators of ONNX that compute each value from those at the same position, as layers: one row an operator."""

from collections.abc import Callable
from math import inf

import numpy as np

from engine.layers import Activation, Add, Layer, Mul, PRelu, Scale
from engine.network.weight_specs import FileWeights
from engine.onnx_files.operators import GATE, HARD_GATE, SCALE, Match, Operands, make_layer
from engine.onnx_files.tensors import NotNative, Tensor

_NO_LIMIT = 1e30


def _applied(operands: Operands, name: str, **numbers: float) -> Match:
    """A function of each value, with numbers as short as float32 tells them apart."""
    short = {number: float(str(np.float32(value))) for number, value in numbers.items()}
    tensor = operands.plain()
    return Match(make_layer(Activation, function=name, **short), (tensor,), tensor.axes)


def _function(name: str, **attributes: tuple[str, float]) -> Callable[[Operands], Match]:
    """A function of each value; its numbers are these attributes of the operator, with their defaults."""
    return lambda operands: _applied(
        operands, name, **{number: operands.setting(*attribute) for number, attribute in attributes.items()}
    )


def _clip(operands: Operands) -> Match:
    low, high = (operands.constant(index, name) for index, name in ((1, "min"), (2, "max")))
    limits = (-inf if low is None else float(low), inf if high is None else float(high))
    if limits[0] == 0 and (limits[1] == 6 or limits[1] > 3e38):
        return _applied(operands, "relu6" if limits[1] == 6 else "relu")
    # Beyond the range of our settings no finite value is cut off.
    return _applied(operands, "clip", low=max(limits[0], -_NO_LIMIT), high=min(limits[1], _NO_LIMIT))


def _hard_sigmoid(operands: Operands) -> Match:
    factor, offset = operands.setting("alpha", 0.2), operands.setting("beta", 0.5)
    if abs(factor - 1 / 6) < 1e-6:  # a file has it in single precision, or with few digits
        return _applied(operands, "hard_sigmoid", offset=offset)
    return _applied(operands, "hard_sigmoid", factor=factor, offset=offset)


def _gelu(operands: Operands) -> Match:
    return _applied(operands, "gelu_tanh" if operands.setting("approximate", "none") == "tanh" else "gelu")


def _prelu(operands: Operands) -> Match:
    tensor = operands.plain()
    name = operands.channel_name(1, tensor)
    layer = make_layer(PRelu, shared=_is_shared(operands, name, tensor))
    return Match(layer, (tensor,), tensor.axes, FileWeights(operands.path, slope=name))


def _multiplied(operands: Operands) -> Match:
    """The product of volumes, or of one and a number per channel."""
    constants = [index for index, name in enumerate(operands.node.inputs) if name in operands.constants]
    if len(constants) != 1 or len(operands.node.inputs) != 2:
        return _combined(Mul)(operands)
    tensor = operands.plain(1 - constants[0])
    name = operands.channel_name(constants[0], tensor)
    layer = make_layer(Scale, shared=_is_shared(operands, name, tensor))
    return Match(layer, (tensor,), tensor.axes, FileWeights(operands.path, gamma=name))


def _scale(operands: Operands) -> Match:
    """A product and a sum with a number per channel each, or with one for all."""
    tensor = operands.plain()
    gamma, bias = (operands.channel_name(index, tensor) for index in (1, 2))
    shared = _is_shared(operands, gamma, tensor)
    if shared != _is_shared(operands, bias, tensor):
        raise NotNative("it has a number per channel and one for all")
    layer = make_layer(Scale, bias=True, shared=shared)
    return Match(layer, (tensor,), tensor.axes, FileWeights(operands.path, gamma=gamma, bias=bias))


def _is_shared(operands: Operands, name: str, tensor: Tensor) -> bool:
    """Whether a constant is one number for several channels."""
    return tensor.volume.channels > 1 and operands.stored[name].size == 1


def _softmax(operands: Operands) -> Match:
    tensor = operands.plain()
    rank = len(tensor.axes)
    axis = operands.setting("axis", 1 if operands.opset < 13 else -1) % rank
    reached = "".join(tensor.axes[axis:]) if operands.opset < 13 else tensor.axes[axis]
    if reached != ("c" if tensor.volume.channels > 1 else ""):
        raise NotNative("it is over other axes than the channels")
    return Match(Activation("softmax"), (tensor,), tensor.axes)


def _combined(kind: type[Layer]) -> Callable[[Operands], Match]:
    """Inputs that are combined value by value, along axes of size 1 with one value for all."""

    def match(operands: Operands) -> Match:
        tensors = operands.every()
        if len({tensor.rank for tensor in tensors}) > 1:
            raise NotNative("its inputs have different numbers of axes")
        groups = [set(axis) - {""} for axis in zip(*(tensor.axes for tensor in tensors), strict=True)]
        layer = make_layer(kind)
        if max(map(len, groups)) > 1 or any(layer.mistakes([tensor.volume for tensor in tensors])):
            raise NotNative("the axes of its inputs do not correspond")
        return Match(layer, tuple(tensors), tuple("".join(group) for group in groups))

    return match


VALUE_OPERATORS: dict[str, Callable[[Operands], Match]] = {
    "Add": _combined(Add),
    "Sum": _combined(Add),
    "Mul": _multiplied,
    "Relu": _function("relu"),
    "Clip": _clip,
    "LeakyRelu": _function("leaky_relu", slope=("alpha", 0.01)),
    "PRelu": _prelu,
    "Elu": _function("elu", alpha=("alpha", 1.0)),
    "Sigmoid": _function("sigmoid"),
    "Tanh": _function("tanh"),
    "HardSigmoid": _hard_sigmoid,
    "HardSwish": _function("hard_swish"),
    "Mish": _function("mish"),
    "Gelu": _gelu,
    "Softmax": _softmax,
    GATE: _function("silu"),
    HARD_GATE: _function("hard_swish"),
    SCALE: _scale,
}
"""Each raises NotNative with the reason if a node is beyond what our layer does."""
