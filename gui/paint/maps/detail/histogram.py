"""The values of the selected map as a histogram, of several designs on one axis if they are compared.

Its axes are painted here, on the screen as in files. A pyqtgraph plot could zoom them, but 40 bins over all values
would only become wider, and the numbers of a bin can be read by hovering.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from msgspec import structs
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from engine.explain.map_statistics import Histogram, Statistics, histograms, map_statistics
from engine.text.units import number_text, range_texts
from gui.paint.basics.round_ticks import round_ticks, tick_text
from gui.paint.basics.text_drawing import ALIGN_RIGHT, draw_text, text_width
from gui.paint.maps.detail.base import MapDetail
from gui.paint.maps.mosaic_panels import MAPS_RUN_HINT, MosaicPanel
from gui.state.focus import Focus
from gui.state.view_state import ViewState
from gui.state.volume_at import Float32Volume
from gui.theme import Theme

_BINS = 40
_LINES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine)
"""How the curves differ besides their colours."""
_CAPTION, _LEAST_CAPTIONED = 1.7, 6.0
"""Height of the words above the vertical axis, and least height of the rest with them, in text heights."""
_LEAST_KEY = 0.75
"""The smallest size of the words beside a key before they are cut, relative to the text."""


class MapHistogram(NamedTuple):
    """One design's histogram."""

    design: str
    colour_index: int
    """Index of the design's colour; −1 for the stem and the input."""
    histogram: Histogram
    statistics: Statistics
    """Of this map alone."""


def build_histogram_detail(state: ViewState, panels: Sequence[MosaicPanel]) -> MapDetail | None:
    """Build the histograms of the selected map; None if none is selected."""
    channel = state.focus.channel
    if channel is None:
        return None
    title = f"values of map {channel}"
    filled_panels = [panel for panel in panels if panel.has_values and channel < panel.channels]
    if not filled_panels:
        return MapDetail(title, None, MAPS_RUN_HINT)
    maps = [_panel_values(panel)[channel] for panel in filled_panels]
    curves = tuple(
        MapHistogram(panel.design, state.colour_index(panel.ref[0]), histogram, map_statistics(values[np.newaxis]))
        for panel, values, histogram in zip(filled_panels, maps, histograms(maps, _BINS), strict=True)
        if panel.ref is not None
    )
    return MapDetail(title, HistogramBody(curves), text="; ".join([title, *map(_curve_text, curves)]))


def _panel_values(panel: MosaicPanel) -> Float32Volume:
    assert panel.tiles is not None
    assert panel.tiles.values is not None
    return panel.tiles.values


def _curve_text(curve: MapHistogram) -> str:
    """``naive: mean 8.2, variance 169, 43 % zeros (not drawn)``."""
    mean, variance, zeros = (float(figure[0]) for figure in structs.astuple(curve.statistics))
    parts = [
        f"mean {number_text(mean, 3)}",
        f"variance {number_text(variance, 3)}",
        f"{number_text(100 * zeros, 3)} % zeros",
    ]
    if curve.histogram.zeros:
        parts[-1] += " (not drawn)"
    if curve.histogram.non_finite:
        parts.append(f"{curve.histogram.non_finite:,} not finite")
    return f"{curve.design}: " + ", ".join(parts)


class HistogramBody(NamedTuple):
    """Histograms on one axis."""

    curves: tuple[MapHistogram, ...]

    def lay_out(self, rect: QRectF, size: float) -> "PlacedHistogram":
        """Lay out a line of words per curve above, the numbers of the axes on the left and below.

        Without much space, what the vertical axis counts is left out.
        """
        head = size * (1.5 * len(self.curves) + _CAPTION)
        if rect.height() - head < _LEAST_CAPTIONED * size:
            head -= size * (_CAPTION - 0.4)
        plot = rect.adjusted(text_width(f"{self.largest_count:,}", size) + size * 0.5, head, 0, -size * 1.8)
        plot.setHeight(min(plot.height(), plot.width()))
        return PlacedHistogram(self, rect, size, plot)

    @property
    def largest_count(self) -> int:
        """The number of values in the fullest bin: the end of the vertical axis."""
        return max(max(int(curve.histogram.counts.max()) for curve in self.curves), 1)

    @property
    def has_bars(self) -> bool:
        """Whether there is any value to draw; otherwise there are no axes, which would make up a scale."""
        return any(curve.histogram.counts.any() for curve in self.curves)

    @property
    def range(self) -> tuple[float, float]:
        """The ends of the horizontal axis."""
        edges = self.curves[0].histogram.edges
        return float(edges[0]), float(edges[-1])


class PlacedHistogram(NamedTuple):
    """Position of the bins: side by side over the width of `plot_rect`."""

    body: HistogramBody
    rect: QRectF
    size: float
    plot_rect: QRectF

    def draw(self, painter: QPainter, theme: Theme) -> None:
        """Draw the axes, the first curve filled, the others as broken lines, in their designs' colours."""
        painter.save()
        if self.body.has_bars:
            self._draw_counts_axis(painter, theme)
        for line, curve in enumerate(self.body.curves):
            colour = theme.muted if curve.colour_index < 0 else theme.design(curve.colour_index)
            self._draw_key(painter, line, curve, colour, theme)
            if self.body.has_bars:
                self._draw_curve(painter, line, curve, colour)
        if self.body.has_bars:
            self._draw_values_axis(painter, theme)
        painter.restore()

    def _draw_key(self, painter: QPainter, line: int, curve: MapHistogram, colour: str, theme: Theme) -> None:
        size = self.size
        row = QRectF(self.rect.left(), self.rect.top() + line * size * 1.5, self.rect.width(), size * 1.5)
        swatch = QRectF(row.left(), row.center().y() - size * 0.38, size * 1.3, size * 0.76)
        self._set_style(painter, line, colour)
        if line:
            painter.drawLine(QPointF(swatch.left(), swatch.center().y()), QPointF(swatch.right(), swatch.center().y()))
        else:
            painter.drawRect(swatch)
        words, text_rect = _curve_text(curve), row.adjusted(size * 1.8, 0, 0, 0)
        fitting = min(max(text_rect.width() / text_width(words, size), _LEAST_KEY), 1.0)
        draw_text(painter, text_rect, words, size * fitting, theme.text)

    @staticmethod
    def _set_style(painter: QPainter, line: int, colour: str) -> None:
        fill = QColor(colour)
        fill.setAlphaF(0.3)
        painter.setBrush(Qt.BrushStyle.NoBrush if line else fill)
        style = _LINES[line % len(_LINES)]
        painter.setPen(QPen(QColor(colour), 2.0 if line else 1.4, style, j=Qt.PenJoinStyle.MiterJoin))

    def _draw_curve(self, painter: QPainter, line: int, curve: MapHistogram, colour: str) -> None:
        plot, counts = self.plot_rect, curve.histogram.counts.tolist()
        width, high = plot.width() / len(counts), plot.height() / self.body.largest_count
        path = QPainterPath(plot.bottomLeft())
        for index, count in enumerate(counts):
            path.lineTo(plot.left() + index * width, plot.bottom() - count * high)
            path.lineTo(plot.left() + (index + 1) * width, plot.bottom() - count * high)
        path.lineTo(plot.bottomRight())
        self._set_style(painter, line, colour)
        painter.drawPath(path)

    def _draw_counts_axis(self, painter: QPainter, theme: Theme) -> None:
        """Draw a line and a number at round counts, and what is counted."""
        plot, size, most = self.plot_rect, self.size, self.body.largest_count
        caption = QRectF(self.rect.left(), plot.top() - size * _CAPTION, self.rect.width(), size * 1.5)
        if caption.top() >= self.rect.top() + 1.5 * size * len(self.body.curves):
            draw_text(painter, caption, "values per bin", size * 0.9, theme.muted)
        for count in round_ticks(0, most, max(2, int(plot.height() / (size * 1.8))), least_step=1):
            y = plot.bottom() - plot.height() * count / most
            painter.setPen(QPen(QColor(theme.grid), 1))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            number = QRectF(self.rect.left(), y - size * 0.75, plot.left() - self.rect.left() - size * 0.4, size * 1.5)
            draw_text(painter, number, f"{count:,.0f}", size, theme.text, ALIGN_RIGHT)

    def _draw_values_axis(self, painter: QPainter, theme: Theme) -> None:
        """Draw ticks with round numbers, and a line at zero."""
        plot, size = self.plot_rect, self.size
        low, high = self.body.range
        painter.setPen(QPen(QColor(theme.muted), 1))
        painter.drawLine(plot.bottomLeft(), plot.bottomRight())
        for value, text in self._value_ticks():
            x = plot.left() + plot.width() * (value - low) / (high - low)
            painter.setPen(QPen(QColor(theme.muted), 1))
            painter.drawLine(QPointF(x, plot.bottom()), QPointF(x, plot.bottom() + size * 0.3))
            width = text_width(text, size)
            left = min(max(x - width / 2, self.rect.left()), self.rect.right() - width)
            number = QRectF(left, plot.bottom() + size * 0.3, width, size * 1.5)
            draw_text(painter, number, text, size, theme.text, Qt.AlignmentFlag.AlignCenter)
        if low < 0 < high:
            x = plot.left() + plot.width() * -low / (high - low)
            painter.setPen(QPen(QColor(theme.muted), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))

    def _value_ticks(self) -> list[tuple[float, str]]:
        """Return as many round values as have space for their numbers."""
        low, high = self.body.range
        for most in range(8, 0, -1):
            ticks = round_ticks(low, high, most)
            texts = [tick_text(tick, ticks) for tick in ticks]
            widest = max((text_width(text, self.size) for text in texts), default=0.0) + self.size * 0.7
            if len(ticks) < 2 or widest <= self.plot_rect.width() * (ticks[1] - ticks[0]) / (high - low):
                return list(zip(ticks, texts, strict=True))
        return []

    def describe(self, point: QPointF) -> str:
        """Count the values in the bin under a point, per design."""
        if not self.body.has_bars or not self.plot_rect.contains(point):
            return ""
        edges = self.body.curves[0].histogram.edges
        bins = len(edges) - 1
        index = min(int((point.x() - self.plot_rect.left()) / self.plot_rect.width() * bins), bins - 1)
        counts = ", ".join(f"{curve.design} {int(curve.histogram.counts[index]):,}" for curve in self.body.curves)
        return f"values from {' to '.join(range_texts(edges[index], edges[index + 1]))}: {counts}"

    def focus_at(self, point: QPointF) -> Focus | None:
        return None

    def focus_for_key(self, number: int) -> Focus | None:
        return None
