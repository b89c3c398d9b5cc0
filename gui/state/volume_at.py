"""The volume at a place: its shape, what a run computed there, and what is wrong with it."""

from collections.abc import Mapping

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from engine.network.graph import INPUT
from engine.run.check import NodeRef
from engine.shapes import Shape
from engine.text.problems import STEM

Float32Volume = NDArray[np.float32]


class VolumeResult(Struct, frozen=True, eq=False):
    """A computed volume (C×H×W) and the key of what made it."""

    key: bytes
    volume: Float32Volume
    milliseconds: float = 0.0
    """What the arithmetic took."""
    fitted_weights: Mapping[str, Float32Volume] | None = None
    """The layer's weights by role where they were fitted to data."""


class VolumeAt(Struct, frozen=True, eq=False):
    """What a state knows of the volume at a place, looked up once for whatever draws it."""

    ref: NodeRef
    source: NodeRef
    """Where the volume comes from.

    A design's input is the stem's last volume, or the project's input; a block's is that of its last layer.
    """
    shape: Shape | None
    """By today's settings; None where it is not known."""
    result: VolumeResult | None
    """What was last computed, fresh or for earlier settings; None before a run."""
    fresh: bool
    """Whether the result was made by today's settings and input."""
    problems: tuple[str, ...]
    """What is wrong at the source."""

    @property
    def volume(self) -> Float32Volume | None:
        """The values of the result, which may have a shape of earlier settings."""
        return None if self.result is None else self.result.volume

    @property
    def is_project_input(self) -> bool:
        """Whether it is the project's input itself, also where a design receives it."""
        return self.source == (STEM, INPUT)

    def volume_of(self, shape: Shape | None) -> Float32Volume | None:
        """The values if they have that shape: a picture of another shape cannot show them."""
        volume = self.volume
        return volume if volume is not None and volume.shape == shape else None
