"""The rows of bars that are visible on the screen: where they are while it is zoomed, and which of them have names."""

from bisect import bisect
from collections.abc import Iterator
from math import ceil, floor

from msgspec import Struct
from msgspec.structs import replace
from PySide6.QtCore import QRectF

from engine.network.node_ref import NodeRef
from gui.paint.bars.layout import LineColumn, PlacedLine

COMPACT_LINE = 1.35
"""Least height in units of rows with letters of full size."""
_SMALLEST_UNIT = 9.0
"""Least height of letters in pixels; below that, names are left out."""
_TIGHT = 1.25
"""Least height in units of rows with a name and a number each."""


class VisibleRows(Struct, frozen=True):
    """The part of a column that is visible, from row `first` on, which need not be whole.

    Rows are counted from 0, headings and folded layers included.
    """

    column: LineColumn
    first: float
    count: float
    enlarged: float
    """Factor by which bars are longer than without zoom."""
    largest_unit: float
    """Height of letters in pixels where there is space."""

    @property
    def row_height(self) -> float:
        return self.column.rect.height() / self.count

    @property
    def unit(self) -> float:
        """Height of letters in pixels."""
        smallest = min(_SMALLEST_UNIT, self.largest_unit)
        return min(max(self.row_height / COMPACT_LINE, smallest), self.largest_unit)

    @property
    def has_values(self) -> bool:
        """Whether rows are high enough for a name and a number in each of them."""
        return self.row_height >= _TIGHT * self.unit

    @property
    def indexes(self) -> range:
        """The rows of which at least a part is visible."""
        return range(max(floor(self.first), 0), min(ceil(self.first + self.count), len(self.column.lines)))

    def place(self, index: int) -> PlacedLine:
        """A row where it is; its bar may be longer than the row."""
        area = self.column.rect
        top = area.top() + (index - self.first) * self.row_height
        row = QRectF(area.left(), top, area.width(), self.row_height)
        return PlacedLine(self.column.lines[index], row, self.column.column.enlarged(self.enlarged))

    def index_at(self, y: float) -> int | None:
        """The row at a height of the screen."""
        area = self.column.rect
        index = floor(self.first + (y - area.top()) / self.row_height)
        return index if area.top() <= y < area.bottom() and 0 <= index < len(self.column.lines) else None

    def named(self, focus_ref: NodeRef) -> Iterator[PlacedLine]:
        """The rows whose names fit without overlapping, each with a strip that is high enough for its name.

        If the rows are too near to each other for numbers, the selected layer, headings, mistakes and the largest
        amounts come first, and the strips extend to the beginning of the bars only, where folded layers have no space.
        """
        if self.has_values:
            yield from filter(self._is_whole, map(self.strip, self.indexes))
            return
        taken, height = list[float](), _TIGHT * self.unit
        for index in sorted(self.indexes, key=lambda index: self._rank(index, focus_ref)):
            top = self._strip_top(index, height)
            at = bisect(taken, top)
            fits = all(abs(other - top) >= height for other in taken[max(at - 1, 0) : at + 1])
            line = self.column.lines[index]
            if fits and (line.kind != "folded" or line.shows(focus_ref)):
                taken.insert(at, top)
                yield self.strip(index)

    def strip(self, index: int) -> PlacedLine:
        """A row with a strip that is high enough for its name.

        If the rows are too near to each other for numbers, it is the place of the name beside the bars.
        """
        placed_line, area = self.place(index), self.column.rect
        if self.has_values:
            return placed_line
        height = _TIGHT * self.unit
        width = placed_line.column.bar_left - area.left()
        return replace(placed_line, row_rect=QRectF(area.left(), self._strip_top(index, height), width, height))

    def _strip_top(self, index: int, height: float) -> float:
        """Where a strip begins that has a height and its middle at a row, or near to it at the edge."""
        area, row_height = self.column.rect, self.column.rect.height() / self.count
        top = area.top() + (index + 0.5 - self.first) * row_height - height / 2
        return min(max(top, area.top()), area.bottom() - height)

    def _is_whole(self, placed_line: PlacedLine) -> bool:
        """Whether letters in the middle of a row are not cut by the edge of the visible part."""
        area, row = self.column.rect, placed_line.row_rect
        margin = (row.height() - _TIGHT * self.unit) / 2 + 0.5
        return row.top() + margin >= area.top() and row.bottom() - margin <= area.bottom()

    def _rank(self, index: int, focus_ref: NodeRef) -> tuple[int, float]:
        """Sort key of rows that compete for space."""
        line = self.column.lines[index]
        if line.shows(focus_ref):
            return 0, 0.0
        return (1 if line.kind == "heading" else 2 if line.problem else 3), -(line.value or 0)
