"""Draws parallel coordinates of a sweep: the lines of all points, ranges that are marked, and axes."""

from itertools import pairwise

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from gui.paint.basics.text_drawing import ALIGN_LEFT, ALIGN_RIGHT, draw_text
from gui.paint.sweep.parallel import ParallelAxis, ParallelLayout, ParallelPlot
from gui.theme import Theme

_CENTRE = Qt.AlignmentFlag.AlignCenter
_PALE, _PLAIN = 0.22, 0.5
"""How much of the colour of lines outside all ranges, and of those within, is not background."""
_MOST_PIECES = 30_000
"""Pieces of lines, of which those that would look the same are drawn once: a tenth of a second's work."""
_STEPS = (1.0, 2.0, 4.0)
"""Pixels to which the ends of pieces are rounded, finer ones first."""
_BAR = 6.0
"""Half the width of a range that is marked."""
_TICK_GAP = 84.0
"""Pixels between axes from which on there are ticks between their ends."""


def line_pieces(layout: ParallelLayout, shares: np.ndarray) -> np.ndarray:
    """The pieces of the lines of points between neighbouring axes, each once, as x0, y0, x1, y1, (pieces, 4)."""
    pieces = np.empty((0, 4))
    for step in _STEPS:
        rows = np.round((layout.bottom - shares * (layout.bottom - layout.top)) / step)
        parts = [pieces[:0]]
        for left, right in pairwise(range(shares.shape[1])):
            ends = rows[:, (left, right)]
            pairs = ends[~np.isnan(ends).any(axis=1)].astype(np.int64)
            codes = np.unique(pairs[:, 0] << 32 | pairs[:, 1] & 0xFFFFFFFF)
            first, last = (codes >> 32) * step, (codes & 0xFFFFFFFF) * step
            columns = (np.full(len(codes), layout.columns[index]) for index in (left, right))
            x0, x1 = columns
            parts.append(np.column_stack([x0, first, x1, last]))
        pieces = np.concatenate(parts)
        if len(pieces) <= _MOST_PIECES:
            break
    return pieces


def draw_lines(painter: QPainter, layout: ParallelLayout, shares: np.ndarray, theme: Theme, *, pale: bool) -> None:
    """Draw the lines of points. Their colour is opaque, which takes half the time."""
    pieces = line_pieces(layout, shares)
    if not len(pieces):
        return
    painter.setPen(QPen(_mixed(theme.muted, theme.base, _PALE if pale else _PLAIN), 1))
    painter.drawPath(pg.arrayToQPath(pieces[:, ::2].ravel(), pieces[:, 1::2].ravel(), connect="pairs"))


def _mixed(colour: str, base: str, share: float) -> QColor:
    above, below = QColor(colour), QColor(base)
    parts = zip(above.getRgb()[:3], below.getRgb()[:3], strict=True)  # type: ignore[index]  # a tuple, by its stubs an object
    return QColor(*(round(share * upper + (1 - share) * lower) for upper, lower in parts))


def draw_above(
    painter: QPainter, layout: ParallelLayout, plot: ParallelPlot, theme: Theme, selected: int | None = None
) -> None:
    """Draw what lies above the lines: those of the front and of the selected point, axes and ranges."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(theme.accent), 1.4))
    for row in plot.front:
        _draw_line(painter, layout, plot.shares[row])
    if selected is not None and selected < len(plot.shares):
        painter.setPen(QPen(QColor(theme.text), 2.4))
        _draw_line(painter, layout, plot.shares[selected])
    for part in plot.ranges:
        for x, axis in zip(layout.columns, plot.axes, strict=True):
            if axis.column == part.column:
                low, high = (layout.row(axis.share(end)) for end in (part.low, part.high))
                fill = QColor(theme.accent)
                fill.setAlphaF(0.28)
                painter.setBrush(fill)
                painter.setPen(QPen(QColor(theme.accent), 1.2))
                painter.drawRect(QRectF(x - _BAR, high, 2 * _BAR, max(low - high, 1.0)))
    for number, (x, axis) in enumerate(zip(layout.columns, plot.axes, strict=True)):
        _draw_axis(painter, layout, number, x, axis, theme)
    painter.restore()


def _draw_line(painter: QPainter, layout: ParallelLayout, shares: np.ndarray) -> None:
    """Draw the line of a point, which has a gap where a value is unknown."""
    places = [
        None if np.isnan(share) else QPointF(x, layout.row(share))
        for x, share in zip(layout.columns, shares.tolist(), strict=True)
    ]
    painter.drawLines([QLineF(a, b) for a, b in pairwise(places) if a is not None and b is not None])


def _draw_axis(
    painter: QPainter, layout: ParallelLayout, number: int, x: float, axis: ParallelAxis, theme: Theme
) -> None:
    size, small = layout.size, layout.size * 0.88
    painter.setPen(QPen(QColor(theme.muted), 1))
    painter.drawLine(QLineF(x, layout.top, x, layout.bottom))
    rows = layout.title_rows
    half = layout.gap * rows / 2 - size * 0.25
    left, right = max(x - half, layout.left + 2), min(x + half, layout.right - 2)
    top = layout.top - size * (1.5 + 1.35 * (rows - number % rows))
    title = QRectF(left, top, right - left, size * 1.3)
    draw_text(painter, title, axis.title, size, theme.text, _CENTRE)
    if number % rows != rows - 1:
        painter.setPen(QPen(QColor(theme.grid), 1))
        painter.drawLine(QLineF(x, title.bottom(), x, layout.top - size * 1.5))
    end_width = layout.gap - size * 0.3
    if axis.labels:
        _draw_labels(painter, layout, x, axis, theme)
        return
    for text, top in zip(axis.ends(), (layout.bottom + size * 0.25, layout.top - size * 1.4), strict=True):
        draw_text(painter, QRectF(x - end_width / 2, top, end_width, size * 1.2), text, small, theme.muted, _CENTRE)
    if layout.gap >= _TICK_GAP:
        for tick in axis.scale.ticks():
            row = layout.row(tick.share)
            if layout.top + size < row < layout.bottom - size:
                _draw_tick(painter, layout, QPointF(x, row), tick.label, small, theme)


def _draw_labels(painter: QPainter, layout: ParallelLayout, x: float, axis: ParallelAxis, theme: Theme) -> None:
    """Draw texts beside an axis, as far as they do not overlap."""
    size = layout.size * 0.88
    last = layout.bottom + layout.size
    for index, label in enumerate(axis.labels):
        row = layout.row(axis.scale.share(index))
        if last - row >= size * 1.2:
            last = row
            _draw_tick(painter, layout, QPointF(x, row), label, size, theme)


def _draw_tick(painter: QPainter, layout: ParallelLayout, at: QPointF, text: str, size: float, theme: Theme) -> None:
    """Draw a text beside an axis, legible above lines: right of it, at the last axis left of it."""
    width, is_last = layout.gap - _BAR - size, at.x() == layout.columns[-1]
    left = at.x() - _BAR - 3 - width if is_last else at.x() + _BAR + 3
    box, align = QRectF(left, at.y() - size * 0.7, width, size * 1.4), ALIGN_RIGHT if is_last else ALIGN_LEFT
    path = QPolygonF([at - QPointF(3, 0), at + QPointF(3, 0)])
    painter.setPen(QPen(QColor(theme.muted), 1))
    painter.drawPolyline(path)
    for shift in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        draw_text(painter, box.translated(*shift), text, size, theme.base, align)
    draw_text(painter, box, text, size, theme.text, align)
