"""Convolution."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, ClassVar

from msgspec import Meta

from engine import kernels
from engine.layers.base import Checkpoint, Count, HeightWidth, Layer, Mistake, Padding, Volume
from engine.layers.windows import Windows, check_padding, pair, place_windows, short, shortest, size_mistakes, times
from engine.shapes import Shape


class Conv2d(Layer, frozen=True, tag="conv2d"):
    """Every filter meets every window of C/groups channels: cross-correlation plus bias.

    C×H×W → filters×H'×W', H' = ⌊(H + p − d(k − 1) − 1)/s⌋ + 1.
    Parameters: weight (filters, C/groups, kh, kw), bias (filters,). Cost: H'·W'·filters × kh·kw·C/groups MACs.
    Source: Y. LeCun et al., Gradient-based learning applied to document recognition, 1998.
    """

    title: ClassVar[str] = "Convolution"
    help: ClassVar[str] = "Slides filters over the volume: one output map a filter."

    filters: Annotated[Count, Meta(title="Filters", description="Number of output maps", examples=[32])]
    kernel: Annotated[HeightWidth, Meta(title="Kernel", description="Height and width of a filter", examples=[3])]
    stride: Annotated[HeightWidth, Meta(title="Stride", description="Pixels between neighbouring windows")] = 1
    padding: Annotated[Padding, Meta(title="Padding", description="Zeros around the input")] = "same"
    dilation: Annotated[HeightWidth, Meta(title="Dilation", description="Pixels between neighbouring taps")] = 1
    groups: Annotated[
        Count, Meta(title="Groups", description="Channel groups that do not mix; as many as channels: depthwise")
    ] = 1
    bias: Annotated[bool, Meta(title="Bias", description="One added number a filter")] = True

    def __post_init__(self) -> None:
        check_padding(self.padding)
        shortest(self, "kernel", "stride", "padding", "dilation")

    def windows(self, shape: Shape) -> Windows:
        return place_windows(shape, self.kernel, self.stride, self.padding, self.dilation)

    def seen_by(self, filter: int, channels: int) -> slice:
        """Which of so many input channels a filter sees: those of its group."""
        depth = channels // self.groups
        first = filter // (self.filters // self.groups) * depth
        return slice(first, first + depth)

    def mistakes(self, inputs: Sequence[Shape]) -> Iterator[Mistake]:
        yield from size_mistakes(self.windows(inputs[0]), inputs[0])
        for number, what in ((inputs[0].channels, "input channels"), (self.filters, "filters")):
            if number % self.groups:
                yield Mistake("groups", f"groups {self.groups} does not divide the {number} {what}: use a divisor")

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return Shape(self.filters, *self.windows(inputs[0]).output)

    def param_shapes(self, inputs: Sequence[Shape]) -> dict[str, tuple[int, ...]]:
        shapes: dict[str, tuple[int, ...]] = {
            "weight": (self.filters, inputs[0].channels // self.groups, *pair(self.kernel))
        }
        if self.bias:
            shapes["bias"] = (self.filters,)
        return shapes

    def mac_factors(self, inputs: Sequence[Shape], output: Shape) -> tuple[tuple[int, ...], tuple[int, ...]]:
        return (output.height, output.width, self.filters), (*pair(self.kernel), inputs[0].channels // self.groups)

    def label(self) -> str:
        """Kernel and filters, and of the rest what is not the default: "3×3 /2, 64 filters, 4 groups"."""
        stride = "" if self.stride == 1 else f" /{short(self.stride)}"
        dilation = "" if self.dilation == 1 else f" dilated {short(self.dilation)}"
        filters = f"{self.filters} filter{'s' if self.filters > 1 else ''}"
        groups = "" if self.groups == 1 else f", {self.groups} groups"
        return f"{times(pair(self.kernel))}{stride}{dilation}, {filters}{groups}"

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        windows = self.windows(Shape(*inputs[0].shape))
        return kernels.conv2d(
            inputs[0],
            weights["weight"],
            weights.get("bias"),
            stride=windows.stride,
            padding=windows.margins,
            dilation=windows.dilation,
            groups=self.groups,
            checkpoint=checkpoint,
        )
