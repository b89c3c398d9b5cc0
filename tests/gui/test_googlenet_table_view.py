"""The table of the GoogLeNet paper: printed, and as a widget in which widths are edited by keys."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from engine.blocks import SeparableConv2d
from engine.files.paths import RESOURCES
from engine.network.graph import INPUT
from engine.network.node_ref import STEM
from engine.project.file import load_project
from engine.project.project import Project
from engine.run.check import check
from gui.paint.tables.googlenet_table import (
    NO_LAYER_HINT,
    choose_table_design,
    fit_googlenet_sheet,
    googlenet_table_size,
    make_googlenet_sheets,
    paint_googlenet_table,
)
from gui.paint.tables.ruled_table import NATURAL, SMALLEST
from gui.state.edit import Edit
from gui.state.focus import Focus
from gui.state.view_state import ViewState
from gui.theme import DARK, LIGHT
from gui.views.googlenet_table import GooglenetTableView
from gui.window.main_window import MainWindow
from tests.golden.projects import PROJECTS, chain, mistaken, start, with_stem
from tests.gui.view_harness import ViewHarness, state_of, svg

GOOGLENET = load_project(RESOURCES / "projects" / "googlenet.toml").project
KEYS = Qt.Key


def googlenet(node: str = "conv1", **look: object) -> ViewState:
    return state_of(GOOGLENET, Focus("GoogLeNet", node), **look)


# The printed table


def test_the_printed_table_has_published_figures_beside_recounted_ones_and_notes() -> None:
    drawn = svg(paint_googlenet_table, googlenet(), 1716, 765)
    for text in ("conv 7×7/2 ¹", "9.2K", "2.7K", "3.4×", "1018.0K", "−5.4 %", "7·7·3·8 + 24·64 = 2,712", "6826.4K"):
        assert text in drawn
    assert drawn.count(">published<") == 2


@pytest.mark.parametrize("project", [*PROJECTS.values(), GOOGLENET], ids=lambda project: project.title)
def test_a_figure_of_natural_size_shows_the_whole_table_in_readable_text(project: Project) -> None:
    state = state_of(project)
    width, _ = googlenet_table_size(state)
    for sheet in make_googlenet_sheets(state):
        unit, left_out = fit_googlenet_sheet(sheet, QRectF(0, 0, width, sheet.height * NATURAL))
        assert unit >= NATURAL - 0.1
        assert left_out == 0


def test_every_design_is_printed_and_common_notes_are_below_the_last() -> None:
    state = state_of(start())
    first, last = make_googlenet_sheets(state)
    assert [sheet.design for sheet in (first, last)] == [design.name for design in start().designs]
    assert first.notes == ()
    assert last.notes[0].startswith("params: weights without biases")
    drawn = svg(paint_googlenet_table, state, *googlenet_table_size(state))
    for design in start().designs:
        assert f"{start().title} · {design.name}" in drawn
    assert drawn.count("params: weights without biases") == 1


def test_a_small_figure_counts_the_rows_that_it_leaves_out() -> None:
    one = chain()
    state = state_of(one.with_designs(one.designs[:1]))
    (sheet,) = make_googlenet_sheets(state)
    unit, left_out = fit_googlenet_sheet(sheet, QRectF(0, 0, 500, 240))
    assert unit == SMALLEST
    assert 0 < left_out < len(sheet.rows)
    drawn = svg(paint_googlenet_table, state, 500, 240)
    assert f">and {left_out} more rows<" in drawn
    assert ">total<" in drawn


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_a_difference_beyond_rounding_has_the_warning_colour_and_agreement_is_an_equals_sign(theme) -> None:
    drawn = svg(paint_googlenet_table, googlenet(theme=theme.name), 1716, 765)
    assert theme.warning in drawn
    assert ">=<" in drawn


def test_without_designs_the_printed_table_says_how_to_add_one() -> None:
    drawn = svg(paint_googlenet_table, state_of(start().with_designs(())))
    assert "No layers yet. Add a design with + Design" in drawn


def test_the_focused_design_is_shown_else_the_first_and_the_stem_if_one_of_its_layers_has_the_focus() -> None:
    assert choose_table_design(state_of(start())) == start().designs[0].name
    assert choose_table_design(state_of(start(), Focus(start().designs[1].name, INPUT))) == start().designs[1].name
    stem = with_stem()
    assert stem.stem is not None
    assert choose_table_design(state_of(stem, Focus(STEM, stem.stem.nodes[0].name))) == STEM
    assert choose_table_design(state_of(stem, Focus(STEM, INPUT))) == stem.designs[0].name


# The widget


class TableHarness(ViewHarness[GooglenetTableView]):
    """The view and its state, to which its edits are applied."""

    def __init__(self, qtbot: QtBot, state: ViewState, size: tuple[int, int] = (1300, 600)) -> None:
        super().__init__(qtbot, GooglenetTableView, state, size)
        self.qtbot = qtbot
        self.edits: list[Edit] = []
        self.view.edit_proposed.connect(self._on_edit_proposed)
        self.view.table.setFocus()

    def _on_edit_proposed(self, edit: Edit) -> None:
        self.edits.append(edit)
        self.show_project(edit.project)

    def show_project(self, project: Project) -> None:
        self.show(replace(self.state, project=project, check=check(project)))

    def column(self, column_id: str) -> int:
        (position,) = [i for i, column in enumerate(self.view.model.columns) if column.id == column_id]
        return position

    def cell(self, node: str, column_id: str) -> str:
        row = self.view.model.row_of((self.view.model.design, node))
        return str(self.view.model.index(row, self.column(column_id)).data())

    def select(self, node: str, column_id: str) -> None:
        row = self.view.model.row_of((self.view.model.design, node))
        self.view.table.setCurrentIndex(self.view.model.index(row, self.column(column_id)))

    def press(self, *keys: "Qt.Key | str") -> None:
        """Press keys in the editor if it is open, else in the table."""
        for key in (key for part in keys for key in (part if isinstance(part, str) else [part])):
            self.qtbot.keyClick(self.editor or self.view.table, key)
            QApplication.processEvents()  # Qt commits the editor by a queued call

    @property
    def editor(self) -> QLineEdit | None:
        editors = self.view.table.viewport().findChildren(QLineEdit)
        return next((editor for editor in editors if editor.isVisible()), None)

    @property
    def current(self) -> tuple[str, str]:
        index = self.view.table.currentIndex()
        return self.view.model.rows[index.row()].node, self.view.model.columns[index.column()].id


@pytest.fixture
def harness(qtbot: QtBot) -> TableHarness:
    return TableHarness(qtbot, googlenet("inception_3a"))


def test_typing_a_width_and_enter_is_one_edit_named_for_setting_block_and_number(harness: TableHarness) -> None:
    harness.select("inception_3a", "3x3_reduce")
    harness.press("64", KEYS.Key_Return)
    assert [edit.text for edit in harness.edits] == ["3×3 reduce of inception_3a: 96 → 64"]
    assert harness.state.project.design("GoogLeNet").network.node("inception_3a").layer.n3x3_reduce == 64
    assert harness.cell("inception_3a", "3x3_reduce") == "64"
    assert harness.cell("inception_3a", "params") == "117.5K"
    assert harness.cell("inception_3a", "params_difference") == "−26 %"
    assert harness.editor is None


def test_enter_opens_a_width_for_editing_and_escape_restores_it(harness: TableHarness) -> None:
    harness.select("inception_3a", "5x5")
    harness.press(KEYS.Key_Return)
    assert harness.editor is not None
    assert harness.editor.text() == "32"
    harness.press("9", KEYS.Key_Escape)
    assert harness.editor is None
    assert harness.edits == []
    assert harness.cell("inception_3a", "5x5") == "32"


def test_tab_moves_to_the_next_width_also_of_the_next_row_and_backtab_moves_back(harness: TableHarness) -> None:
    harness.select("inception_3a", "5x5")
    harness.press("48", KEYS.Key_Tab)
    assert harness.current == ("inception_3a", "pool_proj")
    harness.press(KEYS.Key_Tab)
    assert harness.current == ("inception_3b", "1x1")
    harness.press("100", KEYS.Key_Backtab)
    assert harness.current == ("inception_3a", "pool_proj")
    assert harness.editor is not None
    assert [edit.text for edit in harness.edits] == ["5×5 of inception_3a: 32 → 48", "1×1 of inception_3b: 128 → 100"]


@pytest.mark.parametrize("text", ["0", "x", "1.5", "-3"])
def test_an_invalid_number_keeps_the_editor_open_with_the_reason(harness: TableHarness, text: str) -> None:
    harness.select("inception_3a", "1x1")
    harness.press(KEYS.Key_Return)
    assert harness.editor is not None
    harness.editor.selectAll()
    harness.press(text, KEYS.Key_Return)
    assert harness.editor is not None
    assert f"{text!r} is no number of maps; type a whole number from 1" in harness.editor.reason.text()
    assert harness.editor.reason.isVisible()
    harness.press(KEYS.Key_Tab)
    assert harness.edits == []


def test_a_pool_projection_of_0_maps_is_left_out(harness: TableHarness) -> None:
    harness.select("inception_3a", "pool_proj")
    harness.press("0", KEYS.Key_Return)
    assert harness.cell("inception_3a", "output") == "416×28×28"


def test_typing_the_present_number_is_no_edit(harness: TableHarness) -> None:
    harness.select("inception_3a", "1x1")
    harness.press("64", KEYS.Key_Return)
    assert harness.edits == []


def test_arrow_keys_move_between_cells_and_the_current_row_is_the_focus(harness: TableHarness) -> None:
    harness.select("inception_3a", "3x3")
    harness.press(KEYS.Key_Down, KEYS.Key_Left)
    assert harness.current == ("inception_3b", "3x3_reduce")
    assert harness.state.focus.ref == ("GoogLeNet", "inception_3b")


def test_cells_without_a_width_cannot_be_edited(harness: TableHarness) -> None:
    for node, column_id in (("inception_3a", "params"), ("pool1", "1x1"), ("inception_3a", "output")):
        harness.select(node, column_id)
        harness.press("7", KEYS.Key_Return)
        assert harness.editor is None
    assert harness.edits == []


def test_a_width_of_a_layer_without_a_column_of_its_own_is_edited_under_filters(harness: TableHarness) -> None:
    harness.select("linear", "filters")
    harness.press("10", KEYS.Key_Return)
    assert harness.edits[-1].text == "Units of linear: 1000 → 10"


def test_conv1_becomes_separable_as_published_and_dense_again(qtbot: QtBot) -> None:
    harness = TableHarness(qtbot, googlenet("conv1"))
    assert harness.view.button.text() == "Make conv1 separable"
    assert "7·7·3·8 + 24·64 = 2,712 weights" in harness.view.button.toolTip()
    qtbot.mouseClick(harness.view.button, Qt.MouseButton.LeftButton)
    assert harness.edits[-1].text == "Make conv1 separable"
    assert isinstance(harness.state.project.network("GoogLeNet").node("conv1").layer, SeparableConv2d)
    assert (harness.cell("conv1", "params"), harness.cell("conv1", "params_difference")) == ("2.7K", "=")
    assert (harness.cell("conv1", "ops"), harness.cell("conv1", "ops_difference")) == ("34.0M", "=")
    tip = harness.view.model.index(0, harness.column("params")).data(Qt.ItemDataRole.ToolTipRole)
    assert tip.startswith("7·7·3·8 + 24·64 = 2,712 weights, as published")
    assert harness.view.button.text() == "Make conv1 dense"
    harness.view.switch.trigger()
    assert harness.state.project.network("GoogLeNet") == GOOGLENET.network("GoogLeNet")


def test_the_switch_is_disabled_at_a_block_with_the_reason(harness: TableHarness) -> None:
    assert not harness.view.button.isEnabled()
    assert "inception_3a is an inception" in harness.view.button.toolTip()
    assert harness.view.switch in harness.view.table.actions()


def test_the_note_of_the_current_row_is_shown_below_the_table(qtbot: QtBot) -> None:
    harness = TableHarness(qtbot, googlenet("inception_5a"))
    assert harness.view.note.text().startswith("inception (5a) ⁴: ")
    harness.show(replace(harness.state, focus=Focus("GoogLeNet", "pool1")))
    assert "K = 1024" in harness.view.note.text()


def test_tooltips_have_exact_integers_and_accessible_texts_the_column_and_row(harness: TableHarness) -> None:
    index = harness.view.model.index(harness.view.model.row_of(("GoogLeNet", "inception_4c")), harness.column("params"))
    assert "= 509,440 weights, 7.5 % more than the published 463K" in index.data(Qt.ItemDataRole.ToolTipRole)
    accessible_text = index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert accessible_text.startswith("params recounted of inception (4c): ")


def test_an_edit_signals_only_the_rows_that_differ_and_no_reset(harness: TableHarness) -> None:
    changed_rows: list[int] = []
    resets: list[int] = []
    harness.view.model.dataChanged.connect(lambda first, last, roles: changed_rows.append(first.row()))
    harness.view.model.modelReset.connect(lambda: resets.append(1))
    harness.select("inception_3a", "3x3_reduce")
    harness.press("64", KEYS.Key_Return)
    rows = harness.view.model.rows
    assert [rows[row].node for row in changed_rows] == ["inception_3a", ""]
    assert resets == []
    harness.press(KEYS.Key_Up)
    assert len(changed_rows) == 2


def test_another_theme_signals_every_row_and_colours_the_total(harness: TableHarness) -> None:
    model, changed_rows = harness.view.model, list[int]()
    model.dataChanged.connect(lambda first, last, roles: changed_rows.append(first.row()))
    harness.show(replace(harness.state, look=replace(harness.state.look, theme="dark")))
    assert changed_rows == list(range(len(model.rows)))
    total = model.index(len(model.rows) - 1, 0)
    assert total.data(Qt.ItemDataRole.BackgroundRole).name() == DARK.window


def test_a_part_of_a_block_focused_elsewhere_makes_its_blocks_row_current(harness: TableHarness) -> None:
    harness.show(replace(harness.state, focus=Focus("GoogLeNet", "inception_4a/5x5")))
    assert harness.current[0] == "inception_4a"
    assert harness.focuses == []


def test_a_node_focused_elsewhere_is_current_at_one_of_its_widths(harness: TableHarness) -> None:
    for node, column in (("conv1", "filters"), ("inception_3a", "1x1"), ("conv2", "3x3_reduce"), ("pool1", "patch")):
        harness.show(replace(harness.state, focus=Focus("GoogLeNet", node)))
        assert harness.current == (node, column)
    harness.select("inception_3a", "5x5")
    harness.show(replace(harness.state, focus=Focus("GoogLeNet", "inception_4a")))
    assert harness.current == ("inception_4a", "5x5")


def test_the_design_is_selected_above_the_table_if_there_are_several(qtbot: QtBot) -> None:
    project = start()
    harness = TableHarness(qtbot, state_of(project))
    assert [text for _, text in harness.view.design.options] == [design.name for design in project.designs]
    harness.view.design.chosen.emit(project.designs[1].name)
    assert harness.view.model.design == project.designs[1].name == harness.state.focus.design
    assert not TableHarness(qtbot, googlenet()).view.design.isVisible()


def test_without_a_layer_the_view_says_what_to_do(qtbot: QtBot) -> None:
    harness = TableHarness(qtbot, state_of(start().with_designs(())))
    assert harness.view.hint.isVisible()
    assert harness.view.hint.text() == NO_LAYER_HINT
    assert not harness.view.table.isVisible()
    harness.show(state_of(start()))
    assert harness.view.table.isVisible()
    assert not harness.view.hint.isVisible()


def test_a_mistake_is_shown_in_the_note_of_its_row(qtbot: QtBot) -> None:
    harness = TableHarness(qtbot, state_of(mistaken()))
    problem = next(p for p in harness.state.check.problems if p.design and p.node)
    harness.show(replace(harness.state, focus=Focus(problem.design, problem.node)))
    mistaken_row = next(row for row in harness.view.model.rows if row.problem)
    harness.show(replace(harness.state, focus=Focus(mistaken_row.design, mistaken_row.node)))
    assert mistaken_row.problem in harness.view.note.text()


def test_a_click_on_the_name_of_a_row_selects_its_node(harness: TableHarness) -> None:
    names = harness.view.table.verticalHeader()
    row = harness.view.model.row_of(("GoogLeNet", "pool3"))
    at = QPoint(10, names.sectionViewportPosition(row) + 5)
    harness.qtbot.mouseClick(names.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert harness.state.focus.node == "pool3"


@pytest.mark.parametrize("project", [GOOGLENET, mistaken(), with_stem()], ids=lambda project: project.title)
def test_the_model_passes_qts_checks(qtmodeltester: ModelTester, qtbot: QtBot, project: Project) -> None:
    qtmodeltester.check(TableHarness(qtbot, state_of(project)).view.model)


def test_in_the_window_a_typed_width_is_one_undo_step(
    qtbot: QtBot, open_window: Callable[[Project], MainWindow]
) -> None:
    window = open_window(GOOGLENET)
    view = window.views["paper"]
    assert isinstance(view, GooglenetTableView)
    window.docks.bring_forward("paper")
    window.workbench.set_focus(Focus("GoogLeNet", "inception_3a"))
    column = [column.id for column in view.model.columns].index("3x3_reduce")
    index = view.model.index(view.model.row_of(("GoogLeNet", "inception_3a")), column)
    view.table.setCurrentIndex(index)
    qtbot.keyClicks(view.table, "6")
    (editor,) = view.table.viewport().findChildren(QLineEdit)
    qtbot.keyClicks(editor, "4")
    qtbot.keyClick(editor, KEYS.Key_Return)
    QApplication.processEvents()
    stack = window.workbench.document.undo_stack
    assert (stack.count(), stack.undoText()) == (1, "3×3 reduce of inception_3a: 96 → 64")
    assert index.data() == "64"
    stack.undo()
    assert index.data() == "96"
