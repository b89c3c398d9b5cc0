"""What each input channel gives to one output map: a map is the sum of one partial map a channel, and its bias."""

from math import prod
from typing import Any, NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from engine import kernels
from engine.kernels import Checkpoint, Volume
from engine.kernels.blocks import split_range
from engine.layers import Layer
from engine.shapes import Shape, Windows

_Numbers = NDArray[np.float64]

MOST_VALUES = 500_000
"""Of partial maps that are held at a time."""


class Contributions(Struct, frozen=True, eq=False):
    """What the input channels that a filter sees give to its map m, the bias left out: m = Σ p_c.

    All sums are over the pixels at which m is finite.
    """

    first: int
    """The first of these channels; with groups a filter sees only some."""
    shares: _Numbers
    """(C/groups,): ``⟨p_c, m⟩ / ⟨m, m⟩``, which add up to 1; below 0 where a channel works against the rest.
    All 0 where m is."""
    energies: _Numbers
    """(C/groups,): ``‖p_c‖² / Σ ‖p_i‖²``, how strong each is by itself, whether or not others cancel it."""
    sums: _Numbers
    """(C/groups,): ``Σ p_c`` over the pixels, signed."""
    non_finite: int
    """Pixels at which m is not finite."""


class FilterInput(NamedTuple):
    """What makes one map: the channels that its filter reads, the filter's weights, and where its windows lie."""

    first: int
    volume: Volume  # (C/groups, H, W)
    weight: NDArray[Any]  # (C/groups, kh, kw)
    windows: Windows


def filter_input_of(layer: Layer, weight: NDArray[Any], volume: Volume, channel: int) -> FilterInput:
    """What makes the map `channel` of a layer that has filters, all of them in `weight`, and receives a volume."""
    received = Shape(*volume.shape)
    read = layer.input_channels(channel, [received])
    return FilterInput(
        read.start, volume[read], layer.filter_weights(weight, channel, received), layer.windows(received)
    )


def partial_maps(part: FilterInput, checkpoint: Checkpoint) -> Volume:
    """The map that each input channel gives by itself: (C/groups, H', W'). They add up to the map less its bias."""
    windows = part.windows
    with np.errstate(all="ignore"):  # what overflows is not finite, and left out
        return kernels.conv2d(
            part.volume,
            part.weight[:, None],
            None,
            stride=windows.stride,
            padding=windows.margins,
            dilation=windows.dilation,
            groups=len(part.weight),
            checkpoint=checkpoint,
        )


def contributions(part: FilterInput, checkpoint: Checkpoint) -> Contributions:
    """Shares, energies and sums of all partial maps; they are made twice, so that only some are held at a time."""
    pixels = prod(part.windows.output)
    some = [*split_range(len(part.weight), max(1, MOST_VALUES // pixels))]

    def maps(channels: slice) -> _Numbers:
        those = part._replace(volume=part.volume[channels], weight=part.weight[channels])
        return partial_maps(those, checkpoint).reshape(-1, pixels).astype(np.float64)

    with np.errstate(invalid="ignore"):  # ∞ − ∞
        whole = np.sum([maps(channels).sum(axis=0) for channels in some], axis=0)
    finite = np.isfinite(whole)
    known: _Numbers = whole[finite]
    found = np.zeros((3, len(part.weight)))
    for channels in some:
        values = maps(channels)[:, finite]
        found[0, channels] = np.einsum("cv,v->c", values, known)
        found[1, channels] = np.einsum("cv,cv->c", values, values)
        found[2, channels] = values.sum(axis=1)
    energy, total = float(np.einsum("v,v->", known, known)), float(found[1].sum())
    shares = found[0] / energy if energy else np.zeros(len(part.weight))
    energies = found[1] / total if total else found[1]
    return Contributions(part.first, shares, energies, found[2], pixels - known.size)
