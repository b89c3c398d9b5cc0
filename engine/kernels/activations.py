"""Activation functions: elementwise ones, and softmax across channels."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.kernels.blocks import Checkpoint, Region, Volume, blocks, cache_values, split_range
from engine.kernels.threads import share, share_blocks

_Values = npt.NDArray[Any]


def elementwise(function: Callable[[_Values, _Values], object], volume: Volume, checkpoint: Checkpoint) -> Volume:
    """Apply ``function(x, out)`` to the values, block by block."""
    result = np.empty(volume.shape, volume.dtype)
    share_blocks(volume.shape, cache_values(volume), lambda block: function(volume[block], result[block]), checkpoint)
    return result


def relu(volume: Volume, checkpoint: Checkpoint) -> Volume:
    """``max(x, 0)``."""
    highest = _highest(volume.dtype)  # np.maximum with a number takes three times as long
    return elementwise(lambda x, out: np.clip(x, 0, highest, out=out), volume, checkpoint)


def relu6(volume: Volume, checkpoint: Checkpoint) -> Volume:
    """``min(max(x, 0), 6)``."""
    return elementwise(lambda x, out: np.clip(x, 0, 6, out=out), volume, checkpoint)


def leaky_relu(volume: Volume, checkpoint: Checkpoint) -> Volume:
    """``max(x, 0.01 x)``."""
    return elementwise(_computed(lambda x: np.maximum(x, 0.01 * x)), volume, checkpoint)


def sigmoid(volume: Volume, checkpoint: Checkpoint) -> Volume:
    """``1 / (1 + exp(−x))``."""
    return elementwise(_computed(_sigmoid), volume, checkpoint)


def tanh(volume: Volume, checkpoint: Checkpoint) -> Volume:
    """``tanh(x)``."""
    return elementwise(_computed(np.tanh), volume, checkpoint)


def silu(volume: Volume, checkpoint: Checkpoint) -> Volume:
    """``x · sigmoid(x)``."""
    return elementwise(_computed(lambda x: x * _sigmoid(x)), volume, checkpoint)


def hard_swish(volume: Volume, checkpoint: Checkpoint) -> Volume:
    """``x · relu6(x + 3) / 6``."""
    return elementwise(_computed(lambda x: x * np.clip(x + 3, 0, 6) / 6), volume, checkpoint)


def gelu(volume: Volume, checkpoint: Checkpoint) -> Volume:
    """``x · Φ(x)``, Φ the exact normal distribution, not its approximation by tanh."""
    return elementwise(_computed(_gelu), volume, checkpoint)


def softmax(volume: Volume, checkpoint: Checkpoint) -> Volume:
    """``exp(x) / Σ exp(x)``, the sum over the channels of each pixel."""
    result = np.empty(volume.shape, volume.dtype)
    depth, height, width = volume.shape
    values = cache_values(volume)

    def fill(block: Region, checkpoint: Checkpoint) -> None:
        rows, cols = block[1:]
        parts = [(channels, rows, cols) for channels in split_range(depth, values)]
        highest = np.full((rows.stop - rows.start, cols.stop - cols.start), -np.inf)
        for part in parts:
            highest = np.maximum(highest, volume[part].max(axis=0))
            checkpoint()
        total = np.zeros_like(highest)
        for part in parts:
            result[part] = np.exp(volume[part] - highest)
            total += result[part].sum(axis=0)
            checkpoint()
        for part in parts:
            result[part] = result[part] / total
            checkpoint()

    share(blocks((1, height, width), max(1, values // depth)), fill, checkpoint, fewest=2)
    return result


ACTIVATIONS: dict[str, Callable[[Volume, Checkpoint], Volume]] = {
    "relu": relu,
    "relu6": relu6,
    "leaky_relu": leaky_relu,
    "sigmoid": sigmoid,
    "tanh": tanh,
    "silu": silu,
    "hard_swish": hard_swish,
    "gelu": gelu,
    "softmax": softmax,
}


def activation(name: str, volume: Volume, checkpoint: Checkpoint) -> Volume:
    """Apply one of `ACTIVATIONS`."""
    return ACTIVATIONS[name](volume, checkpoint)


def _highest(dtype: np.dtype[Any]) -> float:
    """The highest value of a type."""
    return int(np.iinfo(dtype).max) if np.issubdtype(dtype, np.integer) else math.inf


def _computed(function: Callable[[_Values], _Values]) -> Callable[[_Values, _Values], object]:
    """A function of an array, with an array for its result."""
    return lambda x, out: np.copyto(out, function(x), casting="unsafe")


def _sigmoid(x: _Values) -> _Values:
    values: _Values = np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))  # exponents are ≤ 0, so nothing overflows
    return values


_SERIES_END = 6.5
"""Bound of z = |x|/√2: beyond it Φ(−|x|) is below 1e-19, and the series need not be accurate."""


def _scaled_erfc(t: _Values) -> _Values:
    """``exp(z²) erfc(z) / t`` at ``t = 1 / (1 + z/2)``."""
    return np.array([math.exp(z * z) * math.erfc(z) * (1 + z / 2) for z in 2 / t - 2])


_SERIES = np.polynomial.Chebyshev.interpolate(_scaled_erfc, 14, domain=[1 / (1 + _SERIES_END / 2), 1]).convert(
    kind=np.polynomial.Polynomial
)


def _gelu(x: _Values) -> _Values:
    """``max(x, 0) − |x| Φ(−|x|)``, Φ with a relative error below 1e-12 down to Φ(−9).

    NumPy has no erf. ``2 Φ(−|x|) = erfc(z) = t · exp(−z²) · P(t)`` with ``z = |x|/√2``, ``t = 1 / (1 + z/2)`` is the
    form of Press et al., "Numerical Recipes", section 6.2; here the polynomial P interpolates `math.erfc` at Chebyshev
    points.
    """
    size = np.abs(x, dtype=np.float64)
    z = size * math.sqrt(0.5)
    t = 1 / (1 + np.minimum(z, _SERIES_END) / 2)
    tail: _Values = size * (0.5 * t * np.exp(-z * z) * _SERIES(t))
    return np.maximum(x, 0) - tail
