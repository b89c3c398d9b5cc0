"""Catalogue of the figures for papers and slides: how each is laid out and drawn."""

from collections.abc import Callable
from functools import partial
from math import ceil
from typing import NamedTuple

from msgspec import Struct
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from gui.paint.basics.page import Page, page_for_format
from gui.paint.figures import from_above, googlenet_figure, inception_module, one_by_one
from gui.paint.figures.panels_figure import PanelsFigure, draw_panels
from gui.paint.tables.googlenet_table import GooglenetSheet, paint_googlenet_sheets
from gui.state.view_state import ViewState
from gui.theme import Theme


class FigureDrawing(NamedTuple):
    """A laid-out figure: its size in units of its page, and the function that draws it at the painter's origin."""

    width: int
    height: int
    paint: Callable[[QPainter, Theme], None]


class PageFigure(Struct, frozen=True):
    """A kind of figure that is drawn from the open project."""

    title: str
    tip: str
    lay_out: Callable[[ViewState, Page], FigureDrawing]
    """Raises ProjectError if there is nothing to draw."""
    choose_page: Callable[[ViewState, str], Page] = lambda state, file_format: page_for_format(file_format)
    """Chooses the best page for a file format."""


def _panels_figure(panels: Callable[[ViewState, Page], PanelsFigure]) -> Callable[[ViewState, Page], FigureDrawing]:
    def lay_out(state: ViewState, page: Page) -> FigureDrawing:
        figure = panels(state, page)
        return FigureDrawing(page.width, ceil(figure.height), partial(paint_panels, figure=figure))

    return lay_out


def paint_panels(painter: QPainter, theme: Theme, figure: PanelsFigure) -> None:
    """Draw a figure of volumes, with its width bands, at the painter's origin."""
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    from_above.draw_width_bands(painter, figure, theme)
    draw_panels(painter, figure, theme)


def _lay_out_table(state: ViewState, page: Page) -> FigureDrawing:
    sheets = googlenet_figure.googlenet_figure_sheets(state, page)
    height = googlenet_figure.googlenet_figure_height(sheets, page)
    rect = QRectF(0, 0, page.width, height)
    paint = partial(_paint_table, rect=rect, state=state, sheets=sheets)
    return FigureDrawing(page.width, page.height or height, paint)


def _paint_table(
    painter: QPainter, theme: Theme, rect: QRectF, state: ViewState, sheets: tuple[GooglenetSheet, ...]
) -> None:
    paint_googlenet_sheets(painter, rect, state, theme, sheets)


PAPER_FIGURES: dict[str, PageFigure] = {
    "inception-module": PageFigure(
        "Inception module",
        "Parallel branches, one per row, from a volume to where they join",
        _panels_figure(inception_module.lay_out_inception_module),
    ),
    "paper-table": PageFigure(
        "Paper's table",
        "GoogLeNet's table 1 of any design, published figures beside recounted ones",
        _lay_out_table,
        googlenet_figure.googlenet_figure_page,
    ),
    "one-by-one": PageFigure(
        "1×1 before a convolution",
        "A convolution without and with a 1×1 before it, and what each costs",
        _panels_figure(one_by_one.lay_out_one_by_one),
    ),
    "from-above": PageFigure(
        "From above",
        "The same from above: width shows only the number of maps",
        _panels_figure(from_above.lay_out_from_above),
    ),
}
