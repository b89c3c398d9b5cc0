"""The scatter plot of a sweep: a click selects a point, hovering names its settings, the wheel zooms."""

from functools import partial

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter
from PySide6.QtWidgets import QWidget

from engine.sweep.answers import amount_text, point_settings_text
from gui.graphics.canvas import Canvas
from gui.graphics.painted_item import PaintedItem
from gui.graphics.text_scale import text_scale
from gui.graphics.zoom_box import ZoomBox
from gui.paint.sweep.content import PlotPoint, SweepPlot
from gui.paint.sweep.drawing import WHOLE, PlotLayout, draw_plot, lay_out_plot, nearest_point
from gui.state.view_state import ViewState
from gui.theme import THEMES

_TEXT_SIZE = 12.0
_AROUND_SELECTION = 0.15
"""Share of each axis that is visible after zooming to the selection."""
_LEAST_SIZE = 60.0
"""Pixels of each side below which nothing is drawn."""
_STEPS: dict[int, int] = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}


class SweepCanvas(Canvas):
    """The points of a sweep in two metrics. The box zooms; its units are shares of the axes."""

    row_selected = Signal(int)
    """The position of a point in the table."""

    def __init__(self, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__("Points of the sweep", THEMES[state.look.theme], parent)
        self.setMinimumSize(160, 90)
        self.keys |= {key: partial(self._step, by) for key, by in _STEPS.items()}
        self._state = state
        self._plot: SweepPlot | None = None
        self._selected: int | None = None
        self._box = ZoomBox(keeps_aspect=False, up=True)
        self._box.set_whole(WHOLE)
        self._picture = PaintedItem(self._paint)
        self._picture.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        for item in (self._box, self._picture):
            self.addItem(item)
        self._box.sigRangeChanged.connect(self._picture.update)
        self.sigDeviceRangeChanged.connect(self._lay_out)
        self._lay_out()

    @property
    def zoom_box(self) -> ZoomBox:
        return self._box

    def show_plot(self, state: ViewState, plot: SweepPlot | None, selected: int | None) -> None:
        """Show other points, or another selected one; the zoom stays."""
        self._state, self._plot, self._selected = state, plot, selected
        self.show_theme(THEMES[state.look.theme])
        count = 0 if plot is None else len(plot.points)
        self.setAccessibleDescription(f"{count:,} points" if count else "no points yet")
        self._lay_out()

    def _lay_out(self) -> None:
        rect = QRectF(self.rect())
        self._picture.set_rect(rect)
        layout = self.layout_of_plot
        if layout is not None:
            self._box.setGeometry(layout.plot)
        self._picture.update()

    @property
    def layout_of_plot(self) -> PlotLayout | None:
        """Where things are now; None without anything to draw, or space."""
        if self._plot is None or not (self._plot.points or self._plot.designs):
            return None
        layout = lay_out_plot(QRectF(self.rect()), self._plot, _TEXT_SIZE * text_scale(self))
        if layout.plot.width() < _LEAST_SIZE or layout.plot.height() < _LEAST_SIZE:
            return None
        return layout._replace(visible=self._box.viewRect())

    def _paint(self, painter: QPainter) -> None:
        layout = self.layout_of_plot
        if layout is not None and self._plot is not None:
            draw_plot(painter, layout, self._plot, self._theme, self._selected_point)

    @property
    def _selected_point(self) -> PlotPoint | None:
        points = () if self._plot is None else self._plot.points
        return next((point for point in points if point.row == self._selected), None)

    # Mouse and keys

    def _point_at(self, place: QPointF) -> PlotPoint | None:
        layout = self.layout_of_plot
        return None if layout is None or self._plot is None else nearest_point(layout, self._plot, place)

    def describe(self, point: QPointF) -> str:
        """The settings and both amounts of a point."""
        sweep, target = self._state.sweep.sweep, self._point_at(point)
        if target is None or sweep is None or self._plot is None:
            return self._design_at(point)
        amounts = zip(self._plot.columns, (target.x, target.y), strict=True)
        texts = ", ".join(amount_text(column, amount) for column, amount in amounts)
        return f"{point_settings_text(sweep, self._state.sweep.rows[target.row])}: {texts}"

    def _design_at(self, place: QPointF) -> str:
        """The name and both amounts of a design whose star is at a place; "" without one."""
        layout, plot = self.layout_of_plot, self._plot
        if layout is None or plot is None:
            return ""
        for design in plot.designs:
            if (layout.at(design.x, design.y) - place).manhattanLength() <= layout.size:
                amounts = zip(plot.columns, (design.x, design.y), strict=True)
                return f"{design.name}: {', '.join(amount_text(column, amount) for column, amount in amounts)}"
        return ""

    def tip(self, point: QPointF) -> str:
        return self.describe(point)

    def click(self, point: QPointF) -> None:
        if (target := self._point_at(point)) is not None:
            self.row_selected.emit(target.row)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        on_point = self._point_at(event.position()) is not None
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if on_point else Qt.CursorShape.ArrowCursor)

    def zoom_to_selection(self) -> None:
        """Show the selected point and what is around it."""
        layout, point = self.layout_of_plot, self._selected_point
        if layout is not None and point is not None:
            side = _AROUND_SELECTION
            centre = QPointF(layout.x.share(point.x), layout.y.share(point.y))
            self._box.zoom_to(QRectF(centre.x() - side / 2, centre.y() - side / 2, side, side))

    def _step(self, by: int) -> None:
        """Select the previous or next point of the front."""
        front = () if self._plot is None else self._plot.front
        if not front:
            return
        rows = [point.row for point in front]
        at = rows.index(self._selected) + by if self._selected in rows else (0 if by > 0 else len(rows) - 1)
        self.row_selected.emit(rows[min(max(at, 0), len(rows) - 1)])
