"""The multiply-accumulates of sixteen MobileNets as TensorFlow's page prints them, and what differs from them."""

from collections.abc import Mapping

SIZES = 224, 192, 160, 128
_PRINTED = {1: (569, 418, 291, 186), 0.75: (317, 233, 162, 104), 0.5: (150, 110, 77, 49), 0.25: (41, 34, 21, 14)}
"""Millions by width and size, research/slim/nets/mobilenet_v1.md; 0.75 leaves the first convolution out."""
MISPRINTS = {(0.5, 224): 149_497_088, (0.25, 192): 30_212_608}
"""What the printed 150 and 34 should be: one is rounded twice, the other is a slip."""


def differing_counts(counted: Mapping[tuple[float, int], int]) -> dict[tuple[float, int], int]:
    """The counts, by width and size, that do not round to the printed figure."""
    differing = {}
    for width, row in _PRINTED.items():
        for size, figure in zip(SIZES, row, strict=True):
            macs = counted[width, size]
            if width == 0.75:
                macs -= (size // 2) ** 2 * 27 * round(32 * width)
            if not figure - 0.5 <= macs / 1e6 < figure + 1:
                differing[width, size] = macs
    return differing
