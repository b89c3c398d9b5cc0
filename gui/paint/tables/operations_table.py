"""The table of operations as a figure: ruled as in print, totals bold, the ratio below."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from math import ceil, log
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace
from PySide6.QtCore import QLineF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from engine.reports.tables import Column, Row, columns, comparisons, shown_metrics, title
from engine.text.problems import STEM
from gui.paint.basics.columns import pour
from gui.paint.basics.words import LEFT, NO_DESIGN, RIGHT, draw_text, text_width
from gui.state.view_state import ViewState
from gui.theme import Theme

# Sizes in units; a unit is the pixel size of a row's text.
MARGIN, TITLE, HEAD, LINE, SAID = 1.0, 2.4, 1.8, 1.55, 1.7
COLUMN_GAP, BLOCK_GAP = 1.4, 2.6
NOTHING = f"No design yet. {NO_DESIGN}"
WIDEST = 24.0
"""A column of longer texts shortens them; every kind of layer says its settings in less."""
LARGEST, SMALLEST, NATURAL = 30, 6, 16
NATURAL_SHAPE = 1.4
"""Width by height that a figure of its own size comes near."""
MOST_BLOCKS = 4


class Line(Struct, frozen=True):
    """A line of the table, across all its columns or a cell in each."""

    kind: Literal["heading", "node", "problem", "more", "total"]
    design: str
    text: str = ""
    cells: tuple[str, ...] = ()


class Sheet(Struct, frozen=True):
    """What the figure says, and how wide each column is in units."""

    title: str
    columns: tuple[Column, ...]
    widths: tuple[float, ...]
    groups: tuple[tuple[Line, ...], ...]
    said: tuple[str, ...]

    @property
    def width(self) -> float:
        return sum(self.widths) + COLUMN_GAP * (len(self.widths) - 1)


def paint(painter: QPainter, rect: QRectF, state: ViewState, theme: Theme) -> None:
    """Draw the table of all designs as large as it fits into `rect`, in several blocks where that is larger."""
    sheet = sheet_of(state)
    unit, blocks = arrange(sheet, rect)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(rect, QColor(theme.base))
    x, y = rect.left() + MARGIN * unit, rect.top() + MARGIN * unit
    width = rect.width() - 2 * MARGIN * unit
    if sheet.title:
        draw_text(painter, QRectF(x, y, width, TITLE * unit), sheet.title, 1.4 * unit, theme.text, bold=True)
        y += TITLE * unit
    bottom = y
    for index, block in enumerate(blocks):
        left = x + index * (sheet.width + BLOCK_GAP) * unit
        # The last block's mistakes may run on to the margin.
        end = x + width if index == len(blocks) - 1 else left + sheet.width * unit
        bottom = max(bottom, _paint_block(painter, QRectF(left, y, end - left, 0), unit, sheet, block, state, theme))
    for index, said in enumerate(sheet.said):
        place = QRectF(x, bottom + (0.4 + SAID * index) * unit, width, SAID * unit)
        draw_text(painter, place, said, 1.1 * unit, theme.text, bold=True)
    painter.restore()


def sheet_of(state: ViewState) -> Sheet:
    """The lines of the table, the stem's first, and every further design against the first."""
    all_rows = state.rows
    metrics = shown_metrics(state.look.metric)
    _, *shown = columns(metrics, state.look.convention)
    groups = tuple(tuple(_lines(list(group), shown)) for _, group in groupby(all_rows, lambda row: row.design))
    cells = [(column.title for column in shown), *(line.cells for group in groups for line in group if line.cells)]
    widths = tuple(
        max(text_width(heading), min(max((text_width(cell, bold=True) for cell in texts), default=0), WIDEST))
        for heading, *texts in zip(*cells, strict=True)
    )
    said = tuple(line for metric in metrics for line in comparisons(all_rows, metric))
    return Sheet(state.project.title, tuple(shown), widths, groups, said if groups else (NOTHING,))


def _lines(group: Sequence[Row], shown: Sequence[Column]) -> Iterator[Line]:
    design = group[0].design
    yield Line("heading", design, title(design))
    for row in group:
        yield Line("total" if row.is_total else "node", design, cells=tuple(column.text(row) for column in shown))
        if row.problem:
            yield Line("problem", design, f"{row.node}: {row.problem}")


def arrange(sheet: Sheet, rect: QRectF) -> tuple[int, tuple[tuple[Line, ...], ...]]:
    """The largest unit and the blocks that fit; where not even the smallest does, layers are left out and counted."""
    for unit in range(LARGEST, SMALLEST - 1, -1):
        for count in _block_counts(sheet, rect, unit):
            blocks = pour(sheet.groups, count, _continued)
            if max(map(len, blocks), default=0) <= _room(sheet, rect, unit):
                return unit, blocks
    count, room = _block_counts(sheet, rect, SMALLEST)[-1], _room(sheet, rect, SMALLEST)
    for most in range(max(map(len, sheet.groups), default=0), -1, -1):
        blocks = pour([tuple(_shortened(group, most)) for group in sheet.groups], count, _continued)
        if max(map(len, blocks), default=0) <= room:
            break
    return SMALLEST, blocks


def natural_size(state: ViewState) -> tuple[int, int]:
    """Width and height in pixels of a figure that the table fills, its text NATURAL pixels high."""
    sheet = sheet_of(state)
    sizes = [_extent(sheet, count) for count in range(1, MOST_BLOCKS + 1)]
    width, height = min(sizes, key=lambda size: abs(log(size[0] / size[1] / NATURAL_SHAPE)))
    return ceil(width * NATURAL), ceil(height * NATURAL)


def _extent(sheet: Sheet, count: int) -> tuple[float, float]:
    """Units that the table takes in so many blocks."""
    blocks = pour(sheet.groups, count, _continued)
    texts = [text_width(sheet.title, 1.4, bold=True), *(text_width(said, 1.1, bold=True) for said in sheet.said)]
    texts += [1 + text_width(f"! {line.text}") for block in blocks for line in block if line.kind == "problem"]
    blocks_width = len(blocks) * sheet.width + max(len(blocks) - 1, 0) * BLOCK_GAP
    lines = max(map(len, blocks), default=0)
    return 2 * MARGIN + max(blocks_width, *texts), _around(sheet) + LINE * lines + 0.1


def _around(sheet: Sheet) -> float:
    """Units above and below the lines of a block."""
    return 2 * MARGIN + (TITLE if sheet.title else 0) + HEAD + 0.4 + SAID * len(sheet.said)


def _block_counts(sheet: Sheet, rect: QRectF, unit: float) -> range:
    """How many blocks fit side by side; one in any case, but no larger than the rectangle while there is a choice."""
    room = int((rect.width() / unit - 2 * MARGIN + BLOCK_GAP) // (sheet.width + BLOCK_GAP))
    if room == 0 and unit > SMALLEST:
        return range(0)
    return range(1, min(max(room, 1), MOST_BLOCKS) + 1)


def _room(sheet: Sheet, rect: QRectF, unit: float) -> int:
    """Lines that a block has room for."""
    return int((rect.height() / unit - _around(sheet)) // LINE)


def _continued(heading: Line) -> Line:
    return replace(heading, text=f"{heading.text}, continued")


def _shortened(group: Sequence[Line], most: int) -> Iterator[Line]:
    """A group with its first `most` layers, every mistake, a line that counts the others, and its totals."""
    heading, *lines, total = group
    kept = [line for index, line in enumerate(lines) if index < most or line.kind == "problem"]
    yield heading
    yield from kept
    if len(kept) < len(lines):
        yield Line("more", heading.design, f"and {len(lines) - len(kept)} more layers")
    yield total


def _paint_block(
    painter: QPainter, place: QRectF, unit: float, sheet: Sheet, block: Sequence[Line], state: ViewState, theme: Theme
) -> float:
    """Draw a block with its head and rules from the top of `place` on; returns where it ends."""
    left, top, width = place.left(), place.top(), sheet.width * unit
    head = QRectF(left, top, width, HEAD * unit)
    _rule(painter, head.left(), head.top(), width, 0.12 * unit, theme.text)
    _paint_cells(painter, head, unit, sheet, [column.title for column in sheet.columns], theme.muted)
    _rule(painter, head.left(), head.bottom(), width, 0.07 * unit, theme.text)
    y = head.bottom()
    for line in block:
        row = QRectF(left, y, width, LINE * unit)
        if line.kind == "heading":
            _paint_heading(painter, row, unit, line, state, theme)
        elif line.kind == "total":
            _rule(painter, left, y, width, 0.05 * unit, theme.muted)
            _paint_cells(painter, row, unit, sheet, line.cells, theme.text, bold=True)
        elif line.kind == "node":
            _paint_cells(painter, row, unit, sheet, line.cells, theme.text)
        else:
            colour = theme.error if line.kind == "problem" else theme.muted
            sign = "! " if line.kind == "problem" else ""
            row.setRight(max(place.right(), row.right()))
            draw_text(painter, row.adjusted(unit, 0, 0, 0), sign + line.text, unit, colour)
        y = row.bottom()
    _rule(painter, left, y, width, 0.12 * unit, theme.text)
    return y


def _paint_heading(painter: QPainter, row: QRectF, unit: float, line: Line, state: ViewState, theme: Theme) -> None:
    colour = theme.muted if line.design == STEM else theme.design(state.design_index(line.design))
    painter.fillRect(QRectF(row.left(), row.top() + 0.35 * unit, 0.3 * unit, row.height() - 0.7 * unit), QColor(colour))
    draw_text(painter, row.adjusted(0.7 * unit, 0, 0, 0), line.text, 1.05 * unit, colour, bold=True)


def _paint_cells(
    painter: QPainter,
    row: QRectF,
    unit: float,
    sheet: Sheet,
    cells: Sequence[str],
    colour: str,
    *,
    bold: bool = False,
) -> None:
    x = row.left()
    for column, width, cell in zip(sheet.columns, sheet.widths, cells, strict=True):
        place = QRectF(x, row.top(), width * unit, row.height())
        draw_text(painter, place, cell, unit, colour, RIGHT if column.is_number else LEFT, bold=bold)
        x += (width + COLUMN_GAP) * unit


def _rule(painter: QPainter, left: float, y: float, width: float, thickness: float, colour: str) -> None:
    painter.setPen(QPen(QColor(colour), max(thickness, 0.6)))
    painter.drawLine(QLineF(left, y, left + width, y))
