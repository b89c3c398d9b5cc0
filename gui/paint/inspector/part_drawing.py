"""Shared by the parts of the inspector: pictures of numbers, outlines, captions, and the interface of a part."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPaintEngine, QPainter, QPen

from gui.paint.basics.colours import DIVERGING, load_lut, value_colours, value_image
from gui.paint.basics.text_drawing import draw_text, draw_wrapped_text, fit_text, text_width, wrapped_text_height
from gui.paint.inspector.content import InspectorContent
from gui.paint.volumes.faces import enlarge_pixels
from gui.state.focus import Focus
from gui.theme import Theme

_LINE = 1.5
"""Height of a line of text in ems."""


class InspectorHit(NamedTuple):
    """The thing under a point: its description, the focus after a click, and its term."""

    text: str
    focus: Focus | None = None
    term: int | None = None


class InspectorPart(NamedTuple):
    """A part of the inspector: its height, drawing and hit test."""

    height: Callable[[InspectorContent, float, float], float]
    """Returns its height for a width and a text size (em); 0 if it has nothing to show."""
    draw: Callable[[QPainter, QRectF, InspectorContent, float, Theme], None]
    """Draws it into a rectangle of its height."""
    hit: Callable[[QRectF, InspectorContent, float, QPointF], InspectorHit | None]
    """Returns what is at a point."""


def draw_part_title(painter: QPainter, rect: QRectF, text: str, em: float, theme: Theme) -> None:
    """Draw a heading of one or more lines at the top of a part."""
    draw_wrapped_text(painter, rect, text, em, theme.text, bold=True)


def part_title_height(text: str, width: float, em: float) -> float:
    return wrapped_text_height(text, width, em, bold=True) + 0.5 * em


def draw_values(
    painter: QPainter, rect: QRectF, values: NDArray[Any], low: float, high: float, name: str, border: str
) -> None:
    """Draw numbers (rows × columns) as sharp coloured squares in a thin frame; those not finite are marked."""
    draw_picture(painter, rect, value_image(values, low, high, name), border)


def draw_picture(painter: QPainter, rect: QRectF, image: QImage, border: str) -> None:
    painter.save()
    larger = image.width() < rect.width() and image.height() < rect.height()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not larger)
    vector = painter.paintEngine().type() != QPaintEngine.Type.Raster
    painter.drawImage(rect, enlarge_pixels(image) if vector and larger else image)  # viewers of the file would blur it
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(border), 1))
    painter.drawRect(rect)
    painter.restore()


def draw_centred_caption(
    painter: QPainter,
    rect: QRectF,
    text: str,
    em: float,
    colour: str,
    *,
    bold: bool = False,
    name: str = "",
    among: Sequence[str] = (),
) -> None:
    """Draw a line centred in a rectangle, smaller if it does not fit.

    Parameters
    ----------
    name
        Name in front of the text; it is shortened, the text is not.
    among
        The names of all captions side by side, from which the shortened name must differ.
    """
    text, size = fit_text(text, (0.6 if name else 1.0) * rect.width(), em, bold=bold, may_shorten=False)
    if name:
        space = rect.width() - text_width(text, size, bold=bold)
        text = f"{fit_text(name, space, size, bold=bold, among=tuple(among) or (name,))[0]}{text}"
    draw_text(painter, rect, text, size, colour, Qt.AlignmentFlag.AlignCenter, bold=bold)


def fit_shape(shape: tuple[int, ...], space: QRectF) -> QRectF:
    """Return the largest centred rectangle with the proportions of a map."""
    height, width = shape[-2:]
    scale = min(space.width() / width, space.height() / height)
    size_x, size_y = max(width * scale, 3.0), max(height * scale, 3.0)
    return QRectF(space.center().x() - size_x / 2, space.center().y() - size_y / 2, size_x, size_y)


def cell_index_at(rect: QRectF, extent: tuple[int, ...], point: QPointF) -> tuple[int, int] | None:
    """Return row and column under a point of a picture of … × rows × columns values; None outside."""
    if not rect.contains(point):
        return None
    rows, columns = extent[-2:]
    row = int((point.y() - rect.top()) / rect.height() * rows)
    column = int((point.x() - rect.left()) / rect.width() * columns)
    return min(row, rows - 1), min(column, columns - 1)


def cells_rect(rect: QRectF, extent: tuple[int, ...], box: tuple[int, int, int, int]) -> QRectF:
    """Return the position of a box (top, left, bottom, right; ends exclusive) of … × rows × columns values."""
    top, left, bottom, right = box
    y, x = rect.height() / extent[-2], rect.width() / extent[-1]
    return QRectF(rect.left() + left * x, rect.top() + top * y, (right - left) * x, (bottom - top) * y)


def cell_rect(rect: QRectF, extent: tuple[int, ...], at: tuple[int, int]) -> QRectF:
    """Return the position of one value in the picture."""
    return cells_rect(rect, extent, (at[0], at[1], at[0] + 1, at[1] + 1))


def grow_rect(rect: QRectF, least: float) -> QRectF:
    """Return the rectangle, grown about its centre to at least `least` pixels wide and high."""
    x, y = max(0.0, (least - rect.width()) / 2), max(0.0, (least - rect.height()) / 2)
    return rect.adjusted(-x, -y, x, y)


def signed_colour(value: float) -> str:
    """Return red above zero, blue below, as in pictures of weights."""
    red, green, blue = load_lut(DIVERGING)[228 if value >= 0 else 28]
    return QColor(int(red), int(green), int(blue)).name()


def is_pale(values: NDArray[Any], low: float, high: float, name: str) -> NDArray[np.bool_]:
    """Return whether black text is readable on the colour of each value, rather than white."""
    packed = value_colours(values, low, high, name)
    luminance = 0.299 * (packed >> 16 & 255) + 0.587 * (packed >> 8 & 255) + 0.114 * (packed & 255)
    return np.asarray(luminance > 140)
