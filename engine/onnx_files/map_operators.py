"""Operators of ONNX that move pixels or channels, as layers: one row an operator."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from engine.layers import Resize
from engine.layers.resize import Corners
from engine.onnx_files.operators import Match, Operands, make_layer
from engine.onnx_files.tensors import NotNative, Tensor
from engine.shapes import Pair

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
    scales, size = _scales_and_size(operands, tensor)
    if corners is None or (coordinates == "pytorch_half_pixel" and 1 in size):
        raise NotNative(f"its coordinates are {coordinates}")
    given = {"factor": float(scales[0])} if len(set(scales)) == 1 else {"size": size}
    for corner in (corners, *get_args(Corners)) if mode == "nearest" else (corners,):
        layer = make_layer(Resize, mode=mode, corners=corner, **given)
        assert isinstance(layer, Resize)
        if any(layer.mistakes([tensor.volume])) or layer.output_shape([tensor.volume])[1:] != size:
            raise NotNative(f"its output has the size {list(size)}")
        if mode != "nearest" or all(
            np.array_equal(_nearest(operands, corners, axis), layer.sources(tensor.volume, number))
            for number, axis in enumerate(zip(tensor.volume[1:], size, scales, strict=True))
        ):
            return Match(layer, (tensor,))
    raise NotNative(f"it rounds places by {operands.setting('nearest_mode', 'round_prefer_floor')}")


def _scales_and_size(operands: Operands, tensor: Tensor) -> tuple[tuple[Fraction, Fraction], Pair]:
    """By how much height and width grow, and the size of the output."""
    old = operands.node.operator == "Upsample" or operands.opset < 11
    scales = operands.constant(1 if old else 2, "scales")
    sizes = None if old else operands.constant(3)
    axes = [int(axis) % 4 for axis in operands.setting("axes", range(4))]
    if sizes is not None and len(sizes):
        by_axis = dict(zip(axes, (int(size) for size in sizes), strict=True))
        shape = [by_axis.get(axis, extent) for axis, extent in enumerate(tensor.shape)]
        factors = [Fraction(new, extent) for new, extent in zip(shape, tensor.shape, strict=True)]
    elif scales is not None and len(scales):
        given = dict(zip(axes, (Fraction(float(scale)).limit_denominator(100_000) for scale in scales), strict=True))
        factors = [given.get(axis, Fraction(1)) for axis in range(4)]
        shape = [int(extent * factor) for extent, factor in zip(tensor.shape, factors, strict=True)]
        if factors[2] != factors[3] and any(
            extent * factor != new for extent, factor, new in zip(tensor.shape, factors, shape, strict=True)
        ):
            raise NotNative("its scales differ and lead to no whole numbers of pixels")
    else:
        raise NotNative("its size is missing")
    if factors[:2] != [1, 1]:
        raise NotNative("it resizes other axes than rows and columns")
    return (factors[2], factors[3]), (shape[2], shape[3])


def _nearest(operands: Operands, corners: Corners, axis: tuple[int, int, Fraction]) -> NDArray[np.intp]:
    """The places from which ONNX takes the values along an axis, given its extent, new extent and scale."""
    extent, count, scale = axis
    if count > _MOST_PLACES:
        raise NotNative(f"it makes {count:,} rows or columns")
    rounding = _ROUNDINGS["floor" if operands.opset < 11 else operands.setting("nearest_mode", "round_prefer_floor")]
    if corners == "align_corners":
        places: Sequence[Fraction] = [Fraction(i * (extent - 1), max(count - 1, 1)) for i in range(count)]
    elif corners == "asymmetric":
        places = [i / scale for i in range(count)]
    else:
        places = [(i + Fraction(1, 2)) / scale - Fraction(1, 2) for i in range(count)]
    return np.array([min(max(rounding(place), 0), extent - 1) for place in places])


_HALF = Fraction(1, 2)
_ROUNDINGS: dict[str, Callable[[Fraction], int]] = {
    "floor": lambda place: place.__floor__(),
    "ceil": lambda place: place.__ceil__(),
    "round_prefer_floor": lambda place: (place - _HALF).__ceil__(),
    "round_prefer_ceil": lambda place: (place + _HALF).__floor__(),
}


MAP_OPERATORS: dict[str, Callable[[Operands], Match]] = {
    "Resize": _resize,
    "Upsample": _resize,
}
"""Each raises NotNative with the reason if a node is beyond what our layer does."""
