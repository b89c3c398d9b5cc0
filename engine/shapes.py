"""Shapes of volumes, and how a sliding window changes them: integers only, with the formulas in the docstrings."""

from typing import NamedTuple

Pair = tuple[int, int]
"""(height, width)."""

Margins = tuple[int, int, int, int]
"""(top, left, bottom, right)."""


class Shape(NamedTuple):
    """The shape of a volume: channels × height × width, in the axis order of arrays."""

    channels: int
    height: int
    width: int

    @property
    def size(self) -> int:
        """Number of values, C·H·W."""
        return self.channels * self.height * self.width

    @property
    def bytes(self) -> int:
        """Memory of the volume as float32, 4·C·H·W."""
        return 4 * self.size

    def __str__(self) -> str:
        return f"{self.channels}×{self.height}×{self.width}"


class Windows(NamedTuple):
    """Where the windows of a layer lie on its input; every size is (height, width).

    The value at position i along an axis reads the input at ⌊i/r⌋·s − p + d·t, for every tap t of the kernel.
    """

    kernel: Pair
    stride: Pair
    dilation: Pair
    margins: Margins
    output: Pair
    repeat: Pair = (1, 1)
    """r: number of neighbouring values that read the same window; above 1 if a layer enlarges maps."""

    @property
    def extent(self) -> Pair:
        """Height and width that one window covers, gaps included."""
        return dilated_extent(self.kernel[0], self.dilation[0]), dilated_extent(self.kernel[1], self.dilation[1])

    def first_tap(self, y: int, x: int) -> Pair:
        """Input row and column where the window of the value at (y, x) begins; negative in the padding."""
        (down, right), (top, left, _, _) = self.stride, self.margins
        return y // self.repeat[0] * down - top, x // self.repeat[1] * right - left


def single_pixels(shape: Shape) -> Windows:
    """Windows of one pixel each, at the position of the value."""
    return Windows((1, 1), (1, 1), (1, 1), (0, 0, 0, 0), (shape.height, shape.width))


def whole_map(shape: Shape) -> Windows:
    """One window that covers the whole map."""
    return Windows((shape.height, shape.width), (1, 1), (1, 1), (0, 0, 0, 0), (1, 1))


def dilated_extent(kernel: int, dilation: int) -> int:
    """``d(k − 1) + 1``: the extent on the input of k taps that are d pixels apart."""
    return dilation * (kernel - 1) + 1


def window_count(extent: int, before: int, after: int, window: int, stride: int, *, ceil: bool = False) -> int:
    """``⌊(n + p − w)/s⌋ + 1`` windows of extent w, with p = before + after.

    ``ceil`` rounds up instead, then drops a last window that would start in the padding after the input. The result
    is below 1 if the window is larger than the padded input.
    """
    space = extent + before + after - window
    if not ceil:
        return space // stride + 1
    count = -(-space // stride) + 1
    return count - 1 if (count - 1) * stride >= extent + before else count


def same_padding(extent: int, window: int, stride: int) -> Pair:
    """``max((⌈n/s⌉ − 1)·s + w − n, 0)`` split into (before, after), the odd pixel after: ⌈n/s⌉ windows fit."""
    total = max((-(-extent // stride) - 1) * stride + window - extent, 0)
    return total // 2, total - total // 2
