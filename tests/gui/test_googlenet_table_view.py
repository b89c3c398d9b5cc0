"""The paper's table: the printed one, and the widget in which widths are edited by keys."""

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
from gui.state.view_state import Focus, ViewState
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


def test_the_printed_table_holds_published_figures_beside_recounted_ones_and_the_notes() -> None:
    drawn = svg(paint_googlenet_table, googlenet(), 1716, 765)
    for text in ("conv 7×7/2 ¹", "9.2K", "2.7K", "3.4×", "1018.0K", "−5.4 %", "7·7·3·8 + 24·64 = 2,712", "6826.4K"):
        assert f"{text}" in drawn
    assert drawn.count(">published<") == 2


@pytest.mark.parametrize("project", [*PROJECTS.values(), GOOGLENET], ids=lambda project: project.title)
def test_a_figure_of_its_own_size_holds_the_whole_table_in_readable_text(project: Project) -> None:
    state = state_of(project)
    width, _ = googlenet_table_size(state)
    for sheet in make_googlenet_sheets(state):
        unit, left_out = fit_googlenet_sheet(sheet, QRectF(0, 0, width, sheet.height * NATURAL))
        assert unit >= NATURAL - 0.1
        assert left_out == 0


def test_every_design_is_printed_and_what_is_common_stands_below_the_last() -> None:
    state = state_of(start())
    first, last = make_googlenet_sheets(state)
    assert [sheet.design for sheet in (first, last)] == [design.name for design in start().designs]
    assert first.notes == ()
    assert last.notes[0].startswith("params: weights without biases")
    drawn = svg(paint_googlenet_table, state, *googlenet_table_size(state))
    for design in start().designs:
        assert f"{start().title} · {design.name}" in drawn
    assert drawn.count("params: weights without biases") == 1


def test_a_small_rectangle_counts_the_rows_that_it_leaves_out() -> None:
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
def test_a_difference_beyond_rounding_is_coloured_and_has_a_sign_and_agreement_is_muted(theme) -> None:
    drawn = svg(paint_googlenet_table, googlenet(theme=theme.name), 1716, 765)
    assert theme.warning in drawn
    assert ">=<" in drawn


def test_the_printed_table_of_no_design_says_what_to_do() -> None:
    drawn = svg(paint_googlenet_table, state_of(start().with_designs(())))
    assert "No layers yet. Add a design with + Design" in drawn


def test_the_chosen_design_is_shown_else_the_first_and_the_stem_at_one_of_its_layers() -> None:
    assert choose_table_design(state_of(start())) == start().designs[0].name
    assert choose_table_design(state_of(start(), Focus(start().designs[1].name, INPUT))) == start().designs[1].name
    stem = with_stem()
    assert stem.stem is not None
    assert choose_table_design(state_of(stem, Focus(STEM, stem.stem.nodes[0].name))) == STEM
    assert choose_table_design(state_of(stem, Focus(STEM, INPUT))) == stem.designs[0].name


# The widget


class PaperAnswer(ViewHarness[GooglenetTableView]):
    """The view, its edits answered, and what tests ask of it."""

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

    def choose(self, node: str, column_id: str) -> None:
        row = self.view.model.row_of((self.view.model.design, node))
        self.view.table.setCurrentIndex(self.view.model.index(row, self.column(column_id)))

    def press(self, *keys: "Qt.Key | str") -> None:
        """Keys go to the editor where there is one, else to the table."""
        for key in (key for part in keys for key in (part if isinstance(part, str) else [part])):
            self.qtbot.keyClick(self.editor or self.view.table, key)
            QApplication.processEvents()  # Qt commits what Enter closes a moment later

    @property
    def editor(self) -> QLineEdit | None:
        found = self.view.table.viewport().findChildren(QLineEdit)
        return next((editor for editor in found if editor.isVisible()), None)

    @property
    def current(self) -> tuple[str, str]:
        index = self.view.table.currentIndex()
        return self.view.model.rows[index.row()].node, self.view.model.columns[index.column()].id


@pytest.fixture
def shown(qtbot: QtBot) -> PaperAnswer:
    return PaperAnswer(qtbot, googlenet("inception_3a"))


def test_typing_in_a_width_and_enter_is_one_edit_with_the_setting_the_block_and_the_number(shown: PaperAnswer) -> None:
    shown.choose("inception_3a", "3x3_reduce")
    shown.press("64", KEYS.Key_Return)
    assert [edit.text for edit in shown.edits] == ["Set 3×3 reduce of inception_3a to 64"]
    assert shown.state.project.design("GoogLeNet").network.node("inception_3a").layer.n3x3_reduce == 64
    assert shown.cell("inception_3a", "3x3_reduce") == "64"
    assert shown.cell("inception_3a", "params") == "117.5K"
    assert shown.cell("inception_3a", "params_difference") == "−26 %"
    assert shown.editor is None


def test_enter_opens_the_width_for_editing_and_escape_leaves_it_as_it_was(shown: PaperAnswer) -> None:
    shown.choose("inception_3a", "5x5")
    shown.press(KEYS.Key_Return)
    assert shown.editor is not None
    assert shown.editor.text() == "32"
    shown.press("9", KEYS.Key_Escape)
    assert shown.editor is None
    assert shown.edits == []
    assert shown.cell("inception_3a", "5x5") == "32"


def test_tab_goes_on_to_the_next_width_even_of_the_next_row_and_backtab_back(shown: PaperAnswer) -> None:
    shown.choose("inception_3a", "5x5")
    shown.press("48", KEYS.Key_Tab)
    assert shown.current == ("inception_3a", "pool_proj")
    shown.press(KEYS.Key_Tab)
    assert shown.current == ("inception_3b", "1x1")
    shown.press("100", KEYS.Key_Backtab)
    assert shown.current == ("inception_3a", "pool_proj")
    assert shown.editor is not None
    assert [edit.text for edit in shown.edits] == ["Set 5×5 of inception_3a to 48", "Set 1×1 of inception_3b to 100"]


@pytest.mark.parametrize("text", ["0", "x", "1.5", "-3"])
def test_a_number_that_is_not_allowed_stays_open_and_says_what_is(shown: PaperAnswer, text: str) -> None:
    shown.choose("inception_3a", "1x1")
    shown.press(KEYS.Key_Return)
    assert shown.editor is not None
    shown.editor.selectAll()
    shown.press(text, KEYS.Key_Return)
    assert shown.editor is not None
    assert f"{text!r} is no number of maps; type a whole number from 1" in shown.editor.reason.text()
    assert shown.editor.reason.isVisible()
    shown.press(KEYS.Key_Tab)
    assert shown.edits == []


def test_a_reduction_of_0_leaves_it_out(shown: PaperAnswer) -> None:
    shown.choose("inception_3a", "pool_proj")
    shown.press("0", KEYS.Key_Return)
    assert shown.cell("inception_3a", "output") == "416×28×28"


def test_a_number_that_is_there_already_is_no_edit(shown: PaperAnswer) -> None:
    shown.choose("inception_3a", "1x1")
    shown.press("64", KEYS.Key_Return)
    assert shown.edits == []


def test_arrow_keys_move_between_cells_and_the_chosen_row_is_the_focus(shown: PaperAnswer) -> None:
    shown.choose("inception_3a", "3x3")
    shown.press(KEYS.Key_Down, KEYS.Key_Left)
    assert shown.current == ("inception_3b", "3x3_reduce")
    assert shown.state.focus.ref == ("GoogLeNet", "inception_3b")


def test_cells_that_are_no_width_cannot_be_edited(shown: PaperAnswer) -> None:
    for node, column_id in (("inception_3a", "params"), ("pool1", "1x1"), ("inception_3a", "output")):
        shown.choose(node, column_id)
        shown.press("7", KEYS.Key_Return)
        assert shown.editor is None
    assert shown.edits == []


def test_a_width_of_a_layer_without_a_column_of_its_own_is_edited_under_filters(shown: PaperAnswer) -> None:
    shown.choose("linear", "filters")
    shown.press("10", KEYS.Key_Return)
    assert shown.edits[-1].text == "Set units of linear to 10"


def test_the_stem_becomes_separable_as_published_and_dense_again(qtbot: QtBot) -> None:
    shown = PaperAnswer(qtbot, googlenet("conv1"))
    assert shown.view.button.text() == "Make conv1 separable"
    assert "7·7·3·8 + 24·64 = 2,712 weights" in shown.view.button.toolTip()
    qtbot.mouseClick(shown.view.button, Qt.MouseButton.LeftButton)
    assert shown.edits[-1].text == "Make conv1 separable"
    assert isinstance(shown.state.project.network("GoogLeNet").node("conv1").layer, SeparableConv2d)
    assert (shown.cell("conv1", "params"), shown.cell("conv1", "params_difference")) == ("2.7K", "=")
    assert (shown.cell("conv1", "ops"), shown.cell("conv1", "ops_difference")) == ("34.0M", "=")
    tip = shown.view.model.index(0, shown.column("params")).data(Qt.ItemDataRole.ToolTipRole)
    assert tip.startswith("7·7·3·8 + 24·64 = 2,712 weights, as published")
    assert shown.view.button.text() == "Make conv1 dense"
    shown.view.switch.trigger()
    assert shown.state.project.network("GoogLeNet") == GOOGLENET.network("GoogLeNet")


def test_the_switch_is_off_at_other_rows_and_says_why(shown: PaperAnswer) -> None:
    assert not shown.view.button.isEnabled()
    assert "inception_3a is an inception" in shown.view.button.toolTip()
    assert shown.view.switch in shown.view.table.actions()


def test_below_the_table_stands_the_note_of_the_chosen_row(qtbot: QtBot) -> None:
    shown = PaperAnswer(qtbot, googlenet("inception_5a"))
    assert shown.view.note.text().startswith("inception (5a) ⁴: ")
    shown.show(replace(shown.state, focus=Focus("GoogLeNet", "pool1")))
    assert "K = 1024" in shown.view.note.text()


def test_tooltips_have_the_exact_integers_and_screen_readers_the_column_and_row(shown: PaperAnswer) -> None:
    index = shown.view.model.index(shown.view.model.row_of(("GoogLeNet", "inception_4c")), shown.column("params"))
    assert "= 509,440 weights, 7.5 % more than the published 463K" in index.data(Qt.ItemDataRole.ToolTipRole)
    told = index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert told.startswith("params recounted of inception (4c): ")


def test_an_edit_tells_of_the_rows_that_differ_only_and_resets_nothing(shown: PaperAnswer) -> None:
    told: list[int] = []
    resets: list[int] = []
    shown.view.model.dataChanged.connect(lambda first, last, roles: told.append(first.row()))
    shown.view.model.modelReset.connect(lambda: resets.append(1))
    shown.choose("inception_3a", "3x3_reduce")
    shown.press("64", KEYS.Key_Return)
    rows = shown.view.model.rows
    assert [rows[row].node for row in told] == ["inception_3a", ""]
    assert resets == []
    shown.press(KEYS.Key_Up)
    assert len(told) == 2


def test_another_theme_colours_every_row_anew(shown: PaperAnswer) -> None:
    model, told = shown.view.model, list[int]()
    model.dataChanged.connect(lambda first, last, roles: told.append(first.row()))
    shown.show(replace(shown.state, look=replace(shown.state.look, theme="dark")))
    assert told == list(range(len(model.rows)))
    total = model.index(len(model.rows) - 1, 0)
    assert total.data(Qt.ItemDataRole.BackgroundRole).name() == DARK.window


def test_a_part_of_a_block_that_is_chosen_elsewhere_is_its_blocks_row(shown: PaperAnswer) -> None:
    shown.show(replace(shown.state, focus=Focus("GoogLeNet", "inception_4a/5x5")))
    assert shown.current[0] == "inception_4a"
    assert shown.focuses == []


def test_what_is_chosen_elsewhere_is_shown_at_one_of_its_widths(shown: PaperAnswer) -> None:
    for node, column in (("conv1", "filters"), ("inception_3a", "1x1"), ("conv2", "3x3_reduce"), ("pool1", "patch")):
        shown.show(replace(shown.state, focus=Focus("GoogLeNet", node)))
        assert shown.current == (node, column)
    shown.choose("inception_3a", "5x5")
    shown.show(replace(shown.state, focus=Focus("GoogLeNet", "inception_4a")))
    assert shown.current == ("inception_4a", "5x5")


def test_another_design_is_chosen_above_the_table(qtbot: QtBot) -> None:
    project = start()
    shown = PaperAnswer(qtbot, state_of(project))
    assert [text for _, text in shown.view.design.options] == [design.name for design in project.designs]
    shown.view.design.chosen.emit(project.designs[1].name)
    assert shown.view.model.design == project.designs[1].name == shown.state.focus.design
    assert not PaperAnswer(qtbot, googlenet()).view.design.isVisible()


def test_without_a_layer_the_view_says_what_to_do(qtbot: QtBot) -> None:
    shown = PaperAnswer(qtbot, state_of(start().with_designs(())))
    assert shown.view.hint.isVisible()
    assert shown.view.hint.text() == NO_LAYER_HINT
    assert not shown.view.table.isVisible()
    shown.show(state_of(start()))
    assert shown.view.table.isVisible()
    assert not shown.view.hint.isVisible()


def test_a_mistake_is_told_at_its_row(qtbot: QtBot) -> None:
    shown = PaperAnswer(qtbot, state_of(mistaken()))
    problem = next(p for p in shown.state.check.problems if p.design and p.node)
    shown.show(replace(shown.state, focus=Focus(problem.design, problem.node)))
    wrong = next(row for row in shown.view.model.rows if row.problem)
    shown.show(replace(shown.state, focus=Focus(wrong.design, wrong.node)))
    assert wrong.problem in shown.view.note.text()


def test_the_name_of_a_row_chooses_it(shown: PaperAnswer) -> None:
    names = shown.view.table.verticalHeader()
    row = shown.view.model.row_of(("GoogLeNet", "pool3"))
    at = QPoint(10, names.sectionViewportPosition(row) + 5)
    shown.qtbot.mouseClick(names.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert shown.state.focus.node == "pool3"


@pytest.mark.parametrize("project", [GOOGLENET, mistaken(), with_stem()], ids=lambda project: project.title)
def test_the_model_keeps_qts_rules(qtmodeltester: ModelTester, qtbot: QtBot, project: Project) -> None:
    qtmodeltester.check(PaperAnswer(qtbot, state_of(project)).view.model)


def test_in_the_window_a_typed_width_is_one_undo_step(
    qtbot: QtBot, open_window: Callable[[Project], MainWindow]
) -> None:
    window = open_window(GOOGLENET)
    view = window.views["paper"]
    assert isinstance(view, GooglenetTableView)
    window.docks["paper"].raise_()
    window.workbench.set_focus(Focus("GoogLeNet", "inception_3a"))
    index = view.model.index(view.model.row_of(("GoogLeNet", "inception_3a")), 6)
    view.table.setCurrentIndex(index)
    qtbot.keyClicks(view.table, "6")
    (editor,) = view.table.viewport().findChildren(QLineEdit)
    qtbot.keyClicks(editor, "4")
    qtbot.keyClick(editor, KEYS.Key_Return)
    QApplication.processEvents()
    stack = window.workbench.document.undo_stack
    assert (stack.count(), stack.undoText()) == (1, "Set 3×3 reduce of inception_3a to 64")
    assert index.data() == "64"
    stack.undo()
    assert index.data() == "96"
