"""Makes an array of a file the input: its axes are inferred from its shape, and asked for if several fit."""

from pathlib import Path
from typing import get_args

from msgspec import convert
from msgspec.structs import replace
from PySide6.QtWidgets import QInputDialog, QWidget

from engine.files import arrays
from engine.files.array_axes import axes_text, likely_axes, volume_shape
from engine.files.arrays import array_shape_text
from engine.files.paths import FileFault
from engine.network.input_specs import ArrayInput, Axes

_ALL_AXES: tuple[Axes, ...] = tuple(axes for axes in get_args(Axes) if axes)


def array_shape(path: str, key: str) -> tuple[int, ...]:
    """The shape of an array in a file; empty if it cannot be read, which the check of the project reports."""
    try:
        return arrays.read_header(path, key).shape
    except FileFault:
        return ()


def fitting_axes(shape: tuple[int, ...]) -> tuple[Axes, ...]:
    """The axes that an array of this shape may have; all of them if its shape is unknown."""
    return tuple(axes for axes in _ALL_AXES if len(axes) == len(shape)) or _ALL_AXES


def axes_title(axes: str, shape: tuple[int, ...]) -> str:
    """``H×W×C: 3 channels of 32×48``; for an array of other sizes only the letters."""
    if len(axes) != len(shape):
        return axes_text(axes)
    volume = volume_shape(shape, axes)
    channels = "1 channel" if volume.channels == 1 else f"{volume.channels:,} channels"
    return f"{axes_text(axes)}: {channels} of {volume.height}×{volume.width}"


def array_with_axes(parent: QWidget, spec: ArrayInput) -> ArrayInput | None:
    """The array with the axes that its shape suggests, or that the user chooses; None if the user cancels.

    An array that cannot be read as a volume is returned as it is; the check of the project reports why.
    """
    shape = array_shape(spec.path, spec.key)
    likely = likely_axes(shape) if shape and min(shape) >= 1 else ()
    if not likely:
        return spec
    axes = likely[0]
    if len(likely) > 1:
        titles = {axes_title(each, shape): each for each in likely}
        name = " · ".join(filter(None, (Path(spec.path).name, spec.key)))
        question = f"{name} has shape {array_shape_text(shape)}, which fits more than one order of axes:"
        title, accepted = QInputDialog.getItem(parent, "Axes of the array", question, list(titles), 0, editable=False)
        if not accepted:
            return None
        axes = titles[title]
    return replace(spec, axes=convert(axes, Axes), item=0)
