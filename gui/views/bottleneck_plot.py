"""The plot of the Bottleneck view's chart: a PlotItem with logarithmic axes, and the line of the rank."""

from collections.abc import Callable, Mapping
from typing import cast

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsGridLayout, QStyleOptionGraphicsItem, QWidget

from gui.graphics.pixels import pixel_coordinates
from gui.graphics.zoom_box import ZoomBox
from gui.paint.bottleneck.chart_layout import ChartLayout

_GRIP = 14
"""Width in pixels of the area in which the line can be grabbed; its handle fits in."""


class ChartAxis(pg.AxisItem):
    """An axis that follows the range of its plot, drawn by a function with pixels of the scene as its coordinates.

    AxisItem has the geometry, the link to the range, and the mouse: the wheel and a drag act in its direction only. Its
    own drawing has minor ticks as bright as text, labels between the powers of ten that differ from those of files, and
    cosmetic pens.
    """

    def __init__(self, orientation: str, draw: Callable[[QPainter], None]) -> None:
        super().__init__(orientation, showValues=False, maxTickLength=0)
        self.enableAutoSIPrefix(False)
        self._draw = draw

    def boundingRect(self) -> QRectF:
        """Labels at the ends, and the title above the vertical axis, are outside the rectangle."""
        rect = self.rect()
        beyond = 4 * min(rect.width(), rect.height())
        return rect.adjusted(-beyond, -beyond, beyond, beyond)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        with pixel_coordinates(self, painter):
            self._draw(painter)


class RankLine(pg.InfiniteLine):
    """The vertical line of the selected rank, with a handle at its top.

    InfiniteLine drags it. The function that draws it for files does so here as well: the markers of InfiniteLine are
    misplaced on screens with scaling, and its pens are cosmetic.

    Parameters
    ----------
    draw
        Called with a painter in pixels of the scene, and whether the line can be or is being dragged.
    """

    def __init__(self, draw: Callable[[QPainter, bool], None]) -> None:
        # The pen of hovering is as wide as what can be grabbed.
        super().__init__(angle=90, movable=True, hoverPen=pg.mkPen(width=_GRIP))
        self._draw = draw
        self.setCursor(Qt.CursorShape.SizeHorCursor)

    def paint(self, painter: QPainter, *_: object) -> None:
        with pixel_coordinates(self, painter):
            self._draw(painter, self.moving or self.mouseHovering)


class ChartPlot(pg.PlotItem):
    """Axes, a box that can be zoomed, with logarithms to base 10 as its units, and the line of the rank in it.

    Parameters
    ----------
    axes
        What draws each axis, by its side.
    draw_line
        What draws the line of the rank.
    """

    def __init__(
        self, axes: Mapping[str, Callable[[QPainter], None]], draw_line: Callable[[QPainter, bool], None]
    ) -> None:
        box = ZoomBox(keeps_aspect=False, up=True)
        super().__init__(
            viewBox=box, axisItems={side: ChartAxis(side, draw) for side, draw in axes.items()}, enableMenu=False
        )
        self.box, self.line = box, RankLine(draw_line)
        self.hideButtons()
        self.addItem(self.line, ignoreBounds=True)

    def place(self, chart: ChartLayout, size: QSizeF) -> None:
        """Put the plot where it is laid out in a scene of a size."""
        self.setGeometry(QRectF(QPointF(), size))
        sides, plot = chart.sides, chart.plot
        self.getAxis("left").setWidth(sides.left)
        self.getAxis("top").setHeight(sides.top)
        self.getAxis("bottom").setHeight(sides.bottom)
        grid = cast(QGraphicsGridLayout, self.layout)
        grid.setContentsMargins(
            plot.left() - sides.left,
            plot.top() - sides.top,
            size.width() - plot.right(),
            size.height() - plot.bottom() - sides.bottom,
        )
        grid.activate()
        for side in ("left", "top", "bottom"):
            self.getAxis(side).update()
        self.line.update()
