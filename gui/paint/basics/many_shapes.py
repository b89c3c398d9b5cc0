"""Shapes by the thousand, which Qt reads from arrays: to make an object of each takes longer than to draw it."""

from collections.abc import Iterator
from itertools import pairwise
from struct import pack
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QByteArray, QDataStream, QRectF
from PySide6.QtGui import QPainter, QPainterPath
from shiboken6 import Shiboken

_ELEMENT = np.dtype([("type", ">i4"), ("x", ">f8"), ("y", ">f8")])
"""A point of a path in https://doc.qt.io/qt-6/datastreamformat.html: to be moved to (0), or drawn a line to (1)."""


def draw_rects(painter: QPainter, rects: NDArray[np.float64]) -> None:
    """Draw n rectangles by left, top, width and height, 4 × n."""
    memory = np.ascontiguousarray(rects.T, dtype=np.float64)  # n × 4, as n of Qt's rectangles are in memory
    if len(memory):
        painter.drawRects(cast(QRectF, Shiboken.wrapInstance(memory.ctypes.data, QRectF)), len(memory))


def polygon_paths(corners: NDArray[np.float64], groups: NDArray[np.intp]) -> Iterator[QPainterPath]:
    """Make the paths of n polygons of k corners, n × k × 2, to be filled; neighbours of one group are one path."""
    elements = np.empty(corners.shape[:2], _ELEMENT)
    elements["type"], elements["x"], elements["y"] = 1, corners[..., 0], corners[..., 1]
    elements["type"][:, 0] = 0
    data, size, last = bytearray(), elements.itemsize * corners.shape[1], corners.shape[1]
    content, ends = elements.tobytes(), np.flatnonzero(np.diff(groups, append=-1)) + 1
    for first, end in pairwise([0, *ends.tolist()]):
        count = (end - first) * last
        # At the end: where the last polygon begins, and the winding rule.
        data += pack(">i", count) + content[first * size : end * size] + pack(">ii", count - last, 1)
    stream = QDataStream(QByteArray(bytes(data)))
    for _ in ends:
        path = QPainterPath()
        stream >> path
        yield path
