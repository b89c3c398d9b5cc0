"""The chart of a convolution's bottleneck: error against MACs for every width, both logarithmic."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import log10
from typing import NamedTuple, TypeVar

from msgspec import Struct
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from engine.bottleneck import Curve, Point, Trial
from engine.bottleneck.report import percent
from engine.units import abbreviated
from gui.paint.words import draw_text, text_width
from gui.theme import Theme

LEAST_ERROR = 1e-3
"""Of the axis: what loses less lies at its foot."""
STEPS = (1, 2, 5)
CENTRE = Qt.AlignmentFlag.AlignCenter
Tick = TypeVar("Tick")
Mark = Callable[[QPainter, QPointF, float, QColor, QColor], None]


class Chart(NamedTuple):
    """Where a curve is drawn: its plot, the height of the text, and the ends of both axes."""

    plot: QRectF
    size: float
    macs: tuple[float, float]
    errors: tuple[float, float]

    def x(self, macs: float) -> float:
        low, high = map(log10, self.macs)
        return self.plot.left() + self.plot.width() * (log10(max(macs, self.macs[0])) - low) / (high - low)

    def y(self, error: float) -> float:
        low, high = map(log10, self.errors)
        share = (log10(min(max(error, self.errors[0]), self.errors[1])) - low) / (high - low)
        return self.plot.bottom() - self.plot.height() * share

    def point(self, macs: float, error: float) -> QPointF:
        return QPointF(self.x(macs), self.y(error))

    def nearest(self, curve: Curve, at: QPointF) -> int | None:
        """The width that is drawn nearest to a point of the plot; None outside."""
        if not self.plot.adjusted(-6, -6, 6, 6).contains(at) or not curve.costs:
            return None
        return min(range(len(curve.costs)), key=lambda index: abs(self.x(curve.costs[index]) - at.x()))


class ChartLook(Struct, frozen=True, eq=False):
    """What a chart marks."""

    design: int
    """Position of the design in the project, for its colour; -1 for the stem."""
    chosen: int | None = None
    error: float | None = None
    """The error to bear."""
    trial: Trial | None = None
    """A replacement that was run; one that was fitted again has a mark of its own."""


def lay_out(curve: Curve, rect: QRectF, size: float) -> Chart:
    """The plot with room for the axes' words around it."""
    known = [error for point in curve.points for error in point[3:] if error]
    errors = [*known, *(error for error in curve.expected if error > 0), 0.5]
    cheaper = [error for index, error in enumerate(curve.expected) if curve.costs[index] <= curve.macs] or errors
    low = max(min([*cheaper, *(curve.told[i] for i in curve.told if curve.costs[i] <= curve.macs)]), LEAST_ERROR)
    low, high = _below(max(low, LEAST_ERROR)), max(1.0, _above(max(errors)))
    costs = (*curve.costs, curve.macs)
    plot = rect.adjusted(size * 3.9, size * 3.1, -size * 0.9, -size * 3.3)
    return Chart(plot, size, (min(costs) * 0.85, max(costs) * 1.2), (low, high))


def paint_chart(painter: QPainter, chart: Chart, curve: Curve, look: ChartLook, theme: Theme) -> None:
    """Draw a curve where `chart` has laid it out."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _draw_dearer(painter, chart, curve, theme)
    _draw_axes(painter, chart, curve, theme)
    painter.setClipRect(chart.plot.adjusted(-chart.size, -chart.size, chart.size, chart.size))
    if look.error is not None:
        _draw_level(painter, chart, look.error, theme)
    colour, edge = _colour(look, theme), QColor(theme.base)
    line = [chart.point(*pair) for pair in zip(curve.costs, curve.expected, strict=True) if pair[1] > 0]
    painter.setPen(QPen(colour, chart.size * 0.12))
    painter.drawPolyline(QPolygonF(line))
    for series in SERIES:
        ink = QColor(theme.muted) if series.aside else colour
        _draw_series(painter, chart, series, [p for p in curve.points if series.error(p)], ink, edge)
    if look.chosen is not None:
        _draw_chosen(painter, chart, curve, look.chosen, theme)
    if look.trial is not None and look.trial.refit:
        _draw_refit(painter, chart, curve, look, colour, edge)
    painter.setClipping(False)
    _draw_legend(painter, chart, curve, look, theme)
    painter.restore()


def _colour(look: ChartLook, theme: Theme) -> QColor:
    return QColor(theme.text if look.design < 0 else theme.design(look.design))


def _disc(painter: QPainter, at: QPointF, radius: float, ink: QColor, ground: QColor) -> None:
    painter.setPen(QPen(ground, radius * 0.3))
    painter.setBrush(ink)
    painter.drawEllipse(at, radius, radius)


def _ring(painter: QPainter, at: QPointF, radius: float, ink: QColor, ground: QColor) -> None:
    painter.setPen(QPen(ink, radius * 0.5))
    painter.setBrush(ground)
    painter.drawEllipse(at, radius * 0.85, radius * 0.85)


def _cross(painter: QPainter, at: QPointF, radius: float, ink: QColor, ground: QColor) -> None:
    painter.setPen(QPen(ink, radius * 0.5))
    for way in (1, -1):
        painter.drawLine(at + QPointF(-radius, -radius * way) * 0.8, at + QPointF(radius, radius * way) * 0.8)


def _diamond(painter: QPainter, at: QPointF, radius: float, ink: QColor, ground: QColor) -> None:
    painter.setPen(QPen(ground, radius * 0.3))
    painter.setBrush(ink)
    corners = ((0, -1.5), (1.5, 0), (0, 1.5), (-1.5, 0))
    painter.drawPolygon(QPolygonF([at + QPointF(x * radius, y * radius) for x, y in corners]))


class Series(NamedTuple):
    """Points that were measured."""

    title: str
    error: Callable[[Point], float | None]
    mark: Mark
    aside: bool = False
    """Only to compare with: in gray, and joined by dashes."""


SERIES: tuple[Series, ...] = (
    Series("plain SVD of the weights", lambda point: point.plain, _cross, aside=True),
    Series("measured on what it is fitted to", lambda point: point.seen, _ring),
    Series("measured on other inputs", lambda point: point.unseen, _disc),
)
EXPECTED, REFIT = "expected from the covariance", "k×k fitted again"


def _draw_series(
    painter: QPainter, chart: Chart, series: Series, points: Sequence[Point], ink: QColor, ground: QColor
) -> None:
    places = [chart.point(point.macs, series.error(point) or 0.0) for point in points]
    if series.aside:
        painter.setPen(QPen(ink, chart.size * 0.08, Qt.PenStyle.DashLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(places))
    for place in places:
        series.mark(painter, place, chart.size * 0.27, ink, ground)


def _draw_axes(painter: QPainter, chart: Chart, curve: Curve, theme: Theme) -> None:
    plot, size = chart.plot, chart.size
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for error, words in _spread(_ticks(*chart.errors), chart.y, percent_tick, lambda _: size * 1.4):
        y = chart.y(error)
        _grid(painter, QLineF(plot.left(), y, plot.right(), y), theme)
        side = QRectF(plot.left() - size * 5, y - size * 0.7, size * 4.6, size * 1.4)
        draw_text(painter, side, words, size, theme.muted, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    for macs, words in _spread(_ticks(*chart.macs), chart.x, _macs_tick, lambda text: text_width(text, size) + size):
        x = chart.x(macs)
        _grid(painter, QLineF(x, plot.top(), x, plot.bottom()), theme)
        below = QRectF(x - size * 5, plot.bottom() + size * 0.3, size * 10, size * 1.3)
        draw_text(painter, below, words, size, theme.muted, CENTRE)
    foot = QRectF(plot.left(), plot.bottom() + size * 1.6, plot.width(), size * 1.4)
    draw_text(painter, foot, "MACs of what stands for the layer", size, theme.muted, CENTRE)
    draw_text(
        painter,
        QRectF(plot.left() - size * 3.8, plot.top() - size * 3, size * 8, size * 1.4),
        "error",
        size,
        theme.muted,
    )
    _draw_widths(painter, chart, curve, theme)
    painter.setPen(QPen(QColor(theme.muted), size * 0.07))
    painter.drawRect(plot)


def _draw_widths(painter: QPainter, chart: Chart, curve: Curve, theme: Theme) -> None:
    """How many maps there are between the convolutions, above the plot."""
    if len(curve.widths[0]) > 1:
        return
    plot, size = chart.plot, chart.size
    powers = [n for power in range(20) if (n := 2**power) <= len(curve.widths)]
    costs = {n: curve.costs[n - 1] for n in powers}
    for n, words in _spread(powers, lambda n: chart.x(costs[n]), str, lambda text: text_width(text, size) + size):
        x = chart.x(costs[n])
        painter.setPen(QPen(QColor(theme.muted), size * 0.07))
        painter.drawLine(QLineF(x, plot.top() - size * 0.3, x, plot.top()))
        draw_text(
            painter,
            QRectF(x - size * 3, plot.top() - size * 1.7, size * 6, size * 1.3),
            words,
            size,
            theme.muted,
            CENTRE,
        )
    draw_text(
        painter,
        QRectF(plot.left(), plot.top() - size * 3, plot.width(), size * 1.3),
        "maps between, r",
        size,
        theme.muted,
        CENTRE,
    )


def _draw_dearer(painter: QPainter, chart: Chart, curve: Curve, theme: Theme) -> None:
    """Where a pair is no longer cheaper than the layer."""
    x, plot, size = chart.x(curve.macs), chart.plot, chart.size
    shade = QColor(theme.warning)
    shade.setAlphaF(0.10)
    painter.fillRect(QRectF(QPointF(x, plot.top()), plot.bottomRight()), shade)
    painter.setPen(QPen(QColor(theme.warning), size * 0.1, Qt.PenStyle.DashLine))
    painter.drawLine(QLineF(x, plot.top(), x, plot.bottom()))
    words = f"the layer itself: {abbreviated(curve.macs)}"
    place = QRectF(plot.left(), plot.top() + size * 0.2, x - plot.left() - size * 0.4, size * 1.3)
    draw_text(painter, place, words, size, theme.warning, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


def _draw_level(painter: QPainter, chart: Chart, error: float, theme: Theme) -> None:
    y = chart.y(error)
    painter.setPen(QPen(QColor(theme.accent), chart.size * 0.08, Qt.PenStyle.DotLine))
    painter.drawLine(QLineF(chart.plot.left(), y, chart.plot.right(), y))


def _draw_chosen(painter: QPainter, chart: Chart, curve: Curve, chosen: int, theme: Theme) -> None:
    x, plot, size = chart.x(curve.costs[chosen]), chart.plot, chart.size
    painter.setPen(QPen(QColor(theme.text), size * 0.12))
    painter.drawLine(QLineF(x, plot.top(), x, plot.bottom()))
    painter.setBrush(QColor(theme.text))
    painter.drawPolygon(
        QPolygonF(
            [
                QPointF(x, plot.top()),
                QPointF(x - size * 0.4, plot.top() + size * 0.6),
                QPointF(x + size * 0.4, plot.top() + size * 0.6),
            ]
        )
    )


def _draw_refit(painter: QPainter, chart: Chart, curve: Curve, look: ChartLook, ink: QColor, ground: QColor) -> None:
    trial = look.trial
    error = None if trial is None else trial.seen if trial.unseen is None else trial.unseen
    if error is not None and look.chosen is not None:
        _diamond(painter, chart.point(curve.costs[look.chosen], error), chart.size * 0.33, ink, ground)


def _draw_legend(painter: QPainter, chart: Chart, curve: Curve, look: ChartLook, theme: Theme) -> None:
    """What marks mean, in the corner that falling curves leave free."""
    size, colour, ground = chart.size, _colour(look, theme), QColor(theme.base)
    shown = [series for series in SERIES if any(series.error(point) is not None for point in curve.points)]
    titles = [EXPECTED, *(series.title for series in shown)]
    refit = look.trial is not None and look.trial.refit
    titles += [REFIT] if refit else []
    width = max(text_width(title, size) for title in titles) + size * 2.6
    height = size * 1.5 * len(titles) + size * 0.5
    box = QRectF(chart.plot.left() + size * 0.6, chart.plot.bottom() - height - size * 0.6, width, height)
    ground.setAlphaF(0.85)
    painter.fillRect(box, ground)
    marks: list[Mark | None] = [None, *(series.mark for series in shown), *([_diamond] if refit else [])]
    asides = [False, *(series.aside for series in shown), False]
    for row, (title, mark) in enumerate(zip(titles, marks, strict=True)):
        y = box.top() + size * (1.0 + 1.5 * row)
        ink = QColor(theme.muted) if asides[row] else colour
        at = QPointF(box.left() + size * 1.1, y)
        if mark is None:
            painter.setPen(QPen(ink, size * 0.12))
            painter.drawLine(at - QPointF(size * 0.7, 0), at + QPointF(size * 0.7, 0))
        else:
            mark(painter, at, size * 0.27, ink, QColor(theme.base))
        draw_text(painter, QRectF(box.left() + size * 2.2, y - size * 0.75, width, size * 1.5), title, size, theme.text)


def _grid(painter: QPainter, line: QLineF, theme: Theme) -> None:
    painter.setPen(QPen(QColor(theme.grid), 1))
    painter.drawLine(line)


def _ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten within an axis."""
    first, last = int(log10(low)) - 1, int(log10(high)) + 1
    ticks = [step * 10.0**power for power in range(first, last + 1) for step in STEPS]
    return [tick for tick in ticks if low * 0.999 <= tick <= high * 1.001]


def _spread(
    ticks: Iterable[Tick], place: Callable[[Tick], float], words: Callable[[Tick], str], room: Callable[[str], float]
) -> Iterator[tuple[Tick, str]]:
    """The ticks whose words do not run into those before them."""
    last: float | None = None
    for tick in ticks:
        text, at = words(tick), place(tick)
        if last is None or abs(at - last) >= room(text):
            last = at
            yield tick, text


def percent_tick(error: float) -> str:
    """A round error in few characters: "5 %", "0.2 %"."""
    return f"{100 * error:.3g} %"


def _macs_tick(macs: float) -> str:
    return abbreviated(round(macs)).replace(".000", "").replace(".00", "").replace(".0 ", " ")


def _below(value: float) -> float:
    """The largest 1, 2 or 5 times a power of ten that is not above."""
    return max(step * 10.0**power for power in range(-8, 3) for step in STEPS if step * 10.0**power <= value * 1.001)


def _above(value: float) -> float:
    return min(step * 10.0**power for power in range(-8, 4) for step in STEPS if step * 10.0**power >= value * 0.999)


def in_words(curve: Curve, index: int, trial: Trial | None = None) -> str:
    """A width with its cost and its errors: "r 64: 513.8 M MACs, 3.6× fewer; expected 4.2 %, measured 2.6 % …"."""
    widths, macs = curve.widths[index], curve.costs[index]
    ratio = curve.macs / macs
    cost = f"{ratio:.1f}× fewer" if ratio > 1 else "not cheaper than the layer"
    point = next((point for point in curve.points if point.at == index), None)
    seen, unseen = (None, None) if point is None else (point.seen, point.unseen)
    if trial is not None and trial.seen is not None:
        seen, unseen = trial.seen, trial.unseen
    parts = [f"expected {percent(curve.expected[index])}"]
    parts += [f"measured {percent(seen)} on what it is fitted to"] if seen is not None else []
    parts += [f"{percent(unseen)} on other inputs"] if unseen is not None else []
    parts += [f"plain SVD {percent(point.plain)}"] if point is not None and point.plain is not None else []
    return f"r {', '.join(map(str, widths))}: {abbreviated(macs)} MACs, {cost}; error {', '.join(parts)}"
