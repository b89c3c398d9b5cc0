"""Activation functions: elementwise ones, with their formulas, and softmax and its logarithm."""

import math
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.kernels.blocks import CACHE_BYTES, Checkpoint, Region, Volume, blocks, cache_values, split_range
from engine.kernels.threads import share, share_blocks

_Values = npt.NDArray[Any]


def elementwise(function: Callable[[_Values, _Values], object], volume: Volume, checkpoint: Checkpoint) -> Volume:
    """Apply ``function(x, out)`` to the values, block by block."""
    result = np.empty(volume.shape, volume.dtype)
    share_blocks(volume.shape, cache_values(volume), lambda block: function(volume[block], result[block]), checkpoint)
    return result


def softmax(volume: Volume, checkpoint: Checkpoint, along: str = "channels", *, is_logarithm: bool = False) -> Volume:
    """``exp(x) / Σ exp(x)`` or its logarithm, the sum over channels, rows, columns, or all pixels of each map."""
    if along == "pixels":
        maps = volume.reshape(len(volume), 1, -1)
        return softmax(maps, checkpoint, "columns", is_logarithm=is_logarithm).reshape(volume.shape)
    axis = _AXES.index(along)
    result = np.empty(volume.shape, volume.dtype)
    values = cache_values(volume)
    extents = [1 if own == axis else extent for own, extent in enumerate(volume.shape)]

    def fill(block: Region, checkpoint: Checkpoint) -> None:
        spans = split_range(volume.shape[axis], values)
        parts = [(*block[:axis], span, *block[axis + 1 :]) for span in spans]
        highest = np.full([side.stop - side.start for side in block], -np.inf)
        for part in parts:
            highest = np.maximum(highest, volume[part].max(axis=axis, keepdims=True))
            checkpoint()
        total = np.zeros_like(highest)
        for part in parts:
            below = volume[part] - highest
            result[part] = below if is_logarithm else np.exp(below)
            powers = np.exp(below) if is_logarithm else result[part]
            total += powers.sum(axis=axis, keepdims=True, dtype=np.float64)  # else small values vanish
            checkpoint()
        for part in parts:
            result[part] = result[part] - np.log(total) if is_logarithm else result[part] / total
            checkpoint()

    share(blocks(tuple(extents), max(1, values // volume.shape[axis])), fill, checkpoint, fewest=2)
    return result


_AXES = ("channels", "rows", "columns")
SOFTMAX_AXES = (*_AXES, "pixels")
"""What the values of a softmax that sum to 1 lie along."""


def activation(name: str, volume: Volume, checkpoint: Checkpoint, along: str = "channels", **numbers: float) -> Volume:
    """Apply one of `ELEMENTWISE`, which takes these numbers, or one of `SOFTMAXES` along one of `SOFTMAX_AXES`."""
    if name in SOFTMAXES:
        return softmax(volume, checkpoint, along, is_logarithm=name == "log_softmax")
    function = ELEMENTWISE[name]
    arguments = [numbers[number] for number in function.numbers]
    return elementwise(lambda x, out: function.fill(x, out, *arguments), volume, checkpoint)


def prelu(volume: Volume, slope: _Values, checkpoint: Checkpoint) -> Volume:
    """``max(x, 0) + slope · min(x, 0)``, with a slope for each channel (C,), or one for all (1,)."""
    result = np.empty(volume.shape, volume.dtype)

    def fill(block: Region) -> None:
        own = slope[block[0]] if len(slope) > 1 else slope
        _fill_prelu(volume[block], result[block], own[:, None, None])

    share_blocks(volume.shape, cache_values(volume), fill, checkpoint)
    return result


def _computed(function: Callable[[_Values], _Values]) -> Callable[[_Values, _Values], object]:
    """A function of an array, with an array for its result."""
    return lambda x, out: np.copyto(out, function(x), casting="unsafe")


def _quiet(function: Callable[..., object]) -> Callable[..., object]:
    """A function that is infinite, or no number, of some values, such as the root of −1."""

    def fill(x: _Values, out: _Values, *numbers: float) -> None:
        with np.errstate(all="ignore"):
            function(x, out, *numbers)

    return fill


def _relu(x: _Values, out: _Values) -> None:
    """``max(x, 0)``; of two arrays it takes a quarter of the time that it takes of an array and a number."""
    zeros = _zeros(x.dtype)
    if x.size <= zeros.size:
        np.maximum(x, zeros[: x.size].reshape(x.shape), out=out)
    else:
        np.maximum(x, 0, out=out)


@cache
def _zeros(dtype: np.dtype[Any]) -> _Values:
    """As many as a block has."""
    return np.zeros(CACHE_BYTES // dtype.itemsize, dtype)


def _sigmoid(x: _Values) -> _Values:
    values: _Values = np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))  # exponents are ≤ 0, so nothing overflows
    return values


_SERIES_END = 6.5
"""Bound of z = |x|/√2: beyond it Φ(−|x|) is below 1e-19, and the series need not be accurate."""


def _scaled_erfc(t: _Values) -> _Values:
    """``exp(z²) erfc(z) / t`` at ``t = 1 / (1 + z/2)``."""
    return np.array([math.exp(z * z) * math.erfc(z) * (1 + z / 2) for z in 2 / t - 2])


@cache
def _series() -> tuple[float, ...]:
    """Coefficients of the polynomial that interpolates it, highest first, made for the first GELU: it takes 5 ms."""
    points = np.polynomial.Chebyshev.interpolate(_scaled_erfc, 10, domain=[1 / (1 + _SERIES_END / 2), 1])
    return tuple(points.convert(kind=np.polynomial.Polynomial).coef[::-1].tolist())


def _gelu(x: _Values) -> _Values:
    """``max(x, 0) − |x| Φ(−|x|)``, with a relative error below 3e-9 for x down to −9.

    NumPy has no erf. ``2 Φ(−|x|) = erfc(z) = t · exp(−z²) · P(t)`` with ``z = |x|/√2``, ``t = 1 / (1 + z/2)`` is the
    form of Press et al., "Numerical Recipes", section 6.2; here the polynomial P interpolates `math.erfc` at Chebyshev
    points. Every step works in place, as new arrays take a quarter of the time.
    """
    size = np.abs(x, dtype=np.float64)
    z = size * math.sqrt(0.5)
    t = np.minimum(z, _SERIES_END)
    np.divide(1, np.add(np.multiply(t, 0.5, out=t), 1, out=t), out=t)
    highest, *others = _series()
    series: _Values = np.full_like(t, highest)
    for coefficient in others:
        series *= t
        series += coefficient
    np.exp(np.negative(np.multiply(z, z, out=z), out=z), out=z)
    for factor in (t, z, size):
        series *= factor
    series *= 0.5
    return np.subtract(np.maximum(x, 0), series, out=series)


def _gelu_tanh(x: _Values) -> _Values:
    """``x · (1 + tanh(u)) / 2 = x / (1 + exp(−2u))``, ``u = √(2/π) · (x + 0.044715 x³)``, in double precision."""
    wide = x.astype(np.float64)
    values: _Values = wide * _sigmoid(2 * math.sqrt(2 / math.pi) * (wide + 0.044715 * wide**3))
    return values


def _leaky_relu(x: _Values, out: _Values, slope: float) -> None:
    np.maximum(x, slope * x if slope else 0, out=out)  # with a slope of at most 1


def _fill_prelu(x: _Values, out: _Values, slope: _Values) -> None:
    np.copyto(out, np.maximum(x, 0) + slope * np.minimum(x, 0), casting="unsafe")


def _hard_sigmoid(x: _Values, out: _Values, factor: float, offset: float) -> None:
    # The sum comes first: offset / factor is mostly a short number, 3 or 2.5, so that little is lost near its zero.
    np.clip(np.multiply(np.add(x, offset / factor, out=out), factor, out=out), 0, 1, out=out)


def _hard_swish(x: _Values, out: _Values) -> None:
    np.clip(np.add(x, 3, out=out), 0, 6, out=out)
    np.divide(np.multiply(out, x, out=out), 6, out=out)


def _fill_elu(x: _Values, out: _Values, alpha: float, factor: float = 1.0) -> None:
    np.copyto(out, factor * (np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0))), casting="unsafe")


def _celu(x: _Values, out: _Values, alpha: float) -> None:
    np.copyto(out, np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0) / alpha), casting="unsafe")


SELU_FACTOR, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
"""The numbers with which outputs have the mean 0 and the variance 1 (Klambauer et al., 2017)."""


def _softplus(x: _Values) -> _Values:
    values: _Values = np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0)  # exponents are ≤ 0, so nothing overflows
    return values


def _mish(x: _Values) -> _Values:
    """``x · tanh(ln(1 + n)) = x · w / (w + 2)``, ``w = n (n + 2)``, ``n = exp(x)``, which is 1 · x from 20 on."""
    power = np.exp(np.minimum(x, 20))
    product = power * (power + 2)
    values: _Values = x * (product / (product + 2))
    return values


class ElementFunction(NamedTuple):
    """A function of each value."""

    formula: str
    """Of ``{x}``; ``{s}`` is x in parentheses if it is negative, for use after a sign."""
    fill: Callable[..., object]
    """Takes x, an array for the result, and the numbers."""
    numbers: tuple[str, ...] = ()
    """The names of further numbers that it takes, which the formula has as well."""


ELEMENTWISE: dict[str, ElementFunction] = {
    "relu": ElementFunction("max({x}, 0)", _relu),
    "relu6": ElementFunction("min(max({x}, 0), 6)", lambda x, out: x.clip(0, 6, out=out)),
    "leaky_relu": ElementFunction("max({x}, {slope} · {s})", _leaky_relu, ("slope",)),
    "elu": ElementFunction("max({x}, 0) + {alpha} · (exp(min({x}, 0)) − 1)", _fill_elu, ("alpha",)),
    "celu": ElementFunction("max({x}, 0) + {alpha} · (exp(min({x}, 0) / {alpha}) − 1)", _celu, ("alpha",)),
    "selu": ElementFunction(
        "1.0507 · (max({x}, 0) + 1.6733 · (exp(min({x}, 0)) − 1))",
        lambda x, out: _fill_elu(x, out, SELU_ALPHA, SELU_FACTOR),
    ),
    "clip": ElementFunction(
        "min(max({x}, {low}), {high})", lambda x, out, low, high: x.clip(low, high, out=out), ("low", "high")
    ),
    "sigmoid": ElementFunction("1 / (1 + exp(−{s}))", _computed(_sigmoid)),
    "hard_sigmoid": ElementFunction("min(max({factor} · {s} + {offset}, 0), 1)", _hard_sigmoid, ("factor", "offset")),
    "tanh": ElementFunction("tanh({x})", _computed(np.tanh)),
    "silu": ElementFunction("{x} / (1 + exp(−{s}))", _computed(lambda x: x * _sigmoid(x))),
    "hard_swish": ElementFunction("{x} · min(max({x} + 3, 0), 6) / 6", _hard_swish),
    "mish": ElementFunction("{x} · tanh(ln(1 + exp({x})))", _computed(_mish)),
    "gelu": ElementFunction("{x} · Φ({x})", _computed(_gelu)),
    "gelu_tanh": ElementFunction("{x} · (1 + tanh(√(2/π) · ({x} + 0.044715 · {s}³))) / 2", _computed(_gelu_tanh)),
    "softplus": ElementFunction("ln(1 + exp({x}))", _computed(_softplus)),
    "softsign": ElementFunction("{x} / (1 + |{x}|)", _computed(lambda x: x / (1 + np.abs(x)))),
    "abs": ElementFunction("|{x}|", lambda x, out: np.abs(x, out=out)),
    "neg": ElementFunction("−{s}", lambda x, out: np.negative(x, out=out)),
    "square": ElementFunction("{s}²", _quiet(lambda x, out: np.multiply(x, x, out=out))),
    "sqrt": ElementFunction("√{s}", _quiet(_computed(np.sqrt))),
    "reciprocal": ElementFunction("1 / {s}", _quiet(_computed(lambda x: 1 / x))),
    "power": ElementFunction(
        "{s}^{exponent}",
        _quiet(lambda x, out, exponent: np.copyto(out, np.power(x, exponent), casting="unsafe")),
        ("exponent",),
    ),
    "exp": ElementFunction("exp({x})", _quiet(_computed(np.exp))),
    "log": ElementFunction("ln({x})", _quiet(_computed(np.log))),
}
"""By name: a function is one row here, and its name in `engine.layers.activation`. GELU's Φ is the exact normal
distribution, `gelu_tanh` its usual approximation."""


def number_names(name: str) -> tuple[str, ...]:
    """The names of the numbers that a function takes."""
    return ELEMENTWISE[name].numbers if name in ELEMENTWISE else ()


SOFTMAXES = ("softmax", "log_softmax")
"""The functions of several values."""
ACTIVATIONS = (*ELEMENTWISE, *SOFTMAXES)
"""The names of all functions."""
