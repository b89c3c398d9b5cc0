"""Draws boxes that are too small for faces: each look is painted once, and copied to whole pixels of the device."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import ceil, floor
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPen

from gui.paint.volumes.camera import Prism, Vector, make_box_edges
from gui.paint.volumes.scene import VolumesScene


class Ink(NamedTuple):
    """The colours of a flat box, as ARGB, and the width of its line in units of the scene."""

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
    transform, to_device = painter.transform(), painter.deviceTransform()
    scale, bodies, hints = to_device.m11(), scene.box_places.bodies, painter.renderHints()
    start = np.array([[to_device.dx()], [to_device.dy()]])
    places = np.rint(scale * scene.box_places.corners + start).astype(np.intp)
    painter.setTransform(to_device.inverted()[0] * transform)  # one unit is one pixel, whatever the density
    draw = painter.drawImage
    for ink, numbers in groups:
        stamps: dict[int, _Stamp] = {}
        for number, x, y in zip(numbers, *places[:, numbers].tolist(), strict=True):
            body = bodies[number]
            stamp = stamps.get(id(body))
            if stamp is None:
                stamp = stamps[id(body)] = _make_stamp(*body.box[2:], ink, scale, hints)
            draw(x + stamp.left, y + stamp.top, stamp.image)
    painter.setTransform(transform)


@lru_cache(maxsize=2048)
def _make_stamp(
    width: Vector, height: Vector, depth: Vector, ink: Ink, scale: float, hints: QPainter.RenderHint
) -> _Stamp:
    """Paint a box; cached, since many have the same shape and colour."""
    reach = ink.width / 2
    left, top, right, bottom = Prism(0.0, 0.0, width, height, depth).bounds()
    edges = floor((left - reach) * scale) - 1, floor((top - reach) * scale) - 1
    size = ceil((right + reach) * scale) + 1 - edges[0], ceil((bottom + reach) * scale) + 1 - edges[1]
    image = QImage(*size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    painter.setRenderHints(hints)
    painter.translate(-edges[0], -edges[1])
    painter.scale(scale, scale)
    join, cap = Qt.PenJoinStyle.RoundJoin, Qt.PenCapStyle.SquareCap
    painter.setPen(QPen(QBrush(QColor.fromRgba(ink.line)), ink.width, Qt.PenStyle.SolidLine, cap, join))
    painter.setBrush(QColor.fromRgba(ink.fill) if ink.fill else Qt.BrushStyle.NoBrush)
    painter.drawPolygon(make_box_edges(width, height, depth).outline)
    painter.end()
    return _Stamp(*edges, image)
