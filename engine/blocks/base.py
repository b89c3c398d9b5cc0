"""What a kind of block must answer: the layers that it stands for."""

from collections.abc import Iterator
from typing import ClassVar, NamedTuple

from engine.layers import Activation, BatchNorm, Conv2d, Kind, Layer
from engine.layers.activation import Function
from engine.layers.base import HeightWidth, Padding, Role

INPUT = "input"
"""The name under which parts refer to what their block receives."""


class Part(NamedTuple):
    """A layer of a block: its name within the block, and the parts that it receives, INPUT among them.

    `inputs` left empty means the part before it, or what the block receives.
    """

    name: str
    layer: Layer
    inputs: tuple[str, ...] = ()


class Block(Kind, frozen=True):
    """Settings that stand for several layers. Kinds are subclasses, listed once in ``engine.blocks.BLOCKS``.

    A block receives one volume. Its parts come in an order in which they can run; the last one gives its output.
    """

    max_inputs: ClassVar[int | None] = 1
    role: ClassVar[Role] = "weights"

    def expand(self, channels: int) -> Iterator[Part]:
        """The layers that this block stands for where it receives so many channels."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it stands for")


def convolution(
    name: str,
    filters: int,
    kernel: HeightWidth,
    inputs: tuple[str, ...] = (),
    *,
    stride: HeightWidth = 1,
    padding: Padding = "same",
    groups: int = 1,
    normalized: bool = False,
    function: Function | None = "relu",
) -> Iterator[Part]:
    """A convolution, the batch norm that takes the place of its bias, and an activation: `name`, ``/bn``, ``/relu``."""
    bias = not normalized
    yield Part(name, Conv2d(filters, kernel, stride, padding, groups=groups, bias=bias), inputs)
    if normalized:
        yield Part(f"{name}/bn", BatchNorm())
    if function is not None:
        yield Part(f"{name}/{function}", Activation(function))
