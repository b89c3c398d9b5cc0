"""Networks as PyTorch modules: each layer a module of its own, or activations and pooling as functions."""

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from math import prod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine import layers
from engine.layers.windows import pair
from engine.network.analysis import Report
from engine.network.graph import INPUT

_Call = Callable[..., Tensor]

_ACTIVATIONS: dict[str, tuple[Callable[[], nn.Module], _Call]] = {
    "relu": (nn.ReLU, lambda x: F.relu(x)),
    "relu6": (nn.ReLU6, lambda x: F.relu6(x)),
    "leaky_relu": (nn.LeakyReLU, lambda x: F.leaky_relu(x)),
    "elu": (nn.ELU, lambda x: F.elu(x)),
    "celu": (nn.CELU, lambda x: F.celu(x)),
    "selu": (nn.SELU, lambda x: F.selu(x)),
    "clip": (nn.Hardtanh, lambda x: F.hardtanh(x)),
    "sigmoid": (nn.Sigmoid, torch.sigmoid),
    "hard_sigmoid": (nn.Hardsigmoid, lambda x: F.hardsigmoid(x)),
    "tanh": (nn.Tanh, torch.tanh),
    "silu": (nn.SiLU, lambda x: F.silu(x)),
    "hard_swish": (nn.Hardswish, lambda x: F.hardswish(x)),
    "mish": (nn.Mish, lambda x: F.mish(x)),
    "gelu": (nn.GELU, lambda x: F.gelu(x)),
    "gelu_tanh": (lambda: nn.GELU("tanh"), lambda x: F.gelu(x, approximate="tanh")),
    "softplus": (nn.Softplus, lambda x: F.softplus(x)),
    "softsign": (nn.Softsign, lambda x: F.softsign(x)),
    "softmax": (lambda: nn.Softmax(1), lambda x: F.softmax(x, 1)),
    "log_softmax": (lambda: nn.LogSoftmax(1), lambda x: F.log_softmax(x, 1)),
}
"""Module and function. The functions are looked up when they are called: ptflops replaces them while it counts."""

_WITHOUT_MODULE: dict[str, _Call] = {
    **{name: getattr(torch, name) for name in ("abs", "neg", "square", "sqrt", "reciprocal", "exp", "log")},
    "power": lambda x: torch.pow(x, 3.0),
}
"""Functions of which PyTorch has no module."""


class TorchNetwork(nn.Module):
    """A network of known shapes, whose `functional` layers ("activations", "pooling") are functions, not modules."""

    def __init__(self, reports: Iterable[Report], functional: Iterable[str] = ()) -> None:
        super().__init__()
        self.steps: list[tuple[str, tuple[str, ...], _Call]] = []
        for report in reports:
            operation = _operation(report, frozenset(functional))
            if isinstance(operation, nn.Module):
                self.add_module(f"layer{len(self.steps)}", operation)
            self.steps.append((report.name, report.inputs, operation))

    def forward(self, x: Tensor) -> Tensor:
        volumes = {INPUT: x}
        for name, inputs, operation in self.steps:
            x = volumes[name] = operation(*(volumes[source] for source in inputs))
        return x


class _Dense(nn.Module):
    """A linear layer between volumes."""

    def __init__(self, inputs: int, units: int, bias: bool) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, units, bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x.flatten(1))[:, :, None, None]


class _LayerNorm(nn.Module):
    """Layer norm over the channels of each pixel."""

    def __init__(self, channels: int, epsilon: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels, epsilon)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class _Scale(nn.Module):
    """A number per channel, as ConvNeXt's layer scale: parameters of a module that others have not heard of."""

    def __init__(self, shapes: Mapping[str, tuple[int, ...]], layer: layers.Scale) -> None:
        super().__init__()
        size = {role: shape if layer.by_position else (*shape, 1, 1) for role, shape in shapes.items()}
        self.gamma = nn.Parameter(torch.ones(size["gamma"])) if layer.factor else None
        self.bias = nn.Parameter(torch.zeros(size["bias"])) if layer.bias else None

    def forward(self, x: Tensor) -> Tensor:
        scaled = x if self.gamma is None else self.gamma * x
        return scaled if self.bias is None else scaled + self.bias


class _Slopes(nn.Module):
    """PReLU as a function, with its parameters."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((count,), 0.25))

    def forward(self, x: Tensor) -> Tensor:
        return F.prelu(x, self.weight)


class _Padded(nn.Module):
    """A module behind a padding of four different margins."""

    def __init__(self, module: nn.Module, margins: tuple[int, int, int, int]) -> None:
        super().__init__()
        top, left, bottom, right = margins
        self.pad = nn.ZeroPad2d((left, right, top, bottom))
        self.module = module

    def forward(self, x: Tensor) -> Tensor:
        return self.module(self.pad(x))


def _operation(report: Report, functional: frozenset[str]) -> _Call:
    layer, received = report.layer, report.known_inputs[0]
    match layer:
        case layers.Conv2d():
            return _convolution(layer, report)
        case layers.ConvTranspose2d():
            return _transposed(layer, received.channels)
        case layers.MaxPool2d() | layers.AvgPool2d():
            return _pooling(layer, report, "pooling" in functional)
        case layers.GlobalMaxPool2d():
            return (lambda x: F.adaptive_max_pool2d(x, 1)) if "pooling" in functional else nn.AdaptiveMaxPool2d(1)
        case layers.GlobalAvgPool2d() | layers.AdaptiveAvgPool2d():
            size = pair(layer.size) if isinstance(layer, layers.AdaptiveAvgPool2d) else 1
            if "pooling" in functional:
                return lambda x: F.adaptive_avg_pool2d(x, size)
            return nn.AdaptiveAvgPool2d(size)
        case layers.PixelShuffle():
            return nn.PixelShuffle(layer.factor)
        case layers.PixelUnshuffle():
            return nn.PixelUnshuffle(layer.factor)
        case layers.Flatten():
            return lambda x: x.flatten(1)[:, :, None, None]
        case layers.Reshape():
            return lambda x: x.reshape(-1, *report.output_shape)
        case layers.Transpose():
            return lambda x: x.permute(0, *(1 + axis for axis in layer.axes))
        case layers.Pad():
            return _pad(layer, report)
        case layers.Crop():
            top, left, bottom, right = layer.windows(received).margins
            down, across = pair(layer.step)
            return lambda x: x[:, :, -top : x.shape[2] + bottom : down, -left : x.shape[3] + right : across]
        case layers.ChannelPool():
            functions = {"mean": torch.mean, "max": torch.amax, "min": torch.amin, "sum": torch.sum}
            functions["l2"] = torch.linalg.vector_norm
            return lambda x: functions[layer.function](x, dim=1, keepdim=True)
        case layers.Slice():
            return lambda x: x[:, layer.start : layer.end]
        case layers.ChannelShuffle():
            return lambda x: x.unflatten(1, (layer.groups, -1)).transpose(1, 2).flatten(1, 2)
        case layers.Resize():
            return _resizing(layer, report, "pooling" in functional)
        case layers.Activation():
            if layer.along != "channels":
                return _softmax_of_maps(layer, "activations" in functional)
            if layer.function in _WITHOUT_MODULE:
                return _WITHOUT_MODULE[layer.function]
            module, function = _ACTIVATIONS[layer.function]
            return function if "activations" in functional else module()
        case layers.BatchNorm():
            return nn.BatchNorm2d(received.channels, layer.epsilon)
        case layers.LayerNorm():
            return _LayerNorm(received.channels, layer.epsilon)
        case layers.GroupNorm():
            return nn.GroupNorm(layer.groups, received.channels, layer.epsilon)
        case layers.PRelu():
            slopes = 1 if layer.shared else received.channels
            return _Slopes(slopes) if "activations" in functional else nn.PReLU(slopes)
        case layers.Scale():
            return _Scale(report.array_shapes, layer)
        case layers.LocalResponseNorm():
            return nn.LocalResponseNorm(layer.size, layer.alpha, layer.beta, layer.k)
        case layers.Dropout():
            return nn.Dropout(layer.rate)
        case layers.Dense():
            return _Dense(received.size, layer.units, layer.bias)
        case layers.Concat():
            return lambda *volumes: torch.cat(volumes, 1 + layer.axis)
        case layers.Add():
            return lambda *volumes: sum(volumes[1:], volumes[0])
        case layers.Sub():
            return lambda first, second: first - second
        case layers.Div():
            return lambda first, second: first / second
        case layers.Maximum():
            return lambda *volumes: reduce(torch.maximum, volumes)
        case layers.Minimum():
            return lambda *volumes: reduce(torch.minimum, volumes)
        case layers.Mul():
            return lambda *volumes: prod(volumes[1:], start=volumes[0])
    raise NotImplementedError(f"no module for {layer}")


def _softmax_of_maps(layer: layers.Activation, functional: bool) -> _Call:
    """Softmax or its logarithm along rows, columns, or all pixels as one axis."""
    axis = 3 if layer.along == "columns" else 2
    module = {"softmax": nn.Softmax, "log_softmax": nn.LogSoftmax}[layer.function]
    apply = (lambda x: getattr(F, layer.function)(x, axis)) if functional else module(axis)
    if layer.along == "pixels":
        return _OfPixels(apply)
    return apply


class _OfPixels(nn.Module):
    """A function of maps whose pixels are one axis."""

    def __init__(self, function: _Call) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x.flatten(2)).reshape(x.shape)


def _convolution(layer: layers.Conv2d, report: Report) -> nn.Module:
    received = report.known_inputs[0]
    top, left, bottom, right = margins = layer.windows(received).margins
    even = (top, left) == (bottom, right)
    module = nn.Conv2d(
        received.channels,
        layer.filters,
        pair(layer.kernel),
        pair(layer.stride),
        (top, left) if even else 0,
        pair(layer.dilation),
        layer.groups,
        layer.bias,
    )
    return module if even else _Padded(module, margins)


def _transposed(layer: layers.ConvTranspose2d, channels: int) -> nn.Module:
    settings = {
        "kernel_size": pair(layer.kernel),
        "stride": pair(layer.stride),
        "padding": pair(0 if layer.padding == "valid" else layer.padding),
        "output_padding": pair(layer.output_padding),
        "dilation": pair(layer.dilation),
    }
    return nn.ConvTranspose2d(channels, layer.filters, groups=layer.groups, bias=layer.bias, **settings)


def _pad(layer: layers.Pad, report: Report) -> nn.Module:
    received, output = report.known_inputs[0], report.output_shape
    assert output is not None
    sides = (layer.margins,) * 4 if isinstance(layer.margins, int) else layer.margins
    top, left = sides[0], sides[1]
    margins = (left, output.width - received.width - left, top, output.height - received.height - top)
    match layer.mode:
        case "reflect":
            return nn.ReflectionPad2d(margins)
        case "edge":
            return nn.ReplicationPad2d(margins)
    return nn.ConstantPad2d(margins, layer.value)


def _resizing(layer: layers.Resize, report: Report, functional: bool) -> _Call:
    assert report.output_shape is not None
    size = tuple(report.output_shape[1:])
    if functional:
        return lambda x: F.interpolate(x, size=size, mode=layer.mode)
    return nn.Upsample(size, mode=layer.mode)


def _pooling(layer: layers.MaxPool2d | layers.AvgPool2d, report: Report, functional: bool) -> _Call:
    top, left, bottom, right = layer.windows(report.known_inputs[0]).margins
    if (top, left) != (bottom, right):
        raise NotImplementedError(f"{report.name}: PyTorch's pooling pads both sides alike")
    is_average = isinstance(layer, layers.AvgPool2d)
    # A square kernel is one number, as people write it: thop's rule of 2019 depends on that.
    settings = {"kernel_size": layer.kernel, "stride": layer.step, "padding": (top, left), "ceil_mode": layer.ceil}
    if is_average:
        settings["count_include_pad"] = layer.count_padding
    else:
        settings["dilation"] = layer.dilation
    if functional:
        return lambda x: (F.avg_pool2d if is_average else F.max_pool2d)(x, **settings)
    return (nn.AvgPool2d if is_average else nn.MaxPool2d)(**settings)
