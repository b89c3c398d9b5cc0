"""From values to colours: colour maps, ranges that ignore outliers, and images of maps and photos."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import pyqtgraph
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage, qRgb

from engine.network.input_specs import ImageInput
from gui.state.view_state import Look

DIVERGING = "diverging"
PERCENTILES = (1.0, 99.5)
PERCENTILES_TEXT = "percentiles {:g}–{:g}".format(*PERCENTILES)
_SAMPLE = 65_536
"""Values in the sample for a range; more would not change it visibly."""

_MAPS_SAMPLE, _LEAST_SAMPLE = 500_000, 512
"""Values in the sample for ranges per map: in total, and per map at least."""
RangeEnds = tuple[NDArray[np.float64], NDArray[np.float64]]
"""The values at the ends of the colour map: one per map, or one for all."""

# pyqtgraph ships these as files, so no plotting library is needed. CET-D9 is blue, nearly white at zero, red.
_FILES = {DIVERGING: "CET-D9"}
_load: Callable[[str], Any] = pyqtgraph.colormap.get


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
        table = _load(_FILES.get(name, name)).getLookupTable(0.0, 1.0, 256, alpha=False)
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
    count, so only a constant volume v returns (v, v). With `zero_centred` the range is (−m, m), m > 0.
    """
    values = _sample_values(volume)
    values = values[np.isfinite(values)]
    if not values.size:
        return (-1.0, 1.0) if zero_centred else (0.0, 1.0)
    low, high = (float(value) for value in np.percentile(values, percentiles))
    if low == high:
        finite = volume[np.isfinite(volume)]
        low, high = float(finite.min()), float(finite.max())
    if zero_centred:
        most = max(abs(low), abs(high)) or 1.0
        return -most, most
    return low, high


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
    lows[last < 0] = highs[last < 0] = 0
    if zero_centred:
        most = np.maximum(np.abs(lows), np.abs(highs))
        most[most == 0] = 1
        return -most, most
    return lows, highs


def to_levels(values: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    """``255·(v − low) / (high − low)``, rounded and clipped to 0 … 255; NaN is 0.

    If `low` equals `high`, that value is 0.
    """
    levels = np.subtract(values, low, dtype=np.float32)
    levels *= np.float32(255 / ((high - low) or 1.0))
    levels += np.float32(0.5)
    np.clip(levels, 0, 255, out=levels)
    if np.isnan(np.sum(levels)):  # much faster than testing each
        np.nan_to_num(levels, copy=False, nan=0.0)
    return np.asarray(levels, dtype=np.uint8)


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


@lru_cache(maxsize=16)
def _colour_table(name: str) -> list[int]:
    return [qRgb(int(red), int(green), int(blue)) for red, green, blue in load_lut(name)]


def _sample_values(volume: NDArray[Any]) -> NDArray[Any]:
    """Return all values, or `_SAMPLE` of them drawn with a fixed seed: a volume always has the same range."""
    values = np.ravel(volume)
    if values.size <= _SAMPLE:
        return values
    return np.asarray(values[_sample_indices(values.size)])


@lru_cache(maxsize=8)
def _sample_indices(size: int) -> NDArray[np.intp]:
    """Return the indices of the sample, ascending for fast memory access."""
    return np.sort(np.random.default_rng(0).integers(0, size, _SAMPLE))
