"""Normal values from a seed: what noise inputs and initial weights are made of."""

import numpy as np
from numpy.typing import NDArray

from engine.kernels import Checkpoint

BLOCK = 2**20
"""Values drawn between two checkpoints."""


def normal_values(
    shape: tuple[int, ...], seed: int, checkpoint: Checkpoint, deviation: float = 1.0
) -> NDArray[np.float32]:
    """Normal values of mean 0.

    One seed gives one array, in blocks of any size and on every system: the generator, NumPy's PCG64 with the ziggurat
    method, asks the system's mathematics for few values only, which may differ in the last digit. A later NumPy may
    draw others (NEP 19); what must last belongs in a file.
    """
    generator = np.random.default_rng(seed)
    values = np.empty(shape, np.float32)
    flat = values.reshape(-1)
    for start in range(0, flat.size, BLOCK):
        checkpoint()
        block = flat[start : start + BLOCK]
        generator.standard_normal(dtype=np.float32, out=block)
        block *= np.float32(deviation)
    return values
