"""Geometry of the bars of operations, shared by drawing and hit tests: the position of each line, bar and tick."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace
from PySide6.QtCore import QRectF

from gui.paint.bars.columns import (
    SMALL_FONT,
    BarsColumn,
    axis_title,
    make_columns,
)
from gui.paint.bars.content import BarLine, BarsContent
from gui.paint.bars.scale import tick_label
from gui.paint.basics.column_layout import fill_columns, largest_fitting
from gui.paint.basics.text_drawing import text_width

# Heights in units; a unit is the pixel size of a layer's text.
BARS_MARGIN, _HEADLINE, _SUBJECT, _TOTAL, _AXIS, _STEM, _SECTION, _LINE = 0.7, 2.5, 1.5, 2.0, 1.5, 1.6, 1.9, 1.5
HEADLINE_FONT = 1.9
BAR_THICKNESS = 0.62
"""Fraction of a row."""
_GAP = 1.8
"""Between columns."""
_NARROWEST = 27.0
"""Least width of a column; a narrower one has no space for bars."""
_LARGEST, _COMFORTABLE, _SMALLEST = 36, 13, 7
_MOST_COLUMNS = 6
_MOST_TICKS, _TICK_GAP = 8, 0.4
NAME_GAP = 0.8
"""Between the title of an axis and its start."""
_HeadPart = Literal["subject", "totals", "stem", "section"]
_WHOLE_HEAD: frozenset[_HeadPart] = frozenset(("subject", "totals", "stem", "section"))
_HEADS: tuple[frozenset[_HeadPart], ...] = (
    _WHOLE_HEAD,
    frozenset(("subject", "totals", "section")),
    frozenset(("subject", "totals")),
    frozenset(("totals",)),
    frozenset(),
)
"""What stands between the headline and the layers on the screen, the more the better."""
_LEAST_ROWS = 4
"""Layers that the screen shows before its head becomes smaller."""
_WIDE, _NARROW = 66.0, 40.0
"""Widths in units from which the head stands beside the layers in a low canvas; the second if it would lose totals."""
_LOW = 0.25
"""Fraction of the height that a head must take to stand beside the layers."""
_HEAD_SHARE = 0.4
"""Fraction of the width of a head beside the layers."""


class PlacedLine(Struct, frozen=True):
    """A line and the strip that it occupies."""

    line: BarLine
    row_rect: QRectF
    column: BarsColumn

    @property
    def bar_rect(self) -> QRectF:
        """The bar itself, of width 0 if the amount is 0 or unknown."""
        thickness = BAR_THICKNESS * self.row_rect.height()
        top = self.row_rect.center().y() - thickness / 2
        return QRectF(self.column.bar_left, top, self.column.bar_length(self.line.value or 0), thickness)


class PlacedAxis(Struct, frozen=True):
    """An axis: its labels in `label_rect`, its grid lines from `top` to `bottom`."""

    column: BarsColumn
    label_rect: QRectF
    top: float
    bottom: float

    def tick_offset(self, amount: float) -> float:
        """Distance of a tick from the start of the bars."""
        return self.column.bar_length(amount) if amount > self.column.scale.low else 0.0

    def place_ticks(self, unit: float, content: BarsContent) -> list[tuple[float, QRectF]]:
        """Amounts with the rectangles of their labels, the largest first; labels that would overlap are left out."""
        max_ticks = min(max(int(self.column.bar_width / (3.6 * unit)), 2), _MOST_TICKS)
        title_end = self.column.left + text_width(axis_title(content), SMALL_FONT) * unit
        begin = min(title_end, self.column.bar_left - NAME_GAP * unit)
        end, ticks = self.label_rect.right(), list[tuple[float, QRectF]]()
        for amount in reversed(self.column.scale.ticks(max_ticks)):
            width = (text_width(tick_label(amount), SMALL_FONT) + _TICK_GAP) * unit
            left = self.column.bar_left + self.tick_offset(amount) - width / 2
            if left >= begin and left + width <= end:
                ticks.append((amount, QRectF(left, self.label_rect.top(), width, self.label_rect.height())))
                end = left
        return ticks


class LineColumn(Struct, frozen=True):
    """Lines below each other, and where they are."""

    lines: Sequence[BarLine]
    rect: QRectF
    """Where they are visible; on the screen, perhaps only some of them at a time."""
    column: BarsColumn


class BarsLayout(Struct, frozen=True, dict=True):
    """Everything that is drawn, with its position. A part of the head that is left out has the height 0."""

    unit: float
    content: BarsContent
    headline_rect: QRectF
    subject_rect: QRectF
    totals: tuple[PlacedLine, ...]
    stem_rect: QRectF
    section_rect: QRectF
    columns: tuple[LineColumn, ...]
    axes: tuple[PlacedAxis, ...]

    @cached_property
    def lines(self) -> tuple[PlacedLine, ...]:
        """The lines of all columns in a file, where everything is visible."""
        return tuple(
            placed_line
            for column in self.columns
            for placed_line in _stack_lines(column.lines, column.column, column.rect, _LINE * self.unit)
        )

    def row_rect(self, design: str, node: str) -> QRectF | None:
        """The strip that shows a layer, alone or folded."""
        for placed_line in self.lines:
            if placed_line.line.design == design and node in placed_line.line.nodes:
                return placed_line.row_rect
        return None


def lay_out_bars(content: BarsContent, rect: QRectF) -> BarsLayout:
    """Lay out the figure as large as fits into `rect`; if it does not fit, sum up the smallest layers."""
    for unit in range(_largest_unit(rect.width()), _SMALLEST - 1, -1):
        for count in _column_counts(rect.width(), unit):
            columns = fill_columns(content.groups, count, _repeat_heading)
            if _content_height(content, columns, unit) <= rect.height():
                return _lay_out_columns(content, columns, rect, unit)
    return _lay_out_most_expensive(content, rect)


def lay_out_bars_on_screen(content: BarsContent, rect: QRectF, text_scale: float = 1.0) -> BarsLayout:
    """Lay out a head and one column of all layers, of which not all may be visible in readable text at a time.

    The head stands above the layers, or beside them in a wide and low rectangle; it becomes smaller in a small one. The
    text becomes a little smaller before the totals of the designs are left out; a comfortable one grows with
    `text_scale`.
    """
    comfortable = round(_COMFORTABLE * text_scale)
    columns = (content.lines,) * bool(content.groups)
    for unit in range(_largest_unit(rect.width(), comfortable), comfortable - 2, -1):
        if _content_height(content, columns, unit) <= rect.height():
            return _lay_out_columns(content, columns, rect, unit)
    for unit in range(comfortable, comfortable - 3, -1):
        below = _largest_head(content, rect.height(), unit, content.lines[:_LEAST_ROWS])
        beside = _largest_head(content, rect.height(), unit, ())
        is_low = _head_height(content) * unit >= _LOW * rect.height()
        is_wide = rect.width() >= (_WIDE if "totals" in below else _NARROW) * unit
        if is_low and is_wide and "totals" in beside:
            return _lay_out_columns(content, columns, rect, unit, beside, beside=True)
        if "totals" in below:
            return _lay_out_columns(content, columns, rect, unit, below)
    below = _largest_head(content, rect.height(), comfortable, content.lines[:_LEAST_ROWS])
    return _lay_out_columns(content, columns, rect, comfortable, below)


def _largest_head(content: BarsContent, height: float, unit: float, lines: Sequence[BarLine]) -> frozenset[_HeadPart]:
    """What of the head fits into a height above some lines."""
    columns = (lines,) * bool(lines)
    return next((parts for parts in _HEADS if _content_height(content, columns, unit, parts) <= height), _HEADS[-1])


def _largest_unit(width: float, comfortable: int = _COMFORTABLE) -> int:
    """The largest unit at which a column has space for bars, but at least a readable one."""
    return min(_LARGEST, max(int(width / _NARROWEST), comfortable - 1))


def _column_counts(width: float, unit: float) -> range:
    max_count = int((width - 2 * BARS_MARGIN * unit + _GAP * unit) // ((_NARROWEST + _GAP) * unit))
    return range(1, min(max(max_count, 1), _MOST_COLUMNS) + 1)


def _repeat_heading(heading: BarLine) -> BarLine:
    return replace(heading, label=f"{heading.label}, continued")


def _content_height(
    content: BarsContent,
    columns: Sequence[Sequence[BarLine]],
    unit: float,
    parts: frozenset[_HeadPart] = _WHOLE_HEAD,
) -> float:
    lines = max(map(len, columns), default=0)
    section = _SECTION if "section" in parts else 0
    below = section + (0 if _shares_axis(content, columns, parts) else _AXIS) + _LINE * lines if lines else 0
    return (_head_height(content, parts) + below + BARS_MARGIN) * unit


def _head_height(content: BarsContent, parts: frozenset[_HeadPart] = _WHOLE_HEAD) -> float:
    totals = _TOTAL * len(content.totals) + _AXIS if content.totals and "totals" in parts else 0
    subject = _SUBJECT if "subject" in parts else 0
    return BARS_MARGIN + _HEADLINE + subject + totals + (_STEM if content.stem_cost and "stem" in parts else 0)


def _shares_axis(
    content: BarsContent, columns: Sequence[Sequence[BarLine]], parts: frozenset[_HeadPart] = _WHOLE_HEAD
) -> bool:
    """Whether layers and totals share one axis."""
    return len(columns) == 1 and content.shares_axis and "totals" in parts


def _lay_out_columns(
    content: BarsContent,
    columns: Sequence[Sequence[BarLine]],
    rect: QRectF,
    unit: float,
    parts: frozenset[_HeadPart] = _WHOLE_HEAD,
    *,
    beside: bool = False,
) -> BarsLayout:
    """Lay out the parts of a head, and columns of lines below or beside it."""
    inner = rect.adjusted(BARS_MARGIN * unit, BARS_MARGIN * unit, -BARS_MARGIN * unit, -BARS_MARGIN * unit)
    head, area = _split(inner, unit) if beside else (inner, inner)
    x, y, width = head.left(), head.top(), head.width()
    headline = QRectF(x, y, width, _HEADLINE * unit)
    subject = QRectF(x, headline.bottom(), width, _SUBJECT * unit if "subject" in parts else 0)
    column_rects = [_column_rect(area, len(columns), index, unit) for index in range(len(columns))]
    total_column, *bar_columns = make_columns(content, columns, head, column_rects, unit)
    total_lines = content.totals if "totals" in parts else ()
    totals_rect = QRectF(x, subject.bottom(), width, _TOTAL * unit * len(total_lines))
    totals_axis = QRectF(x, totals_rect.bottom(), width, _AXIS * unit if total_lines else 0)
    stem = QRectF(x, totals_axis.bottom(), width, _STEM * unit if content.stem_cost and "stem" in parts else 0)
    section_top = area.top() if beside else stem.bottom()
    section = QRectF(area.left(), section_top, area.width(), _SECTION * unit if columns and "section" in parts else 0)
    one_axis = _shares_axis(content, columns, parts) and not beside
    top = section.bottom() + (0 if one_axis else _AXIS * unit)
    line_columns, axes = list[LineColumn](), list[PlacedAxis]()
    for lines, column_rect, bar_column in zip(columns, column_rects, bar_columns, strict=True):
        bottom = min(top + _LINE * unit * len(lines), area.bottom())
        line_rect = QRectF(column_rect.left(), top, column_rect.width(), max(bottom - top, 0.0))
        line_columns.append(LineColumn(lines, line_rect, bar_column))
        if not one_axis:
            row = QRectF(column_rect.left(), section.bottom(), column_rect.width(), _AXIS * unit)
            axes.append(PlacedAxis(bar_column, row, top, bottom))
    if total_lines:
        bottom = line_columns[0].rect.bottom() if one_axis else totals_axis.bottom()
        axes.insert(0, PlacedAxis(total_column, totals_axis, totals_rect.top(), bottom))
    totals = _stack_lines(total_lines, total_column, totals_rect, _TOTAL * unit)
    return BarsLayout(unit, content, headline, subject, totals, stem, section, tuple(line_columns), tuple(axes))


def _split(inner: QRectF, unit: float) -> tuple[QRectF, QRectF]:
    """The places of a head and of the layers beside it."""
    head = QRectF(inner.left(), inner.top(), _HEAD_SHARE * inner.width(), inner.height())
    return head, inner.adjusted(head.width() + _GAP * unit, 0, 0, 0)


def _column_rect(inner: QRectF, count: int, index: int, unit: float) -> QRectF:
    width = (inner.width() - _GAP * unit * (count - 1)) / max(count, 1)
    return QRectF(inner.left() + index * (width + _GAP * unit), inner.top(), width, inner.height())


def _stack_lines(lines: Sequence[BarLine], column: BarsColumn, rect: QRectF, height: float) -> tuple[PlacedLine, ...]:
    return tuple(
        PlacedLine(line, QRectF(rect.left(), rect.top() + index * height, rect.width(), height), column)
        for index, line in enumerate(lines)
    )


def _lay_out_most_expensive(content: BarsContent, rect: QRectF) -> BarsLayout:
    """Show as many of the most expensive layers as fit, in the smallest text; a line sums up the others."""
    count = _column_counts(rect.width(), _SMALLEST)[-1]
    head = _head_height(content) + _SECTION + _AXIS + BARS_MARGIN
    capacity = max(int((rect.height() / _SMALLEST - head) // _LINE), 0) * count

    def columns_of(max_count: int) -> tuple[tuple[BarLine, ...], ...]:
        groups = [tuple(_most_expensive_lines(content, group, max_count)) for group in content.groups]
        return fill_columns(groups, count, _repeat_heading)

    def fits(max_count: int) -> bool:
        return max(map(len, columns_of(max_count)), default=0) * count <= capacity

    max_count = largest_fitting(max(map(len, content.groups), default=0), fits)
    columns = columns_of(max_count) if max_count or fits(0) else ()
    return _lay_out_columns(content, columns, rect, _SMALLEST)


def _most_expensive_lines(content: BarsContent, group: Sequence[BarLine], max_count: int) -> Iterator[BarLine]:
    """A heading, its `max_count` most expensive or unknown layers in their order, and the sum of the others."""
    heading, *lines = group
    ranked = sorted(lines, key=lambda line: (line.value is not None, -(line.value or 0)))
    shown_ids, others = set(map(id, ranked[:max_count])), ranked[max_count:]
    yield heading
    yield from (line for line in lines if id(line) in shown_ids)
    if others:
        nodes = tuple(node for line in others for node in line.nodes)
        amounts = [line.value for line in others]
        total = None if None in amounts else sum(amount or 0 for amount in amounts)
        together = f", together {content.costs.short(content.metric, total)}" if content.metric.is_additive else ""
        label = f"{len(nodes)} more layers{together}"
        yield replace(
            others[0], kind="folded", label=label, nodes=nodes, settings_text="", value=0, value_text="", tip=label
        )
