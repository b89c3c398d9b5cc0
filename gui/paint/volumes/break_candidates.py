"""Designs with their lines, and the line breaks to choose from: each design in one line, in two and so on."""

from collections.abc import Iterator, Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from gui.paint.volumes.row_breaker import RowBreaker
from gui.paint.volumes.space import LONG_SECTION, TURN_SPACE, DesignRow, LineColumns, RowSizes, line_widths, rows_extent
from gui.paint.volumes.text_options import SCREEN_TEXT_OPTIONS, TextOptions, TextSizes

DESIGN_GAP = 1.6
"""Between designs side by side, in ems."""

_MOST_LINES = 200
_ROUNDING = 1e-9
"""Relative error of a bound that is added up in another order."""


class LineBreaks(Struct, frozen=True, eq=False):
    """Designs with their lines and text sizes; `space` is the width and height for the graphs, in pixels."""

    design_rows: tuple[DesignRow, ...]
    lines: tuple[LineColumns, ...]
    text_sizes: TextSizes
    scale: str
    space: tuple[float, float]
    text_options: TextOptions = SCREEN_TEXT_OPTIONS
    side_by_side: bool = False
    """Whether designs are side by side instead of below each other."""

    @property
    def row_width(self) -> float:
        """Greatest width of a line, in pixels."""
        count = len(self.design_rows) if self.side_by_side else 1
        return (self.space[0] - (count - 1) * DESIGN_GAP * self.text_sizes.em) / max(count, 1)

    def growth_factors(self, lines: tuple[LineColumns, ...], row_sizes: list[RowSizes]) -> tuple[float, float]:
        """Factors by which a picture with these lines can grow until it fills the width and the height of the space."""
        width, height = rows_extent(self.design_rows, lines, row_sizes, self.text_sizes.em, beside=self.side_by_side)
        return self.row_width / max(width, 1.0), self.space[1] / max(height, 1.0)


class BreakCandidate(NamedTuple):
    """Lines, and the factors by which the picture can grow until it fills the width and the height."""

    lines: tuple[LineColumns, ...]
    across: float
    down: float


class BreakCandidates:
    """The widest design in any number of lines, and the others in lines as wide; computed when they are looked at."""

    def __init__(self, line_breaks: LineBreaks, row_sizes: list[RowSizes]) -> None:
        self._line_breaks, self._row_sizes = line_breaks, row_sizes
        self._candidates: dict[int, BreakCandidate] = {}
        rows, em = line_breaks.design_rows, line_breaks.text_sizes.em
        self._single: tuple[LineColumns, ...] = tuple((range(len(row.gaps)),) for row in rows)
        whole = zip(rows, self._single, row_sizes, strict=True)
        self._widest = max(float(line_widths(row, lines, size, em)[0]) for row, lines, size in whole)
        column_widths = [size.widths + row.gaps for row, size in zip(rows, row_sizes, strict=True)]
        self._widest_column = max(float(widths.max()) for widths in column_widths)
        self._breakers = [
            RowBreaker(widths, _may_begin_line(row)) for widths, row in zip(column_widths, rows, strict=True)
        ]
        longest = max(len(row.gaps) for row in rows)
        self._counts = range(1, max(2, min(_MOST_LINES, 1 + longest // 2)))

    def __getitem__(self, count: int) -> BreakCandidate:
        """The candidate in which the widest design has about `count` lines."""
        if count not in self._candidates:
            lines = self._single
            if count > 1:
                lines = tuple(breaker.break_at(self._widest / count) for breaker in self._breakers)
            self._candidates[count] = BreakCandidate(lines, *self._line_breaks.growth_factors(lines, self._row_sizes))
        return self._candidates[count]

    def promising_counts(self) -> Iterator[int]:
        """Numbers of lines, without those whose lines are certainly too wide: a single guess shows that of most.

        The guess fills a space of this form. Its picture can grow by more than the width of those lines allows.
        """
        _, across, down = self[1]
        guess = round(sqrt(down / across)) if across < min(1.0, down) else 1
        zoom = min(1.0, *self[min(max(guess, 1), self._counts[-1])][1:])
        for count in self._counts:
            if self._most_across(count) >= zoom:
                yield count

    def _most_across(self, count: int) -> float:
        """At least the factor across: every line but the last is as wide up to the middle of the column after it."""
        em = self._line_breaks.text_sizes.em
        line = self._widest if count == 1 else self._widest / count - self._widest_column / 2 + TURN_SPACE * em
        return (1 + _ROUNDING) * self._line_breaks.row_width / max(line, 1.0)


def _may_begin_line(design_row: DesignRow) -> Sequence[bool] | NDArray[np.bool_]:
    """Whether each column may begin a line: after a lone column, unless it is compact and the only target of that.

    In long sections, such as a U-Net, after any column of one box before another.
    """
    graph = design_row.graph
    if graph.is_chain and not graph.grid.wide_sections:
        may_begin = design_row.may_widen_gap.copy()
        may_begin[0] = False
        return may_begin
    target_counts = [len(graph.grid.targets[members[0]]) for members in graph.grid.columns]
    passed = {
        number
        for section in graph.grid.wide_sections
        if len(section) >= LONG_SECTION
        for number in section[:-1]
        if len(graph.grid.columns[number]) == len(graph.grid.columns[number + 1]) == 1
    }
    return [
        (number - 1 in graph.grid.lone_columns or number - 1 in passed)
        and (target_counts[number - 1] > 1 or not graph.vertices[members[0]].is_compact)
        for number, members in enumerate(graph.grid.columns)
    ]
