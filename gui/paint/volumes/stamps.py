"""Draws boxes that are too small for faces: each look is painted once, and copied to whole pixels of the device."""

from collections.abc import Iterable, Iterator, Sequence
from math import ceil, floor
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPen, QTransform

from gui.paint.volumes.box_sizes import BoxBody
from gui.paint.volumes.camera import make_box_edges
from gui.paint.volumes.scene import VolumesScene

_ROW = 64
"""Number of looks side by side on the sheet where they are painted."""


class Ink(NamedTuple):
    """The colours of flat boxes, as ARGB, and the width of their lines in units of the scene."""

    line: int
    width: float
    fill: int = 0


def draw_stamps(painter: QPainter, scene: VolumesScene, groups: Iterable[tuple[Ink, Sequence[int]]]) -> None:
    """Draw the boxes of these numbers, group after group, with the painter in units of the scene."""
    transform, to_device = painter.transform(), painter.deviceTransform()
    chosen = [(ink, numbers) for ink, numbers in groups if numbers]
    if not chosen:
        return
    bodies = scene.box_places.bodies
    in_groups = [[bodies[number] for number in numbers] for _, numbers in chosen]
    looks = [_Look(ink, body) for (ink, _), group in zip(chosen, in_groups, strict=True) for body in _distinct(group)]
    left, top, pictures = _paint_looks(looks, to_device.m11(), painter.renderHints())
    start, offset = np.array([[to_device.dx()], [to_device.dy()]]), np.array([[left], [top]])
    places = np.rint(to_device.m11() * scene.box_places.corners + start).astype(np.intp) + offset
    painter.setTransform(to_device.inverted()[0] * transform)  # one unit is one pixel, whatever the density
    draw = painter.drawImage
    for (_, numbers), group in zip(chosen, in_groups, strict=True):
        stamps = {id(body): next(pictures) for body in _distinct(group)}
        for body, x, y in zip(group, *places[:, numbers].tolist(), strict=True):
            draw(x, y, stamps[id(body)])
    painter.setTransform(transform)


class _Look(NamedTuple):
    ink: Ink
    body: BoxBody


def _distinct(bodies: Iterable[BoxBody]) -> Iterable[BoxBody]:
    """Each body once: boxes of one shape share it."""
    return {id(body): body for body in bodies}.values()


def _paint_looks(looks: Sequence[_Look], scale: float, hints: QPainter.RenderHint) -> tuple[int, int, Iterator[QImage]]:
    """Paint each look on one sheet, and cut it out: a painter for each would take longer than all of them.

    Returns
    -------
    tuple
        Where the top left pixel of each picture is from that at the corner of the front face, and the pictures.
    """
    reach, bodies = max(look.ink.width for look in looks) / 2, _distinct(look.body for look in looks)
    bounds = np.array([body.bounds for body in bodies]) - np.array([(*body.box[:2], *body.box[:2]) for body in bodies])
    left, top = (floor((edge - reach) * scale) - 1 for edge in bounds[:, :2].min(axis=0).tolist())
    right, bottom = (ceil((edge + reach) * scale) + 1 for edge in bounds[:, 2:].max(axis=0).tolist())
    width, height = right - left, bottom - top
    columns, rows = min(len(looks), _ROW), -(-len(looks) // _ROW)
    sheet = QImage(columns * width, rows * height, QImage.Format.Format_ARGB32_Premultiplied)
    sheet.fill(0)
    corners = [(at % _ROW * width, at // _ROW * height) for at in range(len(looks))]
    painter = QPainter(sheet)
    painter.setRenderHints(hints)
    join, cap = Qt.PenJoinStyle.RoundJoin, Qt.PenCapStyle.SquareCap
    last: Ink | None = None
    for (ink, body), (x, y) in zip(looks, corners, strict=True):
        if last is None or last[:2] != ink[:2]:  # to set a pen takes longer than to draw a box
            painter.setPen(QPen(QBrush(QColor.fromRgba(ink.line)), ink.width, Qt.PenStyle.SolidLine, cap, join))
        if last is not ink:
            painter.setBrush(QColor.fromRgba(ink.fill) if ink.fill else Qt.BrushStyle.NoBrush)
        last = ink
        painter.setTransform(QTransform(scale, 0.0, 0.0, scale, x - left, y - top))
        painter.drawPolygon(make_box_edges(*body.box[2:]).outline)
    painter.end()
    return left, top, (sheet.copy(x, y, width, height) for x, y in corners)
