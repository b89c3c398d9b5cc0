"""Lays out and draws the table of the GoogLeNet paper for each design, with notes below."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import ceil, inf

from msgspec import Struct
from msgspec.structs import replace
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter

from engine.network.graph import INPUT
from engine.network.node_ref import STEM
from engine.reports.googlenet_table import PaperColumn, PaperRow, footnotes, paper_rows, paper_table_columns
from engine.reports.tables import design_title
from gui.paint.basics.text_drawing import ADD_DESIGN_HINT, text_width
from gui.paint.tables.ruled_table import (
    LARGEST,
    MARGIN,
    SMALLEST,
    TITLE,
    Cell,
    Cells,
    Column,
    Remark,
    Row,
    Spacing,
    Table,
    draw_notes,
    draw_table,
    draw_title,
    head_lines,
    natural_size,
    side_by_side,
    table_width,
    title_width,
)
from gui.state.view_state import ViewState
from gui.theme import Theme

_SPACING = Spacing(head=1.3, row=1.6, note_gap=0.7, note=1.35)
_GAP, _GROUP_GAP = 1.1, 2.2
"""Between columns, and before the columns of a figure."""
_FOOT_SIZE = 0.9
_SEPARATOR = " · "
_NARROWEST = 42.0
"""Least width of the notes, in units."""
_WIDEST = 14.0
"""Greatest width of a column; longer texts are shortened."""
NO_LAYER_HINT = (
    f"No layers yet. {ADD_DESIGN_HINT} and layers to it: each has a row here, whose numbers of maps can be edited"
)


class GooglenetSheet(Struct, frozen=True):
    """One table: its texts, and the position of each column."""

    title: str
    design: str
    columns: tuple[PaperColumn, ...]
    rows: tuple[PaperRow, ...]
    table_columns: tuple[Column, ...]
    notes: tuple[str, ...]
    max_width: float = inf
    """Greatest width; a wider title is shortened."""
    foot_size: float = _FOOT_SIZE
    """Size of the notes."""

    @property
    def table_width(self) -> float:
        return table_width(self.table_columns)

    @property
    def width(self) -> float:
        return min(max(self.table_width, _NARROWEST, title_width(self.title)), self.max_width)

    @property
    def height(self) -> float:
        """Height of the table with its notes and margins."""
        lines = head_lines(self.table_columns)
        return _SPACING.height(titled=bool(self.title), head_lines=lines, rows=len(self.rows), notes=len(self.notes))


def paint_googlenet_table(painter: QPainter, rect: QRectF, state: ViewState, theme: Theme) -> None:
    """Draw the tables of all designs below each other, as large as fits; a line counts the rows that do not fit."""
    paint_googlenet_sheets(painter, rect, state, theme, make_googlenet_sheets(state))


def paint_googlenet_sheets(
    painter: QPainter, rect: QRectF, state: ViewState, theme: Theme, sheets: Sequence[GooglenetSheet]
) -> None:
    """Draw tables below each other, as large as fits; a line counts the rows that do not fit."""
    total_height = sum(sheet.height for sheet in sheets)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(rect, QColor(theme.base))
    parts, top = [], rect.top()
    for sheet in sheets:
        parts.append(QRectF(rect.left(), top, rect.width(), rect.height() * sheet.height / total_height))
        top = parts[-1].bottom()
    fits = [fit_googlenet_sheet(sheet, part) for sheet, part in zip(sheets, parts, strict=True)]
    unit = min(sheet_unit for sheet_unit, _ in fits)
    for sheet, part, (_, left_out) in zip(sheets, parts, fits, strict=True):
        _paint_sheet(painter, part, state, theme, sheet, unit, left_out)
    painter.restore()


def _paint_sheet(
    painter: QPainter, rect: QRectF, state: ViewState, theme: Theme, sheet: GooglenetSheet, unit: float, left_out: int
) -> None:
    painter.save()
    painter.translate(rect.left() + MARGIN * unit, rect.top() + MARGIN * unit)
    y = 0.0
    if sheet.title:
        mark = theme.muted if sheet.design == STEM else theme.design(state.colour_index(sheet.design))
        painter.fillRect(QRectF(0, 0.3 * unit, 0.3 * unit, 1.6 * unit), QColor(mark if sheet.rows else theme.base))
        title_rect = QRectF(0.8 * unit, 0, rect.width() - (2 * MARGIN + 0.8) * unit, (TITLE - 0.2) * unit)
        draw_title(painter, title_rect, sheet.title, unit, theme)
        y = TITLE * unit
    if sheet.rows:
        table = Table(sheet.table_columns, tuple(_rows(sheet, left_out, theme)), _SPACING)
        y = draw_table(painter, QRectF(0, y, 0, 0), unit, table, theme)
    below, colour = QRectF(0, y, rect.width() - 2 * MARGIN * unit, 0), theme.muted if sheet.rows else theme.text
    draw_notes(painter, below, unit, sheet.notes, _SPACING, colour, size=sheet.foot_size)
    painter.restore()


def choose_table_design(state: ViewState) -> str:
    """The design whose table is shown: that of the focus (which can be the stem), else the first."""
    design, node = state.focus.ref
    if design in state.check.analyses and (design != STEM or node != INPUT):
        return design
    return next((name for name in state.check.analyses if name != STEM), STEM)


def make_googlenet_sheets(
    state: ViewState, max_width: float = inf, foot_size: float = _FOOT_SIZE
) -> tuple[GooglenetSheet, ...]:
    """Make the sheets of all designs; a note that several of them share stands below the last.

    A table wider than `max_width` units is broken into several, each with the names of the rows.
    """
    designs = [design.name for design in state.project.designs] or [choose_table_design(state)]
    tables = [paper_rows(state.project, state.check, design) for design in designs]
    all_notes = [tuple(footnotes(state.project, rows)) if rows else (NO_LAYER_HINT,) for rows in tables]
    notes = [
        [note for note in texts if not any(note in later for later in all_notes[index + 1 :])]
        for index, texts in enumerate(all_notes)
    ]
    return tuple(
        sheet
        for design, rows, texts in zip(designs, tables, notes, strict=True)
        for sheet in _break_sheet(state, design, rows, texts, max_width, foot_size)
    )


def _break_sheet(
    state: ViewState,
    design: str,
    rows: tuple[PaperRow, ...],
    notes: Sequence[str],
    max_width: float,
    foot_size: float,
) -> Iterator[GooglenetSheet]:
    """The table of a design in parts of at most `max_width` units, with the notes below the last.

    All parts but the first leave out rows that would be empty.
    """
    names = (state.project.title, design_title(design) if rows else "")
    title = _SEPARATOR.join(dict.fromkeys(name for name in names if name))
    if title_width(title) > max_width:
        title = names[1]
    remaining = paper_table_columns(rows) if rows else ()
    first = remaining[:1]
    while len(remaining) > 1:
        count = len(remaining)
        while (
            sheet := _make_sheet(title, design, rows, remaining[:count], max_width)
        ).table_width > max_width and count > 2:
            count -= 1
            while count > 2 and remaining[count].figure and remaining[count].figure == remaining[count - 1].figure:
                count -= 1  # columns of a figure stay together
        last = count == len(remaining)
        if not (last and title):
            visible_rows = tuple(row for row in rows if title or any(column.text(row) for column in remaining[1:count]))
            sheet = _stretch_sheet(replace(sheet, rows=visible_rows))
        yield _add_notes(sheet, notes, foot_size) if last else sheet
        remaining, title = (*first, *remaining[count:]), ""
    if not first:
        yield _add_notes(_make_sheet(title, design, rows, remaining, max_width), notes, foot_size)


def _make_sheet(
    title: str, design: str, rows: tuple[PaperRow, ...], columns: tuple[PaperColumn, ...], max_width: float
) -> GooglenetSheet:
    """Make a table of some columns of a design."""
    texts = ((*column.head, *(column.text(row) for row in rows)) for column in columns)
    widths = [
        min(max(text_width(text, bold=True) for text in column), inf if paper_column.is_number else _WIDEST)
        for paper_column, column in zip(columns, texts, strict=True)
    ]
    gaps = [_GROUP_GAP if after.figure and not before.figure else _GAP for before, after in pairwise(columns)]
    table_columns = [
        Column(tuple(filter(None, column.head)), width, column.is_number, column.figure)
        for column, width in zip(columns, widths, strict=True)
    ]
    return GooglenetSheet(title, design, columns, rows, side_by_side(table_columns, gaps), (), max_width)


def _stretch_sheet(sheet: GooglenetSheet) -> GooglenetSheet:
    """Widen the gaps so that the table has its greatest width."""
    extra_gap = max(0.0, sheet.max_width - sheet.table_width) / max(len(sheet.table_columns) - 1, 1)
    columns = tuple(
        replace(column, left=column.left + index * extra_gap) for index, column in enumerate(sheet.table_columns)
    )
    return replace(sheet, table_columns=columns)


def _add_notes(sheet: GooglenetSheet, notes: Sequence[str], size: float) -> GooglenetSheet:
    """Add notes of that size below, in lines as wide as the sheet."""
    lines = tuple(line for text in notes for line in _wrap_note(text, sheet.width, size))
    return replace(sheet, notes=lines, foot_size=size)


def _wrap_note(text: str, width: float, size: float = _FOOT_SIZE) -> Iterator[str]:
    """Break a note into lines of at most `width` units."""
    line = ""
    for word in text.split():
        longer = f"{line} {word}".lstrip()
        if line and text_width(longer, size) > width:
            yield line
            longer = word
        line = longer
    yield line


def fit_googlenet_sheet(sheet: GooglenetSheet, rect: QRectF) -> tuple[float, int]:
    """Pixels per unit, and the number of rows left out before the totals if not all fit at the smallest unit."""
    across = min(rect.width() / (sheet.width + 2 * MARGIN), LARGEST)
    unit = min(across, max(rect.height() / sheet.height, SMALLEST))  # columns are never left out
    if rect.height() / sheet.height >= unit or not sheet.rows:
        return unit, 0
    # The line that counts them replaces a row.
    missing = ceil((sheet.height - rect.height() / unit) / _SPACING.row) + 1
    return unit, min(missing, len(sheet.rows) - 1) if missing > 1 else 0


def googlenet_table_size(state: ViewState) -> tuple[int, int]:
    """Width and height in pixels of a figure that the tables fill at their natural text size."""
    sheets = make_googlenet_sheets(state)
    width, height = max(sheet.width for sheet in sheets), sum(sheet.height for sheet in sheets)
    return natural_size(width + 2 * MARGIN, height)


def _rows(sheet: GooglenetSheet, left_out: int, theme: Theme) -> Iterator[Row]:
    """The rows in the colours of a theme; a line counts those left out before the totals."""
    rows, totals = ([row for row in sheet.rows if row.is_total == total] for total in (False, True))
    yield from (_cells(sheet, row, theme) for row in rows[: len(rows) - left_out])
    if left_out:
        yield Remark(f"and {left_out} more rows", theme.muted)
    yield from (_cells(sheet, row, theme) for row in totals)


def _cells(sheet: GooglenetSheet, row: PaperRow, theme: Theme) -> Cells:
    cells = tuple(Cell(column.text(row), *cell_colour(column, row, theme)) for column in sheet.columns)
    return Cells(cells, row.is_total)


def cell_colour(column: PaperColumn, row: PaperRow, theme: Theme) -> tuple[str, bool]:
    """Colour of a cell and whether it is bold: only differences beyond rounding stand out."""
    if row.problem:
        return theme.error, False
    if column.id.endswith("_difference"):
        agrees = (row.params if column.figure == "params" else row.ops).agrees
        return (theme.muted, False) if agrees else (theme.warning, True)
    return (theme.muted, False) if column.id.endswith("_published") else (theme.text, row.is_total)
