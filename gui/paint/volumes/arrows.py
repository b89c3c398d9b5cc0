"""The shapes of the arrows, those of one colour together, which is faster to draw."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QPainterPath

from gui.paint.basics.many_shapes import polygon_paths
from gui.paint.volumes.labels import TextRole
from gui.paint.volumes.scene import VolumesScene

_ArrowShapes = dict[tuple[TextRole, str], tuple[NDArray[np.float64], list[QPainterPath]]]
"""Shafts (4 × n) and heads by role and design; the design is "" unless the role has its colour."""

_TOGETHER = 32
"""Number of neighbours whose heads are one path, whichever of them are drawn: they look the same in any part.

With more of them, Qt takes longer to find the pixels of a row.
"""


def arrow_shapes(
    scene: VolumesScene, numbers: Sequence[int], widths: tuple[float, ...], em: float, least_head: float = 0.0
) -> _ArrowShapes:
    """The shapes of some arrows of a scene; heads that are smaller than `least_head` are left out.

    Parameters
    ----------
    widths
        Of all arrows, in ems.
    """
    places = scene.arrow_places
    width = np.array(widths) * em
    head = head_sizes(places.start, places.end, width, em)
    rects = np.stack((places.start, places.y - width / 2, places.end - 1.4 * head - places.start, width))
    tips, is_large = np.stack((places.end, places.y, head)), head >= least_head
    is_chosen = np.zeros(len(head), dtype=np.bool_)
    is_chosen[numbers] = True
    shapes: _ArrowShapes = {}
    for colour, of_colour in places.numbers_by_colour.items():
        chosen = of_colour[is_chosen[of_colour]]
        if chosen.size:
            large = chosen[is_large[chosen]]
            heads = polygon_paths(_head_corners(tips[:, large]), large // _TOGETHER)
            shapes[colour] = rects[:, chosen], list(heads)
    return shapes


def head_sizes(
    start: NDArray[np.float64], end: NDArray[np.float64], width: NDArray[np.float64], em: float
) -> NDArray[np.float64]:
    """Half the height of the head of each arrow from `start` to `end`."""
    return np.minimum(np.maximum(0.42 * em, 1.5 * width), 0.6 * (end - start))


def _head_corners(tips: NDArray[np.float64]) -> NDArray[np.float64]:
    """The corners of n heads, n × 3 × 2, with these tips and half heights, 3 × n."""
    x, y, size = tips
    back = x - 1.5 * size
    return np.stack((np.stack((x, back, back), axis=1), np.stack((y, y - size, y + size), axis=1)), axis=2)


@lru_cache(maxsize=4)
def whole_arrow_shapes(
    scene: VolumesScene, widths: tuple[float, ...], em: float, least_head: float = 0.0
) -> _ArrowShapes:
    """The shapes of all arrows of a scene; cached, since they stay the same while results arrive."""
    return arrow_shapes(scene, range(len(scene.arrows)), widths, em, least_head)
