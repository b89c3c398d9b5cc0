"""Normal values from a seed, for noise inputs and initial weights."""

import numpy as np
from numpy.typing import NDArray

from engine.kernels import Checkpoint

_BLOCK = 2**20
"""Values drawn between two checkpoints."""


def normal_values(
    shape: tuple[int, ...], seed: int, checkpoint: Checkpoint, deviation: float = 1.0
) -> NDArray[np.float32]:
    """Normal values of mean 0.

    A seed returns the same array for any block size and on every system: NumPy's PCG64 with the ziggurat method needs
    the system's mathematics for few values only, which may differ in the last digit. A later NumPy may draw others
    (NEP 19); values that must last belong in a file.
    """
    generator = np.random.default_rng(seed)
    values = np.empty(shape, np.float32)
    flat = values.reshape(-1)
    for start in range(0, flat.size, _BLOCK):
        checkpoint()
        block = flat[start : start + _BLOCK]
        generator.standard_normal(dtype=np.float32, out=block)
        block *= np.float32(deviation)
    return values
