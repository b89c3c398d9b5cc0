"""Draws the headings of the designs with their costs, and the legend that explains the picture."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import ceil, log2, sqrt
from operator import attrgetter
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from engine.cost.metrics import METRICS, Amount, Costs, Metric, compare_amounts, metric_by_id
from engine.reports.tables import comparable_totals
from engine.run.check import ProjectCheck
from engine.text.units import number_text, range_texts
from engine.unchanged_items import last_results
from gui.paint.basics import colours
from gui.paint.maps.map_measures import count_non_finite, not_finite_text, volume_range
from gui.paint.volumes.break_candidates import LineBreaks
from gui.paint.volumes.camera import LENGTH_SCALE_TEXTS
from gui.paint.volumes.class_line import ClassLine, lay_out_classes
from gui.paint.volumes.design_graph import Vertex
from gui.paint.volumes.face_values import photo_at, value_regions, visible_focus
from gui.paint.volumes.labels import Label, cached_font, elide_names, elide_sentence, elide_text, measure_text
from gui.paint.volumes.layout import VOLUMES_MARGIN, VolumesLayout
from gui.paint.volumes.scene import VolumesScene
from gui.state.run_view import RunView
from gui.state.view_state import ViewState
from gui.state.volume_at import Float32Volume, VolumeAt
from gui.theme import Theme

_THINNEST, _THICKEST = 0.09, 0.42
"""Arrow widths in ems, of no cost and of the most expensive layer of all designs."""

_STEPS_OF_MOST = 8
"""Steps of the largest amount within a factor of two: an edit of that layer leaves the other arrows as they are."""

_BAR, COLOUR_BAR_SPACE = 6.0, 8.0
"""Width of the colour bar, and its space without texts, in ems."""

FACES_TEXT = "front: one channel, top and side: all channels at the border"

_SEPARATOR = " · "


def arrow_widths(state: ViewState, scene: VolumesScene) -> tuple[float, ...]:
    """Width of every arrow of a scene, in ems."""
    return _compute_arrow_widths(state.picture_costs, state.look.metric, scene.line_breaks)


@lru_cache(maxsize=3)
def _compute_arrow_widths(costs: Costs, metric_id: str, line_breaks: LineBreaks) -> tuple[float, ...]:
    """Widths ∝ √cost, so that small costs stay visible; arrows of unknown or no cost are thinnest."""
    metric = metric_by_id(metric_id)
    amounts: list[Amount | None] = []
    for design_row in line_breaks.design_rows:
        reports = last_results("report", design_row.name).map(_report_of, design_row.graph.vertices[1:])
        amounts += costs.amounts(metric, design_row.name, reports)
    different = {amount: amount or 0 for amount in set(amounts)}
    most = max(different.values(), default=0)
    if not most:
        return (_THINNEST,) * len(amounts)
    most = 2 ** (ceil(_STEPS_OF_MOST * log2(most)) / _STEPS_OF_MOST)
    width_of = {amount: max(_THINNEST, _THICKEST * sqrt(cost / most)) for amount, cost in different.items()}
    return tuple(map(width_of.__getitem__, amounts))


_report_of = attrgetter("report")


def draw_label(painter: QPainter, text: Label, colour: str) -> None:
    painter.setFont(cached_font(text.size, text.bold))
    painter.setPen(QColor(colour))
    painter.drawText(QPointF(text.x, text.y), text.text)


def draw_headings(
    painter: QPainter,
    state: ViewState,
    layout: VolumesLayout,
    theme: Theme,
    width: float,
    tops: Sequence[float | None],
) -> None:
    """Draw the name of each design in its colour, its totals, and how it compares with the first.

    Parameters
    ----------
    tops
        Top of each heading; None leaves it out.
    """
    em = layout.em
    size = round(1.3 * em)
    names = tuple(design_row.name for design_row in layout.scene.line_breaks.design_rows)
    for index, (design_row, top) in enumerate(zip(layout.scene.line_breaks.design_rows, tops, strict=True)):
        if top is None:
            continue
        if index > 0:
            painter.setPen(QPen(QColor(theme.grid), 1))
            painter.drawLine(
                QPointF(VOLUMES_MARGIN * em, top + 0.2 * em), QPointF(width - VOLUMES_MARGIN * em, top + 0.2 * em)
            )
        beside, end = layout.header_height - layout.classes_height < 3.5 * em, width - VOLUMES_MARGIN * em
        space = (0.5 if beside else 1.0) * (end - VOLUMES_MARGIN * em)
        text = elide_names(names, space, size, True)[design_row.name]
        label = Label(text, VOLUMES_MARGIN * em, top + 1.75 * em, measure_text(text, size, True), size, bold=True)
        draw_label(painter, label, theme.design(state.colour_index(design_row.name)))
        x = label.x + label.width + em if beside else label.x
        y = label.y if beside else label.y + 1.25 * em
        totals, ratio = _choose_totals(state, design_row.name, em, end - x)
        draw_label(painter, Label(totals, x, y, 0.0, em), theme.muted)
        draw_label(painter, Label(ratio, x + measure_text(totals, em), y, 0.0, em, bold=True), theme.text)
        prediction = state.predictions.get(design_row.name)
        if prediction is not None:
            line = lay_out_classes(prediction, QPointF(label.x, y + 1.4 * em), end - label.x, em)
            _draw_class_line(painter, line, theme, theme.design(state.colour_index(design_row.name)))


def _draw_class_line(painter: QPainter, line: ClassLine, theme: Theme, colour: str) -> None:
    for bar in line.bars:
        painter.fillRect(bar, QColor(colour))
    for label in line.labels:
        draw_label(painter, label, theme.muted if label.role == "muted" else theme.text)


def _choose_totals(state: ViewState, design: str, em: int, width: float) -> tuple[str, str]:
    """The longest texts that fit for the totals of a design and its comparison with the first."""
    for totals, ratio in _total_choices(state, design):
        if measure_text(totals, em) + measure_text(ratio, em, True) <= width:
            return totals, ratio
    return ("", ratio) if measure_text(ratio, em, True) <= width else ("", "")  # no amount is cut


def _total_choices(state: ViewState, design: str) -> Iterator[tuple[str, str]]:
    """Both totals with shorter and shorter comparisons, then only the first total with the shortest."""
    metric = metric_by_id(state.look.metric)
    metric_pair = (metric, METRICS[1 if metric is not METRICS[1] else 0])
    costs = state.picture_costs
    totals = [_total_text(costs, pair_metric, design) for pair_metric in metric_pair]
    has_others = len(state.project.designs) > 1
    compared = [row.design for row in comparable_totals(state.picture_rows)] if has_others else []
    first = compared[0] if design in compared else design
    amount, reference = (costs.total(metric, name) for name in (design, first))
    nouns = [metric.comparative_noun, costs.unit(metric), *([""] if amount and reference else [])]
    comparisons = [compare_amounts(metric, amount, reference, noun).strip() for noun in nouns]
    choices = comparisons if design != first else [""]
    gap = _SEPARATOR if choices[0] else ""
    for comparison in choices:
        yield _SEPARATOR.join(totals) + gap, comparison
    yield totals[0] + gap, choices[-1]


def _total_text(costs: Costs, metric: Metric, design: str) -> str:
    """``160.6 M MACs``; unknown totals have the unit first, since two are side by side: ``MACs unknown``."""
    amount = costs.total(metric, design)
    if amount is not None:
        return costs.text(metric, amount)
    return f"{costs.unit(metric)} {costs.short(metric, None)}".strip()


def draw_volumes_legend(painter: QPainter, state: ViewState, layout: VolumesLayout, theme: Theme, area: QRectF) -> None:
    """Draw the legend of scale, arrows and faces and, after a run, the colour bar with the range of the focus."""
    em, size = layout.em, round(0.84 * layout.em)
    left, right, y = area.x() + VOLUMES_MARGIN * em, area.right() - VOLUMES_MARGIN * em, area.bottom() - 0.6 * em
    stacked, width, lines = layout.legend_height > 2.5 * em, right - left, _legend_lines(state, layout)
    if state.run.results:
        beside = 0.0 if stacked else measure_text(lines[-1], size) + 2 * em
        bar = _choose_fitting(_bar_texts(state, size), size, width - beside - COLOUR_BAR_SPACE * em)
        draw_volumes_bar(painter, state, theme, QPointF(right, y), em, bar)
        width -= 0.0 if stacked else sum(measure_text(text, size) for text in bar) + (COLOUR_BAR_SPACE + 2) * em
    (line,) = _choose_fitting([(line,) for line in lines], size, width)
    line = elide_sentence(line, width, size)
    draw_label(painter, Label(line, left, y - 1.4 * em if stacked else y, 0.0, size), theme.muted)


def _choose_fitting(choices: Sequence[tuple[str, ...]], size: int, width: float) -> tuple[str, ...]:
    """The first of the choices that fits, else the last."""
    fitting = (texts for texts in choices if sum(measure_text(text, size) for text in texts) <= width)
    return next(fitting, choices[-1])


class _Summary(NamedTuple):
    """What the legend says about all volumes of a scene: the numbers of those computed, and of those of known shape."""

    computed: int
    known: int
    non_finite: int
    """Values that are no number or infinite."""
    stale: int


_NOTHING = _Summary(0, 0, 0, 0)
_SUMMARIES: "WeakKeyDictionary[RunView, tuple[ProjectCheck, LineBreaks, _Summary]]" = WeakKeyDictionary()
"""The last summary of each run, which stays the same while the camera turns."""


def _summarise(state: ViewState, scene: VolumesScene) -> _Summary:
    check, line_breaks, summary = _SUMMARIES.get(state.run, (None, None, _NOTHING))
    if check is not state.check or line_breaks is not scene.line_breaks:
        summary = _count_boxes(state, scene)
        _SUMMARIES[state.run] = state.check, scene.line_breaks, summary
    return summary


def _count_boxes(state: ViewState, scene: VolumesScene) -> _Summary:
    places = scene.box_places

    def summarise_box(vertex: Vertex, at: VolumeAt) -> _Summary:
        volume, has_shape = at.volume_of(vertex.shape), int(vertex.shape is not None)
        if volume is None:
            return _Summary(0, has_shape, 0, 0)
        return _Summary(1, has_shape, count_non_finite(volume), int(not at.is_fresh))

    last = state.run.last_results("summary")
    summaries = last.array(summarise_box, places.vertices, state.volumes_at(places.refs), dtype=np.int64)
    return _Summary(*summaries.sum(axis=0).tolist()) if len(summaries) else _NOTHING


def _legend_lines(state: ViewState, layout: VolumesLayout) -> list[str]:
    """The text of the legend, and a shorter one."""
    phrases = list(_legend_phrases(state, layout))
    return [_SEPARATOR.join(phrases), _SEPARATOR.join(phrase for phrase in phrases if phrase != FACES_TEXT)]


def _legend_phrases(state: ViewState, layout: VolumesLayout) -> Iterator[str]:
    summary = _summarise(state, layout.scene)
    if summary.non_finite:
        yield not_finite_text(summary.non_finite)
    yield LENGTH_SCALE_TEXTS[state.look.scale]
    metric = metric_by_id(state.look.metric)
    if any(width > _THINNEST for width in arrow_widths(state, layout.scene)):
        yield f"arrow width ∝ √{state.picture_costs.unit(metric) or metric.unit}"
    if not summary.computed:
        yield "run (F5) to see values"
        return
    if value_regions(state):
        yield "inner boxes: what the selected value sees"
    yield FACES_TEXT
    if summary.stale:
        yield "dimmed: for earlier settings"
    if summary.computed < summary.known:
        yield "plain: not run yet"


def _bar_texts(state: ViewState, size: int) -> list[tuple[str, str, str]]:
    """Texts at the left and right end of the colour bar and after it, then shorter ones."""
    focus = visible_focus(state)
    at = state.volume_at(focus.ref)
    each, percentiles = "each volume its own range", f", {colours.PERCENTILES_TEXT}"
    choices = [("low", "high", each + percentiles), ("low", "high", each), ("low", "high", "")]
    if at.volume is not None and photo_at(state, at, focus) is None:
        name = elide_text(_SEPARATOR.join(part for part in at.ref if part), 14.0 * size, size)
        if np.isnan(volume_range(at.volume, zero_centred=False)[0]):
            return [("", "", f"{name}: no value is finite"), ("", "", "no value is finite")]
        low, high = _range_end_texts(at.volume, zero_centred=state.look.zero_centred)
        choices.insert(0, (low, high, f"{name}; {each}{percentiles}"))
    return choices


def _range_end_texts(volume: Float32Volume, *, zero_centred: bool) -> tuple[str, str]:
    """Texts at the ends of the colour bar, or a single one if all finite values are equal."""
    low, high = volume_range(volume, zero_centred=zero_centred)
    if low == high:
        return "", f"all {'finite ' if count_non_finite(volume) else ''}values {number_text(low, 3)}"
    return range_texts(low, high)


def draw_volumes_bar(
    painter: QPainter, state: ViewState, theme: Theme, end: QPointF, em: int, texts: tuple[str, ...]
) -> None:
    """Draw the colour bar with its texts, which end at `end` on their baseline."""
    size, wide, high, gap = round(0.84 * em), _BAR * em, 0.8 * em, 0.4 * em
    low, top, caption = texts
    left = end.x() - measure_text(caption, size)
    if not low and not top:  # no value is finite: a bar would make up a scale
        draw_label(painter, Label(caption, left, end.y(), 0.0, size), theme.muted)
        return
    middle = left - 2 * gap - measure_text(top, size)
    bar = QRectF(middle - gap - wide, end.y() - high + 0.1 * em, wide, high)
    painter.drawImage(bar, colours.colour_bar_image(colours.colour_map_name(state.look), one_colour=not low))
    painter.setPen(QPen(QColor(theme.muted), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(bar)
    for word, x in ((low, bar.left() - gap - measure_text(low, size)), (top, middle), (caption, left)):
        draw_label(painter, Label(word, x, end.y(), 0.0, size), theme.muted)
