"""The canvas of the Bottleneck view's chart: it shows texts and the plot, and reports the rank that is selected."""

from functools import partial

from msgspec.structs import replace
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter
from PySide6.QtWidgets import QWidget

from gui.graphics.canvas import Canvas
from gui.graphics.painted_item import PaintedItem
from gui.graphics.text_scale import text_scale
from gui.graphics.zoom_box import ZoomBox
from gui.paint.bottleneck.chart_layout import ChartLayout
from gui.paint.bottleneck.chart_readout import describe_rank
from gui.paint.bottleneck.drawing import BottleneckContent, draw_texts, lay_out_bottleneck
from gui.state.view_state import ViewState
from gui.theme import THEMES
from gui.views.bottleneck_plot import Chart, ChartPlot

_RANK_STEPS = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_PageDown: -8,
    Qt.Key.Key_PageUp: 8,
    Qt.Key.Key_Home: -(10**6),
    Qt.Key.Key_End: 10**6,
}


class ChartCanvas(Canvas):
    """The chart: the line of the rank can be dragged, a click or a key selects a rank, hovering shows its errors."""

    rank_selected = Signal(int)
    """Its index in the curve."""

    def __init__(self, content: BottleneckContent, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__("Error against MACs", THEMES[state.look.theme], parent)
        self.setMinimumSize(110, 60)
        self.keys |= {key: partial(self._step_rank, step) for key, step in _RANK_STEPS.items()}
        self._content = content
        self._layout = lay_out_bottleneck(QRectF(self.rect()), content, text_scale(self))
        self._box = ZoomBox(keeps_aspect=False, up=True)
        self._plot: ChartPlot | None = None
        """Made with the first chart, as a PlotItem takes as long as a frame."""
        self._chart: Chart | None = None
        """The whole chart; None without a curve or space."""
        self._curve_id: object = None
        """Session, layer and form of the curve, which the zoom is for."""
        self._texts = PaintedItem(self._paint_texts)
        self.addItem(self._texts)
        self.sigDeviceRangeChanged.connect(self._lay_out)
        self.show_content(content, state)

    @property
    def zoom_box(self) -> ZoomBox:
        return self._box

    # State → items

    def show_content(self, content: BottleneckContent, state: ViewState) -> None:
        """Show another content. The zoom stays for the same curve, also if points are added to it."""
        self._content = replace(content, maps=None)
        self.show_theme(THEMES[state.look.theme])
        self.setAccessibleDescription(content.description)
        curve = content.curve
        curve_id = self._curve_id if curve is None else (state.session, curve.ref, curve.form)
        if curve_id != self._curve_id:
            self._curve_id = curve_id
            self.fit()
        self._lay_out()

    def visible_chart(self) -> ChartLayout | None:
        """Return the layout of what is visible of the chart; None without a curve or space."""
        return None if self._chart is None or self._plot is None else self._plot.chart.layout

    def _lay_out(self) -> None:
        content, rect = self._content, QRectF(self.rect())
        self._layout = lay_out_bottleneck(rect, content, text_scale(self))
        self._texts.set_rect(rect)
        layout, curve, marks = self._layout.chart_layout, content.curve, content.chart_marks
        self._chart = None
        if layout is not None and curve is not None and marks is not None:
            self._chart = Chart(layout, curve, marks)
            if self._plot is None:
                self._plot = self._make_plot(self._chart)
            self._plot.show_chart(self._chart, self._theme, rect.size())
            self._plot.setOpacity(content.opacity)
        if self._plot is not None:
            self._plot.setVisible(self._chart is not None)

    def _make_plot(self, chart: Chart) -> ChartPlot:
        plot = ChartPlot(self._box, chart, self._theme)
        plot.rank_dragged.connect(self._on_rank_dragged)
        self.addItem(plot)
        return plot

    def _paint_texts(self, painter: QPainter) -> None:
        draw_texts(painter, self._content, self._layout, self._theme)

    # Mouse and keys

    def _index_at(self, point: QPointF) -> int | None:
        """Return the index of the rank at a point of the widget."""
        hit = None if self._chart is None or self._plot is None else self._plot.hit(point)
        return None if hit is None else hit.rank_index

    def describe(self, point: QPointF) -> str:
        index = self._index_at(point)
        return "" if index is None or self._chart is None else describe_rank(self._chart.curve, index)

    def click(self, point: QPointF) -> None:
        if (index := self._index_at(point)) is not None:
            self._select(index)

    def zoom_to_selection(self) -> None:
        """Show the selected rank and its surroundings."""
        if self._chart is not None and self._plot is not None:
            self._plot.zoom_to_selection()

    def _step_rank(self, step: int) -> None:
        if self._chart is not None:
            index = (self._chart.marks.selected_index or 0) + step
            self.rank_selected.emit(min(max(index, 0), len(self._chart.curve.ranks) - 1))

    def _on_rank_dragged(self, index: int) -> None:
        self._select(index)
        if self._chart is not None:
            self._report_hover(describe_rank(self._chart.curve, index))

    def _select(self, index: int) -> None:
        if self._chart is not None and index != self._chart.marks.selected_index:
            self.rank_selected.emit(index)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        if self._plot is not None:
            self._plot.point_at(event.position())

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        if self._plot is not None:
            self._plot.point_at(None)
