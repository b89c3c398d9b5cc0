"""The shapes of the arrows, those of one colour together, which is faster to draw."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPolygonF

from gui.paint.volumes.labels import TextRole
from gui.paint.volumes.scene import VolumesScene

_ArrowShapes = dict[tuple[TextRole, str], tuple[list[QRectF], list[QPolygonF]]]
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
    head = head_sizes(start, end, width, em)
    stop = end - 1.5 * head
    rects = np.stack((start, y - width / 2, stop + 0.1 * head - start, width))
    tips = np.stack((end, y, head))
    numbers_by_colour: dict[tuple[TextRole, str], list[int]] = {}
    for at, number in enumerate(numbers):
        numbers_by_colour.setdefault(places.colours[number], []).append(at)
    shapes: _ArrowShapes = {}
    for colour, ats in numbers_by_colour.items():
        large = [at for at, is_large in zip(ats, (head[ats] >= least_head).tolist(), strict=True) if is_large]
        shapes[colour] = list(map(QRectF, *rects[:, ats].tolist())), _head_polygons(tips[:, large])
    return shapes


def head_sizes(
    start: NDArray[np.float64], end: NDArray[np.float64], width: NDArray[np.float64], em: float
) -> NDArray[np.float64]:
    """Half the height of the head of each arrow from `start` to `end`."""
    return np.minimum(np.maximum(0.42 * em, 1.5 * width), 0.6 * (end - start))


def _head_polygons(tips: NDArray[np.float64]) -> list[QPolygonF]:
    """The heads with these tips and half heights, 3 × n; each on its own, to look the same whatever else is drawn."""
    heads = {size: _head_polygon(size) for size in set(tips[2].tolist())}
    return [heads[size].translated(x, y) for x, y, size in tips.T.tolist()]


def _head_polygon(size: float) -> QPolygonF:
    """A head with its tip at (0, 0)."""
    return QPolygonF([QPointF(0.0, 0.0), QPointF(-1.5 * size, -size), QPointF(-1.5 * size, size)])


@lru_cache(maxsize=4)
def whole_arrow_shapes(
    scene: VolumesScene, widths: tuple[float, ...], em: float, least_head: float = 0.0
) -> _ArrowShapes:
    """The shapes of all arrows of a scene; cached, since they stay the same while results arrive."""
    return arrow_shapes(scene, range(len(scene.arrows)), widths, em, least_head)
