"""What each kind of layer is in Keras 3, channels last: one row a kind."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from msgspec.structs import asdict
from numpy.typing import NDArray

from engine.layers import (
    Activation,
    AdaptiveAvgPool2d,
    Add,
    AvgPool2d,
    BatchNorm,
    ChannelShuffle,
    Concat,
    Conv2d,
    ConvTranspose2d,
    Crop,
    Dense,
    Dropout,
    GlobalAvgPool2d,
    GlobalMaxPool2d,
    GroupNorm,
    LayerNorm,
    LocalResponseNorm,
    MaxPool2d,
    Mul,
    Pad,
    PixelShuffle,
    PixelUnshuffle,
    PRelu,
    Resize,
    Scale,
    Slice,
)
from engine.model_export.kinds import no_counterpart
from engine.model_export.python_scope import LayerCode, PythonKind, PythonScope, options, short
from engine.model_export.windows import full_margins, mean_matrix, outer_margins, place_matrix, transposed_margins
from engine.shapes import Margins, same_padding

KERAS_NAMES = frozenset(
    re.findall(
        r"\w+",
        """
        Path abs build float functools i j json keras layers load max min name np ops range read_weights x
        """,
    )
)
"""Identifiers that a layer cannot have: names of the text."""
_NO_MARGINS = (0, 0, 0, 0)


def as_maps(text: str) -> str:
    """Maps of 1×1 of a vector."""
    return f"{text}[:, None, None]"


def _maps(at: PythonScope, index: int = 0) -> str:
    value = at.value(index)
    return as_maps(value.text) if value.is_vector else value.text


def _padded(text: str, margins: Margins, fill: str | None = None) -> str:
    top, left, bottom, right = margins
    if not any(margins):
        return text
    sides = f"((0, 0), ({top}, {bottom}), ({left}, {right}), (0, 0))"
    return f"ops.pad({text}, {sides}{options(constant_values=fill)})"


def _layer(at: PythonScope, kind: str, argument: str, *positional: object, **named: object) -> str:
    """A layer with a name of its own, applied to its input."""
    settings = ", ".join(map(str, positional)) + options(**named, name=at.own)
    return f"layers.{kind}({settings.removeprefix(', ')})({argument})"


def _unless(pair: tuple[int, int], default: int) -> str | None:
    return None if pair == (default, default) else short(pair)


def _same_margins(at: PythonScope) -> Margins:
    """What "same" adds."""
    windows = at.windows
    rows, columns = (
        same_padding(size, extent, step)
        for size, extent, step in zip(at.received[1:], windows.extent, windows.stride, strict=True)
    )
    return (rows[0], columns[0], rows[1], columns[1])


def _conv(at: PythonScope) -> LayerCode:
    layer, windows, arrays = at.layer, at.windows, dict(at.planned.arrays)
    is_same = any(windows.margins) and windows.margins == _same_margins(at)
    text = _maps(at) if is_same else _padded(_maps(at), windows.margins)
    # Keras has no strides together with dilation: all values, and then some of them.
    is_thinned = windows.dilation != (1, 1) and windows.stride != (1, 1)
    if is_thinned and is_same:
        is_same, text = False, _padded(_maps(at), windows.margins)
    settings = {
        "strides": None if is_thinned else _unless(windows.stride, 1),
        "padding": '"same"' if is_same else None,
        "dilation_rate": _unless(windows.dilation, 1),
        "use_bias": None if layer.bias else False,
    }
    weight = arrays.pop("weight")
    multiplier = layer.filters // at.received.channels
    is_depthwise = layer.groups == at.received.channels > 1 and windows.stride[0] == windows.stride[1]
    if is_depthwise and windows.dilation[0] == windows.dilation[1]:
        split = weight.reshape(layer.groups, multiplier, *windows.kernel)
        arrays["kernel"] = split.transpose(2, 3, 0, 1)
        more = {"depth_multiplier": None if multiplier == 1 else multiplier}
        call = _layer(at, "DepthwiseConv2D", text, short(windows.kernel), **settings, **more)
    else:
        arrays["kernel"] = weight.transpose(2, 3, 1, 0)
        more = {"groups": None if layer.groups == 1 else layer.groups}
        call = _layer(at, "Conv2D", text, layer.filters, short(windows.kernel), **settings, **more)
    if is_thinned:
        call += f"[:, ::{windows.stride[0]}, ::{windows.stride[1]}]"
    return LayerCode(call, arrays=arrays)


def _conv_transpose(at: PythonScope) -> LayerCode:
    layer, arrays = at.layer, dict(at.planned.arrays)
    margins = transposed_margins(layer, at.windows, at.received)
    if layer.groups > 1 or (margins.dilation != (1, 1) and margins.stride != (1, 1)):
        raise no_counterpart(at.planned, "Keras", "with groups, or strides together with dilation,")
    starts, sizes = margins.cut[:2], at.planned.output_shape[1:]
    # A row of zeros behind the input adds as many rows of the output as a stride.
    extents = [(k - 1) * d + 1 for k, d in zip(margins.kernel, margins.dilation, strict=True)]
    made = [(n - 1) * s + k for n, s, k in zip(at.received[1:], margins.stride, extents, strict=True)]
    lack = [max(first + size - have, 0) for first, size, have in zip(starts, sizes, made, strict=True)]
    more = [-(-rows // step) for rows, step in zip(lack, margins.stride, strict=True)]
    text = _padded(_maps(at), (0, 0, more[0], more[1]))
    arrays["kernel"] = arrays.pop("weight").transpose(2, 3, 1, 0)
    call = _layer(
        at,
        "Conv2DTranspose",
        text,
        layer.filters,
        short(margins.kernel),
        strides=_unless(margins.stride, 1),
        dilation_rate=_unless(margins.dilation, 1),
        use_bias=None if layer.bias else False,
    )
    rows, columns = (f"{first}:{first + size}" for first, size in zip(starts, sizes, strict=True))
    return LayerCode(f"{call}[:, {rows}, {columns}]", arrays=arrays)


def _dense(at: PythonScope) -> LayerCode:
    value, arrays, units = at.value(), dict(at.planned.arrays), at.layer.units
    weight = arrays.pop("weight").reshape(units, *at.received)
    arrays["kernel"] = weight.transpose(2, 3, 1, 0).reshape(-1, units)  # the order of maps with channels last
    text = value.text if value.is_vector else f"layers.Flatten()({value.text})"
    call = _layer(at, "Dense", text, units, use_bias=None if at.layer.bias else False)
    return LayerCode(call, arrays=arrays, is_vector=True)


def _pooled(at: PythonScope, kind: str, text: str, padding: str | None = None) -> str:
    windows = at.windows
    settings = f"{short(windows.kernel)}, {short(windows.stride)}{options(padding=padding)}"
    return f"layers.{kind}Pooling2D({settings})({text})"


def _max_pool(at: PythonScope) -> LayerCode:
    windows = at.windows
    margins = full_margins(windows, at.received)
    if windows.dilation == (1, 1) and any(margins) and margins == _same_margins(at):
        return LayerCode(_pooled(at, "Max", _maps(at), '"same"'))
    text = _padded(_maps(at), margins, '-float("inf")')
    if windows.dilation == (1, 1):
        return LayerCode(_pooled(at, "Max", text))
    # The largest of the same tap of every window, tap by tap.
    axes = list(zip(windows.kernel, windows.dilation, windows.output, windows.stride, strict=True))
    taps = [f"range(0, {size * gap}, {gap})" for size, gap, _, _ in axes]
    ends = [f"{(count - 1) * step + 1} : {step}" for _, _, count, step in axes]
    part = f"{text}[:, i : i + {ends[0]}, j : j + {ends[1]}]"
    return LayerCode(f"functools.reduce(ops.maximum, [{part} for i in {taps[0]} for j in {taps[1]}])")


def _avg_pool(at: PythonScope) -> LayerCode:
    windows, counts = at.windows, at.layer.count_padding
    margins = full_margins(windows, at.received)
    mean = _pooled(at, "Average", _padded(_maps(at), margins))
    if margins == _NO_MARGINS:
        return LayerCode(mean)
    # What is divided by: the part of each window in the input, or in its margins as well.
    ones = f"ops.ones_like({_maps(at)}[..., :1])"
    beyond = (0, 0, margins[2] - windows.margins[2], margins[3] - windows.margins[3])
    shares = _padded(_padded(ones, windows.margins, "1"), beyond) if counts else _padded(ones, margins)
    return LayerCode(f"{mean} / {_pooled(at, 'Average', shares)}")


def _reduced(function: str, at: PythonScope) -> LayerCode:
    return LayerCode(f"ops.{function}({_maps(at)}, (1, 2), keepdims=True)")


def _adaptive_avg_pool(at: PythonScope) -> LayerCode:
    windows = at.windows
    if windows.uneven is None and windows.repeat == (1, 1):
        return LayerCode(_pooled(at, "Average", _maps(at)))
    return _products(at, mean_matrix(windows, 0, at.received), mean_matrix(windows, 1, at.received))


def _products(at: PythonScope, rows: NDArray[Any], columns: NDArray[Any]) -> LayerCode:
    """The products of maps with two matrices, outputs × inputs: dense layers along rows and columns."""
    name = at.own[:-1]  # without the quote at its end
    dense = 'layers.Dense({}, use_bias=False, name={}_{}")'
    along_rows, along_columns = (
        dense.format(len(matrix), name, suffix) for matrix, suffix in ((rows, "rows"), (columns, "columns"))
    )
    first = f"{along_rows}(ops.transpose({_maps(at)}, (0, 2, 3, 1)))"
    second = f"{along_columns}(ops.transpose({first}, (0, 3, 2, 1)))"
    constants = {"rows": rows.T, "columns": columns.T}
    return LayerCode(f"ops.transpose({second}, (0, 1, 3, 2))", constants=constants)


_FUNCTIONS: Mapping[str, str] = {
    "relu": "ops.relu({})",
    "relu6": "ops.relu6({})",
    "leaky_relu": "ops.leaky_relu({}, {slope})",
    "elu": "ops.elu({}, {alpha})",
    "clip": "ops.clip({}, {low}, {high})",
    "sigmoid": "ops.sigmoid({})",
    "hard_sigmoid": "ops.hard_sigmoid({})",
    "tanh": "ops.tanh({})",
    "silu": "ops.silu({})",
    "hard_swish": "ops.hard_silu({})",
    "mish": "{0} * ops.tanh(ops.softplus({0}))",
    "gelu": "ops.gelu({}, approximate=False)",
    "gelu_tanh": "ops.gelu({}, approximate=True)",
    "softmax": "ops.softmax({}, -1)",
}


def _activation(at: PythonScope) -> LayerCode:
    text = _FUNCTIONS[at.layer.function].format(at.value().text, **asdict(at.layer))
    return LayerCode(text, is_vector=at.is_vector)


def _prelu(at: PythonScope) -> LayerCode:
    slope = at.planned.arrays["slope"]
    axes = [1] * at.layer.shared if at.is_vector else [1, 2] + [3] * at.layer.shared
    alpha = slope if at.is_vector else slope.reshape(1, 1, -1)
    call = _layer(at, "PReLU", at.value().text, shared_axes=axes or None)
    return LayerCode(call, arrays={"alpha": alpha}, is_vector=at.is_vector)


def _batch_norm(at: PythonScope) -> LayerCode:
    names = {"gamma": "gamma", "beta": "beta", "mean": "moving_mean", "var": "moving_variance"}
    arrays = {names[role]: array for role, array in at.planned.arrays.items()}
    call = _layer(at, "BatchNormalization", at.value().text, epsilon=at.layer.epsilon)
    return LayerCode(call, arrays=arrays, is_vector=at.is_vector)


def _layer_norm(at: PythonScope) -> LayerCode:
    call = _layer(at, "LayerNormalization", at.value().text, epsilon=at.layer.epsilon)
    return LayerCode(call, arrays=at.planned.arrays, is_vector=at.is_vector)


def _group_norm(at: PythonScope) -> LayerCode:
    call = _layer(at, "GroupNormalization", _maps(at), at.layer.groups, epsilon=at.layer.epsilon)
    return LayerCode(call, arrays=at.planned.arrays)


def _scale(at: PythonScope) -> LayerCode:
    """A depthwise convolution with kernels of one value; one number for all channels is one for each."""
    shape = (at.received.channels,)
    arrays = {role: np.broadcast_to(array, shape) for role, array in at.planned.arrays.items()}
    arrays["kernel"] = arrays.pop("gamma").reshape(1, 1, -1, 1)
    call = _layer(at, "DepthwiseConv2D", _maps(at), 1, use_bias=None if at.layer.bias else False)
    return LayerCode(call, arrays=arrays)


def _lrn(at: PythonScope) -> LayerCode:
    layer, text = at.layer, _maps(at)
    sides = f"((0, 0), (0, 0), (0, 0), ({layer.size // 2}, {(layer.size - 1) // 2}), (0, 0))"
    mean = f"ops.average_pool(ops.pad(ops.square({text})[..., None], {sides}), (1, 1, {layer.size}), 1)[..., 0]"
    return LayerCode(f"{text} / ops.power({layer.k} + {layer.alpha} * {mean}, {layer.beta})")


def _dropout(at: PythonScope) -> LayerCode:
    return LayerCode(f"layers.Dropout({at.layer.rate:g})({at.value().text})", is_vector=at.is_vector)


def _concat(at: PythonScope) -> LayerCode:
    return LayerCode(f"ops.concatenate([{', '.join(at.inputs(as_maps))}], -1)", is_vector=at.is_vector)


def _joined(symbol: str, at: PythonScope) -> LayerCode:
    return LayerCode(f" {symbol} ".join(at.inputs(as_maps)), is_vector=at.is_vector)


def _pad(at: PythonScope) -> LayerCode:
    layer, margins = at.layer, outer_margins(at.layer, at.received)
    if layer.mode == "constant":
        return LayerCode(_padded(_maps(at), margins, f"{layer.value:g}" if layer.value else None))
    text = _maps(at)
    for axis, (first, last) in enumerate(((margins[0], margins[2]), (margins[1], margins[3])), 1):
        size = at.received[axis]
        place = f"min(max(i, 0), {size - 1})" if layer.mode == "edge" else f"{size - 1} - abs({size - 1} - abs(i))"
        text = f"ops.take({text}, [{place} for i in range({-first}, {size + last})], {axis})"
    return LayerCode(text)


def _crop(at: PythonScope) -> LayerCode:
    (top, left, bottom, right), (_, height, width) = outer_margins(at.layer, at.received), at.received
    return LayerCode(f"{_maps(at)}[:, {-top}:{height + bottom}, {-left}:{width + right}]")


def _slice(at: PythonScope) -> LayerCode:
    limits = f"{at.layer.start}:{at.layer.start + at.planned.output_shape.channels}"
    return LayerCode(f"{at.value().text}[..., {limits}]", is_vector=at.is_vector)


def _rearranged(at: PythonScope, split: tuple[int, ...], order: tuple[int, ...]) -> LayerCode:
    """Axes split into these, in another order, and joined to those of the output."""
    channels, height, width = at.planned.output_shape
    parts = f"ops.transpose(ops.reshape({_maps(at)}, (-1, {', '.join(map(str, split))})), {order})"
    return LayerCode(f"ops.reshape({parts}, (-1, {height}, {width}, {channels}))")


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


def _resize(at: PythonScope) -> LayerCode:
    """Enlarging by whole numbers as Keras does, all else as products."""
    windows, (_, height, width) = at.windows, at.received
    if windows.uneven is None:
        return LayerCode(_maps(at))
    rows, columns = (place_matrix(windows, axis, at.received) for axis in (0, 1))
    factors = windows.output[0] // height, windows.output[1] // width
    repeated = (np.repeat(np.eye(size), max(n, 1), 0) for size, n in zip((height, width), factors, strict=True))
    if all(np.array_equal(own, other) for own, other in zip((rows, columns), repeated, strict=True)):
        return LayerCode(f"layers.UpSampling2D({short(factors)})({_maps(at)})")
    return _products(at, rows, columns)


KERAS_KINDS: tuple[PythonKind, ...] = (
    PythonKind(Conv2d, _conv),
    PythonKind(ConvTranspose2d, _conv_transpose),
    PythonKind(MaxPool2d, _max_pool),
    PythonKind(AvgPool2d, _avg_pool),
    PythonKind(GlobalAvgPool2d, partial(_reduced, "mean")),
    PythonKind(GlobalMaxPool2d, partial(_reduced, "max")),
    PythonKind(AdaptiveAvgPool2d, _adaptive_avg_pool),
    PythonKind(Resize, _resize),
    PythonKind(PixelShuffle, _pixel_shuffle),
    PythonKind(PixelUnshuffle, _pixel_unshuffle),
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
    PythonKind(Dense, _dense),
    PythonKind(Concat, _concat),
    PythonKind(Add, partial(_joined, "+")),
    PythonKind(Mul, partial(_joined, "*")),
)
