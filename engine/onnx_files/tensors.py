"""A tensor of an ONNX graph as a volume: which of its axes are channels, rows and columns."""

from collections.abc import Sequence
from math import prod

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from engine.shapes import Margins, Shape

Axes = tuple[str, ...]
"""Per axis of a tensor the letters of the axes of its volume (c, h, w) that it runs through, slowest first; axes of
the volume of size 1 have no letter. ``("", "c", "h", "w")`` for N×C×H×W, ``("", "chw")`` after Flatten."""


class NotNative(Exception):
    """A node is none of our layers, for a reason in words."""


class Tensor(Struct, frozen=True):
    """A value of the graph: the volume that it is, and the order of its axes."""

    source: str
    """Name of the node of the design that makes the volume, or its input."""
    volume: Shape
    axes: Axes
    margins: Margins = (0, 0, 0, 0)
    """Zeros around the volume that the convolutions which receive it have to add."""

    @property
    def sizes(self) -> dict[str, int]:
        return dict(zip("chw", self.volume, strict=True))

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the tensor."""
        top, left, bottom, right = self.margins
        more = {"h": top + bottom, "w": left + right}
        return tuple(prod(self.sizes[letter] + more.get(letter, 0) for letter in group) for group in self.axes)

    @property
    def letters(self) -> str:
        """The axes of the volume that are longer than 1, in the order of the tensor."""
        return "".join(self.axes)

    @property
    def is_nchw(self) -> bool:
        return self.shape == (1, *self.volume) and self.letters == self.letters_in_order

    @property
    def letters_in_order(self) -> str:
        return "".join(letter for letter, size in self.sizes.items() if size > 1)

    def transposed(self, order: Sequence[int]) -> "Tensor":
        self.require_no_margins()
        if sorted(order) != list(range(len(self.axes))):
            raise NotNative(f"perm {list(order)} is no order of {len(self.axes)} axes")
        return Tensor(self.source, self.volume, tuple(self.axes[axis] for axis in order))

    def reshaped(self, shape: Sequence[int]) -> "Tensor":
        """The same values in another shape, if each of its axes is a run of the volume's axes."""
        self.require_no_margins()
        waiting = list(self.letters)
        groups = []
        for size in shape:
            group = ""
            while prod(self.sizes[letter] for letter in group) < size and waiting:
                group += waiting.pop(0)
            if prod(self.sizes[letter] for letter in group) != size:
                raise NotNative(f"the shape {list(shape)} divides an axis of {list(self.shape)}")
            groups.append(group)
        if waiting:
            raise NotNative(f"the shape {list(shape)} holds fewer values than {list(self.shape)}")
        return Tensor(self.source, self.volume, tuple(groups))

    def require_no_margins(self) -> None:
        if any(self.margins):
            raise NotNative("zeros are added around its input, which only a convolution takes")


def tensor_of(source: str, volume: Shape, order: Sequence[str]) -> Tensor:
    """A tensor whose axes are these of the volume, "" for those of size 1: ``["", "c", "h", "w"]``."""
    sizes = dict(zip("chw", volume, strict=True))
    return Tensor(source, volume, tuple("".join(letter for letter in group if sizes[letter] > 1) for group in order))


NCHW = ("", "c", "h", "w")


def volume_of(values: NDArray[np.float32], tensor: Tensor) -> NDArray[np.float32]:
    """The values of a tensor as the volume that it is, C×H×W."""
    letters = tensor.letters
    split = values.reshape([tensor.sizes[letter] for letter in letters])
    return split.transpose([letters.index(letter) for letter in tensor.letters_in_order]).reshape(tensor.volume)
