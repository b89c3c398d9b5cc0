"""An item of a scene that hosts one of our paint functions."""

from collections.abc import Callable

import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget


class PaintedItem(pg.GraphicsObject):
    """Paints with a function within its rectangle.

    Parameters
    ----------
    paint
        Called with a painter in the item's coordinates.
    """

    def __init__(self, paint: Callable[[QPainter], None]) -> None:
        super().__init__()
        self._paint = paint
        self._rect = QRectF()

    def set_rect(self, rect: QRectF) -> None:
        """Change the rectangle, in the item's coordinates."""
        if rect != self._rect:
            self.prepareGeometryChange()
            self._rect = rect
        self.update()

    def boundingRect(self) -> QRectF:
        return self._rect

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        self._paint(painter)
