"""Draws the points of a sweep in two metrics; free functions, for files and for the screen."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from gui.paint.basics.text_drawing import ALIGN_RIGHT, draw_text, text_width
from gui.paint.sweep.content import PlotDesign, PlotPoint, SweepPlot
from gui.paint.sweep.scale import PlotScale, scale_of
from gui.theme import Theme

_CENTRE = Qt.AlignmentFlag.AlignCenter
_NOTHING = "No point has both metrics"
_PALE = {"front": 1.0, "dominated": 0.4, "outside": 0.12}
"""Opacity of the marks by the kind of their points."""
_MANY = 1000
"""Points from which on they are drawn as such, without edges, in a tenth of the time."""


WHOLE = QRectF(0, 0, 1, 1)


class PlotLayout(NamedTuple):
    """Where things are in the picture."""

    plot: QRectF
    x: PlotScale
    y: PlotScale
    size: float
    """Of the text."""
    visible: QRectF = WHOLE
    """The visible part, in shares of both axes."""

    def at(self, x: float, y: float) -> QPointF:
        """The place of a pair of amounts."""
        return QPointF(self.column(self.x.share(x)), self.row(self.y.share(y)))

    def column(self, share: float) -> float:
        """The place of a share of the horizontal axis."""
        return self.plot.left() + (share - self.visible.left()) / self.visible.width() * self.plot.width()

    def row(self, share: float) -> float:
        """The place of a share of the vertical axis, which begins below."""
        return self.plot.bottom() - (share - self.visible.top()) / self.visible.height() * self.plot.height()


def lay_out_plot(rect: QRectF, plot: SweepPlot, size: float) -> PlotLayout:
    """Place the plot in a rectangle, with space for ticks, titles and the legend."""
    marks: list[PlotPoint | PlotDesign] = [*plot.points, *plot.designs]
    x = scale_of(plot.columns[0], [mark.x for mark in marks])
    y = scale_of(plot.columns[1], [mark.y for mark in marks])
    left = max((text_width(tick.label, size) for tick in y.ticks()), default=0.0) + size * 1.4
    # Below the right end there may be the middle of a label.
    right = max((text_width(tick.label, size) / 2 for tick in x.ticks()), default=0.0) + size * 0.5
    return PlotLayout(rect.adjusted(left, size * 3.2, -right, -size * 3.4), x, y, size)


def paint_sweep(painter: QPainter, rect: QRectF, plot: SweepPlot, theme: Theme, size: float = 14) -> None:
    """Draw points, front, designs, axes and legend into a rectangle."""
    if plot.points or plot.designs:
        draw_plot(painter, lay_out_plot(rect, plot, size), plot, theme)
    else:
        draw_text(painter, rect, _NOTHING, size, theme.muted, _CENTRE)


def draw_plot(
    painter: QPainter, layout: PlotLayout, plot: SweepPlot, theme: Theme, selected: PlotPoint | None = None
) -> None:
    """Draw what is laid out, and a ring around the selected point."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _draw_axes(painter, layout, plot, theme)
    painter.save()
    if layout.visible != WHOLE:
        painter.setClipRect(layout.plot)
    _draw_points(painter, layout, plot, theme)
    if selected is not None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(theme.text), layout.size * 0.12))
        painter.drawEllipse(layout.at(selected.x, selected.y), layout.size * 0.55, layout.size * 0.55)
    painter.restore()
    _draw_legend(painter, layout, plot, theme)
    painter.restore()


def _draw_axes(painter: QPainter, layout: PlotLayout, plot: SweepPlot, theme: Theme) -> None:
    area, size = layout.plot, layout.size
    painter.setPen(QPen(QColor(theme.grid), 1))
    across = [tick for tick in layout.x.ticks() if layout.visible.left() <= tick.share <= layout.visible.right()]
    up = [tick for tick in layout.y.ticks() if layout.visible.top() <= tick.share <= layout.visible.bottom()]
    columns, rows = [layout.column(tick.share) for tick in across], [layout.row(tick.share) for tick in up]
    painter.drawLines([QLineF(x, area.top(), x, area.bottom()) for x in columns])
    painter.drawLines([QLineF(area.left(), y, area.right(), y) for y in rows])
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(theme.muted), 1))
    painter.drawRect(area)
    last = float("-inf")
    for x, tick in zip(columns, across, strict=True):
        half = text_width(tick.label, size) / 2
        if x - half > last:
            last = x + half + size * 0.5
            box = QRectF(x - size * 5, area.bottom() + size * 0.3, size * 10, size * 1.4)
            draw_text(painter, box, tick.label, size, theme.muted, _CENTRE)
    for y, tick in zip(rows, up, strict=True):
        box = QRectF(area.left() - size * 12, y - size * 0.7, size * 11.5, size * 1.4)
        draw_text(painter, box, tick.label, size, theme.muted, ALIGN_RIGHT)
    below = QRectF(area.left(), area.bottom() + size * 1.8, area.width(), size * 1.4)
    draw_text(painter, below, plot.titles[0], size, theme.text, _CENTRE)
    above = QRectF(area.left(), area.top() - size * 3.1, area.width(), size * 1.4)
    draw_text(painter, above, plot.titles[1], size, theme.text)


def _draw_points(painter: QPainter, layout: PlotLayout, plot: SweepPlot, theme: Theme) -> None:
    """Draw dominated points first, so that the front lies on top."""
    painter.setPen(QPen(QColor(theme.accent), layout.size * 0.1))
    painter.drawPolyline(_polygon(*_places(layout, plot.front)))
    for kind in ("outside", "broken", "dominated", "front"):
        same = [point for point in plot.points if point.kind == kind]
        _draw_marks(painter, _polygon(*_places(layout, same)), kind, layout.size, theme)
    for design in plot.designs:
        draw_star(painter, layout.at(design.x, design.y), layout.size * 0.6, theme.design(design.colour_index), theme)


def _places(layout: PlotLayout, points: Sequence[PlotPoint]) -> tuple[np.ndarray, np.ndarray]:
    """Where points are, as pixels across and down, each (points,); see `PlotLayout.at`."""
    area, visible = layout.plot, layout.visible
    across = layout.x.shares(np.array([point.x for point in points], dtype=float)) - visible.left()
    up = layout.y.shares(np.array([point.y for point in points], dtype=float)) - visible.top()
    return (
        area.left() + across / visible.width() * area.width(),
        area.bottom() - up / visible.height() * area.height(),
    )


def _polygon(across: np.ndarray, down: np.ndarray) -> QPolygonF:
    return pg.functions.arrayToQPolygonF(across, down) if len(across) else QPolygonF()


def _draw_marks(painter: QPainter, marks: QPolygonF, kind: str, size: float, theme: Theme) -> None:
    colour = QColor(theme.accent if kind == "front" else theme.muted)
    painter.setPen(Qt.PenStyle.NoPen if kind == "outside" else QPen(QColor(theme.base), size * 0.05))
    if kind == "broken":
        painter.setPen(QPen(colour, size * 0.08))
        painter.setBrush(Qt.BrushStyle.NoBrush)
    else:
        colour.setAlphaF(_PALE[kind])
        painter.setBrush(colour)
    radius = size * {"front": 0.3, "outside": 0.16}.get(kind, 0.22)
    if marks.size() > _MANY and kind in ("dominated", "outside"):
        cap = Qt.PenCapStyle.SquareCap if kind == "outside" else Qt.PenCapStyle.RoundCap
        painter.setPen(QPen(colour, 2 * radius, Qt.PenStyle.SolidLine, cap))
        painter.drawPoints(marks)
        return
    for place in marks.toList():
        painter.drawEllipse(place, radius, radius)


def draw_star(painter: QPainter, centre: QPointF, radius: float, colour: str, theme: Theme) -> None:
    """Draw the mark of a design: a star of five points."""
    line = QLineF(centre, centre + QPointF(radius, 0))
    corners = []
    for number in range(10):
        line.setAngle(90 + 36 * number)
        line.setLength(radius if number % 2 == 0 else radius * 0.42)
        corners.append(line.p2())
    painter.setPen(QPen(QColor(theme.base), radius * 0.12))
    painter.setBrush(QColor(colour))
    painter.drawPolygon(QPolygonF(corners))


_Mark = Callable[[QPointF], None]


def _draw_legend(painter: QPainter, layout: PlotLayout, plot: SweepPlot, theme: Theme) -> None:
    """Draw what the marks mean in a row above the plot, as far as there is space."""
    size, area = layout.size, layout.plot
    x, y = area.left(), area.top() - size * 0.95
    for words, mark in _entries(painter, plot, theme, size):
        width = size * 1.2 + text_width(words, size) + size
        if x + width > area.right() + size:
            break
        mark(QPointF(x + size * 0.5, y))
        draw_text(painter, QRectF(x + size * 1.2, y - size * 0.7, width, size * 1.4), words, size, theme.text)
        x += width


def _entries(painter: QPainter, plot: SweepPlot, theme: Theme, size: float) -> Iterable[tuple[str, _Mark]]:
    def dots(kind: str) -> _Mark:
        return lambda at: _draw_marks(painter, QPolygonF([at]), kind, size, theme)

    def star(colour: str) -> _Mark:
        return lambda at: draw_star(painter, at, size * 0.6, colour, theme)

    kinds = {point.kind for point in plot.points}
    for kind, words in (
        ("front", "front"),
        ("dominated", "beaten by another"),
        ("broken", "breaks a condition"),
        ("outside", "outside"),
    ):
        if kind in kinds:
            yield words, dots(kind)
    for design in plot.designs:
        yield design.name, star(theme.design(design.colour_index))


def nearest_point(layout: PlotLayout, plot: SweepPlot, at: QPointF) -> PlotPoint | None:
    """The point within all ranges whose mark is at a place; None without one."""
    points = [point for point in plot.points if point.kind != "outside"]
    if not points:
        return None
    across, down = _places(layout, points)
    distances = abs(across - at.x()) + abs(down - at.y())
    nearest = int(distances.argmin())
    return points[nearest] if distances[nearest] <= layout.size else None
