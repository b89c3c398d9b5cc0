"""The shapes of the arrows, those of one colour together, which is faster to draw."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainterPath

from gui.paint.volumes.labels import TextRole
from gui.paint.volumes.scene import VolumesScene

_ArrowShapes = dict[tuple[TextRole, str], tuple[list[QRectF], QPainterPath]]
"""Shafts and heads by role and design; the design is "" unless the role has its colour."""


def arrow_shapes(
    scene: VolumesScene, numbers: Sequence[int], widths: tuple[float, ...], em: float, least_head: float = 0.0
) -> _ArrowShapes:
    """The shapes of some arrows of a scene; heads that are smaller than `least_head` are left out.

    Parameters
    ----------
    widths
        Of all arrows, in ems.
    """
    chosen, places = np.array(numbers, dtype=np.intp), scene.arrow_places
    start, end, y, width = places.start[chosen], places.end[chosen], places.y[chosen], np.array(widths)[chosen] * em
    head = np.minimum(np.maximum(0.42 * em, 1.5 * width), 0.6 * (end - start))
    stop = end - 1.5 * head
    rects = np.stack((start, y - width / 2, stop + 0.1 * head - start, width), axis=1).tolist()
    shapes: _ArrowShapes = {}
    for number, rect in zip(numbers, rects, strict=True):
        colour = places.colours[number]
        shape = shapes.get(colour)
        if shape is None:
            shape = shapes[colour] = [], QPainterPath()
        shape[0].append(QRectF(*rect))
    large = np.flatnonzero(head >= least_head)
    corners = np.stack((end, y, stop, y - head, y + head), axis=1)[large].tolist()
    for at, (right, middle, left, top, bottom) in zip(large.tolist(), corners, strict=True):
        heads = shapes[places.colours[numbers[at]]][1]
        heads.moveTo(right, middle)
        heads.lineTo(left, top)
        heads.lineTo(left, bottom)
        heads.closeSubpath()
    return shapes


@lru_cache(maxsize=4)
def whole_arrow_shapes(
    scene: VolumesScene, widths: tuple[float, ...], em: float, least_head: float = 0.0
) -> _ArrowShapes:
    """The shapes of all arrows of a scene; cached, since they stay the same while results arrive."""
    return arrow_shapes(scene, range(len(scene.arrows)), widths, em, least_head)
