"""Operators of ONNX that move pixels or channels, as layers: one row an operator."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from engine.files.onnx_model import GraphNode
from engine.layers import (
    ChannelShuffle,
    Crop,
    Layer,
    Pad,
    PixelShuffle,
    PixelUnshuffle,
    Resize,
    Slice,
)
from engine.layers.resize import Corners
from engine.onnx_files.operands import Match, Operands, make_layer
from engine.onnx_files.tensors import NotNative, Tensor
from engine.shapes import Margins, Pair

_CORNERS: dict[str, Corners] = {
    "half_pixel": "half_pixel",
    "pytorch_half_pixel": "half_pixel",
    "align_corners": "align_corners",
    "asymmetric": "asymmetric",
}
_MODES = {"nearest": "nearest", "linear": "bilinear", "bilinear": "bilinear"}
_MOST_PLACES = 100_000
"""Rows or columns whose places are compared."""


def _resize(operands: Operands) -> Match:
    tensor = operands.plain_maps()
    operands.require(antialias=0, exclude_outside=0, keep_aspect_ratio_policy="stretch")
    mode = _MODES.get(operands.setting("mode", "nearest"))
    if mode is None:
        raise NotNative(f"its mode is {operands.setting('mode')}")
    coordinates = operands.setting("coordinate_transformation_mode", "half_pixel")
    if operands.node.operator == "Upsample" or operands.opset < 11:
        coordinates = "asymmetric"
    corners = _CORNERS.get(coordinates)
    factors, scales, size = _resized(operands, tensor)
    if corners is None or (coordinates == "pytorch_half_pixel" and 1 in size):
        raise NotNative(f"its coordinates are {coordinates}")
    extent = {"factor": float(factors[0])} if len(set(factors)) == 1 else {"size": size}
    for corner in (corners, *get_args(Corners)) if mode == "nearest" else (corners,):
        layer = make_layer(Resize, mode=mode, corners=corner, **extent)
        if any(layer.mistakes([tensor.volume])) or layer.output_shape([tensor.volume])[1:] != size:
            raise NotNative(f"its output has the size {list(size)}")
        if mode != "nearest" or all(
            np.array_equal(_nearest(operands, corners, axis), layer.sources(tensor.volume, number))
            for number, axis in enumerate(zip(tensor.volume[1:], size, scales, strict=True))
        ):
            return Match(layer, (tensor,))
    raise NotNative(f"it rounds places by {operands.setting('nearest_mode', 'round_prefer_floor')}")


class _Resized(NamedTuple):
    """What a Resize says of height and width."""

    factors: tuple[Fraction, Fraction]
    """By how much they grow, 1/3 for 0.3333333."""
    scales: tuple[float, float]
    """The same as the file has it."""
    size: Pair
    """Of the output."""


def _resized(operands: Operands, tensor: Tensor) -> _Resized:
    old = operands.node.operator == "Upsample" or operands.opset < 11
    stated = operands.constant(1 if old else 2, "scales")
    sizes = None if old else operands.constant(3)
    axes = [int(axis) % 4 for axis in operands.setting("axes", range(4))]
    if sizes is not None and len(sizes):
        by_axis = dict(zip(axes, (int(size) for size in sizes), strict=True))
        shape = [by_axis.get(axis, extent) for axis, extent in enumerate(tensor.shape)]
        factors = [Fraction(new, extent) for new, extent in zip(shape, tensor.shape, strict=True)]
        scales = list(map(float, factors))
    elif stated is not None and len(stated):
        scale_of = dict(zip(axes, map(float, stated), strict=True))
        scales = [scale_of.get(axis, 1.0) for axis in range(4)]
        factors = [Fraction(scale).limit_denominator(100_000) for scale in scales]
        shape = [
            int(np.float32(extent) * np.float32(scale)) for extent, scale in zip(tensor.shape, scales, strict=True)
        ]
        if factors[2] != factors[3] and any(
            extent * factor != new for extent, factor, new in zip(tensor.shape, factors, shape, strict=True)
        ):
            raise NotNative("its scales differ and lead to no whole numbers of pixels")
    else:
        raise NotNative("its size is missing")
    if factors[:2] != [1, 1]:
        raise NotNative("it resizes other axes than rows and columns")
    return _Resized((factors[2], factors[3]), (scales[2], scales[3]), (shape[2], shape[3]))


def _nearest(operands: Operands, corners: Corners, axis: tuple[int, int, float]) -> NDArray[np.intp]:
    """The places from which ONNX Runtime takes the values along an axis, given its extent, new extent and scale.

    In single precision, as it computes: with the scale 0.3333333, row 1 lies beyond row 3, and is rounded up to row 4.
    """
    extent, count, exact = axis
    if count > _MOST_PLACES:
        raise NotNative(f"it makes {count:,} rows or columns")
    rounding = _ROUNDINGS["floor" if operands.opset < 11 else operands.setting("nearest_mode", "round_prefer_floor")]
    places, scale = np.arange(count, dtype=np.float32), np.float32(exact)
    if corners == "align_corners":
        places = places * np.float32(extent - 1) / np.float32(max(count - 1, 1))
    elif corners == "asymmetric":
        places = places / scale
    else:
        places = (places + _HALF) / scale - _HALF
    return np.clip(rounding(places), 0, extent - 1).astype(np.intp)


_HALF = np.float32(0.5)
_ROUNDINGS: dict[str, Callable[[NDArray[np.float32]], NDArray[np.float32]]] = {
    "floor": np.floor,
    "ceil": np.ceil,
    "round_prefer_floor": lambda places: np.ceil(places - _HALF),
    "round_prefer_ceil": lambda places: np.floor(places + _HALF),
}


def _slice(operands: Operands) -> Match:
    tensor = operands.plain()
    starts, ends = operands.constant(1, "starts"), operands.constant(2, "ends")
    if starts is None or ends is None:
        raise NotNative("its starts or ends are missing")
    axes = operands.constant(3, "axes")
    given = operands.constant(4, "steps")
    steps = [1] * len(starts) if given is None else [int(step) for step in given]
    if min(steps, default=1) < 1:
        raise NotNative(f"its steps are {steps}")
    spans = {}
    places = list(range(len(starts)) if axes is None else (int(axis) % tensor.rank for axis in axes))
    if len(set(places)) < len(places):
        raise NotNative(f"it cuts axis {max(places, key=places.count)} twice")
    for axis, start, end, step in zip(places, starts, ends, steps, strict=True):
        extent = tensor.shape[axis]
        low, high, _ = slice(int(start), int(end)).indices(extent)
        if (low, high) != (0, extent) or (step > 1 and extent > 1):
            spans[tensor.axes[axis]] = range(low, high, step)
    return Match(_cut(spans, tensor), (tensor,), tensor.axes)


def _cut(spans: dict[str, range], tensor: Tensor) -> Layer:
    """The layer that takes a span of each of some axes."""
    if set(spans) == {"c"} and spans["c"].step == 1:
        return make_layer(Slice, start=spans["c"].start, end=spans["c"].stop)
    if set(spans) <= {"h", "w"}:
        whole = tensor.volume.height, tensor.volume.width
        rows, columns = (spans.get(letter, range(extent)) for letter, extent in zip("hw", whole, strict=True))
        margins = (rows.start, columns.start, whole[0] - rows.stop, whole[1] - columns.stop)
        return make_layer(Crop, margins=margins, step=(rows.step, columns.step))
    raise NotNative("it cuts channels and pixels at once" if len(spans) > 1 else "it takes other than spans")


def _pad(operands: Operands) -> Match:
    tensor = operands.plain_maps()
    mode, value, margins = operands.setting("mode", "constant"), operands.constant(2, "value"), _margins(operands)
    if max(margins) <= 0:
        return Match(make_layer(Crop, margins=tuple(-margin for margin in margins)), (tensor,))
    filling = {} if value is None else {"value": float(value)}
    return Match(make_layer(Pad, margins=margins, mode=mode, **filling), (tensor,))


def _margins(operands: Operands) -> Margins:
    """What a Pad adds above, left, below and right of maps, below 0 where it cuts off."""
    pads, axes = operands.constant(1, "pads"), operands.constant(3)
    if pads is None:
        raise NotNative("its pads are missing")
    places = [int(axis) % 4 for axis in axes] if axes is not None else list(range(4))
    befores, afters = (dict(zip(places, map(int, half), strict=True)) for half in np.split(np.asarray(pads), 2))
    if any(befores.get(axis) or afters.get(axis) for axis in (0, 1)):
        raise NotNative("it adds more than rows and columns")
    return (befores.get(2, 0), befores.get(3, 0), afters.get(2, 0), afters.get(3, 0))


def zero_margins(operands: Operands) -> Margins | None:
    """The margins of maps behind a Pad that a convolution can have as its own; None if it adds others than zeros."""
    tensor, value, added = operands.maps(), operands.constant(2, "value"), _margins(operands)
    if operands.setting("mode", "constant") != "constant" or min(added) < 0 or (value is not None and float(value)):
        return None
    top, left, bottom, right = (own + more for own, more in zip(tensor.margins, added, strict=True))
    return (top, left, bottom, right)


def takes_margins(user: GraphNode) -> bool:
    """Whether a node takes zeros that are added around what it receives: it may add further ones."""
    is_plain = user.settings.get("mode", "constant") == "constant" and len(user.inputs) < 3
    return user.operator == "Conv" or (user.operator == "Pad" and is_plain)


def split(operands: Operands) -> list[Match]:
    """The layers that a Split is: one for each output."""
    tensor = operands.plain()
    axis = operands.setting("axis", 0) % tensor.rank
    sizes, extent, count = operands.constant(1, "split"), tensor.shape[axis], len(operands.node.outputs)
    if sizes is None:
        size = -(-extent // count)
        sizes = np.array([min(size, extent - number * size) for number in range(count)])
    if len(sizes) != count or sum(sizes) != extent or min(sizes) < 1:
        raise NotNative(f"its sizes are {[int(size) for size in sizes]}")
    ends = [int(end) for end in np.cumsum(sizes)]
    spans = [{tensor.axes[axis]: range(end - int(size), end)} for end, size in zip(ends, sizes, strict=True)]
    return [Match(_cut(span, tensor), (tensor,), tensor.axes) for span in spans]


def _pixel_shuffle(kind: type[Layer], default: str) -> Callable[[Operands], Match]:
    def match(operands: Operands) -> Match:
        order = operands.setting("mode", default).lower()
        return Match(make_layer(kind, factor=operands.setting("blocksize", 1), order=order), (operands.plain_maps(),))

    return match


def shuffle_of(tensor: Tensor, order: Sequence[int]) -> tuple[Layer, tuple[int, ...]] | None:
    """The layer that the transpose of a volume whose axes are divided is, and its shape; None if it is none."""
    dims, (channels, height, width) = tensor.dims, tensor.volume
    shape = tuple(dims[axis] for axis in order) if sorted(order) == list(range(len(dims))) else ()
    if len(dims) == 5 and tuple(order) == (0, 2, 1, 3, 4) and dims == (1, dims[1], channels // dims[1], height, width):
        return make_layer(ChannelShuffle, groups=dims[1]), shape
    if len(dims) != 6:
        return None
    if tuple(order) == (0, 1, 4, 2, 5, 3) and dims[2] == dims[3] and dims[4:] == (height, width):
        return make_layer(PixelShuffle, factor=dims[2]), shape
    if tuple(order) == (0, 3, 4, 1, 5, 2) and dims[1] == dims[2] and dims[4:] == (height, width):
        return make_layer(PixelShuffle, factor=dims[1], order="dcr"), shape
    if tuple(order) == (0, 1, 3, 5, 2, 4) and dims[3] == dims[5] and dims[1] == channels:
        return make_layer(PixelUnshuffle, factor=dims[3]), shape
    return None


def gathered_shape(operands: Operands) -> tuple[int, ...] | None:
    """The shape into which a Gather puts a row of values if it takes all in their order, as PyTorch writes a view."""
    indices, tensor = operands.constant(1), operands.tensor()
    is_row = tensor.rank == 1 and operands.setting("axis", 0) == 0
    if not is_row or indices is None or not np.array_equal(np.ravel(indices), np.arange(tensor.shape[0])):
        return None
    return tuple(np.shape(indices))


def _gather(operands: Operands) -> Match:
    """One channel, or some that follow one another."""
    tensor, indices = operands.plain(), operands.constant(1)
    axis = operands.setting("axis", 0) % tensor.rank
    if indices is None or np.ndim(indices) > 1 or tensor.axes[axis] != "c":
        raise NotNative("it takes others than channels")
    places = np.ravel(indices) % tensor.volume.channels
    if not np.array_equal(places, places[0] + np.arange(len(places))):
        raise NotNative("it takes channels that do not follow one another")
    layer = make_layer(Slice, start=int(places[0]), end=int(places[-1]) + 1)
    group = ("c",) if np.ndim(indices) else ()
    return Match(layer, (tensor,), (*tensor.axes[:axis], *group, *tensor.axes[axis + 1 :]))


MAP_OPERATORS: dict[str, Callable[[Operands], Match]] = {
    "Resize": _resize,
    "Upsample": _resize,
    "Slice": _slice,
    "Gather": _gather,
    "Pad": _pad,
    "DepthToSpace": _pixel_shuffle(PixelShuffle, "DCR"),
    "SpaceToDepth": _pixel_shuffle(PixelUnshuffle, "DCR"),
}
"""Each raises NotNative with the reason if a node is beyond what our layer does."""
