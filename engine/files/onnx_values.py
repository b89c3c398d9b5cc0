"""Rules of operators of ONNX for known values: weights that nodes make, and shape arithmetic."""

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from engine.files.onnx_model import Array, GraphNode

MAX_VALUES = 2**26
"""Values of an array that folding makes; those that are all equal take no memory, and may be more."""
_MAX_UNIFORM = 2**36


class CannotFold(Exception):
    """A value is not computed: its operator is unknown here, its settings are wrong, or it is too large."""


def fold(node: GraphNode, values: Mapping[str, Array]) -> dict[str, Array]:
    """The outputs of a node by name, if all that it receives is known; else nothing."""
    rule = _RULES.get(node.operator)
    if rule is None or node.has_graph or not all(name in values for name in node.inputs if name):
        return {}
    arguments = [values[name] if name else None for name in node.inputs]
    try:
        with np.errstate(all="ignore"):
            outputs = rule(arguments, node.settings)
    except (CannotFold, ValueError, TypeError, IndexError, KeyError, OverflowError, MemoryError, AttributeError):
        return {}  # settings or sizes that do not fit; whoever needs the value says so
    outputs = outputs if isinstance(outputs, list) else [outputs]
    return dict(zip(filter(None, node.outputs), outputs, strict=False))


_Arguments = Sequence[Any]
_Settings = Mapping[str, Any]
_Rule = Callable[[_Arguments, _Settings], Any]


def _require_size(shape: Sequence[int], most: int = MAX_VALUES) -> tuple[int, ...]:
    sizes = tuple(int(size) for size in shape)
    if min((*sizes, 0)) < 0 or prod(sizes) > most:
        raise CannotFold
    return sizes


def is_uniform(array: Array) -> bool:
    """Whether all values are one in memory."""
    return array.size > 1 and not any(
        stride for stride, size in zip(array.strides, array.shape, strict=True) if size > 1
    )


def _constant(_arguments: _Arguments, settings: _Settings) -> Any:
    for name, dtype in (("value_int", np.int64), ("value_ints", np.int64), ("value_float", np.float32)):
        if name in settings:
            return np.array(settings[name], dtype)
    return np.array(settings["value_floats"], np.float32) if "value_floats" in settings else settings["value"]


def _constant_of_shape(arguments: _Arguments, settings: _Settings) -> Array:
    value = settings.get("value", np.zeros(1, np.float32))
    return np.broadcast_to(value.reshape(()), _require_size(arguments[0], _MAX_UNIFORM))


def _reshape(arguments: _Arguments, settings: _Settings) -> Array:
    array = arguments[0]
    target = [int(size) for size in (arguments[1] if len(arguments) > 1 else settings["shape"])]
    if not settings.get("allowzero"):
        target = [array.shape[axis] if size == 0 else size for axis, size in enumerate(target)]
    if target.count(-1) == 1:
        target[target.index(-1)] = array.size // max(1, prod(size for size in target if size != -1))
    return _reshaped(array, target)


def _reshaped(array: Array, shape: Sequence[int]) -> Array:
    sizes = _require_size(shape, _MAX_UNIFORM)
    if prod(sizes) != array.size:
        raise CannotFold
    return np.broadcast_to(array.flat[0], sizes) if is_uniform(array) else array.reshape(sizes)


def _axes(arguments: _Arguments, settings: _Settings) -> tuple[int, ...] | None:
    axes = arguments[1] if len(arguments) > 1 else settings.get("axes")
    return None if axes is None else tuple(int(axis) for axis in axes)


def _unsqueeze(arguments: _Arguments, settings: _Settings) -> Array:
    axes = _axes(arguments, settings) or ()
    rank = arguments[0].ndim + len(axes)
    places = {axis % rank for axis in axes}
    sizes = iter(arguments[0].shape)
    return _reshaped(arguments[0], [1 if axis in places else next(sizes) for axis in range(rank)])


def _squeeze(arguments: _Arguments, settings: _Settings) -> Any:
    axes = _axes(arguments, settings)
    return np.squeeze(arguments[0], axes)


def _slice(arguments: _Arguments, settings: _Settings) -> Any:
    array, *rest = arguments
    rest = rest or [settings["starts"], settings["ends"], settings.get("axes")]
    starts, ends, axes, steps = (*rest, None, None)[:4]
    axes = range(len(starts)) if axes is None else axes
    steps = [1] * len(starts) if steps is None else steps
    index = [slice(None)] * array.ndim
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        start, end, step = int(start), int(end), int(step)
        size = array.shape[axis]
        if step < 0 and end < -size:  # Python has no number for the place before the first
            index[axis] = slice(start, None, step)
        else:
            index[axis] = slice(start, end, step)
    return array[tuple(index)]


def _gather(arguments: _Arguments, settings: _Settings) -> Any:
    array, indices = arguments
    axis = settings.get("axis", 0) % max(array.ndim, 1)
    _require_size((array.size // max(1, array.shape[axis]), indices.size))
    return np.take(array, indices, axis)


def _concat(arguments: _Arguments, settings: _Settings) -> Array:
    _require_size((sum(array.size for array in arguments),))
    return np.concatenate(arguments, settings["axis"])


def _cast(arguments: _Arguments, settings: _Settings) -> Any:
    import onnx

    _require_size(arguments[0].shape)
    return arguments[0].astype(onnx.helper.tensor_dtype_to_np_dtype(settings["to"]))


def _dequantize(arguments: _Arguments, settings: _Settings) -> Array:
    """``(values − zero point) · scale``, both for all values or along one axis; ONNX Runtime knows the other forms."""
    values, scale, *rest = arguments
    if values.dtype.kind not in "iu" or scale.dtype != np.float32 or scale.ndim > 1 or settings.get("block_size"):
        raise CannotFold
    _require_size(values.shape)
    along = [1] * values.ndim
    if scale.ndim:
        along[settings.get("axis", 1)] = -1
    zero = np.zeros_like(scale, np.int32) if not rest or rest[0] is None else rest[0].astype(np.int32)
    return np.asarray((values.astype(np.int32) - zero.reshape(along)).astype(np.float32) * scale.reshape(along))


def _range(arguments: _Arguments, _settings: _Settings) -> Any:
    start, limit, delta = (array.reshape(()) for array in arguments)
    _require_size((max(0, int((limit - start) / delta) + 1),))
    return np.arange(start, limit, delta).astype(start.dtype)


def _expand(arguments: _Arguments, _settings: _Settings) -> Array:
    shape = np.broadcast_shapes(arguments[0].shape, _require_size(arguments[1], _MAX_UNIFORM))
    return np.broadcast_to(arguments[0], _require_size(shape, _MAX_UNIFORM if arguments[0].size == 1 else MAX_VALUES))


def _elementwise(function: Callable[..., Any]) -> _Rule:
    def rule(arguments: _Arguments, _settings: _Settings) -> Array:
        _require_size(np.broadcast_shapes(*(array.shape for array in arguments)))
        if len({array.dtype for array in arguments}) > 1 and function is not np.where:
            raise CannotFold  # as the standard forbids it
        return np.asarray(function(*arguments))

    return rule


def _divide(a: Array, b: Array) -> Any:
    if a.dtype.kind not in "iu":
        return np.divide(a, b)
    if not b.all():
        raise CannotFold
    return (np.sign(a) * np.sign(b) * (np.abs(a) // np.abs(b))).astype(a.dtype)  # towards zero, as C does


def _modulo(a: Array, b: Array) -> Array:
    if a.dtype.kind in "iu" and not b.all():
        raise CannotFold
    return np.mod(a, b)


def _reduce(function: Callable[..., Any]) -> _Rule:
    def rule(arguments: _Arguments, settings: _Settings) -> Array:
        axes = _axes(arguments, settings)
        result = function(arguments[0], axis=axes or None, keepdims=bool(settings.get("keepdims", 1)))
        return np.asarray(result, arguments[0].dtype)

    return rule


def _split(arguments: _Arguments, settings: _Settings) -> list[Array]:
    sizes = arguments[1] if len(arguments) > 1 else settings["split"]
    return np.split(arguments[0], np.cumsum(sizes)[:-1], settings.get("axis", 0))


def _flatten(arguments: _Arguments, settings: _Settings) -> Array:
    axis = settings.get("axis", 1)
    before = prod(arguments[0].shape[: axis if axis >= 0 else arguments[0].ndim + axis])
    return _reshaped(arguments[0], (before, arguments[0].size // max(before, 1)))


_RULES: dict[str, _Rule] = {
    "Constant": _constant,
    "ConstantOfShape": _constant_of_shape,
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Unsqueeze": _unsqueeze,
    "Squeeze": _squeeze,
    "Transpose": lambda a, s: np.transpose(a[0], s.get("perm")),
    "Slice": _slice,
    "Gather": _gather,
    "Concat": _concat,
    "Split": _split,
    "Cast": _cast,
    "DequantizeLinear": _dequantize,
    "Range": _range,
    "Expand": _expand,
    "Shape": lambda a, s: np.array(a[0].shape[s.get("start", 0) : s.get("end")], np.int64),
    "Size": lambda a, s: np.array(a[0].size, np.int64),
    "Identity": lambda a, s: a[0],
    "Dropout": lambda a, s: a[0],
    "Where": _elementwise(np.where),
    "Add": _elementwise(np.add),
    "Sub": _elementwise(np.subtract),
    "Mul": _elementwise(np.multiply),
    "Div": _elementwise(_divide),
    "Mod": _elementwise(_modulo),
    "Pow": lambda a, s: np.power(a[0], a[1]).astype(a[0].dtype) if a[0].size <= MAX_VALUES else None,
    "Min": _elementwise(lambda *a: np.minimum.reduce(a)),
    "Max": _elementwise(lambda *a: np.maximum.reduce(a)),
    "Equal": _elementwise(np.equal),
    "Less": _elementwise(np.less),
    "Greater": _elementwise(np.greater),
    "LessOrEqual": _elementwise(np.less_equal),
    "GreaterOrEqual": _elementwise(np.greater_equal),
    "And": _elementwise(np.logical_and),
    "Or": _elementwise(np.logical_or),
    "Not": _elementwise(np.logical_not),
    "Neg": _elementwise(np.negative),
    "Abs": _elementwise(np.abs),
    "Floor": _elementwise(np.floor),
    "Ceil": _elementwise(np.ceil),
    "Sqrt": _elementwise(np.sqrt),
    "Reciprocal": _elementwise(np.reciprocal),
    "ReduceProd": _reduce(np.prod),
    "ReduceSum": _reduce(np.sum),
    "ReduceMax": _reduce(np.max),
    "ReduceMin": _reduce(np.min),
}
"""How each operator computes its outputs from known values, as the standard of ONNX defines it."""
