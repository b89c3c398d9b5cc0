"""The canvas of the Bottleneck view's chart: a pyqtgraph plot of error against MACs, whose rank can be dragged."""

from collections.abc import Callable
from functools import partial
from math import log10
from typing import NamedTuple

from msgspec.structs import replace
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter
from PySide6.QtWidgets import QWidget

from engine.rank_search import ErrorCurve
from gui.graphics.canvas import Canvas
from gui.graphics.painted_item import PaintedItem
from gui.graphics.zoom_box import ZoomBox
from gui.paint.bottleneck import chart_drawing
from gui.paint.bottleneck.chart_layout import ChartLayout, zoom_chart
from gui.paint.bottleneck.chart_marks import ChartMarks
from gui.paint.bottleneck.chart_readout import (
    ChartPoint,
    Readout,
    describe_rank,
    draw_readout,
    hit_chart,
    lay_out_readout,
    nearest_point_of_rank,
)
from gui.paint.bottleneck.drawing import BottleneckContent, draw_texts, lay_out_bottleneck
from gui.state.view_state import ViewState
from gui.theme import THEMES
from gui.views.bottleneck_plot import ChartPlot

_RANK_STEPS = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_PageDown: -8,
    Qt.Key.Key_PageUp: 8,
    Qt.Key.Key_Home: -(10**6),
    Qt.Key.Key_End: 10**6,
}
_AROUND_RANK = 0.25
"""Part of the whole that is visible after zooming to the selected rank, in each direction."""


class _VisibleChart(NamedTuple):
    """What is drawn: the layout of the visible part, the curve and its marks."""

    layout: ChartLayout
    curve: ErrorCurve
    marks: ChartMarks


class ChartCanvas(Canvas):
    """The chart: the line of the rank can be dragged, a click or a key selects a rank, hovering shows its errors.

    The texts, what lies below the line (grid, curves, points), what lies above it (legend), and what is said about the
    point under the mouse are four items that host the functions that paint files. They are beside the plot, not in its
    box: a box cuts off what is in it, and marks on the frame would be halves.
    """

    rank_selected = Signal(int)
    """Its index in the curve."""

    def __init__(self, content: BottleneckContent, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__("Error against MACs", THEMES[state.look.theme], parent)
        self.setMinimumSize(110, 60)
        self.keys |= {key: partial(self._step_rank, step) for key, step in _RANK_STEPS.items()}
        self._content = content
        self._layout = lay_out_bottleneck(QRectF(self.rect()), content)
        self._visible: _VisibleChart | None = None
        self._made_plot: ChartPlot | None = None
        self._shown: object = None
        """Session, layer and form of the curve, which the zoom is for."""
        self._pointer: QPointF | None = None
        """Position of the mouse over the widget."""
        self._readout: Readout | None = None
        self._items = [
            self._add_item(paint, height)
            for paint, height in ((self._paint_texts, -2), (self._paint_below, -1), (self._paint_above, 1))
        ]
        self._readout_item = self._add_item(self._paint_readout, 2)
        self.sigDeviceRangeChanged.connect(self._lay_out)
        self.show_content(content, state)

    def _add_item(self, paint: Callable[[QPainter], None], height: int) -> PaintedItem:
        """Add an item below or above the plot, which is at height 0."""
        item = PaintedItem(paint)
        item.setZValue(height)
        self.sceneObj.addItem(item)
        return item

    @property
    def _plot(self) -> ChartPlot:
        """The plot. It is made with the first chart, as a PlotItem takes as long as a frame."""
        if self._made_plot is None:
            axes = {"left": self._paint_error_axis, "bottom": self._paint_macs_axis, "top": self._paint_rank_axis}
            plot = self._made_plot = ChartPlot(axes, self._paint_line)
            self.sceneObj.addItem(plot)
            plot.box.sigRangeChanged.connect(self._show_visible_part)
            plot.line.sigDragged.connect(self._on_line_dragged)
        return self._made_plot

    @property
    def zoom_box(self) -> ZoomBox:
        return self._plot.box

    # State → items

    def show_content(self, content: BottleneckContent, state: ViewState) -> None:
        """Show another content. The zoom stays for the same curve, also if points are added to it."""
        self._content = replace(content, maps=None)
        self.show_theme(THEMES[state.look.theme])
        self.setAccessibleDescription(f"{content.title}. {content.message}")
        self._lay_out()
        if content.curve is not None:
            shown = state.session, content.curve.ref, content.curve.form
            if shown != self._shown and self._visible is not None:
                self._shown = shown
                self.fit()

    def visible_chart(self) -> ChartLayout | None:
        """Return the layout of what is visible of the chart; None without a curve or space."""
        return None if self._visible is None else self._visible.layout

    def _lay_out(self) -> None:
        content, rect = self._content, QRectF(self.rect())
        self._layout = lay_out_bottleneck(rect, content)
        chart, curve, marks = self._layout.chart_layout, content.curve, content.chart_marks
        self._visible = None
        if chart is not None and curve is not None and marks is not None:
            self._visible = _VisibleChart(chart, curve, marks)
            self._plot.place(chart, rect.size())
            self._plot.setOpacity(content.opacity)
            self._show_whole(chart.whole)
            self._show_line(curve, marks)
        if self._made_plot is not None:
            self._made_plot.setVisible(self._visible is not None)
        for item in self._items:
            item.set_rect(rect)
        self._show_visible_part()

    def _show_whole(self, whole: QRectF) -> None:
        """Change what fitting shows; what a zoomed view shows stays."""
        box, visible = self._plot.box, self._plot.box.viewRect()
        is_zoomed = max(box.zoom.across, box.zoom.down) > 1.0 + 1e-6
        if whole != box.whole:
            box.set_whole(whole)
            if is_zoomed:
                box.zoom_to(visible)

    def _show_line(self, curve: ErrorCurve, marks: ChartMarks) -> None:
        line, index = self._plot.line, marks.selected_index
        line.setVisible(index is not None)
        if index is not None and not line.moving:
            line.setValue(log10(curve.costs[index]))

    def _show_visible_part(self) -> None:
        """Update what depends on the range of the plot."""
        if self._visible is not None and self._layout.chart_layout is not None:
            _, curve, marks = self._visible
            chart = zoom_chart(self._layout.chart_layout, curve, marks, self._plot.box.viewRect())
            self._visible = _VisibleChart(chart, curve, marks)
            for item in self._items[1:]:
                item.update()
        self._show_readout()

    # Painting

    def _paint_texts(self, painter: QPainter) -> None:
        draw_texts(painter, self._content, self._layout, self._theme)

    def _paint_below(self, painter: QPainter) -> None:
        if self._visible is not None:
            painter.setOpacity(self._content.opacity)
            chart_drawing.draw_curves(painter, *self._visible, self._theme)

    def _paint_above(self, painter: QPainter) -> None:
        if self._visible is not None:
            painter.setOpacity(self._content.opacity)
            chart_drawing.draw_notes(painter, *self._visible, self._theme)

    def _paint_error_axis(self, painter: QPainter) -> None:
        if self._visible is not None:
            chart_drawing.draw_error_axis(painter, self._visible.layout, self._theme)

    def _paint_macs_axis(self, painter: QPainter) -> None:
        if self._visible is not None:
            chart_drawing.draw_macs_axis(painter, self._visible.layout, self._theme)

    def _paint_rank_axis(self, painter: QPainter) -> None:
        if self._visible is not None:
            chart_drawing.draw_rank_axis(painter, self._visible.layout, self._visible.curve, self._theme)

    def _paint_line(self, painter: QPainter, is_grabbed: bool) -> None:
        if self._visible is not None:
            x = self._plot.box.mapViewToScene(self._plot.line.pos()).x()
            colour = self._theme.accent if is_grabbed else self._theme.text
            chart_drawing.draw_rank_line(painter, self._visible.layout, x, colour)

    def _paint_readout(self, painter: QPainter) -> None:
        if self._readout is not None and self._visible is not None:
            draw_readout(painter, self._visible.layout, self._readout, self._theme)

    # Ranks and points

    def _point_under_mouse(self) -> ChartPoint | None:
        """The point that is under the mouse; while the line is dragged, the nearest one of its rank."""
        if self._visible is None or self._pointer is None:
            return None
        layout, curve, marks = self._visible
        if self._plot.line.moving and marks.selected_index is not None:
            return nearest_point_of_rank(layout, curve, marks.selected_index, self._pointer.y())
        return hit_chart(layout, curve, self._pointer)

    def _show_readout(self) -> None:
        point, readout = self._point_under_mouse(), None
        if self._visible is not None and point is not None:
            readout = lay_out_readout(self._visible.layout, self._visible.curve, point)
        if readout != self._readout:
            self._readout = readout
            self._readout_item.set_rect(QRectF() if readout is None else readout.rect)

    def describe(self, point: QPointF) -> str:
        hit = None if self._visible is None else hit_chart(self._visible.layout, self._visible.curve, point)
        return "" if hit is None or self._visible is None else describe_rank(self._visible.curve, hit.rank_index)

    def click(self, point: QPointF) -> None:
        hit = None if self._visible is None else hit_chart(self._visible.layout, self._visible.curve, point)
        if hit is not None:
            self._select(hit.rank_index)

    def zoom_to_selection(self) -> None:
        """Show the selected rank and its surroundings."""
        if self._visible is None or (index := self._visible.marks.selected_index) is None:
            return
        _, curve, _ = self._visible
        whole = self._plot.box.whole
        error = curve.decisive_errors.get(index) or curve.expected_errors[index]
        middle = QPointF(log10(curve.costs[index]), log10(max(error, 10 ** whole.top())))
        size = whole.size() * _AROUND_RANK
        self._plot.box.zoom_to(QRectF(middle - QPointF(size.width() / 2, size.height() / 2), size))

    def _step_rank(self, step: int) -> None:
        if self._visible is not None:
            index = (self._visible.marks.selected_index or 0) + step
            self.rank_selected.emit(min(max(index, 0), len(self._visible.curve.ranks) - 1))

    def _select(self, index: int) -> None:
        if self._visible is not None and index != self._visible.marks.selected_index:
            self.rank_selected.emit(index)

    def _on_line_dragged(self) -> None:
        """Keep the line at the visible rank that is nearest to the mouse, and select it."""
        if self._visible is None:
            return
        layout, curve, _ = self._visible
        line = self._plot.line
        index = layout.nearest_index(curve, self._plot.box.mapViewToScene(line.pos()).x())
        if index is not None:
            line.setValue(log10(curve.costs[index]))
            self._select(index)
            self._report_hover(describe_rank(curve, index))

    # Mouse

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointer = event.position()
        super().mouseMoveEvent(event)
        self._show_readout()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._pointer = None
        self._show_readout()
