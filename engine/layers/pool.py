"""Pooling layers: each window is reduced to one value per channel."""

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import Annotated, Any, ClassVar

import numpy as np
from msgspec import Meta
from msgspec.structs import replace

from engine.kernels import Checkpoint, Volume, pooling
from engine.layers.base import (
    MAX_EXTENT,
    HeightWidth,
    Layer,
    Mask,
    Mistake,
    Padding,
    Reads,
    Role,
    changes_if_valid,
)
from engine.layers.explanation import Explanation, Target, Terms, WindowProduct, read_window
from engine.layers.fixes import setting_fixes
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
from engine.shapes import Shape, Windows, shared_windows
from engine.text.problems import Fix
from engine.text.units import count_text, number_text


class Pool(Layer, frozen=True):
    """Settings and shape rule of pooling windows: C×H×W → C×H'×W', H' = ⌊(H + p − k)/s⌋ + 1, or ⌈…⌉ with ceil."""

    role: ClassVar[Role] = "resampling"
    reads: ClassVar[Reads] = "windows"

    kernel: Annotated[HeightWidth, Meta(title="Kernel", description="Height and width of a window", examples=[2])]
    stride: Annotated[
        HeightWidth | None, Meta(title="Stride", description="Pixels between windows; left out: the kernel")
    ] = None
    padding: Annotated[Padding, Meta(title="Padding", description="Rows and columns around the input")] = 0
    ceil: Annotated[bool, Meta(title="Round up", description="Keep a last, partly filled window")] = False

    def __post_init__(self) -> None:
        check_padding(self.padding)
        normalise_spelling(self, "kernel", "stride", "padding")

    @property
    def step(self) -> HeightWidth:
        """The stride, or the kernel if the stride is left out."""
        return self.kernel if self.stride is None else self.stride

    def windows(self, received: Shape) -> Windows:
        return place_windows(received, self.kernel, self.step, self.padding, ceil=self.ceil)

    def channels_read(self, channels: Mask, inputs: Sequence[Shape]) -> Sequence[Mask]:
        return [channels]

    def mistakes(self, inputs: Sequence[Shape], names: Sequence[str] = ()) -> Iterator[Mistake]:
        windows = self.windows(inputs[0])
        yield from size_mistakes(windows, inputs[0])
        top, left, bottom, right = windows.margins
        (height, width), (down, across) = windows.kernel, windows.dilation
        if (down == 1 and max(top, bottom) >= height) or (across == 1 and max(left, right) >= width):
            yield Mistake(
                "padding",
                f"padding {list(windows.margins)} (top, left, bottom, right) leaves windows of {height}×{width} with "
                f"nothing to pool: at most {height - 1} above and below, {width - 1} left and right",
                _padding_fixes(windows),
            )

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return Shape(inputs[0].channels, *self.windows(inputs[0]).output)

    def changes_for(self, output: Shape, inputs: Sequence[Shape]) -> tuple[tuple[str, Any], ...]:
        return changes_if_valid(self, changes_to_keep_size(self.step, self.padding), output, inputs)

    def label(self) -> str:
        stride = "" if self.step == 1 else f" /{setting_text(self.step)}"
        return f"{size_text(pair(self.kernel))} {self.kind[:3]} pool{stride}"


class MaxPool2d(Pool, frozen=True, tag="max_pool2d"):
    """The maximum of each window per channel; padding never is the maximum."""

    title: ClassVar[str] = "Max pooling"
    help: ClassVar[str] = "Keeps the largest value of each window."

    dilation: Annotated[HeightWidth, Meta(title="Dilation", description="Pixels between neighbouring taps")] = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        normalise_spelling(self, "dilation")

    def windows(self, received: Shape) -> Windows:
        return place_windows(received, self.kernel, self.step, self.padding, self.dilation, ceil=self.ceil)

    def mistakes(self, inputs: Sequence[Shape], names: Sequence[str] = ()) -> Iterator[Mistake]:
        faults = list(super().mistakes(inputs, names))
        yield from faults
        windows, (_, height, width) = self.windows(inputs[0]), inputs[0]
        if not faults and not (_all_reach(windows, 0, height) and _all_reach(windows, 1, width)):
            text = (
                f"dilation {setting_text(self.dilation)} leaves windows of {size_text(windows.kernel)} "
                f"with nothing to pool of {height}×{width}: all their taps lie in the padding"
            )
            yield Mistake("dilation", text, setting_fixes("dilation", [1]))

    def general_form(self, inputs: Sequence[Shape]) -> Layer:
        windows = self.windows(inputs[0])
        (top, left, *_), (height, width) = windows.margins, windows.kernel
        reaches_ends = height - top >= inputs[0].height and width - left >= inputs[0].width
        is_whole = reaches_ends and windows.output == (1, 1) and windows.dilation == (1, 1)
        return GlobalMaxPool2d() if is_whole else self

    def label(self) -> str:
        return super().label() + ("" if self.dilation == 1 else f" dilated {setting_text(self.dilation)}")

    def operations(self, inputs: Sequence[Shape], output: Shape) -> dict[str, int]:
        return {"max_pool": inputs[0].size}

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        windows = self.windows(Shape(*inputs[0].shape))
        return pooling.max_pool2d(
            inputs[0],
            kernel=windows.kernel,
            stride=windows.stride,
            padding=windows.margins,
            ceil=self.ceil,
            checkpoint=checkpoint,
            dilation=windows.dilation,
        )

    def explain(self, target: Target) -> Explanation:
        window, region = _values_read(target, self)
        return _explain_largest(target, window, region, f"a {size_text(window.inside.shape)} window")


class AvgPool2d(Pool, frozen=True, tag="avg_pool2d"):
    """The mean of each window per channel.

    The divisor is the number of positions inside the padded input, or without `count_padding` inside the input.
    """

    title: ClassVar[str] = "Average pooling"
    help: ClassVar[str] = "Keeps the mean of each window."

    count_padding: Annotated[bool, Meta(title="Count padding", description="Include padding in the mean")] = True

    def general_form(self, inputs: Sequence[Shape]) -> Layer:
        windows = self.windows(inputs[0])
        is_whole = windows.kernel == inputs[0][1:] and not any(windows.margins)
        return AdaptiveAvgPool2d(1) if is_whole else self

    def operations(self, inputs: Sequence[Shape], output: Shape) -> dict[str, int]:
        per_average = self.kernel if isinstance(self.kernel, int) else prod(self.kernel)
        return {
            "avg_pool": inputs[0].size,
            "avg_pool_kernels": output.size * per_average,
            "averages": output.size,
        }

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        windows = self.windows(Shape(*inputs[0].shape))
        return pooling.avg_pool2d(
            inputs[0],
            kernel=windows.kernel,
            stride=windows.stride,
            padding=windows.margins,
            ceil=self.ceil,
            count_padding=self.count_padding,
            checkpoint=checkpoint,
        )

    def explain(self, target: Target) -> Explanation:
        window, region = _values_read(target, self)
        divisor = self._divisor(target, window)
        return _explain_mean(
            target, window, region, divisor, f"a {size_text(window.inside.shape)} window of the same channel"
        )

    def _divisor(self, target: Target, window: WindowProduct) -> int:
        """Number of positions inside the padded input, or inside the input."""
        if not self.count_padding:
            return int(np.count_nonzero(window.inside))
        shape = Shape(*target.inputs[0].shape)
        top, left, bottom, right = self.windows(shape).margins
        rows = (window.rows >= -top) & (window.rows < shape.height + bottom)
        columns = (window.columns >= -left) & (window.columns < shape.width + right)
        return int(np.count_nonzero(rows) * np.count_nonzero(columns))


class _GlobalPool(Layer, frozen=True):
    """The base of kinds whose windows are whole maps: C×H×W → C×1×1."""

    role: ClassVar[Role] = "resampling"
    reads: ClassVar[Reads] = "map"

    def channels_read(self, channels: Mask, inputs: Sequence[Shape]) -> Sequence[Mask]:
        return [channels]

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return Shape(inputs[0].channels, 1, 1)

    def patch_size(self, received: Shape | None) -> str | None:
        return f"{received.height}×{received.width}/1" if received is not None else None


class GlobalMaxPool2d(_GlobalPool, frozen=True, tag="global_max_pool2d"):
    """The maximum of each whole map: C×H×W → C×1×1."""

    title: ClassVar[str] = "Global max pooling"
    help: ClassVar[str] = "Keeps the largest value of each whole map."

    def operations(self, inputs: Sequence[Shape], output: Shape) -> dict[str, int]:
        return {"max_pool": inputs[0].size}

    def label(self) -> str:
        return "global max pool"

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        return pooling.global_max_pool2d(inputs[0], checkpoint)

    def explain(self, target: Target) -> Explanation:
        return _explain_largest(target, _whole_map(target), f"in[{target.at.channel}]", "the whole map")


class GlobalAvgPool2d(_GlobalPool, frozen=True, tag="global_avg_pool2d"):
    """The mean of each whole map: C×H×W → C×1×1."""

    title: ClassVar[str] = "Global average pooling"
    help: ClassVar[str] = "Keeps the mean of each whole map."

    def general_form(self, inputs: Sequence[Shape]) -> Layer:
        return AdaptiveAvgPool2d(1)

    def operations(self, inputs: Sequence[Shape], output: Shape) -> dict[str, int]:
        return _adaptive_operations(inputs[0], output)

    def label(self) -> str:
        return "global avg pool"

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        return pooling.global_avg_pool2d(inputs[0], checkpoint)

    def explain(self, target: Target) -> Explanation:
        window = _whole_map(target)
        return _explain_mean(target, window, f"in[{target.at.channel}]", window.inside.size, "the whole map")


class AdaptiveAvgPool2d(Layer, frozen=True, tag="adaptive_avg_pool2d"):
    """The mean of windows whose size follows from that of the output: C×H×W → C×h×w.

    Value i along an axis is the mean of the input from ⌊i·H/h⌋ up to ⌈(i + 1)·H/h⌉: windows of one size side by side if
    h divides H, else some that overlap; the identity if both are equal.
    Source: PyTorch, AdaptiveAvgPool2d.
    """

    title: ClassVar[str] = "Adaptive average pooling"
    help: ClassVar[str] = "Shares out each map among as many means as its size says."
    role: ClassVar[Role] = "resampling"
    reads: ClassVar[Reads] = "windows"

    size: Annotated[HeightWidth, Meta(title="Size", description="Height and width of the output", examples=[1])]

    def __post_init__(self) -> None:
        normalise_spelling(self, "size")

    def windows(self, received: Shape) -> Windows:
        return shared_windows(received, pair(self.size))

    def channels_read(self, channels: Mask, inputs: Sequence[Shape]) -> Sequence[Mask]:
        return [channels]

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return Shape(inputs[0].channels, *pair(self.size))

    def patch_size(self, received: Shape | None) -> str | None:
        if received is None:
            return None
        windows = self.windows(received)
        if windows.uneven is not None or windows.repeat != (1, 1):
            return "adaptive"
        return f"{size_text(windows.kernel)}/{setting_text(windows.stride)}"

    def operations(self, inputs: Sequence[Shape], output: Shape) -> dict[str, int]:
        return _adaptive_operations(inputs[0], output)

    def label(self) -> str:
        return f"avg pool to {size_text(pair(self.size))}"

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        return pooling.adaptive_avg_pool2d(inputs[0], pair(self.size), checkpoint)

    def explain(self, target: Target) -> Explanation:
        window, region = _values_read(target, self)
        over = f"a {size_text(window.inside.shape)} window of the same channel"
        return _explain_mean(target, window, region, window.inside.size, over)


def _values_read(target: Target, layer: Layer) -> tuple[WindowProduct, str]:
    """The values that a window of a layer reads, and their position as text for a formula."""
    channel, y, x = target.at
    volume = target.inputs[0]
    window = read_window(volume, layer.windows(Shape(*volume.shape)), y, x, slice(channel, channel + 1))
    rows, columns = window.rows[window.inside.any(axis=1)], window.columns[window.inside.any(axis=0)]
    return window, f"in[{channel}, {rows[0]}…{rows[-1]}, {columns[0]}…{columns[-1]}]"


def _padding_fixes(windows: Windows) -> tuple[Fix, ...]:
    """The largest margins that leave each window a value, and the smallest kernel that reaches beyond the margins."""
    top, left, bottom, right = windows.margins
    height, width = windows.kernel
    margins = min(top, height - 1), min(left, width - 1), min(bottom, height - 1), min(right, width - 1)
    kernel = max(height, top + 1, bottom + 1), max(width, left + 1, right + 1)
    return setting_fixes("padding", [margins]) + setting_fixes("kernel", [kernel] if max(kernel) <= MAX_EXTENT else [])


def _all_reach(windows: Windows, axis: int, extent: int) -> bool:
    """Whether every window has a tap on the input along an axis."""
    dilation = windows.dilation[axis]
    if dilation == 1:
        return True
    starts = np.arange(windows.output[axis]) * windows.stride[axis] - windows.margins[axis]
    first = np.maximum(-(starts // dilation), 0)  # the first tap that does not lie before the input
    return bool(np.all((first < windows.kernel[axis]) & (starts + first * dilation < extent)))


def _whole_map(target: Target) -> WindowProduct:
    """All values of the target's channel."""
    volume, channel = target.inputs[0], target.at.channel
    height, width = volume.shape[1:]
    values = volume[channel : channel + 1].astype(np.float64)
    return WindowProduct(values, np.arange(height), np.arange(width), np.ones((height, width), bool), channel)


def _explain_largest(target: Target, window: WindowProduct, region: str, over: str) -> Explanation:
    candidates = np.where(window.inside, window.values[0], -np.inf)
    winner = divmod(int(np.argmax(candidates)), candidates.shape[1])
    result = float(candidates[winner])
    y, x = window.rows[winner[0]], window.columns[winner[1]]
    description = (
        f"The largest of {count_text(int(np.count_nonzero(window.inside)), 'value')} in {over} "
        "of the same channel; each channel by itself, no weights."
    )
    formula = (
        f"{target.title} = max of {region}",
        f"= {number_text(result)}, at y {y}, x {x}",
    )
    terms = Terms("The largest value", np.array([result]), first=target.at.channel)
    return Explanation(target.at, result, description, formula, replace(window, winner=winner), terms)


def _adaptive_operations(received: Shape, output: Shape) -> dict[str, int]:
    """Operations of pooling whose windows share out the whole map."""
    height, width = received.height / output.height, received.width / output.width
    # In float64, and in this order: thop rounds down what it computes so.
    return {
        "global_pool": received.size,
        "global_averages": int((height * width + 1) * output.size),
        "global_averages_floored": (int(height) * int(width) + 1) * output.size,
    }


def _explain_mean(target: Target, window: WindowProduct, region: str, divisor: int, over: str) -> Explanation:
    terms = Terms("Sum of the window", np.array([window.values.sum()]), first=target.at.channel, divisor=divisor)
    description = f"The mean of {over}; each channel by itself, no weights."
    inside = window.inside.size - window.padding_taps
    if divisor != inside:
        description += f" {count_text(divisor - inside, 'position')} of the padding count as 0."
    formula = (
        f"{target.title} = sum of {region} / {divisor:,}",
        f"= {number_text(terms.sum)} / {divisor:,} = {number_text(terms.total)}",
    )
    return Explanation(target.at, terms.total, description, formula, window, terms)
