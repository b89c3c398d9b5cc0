"""The forms in which low-rank convolutions replace one, and how they run together."""

from collections.abc import Sequence

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from engine.kernels import Checkpoint, Volume
from engine.layers import Conv2d, Kind
from engine.network.weight_specs import Form

Filters = NDArray[np.float32]
"""Weights of a convolution, (filters, channels, kh, kw)."""

FORMS: dict[Form, str] = {
    "1x1+kxk": "1×1, then k×k",
    "kxk+1x1": "k×k, then 1×1",
    "1x1+kxk+1x1": "1×1, k×k, 1×1",
}
"""The forms of replacements of a k×k, by their names in files."""


def as_convolution(layer: Kind) -> Conv2d | None:
    """The layer if it is a convolution, else None: low-rank forms replace a convolution and have its settings."""
    return layer if isinstance(layer, Conv2d) else None


def run_linear(layer: Conv2d, weight: Filters, volume: Volume, checkpoint: Checkpoint) -> Volume:
    """The layer's output before its bias, with other weights of any number of filters."""
    return replace(layer, filters=len(weight), bias=False).forward([volume], {"weight": weight}, checkpoint)


POINTWISE = Conv2d(1, 1, bias=False)
"""The settings of any 1×1 convolution: `run_linear` sets the number of filters."""


def layers_of_form(form: Form, layer: Conv2d) -> tuple[Conv2d, ...]:
    """The layers of a form, apart from their numbers of filters: the k×k has the layer's stride and padding."""
    return tuple(layer if part == "kxk" else POINTWISE for part in form.split("+"))


def run_form(form: Form, layer: Conv2d, weights: Sequence[Filters], volume: Volume, checkpoint: Checkpoint) -> Volume:
    """The output of the convolutions of a form together, without biases."""
    for part, weight in zip(layers_of_form(form, layer), weights, strict=True):
        volume = run_linear(part, weight, volume, checkpoint)
    return volume
