"""The shapes of the arrows, those of one colour together, which is faster to draw."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainterPath

from gui.paint.volumes.labels import TextRole
from gui.paint.volumes.scene import VolumesScene

_ArrowShapes = dict[tuple[TextRole, str], tuple[list[QRectF], list[QPainterPath]]]
"""Shafts and heads by role and design; the design is "" unless the role has its colour."""

_HEADS_IN_PATH = 10
"""Qt fills a path of a thousand heads five times as slowly as paths of ten."""


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
    rects = np.stack((start, y - width / 2, stop + 0.1 * head - start, width))
    corners = np.stack((end, y, stop, y - head, y + head))
    numbers_by_colour: dict[tuple[TextRole, str], list[int]] = {}
    for at, number in enumerate(numbers):
        numbers_by_colour.setdefault(places.colours[number], []).append(at)
    shapes: _ArrowShapes = {}
    for colour, ats in numbers_by_colour.items():
        large = [at for at, is_large in zip(ats, (head[ats] >= least_head).tolist(), strict=True) if is_large]
        shapes[colour] = list(map(QRectF, *rects[:, ats].tolist())), _head_paths(corners[:, large])
    return shapes


def _head_paths(corners: NDArray[np.float64]) -> list[QPainterPath]:
    """Paths of some heads each, from their right, middle, left, top and bottom: 5 × n."""
    paths = []
    for start in range(0, corners.shape[1], _HEADS_IN_PATH):
        path = QPainterPath()
        for right, middle, left, top, bottom in corners[:, start : start + _HEADS_IN_PATH].T.tolist():
            path.moveTo(right, middle)
            path.lineTo(left, top)
            path.lineTo(left, bottom)
            path.closeSubpath()
        paths.append(path)
    return paths


@lru_cache(maxsize=4)
def whole_arrow_shapes(
    scene: VolumesScene, widths: tuple[float, ...], em: float, least_head: float = 0.0
) -> _ArrowShapes:
    """The shapes of all arrows of a scene; cached, since they stay the same while results arrive."""
    return arrow_shapes(scene, range(len(scene.arrows)), widths, em, least_head)
