"""What may be computed for a picture: what is quick at once, the rest if somebody waits for it on another thread."""

from collections.abc import Callable
from typing import TypeVar

from engine.kernels import Checkpoint
from gui.paint.basics.derived_cache import CACHE, Key
from gui.state.volume_at import Float32Volume

QUICK = 1_000_000
"""Values that can be gone through while a person waits for the next picture."""
COMPUTING_TEXT = "being computed …"
"""What a picture says in place of what is not in the cache yet."""

_Derived = TypeVar("_Derived")


class Budget:
    """How long a picture may wait for what it draws.

    Parameters
    ----------
    checkpoint
        Called during long computations. None: nothing but what is quick or in the cache, as the window does not wait.
    """

    def __init__(self, checkpoint: Checkpoint | None = lambda: None) -> None:
        self.checkpoint = checkpoint
        self.complete = True
        """Whether nothing had to be left out."""

    def get(
        self,
        volumes: tuple[Float32Volume, ...],
        key: Key,
        make: Callable[[Checkpoint], _Derived],
        work: int,
        size: Callable[[_Derived], int] = lambda _: 1024,
    ) -> _Derived | None:
        """Return what the key names of volumes; None if it takes too long now. `work` is how many values it takes."""
        if not CACHE.has(volumes, key) and self.postpones(work):
            return None
        return CACHE.get_or_make(volumes, key, lambda: make(self.proceed), size)

    def postpones(self, work: int) -> bool:
        """Whether so many values are too many for now; if so, the picture counts as incomplete."""
        if self.checkpoint is not None or work <= QUICK:
            return False
        self.complete = False
        return True

    def proceed(self) -> None:
        """Call the checkpoint, if any."""
        if self.checkpoint is not None:
            self.checkpoint()
