"""The paper's table as a figure: ruled as in print, with its notes below."""

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from math import ceil, inf

from msgspec import Struct
from msgspec.structs import replace
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from engine.network.graph import INPUT
from engine.reports.googlenet_table import Column, PaperRow, columns, footnotes, paper_rows
from engine.reports.tables import title
from engine.text.problems import STEM
from gui.paint.basics.words import LEFT, NO_DESIGN, RIGHT, draw_text, text_width
from gui.state.view_state import ViewState
from gui.theme import Theme

# Sizes in units; a unit is the pixel size of a row's text.
MARGIN, TITLE, HEAD, LINE, FOOT, FOOT_GAP = 1.0, 2.4, 1.3, 1.6, 1.35, 0.7
GAP, GROUP_GAP = 1.1, 2.2
"""Between columns, and before those of a figure."""
FOOT_SIZE = 0.9
SEPARATOR = " · "
LARGEST, SMALLEST, NATURAL = 30, 6, 16
NARROWEST = 42.0
"""Units of width that the notes have at least."""
WIDEST = 14.0
"""A column of longer texts shortens them."""
NOTHING = f"No layer yet. {NO_DESIGN} and layers to it: each has a row here, whose widths can be edited"
CENTRE = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter


class Sheet(Struct, frozen=True):
    """What the figure says, and where each column begins, in units."""

    title: str
    design: str
    columns: tuple[Column, ...]
    rows: tuple[PaperRow, ...]
    lefts: tuple[float, ...]
    widths: tuple[float, ...]
    notes: tuple[str, ...]
    widest: float = inf
    """What it may take; a title that is wider is shortened."""
    foot_size: float = FOOT_SIZE
    """Size of the notes."""

    @property
    def table_width(self) -> float:
        return self.lefts[-1] + self.widths[-1] if self.lefts else 0.0

    @property
    def width(self) -> float:
        return min(max(self.table_width, NARROWEST, text_width(self.title, 1.4, bold=True)), self.widest)

    @property
    def head_lines(self) -> int:
        """Lines that the head of its columns takes."""
        return 2 if any(all(column.head) for column in self.columns) else 1

    @property
    def height(self) -> float:
        """Of the whole table with its notes, and the margins."""
        title = TITLE if self.title else 0
        return 2 * MARGIN + title + self.head_lines * HEAD + LINE * len(self.rows) + FOOT_GAP + FOOT * len(self.notes)


def paint(painter: QPainter, rect: QRectF, state: ViewState, theme: Theme) -> None:
    """Draw the tables of all designs below each other, as large as they fit; rows that do not fit are counted."""
    paint_sheets(painter, rect, state, theme, sheets_of(state))


def paint_sheets(painter: QPainter, rect: QRectF, state: ViewState, theme: Theme, sheets: Sequence[Sheet]) -> None:
    """Draw tables below each other, as large as they fit; rows that do not fit are counted."""
    high = sum(sheet.height for sheet in sheets)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(rect, QColor(theme.base))
    parts, top = [], rect.top()
    for sheet in sheets:
        parts.append(QRectF(rect.left(), top, rect.width(), rect.height() * sheet.height / high))
        top = parts[-1].bottom()
    arranged = [arrange(sheet, part) for sheet, part in zip(sheets, parts, strict=True)]
    unit = min(found for found, _ in arranged)
    for sheet, part, (_, left_out) in zip(sheets, parts, arranged, strict=True):
        _paint_sheet(painter, part, state, theme, sheet, unit, left_out)
    painter.restore()


def _paint_sheet(
    painter: QPainter, rect: QRectF, state: ViewState, theme: Theme, sheet: Sheet, unit: float, left_out: int
) -> None:
    painter.save()
    painter.translate(rect.left() + MARGIN * unit, rect.top() + MARGIN * unit)
    y = 0.0
    if sheet.title:
        mark = theme.muted if sheet.design == STEM else theme.design(state.design_index(sheet.design))
        painter.fillRect(QRectF(0, 0.3 * unit, 0.3 * unit, 1.6 * unit), QColor(mark if sheet.rows else theme.base))
        place = QRectF(0.8 * unit, 0, rect.width() - (2 * MARGIN + 0.8) * unit, (TITLE - 0.2) * unit)
        draw_text(painter, place, sheet.title, 1.4 * unit, theme.text, bold=True)
        y = TITLE * unit
    if sheet.rows:
        y = _paint_table(painter, y, unit, sheet, left_out, theme)
    for note in sheet.notes:
        place = QRectF(0, y + FOOT_GAP * unit, rect.width() - 2 * MARGIN * unit, FOOT * unit)
        draw_text(painter, place, note, sheet.foot_size * unit, theme.muted if sheet.rows else theme.text)
        y += FOOT * unit
    painter.restore()


def shown_design(state: ViewState) -> str:
    """The design whose table is shown: the chosen one, else the first; the stem where one of its layers is chosen."""
    design, node = state.focus.place
    if design in state.check.analyses and (design != STEM or node != INPUT):
        return design
    return next((name for name in state.check.analyses if name != STEM), STEM)


def sheets_of(state: ViewState, widest: float = inf, foot_size: float = FOOT_SIZE) -> tuple[Sheet, ...]:
    """A sheet a design; what several would tell below stands below the last of them.

    A table that is wider than `widest` units is broken into several, each with the names of the rows.
    """
    designs = [design.name for design in state.project.designs] or [shown_design(state)]
    tables = [paper_rows(state.project, state.check, design) for design in designs]
    told = [tuple(footnotes(state.project, rows)) if rows else (NOTHING,) for rows in tables]
    notes = [
        [note for note in texts if not any(note in later for later in told[at + 1 :])] for at, texts in enumerate(told)
    ]
    return tuple(
        sheet
        for design, rows, texts in zip(designs, tables, notes, strict=True)
        for sheet in _broken(state, design, rows, texts, widest, foot_size)
    )


def _broken(
    state: ViewState,
    design: str,
    rows: tuple[PaperRow, ...],
    notes: Sequence[str],
    widest: float,
    foot_size: float,
) -> Iterator[Sheet]:
    """The table of a design in parts of at most that width; the notes stand below the last one.

    Parts but the first leave out rows in which they would say nothing.
    """
    names = (state.project.title, title(design) if rows else "")
    words = SEPARATOR.join(dict.fromkeys(name for name in names if name))
    if text_width(words, 1.4, bold=True) > widest:
        words = names[1]
    left = columns(rows) if rows else ()
    first = left[:1]
    while len(left) > 1:
        count = len(left)
        while (sheet := _sheet(words, design, rows, left[:count], widest)).table_width > widest and count > 2:
            count -= 1
            while count > 2 and left[count].figure and left[count].figure == left[count - 1].figure:
                count -= 1  # columns of a figure stay together
        last = count == len(left)
        if not (last and words):
            told = tuple(row for row in rows if words or any(column.text(row) for column in left[1:count]))
            sheet = _stretched(replace(sheet, rows=told))
        yield _noted(sheet, notes, foot_size) if last else sheet
        left, words = (*first, *left[count:]), ""
    if not first:
        yield _noted(_sheet(words, design, rows, left, widest), notes, foot_size)


def _sheet(words: str, design: str, rows: tuple[PaperRow, ...], shown: tuple[Column, ...], widest: float) -> Sheet:
    """Some columns of a design's table."""
    texts = ((*column.head, *(column.text(row) for row in rows)) for column in shown)
    widths = [min(max(text_width(text, bold=True) for text in column), WIDEST) for column in texts]
    gaps = [GROUP_GAP if after.figure and not before.figure else GAP for before, after in pairwise(shown)]
    lefts = [sum(widths[:index]) + sum(gaps[:index]) for index in range(len(shown))]
    return Sheet(words, design, shown, rows, tuple(lefts), tuple(widths), (), widest)


def _stretched(sheet: Sheet) -> Sheet:
    """As wide as it may be."""
    more = max(0.0, sheet.widest - sheet.table_width) / max(len(sheet.lefts) - 1, 1)
    return replace(sheet, lefts=tuple(left + index * more for index, left in enumerate(sheet.lefts)))


def _noted(sheet: Sheet, notes: Sequence[str], size: float) -> Sheet:
    """With notes of that size below, in lines of its width."""
    lines = tuple(line for text in notes for line in wrapped(text, sheet.width, size))
    return replace(sheet, notes=lines, foot_size=size)


def wrapped(text: str, width: float, size: float = FOOT_SIZE) -> Iterator[str]:
    """A note in lines of so many units."""
    line = ""
    for word in text.split():
        longer = f"{line} {word}".lstrip()
        if line and text_width(longer, size) > width:
            yield line
            longer = word
        line = longer
    yield line


def arrange(sheet: Sheet, rect: QRectF) -> tuple[float, int]:
    """Pixels of a unit, and how many rows before the totals are left out where not even the smallest holds all."""
    unit = min(rect.width() / (sheet.width + 2 * MARGIN), rect.height() / sheet.height, LARGEST)
    if unit >= SMALLEST or not sheet.rows:
        return max(unit, SMALLEST), 0
    # The line that counts them takes a row's place.
    missing = ceil((sheet.height - rect.height() / SMALLEST) / LINE) + 1
    return SMALLEST, min(missing, len(sheet.rows) - 1) if missing > 1 else 0


def natural_size(state: ViewState) -> tuple[int, int]:
    """Width and height in pixels of a figure that the tables fill, their text NATURAL pixels high."""
    sheets = sheets_of(state)
    width, height = max(sheet.width for sheet in sheets), sum(sheet.height for sheet in sheets)
    return ceil((width + 2 * MARGIN) * NATURAL), ceil(height * NATURAL)


def _paint_table(painter: QPainter, y: float, unit: float, sheet: Sheet, left_out: int, theme: Theme) -> float:
    """Draw head, rows and rules from `y` on; returns where they end."""
    width = sheet.table_width * unit
    _rule(painter, y, width, 0.12 * unit, theme.text)
    _paint_head(painter, y, unit, sheet, theme)
    y += sheet.head_lines * HEAD * unit
    _rule(painter, y, width, 0.07 * unit, theme.text)
    rows, totals = ([row for row in sheet.rows if row.is_total == total] for total in (False, True))
    for row in rows[: len(rows) - left_out]:
        _paint_row(painter, y, unit, sheet, row, theme)
        y += LINE * unit
    if left_out:
        place = QRectF(0, y, width, LINE * unit)
        draw_text(painter, place, f"and {left_out} more rows", unit, theme.muted)
        y += LINE * unit
    for row in totals:
        _rule(painter, y, width, 0.05 * unit, theme.muted)
        _paint_row(painter, y, unit, sheet, row, theme)
        y += LINE * unit
    _rule(painter, y, width, 0.12 * unit, theme.text)
    return y


def _paint_head(painter: QPainter, y: float, unit: float, sheet: Sheet, theme: Theme) -> None:
    """Two lines; what the columns of a figure have in common stands once, above a rule across them."""
    shown = list(zip(sheet.columns, sheet.lefts, sheet.widths, strict=True))
    for figure, group in groupby(shown, lambda cell: cell[0].figure):
        cells = list(group)
        together = figure and len(cells) > 1
        if together:
            left, right = cells[0][1] * unit, (cells[-1][1] + cells[-1][2]) * unit
            draw_text(painter, QRectF(left, y, right - left, HEAD * unit), figure, unit, theme.muted, CENTRE)
            painter.setPen(QPen(QColor(theme.muted), max(0.05 * unit, 0.6)))
            painter.drawLine(QLineF(left, y + HEAD * unit, right, y + HEAD * unit))
        for column, left, width in cells:
            for index, text in enumerate(_head_lines(column)):
                place = QRectF(left * unit, y + (index + sheet.head_lines - 2) * HEAD * unit, width * unit, HEAD * unit)
                if text and not (together and index == 0):
                    draw_text(painter, place, text, unit, theme.muted, RIGHT if column.is_number else LEFT)


def _head_lines(column: Column) -> tuple[str, str]:
    """A head of one line stands on the rule."""
    first, second = column.head
    return (first, second) if second else ("", first)


def _paint_row(painter: QPainter, y: float, unit: float, sheet: Sheet, row: PaperRow, theme: Theme) -> None:
    for column, left, width in zip(sheet.columns, sheet.lefts, sheet.widths, strict=True):
        place = QRectF(left * unit, y, width * unit, LINE * unit)
        colour, bold = tone(column, row, theme)
        align = RIGHT if column.is_number else LEFT
        draw_text(painter, place, column.text(row), unit, colour, align, bold=bold)


def tone(column: Column, row: PaperRow, theme: Theme) -> tuple[str, bool]:
    """The colour of a cell, and whether it is bold: a difference beyond rounding stands out, agreement does not."""
    if row.problem:
        return theme.error, False
    if column.id.endswith("_difference"):
        agrees = (row.params if column.figure == "params" else row.ops).agrees
        return (theme.muted, False) if agrees else (theme.warning, True)
    return (theme.muted, False) if column.id.endswith("_published") else (theme.text, row.is_total)


def _rule(painter: QPainter, y: float, width: float, thickness: float, colour: str) -> None:
    painter.setPen(QPen(QColor(colour), max(thickness, 0.6)))
    painter.drawLine(QLineF(0, y, width, y))
