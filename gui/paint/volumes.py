"""The volumes of every design as boxes with their values on the faces: one painting for the screen and for files."""

from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEngine, QPainterPath, QPen, QPolygonF, QTransform

from gui.paint import colours
from gui.paint.scene import faces
from gui.paint.scene.camera import Face, Prism
from gui.paint.scene.frame import Frame, frame, front_channel, is_photo, shown_result
from gui.paint.scene.kernels import windows
from gui.paint.scene.labels import Role, Text, centred
from gui.paint.scene.layout import Arrow, PlacedBox
from gui.paint.scene.legend import Piece, arrow_widths, headings, legend
from gui.state import Result, ViewState
from gui.theme import Theme, font

DIMMED = 0.38
"""Opacity of values that earlier settings gave."""


def paint(painter: QPainter, rect: QRectF, state: ViewState, theme: Theme) -> None:
    """Draw the boxes of all designs into `rect`, with every word of text."""
    draw(painter, rect, state, theme, frame(state, rect.width(), rect.height()), 0.0)


def draw(
    painter: QPainter, rect: QRectF, state: ViewState, theme: Theme, laid_out: Frame, smallest_text: float
) -> None:
    """Draw a frame; text that would be smaller than `smallest_text` pixels on the device is left out."""
    painter.save()
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    painter.translate(rect.topLeft())
    for piece in (*headings(state, laid_out, rect.width()), *legend(state, laid_out, rect.width(), rect.height())):
        _draw_piece(painter, piece, theme)
    painter.scale(laid_out.scene.shrink, laid_out.scene.shrink)
    _Painting(painter, state, theme, laid_out, smallest_text).draw()
    painter.restore()


class _Painting:
    """One repaint: the painter and all that drawing a box or an arrow looks up."""

    def __init__(self, painter: QPainter, state: ViewState, theme: Theme, laid_out: Frame, smallest: float) -> None:
        self.painter, self.state, self.theme, self.scene = painter, state, theme, laid_out.scene
        self.em = laid_out.em
        ratio = painter.device().devicePixelRatio()
        self.pixels = abs(painter.deviceTransform().determinant()) ** 0.5 if ratio else 1.0
        self.raster = painter.paintEngine().type() == QPaintEngine.Type.Raster
        self.smallest = smallest

    def draw(self) -> None:
        self._draw_wires()
        for arrow, width in zip(self.scene.arrows, arrow_widths(self.state, self.scene), strict=True):
            self._draw_arrow(arrow, width * self.em)
        for box in self.scene.boxes:
            self._draw_box(box)
        for box in self.scene.boxes:
            self._draw_windows(box)
            self._draw_choice(box)
        self._draw_texts()
