"""Pooling: windows that keep one number a channel."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, ClassVar

from msgspec import Meta

from engine import kernels
from engine.layers.base import Checkpoint, HeightWidth, Layer, Mistake, Padding, Volume
from engine.layers.windows import Windows, check_padding, pair, place_windows, short, shortest, size_mistakes, times
from engine.shapes import Shape


class Pool(Layer, frozen=True):
    """Settings and shape rule of windows that pool: C×H×W → C×H'×W', H' = ⌊(H + p − k)/s⌋ + 1, or ⌈…⌉ with ceil."""

    kernel: Annotated[HeightWidth, Meta(title="Kernel", description="Height and width of a window", examples=[2])]
    stride: Annotated[
        HeightWidth | None, Meta(title="Stride", description="Pixels between windows; left out: the kernel")
    ] = None
    padding: Annotated[Padding, Meta(title="Padding", description="Rows and columns around the input")] = 0
    ceil: Annotated[bool, Meta(title="Round up", description="Keep a last window that is only partly filled")] = False

    def __post_init__(self) -> None:
        check_padding(self.padding)
        shortest(self, "kernel", "stride", "padding")

    @property
    def step(self) -> HeightWidth:
        """The stride, or the kernel where it is left out."""
        return self.kernel if self.stride is None else self.stride

    def windows(self, shape: Shape) -> Windows:
        return place_windows(shape, self.kernel, self.step, self.padding, ceil=self.ceil)

    def mistakes(self, inputs: Sequence[Shape]) -> Iterator[Mistake]:
        windows = self.windows(inputs[0])
        yield from size_mistakes(windows, inputs[0])
        top, left, bottom, right = windows.margins
        height, width = windows.kernel
        if max(top, bottom) >= height or max(left, right) >= width:
            yield Mistake(
                "padding",
                f"padding {list(windows.margins)} (top, left, bottom, right) leaves windows of {height}×{width} with "
                f"nothing to pool: at most {height - 1} above and below, {width - 1} left and right",
            )

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return Shape(inputs[0].channels, *self.windows(inputs[0]).output)

    def label(self) -> str:
        stride = "" if self.step == 1 else f" /{short(self.step)}"
        return f"{times(pair(self.kernel))} {self.kind[:3]} pool{stride}"


class MaxPool2d(Pool, frozen=True, tag="max_pool2d"):
    """The largest value of each window, channel by channel; padding never wins."""

    title: ClassVar[str] = "Max pooling"
    help: ClassVar[str] = "Keeps the largest value of each window."

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        windows = self.windows(Shape(*inputs[0].shape))
        return kernels.max_pool2d(
            inputs[0],
            kernel=windows.kernel,
            stride=windows.stride,
            padding=windows.margins,
            ceil=self.ceil,
            checkpoint=checkpoint,
        )


class AvgPool2d(Pool, frozen=True, tag="avg_pool2d"):
    """The mean of each window, channel by channel.

    With `count_padding` the divisor is the window's part inside the padded input, else its part inside the input.
    """

    title: ClassVar[str] = "Average pooling"
    help: ClassVar[str] = "Keeps the mean of each window."

    count_padding: Annotated[bool, Meta(title="Count padding", description="Padding counts in the mean")] = True

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        windows = self.windows(Shape(*inputs[0].shape))
        return kernels.avg_pool2d(
            inputs[0],
            kernel=windows.kernel,
            stride=windows.stride,
            padding=windows.margins,
            ceil=self.ceil,
            count_padding=self.count_padding,
            checkpoint=checkpoint,
        )


class GlobalAvgPool2d(Layer, frozen=True, tag="global_avg_pool2d"):
    """The mean of each whole map: C×H×W → C×1×1."""

    title: ClassVar[str] = "Global average pooling"
    help: ClassVar[str] = "Keeps the mean of each whole map."

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return Shape(inputs[0].channels, 1, 1)

    def label(self) -> str:
        return "global avg pool"

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        return kernels.global_avg_pool2d(inputs[0], checkpoint)
