"""The marks in the chart of a rank search: the series they show and their legend."""

from collections.abc import Callable
from typing import NamedTuple

from msgspec import Struct
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from engine.rank_search import CurvePoint, ErrorCurve, RankResult

_DrawMark = Callable[[QPainter, QPointF, float, QColor, QColor], None]
"""Draws a mark at a point: radius, colour, background."""


class ChartMarks(Struct, frozen=True, eq=False):
    """The marks of a chart besides its curve and points."""

    colour_index: int
    """Index of the colour of the design; -1 for the stem."""
    selected_index: int | None = None
    error: float | None = None
    """The largest error that is tolerated."""
    result: RankResult | None = None
    """The replacement that was run; one that was fitted again has its own mark."""


def _draw_disc(painter: QPainter, at: QPointF, radius: float, ink: QColor, ground: QColor) -> None:
    painter.setPen(QPen(ground, radius * 0.3))
    painter.setBrush(ink)
    painter.drawEllipse(at, radius, radius)


def _draw_ring(painter: QPainter, at: QPointF, radius: float, ink: QColor, ground: QColor) -> None:
    painter.setPen(QPen(ink, radius * 0.5))
    painter.setBrush(ground)
    painter.drawEllipse(at, radius * 0.85, radius * 0.85)


def _draw_cross(painter: QPainter, at: QPointF, radius: float, ink: QColor, _ground: QColor) -> None:
    painter.setPen(QPen(ink, radius * 0.5))
    for way in (1, -1):
        painter.drawLine(at + QPointF(-radius, -radius * way) * 0.8, at + QPointF(radius, radius * way) * 0.8)


def draw_diamond(painter: QPainter, at: QPointF, radius: float, ink: QColor, ground: QColor) -> None:
    painter.setPen(QPen(ground, radius * 0.3))
    painter.setBrush(ink)
    corners = ((0, -1.5), (1.5, 0), (0, 1.5), (-1.5, 0))
    painter.drawPolygon(QPolygonF([at + QPointF(x * radius, y * radius) for x, y in corners]))


class ErrorSeries(NamedTuple):
    """A series of measured points."""

    title: str
    error: Callable[[CurvePoint], float | None]
    draw_mark: _DrawMark
    is_secondary: bool = False
    """Whether it is only for comparison: gray, joined by dashes."""


ERROR_SERIES: tuple[ErrorSeries, ...] = (
    ErrorSeries("plain SVD", lambda point: point.svd_error, _draw_cross, is_secondary=True),
    ErrorSeries("measured on fitted inputs", lambda point: point.fit_error, _draw_ring),
    ErrorSeries("measured on others", lambda point: point.check_error, _draw_disc),
)
EXPECTED, _REFIT = "expected", "k×k fitted again"


class LegendEntry(NamedTuple):
    """The meaning of a mark; without a mark, of the line."""

    title: str
    draw_mark: _DrawMark | None = None
    is_secondary: bool = False


def legend_entries(curve: ErrorCurve, marks: ChartMarks) -> tuple[LegendEntry, ...]:
    """Return the legend of everything that is drawn."""
    measured = [series for series in ERROR_SERIES if any(series.error(point) is not None for point in curve.points)]
    refit = (LegendEntry(_REFIT, draw_diamond),) if marks.result is not None and marks.result.refit else ()
    return (
        LegendEntry(EXPECTED),
        *(LegendEntry(series.title, series.draw_mark, series.is_secondary) for series in measured),
        *refit,
    )
