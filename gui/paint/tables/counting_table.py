"""Lays out and draws the counting rules: per design, what each rule counts, and what the rule in use leaves out."""

from msgspec import Struct
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter

from engine.network.node_ref import STEM
from engine.reports.counting_table import (
    LEFT_OUT,
    TITLE_COLUMN,
    TOTAL_COLUMN,
    CountingTable,
    counting_table,
    describe_tally,
)
from engine.reports.tables import design_title
from gui.paint.basics.text_drawing import ADD_DESIGN_HINT, draw_wrapped_text, text_width, wrapped_text_height
from gui.paint.tables.ruled_table import (
    LARGEST,
    MARGIN,
    NATURAL,
    SMALLEST,
    TITLE,
    Cell,
    Cells,
    Column,
    Heading,
    Remark,
    Row,
    Spacing,
    Table,
    draw_table,
    draw_title,
    natural_size,
    side_by_side,
    table_width,
    title_width,
)
from gui.state.view_state import ViewState
from gui.theme import Theme

_SPACING = Spacing(head=1.4, row=1.55, note_gap=0.5, note=1.5)
_COLUMN_GAP, _NOTE_SIZE, _NOTE_GAP = 1.4, 0.95, 0.4
_HEAD_LINES = 2
_LEAST_WIDTH = 40.0
"""Least width of a figure of natural size, for its notes."""
_NO_DESIGN_HINT = f"No designs yet. {ADD_DESIGN_HINT}"


class CountingSheet(Struct, frozen=True):
    """The texts and columns of the table; every design has the columns of all."""

    title: str
    columns: tuple[Column, ...]
    designs: tuple[str, ...]
    tables: tuple[CountingTable, ...]
    """By design."""
    term_ids: tuple[str, ...]
    """Terms of the columns after the first two."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Per design, what the rule in use counts and leaves out."""
        return tuple(
            describe_tally(design_title(design), table.tallies[table.current_row])
            for design, table in zip(self.designs, self.tables, strict=True)
        ) or (_NO_DESIGN_HINT,)

    def cells(self, table: CountingTable, row: int) -> tuple[str, ...]:
        """The texts of a row: a design without a term leaves it out."""
        own = {term.id: 2 + index for index, term in enumerate(table.terms)}
        texts = (table.text(row, own[term_id]) if term_id in own else LEFT_OUT for term_id in self.term_ids)
        return table.text(row, TITLE_COLUMN), table.text(row, TOTAL_COLUMN), *texts


def make_counting_sheet(state: ViewState) -> CountingSheet:
    """Count every design by every rule; the stem only if there is no design."""
    analyses = state.check.analyses
    designs = tuple(name for name in analyses if name != STEM) or tuple(analyses)
    tables = tuple(counting_table(analyses[design].reports, state.look.convention) for design in designs)
    titles = {term.id: term.title for table in tables for term in table.terms}
    sheet = CountingSheet(state.project.title, (), designs, tables, tuple(titles))
    rows = [sheet.cells(table, row) for table in tables for row in range(len(table.conventions))]
    heads = [("Counted",), ("Total",), *map(_two_lines, titles.values())] if tables else []
    columns = [
        Column(head, max(text_width(text, bold=True) for text in (*head, *texts)), index != TITLE_COLUMN)
        for index, (head, texts) in enumerate(zip(heads, zip(*rows, strict=True), strict=True))
    ]
    return CountingSheet(
        sheet.title, side_by_side(columns, [_COLUMN_GAP] * len(columns)), designs, tables, sheet.term_ids
    )


def _two_lines(title: str) -> tuple[str, ...]:
    """A title of several words in two lines of similar length."""
    words = title.split()
    breaks = [(" ".join(words[:index]), " ".join(words[index:])) for index in range(1, len(words))]
    return min(breaks, key=lambda lines: max(map(len, lines)), default=(title,))


def counting_table_size(state: ViewState) -> tuple[int, int]:
    """Width and height in pixels of a figure that the table fills at its natural text size."""
    sheet = make_counting_sheet(state)
    width = max(table_width(sheet.columns), title_width(sheet.title), _LEAST_WIDTH) + 2 * MARGIN
    return natural_size(width, _height(sheet, width * NATURAL, NATURAL, len(sheet.designs)))


def paint_counting_table(painter: QPainter, rect: QRectF, state: ViewState, theme: Theme) -> None:
    """Draw the rules of all designs as large as they fit; designs for which there is no space are counted."""
    sheet = make_counting_sheet(state)
    unit, count = _fit(sheet, rect)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(rect, QColor(theme.base))
    x, y = rect.left() + MARGIN * unit, rect.top() + MARGIN * unit
    width = rect.width() - 2 * MARGIN * unit
    if sheet.title:
        draw_title(painter, QRectF(x, y, width, TITLE * unit), sheet.title, unit, theme)
        y += TITLE * unit
    if sheet.columns:
        table = Table(sheet.columns, _rows(sheet, count, state, theme), _SPACING)
        y = draw_table(painter, QRectF(x, y, width, 0), unit, table, theme)
    y += _SPACING.note_gap * unit
    for note in sheet.notes[: max(count, 1)]:
        height = wrapped_text_height(note, width, _NOTE_SIZE * unit)
        draw_wrapped_text(painter, QRectF(x, y, width, height), note, _NOTE_SIZE * unit, theme.text)
        y += height + _NOTE_GAP * unit
    painter.restore()


def _rows(sheet: CountingSheet, count: int, state: ViewState, theme: Theme) -> tuple[Row, ...]:
    """The rows of the first `count` designs; the rule in use is bold."""
    rows: list[Row] = []
    for design, table in tuple(zip(sheet.designs, sheet.tables, strict=True))[:count]:
        colour = theme.muted if design == STEM else theme.design(state.colour_index(design))
        rows.append(Heading(design_title(design), colour))
        for row in range(len(table.conventions)):
            texts = sheet.cells(table, row)
            rows.append(
                Cells(
                    tuple(
                        Cell(
                            text,
                            theme.muted if text == LEFT_OUT else theme.text,
                            row == table.current_row or column == TOTAL_COLUMN,
                        )
                        for column, text in enumerate(texts)
                    )
                )
            )
    if count < len(sheet.designs):
        rows.append(Remark(f"and {len(sheet.designs) - count} more designs", theme.muted))
    return tuple(rows)


def _fit(sheet: CountingSheet, rect: QRectF) -> tuple[float, int]:
    """The largest unit at which everything fits; else the smallest, and the number of designs that fit then."""
    for unit in range(LARGEST, SMALLEST - 1, -1):
        fits_in_width = table_width(sheet.columns) + 2 * MARGIN <= rect.width() / unit
        if fits_in_width and _height(sheet, rect.width(), unit, len(sheet.designs)) * unit <= rect.height():
            return unit, len(sheet.designs)
    smallest = min(SMALLEST, rect.width() / (table_width(sheet.columns) + 2 * MARGIN))
    counts = range(len(sheet.designs), 1, -1)
    fitting = (count for count in counts if _height(sheet, rect.width(), smallest, count) * smallest <= rect.height())
    return smallest, next(fitting, min(1, len(sheet.designs)))


def _height(sheet: CountingSheet, width: float, unit: float, count: int) -> float:
    """Units that the first `count` designs need in this width in pixels."""
    lines = sum(1 + len(table.conventions) for table in sheet.tables[:count]) + (count < len(sheet.designs))
    inner = width - 2 * MARGIN * unit
    notes = sum(
        wrapped_text_height(note, inner, _NOTE_SIZE * unit) / unit + _NOTE_GAP for note in sheet.notes[: max(count, 1)]
    )
    return (
        _SPACING.height(titled=bool(sheet.title), head_lines=_HEAD_LINES if lines else 0, rows=lines, notes=0)
        + notes
        + 0.1
    )
