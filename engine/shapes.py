"""Shapes of volumes, and how a sliding window changes them: integers only, with the formulas in the docstrings."""

from math import gcd
from typing import Any, NamedTuple

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
    shared: Pair | None = None
    """The size n of the input, if the output's m values share it out in windows of different sizes.

    Then the value at i reads from ⌊i·n/m⌋ up to ⌈(i + 1)·n/m⌉, and the kernel is the largest of these windows.
    """

    @property
    def extent(self) -> Pair:
        """Height and width that one window covers, gaps included."""
        return dilated_extent(self.kernel[0], self.dilation[0]), dilated_extent(self.kernel[1], self.dilation[1])

    def taps(self, axis: int, index: int) -> range:
        """Input rows (axis 0) or columns (axis 1) that the values at an index along that axis read."""
        start, end = self.spans(axis, index)
        return range(start, end, self.dilation[axis])

    def spans(self, axis: int, index: Any) -> tuple[Any, Any]:
        """First tap along an axis, and one past the last, at an index or at each of an array of them."""
        if self.shared is not None:
            return shared_span(self.shared[axis], self.output[axis], index)
        start = index // self.repeat[axis] * self.stride[axis] - self.margins[axis]
        return start, start + self.extent[axis]


def shared_windows(shape: Shape, output: Pair) -> Windows:
    """Windows that share out a whole map among the values of the output."""
    received = (shape.height, shape.width)
    pairs = tuple(zip(received, output, strict=True))
    # The longest window begins as far as possible behind the start of a pixel.
    kernel = tuple(-(-(extent + count - gcd(extent, count)) // count) for extent, count in pairs)
    repeat = tuple(max(count // extent, 1) for extent, count in pairs)
    if any(extent % count and count % extent for extent, count in pairs):
        return Windows((kernel[0], kernel[1]), (1, 1), (1, 1), (0, 0, 0, 0), output, shared=received)
    return Windows((kernel[0], kernel[1]), (kernel[0], kernel[1]), (1, 1), (0, 0, 0, 0), output, (repeat[0], repeat[1]))


def shared_span(extent: int, count: int, index: Any) -> tuple[Any, Any]:
    """``⌊i·n/m⌋`` and ``⌈(i + 1)·n/m⌉``: what value i, or each of an array, reads if m share out an extent n."""
    return index * extent // count, -(-(index + 1) * extent // count)


def single_pixels(shape: Shape) -> Windows:
    """Windows of one pixel each, at the position of the value."""
    return Windows((1, 1), (1, 1), (1, 1), (0, 0, 0, 0), (shape.height, shape.width))


def repeated_pixels(shape: Shape, output: Shape) -> Windows:
    """Windows of one pixel each; along an axis of size 1 all values of a larger output read the same pixel."""
    repeat = tuple(1 if extent > 1 else count for extent, count in zip(shape[1:], output[1:], strict=True))
    return Windows((1, 1), (1, 1), (1, 1), (0, 0, 0, 0), (output.height, output.width), (repeat[0], repeat[1]))


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


def window_counts(extent: Pair, margins: Margins, window: Pair, stride: Pair, *, ceil: bool = False) -> Pair:
    """`window_count` along height and width."""
    top, left, bottom, right = margins
    return (
        window_count(extent[0], top, bottom, window[0], stride[0], ceil=ceil),
        window_count(extent[1], left, right, window[1], stride[1], ceil=ceil),
    )


def same_padding(extent: int, window: int, stride: int) -> Pair:
    """``max((⌈n/s⌉ − 1)·s + w − n, 0)`` split into (before, after), the odd pixel after: ⌈n/s⌉ windows fit."""
    total = max((-(-extent // stride) - 1) * stride + window - extent, 0)
    return total // 2, total - total // 2
