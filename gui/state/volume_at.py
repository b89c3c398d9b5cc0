"""The volume at a node: its shape, the result of a run, and its problems."""

from collections.abc import Mapping

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from engine.network.graph import INPUT
from engine.network.node_ref import STEM, NodeRef
from engine.run.cache import CachedVolume
from engine.shapes import Shape

Float32Volume = NDArray[np.float32]


class VolumeResult(Struct, frozen=True, eq=False):
    """A computed volume (C×H×W) and the key of the layers and inputs that made it."""

    key: bytes
    volume: Float32Volume
    milliseconds: float = 0.0
    """Time of the arithmetic alone."""
    fitted_weights: Mapping[str, Float32Volume] | None = None
    """Weights of the layer by role, if they were fitted to data."""
    notices: tuple[str, ...] = ()
    """What the user should know of the files that were read for it."""

    @classmethod
    def of(cls, key: bytes, cached: CachedVolume) -> "VolumeResult":
        return cls(key, cached.volume, cached.milliseconds, cached.fitted_weights, cached.notices)


class VolumeAt(Struct, frozen=True, eq=False):
    """All that a state holds about the volume at a node, looked up once for all views."""

    ref: NodeRef
    source: NodeRef
    """The node that computes the volume.

    For the input of a design, the last node of the stem or the input of the project; for a block, its last layer.
    """
    shape: Shape | None
    """Shape by the current settings; None if unknown."""
    result: VolumeResult | None
    """The last result, fresh or stale; None before a run."""
    is_fresh: bool
    """Whether the current settings and input made the result."""
    problems: tuple[str, ...]
    """Texts of the problems at the source."""

    @property
    def volume(self) -> Float32Volume | None:
        """The values of the result; if it is stale, its shape may differ."""
        return None if self.result is None else self.result.volume

    @property
    def is_project_input(self) -> bool:
        """Whether this is the input of the project, also as the input of a design."""
        return self.source == (STEM, INPUT)

    def has_fields_of(self, other: "VolumeAt") -> bool:
        """Whether all fields are the same as those of another one, and the result the same object."""
        return self.result is other.result and (self.ref, self.source, self.shape, self.is_fresh, self.problems) == (
            other.ref,
            other.source,
            other.shape,
            other.is_fresh,
            other.problems,
        )

    def volume_of(self, shape: Shape | None) -> Float32Volume | None:
        """The values if they have that shape, else None: a picture of another shape cannot show them."""
        volume = self.volume
        return volume if volume is not None and volume.shape == shape else None
