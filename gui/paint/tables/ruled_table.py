"""Draws tables ruled as in print: heads between rules, rows below, a thin rule before totals, notes at the end.

Sizes are in units; a unit is the pixel size of the text in a row.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import groupby
from math import ceil, sqrt
from typing import NamedTuple, Protocol

from msgspec import Struct
from msgspec.structs import replace
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from gui.paint.basics.text_drawing import ALIGN_LEFT, ALIGN_RIGHT, draw_text, text_width
from gui.theme import Theme

MARGIN, TITLE, _TITLE_SIZE = 1.0, 2.4, 1.4
LARGEST, SMALLEST, NATURAL = 30, 6, 16
_MOST_PIXELS = 40_000_000
"""Pixels of a picture of natural size: 160 MB; a longer table leaves layers out, and says how many."""
"""Pixels per unit: at most, at least, and in a figure of natural size."""
_NARROWEST = 6.0
"""Least width of a column of names, in units."""
_THICK, _MEDIUM, _THIN = 0.12, 0.07, 0.05
"""Thickness of the rules around a table, below its head, and inside."""
_THINNEST = 0.6
"""Least thickness of a rule, in pixels."""
_CENTRE = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter


class Spacing(Struct, frozen=True):
    """Heights of the lines of a table."""

    head: float
    row: float
    note_gap: float
    """Between the last rule and the first note."""
    note: float

    def height(self, *, titled: bool, head_lines: int, rows: int, notes: int) -> float:
        """Height of a table with its title, notes and margins."""
        title = TITLE if titled else 0
        return 2 * MARGIN + title + head_lines * self.head + self.row * rows + self.note_gap + self.note * notes


class Column(Struct, frozen=True):
    """A column: its head of one or two lines, and its position."""

    head: tuple[str, ...]
    width: float
    is_number: bool
    """Whether texts are aligned right."""
    group: str = ""
    """Head shared by adjacent columns of a group, drawn once above a rule across them."""
    left: float = 0.0

    @property
    def right(self) -> float:
        return self.left + self.width


def side_by_side(columns: Sequence[Column], gaps: Sequence[float]) -> tuple[Column, ...]:
    """Place columns from left to right with these gaps between them."""
    widths = [column.width for column in columns]
    return tuple(replace(column, left=sum(widths[:index]) + sum(gaps[:index])) for index, column in enumerate(columns))


def narrow_columns(columns: Sequence[Column], max_width: float) -> tuple[Column, ...]:
    """Take width from columns of names, which are shortened, until a table is at most that wide, if they have so much.

    Columns of numbers keep their width.
    """
    spare = [0.0 if column.is_number else max(column.width - _NARROWEST, 0.0) for column in columns]
    share = min(max(table_width(columns) - max_width, 0.0) / (sum(spare) or 1.0), 1.0)
    narrowed, taken = [], 0.0
    for column, width in zip(columns, spare, strict=True):
        narrowed.append(replace(column, left=column.left - taken, width=column.width - share * width))
        taken += share * width
    return tuple(narrowed)


class Row(Protocol):
    """A line of the table."""

    def draw(self, painter: QPainter, row_rect: QRectF, unit: float, table: "Table", theme: Theme) -> None:
        """Draw the row; a text across all columns may extend to the right end of `row_rect`."""


class Cell(NamedTuple):
    """A text in a column, in a colour of the theme."""

    text: str
    colour: str
    bold: bool = False


class Cells(Struct, frozen=True):
    """A row with a cell per column."""

    cells: tuple[Cell, ...]
    is_total: bool = False
    """Whether a thin rule is drawn above."""

    def draw(self, painter: QPainter, row_rect: QRectF, unit: float, table: "Table", theme: Theme) -> None:
        if self.is_total:
            _draw_rule(painter, row_rect.left(), row_rect.top(), table.width * unit, _THIN * unit, theme.muted)
        for index, (column, (text, colour, bold)) in enumerate(zip(table.columns, self.cells, strict=True)):
            align, among = (ALIGN_RIGHT, ()) if column.is_number else (ALIGN_LEFT, table.column_texts[index])
            draw_text(painter, _cell(column, row_rect, unit), text, unit, colour, align, bold=bold, among=among)


class Heading(Struct, frozen=True):
    """A row that begins a group: a bold text after a bar of its colour."""

    text: str
    colour: str

    def draw(self, painter: QPainter, row_rect: QRectF, unit: float, table: "Table", theme: Theme) -> None:
        bar = QRectF(row_rect.left(), row_rect.top() + 0.35 * unit, 0.3 * unit, row_rect.height() - 0.7 * unit)
        painter.fillRect(bar, QColor(self.colour))
        text_rect = QRectF(row_rect.left(), row_rect.top(), table.width * unit, row_rect.height()).adjusted(
            0.7 * unit, 0, 0, 0
        )
        draw_text(painter, text_rect, self.text, 1.05 * unit, self.colour, bold=True)


class Remark(Struct, frozen=True):
    """A text across all columns."""

    text: str
    colour: str
    indent: float = 0.0

    def draw(self, painter: QPainter, row_rect: QRectF, unit: float, table: "Table", theme: Theme) -> None:
        draw_text(painter, row_rect.adjusted(self.indent * unit, 0, 0, 0), self.text, unit, self.colour)


class Table(Struct, frozen=True, dict=True):
    """Columns and rows between the first rule and the last."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    spacing: Spacing

    @property
    def width(self) -> float:
        return table_width(self.columns)

    @cached_property
    def column_texts(self) -> tuple[tuple[str, ...], ...]:
        """The different texts of each column."""
        rows = [row.cells for row in self.rows if isinstance(row, Cells)]
        return tuple(tuple(dict.fromkeys(cell.text for cell in column)) for column in zip(*rows, strict=True))


def table_width(columns: Sequence[Column]) -> float:
    """Width of columns side by side, in units."""
    return columns[-1].right if columns else 0.0


def head_lines(columns: Iterable[Column]) -> int:
    """Number of lines in the heads of columns."""
    return max((1, *(len(column.head) for column in columns)))


def title_width(title: str) -> float:
    """Width of a title, in units."""
    return text_width(title, _TITLE_SIZE, bold=True)


def natural_size(width: float, height: float) -> tuple[int, int]:
    """Pixels of a figure of this many units, at natural text size, or as large as a picture may be."""
    scale = min(NATURAL, sqrt(_MOST_PIXELS / (width * height)))
    return ceil(width * scale), ceil(height * scale)


def draw_title(painter: QPainter, rect: QRectF, title: str, unit: float, theme: Theme) -> None:
    """Draw the title above a table."""
    draw_text(painter, rect, title, _TITLE_SIZE * unit, theme.text, bold=True)


def draw_table(painter: QPainter, rect: QRectF, unit: float, table: Table, theme: Theme) -> float:
    """Draw head, rows and rules from the top of `rect`; return their lower end.

    Texts across all columns may extend to the right end of `rect`.
    """
    left, y, width = rect.left(), rect.top(), table.width * unit
    _draw_rule(painter, left, y, width, _THICK * unit, theme.text)
    _draw_head(painter, left, y, unit, table, theme)
    y += head_lines(table.columns) * table.spacing.head * unit
    _draw_rule(painter, left, y, width, _MEDIUM * unit, theme.text)
    for row in table.rows:
        line = QRectF(left, y, max(rect.width(), width), table.spacing.row * unit)
        row.draw(painter, line, unit, table, theme)
        y = line.bottom()
    _draw_rule(painter, left, y, width, _THICK * unit, theme.text)
    return y


def _draw_head(painter: QPainter, left: float, y: float, unit: float, table: Table, theme: Theme) -> None:
    """Draw the heads, and the shared head of each group once above a rule."""
    lines, line_height = head_lines(table.columns), table.spacing.head * unit
    for group, members in groupby(table.columns, lambda column: column.group):
        columns = list(members)
        has_shared_head = group and len(columns) > 1
        if has_shared_head:
            start, end = left + columns[0].left * unit, left + columns[-1].right * unit
            draw_text(painter, QRectF(start, y, end - start, line_height), group, unit, theme.muted, _CENTRE)
            painter.setPen(QPen(QColor(theme.muted), max(_THIN * unit, _THINNEST)))
            painter.drawLine(QLineF(start, y + line_height, end, y + line_height))
        for column in columns:
            first = lines - len(column.head)  # a head of fewer lines is aligned with the lower rule
            for line, text in enumerate(column.head, first):
                if text and not (has_shared_head and line == 0):
                    cell_rect = _cell(column, QRectF(left, y + line * line_height, 0, line_height), unit)
                    draw_text(
                        painter, cell_rect, text, unit, theme.muted, ALIGN_RIGHT if column.is_number else ALIGN_LEFT
                    )


def _cell(column: Column, row: QRectF, unit: float) -> QRectF:
    return QRectF(row.left() + column.left * unit, row.top(), column.width * unit, row.height())


def draw_notes(
    painter: QPainter,
    rect: QRectF,
    unit: float,
    notes: Sequence[str],
    spacing: Spacing,
    colour: str,
    *,
    size: float,
    bold: bool = False,
) -> None:
    """Draw the notes below a table that ends at the top of `rect`."""
    for index, note in enumerate(notes):
        top = rect.top() + (spacing.note_gap + spacing.note * index) * unit
        row = QRectF(rect.left(), top, rect.width(), spacing.note * unit)
        draw_text(painter, row, note, size * unit, colour, bold=bold)


def _draw_rule(painter: QPainter, left: float, y: float, width: float, thickness: float, colour: str) -> None:
    painter.setPen(QPen(QColor(colour), max(thickness, _THINNEST)))
    painter.drawLine(QLineF(left, y, left + width, y))
