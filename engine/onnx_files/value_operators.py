"""Operators of ONNX that compute each value from those at the same position, as layers: one row an operator."""

from collections.abc import Callable
from math import inf, prod

import numpy as np
from msgspec.structs import replace

from engine.files.onnx_constants import opposite_name, sign_name
from engine.kernels.activations import SELU_ALPHA, SELU_FACTOR
from engine.layers import Activation, Add, Div, Layer, Maximum, Minimum, Mul, PRelu, Scale, Sub
from engine.network.weight_specs import FileWeights
from engine.onnx_files.operands import GATE, HARD_GATE, SCALE, Match, Operands, make_layer
from engine.onnx_files.tensors import NotNative, Tensor

SKIPPED = {"Identity": "passes its input on", "Dropout": "does nothing when run"}
"""Operators that are no layers, and why."""
_DROPOUT_MODE = 2
"""Which input of Dropout says whether it drops values."""
_NO_LIMIT = 1e30


def why_skipped(operands: Operands) -> str:
    """Why a node of these operators is no layer; NotNative if it does more than to pass on its first input."""
    training = operands.constant(_DROPOUT_MODE)
    if training is not None and training.any():
        raise NotNative("it drops values at random, as in training")
    if any(operands.node.outputs[1:]):
        raise NotNative("its second output, which of its values it keeps, is used")
    return SKIPPED[operands.node.operator]


def _applied(operands: Operands, name: str, value: int = 0, **numbers: float) -> Match:
    """A function of each value of an input, with numbers as short as float32 tells them apart."""
    short = {number: float(str(np.float32(value))) for number, value in numbers.items()}
    tensor = operands.tensor(value)
    tensor.require_no_margins()
    return Match(make_layer(Activation, function=name, **short), (tensor,), tensor.axes, dims=tensor.dims)


def _function(name: str, **attributes: tuple[str, float]) -> Callable[[Operands], Match]:
    """A function of each value; its numbers are these attributes of the operator, with their defaults."""
    return lambda operands: _applied(
        operands, name, **{number: operands.setting(*attribute) for number, attribute in attributes.items()}
    )


def _clip(operands: Operands) -> Match:
    low, high = (operands.constant(index, name) for index, name in ((1, "min"), (2, "max")))
    limits = (-inf if low is None else float(low), inf if high is None else float(high))
    if limits[0] > limits[1]:
        raise NotNative(f"its min, {limits[0]:g}, is above its max, {limits[1]:g}")
    return _limited(operands, *limits)


def _limited(operands: Operands, low: float, high: float, value: int = 0) -> Match:
    if low == 0 and (high == 6 or high > 3e38):
        return _applied(operands, "relu6" if high == 6 else "relu", value)
    # Beyond the range of our settings no finite value is cut off.
    return _applied(operands, "clip", value, low=max(low, -_NO_LIMIT), high=min(high, _NO_LIMIT))


def _extreme(kind: type[Layer]) -> Callable[[Operands], Match]:
    """The largest or smallest of several volumes, or a volume with a number as its lower or upper limit."""

    def match(operands: Operands) -> Match:
        numbers = [index for index, name in enumerate(operands.node.inputs) if name in operands.constants]
        if not numbers:
            return _combined(kind)(operands)
        limit, value = operands.constants[operands.node.inputs[numbers[0]]], 1 - numbers[0]
        is_number = len(operands.node.inputs) == 2 and limit.size == 1
        if not is_number or limit.ndim > operands.tensor(value).rank:
            raise NotNative("it has other constants than one number")
        number = float(limit.reshape(()))
        return _limited(operands, *((number, inf) if kind is Maximum else (-inf, number)), value)

    return match


def _selu(operands: Operands) -> Match:
    numbers = operands.setting("alpha", SELU_ALPHA), operands.setting("gamma", SELU_FACTOR)
    if not np.allclose(numbers, (SELU_ALPHA, SELU_FACTOR), rtol=1e-6):
        raise NotNative(f"its alpha and gamma are {numbers[0]:g} and {numbers[1]:g}")
    return _applied(operands, "selu")


def _power(operands: Operands) -> Match:
    exponent = operands.constant(1)
    if exponent is None or exponent.size != 1 or exponent.ndim > operands.tensor().rank:
        raise NotNative("its exponent is no single number")
    number = float(exponent.reshape(()))
    return _applied(operands, _POWERS[number]) if number in _POWERS else _applied(operands, "power", exponent=number)


_POWERS = {2.0: "square", 0.5: "sqrt", -1.0: "reciprocal"}
"""Functions by exponent."""


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


def _with_constant(kind: type[Layer], role: str) -> Callable[[Operands], Match]:
    """What combines volumes, or one with a number per channel, which is that role of a scale."""

    def match(operands: Operands) -> Match:
        constants = [index for index, name in enumerate(operands.node.inputs) if name in operands.constants]
        if len(constants) != 1 or len(operands.node.inputs) != 2:
            return _combined(kind)(operands)
        return _scaled(operands, 1 - constants[0], **{role: constants[0]})

    return match


def _without_constant(kind: type[Layer], role: str) -> Callable[[Operands], Match]:
    """The difference or quotient of two volumes, or of one and constants, whose opposite is that role of a scale."""

    def match(operands: Operands) -> Match:
        operator, (value, constant) = operands.node.operator, operands.node.inputs
        if value in operands.constants and operator == "Sub":
            negative = replace(operands.node, inputs=(constant, sign_name(value), value))
            return _scaled(replace(operands, node=negative), 0, gamma=1, bias=2)
        if value in operands.constants:
            numerator = operands.constants[value]
            if numerator.size == 1 and numerator.reshape(()) == 1 and numerator.ndim <= operands.tensor(1).rank:
                return _applied(operands, "reciprocal", 1)
            raise NotNative("it divides a constant other than 1 by a volume")
        if constant not in operands.constants:
            return _combined(kind)(operands)
        opposite = replace(operands.node, inputs=(value, opposite_name(operator, constant)))
        return _scaled(replace(operands, node=opposite), 0, **{role: 1})

    return match


def _scaled(operands: Operands, value: int, **constants: int) -> Match:
    """A scale of one input by those that are its roles, each a number per channel or pixel, or each one for all."""
    tensor = operands.plain(value)
    positions = [_positions(operands, index, tensor) for index in constants.values()]
    by_position = all(positions)
    single = "".join({"h", "w"} & set(tensor.letters) - set().union(*positions)) if by_position else ""
    names = {
        role: operands.position_name(index, tensor, single) if by_position else operands.channel_name(index, tensor)
        for role, index in constants.items()
    }
    values = prod(tensor.sizes[letter] for letter in "hw" if by_position and letter != single)
    shared, *others = {_is_shared(operands, name, tensor, values) for name in names.values()}
    if others:
        raise NotNative("it has a number per channel and one for all")
    flags = {"factor": "gamma" in names, "bias": "bias" in names, "shared": shared, "by_position": by_position}
    layer = make_layer(Scale, **flags, each=_EACH[single])
    weights = FileWeights(operands.path, gamma=names.get("gamma", ""), bias=names.get("bias", ""))
    return Match(layer, (tensor,), tensor.axes, weights)


def _scale(operands: Operands) -> Match:
    return _scaled(operands, 0, gamma=1, bias=2)


_EACH = {"": "pixel", "w": "row", "h": "column"}
"""What has a number of its own, by the axis along which there is one for all."""


def _positions(operands: Operands, index: int, tensor: Tensor) -> set[str]:
    """The axes of maps along which a constant has several numbers."""
    shape = operands.stored[operands.stored_name(index)].shape
    own = zip(tensor.axes[::-1], shape[::-1], strict=False)
    return {axis for axis, size in own if size > 1 and axis in ("h", "w")}


def _is_shared(operands: Operands, name: str, tensor: Tensor, values: int = 1) -> bool:
    """Whether a constant with so many values for each channel has the same ones for several channels."""
    return tensor.volume.channels > 1 and operands.stored[name].size == values


def _softmax(name: str) -> Callable[[Operands], Match]:
    return lambda operands: _shares(operands, name)


def _shares(operands: Operands, name: str) -> Match:
    tensor = operands.plain()
    rank = len(tensor.axes)
    axis = operands.setting("axis", 1 if operands.opset < 13 else -1) % rank
    reached = "".join(tensor.axes[axis:]) if operands.opset < 13 else tensor.axes[axis]
    # Along an axis of one value, all are 1, whichever axis of the volume that is.
    unused = next((letter for letter, size in tensor.sizes.items() if size == 1), "")
    along = _SOFTMAX_AXES.get("".join(sorted(reached or unused)))
    if along is None:
        raise NotNative("it is over other axes than the channels, the rows, the columns, or all pixels")
    return Match(make_layer(Activation, function=name, along=along), (tensor,), tensor.axes)


_SOFTMAX_AXES = {"c": "channels", "h": "rows", "w": "columns", "hw": "pixels"}


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
        _require_sizes(operands, tensors)
        return Match(layer, tuple(tensors), tuple("".join(group) for group in groups))

    return match


def _require_sizes(operands: Operands, tensors: list[Tensor]) -> None:
    """Raise NotNative if copies of an operand, in whose place a pattern has found that, make the result larger."""
    shape = np.broadcast_shapes(*(tensor.shape for tensor in tensors))
    for name in operands.setting("sizes", ()):
        size = operands.constants.get(name)
        whole = [] if size is None else [int(extent) for extent in np.ravel(size)]
        if len(whole) == len(shape) and whole[0] == operands.batch:
            whole[0] = 1
        if not whole or len(whole) > len(shape) or np.broadcast_shapes(shape, whole) != shape:
            raise NotNative("the size to which an operand is repeated is not that of the others")


VALUE_OPERATORS: dict[str, Callable[[Operands], Match]] = {
    "Add": _with_constant(Add, "bias"),
    "Sum": _combined(Add),
    "Sub": _without_constant(Sub, "bias"),
    "Mul": _with_constant(Mul, "gamma"),
    "Div": _without_constant(Div, "gamma"),
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
    "Celu": _function("celu", alpha=("alpha", 1.0)),
    "Selu": _selu,
    "Softplus": _function("softplus"),
    "Softsign": _function("softsign"),
    "Abs": _function("abs"),
    "Neg": _function("neg"),
    "Sqrt": _function("sqrt"),
    "Reciprocal": _function("reciprocal"),
    "Pow": _power,
    "Exp": _function("exp"),
    "Log": _function("log"),
    "Max": _extreme(Maximum),
    "Min": _extreme(Minimum),
    "Softmax": _softmax("softmax"),
    "LogSoftmax": _softmax("log_softmax"),
    GATE: _function("silu"),
    HARD_GATE: _function("hard_swish"),
    SCALE: _scale,
}
"""Each raises NotNative with the reason if a node is beyond what our layer does."""
