"""The picture of what differs for files: a table of the differences with their costs, and errors along the network."""

from msgspec import Struct
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter

from engine.reports.difference_formats import cost_heading, nothing_text, signed_text
from engine.reports.differences import DesignDifferences, describe_seeds, difference_text
from engine.reports.tables import one_line
from gui.paint.basics.text_drawing import draw_wrapped_text, text_width
from gui.paint.differences.chart_drawing import paint_errors
from gui.paint.differences.chart_layout import lay_out_errors
from gui.paint.differences.content import (
    COMPARE_HINT,
    DifferencesContent,
    build_differences,
    compute_errors,
    selected_layer,
)
from gui.paint.tables.ruled_table import (
    LARGEST,
    MARGIN,
    NATURAL,
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
    narrow_columns,
    natural_size,
    side_by_side,
    table_width,
    title_width,
)
from gui.state.view_state import ViewState
from gui.theme import Theme

_SPACING = Spacing(head=1.8, row=1.55, note_gap=0.4, note=1.7)
_COLUMN_GAP = 1.4
_WIDEST = 30.0, 60.0
"""Greatest widths of the names and of the differences; longer texts are shortened."""
_CHART = 15.0
"""Height of the chart in units."""
_LEAST_CHART = 9.0
_NARROWEST = 48.0


class _Sheet(Struct, frozen=True):
    """The texts of the table."""

    title: str
    columns: tuple[Column, ...]
    lines: tuple[tuple[str, ...], ...]
    total: tuple[str, ...]
    nothing: str
    """What is said where there are no lines."""
    notes: tuple[str, ...]

    @property
    def width(self) -> float:
        return max(table_width(self.columns), title_width(self.title), _NARROWEST) + 2 * MARGIN

    def height(self, count: int) -> float:
        """Units of the table with so many lines, and its notes."""
        rows = count + 1 + (count < len(self.lines))
        return _SPACING.height(titled=True, head_lines=1, rows=rows, notes=len(self.notes))


def differences_size(state: ViewState) -> tuple[int, int]:
    """Width and height in pixels of a figure that the differences fill at their natural text size."""
    for _ in compute_errors(state):  # of which it depends what is listed
        pass
    content = build_differences(state)
    if content.differences is None:
        return natural_size(_NARROWEST, _CHART)
    sheet = _make_sheet(content, content.differences)
    return natural_size(sheet.width, sheet.height(len(sheet.lines)) + _CHART + 0.1)


def paint_differences(painter: QPainter, rect: QRectF, state: ViewState, theme: Theme) -> None:
    """Draw the table as large as it fits, and below it the errors; differences without space are counted."""
    for _ in compute_errors(state):
        pass
    content = build_differences(state)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(rect, QColor(theme.base))
    if content.differences is None:
        inner = rect.adjusted(NATURAL, NATURAL, -NATURAL, -NATURAL)
        draw_wrapped_text(painter, inner, COMPARE_HINT, NATURAL, theme.text)
    else:
        _paint(painter, rect, content, content.differences, state, theme)
    painter.restore()


def paint_error_chart(painter: QPainter, rect: QRectF, state: ViewState, theme: Theme) -> None:
    """Draw the errors alone, without the table, as large as fits."""
    for _ in compute_errors(state):
        pass
    content = build_differences(state)
    painter.fillRect(rect, QColor(theme.base))
    chart = lay_out_errors(content, rect, NATURAL)
    if chart is not None:
        paint_errors(painter, chart, content, selected_layer(content, state), theme)


def _paint(
    painter: QPainter,
    rect: QRectF,
    content: DifferencesContent,
    differences: DesignDifferences,
    state: ViewState,
    theme: Theme,
) -> None:
    sheet = _make_sheet(content, differences)
    unit, count = _fit(sheet, rect)
    x, y, width = rect.left() + MARGIN * unit, rect.top() + MARGIN * unit, rect.width() - 2 * MARGIN * unit
    draw_title(painter, QRectF(x, y, width, TITLE * unit), sheet.title, unit, theme)
    y += TITLE * unit
    columns = narrow_columns(sheet.columns, width / unit)
    table = Table(columns, _rows(sheet, count, theme), _SPACING)
    bottom = draw_table(painter, QRectF(x, y, width, 0), unit, table, theme)
    draw_notes(painter, QRectF(x, bottom, width, 0), unit, sheet.notes, _SPACING, theme.muted, size=1.0)
    top = rect.top() + sheet.height(count) * unit
    chart_rect = QRectF(x, top, width, rect.bottom() - top - 0.5 * MARGIN * unit)
    chart = lay_out_errors(content, chart_rect, unit)
    if chart is not None:
        paint_errors(painter, chart, content, selected_layer(content, state), theme)


def _make_sheet(content: DifferencesContent, differences: DesignDifferences) -> _Sheet:
    heads = ["Layer", "Difference", *map(cost_heading, differences.metrics)]
    numbers = range(len(differences.metrics))
    lines = tuple(
        (
            one_line(row.layer.name),
            one_line(difference_text(row.layer, differences)),
            *(signed_text(row.layer.cost(number)) for number in numbers),
        )
        for row in content.differing
    )
    total = ("total", "", *(signed_text(differences.total_cost(number)) for number in numbers))
    columns = []
    for index, (head, texts) in enumerate(zip(heads, zip(*lines, total, strict=True), strict=True)):
        widest = max(text_width(head), *(text_width(text, bold=True) for text in texts))
        columns.append(Column((head,), min([widest, *_WIDEST[index : index + 1]]), index > 1))
    seeds = describe_seeds(differences)
    title = f"{one_line(differences.first)} → {one_line(differences.second)}"
    side = side_by_side(columns, [_COLUMN_GAP] * len(columns))
    return _Sheet(title, side, lines, total, nothing_text(differences), (seeds,) if seeds else ())


def _fit(sheet: _Sheet, rect: QRectF) -> tuple[float, int]:
    """The largest unit at which the table and a chart fit; else the smallest, and the number of lines that fit."""
    for unit in range(min(LARGEST, NATURAL + 6), SMALLEST - 1, -1):
        height = (sheet.height(len(sheet.lines)) + _LEAST_CHART) * unit
        if sheet.width * unit <= rect.width() and height <= rect.height():
            return unit, len(sheet.lines)
    space = rect.height() / SMALLEST - _LEAST_CHART
    fitting = (count for count in range(len(sheet.lines), 0, -1) if sheet.height(count) <= space)
    return SMALLEST, next(fitting, 0)


def _rows(sheet: _Sheet, count: int, theme: Theme) -> tuple[Row, ...]:
    rows: list[Row] = [Cells(tuple(Cell(text, theme.text) for text in line)) for line in sheet.lines[:count]]
    if not sheet.lines:
        rows.append(Remark(sheet.nothing, theme.muted))
    if count < len(sheet.lines):
        rows.append(Remark(f"and {len(sheet.lines) - count} more differences", theme.muted))
    return (*rows, Cells(tuple(Cell(text, theme.text, True) for text in sheet.total), is_total=True))
