"""The position of a chart's legend: in a corner of the plot that no curve crosses, or below."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF

from gui.paint.basics.text_drawing import text_width
from gui.paint.bottleneck.chart_marks import LegendEntry

_HANDLE_HEIGHT = 2.4
"""In text heights: what a legend at the top leaves to the handle of the rank and the name of the layer's own cost."""


def _entry_width(entry: LegendEntry, size: float) -> float:
    return text_width(entry.title, size) + size * 3.2


def stack_legend(entries: Sequence[LegendEntry], plot: QRectF, size: float) -> list[tuple[QRectF, ...]]:
    """Stack the legend in each corner, first in that below falling curves; nowhere if it would fill the plot."""
    width, height = max(_entry_width(entry, size) for entry in entries), size * 1.5
    if width > plot.width() * 0.8 or height * len(entries) > plot.height() - 2 * size:
        return []
    left, right = plot.left() + size * 0.6, plot.right() - size * 0.6 - width
    bottom, top = plot.bottom() - height * len(entries) - size * 0.6, plot.top() + size * _HANDLE_HEIGHT
    return [
        tuple(QRectF(x, y + height * row, width, height) for row in range(len(entries)))
        for x, y in ((left, bottom), (right, top), (left, top), (right, bottom))
    ]


def first_free(areas: Sequence[QRectF], lines: Sequence[NDArray[np.float64]]) -> int | None:
    """Return the index of the first rectangle that no line crosses."""
    return next(
        (index for index, area in enumerate(areas) if not any(_crosses(line, area) for line in lines if len(line))),
        None,
    )


def _crosses(line: NDArray[np.float64], rect: QRectF) -> bool:
    """Whether a polyline with a row per point, or a single point, meets a rectangle.

    A segment does if its bounds do and the corners of the rectangle are not all on one side of it.
    """
    points = np.concatenate((line[:1], line))
    start, step = points[:-1], np.diff(points, axis=0)
    low, high = np.minimum(start, points[1:]), np.maximum(start, points[1:])
    near = np.all((low <= rect.bottomRight().toTuple()) & (high >= rect.topLeft().toTuple()), axis=1)
    rows = (rect.topLeft(), rect.topRight(), rect.bottomLeft(), rect.bottomRight())
    corners = np.array([corner.toTuple() for corner in rows]) - start[:, None]
    sides = step[:, None, 0] * corners[..., 1] - step[:, None, 1] * corners[..., 0]
    return bool(np.any(near & (sides.min(axis=1) <= 0) & (sides.max(axis=1) >= 0)))


def flow_legend(entries: Sequence[LegendEntry], rect: QRectF, size: float) -> tuple[QRectF, ...]:
    """Lay out the legend in rows below a rectangle."""
    rects: list[QRectF] = []
    left, top = rect.left(), rect.bottom()
    for entry in entries:
        width = _entry_width(entry, size)
        if rects and left + width > rect.right():
            left, top = rect.left(), top + size * 1.5
        rects.append(QRectF(left, top, width, size * 1.5))
        left += width
    return tuple(rects)
