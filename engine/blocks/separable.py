"""Separable convolutions of MobileNet: first within channels, then across them."""

from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar, Literal

from msgspec import Meta
from msgspec.structs import force_setattr

from engine.blocks.base import INPUT, Block, Part, convolution
from engine.blocks.squeeze import Gate, SqueezeFunction, squeeze_and_excitation
from engine.layers import Activation, Add, BatchNorm, Conv2d, Layer, Mistake
from engine.layers.base import MAX_EXTENT, Count, Extent, HeightWidth, Kind, Margin, Padding
from engine.layers.fixes import setting_fixes
from engine.layers.windows import check_padding, normalise_spelling, pair, setting_text, size_text
from engine.shapes import Shape

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


def convolution_form(layer: Kind) -> Literal["full", "separable"] | None:
    """The form of a convolution larger than 1×1, which can be changed into the other one; None of anything else."""
    if isinstance(layer, SeparableConv2d):
        return "separable"
    return "full" if isinstance(layer, Conv2d) and pair(layer.kernel) != (1, 1) else None


def count_included(behind: Sequence[Kind]) -> int:
    """How many of the layers behind a convolution the separable one includes: an activation, a batch norm before it."""
    for count, layer in enumerate(behind, 1):
        if layer in (Activation("relu"), Activation("relu6")):
            return count
        if layer != BatchNorm() or count > 1:
            break
    return 0


def separable_of(layer: Kind, behind: Sequence[Kind], multiplier: int) -> SeparableConv2d:
    """A kernel per channel and a 1×1 instead of a convolution; each has the layers behind that it includes."""
    assert isinstance(layer, Conv2d), "only a convolution can be separable; see `convolution_form`"
    return SeparableConv2d(
        layer.filters,
        layer.kernel,
        layer.stride,
        layer.padding,
        multiplier,
        batch_norm=BatchNorm() in behind,
        function="relu6" if Activation("relu6") in behind else "relu" if Activation("relu") in behind else "none",
    )


def full_layers(block: Kind) -> Iterator[tuple[str, Layer]]:
    """Yield a convolution whose filters span all channels, and the layers that a separable one includes, by suffix."""
    assert isinstance(block, SeparableConv2d), "only a separable convolution can be made full"
    yield "", Conv2d(block.filters, block.kernel, block.stride, block.padding, bias=not block.batch_norm)
    if block.batch_norm:
        yield "bn", BatchNorm()
    if block.function != "none":
        yield block.function, Activation(block.function)


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


class MbConv(Block, frozen=True, tag="mbconv"):
    """1×1 to many maps, one kernel per map, squeeze-and-excitation, and 1×1 to few; added if the shapes agree.

    C×H×W → filters×⌈H/s⌉×⌈W/s⌉. Batch norm and the function behind all convolutions but the last, which has only the
    norm, and those of squeeze-and-excitation, which have biases.
    Source: M. Tan et al., MnasNet, 2018; A. Howard et al., Searching for MobileNetV3, 2019.
    """

    title: ClassVar[str] = "MBConv"
    help: ClassVar[str] = "Wide in the middle, of any kernel and function, with or without squeeze-and-excitation."
    paper_columns: ClassVar[tuple[tuple[str, str], ...]] = (("1x1", "filters"),)

    filters: Annotated[Count, Meta(title="Filters", description="Number of output maps", examples=[24])]
    wide: Annotated[
        Count, Meta(title="Wide", description="Maps in the middle; as many as received: no first 1×1", examples=[96])
    ]
    kernel: Annotated[Extent, Meta(title="Kernel", description="Height and width of the kernel of each map")] = 3
    stride: Annotated[Extent, Meta(title="Stride", description="Pixels between neighbouring windows")] = 1
    squeeze: Annotated[
        Margin, Meta(title="Squeeze", description="Numbers to which the means of the maps are reduced; 0: none")
    ] = 0
    function: Annotated[
        Literal["silu", "hard_swish", "relu", "relu6"], Meta(title="Function", description="After the first two")
    ] = "silu"
    squeeze_function: SqueezeFunction = "silu"
    gate: Gate = "sigmoid"

    def __post_init__(self) -> None:
        if not self.squeeze:
            force_setattr(self, "squeeze_function", "silu")
            force_setattr(self, "gate", "sigmoid")

    @property
    def unused_settings(self) -> frozenset[str]:
        return frozenset() if self.squeeze else frozenset({"squeeze_function", "gate"})

    def mistakes(self, inputs: Sequence[Shape], names: Sequence[str] = ()) -> Iterator[Mistake]:
        if self.kernel % 2 == 0:
            odd = self.kernel - 1, self.kernel + 1
            text = f"kernel {self.kernel} is even, which would not keep the size of maps: make it {odd[0]} or {odd[1]}"
            yield Mistake("kernel", text, setting_fixes("kernel", [size for size in odd if size < MAX_EXTENT]))

    def label(self) -> str:
        stride = "" if self.stride == 1 else f" /{self.stride}"
        squeezed = f", squeeze to {self.squeeze}" if self.squeeze else ""
        return f"{self.wide} wide, {self.kernel}×{self.kernel}{stride}{squeezed}, 1×1→{self.filters}"

    def expand(self, channels: int) -> Iterator[Part]:
        if self.wide != channels:
            yield from convolution("expand", self.wide, 1, normalized=True, function=self.function)
        yield from convolution(
            "depthwise",
            self.wide,
            self.kernel,
            stride=self.stride,
            padding=(self.kernel - 1) // 2,
            groups=self.wide,
            normalized=True,
            function=self.function,
        )
        if self.squeeze:
            source = f"depthwise/{self.function}"
            yield from squeeze_and_excitation("se/", source, self.wide, self.squeeze, self.squeeze_function, self.gate)
        yield from convolution("project", self.filters, 1, normalized=True, function=None)
        if self.stride == 1 and channels == self.filters:
            yield Part("add", Add(), ("project/bn", INPUT))
