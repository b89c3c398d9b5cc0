"""What stands around the boxes: each design's name and cost, and the legend that says what the picture means."""

from collections.abc import Iterator
from math import sqrt

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from engine import metrics, units
from gui.paint import colours
from gui.paint.scene.camera import LENGTHS_IN_WORDS
from gui.paint.scene.faces import volume_range
from gui.paint.scene.frame import MARGIN, Frame, is_photo, shown_result
from gui.paint.scene.labels import Text, elided, text_font, width
from gui.paint.scene.layout import Scene
from gui.state import ViewState
from gui.theme import Theme

THINNEST, THICKEST = 0.09, 0.42
"""Arrow widths in ems, of nothing and of the dearest layer of all designs."""

_SEPARATOR = " · "


def arrow_widths(state: ViewState, scene: Scene) -> list[float]:
    """In ems: ∝ √cost, so that small costs stay visible; the thinnest line is also what unknown and no cost get."""
    chosen = metrics.metric(state.look.metric)
    costs = [chosen.value(arrow.vertex.report) or 0 if arrow.vertex.report else 0 for arrow in scene.arrows]
    most = max(costs, default=0)
    return [max(THINNEST, THICKEST * sqrt(cost / most)) if most else THINNEST for cost in costs]


def draw_text(painter: QPainter, text: Text, colour: str) -> None:
    painter.setFont(text_font(text.size, text.bold))
    painter.setPen(QColor(colour))
    painter.drawText(QPointF(text.x, text.y), text.text)


def draw_headings(painter: QPainter, state: ViewState, frame: Frame, theme: Theme, room: float) -> None:
    """Each design's name in its colour, its totals, and how it compares with the first."""
    em = frame.em
    size = round(1.3 * em)
    for band, top in zip(frame.scene.plan.bands, frame.scene.headers, strict=True):
        if top > frame.scene.headers[0]:
            painter.setPen(QPen(QColor(theme.grid), 1))
            painter.drawLine(QPointF(MARGIN * em, top + 0.2 * em), QPointF(room - MARGIN * em, top + 0.2 * em))
        name = Text(band.name, MARGIN * em, top + 1.75 * em, width(band.name, size, True), size, bold=True)
        draw_text(painter, name, theme.design(state.design_index(band.name)))
        totals, ratio = _totals(state, band.name)
        beside = frame.header < 3.5 * em
        x = name.x + name.width + em if beside else name.x
        y = name.y if beside else name.y + 1.25 * em
        draw_text(painter, Text(totals, x, y, 0.0, em), theme.muted)
        draw_text(painter, Text(ratio, x + width(totals, em), y, 0.0, em, bold=True), theme.text)


def _totals(state: ViewState, design: str) -> tuple[str, str]:
    chosen = metrics.metric(state.look.metric)
    counts = (chosen, metrics.METRICS[1 if chosen is not metrics.METRICS[1] else 0])
    reports = state.check.analyses[design].reports
    totals = _SEPARATOR.join(f"{units.abbreviated(metrics.total(count, reports))} {count.unit}" for count in counts)
    first = state.project.designs[0].name
    if design == first:
        return totals, ""
    amounts = [metrics.total(chosen, state.check.analyses[name].reports) for name in (design, first)]
    words = units.ratio_in_words(amounts[0], amounts[1], chosen.more)
    return (totals + _SEPARATOR, words) if words else (totals, "")


def draw_legend(painter: QPainter, state: ViewState, frame: Frame, theme: Theme, area: QRectF) -> None:
    """Scale, arrows and faces in words; after a run the colour bar with the chosen volume's range."""
    em, size = frame.em, round(0.84 * frame.em)
    line = _SEPARATOR.join(_words(state, frame))
    left, right, y = area.x() + MARGIN * em, area.right() - MARGIN * em, area.bottom() - 0.6 * em
    stacked = frame.legend > 2.5 * em
    if state.run.results:
        room = right - left - (0.0 if stacked else width(line, size) + 2 * em)
        _draw_bar(painter, state, theme, QPointF(right, y), em, room)
    draw_text(painter, Text(line, left, y - 1.4 * em if stacked else y, 0.0, size), theme.muted)


def _words(state: ViewState, frame: Frame) -> Iterator[str]:
    yield LENGTHS_IN_WORDS[state.look.scale]
    chosen = metrics.metric(state.look.metric)
    if any(arrow.vertex.report and chosen.value(arrow.vertex.report) for arrow in frame.scene.arrows):
        yield f"arrow width ∝ √{chosen.unit}"
    shown = [box for box in frame.scene.boxes if shown_result(state, box.place, box.vertex.shape) is not None]
    if not shown:
        yield "run (F5) to see values"
        return
    yield "faces: slices of the volume"
    if any(not state.fresh(box.place) for box in shown):
        yield "dimmed: for earlier settings"
    if len(shown) < sum(box.vertex.shape is not None for box in frame.scene.boxes):
        yield "plain: not run yet"


def _bar_texts(state: ViewState, size: int, room: float) -> tuple[str, str, str]:
    """Texts at the colour bar's left end, its right end and behind it: the chosen volume's if there is room."""
    place = state.focus.place
    result = state.result(place)
    percentiles = "{:g}–{:g} % of each volume".format(*colours.PERCENTILES)
    if result is not None and not is_photo(state, place):
        low, high = volume_range(result.volume, zero_centred=state.look.zero_centred)
        name = elided(_SEPARATOR.join(part for part in place if part), 14.0 * size, size)
        texts = f"{low:.3g}", f"{high:.3g}", f"{name}, {percentiles}"
        if sum(width(text, size) for text in texts) <= room:
            return texts
    return "low", "high", percentiles


def _draw_bar(painter: QPainter, state: ViewState, theme: Theme, end: QPointF, em: int, room: float) -> None:
    """The colour bar with its texts, which end at `end` on their baseline."""
    size, wide, high, gap = round(0.84 * em), 6.0 * em, 0.8 * em, 0.4 * em
    low, top, whose = _bar_texts(state, size, room - wide - 4 * gap)
    left = end.x() - width(whose, size)
    middle = left - 2 * gap - width(top, size)
    bar = QRectF(middle - gap - wide, end.y() - high + 0.1 * em, wide, high)
    levels = np.arange(256, dtype=np.uint8)[np.newaxis]
    painter.drawImage(bar, colours.indexed_image(levels, colours.map_name(state.look)))
    painter.setPen(QPen(QColor(theme.muted), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(bar)
    for word, x in ((low, bar.left() - gap - width(low, size)), (top, middle), (whose, left)):
        draw_text(painter, Text(word, x, end.y(), 0.0, size), theme.muted)
