"""Columns of bars: how wide names and bars are, so that the texts at the ends of the bars fit."""

from collections.abc import Sequence
from functools import partial
from math import ceil

from msgspec import Struct
from msgspec.structs import replace
from PySide6.QtCore import QRectF

from engine.cost.metrics import Amount
from engine.unchanged_items import last_results
from gui.paint.bars.content import BarLine, BarsContent, unit_name
from gui.paint.bars.scale import BarScale
from gui.paint.basics.text_drawing import text_width

TOTAL_FONT, SMALL_FONT = 1.2, 0.85
"""Sizes of texts in units; a unit is the pixel size of a layer's text."""
_LEAST_END_SPACE = 3.0
"""Free space after the longest bar, for the last label of the axis."""
_MOST_NAMES, _LEAST_BARS = 0.36, 0.34
"""Fractions of a column's width: the most that names take, and the length of bars below which texts are left out."""
_FULL_WORDS, _NO_NOTES, _NO_RATIOS = (True, True), (False, True), (False, False)
"""Whether settings follow names, and ratios follow amounts: more text makes the bars shorter."""
_LABEL_GAP, NOTE_GAP = 0.6, 0.6


class BarsColumn(Struct, frozen=True):
    """Horizontal geometry that all lines of a column share: labels on the left, then bars, values at their ends."""

    left: float
    label_width: float
    bar_left: float
    bar_width: float
    """Length of the longest bar that fits the axis."""
    scale: BarScale

    def bar_length(self, amount: float) -> float:
        """Length of a bar, proportional to the amount or, on a logarithmic axis, to its logarithm."""
        return self.bar_width * self.scale.fraction(amount)

    def enlarged(self, factor: float) -> "BarsColumn":
        """The column with bars that are longer by a factor; they still begin at the same place."""
        return self if factor == 1.0 else replace(self, bar_width=self.bar_width * factor)

    def with_part_of_scale(self, factor: float) -> "BarsColumn":
        """The column with the first part of its scale, enlarged by a factor to the same length, for ticks."""
        return self if factor == 1.0 else replace(self, scale=self.scale.part(factor))


def make_columns(
    content: BarsContent,
    columns: Sequence[Sequence[BarLine]],
    inner: QRectF,
    column_rects: Sequence[QRectF],
    unit: float,
) -> list[BarsColumn]:
    """Geometry of the totals and of each column, with as much text as leaves the bars long enough."""
    for options in (_FULL_WORDS, _NO_NOTES, _NO_RATIOS):
        total = _make_column(content, content.totals, content.total_scale, inner, unit, *options)
        bar_columns = _equalise_scales(
            [
                _make_column(content, lines, content.line_scale, column_rect, unit, *options)
                for lines, column_rect in zip(columns, column_rects, strict=True)
            ]
        )
        if column_rects == [inner]:
            total, *bar_columns = _equalise_scales([total, *bar_columns])
        if all(
            bar_column.bar_width >= _LEAST_BARS * column_rect.width()
            for bar_column, column_rect in zip((total, *bar_columns), (inner, *column_rects), strict=True)
        ):
            break
    return [total, *bar_columns]


def _make_column(
    content: BarsContent,
    lines: Sequence[BarLine],
    scale: BarScale,
    rect: QRectF,
    unit: float,
    notes: bool,
    ratios: bool,
) -> BarsColumn:
    """Reserve width for the labels, and make the bars as long as the texts at their ends permit."""
    is_total = lines is content.totals
    title_width = text_width(axis_title(content), SMALL_FONT) + 0.9
    widths = last_results("label width", notes, is_total).map(partial(label_width, note=notes), lines)
    label = (max([title_width, *widths]) + _LABEL_GAP) * unit
    if not notes:
        label = min(label, _MOST_NAMES * rect.width())
    bar_left = rect.left() + 0.5 * unit + label
    space = rect.right() - bar_left - 0.9 * unit
    longest = space - _LEAST_END_SPACE * unit
    ends = last_results("bar end", ratios, is_total).map(partial(_bar_end, ratio=ratios), lines)
    for amount, width in set(ends):  # of few different layers, even in a long network
        fraction = scale.fraction(amount)
        if fraction:
            longest = min(longest, (space - width * unit) / fraction)
    return BarsColumn(rect.left() + 0.5 * unit, label, bar_left, max(longest, 2 * unit), scale)


def _equalise_scales(columns: Sequence[BarsColumn]) -> list[BarsColumn]:
    """Columns in which equal amounts on equal scales have bars of equal length, which begin at whole pixels."""
    label_width = max((column.label_width for column in columns), default=0.0)
    bar_width = min((column.bar_width - (label_width - column.label_width) for column in columns), default=0.0)
    return [
        replace(
            column,
            label_width=label_width,
            bar_left=ceil(column.left + label_width),
            bar_width=max(bar_width - 1.0, 1.0),
        )
        for column in columns
    ]


def axis_title(content: BarsContent) -> str:
    """The unit of an axis, and whether it is logarithmic."""
    return unit_name(content.costs, content.metric) + (", logarithmic" if content.total_scale.logarithmic else "")


def label_width(line: BarLine, *, note: bool) -> float:
    """Units for a name and the small settings after it; 0 for lines that extend over the bars."""
    if line.kind in ("heading", "folded"):
        return 0.0
    name = text_width(line.label, TOTAL_FONT if line.kind == "total" else 1, bold=True)
    return name + (settings_text_width(line) if note and line.settings_text else 0)


def settings_text_width(line: BarLine) -> float:
    """Units for the settings after a name, and the gap between them."""
    return NOTE_GAP + text_width(line.settings_text, SMALL_FONT)


def bar_end_text_width(line: BarLine, *, ratio: bool) -> float:
    """Units for the text at the end of a bar."""
    return text_width(bar_end_text(line, ratio=ratio), TOTAL_FONT if line.kind == "total" else 1, bold=True)


def _bar_end(line: BarLine, *, ratio: bool) -> tuple[Amount, float]:
    """The amount of a bar, and the units for the text at its end."""
    return line.drawn_amount or 0, bar_end_text_width(line, ratio=ratio)


def bar_end_text(line: BarLine, *, ratio: bool) -> str:
    """The text at the end of a bar."""
    return f"{line.value_text}  {line.ratio_text}" if ratio and line.ratio_text else line.value_text
