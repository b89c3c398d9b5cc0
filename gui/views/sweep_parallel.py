"""Parallel coordinates of a sweep: a drag along an axis marks a range, a click selects the point of a line."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from engine.sweep.answers import point_settings_text
from engine.sweep.brushing import with_range, without_range
from gui.graphics.canvas import Canvas
from gui.graphics.painted_item import PaintedItem
from gui.graphics.text_scale import text_scale
from gui.graphics.zoom_box import ZoomBox
from gui.paint.sweep.parallel import (
    ParallelLayout,
    ParallelPlot,
    RangeDrag,
    axis_at,
    begin_drag,
    lay_out_parallel,
    line_at,
)
from gui.paint.sweep.parallel_drawing import draw_above, draw_lines
from gui.state.view_state import ViewState
from gui.theme import THEMES, Theme

_TEXT_SIZE = 12.0
_LEAST_DRAG = 4.0
"""Pixels up to which a drag is a click."""
_LEAST_HEIGHT = 30.0
"""Pixels of an axis below which nothing is drawn."""


class ParallelCanvas(Canvas):
    """An axis per column of a sweep, and a line per point. It is not zoomed: its box only takes part in commands."""

    row_selected = Signal(int)
    """The position of a point in the table."""
    brushed = Signal(object)
    """The ranges that are marked now, a tuple of `ColumnRange`."""

    def __init__(self, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__("All axes and metrics of the sweep", THEMES[state.look.theme], parent)
        self.setMinimumSize(160, 110)
        self.setMouseTracking(True)
        self.keys |= {Qt.Key.Key_Escape: self.clear}
        self._state = state
        self._plot: ParallelPlot | None = None
        self._selected: int | None = None
        self._drag: RangeDrag | None = None
        self._pressed = QPointF()
        self._pale, self._plain = _LinePicture(), _LinePicture()
        self._box = ZoomBox()
        self._picture = PaintedItem(self._paint)
        self._picture.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.addItem(self._picture)
        self.sigDeviceRangeChanged.connect(self._lay_out)
        self._lay_out()

    @property
    def zoom_box(self) -> ZoomBox:
        return self._box

    def show_plot(self, state: ViewState, plot: ParallelPlot | None, selected: int | None) -> None:
        """Show other points or ranges, or another selected point."""
        self._state, self._plot, self._selected = state, plot, selected
        self.show_theme(THEMES[state.look.theme])
        count = 0 if plot is None else int(plot.within.sum())
        self.setAccessibleDescription(f"{count:,} of {len(plot.within):,} points" if plot else "no points yet")
        self._picture.update()

    def _lay_out(self) -> None:
        self._picture.set_rect(QRectF(self.rect()))

    @property
    def layout_of_plot(self) -> ParallelLayout | None:
        """Where the axes are; None without a plot, or space."""
        if self._plot is None or not self._plot.axes:
            return None
        layout = lay_out_parallel(QRectF(self.rect()), len(self._plot.axes), _TEXT_SIZE * text_scale(self))
        return layout if layout.bottom - layout.top >= _LEAST_HEIGHT else None

    def _paint(self, painter: QPainter) -> None:
        layout, plot = self.layout_of_plot, self._plot
        if layout is None or plot is None:
            return
        visible = plot.within & plot.fits
        if not visible.all():
            pale = self._pale.drawn(self, (plot.shares,), layout, self._theme, plot.shares, pale=True)
            painter.drawPixmap(0, 0, pale)
        arrays, shares = (plot.shares, plot.within), plot.shares[visible]
        painter.drawPixmap(0, 0, self._plain.drawn(self, arrays, layout, self._theme, shares, pale=False))
        draw_above(painter, layout, plot, self._theme, self._selected)

    # Mouse and keys

    def describe(self, point: QPointF) -> str:
        """The range of an axis that is marked, or the settings of the point whose line is there."""
        layout, plot, sweep = self.layout_of_plot, self._plot, self._state.sweep
        if layout is None or plot is None or sweep.sweep is None:
            return ""
        index = axis_at(layout, point)
        if index is not None:
            axis = plot.axes[index]
            part = next((part for part in plot.ranges if part.column == axis.column), None)
            if part is not None:
                return f"{axis.title}: {axis.text(part.low)} to {axis.text(part.high)}; double-click clears"
            return f"{axis.title}: drag to mark a range"
        row = line_at(layout, plot, point)
        return "" if row is None or row >= len(sweep.rows) else point_settings_text(sweep.sweep, sweep.rows[row])

    def tip(self, point: QPointF) -> str:
        return self.describe(point)

    def click(self, point: QPointF) -> None:
        layout, plot = self.layout_of_plot, self._plot
        row = None if layout is None or plot is None else line_at(layout, plot, point)
        if row is not None:
            self.row_selected.emit(row)

    def double_click(self, point: QPointF) -> None:
        """Clear the range of an axis, or beside axes all."""
        layout, plot = self.layout_of_plot, self._plot
        index = None if layout is None else axis_at(layout, point)
        if index is None or plot is None:
            self.clear()
        else:
            self.brushed.emit(without_range(plot.ranges, plot.axes[index].column))

    def clear(self) -> None:
        """Show all points again."""
        self._drag = None
        self.brushed.emit(())

    def fit(self) -> None:
        """All axes are always visible."""

    zoom_in = zoom_out = fit

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        layout, plot = self.layout_of_plot, self._plot
        if event.button() == Qt.MouseButton.LeftButton and layout is not None and plot is not None:
            self._pressed, self._drag = event.position(), begin_drag(layout, plot, event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        layout, plot = self.layout_of_plot, self._plot
        if layout is None or plot is None:
            return
        on_axis = self._drag is not None or axis_at(layout, event.position()) is not None
        self.viewport().setCursor(Qt.CursorShape.SizeVerCursor if on_axis else Qt.CursorShape.ArrowCursor)
        if self._drag is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        if (event.position() - self._pressed).manhattanLength() >= _LEAST_DRAG:
            self._pressed = QPointF(float("inf"), 0.0)  # from now on every move counts
            new = self._drag.range_at(layout.share(event.position().y()))
            self.brushed.emit(with_range(plot.ranges, new))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        self._drag = None


class _LinePicture:
    """The lines of points as a pixmap, drawn once until the points or their places change."""

    def __init__(self) -> None:
        self._pixmap = QPixmap()
        self._arrays: tuple[np.ndarray, ...] = ()
        self._places: tuple[object, ...] = ()

    def drawn(
        self,
        widget: QWidget,
        arrays: tuple[np.ndarray, ...],
        layout: ParallelLayout,
        theme: Theme,
        shares: np.ndarray,
        *,
        pale: bool,
    ) -> QPixmap:
        """The lines with these shares, which are the same as long as the arrays are the same objects."""
        places = widget.size(), widget.devicePixelRatioF(), layout, theme
        is_known = places == self._places and len(arrays) == len(self._arrays)
        if is_known and all(new is old for new, old in zip(arrays, self._arrays, strict=True)):
            return self._pixmap
        self._arrays, self._places = arrays, places
        self._pixmap = QPixmap(widget.size() * widget.devicePixelRatioF())
        self._pixmap.setDevicePixelRatio(widget.devicePixelRatioF())
        self._pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(self._pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw_lines(painter, layout, shares, theme, pale=pale)
        painter.end()
        return self._pixmap
