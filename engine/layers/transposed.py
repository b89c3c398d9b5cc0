"""The transposed convolution layer, which enlarges maps by learned kernels."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar

import numpy as np
from msgspec import Meta
from msgspec.structs import replace
from numpy.typing import NDArray

from engine.kernels import Checkpoint, Volume, transposed
from engine.layers.base import Count, HeightWidth, Layer, Margin, Mask, Mistake, Padding, Reads, Role, changes_if_valid
from engine.layers.explanation import Explanation, Target, WeightsByRole, read_window
from engine.layers.fixes import setting_fixes
from engine.layers.groups import channels_of_groups, group_mistakes
from engine.layers.weighted_sum import explain_weighted_sum
from engine.layers.windows import check_padding, four_sides, normalise_spelling, pair, setting_text, size_text
from engine.shapes import Margins, Pair, Shape, Windows, dilated_extent, transposed_windows
from engine.text.units import count_text, number_text

_MarginPair = Margin | Annotated[tuple[Margin, ...], Meta(min_length=2, max_length=2)]


class ConvTranspose2d(Layer, frozen=True, tag="conv_transpose2d"):
    """Adds each value times each filter to the output, `stride` pixels apart, plus bias.

    C×H×W → filters×H'×W', H' = (H − 1)·s − p + d(k − 1) + 1 + output padding; "same": H' = H·s.
    Parameters: weight (C, filters/groups, kh, kw), bias (filters,). Cost: H·W·C × kh·kw·filters/groups MACs.
    Source: M. Zeiler et al., Deconvolutional networks, 2010; V. Dumoulin, F. Visin, A guide to convolution arithmetic
    for deep learning, 2016.
    """

    title: ClassVar[str] = "Transposed convolution"
    help: ClassVar[str] = "Enlarges the volume: each value adds its filters, scaled by it, to the output."
    role: ClassVar[Role] = "weights"
    kernel_sign: ClassVar[str] = "↑"
    filter_title: ClassVar[str] = "kernel of filter"
    reads: ClassVar[Reads] = "windows"
    paper_columns: ClassVar[tuple[tuple[str, str], ...]] = (("{}", "filters"),)

    filters: Annotated[Count, Meta(title="Filters", description="Number of output maps", examples=[32])]
    kernel: Annotated[HeightWidth, Meta(title="Kernel", description="Height and width of a filter", examples=[2])]
    stride: Annotated[HeightWidth, Meta(title="Stride", description="Output pixels between neighbouring values")] = 2
    padding: Annotated[Padding, Meta(title="Padding", description="Rows and columns cut off around the output")] = (
        "same"
    )
    output_padding: Annotated[
        _MarginPair,
        Meta(title="Output padding", description="Rows below and columns right that are added to the output"),
    ] = 0
    dilation: Annotated[HeightWidth, Meta(title="Dilation", description="Pixels between neighbouring taps")] = 1
    groups: Annotated[
        Count, Meta(title="Groups", description="Channel groups that do not mix; as many as channels: depthwise")
    ] = 1
    bias: Annotated[bool, Meta(title="Bias", description="One added number per filter")] = True

    def __post_init__(self) -> None:
        check_padding(self.padding)
        normalise_spelling(self, "kernel", "stride", "padding", "output_padding", "dilation")

    def windows(self, received: Shape) -> Windows:
        margins, output = self._placement(received)
        return transposed_windows(pair(self.kernel), pair(self.stride), pair(self.dilation), margins, output)

    def _placement(self, received: Shape) -> tuple[Margins, Pair]:
        """The margins that are cut off, those at the end perhaps below 0, and the size of the output."""
        strides, added = pair(self.stride), pair(self.output_padding)
        extents = [dilated_extent(*axis) for axis in zip(pair(self.kernel), pair(self.dilation), strict=True)]
        whole = [(n - 1) * s + k + p for n, s, k, p in zip(received[1:], strides, extents, added, strict=True)]
        if self.padding == "same":
            cut = [size - n * s for size, n, s in zip(whole, received[1:], strides, strict=True)]
            top, left = (max(margin, 0) // 2 for margin in cut)
            margins = top, left, cut[0] - top, cut[1] - left
        else:
            margins = four_sides(self.padding)
        return margins, (whole[0] - margins[0] - margins[2], whole[1] - margins[1] - margins[3])

    def channels_read(self, channels: Mask, inputs: Sequence[Shape]) -> Sequence[Mask]:
        """The channels of the same group."""
        return [channels_of_groups(channels, self.groups, inputs[0].channels)]

    def mistakes(self, inputs: Sequence[Shape], names: Sequence[str] = ()) -> Iterator[Mistake]:
        margins, (height, width) = self._placement(inputs[0])
        if min(height, width) < 1:
            size = size_text((height + margins[0] + margins[2], width + margins[1] + margins[3]))
            yield Mistake(
                "padding",
                f"padding {list(margins)} (top, left, bottom, right) leaves nothing of the {size} pixels of the output",
                setting_fixes("padding", ["same", "valid"]),
            )
        yield from group_mistakes(self.groups, inputs[0].channels, self.filters)

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return Shape(self.filters, *self._placement(inputs[0])[1])

    def changes_for(self, output: Shape, inputs: Sequence[Shape]) -> tuple[tuple[str, Any], ...]:
        return changes_if_valid(self, (("filters", output.channels),), output, inputs)

    def param_shapes(self, inputs: Sequence[Shape]) -> dict[str, tuple[int, ...]]:
        shapes: dict[str, tuple[int, ...]] = {
            "weight": (inputs[0].channels, self.filters // self.groups, *pair(self.kernel))
        }
        if self.bias:
            shapes["bias"] = (self.filters,)
        return shapes

    def mac_factors(self, inputs: Sequence[Shape], output: Shape) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """By position of the input: each value is multiplied by each weight of its filters."""
        channels, height, width = inputs[0]
        return (height, width, channels), (*pair(self.kernel), self.filters // self.groups)

    def label(self) -> str:
        stride = "" if self.stride == 1 else f" ×{setting_text(self.stride)}"
        dilation = "" if self.dilation == 1 else f" dilated {setting_text(self.dilation)}"
        groups = "" if self.groups == 1 else f", {self.groups} groups"
        return (
            f"{size_text(pair(self.kernel))} transposed{stride}{dilation}, {count_text(self.filters, 'filter')}{groups}"
        )

    def operations(self, inputs: Sequence[Shape], output: Shape) -> dict[str, int]:
        height, width = pair(self.kernel)
        weights = height * width * inputs[0].channels * self.filters // self.groups
        more = weights * (output.height * output.width - inputs[0].height * inputs[0].width)
        amounts = {"transposed_more": max(more, 0), "transposed_fewer": max(-more, 0)}
        return {**amounts, "bias": output.size} if self.bias else amounts

    def kernel_size(self, received: Shape) -> Pair:
        """That of what a value adds to the output, not of the window that an output value reads."""
        return pair(self.kernel)

    def kernel_weights(self, weight: NDArray[Any], channel: int, received: Shape) -> NDArray[Any]:
        return self.weights_of({"weight": weight}, channel)["weight"]

    def by_channel(self, count: int, received: Shape) -> Layer:
        return replace(self, filters=count, groups=count, bias=False)

    def weights_of(self, weights: WeightsByRole, channel: int) -> dict[str, NDArray[Any]]:
        filters = self.filters // self.groups
        depth = len(weights["weight"]) // self.groups
        first = channel // filters * depth
        own = {"weight": np.array(weights["weight"][first : first + depth, channel % filters])}
        return own | {"bias": np.array(weights["bias"][channel])} if "bias" in weights else own

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        margins, extent = self._placement(Shape(*inputs[0].shape))
        return transposed.conv_transpose2d(
            inputs[0],
            weights["weight"],
            weights.get("bias"),
            stride=pair(self.stride),
            margins=margins,
            dilation=pair(self.dilation),
            groups=self.groups,
            extent=extent,
            checkpoint=checkpoint,
        )

    def explain(self, target: Target) -> Explanation:
        received, at = Shape(*target.inputs[0].shape), target.at
        windows = self.windows(received)
        channels = self.input_channels(at.channel, [received])
        window = read_window(target.inputs[0], windows, at.y, at.x, channels)
        strides = " and ".join(dict.fromkeys(str(stride) for stride in pair(self.stride)))
        description = (
            f"Values of the input lie {strides} pixels apart on the output, each with a copy of its filter; "
            "this value sums the weights that fall on it, each times its value."
        )
        if not window.inside.size:
            bias = float(target.weights.get("bias", 0.0))
            formula = (f"{target.title} = {'b' if self.bias else '0'}", f"= {number_text(bias)}")
            return Explanation(at, bias, f"{description} Here none does.", formula)
        (top, left, _, _), _ = self._placement(received)
        rows, columns = self._taps(0, window.rows, top, at.y), self._taps(1, window.columns, left, at.x)
        weights = target.weights["weight"][:, rows][:, :, columns]
        if window.padding_taps:
            description += f" {window.padding_taps} of {window.inside.size} would be of values beside the input."
        symbols = f"Σ w[c, {at.channel % (self.filters // self.groups)}, i, j] · in[c, m, n]"
        over = f"{count_text(len(weights), 'channel')} × {size_text(window.inside.shape)} values"
        return explain_weighted_sum(target, replace(window, filter=weights), symbols, over, description, vector=False)

    def _taps(self, axis: int, places: NDArray[np.intp], margin: int, at: int) -> NDArray[np.intp]:
        """The rows or columns of the kernel with which values at these places of an axis reach one of the output."""
        taps: NDArray[np.intp] = (at + margin - places * pair(self.stride)[axis]) // pair(self.dilation)[axis]
        return taps
