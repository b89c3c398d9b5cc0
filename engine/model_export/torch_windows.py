"""What convolutions, dense layers and pooling are in PyTorch: one row a kind."""

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
from engine.model_export.python_scope import (
    CodeValue,
    LayerCode,
    PythonKind,
    PythonScope,
    is_symmetric,
    options,
    short,
    unless,
)
from engine.model_export.windows import full_margins, transposed_margins
from engine.shapes import Margins


def torch_maps(text: str) -> str:
    """Maps of 1×1 of a vector."""
    return f"{text}[:, :, None, None]"


def torch_input(at: PythonScope, index: int = 0) -> str:
    value = at.value(index)
    return torch_maps(value.text) if value.is_vector else value.text


def torch_vector(value: CodeValue) -> str:
    return value.text if value.is_vector else f"{value.text}.flatten(1)"


def _padded(text: str, margins: Margins, fill: str | None = None) -> str:
    top, left, bottom, right = margins
    if not any(margins):
        return text
    return f"F.pad({text}, ({left}, {right}, {top}, {bottom}){options(value=fill)})"


def _conv(at: PythonScope) -> LayerCode:
    layer, windows = at.layer, at.windows
    own = is_symmetric(windows.margins)
    settings = options(
        stride=unless(windows.stride, 1),
        padding=unless(windows.margins[:2], 0) if own else None,
        dilation=unless(windows.dilation, 1),
        groups=None if layer.groups == 1 else layer.groups,
        bias=None if layer.bias else False,
    )
    module = f"nn.Conv2d({at.received.channels}, {layer.filters}, {short(windows.kernel)}{settings})"
    text = torch_input(at) if own else _padded(torch_input(at), windows.margins)
    return LayerCode(f"{at.own}({text})", module, at.planned.arrays)


def _conv_transpose(at: PythonScope) -> LayerCode:
    layer = at.layer
    margins = transposed_margins(layer, at.windows, at.received)
    limits = [max(pair) - 1 for pair in zip(margins.stride, margins.dilation, strict=True)]
    own = is_symmetric(margins.cut) and all(a <= limit for a, limit in zip(margins.added, limits, strict=True))
    settings = options(
        stride=unless(margins.stride, 1),
        padding=unless(margins.cut[:2], 0) if own else None,
        output_padding=unless(margins.added, 0) if own else None,
        groups=None if layer.groups == 1 else layer.groups,
        bias=None if layer.bias else False,
        dilation=unless(margins.dilation, 1),
    )
    module = f"nn.ConvTranspose2d({at.received.channels}, {layer.filters}, {short(margins.kernel)}{settings})"
    call = f"{at.own}({torch_input(at)})"
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
    return LayerCode(f"{at.own}({torch_vector(at.value())})", module, at.planned.arrays, is_vector=True)


def _has_own_padding(at: PythonScope) -> bool:
    """Whether the padding is one that pooling of PyTorch has: symmetric, at most half of the kernel."""
    windows = at.windows
    halves = zip(windows.margins, windows.kernel * 2, strict=True)
    return is_symmetric(windows.margins) and all(2 * margin <= size for margin, size in halves)


def _pool_settings(at: PythonScope) -> str:
    windows = at.windows
    padding = unless(windows.margins[:2], 0)
    return f"{short(windows.kernel)}, {short(windows.stride)}" + options(
        padding=padding, dilation=unless(windows.dilation, 1), ceil_mode=True if at.layer.ceil else None
    )


def _max_pool(at: PythonScope) -> LayerCode:
    if _has_own_padding(at):
        return LayerCode(f"F.max_pool2d({torch_input(at)}, {_pool_settings(at)})")
    windows = at.windows
    text = _padded(torch_input(at), full_margins(windows, at.received), '-float("inf")')
    settings = options(dilation=unless(windows.dilation, 1))
    return LayerCode(f"F.max_pool2d({text}, {short(windows.kernel)}, {short(windows.stride)}{settings})")


def _avg_pool(at: PythonScope) -> LayerCode:
    windows, counts = at.windows, at.layer.count_padding
    if _has_own_padding(at):
        is_padded = any(windows.margins)
        settings = options(count_include_pad=False if is_padded and not counts else None)
        return LayerCode(f"F.avg_pool2d({torch_input(at)}, {_pool_settings(at)}{settings})")
    # What is divided by: the part of each window in the input, or in its margins as well.
    margins = full_margins(windows, at.received)
    sizes = f"{short(windows.kernel)}, {short(windows.stride)}"
    ones = f"torch.ones_like({torch_input(at)}[:1, :1])"
    beyond = (0, 0, margins[2] - windows.margins[2], margins[3] - windows.margins[3])
    inside = f"F.pad({_padded(ones, windows.margins, '1')}, (0, {beyond[3]}, 0, {beyond[2]}))"
    shares = inside if counts else _padded(ones, margins)
    return LayerCode(f"F.avg_pool2d({_padded(torch_input(at), margins)}, {sizes}) / F.avg_pool2d({shares}, {sizes})")


def _global_avg_pool(at: PythonScope) -> LayerCode:
    return LayerCode(f"{torch_input(at)}.mean((2, 3), keepdim=True)")


def _global_max_pool(at: PythonScope) -> LayerCode:
    return LayerCode(f"{torch_input(at)}.amax((2, 3), keepdim=True)")


def _adaptive_avg_pool(at: PythonScope) -> LayerCode:
    return LayerCode(f"F.adaptive_avg_pool2d({torch_input(at)}, {short(at.windows.output)})")


TORCH_WINDOWS: tuple[PythonKind, ...] = (
    PythonKind(Conv2d, _conv),
    PythonKind(ConvTranspose2d, _conv_transpose),
    PythonKind(MaxPool2d, _max_pool),
    PythonKind(AvgPool2d, _avg_pool),
    PythonKind(GlobalAvgPool2d, _global_avg_pool),
    PythonKind(GlobalMaxPool2d, _global_max_pool),
    PythonKind(AdaptiveAvgPool2d, _adaptive_avg_pool),
    PythonKind(Dense, _dense),
)
