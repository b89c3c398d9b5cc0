"""The base class of blocks: settings that stand for several layers."""

from collections.abc import Iterator
from typing import ClassVar, NamedTuple

from engine.layers import Activation, BatchNorm, Conv2d, Kind, Layer
from engine.layers.activation import Function
from engine.layers.base import HeightWidth, Padding, Role, require_declarations

INPUT, SECOND_INPUT = "input", "second input"
"""The names by which parts refer to the inputs of their block, in order."""


class Part(NamedTuple):
    """A layer of a block: its name in the block, and the names of its input parts, which may include those of inputs.

    Empty `inputs` mean the previous part, or the input of the block.
    """

    name: str
    layer: Layer
    inputs: tuple[str, ...] = ()


class Block(Kind, frozen=True):
    """Settings that stand for several layers. Kinds are subclasses, listed once in ``engine.blocks.BLOCKS``.

    A block receives one volume, or two if it says so. Its parts are in execution order; the output of the last one is
    the block's output.
    A kind implements `expand`, or its class statement fails; a class without a title is the base of several kinds.
    """

    role: ClassVar[Role] = "weights"

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        require_declarations(cls, Block, ["expand"] if hasattr(cls, "title") else [])

    @property
    def has_params(self) -> bool:
        """Whether training learns parameters of its layers."""
        return True

    def expand(self, channels: int) -> Iterator[Part]:
        """Yield the layers of this block for a first input of `channels` channels."""
        raise NotImplementedError  # required of each block at import, see require_declarations


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
    """A convolution, a batch norm in place of its bias, and an activation: `name`, ``name/bn``, ``name/relu``."""
    bias = not normalized
    yield Part(name, Conv2d(filters, kernel, stride, padding, groups=groups, bias=bias), inputs)
    if normalized:
        yield Part(f"{name}/bn", BatchNorm())
    if function is not None:
        yield Part(f"{name}/{function}", Activation(function))
