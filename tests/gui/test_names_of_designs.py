"""A design's name is never shortened to another design's name, wherever there is little space."""

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtWidgets import QStyleOptionComboBox, QStyleOptionViewItem

from engine.layers import Conv2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.project import Design, Project
from gui.paint.bars.drawing import paint_bars
from gui.paint.basics.text_drawing import fit_text
from gui.paint.tables.googlenet_table import paint_googlenet_table
from gui.paint.volumes.drawing import paint_volumes
from gui.panels.design_row_delegate import ROW_ROLE, paint_row
from gui.state.focus import Focus
from gui.views.googlenet_table import GooglenetTableView
from gui.views.table import TableView
from tests.gui.view_harness import state_of
from tests.recording_painter import drawn_texts

NAMES = ("GoogLeNet", "GoogLeNet_2", "GoogLeNet_2_narrow_branches", "GoogLeNet_2_narrow_branch_es")


def project(names=NAMES):
    network = Network((Node("conv", Conv2d(4, 3)),))
    return Project(NoiseInput((3, 8, 8)), tuple(Design(name, network) for name in names))


def assert_distinct(texts):
    """Each text stands for its name: equal to it, or shortened to none of the others."""
    assert len(set(texts)) == len(NAMES), texts
    for name, text in zip(NAMES, texts, strict=True):
        assert text == name or text not in NAMES


@pytest.mark.parametrize("width", [70, 85, 100, 115, 130, 200])
def test_the_choice_above_the_papers_table(width, qtbot):
    view = GooglenetTableView(state_of(project(), Focus("GoogLeNet_2")))
    qtbot.addWidget(view)
    view.design.resize(width, 24)
    shown = []
    for name in NAMES:
        view.design.show_value(name)
        option = QStyleOptionComboBox()
        view.design.initStyleOption(option)
        shown.append(option.currentText)
    assert_distinct(shown)


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_cells_of_a_table(width, qtbot):
    view = TableView(state_of(project()))
    qtbot.addWidget(view)
    view.table.horizontalHeader().resizeSection(0, width)
    delegate, shown = view.table.itemDelegate(), {}
    for row in range(view.model.rowCount()):
        index = view.model.index(row, 0)
        option = QStyleOptionViewItem()
        option.initFrom(view.table)
        option.widget, option.rect, option.font = view.table, view.table.visualRect(index), view.table.font()
        option.rect.setWidth(width)
        delegate.initStyleOption(option, index)
        shown[str(index.data())] = option.text
    assert_distinct([shown[name] for name in NAMES])


@pytest.mark.parametrize("width", [60, 90, 120, 160, 260])
def test_rows_of_the_list_of_designs(width, open_window):
    tree = open_window(project()).designs.tree
    rows = [tree.topLevelItem(index).data(0, ROW_ROLE) for index in range(tree.topLevelItemCount())]

    def paint(painter):
        for index, row in enumerate(rows):
            rect = QRectF(0, 40 * index, width, 40)
            paint_row(painter, rect, row, tree.palette(), False, lambda: tuple(row.name for row in rows))

    texts = [drawn.text for drawn in drawn_texts(paint, width, 200)]
    assert_distinct(texts[:: len(texts) // len(NAMES)])


@pytest.mark.parametrize("width", [260, 320, 420, 900])
@pytest.mark.parametrize("paint", [paint_volumes, paint_googlenet_table, paint_bars])
def test_headings_of_pictures(paint, width, qapp):
    state = state_of(project())
    texts = [drawn.text for drawn in drawn_texts(paint, width, 1200, state)]
    shown = [text for text in texts if (text[0] in "G…" and "…" in text) or text in NAMES]
    assert_distinct(shown[: len(NAMES)])


def test_a_text_among_others_keeps_its_size(qapp):
    short = {name: fit_text(name, 60.0, 14.0, among=NAMES) for name in NAMES}
    assert {size for _, size in short.values()} == {14.0}
    assert_distinct([text for text, _ in short.values()])


def test_names_of_boxes_that_differ_in_the_middle(qapp):
    names = [f"inception_{letter}_convolution_before_the_join_of_branches" for letter in "abcd"]
    network = Network(tuple(Node(name, Conv2d(4, 3)) for name in names))
    state = state_of(Project(NoiseInput((3, 8, 8)), (Design("d", network),)))
    for paint, size in ((paint_volumes, (900, 500)), (paint_bars, (300, 500))):
        texts = [drawn.text for drawn in drawn_texts(paint, *size, state)]
        shown = [text for text in texts if any(f"…{letter}…" in text or f"_{letter}_" in text for letter in "abcd")]
        assert len(set(shown)) == 4
