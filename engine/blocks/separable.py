"""Separable convolutions of MobileNet: first within channels, then across them."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from engine.blocks.base import INPUT, Block, Part, convolution
from engine.layers import Add
from engine.layers.base import Count, Extent, HeightWidth, Padding
from engine.layers.windows import check_padding, normalise_spelling, pair, setting_text, size_text

_Multiplier = Annotated[int, Meta(ge=1, le=1000)]


class SeparableConv2d(Block, frozen=True, tag="separable_conv2d"):
    """One kernel per channel, then a 1×1 convolution that mixes the channels.

    C×H×W → filters×H'×W', with H' and W' from the windows of the kernel.
    Cost: H'·W'·C·m × kh·kw for the kernels and H'·W'·filters × C·m for the 1×1, m being the depth multiplier.
    Source: L. Sifre, Rigid-motion scattering for image classification, 2014; A. Howard et al., MobileNets, 2017.
    """

    title: ClassVar[str] = "Separable convolution"
    help: ClassVar[str] = "Each channel by itself, then a 1×1 that mixes them: the same windows with far fewer MACs."
    paper_columns: ClassVar[tuple[tuple[str, str], ...]] = (("{}", "filters"),)

    filters: Annotated[Count, Meta(title="Filters", description="Number of output maps", examples=[64])]
    kernel: Annotated[HeightWidth, Meta(title="Kernel", description="Height and width of a filter")] = 3
    stride: Annotated[HeightWidth, Meta(title="Stride", description="Pixels between neighbouring windows")] = 1
    padding: Annotated[Padding, Meta(title="Padding", description="Zeros around the input")] = "same"
    depth_multiplier: Annotated[
        _Multiplier, Meta(title="Depth multiplier", description="Kernels per input channel")
    ] = 1
    batch_norm: Annotated[bool, Meta(title="Batch norm", description="After both, instead of biases")] = True
    function: Annotated[
        Literal["relu", "relu6", "none"], Meta(title="Function", description="After both; none: no activation")
    ] = "relu"

    def __post_init__(self) -> None:
        check_padding(self.padding)
        normalise_spelling(self, "kernel", "stride", "padding")

    def label(self) -> str:
        stride = "" if self.stride == 1 else f" /{setting_text(self.stride)}"
        multiplier = "" if self.depth_multiplier == 1 else f" ×{self.depth_multiplier}"
        return f"separable {size_text(pair(self.kernel))}{stride}{multiplier}, {self.filters} filters"

    def expand(self, channels: int) -> Iterator[Part]:
        function = None if self.function == "none" else self.function
        yield from convolution(
            "depthwise",
            channels * self.depth_multiplier,
            self.kernel,
            stride=self.stride,
            padding=self.padding,
            groups=channels,
            normalized=self.batch_norm,
            function=function,
        )
        yield from convolution("pointwise", self.filters, 1, normalized=self.batch_norm, function=function)


class InvertedResidual(Block, frozen=True, tag="inverted_residual"):
    """1×1 to many maps, one kernel per map, and 1×1 to few; added to the input if the shapes agree.

    C×H×W → filters×⌈H/s⌉×⌈W/s⌉.
    Source: M. Sandler et al., MobileNetV2: inverted residuals and linear bottlenecks, 2018.
    """

    title: ClassVar[str] = "Inverted residual"
    help: ClassVar[str] = "1×1 to many maps, a 3×3 on each, 1×1 to few: wide in the middle."
    paper_columns: ClassVar[tuple[tuple[str, str], ...]] = (("1x1", "filters"),)

    filters: Annotated[Count, Meta(title="Filters", description="Number of output maps", examples=[24])]
    stride: Annotated[Extent, Meta(title="Stride", description="Pixels between neighbouring windows")] = 1
    expansion: Annotated[
        _Multiplier, Meta(title="Expansion", description="Maps in the middle per input channel; 1: no first 1×1")
    ] = 6

    def label(self) -> str:
        stride = "" if self.stride == 1 else f" /{self.stride}"
        return f"×{self.expansion}, 3×3{stride}, 1×1→{self.filters}"

    def expand(self, channels: int) -> Iterator[Part]:
        wide = channels * self.expansion
        if self.expansion > 1:
            yield from convolution("expand", wide, 1, normalized=True, function="relu6")
        yield from convolution(
            "depthwise", wide, 3, stride=self.stride, padding=1, groups=wide, normalized=True, function="relu6"
        )
        yield from convolution("project", self.filters, 1, normalized=True, function=None)
        if self.stride == 1 and channels == self.filters:
            yield Part("add", Add(), ("project/bn", INPUT))
