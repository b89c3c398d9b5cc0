"""Which values of an ONNX graph are volumes of their own, of another shape or order than what they are made of.

Most nodes read what a Flatten, Reshape or Transpose makes as the volume whose values it has. Where none of our layers
can, these nodes become layers, and those behind them read what they make.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations
from math import prod
from typing import NamedTuple

from engine.files.onnx_model import GraphNode
from engine.layers import Flatten, Layer, Reshape, Transpose
from engine.onnx_files.operands import Match, make_layer
from engine.onnx_files.tensors import Tensor
from engine.shapes import Shape

_SETTINGS = {"c": "channels", "h": "height", "w": "width"}
"""Of a reshape, by axis."""


class OwnVolume(NamedTuple):
    """How a value is a volume of its own."""

    channels_last: bool = False
    """Whether the last axis of its tensor are the channels, or the first behind the batch."""
    order: str = ""
    """Of the axes of the volume before, if they are transposed: "hwc"; else it has the same order of values."""
    shape: Shape | None = None
    """Its shape, if that is not the tensor's own."""


class Reorderings:
    """The values that only have another shape or order than what they are made of.

    Parameters
    ----------
    makers
        The node that makes each value.
    tensors
        All values that are known, which may become more.
    """

    def __init__(self, makers: Mapping[str, GraphNode], tensors: Mapping[str, Tensor]) -> None:
        self._makers, self._tensors = makers, tensors
        self.values: set[str] = set()
        self.opaque: set[str] = set()
        """Values of nodes that are none of our layers: their shape is their own whatever these receive."""

    def volumes_before(self, value: str, *, channels_last: bool) -> dict[str, OwnVolume]:
        """What values before have to be, so that this one is a volume of its own shape; empty if that is impossible."""
        volumes: dict[str, OwnVolume] = {}
        for name in self._origins(value):
            own = self._tensors[name].own_volume(channels_last=channels_last)
            if own is None or own.order == self._tensors[name].letters_in_order:
                volumes[name] = OwnVolume(channels_last)
                continue
            transposed = self._transposed_before(name)
            if not transposed:
                return {}
            order = _whole_order(own.order, self._tensors[name].volume, own.tensor.volume)
            volumes |= {
                transposed: OwnVolume(channels_last, order),
                **({} if transposed == name else {name: OwnVolume(channels_last)}),
            }
        return volumes

    def _origins(self, value: str) -> Iterator[str]:
        """Yield the nearest reordered values from which a value has its shape."""
        visited, waiting = {value}, [value]
        while waiting:
            name = waiting.pop()
            if name in self.values:
                yield name
            elif name in self._makers and name not in self.opaque:
                received = {other for other in self._makers[name].inputs if other in self._tensors} - visited
                waiting += [other for other in received if self._tensors[other].axes == self._tensors[name].axes]
                visited |= received

    def _transposed_before(self, name: str) -> str:
        """The nearest value that a Transpose makes of the same volume; "" if there is none."""
        source = self._tensors[name].source
        while name in self.values and self._tensors[name].source == source:
            maker = self._makers[name]
            if maker.operator == "Transpose":
                return name
            name = maker.inputs[0]
        return ""


def _whole_order(letters: str, volume: Shape, shape: Shape) -> str:
    """An order of all three axes in which these have this order, and the result that shape if there is one."""
    sizes = dict(zip("chw", volume, strict=True))
    orders = ["".join(order) for order in permutations("chw")]
    fitting = [order for order in orders if "".join(x for x in order if x in letters) == letters]
    return next((order for order in fitting if tuple(sizes[x] for x in order) == shape), fitting[0])


def _moved_parts(tensor: Tensor, perm: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """The axes that stay together in a Transpose, part by part in their new order; () if a batch moves."""
    dims = tensor.dims
    if not dims or sorted(perm) != list(range(len(dims))) or perm[0] != 0 or dims[0] != 1:
        return ()
    longer = [axis for axis, size in enumerate(dims) if size > 1]
    parts: list[list[int]] = []
    for axis in (axis for axis in perm if axis in longer):
        is_next = bool(parts) and longer.index(axis) == longer.index(parts[-1][-1]) + 1
        parts[-1].append(axis) if is_next else parts.append([axis])
    return tuple(map(tuple, parts))


def parts_shape(tensor: Tensor, perm: Sequence[int]) -> Shape | None:
    """The shape whose three axes are the parts that a Transpose of a tensor moves; None if there are more."""
    parts = sorted(_moved_parts(tensor, perm))
    if not 1 < len(parts) <= 3:
        return None
    sizes = [prod(tensor.dims[axis] for axis in part) for part in parts]
    return Shape(sizes[0], *([1] if len(parts) == 2 else []), *sizes[1:])


def transpose_of_parts(tensor: Tensor, perm: Sequence[int]) -> tuple[Layer, tuple[int, ...]] | None:
    """The layer that a Transpose of axes that divide those of a volume is, and its shape; None if it is none."""
    parts = _moved_parts(tensor, perm)
    before = sorted(parts)
    groups = tensor.runs([prod(tensor.dims[axis] for axis in part) for part in before])
    if len(parts) < 2 or groups is None:
        return None
    order = "".join(groups[before.index(part)] for part in parts)
    layer = make_layer(Transpose, order=_whole_order(order, tensor.volume, tensor.volume))
    return layer, tuple(tensor.dims[axis] for axis in perm)


def own_match(tensor: Tensor, own: OwnVolume, stated: Sequence[int]) -> Match | None:
    """The layer that makes a volume of its own of a tensor; None if it is one already.

    Parameters
    ----------
    stated
        The shape that the model states, where -1 is what remains; () if it states none.
    """
    if own.order:
        letters = dict(zip(own.order, "chw", strict=True))
        axes = tuple("".join(letters[letter] for letter in group) for group in tensor.axes)
        return Match(make_layer(Transpose, order=own.order), (tensor,), axes)
    if own.shape is not None and tensor.dims:
        return Match(make_layer(Reshape, **own.shape._asdict()), (tensor,), dims=tensor.dims)
    present = tensor.own_volume(channels_last=own.channels_last)
    if present is None or present.order != tensor.letters_in_order:
        return None
    volume, axes = present.tensor.volume, present.tensor.axes
    if volume.height == volume.width == 1:
        return Match(Flatten(), (tensor,), axes)
    pairs = zip(axes, stated, strict=True) if len(stated) == len(axes) else ()
    rest = [_SETTINGS[letter] for letter, extent in pairs if extent == -1 and letter]
    sizes = {name: size for name, size in volume._asdict().items() if name not in rest}
    return Match(make_layer(Reshape, **sizes), (tensor,), axes)
