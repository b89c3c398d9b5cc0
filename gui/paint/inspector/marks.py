"""What all parts of the inspector draw with: pictures of numbers, outlines, captions; and what a point of it means."""

from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPaintEngine, QPainter, QPen

from gui.paint.basics.colours import DIVERGING, indexed_image, lut, to_levels
from gui.paint.basics.words import draw_text, draw_wrapped, wrapped_height
from gui.paint.inspector.content import Content
from gui.paint.volumes.faces import enlarged
from gui.state.view_state import Focus
from gui.theme import Theme, font

LINE = 1.5
"""Height of a line of text in ems."""


class Hit(NamedTuple):
    """What is at a point: in words, what a click there chooses, and the term that it belongs to."""

    words: str
    focus: Focus | None = None
    term: int | None = None


class Part(Protocol):
    """A part of the inspector: how high it is, how it is drawn, and what is at a point of it."""

    def height(self, content: Content, width: float, em: float) -> float:
        """Pixels that it needs; 0 where it has nothing to show."""

    def draw(self, painter: QPainter, rect: QRectF, content: Content, em: float, theme: Theme) -> None:
        """Draw it into a rectangle of its height."""

    def hit(self, rect: QRectF, content: Content, em: float, point: QPointF) -> Hit | None:
        """What is at a point."""


def draw_title(painter: QPainter, rect: QRectF, text: str, em: float, theme: Theme) -> None:
    """A heading of one or more lines at the top of a part."""
    draw_wrapped(painter, rect, text, em, theme.text, bold=True)


def title_height(text: str, width: float, em: float) -> float:
    return wrapped_height(text, width, em, bold=True) + 0.5 * em


def draw_values(
    painter: QPainter, rect: QRectF, values: NDArray[Any], low: float, high: float, name: str, border: str
) -> None:
    """Numbers (rows × columns) as sharp squares of colour in a thin frame."""
    draw_picture(painter, rect, indexed_image(to_levels(values, low, high), name), border)


def draw_picture(painter: QPainter, rect: QRectF, image: QImage, border: str) -> None:
    painter.save()
    larger = image.width() < rect.width() and image.height() < rect.height()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not larger)
    vector = painter.paintEngine().type() != QPaintEngine.Type.Raster
    painter.drawImage(rect, enlarged(image) if vector and larger else image)  # who opens the file would blur it
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(border), 1))
    painter.drawRect(rect)
    painter.restore()


def outline(painter: QPainter, rect: QRectF, width: float, outer: str, inner: str) -> None:
    """A frame in two colours, one of which stands out on any map."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen, colour in ((width + 2, outer), (width, inner)):
        painter.setPen(QPen(QColor(colour), pen, j=Qt.PenJoinStyle.MiterJoin))
        painter.drawRect(rect)


def caption(painter: QPainter, rect: QRectF, text: str, em: float, colour: str, *, bold: bool = False) -> None:
    """A line centred in a rectangle, smaller where it has no room, cut where that does not help."""
    size = em
    while size > 0.75 * em and QFontMetricsF(font(size, bold=bold)).horizontalAdvance(text) > rect.width():
        size -= 0.05 * em
    metrics = QFontMetricsF(font(size, bold=bold))
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
    draw_text(painter, rect, shown, size, colour, Qt.AlignmentFlag.AlignCenter, bold=bold)


def fitted(shape: tuple[int, ...], room: QRectF) -> QRectF:
    """The largest rectangle of a map's proportions in the middle of a room."""
    height, width = shape[-2:]
    scale = min(room.width() / width, room.height() / height)
    size_x, size_y = max(width * scale, 3.0), max(height * scale, 3.0)
    return QRectF(room.center().x() - size_x / 2, room.center().y() - size_y / 2, size_x, size_y)


def index_at(rect: QRectF, extent: tuple[int, ...], point: QPointF) -> tuple[int, int] | None:
    """Row and column under a point of a picture of … × rows × columns values; None outside of it."""
    if not rect.contains(point):
        return None
    rows, columns = extent[-2:]
    row = int((point.y() - rect.top()) / rect.height() * rows)
    column = int((point.x() - rect.left()) / rect.width() * columns)
    return min(row, rows - 1), min(column, columns - 1)


def cells(rect: QRectF, extent: tuple[int, ...], box: tuple[int, int, int, int]) -> QRectF:
    """Where top, left, bottom and right (past the last) of … × rows × columns values are in their picture."""
    top, left, bottom, right = box
    y, x = rect.height() / extent[-2], rect.width() / extent[-1]
    return QRectF(rect.left() + left * x, rect.top() + top * y, (right - left) * x, (bottom - top) * y)


def cell(rect: QRectF, extent: tuple[int, ...], at: tuple[int, int]) -> QRectF:
    """One value's place in the picture."""
    return cells(rect, extent, (at[0], at[1], at[0] + 1, at[1] + 1))


def grown(rect: QRectF, least: float) -> QRectF:
    """The rectangle, about its middle at least so many pixels wide and high."""
    x, y = max(0.0, (least - rect.width()) / 2), max(0.0, (least - rect.height()) / 2)
    return rect.adjusted(-x, -y, x, y)


def signed_colour(value: float) -> str:
    """Red above zero, blue below, as in pictures of weights."""
    red, green, blue = lut(DIVERGING)[228 if value >= 0 else 28]
    return QColor(int(red), int(green), int(blue)).name()


def is_pale(values: NDArray[Any], low: float, high: float, name: str) -> NDArray[np.bool_]:
    """Whether black is read on the colour of each value, not white."""
    luminance = lut(name) @ np.array([0.299, 0.587, 0.114])
    return np.asarray(luminance[to_levels(values, low, high)] > 140)
