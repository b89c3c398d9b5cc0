"""Counts what a conversion to float32 loses: values that become 0 or infinite, and values that become equal."""

import numpy as np
from numpy.typing import NDArray

from engine.text.notices import add_notice
from engine.text.units import count_text

_MOST_COMPARED = 2**20
"""Values that are searched for merging ones at a time, which takes a sort and some 40 MB: the search of an array ends
with the first part in which some do. Equal numbers of different parts are not compared."""

_EXACT_INTEGERS = 2**24
"""Integers up to this one are float32 numbers."""


class PrecisionLoss:
    """Collects the losses of one array, block by block."""

    def __init__(self) -> None:
        self.underflows = 0
        """Number of values other than 0 that become 0."""
        self.first_overflow = -1
        """Position in the order of the file of the first finite value that becomes infinite; -1 if none does."""
        self.overflows = 0
        self._size = 0
        self._merged = (0, 0, 0)
        """Position of the first part in which values merge, and numbers of distinct values before and after."""
        self._waiting: list[NDArray[np.generic]] = []
        """Values of the current part, which has fewer than `_MOST_COMPARED`."""

    def add(self, values: NDArray[np.generic], converted: NDArray[np.float32]) -> None:
        """Compare a block of values with its float32 numbers."""
        if _keeps_all(values.dtype):
            return
        self.underflows += int(np.count_nonzero((converted == 0) & (values != 0)))
        overflow = np.flatnonzero(np.isinf(converted) & np.isfinite(values))
        if overflow.size and self.first_overflow < 0:
            self.first_overflow = self._size + int(overflow[0])
        self.overflows += int(overflow.size)
        while values.size and not self._merged[1]:
            compared = self._size % _MOST_COMPARED
            part = values[: _MOST_COMPARED - compared]
            self._waiting.append(part.copy())
            self._size += part.size
            values = values[part.size :]
            if self._size % _MOST_COMPARED == 0:
                self._compare()
        self._size += values.size

    def report(self, subject: str) -> None:
        """Add a notice about underflow and one about merging values, if there are any."""
        if self.underflows:
            become = "becomes 0 without being" if self.underflows == 1 else "become 0 without being"
            text = f"{self.underflows:,} of its {self._size:,} values {become} 0 in the file"
            add_notice(f"{subject.rstrip(',')}: as 32-bit numbers, {text}")
        self._compare()
        start, distinct, left = self._merged
        if left < distinct:
            part = self._part_text(start)
            numbers = f"{count_text(distinct, 'distinct value')}{part} become {left:,}"
            reason = "because neighbours are rounded to the same number"
            add_notice(f"{subject.rstrip(',')}: as 32-bit numbers, {numbers}, {reason}")

    def _part_text(self, start: int) -> str:
        """Which of the values were compared; "" if all."""
        if self._size <= _MOST_COMPARED:
            return ""
        if not start:
            return f" of the first {_MOST_COMPARED:,} values"
        return f" of the values {start + 1:,} to {min(start + _MOST_COMPARED, self._size):,}"

    def _compare(self) -> None:
        """Search the current part for values that merge, and begin another."""
        if not self._waiting:
            return
        values = np.concatenate(self._waiting)
        self._waiting.clear()
        distinct, left = (0, 0) if _is_exact(values, as_float32(values)) else _distinct(values)
        if left < distinct:
            self._merged = (self._size - values.size, distinct, left)


def as_float32(values: NDArray[np.generic]) -> NDArray[np.float32]:
    """Values as 32-bit numbers, without warnings: `PrecisionLoss` counts what is lost; a signalling NaN becomes NaN."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return values.astype(np.float32)


def _keeps_all(dtype: np.dtype[np.generic]) -> bool:
    """Whether float32 holds every value of a type."""
    return dtype.kind == "b" or dtype.itemsize <= (4 if dtype.kind == "f" else 2)


def _is_exact(values: NDArray[np.generic], converted: NDArray[np.float32]) -> bool:
    if values.dtype.kind == "f":
        return bool(((values == converted) | np.isnan(values)).all())
    low, high = (int(extreme) for extreme in (values.min(), values.max())) if values.size else (0, 0)
    return low >= -_EXACT_INTEGERS and high <= _EXACT_INTEGERS


def _distinct(values: NDArray[np.generic]) -> tuple[int, int]:
    """Numbers of distinct finite values that do not become 0, before and after the conversion; sorts the values."""
    values.sort()
    distinct = values[np.append(True, values[1:] != values[:-1]) & np.isfinite(values)]
    converted = as_float32(distinct)
    counted = (converted != 0) | (distinct == 0)  # those that become 0 are counted apart
    return int(np.count_nonzero(counted)), np.unique(converted[counted]).size
