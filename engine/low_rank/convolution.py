"""Recognises the kind of layer that can be factorised."""

from engine.layers import Conv2d, Kind


def as_convolution(layer: Kind) -> Conv2d | None:
    """The layer if it is a convolution, else None: low-rank forms replace a convolution and have its settings."""
    return layer if isinstance(layer, Conv2d) else None
