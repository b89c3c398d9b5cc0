"""Details of the selected map: kernel, histograms or contributions of the input channels, as the look requests."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from gui.paint.basics.text_drawing import draw_wrapped_text, wrapped_text_height
from gui.paint.maps.budget import Budget
from gui.paint.maps.detail.base import MapDetail, PlacedBody
from gui.paint.maps.detail.contributions import build_contributions_detail
from gui.paint.maps.detail.histogram import build_histogram_detail
from gui.paint.maps.detail.histograms import build_histograms_detail
from gui.paint.maps.detail.kernel import build_kernel_detail
from gui.paint.maps.mosaic_panels import MosaicPanel
from gui.state.look import DetailKind
from gui.state.view_state import ViewState
from gui.theme import Theme

_DETAIL_BUILDERS: dict[DetailKind, Callable[[ViewState, Sequence[MosaicPanel], Budget], MapDetail | None]] = {
    "kernel": lambda state, panels, budget: build_kernel_detail(state, budget),
    "kernel by size": lambda state, panels, budget: build_kernel_detail(state, budget),
    "histogram": lambda state, panels, budget: build_histogram_detail(state, panels),
    "histograms": lambda state, panels, budget: build_histograms_detail(state, budget),
    "contributions": lambda state, panels, budget: build_contributions_detail(state, budget),
    "none": lambda state, panels, budget: None,
}
"""The details that can be shown, by their name in the look."""


def build_map_detail(state: ViewState, panels: Sequence[MosaicPanel], budget: Budget) -> MapDetail | None:
    """Build the detail that the look names; None if no map is selected or the layer has no such detail."""
    return _DETAIL_BUILDERS[state.look.detail](state, panels, budget)


class PlacedDetail(NamedTuple):
    """A detail and its position."""

    detail: MapDetail
    detail_rect: QRectF
    size: float
    body: PlacedBody | None


def lay_out_detail(detail: MapDetail, rect: QRectF, size: float) -> PlacedDetail:
    """Lay out the title, and the body below."""
    head = detail_title_height(detail, rect.width(), size)
    body = None if detail.body is None else detail.body.lay_out(rect.adjusted(0, head, 0, 0), size)
    return PlacedDetail(detail, rect, size, body)


def detail_title_height(detail: MapDetail, width: float, size: float) -> float:
    return wrapped_text_height(detail.title, width, size, bold=True) + size * 0.4


def draw_detail(painter: QPainter, layout: PlacedDetail, theme: Theme) -> None:
    """Draw title and body, or the reason why there is no body."""
    detail, rect, size = layout.detail, layout.detail_rect, layout.size
    draw_wrapped_text(painter, rect, detail.title, size, theme.text, bold=True)
    if layout.body is not None:
        layout.body.draw(painter, theme)
        return
    below = rect.adjusted(0, detail_title_height(detail, rect.width(), size), 0, 0)
    draw_wrapped_text(painter, below, detail.reason, size, theme.error if detail.is_mistake else theme.muted)
