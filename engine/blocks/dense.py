"""Dense blocks and transitions of DenseNet: every layer receives the maps of all layers before it."""

from collections.abc import Iterator, Sequence
from math import floor
from typing import Annotated, ClassVar

from msgspec import Meta

from engine.blocks.base import INPUT, Block, Part
from engine.layers import Activation, AvgPool2d, BatchNorm, Concat, Conv2d, Mistake
from engine.layers.base import Count, Margin
from engine.layers.fixes import setting_fixes
from engine.shapes import Shape

_Layers = Annotated[int, Meta(ge=1, le=1000)]
_Share = Annotated[float, Meta(gt=0.0, le=1.0)]


class DenseBlock(Block, frozen=True, tag="dense_block"):
    """Layers that each add `growth` maps to their input: batch norm, ReLU, 1×1 to bottleneck·growth, and 3×3.

    C×H×W → (C + layers·growth)×H×W.
    Source: G. Huang et al., Densely connected convolutional networks, 2016.
    """

    title: ClassVar[str] = "Dense block"
    help: ClassVar[str] = "Layers that each receive all previous maps and add a few."
    paper_columns: ClassVar[tuple[tuple[str, str], ...]] = (("3x3", "growth"),)

    layers: Annotated[_Layers, Meta(title="Layers", description="Number of layers that add maps", examples=[6])]
    growth: Annotated[Count, Meta(title="Growth", description="Maps that each layer adds", examples=[32])]
    bottleneck: Annotated[
        Margin, Meta(title="Bottleneck", description="Maps of the 1×1 before each 3×3, times growth; 0: no 1×1")
    ] = 4

    def label(self) -> str:
        reduced = f"1×1→{self.bottleneck * self.growth}, " if self.bottleneck else ""
        return f"{self.layers} × ({reduced}3×3→{self.growth})"

    def expand(self, channels: int) -> Iterator[Part]:
        before = INPUT
        for number in range(1, self.layers + 1):
            name = f"layer{number}"
            yield Part(f"{name}/bn", BatchNorm(), (before,))
            yield Part(f"{name}/relu", Activation("relu"))
            if self.bottleneck:
                yield Part(f"{name}/reduce", Conv2d(self.bottleneck * self.growth, 1, bias=False))
                yield Part(f"{name}/reduce/bn", BatchNorm())
                yield Part(f"{name}/reduce/relu", Activation("relu"))
            yield Part(f"{name}/conv", Conv2d(self.growth, 3, bias=False))
            yield Part(f"{name}/concat", Concat(), (before, f"{name}/conv"))
            before = f"{name}/concat"


class Transition(Block, frozen=True, tag="transition"):
    """Batch norm, ReLU, a 1×1 convolution to a fraction of the maps, and 2×2 average pooling.

    C×H×W → ⌊compression·C⌋×⌊H/2⌋×⌊W/2⌋.
    Source: G. Huang et al., Densely connected convolutional networks, 2016.
    """

    title: ClassVar[str] = "Transition"
    help: ClassVar[str] = "A 1×1 convolution to a fraction of the maps, and pooling to half the size."

    compression: Annotated[_Share, Meta(title="Compression", description="Fraction of maps that the 1×1 keeps")] = 0.5

    def mistakes(self, inputs: Sequence[Shape], names: Sequence[str] = ()) -> Iterator[Mistake]:
        if not self._filters(inputs[0].channels):
            channels = inputs[0].channels
            unit = 10 ** (len(str(channels)) + 1)
            least = -(-unit // channels) / unit  # rounded up, so that the value in the message suffices
            yield Mistake(
                "compression",
                f"compression {self.compression:g} leaves no map of {channels}: make it at least {least:g}",
                setting_fixes("compression", [least]),
            )
        if min(inputs[0][1:]) < 2:
            yield Mistake("inputs", f"inputs: {inputs[0]} is too small for the 2×2 pooling: at least 2×2 is needed")

    def label(self) -> str:
        return f"1×1 ×{self.compression:g}, 2×2 avg pool /2"

    def expand(self, channels: int) -> Iterator[Part]:
        yield Part("bn", BatchNorm())
        yield Part("relu", Activation("relu"))
        yield Part("conv", Conv2d(self._filters(channels), 1, bias=False))
        yield Part("pool", AvgPool2d(2))

    def _filters(self, channels: int) -> int:
        return floor(self.compression * channels)
