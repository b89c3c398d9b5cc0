"""Bars of the terms of a sum: the largest ones, and the others together, so that nothing is missing."""

from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from engine.text.units import number_text
from gui.paint.basics.text_drawing import ALIGN_RIGHT, draw_text, text_width
from gui.paint.inspector.content import InspectorContent
from gui.paint.inspector.part_drawing import InspectorHit, draw_part_title, part_title_height, signed_colour
from gui.theme import Theme

_MOST_BARS = 12
"""Terms with their own bar."""
_FEW_MORE_BARS = 4
"""Further terms that have their own bar if there are no more than these."""
_ROW = 1.45
"""Height of a row in ems."""
_LABEL = 7.6
"""Width of labels in ems."""
_WIDEST_NUMBER = 0.4
"""Greatest width of the numbers, relative to that of the part."""
_TEXT = 0.92
"""Size of labels and numbers in ems."""


class SumBar(NamedTuple):
    """A bar: its label, its value, and its term, if it stands for one."""

    label: str
    value: float
    term: int | None = None
    final: bool = False
    """Whether it is the sum of all bars above."""


def sum_bars(content: InspectorContent) -> tuple[SumBar, ...]:
    """Return the bars, the largest first; all terms and the bias add up to the last one."""
    terms = None if content.explanation is None else content.explanation.how.terms
    if terms is None or len(terms.values) < 2:
        return ()
    order = np.argsort(-np.abs(np.nan_to_num(terms.values)), kind="stable")
    own = order if len(order) <= _MOST_BARS + _FEW_MORE_BARS else order[:_MOST_BARS]
    bars = [SumBar(_term_label(content, int(term)), float(terms.values[term]), int(term)) for term in own]
    rest = terms.values[order[len(own) :]]
    for part, sign in ((rest[rest > 0], "+"), (rest[rest < 0], "−"), (rest[rest == 0], "0")):
        if len(part):
            bars.append(SumBar(f"{len(part)} others: {sign}", float(part.sum())))
    if content.required_explanation.how.bias is not None:
        bars.append(SumBar("bias", content.required_explanation.how.bias))
    return (*bars, SumBar("sum", terms.total, final=True))


def sums_height(content: InspectorContent, width: float, em: float) -> float:
    bars = sum_bars(content)
    return part_title_height(_title(content), width, em) + (len(bars) + 0.6) * _ROW * em if bars else 0.0


def draw_sums(painter: QPainter, rect: QRectF, content: InspectorContent, em: float, theme: Theme) -> None:
    draw_part_title(painter, rect, _title(content), em, theme)
    bars = sum_bars(content)
    axis, scale = _axis_scale(rect, bars, em)
    columns = _label_width(rect.width(), em), _number_width(bars, rect.width(), em)
    labels = [bar.label for bar in bars]
    top = rect.top() + part_title_height(_title(content), rect.width(), em)
    painter.setPen(QPen(QColor(theme.muted), 1))
    painter.drawLine(QLineF(axis, top, axis, top + len(bars) * _ROW * em))
    for index, bar in enumerate(bars):
        row_rect = QRectF(rect.left(), top + index * _ROW * em, rect.width(), _ROW * em)
        _draw_sum_bar(painter, row_rect, bar, axis, scale, content, em, theme)
        label = QRectF(row_rect.left(), row_rect.top(), columns[0], row_rect.height())
        draw_text(painter, label, bar.label, _TEXT * em, theme.text, bold=bar.final, among=labels)
        value = QRectF(row_rect.right() - columns[1], row_rect.top(), columns[1], row_rect.height())
        draw_text(painter, value, number_text(bar.value), _TEXT * em, theme.text, ALIGN_RIGHT, bold=bar.final)


def _draw_sum_bar(
    painter: QPainter,
    row_rect: QRectF,
    bar: SumBar,
    axis: float,
    scale: float,
    content: InspectorContent,
    em: float,
    theme: Theme,
) -> None:
    """Draw a bar without its texts."""
    if bar.final:
        painter.setPen(QPen(QColor(theme.text), 1))
        painter.drawLine(QLineF(row_rect.left(), row_rect.top(), row_rect.right(), row_rect.top()))
    elif bar.term is not None and bar.term == content.shown_term and content.required_explanation.terms.of == "channel":
        painter.fillRect(row_rect, QColor(theme.grid))
    long = bar.value * scale if np.isfinite(bar.value) else 0.0
    bar_rect = QRectF(axis, row_rect.top() + 0.2 * _ROW * em, long, 0.6 * _ROW * em).normalized()
    painter.fillRect(bar_rect, QColor(theme.text if bar.final else signed_colour(bar.value)))
    if bar.term is None and not bar.final:  # hollow: several together, or no product at all
        painter.fillRect(bar_rect.adjusted(1.5, 1.5, -1.5, -1.5), QColor(theme.base))


def hit_sums(rect: QRectF, content: InspectorContent, em: float, point: QPointF) -> InspectorHit | None:
    bars = sum_bars(content)
    top = rect.top() + part_title_height(_title(content), rect.width(), em)
    index = int((point.y() - top) // (_ROW * em))
    if not 0 <= index < len(bars) or not rect.left() <= point.x() <= rect.right():
        return None
    bar = bars[index]
    words = f"{bar.label}: {number_text(bar.value, 9)}"
    if bar.term is None:
        return InspectorHit(words)
    return InspectorHit(f"{words}; click to select it in the input", content.term_focus(bar.term), bar.term)


def _title(content: InspectorContent) -> str:
    return f"{content.required_explanation.terms.title}, the largest first"


def _term_label(content: InspectorContent, term: int) -> str:
    terms = content.required_explanation.terms
    return (
        f"channel {terms.first + term}" if terms.of == "channel" else content.required_explanation.source_refs[term][1]
    )


def _label_width(width: float, em: float) -> float:
    return min(_LABEL * em, 0.4 * width)


def _number_width(bars: tuple[SumBar, ...], width: float, em: float) -> float:
    """Return the width of the longest number; numbers get smaller rather than wider than a share of the part."""
    widest = max(text_width(number_text(bar.value), _TEXT * em, bold=bar.final) for bar in bars)
    return min(widest + 0.2 * em, _WIDEST_NUMBER * width)


def _axis_scale(rect: QRectF, bars: tuple[SumBar, ...], em: float) -> tuple[float, float]:
    """Return the position of zero and the pixels per unit, so that all bars fit between labels and numbers."""
    finite = [bar.value for bar in bars if np.isfinite(bar.value)]
    low, high = min(0.0, *finite, 0.0), max(0.0, *finite, 0.0)
    left = rect.left() + _label_width(rect.width(), em) + 0.3 * em
    space = max(rect.right() - _number_width(bars, rect.width(), em) - 0.3 * em - left, em)
    scale = space / ((high - low) or 1.0)
    return left - low * scale, scale
