"""The canvas of the errors along the network: a click or a key selects a layer, hovering describes it."""

from functools import partial

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget

from gui.graphics.canvas import Canvas
from gui.graphics.text_scale import text_scale
from gui.graphics.zoom_box import ZoomBox
from gui.paint.differences.chart_layout import ErrorChart, lay_out_errors
from gui.paint.differences.content import DifferencesContent, describe_layer, selected_layer
from gui.state.view_state import ViewState
from gui.theme import THEMES
from gui.views.error_plot import ErrorPlot, ShownErrors

_TEXT_SIZE = 12.0
_AROUND_SELECTION = 8
"""Layers that are visible after zooming to the selection."""
_STEPS: dict[int, int] = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_Home: -(10**6),
    Qt.Key.Key_End: 10**6,
}


class ErrorCanvas(Canvas):
    """The chart of a comparison."""

    layer_selected = Signal(int)
    """The position of a layer in the comparison."""

    def __init__(self, content: DifferencesContent, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__("Relative error along the network", THEMES[state.look.theme], parent)
        self.setMinimumSize(160, 80)
        self.keys |= {key: partial(self._step, by) for key, by in _STEPS.items()}
        self._content, self._state = content, state
        self._box = ZoomBox(keeps_aspect=False, up=True)
        self._plot: ErrorPlot | None = None
        """Made with the first chart, as a PlotItem takes as long as a frame."""
        self._selected: int | None = None
        self._compared: object = None
        """Session and designs, which the zoom is for."""
        self.sigDeviceRangeChanged.connect(self._lay_out)
        self.show_content(content, state)

    @property
    def zoom_box(self) -> ZoomBox:
        return self._box

    def show_content(self, content: DifferencesContent, state: ViewState) -> None:
        """Show another comparison; the zoom stays for the same designs."""
        self._content, self._state = content, state
        self.show_theme(THEMES[state.look.theme])
        self._selected = selected_layer(content, state)
        differences = content.differences
        compared = None if differences is None else (state.session, differences.first, differences.second)
        if compared != self._compared:
            self._compared = compared
            self.fit()
        self.setAccessibleDescription(content.description)
        self._lay_out()

    def _lay_out(self) -> None:
        rect = QRectF(self.rect())
        chart = lay_out_errors(self._content, rect, _TEXT_SIZE * text_scale(self))
        if chart is not None:
            errors = ShownErrors(chart, self._content, self._selected)
            if self._plot is None:
                self._plot = ErrorPlot(self._box, errors, self._theme)
                self.addItem(self._plot)
            self._plot.show_errors(errors, self._theme, rect.size())
        if self._plot is not None:
            self._plot.setVisible(chart is not None)

    @property
    def visible_chart(self) -> ErrorChart | None:
        """What is visible of the chart; None without space."""
        return None if self._plot is None or not self._plot.isVisible() else self._plot.shown.chart

    # Mouse and keys

    def _layer_at(self, point: QPointF) -> int | None:
        chart = self.visible_chart
        return None if chart is None else chart.index_at(point)

    def describe(self, point: QPointF) -> str:
        index = self._layer_at(point)
        return "" if index is None else describe_layer(self._content, index)

    def tip(self, point: QPointF) -> str:
        return self.describe(point)

    def click(self, point: QPointF) -> None:
        if (index := self._layer_at(point)) is not None:
            self.layer_selected.emit(index)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        on_layer = self._layer_at(event.position()) is not None
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if on_layer else Qt.CursorShape.ArrowCursor)

    def zoom_to_selection(self) -> None:
        """Show the selected layer and some around it."""
        if self._selected is not None:
            whole = self._box.whole
            left = self._selected + 0.5 - _AROUND_SELECTION / 2
            self._box.zoom_to(QRectF(left, whole.top(), _AROUND_SELECTION, whole.height()))

    def _step(self, by: int) -> None:
        """Select the previous or next layer."""
        last = len(self._content.errors) - 1
        if last < 0:
            return
        start = (-1 if by > 0 else last + 1) if self._selected is None else self._selected
        self.layer_selected.emit(min(max(start + by, 0), last))
