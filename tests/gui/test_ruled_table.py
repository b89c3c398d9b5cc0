"""The painter of ruled tables: positions of columns, and the texts of heads, rows and notes."""

import pytest
from PySide6.QtCore import QRectF

from gui.paint.tables.ruled_table import (
    MARGIN,
    TITLE,
    Cell,
    Cells,
    Column,
    Heading,
    Remark,
    Spacing,
    Table,
    draw_notes,
    draw_table,
    head_lines,
    side_by_side,
    table_width,
)
from tests.golden.projects import start
from tests.gui.view_harness import state_of, svg

pytestmark = pytest.mark.usefixtures("qapp")
SPACING = Spacing(head=1.5, row=2.0, note_gap=0.5, note=1.25)


def make_columns():
    heads = (
        (("layer",), 6.0, False),
        (("params", "counted"), 5.0, True, "params"),
        (("params", "published"), 5.0, True, "params"),
    )
    return side_by_side([Column(*head) for head in heads], [1.0, 2.0])


def test_columns_are_placed_side_by_side_with_gaps():
    columns = make_columns()
    assert [(column.left, column.right) for column in columns] == [(0.0, 6.0), (7.0, 12.0), (14.0, 19.0)]
    assert table_width(columns) == 19.0
    assert (table_width(()), head_lines(()), head_lines(columns)) == (0.0, 1, 2)


def test_the_height_of_a_table_is_that_of_its_drawing():
    bottoms = []

    def paint(painter, rect, state, theme):
        rows = (
            Heading("a design", theme.text),
            Cells((Cell("conv", theme.text), Cell("1", theme.text), Cell("2", theme.text))),
            Remark("a remark", theme.muted),
            Cells((Cell("total", theme.text, True), Cell("1", theme.text, True), Cell("2", theme.text, True)), True),
        )
        top = (MARGIN + TITLE) * 10
        bottoms.append(draw_table(painter, QRectF(0, top, 0, 0), 10, Table(make_columns(), rows, SPACING), theme))
        draw_notes(painter, QRectF(0, bottoms[0], 300, 0), 10, ["a note"], SPACING, theme.text, size=1.0)

    drawing = svg(paint, state_of(start()))
    for text in ("layer", "params", "counted", "published", "a design", "conv", "a remark", "total", "a note"):
        assert drawing.count(f">{text}<") == 1
    height = SPACING.height(titled=True, head_lines=2, rows=4, notes=1)
    assert bottoms[0] == pytest.approx((height - MARGIN - SPACING.note_gap - SPACING.note) * 10)
