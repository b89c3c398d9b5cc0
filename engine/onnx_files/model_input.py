"""The one input of an ONNX model as that of a project: a photo, or noise if it takes no colours."""

from collections.abc import Sequence

from msgspec import Struct

from engine.files.onnx_model import GraphInput, Model
from engine.files.paths import BUNDLED, FileFault
from engine.layers.base import MAX_EXTENT
from engine.network.graph import INPUT
from engine.network.input_specs import ImageInput, Input, NoiseInput
from engine.onnx_files.tensors import NCHW, Tensor, tensor_of
from engine.shapes import Pair, Shape
from engine.text.names import quoted
from engine.text.problems import Problem, ProjectError

_PHOTO = f"{BUNDLED}photos/chelsea.png"
_CHANNELS_FIRST = ("Conv", "MaxPool", "AveragePool", "BatchNormalization", "GlobalAveragePool", "Pad", "Resize")
_MAX_PHOTO = 2000
"""Rows and columns up to which a photo is the input."""
_MOST_NAMES = 6


class OpenSize(ProjectError):
    """The model leaves the height and width of its input open, and none is chosen."""


class ModelInput(Struct, frozen=True):
    """The input of a project, and what it is in the graph."""

    spec: Input
    tensor: Tensor
    name: str
    """Of the value in the graph."""
    notices: tuple[str, ...]


def input_of(model: Model, size: Pair | None) -> ModelInput:
    """The input of a model.

    Parameters
    ----------
    size
        Height and width, for models that leave them open.

    Raises
    ------
    FileFault
        There are several, or none; it is no batch of maps, too large, or of a fixed size that is another one.
    OpenSize
        No size is given, and the model needs one.
    """
    if len(model.inputs) != 1:
        raise FileFault(f"{model.path}: {_count_text(model.inputs)}")
    value = model.inputs[0]
    if value.shape is None or len(value.shape) != 4:
        shape = "no shape" if value.shape is None else f"the shape {list(value.shape)}"
        raise FileFault(f"{model.path}: input {quoted(value.name)} has {shape}; a batch of maps is expected")
    is_nhwc = _is_nhwc(model, value)
    channels, height, width = _with_size(model.path, value, size, is_nhwc=is_nhwc)
    notices = [] if value.shape[0] in (None, 1) else [f"batch {value.shape[0]} is set to 1"]
    volume = Shape(channels, height, width)
    tensor = tensor_of(INPUT, volume, ("", "h", "w", "c") if is_nhwc else NCHW, model.element_type)
    spec: Input = NoiseInput(tuple(volume))
    if channels in (1, 3) and max(height, width) <= _MAX_PHOTO:
        notices.append("the file does not say how photos are prepared: values are divided by 255, RGB")
        spec = ImageInput(_PHOTO, (height, width), "gray" if channels == 1 else "rgb")
    return ModelInput(spec, tensor, value.name, tuple(notices))


def _count_text(inputs: Sequence[GraphInput]) -> str:
    """Why a model with none or several inputs is refused, with the shapes of the first few."""
    if not inputs:
        return "has no input; models with one are imported"
    shapes = ("no shape" if value.shape is None else _extents_text(value.shape) for value in inputs)
    names = [f"{quoted(value.name)} ({shape})" for value, shape in zip(inputs[:_MOST_NAMES], shapes, strict=False)]
    more = f" and {len(inputs) - _MOST_NAMES} more" if len(inputs) > _MOST_NAMES else ""
    return (
        f"has {len(inputs)} inputs: {', '.join(names)}{more}; models with one are imported. "
        "Make the others initializers of the file, with the values that they have"
    )


def _is_nhwc(model: Model, value: GraphInput) -> bool:
    """Whether the channels of the input are its last axis: the first node says so by what it does with them."""
    assert value.shape is not None
    users = [node for node in model.nodes if value.name in node.inputs]
    if any(node.operator == "Transpose" and node.settings.get("perm") == (0, 3, 1, 2) for node in users):
        return True
    if any(node.operator in _CHANNELS_FIRST for node in users):
        return False
    return value.shape[3] in (1, 3) and value.shape[1] not in (1, 3)


def _with_size(path: str, value: GraphInput, size: Pair | None, *, is_nhwc: bool) -> tuple[int, int, int]:
    """Channels, height and width of an input, whose height and width may be open."""
    assert value.shape is not None
    _, *sizes = value.shape
    channels, height, width = sizes[-1:] + sizes[:-1] if is_nhwc else sizes
    stated = (height, width)
    if channels is None:
        raise FileFault(f"{path}: input {quoted(value.name)} leaves its number of channels open")
    if size is not None:
        fixed = [
            extent for extent, chosen_extent in zip(stated, size, strict=True) if extent not in (None, chosen_extent)
        ]
        if fixed:
            text = f"input {quoted(value.name)} has the fixed size {_extents_text(stated)}; leave --size out"
            raise FileFault(f"{path}: {text}")
        height, width = size
    if height is None or width is None:
        text = f"input {quoted(value.name)} leaves its size open, {_extents_text(stated)}; choose it, as --size 224x224"
        raise OpenSize([Problem(text, "")], path)
    if max(channels, height, width) > MAX_EXTENT:
        text = f"has the shape {_extents_text((channels, height, width))}; sizes up to {MAX_EXTENT:,} are read"
        raise FileFault(f"{path}: input {quoted(value.name)} {text}")
    return channels, height, width


def _extents_text(stated: Sequence[int | None]) -> str:
    return "×".join("?" if extent is None else str(extent) for extent in stated) or "one number"
