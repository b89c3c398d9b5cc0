"""Places the windows of convolutions and pooling on their input, and finds mistakes in their settings."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from engine.layers.base import HeightWidth, Mistake, Padding
from engine.layers.fixes import setting_fixes, shortest_spelling
from engine.shapes import Margins, Pair, Shape, Windows, dilated_extent, same_padding, window_counts
from engine.text.problems import Fix

_PLACED = 2**12
"""Answers that are kept, of about 1 kB each: a network asks the same several times per edit and run."""

_AnyStruct = TypeVar("_AnyStruct", bound=Struct)


def pair(value: HeightWidth) -> Pair:
    """A setting as (height, width); an integer stands for both."""
    return (value, value) if isinstance(value, int) else (value[0], value[1])


def size_text(size: Pair) -> str:
    """``3×5`` for (3, 5)."""
    return f"{size[0]}×{size[1]}"


def setting_text(value: HeightWidth) -> str:
    """``3`` for 3 and for (3, 3), ``3×5`` for (3, 5)."""
    return str(value) if isinstance(value, int) else size_text(pair(value))


def normalise_spelling(struct: _AnyStruct, *names: str) -> None:
    """Convert equal settings to one spelling: [3, 3] to 3, so that equal layers compare equal."""
    for name in names:
        msgspec.structs.force_setattr(struct, name, shortest_spelling(getattr(struct, name)))


def check_padding(padding: Padding, setting: str = "padding") -> None:
    """Reject three margins, which are ambiguous."""
    if isinstance(padding, tuple) and len(padding) == 3:
        raise ValueError(f"{setting} {list(padding)} has 3 values; use one, [h, w] or [top, left, bottom, right]")


def four_sides(margins: Padding) -> Margins:
    """A setting as (top, left, bottom, right): one number for all, [h, w] for both ends of an axis; "valid" is none."""
    if isinstance(margins, tuple):
        top, left, bottom, right = margins if len(margins) == 4 else (*margins, *margins)
        return top, left, bottom, right
    margin = 0 if isinstance(margins, str) else margins
    return margin, margin, margin, margin


@lru_cache(_PLACED)
def place_windows(
    shape: Shape,
    kernel: HeightWidth,
    stride: HeightWidth,
    padding: Padding,
    dilation: HeightWidth = 1,
    *,
    ceil: bool = False,
) -> Windows:
    """Resolve settings on an input of this shape; "same" puts the odd pixel at the bottom and right."""
    kernels, strides, dilations = pair(kernel), pair(stride), pair(dilation)
    height, width = dilated_extent(kernels[0], dilations[0]), dilated_extent(kernels[1], dilations[1])
    if padding == "same":
        top, bottom = same_padding(shape.height, height, strides[0])
        left, right = same_padding(shape.width, width, strides[1])
    else:
        top, left, bottom, right = four_sides(padding)
    margins = (top, left, bottom, right)
    output = window_counts((shape.height, shape.width), margins, (height, width), strides, ceil=ceil)
    return Windows(kernels, strides, dilations, margins, output)


def size_mistakes(windows: Windows, shape: Shape) -> Iterator[Mistake]:
    """Yield a mistake if the window is larger than the padded input."""
    top, left, bottom, right = windows.margins
    padded = (shape.height + top + bottom, shape.width + left + right)
    extent = windows.extent
    if extent[0] > padded[0] or extent[1] > padded[1]:
        covers = "" if extent == windows.kernel else f" covers {size_text(extent)} with its dilation and"
        yield Mistake(
            "kernel",
            f"kernel {size_text(windows.kernel)}{covers} is larger than its padded input {size_text(padded)}: "
            f"make it at most that, or pad more",
            _size_fixes(windows, padded),
        )


def changes_to_keep_size(stride: HeightWidth, padding: Padding) -> tuple[tuple[str, Any], ...]:
    """The settings with which windows yield as many values as the input has."""
    settings = (("stride", 1), ("padding", "same"))
    return tuple(pair for pair, now in zip(settings, (stride, padding), strict=True) if pair[1] != now)


def _size_fixes(windows: Windows, padded: Pair) -> tuple[Fix, ...]:
    """The largest kernel that fits, padding that always does, and the largest dilation."""
    kernels, dilations = windows.kernel, windows.dilation
    pairs = tuple(zip(kernels, dilations, padded, strict=True))
    fitting = tuple(min(kernel, (extent - 1) // dilation + 1) for kernel, dilation, extent in pairs)
    fixes = setting_fixes("kernel", [fitting]) + setting_fixes("padding", ["same"])
    closer = tuple(dilation if k == 1 else min(dilation, (extent - 1) // (k - 1)) for k, dilation, extent in pairs)
    return fixes + (setting_fixes("dilation", [closer]) if closer != dilations and min(closer) > 0 else ())
