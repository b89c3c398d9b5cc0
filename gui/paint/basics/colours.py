"""From values to colours: colour maps, ranges that ignore outliers, and images of maps and photos."""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from math import ceil, floor, inf, isnan, nan, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage, qRgb

from engine.network.input_specs import ImageInput
from gui.state.look import Look

DIVERGING = "diverging"
PERCENTILES = (1.0, 99.5)
PERCENTILES_TEXT = "percentiles {:g}–{:g}".format(*PERCENTILES)
_SAMPLE = 65_536
"""Values in the sample for a range; more would not change it visibly."""

_MAPS_SAMPLE, _LEAST_SAMPLE = 500_000, 512
"""Values in the sample for ranges per map: in total, and per map at least."""
_PART = 2**16
"""Values that are scaled at a time."""
_NO_RANGE = (nan, nan)
"""The range of a volume without finite values."""
_NOT_FINITE = "#ff00ff"
"""Colour of values that are not finite: in none of the colour maps."""
RangeEnds = tuple[NDArray[np.float64], NDArray[np.float64]]
"""The values at the ends of the colour map: one per map, or one for all."""

# pyqtgraph has these as files, so no plotting library is needed. CET-D9 is blue, nearly white at zero, red.
_FILES = {DIVERGING: "CET-D9"}


@lru_cache(maxsize=16)
def load_lut(name: str) -> NDArray[np.uint8]:
    """Return the 256 colours of a colour map (256×3, RGB): viridis, cividis, gray, or diverging with its middle at 128.

    "#rrggbb #rrggbb" interpolates linearly between two colours.
    """
    if name.startswith("#"):
        first, last = ([ink.red(), ink.green(), ink.blue()] for ink in map(QColor, name.split()))
        colours = np.linspace(first, last, 256).astype(np.uint8)
    elif name == "gray":
        colours = np.repeat(np.arange(256, dtype=np.uint8)[:, np.newaxis], 3, axis=1)
    else:
        from pyqtgraph import colormap  # a quarter of the start, and the start page needs no colours

        get: Callable[[str], Any] = colormap.get
        table = get(_FILES.get(name, name)).getLookupTable(0.0, 1.0, 256, alpha=False)
        colours = np.array(table, dtype=np.uint8)
    colours.flags.writeable = False
    return colours


def colour_map_name(look: Look) -> str:
    """Return the colour map of a look: the diverging one if zero is the middle."""
    return DIVERGING if look.zero_centred else look.colour_map


def value_range(
    volume: NDArray[Any], *, zero_centred: bool, percentiles: tuple[float, float] = PERCENTILES
) -> tuple[float, float]:
    """Return the values at the ends of a colour map: percentiles, so that a few outliers do not darken the rest.

    They come from a fixed sample of at most `_SAMPLE` values. If the percentiles coincide, the extremes of all values
    count, so only a constant volume v returns (v, v). With `zero_centred` the range is (−m, m), m > 0. Without finite
    values there is no range: (NaN, NaN).
    """
    ordered = np.sort(_sample_values(volume))  # a fifth of the time of np.percentile, and NaN comes last
    if not np.isfinite([*ordered[:1], *ordered[-1:]]).all():
        ordered = ordered[np.searchsorted(ordered, -inf, "right") : np.searchsorted(ordered, inf)]
    low, high = (_percentile(ordered, share) for share in percentiles) if ordered.size else (0.0, 0.0)
    if low == high:
        finite = volume[np.isfinite(volume)]
        if not finite.size:
            return _NO_RANGE
        low, high = float(finite.min()), float(finite.max())
    if zero_centred:
        most = max(abs(low), abs(high)) or 1.0
        return -most, most
    return low, high


def _percentile(ordered: NDArray[Any], share: float) -> float:
    """The percentile of values in order, between two of them by linear interpolation, as np.percentile computes it."""
    at = share / 100 * (len(ordered) - 1)
    before, after = (float(ordered[place]) for place in (floor(at), ceil(at)))
    part = at % 1.0
    return before + (after - before) * part if part < 0.5 else after - (after - before) * (1.0 - part)


def join_ranges(ranges: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the range that includes all ranges; volumes without finite values have none."""
    known = [ends for ends in ranges if not isnan(ends[0])]
    return (min(low for low, _ in known), max(high for _, high in known)) if known else _NO_RANGE


def per_map_ranges(volume: NDArray[Any], *, zero_centred: bool) -> RangeEnds:
    """Return percentiles per map by rank, of its finite values: as `value_range`, but for all maps at once."""
    maps = volume.reshape(len(volume), -1)
    maps = maps[:, :: -(-maps.shape[1] // max(_MAPS_SAMPLE // len(maps), _LEAST_SAMPLE))].copy()
    maps[~np.isfinite(maps)] = np.nan
    maps.sort(axis=1)  # NaN comes last
    last = np.count_nonzero(~np.isnan(maps), axis=1) - 1
    rows = np.arange(len(maps))
    ranks = [np.rint(last.clip(0) * share / 100).astype(int) for share in PERCENTILES]
    lows, highs = (maps[rows, rank].astype(np.float64) for rank in ranks)
    flat = lows == highs
    lows, highs = np.where(flat, maps[:, 0], lows), np.where(flat, maps[rows, last], highs)
    lows[last < 0] = highs[last < 0] = np.nan
    if zero_centred:
        most = np.maximum(np.abs(lows), np.abs(highs))
        most[most == 0] = 1
        return -most, most
    return lows, highs


def to_levels(
    values: NDArray[Any], low: float | NDArray[np.float64], high: float | NDArray[np.float64]
) -> NDArray[np.uint8]:
    """``255·(v − low) / (high − low)``, rounded and clipped to 0 … 255, in double precision; NaN is 0.

    Where `low` equals `high`, that value is 0. Both broadcast to the values.
    """
    span = np.subtract(high, low)
    scale = 255.0 / np.where(span == 0, 1.0, span)
    levels = np.empty(values.shape, np.uint8)
    for part in _parts(values.shape):
        shares = values[part].astype(np.float64)
        shares -= _ends_of(low, part, values.ndim)
        shares *= _ends_of(scale, part, values.ndim)
        shares += 0.5
        np.maximum(shares, 0.0, out=shares)
        np.minimum(shares, 255.0, out=shares)
        if np.isnan(np.add.reduce(shares, axis=None)):  # much faster than testing each
            np.nan_to_num(shares, copy=False, nan=0.0)
        levels[part] = shares
    return levels


def _ends_of(ends: float | NDArray[np.float64], part: slice, axes: int) -> float | NDArray[np.float64]:
    """The ends of a part of some values with so many axes, to which they broadcast."""
    if isinstance(ends, np.ndarray) and ends.ndim == axes and len(ends) > 1:
        return ends[part]
    return ends


def _parts(shape: tuple[int, ...]) -> Iterator[slice]:
    """Yield parts of an array along its first axis that fit the cache of a processor."""
    rows = max(1, _PART // max(1, prod(shape[1:])))
    yield from (slice(first, first + rows) for first in range(0, shape[0], rows))


def largest_magnitude(values: NDArray[Any]) -> float:
    """Return the largest magnitude of the finite values; 0 if there are none."""
    return float(np.abs(values[np.isfinite(values)]).max(initial=0.0))


def value_colours(
    values: NDArray[Any], low: float | NDArray[np.float64], high: float | NDArray[np.float64], name: str
) -> NDArray[np.uint32]:
    """Return the colours of values as opaque 0xAARRGGBB; values that are not finite are `_NOT_FINITE`."""
    packed = load_packed_lut(name).take(to_levels(values, low, high))
    finite = np.isfinite(values)
    if not finite.all():
        packed[~finite] = QColor(_NOT_FINITE).rgba()
    return packed


def mean_colours(samples: NDArray[Any], name: str, *, zero_centred: bool) -> NDArray[np.uint32]:
    """Return the colours of the means of a few values each (M×K), in the range that `value_range` has for these.

    As those of `value_colours`: a sample with a value that is not finite has `_NOT_FINITE`.
    """
    ordered = np.sort(samples, axis=1)  # values that are not finite come first or last
    last = ordered.shape[1] - 1
    low, high = (ordered[:, round(share / 100 * last)].astype(np.float64) for share in PERCENTILES)
    with np.errstate(all="ignore"):
        if zero_centred:
            high = np.maximum(np.abs(low), np.abs(high))
            high[high == 0] = 1.0
            low = -high
        levels = 255 * (ordered.mean(axis=1, dtype=np.float64) - low) / (high - low) + 0.5
        levels[~(high > low)] = 0.0
        packed: NDArray[np.uint32] = load_packed_lut(name).take(levels.clip(0, 255).astype(np.uint8))
    packed[~np.isfinite(ordered[:, [0, last]]).all(axis=1)] = QColor(_NOT_FINITE).rgba()
    return packed


def value_image(values: NDArray[Any], low: float, high: float, name: str) -> QImage:
    """Return an image of values (H×W) that owns its bytes."""
    pixels = np.ascontiguousarray(value_colours(values, low, high, name))
    height, width = pixels.shape
    return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()


def indexed_image(levels: NDArray[np.uint8], name: str) -> QImage:
    """Return an image (H×W levels) that owns its bytes, with the colours of the colour map `name`."""
    rows = np.ascontiguousarray(levels)
    height, width = rows.shape
    view = QImage(rows.data, width, height, width, QImage.Format.Format_Indexed8)
    image = view.copy()
    image.setColorTable(_colour_table(name))
    return image


def colour_bar_image(name: str, *, one_colour: bool = False) -> QImage:
    """Return the colours of a colour map in one row, for a legend; `one_colour`: that of a constant volume."""
    return indexed_image(np.arange(1 if one_colour else 256, dtype=np.uint8)[np.newaxis], name)


def photo_image(volume: NDArray[Any], spec: ImageInput) -> QImage:
    """Return the photo behind a normalised volume (C×H×W): ``(v·std + mean) / scale``, RGB, clipped."""
    pixels = np.asarray(volume, np.float32)
    for values, operation in ((spec.std, np.multiply), (spec.mean, np.add)):
        if values:
            pixels = operation(pixels, np.asarray(values, np.float32).reshape(-1, 1, 1))
    pixels = np.clip(pixels / np.float32(spec.scale or 1.0) + np.float32(0.5), 0, 255)
    ordered = pixels[::-1] if spec.channels == "bgr" else pixels
    channels, height, width = ordered.shape
    colours = np.ascontiguousarray(np.nan_to_num(ordered).astype(np.uint8).transpose(1, 2, 0))
    kind = QImage.Format.Format_RGB888 if channels == 3 else QImage.Format.Format_Grayscale8
    return QImage(colours.data, width, height, channels * width, kind).copy()


@lru_cache(maxsize=8)
def load_packed_lut(name: str) -> NDArray[np.uint32]:
    """Return the 256 colours of a colour map as opaque 0xAARRGGBB."""
    red, green, blue = load_lut(name).astype(np.uint32).T
    return np.asarray(0xFF000000 | red << 16 | green << 8 | blue, np.uint32)


@lru_cache(maxsize=16)
def _colour_table(name: str) -> list[int]:
    return [qRgb(int(red), int(green), int(blue)) for red, green, blue in load_lut(name)]


def _sample_values(volume: NDArray[Any]) -> NDArray[Any]:
    """Return all values, or `_SAMPLE` of them drawn with a fixed seed: a volume always has the same range."""
    values = np.ravel(volume)
    if values.size <= _SAMPLE:
        return values
    return np.asarray(values[_sample_indices(values.size)])


@lru_cache(maxsize=16)  # sizes of large volumes in a network, half a megabyte each: to draw them takes a millisecond
def _sample_indices(size: int) -> NDArray[np.intp]:
    """Return the indices of the sample, ascending for fast memory access."""
    return np.sort(np.random.default_rng(0).integers(0, size, _SAMPLE))
