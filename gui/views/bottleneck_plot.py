"""The plot of the Bottleneck view: a PlotItem with logarithmic axes, curves, and the line of the rank to drag."""

from collections.abc import Callable
from math import log10
from typing import NamedTuple, cast

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsGridLayout

from engine.rank_search import ErrorCurve
from gui.graphics.painted_axis import PaintedAxis
from gui.graphics.painted_item import PaintedItem
from gui.graphics.pixels import pixel_coordinates
from gui.graphics.zoom import FIT
from gui.graphics.zoom_box import ZoomBox
from gui.paint.bottleneck import chart_drawing
from gui.paint.bottleneck.chart_layout import ChartLayout, zoom_chart
from gui.paint.bottleneck.chart_marks import ChartMarks
from gui.paint.bottleneck.chart_readout import (
    ChartPoint,
    Readout,
    draw_readout,
    hit_chart,
    lay_out_readout,
    nearest_point_of_rank,
)
from gui.theme import Theme

_GRIP = 14
"""Width in pixels of the area in which the line can be grabbed; its handle fits in."""
_AROUND_RANK = 0.25
"""Part of the whole that is visible after zooming to the selected rank, in each direction."""


class _RankLine(pg.InfiniteLine):
    """The vertical line of the selected rank, with a handle at its top.

    InfiniteLine drags it. The function that draws it for files does so here as well: the markers of InfiniteLine are
    misplaced on screens with scaling, and its pens are cosmetic.

    Parameters
    ----------
    draw
        Called with a painter in pixels of the scene, and whether the line is or can be dragged.
    """

    def __init__(self, draw: Callable[[QPainter, bool], None]) -> None:
        # The pen of hovering is as wide as what can be grabbed.
        super().__init__(angle=90, movable=True, hoverPen=pg.mkPen(width=_GRIP))
        self._draw = draw
        self.setCursor(Qt.CursorShape.SizeHorCursor)

    def paint(self, painter: QPainter, *_: object) -> None:
        with pixel_coordinates(self, painter):
            self._draw(painter, self.moving or self.mouseHovering)


class Chart(NamedTuple):
    """What a plot shows."""

    layout: ChartLayout
    curve: ErrorCurve
    marks: ChartMarks


class ChartPlot(pg.PlotItem):
    """Error against MACs, in a box whose units are logarithms to base 10.

    What lies below the line (grid, curves, points), what lies above it (legend), and what is said about the point under
    the mouse are items that host the functions that paint files, with plain pens. They are beside the box, not in it: a
    box cuts off what is in it, and marks on the frame would be halves. The plot fills the scene, so that their
    coordinates are pixels.

    Parameters
    ----------
    box
        The box to zoom.
    chart
        What is shown first, all of it.
    """

    rank_dragged = Signal(int)
    """Index of the rank to which the line is dragged."""

    def __init__(self, box: ZoomBox, chart: Chart, theme: Theme) -> None:
        left = PaintedAxis("left", self._paint_error_axis)
        bottom = PaintedAxis("bottom", self._paint_macs_axis)
        top = PaintedAxis("top", self._paint_rank_axis)
        super().__init__(viewBox=box, axisItems={"left": left, "bottom": bottom, "top": top}, enableMenu=False)
        self.hideButtons()
        self.chart = chart
        """What is visible now."""
        self._whole, self._theme, self._axes = chart, theme, (left, bottom, top)
        self._pointer: QPointF | None = None
        self._readout: Readout | None = None
        self._line = _RankLine(self._paint_line)
        self.addItem(self._line, ignoreBounds=True)
        self._below = self._add_layer(self._paint_below, box.zValue() - 1)
        self._above = self._add_layer(self._paint_above, 1)
        self._said = self._add_layer(self._paint_readout, 2)
        box.sigRangeChanged.connect(self._show_visible_part)
        self._line.sigDragged.connect(self._on_line_dragged)
        self._line.sigPositionChangeFinished.connect(self._show_selected_rank)

    def _add_layer(self, paint: Callable[[QPainter], None], height: float) -> PaintedItem:
        """Add an item at a height above or below the box and the axes."""
        item = PaintedItem(paint)
        item.setParentItem(self)
        item.setZValue(height)
        return item

    # What is shown

    def show_chart(self, chart: Chart, theme: Theme, size: QSizeF) -> None:
        """Show a chart that is laid out in a scene of a size. What a zoomed box shows stays."""
        self._whole, self._theme = chart, theme
        self._place(chart.layout, size)
        visible = self.vb.viewRect()
        is_zoomed = self.vb.zoom != FIT
        self.vb.set_whole(chart.layout.whole)
        if is_zoomed:
            self.vb.zoom_to(visible)
        if not self._line.moving:
            self._show_selected_rank()
        self._show_visible_part()

    def _show_selected_rank(self) -> None:
        """Put the line at the selected rank, also after a drag whose rank was refused."""
        _, curve, marks = self._whole
        self._line.setVisible(marks.selected_index is not None)
        if marks.selected_index is not None:
            self._line.setValue(log10(curve.costs[marks.selected_index]))

    def _place(self, layout: ChartLayout, size: QSizeF) -> None:
        """Put the box and the axes where they are laid out."""
        rect, plot = QRectF(QPointF(), size), layout.plot
        self.setGeometry(rect)
        left, bottom, top = self._axes
        width, height, depth = map(round, layout.sides)
        left.setWidth(width)
        top.setHeight(height)
        bottom.setHeight(depth)
        grid = cast(QGraphicsGridLayout, self.layout)
        right, below = rect.right() - plot.right(), rect.bottom() - plot.bottom()
        grid.setContentsMargins(plot.left() - width, plot.top() - height, right, below - depth)
        grid.activate()
        for axis in self._axes:
            axis.set_painted_rect(rect)  # labels at the ends, and titles, are outside its geometry
        for item in (self._below, self._above):
            item.set_rect(rect)

    def _show_visible_part(self) -> None:
        """Lay out and paint what depends on the range."""
        self.chart = self._whole._replace(layout=zoom_chart(*self._whole, self.vb.viewRect()))
        for item in (self._below, self._above, self._line, *self._axes):
            item.update()
        self._show_readout()

    def zoom_to_selection(self) -> None:
        """Show the selected rank and its surroundings."""
        layout, curve, marks = self._whole
        if (index := marks.selected_index) is not None:
            error = curve.decisive_errors.get(index) or curve.expected_errors[index]
            size = layout.whole.size() * _AROUND_RANK
            corner = QPointF(log10(curve.costs[index]) - size.width() / 2, layout.level(error) - size.height() / 2)
            self.vb.zoom_to(QRectF(corner, size))

    # The mouse

    def hit(self, at: QPointF) -> ChartPoint | None:
        """Return the point of the curve at a point of the scene; None outside the plot."""
        return hit_chart(self.chart.layout, self.chart.curve, at)

    def point_at(self, at: QPointF | None) -> None:
        """Mark the point of the curve at a point of the scene, and show what is said about it; nothing for None."""
        self._pointer = at
        self._show_readout()

    def _show_readout(self) -> None:
        point = None if self._pointer is None else self._marked_point(self._pointer)
        readout = None if point is None else lay_out_readout(self.chart.layout, self.chart.curve, point)
        if readout != self._readout:
            self._readout = readout
            self._said.set_rect(QRectF() if readout is None else readout.rect)

    def _marked_point(self, at: QPointF) -> ChartPoint | None:
        """Return the point under the mouse; while the line is dragged, the nearest one of its rank."""
        layout, curve, marks = self.chart
        if self._line.moving and marks.selected_index is not None:
            return nearest_point_of_rank(layout, curve, marks.selected_index, at.y())
        return self.hit(at)

    def _on_line_dragged(self) -> None:
        """Move the line to the nearest rank that is visible."""
        index = self.chart.layout.nearest_index(self.chart.curve, self._line_x())
        if index is not None:
            self._line.setValue(log10(self.chart.curve.costs[index]))
            self.rank_dragged.emit(index)

    def _line_x(self) -> float:
        """The pixel of the line."""
        return float(self.vb.mapViewToScene(self._line.pos()).x())

    # Painting

    def _paint_below(self, painter: QPainter) -> None:
        chart_drawing.draw_curves(painter, *self.chart, self._theme)

    def _paint_above(self, painter: QPainter) -> None:
        chart_drawing.draw_notes(painter, *self.chart, self._theme)

    def _paint_error_axis(self, painter: QPainter) -> None:
        chart_drawing.draw_error_axis(painter, self.chart.layout, self._theme)

    def _paint_macs_axis(self, painter: QPainter) -> None:
        chart_drawing.draw_macs_axis(painter, self.chart.layout, self._theme)

    def _paint_rank_axis(self, painter: QPainter) -> None:
        chart_drawing.draw_rank_axis(painter, self.chart.layout, self.chart.curve, self._theme)

    def _paint_line(self, painter: QPainter, is_grabbed: bool) -> None:
        colour = self._theme.accent if is_grabbed else self._theme.text
        chart_drawing.draw_rank_line(painter, self.chart.layout, self._line_x(), colour)

    def _paint_readout(self, painter: QPainter) -> None:
        if self._readout is not None:
            draw_readout(painter, self.chart.layout, self._readout, self._theme)
