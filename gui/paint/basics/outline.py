"""Outlines that stand out on any picture."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen


def draw_outline(painter: QPainter, rect: QRectF, width: float, outer: str, inner: str, *, border: float = 1.0) -> None:
    """Outline a rectangle in two colours, one of which stands out; `border` is the width of the outer on each side."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen_width, colour in ((width + 2 * border, outer), (width, inner)):
        painter.setPen(QPen(QColor(colour), pen_width, j=Qt.PenJoinStyle.MiterJoin))
        painter.drawRect(rect)
