"""Where the figure of operations puts each line, bar and tick: pure geometry, which drawing and hit tests share."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFontMetricsF

from engine.units import abbreviated
from gui.paint.bar_content import Content, Line
from gui.paint.bar_scale import Scale
from gui.paint.columns import pour
from gui.theme import font

# Heights in units; a unit is the pixel size of a layer's text.
MARGIN, HEADLINE, SUBJECT, TOTAL, AXIS, QUIET, SECTION, LINE = 0.7, 2.5, 1.5, 2.0, 1.5, 1.6, 1.9, 1.5
HEADLINE_FONT, TOTAL_FONT, SMALL_FONT = 1.9, 1.2, 0.85
GAP = 1.8
"""Between columns."""
NARROWEST = 25.0
"""A column that is narrower has no room for bars."""
SHORTEST_SAID = 3.0
"""Kept free behind the longest bar for the axis' last label."""
LARGEST, COMFORTABLE, SMALLEST = 36, 13, 7
MOST_COLUMNS = 6


class Frame(Struct, frozen=True):
    """Labels on the left, bars in the middle, values at their ends; all lines of a column share one."""

    left: float
    label_width: float
    bar_left: float
    bar_width: float
    """Length of the longest bar that the axis has room for."""
    scale: Scale

    def length(self, amount: int) -> float:
        """A bar's length: in proportion to the amount, or on a logarithmic axis to its logarithm."""
        return self.bar_width * self.scale.fraction(amount)


class PlacedLine(Struct, frozen=True):
    """A line and the strip that it fills."""

    line: Line
    row: QRectF
    frame: Frame

    @property
    def bar(self) -> QRectF:
        """The bar itself; without width where there is nothing or nothing known."""
        thickness = 0.62 * self.row.height()
        top = self.row.center().y() - thickness / 2
        return QRectF(self.frame.bar_left, top, self.frame.length(self.line.value or 0), thickness)


class PlacedAxis(Struct, frozen=True):
    """An axis: its labels in `row`, its grid lines from `top` to `bottom`."""

    frame: Frame
    row: QRectF
    top: float
    bottom: float


class Layout(Struct, frozen=True):
    """All that is drawn, with its place."""

    unit: float
    content: Content
    headline: QRectF
    subject: QRectF
    totals: tuple[PlacedLine, ...]
    stem: QRectF
    section: QRectF
    lines: tuple[PlacedLine, ...]
    axes: tuple[PlacedAxis, ...]
    height: float
    """What is filled, margins included."""

    def line_at(self, point: QPointF) -> Line | None:
        """The line under a point, headings apart."""
        for placed in (*self.totals, *self.lines):
            if placed.row.contains(point) and placed.line.kind != "heading":
                return placed.line
        return None

    def row_of(self, design: str, node: str) -> QRectF | None:
        """The strip that shows a layer, by itself or folded."""
        for placed in self.lines:
            if placed.line.design == design and node in placed.line.nodes:
                return placed.row
        return None


def lay_out(content: Content, rect: QRectF) -> Layout:
    """The figure as large as it fits into `rect`; the smallest layers are summed up where it does not."""
    for unit in range(LARGEST, SMALLEST - 1, -1):
        for count in _column_counts(content, rect.width(), unit):
            columns = pour(content.groups, count, _continued)
            if _height(content, columns, unit) <= rect.height():
                return _placed(content, columns, rect, unit)
    return _trimmed(content, rect)


def height_on_screen(content: Content, width: float, height: float) -> float:
    """The height that a scrolled figure needs: `height` itself where all of it can be read in that."""
    for unit in range(LARGEST, COMFORTABLE - 2, -1):
        for count in _column_counts(content, width, unit):
            if _height(content, pour(content.groups, count, _continued), unit) <= height:
                return height
    most = _column_counts(content, width, COMFORTABLE)[-1]
    return max(height, _height(content, pour(content.groups, most, _continued), COMFORTABLE))


def _column_counts(content: Content, width: float, unit: float) -> range:
    room = int((width - 2 * MARGIN * unit + GAP * unit) // ((NARROWEST + GAP) * unit))
    return range(1, min(max(room, 1), MOST_COLUMNS) + 1)


def _continued(heading: Line) -> Line:
    return replace(heading, label=f"{heading.label}, continued")


def _height(content: Content, columns: Sequence[Sequence[Line]], unit: float) -> float:
    lines = max(map(len, columns), default=0)
    below = SECTION + (0 if _one_axis(content, columns) else AXIS) + LINE * lines if lines else 0
    return (_head_height(content) + below + MARGIN) * unit


def _head_height(content: Content) -> float:
    totals = TOTAL * len(content.totals) + (AXIS if content.totals else 0)
    return MARGIN + HEADLINE + SUBJECT + totals + (QUIET if content.stem else 0)


def _one_axis(content: Content, columns: Sequence[Sequence[Line]]) -> bool:
    """Whether the totals' axis serves the layers, too."""
    return len(columns) == 1 and content.shared


def _placed(content: Content, columns: Sequence[Sequence[Line]], rect: QRectF, unit: float) -> Layout:
    inner = rect.adjusted(MARGIN * unit, MARGIN * unit, -MARGIN * unit, -MARGIN * unit)
    x, y, width = inner.left(), inner.top(), inner.width()
    headline = QRectF(x, y, width, HEADLINE * unit)
    subject = QRectF(x, headline.bottom(), width, SUBJECT * unit)
    total_frame = _frame(content, content.totals, content.total_scale, inner, unit)
    frames = [
        _frame(content, column, content.line_scale, _column_rect(inner, len(columns), index, unit), unit)
        for index, column in enumerate(columns)
    ]
    if len(columns) == 1:
        total_frame, frames = _aligned(total_frame, frames[0])
    totals = _stacked(content.totals, total_frame, inner.left(), width, subject.bottom(), TOTAL * unit)
    axis_top = subject.bottom() + TOTAL * unit * len(totals)
    stem_top = axis_top + (AXIS * unit if totals else 0)
    stem = QRectF(x, stem_top, width, QUIET * unit if content.stem else 0)
    section = QRectF(x, stem.bottom(), width, SECTION * unit if columns else 0)
    one_axis = _one_axis(content, columns)
    top = section.bottom() + (0 if one_axis else AXIS * unit)
    lines: list[PlacedLine] = []
    axes = [PlacedAxis(total_frame, QRectF(x, axis_top, width, AXIS * unit), subject.bottom(), axis_top)] * bool(totals)
    for index, (column, frame) in enumerate(zip(columns, frames, strict=True)):
        place = _column_rect(inner, len(columns), index, unit)
        lines += _stacked(column, frame, place.left(), place.width(), top, LINE * unit)
        bottom = top + LINE * unit * len(column)
        if not one_axis:
            row = QRectF(place.left(), section.bottom(), place.width(), AXIS * unit)
            axes.append(PlacedAxis(frame, row, top, bottom))
    height = (_height(content, columns, unit)) if columns else stem.bottom() - rect.top()
    return Layout(unit, content, headline, subject, totals, stem, section, tuple(lines), tuple(axes), height)


def _column_rect(inner: QRectF, count: int, index: int, unit: float) -> QRectF:
    width = (inner.width() - GAP * unit * (count - 1)) / max(count, 1)
    return QRectF(inner.left() + index * (width + GAP * unit), inner.top(), width, inner.height())


def _stacked(
    lines: Sequence[Line], frame: Frame, left: float, width: float, top: float, height: float
) -> tuple[PlacedLine, ...]:
    return tuple(
        PlacedLine(line, QRectF(left, top + index * height, width, height), frame) for index, line in enumerate(lines)
    )


def _frame(content: Content, lines: Sequence[Line], scale: Scale, place: QRectF, unit: float) -> Frame:
    """Room for the labels of these lines, and bars as long as the words at their ends leave room for."""
    labels = max((label_width(line) for line in lines), default=0.0) + 0.6
    label = min(max(labels, text_width(axis_words(content), SMALL_FONT) + 0.9) * unit, 0.48 * place.width())
    bar_left = place.left() + 0.5 * unit + label
    room = place.right() - bar_left - 0.9 * unit
    longest = room - SHORTEST_SAID * unit
    for line in lines:
        fraction = scale.fraction(line.value or 0)
        if fraction:
            longest = min(longest, (room - said_width(line) * unit) / fraction)
    return Frame(place.left() + 0.5 * unit, label, bar_left, max(longest, 2 * unit), scale)


def _aligned(first: Frame, second: Frame) -> tuple[Frame, list[Frame]]:
    """Two frames, one above the other, whose bars begin and can end at the same places."""
    left, right = max(first.bar_left, second.bar_left), min(_end(first), _end(second))
    fitted = [replace(f, label_width=left - f.left, bar_left=left, bar_width=right - left) for f in (first, second)]
    return fitted[0], fitted[1:]


def _end(frame: Frame) -> float:
    return frame.bar_left + frame.bar_width


def axis_words(content: Content) -> str:
    """What an axis counts, and how, in few words."""
    return content.metric.unit + (", logarithmic" if content.total_scale.logarithmic else "")


def label_width(line: Line) -> float:
    """Units for a name and, small behind it, its settings; what stands over the bars needs none."""
    if line.kind in ("heading", "folded"):
        return 0.0
    name = text_width(line.label, TOTAL_FONT if line.kind == "total" else 1, bold=True)
    return name + (text_width(line.note, SMALL_FONT) + 0.6 if line.note else 0)


def said_width(line: Line) -> float:
    """Units for the words at a bar's end."""
    return text_width(line.said, TOTAL_FONT if line.kind == "total" else 1, bold=True)


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Width in units of a text whose font is `size` units high."""
    return QFontMetricsF(font(100, bold=bold)).horizontalAdvance(text) / 100 * size * 1.02


def _trimmed(content: Content, rect: QRectF) -> Layout:
    """As many of the dearest layers as there is room for, in the smallest text; a line sums up the others."""
    count = _column_counts(content, rect.width(), SMALLEST)[-1]
    head = _head_height(content) + SECTION + AXIS + MARGIN
    room = max(int((rect.height() / SMALLEST - head) // LINE), 0) * count
    for most in range(max(map(len, content.groups), default=0), -1, -1):
        groups = [tuple(_dearest(group, most)) for group in content.groups]
        columns = pour(groups, count, _continued)
        if max(map(len, columns), default=0) * count <= room:
            return _placed(content, columns, rect, SMALLEST)
    return _placed(content, (), rect, SMALLEST)


def _dearest(group: Sequence[Line], most: int) -> Iterator[Line]:
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
        label = f"{len(nodes)} more layers, together {abbreviated(total)}"
        yield replace(left[0], kind="folded", label=label, nodes=nodes, note="", value=0, said="", tip=label)
