"""Residual blocks of ResNet, which add the result of their convolutions to their input."""

from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from engine.blocks.base import INPUT, Block, Part, convolution
from engine.blocks.squeeze import squeeze_and_excitation
from engine.layers import Activation, Add, Mistake
from engine.layers.base import Count, Extent, Margin
from engine.layers.fixes import setting_fixes
from engine.shapes import Shape

_Shortcut = Literal["auto", "identity", "projection"]


class Residual(Block, frozen=True):
    """A block with a shortcut past its convolutions: the identity, or a 1×1 projection if shapes differ."""

    filters: Annotated[Count, Meta(title="Filters", description="Number of output maps", examples=[256])]
    stride: Annotated[Extent, Meta(title="Stride", description="Pixels between neighbouring windows")] = 1
    shortcut: Annotated[
        _Shortcut, Meta(title="Shortcut", description="Past the convolutions; auto: a 1×1 if the shape changes")
    ] = "auto"

    def mistakes(self, inputs: Sequence[Shape], names: Sequence[str] = ()) -> Iterator[Mistake]:
        if self.shortcut == "identity" and self._changes_shape(inputs[0].channels):
            yield Mistake(
                "shortcut",
                f'shortcut "identity" keeps {inputs[0].channels} channels and every pixel, but the block outputs '
                f'{self.filters} channels at stride {self.stride}: use "projection" or "auto"',
                setting_fixes("shortcut", ["projection", "auto"]),
            )

    def expand(self, channels: int) -> Iterator[Part]:
        end = INPUT
        for part in self._convolutions():
            yield part
            end = part.name
        shortcut = INPUT
        if self.shortcut == "projection" or (self.shortcut == "auto" and self._changes_shape(channels)):
            yield from convolution(
                "shortcut", self.filters, 1, (INPUT,), stride=self.stride, padding=0, normalized=True, function=None
            )
            shortcut = "shortcut/bn"
        yield Part("add", Add(), (end, shortcut))
        yield Part("add/relu", Activation("relu"))

    def _changes_shape(self, channels: int) -> bool:
        return self.stride != 1 or channels != self.filters

    def _convolutions(self) -> Iterator[Part]:
        """Yield the convolutions whose result is added to the input."""
        raise NotImplementedError  # both kinds of residual block have it; a Struct cannot be an ABC

    def _stride_text(self) -> str:
        return "" if self.stride == 1 else f" /{self.stride}"


class BasicResidual(Residual, frozen=True, tag="basic_residual"):
    """Two 3×3 convolutions with batch norm, added to the input.

    C×H×W → filters×⌈H/s⌉×⌈W/s⌉.
    Source: K. He et al., Deep residual learning for image recognition, 2015.
    """

    title: ClassVar[str] = "Basic residual"
    help: ClassVar[str] = "Two 3×3 convolutions whose result is added to their input."
    paper_columns: ClassVar[tuple[tuple[str, str], ...]] = (("3x3", "filters"),)

    def label(self) -> str:
        return f"2 × 3×3{self._stride_text()}→{self.filters}, added"

    def _convolutions(self) -> Iterator[Part]:
        yield from convolution("conv1", self.filters, 3, stride=self.stride, padding=1, normalized=True)
        yield from convolution("conv2", self.filters, 3, padding=1, normalized=True, function=None)


class BottleneckResidual(Residual, frozen=True, tag="bottleneck_residual", kw_only=True):
    """1×1 to few maps, 3×3, and 1×1 to many, with batch norm, added to the input.

    C×H×W → filters×⌈H/s⌉×⌈W/s⌉. The paper puts the stride into the first 1×1 (v1), torchvision into the 3×3 (v1.5).
    With groups it is the block of ResNeXt, with groups and squeeze-and-excitation that of RegNetY.
    Source: K. He et al., Deep residual learning for image recognition, 2015; S. Xie et al., Aggregated residual
    transformations for deep neural networks, 2016; I. Radosavovic et al., Designing network design spaces, 2020.
    """

    title: ClassVar[str] = "Bottleneck residual"
    help: ClassVar[str] = "1×1 to few maps, 3×3, 1×1 to many: the result is added to the input."
    paper_columns: ClassVar[tuple[tuple[str, str], ...]] = (("3x3_reduce", "reduce"), ("1x1", "filters"))

    reduce: Annotated[Count, Meta(title="Reduce", description="Maps in the middle", examples=[64])]
    strided: Annotated[
        Literal["3x3", "1x1"], Meta(title="Strided", description="Which convolution strides: 1×1 is v1, 3×3 is v1.5")
    ] = "3x3"
    groups: Annotated[Count, Meta(title="Groups", description="Of the 3×3: maps that do not mix, as in ResNeXt")] = 1
    squeeze: Annotated[
        Margin, Meta(title="Squeeze", description="Squeeze-and-excitation behind the 3×3, to so many; 0: none")
    ] = 0

    def label(self) -> str:
        groups = f" in {self.groups} groups" if self.groups > 1 else ""
        squeezed = f", squeeze to {self.squeeze}" if self.squeeze else ""
        return f"1×1→{self.reduce}, 3×3{self._stride_text()}{groups}{squeezed}, 1×1→{self.filters}, added"

    def _convolutions(self) -> Iterator[Part]:
        first, second = (self.stride, 1) if self.strided == "1x1" else (1, self.stride)
        yield from convolution("conv1", self.reduce, 1, stride=first, padding=0, normalized=True)
        yield from convolution("conv2", self.reduce, 3, stride=second, padding=1, groups=self.groups, normalized=True)
        if self.squeeze:
            yield from squeeze_and_excitation("se/", "conv2/relu", self.reduce, self.squeeze, "relu", "sigmoid")
        yield from convolution("conv3", self.filters, 1, normalized=True, function=None)
