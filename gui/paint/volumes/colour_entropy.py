"""Finds the map that uses most of a colour map, by the entropy of its colours in 16 steps."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_Numbers = NDArray[np.float64]
SAMPLED_PIXELS = 4096
"""Values of a larger map that are enough."""
_STEPS = 16
_CUTS = (0.5, 7.5)
"""Steps in which maps are cut into three groups of values, to bound their entropy."""
_SPARSENESS, _MANY = 16, 0.25
"""A share of the values that is looked at first, and the share of these in the first step from which bounds pay."""
_PART = 2**16
"""Values that are compared at a time, which fit the cache of a processor."""
_COUNTED = 2**14
"""Values of which colours are counted at a time: mostly a few maps are enough."""
_FEWEST_PIXELS = 100
"""Of a map: to cut smaller ones into groups takes as long as to count their colours."""
_DIGITS = 9
"""Of an entropy; maps whose entropies differ in others are as varied."""


def find_most_varied(maps: NDArray[Any], low: float, high: float) -> int:
    """The first of the maps (C, pixels) with the greatest entropy, in a colour map between two values."""
    if maps.shape[1] == 1:
        return 0
    with np.errstate(all="ignore"):  # of values that are not finite, and of the largest and smallest spans
        if _are_mostly_in_first_step(maps, low, high):
            entropies = _greatest_entropies(maps, low, high)
        else:
            entropies = np.concatenate([_map_entropies(maps[part], low, high) for part in _parts(maps, _PART)])
    return int(np.argmax(np.round(entropies, _DIGITS)))


def _are_mostly_in_first_step(maps: NDArray[Any], low: float, high: float) -> bool:
    """Whether many of the values, by a sample, are as low as those of ReLUs, so that bounds leave out most maps."""
    if maps.shape[1] < _FEWEST_PIXELS:
        return False
    sample = maps[:, ::_SPARSENESS]
    return bool(np.count_nonzero(sample <= low + _CUTS[0] * _step(low, high)) >= _MANY * sample.size)


def _greatest_entropies(maps: NDArray[Any], low: float, high: float) -> _Numbers:
    """The entropy of each map that can have the greatest by its bound, and −1 for the others."""
    bounds = _entropy_bounds(maps, low, high)
    entropies, order = np.full(len(maps), -1.0), np.argsort(-bounds, kind="stable")
    for part in _parts(maps, _COUNTED):
        chosen = order[part]
        if bounds[chosen[0]] < entropies.max() - 10.0**-_DIGITS:
            break
        entropies[chosen] = _map_entropies(maps[chosen], low, high)
    return entropies


def _map_entropies(maps: NDArray[Any], low: float, high: float) -> _Numbers:
    entropies: _Numbers = _entropies(_colour_counts(maps, low, high) / maps.shape[1]).sum(axis=1)
    return entropies


def _entropy_bounds(maps: NDArray[Any], low: float, high: float) -> _Numbers:
    """What the entropy of each map is at most: that of its groups, if the colours in each have the same share.

    Two groups may share the step in which they are cut.
    """
    cuts = np.array([low + cut * _step(low, high) for cut in _CUTS], np.float32)
    first, second = _steps(cuts, low, high).tolist()
    most_colours = np.array([first + 1, second - first + 1, _STEPS - second])
    above = np.empty((2, len(maps)))
    for part in _parts(maps, _PART):
        values = np.ascontiguousarray(maps[part])
        for number, cut in enumerate(cuts):
            above[number, part] = (values > cut).sum(axis=1, dtype=np.uint16)  # a third of the time of count_nonzero
    shares = np.stack([maps.shape[1] - above[0], above[0] - above[1], above[1]], axis=1) / maps.shape[1]
    bounds: _Numbers = (_entropies(shares) + shares * np.log(most_colours)).sum(axis=1)
    return bounds


def _parts(maps: NDArray[Any], values: int) -> list[slice]:
    """Parts of the maps with so many values each."""
    count = max(1, values // maps.shape[1])
    return [slice(first, first + count) for first in range(0, len(maps), count)]


def _entropies(shares: _Numbers) -> _Numbers:
    """``−p·ln p`` of each share p."""
    return -shares * np.log(np.where(shares > 0, shares, 1.0))


def _step(low: float, high: float) -> float:
    return _STEPS * (high - low) / 255  # of the 256 colours, of which the first has half a share


def _steps(values: NDArray[Any], low: float, high: float) -> NDArray[np.float32]:
    """The step of each value, from 0 to 15; no number is in the first."""
    step = _step(low, high)
    steps: NDArray[np.float32] = np.subtract(values, low - step / 32, dtype=np.float32)
    steps /= step or 1.0
    steps.clip(0, _STEPS - 1, out=steps)
    if not np.isfinite(np.vdot(steps, steps)):  # much faster than testing each
        np.nan_to_num(steps, copy=False, nan=0.0)
    return np.floor(steps, out=steps)


def _colour_counts(maps: NDArray[Any], low: float, high: float) -> NDArray[np.intp]:
    """How many values of each map (C, pixels) have a colour of each step, (C, 16)."""
    steps = _steps(maps, low, high)
    steps += _STEPS * np.arange(len(maps), dtype=np.float32)[:, np.newaxis]
    return np.bincount(steps.astype(np.intp).ravel(), minlength=_STEPS * len(maps)).reshape(-1, _STEPS)
