"""What kinds of layers that move values, or enlarge maps, are in an ONNX graph: one row a kind."""

from typing import Any

import numpy as np

from engine.kernels.resizing import Places
from engine.layers import (
    ChannelShuffle,
    ConvTranspose2d,
    Crop,
    Flatten,
    Pad,
    PixelShuffle,
    PixelUnshuffle,
    Reshape,
    Resize,
    Slice,
    Transpose,
)
from engine.layers.resize import ResampledSpans
from engine.layers.windows import pair
from engine.model_export.onnx_graph import OnnxKind, OnnxScope
from engine.model_export.windows import outer_margins, transposed_margins

_SLICE_INPUTS = 10
_RESIZE = 11
"""Versions of the operators from which on Slice has its limits as inputs, and Resize and DepthToSpace have modes."""
_REGION_OPTION = 13
"""The version from which on Resize may lack a region, which it only uses to resize a part."""


def _conv_transpose(at: OnnxScope) -> None:
    layer, windows = at.layer, at.planned.windows
    margins = transposed_margins(layer, windows, at.received)
    attributes: dict[str, Any] = {
        "kernel_shape": margins.kernel,
        "strides": margins.stride,
        "dilations": margins.dilation,
        "pads": margins.cut,
        "group": layer.groups,
    }
    if all(added < stride for added, stride in zip(margins.added, margins.stride, strict=True)):
        weights = at.weights("weight", "bias")
        at.last("ConvTranspose", at.maps(), *weights, output_padding=margins.added, **attributes)
        return
    # Programs add less than a stride: the rest has no value but the bias.
    whole = at.step("ConvTranspose", at.maps(), at.weight("weight"), **attributes)
    maps = at.graph.padded(whole, (0, 0, *margins.added))
    if "bias" in at.planned.arrays:
        at.last("Add", maps, at.constant("bias", at.planned.arrays["bias"].reshape(-1, 1, 1)))
    else:
        at.last("Identity", maps)


def _slice(at: OnnxScope) -> None:
    start = at.layer.start
    limits = {"starts": [start], "ends": [start + at.planned.output_shape.channels], "axes": [1]}
    _cut(at, at.any_form()[0], limits, is_vector=at.is_vector)


def _cut(at: OnnxScope, value: str, limits: dict[str, list[int]], *, is_vector: bool = False) -> None:
    if at.graph.opset < _SLICE_INPUTS:
        at.last("Slice", value, is_vector=is_vector, **limits)
    else:
        constants = [at.constant(name, values, np.int64) for name, values in limits.items()]
        at.last("Slice", value, *constants, is_vector=is_vector)


def _channel_shuffle(at: OnnxScope) -> None:
    channels, height, width = at.received
    groups = at.layer.groups
    _rearrange(at, (groups, channels // groups, height, width), (0, 2, 1, 3, 4))


def _pixel_shuffle(at: OnnxScope) -> None:
    factor, (channels, height, width) = at.layer.factor, at.received
    if at.graph.opset >= _RESIZE:
        at.last("DepthToSpace", at.maps(), blocksize=factor, mode=at.layer.order.upper())
    elif at.layer.order == "dcr":
        at.last("DepthToSpace", at.maps(), blocksize=factor)
    else:
        _rearrange(at, (channels // factor**2, factor, factor, height, width), (0, 1, 4, 2, 5, 3))


def _pixel_unshuffle(at: OnnxScope) -> None:
    factor, (channels, height, width) = at.layer.factor, at.received
    if at.layer.order == "dcr":
        at.last("SpaceToDepth", at.maps(), blocksize=factor)
    else:
        _rearrange(at, (channels, height // factor, factor, width // factor, factor), (0, 1, 3, 5, 2, 4))


def _rearrange(at: OnnxScope, split: tuple[int, ...], order: tuple[int, ...]) -> None:
    """Axes split into these, in another order, and joined to those of the output."""
    parts = at.graph.reshaped(at.maps(), f"{at.planned.name}/split", (0, *split))
    moved = at.step("Transpose", parts, perm=order)
    at.last("Reshape", moved, at.constant("shape", (0, *at.planned.output_shape), np.int64))


def _flatten(at: OnnxScope) -> None:
    at.last("Identity" if at.is_vector else "Flatten", *at.any_form(), is_vector=True)


def _reshape(at: OnnxScope) -> None:
    at.last("Reshape", *at.any_form(), at.constant("shape", (0, *at.planned.output_shape), np.int64))


def _transpose(at: OnnxScope) -> None:
    at.last("Transpose", at.maps(), perm=[0, *(1 + axis for axis in at.layer.axes)])


def _pad(at: OnnxScope) -> None:
    layer = at.layer
    at.last_padded(outer_margins(layer, at.received), layer.mode, layer.value if layer.mode == "constant" else 0.0)


def _crop(at: OnnxScope) -> None:
    top, left, bottom, right = outer_margins(at.layer, at.received)
    starts, ends, axes = [-top, -left], [at.received.height + bottom, at.received.width + right], [2, 3]
    steps = pair(at.layer.step)
    limits = {"starts": starts, "ends": ends, "axes": axes}
    if steps == (1, 1):
        _cut(at, at.maps(), limits)
    elif at.graph.opset >= _SLICE_INPUTS:
        _cut(at, at.maps(), {**limits, "steps": [*steps]})
    else:  # the largest of single values
        cut = at.step("Slice", at.maps(), **limits)
        at.last("MaxPool", cut, kernel_shape=[1, 1], strides=steps)


def _resize(at: OnnxScope) -> None:
    """Resize, if it takes the same places as a run; else the values at these places."""
    spans = at.planned.windows.uneven
    if spans is None:
        at.last("Identity", at.maps())
        return
    output, received = at.planned.output_shape[1:], at.received[1:]
    sides = [span for span in spans if isinstance(span, ResampledSpans)]
    places = [span.places(np.arange(size)) for span, size in zip(sides, output, strict=True)]
    scales = np.array([size / extent for size, extent in zip(output, received, strict=True)], np.float32)
    triples = zip(places, scales, received, strict=True)
    if at.graph.opset >= _RESIZE and all(_resizes_so(at.layer, *triple) for triple in triples):
        is_linear = at.layer.mode == "bilinear"
        at.last(
            "Resize",
            at.maps(),
            "" if at.graph.opset >= _REGION_OPTION else at.constant("roi", []),
            at.constant("scales", [1, 1, *scales]),
            mode="linear" if is_linear else "nearest",
            coordinate_transformation_mode=at.layer.corners,
            nearest_mode="floor" if at.layer.corners == "asymmetric" else "round_prefer_ceil",
        )
        return
    rows = _between(at, at.maps(), places[0], 2)
    at.last("Identity", _between(at, rows, places[1], 3))


def _resizes_so(layer: Resize, places: Places, scale: np.float32, extent: int) -> bool:
    """Whether an axis resized by a scale of 32 bits has its values at these places, and as many."""
    count = len(places.first)
    if int(np.floor(np.float32(extent) * scale)) != count:
        return False
    index, step = np.arange(count), 1 / float(scale)
    position = {
        "half_pixel": (index + 0.5) * step - 0.5,
        "align_corners": index * (extent - 1) / max(count - 1, 1),
        "asymmetric": index * step,
    }[layer.corners]
    if layer.mode == "bilinear":
        expected = np.clip(position, 0, extent - 1)
        return bool(np.abs(places.first + places.fraction - expected).max() < 1e-6)
    # Near the middle of two values, or near the first, 32 bits may round to the other one.
    nearest = np.floor(position if layer.corners == "asymmetric" else position + 0.5)
    rest = position - nearest if layer.corners == "asymmetric" else position + 0.5 - nearest
    is_clear = np.isin(rest, [0, 0.5]) | ((rest > 1e-4) & (rest < 1 - 1e-4))
    return bool(is_clear.all() and (np.clip(nearest, 0, extent - 1) == places.first).all())


def _between(at: OnnxScope, maps: str, places: Places, axis: int) -> str:
    """The values at places along an axis."""
    first = at.step("Gather", maps, at.constant(f"first{axis}", places.first, np.int64), axis=axis)
    if not places.fraction.any():
        return first
    second = at.step("Gather", maps, at.constant(f"second{axis}", places.second, np.int64), axis=axis)
    share = places.fraction.reshape((-1, 1) if axis == 2 else (-1,))
    parts = (first, 1 - share), (second, share)
    products = [at.step("Mul", value, at.constant(f"share{axis}", weight)) for value, weight in parts]
    return at.step("Add", *products)


ONNX_MOVES: tuple[OnnxKind, ...] = (
    OnnxKind(ConvTranspose2d, _conv_transpose),
    OnnxKind(Pad, _pad),
    OnnxKind(Crop, _crop),
    OnnxKind(Slice, _slice),
    OnnxKind(ChannelShuffle, _channel_shuffle),
    OnnxKind(PixelShuffle, _pixel_shuffle),
    OnnxKind(PixelUnshuffle, _pixel_unshuffle),
    OnnxKind(Flatten, _flatten),
    OnnxKind(Reshape, _reshape),
    OnnxKind(Transpose, _transpose),
    OnnxKind(Resize, _resize),
)
