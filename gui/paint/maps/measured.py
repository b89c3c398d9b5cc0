"""What is measured of volumes for their pictures: what is quick at once, the rest when another thread has got it."""

from collections.abc import Callable, Hashable
from typing import TypeVar

import numpy as np

from engine.explain import map_statistics
from engine.explain.map_statistics import Order
from engine.kernels import Checkpoint
from gui.paint.basics.colours import Ends, own_ranges, value_range
from gui.paint.basics.derived_cache import Kept
from gui.paint.basics.words import number
from gui.paint.maps.tiles import Ordering
from gui.state.view_state import Volume

QUICK = 1_000_000
"""Values that can be gone through while a person waits for the next picture."""
WAITING = "being computed …"
"""What is said in place of what is not at hand."""
PRODUCTS = 64
"""Values of matrices that are multiplied in the time in which one is gone through."""

_kept = Kept(64 * 2**20)
Made = TypeVar("Made")


class Asking:
    """How to ask for what takes long.

    Parameters
    ----------
    checkpoint
        Called while it is being made. None: only what is quick or at hand is wanted, as the window does not wait.
    """

    def __init__(self, checkpoint: Checkpoint | None = lambda: None) -> None:
        self.checkpoint = checkpoint
        self.complete = True
        """Whether all that was asked for was had."""

    def get(
        self,
        volumes: tuple[Volume, ...],
        key: Hashable,
        make: Callable[[Checkpoint], Made],
        work: int,
        size: Callable[[Made], int] = lambda _: 1024,
    ) -> Made | None:
        """What the key names of volumes; None where it is not to be had now. `work` is how many values it takes."""
        if not _kept.has(volumes, key) and self.postpones(work):
            return None
        return _kept.get(volumes, key, lambda: make(self.proceed), size)

    def postpones(self, work: int) -> bool:
        """Whether what takes so many values is not to be had now; that it is left out is noted."""
        if self.checkpoint is not None or work <= QUICK:
            return False
        self.complete = False
        return True

    def proceed(self) -> None:
        """A checkpoint."""
        if self.checkpoint is not None:
            self.checkpoint()


def volume_range(volume: Volume, *, zero_centred: bool) -> tuple[float, float]:
    """The values at the ends of a colour map; taken from a sample, so that it is always quick."""
    return _kept.get(
        (volume,), ("range", zero_centred), lambda: value_range(volume, zero_centred=zero_centred), lambda _: 256
    )


def map_ranges(volume: Volume, *, zero_centred: bool) -> Ends:
    """The same of each map, of its own values."""
    return _kept.get(
        (volume,),
        ("ranges", zero_centred),
        lambda: own_ranges(volume, zero_centred=zero_centred),
        lambda _: 16 * len(volume),
    )


def odd_values(volume: Volume) -> int:
    """How many values are not finite."""

    def count() -> int:
        with np.errstate(all="ignore"):
            if np.isfinite(np.sum(volume)):  # much faster than looking at each
                return 0
        return int(np.count_nonzero(~np.isfinite(volume)))

    return _kept.get((volume,), "odd", count, lambda _: 256)


def dead_maps(volume: Volume, *, before_relu: bool) -> dict[int, str]:
    """Why each dead map is dead, by its channel: all values are the same, or none passes the ReLU behind it."""

    def find() -> dict[int, str]:
        found = {}
        if before_relu:
            reason = "dead behind its ReLU: no value is above 0"
            found = dict.fromkeys(np.flatnonzero(map_statistics.silent(volume)).tolist(), reason)
        for channel in np.flatnonzero(map_statistics.constant(volume)).tolist():
            found[channel] = f"dead: all values are {number(volume[channel, 0, 0])}"
        return dict(sorted(found.items()))

    return _kept.get((volume,), ("dead", before_relu), find, lambda found: 256 + 128 * len(found))


def ordering(volume: Volume, by: Order, like: int | None, asking: Asking) -> Ordering | None:
    """The order of a volume's maps; None for that of the channels, and as long as another is not at hand."""
    if by == "index":
        return None
    if by != "likeness" or like is None or like >= len(volume):
        like = None
    all_pairs = by == "likeness" and like is None
    return asking.get(
        (volume,),
        ("order", by, like),
        lambda checkpoint: Ordering.of(*map_statistics.ordered(volume, by, like, checkpoint)),
        len(volume) ** 2 * min(volume[0].size, map_statistics.MOST_PIXELS) // PRODUCTS if all_pairs else volume.size,
        lambda made: 24 * len(made.channels),
    )
