"""The shapes of the arrows, those of one colour together, which is faster to draw."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QPainterPath

from engine.unchanged_items import LastResults
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
    chosen, places = np.array(numbers, dtype=np.intp), scene.arrow_places
    start, end, y, width = places.start[chosen], places.end[chosen], places.y[chosen], np.array(widths)[chosen] * em
    head, colour_of_each = head_sizes(start, end, width, em), _colours_of(scene)
    rects = np.stack((start, y - width / 2, end - 1.4 * head - start, width))
    corners, is_large, code_of_each = _head_corners(end, y, head), head >= least_head, colour_of_each.codes[chosen]
    shapes: _ArrowShapes = {}
    for code in np.unique(code_of_each).tolist():
        is_alike = code_of_each == code
        large = is_alike & is_large
        heads = polygon_paths(corners[large], chosen[large] // _TOGETHER)
        shapes[colour_of_each.colours[code]] = rects[:, is_alike], list(heads)
    return shapes


class _Colours(NamedTuple):
    """The colours of arrows, and the number of that of each arrow."""

    colours: list[tuple[TextRole, str]]
    codes: NDArray[np.intp]


@lru_cache(maxsize=2)
def _colours_of(scene: VolumesScene) -> _Colours:
    """Cached, since many parts of a scene are painted one after the other."""
    codes = _LAST_CODES.array(_code_of, scene.arrow_places.colours, dtype=np.intp)
    return _Colours(list(_CODES), codes)


_CODES: dict[tuple[TextRole, str], int] = {}
"""A number for every colour that an arrow has had."""

_LAST_CODES = LastResults[int]()


def _code_of(colour: tuple[TextRole, str]) -> int:
    return _CODES.setdefault(colour, len(_CODES))


def head_sizes(
    start: NDArray[np.float64], end: NDArray[np.float64], width: NDArray[np.float64], em: float
) -> NDArray[np.float64]:
    """Half the height of the head of each arrow from `start` to `end`."""
    return np.minimum(np.maximum(0.42 * em, 1.5 * width), 0.6 * (end - start))


def _head_corners(x: NDArray[np.float64], y: NDArray[np.float64], size: NDArray[np.float64]) -> NDArray[np.float64]:
    """The corners of n heads, n × 3 × 2, with these tips and half heights."""
    back = x - 1.5 * size
    return np.stack((np.stack((x, back, back), axis=1), np.stack((y, y - size, y + size), axis=1)), axis=2)


@lru_cache(maxsize=2)
def whole_arrow_shapes(
    scene: VolumesScene, widths: tuple[float, ...], em: float, least_head: float = 0.0
) -> _ArrowShapes:
    """The shapes of all arrows of a scene; cached, since they stay the same while results arrive."""
    return arrow_shapes(scene, range(len(scene.arrows)), widths, em, least_head)
