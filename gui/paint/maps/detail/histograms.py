"""Small histograms of all maps of the selected volume, on one axis and in the order of the maps."""

from typing import NamedTuple

import numpy as np
from msgspec import Struct
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from engine.explain.map_statistics import Counts, Statistics, count_values, map_statistics
from engine.kernels import Checkpoint
from engine.layers.explanation import Spot
from engine.shapes import Shape
from engine.text.units import count_text, number_text, range_texts
from gui.paint.basics.text_drawing import draw_wrapped_text, wrapped_text_height
from gui.paint.maps.budget import COMPUTING_TEXT, Budget
from gui.paint.maps.detail.base import MapDetail
from gui.paint.maps.map_measures import count_non_finite
from gui.paint.maps.mosaic_panels import MAPS_RUN_HINT, find_map_order
from gui.paint.maps.tile_drawing import draw_tile_numbers, draw_tiles
from gui.paint.maps.tile_grid import MapOrdering, Projection, choose_tile_grid, project_grid
from gui.paint.maps.tiles import MapTiles
from gui.state.focus import Focus
from gui.state.view_state import ViewState
from gui.state.volume_at import Float32Volume
from gui.theme import THEMES, Theme

_BINS, _ROWS = 24, 16
"""Columns and rows of a histogram's picture."""


class _HistogramSet(Struct, frozen=True, eq=False):
    counts: Counts
    statistics: Statistics
    non_finite: int
    """Number of values that are not finite."""
    pictures: Float32Volume
    """(C, _ROWS, _BINS): 1 inside a bin's bar, 0 above it; the fullest bin of each map has all rows."""


def build_histograms_detail(state: ViewState, budget: Budget) -> MapDetail | None:
    """Build one histogram per map; None if maps have a single value."""
    ref = state.focus.ref
    volume = state.volume_at(ref).volume
    title = f"values of each map of {' · '.join(part for part in ref if part)}"
    if volume is None:
        return MapDetail(title, None, MAPS_RUN_HINT)
    if volume[0].size < 2:
        return None
    histograms = budget.get(
        (volume,),
        ("histograms",),
        lambda checkpoint: _compute_histograms(volume, checkpoint),
        4 * volume.size,
        lambda histograms: histograms.pictures.nbytes + histograms.counts.counts.nbytes,
    )
    if histograms is None:
        return MapDetail(title, None, COMPUTING_TEXT)
    theme, index = THEMES[state.look.theme], state.colour_index(ref[0])
    ink = theme.muted if index < 0 else theme.design(index)
    tiles = MapTiles(Shape(*histograms.pictures.shape), histograms.pictures, colour_map=f"{theme.grid} {ink}")
    body = HistogramsBody(histograms, tiles, find_map_order(state, budget), state.focus)
    return MapDetail(title, body, text=f"{title}: {len(volume)} histograms, {body.meaning_text}")


def _compute_histograms(volume: Float32Volume, checkpoint: Checkpoint) -> _HistogramSet:
    counts = count_values(volume, _BINS, checkpoint)
    most = counts.counts.max(axis=1, keepdims=True).clip(1)
    heights = np.ceil(counts.counts / most * _ROWS)
    above = _ROWS - np.arange(_ROWS)
    pictures = (heights[:, None, :] >= above[None, :, None]).astype(np.float32)
    return _HistogramSet(counts, map_statistics(volume, checkpoint), count_non_finite(volume), pictures)


class HistogramsBody(NamedTuple):
    """One picture per map."""

    histograms: _HistogramSet
    tiles: MapTiles
    order: MapOrdering | None
    focus: Focus

    @property
    def meaning_text(self) -> str:
        """The scales that the pictures share, in words."""
        counts, non_finite = self.histograms.counts, self.histograms.non_finite
        left_out = f"zeros{f' and {non_finite:,} not finite' if non_finite else ''} left out"
        if not counts.counts.any():
            return f"nothing to draw; {left_out}"
        ends = " to ".join(range_texts(counts.low, counts.high))
        return f"all from {ends}, each scaled to its fullest bin; {left_out}"

    def lay_out(self, rect: QRectF, size: float) -> "PlacedHistograms":
        """Lay out the pictures above, their meaning below."""
        below = wrapped_text_height(self.meaning_text, rect.width(), size) + size * 0.5
        space = rect.adjusted(0, 0, 0, -below)
        grid = choose_tile_grid(self.tiles.shape, space.width(), space.height(), label=size, order=self.order)
        return PlacedHistograms(self, rect, size, project_grid(grid, space))


class PlacedHistograms(NamedTuple):
    """Position of each picture."""

    body: HistogramsBody
    rect: QRectF
    size: float
    projection: Projection

    def draw(self, painter: QPainter, theme: Theme) -> None:
        """Draw the pictures with the numbers of their maps, and their meaning."""
        projection, size = self.projection, self.size
        draw_tiles(painter, projection, self.body.tiles, theme)
        draw_tile_numbers(painter, projection, str, size, theme)
        below = projection.rect.top() + projection.grid.height * projection.scale + size * 0.4
        legend = QRectF(self.rect.left(), below, self.rect.width(), size * 4)
        draw_wrapped_text(painter, legend, self.body.meaning_text, size, theme.muted)

    def describe(self, point: QPointF) -> str:
        """Describe the bin under a point and the statistics of its map."""
        spot = self.projection.spot_at(point)
        if spot is None:
            return ""
        histograms, channel = self.body.histograms, spot.channel
        low, high = histograms.counts.ends(spot.x)
        count = int(histograms.counts.counts[channel, spot.x])
        figures = histograms.statistics
        return (
            f"map {channel}: {count_text(count, 'value')} "
            f"from {' to '.join(range_texts(low, high))} · "
            f"mean {number_text(float(figures.mean[channel]))}, "
            f"variance {number_text(float(figures.variance[channel]))}, "
            f"{number_text(100 * float(figures.zeros[channel]), 3)} % zeros"
        )

    def focus_at(self, point: QPointF) -> Focus | None:
        """Return the map of a picture."""
        spot: Spot | None = self.projection.spot_at(point)
        focus = self.body.focus
        return None if spot is None else Focus(*focus.ref, spot.channel, focus.pixel)

    def focus_for_key(self, number: int) -> Focus | None:
        return None
