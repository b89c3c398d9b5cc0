"""The label of the line at the layer's own cost: beside it, where it hides no curve if there is such a place."""

from collections.abc import Iterator

from PySide6.QtCore import QRectF

from engine.rank_search import ErrorCurve
from engine.text.units import abbreviate
from gui.paint.basics.text_drawing import text_width
from gui.paint.bottleneck.chart_layout import ChartLayout
from gui.paint.bottleneck.chart_legend import first_free

_HEIGHT, _GAP, _MARK = 1.3, 0.4, 0.3
"""In text heights: the label, its distance from the line, and the radius of the marks of measured points."""


def place_cost_label(chart: ChartLayout, curve: ErrorCurve) -> tuple[str, QRectF] | None:
    """Return the words and their place; None without space."""
    labels = list(_possible_labels(chart, curve))
    mark = chart.text_size * _MARK
    areas = [rect.adjusted(-mark, -mark, mark, mark) for _, rect in labels]
    index = first_free(areas, chart.lines(curve))
    if index is not None:
        return labels[index]
    return next((label for label in labels if label[0] == labels[-1][0]), None)


def _possible_labels(chart: ChartLayout, curve: ErrorCurve) -> Iterator[tuple[str, QRectF]]:
    """Labels beside the line, the best one first: many words, to its left, high up."""
    x, plot, size = chart.x(curve.macs), chart.plot, chart.text_size
    if not plot.left() <= x <= plot.right():
        return
    rows = max(1, int(plot.height() / size / _HEIGHT) - 1)
    amount = abbreviate(curve.macs)
    texts = (f"the layer itself: {amount}", f"layer: {amount}", "layer") if chart.has_captions else ("layer",)
    for words in texts:
        width = text_width(words, size)
        for left in (x - size * _GAP - width, x + size * _GAP):
            if plot.left() + size * 0.6 <= left and left + width <= plot.right():
                for row in range(rows):
                    rect = QRectF(left, plot.top() + size * (0.8 + _HEIGHT * row), width, size * _HEIGHT)
                    if not any(rect.intersects(entry) for entry in chart.legend):
                        yield words, rect
