"""What feature maps say in numbers: statistics, dead maps, orders, likeness, differences, histograms.

Maps are those of a volume (C×H×W). Values that are not finite are left out of every figure.
"""

from collections.abc import Callable, Sequence
from math import sqrt
from typing import Any, Literal, NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from engine.kernels import Checkpoint, Volume
from engine.kernels.blocks import CACHE_BYTES, split_range

_Numbers = NDArray[np.float64]
MapOrder = Literal["index", "mean", "variance", "zeros", "likeness"]

MOST_PIXELS = 1024
"""Of each map, evenly spaced, when all maps are compared with all."""
_MOST_ALIKE = 4096
"""Maps beyond which comparing all with all would need too much memory."""
_GLANCE = 16
"""Values of a map that tell most living ones from dead ones."""


class Statistics(Struct, frozen=True, eq=False):
    """Three figures of each map, (C,); a map without any finite value has NaN."""

    mean: _Numbers
    variance: _Numbers
    """Mean squared deviation from the mean."""
    zeros: _Numbers
    """Share of values that are exactly 0."""


def map_statistics(volume: Volume, checkpoint: Checkpoint = lambda: None) -> Statistics:
    """Mean, variance and share of zeros of each map, in double precision."""
    maps = _flatten(volume)
    found = np.empty((3, len(maps)))
    for some in split_range(len(maps), max(1, CACHE_BYTES // (8 * max(maps.shape[1], 1)))):
        checkpoint()
        values, finite, counts = _finite(maps[some])
        with np.errstate(invalid="ignore"):  # 0 / 0, where nothing is finite
            means = values.sum(axis=1) / counts
            deviations = np.where(finite, values - means[:, None], 0.0)
            found[0, some] = means
            found[1, some] = np.einsum("mv,mv->m", deviations, deviations) / counts
            found[2, some] = np.count_nonzero((values == 0) & finite, axis=1) / counts
    return Statistics(*found)


def constant_maps(volume: Volume) -> NDArray[np.bool_]:
    """Maps (C,) whose values are all the same finite number: nothing that the layer receives moves them.

    A map of one value is none of them: there is nothing that it could differ from.
    """
    maps = _flatten(volume)
    if maps.shape[1] < 2:
        return np.zeros(len(maps), bool)
    return _all_of(maps, lambda some: (some == some[:, :1]) & np.isfinite(some))


def silent_maps(volume: Volume) -> NDArray[np.bool_]:
    """Maps (C,) without a value above 0, all of them finite: a ReLU makes them zero throughout."""
    return _all_of(_flatten(volume), lambda some: (some <= 0) & np.isfinite(some))


def _all_of(maps: NDArray[Any], holds: Callable[[NDArray[Any]], NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """Whether something holds for all values of a map; most maps need no more than a glance."""
    found = np.asarray(holds(maps[:, :: -(-maps.shape[1] // _GLANCE)]).all(axis=1))
    left = np.flatnonzero(found)
    for some in split_range(len(left), max(1, CACHE_BYTES // (4 * maps.shape[1]))) if len(left) else ():
        found[left[some]] = holds(maps[left[some]]).all(axis=1)
    return found


class Ranking(NamedTuple):
    """Channels (C,) in the order in which they are to be shown, and the figures (C,) that sort them, if any do."""

    channels: NDArray[np.intp]
    figures: _Numbers | None = None


def rank_maps(volume: Volume, by: MapOrder, like: int | None = None, checkpoint: Checkpoint = lambda: None) -> Ranking:
    """The order of a volume's maps.

    mean, variance, zeros: the largest first, equal ones by their index, those without a finite value last.
    likeness: the most like the map `like` first, which is that map itself; without one, `side_by_side`.
    """
    if by == "index":
        return Ranking(np.arange(len(volume)))
    if by != "likeness":
        figures: _Numbers = getattr(map_statistics(volume, checkpoint), by)
        return Ranking(_descending(figures), figures)
    if like is None:
        return Ranking(order_by_likeness(volume, checkpoint))
    alike = likeness(volume, like, checkpoint)
    itself = np.arange(len(volume)) == like
    return Ranking(_descending(np.where(itself, np.inf, alike)), alike)


def _descending(figures: _Numbers) -> NDArray[np.intp]:
    return np.argsort(-np.where(np.isnan(figures), -np.inf, figures), kind="stable")


def likeness(volume: Volume, channel: int, checkpoint: Checkpoint) -> _Numbers:
    """Pearson's correlation of every map with one of them: (C,), from −1 to 1.

    ``r = Σ (a − ā)(b − b̄) / √(Σ (a − ā)² · Σ (b − b̄)²)``; a value that is not finite counts as its map's mean, and a
    map that does not vary is like none: 0.
    """
    maps = _flatten(volume)
    chosen = _deviations(maps[channel : channel + 1])[0]
    found = np.empty(len(maps))
    for some in split_range(len(maps), max(1, CACHE_BYTES // (8 * max(maps.shape[1], 1)))):
        checkpoint()
        found[some] = np.einsum("mv,v->m", _deviations(maps[some]), chosen)
    return np.clip(found, -1, 1)


def order_by_likeness(volume: Volume, checkpoint: Checkpoint) -> NDArray[np.intp]:
    """Channels (C,) so that neighbours are alike: channel 0 first, then always the one of the rest that is most alike.

    Compared are at most `MOST_PIXELS` values of each map. Of more than `MOST_ALIKE` maps, and of maps of one value,
    the order is that of the channels.
    """
    maps = _flatten(volume)
    if maps.shape[1] < 2 or len(maps) > _MOST_ALIKE:
        return np.arange(len(maps))
    deviations = _deviations(maps[:, :: -(-maps.shape[1] // MOST_PIXELS)]).astype(np.float32)
    checkpoint()
    alike = deviations @ deviations.T
    order = [0]
    alike[:, 0] = -np.inf  # a column is what is left to choose
    for _ in range(len(maps) - 1):
        following = int(np.argmax(alike[order[-1]]))
        alike[:, following] = -np.inf
        order.append(following)
        if len(order) % 256 == 0:
            checkpoint()
    return np.array(order)


def _deviations(maps: NDArray[Any]) -> _Numbers:
    """Maps (M, P) less their means, scaled to length 1; 0 where a map does not vary."""
    values, finite, counts = _finite(maps)
    means = values.sum(axis=1) / counts.clip(1)
    spread = np.where(finite, values - means[:, None], 0.0)
    lengths = np.sqrt(np.einsum("mv,mv->m", spread, spread))
    varies = lengths > 0  # equal float32 values have their mean without any rounding
    scaled: _Numbers = np.divide(spread, lengths[:, None], out=np.zeros_like(spread), where=varies[:, None])
    return scaled


def relative_error(first: Volume, second: Volume, checkpoint: Checkpoint = lambda: None) -> float:
    """``‖a − b‖ / ‖a‖`` over all pairs of finite values; infinite where a alone is zero, 0 where both are."""
    one, other = _flatten(first), _flatten(second)
    wrong = total = 0.0
    for some in split_range(len(one), max(1, CACHE_BYTES // (8 * max(one.shape[1], 1)))):
        checkpoint()
        a, b = one[some].astype(np.float64), other[some].astype(np.float64)
        known = np.isfinite(a) & np.isfinite(b)
        if not known.all():
            a, b = a[known], b[known]
        left = (a - b).ravel()
        wrong, total = wrong + _energy(left), total + _energy(a.ravel())
    if total:
        return sqrt(wrong / total)
    return float("inf") if wrong else 0.0


def _energy(values: _Numbers) -> float:
    """Sum of squares; for so few values BLAS would wait for its threads longer than it works."""
    return float(np.einsum("v,v->", values, values))


class Histogram(Struct, frozen=True, eq=False):
    """How many values of a map lie where; exact zeros, and what is not finite, are told apart."""

    edges: _Numbers
    """(B + 1,), rising; a bin has its lower edge, the last one its upper edge, too."""
    counts: NDArray[np.int64]
    """(B,): zeros are not among them."""
    zeros: int
    non_finite: int
    """Values that are not finite."""

    @property
    def size(self) -> int:
        """Number of values."""
        return int(self.counts.sum()) + self.zeros + self.non_finite


def histograms(maps: Sequence[NDArray[Any]], bins: int) -> tuple[Histogram, ...]:
    """Histograms of several maps on one axis, from the least to the greatest finite value that is not 0."""
    kept = [values[np.isfinite(values) & (values != 0)].astype(np.float64) for values in maps]
    every = np.concatenate([values.ravel() for values in kept]) if kept else np.zeros(0)
    low, high = (float(every.min()), float(every.max())) if every.size else (0.0, 1.0)
    if low == high:
        low, high = low - abs(low) / 2, high + abs(high) / 2
    edges = np.linspace(low, high, bins + 1)
    return tuple(
        Histogram(
            edges,
            np.histogram(some, edges)[0].astype(np.int64),
            int(np.count_nonzero(values == 0)),
            int(np.count_nonzero(~np.isfinite(values))),
        )
        for values, some in zip(maps, kept, strict=True)
    )


class Counts(Struct, frozen=True, eq=False):
    """Histograms of all maps on one axis, from the least to the greatest finite value that is not 0."""

    low: float
    high: float
    counts: NDArray[np.int64]
    """(C, B): how many values v have ``⌊(v − low) / (high − low) · B⌋ = b``, `high` itself in the last bin.
    Exact zeros, and what is not finite, are in none."""

    def ends(self, index: int) -> tuple[float, float]:
        """Where a bin begins and ends."""
        width = (self.high - self.low) / self.counts.shape[1]
        return self.low + index * width, self.low + (index + 1) * width


def count_values(volume: Volume, bins: int, checkpoint: Checkpoint) -> Counts:
    """Histograms of all maps at once."""
    maps = _flatten(volume)
    some = [*split_range(len(maps), max(1, CACHE_BYTES // (8 * max(maps.shape[1], 1))))]
    low, high = np.inf, -np.inf
    for part in some:
        checkpoint()
        values = maps[part][np.isfinite(maps[part]) & (maps[part] != 0)]
        if values.size:
            low, high = min(low, float(values.min())), max(high, float(values.max()))
    if low > high:
        return Counts(0.0, 1.0, np.zeros((len(maps), bins), np.int64))
    found = np.empty((len(maps), bins), np.int64)
    for part in some:
        checkpoint()
        found[part] = _count_map(maps[part], low, high, bins)
    return Counts(low, high, found)


def _count_map(maps: NDArray[Any], low: float, high: float, bins: int) -> NDArray[np.int64]:
    rows, columns = np.nonzero(np.isfinite(maps) & (maps != 0))
    shares = (maps[rows, columns].astype(np.float64) - low) / ((high - low) or 1.0)
    index = np.minimum((shares * bins).astype(np.int64), bins - 1)
    return np.bincount(rows * bins + index, minlength=len(maps) * bins).reshape(len(maps), bins)


def _flatten(volume: Volume) -> NDArray[Any]:
    return volume.reshape(len(volume), -1)


def _finite(maps: NDArray[Any]) -> tuple[_Numbers, NDArray[np.bool_], NDArray[np.int64]]:
    """Values in double precision, 0 where they are not finite; whether they are; how many of each map are."""
    values = maps.astype(np.float64)
    finite = np.isfinite(values)
    if finite.all():
        return values, finite, np.full(len(maps), maps.shape[1])
    return np.where(finite, values, 0.0), finite, np.count_nonzero(finite, axis=1)
