"""The shapes of the arrows, those of one colour together, which is faster to draw."""

from collections.abc import Iterable
from functools import lru_cache

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainterPath

from gui.paint.volumes.labels import TextRole
from gui.paint.volumes.scene import OperatorArrow, VolumesScene

_ArrowShapes = dict[tuple[TextRole, str], tuple[list[QRectF], QPainterPath]]
"""Shafts and heads by role and design; the design is "" unless the role has its colour."""


def arrow_shapes(arrows: Iterable[tuple[OperatorArrow, float]], em: float, least_head: float = 0.0) -> _ArrowShapes:
    """The shapes of arrows with their widths in ems; heads that are smaller than `least_head` are left out."""
    shapes: _ArrowShapes = {}
    for arrow, ems in arrows:
        width = ems * em
        head = min(max(0.42 * em, 1.5 * width), 0.6 * (arrow.end - arrow.start))
        stop = arrow.end - 1.5 * head
        key = arrow.role, arrow.ref[0] if arrow.role == "design" else ""
        if key not in shapes:
            shapes[key] = [], QPainterPath()
        shafts, heads = shapes[key]
        shafts.append(QRectF(arrow.start, arrow.y - width / 2, stop + 0.1 * head - arrow.start, width))
        if head < least_head:
            continue
        heads.moveTo(arrow.end, arrow.y)
        heads.lineTo(stop, arrow.y - head)
        heads.lineTo(stop, arrow.y + head)
        heads.closeSubpath()
    return shapes


@lru_cache(maxsize=4)
def whole_arrow_shapes(
    scene: VolumesScene, widths: tuple[float, ...], em: float, least_head: float = 0.0
) -> _ArrowShapes:
    """The shapes of all arrows of a scene; cached, since they stay the same while results arrive."""
    return arrow_shapes(zip(scene.arrows, widths, strict=True), em, least_head)
