"""Geometry of the bars of operations, shared by drawing and hit tests: the position of each line, bar and tick."""

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace
from PySide6.QtCore import QPointF, QRectF

from gui.paint.bars.content import BarLine, BarsContent, unit_name
from gui.paint.bars.scale import BarScale, tick_label
from gui.paint.basics.column_layout import fill_columns
from gui.paint.basics.text_drawing import text_width

# Heights in units; a unit is the pixel size of a layer's text.
BARS_MARGIN, _HEADLINE, _SUBJECT, _TOTAL, _AXIS, _STEM, _SECTION, _LINE = 0.7, 2.5, 1.5, 2.0, 1.5, 1.6, 1.9, 1.5
HEADLINE_FONT, TOTAL_FONT, SMALL_FONT = 1.9, 1.2, 0.85
_GAP = 1.8
"""Between columns."""
_NARROWEST = 27.0
"""Least width of a column; a narrower one has no space for bars."""
_LEAST_END_SPACE = 3.0
"""Free space after the longest bar, for the last label of the axis."""
_MOST_NAMES, _LEAST_BARS = 0.36, 0.34
"""Fractions of a column's width: the most that names take, and the length of bars below which texts are left out."""
_FULL_WORDS, _NO_NOTES, _NO_RATIOS = (True, True), (False, True), (False, False)
"""Whether settings follow names, and ratios follow amounts: more text makes the bars shorter."""
_LABEL_GAP, NOTE_GAP = 0.6, 0.6
_LARGEST, _COMFORTABLE, _SMALLEST = 36, 13, 7
_MOST_COLUMNS = 6
_MOST_TICKS, _TICK_GAP = 8, 0.4
NAME_GAP = 0.8
"""Between the title of an axis and its start."""


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


class PlacedLine(Struct, frozen=True):
    """A line and the strip that it occupies."""

    line: BarLine
    row_rect: QRectF
    column: BarsColumn

    @property
    def bar_rect(self) -> QRectF:
        """The bar itself, of width 0 if the amount is 0 or unknown."""
        thickness = 0.62 * self.row_rect.height()
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


class BarsLayout(Struct, frozen=True):
    """Everything that is drawn, with its position."""

    unit: float
    content: BarsContent
    headline_rect: QRectF
    subject_rect: QRectF
    totals: tuple[PlacedLine, ...]
    stem_rect: QRectF
    section_rect: QRectF
    lines: tuple[PlacedLine, ...]
    axes: tuple[PlacedAxis, ...]

    def line_at(self, point: QPointF) -> BarLine | None:
        """The line at a point, except headings."""
        for placed_line in (*self.totals, *self.lines):
            if placed_line.row_rect.contains(point) and placed_line.line.kind != "heading":
                return placed_line.line
        return None

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


def bars_height_on_screen(content: BarsContent, width: float, height: float) -> float:
    """Height of a scrollable figure: `height` if all of it is readable in that."""
    for unit in range(_largest_unit(width), _COMFORTABLE - 2, -1):
        for count in _column_counts(width, unit):
            if _content_height(content, fill_columns(content.groups, count, _repeat_heading), unit) <= height:
                return height
    max_count = _column_counts(width, _COMFORTABLE)[-1]
    return max(height, _content_height(content, fill_columns(content.groups, max_count, _repeat_heading), _COMFORTABLE))


def _largest_unit(width: float) -> int:
    """The largest unit at which a column has space for bars, but at least a readable one."""
    return min(_LARGEST, max(int(width / _NARROWEST), _COMFORTABLE - 1))


def _column_counts(width: float, unit: float) -> range:
    max_count = int((width - 2 * BARS_MARGIN * unit + _GAP * unit) // ((_NARROWEST + _GAP) * unit))
    return range(1, min(max(max_count, 1), _MOST_COLUMNS) + 1)


def _repeat_heading(heading: BarLine) -> BarLine:
    return replace(heading, label=f"{heading.label}, continued")


def _content_height(content: BarsContent, columns: Sequence[Sequence[BarLine]], unit: float) -> float:
    lines = max(map(len, columns), default=0)
    below = _SECTION + (0 if _shares_axis(content, columns) else _AXIS) + _LINE * lines if lines else 0
    return (_head_height(content) + below + BARS_MARGIN) * unit


def _head_height(content: BarsContent) -> float:
    totals = _TOTAL * len(content.totals) + (_AXIS if content.totals else 0)
    return BARS_MARGIN + _HEADLINE + _SUBJECT + totals + (_STEM if content.stem_text else 0)


def _shares_axis(content: BarsContent, columns: Sequence[Sequence[BarLine]]) -> bool:
    """Whether layers and totals share one axis."""
    return len(columns) == 1 and content.shares_axis


def _lay_out_columns(
    content: BarsContent, columns: Sequence[Sequence[BarLine]], rect: QRectF, unit: float
) -> BarsLayout:
    inner = rect.adjusted(BARS_MARGIN * unit, BARS_MARGIN * unit, -BARS_MARGIN * unit, -BARS_MARGIN * unit)
    x, y, width = inner.left(), inner.top(), inner.width()
    headline = QRectF(x, y, width, _HEADLINE * unit)
    subject = QRectF(x, headline.bottom(), width, _SUBJECT * unit)
    column_rects = [_column_rect(inner, len(columns), index, unit) for index in range(len(columns))]
    total_column, *bar_columns = _make_columns(content, columns, inner, column_rects, unit)
    totals = _stack_lines(content.totals, total_column, inner.left(), width, subject.bottom(), _TOTAL * unit)
    axis_top = subject.bottom() + _TOTAL * unit * len(totals)
    stem_top = axis_top + (_AXIS * unit if totals else 0)
    stem = QRectF(x, stem_top, width, _STEM * unit if content.stem_text else 0)
    section = QRectF(x, stem.bottom(), width, _SECTION * unit if columns else 0)
    one_axis = _shares_axis(content, columns)
    top = section.bottom() + (0 if one_axis else _AXIS * unit)
    lines: list[PlacedLine] = []
    axes = [PlacedAxis(total_column, QRectF(x, axis_top, width, _AXIS * unit), subject.bottom(), axis_top)] * bool(
        totals
    )
    for column, column_rect, bar_column in zip(columns, column_rects, bar_columns, strict=True):
        lines += _stack_lines(column, bar_column, column_rect.left(), column_rect.width(), top, _LINE * unit)
        bottom = top + _LINE * unit * len(column)
        if not one_axis:
            row = QRectF(column_rect.left(), section.bottom(), column_rect.width(), _AXIS * unit)
            axes.append(PlacedAxis(bar_column, row, top, bottom))
    return BarsLayout(unit, content, headline, subject, totals, stem, section, tuple(lines), tuple(axes))


def _column_rect(inner: QRectF, count: int, index: int, unit: float) -> QRectF:
    width = (inner.width() - _GAP * unit * (count - 1)) / max(count, 1)
    return QRectF(inner.left() + index * (width + _GAP * unit), inner.top(), width, inner.height())


def _stack_lines(
    lines: Sequence[BarLine], column: BarsColumn, left: float, width: float, top: float, height: float
) -> tuple[PlacedLine, ...]:
    return tuple(
        PlacedLine(line, QRectF(left, top + index * height, width, height), column) for index, line in enumerate(lines)
    )


def _make_columns(
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
        if len(columns) == 1:
            total, *bar_columns = _equalise_scales([total, *bar_columns])
        if all(
            bar_column.bar_width >= _LEAST_BARS * column_rect.width()
            for bar_column, column_rect in zip(bar_columns, column_rects, strict=True)
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
    title_width = text_width(axis_title(content), SMALL_FONT) + 0.9
    label = (max([title_width, *(label_width(line, notes) for line in lines)]) + _LABEL_GAP) * unit
    if not notes:
        label = min(label, _MOST_NAMES * rect.width())
    bar_left = rect.left() + 0.5 * unit + label
    space = rect.right() - bar_left - 0.9 * unit
    longest = space - _LEAST_END_SPACE * unit
    for line in lines:
        fraction = scale.fraction(line.value or 0)
        if fraction:
            longest = min(longest, (space - bar_end_text_width(line, ratio=ratios) * unit) / fraction)
    return BarsColumn(rect.left() + 0.5 * unit, label, bar_left, max(longest, 2 * unit), scale)


def _equalise_scales(columns: Sequence[BarsColumn]) -> list[BarsColumn]:
    """Columns in which equal amounts on equal scales have bars of equal length."""
    label_width = max((column.label_width for column in columns), default=0.0)
    bar_width = min((column.bar_width - (label_width - column.label_width) for column in columns), default=0.0)
    return [
        replace(column, label_width=label_width, bar_left=column.left + label_width, bar_width=max(bar_width, 1.0))
        for column in columns
    ]


def axis_title(content: BarsContent) -> str:
    """The unit of an axis, and whether it is logarithmic."""
    return unit_name(content.costs, content.metric) + (", logarithmic" if content.total_scale.logarithmic else "")


def label_width(line: BarLine, note: bool) -> float:
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


def bar_end_text(line: BarLine, *, ratio: bool) -> str:
    """The text at the end of a bar."""
    return f"{line.value_text}  {line.ratio_text}" if ratio and line.ratio_text else line.value_text


def _lay_out_most_expensive(content: BarsContent, rect: QRectF) -> BarsLayout:
    """Show as many of the most expensive layers as fit, in the smallest text; a line sums up the others."""
    count = _column_counts(rect.width(), _SMALLEST)[-1]
    head = _head_height(content) + _SECTION + _AXIS + BARS_MARGIN
    capacity = max(int((rect.height() / _SMALLEST - head) // _LINE), 0) * count
    for max_count in range(max(map(len, content.groups), default=0), -1, -1):
        groups = [tuple(_most_expensive_lines(content, group, max_count)) for group in content.groups]
        columns = fill_columns(groups, count, _repeat_heading)
        if max(map(len, columns), default=0) * count <= capacity:
            return _lay_out_columns(content, columns, rect, _SMALLEST)
    return _lay_out_columns(content, (), rect, _SMALLEST)


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
