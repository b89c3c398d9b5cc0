"""What each kind of layer is in PyTorch: one row a kind."""

import re
from collections.abc import Mapping
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
from engine.model_export.python_scope import LayerCode, PythonKind, PythonScope, Value, is_symmetric, options, short
from engine.model_export.windows import full_margins, outer_margins, place_matrix, resizes_by_size, transposed_margins
from engine.shapes import Margins

TORCH_NAMES = frozenset(
    re.findall(
        r"\w+",
        """
        T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda double dump_patches
        eval extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half ipu load_state_dict
        modules mtia named_buffers named_children named_modules named_parameters parameters register_backward_hook
        register_buffer register_forward_hook register_forward_pre_hook register_full_backward_hook
        register_full_backward_pre_hook register_load_state_dict_post_hook register_load_state_dict_pre_hook
        register_module register_parameter register_state_dict_post_hook register_state_dict_pre_hook requires_grad_
        set_extra_state set_submodule share_memory state_dict to to_empty train training type xpu zero_grad
        F Network Path Tensor json load nn read_weights self torch x
        """,
    )
)
"""Identifiers that a layer cannot have: attributes of every module, and names of the text."""


def as_maps(text: str) -> str:
    """Maps of 1×1 of a vector."""
    return f"{text}[:, :, None, None]"


def _maps(at: PythonScope, index: int = 0) -> str:
    value = at.value(index)
    return as_maps(value.text) if value.is_vector else value.text


def _flat(value: Value) -> str:
    return value.text if value.is_vector else f"{value.text}.flatten(1)"


def _padded(text: str, margins: Margins, fill: str | None = None) -> str:
    top, left, bottom, right = margins
    if not any(margins):
        return text
    return f"F.pad({text}, ({left}, {right}, {top}, {bottom}){options(value=fill)})"


def _no_default(pair: tuple[int, int], default: int) -> str | None:
    return None if pair == (default, default) else short(pair)


def _conv(at: PythonScope) -> LayerCode:
    layer, windows = at.layer, at.windows
    own = is_symmetric(windows.margins)
    settings = options(
        stride=_no_default(windows.stride, 1),
        padding=_no_default(windows.margins[:2], 0) if own else None,
        dilation=_no_default(windows.dilation, 1),
        groups=None if layer.groups == 1 else layer.groups,
        bias=None if layer.bias else False,
    )
    module = f"nn.Conv2d({at.received.channels}, {layer.filters}, {short(windows.kernel)}{settings})"
    text = _maps(at) if own else _padded(_maps(at), windows.margins)
    return LayerCode(f"{at.own}({text})", module, at.planned.arrays)


def _conv_transpose(at: PythonScope) -> LayerCode:
    layer = at.layer
    margins = transposed_margins(layer, at.windows, at.received)
    limits = [max(pair) - 1 for pair in zip(margins.stride, margins.dilation, strict=True)]
    own = is_symmetric(margins.cut) and all(a <= limit for a, limit in zip(margins.added, limits, strict=True))
    settings = options(
        stride=_no_default(margins.stride, 1),
        padding=_no_default(margins.cut[:2], 0) if own else None,
        output_padding=_no_default(margins.added, 0) if own else None,
        groups=None if layer.groups == 1 else layer.groups,
        bias=None if layer.bias else False,
        dilation=_no_default(margins.dilation, 1),
    )
    module = f"nn.ConvTranspose2d({at.received.channels}, {layer.filters}, {short(margins.kernel)}{settings})"
    call = f"{at.own}({_maps(at)})"
    if not own:
        top, left, bottom, right = margins.cut
        change = (-top, -left, margins.added[0] - bottom, margins.added[1] - right)
        bias = f"{at.own}.bias[:, None, None]"
        # Rows that are added have no value but the bias.
        has_bias = layer.bias and any(margins.added)
        call = f"{_padded(f'{call} - {bias}', change)} + {bias}" if has_bias else _padded(call, change)
    return LayerCode(call, module, at.planned.arrays)


def _dense(at: PythonScope) -> LayerCode:
    module = f"nn.Linear({at.received.size}, {at.layer.units}{options(bias=None if at.layer.bias else False)})"
    return LayerCode(f"{at.own}({_flat(at.value())})", module, at.planned.arrays, is_vector=True)


def _has_own_padding(at: PythonScope) -> bool:
    """Whether the padding is one that pooling of PyTorch has: symmetric, at most half of the kernel."""
    windows = at.windows
    halves = zip(windows.margins, windows.kernel * 2, strict=True)
    return is_symmetric(windows.margins) and all(2 * margin <= size for margin, size in halves)


def _pool_settings(at: PythonScope) -> str:
    windows = at.windows
    padding = _no_default(windows.margins[:2], 0)
    return f"{short(windows.kernel)}, {short(windows.stride)}" + options(
        padding=padding, dilation=_no_default(windows.dilation, 1), ceil_mode=True if at.layer.ceil else None
    )


def _max_pool(at: PythonScope) -> LayerCode:
    if _has_own_padding(at):
        return LayerCode(f"F.max_pool2d({_maps(at)}, {_pool_settings(at)})")
    windows = at.windows
    text = _padded(_maps(at), full_margins(windows, at.received), '-float("inf")')
    settings = options(dilation=_no_default(windows.dilation, 1))
    return LayerCode(f"F.max_pool2d({text}, {short(windows.kernel)}, {short(windows.stride)}{settings})")


def _avg_pool(at: PythonScope) -> LayerCode:
    windows, counts = at.windows, at.layer.count_padding
    if _has_own_padding(at):
        is_padded = any(windows.margins)
        settings = options(count_include_pad=False if is_padded and not counts else None)
        return LayerCode(f"F.avg_pool2d({_maps(at)}, {_pool_settings(at)}{settings})")
    # What is divided by: the part of each window in the input, or in its margins as well.
    margins = full_margins(windows, at.received)
    sizes = f"{short(windows.kernel)}, {short(windows.stride)}"
    ones = f"torch.ones_like({_maps(at)}[:1, :1])"
    beyond = (0, 0, margins[2] - windows.margins[2], margins[3] - windows.margins[3])
    inside = f"F.pad({_padded(ones, windows.margins, '1')}, (0, {beyond[3]}, 0, {beyond[2]}))"
    shares = inside if counts else _padded(ones, margins)
    return LayerCode(f"F.avg_pool2d({_padded(_maps(at), margins)}, {sizes}) / F.avg_pool2d({shares}, {sizes})")


def _global_avg_pool(at: PythonScope) -> LayerCode:
    return LayerCode(f"{_maps(at)}.mean((2, 3), keepdim=True)")


def _global_max_pool(at: PythonScope) -> LayerCode:
    return LayerCode(f"{_maps(at)}.amax((2, 3), keepdim=True)")


def _adaptive_avg_pool(at: PythonScope) -> LayerCode:
    return LayerCode(f"F.adaptive_avg_pool2d({_maps(at)}, {short(at.windows.output)})")


_FUNCTIONS: Mapping[str, str] = {
    "relu": "F.relu({})",
    "relu6": "F.relu6({})",
    "leaky_relu": "F.leaky_relu({}, {slope})",
    "elu": "F.elu({}, {alpha})",
    "clip": "torch.clamp({}, {low}, {high})",
    "sigmoid": "torch.sigmoid({})",
    "hard_sigmoid": "F.hardsigmoid({})",
    "tanh": "torch.tanh({})",
    "silu": "F.silu({})",
    "hard_swish": "F.hardswish({})",
    "mish": "F.mish({})",
    "gelu": "F.gelu({})",
    "gelu_tanh": 'F.gelu({}, approximate="tanh")',
    "softmax": "F.softmax({}, 1)",
}


def _activation(at: PythonScope) -> LayerCode:
    text = _FUNCTIONS[at.layer.function].format(at.value().text, **asdict(at.layer))
    return LayerCode(text, is_vector=at.is_vector)


def _prelu(at: PythonScope) -> LayerCode:
    slope = at.planned.arrays["slope"]
    return LayerCode(
        f"{at.own}({at.value().text})", f"nn.PReLU({len(slope)})", {"weight": slope}, is_vector=at.is_vector
    )


def _batch_norm(at: PythonScope) -> LayerCode:
    kind = "BatchNorm1d" if at.is_vector else "BatchNorm2d"
    names = {"gamma": "weight", "beta": "bias", "mean": "running_mean", "var": "running_var"}
    arrays = {names[role]: array for role, array in at.planned.arrays.items()}
    epsilon = None if at.layer.epsilon == 1e-5 else at.layer.epsilon
    module = f"nn.{kind}({at.received.channels}{options(eps=epsilon)})"
    return LayerCode(f"{at.own}({at.value().text})", module, arrays, is_vector=at.is_vector)


def _layer_norm(at: PythonScope) -> LayerCode:
    """Over the channels: the last axis of a vector, the second of maps."""
    text = at.value().text
    call = f"{at.own}({text})" if at.is_vector else f"{at.own}({text}.movedim(1, -1)).movedim(-1, 1)"
    module = f"nn.LayerNorm({at.received.channels}, eps={at.layer.epsilon})"
    return LayerCode(call, module, _weight_and_bias(at), is_vector=at.is_vector)


def _group_norm(at: PythonScope) -> LayerCode:
    module = f"nn.GroupNorm({at.layer.groups}, {at.received.channels}, eps={at.layer.epsilon})"
    return LayerCode(f"{at.own}({_maps(at)})", module, _weight_and_bias(at))


def _weight_and_bias(at: PythonScope) -> Mapping[str, NDArray[Any]]:
    return {"weight": at.planned.arrays["gamma"], "bias": at.planned.arrays["beta"]}


def _scale(at: PythonScope) -> LayerCode:
    arrays = {role: array.reshape(-1, 1, 1) for role, array in at.planned.arrays.items()}
    shift = f" + {at.own}_bias" if "bias" in arrays else ""
    return LayerCode(f"{at.own}_gamma * {_maps(at)}{shift}", constants=arrays, is_trained=True)


def _lrn(at: PythonScope) -> LayerCode:
    layer = at.layer
    settings = options(alpha=layer.alpha, beta=layer.beta, k=layer.k)
    return LayerCode(f"F.local_response_norm({_maps(at)}, {layer.size}{settings})")


def _dropout(at: PythonScope) -> LayerCode:
    return LayerCode(f"{at.own}({at.value().text})", f"nn.Dropout({at.layer.rate:g})", is_vector=at.is_vector)


def _concat(at: PythonScope) -> LayerCode:
    return LayerCode(f"torch.cat([{', '.join(at.inputs(as_maps))}], 1)", is_vector=at.is_vector)


def _add(at: PythonScope) -> LayerCode:
    return LayerCode(" + ".join(at.inputs(as_maps)), is_vector=at.is_vector)


def _mul(at: PythonScope) -> LayerCode:
    return LayerCode(" * ".join(at.inputs(as_maps)), is_vector=at.is_vector)


def _pad(at: PythonScope) -> LayerCode:
    layer, (top, left, bottom, right) = at.layer, outer_margins(at.layer, at.received)
    modes = {"constant": None, "reflect": '"reflect"', "edge": '"replicate"'}
    value = f"{layer.value:g}" if layer.mode == "constant" and layer.value else None
    sides = f"({left}, {right}, {top}, {bottom})"
    return LayerCode(f"F.pad({_maps(at)}, {sides}{options(mode=modes[layer.mode], value=value)})")


def _crop(at: PythonScope) -> LayerCode:
    (top, left, bottom, right), (_, height, width) = outer_margins(at.layer, at.received), at.received
    return LayerCode(f"{_maps(at)}[:, :, {-top}:{height + bottom}, {-left}:{width + right}]")


def _slice(at: PythonScope) -> LayerCode:
    start = at.layer.start
    limits = f"{start}:{start + at.planned.output_shape.channels}"
    return LayerCode(f"{at.value().text}[:, {limits}]", is_vector=at.is_vector)


def _channel_shuffle(at: PythonScope) -> LayerCode:
    return LayerCode(f"torch.channel_shuffle({_maps(at)}, {at.layer.groups})")


def _pixel_shuffle(at: PythonScope) -> LayerCode:
    factor, (channels, height, width) = at.layer.factor, at.received
    if at.layer.order == "crd":
        return LayerCode(f"F.pixel_shuffle({_maps(at)}, {factor})")
    return _rearranged(at, (factor, factor, channels // factor**2, height, width), (0, 3, 4, 1, 5, 2))


def _pixel_unshuffle(at: PythonScope) -> LayerCode:
    factor, (channels, height, width) = at.layer.factor, at.received
    if at.layer.order == "crd":
        return LayerCode(f"F.pixel_unshuffle({_maps(at)}, {factor})")
    return _rearranged(at, (channels, height // factor, factor, width // factor, factor), (0, 3, 5, 1, 2, 4))


def _rearranged(at: PythonScope, split: tuple[int, ...], order: tuple[int, ...]) -> LayerCode:
    """Axes split into these, in another order, and joined to those of the output."""
    sizes, joined = (", ".join(map(str, numbers)) for numbers in (split, at.planned.output_shape))
    order_text = ", ".join(map(str, order))
    return LayerCode(f"{_maps(at)}.reshape(-1, {sizes}).permute({order_text}).reshape(-1, {joined})")


_MODES: Mapping[tuple[str, str], str] = {
    ("nearest", "half_pixel"): '"nearest-exact"',
    ("nearest", "asymmetric"): '"nearest"',
    ("bilinear", "half_pixel"): '"bilinear"',
    ("bilinear", "align_corners"): '"bilinear", align_corners=True',
}
"""What `interpolate` calls a mode with a convention for corners."""


def _resize(at: PythonScope) -> LayerCode:
    layer, size = at.layer, at.planned.output_shape[1:]
    if at.windows.uneven is None:
        return LayerCode(_maps(at))
    mode = _MODES.get((layer.mode, layer.corners))
    if mode is not None and resizes_by_size(layer, at.windows, at.received):
        return LayerCode(f"F.interpolate({_maps(at)}, {size}, mode={mode})")
    rows, columns = (place_matrix(at.windows, axis, at.received) for axis in (0, 1))
    call = f"{at.own}_rows @ {_maps(at)} @ {at.own}_columns"
    return LayerCode(call, constants={"rows": rows, "columns": np.ascontiguousarray(columns.T)})


TORCH_KINDS: tuple[PythonKind, ...] = (
    PythonKind(Conv2d, _conv),
    PythonKind(ConvTranspose2d, _conv_transpose),
    PythonKind(MaxPool2d, _max_pool),
    PythonKind(AvgPool2d, _avg_pool),
    PythonKind(GlobalAvgPool2d, _global_avg_pool),
    PythonKind(GlobalMaxPool2d, _global_max_pool),
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
    PythonKind(Add, _add),
    PythonKind(Mul, _mul),
)
