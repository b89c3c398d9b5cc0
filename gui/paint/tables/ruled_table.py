"""A ruled table as in print: heads between rules, rows below, a thin rule before totals, notes at the end.

Sizes are in units; a unit is the pixel size of a row's text.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from math import ceil
from typing import NamedTuple, Protocol

from msgspec import Struct
from msgspec.structs import replace
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from gui.paint.basics.text_drawing import ALIGN_LEFT, ALIGN_RIGHT, draw_text, text_width
from gui.theme import Theme

MARGIN, TITLE, _TITLE_SIZE = 1.0, 2.4, 1.4
LARGEST, SMALLEST, NATURAL = 30, 6, 16
"""Pixels of a unit: at most, at least, and in a figure of its own size."""
_THICK, _MEDIUM, _THIN = 0.12, 0.07, 0.05
"""Rules above and below a table, below its head, and inside."""
_THINNEST = 0.6
"""Pixels."""
_CENTRE = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter


class Spacing(Struct, frozen=True):
    """Heights of a table's lines."""

    head: float
    row: float
    note_gap: float
    """Between the last rule and the first note."""
    note: float

    def height(self, *, titled: bool, head_lines: int, rows: int, notes: int) -> float:
        """Of a table with its title and notes, and the margins."""
        title = TITLE if titled else 0
        return 2 * MARGIN + title + head_lines * self.head + self.row * rows + self.note_gap + self.note * notes


class Column(Struct, frozen=True):
    """A column: its head of one line or two, and where it stands."""

    head: tuple[str, ...]
    width: float
    is_number: bool
    """Numbers end at the right."""
    group: str = ""
    """Columns of one group beside each other have it in common: it stands once, above a rule across them."""
    left: float = 0.0

    @property
    def right(self) -> float:
        return self.left + self.width


def side_by_side(columns: Sequence[Column], gaps: Sequence[float]) -> tuple[Column, ...]:
    """The columns from the left on, with so much between them."""
    widths = [column.width for column in columns]
    return tuple(replace(column, left=sum(widths[:index]) + sum(gaps[:index])) for index, column in enumerate(columns))


class Row(Protocol):
    """A line of the table."""

    def draw(self, painter: QPainter, place: QRectF, unit: float, table: "Table", theme: Theme) -> None:
        """Draw it; `place` ends where texts across all columns may run on to."""


class Cell(NamedTuple):
    """A text in a column; `colour` is one of the theme's."""

    text: str
    colour: str
    bold: bool = False


class Cells(Struct, frozen=True):
    """A row with a cell per column."""

    cells: tuple[Cell, ...]
    is_total: bool = False
    """Whether a thin rule stands above."""

    def draw(self, painter: QPainter, place: QRectF, unit: float, table: "Table", theme: Theme) -> None:
        if self.is_total:
            _draw_rule(painter, place.left(), place.top(), table.width * unit, _THIN * unit, theme.muted)
        for column, (text, colour, bold) in zip(table.columns, self.cells, strict=True):
            align = ALIGN_RIGHT if column.is_number else ALIGN_LEFT
            draw_text(painter, _cell(column, place, unit), text, unit, colour, align, bold=bold)


class Heading(Struct, frozen=True):
    """A row that begins a group: a bold text behind a bar of its colour."""

    text: str
    colour: str

    def draw(self, painter: QPainter, place: QRectF, unit: float, table: "Table", theme: Theme) -> None:
        bar = QRectF(place.left(), place.top() + 0.35 * unit, 0.3 * unit, place.height() - 0.7 * unit)
        painter.fillRect(bar, QColor(self.colour))
        row = QRectF(place.left(), place.top(), table.width * unit, place.height()).adjusted(0.7 * unit, 0, 0, 0)
        draw_text(painter, row, self.text, 1.05 * unit, self.colour, bold=True)


class Remark(Struct, frozen=True):
    """A text across all columns."""

    text: str
    colour: str
    indent: float = 0.0

    def draw(self, painter: QPainter, place: QRectF, unit: float, table: "Table", theme: Theme) -> None:
        draw_text(painter, place.adjusted(self.indent * unit, 0, 0, 0), self.text, unit, self.colour)


class Table(Struct, frozen=True):
    """What stands between the first rule and the last."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    spacing: Spacing

    @property
    def width(self) -> float:
        return table_width(self.columns)


def table_width(columns: Sequence[Column]) -> float:
    """Units that columns take side by side."""
    return columns[-1].right if columns else 0.0


def head_lines(columns: Iterable[Column]) -> int:
    """Lines that the heads of columns take."""
    return max((1, *(len(column.head) for column in columns)))


def title_width(title: str) -> float:
    """Units that a title takes."""
    return text_width(title, _TITLE_SIZE, bold=True)


def natural_size(width: float, height: float) -> tuple[int, int]:
    """Pixels of a figure of so many units."""
    return ceil(width * NATURAL), ceil(height * NATURAL)


def draw_title(painter: QPainter, place: QRectF, title: str, unit: float, theme: Theme) -> None:
    """Draw what stands above a table."""
    draw_text(painter, place, title, _TITLE_SIZE * unit, theme.text, bold=True)


def draw_table(painter: QPainter, place: QRectF, unit: float, table: Table, theme: Theme) -> float:
    """Draw head, rows and rules from the top of `place` on; return where they end.

    Texts across all columns may run on to the right end of `place`.
    """
    left, y, width = place.left(), place.top(), table.width * unit
    _draw_rule(painter, left, y, width, _THICK * unit, theme.text)
    _draw_head(painter, left, y, unit, table, theme)
    y += head_lines(table.columns) * table.spacing.head * unit
    _draw_rule(painter, left, y, width, _MEDIUM * unit, theme.text)
    for row in table.rows:
        line = QRectF(left, y, max(place.width(), width), table.spacing.row * unit)
        row.draw(painter, line, unit, table, theme)
        y = line.bottom()
    _draw_rule(painter, left, y, width, _THICK * unit, theme.text)
    return y


def _draw_head(painter: QPainter, left: float, y: float, unit: float, table: Table, theme: Theme) -> None:
    """What the columns of a group have in common stands once, above a rule across them."""
    lines, high = head_lines(table.columns), table.spacing.head * unit
    for group, members in groupby(table.columns, lambda column: column.group):
        columns = list(members)
        together = group and len(columns) > 1
        if together:
            start, end = left + columns[0].left * unit, left + columns[-1].right * unit
            draw_text(painter, QRectF(start, y, end - start, high), group, unit, theme.muted, _CENTRE)
            painter.setPen(QPen(QColor(theme.muted), max(_THIN * unit, _THINNEST)))
            painter.drawLine(QLineF(start, y + high, end, y + high))
        for column in columns:
            first = lines - len(column.head)  # a head of fewer lines stands on the rule
            for line, text in enumerate(column.head, first):
                if text and not (together and line == 0):
                    place = _cell(column, QRectF(left, y + line * high, 0, high), unit)
                    draw_text(painter, place, text, unit, theme.muted, ALIGN_RIGHT if column.is_number else ALIGN_LEFT)


def _cell(column: Column, row: QRectF, unit: float) -> QRectF:
    return QRectF(row.left() + column.left * unit, row.top(), column.width * unit, row.height())


def draw_notes(
    painter: QPainter,
    place: QRectF,
    unit: float,
    notes: Sequence[str],
    spacing: Spacing,
    colour: str,
    *,
    size: float,
    bold: bool = False,
) -> None:
    """Draw the lines below a table that ends at the top of `place`."""
    for index, note in enumerate(notes):
        top = place.top() + (spacing.note_gap + spacing.note * index) * unit
        row = QRectF(place.left(), top, place.width(), spacing.note * unit)
        draw_text(painter, row, note, size * unit, colour, bold=bold)


def _draw_rule(painter: QPainter, left: float, y: float, width: float, thickness: float, colour: str) -> None:
    painter.setPen(QPen(QColor(colour), max(thickness, _THINNEST)))
    painter.drawLine(QLineF(left, y, left + width, y))
