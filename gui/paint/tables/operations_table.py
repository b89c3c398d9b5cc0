"""Lays out and draws the table of operations: layers, bold totals, and comparisons of the designs below."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from math import inf, log
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter

from engine.network.node_ref import STEM
from engine.reports.tables import TableColumn, TableRow, comparisons, design_title, operations_columns, visible_metrics
from gui.paint.basics.column_layout import fill_columns, largest_fitting
from gui.paint.basics.text_drawing import ADD_DESIGN_HINT, text_width
from gui.paint.tables.ruled_table import (
    LARGEST,
    MARGIN,
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
    draw_notes,
    draw_table,
    draw_title,
    narrow_columns,
    natural_size,
    side_by_side,
    table_width,
    title_width,
)
from gui.state.view_state import ViewState
from gui.theme import Theme

_SPACING = Spacing(head=1.8, row=1.55, note_gap=0.4, note=1.7)
_BLOCK_GAP = 2.6
_COLUMN_GAP, _INDENT, _NOTE_SIZE = 1.4, 1.0, 1.1
NO_DESIGN_HINT = f"No designs yet. {ADD_DESIGN_HINT}"
_WIDEST = 24.0
"""Greatest width of a column; the settings of every kind of layer need less, longer texts are shortened."""
_NATURAL_SHAPE = 1.4
"""Ratio of width to height at which a figure of natural size aims."""
_MOST_BLOCKS = 4


class TableLine(Struct, frozen=True):
    """A line of the table: a text across all columns, or a cell in each."""

    kind: Literal["heading", "node", "problem", "more", "total"]
    design: str
    text: str = ""
    cells: tuple[str, ...] = ()


class OperationsSheet(Struct, frozen=True):
    """The texts and columns of the table."""

    title: str
    columns: tuple[Column, ...]
    groups: tuple[tuple[TableLine, ...], ...]
    comparison_lines: tuple[str, ...]

    @property
    def width(self) -> float:
        return table_width(self.columns)


def paint_operations_table(painter: QPainter, rect: QRectF, state: ViewState, theme: Theme) -> None:
    """Draw the table of all designs as large as fits into `rect`, in several blocks if that makes it larger."""
    sheet = make_operations_sheet(state)
    sheet = replace(sheet, columns=narrow_columns(sheet.columns, rect.width() / SMALLEST - 2 * MARGIN))
    unit, blocks = fit_operations_sheet(sheet, rect)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(rect, QColor(theme.base))
    x, y = rect.left() + MARGIN * unit, rect.top() + MARGIN * unit
    width = rect.width() - 2 * MARGIN * unit
    if sheet.title:
        draw_title(painter, QRectF(x, y, width, TITLE * unit), sheet.title, unit, theme)
        y += TITLE * unit
    bottom = y
    for index, block in enumerate(blocks):
        left = x + index * (sheet.width + _BLOCK_GAP) * unit
        # Problems in the last block may extend to the margin.
        end = x + width if index == len(blocks) - 1 else left + sheet.width * unit
        table = Table(sheet.columns, tuple(_row(line, state, theme) for line in block), _SPACING)
        bottom = max(bottom, draw_table(painter, QRectF(left, y, end - left, 0), unit, table, theme))
    below = QRectF(x, bottom, width, 0)
    draw_notes(painter, below, unit, sheet.comparison_lines, _SPACING, theme.text, size=_NOTE_SIZE, bold=True)
    painter.restore()


def make_operations_sheet(state: ViewState) -> OperationsSheet:
    """Collect the lines of the table, those of the stem first, and compare each further design with the first."""
    all_rows = state.cost_rows
    metrics = visible_metrics(state.look.metric)
    _, *columns = operations_columns(metrics, state.look.convention)
    groups = tuple(tuple(_group_lines(list(group), columns)) for _, group in groupby(all_rows, lambda row: row.design))
    cells = [(column.title for column in columns), *(line.cells for group in groups for line in group if line.cells)]
    widths = [
        max(
            text_width(heading),
            min(max((text_width(cell, bold=True) for cell in texts), default=0), inf if column.is_number else _WIDEST),
        )
        for column, (heading, *texts) in zip(columns, zip(*cells, strict=True), strict=True)
    ]
    heads = [Column((column.title,), width, column.is_number) for column, width in zip(columns, widths, strict=True)]
    table_columns = side_by_side(heads, [_COLUMN_GAP] * len(heads))
    comparison_lines = tuple(line for metric in metrics for line in comparisons(all_rows, metric))
    return OperationsSheet(
        state.project.title, table_columns, groups, comparison_lines if groups else (NO_DESIGN_HINT,)
    )


def _group_lines(group: Sequence[TableRow], columns: Sequence[TableColumn]) -> Iterator[TableLine]:
    design = group[0].design
    yield TableLine("heading", design, design_title(design))
    for row in group:
        yield TableLine(
            "total" if row.is_total else "node", design, cells=tuple(column.text(row) for column in columns)
        )
        if row.problem:
            yield TableLine("problem", design, f"{row.node}: {row.problem}")


def fit_operations_sheet(sheet: OperationsSheet, rect: QRectF) -> tuple[float, tuple[tuple[TableLine, ...], ...]]:
    """The largest unit and its blocks that fit; if the smallest unit is too large, layers are left out and counted.

    Columns are never left out: for them, the unit gets even smaller.
    """
    for unit in range(LARGEST, SMALLEST - 1, -1):
        for count in _block_counts(sheet, rect, unit):
            blocks = fill_columns(sheet.groups, count, _repeat_heading)
            if max(map(len, blocks), default=0) <= _line_capacity(sheet, rect, unit):
                return unit, blocks
    count, capacity = _block_counts(sheet, rect, SMALLEST)[-1], _line_capacity(sheet, rect, SMALLEST)

    def blocks_of(max_count: int) -> tuple[tuple[TableLine, ...], ...]:
        groups = [tuple(_shorten_group(group, max_count)) for group in sheet.groups]
        return fill_columns(groups, count, _repeat_heading)

    max_count = largest_fitting(
        max(map(len, sheet.groups), default=0), lambda number: max(map(len, blocks_of(number)), default=0) <= capacity
    )
    return min(SMALLEST, rect.width() / (sheet.width + 2 * MARGIN)), blocks_of(max_count)


def operations_table_size(state: ViewState) -> tuple[int, int]:
    """Width and height in pixels of a figure that the table fills at its natural text size."""
    sheet = make_operations_sheet(state)
    sizes = [_blocks_extent(sheet, count) for count in range(1, _MOST_BLOCKS + 1)]
    width, height = min(sizes, key=lambda size: abs(log(size[0] / size[1] / _NATURAL_SHAPE)))
    return natural_size(width, height)


def _blocks_extent(sheet: OperationsSheet, count: int) -> tuple[float, float]:
    """Width and height of the table in `count` blocks, in units."""
    blocks = fill_columns(sheet.groups, count, _repeat_heading)
    texts = [
        title_width(sheet.title),
        *(text_width(line_text, _NOTE_SIZE, bold=True) for line_text in sheet.comparison_lines),
    ]
    texts += [1 + text_width(f"! {line.text}") for block in blocks for line in block if line.kind == "problem"]
    blocks_width = len(blocks) * sheet.width + max(len(blocks) - 1, 0) * _BLOCK_GAP
    lines = max(map(len, blocks), default=0)
    return 2 * MARGIN + max(blocks_width, *texts), _block_frame_height(sheet) + _SPACING.row * lines + 0.1


def _block_frame_height(sheet: OperationsSheet) -> float:
    """Units above and below the lines of a block."""
    return _SPACING.height(titled=bool(sheet.title), head_lines=1, rows=0, notes=len(sheet.comparison_lines))


def _block_counts(sheet: OperationsSheet, rect: QRectF, unit: float) -> range:
    """Possible numbers of blocks side by side: none if one is too wide, but at least one at the smallest unit."""
    max_count = int((rect.width() / unit - 2 * MARGIN + _BLOCK_GAP) // (sheet.width + _BLOCK_GAP))
    if max_count == 0 and unit > SMALLEST:
        return range(0)
    return range(1, min(max(max_count, 1), _MOST_BLOCKS) + 1)


def _line_capacity(sheet: OperationsSheet, rect: QRectF, unit: float) -> int:
    """Number of lines that fit in a block."""
    return int((rect.height() / unit - _block_frame_height(sheet)) // _SPACING.row)


def _repeat_heading(heading: TableLine) -> TableLine:
    return replace(heading, text=f"{heading.text}, continued")


def _shorten_group(group: Sequence[TableLine], max_count: int) -> Iterator[TableLine]:
    """A group with its first `max_count` lines, every problem, a line that counts the others, and its total."""
    heading, *lines, total = group
    first = [line for index, line in enumerate(lines) if index < max_count or line.kind == "problem"]
    yield heading
    yield from first
    if len(first) < len(lines):
        yield TableLine("more", heading.design, f"and {len(lines) - len(first)} more layers")
    yield total


def _row(line: TableLine, state: ViewState, theme: Theme) -> Row:
    """A row in the colours of a theme."""
    if line.kind == "heading":
        stem = line.design == STEM
        return Heading(line.text, theme.muted if stem else theme.design(state.colour_index(line.design)))
    if line.kind == "problem":
        return Remark(f"! {line.text}", theme.error, _INDENT)
    if line.kind == "more":
        return Remark(line.text, theme.muted, _INDENT)
    total = line.kind == "total"
    return Cells(tuple(Cell(text, theme.text, total) for text in line.cells), total)
