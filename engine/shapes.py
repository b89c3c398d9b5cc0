"""Shapes of volumes, and how a sliding window changes them: integers only, each docstring is the formula."""

from typing import NamedTuple

Pair = tuple[int, int]
"""(height, width)."""

Margins = tuple[int, int, int, int]
"""(top, left, bottom, right)."""


class Shape(NamedTuple):
    """The shape of a volume: channels × height × width, in the order in which arrays hold it."""

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


def dilated(kernel: int, dilation: int) -> int:
    """``d(k − 1) + 1``: the extent on the input of a kernel of k taps, d apart."""
    return dilation * (kernel - 1) + 1


def window_count(extent: int, before: int, after: int, window: int, stride: int, *, ceil: bool = False) -> int:
    """``⌊(n + p − w)/s⌋ + 1`` windows of extent w, with p = before + after.

    ``ceil`` rounds up instead, then drops a last window that would start in the padding after the input. The
    result is below 1 where the window is larger than its padded input.
    """
    room = extent + before + after - window
    if not ceil:
        return room // stride + 1
    count = -(-room // stride) + 1
    return count - 1 if (count - 1) * stride >= extent + before else count


def same_padding(extent: int, window: int, stride: int) -> Pair:
    """``max((⌈n/s⌉ − 1)·s + w − n, 0)`` split into (before, after), the odd one after: ⌈n/s⌉ windows fit."""
    total = max((-(-extent // stride) - 1) * stride + window - extent, 0)
    return total // 2, total - total // 2
