"""The plot of the view of differences: a PlotItem with a column per layer and the errors along the network."""

from typing import NamedTuple, cast

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsGridLayout

from gui.graphics.painted_axis import PaintedAxis
from gui.graphics.painted_item import PaintedItem
from gui.graphics.zoom_box import ZoomBox
from gui.paint.differences import chart_drawing
from gui.paint.differences.chart_layout import ErrorChart
from gui.paint.differences.content import DifferencesContent
from gui.theme import Theme


class ShownErrors(NamedTuple):
    """What a plot shows."""

    chart: ErrorChart
    content: DifferencesContent
    selected: int | None


class ErrorPlot(pg.PlotItem):
    """Errors in a box whose units are layers and errors.

    Columns, curve and names are items that host the functions that paint files; they are beside the box, which would
    cut off the halves of points on its frame. The plot fills the scene, so that their coordinates are pixels.

    Parameters
    ----------
    box
        The box to zoom.
    shown
        What is shown first, all of it.
    """

    def __init__(self, box: ZoomBox, shown: ShownErrors, theme: Theme) -> None:
        left = PaintedAxis("left", self._paint_error_axis)
        bottom = PaintedAxis("bottom", self._paint_layer_axis)
        super().__init__(viewBox=box, axisItems={"left": left, "bottom": bottom}, enableMenu=False)
        self.hideButtons()
        self.shown = shown
        """What is visible now."""
        self._theme, self._axes = theme, (left, bottom)
        self._below = PaintedItem(self._paint_columns)
        self._curve = PaintedItem(self._paint_curve)
        for item, height in ((self._below, box.zValue() - 1), (self._curve, 1.0)):
            item.setParentItem(self)
            item.setZValue(height)
        box.sigRangeChanged.connect(self._show_visible_part)

    def show_errors(self, shown: ShownErrors, theme: Theme, size: QSizeF) -> None:
        """Show errors that are laid out in a scene of a size; the zoom stays."""
        self.shown, self._theme = shown, theme
        self._place(shown.chart, size)
        self.vb.set_whole(shown.chart.whole)
        self._show_visible_part()

    def _place(self, chart: ErrorChart, size: QSizeF) -> None:
        """Put the box and the axes where they are laid out."""
        rect, plot = QRectF(QPointF(), size), chart.plot
        self.setGeometry(rect)
        left, bottom = self._axes
        width, depth = round(plot.left()), round(rect.bottom() - plot.bottom())
        left.setWidth(width)
        bottom.setHeight(depth)
        grid = cast(QGraphicsGridLayout, self.layout)
        grid.setContentsMargins(plot.left() - width, plot.top(), rect.right() - plot.right(), 0)
        grid.activate()
        for axis in self._axes:
            axis.set_painted_rect(rect)
        for item in (self._below, self._curve):
            item.set_rect(rect)

    def _show_visible_part(self) -> None:
        self.shown = self.shown._replace(chart=self.shown.chart._replace(visible=self.vb.viewRect()))
        for item in (self._below, self._curve, *self._axes):
            item.update()

    def _paint_columns(self, painter: QPainter) -> None:
        chart_drawing.draw_columns(painter, *self.shown, self._theme)

    def _paint_curve(self, painter: QPainter) -> None:
        chart_drawing.draw_curve(painter, self.shown.chart, self.shown.content, self._theme)

    def _paint_error_axis(self, painter: QPainter) -> None:
        chart_drawing.draw_error_axis(painter, self.shown.chart, self.shown.content, self._theme)

    def _paint_layer_axis(self, painter: QPainter) -> None:
        chart_drawing.draw_layer_axis(painter, *self.shown, self._theme)
