"""Details of the chosen map: its kernel, its histogram, or what each input channel gives to it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from gui.paint.basics.words import draw_wrapped, wrapped_height
from gui.paint.maps.budget import Budget
from gui.paint.maps.detail.base import Body, Detail, Placed
from gui.paint.maps.detail.contributions import contributions_detail
from gui.paint.maps.detail.histogram import histogram_detail
from gui.paint.maps.detail.histograms import histograms_detail
from gui.paint.maps.detail.kernel import kernel_detail
from gui.paint.maps.mosaic_panels import Plate
from gui.state.view_state import Detail as Kind
from gui.state.view_state import ViewState
from gui.theme import Theme

__all__ = ["DETAILS", "Body", "Detail", "Placed", "PlacedDetail", "detail_of", "draw_detail", "place_detail"]

DETAILS: dict[Kind, Callable[[ViewState, Sequence[Plate], Budget], Detail | None]] = {
    "kernel": lambda state, shown, budget: kernel_detail(state, budget),
    "kernel by size": lambda state, shown, budget: kernel_detail(state, budget),
    "histogram": lambda state, shown, budget: histogram_detail(state, shown),
    "histograms": lambda state, shown, budget: histograms_detail(state, budget),
    "contributions": lambda state, shown, budget: contributions_detail(state, budget),
    "none": lambda state, shown, budget: None,
}
"""What can be shown of the chosen map."""


def detail_of(state: ViewState, shown: Sequence[Plate], budget: Budget) -> Detail | None:
    """What the look asks for; None where no map is chosen, or the layer has no such thing."""
    return DETAILS[state.look.detail](state, shown, budget)


class PlacedDetail(NamedTuple):
    """A detail and where it is."""

    detail: Detail
    rect: QRectF
    size: float
    body: Placed | None


def place_detail(detail: Detail, rect: QRectF, size: float) -> PlacedDetail:
    """Lay it out: its title, and below it the rest."""
    head = title_height(detail, rect.width(), size)
    body = None if detail.body is None else detail.body.place(rect.adjusted(0, head, 0, 0), size)
    return PlacedDetail(detail, rect, size, body)


def title_height(detail: Detail, width: float, size: float) -> float:
    return wrapped_height(detail.title, width, size, bold=True) + size * 0.4


def draw_detail(painter: QPainter, placed: PlacedDetail, theme: Theme) -> None:
    """Title and body, or why there is nothing to see."""
    detail, rect, size = placed.detail, placed.rect, placed.size
    draw_wrapped(painter, rect, detail.title, size, theme.text, bold=True)
    if placed.body is not None:
        placed.body.draw(painter, theme)
        return
    below = rect.adjusted(0, title_height(detail, rect.width(), size), 0, 0)
    draw_wrapped(painter, below, detail.fault, size, theme.error if detail.wrong else theme.muted)
