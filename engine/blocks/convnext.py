"""The block of ConvNeXt: a large depthwise convolution, then two 1×1 convolutions, wide in between."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from msgspec import Meta

from engine.blocks.base import INPUT, Block, Part
from engine.layers import Activation, Add, Conv2d, LayerNorm, Scale
from engine.layers.base import Extent

_EPSILON = 1e-6


class ConvNextBlock(Block, frozen=True, tag="convnext_block"):
    """A depthwise k×k, layer norm, 1×1 to many maps, GELU, 1×1 back, and a scale per channel; added to the input.

    C×H×W → C×H×W. Source: Z. Liu et al., A ConvNet for the 2020s, 2022.
    """

    title: ClassVar[str] = "ConvNeXt block"
    help: ClassVar[str] = "A large kernel within each channel, then a wide 1×1 and one back; added to the input."

    kernel: Annotated[Extent, Meta(title="Kernel", description="Height and width of the depthwise kernels")] = 7
    expansion: Annotated[
        int, Meta(ge=1, le=1000, title="Expansion", description="Maps in the middle per input channel")
    ] = 4

    def label(self) -> str:
        return f"{self.kernel}×{self.kernel} per channel, 1×1 ×{self.expansion}, 1×1, added"

    def expand(self, channels: int) -> Iterator[Part]:
        yield Part("depthwise", Conv2d(channels, self.kernel, groups=channels), (INPUT,))
        yield Part("norm", LayerNorm(_EPSILON))
        yield Part("widen", Conv2d(channels * self.expansion, 1))
        yield Part("widen/gelu", Activation("gelu"))
        yield Part("narrow", Conv2d(channels, 1))
        yield Part("scale", Scale())
        yield Part("add", Add(), ("scale", INPUT))
