"""The table of operations: printed, and as a widget."""

import csv
import io

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QPalette
from PySide6.QtWidgets import QApplication, QStyleOptionViewItem
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from engine.cost.counting import convention_by_id
from engine.cost.metrics import METRICS, Metric
from engine.files.paths import RESOURCES
from engine.layers import Activation, Conv2d
from engine.network.graph import Node
from engine.network.node_ref import STEM
from engine.project.file import load_project
from engine.project.project import Project
from engine.reports.table_formats import to_csv, to_latex, to_markdown, to_tsv
from engine.reports.tables import table_rows
from engine.run.check import check
from gui.paint.basics.text_drawing import text_width
from gui.paint.tables.operations_table import (
    _BLOCK_GAP,
    _SPACING,
    NO_DESIGN_HINT,
    fit_operations_sheet,
    make_operations_sheet,
    operations_table_size,
    paint_operations_table,
)
from gui.paint.tables.ruled_table import NATURAL
from gui.state.focus import Focus
from gui.state.look import Look
from gui.state.run_view import RunView
from gui.state.view_state import ViewState
from gui.theme import DARK, LIGHT
from gui.views.table import TableView
from tests.golden.projects import PROJECTS, chain, mistaken, start, three_designs, with_stem
from tests.gui.view_harness import ViewHarness, state_of, svg

SIZES = ((420.0, 260.0), (900.0, 330.0), (1600.0, 900.0))


def with_project(state: ViewState, project: Project) -> ViewState:
    return replace(state, project=project, check=check(project))


def with_filters(project: Project, filters: int) -> Project:
    network = project.design("naive").network
    return project.with_network("naive", network.with_layer("conv5x5", Conv2d(filters=filters, kernel=5)))


# The printed table


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("project", [*PROJECTS.values(), chain()], ids=lambda project: project.title)
def test_every_layer_is_printed_or_counted_as_left_out_and_every_total_is_printed(
    project: Project, size: tuple[float, float]
) -> None:
    sheet = make_operations_sheet(state_of(project))
    unit, blocks = fit_operations_sheet(sheet, QRectF(0, 0, *size))
    lines = [line for block in blocks for line in block]
    for design in project.designs:
        own = [line for line in lines if line.design == design.name]
        left_out = sum(int(line.text.split()[1]) for line in own if line.kind == "more")
        assert len([line for line in own if line.kind == "node"]) + left_out == len(design.network.nodes)
        assert [line.kind for line in own].count("total") == 1
    assert unit >= 6


def test_a_hundred_layers_are_all_printed_in_several_blocks() -> None:
    project = chain()
    unit, blocks = fit_operations_sheet(
        make_operations_sheet(state_of(project.with_designs(project.designs[:1]))), QRectF(0, 0, 1600, 900)
    )
    assert len(blocks) > 1
    assert unit >= 9
    assert not any(line.kind == "more" for block in blocks for line in block)


@pytest.mark.parametrize("project", [*PROJECTS.values(), chain()], ids=lambda project: project.title)
def test_a_figure_of_natural_size_is_filled_by_the_whole_table_in_readable_text(project: Project) -> None:
    state = state_of(project)
    sheet, (width, height) = make_operations_sheet(state), operations_table_size(state)
    unit, blocks = fit_operations_sheet(sheet, QRectF(0, 0, width, height))
    assert unit >= NATURAL
    assert not any(line.kind == "more" for block in blocks for line in block)
    total_width = len(blocks) * sheet.width + (len(blocks) - 1) * _BLOCK_GAP
    assert total_width * unit <= width
    assert len(project.designs) < 2 or total_width * unit >= 0.7 * width
    assert max(map(len, blocks)) * _SPACING.row * unit >= 0.4 * height


@pytest.mark.parametrize("name", ["googlenet", "densenet121", "mobilenet_v1"])
def test_a_figure_of_natural_size_has_all_settings_of_every_layer(name: str) -> None:
    state = state_of(load_project(RESOURCES / "projects" / f"{name}.toml").project)
    drawn = svg(paint_operations_table, state, *operations_table_size(state))
    for row in state.cost_rows:
        assert f">{row.settings}<" in drawn or not row.settings


def test_the_printed_table_has_exact_numbers_ratios_and_mistakes_as_text() -> None:
    drawn = svg(paint_operations_table, state_of(start())) + svg(paint_operations_table, state_of(mistaken()))
    for text in (
        "160,563,200",
        "bottleneck: 12.1× fewer multiply-accumulates than naive",
        "! huge: kernel 31×31 is larger than its padded input 28×28",
        "unknown",
    ):
        assert f">{text}" in drawn


def test_without_designs_the_printed_table_says_how_to_add_one() -> None:
    assert ">No designs yet. Add a design with + Design" in svg(
        paint_operations_table, state_of(start().with_designs(()))
    )


def test_without_designs_a_hint_is_shown_instead_of_the_table(qtbot: QtBot) -> None:
    harness = TableHarness(qtbot, state_of(start().with_designs(())), (200, 200))
    assert harness.view.hint.text() == NO_DESIGN_HINT
    assert harness.view.hint.isVisible()
    assert harness.view.hint.wordWrap()
    assert not harness.view.table.isVisible()
    harness.show(state_of(start()))
    assert not harness.view.hint.isVisible()
    assert harness.view.table.isVisible()


def test_the_printed_table_has_flops_if_they_are_the_metric() -> None:
    assert "FLOPs" not in svg(paint_operations_table, state_of(start()))
    assert "321,126,400" in svg(paint_operations_table, state_of(start(), metric="flops"))


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.id)
def test_every_heading_of_the_printed_table_fits_its_column(metric: Metric) -> None:
    sheet = make_operations_sheet(state_of(start(), metric=metric.id))
    for column in sheet.columns:
        (title,) = column.head
        assert text_width(title) <= column.width


def test_the_printed_table_compares_the_selected_metric_too() -> None:
    lines = make_operations_sheet(state_of(start(), metric="activation_bytes")).comparison_lines
    assert lines[-1] == "bottleneck: 1.5× as much activation memory as naive"


# The widget


class TableHarness(ViewHarness[TableView]):
    """The view with its cells and selected rows."""

    def __init__(self, qtbot: QtBot, state: ViewState, size: tuple[int, int] = (900, 400)) -> None:
        super().__init__(qtbot, TableView, state, size)

    def column(self, title: str) -> list[str]:
        (position,) = [i for i, column in enumerate(self.view.model.columns) if column.title == title]
        model = self.view.model
        return [model.index(row, position).data() for row in range(model.rowCount())]

    def selected(self) -> list[int]:
        return sorted(index.row() for index in self.view.table.selectionModel().selectedRows())

    def click(self, qtbot: QtBot, row: int, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        point = self.view.table.visualRect(self.view.model.index(row, 1)).center()
        qtbot.mouseClick(self.view.table.viewport(), Qt.MouseButton.LeftButton, keys, point)


def test_cells_have_exact_numbers_shapes_and_settings(qtbot: QtBot) -> None:
    harness = TableHarness(qtbot, state_of(start()))
    assert harness.column("Node") == ["conv5x5", "total", "reduce", "conv5x5", "total"]
    assert harness.column("Layer") == ["5×5, 32 filters", "", "1×1, 16 filters", "5×5, 32 filters", ""]
    assert harness.column("Output C×H×W") == ["32×28×28", "", "16×28×28", "32×28×28", ""]
    assert harness.column("MACs") == ["160,563,200", "160,563,200", "3,211,264", "10,035,200", "13,246,464"]
    assert harness.column("Params") == ["204,832", "204,832", "4,112", "12,832", "16,944"]
    assert harness.view.note.text() == "bottleneck: 12.1× fewer multiply-accumulates than naive"


def test_an_edit_changes_cells_in_place_without_a_reset(qtbot: QtBot) -> None:
    harness = TableHarness(qtbot, state_of(start(), Focus("bottleneck", "reduce")))
    model = harness.view.model
    resets: list[None] = []
    model.modelReset.connect(lambda: resets.append(None))
    with qtbot.waitSignal(model.dataChanged) as changed:
        harness.show(with_project(harness.state, with_filters(start(), 64)))
    assert [index.row() for index in changed.args[:2]] == [0, 1]
    assert harness.column("MACs")[:2] == ["321,126,400", "321,126,400"]
    assert resets == []
    assert harness.selected() == [2]
    assert harness.focuses == []


def test_an_edit_of_the_stem_updates_receptive_fields_of_layers_that_are_not_edited(qtbot: QtBot) -> None:
    project = with_stem()
    assert project.stem is not None
    wider = replace(project, stem=project.stem.with_layer("trunk2", Conv2d(filters=64, kernel=5)))
    model = TableHarness(qtbot, state_of(project, metric="receptive_field")).view.model
    position = next(i for i, c in enumerate(model.columns) if c.metric is not None and c.metric.id == "receptive_field")
    before = [model.index(row, position).data() for row in range(model.rowCount())]
    with qtbot.waitSignal(model.dataChanged) as changed:
        model.show_state(state_of(wider, metric="receptive_field"))
    after = [model.index(row, position).data() for row in range(model.rowCount())]
    first, last = (index.row() for index in changed.args[:2])
    different = {row for row in range(len(after)) if before[row] != after[row]}
    assert 0 in different
    assert different <= set(range(first, last + 1))


def test_adding_and_removing_layers_keeps_scroll_position_and_focus(qtbot: QtBot) -> None:
    project = chain()
    harness = TableHarness(qtbot, state_of(project, Focus("wide", "conv30")))
    QApplication.processEvents()
    bar = harness.view.table.verticalScrollBar()
    before = bar.value()
    assert before > 0
    network = project.design("wide").network
    longer = project.with_network("wide", network.with_node(Node("extra", Activation("relu")), len(network.nodes)))
    with qtbot.waitSignal(harness.view.model.rowsInserted) as inserted:
        harness.show(with_project(harness.state, longer))
    assert inserted.args[1:] == [100, 100]
    with qtbot.waitSignal(harness.view.model.rowsRemoved):
        harness.show(with_project(harness.state, project))
    assert bar.value() == before
    assert harness.focuses == []
    assert harness.column("Node")[60] == "conv30"
    assert harness.selected() == [60]


@pytest.mark.parametrize("name", PROJECTS)
@pytest.mark.parametrize("after", PROJECTS)
def test_any_project_can_replace_any_other(qtbot: QtBot, qtmodeltester: ModelTester, name: str, after: str) -> None:
    harness = TableHarness(qtbot, state_of(PROJECTS[name]))
    qtmodeltester.check(harness.view.model)
    harness.show(with_project(harness.state, PROJECTS[after]))
    expected = sorted(table_rows(PROJECTS[after], harness.state.costs), key=lambda row: row.design == STEM)
    assert list(harness.view.model.rows) == expected
    assert harness.view.model.rowCount() == len(expected)


def test_the_stem_is_listed_after_the_designs(qtbot: QtBot) -> None:
    designs = [row.design for row in TableHarness(qtbot, state_of(with_stem())).view.model.rows]
    assert designs == sorted(designs, key=lambda name: name == STEM)
    assert STEM in designs


def test_a_click_on_a_row_selects_its_node_and_a_total_selects_none(qtbot: QtBot) -> None:
    harness = TableHarness(qtbot, state_of(with_stem()))
    model = harness.view.model
    (total, *_) = (i for i, row in enumerate(model.rows) if row.is_total)
    harness.click(qtbot, total)
    assert harness.focuses == []
    (row,) = (i for i, row in enumerate(model.rows) if row.node == "trunk1")
    harness.click(qtbot, row)
    assert harness.focuses == [Focus(STEM, "trunk1")]
    assert harness.selected() == [row]


def test_arrow_keys_select_the_next_row(qtbot: QtBot) -> None:
    harness = TableHarness(qtbot, state_of(start(), Focus("bottleneck", "reduce")))
    qtbot.keyClick(harness.view.table, Qt.Key.Key_Down)
    assert harness.focuses == [Focus("bottleneck", "conv5x5")]


def test_the_selected_row_follows_the_focus_without_a_request(qtbot: QtBot) -> None:
    harness = TableHarness(qtbot, state_of(chain()))
    assert harness.selected() == []
    harness.show(replace(harness.state, focus=Focus("half as wide", "conv40")))
    (row,) = harness.selected()
    assert harness.view.model.rows[row].node == "conv40"
    assert (
        harness.view.table.viewport().rect().contains(harness.view.table.visualRect(harness.view.model.index(row, 1)))
    )
    harness.show(replace(harness.state, focus=Focus()))
    assert harness.selected() == []
    assert harness.focuses == []


def test_several_rows_stay_selected_for_copying_while_the_last_one_has_the_focus(qtbot: QtBot) -> None:
    harness = TableHarness(qtbot, state_of(three_designs()))
    harness.click(qtbot, 1)
    harness.click(qtbot, 4, Qt.KeyboardModifier.ShiftModifier)
    assert harness.selected() == [1, 2, 3, 4]
    assert harness.focuses == [Focus("plain", "norm1"), Focus("plain", "add")]
    harness.show(replace(harness.state, run=RunView()))
    assert harness.selected() == [1, 2, 3, 4]


def test_the_copy_key_copies_the_selected_rows_or_all_as_tab_separated_values(qtbot: QtBot) -> None:
    harness = TableHarness(qtbot, state_of(start(), Focus("bottleneck", "reduce")))
    harness.view.activateWindow()
    harness.view.table.setFocus()
    qtbot.waitUntil(harness.view.table.hasFocus)
    qtbot.keyClick(harness.view.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = list(csv.DictReader(io.StringIO(QGuiApplication.clipboard().text()), dialect="excel-tab"))
    assert [(row["node"], row["macs"]) for row in copied] == [("reduce", "3211264")]
    harness.show(replace(harness.state, focus=Focus()))
    harness.view.copy_selected()
    assert QGuiApplication.clipboard().text() == to_tsv(harness.view.model.rows)


def test_the_menu_copies_the_whole_table_in_each_format(qtbot: QtBot) -> None:
    harness = TableHarness(qtbot, state_of(start(), Focus("bottleneck", "reduce")))
    actions = harness.view.copy_button.menu().actions()
    assert [action.text() for action in actions] == [f"Copy as {name}" for name in ("TSV", "CSV", "Markdown", "LaTeX")]
    for action, text_of in zip(actions, (to_tsv, to_csv, to_markdown, to_latex), strict=True):
        action.trigger()
        assert QGuiApplication.clipboard().text() == text_of(harness.view.model.rows)


def test_a_mistake_has_a_red_marked_row_and_a_column_for_its_text(qtbot: QtBot) -> None:
    harness = TableHarness(qtbot, state_of(mistaken()))
    model = harness.view.model
    assert harness.column("Mistake")[3].startswith("kernel 31×31 is larger than its padded input 28×28")
    assert harness.column("MACs")[3:] == ["unknown"] * 3
    assert model.index(3, 1).data(Qt.ItemDataRole.ForegroundRole).name() == LIGHT.error
    assert not model.index(3, 1).data(Qt.ItemDataRole.DecorationRole).isNull()
    assert model.index(2, 1).data(Qt.ItemDataRole.DecorationRole) is None
    harness.show(with_project(harness.state, start()))
    assert "Mistake" not in [column.title for column in model.columns]


def test_the_counting_rule_is_in_the_heading_of_operations_on_screen_and_in_print(qtbot: QtBot) -> None:
    state = state_of(start(), metric="ops", convention=convention_by_id("ptflops"))
    harness = TableHarness(qtbot, state)
    column = harness.column("Operations, as ptflops counts")
    assert column[0] == f"{160_563_200 + 32 * 28 * 28:,}"
    assert "Operations, as ptflops counts" in svg(paint_operations_table, state)


@pytest.mark.parametrize(
    ("metric_id", "title", "tip"),
    [
        ("activation_bytes", "Activation memory, bytes", "4 × 32·28·28 = 100,352 bytes (98.0 KiB)"),
        ("milliseconds", "Time, ms", "not run"),
    ],
)
def test_tooltips_have_the_amount_with_its_unit_or_not_run(qtbot: QtBot, metric_id: str, title: str, tip: str) -> None:
    model = TableHarness(qtbot, state_of(start(), metric=metric_id)).view.model
    (position,) = [i for i, column in enumerate(model.columns) if column.title == title]
    assert model.index(0, position).data(Qt.ItemDataRole.ToolTipRole) == tip


def test_tooltips_have_the_formula_of_a_number(qtbot: QtBot) -> None:
    model = TableHarness(qtbot, state_of(start())).view.model
    position = [column.title for column in model.columns].index("MACs")
    tips = [model.index(row, position).data(Qt.ItemDataRole.ToolTipRole) for row in (0, 1)]
    assert tips == ["28·28·32 × 5·5·256 = 160,563,200 MACs (160.6 M)", "160,563,200 MACs (160.6 M)"]


def test_hovering_a_cell_reports_its_formula(qtbot: QtBot) -> None:
    harness = TableHarness(qtbot, state_of(start()))
    position = [column.title for column in harness.view.model.columns].index("Params")
    with qtbot.waitSignal(harness.view.hovered) as hovered:
        harness.view.table.entered.emit(harness.view.model.index(0, position))
    assert hovered.args == ["naive / conv5x5: 32·256·5·5 + 32 = 204,832 params (204.8 K)"]


def test_totals_are_bold_and_numbers_right_aligned(qtbot: QtBot) -> None:
    model = TableHarness(qtbot, state_of(start())).view.model
    position = [column.title for column in model.columns].index("MACs")
    assert model.index(1, 0).data(Qt.ItemDataRole.FontRole).bold()
    assert model.index(0, 0).data(Qt.ItemDataRole.FontRole) is None
    assert model.index(0, position).data(Qt.ItemDataRole.TextAlignmentRole) & Qt.AlignmentFlag.AlignRight
    header = model.headerData(position, Qt.Orientation.Horizontal, Qt.ItemDataRole.TextAlignmentRole)
    assert header & Qt.AlignmentFlag.AlignRight


def test_shapes_keep_a_distance_from_the_numbers_beside_them(qtbot: QtBot) -> None:
    harness = TableHarness(qtbot, state_of(with_stem(), theme="light"))
    table, columns = harness.view.table, [column.title for column in harness.view.model.columns]
    border = table.columnViewportPosition(columns.index("Output C×H×W"))
    image = table.viewport().grab().toImage()
    rows = [table.rowViewportPosition(row) for row in range(harness.view.model.rowCount())]

    def is_blank(x: int) -> bool:
        return all(len({image.pixel(x, y) for y in range(top + 1, top + table.rowHeight(0) - 1)}) == 1 for top in rows)

    assert all(is_blank(x) for x in range(border - 2, border + 6))


def test_tooltips_have_the_complete_text_beside_the_mistake(qtbot: QtBot) -> None:
    model = TableHarness(qtbot, state_of(mistaken())).view.model
    tips = {
        column.title: model.index(3, position).data(Qt.ItemDataRole.ToolTipRole)
        for position, column in enumerate(model.columns)
    }
    mistake = model.rows[3].problem
    assert tips["Layer"] == f"31×31, 32 filters\n{mistake}"
    assert tips["Mistake"] == mistake


def test_designs_have_their_colour_in_each_theme(qtbot: QtBot) -> None:
    harness = TableHarness(qtbot, state_of(start()))
    for theme in (LIGHT, DARK):
        harness.show(replace(harness.state, look=Look(theme=theme.name)))
        chips = [harness.view.model.index(row, 0).data(Qt.ItemDataRole.DecorationRole).name() for row in (0, 2)]
        assert chips == [theme.design(0), theme.design(1)]


def test_the_colour_of_a_design_stands_out_in_a_selected_row(qtbot: QtBot) -> None:
    harness = TableHarness(qtbot, state_of(start()))
    table, index = harness.view.table, harness.view.model.index(0, 0)
    option = QStyleOptionViewItem()
    option.initFrom(table)
    option.widget = table
    table.itemDelegate().initStyleOption(option, index)
    chip = option.icon.pixmap(QSize(16, 16), QIcon.Mode.Selected).toImage()
    assert chip.pixelColor(8, 8).name() == LIGHT.design(0)
    assert chip.pixelColor(0, 8) == option.palette.color(QPalette.ColorRole.HighlightedText)


def test_flops_have_a_column_if_they_are_the_metric(qtbot: QtBot) -> None:
    harness = TableHarness(qtbot, state_of(start()))
    harness.show(replace(harness.state, look=Look(metric="flops")))
    assert harness.column("FLOPs (2 per MAC)")[0] == "321,126,400"
    assert harness.view.note.text() == "bottleneck: 12.1× fewer floating-point operations than naive"
