"""Squeeze-and-excitation: each map is scaled by a number that is computed from the means of all maps."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from engine.blocks.base import INPUT, Block, Part
from engine.layers import Activation, Conv2d, GlobalAvgPool2d, Mul
from engine.layers.base import Count

_Function = Literal["relu", "silu"]
_Gate = Literal["sigmoid", "hard_sigmoid"]
SqueezeFunction = Annotated[_Function, Meta(title="Squeeze with", description="After the first 1×1 on the means")]
Gate = Annotated[_Gate, Meta(title="Gate", description="Function that makes the factors of the maps")]


class SqueezeExcite(Block, frozen=True, tag="squeeze_excite"):
    """The means of all maps, 1×1 to few, 1×1 back, a sigmoid: a factor between 0 and 1 for each map.

    C×H×W → C×H×W. Cost: 2·C·squeeze MACs, and C·H·W multiplications of the maps by their factors.
    Source: J. Hu et al., Squeeze-and-excitation networks, 2017.
    """

    title: ClassVar[str] = "Squeeze and excitation"
    help: ClassVar[str] = "Scales each map by a factor that the means of all maps decide."

    squeeze: Annotated[Count, Meta(title="Squeeze", description="Numbers to which the means are reduced", examples=[8])]
    squeeze_function: SqueezeFunction = "relu"
    gate: Gate = "sigmoid"

    def label(self) -> str:
        return f"squeeze to {self.squeeze}, excite"

    def expand(self, channels: int) -> Iterator[Part]:
        yield from squeeze_and_excitation("", INPUT, channels, self.squeeze, self.squeeze_function, self.gate)


def squeeze_and_excitation(
    prefix: str, source: str, channels: int, squeeze: int, function: _Function, gate: _Gate
) -> Iterator[Part]:
    """The layers that scale the maps of a part of a block, their names after a prefix."""
    yield Part(f"{prefix}mean", GlobalAvgPool2d(), (source,))
    yield Part(f"{prefix}squeeze", Conv2d(squeeze, 1))
    yield Part(f"{prefix}squeeze/{function}", Activation(function))
    yield Part(f"{prefix}excite", Conv2d(channels, 1))
    yield Part(f"{prefix}excite/{gate}", Activation(gate))
    yield Part(f"{prefix}scale", Mul(), (source, f"{prefix}excite/{gate}"))
