"""Feature maps in numbers: statistics, dead maps, orders, likeness, differences, histograms.

Maps are those of a volume (C×H×W). No figure includes values that are not finite.
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

MOST_COMPARED_PIXELS = 1024
"""Pixels per map, evenly spaced, when all maps are compared with one another."""
_MOST_ALIKE = 4096
"""Number of maps beyond which comparing all with one another would need too much memory."""
_GLANCE = 16
"""Values per map that suffice to recognise most maps that are not dead."""


class Statistics(Struct, frozen=True, eq=False):
    """Three figures per map, each (C,); NaN for a map without finite values."""

    mean: _Numbers
    variance: _Numbers
    """Mean squared deviation from the mean."""
    zeros: _Numbers
    """Share of values that are exactly 0."""


def map_statistics(volume: Volume, checkpoint: Checkpoint = lambda: None) -> Statistics:
    """Mean, variance and share of zeros per map, in double precision."""
    maps = _flatten(volume)
    figures = np.empty((3, len(maps)))
    for rows in split_range(len(maps), max(1, CACHE_BYTES // (8 * max(maps.shape[1], 1)))):
        checkpoint()
        values, finite, counts = _finite(maps[rows])
        with np.errstate(invalid="ignore"):  # 0 / 0 if nothing is finite
            means = values.sum(axis=1) / counts
            deviations = np.where(finite, values - means[:, None], 0.0)
            figures[0, rows] = means
            figures[1, rows] = np.einsum("mv,mv->m", deviations, deviations) / counts
            figures[2, rows] = np.count_nonzero((values == 0) & finite, axis=1) / counts
    return Statistics(*figures)


def constant_maps(volume: Volume) -> NDArray[np.bool_]:
    """Maps (C,) whose values are all the same finite number, whatever the layer receives.

    A map of a single value does not count as constant.
    """
    maps = _flatten(volume)
    if maps.shape[1] < 2:
        return np.zeros(len(maps), bool)
    return _all_of(maps, lambda rows: (rows == rows[:, :1]) & np.isfinite(rows))


def silent_maps(volume: Volume) -> NDArray[np.bool_]:
    """Maps (C,) of finite values none of which is above 0: a ReLU makes them zero throughout."""
    return _all_of(_flatten(volume), lambda rows: (rows <= 0) & np.isfinite(rows))


def _all_of(maps: NDArray[Any], holds: Callable[[NDArray[Any]], NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """Per map, whether `holds` for all values; a few values suffice for most maps."""
    result = np.asarray(holds(maps[:, :: -(-maps.shape[1] // _GLANCE)]).all(axis=1))
    candidates = np.flatnonzero(result)
    for part in split_range(len(candidates), max(1, CACHE_BYTES // (4 * maps.shape[1]))) if len(candidates) else ():
        result[candidates[part]] = holds(maps[candidates[part]]).all(axis=1)
    return result


class Ranking(NamedTuple):
    """Channels (C,) in the order to show them, and the figures (C,) by which they are sorted, if any."""

    channels: NDArray[np.intp]
    figures: _Numbers | None = None


def rank_maps(volume: Volume, by: MapOrder, like: int | None = None, checkpoint: Checkpoint = lambda: None) -> Ranking:
    """The order of a volume's maps.

    mean, variance, zeros: the largest first, equal ones by index, those without a finite value last.
    likeness: the map `like` first, then those most like it; without `like`, `order_by_likeness`.
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
    map that does not vary has 0.
    """
    maps = _flatten(volume)
    reference = deviations(maps[channel : channel + 1])[0]
    products = np.empty(len(maps))
    for rows in split_range(len(maps), max(1, CACHE_BYTES // (8 * max(maps.shape[1], 1)))):
        checkpoint()
        products[rows] = np.einsum("mv,v->m", deviations(maps[rows]), reference)
    return np.clip(products, -1, 1)


def order_by_likeness(volume: Volume, checkpoint: Checkpoint) -> NDArray[np.intp]:
    """Channels (C,) so that neighbours are alike: channel 0 first, then always the one of the rest most like the last.

    Compares at most `MOST_COMPARED_PIXELS` values per map. More than `_MOST_ALIKE` maps, and maps of one value, stay
    in the order of the channels.
    """
    maps = _flatten(volume)
    if maps.shape[1] < 2 or len(maps) > _MOST_ALIKE:
        return np.arange(len(maps))
    spread = deviations(maps[:, :: -(-maps.shape[1] // MOST_COMPARED_PIXELS)]).astype(np.float32)
    checkpoint()
    alike = spread @ spread.T
    order = [0]
    alike[:, 0] = -np.inf  # excludes the column's channel from the rest
    for _ in range(len(maps) - 1):
        following = int(np.argmax(alike[order[-1]]))
        alike[:, following] = -np.inf
        order.append(following)
        if len(order) % 256 == 0:
            checkpoint()
    return np.array(order)


def deviations(maps: NDArray[Any]) -> _Numbers:
    """Maps (M, P) minus their means, scaled to length 1; 0 for a map that does not vary."""
    values, finite, counts = _finite(maps)
    means = values.sum(axis=1) / counts.clip(1)
    spread = np.where(finite, values - means[:, None], 0.0)
    lengths = np.sqrt(np.einsum("mv,mv->m", spread, spread))
    varies = lengths > 0  # the mean of equal float32 values is exact
    scaled: _Numbers = np.divide(spread, lengths[:, None], out=np.zeros_like(spread), where=varies[:, None])
    return scaled


def relative_error(first: Volume, second: Volume, checkpoint: Checkpoint = lambda: None) -> float:
    """``‖a − b‖ / ‖a‖`` over all pairs of finite values; infinite if only a is zero, 0 if both are."""
    first_maps, second_maps = _flatten(first), _flatten(second)
    error = total = 0.0
    for rows in split_range(len(first_maps), max(1, CACHE_BYTES // (8 * max(first_maps.shape[1], 1)))):
        checkpoint()
        a, b = first_maps[rows].astype(np.float64), second_maps[rows].astype(np.float64)
        finite = np.isfinite(a) & np.isfinite(b)
        if not finite.all():
            a, b = a[finite], b[finite]
        difference = (a - b).ravel()
        error, total = error + _energy(difference), total + _energy(a.ravel())
    if total:
        return sqrt(error / total)
    return float("inf") if error else 0.0


def _energy(values: _Numbers) -> float:
    """Sum of squares, without BLAS: for so few values it would wait for its threads longer than it works."""
    return float(np.einsum("v,v->", values, values))


class Histogram(Struct, frozen=True, eq=False):
    """Numbers of a map's values per bin; exact zeros and values that are not finite are counted separately."""

    edges: _Numbers
    """(B + 1,), rising; a bin includes its lower edge, the last one its upper edge as well."""
    counts: NDArray[np.int64]
    """(B,), without zeros."""
    zeros: int
    non_finite: int
    """Number of values that are not finite."""

    @property
    def size(self) -> int:
        """Number of values."""
        return int(self.counts.sum()) + self.zeros + self.non_finite


def histograms(maps: Sequence[NDArray[Any]], bins: int) -> tuple[Histogram, ...]:
    """Histograms of several maps on a common axis, from the least to the greatest finite value that is not 0."""
    finite_values = [values[np.isfinite(values) & (values != 0)].astype(np.float64) for values in maps]
    all_values = np.concatenate([values.ravel() for values in finite_values]) if finite_values else np.zeros(0)
    low, high = (float(all_values.min()), float(all_values.max())) if all_values.size else (0.0, 1.0)
    if low == high:
        low, high = low - abs(low) / 2, high + abs(high) / 2
    edges = np.linspace(low, high, bins + 1)
    return tuple(
        Histogram(
            edges,
            np.histogram(finite, edges)[0].astype(np.int64),
            int(np.count_nonzero(values == 0)),
            int(np.count_nonzero(~np.isfinite(values))),
        )
        for values, finite in zip(maps, finite_values, strict=True)
    )


class Counts(Struct, frozen=True, eq=False):
    """Histograms of all maps on a common axis, from the least to the greatest finite value that is not 0."""

    low: float
    high: float
    counts: NDArray[np.int64]
    """(C, B): numbers of values v with ``⌊(v − low) / (high − low) · B⌋ = b``, `high` itself in the last bin.
    Without exact zeros and values that are not finite."""

    def ends(self, index: int) -> tuple[float, float]:
        """The edges of a bin."""
        width = (self.high - self.low) / self.counts.shape[1]
        return self.low + index * width, self.low + (index + 1) * width


def count_values(volume: Volume, bins: int, checkpoint: Checkpoint) -> Counts:
    """Histograms of all maps at once."""
    maps = _flatten(volume)
    slices = split_range(len(maps), max(1, CACHE_BYTES // (8 * max(maps.shape[1], 1))))
    low, high = np.inf, -np.inf
    for rows in slices:
        checkpoint()
        values = maps[rows][np.isfinite(maps[rows]) & (maps[rows] != 0)]
        if values.size:
            low, high = min(low, float(values.min())), max(high, float(values.max()))
    if low > high:
        return Counts(0.0, 1.0, np.zeros((len(maps), bins), np.int64))
    counts = np.empty((len(maps), bins), np.int64)
    for rows in slices:
        checkpoint()
        counts[rows] = _count_map(maps[rows], low, high, bins)
    return Counts(low, high, counts)


def _count_map(maps: NDArray[Any], low: float, high: float, bins: int) -> NDArray[np.int64]:
    rows, columns = np.nonzero(np.isfinite(maps) & (maps != 0))
    shares = (maps[rows, columns].astype(np.float64) - low) / ((high - low) or 1.0)
    index = np.minimum((shares * bins).astype(np.int64), bins - 1)
    return np.bincount(rows * bins + index, minlength=len(maps) * bins).reshape(len(maps), bins)


def _flatten(volume: Volume) -> NDArray[Any]:
    return volume.reshape(len(volume), -1)


def _finite(maps: NDArray[Any]) -> tuple[_Numbers, NDArray[np.bool_], NDArray[np.int64]]:
    """Values in double precision, 0 if not finite; a mask of the finite ones; their number per map."""
    values = maps.astype(np.float64)
    finite = np.isfinite(values)
    if finite.all():
        return values, finite, np.full(len(maps), maps.shape[1])
    return np.where(finite, values, 0.0), finite, np.count_nonzero(finite, axis=1)
