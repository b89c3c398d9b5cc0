"""The table of a sweep as a CSV file that grows row by row: what is in it stays, whatever happens to the program."""

import csv
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any, Literal

from engine.files.atomic_write import write_atomically
from engine.sweep.axis_values import label_text
from engine.text.messages import value_text
from engine.text.names import without_controls
from engine.text.problems import Problem, ProjectError
from engine.text.spreadsheet import delimited_text

POINTS_FILE = "points.csv"
_SYNC_SECONDS = 0.5
"""The longest time for which a row may be in the memory of the system alone."""
_MOST_BYTES = 2**30


class PointsFile:
    """Appends rows to a table; each is written at once.

    Parameters
    ----------
    columns
        Heads of the table.
    axes
        How many of the first columns are values of axes, by which a row is found.
    """

    def __init__(self, path: Path, columns: Sequence[str], axes: int) -> None:
        self._path = path
        self._columns = columns
        self._axes = axes
        self._synced = monotonic()
        self._head = delimited_text([columns]).encode()
        self.rows: dict[tuple[str, ...], dict[str, Any]] = {}
        """The rows by the texts of their axes, with those that were there before."""
        self._descriptor = self._open()

    def has(self, labels: Mapping[str, Any]) -> bool:
        """Whether the point with these labels has a row."""
        return self._key(labels) in self.rows

    def append(self, row: Mapping[str, Any]) -> None:
        """Write the row of a point; ProjectError if the disk is full, and then the file ends with the row before."""
        cells = [_cell(row.get(column)) for column in self._columns]
        content = delimited_text([cells]).encode()
        end = os.lseek(self._descriptor, 0, os.SEEK_END)
        try:
            done = 0
            while done < len(content):
                done += os.write(self._descriptor, content[done:])
            if monotonic() - self._synced > _SYNC_SECONDS:
                self.sync()
        except OSError as error:
            self._cut(end)
            raise self._fault(error) from None
        self.rows[self._key(row)] = dict(row)

    def clear(self) -> None:
        """Begin anew, without rows."""
        try:
            os.ftruncate(self._descriptor, len(self._head))
        except OSError as error:
            raise self._fault(error) from None
        self.rows.clear()

    def sync(self) -> None:
        """Make sure that all rows are on the disk."""
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            raise self._fault(error) from None
        self._synced = monotonic()

    def close(self) -> None:
        """Sync and close the file."""
        try:
            self.sync()
        finally:
            os.close(self._descriptor)

    def _key(self, row: Mapping[str, Any]) -> tuple[str, ...]:
        return tuple([label_text(row[column]) for column in self._columns[: self._axes]])

    def _fault(self, error: OSError) -> ProjectError:
        count = f"{len(self.rows):,} rows" if len(self.rows) != 1 else "one row"
        text = f"cannot be written: {error.strerror or error}; {count} are complete, run again to continue"
        return ProjectError([Problem(text, "")], self._path)

    def _cut(self, end: int) -> None:
        try:
            os.ftruncate(self._descriptor, end)
        except OSError:
            return  # the next start drops what is left of the row

    def _open(self) -> int:
        """Read the rows that are there, and open the file for more behind the last whole one."""
        try:
            if not self._path.exists():
                write_atomically(self._path, self._head)
            descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0))
            try:
                os.ftruncate(descriptor, self._read())
            except BaseException:
                os.close(descriptor)
                raise
        except OSError as error:
            raise self._fault(error) from None
        return descriptor

    def _read(self) -> int:
        """Take over whole rows; returns where the last of them ends."""
        if self._path.stat().st_size > _MOST_BYTES:
            raise ProjectError(
                [Problem("is too large for the table of a sweep; choose another folder", "")], self._path
            )
        content = self._path.read_bytes()
        if not content.startswith(self._head):
            first = content.split(b"\n", 1)[0].decode("utf-8", "replace")
            text = f"has other columns, {value_text(first)}; choose another folder with --out"
            raise ProjectError([Problem(text, "")], self._path)
        end = content.rfind(b"\n") + 1
        lines = content[len(self._head) : end].splitlines(keepends=True)
        for number, line in enumerate(lines, 2):
            if self._take(line):
                continue
            if number < len(lines) + 1:
                text = "is no row of this table; correct it, or choose another folder with --out"
                raise ProjectError([Problem(text, f"line {number}")], self._path)
            end -= len(line)
        return end

    def _take(self, line: bytes) -> bool:
        """Take over a row; False if it is not whole."""
        cells = next(csv.reader([line.decode("utf-8", "replace")]), [])
        if len(cells) != len(self._columns):
            return False
        row: dict[str, Any] = dict(zip(self._columns, map(_value, cells), strict=True))
        self.rows[self._key(row)] = row
        return True


def points_text(
    columns: Sequence[str], rows: Iterable[Mapping[str, Any]], dialect: Literal["excel", "excel-tab"] = "excel"
) -> str:
    """A table with these heads as CSV or TSV, whose cells are written as in the file of a sweep."""
    cells = ([_cell(row.get(column)) for column in columns] for row in rows)
    return delimited_text((columns, *cells), dialect)


def _cell(value: Any) -> Any:
    """A value as a cell: nothing for what is unknown, all digits of a number, one line of text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return label_text(value)
    return without_controls(value) if isinstance(value, str) else value


def _value(text: str) -> Any:
    """The value of a cell."""
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text.removeprefix("'") or None
