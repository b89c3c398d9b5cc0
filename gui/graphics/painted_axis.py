"""An axis that hosts one of our paint functions."""

from collections.abc import Callable
from typing import Literal

import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from gui.graphics.pixels import pixel_coordinates


class PaintedAxis(pg.AxisItem):
    """Paints with a function, in pixels of the scene; the mouse acts within its geometry only.

    The geometry, the link to the box and the mouse are pyqtgraph's, where the wheel and a drag act in the direction of
    the axis. Its texts and lines are not used: the texts are of one size and colour and overlap the title of the axis,
    minor ticks are as bright as text, and pens are cosmetic.

    Parameters
    ----------
    paint
        Called with a painter in pixels of the scene.
    """

    def __init__(self, side: Literal["left", "top", "bottom"], paint: Callable[[QPainter], None]) -> None:
        super().__init__(side, showValues=False, maxTickLength=0)
        self.enableAutoSIPrefix(False)  # it would lay out a text that is not shown whenever the range changes
        self._paint = paint
        self._rect = QRectF()

    def set_painted_rect(self, rect: QRectF) -> None:
        """Change where it paints, in pixels of the scene, after its geometry has changed."""
        self.prepareGeometryChange()
        self._rect = self.mapRectFromScene(rect)
        self.update()

    def boundingRect(self) -> QRectF:
        return self._rect

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        with pixel_coordinates(self, painter):
            self._paint(painter)
