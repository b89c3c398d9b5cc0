"""A convolution after a 1×1 reduction: the simplest bottleneck."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from msgspec import Meta

from engine.blocks.base import Block, Part, convolution
from engine.layers.base import Count, HeightWidth
from engine.layers.windows import normalise_spelling, pair, setting_text, size_text


class ReducedConv2d(Block, frozen=True, tag="reduced_conv2d"):
    """A 1×1 convolution to few maps, then the convolution itself, each followed by a ReLU.

    C×H×W → filters×⌈H/s⌉×⌈W/s⌉.
    Source: C. Szegedy et al., Going deeper with convolutions, 2014.
    """

    title: ClassVar[str] = "Reduced convolution"
    help: ClassVar[str] = "A 1×1 convolution to few maps makes the convolution after it cheaper."
    paper_columns: ClassVar[tuple[tuple[str, str], ...]] = (("{}_reduce", "reduce"), ("{}", "filters"))

    reduce: Annotated[Count, Meta(title="Reduce", description="Maps of the 1×1", examples=[16])]
    filters: Annotated[Count, Meta(title="Filters", description="Number of output maps", examples=[32])]
    kernel: Annotated[HeightWidth, Meta(title="Kernel", description="Height and width of a filter", examples=[5])]
    stride: Annotated[HeightWidth, Meta(title="Stride", description="Pixels between neighbouring windows")] = 1

    def __post_init__(self) -> None:
        normalise_spelling(self, "kernel", "stride")

    def label(self) -> str:
        stride = "" if self.stride == 1 else f" /{setting_text(self.stride)}"
        return f"1×1→{self.reduce}, {size_text(pair(self.kernel))}{stride}→{self.filters}"

    def expand(self, channels: int) -> Iterator[Part]:
        yield from convolution("reduce", self.reduce, 1)
        yield from convolution("conv", self.filters, self.kernel, stride=self.stride)
