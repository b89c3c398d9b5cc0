"""The view of counting rules: what each counts, and choosing one for the whole window."""

import re
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QSize, Qt
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from engine.cost.counting import CONVENTIONS, Convention, convention_by_id, custom_convention
from engine.files.paths import RESOURCES
from engine.network.input_specs import NoiseInput
from engine.project.file import load_project
from engine.project.project import Project
from engine.reports.counting_table import LEFT_OUT, TITLE_COLUMN, TOTAL_COLUMN
from gui.export.pictures import render_view
from gui.state.focus import Focus
from gui.state.look import Look
from gui.state.view_state import ViewState
from gui.views.counting import CountingView
from gui.views.counting_model import CountingModel
from tests.golden.projects import mistaken, start
from tests.gui.view_harness import state_of, update_view


@pytest.fixture(scope="module")
def resnets() -> ViewState:
    project = load_project(RESOURCES / "projects" / "resnet50.toml").project
    return state_of(project, Focus("v1.5", "fc"))


@pytest.fixture
def view(qtbot: QtBot) -> CountingView:
    view = CountingView(state_of(start()))
    qtbot.addWidget(view)
    view.resize(900, 400)
    view.show()
    return view


def texts(model: CountingModel, column: int) -> list[str]:
    return [model.index(row, column).data() for row in range(model.rowCount())]


def test_its_model_obeys_the_rules_of_qt(resnets: ViewState, qtmodeltester: ModelTester) -> None:
    model = CountingModel()
    model.show_state(resnets, "v1.5")
    qtmodeltester.check(model)


def test_resnet50_has_the_published_totals_of_every_tool(view: CountingView, resnets: ViewState) -> None:
    update_view(view, resnets)
    assert view.design.value() == "v1.5"
    totals = dict(zip(texts(view.model, TITLE_COLUMN), texts(view.model, TOTAL_COLUMN), strict=True))
    assert totals["as torchvision counts"] == "4.089 G MACs"
    assert totals["as fvcore counts"] == "4.112 G MACs"
    assert totals["as ptflops counts"] == "4.132 G MACs"
    assert totals["as ptflops counts, activations as functions"] == "4.123 G MACs"
    assert totals["as thop 0.0.31 counts (September 2019)"] == "4.136 G MACs"
    assert totals["as thop 0.1.1 counts (September 2022)"] == "4.134 G MACs"
    assert totals["FLOPs (2 per MAC)"] == "8.178 G FLOPs"


def test_a_tool_tip_says_what_a_term_contributes_or_that_it_is_left_out(view: CountingView, resnets: ViewState) -> None:
    update_view(view, resnets)
    row = [rule.id for rule in view.model.conventions].index("fvcore")
    columns = {term.id: 2 + number for number, term in enumerate(view.model.terms)}
    norm = view.model.index(row, columns["batch_norm"])
    assert norm.data() == "22.23 M"
    assert norm.data(Qt.ItemDataRole.ToolTipRole).endswith("each as 2: 22,227,968 MACs")
    relu = view.model.index(row, columns["relu"])
    assert relu.data() == LEFT_OUT
    assert relu.data(Qt.ItemDataRole.ToolTipRole).startswith("left out")
    assert "softmax" in columns
    assert "lrn" not in columns


def test_a_cell_is_empty_if_the_rule_counts_its_arithmetic_in_another_column(
    view: CountingView, resnets: ViewState
) -> None:
    update_view(view, resnets)
    row = [rule.id for rule in view.model.conventions].index("torchinfo")
    columns = {term.id: 2 + number for number, term in enumerate(view.model.terms)}
    norm = view.model.index(row, columns["batch_norm"])
    assert norm.data() == ""
    tip = norm.data(Qt.ItemDataRole.ToolTipRole)
    assert tip == "counted as batch norm parameters: values that batch norm shifts and scales"
    assert view.model.index(row, columns["batch_norm_params"]).data() == "53.12 K"
    assert view.model.index(0, columns["batch_norm_params"]).data() == LEFT_OUT


@pytest.mark.parametrize("rule", CONVENTIONS, ids=lambda rule: rule.id)
def test_the_note_does_not_leave_out_what_a_cell_counts(
    view: CountingView, resnets: ViewState, rule: Convention
) -> None:
    update_view(view, replace(resnets, look=Look(convention=rule, metric="ops")))
    left_out = view.note.text().partition("Left out: ")[2].partition(". Rule")[0]
    named = {re.sub(r"^[\d.,]+ (?:[KMG] )?", "", part) for part in left_out.split(", ") if part}
    row = view.model.current_row
    dashes = {
        term.title
        for column, term in enumerate(view.model.terms, 2)
        if view.model.index(row, column).data() == LEFT_OUT and not term.instead_of
    }
    assert named == dashes


def test_the_note_names_the_rule_the_count_and_the_omitted_terms(view: CountingView, resnets: ViewState) -> None:
    update_view(view, replace(resnets, look=Look(convention=convention_by_id("fvcore"), metric="ops")))
    assert view.note.text().startswith(
        "v1.5, as fvcore counts: 4,111,512,576 MACs for one input. Left out: 9.609 M relu"
    )
    assert "Rule: fvcore" in view.note.text()


def test_choosing_a_row_requests_its_rule_and_operations_as_the_metric(
    qtbot: QtBot, view: CountingView, resnets: ViewState
) -> None:
    update_view(view, resnets)
    row = [rule.id for rule in view.model.conventions].index("thop")
    with qtbot.waitSignal(view.look_requested) as signal:
        view.table.scrollTo(view.model.index(row, TITLE_COLUMN))
        rect = view.table.visualRect(view.model.index(row, TITLE_COLUMN))
        qtbot.mouseClick(view.table.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    (look,) = signal.args
    assert (look.convention, look.metric) == (convention_by_id("thop"), "ops")


def test_showing_a_state_requests_nothing_and_selects_the_row_of_its_rule(
    qtbot: QtBot, view: CountingView, resnets: ViewState
) -> None:
    with qtbot.assertNotEmitted(view.look_requested):
        update_view(view, resnets)
        thop = replace(resnets, look=replace(resnets.look, convention=convention_by_id("thop"), metric="ops"))
        view.show_state(resnets, thop)
    assert view.table.currentIndex().row() == [rule.id for rule in CONVENTIONS].index("thop")


def test_counting_another_group_of_terms_makes_a_custom_rule(
    qtbot: QtBot, view: CountingView, resnets: ViewState
) -> None:
    update_view(view, resnets)
    with qtbot.waitSignal(view.look_requested) as signal:
        view.group_actions["batch norm"].trigger()
    (look,) = signal.args
    assert look.convention == custom_convention("MACs", ["batch norm"])
    view.show_state(resnets, replace(resnets, look=look))
    assert texts(view.model, TITLE_COLUMN)[-1] == "MACs with batch norm"
    assert view.table.currentIndex().row() == view.model.rowCount() - 1
    assert view.group_actions["batch norm"].isChecked()


def test_a_batch_multiplies_the_total_and_leaves_the_rule(qtbot: QtBot, view: CountingView, resnets: ViewState) -> None:
    look = Look(convention=convention_by_id("fvcore"), metric="ops")
    update_view(view, replace(resnets, look=look))
    with qtbot.waitSignal(view.look_requested) as signal:
        view.batch.setValue(8)
    (new_look,) = signal.args
    assert new_look.convention == replace(convention_by_id("fvcore"), batch=8)
    view.show_state(resnets, replace(resnets, look=new_look))
    total = view.model.index(view.model.current_row, TOTAL_COLUMN)
    assert total.data(Qt.ItemDataRole.ToolTipRole) == f"{8 * 4_111_512_576:,} MACs"


def test_another_design_can_be_counted(view: CountingView, resnets: ViewState) -> None:
    update_view(view, resnets)
    view.design.show_value("v1")
    view.design.chosen.emit("v1")
    assert texts(view.model, TOTAL_COLUMN)[0] == "3.858 G MACs"


def test_unknown_totals_are_shown_as_unknown(view: CountingView) -> None:
    update_view(view, state_of(mistaken(), Focus("bottleneck")))
    assert set(texts(view.model, TOTAL_COLUMN)) == {"unknown MACs", "unknown FLOPs"}
    assert "unknown until" in view.note.text()


def test_the_view_can_be_made_narrow(view: CountingView) -> None:
    update_view(view, state_of(start()))
    assert view.minimumSizeHint().width() <= 250


# The picture


def figure_texts(state: ViewState) -> str:
    return " ".join(ElementTree.fromstring(render_view(state, "counting", "svg")).itertext())


def test_the_picture_has_the_rows_of_every_design_and_what_the_rule_in_use_leaves_out(resnets: ViewState) -> None:
    ptflops = convention_by_id("ptflops")
    state = replace(resnets, look=replace(resnets.look, convention=ptflops, metric="ops"))
    texts = figure_texts(state)
    model = CountingModel()
    for design in (name for name in state.check.analyses if name):
        model.show_state(state, design)
        assert design in texts
        for row in range(model.rowCount()):
            assert all(str(model.index(row, column).data()) in texts for column in range(model.columnCount()))
    assert "Rule: ptflops" in texts


@pytest.mark.parametrize("size", [(1600, 1000), (500, 220), (200, 200)])
def test_the_picture_of_many_designs_stays_inside_its_area_and_counts_those_left_out(size: tuple[int, int]) -> None:
    state = state_of(start())
    (design, *_) = state.project.designs
    project = replace(state.project, designs=tuple(replace(design, name=f"d{number}") for number in range(30)))
    texts = " ".join(
        ElementTree.fromstring(render_view(state_of(project), "counting", "svg", size=QSize(*size))).itertext()
    )
    assert "d0" in texts
    assert "more designs" in texts


def test_the_picture_of_a_mistaken_design_says_unknown() -> None:
    texts = figure_texts(state_of(mistaken()))
    assert "unknown until its mistakes are corrected" in texts


def test_the_picture_without_designs_says_what_to_do() -> None:
    assert "Add a design" in figure_texts(state_of(Project(NoiseInput((1, 2, 3)))))
