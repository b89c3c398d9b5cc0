"""What convolutions, dense layers and pooling are in Keras 3, channels last: one row a kind."""

from functools import partial
from typing import Any

from numpy.typing import NDArray

from engine.layers import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    Conv2d,
    ConvTranspose2d,
    Dense,
    GlobalAvgPool2d,
    GlobalMaxPool2d,
    MaxPool2d,
)
from engine.model_export.python_scope import LayerCode, PythonKind, PythonScope, options, short, unless
from engine.model_export.windows import TransposedMargins, full_margins, mean_matrix, transposed_margins
from engine.shapes import Margins, same_padding

_NO_MARGINS = (0, 0, 0, 0)


def keras_maps(text: str) -> str:
    """Maps of 1×1 of a vector."""
    return f"{text}[:, None, None]"


def keras_input(at: PythonScope, index: int = 0) -> str:
    value = at.value(index)
    return keras_maps(value.text) if value.is_vector else value.text


def keras_padded(text: str, margins: Margins, fill: str | None = None) -> str:
    top, left, bottom, right = margins
    if not any(margins):
        return text
    sides = f"((0, 0), ({top}, {bottom}), ({left}, {right}), (0, 0))"
    return f"ops.pad({text}, {sides}{options(constant_values=fill)})"


def keras_layer(at: PythonScope, kind: str, argument: str, *positional: object, **named: object) -> str:
    """A layer with a name of its own, applied to its input."""
    settings = ", ".join(map(str, positional)) + options(**named, name=at.own)
    return f"layers.{kind}({settings.removeprefix(', ')})({argument})"


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
    text = keras_input(at) if is_same else keras_padded(keras_input(at), windows.margins)
    # Keras has no strides together with dilation: all values, and then some of them.
    is_thinned = windows.dilation != (1, 1) and windows.stride != (1, 1)
    if is_thinned and is_same:
        is_same, text = False, keras_padded(keras_input(at), windows.margins)
    settings = {
        "strides": None if is_thinned else unless(windows.stride, 1),
        "padding": '"same"' if is_same else None,
        "dilation_rate": unless(windows.dilation, 1),
        "use_bias": None if layer.bias else False,
    }
    weight = arrays.pop("weight")
    multiplier = layer.filters // at.received.channels
    is_depthwise = layer.groups == at.received.channels > 1 and windows.stride[0] == windows.stride[1]
    if is_depthwise and windows.dilation[0] == windows.dilation[1]:
        split = weight.reshape(layer.groups, multiplier, *windows.kernel)
        arrays["kernel"] = split.transpose(2, 3, 0, 1)
        more = {"depth_multiplier": None if multiplier == 1 else multiplier}
        call = keras_layer(at, "DepthwiseConv2D", text, short(windows.kernel), **settings, **more)
    else:
        arrays["kernel"] = weight.transpose(2, 3, 1, 0)
        more = {"groups": None if layer.groups == 1 else layer.groups}
        call = keras_layer(at, "Conv2D", text, layer.filters, short(windows.kernel), **settings, **more)
    if is_thinned:
        call += f"[:, ::{windows.stride[0]}, ::{windows.stride[1]}]"
    return LayerCode(call, arrays=arrays)


def _conv_transpose(at: PythonScope) -> LayerCode:
    layer, arrays = at.layer, dict(at.planned.arrays)
    margins = transposed_margins(layer, at.windows, at.received)
    if layer.groups > 1 or (margins.dilation != (1, 1) and margins.stride != (1, 1)):
        return _stuffed_conv(at, margins)
    starts, sizes = margins.cut[:2], at.planned.output_shape[1:]
    # A row of zeros behind the input adds as many rows of the output as a stride.
    extents = [(k - 1) * d + 1 for k, d in zip(margins.kernel, margins.dilation, strict=True)]
    whole = [(n - 1) * s + k for n, s, k in zip(at.received[1:], margins.stride, extents, strict=True)]
    lack = [max(first + size - have, 0) for first, size, have in zip(starts, sizes, whole, strict=True)]
    more = [-(-rows // step) for rows, step in zip(lack, margins.stride, strict=True)]
    text = keras_padded(keras_input(at), (0, 0, more[0], more[1]))
    arrays["kernel"] = arrays.pop("weight").transpose(2, 3, 1, 0)
    call = keras_layer(
        at,
        "Conv2DTranspose",
        text,
        layer.filters,
        short(margins.kernel),
        strides=unless(margins.stride, 1),
        dilation_rate=unless(margins.dilation, 1),
        use_bias=None if layer.bias else False,
    )
    rows, columns = (f"{first}:{first + size}" for first, size in zip(starts, sizes, strict=True))
    return LayerCode(f"{call}[:, {rows}, {columns}]", arrays=arrays)


def _stuffed_conv(at: PythonScope, margins: TransposedMargins) -> LayerCode:
    """A transposed convolution that Keras lacks: one with the reversed kernels, of the input with zeros between."""
    layer, arrays, (height, width) = at.layer, dict(at.planned.arrays), at.received[1:]
    text, (down, across) = keras_input(at), margins.stride
    if margins.stride != (1, 1):
        sides = f"((0, 0), (0, 0), (0, {down - 1}), (0, 0), (0, {across - 1}), (0, 0))"
        stuffed = f"ops.pad({text}[:, :, None, :, None], {sides})"
        text = f"ops.reshape({stuffed}, (-1, {height * down}, {width * across}, {at.received.channels}))"
    starts, sizes = margins.cut[:2], at.planned.output_shape[1:]
    before = [(size - 1) * gap for size, gap in zip(margins.kernel, margins.dilation, strict=True)]
    have = (height * down, width * across)
    after = [max(first + size - rows, 0) for first, size, rows in zip(starts, sizes, have, strict=True)]
    text = keras_padded(text, (before[0], before[1], after[0], after[1]))
    weight = arrays.pop("weight")  # inputs × filters of a group × rows × columns
    grouped = weight[..., ::-1, ::-1].reshape(layer.groups, -1, *weight.shape[1:])
    arrays["kernel"] = grouped.transpose(3, 4, 1, 0, 2).reshape(*margins.kernel, -1, layer.filters)
    call = keras_layer(
        at,
        "Conv2D",
        text,
        layer.filters,
        short(margins.kernel),
        dilation_rate=unless(margins.dilation, 1),
        groups=None if layer.groups == 1 else layer.groups,
        use_bias=None if layer.bias else False,
    )
    rows, columns = (f"{first}:{first + size}" for first, size in zip(starts, sizes, strict=True))
    return LayerCode(f"{call}[:, {rows}, {columns}]", arrays=arrays)


def _dense(at: PythonScope) -> LayerCode:
    value, arrays, units = at.value(), dict(at.planned.arrays), at.layer.units
    weight = arrays.pop("weight").reshape(units, *at.received)
    arrays["kernel"] = weight.transpose(2, 3, 1, 0).reshape(-1, units)  # the order of maps with channels last
    text = value.text if value.is_vector else f"layers.Flatten()({value.text})"
    call = keras_layer(at, "Dense", text, units, use_bias=None if at.layer.bias else False)
    return LayerCode(call, arrays=arrays, is_vector=True)


def _pooled(at: PythonScope, kind: str, text: str, padding: str | None = None) -> str:
    windows = at.windows
    settings = f"{short(windows.kernel)}, {short(windows.stride)}{options(padding=padding)}"
    return f"layers.{kind}Pooling2D({settings})({text})"


def _max_pool(at: PythonScope) -> LayerCode:
    windows = at.windows
    margins = full_margins(windows, at.received)
    if windows.dilation == (1, 1) and any(margins) and margins == _same_margins(at):
        return LayerCode(_pooled(at, "Max", keras_input(at), '"same"'))
    text = keras_padded(keras_input(at), margins, '-float("inf")')
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
    mean = _pooled(at, "Average", keras_padded(keras_input(at), margins))
    if margins == _NO_MARGINS:
        return LayerCode(mean)
    # What is divided by: the part of each window in the input, or in its margins as well.
    ones = f"ops.ones_like({keras_input(at)}[..., :1])"
    beyond = (0, 0, margins[2] - windows.margins[2], margins[3] - windows.margins[3])
    shares = keras_padded(keras_padded(ones, windows.margins, "1"), beyond) if counts else keras_padded(ones, margins)
    return LayerCode(f"{mean} / {_pooled(at, 'Average', shares)}")


def _reduced(function: str, at: PythonScope) -> LayerCode:
    return LayerCode(f"ops.{function}({keras_input(at)}, (1, 2), keepdims=True)")


def _adaptive_avg_pool(at: PythonScope) -> LayerCode:
    windows = at.windows
    if windows.uneven is None and windows.repeat == (1, 1):
        return LayerCode(_pooled(at, "Average", keras_input(at)))
    return matrix_products(at, mean_matrix(windows, 0, at.received), mean_matrix(windows, 1, at.received))


def matrix_products(at: PythonScope, rows: NDArray[Any], columns: NDArray[Any]) -> LayerCode:
    """The products of maps with two matrices, outputs × inputs: dense layers along rows and columns."""
    name = at.own[:-1]  # without the quote at its end
    dense = 'layers.Dense({}, use_bias=False, name={}_{}")'
    along_rows, along_columns = (
        dense.format(len(matrix), name, suffix) for matrix, suffix in ((rows, "rows"), (columns, "columns"))
    )
    first = f"{along_rows}(ops.transpose({keras_input(at)}, (0, 2, 3, 1)))"
    second = f"{along_columns}(ops.transpose({first}, (0, 3, 2, 1)))"
    constants = {"rows": rows.T, "columns": columns.T}
    return LayerCode(f"ops.transpose({second}, (0, 1, 3, 2))", constants=constants)


KERAS_WINDOWS: tuple[PythonKind, ...] = (
    PythonKind(Conv2d, _conv),
    PythonKind(ConvTranspose2d, _conv_transpose),
    PythonKind(MaxPool2d, _max_pool),
    PythonKind(AvgPool2d, _avg_pool),
    PythonKind(GlobalAvgPool2d, partial(_reduced, "mean")),
    PythonKind(GlobalMaxPool2d, partial(_reduced, "max")),
    PythonKind(AdaptiveAvgPool2d, _adaptive_avg_pool),
    PythonKind(Dense, _dense),
)
