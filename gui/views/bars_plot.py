"""Plots of bars: boxes of BarGraphItems that zoom rows or amounts, and axes that host our painting."""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsLayout, QGraphicsWidget

from engine.unchanged_items import LastResults
from gui.graphics.painted_axis import PaintedAxis
from gui.graphics.zoom import FIT, Zoom
from gui.graphics.zoom_box import MOST_ZOOM, ZoomBox
from gui.paint.bars.columns import BarsColumn
from gui.paint.bars.content import BarLine
from gui.paint.bars.layout import BAR_THICKNESS
from gui.paint.bars.scale import BarScale
from gui.theme import Theme

_LEAST_VISIBLE_ROWS = 3
"""Rows that the largest zoom shows."""
_Paint = Callable[[QPainter], None]
"""Paints with a painter in pixels of the scene."""


def _amount_of(line: BarLine) -> tuple[float, float]:
    """The colour of a line, and its amount; 0 if that is unknown."""
    return line.colour_index, line.value or 0


class _Bars(pg.BarGraphItem):
    """Bars of one colour without outlines, which need no space around them."""

    def __init__(self) -> None:
        super().__init__(x0=0.0, width=0.0, y0=0.0, height=0.0, pen=None)

    def pixelPadding(self) -> float:
        return 0.0


class BarsBox(ZoomBox):
    """Bars from left to right, one below the other, a row each; a row has the height 1.

    Bars always begin at the left edge of the box: without its beginning, a bar would mislead. Mouse and keys zoom and
    move in one direction, and an axis in its own. Zooming both would lengthen the bars beyond the edge whenever
    somebody wants to read more names.

    Parameters
    ----------
    direction
        What mouse and keys zoom: the amounts (x), or the rows (y).
    """

    def __init__(self, direction: Literal["x", "y"]) -> None:
        super().__init__(keeps_aspect=False, zooms="x" if direction == "x" else "xy")
        self.home = FIT
        """The zoom that fitting restores, which may show a part of the rows only, in readable size."""
        self.bars: list[pg.BarGraphItem] = []
        """One item per colour."""
        self._most_across = MOST_ZOOM
        self._direction = direction
        self._amounts = LastResults[tuple[float, float]]()

    def show_lines(self, lines: Sequence[BarLine], scale: BarScale, theme: Theme) -> None:
        """Show the amounts of lines; on a logarithmic scale, their logarithms."""
        amounts = self._amounts.array(_amount_of, lines).reshape(-1, 2)
        known = np.flatnonzero(amounts[:, 1])
        colours, values = amounts[known].T
        designs = np.unique(colours).astype(int).tolist()
        different, numbers = np.unique(values, return_inverse=True)
        positions = np.array([*map(scale.position, different.tolist())], float)[numbers]
        while len(self.bars) > len(designs):
            self.removeItem(self.bars.pop())
        while len(self.bars) < len(designs):
            self.bars.append(_Bars())
            self.addItem(self.bars[-1], ignoreBounds=True)
        start = scale.position(scale.low)
        for bars, design in zip(self.bars, designs, strict=True):
            rows, ends = known[colours == design], positions[colours == design]
            tops = rows + (1 - BAR_THICKNESS) / 2
            colour = theme.design(design)
            bars.setOpts(x0=start, width=ends - start, y0=tops, height=BAR_THICKNESS, brush=colour)

    def show_column(self, column: BarsColumn, rect: QRectF, row_count: int) -> None:
        """Let pixels mean what they mean in a column of lines that occupies a rectangle of the scene."""
        scale = column.scale
        start = scale.position(scale.low)
        units_per_pixel = (scale.position(scale.high) - start) / column.bar_width or 1.0
        self._most_across = max(min(MOST_ZOOM, scale.decades), 1.0) if scale.logarithmic else MOST_ZOOM
        self.set_whole(QRectF(start, 0, units_per_pixel * (rect.right() - column.bar_left), row_count))

    def rows_zoom(self, first: float, visible: float) -> Zoom:
        """The zoom that shows a number of rows, from one on as far as there are enough below it."""
        count = self.whole.height()
        visible = min(visible, count)
        first = min(max(first, 0.0), count - visible)
        return self.zoom._replace(down=count / visible, y=(first + visible / 2) / count)

    def scroll_to(self, first: float) -> None:
        """Let a row be the first visible one."""
        self.set_zoom(self.rows_zoom(first, self.viewRect().height()))

    def fit(self) -> None:
        self.set_zoom(self.home)

    def set_zoom(self, zoom: Zoom) -> None:
        super().set_zoom(zoom._replace(x=0.5 / zoom.across))

    def zoom_by(self, factor: float, about: QPointF | None = None, directions: str = "xy") -> None:
        if directions == "xy":
            directions = self._direction
        rows = max(self.whole.height() / _LEAST_VISIBLE_ROWS, self.home.down)
        self.most = self._most_across if directions == "x" else rows
        super().zoom_by(factor, about, directions)


class TotalsPlot(pg.GraphicsWidget):
    """The totals: a box of bars, names and numbers over them, and an axis below. The wheel zooms amounts.

    Not a PlotItem: that takes 12 ms more to make, for the widgets of a menu that is not used here.
    """

    def __init__(self, paint_rows: _Paint, paint_amounts: _Paint) -> None:
        super().__init__()
        self.box = BarsBox("x")
        self.rows_axis = PaintedAxis("left", paint_rows)
        self.amounts_axis = PaintedAxis("bottom", paint_amounts)
        self.box.setParentItem(self)
        for axis in (self.rows_axis, self.amounts_axis):
            axis.setParentItem(self)
            axis.linkToView(self.box)

    def place(self, rect: QRectF, column: BarsColumn, axis_rect: QRectF, row_count: int) -> None:
        """Put the plot where the lines and the axis are, in pixels of the scene."""
        left = column.bar_left
        # An axis limits its own size to what its texts would take.
        self.rows_axis.setWidth(left - rect.left())  # type: ignore[arg-type]  # any number
        self.amounts_axis.setHeight(axis_rect.height())  # type: ignore[arg-type]  # any number
        self.rows_axis.setGeometry(QRectF(rect.left(), rect.top(), left - rect.left(), rect.height()))
        self.box.setGeometry(QRectF(left, rect.top(), rect.right() - left, rect.height()))
        self.amounts_axis.setGeometry(QRectF(left, axis_rect.top(), rect.right() - left, axis_rect.height()))
        self.rows_axis.set_painted_rect(rect)
        self.amounts_axis.set_painted_rect(axis_rect)
        self.box.show_column(column, rect, row_count)


class LayersPlot(pg.PlotItem):
    """The layers: a PlotItem whose left axis paints names, numbers and marks over the bars. The wheel zooms rows."""

    def __init__(self, paint_rows: _Paint, paint_amounts: _Paint) -> None:
        self.box = BarsBox("y")
        self.rows_axis = PaintedAxis("left", paint_rows)
        self.amounts_axis = PaintedAxis("top", paint_amounts)
        super().__init__(
            viewBox=self.box, enableMenu=False, axisItems={"left": self.rows_axis, "top": self.amounts_axis}
        )
        self.hideAxis("bottom")
        self.hideButtons()
        self._grid.setContentsMargins(0, 0, 0, 0)

    @property
    def _grid(self) -> QGraphicsLayout:
        """The layout of box and axes; PlotItem hides Qt's method of this name with an attribute."""
        layout = QGraphicsWidget.layout(self)
        assert layout is not None
        return layout

    def show_scale(self, scale: BarScale) -> None:
        """Let the axis be logarithmic or not."""
        if self.amounts_axis.logMode != scale.logarithmic:
            self.setLogMode(x=scale.logarithmic)
            self.box.disableAutoRange()  # setLogMode switches it on

    def place(self, rect: QRectF, column: BarsColumn, axis_rect: QRectF | None, row_count: int) -> None:
        """Put the plot where the lines and the axis are, in pixels of the scene; None for no axis."""
        self.amounts_axis.setVisible(axis_rect is not None)
        height = 0.0 if axis_rect is None else axis_rect.height()
        self.amounts_axis.setHeight(height)  # type: ignore[arg-type]  # the stubs say int, it takes any number
        self.rows_axis.setWidth(column.bar_left - rect.left())  # type: ignore[arg-type]  # as above
        self.setGeometry(rect if axis_rect is None else rect.united(axis_rect))
        self._grid.activate()
        self.rows_axis.set_painted_rect(rect)
        self.amounts_axis.set_painted_rect(axis_rect or QRectF())
        self.box.show_column(column, rect, row_count)
