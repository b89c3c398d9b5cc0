"""The kernel of the selected map as images: k×k weights per input channel."""

from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from engine.text.units import number_text
from gui.paint.basics.text_drawing import draw_wrapped_text, wrapped_text_height
from gui.paint.maps.budget import Budget
from gui.paint.maps.detail.base import MapDetail
from gui.paint.maps.kernel_image import KernelTiles, load_selected_kernel
from gui.paint.maps.tile_drawing import draw_colour_bar, draw_edges, draw_tile_numbers, draw_tiles
from gui.paint.maps.tile_grid import MapOrdering, Projection, choose_tile_grid, project_grid
from gui.paint.maps.tiles import MapTiles
from gui.state.focus import Focus
from gui.state.view_state import ViewState
from gui.theme import Theme


def build_kernel_detail(state: ViewState, budget: Budget) -> MapDetail | None:
    """Build the kernel of the selected filter; None if no map of a layer with kernels is selected."""
    kernel = load_selected_kernel(state, budget)
    if kernel is None:
        return None
    if kernel.tiles is None or kernel.tiles.values is None:
        return MapDetail(kernel.title, None, kernel.reason, kernel.is_mistake)
    by_size = state.look.detail == "kernel by size"
    order = (
        MapOrdering.from_channels(np.argsort(-kernel.channel_norms, kind="stable"))
        if by_size and len(kernel.channel_norms) > 1
        else None
    )
    title = f"{kernel.title} · largest first" if order is not None else kernel.title
    body = KernelBody(kernel, kernel.tiles, state.focus, order)
    return MapDetail(
        title, body, text=f"{title}, {kernel.source}, weights up to {number_text(kernel.largest_weight, 3)}"
    )


class KernelBody(NamedTuple):
    """Tiles of one filter's weights."""

    kernel: KernelTiles
    tiles: MapTiles
    focus: Focus
    order: MapOrdering | None

    @property
    def legend_text(self) -> str:
        """The source of the weights and the meaning of their colours."""
        return f"{self.kernel.source} · white is zero"

    def lay_out(self, rect: QRectF, size: float) -> "PlacedKernel":
        """Lay out the tiles above, colour bar and source below."""
        words = wrapped_text_height(self.legend_text, rect.width(), size)
        space = rect.adjusted(0, 0, 0, -words - size * 2.3)
        grid = choose_tile_grid(self.tiles.shape, space.width(), space.height(), label=size, order=self.order)
        return PlacedKernel(self, rect, size, project_grid(grid, space))


class PlacedKernel(NamedTuple):
    """Position of each weight."""

    body: KernelBody
    rect: QRectF
    size: float
    projection: Projection

    def draw(self, painter: QPainter, theme: Theme) -> None:
        """Draw the tiles with the numbers of their channels, the colour bar, and the source."""
        kernel, rect, size, projection = self.body.kernel, self.rect, self.size, self.projection
        draw_tiles(painter, projection, self.body.tiles, theme)
        draw_edges(painter, projection, self.body.tiles, theme)
        draw_tile_numbers(painter, projection, lambda channel: str(kernel.first_channel + channel), size, theme)
        below = projection.rect.top() + projection.grid.height * projection.scale + size * 0.4
        bar = QRectF(rect.left(), below, rect.width(), size * 1.5)
        low, high = number_text(-kernel.largest_weight, 3), number_text(kernel.largest_weight, 3)
        draw_colour_bar(painter, bar, self.body.tiles.colour_map, low, high, theme)
        source = QRectF(rect.left(), bar.bottom() + size * 0.2, rect.width(), rect.bottom() - bar.bottom())
        draw_wrapped_text(painter, source, self.body.legend_text, size, theme.muted)

    def describe(self, point: QPointF) -> str:
        """Describe the weight under a point, and the norm of its channel."""
        kernel, spot, values = self.body.kernel, self.projection.spot_at(point), self.body.tiles.values
        if spot is None or values is None:
            return ""
        focus = self.body.focus
        where = f"input channel {kernel.first_channel + spot.channel}, y {spot.y}, x {spot.x}"
        norm = f"norm ‖w‖ of this channel {number_text(kernel.channel_norms[spot.channel], 3)}"
        return f"{focus.design} · {focus.node} · filter {focus.channel}, {where}: {number_text(values[spot])} · {norm}"

    def focus_at(self, point: QPointF) -> Focus | None:
        return None

    def focus_for_key(self, number: int) -> Focus | None:
        return None
