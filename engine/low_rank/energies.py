"""Energies of values, the sums of their squares: finite, or a fault."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_LEAST, _MOST = 1e-25, 1e35
"""Sums of squares in single precision that are exact enough: beyond, squares have underflowed or overflowed."""


class NotFinite(ValueError):
    """Volumes contain values that are not finite: nothing can be fitted to them or measured on them."""


def energy(values: NDArray[Any]) -> float:
    """Sum of squares in double precision; raises NotFinite if that is not finite."""
    flat = values.reshape(len(values), -1).astype(np.float64)
    total = float(np.vdot(flat, flat))
    if not np.isfinite(total):
        raise NotFinite("its output has values that are not finite")
    return total


def energy_of_block(values: NDArray[np.float32]) -> float:
    """The same to six digits, in single precision where that is enough: for blocks in a core's cache."""
    flat = values.ravel()
    total = float(np.dot(flat, flat))
    return total if _LEAST < total < _MOST else energy(values)
