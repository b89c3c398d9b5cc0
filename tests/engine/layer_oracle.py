"""The slow oracle by kind: values, multiplications and rounding errors of each layer, from the loops of `reference`.

A kind has a row in ORACLES. Settings are interpreted here a second time, apart from the code under test: the margins
of "same" padding are found by search, not computed.
"""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from engine import layers
from tests.engine import reference

UNIT = float(np.finfo(np.float32).eps)


class Oracle(NamedTuple):
    """How a kind is checked.

    `forward` takes (layer, inputs, weights by role). `roundings` bounds how often a float32 result was rounded, in
    units of `magnitude`, which the errors are relative to. `exact` says whether the result for small integers is
    rounded only once. `macs` counts the multiplications of the loops.
    """

    forward: Callable[..., Any]
    roundings: Callable[..., int]
    magnitude: Callable[..., Any] | None = None
    exact: Callable[[Any], bool] = lambda layer: True
    macs: Callable[..., int] = lambda layer, inputs, weights: 0


def both(value):
    return value if isinstance(value, tuple) else (value, value)


def margins(layer, shape):
    """(top, left, bottom, right)."""
    padding = layer.padding
    if padding == "same":
        sides = [_same(layer, shape, axis) for axis in (0, 1)]
        return sides[0][0], sides[1][0], sides[0][1], sides[1][1]
    if padding == "valid":
        return 0, 0, 0, 0
    padding = both(padding)
    return padding if len(padding) == 4 else padding + padding


def _same(layer, shape, axis):
    """The fewest pixels with which ⌈n/s⌉ windows fit; an odd one goes after."""
    extent, stride = shape[1 + axis], stride_of(layer)[axis]
    taps = [tap * both(getattr(layer, "dilation", 1))[axis] for tap in range(both(layer.kernel)[axis])]
    count = math.ceil(extent / stride)
    for total in range(taps[-1] + 1):
        starts = [start for start in range(0, extent + total, stride) if start + taps[-1] < extent + total]
        if len(starts) >= count:
            break
    return total // 2, total - total // 2


def stride_of(layer):
    return both(layer.kernel if layer.stride is None else layer.stride)


def _conv(layer, inputs):
    return {
        "stride": stride_of(layer),
        "padding": margins(layer, inputs[0].shape),
        "dilation": both(layer.dilation),
    }


def _pool(layer, inputs):
    return {
        "kernel": both(layer.kernel),
        "stride": stride_of(layer),
        "padding": margins(layer, inputs[0].shape),
        "ceil": layer.ceil,
    }


def _conv2d(layer, inputs, weights):
    arrays = inputs[0], weights["weight"], weights.get("bias")
    return reference.conv2d(*arrays, **_conv(layer, inputs), groups=layer.groups)


def _conv_transpose2d(layer, inputs, weights):
    stride, dilation, kernel = both(layer.stride), both(layer.dilation), both(layer.kernel)
    # Where the taps of all values fall without margins, one by one.
    ends = [
        max(
            n * stride[axis] + tap * dilation[axis]
            for n in range(inputs[0].shape[1 + axis])
            for tap in range(kernel[axis])
        )
        for axis in (0, 1)
    ]
    sizes = [end + 1 + more for end, more in zip(ends, both(layer.output_padding), strict=True)]
    if layer.padding == "same":
        extent = tuple(n * step for n, step in zip(inputs[0].shape[1:], stride, strict=True))
        cut = [max(size - own, 0) // 2 for size, own in zip(sizes, extent, strict=True)]
    else:
        top, left, bottom, right = margins(layer, inputs[0].shape)
        extent, cut = (sizes[0] - top - bottom, sizes[1] - left - right), (top, left)
    return reference.conv_transpose2d(
        inputs[0],
        weights["weight"],
        weights.get("bias"),
        stride=stride,
        margins=cut,
        dilation=dilation,
        groups=layer.groups,
        extent=extent,
    )


def _dense(layer, inputs, weights):
    return reference.dense(inputs[0], weights["weight"], weights.get("bias"))


def _avg_pool2d(layer, inputs, weights):
    return reference.avg_pool2d(inputs[0], **_pool(layer, inputs), count_padding=layer.count_padding)


def _adaptive_avg_pool2d(layer, inputs, weights):
    return reference.adaptive_avg_pool2d(inputs[0], both(layer.size))


def _shuffled_channels(layer, inputs, weights):
    groups = np.array_split(range(len(inputs[0])), layer.groups)
    return reference.pick_channels(inputs[0], [channel for turn in zip(*groups, strict=True) for channel in turn])


def _reshape(layer, inputs, weights):
    """The first size that is left out is found by trying."""
    stated = [layer.channels, layer.height, layer.width]
    for rest in range(1, inputs[0].size + 1):
        sizes, waiting = [], [rest]
        for size in stated:
            sizes.append(size if size is not None else waiting.pop() if waiting else 1)
        if math.prod(sizes) == inputs[0].size:
            break
    return reference.reshape(inputs[0], sizes)


def _sides(layer):
    sides = both(layer.margins)
    return sides if len(sides) == 4 else sides + sides


def _resize(layer, inputs, weights):
    shape = inputs[0].shape[1:]
    factor = Fraction(layer.factor).limit_denominator(100_000)
    size = both(layer.size) if layer.size is not None else tuple(math.floor(extent * factor) for extent in shape)

    def place(index, axis):
        extent, count = shape[axis], size[axis]
        step = Fraction(extent, count) if layer.size is not None or extent == count else 1 / factor
        if layer.corners == "align_corners":
            found = Fraction(index * (extent - 1), count - 1) if count > 1 else Fraction(0)
        elif layer.corners == "asymmetric":
            found = index * step
        else:
            found = (index + Fraction(1, 2)) * step - Fraction(1, 2)
        if layer.mode == "bilinear":
            return found
        return math.floor(found if layer.corners == "asymmetric" else found + Fraction(1, 2))

    return reference.resize(inputs[0], size, layer.mode, place)


def _batch_norm(layer, inputs, weights):
    return reference.batch_norm(inputs[0], *(weights[r] for r in ("gamma", "beta", "mean", "var")), layer.epsilon)


def _batch_norm_magnitude(layer, inputs, weights):
    sizes = {role: abs(array) for role, array in weights.items()}
    return _batch_norm(layer, [abs(inputs[0])], sizes | {"mean": -sizes["mean"]})


def _layer_norm(layer, inputs, weights):
    return reference.layer_norm(inputs[0], weights["gamma"], weights["beta"], layer.epsilon)


def _group_norm(layer, inputs, weights):
    return reference.group_norm(inputs[0], weights["gamma"], weights["beta"], layer.groups, layer.epsilon)


def _sample_norm_magnitude(forward):
    """Where the mean is taken off, its size counts as well as that of the value."""

    def magnitude(layer, inputs, weights):
        whole = abs(inputs[0]).max() / math.sqrt(layer.epsilon)
        spread = abs(forward(layer, inputs, {"gamma": np.ones_like(weights["gamma"]), "beta": 0 * weights["beta"]}))
        gamma, beta = abs(weights["gamma"])[:, None, None], abs(weights["beta"])[:, None, None]
        return gamma * np.minimum(spread + 1, whole) + beta

    return magnitude


_NUMBERS = {
    "leaky_relu": ("slope",),
    "elu": ("alpha",),
    "celu": ("alpha",),
    "power": ("exponent",),
    "clip": ("low", "high"),
    "hard_sigmoid": ("factor", "offset"),
}


def _activation(layer, inputs, weights):
    numbers = {name: getattr(layer, name) for name in _NUMBERS.get(layer.function, ())}
    return reference.activation(layer.function, inputs[0], layer.along, **numbers)


def _activation_magnitude(layer, inputs, weights):
    """The size of the terms of the sum in a hard sigmoid, which nearly cancel at its zero; else that of the result."""
    if layer.function == "hard_sigmoid":
        return abs(layer.factor * inputs[0]) + abs(layer.offset)
    return _activation(layer, inputs, weights)


def _scale(layer, inputs, weights):
    return reference.scale(inputs[0], weights.get("gamma"), weights.get("bias"))


def _lrn(layer, inputs, weights):
    setting = {"size": layer.size, "alpha": layer.alpha, "beta": layer.beta, "k": layer.k}
    return reference.local_response_norm(inputs[0], **setting)


def _absolute(forward):
    """The same sum of absolute terms."""
    return lambda layer, inputs, weights: forward(
        layer, [abs(volume) for volume in inputs], {role: abs(array) for role, array in weights.items()}
    )


ORACLES = {
    layers.Conv2d: Oracle(
        _conv2d,
        lambda layer, inputs, weights: weights["weight"][0].size + 1,
        _absolute(_conv2d),
        macs=lambda layer, inputs, weights: reference.conv2d_macs(inputs[0], weights["weight"], **_conv(layer, inputs)),
    ),
    layers.ConvTranspose2d: Oracle(
        _conv_transpose2d,
        lambda layer, inputs, weights: weights["weight"][:, 0].size // layer.groups + 1,
        _absolute(_conv_transpose2d),
        macs=lambda layer, inputs, weights: reference.conv_transpose2d_macs(inputs[0], weights["weight"]),
    ),
    layers.Dense: Oracle(
        _dense,
        lambda layer, inputs, weights: inputs[0].size + 1,
        _absolute(_dense),
        macs=lambda layer, inputs, weights: reference.dense_macs(inputs[0], weights["weight"]),
    ),
    layers.MaxPool2d: Oracle(
        lambda layer, inputs, weights: reference.max_pool2d(
            inputs[0], **_pool(layer, inputs), dilation=both(layer.dilation)
        ),
        lambda layer, inputs, weights: 0,
    ),
    layers.GlobalMaxPool2d: Oracle(
        lambda layer, inputs, weights: reference.global_max_pool2d(inputs[0]),
        lambda layer, inputs, weights: 0,
    ),
    layers.AvgPool2d: Oracle(
        _avg_pool2d,
        lambda layer, inputs, weights: math.prod(both(layer.kernel)) + 1,
        _absolute(_avg_pool2d),
    ),
    layers.GlobalAvgPool2d: Oracle(
        lambda layer, inputs, weights: reference.global_avg_pool2d(inputs[0]),
        lambda layer, inputs, weights: 1,
        _absolute(lambda layer, inputs, weights: reference.global_avg_pool2d(inputs[0])),
    ),
    layers.AdaptiveAvgPool2d: Oracle(
        _adaptive_avg_pool2d, lambda layer, inputs, weights: 1, _absolute(_adaptive_avg_pool2d)
    ),
    layers.ChannelPool: Oracle(
        lambda layer, inputs, weights: reference.channel_pool(inputs[0], layer.function),
        lambda layer, inputs, weights: 1,
        _absolute(lambda layer, inputs, weights: reference.channel_pool(inputs[0], layer.function)),
    ),
    layers.Pad: Oracle(
        lambda layer, inputs, weights: reference.pad(
            inputs[0], _sides(layer), layer.mode, float(np.float32(layer.value))
        ),
        lambda layer, inputs, weights: 1,
    ),
    layers.Crop: Oracle(
        lambda layer, inputs, weights: reference.crop(inputs[0], _sides(layer), both(layer.step)),
        lambda layer, inputs, weights: 0,
    ),
    layers.Slice: Oracle(
        lambda layer, inputs, weights: reference.pick_channels(
            inputs[0], range(layer.start, len(inputs[0]) if layer.end is None else layer.end)
        ),
        lambda layer, inputs, weights: 0,
    ),
    layers.ChannelShuffle: Oracle(_shuffled_channels, lambda layer, inputs, weights: 0),
    layers.PixelShuffle: Oracle(
        lambda layer, inputs, weights: reference.pixel_shuffle(inputs[0], layer.factor, layer.order),
        lambda layer, inputs, weights: 0,
    ),
    layers.PixelUnshuffle: Oracle(
        lambda layer, inputs, weights: reference.pixel_unshuffle(inputs[0], layer.factor, layer.order),
        lambda layer, inputs, weights: 0,
    ),
    layers.Flatten: Oracle(
        lambda layer, inputs, weights: reference.reshape(inputs[0], (inputs[0].size, 1, 1)),
        lambda layer, inputs, weights: 0,
    ),
    layers.Transpose: Oracle(
        lambda layer, inputs, weights: reference.transpose(inputs[0], layer.order), lambda layer, inputs, weights: 0
    ),
    layers.Reshape: Oracle(_reshape, lambda layer, inputs, weights: 0),
    layers.Resize: Oracle(
        _resize,
        lambda layer, inputs, weights: 8 if layer.mode == "bilinear" else 0,
        _absolute(_resize),
        exact=lambda layer: layer.mode == "nearest",
    ),
    layers.Activation: Oracle(
        _activation,
        lambda layer, inputs, weights: 16,
        _activation_magnitude,
        exact=lambda layer: layer.function in ("relu", "relu6", "clip", "abs", "neg", "square"),
    ),
    layers.PRelu: Oracle(
        lambda layer, inputs, weights: reference.prelu(inputs[0], weights["slope"]), lambda layer, inputs, weights: 1
    ),
    layers.Scale: Oracle(_scale, lambda layer, inputs, weights: 2, _absolute(_scale)),
    layers.BatchNorm: Oracle(
        _batch_norm, lambda layer, inputs, weights: 8, _batch_norm_magnitude, exact=lambda layer: False
    ),
    layers.LayerNorm: Oracle(
        _layer_norm,
        lambda layer, inputs, weights: 8,
        _sample_norm_magnitude(_layer_norm),
        exact=lambda layer: False,
    ),
    layers.GroupNorm: Oracle(
        _group_norm,
        lambda layer, inputs, weights: 8,
        _sample_norm_magnitude(_group_norm),
        exact=lambda layer: False,
    ),
    layers.LocalResponseNorm: Oracle(
        _lrn,
        lambda layer, inputs, weights: math.ceil((1 + layer.beta) * (layer.size + 8)),
        exact=lambda layer: False,
    ),
    layers.Dropout: Oracle(lambda layer, inputs, weights: inputs[0], lambda layer, inputs, weights: 0),
    layers.Concat: Oracle(
        lambda layer, inputs, weights: reference.concat(inputs, ["channels", "rows", "columns"].index(layer.along)),
        lambda layer, inputs, weights: 0,
    ),
    layers.Add: Oracle(
        lambda layer, inputs, weights: reference.add(inputs),
        lambda layer, inputs, weights: len(inputs),
        _absolute(lambda layer, inputs, weights: reference.add(inputs)),
    ),
    layers.Sub: Oracle(
        lambda layer, inputs, weights: reference.subtract(inputs),
        lambda layer, inputs, weights: 1,
        lambda layer, inputs, weights: reference.add([abs(volume) for volume in inputs]),
    ),
    layers.Div: Oracle(
        lambda layer, inputs, weights: reference.divide(inputs),
        lambda layer, inputs, weights: 1,
    ),
    layers.Maximum: Oracle(lambda layer, inputs, weights: reference.maximum(inputs), lambda layer, inputs, weights: 0),
    layers.Minimum: Oracle(lambda layer, inputs, weights: reference.minimum(inputs), lambda layer, inputs, weights: 0),
    layers.Mul: Oracle(
        lambda layer, inputs, weights: reference.multiply(inputs), lambda layer, inputs, weights: len(inputs)
    ),
}


def forward(layer, inputs, weights):
    """The layer's output in double precision."""
    inputs = [volume.astype(np.float64) for volume in inputs]
    return ORACLES[type(layer)].forward(layer, inputs, {r: array.astype(np.float64) for r, array in weights.items()})


def bound(layer, inputs, weights):
    """How far float32 results may be from `forward`, value by value."""
    oracle = ORACLES[type(layer)]
    inputs = [volume.astype(np.float64) for volume in inputs]
    weights = {role: array.astype(np.float64) for role, array in weights.items()}
    sizes = np.nan_to_num(abs((oracle.magnitude or oracle.forward)(layer, inputs, weights)), posinf=np.inf)
    return oracle.roundings(layer, inputs, weights) * UNIT * sizes + 1e-18


def errors(computed, expected):
    """How far values are from those expected: not at all where both are no number, as the root of −1."""
    computed, expected = np.asarray(computed), np.asarray(expected)
    same = (computed == expected) | (np.isnan(computed) & np.isnan(expected))
    return np.where(same, 0, abs(computed - expected))
