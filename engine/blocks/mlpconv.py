"""Mlpconv: a convolution and two 1×1 convolutions, the first use of 1×1."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from msgspec import Meta

from engine.blocks.base import Block, Part, convolution
from engine.layers.base import Count, HeightWidth, Padding
from engine.layers.windows import check_padding, normalise_spelling, pair, setting_text, size_text


class MlpConv(Block, frozen=True, tag="mlpconv"):
    """A convolution followed by a small network of two dense layers at every pixel; each followed by a ReLU.

    C×H×W → mlp2×H'×W', with H' and W' from the convolution.
    Source: M. Lin, Q. Chen, S. Yan, Network in network, 2013.
    """

    title: ClassVar[str] = "Mlpconv"
    help: ClassVar[str] = "A convolution, then two 1×1 convolutions: a small network at every pixel."
    paper_columns: ClassVar[tuple[tuple[str, str], ...]] = (("1x1", "mlp2"), ("{}", "filters"))

    filters: Annotated[Count, Meta(title="Filters", description="Maps of the convolution", examples=[96])]
    kernel: Annotated[HeightWidth, Meta(title="Kernel", description="Height and width of a filter", examples=[3])]
    mlp1: Annotated[Count, Meta(title="First 1×1", description="Maps of the first 1×1 convolution", examples=[96])]
    mlp2: Annotated[Count, Meta(title="Second 1×1", description="Maps of the second: the output", examples=[96])]
    stride: Annotated[HeightWidth, Meta(title="Stride", description="Pixels between neighbouring windows")] = 1
    padding: Annotated[Padding, Meta(title="Padding", description="Zeros around the input")] = "same"

    def __post_init__(self) -> None:
        check_padding(self.padding)
        normalise_spelling(self, "kernel", "stride", "padding")

    def label(self) -> str:
        stride = "" if self.stride == 1 else f" /{setting_text(self.stride)}"
        return f"{size_text(pair(self.kernel))}{stride}→{self.filters}, 1×1→{self.mlp1}, 1×1→{self.mlp2}"

    def expand(self, channels: int) -> Iterator[Part]:
        yield from convolution("conv", self.filters, self.kernel, stride=self.stride, padding=self.padding)
        yield from convolution("mlp1", self.mlp1, 1)
        yield from convolution("mlp2", self.mlp2, 1)
