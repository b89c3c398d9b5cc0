"""What may be computed for a picture: quick values at once, others only if a thread waits for them."""

from collections.abc import Callable
from typing import TypeVar

from engine.kernels import Checkpoint
from gui.paint.basics.derived_cache import CACHE, Key
from gui.state.volume_at import Float32Volume

_QUICK = 1_000_000
"""Values that are processed before a user notices the wait."""
COMPUTING_TEXT = "computing …"
"""Placeholder for what is not in the cache yet."""

_Derived = TypeVar("_Derived")


class Budget:
    """The work that may be done for one picture.

    Parameters
    ----------
    checkpoint
        Called during long computations. None: the window does not wait, so only quick or cached values are available.
    """

    def __init__(self, checkpoint: Checkpoint | None = lambda: None) -> None:
        self.checkpoint = checkpoint
        self.complete = True
        """Whether nothing was left out."""

    def get(
        self,
        volumes: tuple[Float32Volume, ...],
        key: Key,
        make: Callable[[Checkpoint], _Derived],
        work: int,
        size: Callable[[_Derived], int] = lambda _: 1024,
    ) -> _Derived | None:
        """Return the value that `key` names for the volumes, or None if it would take too long; `work` is in values."""
        if not CACHE.has(volumes, key) and self.postpones(work):
            return None
        return CACHE.get_or_make(volumes, key, lambda: make(self.proceed), size)

    def postpones(self, work: int) -> bool:
        """Whether `work` values are too many for now; if so, the picture is incomplete."""
        if self.checkpoint is not None or work <= _QUICK:
            return False
        self.complete = False
        return True

    def proceed(self) -> None:
        """Call the checkpoint, if any."""
        if self.checkpoint is not None:
            self.checkpoint()
