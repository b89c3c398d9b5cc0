"""Where the figure of operations puts each line, bar and tick: pure geometry, which drawing and hit tests share."""

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace
from PySide6.QtCore import QPointF, QRectF

from gui.paint.bars.content import BarLine, BarsContent
from gui.paint.bars.scale import BarScale, tick_label
from gui.paint.basics.column_layout import fill_columns
from gui.paint.basics.text_drawing import text_width

# Heights in units; a unit is the pixel size of a layer's text.
BARS_MARGIN, _HEADLINE, _SUBJECT, _TOTAL, _AXIS, _QUIET, _SECTION, _LINE = 0.7, 2.5, 1.5, 2.0, 1.5, 1.6, 1.9, 1.5
HEADLINE_FONT, TOTAL_FONT, SMALL_FONT = 1.9, 1.2, 0.85
_GAP = 1.8
"""Between columns."""
_NARROWEST = 27.0
"""A column that is narrower has no room for bars."""
_SHORTEST_SAID = 3.0
"""Kept free behind the longest bar for the axis' last label."""
_ROOM_FOR_NAMES, _LEAST_BARS = 0.36, 0.34
"""Parts of a column's width: what names may take at most, and below which length of bars words are left out."""
_FULL_WORDS, _NO_NOTES, _NO_RATIOS = (True, True), (False, True), (False, False)
"""Whether settings stand beside names, and ratios beside amounts: the more, the shorter the bars."""
_LABEL_GAP, NOTE_GAP = 0.6, 0.6
_LARGEST, _COMFORTABLE, _SMALLEST = 36, 13, 7
_MOST_COLUMNS = 6
_MOST_TICKS, _TICK_GAP = 8, 0.4
NAME_GAP = 0.8
"""Between what an axis counts and its beginning."""


class BarsColumn(Struct, frozen=True):
    """Labels on the left, bars in the middle, values at their ends; all lines of a column share one."""

    left: float
    label_width: float
    bar_left: float
    bar_width: float
    """Length of the longest bar that the axis has room for."""
    scale: BarScale

    def bar_length(self, amount: float) -> float:
        """A bar's length: in proportion to the amount, or on a logarithmic axis to its logarithm."""
        return self.bar_width * self.scale.fraction(amount)


class PlacedLine(Struct, frozen=True):
    """A line and the strip that it fills."""

    line: BarLine
    row_rect: QRectF
    column: BarsColumn

    @property
    def bar_rect(self) -> QRectF:
        """The bar itself; without width where there is nothing or nothing known."""
        thickness = 0.62 * self.row_rect.height()
        top = self.row_rect.center().y() - thickness / 2
        return QRectF(self.column.bar_left, top, self.column.bar_length(self.line.value or 0), thickness)


class PlacedAxis(Struct, frozen=True):
    """An axis: its labels in `row`, its grid lines from `top` to `bottom`."""

    column: BarsColumn
    label_rect: QRectF
    top: float
    bottom: float

    def tick_offset(self, amount: float) -> float:
        """How far a tick is from where bars begin."""
        return self.column.bar_length(amount) if amount > self.column.scale.low else 0.0

    def place_ticks(self, unit: float, content: BarsContent) -> list[tuple[float, QRectF]]:
        """Amounts with the places of their labels, the largest first; what another label leaves no room is not said."""
        most = min(max(int(self.column.bar_width / (3.6 * unit)), 2), _MOST_TICKS)
        named = self.column.left + text_width(axis_title(content), SMALL_FONT) * unit
        begin = min(named, self.column.bar_left - NAME_GAP * unit)
        end, found = self.label_rect.right(), list[tuple[float, QRectF]]()
        for amount in reversed(self.column.scale.ticks(most)):
            wide = (text_width(tick_label(amount), SMALL_FONT) + _TICK_GAP) * unit
            left = self.column.bar_left + self.tick_offset(amount) - wide / 2
            if left >= begin and left + wide <= end:
                found.append((amount, QRectF(left, self.label_rect.top(), wide, self.label_rect.height())))
                end = left
        return found


class BarsLayout(Struct, frozen=True):
    """All that is drawn, with its place."""

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
        """The line under a point, headings apart."""
        for placed in (*self.totals, *self.lines):
            if placed.row_rect.contains(point) and placed.line.kind != "heading":
                return placed.line
        return None

    def row_rect(self, design: str, node: str) -> QRectF | None:
        """The strip that shows a layer, by itself or folded."""
        for placed in self.lines:
            if placed.line.design == design and node in placed.line.nodes:
                return placed.row_rect
        return None


def lay_out_bars(content: BarsContent, rect: QRectF) -> BarsLayout:
    """The figure as large as it fits into `rect`; the smallest layers are summed up where it does not."""
    for unit in range(_largest_unit(rect.width()), _SMALLEST - 1, -1):
        for count in _column_counts(rect.width(), unit):
            columns = fill_columns(content.groups, count, _repeat_heading)
            if _content_height(content, columns, unit) <= rect.height():
                return _lay_out_columns(content, columns, rect, unit)
    return _lay_out_most_expensive(content, rect)


def bars_height_on_screen(content: BarsContent, width: float, height: float) -> float:
    """The height that a scrolled figure needs: `height` itself where all of it can be read in that."""
    for unit in range(_largest_unit(width), _COMFORTABLE - 2, -1):
        for count in _column_counts(width, unit):
            if _content_height(content, fill_columns(content.groups, count, _repeat_heading), unit) <= height:
                return height
    most = _column_counts(width, _COMFORTABLE)[-1]
    return max(height, _content_height(content, fill_columns(content.groups, most, _repeat_heading), _COMFORTABLE))


def _largest_unit(width: float) -> int:
    """The largest unit for which a column has room for bars, unless it could not be read."""
    return min(_LARGEST, max(int(width / _NARROWEST), _COMFORTABLE - 1))


def _column_counts(width: float, unit: float) -> range:
    room = int((width - 2 * BARS_MARGIN * unit + _GAP * unit) // ((_NARROWEST + _GAP) * unit))
    return range(1, min(max(room, 1), _MOST_COLUMNS) + 1)


def _repeat_heading(heading: BarLine) -> BarLine:
    return replace(heading, label=f"{heading.label}, continued")


def _content_height(content: BarsContent, columns: Sequence[Sequence[BarLine]], unit: float) -> float:
    lines = max(map(len, columns), default=0)
    below = _SECTION + (0 if _shares_axis(content, columns) else _AXIS) + _LINE * lines if lines else 0
    return (_head_height(content) + below + BARS_MARGIN) * unit


def _head_height(content: BarsContent) -> float:
    totals = _TOTAL * len(content.totals) + (_AXIS if content.totals else 0)
    return BARS_MARGIN + _HEADLINE + _SUBJECT + totals + (_QUIET if content.stem_text else 0)


def _shares_axis(content: BarsContent, columns: Sequence[Sequence[BarLine]]) -> bool:
    """Whether the totals' axis serves the layers, too."""
    return len(columns) == 1 and content.shares_axis


def _lay_out_columns(
    content: BarsContent, columns: Sequence[Sequence[BarLine]], rect: QRectF, unit: float
) -> BarsLayout:
    inner = rect.adjusted(BARS_MARGIN * unit, BARS_MARGIN * unit, -BARS_MARGIN * unit, -BARS_MARGIN * unit)
    x, y, width = inner.left(), inner.top(), inner.width()
    headline = QRectF(x, y, width, _HEADLINE * unit)
    subject = QRectF(x, headline.bottom(), width, _SUBJECT * unit)
    places = [_column_rect(inner, len(columns), index, unit) for index in range(len(columns))]
    total_frame, *frames = _make_columns(content, columns, inner, places, unit)
    totals = _stack_lines(content.totals, total_frame, inner.left(), width, subject.bottom(), _TOTAL * unit)
    axis_top = subject.bottom() + _TOTAL * unit * len(totals)
    stem_top = axis_top + (_AXIS * unit if totals else 0)
    stem = QRectF(x, stem_top, width, _QUIET * unit if content.stem_text else 0)
    section = QRectF(x, stem.bottom(), width, _SECTION * unit if columns else 0)
    one_axis = _shares_axis(content, columns)
    top = section.bottom() + (0 if one_axis else _AXIS * unit)
    lines: list[PlacedLine] = []
    axes = [PlacedAxis(total_frame, QRectF(x, axis_top, width, _AXIS * unit), subject.bottom(), axis_top)] * bool(
        totals
    )
    for column, place, frame in zip(columns, places, frames, strict=True):
        lines += _stack_lines(column, frame, place.left(), place.width(), top, _LINE * unit)
        bottom = top + _LINE * unit * len(column)
        if not one_axis:
            row = QRectF(place.left(), section.bottom(), place.width(), _AXIS * unit)
            axes.append(PlacedAxis(frame, row, top, bottom))
    return BarsLayout(unit, content, headline, subject, totals, stem, section, tuple(lines), tuple(axes))


def _column_rect(inner: QRectF, count: int, index: int, unit: float) -> QRectF:
    width = (inner.width() - _GAP * unit * (count - 1)) / max(count, 1)
    return QRectF(inner.left() + index * (width + _GAP * unit), inner.top(), width, inner.height())


def _stack_lines(
    lines: Sequence[BarLine], frame: BarsColumn, left: float, width: float, top: float, height: float
) -> tuple[PlacedLine, ...]:
    return tuple(
        PlacedLine(line, QRectF(left, top + index * height, width, height), frame) for index, line in enumerate(lines)
    )


def _make_columns(
    content: BarsContent, columns: Sequence[Sequence[BarLine]], inner: QRectF, places: Sequence[QRectF], unit: float
) -> list[BarsColumn]:
    """Frames of the totals and of each column, with as many words as leave the bars long enough."""
    for words in (_FULL_WORDS, _NO_NOTES, _NO_RATIOS):
        total = _make_column(content, content.totals, content.total_scale, inner, unit, *words)
        frames = _equalise_scales(
            [
                _make_column(content, lines, content.line_scale, place, unit, *words)
                for lines, place in zip(columns, places, strict=True)
            ]
        )
        if len(columns) == 1:
            total, *frames = _equalise_scales([total, *frames])
        if all(frame.bar_width >= _LEAST_BARS * place.width() for frame, place in zip(frames, places, strict=True)):
            break
    return [total, *frames]


def _make_column(
    content: BarsContent,
    lines: Sequence[BarLine],
    scale: BarScale,
    place: QRectF,
    unit: float,
    notes: bool,
    ratios: bool,
) -> BarsColumn:
    """Room for the labels of these lines, and bars as long as the words at their ends leave room for."""
    words = text_width(axis_title(content), SMALL_FONT) + 0.9
    label = (max([words, *(label_width(line, notes) for line in lines)]) + _LABEL_GAP) * unit
    if not notes:
        label = min(label, _ROOM_FOR_NAMES * place.width())
    bar_left = place.left() + 0.5 * unit + label
    room = place.right() - bar_left - 0.9 * unit
    longest = room - _SHORTEST_SAID * unit
    for line in lines:
        fraction = scale.fraction(line.value or 0)
        if fraction:
            longest = min(longest, (room - bar_end_text_width(line, ratio=ratios) * unit) / fraction)
    return BarsColumn(place.left() + 0.5 * unit, label, bar_left, max(longest, 2 * unit), scale)


def _equalise_scales(frames: Sequence[BarsColumn]) -> list[BarsColumn]:
    """Frames in which equal amounts on equal scales have bars of equal length."""
    label = max((frame.label_width for frame in frames), default=0.0)
    width = min((frame.bar_width - (label - frame.label_width) for frame in frames), default=0.0)
    return [replace(f, label_width=label, bar_left=f.left + label, bar_width=max(width, 1.0)) for f in frames]


def axis_title(content: BarsContent) -> str:
    """What an axis counts, and how, in few words."""
    return _unit_text(content) + (", logarithmic" if content.total_scale.logarithmic else "")


def label_width(line: BarLine, note: bool) -> float:
    """Units for a name and, small behind it, its settings; what stands over the bars needs none."""
    if line.kind in ("heading", "folded"):
        return 0.0
    name = text_width(line.label, TOTAL_FONT if line.kind == "total" else 1, bold=True)
    return name + (settings_text_width(line) if note and line.settings_text else 0)


def settings_text_width(line: BarLine) -> float:
    """Units for the settings behind a name, and the gap between them."""
    return NOTE_GAP + text_width(line.settings_text, SMALL_FONT)


def bar_end_text_width(line: BarLine, *, ratio: bool) -> float:
    """Units for the words at a bar's end."""
    return text_width(bar_end_text(line, ratio=ratio), TOTAL_FONT if line.kind == "total" else 1, bold=True)


def bar_end_text(line: BarLine, *, ratio: bool) -> str:
    """The words at a bar's end."""
    return f"{line.value_text}  {line.ratio_text}" if ratio and line.ratio_text else line.value_text


def _lay_out_most_expensive(content: BarsContent, rect: QRectF) -> BarsLayout:
    """As many of the dearest layers as there is room for, in the smallest text; a line sums up the others."""
    count = _column_counts(rect.width(), _SMALLEST)[-1]
    head = _head_height(content) + _SECTION + _AXIS + BARS_MARGIN
    room = max(int((rect.height() / _SMALLEST - head) // _LINE), 0) * count
    for most in range(max(map(len, content.groups), default=0), -1, -1):
        groups = [tuple(_most_expensive_lines(content, group, most)) for group in content.groups]
        columns = fill_columns(groups, count, _repeat_heading)
        if max(map(len, columns), default=0) * count <= room:
            return _lay_out_columns(content, columns, rect, _SMALLEST)
    return _lay_out_columns(content, (), rect, _SMALLEST)


def _unit_text(content: BarsContent) -> str:
    return content.costs.unit(content.metric) or content.metric.unit


def _most_expensive_lines(content: BarsContent, group: Sequence[BarLine], most: int) -> Iterator[BarLine]:
    """A heading, the `most` dearest of its layers in their order, unknown ones first, and the sum of the others."""
    heading, *lines = group
    ranked = sorted(lines, key=lambda line: (line.value is not None, -(line.value or 0)))
    kept, left = set(map(id, ranked[:most])), ranked[most:]
    yield heading
    yield from (line for line in lines if id(line) in kept)
    if left:
        nodes = tuple(node for line in left for node in line.nodes)
        amounts = [line.value for line in left]
        total = None if None in amounts else sum(amount or 0 for amount in amounts)
        together = f", together {content.costs.short(content.metric, total)}" if content.metric.is_additive else ""
        label = f"{len(nodes)} more layers{together}"
        yield replace(
            left[0], kind="folded", label=label, nodes=nodes, settings_text="", value=0, value_text="", tip=label
        )
