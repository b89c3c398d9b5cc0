"""Cached measures of volumes for their pictures: colour ranges, dead maps, the order of maps."""

import numpy as np

from engine.explain import map_statistics
from engine.explain.map_statistics import MapOrder
from engine.text.units import number_text
from gui.paint.basics.colours import RangeEnds, per_map_ranges, value_range
from gui.paint.basics.derived_cache import CACHE
from gui.paint.basics.volume_numbers import numbers_of
from gui.paint.maps.budget import Budget
from gui.paint.maps.tile_grid import MapOrdering
from gui.state.volume_at import Float32Volume

_PRODUCTS = 64
"""Multiplications of a matrix product in the time that one value takes elsewhere."""


def volume_range(volume: Float32Volume, *, zero_centred: bool) -> tuple[float, float]:
    """Return the values at the ends of the colour map, from a sample, so that it is always quick."""
    return CACHE.get_or_make(
        (volume,), ("range", zero_centred), lambda: value_range(volume, zero_centred=zero_centred), lambda _: 256
    )


def map_ranges(volume: Float32Volume, *, zero_centred: bool) -> RangeEnds:
    """Return the same per map, from its own values."""
    return CACHE.get_or_make(
        (volume,),
        ("ranges", zero_centred),
        lambda: per_map_ranges(volume, zero_centred=zero_centred),
        lambda _: 16 * len(volume),
    )


def _count_non_finite(volume: Float32Volume) -> int:
    with np.errstate(all="ignore"):
        values = volume.reshape(-1)
        if np.isfinite(np.dot(values, values)):  # much faster than testing each
            return 0
    return int(np.count_nonzero(~np.isfinite(volume)))


count_non_finite = numbers_of(("not finite",), _count_non_finite)
"""Returns the number of values of a volume that are not finite."""


def find_dead_maps(volume: Float32Volume, *, before_relu: bool) -> dict[int, str]:
    """Return why each dead map is dead, by channel: all its values are 0, or none passes the ReLU behind it."""

    def find() -> dict[int, str]:
        reasons = {}
        if before_relu:
            reason = "dead behind its ReLU: no value is above 0"
            reasons = dict.fromkeys(np.flatnonzero(map_statistics.silent_maps(volume)).tolist(), reason)
        for channel in find_constants(volume):
            if volume[channel, 0, 0] == 0:
                reasons[channel] = "dead: all values are 0"
        return dict(sorted(reasons.items()))

    return CACHE.get_or_make((volume,), ("dead", before_relu), find, lambda reasons: 256 + 128 * len(reasons))


def find_constants(volume: Float32Volume) -> dict[int, str]:
    """Return the one value of each constant map in words, by channel."""

    def find() -> dict[int, str]:
        channels = np.flatnonzero(map_statistics.constant_maps(volume)).tolist()
        return {channel: f"constant: all values are {number_text(volume[channel, 0, 0])}" for channel in channels}

    return CACHE.get_or_make((volume,), ("constant",), find, lambda texts: 256 + 128 * len(texts))


def not_finite_text(count: int) -> str:
    """Return the legend of values that are not finite."""
    return f"magenta: {count:,} value{'s are' if count > 1 else ' is'} not finite"


def order_maps(volume: Float32Volume, by: MapOrder, like: int | None, budget: Budget) -> MapOrdering | None:
    """Return the order of a volume's maps; None for channel order, and until another order is computed."""
    if by == "index":
        return None
    if by != "likeness" or like is None or like >= len(volume):
        like = None
    all_pairs = by == "likeness" and like is None
    return budget.get(
        (volume,),
        ("order", by, like),
        lambda checkpoint: MapOrdering.from_channels(*map_statistics.rank_maps(volume, by, like, checkpoint)),
        len(volume) ** 2 * min(volume[0].size, map_statistics.MOST_COMPARED_PIXELS) // _PRODUCTS
        if all_pairs
        else volume.size,
        lambda order: 24 * len(order.channels),
    )
