"""The order of a weight array's axes in files: O outputs (filters, units), I inputs (channels), H rows, W columns."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from engine.files.arrays import array_shape_text
from engine.files.paths import FileFault

LAYOUTS: Mapping[int, Mapping[str, str]] = {
    4: {
        "oihw": "PyTorch, ONNX, Caffe",
        "hwio": "TensorFlow, Keras, JAX",
        "ohwi": "TensorFlow Lite",
        "hwoi": "depthwise in TensorFlow and Keras",
        "ihwo": "depthwise in TensorFlow Lite",
        "oi": "a matrix for a 1×1 convolution, in PyTorch and ONNX",
        "io": "a matrix for a 1×1 convolution, in TensorFlow, Keras and JAX",
    },
    2: {"oi": "PyTorch, ONNX, Caffe", "io": "TensorFlow, Keras, JAX"},
}
"""Layouts by the number of axes, the program's own first, each with who writes it."""

_DEPTHWISE = ("hwoi", "ihwo")
"""Layouts that are assumed only for filters of one channel."""


def layout_text(layout: str) -> str:
    """``O×I×H×W`` as it is usually written: ``OIHW``."""
    return layout.upper()


def fitting_layouts(file_shape: tuple[int, ...], shape: tuple[int, ...]) -> tuple[str, ...]:
    """The layouts in which an array of `file_shape` holds weights of `shape`, the program's own first.

    Of layouts that differ only in the place of axes of size 1, and so mean the same values, only the first.
    """
    own = next(iter(LAYOUTS.get(len(shape), {})), "")
    by_order: dict[tuple[str, ...], str] = {}
    for layout in LAYOUTS.get(len(shape), {}):
        if _fits(file_shape, shape, layout) and (layout not in _DEPTHWISE or shape[1] == 1):
            order = tuple(letter for letter in layout if shape[own.index(letter)] > 1)
            by_order.setdefault(order, layout)
    return tuple(by_order.values())


def shape_by_axes(file_shape: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of weights without their 1×1 kernel if the array of the file is a matrix: O×I."""
    return shape[:2] if len(file_shape) == 2 and shape[2:] == (1, 1) else shape


def _fits(file_shape: tuple[int, ...], shape: tuple[int, ...], layout: str) -> bool:
    if len(file_shape) != len(layout) or any(extent > 1 for extent in shape[len(layout) :]):
        return False
    if file_shape == _shape_in(shape, layout):
        return True
    # Several filters per channel are the last axis: H×W×channels×filters per channel.
    filters, channels, *kernel = shape
    split = (*file_shape[:2], file_shape[2] * file_shape[3]) if len(file_shape) == 4 else ()
    return layout == "hwoi" and channels == 1 and split == (*kernel, filters)


def resolve_layout(file_shape: tuple[int, ...], shape: tuple[int, ...], stated: str, title: str) -> str:
    """The layout as stated, or the first that fits; "" if the shape is the layer's and has no layout.

    FileFault says which shape is needed, or asks if only a statement can decide.
    """
    own = next(iter(LAYOUTS.get(len(shape), {})), "")
    if stated and stated not in LAYOUTS.get(len(shape), {}):
        choices = " or ".join(f'"{layout}"' for layout in LAYOUTS.get(len(shape), {})) or "none"
        raise FileFault(f'{title} has layout = "{stated}"; for this layer {choices} is possible', "layout")
    fitting = fitting_layouts(file_shape, shape)
    if stated:
        if _fits(file_shape, shape, stated):
            return stated
        needed = _shape_in(shape, stated)
        text = f"has shape {array_shape_text(file_shape)}; this layer needs {array_shape_text(needed)}"
        text += f" as {layout_text(stated)}"
        others = " or ".join(f'"{layout}"' for layout in fitting)
        raise FileFault(f"{title} {text}{f', or layout = {others}' if others else ''}", "layout")
    if file_shape == shape or (fitting and (fitting[0] == own or len(fitting) == 1)):
        return fitting[0] if fitting else own
    text = f"{title} has shape {array_shape_text(file_shape)}"
    if fitting:
        choices = " or ".join(f'layout = "{layout}" ({LAYOUTS[len(shape)][layout]})' for layout in fitting)
        raise FileFault(f"{text}, which fits more than one layout: write {choices}", "layout")
    raise FileFault(f"{text}; this layer needs {array_shape_text(shape)}", "weight")


def layout_notice(file_shape: tuple[int, ...], shape: tuple[int, ...], stated: str, title: str) -> str:
    """What a user should know of a layout that is not stated: which was used; "" if there is no doubt."""
    fitting = fitting_layouts(file_shape, shape)
    if stated or (len(fitting) < 2 and file_shape == shape):
        return ""
    names = LAYOUTS[len(shape)]
    used = fitting[0]
    text = f"{title} has shape {array_shape_text(file_shape)} and is read as {layout_text(used)} ({names[used]})"
    others = " and ".join(f'{layout_text(other)}, layout = "{other}" ({names[other]})' for other in fitting[1:])
    return (
        f"{text}; it also fits {others}"
        if others
        else f'{text}, the only layout that fits; layout = "{used}" states it'
    )


def _shape_in(shape: tuple[int, ...], layout: str) -> tuple[int, ...]:
    sizes = dict(zip(next(iter(LAYOUTS[len(shape)])), shape, strict=True))
    return tuple(sizes[letter] for letter in layout)


def in_own_layout(values: NDArray[np.float32], shape: tuple[int, ...], layout: str) -> NDArray[np.float32]:
    """An array of a file in the program's own layout, OIHW or OI."""
    own = next(iter(LAYOUTS.get(len(shape), {})), "")
    if layout == own:
        return values
    order = [layout.index(letter) for letter in own if letter in layout]
    return np.ascontiguousarray(values.reshape(_shape_in(shape, layout)).transpose(order)).reshape(shape)
