"""Shapes of volumes, and how a sliding window changes them: integers only, with the formulas in the docstrings."""

from math import gcd
from typing import Any, NamedTuple, Protocol

import numpy as np

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


class Spans(Protocol):
    """What the values along an axis read, for layers whose windows differ in size or do not move in equal steps."""

    def at(self, index: Any) -> tuple[Any, Any]:
        """First tap and one past the last, at an index or at each of an array of them; both equal if there is none."""


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
    uneven: tuple[Spans, Spans] | None = None
    """Windows of different sizes along height and width, the kernel being the largest; None: all are alike."""

    @property
    def extent(self) -> Pair:
        """Height and width that one window covers, gaps included."""
        return dilated_extent(self.kernel[0], self.dilation[0]), dilated_extent(self.kernel[1], self.dilation[1])

    def taps(self, axis: int, index: int) -> range:
        """Input rows (axis 0) or columns (axis 1) that the values at an index along that axis read."""
        start, end = self.spans(axis, index)
        return range(int(start), int(end), self.dilation[axis])

    def spans(self, axis: int, index: Any) -> tuple[Any, Any]:
        """First tap along an axis, and one past the last, at an index or at each of an array of them."""
        if self.uneven is not None:
            return self.uneven[axis].at(index)
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
        shares = SharedSpans(shape.height, output[0]), SharedSpans(shape.width, output[1])
        return Windows((kernel[0], kernel[1]), (1, 1), (1, 1), (0, 0, 0, 0), output, uneven=shares)
    return Windows((kernel[0], kernel[1]), (kernel[0], kernel[1]), (1, 1), (0, 0, 0, 0), output, (repeat[0], repeat[1]))


def shared_span(extent: int, count: int, index: Any) -> tuple[Any, Any]:
    """``⌊i·n/m⌋`` and ``⌈(i + 1)·n/m⌉``: what value i, or each of an array, reads if m share out an extent n."""
    return index * extent // count, -(-(index + 1) * extent // count)


class SharedSpans(NamedTuple):
    """What the m values of an output read that share out an extent n: ⌊i·n/m⌋ up to ⌈(i + 1)·n/m⌉."""

    extent: int
    values: int

    def at(self, index: Any) -> tuple[Any, Any]:
        return shared_span(self.extent, self.values, index)


class TransposedSpans(NamedTuple):
    """What the values of a transposed convolution read: value i reads every n with n·s + t·d − p = i for a tap t.

    These n are d/g apart, g being the greatest common divisor of stride and dilation.
    """

    kernel: int
    stride: int
    dilation: int
    margin: int

    @property
    def step(self) -> int:
        """Distance between neighbouring values that are read, d/g."""
        return self.dilation // gcd(self.stride, self.dilation)

    @property
    def most(self) -> int:
        """Number of values that are read at most: ⌈k·g/s⌉."""
        return -(-self.kernel // self._period)

    @property
    def _period(self) -> int:
        """Distance between the taps that one value reads, s/g."""
        return self.stride // gcd(self.stride, self.dilation)

    def first_tap(self, index: Any) -> Any:
        """The first tap t through which values at an index are read; the kernel's size or more if there is none."""
        common = gcd(self.stride, self.dilation)
        place = np.asarray(index) + self.margin
        inverse = pow(self.step, -1, self._period)
        return np.where(place % common == 0, place // common * inverse % self._period, self.kernel)

    def at(self, index: Any) -> tuple[Any, Any]:
        tap = self.first_tap(index)
        count = -(np.minimum(tap - self.kernel, 0) // self._period)
        last = (np.asarray(index) + self.margin - tap * self.dilation) // self.stride
        start = last - (count - 1) * self.step
        return start, np.where(count > 0, last + 1, start)


def transposed_windows(kernel: Pair, stride: Pair, dilation: Pair, margins: Margins, output: Pair) -> Windows:
    """The windows of a transposed convolution whose output, of this size, lacks the margins."""
    sides = (
        TransposedSpans(kernel[0], stride[0], dilation[0], margins[0]),
        TransposedSpans(kernel[1], stride[1], dilation[1], margins[1]),
    )
    most, steps = (sides[0].most, sides[1].most), (sides[0].step, sides[1].step)
    return Windows(most, (1, 1), steps, (0, 0, 0, 0), output, uneven=sides)


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
