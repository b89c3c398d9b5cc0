"""A tensor of an ONNX graph as a volume: which of its axes are channels, rows and columns."""

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from engine.shapes import Margins, Shape

REAL_TYPES = ("float32", "float16")
"""Types of values that our layers have."""

TensorAxes = tuple[str, ...]
"""Per axis of a tensor the letters of the axes of its volume (c, h, w) that it runs through, slowest first; axes of
the volume of size 1 have no letter. ``("", "c", "h", "w")`` for N×C×H×W, ``("", "chw")`` after Flatten."""


class NotNative(Exception):
    """A node is none of our layers, for a reason in words."""


class Tensor(Struct, frozen=True):
    """A value of the graph: the volume that it is, and the order of its axes."""

    source: str
    """Name of the node of the design that makes the volume, or its input."""
    volume: Shape
    axes: TensorAxes
    dims: tuple[int, ...] = ()
    """The shape of the tensor if its axes divide those of the volume; the values have the volume's order then, and
    `axes` are ()."""
    dtype: str = "float32"
    """Of its values in the graph."""
    margins: Margins = (0, 0, 0, 0)
    """Zeros around the volume that the convolutions which receive it have to add."""

    @property
    def sizes(self) -> dict[str, int]:
        return dict(zip("chw", self.volume, strict=True))

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the tensor."""
        if self.dims:
            return self.dims
        top, left, bottom, right = self.margins
        more = {"h": top + bottom, "w": left + right}
        return tuple(prod(self.sizes[letter] + more.get(letter, 0) for letter in group) for group in self.axes)

    @property
    def letters(self) -> str:
        """The axes of the volume that are longer than 1, in the order of the tensor."""
        return "".join(self.axes)

    @property
    def rank(self) -> int:
        return len(self.dims or self.axes)

    @property
    def text(self) -> str:
        """Type and axes, as an opaque node states what it receives: "float32 1 c h w"."""
        groups = map(str, self.dims) if self.dims else (group or "1" for group in self.axes)
        return " ".join((self.dtype, *groups))

    @property
    def has_batch(self) -> bool:
        """Whether its first axis is that of the batch."""
        return bool(self.axes) and not self.axes[0]

    @property
    def is_nchw(self) -> bool:
        return self.shape == (1, *self.volume) and self.letters == self.letters_in_order

    @property
    def has_nchw_axes(self) -> bool:
        """Whether it is N×C×H×W, perhaps with margins."""
        return replace(self, margins=(0, 0, 0, 0)).is_nchw

    @property
    def letters_in_order(self) -> str:
        return "".join(letter for letter, size in self.sizes.items() if size > 1)

    def with_margins_inside(self) -> "Tensor":
        """The tensor if the zeros around its volume are rows and columns of that."""
        (top, left, bottom, right), (channels, height, width) = self.margins, self.volume
        volume = Shape(channels, height + top + bottom, width + left + right)
        return tensor_of(self.source, volume, NCHW, self.dtype)

    def own_volume(self, *, channels_last: bool) -> "ReadTensor | None":
        """The tensor as a volume of its own shape; None if it is that already, or cannot be.

        Parameters
        ----------
        channels_last
            Whether its last axis are the channels, or the first behind the batch.
        """
        shape = self.shape
        first = int(len(shape) > 1 and shape[0] == 1)
        names = _OWN_AXES.get((len(shape) - first, channels_last))
        if names is None or any(self.margins) or (channels_last and self.dims):
            return None
        sizes = dict(zip(names, shape[first:], strict=True))
        volume = Shape(*(sizes.get(name, 1) for name in "chw"))
        own = tensor_of(self.source, volume, (*("",) * first, *names), self.dtype)
        groups = dict(zip(names, self.axes[first:], strict=False))
        order = self.letters_in_order if self.dims else "".join(groups.get(name, "") for name in "chw")
        return None if volume == self.volume and order == self.letters_in_order else ReadTensor(own, order)

    def transposed(self, order: Sequence[int]) -> "Tensor":
        self.require_no_margins()
        if sorted(order) != list(range(self.rank)):
            raise NotNative(f"perm {list(order)} is no order of {self.rank} axes")
        if self.dims:
            raise NotNative("it is of axes that divide those of a volume")
        return replace(self, axes=tuple(self.axes[axis] for axis in order))

    def reshaped(self, shape: Sequence[int]) -> "Tensor":
        """The same values in another shape: its axes are runs of the volume's axes, or divide them."""
        self.require_no_margins()
        if prod(shape) != self.volume.size:
            raise NotNative(f"the shape {list(shape)} holds other than {self.volume.size} values")
        groups = self.runs(shape)
        if groups is not None:
            return replace(self, axes=groups, dims=())
        if self.dims or self.letters == self.letters_in_order:
            return replace(self, axes=(), dims=tuple(shape))
        raise NotNative(f"the shape {list(shape)} divides an axis of {list(self.shape)}")

    def runs(self, shape: Sequence[int]) -> TensorAxes | None:
        """Axes of that shape as runs of those of the volume; None if there are none."""
        waiting = list(self.letters_in_order if self.dims else self.letters)
        groups = []
        for size in shape:
            group = ""
            while prod(self.sizes[letter] for letter in group) < size and waiting:
                group += waiting.pop(0)
            if prod(self.sizes[letter] for letter in group) != size:
                return None
            groups.append(group)
        return None if waiting else tuple(groups)

    def require_no_margins(self) -> None:
        if any(self.margins):
            raise NotNative("zeros are added around its input, which only a convolution takes")


class ReadTensor(NamedTuple):
    """A tensor as another volume than the one whose values it has."""

    tensor: Tensor
    order: str
    """The axes of that volume that are longer than 1 in the order in which this one has the values: "hwc"."""


_OWN_AXES = {
    **{(1, False): ("c",), (2, False): ("c", "w"), (3, False): ("c", "h", "w")},
    **{(2, True): ("w", "c"), (3, True): ("h", "w", "c")},
}
"""By the number of axes behind the batch, and whether the channels are last."""


def tensor_of(source: str, volume: Shape, order: Sequence[str], dtype: str = "float32") -> Tensor:
    """A tensor whose axes are these of the volume, "" for those of size 1: ``["", "c", "h", "w"]``."""
    sizes = dict(zip("chw", volume, strict=True))
    axes = tuple("".join(letter for letter in group if sizes[letter] > 1) for group in order)
    return Tensor(source, volume, axes, dtype=dtype)


def tensor_of_shape(source: str, shape: Sequence[int], dtype: str) -> Tensor:
    """A tensor of any shape as a volume: without the batch, further axes in front as channels."""
    rest = tuple(shape[1:] if len(shape) > 1 and shape[0] == 1 else shape)
    batch = ("",) * (len(shape) - len(rest))
    if len(rest) > 3:
        return Tensor(source, Shape(prod(rest[:-2]), *rest[-2:]), (), tuple(shape), dtype)
    letters = ("", "c", "cw", "chw")[len(rest)]
    sizes = {"c": 1, "h": 1, "w": 1, **dict(zip(letters, rest, strict=True))}
    return tensor_of(source, Shape(sizes["c"], sizes["h"], sizes["w"]), (*batch, *letters), dtype)


NCHW = ("", "c", "h", "w")


def volume_of(values: NDArray[np.float32], tensor: Tensor) -> NDArray[np.float32]:
    """The values of a tensor as the volume that it is, C×H×W."""
    if tensor.dims:
        return values.reshape(tensor.volume)
    letters = tensor.letters
    split = values.reshape([tensor.sizes[letter] for letter in letters])
    return split.transpose([letters.index(letter) for letter in tensor.letters_in_order]).reshape(tensor.volume)
