"""Breaks the columns of a design into lines of a width."""

from bisect import bisect_left
from itertools import accumulate

import numpy as np
from numpy.typing import ArrayLike

from gui.paint.volumes.space import LineColumns

_ROUNDING = 1e-9
"""Relative error by which sums may differ that are added up in another order."""


class RowBreaker:
    """Breaks a design into lines.

    Parameters
    ----------
    widths
        Widths of the columns with the gaps before them.
    may_begin
        Whether each column may begin a line.
    """

    def __init__(self, widths: ArrayLike, may_begin: ArrayLike) -> None:
        array = np.asarray(widths, np.float64)
        ends = np.cumsum(array)  # one after the other, as `accumulate` adds
        self._widths, self._ends = array.tolist(), ends.tolist()
        self._middles = (ends - array / 2).tolist()
        self._beginnings: list[int] = np.flatnonzero(may_begin).tolist()

    def break_at(self, line_width: float) -> LineColumns:
        """Begin a new line as soon as one is `line_width` wide up to the middle of a column that may begin one."""
        lines, start = [], 0
        while (column := self._next_beginning(start, line_width)) is not None:
            lines.append(range(start, column))
            start = column
        return (*lines, range(start, len(self._widths)))

    def _next_beginning(self, start: int, line_width: float) -> int | None:
        """The column after which a line that starts in another column ends; None if that is the last line.

        A search finds where to look, up to rounding; a line is as wide as its own columns, wherever it starts.
        """
        reach, error = (self._ends[start - 1] if start else 0.0) + line_width, _ROUNDING * self._ends[-1]
        first = bisect_left(self._beginnings, bisect_left(self._middles, reach - error, start + 1))
        for at in range(first, len(self._beginnings)):
            column = self._beginnings[at]
            if self._middles[column] > reach + error:
                return column
            *_, before = accumulate(self._widths[start:column], initial=0.0)
            if before + self._widths[column] / 2 > line_width:
                return column
        return None
