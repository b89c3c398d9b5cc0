"""Details of the chosen map: its kernel, its histogram, or what each input channel gives to it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from gui.paint.basics.text_drawing import draw_wrapped_text, wrapped_text_height
from gui.paint.maps.budget import Budget
from gui.paint.maps.detail.base import DetailBody, MapDetail, PlacedBody
from gui.paint.maps.detail.contributions import build_contributions_detail
from gui.paint.maps.detail.histogram import build_histogram_detail
from gui.paint.maps.detail.histograms import build_histograms_detail
from gui.paint.maps.detail.kernel import build_kernel_detail
from gui.paint.maps.mosaic_panels import MosaicPanel
from gui.state.view_state import DetailKind as Kind
from gui.state.view_state import ViewState
from gui.theme import Theme

__all__ = [
    "_DETAIL_BUILDERS",
    "DetailBody",
    "MapDetail",
    "PlacedBody",
    "PlacedDetail",
    "build_map_detail",
    "draw_detail",
    "lay_out_detail",
]

_DETAIL_BUILDERS: dict[Kind, Callable[[ViewState, Sequence[MosaicPanel], Budget], MapDetail | None]] = {
    "kernel": lambda state, shown, budget: build_kernel_detail(state, budget),
    "kernel by size": lambda state, shown, budget: build_kernel_detail(state, budget),
    "histogram": lambda state, shown, budget: build_histogram_detail(state, shown),
    "histograms": lambda state, shown, budget: build_histograms_detail(state, budget),
    "contributions": lambda state, shown, budget: build_contributions_detail(state, budget),
    "none": lambda state, shown, budget: None,
}
"""What can be shown of the chosen map."""


def build_map_detail(state: ViewState, shown: Sequence[MosaicPanel], budget: Budget) -> MapDetail | None:
    """What the look asks for; None where no map is chosen, or the layer has no such thing."""
    return _DETAIL_BUILDERS[state.look.detail](state, shown, budget)


class PlacedDetail(NamedTuple):
    """A detail and where it is."""

    detail: MapDetail
    detail_rect: QRectF
    size: float
    body: PlacedBody | None


def lay_out_detail(detail: MapDetail, rect: QRectF, size: float) -> PlacedDetail:
    """Lay it out: its title, and below it the rest."""
    head = detail_title_height(detail, rect.width(), size)
    body = None if detail.body is None else detail.body.lay_out(rect.adjusted(0, head, 0, 0), size)
    return PlacedDetail(detail, rect, size, body)


def detail_title_height(detail: MapDetail, width: float, size: float) -> float:
    return wrapped_text_height(detail.title, width, size, bold=True) + size * 0.4


def draw_detail(painter: QPainter, placed: PlacedDetail, theme: Theme) -> None:
    """Title and body, or why there is nothing to see."""
    detail, rect, size = placed.detail, placed.detail_rect, placed.size
    draw_wrapped_text(painter, rect, detail.title, size, theme.text, bold=True)
    if placed.body is not None:
        placed.body.draw(painter, theme)
        return
    below = rect.adjusted(0, detail_title_height(detail, rect.width(), size), 0, 0)
    draw_wrapped_text(painter, below, detail.reason, size, theme.error if detail.is_error else theme.muted)
