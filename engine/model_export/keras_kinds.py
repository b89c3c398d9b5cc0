"""What each kind of layer is in Keras 3, channels last: one row a kind."""

import re
from collections.abc import Mapping
from functools import partial, reduce

import numpy as np

from engine.layers import (
    Activation,
    Add,
    BatchNorm,
    ChannelPool,
    ChannelShuffle,
    Concat,
    Crop,
    Div,
    Dropout,
    Flatten,
    GroupNorm,
    LayerNorm,
    LocalResponseNorm,
    Maximum,
    Minimum,
    Mul,
    Pad,
    PixelShuffle,
    PixelUnshuffle,
    PRelu,
    Reshape,
    Resize,
    Scale,
    Slice,
    Sub,
    Transpose,
)
from engine.layers.windows import pair
from engine.model_export.keras_windows import (
    KERAS_WINDOWS,
    keras_input,
    keras_layer,
    keras_maps,
    keras_padded,
    matrix_products,
)
from engine.model_export.python_scope import (
    LayerCode,
    PythonKind,
    PythonScope,
    activation_code,
    number_code,
    numbers_code,
    short,
)
from engine.model_export.windows import outer_margins, place_matrix

KERAS_NAMES = frozenset(
    re.findall(
        r"\w+",
        """
        Path abs build float functools i j json keras layers load max min name np ops range read_weights x
        """,
    )
)
"""Identifiers that a layer cannot have: names of the text."""


_FUNCTIONS: Mapping[str, str] = {
    "relu": "ops.relu({})",
    "relu6": "ops.relu6({})",
    "leaky_relu": "ops.leaky_relu({}, {slope})",
    "elu": "ops.elu({}, {alpha})",
    "celu": "{alpha} * ops.elu({} / {alpha})",
    "selu": "ops.selu({})",
    "clip": "ops.clip({}, {low}, {high})",
    "sigmoid": "ops.sigmoid({})",
    "hard_sigmoid": "ops.hard_sigmoid({})",
    "tanh": "ops.tanh({})",
    "silu": "ops.silu({})",
    "hard_swish": "ops.hard_silu({})",
    "mish": "{0} * ops.tanh(ops.softplus({0}))",
    "gelu": "ops.gelu({}, approximate=False)",
    "gelu_tanh": "ops.gelu({}, approximate=True)",
    "softplus": "ops.softplus({})",
    "softsign": "ops.softsign({})",
    "abs": "ops.abs({})",
    "neg": "ops.negative({})",
    "square": "ops.square({})",
    "sqrt": "ops.sqrt({})",
    "reciprocal": "ops.reciprocal({})",
    "power": "ops.power({}, {exponent})",
    "exp": "ops.exp({})",
    "log": "ops.log({})",
    "softmax": "ops.softmax({}, -1)",
    "log_softmax": "ops.log_softmax({}, -1)",
}
_SOFTMAX_OF_MAPS: Mapping[str, str] = {
    "rows": "ops.{function}({}, 1)",
    "columns": "ops.{function}({}, 2)",
    "pixels": (
        "ops.reshape(ops.{function}(ops.reshape({}, (-1, {height} * {width}, {channels})), 1), "
        "(-1, {height}, {width}, {channels}))"
    ),
}
"""By what it is along, if not the channels."""

_GENERAL_FUNCTIONS: Mapping[str, str] = {"hard_sigmoid": "ops.clip({factor} * {} + {offset}, 0, 1)"}


def _activation(at: PythonScope) -> LayerCode:
    if at.layer.along == "channels":
        return activation_code(_FUNCTIONS, _GENERAL_FUNCTIONS, at)
    template = _SOFTMAX_OF_MAPS[at.layer.along]
    return LayerCode(template.format(keras_input(at), function=at.layer.function, **at.received._asdict()))


def _channel_pool(at: PythonScope) -> LayerCode:
    name = {"l2": "norm"}.get(at.layer.function, at.layer.function)
    return LayerCode(f"ops.{name}({at.value().text}, axis=-1, keepdims=True)", is_vector=at.is_vector)


def _prelu(at: PythonScope) -> LayerCode:
    slope = at.planned.arrays["slope"]
    axes = [1] * at.layer.shared if at.is_vector else [1, 2] + [3] * at.layer.shared
    alpha = slope if at.is_vector else slope.reshape(1, 1, -1)
    call = keras_layer(at, "PReLU", at.value().text, shared_axes=axes or None)
    return LayerCode(call, arrays={"alpha": alpha}, is_vector=at.is_vector)


def _batch_norm(at: PythonScope) -> LayerCode:
    names = {"gamma": "gamma", "beta": "beta", "mean": "moving_mean", "var": "moving_variance"}
    arrays = {names[role]: array for role, array in at.planned.arrays.items()}
    call = keras_layer(at, "BatchNormalization", at.value().text, epsilon=number_code(at.layer.epsilon))
    return LayerCode(call, arrays=arrays, is_vector=at.is_vector)


def _layer_norm(at: PythonScope) -> LayerCode:
    call = keras_layer(at, "LayerNormalization", at.value().text, epsilon=number_code(at.layer.epsilon))
    return LayerCode(call, arrays=at.planned.arrays, is_vector=at.is_vector)


def _group_norm(at: PythonScope) -> LayerCode:
    call = keras_layer(
        at, "GroupNormalization", keras_input(at), at.layer.groups, epsilon=number_code(at.layer.epsilon)
    )
    return LayerCode(call, arrays=at.planned.arrays)


def _scale(at: PythonScope) -> LayerCode:
    """A depthwise convolution with kernels of one value; one number for all channels is one for each."""
    channels, height, width = at.received
    shape = (channels, height, width) if at.layer.by_position else (channels,)
    factors = {"gamma": np.ones((1,) * len(shape), np.float32), **at.planned.arrays}
    arrays = {role: np.broadcast_to(array, shape) for role, array in factors.items()}
    if at.layer.by_position:
        arrays = {role: array.transpose(1, 2, 0) for role, array in arrays.items()}
        arrays["kernel"] = arrays.pop("gamma")
        axes = '"hwc"' if at.layer.bias else None
        size = (height, width, channels)
        return LayerCode(
            keras_layer(at, "EinsumDense", keras_input(at), '"nhwc,hwc->nhwc"', size, bias_axes=axes), arrays=arrays
        )
    arrays["kernel"] = arrays.pop("gamma").reshape(1, 1, -1, 1)
    call = keras_layer(at, "DepthwiseConv2D", keras_input(at), 1, use_bias=None if at.layer.bias else False)
    return LayerCode(call, arrays=arrays)


def _lrn(at: PythonScope) -> LayerCode:
    layer, text, numbers = at.layer, keras_input(at), numbers_code(at.layer)
    sides = f"((0, 0), (0, 0), (0, 0), ({layer.size // 2}, {(layer.size - 1) // 2}), (0, 0))"
    mean = f"ops.average_pool(ops.pad(ops.square({text})[..., None], {sides}), (1, 1, {layer.size}), 1)[..., 0]"
    return LayerCode(f"{text} / ops.power({numbers['k']} + {numbers['alpha']} * {mean}, {numbers['beta']})")


def _dropout(at: PythonScope) -> LayerCode:
    return LayerCode(f"layers.Dropout({at.layer.rate:g})({at.value().text})", is_vector=at.is_vector)


def _concat(at: PythonScope) -> LayerCode:
    if at.layer.along == "channels":
        return LayerCode(f"ops.concatenate([{', '.join(at.inputs(keras_maps))}], -1)", is_vector=at.is_vector)
    maps = ", ".join(keras_input(at, index) for index in range(len(at.planned.inputs)))
    return LayerCode(f"ops.concatenate([{maps}], {at.layer.axis})")


def _joined(symbol: str, at: PythonScope) -> LayerCode:
    return LayerCode(f" {symbol} ".join(at.inputs(keras_maps)), is_vector=at.is_vector)


def _extreme(function: str, at: PythonScope) -> LayerCode:
    """A function of two volumes, of the result and the next one, and so on."""
    text = reduce(lambda first, second: f"{function}({first}, {second})", at.inputs(keras_maps))
    return LayerCode(text, is_vector=at.is_vector)


def _pad(at: PythonScope) -> LayerCode:
    layer, margins = at.layer, outer_margins(at.layer, at.received)
    if layer.mode == "constant":
        return LayerCode(keras_padded(keras_input(at), margins, f"{layer.value:g}" if layer.value else None))
    text = keras_input(at)
    for axis, (first, last) in enumerate(((margins[0], margins[2]), (margins[1], margins[3])), 1):
        size = at.received[axis]
        place = f"min(max(i, 0), {size - 1})" if layer.mode == "edge" else f"{size - 1} - abs({size - 1} - abs(i))"
        text = f"ops.take({text}, [{place} for i in range({-first}, {size + last})], {axis})"
    return LayerCode(text)


def _crop(at: PythonScope) -> LayerCode:
    (top, left, bottom, right), (_, height, width) = outer_margins(at.layer, at.received), at.received
    steps = ["" if step == 1 else f":{step}" for step in pair(at.layer.step)]
    rows, columns = f"{-top}:{height + bottom}{steps[0]}", f"{-left}:{width + right}{steps[1]}"
    return LayerCode(f"{keras_input(at)}[:, {rows}, {columns}]")


def _slice(at: PythonScope) -> LayerCode:
    limits = f"{at.layer.start}:{at.layer.start + at.planned.output_shape.channels}"
    return LayerCode(f"{at.value().text}[..., {limits}]", is_vector=at.is_vector)


def _rearranged(at: PythonScope, split: tuple[int, ...], order: tuple[int, ...]) -> LayerCode:
    """Axes split into these, in another order, and joined to those of the output."""
    channels, height, width = at.planned.output_shape
    parts = f"ops.transpose({_reshaped(keras_input(at), split)}, {order})"
    return LayerCode(_reshaped(parts, (height, width, channels)))


def _channel_shuffle(at: PythonScope) -> LayerCode:
    channels, height, width = at.received
    groups = at.layer.groups
    return _rearranged(at, (height, width, groups, channels // groups), (0, 1, 2, 4, 3))


def _pixel_shuffle(at: PythonScope) -> LayerCode:
    r, (channels, height, width) = at.layer.factor, at.received
    if at.layer.order == "crd":
        return _rearranged(at, (height, width, channels // r**2, r, r), (0, 1, 4, 2, 5, 3))
    return _rearranged(at, (height, width, r, r, channels // r**2), (0, 1, 3, 2, 4, 5))


def _pixel_unshuffle(at: PythonScope) -> LayerCode:
    r, (channels, height, width) = at.layer.factor, at.received
    order = (0, 1, 3, 5, 2, 4) if at.layer.order == "crd" else (0, 1, 3, 2, 4, 5)
    return _rearranged(at, (height // r, r, width // r, r, channels), order)


def _flatten(at: PythonScope) -> LayerCode:
    return LayerCode(
        at.value().text if at.is_vector else _reshaped(_channels_first(at), (at.received.size,)), is_vector=True
    )


def _reshape(at: PythonScope) -> LayerCode:
    maps = _reshaped(at.value().text if at.is_vector else _channels_first(at), at.planned.output_shape)
    return LayerCode(f"ops.transpose({maps}, (0, 2, 3, 1))")


def _transpose(at: PythonScope) -> LayerCode:
    channels, rows, columns = ((3, 1, 2)[axis] for axis in at.layer.axes)
    return LayerCode(f"ops.transpose({keras_input(at)}, (0, {rows}, {columns}, {channels}))")


def _channels_first(at: PythonScope) -> str:
    """Maps in the order in which their values follow one another."""
    return f"ops.transpose({keras_input(at)}, (0, 3, 1, 2))"


def _reshaped(text: str, shape: tuple[int, ...]) -> str:
    return f"ops.reshape({text}, (-1, {', '.join(map(str, shape))}))"


def _resize(at: PythonScope) -> LayerCode:
    """Enlarging by whole numbers as Keras does, all else as products."""
    windows, (_, height, width) = at.windows, at.received
    if windows.uneven is None:
        return LayerCode(keras_input(at))
    rows, columns = (place_matrix(windows, axis, at.received) for axis in (0, 1))
    factors = windows.output[0] // height, windows.output[1] // width
    repeated = (np.repeat(np.eye(size), max(n, 1), 0) for size, n in zip((height, width), factors, strict=True))
    if all(np.array_equal(own, other) for own, other in zip((rows, columns), repeated, strict=True)):
        return LayerCode(f"layers.UpSampling2D({short(factors)})({keras_input(at)})")
    return matrix_products(at, rows, columns)


KERAS_KINDS: tuple[PythonKind, ...] = (
    *KERAS_WINDOWS,
    PythonKind(ChannelPool, _channel_pool),
    PythonKind(Resize, _resize),
    PythonKind(PixelShuffle, _pixel_shuffle),
    PythonKind(PixelUnshuffle, _pixel_unshuffle),
    PythonKind(Flatten, _flatten),
    PythonKind(Reshape, _reshape),
    PythonKind(Transpose, _transpose),
    PythonKind(Pad, _pad),
    PythonKind(Crop, _crop),
    PythonKind(Slice, _slice),
    PythonKind(ChannelShuffle, _channel_shuffle),
    PythonKind(Activation, _activation),
    PythonKind(PRelu, _prelu),
    PythonKind(BatchNorm, _batch_norm),
    PythonKind(LayerNorm, _layer_norm),
    PythonKind(GroupNorm, _group_norm),
    PythonKind(Scale, _scale),
    PythonKind(LocalResponseNorm, _lrn),
    PythonKind(Dropout, _dropout),
    PythonKind(Concat, _concat),
    PythonKind(Add, partial(_joined, "+")),
    PythonKind(Sub, partial(_joined, "-")),
    PythonKind(Mul, partial(_joined, "*")),
    PythonKind(Div, partial(_joined, "/")),
    PythonKind(Maximum, partial(_extreme, "ops.maximum")),
    PythonKind(Minimum, partial(_extreme, "ops.minimum")),
)
