"""What each input channel contributes to one output map, which is the sum of a partial map per channel and a bias."""

from typing import Any, NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from engine.kernels import Checkpoint, Volume
from engine.kernels.blocks import split_range
from engine.layers import Layer
from engine.shapes import Shape

_Numbers = NDArray[np.float64]

_MOST_VALUES = 500_000
"""Values of partial maps in memory at a time."""


class Contributions(Struct, frozen=True, eq=False):
    """What the input channels of a filter contribute to its map m without the bias: m = Σ p_c.

    All sums are over the pixels at which m is finite.
    """

    first: int
    """The first of these channels; with groups a filter reads only some."""
    shares: _Numbers
    """(C/groups,): ``⟨p_c, m⟩ / ⟨m, m⟩``, which add up to 1; below 0 if a channel works against the rest.
    All 0 if m is 0."""
    energies: _Numbers
    """(C/groups,): ``‖p_c‖² / Σ ‖p_i‖²``, the strength of each by itself, whether or not others cancel it."""
    sums: _Numbers
    """(C/groups,): ``Σ p_c`` over the pixels, signed."""
    non_finite: int
    """Pixels at which m is not finite."""


class FilterInput(NamedTuple):
    """The input of one map: the layer that makes it, the channels that it reads, and its kernel for each of them."""

    layer: Layer
    first: int
    volume: Volume  # (C/groups, H, W)
    weight: NDArray[Any]  # (C/groups, kh, kw)

    def of_channels(self, channels: slice) -> "FilterInput":
        """That of some of the channels, counted from the first."""
        return self._replace(volume=self.volume[channels], weight=self.weight[channels])


def filter_input_of(layer: Layer, weight: NDArray[Any], volume: Volume, channel: int) -> FilterInput:
    """The input of the map `channel` of a layer with kernels that receives `volume` and has all of them in `weight`."""
    shape = Shape(*volume.shape)
    channels = layer.input_channels(channel, [shape])
    return FilterInput(layer, channels.start, volume[channels], layer.kernel_weights(weight, channel, shape))


def partial_maps(part: FilterInput, checkpoint: Checkpoint) -> Volume:
    """The map that each input channel makes by itself: (C/groups, H', W'). They add up to the map without its bias."""
    layer = part.layer.by_channel(len(part.weight), Shape(*part.volume.shape))
    with np.errstate(all="ignore"):  # overflow is not finite, and left out
        return layer.forward([part.volume], {"weight": part.weight[:, None]}, checkpoint)


def contributions(part: FilterInput, checkpoint: Checkpoint) -> Contributions:
    """Shares, energies and sums of all partial maps, which are computed twice to have only some in memory at a time."""
    _, height, width = part.layer.output_shape([Shape(*part.volume.shape)])
    pixels = height * width
    slices = split_range(len(part.weight), max(1, _MOST_VALUES // pixels))

    def maps(channels: slice) -> _Numbers:
        return partial_maps(part.of_channels(channels), checkpoint).reshape(-1, pixels).astype(np.float64)

    with np.errstate(invalid="ignore"):  # ∞ − ∞
        whole = np.sum([maps(channels).sum(axis=0) for channels in slices], axis=0)
    finite = np.isfinite(whole)
    target: _Numbers = whole[finite]
    sums = np.zeros((3, len(part.weight)))
    for channels in slices:
        values = maps(channels)[:, finite]
        sums[0, channels] = np.einsum("cv,v->c", values, target)
        sums[1, channels] = np.einsum("cv,cv->c", values, values)
        sums[2, channels] = values.sum(axis=1)
    energy, total = float(np.einsum("v,v->", target, target)), float(sums[1].sum())
    shares = sums[0] / energy if energy else np.zeros(len(part.weight))
    energies = sums[1] / total if total else sums[1]
    return Contributions(part.first, shares, energies, sums[2], pixels - target.size)
