"""What each kind of layer is in PyTorch: one row a kind."""

import re
from collections.abc import Mapping
from functools import partial, reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
from engine.model_export.python_scope import (
    LayerCode,
    PythonKind,
    PythonScope,
    activation_code,
    number_code,
    numbers_code,
    options,
)
from engine.model_export.torch_windows import TORCH_WINDOWS, torch_input, torch_maps, torch_vector
from engine.model_export.windows import outer_margins, place_matrix, resizes_by_size

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


_FUNCTIONS: Mapping[str, str] = {
    "relu": "F.relu({})",
    "relu6": "F.relu6({})",
    "leaky_relu": "F.leaky_relu({}, {slope})",
    "elu": "F.elu({}, {alpha})",
    "celu": "F.celu({}, {alpha})",
    "selu": "F.selu({})",
    "clip": "torch.clamp({}, {low}, {high})",
    "sigmoid": "torch.sigmoid({})",
    "hard_sigmoid": "F.hardsigmoid({})",
    "tanh": "torch.tanh({})",
    "silu": "F.silu({})",
    "hard_swish": "F.hardswish({})",
    "mish": "F.mish({})",
    "gelu": "F.gelu({})",
    "gelu_tanh": 'F.gelu({}, approximate="tanh")',
    "softplus": "F.softplus({})",
    "softsign": "F.softsign({})",
    "abs": "torch.abs({})",
    "neg": "torch.neg({})",
    "square": "torch.square({})",
    "sqrt": "torch.sqrt({})",
    "reciprocal": "torch.reciprocal({})",
    "power": "torch.pow({}, {exponent})",
    "exp": "torch.exp({})",
    "log": "torch.log({})",
    "softmax": "F.softmax({}, 1)",
    "log_softmax": "F.log_softmax({}, 1)",
}
_SOFTMAX_OF_MAPS: Mapping[str, str] = {
    "rows": "F.{function}({}, 2)",
    "columns": "F.{function}({}, 3)",
    "pixels": "F.{function}({}.flatten(2), 2).reshape(-1, {channels}, {height}, {width})",
}
"""By what it is along, if not the channels."""

_GENERAL_FUNCTIONS: Mapping[str, str] = {"hard_sigmoid": "torch.clamp({factor} * {} + {offset}, 0, 1)"}


def _activation(at: PythonScope) -> LayerCode:
    if at.layer.along == "channels":
        return activation_code(_FUNCTIONS, _GENERAL_FUNCTIONS, at)
    template = _SOFTMAX_OF_MAPS[at.layer.along]
    return LayerCode(template.format(torch_input(at), function=at.layer.function, **at.received._asdict()))


def _prelu(at: PythonScope) -> LayerCode:
    slope = at.planned.arrays["slope"]
    return LayerCode(
        f"{at.own}({at.value().text})", f"nn.PReLU({len(slope)})", {"weight": slope}, is_vector=at.is_vector
    )


def _batch_norm(at: PythonScope) -> LayerCode:
    kind = "BatchNorm1d" if at.is_vector else "BatchNorm2d"
    names = {"gamma": "weight", "beta": "bias", "mean": "running_mean", "var": "running_var"}
    arrays = {names[role]: array for role, array in at.planned.arrays.items()}
    epsilon = number_code(at.layer.epsilon)
    epsilon_setting = None if epsilon == "1e-05" else epsilon
    module = f"nn.{kind}({at.received.channels}{options(eps=epsilon_setting)})"
    return LayerCode(f"{at.own}({at.value().text})", module, arrays, is_vector=at.is_vector)


def _layer_norm(at: PythonScope) -> LayerCode:
    """Over the channels: the last axis of a vector, the second of maps."""
    text = at.value().text
    call = f"{at.own}({text})" if at.is_vector else f"{at.own}({text}.movedim(1, -1)).movedim(-1, 1)"
    module = f"nn.LayerNorm({at.received.channels}, eps={number_code(at.layer.epsilon)})"
    return LayerCode(call, module, _weight_and_bias(at), is_vector=at.is_vector)


def _group_norm(at: PythonScope) -> LayerCode:
    module = f"nn.GroupNorm({at.layer.groups}, {at.received.channels}, eps={number_code(at.layer.epsilon)})"
    return LayerCode(f"{at.own}({torch_input(at)})", module, _weight_and_bias(at))


def _weight_and_bias(at: PythonScope) -> Mapping[str, NDArray[Any]]:
    return {"weight": at.planned.arrays["gamma"], "bias": at.planned.arrays["beta"]}


def _scale(at: PythonScope) -> LayerCode:
    is_vector = at.is_vector and not at.layer.by_position
    arrays = {
        role: array if at.layer.by_position else array.reshape(-1) if is_vector else array.reshape(-1, 1, 1)
        for role, array in at.planned.arrays.items()
    }
    factor = f"{at.own}_gamma * " if "gamma" in arrays else ""
    shift = f" + {at.own}_bias" if "bias" in arrays else ""
    text = at.value().text if is_vector else torch_input(at)
    return LayerCode(f"{factor}{text}{shift}", constants=arrays, is_vector=is_vector, is_trained=bool(arrays))


def _lrn(at: PythonScope) -> LayerCode:
    layer = at.layer
    settings = options(**numbers_code(layer))
    return LayerCode(f"F.local_response_norm({torch_input(at)}, {layer.size}{settings})")


def _dropout(at: PythonScope) -> LayerCode:
    return LayerCode(f"{at.own}({at.value().text})", f"nn.Dropout({at.layer.rate:g})", is_vector=at.is_vector)


def _concat(at: PythonScope) -> LayerCode:
    if at.layer.along == "channels":
        return LayerCode(f"torch.cat([{', '.join(at.inputs(torch_maps))}], 1)", is_vector=at.is_vector)
    maps = ", ".join(torch_input(at, index) for index in range(len(at.planned.inputs)))
    return LayerCode(f"torch.cat([{maps}], {1 + at.layer.axis})")


def _joined(symbol: str, at: PythonScope) -> LayerCode:
    return LayerCode(f" {symbol} ".join(at.inputs(torch_maps)), is_vector=at.is_vector)


def _extreme(function: str, at: PythonScope) -> LayerCode:
    """A function of two volumes, of the result and the next one, and so on."""
    text = reduce(lambda first, second: f"{function}({first}, {second})", at.inputs(torch_maps))
    return LayerCode(text, is_vector=at.is_vector)


def _channel_pool(at: PythonScope) -> LayerCode:
    name = {"max": "amax", "min": "amin", "l2": "linalg.vector_norm"}.get(at.layer.function, at.layer.function)
    return LayerCode(f"torch.{name}({at.value().text}, dim=1, keepdim=True)", is_vector=at.is_vector)


def _flatten(at: PythonScope) -> LayerCode:
    return LayerCode(torch_vector(at.value()), is_vector=True)


def _reshape(at: PythonScope) -> LayerCode:
    return LayerCode(f"{at.value().text}.reshape(-1, {', '.join(map(str, at.planned.output_shape))})")


def _transpose(at: PythonScope) -> LayerCode:
    order = ", ".join(str(1 + axis) for axis in at.layer.axes)
    return LayerCode(f"{torch_input(at)}.permute(0, {order})")


def _pad(at: PythonScope) -> LayerCode:
    layer, (top, left, bottom, right) = at.layer, outer_margins(at.layer, at.received)
    modes = {"constant": None, "reflect": '"reflect"', "edge": '"replicate"'}
    value = f"{layer.value:g}" if layer.mode == "constant" and layer.value else None
    sides = f"({left}, {right}, {top}, {bottom})"
    return LayerCode(f"F.pad({torch_input(at)}, {sides}{options(mode=modes[layer.mode], value=value)})")


def _crop(at: PythonScope) -> LayerCode:
    (top, left, bottom, right), (_, height, width) = outer_margins(at.layer, at.received), at.received
    steps = ["" if step == 1 else f":{step}" for step in pair(at.layer.step)]
    rows, columns = f"{-top}:{height + bottom}{steps[0]}", f"{-left}:{width + right}{steps[1]}"
    return LayerCode(f"{torch_input(at)}[:, :, {rows}, {columns}]")


def _slice(at: PythonScope) -> LayerCode:
    start = at.layer.start
    limits = f"{start}:{start + at.planned.output_shape.channels}"
    return LayerCode(f"{at.value().text}[:, {limits}]", is_vector=at.is_vector)


def _channel_shuffle(at: PythonScope) -> LayerCode:
    return LayerCode(f"torch.channel_shuffle({torch_input(at)}, {at.layer.groups})")


def _pixel_shuffle(at: PythonScope) -> LayerCode:
    factor, (channels, height, width) = at.layer.factor, at.received
    if at.layer.order == "crd":
        return LayerCode(f"F.pixel_shuffle({torch_input(at)}, {factor})")
    return _rearranged(at, (factor, factor, channels // factor**2, height, width), (0, 3, 4, 1, 5, 2))


def _pixel_unshuffle(at: PythonScope) -> LayerCode:
    factor, (channels, height, width) = at.layer.factor, at.received
    if at.layer.order == "crd":
        return LayerCode(f"F.pixel_unshuffle({torch_input(at)}, {factor})")
    return _rearranged(at, (channels, height // factor, factor, width // factor, factor), (0, 3, 5, 1, 2, 4))


def _rearranged(at: PythonScope, split: tuple[int, ...], order: tuple[int, ...]) -> LayerCode:
    """Axes split into these, in another order, and joined to those of the output."""
    sizes, joined = (", ".join(map(str, numbers)) for numbers in (split, at.planned.output_shape))
    order_text = ", ".join(map(str, order))
    return LayerCode(f"{torch_input(at)}.reshape(-1, {sizes}).permute({order_text}).reshape(-1, {joined})")


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
        return LayerCode(torch_input(at))
    mode = _MODES.get((layer.mode, layer.corners))
    if mode is not None and resizes_by_size(layer, at.windows, at.received):
        return LayerCode(f"F.interpolate({torch_input(at)}, {size}, mode={mode})")
    rows, columns = (place_matrix(at.windows, axis, at.received) for axis in (0, 1))
    call = f"{at.own}_rows @ {torch_input(at)} @ {at.own}_columns"
    return LayerCode(call, constants={"rows": rows, "columns": np.ascontiguousarray(columns.T)})


TORCH_KINDS: tuple[PythonKind, ...] = (
    *TORCH_WINDOWS,
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
    PythonKind(Maximum, partial(_extreme, "torch.maximum")),
    PythonKind(Minimum, partial(_extreme, "torch.minimum")),
)
