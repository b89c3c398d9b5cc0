"""Draws boxes that are too small for faces: each look is painted once, and copied to whole pixels of the device."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import ceil, floor
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPen, QTransform

from gui.paint.volumes.box_sizes import BoxBody
from gui.paint.volumes.camera import Prism, Vector, make_box_edges
from gui.paint.volumes.scene import VolumesScene

_STEP = 32
"""The sides of the image on which looks are painted, in pixels, are multiples of this."""

_FORMAT = QImage.Format.Format_ARGB32_Premultiplied


class Ink(NamedTuple):
    """The colours of flat boxes, as ARGB, and the width of their lines in units of the scene."""

    line: int
    width: float
    fill: int = 0


class _Stamp(NamedTuple):
    """The picture of a box, and where its top left pixel is from that at the corner of the front face."""

    left: int
    top: int
    image: QImage


def draw_stamps(painter: QPainter, scene: VolumesScene, groups: Iterable[tuple[Ink, Sequence[int]]]) -> None:
    """Draw the boxes of these numbers, group after group, with the painter in units of the scene."""
    transform, to_device, bodies = painter.transform(), painter.deviceTransform(), scene.box_places.bodies
    sheet = _Sheet(to_device.m11(), painter.renderHints())
    start = np.array([[to_device.dx()], [to_device.dy()]])
    places = np.rint(to_device.m11() * scene.box_places.corners + start).astype(np.intp)
    painter.setTransform(to_device.inverted()[0] * transform)  # one unit is one pixel, whatever the density
    draw = painter.drawImage
    for ink, numbers in groups:
        stamps: dict[int, _Stamp] = {}
        for number, x, y in zip(numbers, *places[:, numbers].tolist(), strict=True):
            body = bodies[number]
            stamp = stamps.get(id(body))
            if stamp is None:
                stamp = stamps[id(body)] = sheet.paint(body, ink)
            draw(x + stamp.left, y + stamp.top, stamp.image)
    sheet.close()
    painter.setTransform(transform)


class _Sheet:
    """Where looks are painted one after the other: to begin with a new image takes longer than to paint a box.

    Each is at a place of its own choice, so that it is the same whatever else is painted.
    """

    def __init__(self, scale: float, hints: QPainter.RenderHint) -> None:
        self._scale, self._hints = scale, hints
        self._image = QImage()
        self._painter = QPainter()
        self._last = Ink(0, -1.0)

    def paint(self, body: BoxBody, ink: Ink) -> _Stamp:
        left, top, width, height = _pixels_of(*body.box[2:], ink.width, self._scale)
        if width > self._image.width() or height > self._image.height():
            self._begin(max(width, self._image.width()), max(height, self._image.height()))
        painter, last, self._last = self._painter, self._last, ink
        if last[:2] != ink[:2]:  # to set a pen takes longer than to paint a box
            join, cap = Qt.PenJoinStyle.RoundJoin, Qt.PenCapStyle.SquareCap
            painter.setPen(QPen(QBrush(QColor.fromRgba(ink.line)), ink.width, Qt.PenStyle.SolidLine, cap, join))
        if last != ink:
            painter.setBrush(QColor.fromRgba(ink.fill) if ink.fill else Qt.BrushStyle.NoBrush)
        self._image.fill(0)
        painter.setTransform(QTransform(self._scale, 0.0, 0.0, self._scale, -left, -top))
        painter.drawPolygon(make_box_edges(*body.box[2:]).outline)
        return _Stamp(left, top, self._image.copy(0, 0, width, height))

    def close(self) -> None:
        if self._painter.isActive():
            self._painter.end()  # before its image goes

    def _begin(self, width: int, height: int) -> None:
        self.close()
        self._image = QImage(ceil(width / _STEP) * _STEP, ceil(height / _STEP) * _STEP, _FORMAT)
        self._painter = QPainter(self._image)
        self._painter.setRenderHints(self._hints)
        self._last = Ink(0, -1.0)


@lru_cache(maxsize=1024)
def _pixels_of(width: Vector, height: Vector, depth: Vector, line: float, scale: float) -> tuple[int, int, int, int]:
    """Left, top, width and height of the pixels of a box with such a line; the corner of its front face is (0, 0)."""
    left, top, right, bottom = Prism(0.0, 0.0, width, height, depth).bounds()
    start = floor((left - line / 2) * scale) - 1, floor((top - line / 2) * scale) - 1
    return *start, ceil((right + line / 2) * scale) + 1 - start[0], ceil((bottom + line / 2) * scale) + 1 - start[1]
