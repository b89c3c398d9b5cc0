"""The convolution layer."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar

from msgspec import Meta
from msgspec.structs import replace
from numpy.typing import NDArray

from engine.kernels import Checkpoint, Volume, convolution
from engine.layers.base import Count, HeightWidth, Layer, Mask, Mistake, Padding, Reads, Role, changes_if_valid
from engine.layers.explanation import Explanation, Target, WindowProduct, read_window, tap_text
from engine.layers.groups import channels_of_groups, group_mistakes
from engine.layers.weighted_sum import explain_weighted_sum
from engine.layers.windows import (
    changes_to_keep_size,
    check_padding,
    normalise_spelling,
    pair,
    place_windows,
    setting_text,
    size_mistakes,
    size_text,
)
from engine.shapes import Shape, Windows
from engine.text.units import count_text


class Conv2d(Layer, frozen=True, tag="conv2d"):
    """Multiplies each window of C/groups channels by each filter: cross-correlation plus bias.

    C×H×W → filters×H'×W', H' = ⌊(H + p − d(k − 1) − 1)/s⌋ + 1.
    Parameters: weight (filters, C/groups, kh, kw), bias (filters,). Cost: H'·W'·filters × kh·kw·C/groups MACs.
    Source: Y. LeCun et al., Gradient-based learning applied to document recognition, 1998.
    """

    title: ClassVar[str] = "Convolution"
    help: ClassVar[str] = "Slides filters over the volume: one output map per filter."
    role: ClassVar[Role] = "weights"
    reads: ClassVar[Reads] = "windows"
    filter_title: ClassVar[str] = "kernel of filter"
    paper_columns: ClassVar[tuple[tuple[str, str], ...]] = (("{}", "filters"),)

    filters: Annotated[Count, Meta(title="Filters", description="Number of output maps", examples=[32])]
    kernel: Annotated[HeightWidth, Meta(title="Kernel", description="Height and width of a filter", examples=[3])]
    stride: Annotated[HeightWidth, Meta(title="Stride", description="Pixels between neighbouring windows")] = 1
    padding: Annotated[Padding, Meta(title="Padding", description="Zeros around the input")] = "same"
    dilation: Annotated[HeightWidth, Meta(title="Dilation", description="Pixels between neighbouring taps")] = 1
    groups: Annotated[
        Count, Meta(title="Groups", description="Channel groups that do not mix; as many as channels: depthwise")
    ] = 1
    bias: Annotated[bool, Meta(title="Bias", description="One added number per filter")] = True

    def __post_init__(self) -> None:
        check_padding(self.padding)
        normalise_spelling(self, "kernel", "stride", "padding", "dilation")

    def windows(self, received: Shape) -> Windows:
        return place_windows(received, self.kernel, self.stride, self.padding, self.dilation)

    def channels_read(self, channels: Mask, inputs: Sequence[Shape]) -> Sequence[Mask]:
        """The channels of the same group."""
        return [channels_of_groups(channels, self.groups, inputs[0].channels)]

    def mistakes(self, inputs: Sequence[Shape], names: Sequence[str] = ()) -> Iterator[Mistake]:
        yield from size_mistakes(self.windows(inputs[0]), inputs[0])
        yield from group_mistakes(self.groups, inputs[0].channels, self.filters)

    def general_form(self, inputs: Sequence[Shape]) -> Layer:
        """The padding as numbers, however it is written."""
        return replace(self, padding=self.windows(inputs[0]).margins)

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return Shape(self.filters, *self.windows(inputs[0]).output)

    def changes_for(self, output: Shape, inputs: Sequence[Shape]) -> tuple[tuple[str, Any], ...]:
        size = self.windows(inputs[0]).output
        changes = () if size == output[1:] else changes_to_keep_size(self.stride, self.padding)
        if output.channels != self.filters:
            changes = (("filters", output.channels), *changes)
        return changes_if_valid(self, changes, output, inputs)

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
        """Kernel, filters, and all other settings that differ from the default: "3×3 /2, 64 filters, 4 groups"."""
        stride = "" if self.stride == 1 else f" /{setting_text(self.stride)}"
        dilation = "" if self.dilation == 1 else f" dilated {setting_text(self.dilation)}"
        filters = f"{self.filters} filter{'s' if self.filters > 1 else ''}"
        groups = "" if self.groups == 1 else f", {self.groups} groups"
        return f"{size_text(pair(self.kernel))}{stride}{dilation}, {filters}{groups}"

    def deep_label(self, received: Shape) -> str:
        kernel = size_text(pair(self.kernel))
        return self.label().replace(kernel, f"{kernel}×{received.channels // self.groups}", 1)

    def operations(self, inputs: Sequence[Shape], output: Shape) -> dict[str, int]:
        return {"bias": output.size} if self.bias else {}

    def filter_weights(self, weight: NDArray[Any], channel: int, received: Shape) -> NDArray[Any]:
        weights: NDArray[Any] = weight[channel]
        return weights

    def by_channel(self, count: int, received: Shape) -> Layer:
        return replace(self, filters=count, groups=count, bias=False)

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        windows = self.windows(Shape(*inputs[0].shape))
        return convolution.conv2d(
            inputs[0],
            weights["weight"],
            weights.get("bias"),
            stride=windows.stride,
            padding=windows.margins,
            dilation=windows.dilation,
            groups=self.groups,
            checkpoint=checkpoint,
        )

    def explain(self, target: Target) -> Explanation:
        weights, at = target.weights["weight"], target.at
        received = Shape(*target.inputs[0].shape)
        windows = self.windows(received)
        window = read_window(target.inputs[0], windows, at.y, at.x, self.input_channels(at.channel, [received]))
        rows = tap_text(int(window.rows[0]), windows.dilation[0], "i")
        columns = tap_text(int(window.columns[0]), windows.dilation[1], "j")
        pointwise = windows.kernel == (1, 1)
        if pointwise:
            symbols = f"Σ w[{at.channel}, c] · in[c, {window.rows[0]}, {window.columns[0]}]"
        else:
            symbols = f"Σ w[{at.channel}, c, i, j] · in[c, {rows}, {columns}]"
        over = count_text(len(weights), "channel") + ("" if pointwise else f" × {size_text(windows.kernel)} taps")
        description = self._description(window)
        window = replace(window, filter=weights)
        return explain_weighted_sum(target, window, symbols, over, description, vector=pointwise)

    def _description(self, window: WindowProduct) -> str:
        depth, last = len(window.values), window.first + len(window.values) - 1
        if window.inside.size == 1:
            text = (
                "A 1×1 convolution is a small dense layer, the same at every pixel: "
                f"the vector of {count_text(depth, 'value')} at this pixel times a matrix of "
                f"{self.filters // self.groups:,} × {depth:,}. "
                "This value is one row of the matrix times the vector; neighbouring pixels do not count."
            )
        else:
            size = f"{size_text(window.inside.shape)}×{depth:,}"
            text = f"A patch of {size} values is multiplied by a filter of {size} weights; the products are summed."
        if self.groups > 1:
            own = f"channels {window.first}–{last}" if depth > 1 else f"channel {last}"
            text += f" This group, one of {self.groups}, reads only {own}."
        if window.padding_taps:
            text += f" {window.padding_taps} of the {window.inside.size} taps lie in the padding and read 0."
        return text
