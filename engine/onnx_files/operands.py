"""What the rules of operators see of an ONNX node, and what they answer: the layer that it is."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from msgspec import Struct, ValidationError, convert
from msgspec.structs import fields

from engine.files.onnx_model import Array, GraphNode
from engine.layers import Layer
from engine.network.weight_specs import FileWeights
from engine.onnx_files.tensors import NCHW, REAL_TYPES, NotNative, Tensor, TensorAxes
from engine.text.messages import rejected_text, value_text

SAME_MODES = ("SAME_UPPER", "SAME_LOWER")
"""Values of auto_pad with which there are as many windows as strides; where an odd pixel is added."""
GATE, HARD_GATE, SCALE = "convolume.Silu", "convolume.HardSwish", "convolume.Scale"
LAYER_NORM, GROUP_NORM = "convolume.LayerNorm", "convolume.GroupNorm"
"""Operators that `composites` writes for those that several nodes compute; ONNX has them in newer versions only, or
not at all."""


class Operands(Struct, frozen=True, eq=False):
    """A node with what it receives: tensors, and constants by the names that the file has for them."""

    node: GraphNode
    tensors: Mapping[str, Tensor]
    constants: Mapping[str, Array]
    stored: Mapping[str, Array]
    """Those constants that weights can name: they depend on nothing but the file."""
    path: str
    opset: int
    batch: int = 1
    """The size of batches for which the model is."""

    def tensor(self, index: int = 0) -> Tensor:
        """A volume that the node receives."""
        name = self.node.inputs[index] if index < len(self.node.inputs) else ""
        if name not in self.tensors:
            raise NotNative(f"input {index + 1} is a constant, or is missing")
        if self.tensors[name].dtype not in REAL_TYPES:
            raise NotNative(f"its input is of type {self.tensors[name].dtype}")
        return self.tensors[name]

    def plain(self, index: int = 0) -> Tensor:
        """A volume without margins."""
        tensor = self.tensor(index)
        tensor.require_no_margins()
        if tensor.dims:
            raise NotNative(f"its input has the shape {list(tensor.dims)}")
        return tensor

    def maps(self, index: int = 0) -> Tensor:
        """A volume in the order N×C×H×W, perhaps with margins."""
        tensor = self.tensor(index)
        if not tensor.has_nchw_axes:
            raise NotNative(f"its input has the shape {list(tensor.shape)}; 1×C×H×W is expected")
        return tensor

    def plain_maps(self) -> Tensor:
        """A volume in the order N×C×H×W, without margins."""
        tensor = self.maps()
        tensor.require_no_margins()
        return tensor

    def by_channels(self) -> Tensor:
        """A volume whose second axis are its channels, N×C×H×W or N×C, without margins."""
        tensor = self.plain()
        channels = tensor.volume.channels
        if tensor.rank < 2 or tensor.axes[1] != ("c" if channels > 1 else "") or tensor.shape[1] != channels:
            raise NotNative(f"its input has the shape {list(tensor.shape)}; 1×C×H×W is expected")
        return tensor

    def every(self) -> list[Tensor]:
        return [self.plain(index) for index in range(len(self.node.inputs))]

    def constant(self, index: int, setting: str = "") -> Array | None:
        """A constant that the node receives, in old versions as an attribute; None if it is left out."""
        name = self.node.inputs[index] if index < len(self.node.inputs) else ""
        if not name:
            return self.node.settings.get(setting)
        if name not in self.constants:
            raise NotNative(f"input {index + 1} is no constant")
        return self.constants[name]

    def stored_name(self, index: int, shape: tuple[int, ...] | None = None, *, rank: int | None = None) -> str:
        """The name of a constant of the file, which has to have this shape or number of axes."""
        name = self.node.inputs[index] if index < len(self.node.inputs) else ""
        if name not in self.stored:
            raise NotNative(f"input {index + 1} is no constant of the file")
        array_shape = self.stored[name].shape
        if (shape is not None and array_shape != shape) or (rank is not None and len(array_shape) != rank):
            expected = list(shape) if shape is not None else f"{rank} axes"
            raise NotNative(f"input {index + 1} has the shape {list(array_shape)}; {expected} is expected")
        return name

    def vector_name(self, index: int, size: int) -> str:
        """The name of a constant of the file with so many values along one axis."""
        name = self.stored_name(index)
        shape = self.stored[name].shape
        if [extent for extent in shape if extent > 1] != [size] * (size > 1):
            raise NotNative(f"input {index + 1} has the shape {list(shape)}; {size} values are expected")
        return name

    def row_name(self, index: int, size: int) -> str:
        """The name of a constant of the file with so many values along its last axis, and one along others."""
        name = self.vector_name(index, size)
        shape = self.stored[name].shape
        if shape[-1:] != (size,):
            raise NotNative(f"input {index + 1} has the shape {list(shape)}; {[size]} is expected")
        return name

    def channel_name(self, index: int, tensor: Tensor) -> str:
        """The name of a constant of the file with a value for each channel of a tensor, or one for all."""
        name = self.stored_name(index)
        shape = self.stored[name].shape
        if len(shape) > tensor.rank:
            raise NotNative(f"input {index + 1} has the shape {list(shape)}; at most {tensor.rank} axes are expected")
        own = zip(tensor.axes[tensor.rank - len(shape) :], shape, strict=True)
        if any(extent != (tensor.volume.channels if axis == "c" else 1) and extent != 1 for axis, extent in own):
            raise NotNative(f"input {index + 1} has the shape {list(shape)}; a number per channel is expected")
        return name

    def position_name(self, index: int, tensor: Tensor, single: str = "") -> str:
        """The name of a constant of the file with a value for each pixel of each map, or one for all maps.

        Along the axis `single`, h or w, it has one value.
        """
        name = self.stored_name(index)
        shape = self.stored[name].shape
        own = zip(tensor.axes, tensor.shape, (1,) * (tensor.rank - len(shape)) + shape, strict=False)
        fits = all(
            len(axis) < 2 and (size == 1 if axis and axis == single else size == extent or (axis == "c" and size == 1))
            for axis, extent, size in own
        )
        if not fits or len(shape) > tensor.rank or tensor.letters != tensor.letters_in_order:
            text = "a number per channel, or one for each pixel, row or column, is expected"
            raise NotNative(f"input {index + 1} has the shape {list(shape)}; {text}")
        return name

    def filters(self) -> tuple[str, tuple[int, ...]]:
        """The name and shape of the weights of a convolution."""
        name = self.stored_name(1, rank=4)
        shape = self.stored[name].shape
        kernel = list(shape[2:])
        if "kernel_shape" in self.node.settings and list(self.setting("kernel_shape")) != kernel:
            raise NotNative(f"kernel_shape is {list(self.setting('kernel_shape'))}, but its weights are {kernel}")
        return name, shape

    def setting(self, name: str, default: Any = None) -> Any:
        return self.node.settings.get(name, default)

    def pair(self, name: str, default: tuple[int, ...] = (1, 1)) -> tuple[int, int]:
        """A setting along height and width; NotNative if it has more or fewer values."""
        pair = tuple(self.setting(name, default))
        if len(pair) != 2:
            raise NotNative(f"it has windows of {len(pair)} axes; 2 are expected")
        return pair

    def pads(self) -> tuple[int, ...]:
        """What is added around maps, or cut off: above, left, below and right."""
        mode = self.setting("auto_pad", "NOTSET")
        if mode not in ("NOTSET", "VALID", ""):
            raise NotNative(f"auto_pad is {value_text(mode)}; NOTSET, VALID, {' or '.join(SAME_MODES)} is expected")
        pads = (0, 0, 0, 0) if mode == "VALID" else tuple(self.setting("pads", (0, 0, 0, 0)))
        if len(pads) != 4:
            raise NotNative(f"pads has {len(pads)} values; 4 are expected")
        return pads

    def require(self, **defaults: object) -> None:
        """Raise NotNative if one of these settings has another value."""
        for name, value in defaults.items():
            if self.setting(name, value) != value:
                raise NotNative(f"{name} is {self.setting(name)}; {value} is expected")


class Match(Struct, frozen=True):
    """The layer that a node is, what it receives, and the order of the axes of its output."""

    layer: Layer
    inputs: tuple[Tensor, ...]
    axes: TensorAxes = NCHW
    weights: FileWeights | None = None
    dims: tuple[int, ...] = ()
    """The shape of its output, if its axes divide those of the volume; `axes` mean nothing then."""

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the nodes that make what it receives."""
        return tuple(tensor.source for tensor in self.inputs)


_AnyLayer = TypeVar("_AnyLayer", bound=Layer)


def make_layer(kind: type[_AnyLayer], **settings: object) -> _AnyLayer:
    """A layer of a kind; NotNative if it cannot have these settings, with the value and what is expected."""
    try:
        return convert(settings, kind)
    except ValidationError as error:
        place = re.search(r"`\$\.(\w+)", str(error))
        if place is None:
            raise NotNative(str(error)) from None
        kind_of = {field.name: field.type for field in fields(kind)}
        name = place[1]
        raise NotNative(f"{name} {rejected_text(settings[name], kind_of[name])}") from None
