"""The axes of an array, as letters (N items, C channels, H rows, W columns): which fit a shape, and its volume."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.files.arrays import array_shape_text
from engine.files.paths import FileFault
from engine.shapes import Shape
from engine.text.units import count_text

AXES = ("hw", "chw", "hwc", "nhw", "nchw", "nhwc")
_FEW = 4
"""A size up to this one may be the channels of a picture: gray, two, colours, colours and alpha."""

_MOST_CHANNELS = 4096
"""No published network has a volume of more channels, apart from vectors."""


def axes_text(axes: str) -> str:
    """``H×W×C``."""
    return "×".join(axes.upper())


def likely_axes(shape: Sequence[int]) -> tuple[str, ...]:
    """The axes that a shape suggests; several if more fit as well, none if it has no volume."""
    match len(shape):
        case 2:
            return ("hw",)
        case 3:
            return _likely_axes_of_three(*shape)
        case 4:
            return tuple(f"n{axes}" for axes in _likely_axes_of_three(*shape[1:]) if axes[0] != "n")
    return ()


def _likely_axes_of_three(first: int, middle: int, last: int) -> tuple[str, ...]:
    if first > _MOST_CHANNELS and last > _FEW:
        return "nhw", "chw"  # thousands of gray pictures, such as digits
    if first <= _FEW and last <= _FEW:
        return "chw", "hwc"
    return ("hwc",) if last <= _FEW and last < min(first, middle) else ("chw",)


def assumed_axes(shape: Sequence[int]) -> str:
    """The axes of an array if none are stated; "" if that cannot be known.

    Arrays of three sizes, and of four if the first is 1, are C×H×W whatever they look like, as they have always been.
    """
    if len(shape) == 3 or (len(shape) == 4 and shape[0] == 1):
        return "nchw"[-len(shape) :]
    likely = likely_axes(shape)
    return likely[0] if len(likely) == 1 else ""


def resolve_axes(shape: tuple[int, ...], axes: str, item: int, subject: str) -> str:
    """The axes as stated, or as assumed; FileFault if the shape has others, or no such item."""
    text = array_shape_text(shape)
    if len(shape) not in (2, 3, 4) or min(shape) < 1:
        raise FileFault(
            f"{subject} has shape {text}; a volume has sizes of at least 1: H×W, C×H×W or H×W×C, or a batch of those",
            "key",
        )
    if axes and len(axes) != len(shape):
        fitting = " or ".join(f'"{other}"' for other in AXES if len(other) == len(shape))
        raise FileFault(f"{subject} has shape {text}, which is not {axes_text(axes)}; axes = {fitting} fits", "axes")
    resolved = axes or assumed_axes(shape)
    if not resolved:
        choices = " or ".join(f'axes = "{other}" ({_meaning(shape, other)})' for other in likely_axes(shape))
        raise FileFault(f"{subject} has shape {text}, which fits more than one order of axes: write {choices}", "axes")
    count = shape[0] if resolved[0] == "n" else 1
    if item >= count:
        raise FileFault(f"{subject} has shape {text} and no item {item}; 0 to {count - 1} are possible", "item")
    return resolved


def _meaning(shape: tuple[int, ...], axes: str) -> str:
    volume = volume_shape(shape, axes)
    return f"{count_text(volume.channels, 'channel')} of {volume.height}×{volume.width}"


def axes_notice(shape: tuple[int, ...], axes: str, item: int, subject: str) -> str:
    """What a user should know of axes that are not stated; "" if nothing is doubtful."""
    resolved = axes or assumed_axes(shape)
    if axes:
        return ""
    text = f"{subject} has shape {array_shape_text(shape)} and is read as {axes_text(resolved)}"
    if len(shape) == 2:
        return f'{text}, one channel; axes = "hw" states it'
    others = [other for other in likely_axes(shape) if other != resolved]
    batch = f", item {item} of {shape[0]}" if resolved[0] == "n" and shape[0] > 1 else ""
    if others:
        other = others[0]
        fits = "also fits" if resolved in likely_axes(shape) else "looks like"
        return (
            f"{text}, {_meaning(shape, resolved)}; it {fits} {axes_text(other)}, {_meaning(shape, other)}: "
            f'write axes = "{other}", or axes = "{resolved}" if this is right'
        )
    return f'{text}{batch}; axes = "{resolved}" states it' if batch else ""


def volume_shape(shape: tuple[int, ...], axes: str) -> Shape:
    """The shape of the volume in an array of these axes."""
    sizes = dict(zip(axes, shape, strict=True))
    return Shape(sizes.get("c", 1), sizes["h"], sizes["w"])


def as_volume(values: NDArray[np.float32], axes: str) -> NDArray[np.float32]:
    """An array of these axes, without N, as C×H×W."""
    letters = axes.removeprefix("n")
    if letters == "hw":
        return values[None]
    return np.ascontiguousarray(values.transpose([letters.index(letter) for letter in "chw"]))
