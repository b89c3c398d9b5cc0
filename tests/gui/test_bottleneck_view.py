"""The bottleneck view in the window: ranks are searched, chosen, run, applied and undone."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from engine.layers import Activation, Conv2d, Dense
from engine.network.graph import Network, Node
from engine.network.input_specs import ArrayInput, ImageInput, NoiseInput
from engine.network.weight_specs import FileWeights, Form, LowRankWeights
from engine.project.project import Design, Project
from engine.rank_search import FORMS, RankSearch, calibration_set
from engine.run.check import check
from gui.export.pictures import render_view
from gui.paint.bottleneck.drawing import _STALE, build_bottleneck_content
from gui.state.focus import Focus
from gui.state.rank_search import RankQuery, RankSearchState
from gui.state.requests import SearchDesign, SearchRanks
from gui.views.bottleneck_design import BottleneckDesignPage
from gui.views.bottleneck_layer import BottleneckLayerPage, parse_macs, parse_percent
from gui.views.bottleneck_model import _LAYER_COLUMN, _NOT_SEARCHED
from gui.window.main_window import MainWindow
from tests.gui.user_input import move_mouse

NETWORK = Network(
    (
        Node("first", Conv2d(10, 3)),
        Node("relu", Activation("relu")),
        Node("second", Conv2d(6, 5)),
        Node("grouped", Conv2d(6, 3, groups=6)),
    )
)
PROJECT = Project(NoiseInput((8, 12, 12), seed=3), (Design("deep", NETWORK),), title="Two convolutions")
REF = ("deep", "second")
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(open_window: Callable[[Project], MainWindow]) -> MainWindow:
    return open_window(PROJECT)


@pytest.fixture
def wait(window: MainWindow, qtbot: QtBot) -> Callable[[], None]:
    """Wait until nothing is searched and the answer to the last query is shown."""

    def wait() -> None:
        qtbot.waitUntil(lambda: not window.workbench.state.rank_search.busy_text, timeout=20_000)

    return wait


@pytest.fixture
def page(window: MainWindow, wait: Callable[[], None]) -> BottleneckLayerPage:
    """The page of a layer, `second`, after its search."""
    window.workbench.set_focus(Focus(*REF))
    window.actions_by_id["search_ranks"].trigger()
    wait()
    return window.views["bottleneck"].layer


@pytest.fixture
def design_page(window: MainWindow, wait: Callable[[], None]) -> BottleneckDesignPage:
    """The page of the design after the search of all its layers."""
    window.workbench.set_focus(Focus(*REF))
    window.docks.bring_forward("bottleneck")
    window.views["bottleneck"].tabs.setCurrentWidget(window.views["bottleneck"].design)
    window.views["bottleneck"].design.search_button.click()
    wait()
    return window.views["bottleneck"].design


def chosen_ranks(window: MainWindow) -> tuple[int, ...]:
    search = window.workbench.state.rank_search
    assert search.curve is not None
    assert search.rank_index is not None
    return search.curve.ranks[search.rank_index]


def test_the_command_search_shows_the_curve_and_maps_of_the_focused_layer(
    window: MainWindow, page: BottleneckLayerPage
) -> None:
    assert window.docks.centre.currentWidget() is window.docks.contents["bottleneck"]
    search = window.workbench.state.rank_search
    assert search.curve is not None
    assert search.curve.ref == REF
    assert search.visible_result is not None
    assert page.maps.isVisible()
    assert page.slider.maximum() == len(search.curve.ranks) - 1


def test_inputs_of_maps_are_offered_once_there_are_some(window: MainWindow, wait: Callable[[], None]) -> None:
    window.workbench.set_focus(Focus(*REF))
    window.docks.bring_forward("bottleneck")
    page = window.views["bottleneck"].layer
    assert page.search_button.isVisible()
    assert not page.map_input.isVisible()
    window.actions_by_id["search_ranks"].trigger()
    wait()
    assert page.map_input.isVisible()


def test_in_a_low_window_the_chart_takes_the_space_of_the_maps(window: MainWindow, page: BottleneckLayerPage) -> None:
    window.resize(900, 400)
    QApplication.processEvents()
    assert page.chart.visible_chart() is not None
    assert not page.maps.isVisible()
    window.resize(1600, 1000)
    QApplication.processEvents()
    assert page.maps.isVisible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_unchecked_box_of_the_list_is_visible(
    window: MainWindow, design_page: BottleneckDesignPage, theme: str
) -> None:
    workbench = window.workbench
    workbench.set_look(replace(workbench.state.look, theme=theme))
    table = design_page.table
    table.clearSelection()
    QApplication.processEvents()
    cell = table.visualRect(table.model().index(0, 0))
    image = table.viewport().grab(cell.adjusted(0, 0, cell.height() - cell.width(), 0)).toImage()
    lightness = [image.pixelColor(x, y).lightness() for y in range(image.height()) for x in range(image.width())]
    assert max(lightness) - min(lightness) > 60


def test_the_slider_chooses_the_rank_whose_maps_are_run(
    window: MainWindow, page: BottleneckLayerPage, wait: Callable[[], None]
) -> None:
    for index in (0, 5, 3):
        page.slider.setValue(index)
        wait()
        assert chosen_ranks(window) == (index + 1,)
        result = window.workbench.state.rank_search.visible_result
        assert result is not None
        assert result.ranks == (index + 1,)
        assert page.box.value() == index + 1


def test_of_many_quick_choices_only_the_result_of_the_last_is_shown(
    window: MainWindow, page: BottleneckLayerPage, wait: Callable[[], None], qtbot: QtBot
) -> None:
    for index in (0, 1, 2, 6, 4):
        page.slider.setValue(index)
    qtbot.waitUntil(lambda: window.workbench.state.rank_search.visible_result is not None, timeout=20_000)
    assert chosen_ranks(window) == (5,)
    wait()


def test_a_rank_chosen_while_the_curve_is_measured_is_run_afterwards(
    window: MainWindow, wait: Callable[[], None], qtbot: QtBot
) -> None:
    window.workbench.set_focus(Focus(*REF))
    page = window.views["bottleneck"].layer
    window.actions_by_id["search_ranks"].trigger()
    qtbot.waitUntil(lambda: window.workbench.state.rank_search.curve is not None, timeout=20_000)
    page.slider.setValue(2)
    qtbot.waitUntil(lambda: window.workbench.state.rank_search.visible_result is not None, timeout=20_000)
    wait()
    assert chosen_ranks(window) == (3,)


def test_if_no_rank_is_within_the_error_the_largest_one_that_saves_macs_is_chosen(
    window: MainWindow, page: BottleneckLayerPage, wait: Callable[[], None]
) -> None:
    page.error.edit.setText("0.001")
    page.error.edit.textEdited.emit("0.001")
    wait()
    curve = window.workbench.state.rank_search.curve
    assert curve is not None
    assert curve.cheapest_within(1e-5) is None
    assert curve.break_even
    assert chosen_ranks(window) == curve.ranks[curve.break_even]


def test_a_missing_weight_file_is_reported(
    window: MainWindow, page: BottleneckLayerPage, wait: Callable[[], None], tmp_path: Path
) -> None:
    path = tmp_path / "weight.npy"
    np.save(path, np.ones((6, 10, 5, 5), np.float32))
    node = Node("second", Conv2d(6, 5, bias=False), weights=FileWeights(str(path)))
    window.workbench.edit("Weights", PROJECT.with_network("deep", NETWORK.with_node_replaced("second", node)))
    page.search_button.click()
    wait()
    assert window.workbench.state.rank_search.problems == ()
    path.unlink()
    page.search_button.click()
    wait()
    (problem,) = window.workbench.state.rank_search.problems
    assert "weight.npy" in problem.text


@pytest.mark.parametrize("form", FORMS)
def test_a_layer_whose_input_is_all_zeros_has_no_rank_to_choose(
    window: MainWindow, page: BottleneckLayerPage, wait: Callable[[], None], tmp_path: Path, form: Form
) -> None:
    np.save(tmp_path / "zeros.npy", np.zeros((8, 12, 12), np.float32))
    network = NETWORK.with_layer("first", Conv2d(10, 3, bias=False))
    zeros = replace(PROJECT.with_network("deep", network), input=ArrayInput(str(tmp_path / "zeros.npy")))
    window.workbench.edit("Zeros", zeros)
    page.form.setCurrentIndex(list(FORMS).index(form))
    page.form.activated.emit(page.form.currentIndex())
    wait()
    page.search_button.click()
    wait()
    search = window.workbench.state.rank_search
    assert search.problems == ()
    assert search.curve is not None
    assert (search.curve.form, search.curve.ranks, search.rank_index) == (form, (), None)
    assert not page.slider.isEnabled()


def test_a_tolerated_error_chooses_the_cheapest_rank_within_it(
    window: MainWindow, page: BottleneckLayerPage, wait: Callable[[], None]
) -> None:
    page.error.edit.setText("30")
    page.error.edit.textEdited.emit("30")
    wait()
    search = window.workbench.state.rank_search
    assert search.curve is not None
    assert search.rank_index == search.curve.cheapest_within(0.3)
    assert search.curve.decisive_errors[search.rank_index] <= 0.3 < search.curve.decisive_errors[search.rank_index - 1]


def test_a_budget_of_macs_chooses_the_largest_rank_within_it(
    window: MainWindow, page: BottleneckLayerPage, wait: Callable[[], None]
) -> None:
    page.budget.edit.textEdited.emit("50K")
    wait()
    search = window.workbench.state.rank_search
    assert search.curve is not None
    assert search.rank_index is not None
    assert search.curve.costs[search.rank_index] <= 50_000 < search.curve.costs[search.rank_index + 1]


@pytest.mark.parametrize(("text", "percent"), [("5", 5), ("0,5", 0.5), ("12 %", 12)])
def test_percentages_are_parsed_as_people_write_them(text: str, percent: float) -> None:
    assert parse_percent(text) == percent


@pytest.mark.parametrize("text", ["", "0", "100", "many"])
def test_an_invalid_error_is_refused_with_the_valid_range(text: str) -> None:
    with pytest.raises(ValueError, match="between 0 and 100"):
        parse_percent(text)


def test_macs_are_parsed_with_their_prefix_and_an_empty_text_as_no_budget() -> None:
    assert (parse_macs("13.25M"), parse_macs("512"), parse_macs(" ")) == (13_250_000, 512, 0)
    with pytest.raises(ValueError, match="500M"):
        parse_macs("a lot")


def test_refitting_runs_another_replacement_with_a_smaller_error_on_the_fitted_inputs(
    window: MainWindow, page: BottleneckLayerPage, wait: Callable[[], None]
) -> None:
    page.slider.setValue(2)
    wait()
    plain = window.workbench.state.rank_search.result
    page.refit.click()
    wait()
    refitted = window.workbench.state.rank_search.result
    assert plain is not None
    assert refitted is not None
    assert refitted.refit
    assert refitted.fit_error is not None
    assert plain.fit_error is not None
    assert refitted.fit_error < plain.fit_error


def test_apply_replaces_the_layer_by_the_pair_in_one_undo_step(
    window: MainWindow, page: BottleneckLayerPage, wait: Callable[[], None]
) -> None:
    page.slider.setValue(1)
    wait()
    curve = window.workbench.state.rank_search.curve
    assert curve is not None
    page.apply.click()
    project = window.workbench.state.project
    node = project.network("deep").node("second")
    assert isinstance(node.weights, LowRankWeights)
    assert project.network("deep").node("second_reduce").layer == Conv2d(2, 1, bias=False)
    report = check(project).reports
    assert (report["deep", "second"].macs or 0) + (report["deep", "second_reduce"].macs or 0) == curve.costs[1]
    window.workbench.document.undo_stack.undo()
    assert window.workbench.state.project == PROJECT
    assert not window.workbench.document.undo_stack.canUndo()


def test_apply_to_a_copy_adds_a_design_and_leaves_the_original(window: MainWindow, page: BottleneckLayerPage) -> None:
    page.apply_copy.click()
    project = window.workbench.state.project
    assert project.design("deep") == PROJECT.design("deep")
    assert [design.name for design in project.designs] == ["deep", "deep, fitted"]
    assert window.workbench.state.focus.design == "deep, fitted"
    assert not window.workbench.state.check.problems


def test_what_was_put_in_runs_and_gives_what_the_trial_gave(
    window: MainWindow, page: BottleneckLayerPage, wait: Callable[[], None], qtbot: QtBot
) -> None:
    page.slider.setValue(2)
    wait()
    trial = window.workbench.state.rank_search.result
    page.apply.click()
    window.workbench.run()
    qtbot.waitUntil(lambda: window.workbench.state.run.progress is None, timeout=20_000)
    assert trial is not None
    fitted_to = window.workbench.state.rank_search.calibration
    assert fitted_to is not None
    result = window.workbench.state.run.results[REF].volume
    assert trial.spec in fitted_to.check_inputs  # the window's own input is what it is fitted to
    assert result.shape == trial.output.shape
    page.map_input.chosen.emit(fitted_to.fit_inputs[0])
    assert np.isfinite(result).all()


def test_after_an_edit_the_curve_is_dimmed_and_cannot_be_applied(window: MainWindow, page: BottleneckLayerPage) -> None:
    state = window.workbench.state
    network = state.project.network("deep").with_layer("first", Conv2d(12, 3))
    window.workbench.edit("Wider", state.project.with_network("deep", network))
    content = build_bottleneck_content(window.workbench.state)
    assert content.message == _STALE
    assert content.maps is not None
    assert not any(panel.is_fresh for panel in content.maps.panels)
    assert not page.apply.isEnabled()
    window.workbench.document.undo_stack.undo()
    assert build_bottleneck_content(window.workbench.state).message != _STALE
    assert page.apply.isEnabled()


def test_another_form_is_searched_at_once(
    window: MainWindow, page: BottleneckLayerPage, wait: Callable[[], None]
) -> None:
    page.form.chosen.emit("1x1+kxk+1x1")
    wait()
    curve = window.workbench.state.rank_search.curve
    assert curve is not None
    assert len(curve.ranks[0]) == 2
    assert not page.box.isVisible()
    page.form.chosen.emit("kxk+1x1")
    wait()
    assert not page.refit.isEnabled()


def test_the_message_says_why_a_layer_cannot_be_replaced(window: MainWindow, page: BottleneckLayerPage) -> None:
    window.workbench.set_focus(Focus("deep", "grouped"))
    assert "6 groups" in build_bottleneck_content(window.workbench.state).message
    assert not page.search_button.isEnabled()
    assert not window.actions_by_id["search_ranks"].isEnabled()
    window.workbench.set_focus(Focus("deep", "relu"))
    assert "Select a convolution" in build_bottleneck_content(window.workbench.state).message


def test_the_message_of_an_unsearched_layer_says_what_to_do(window: MainWindow, page: BottleneckLayerPage) -> None:
    window.workbench.set_focus(Focus("deep", "first"))
    content = build_bottleneck_content(window.workbench.state)
    assert content.message.startswith("Search")
    assert content.curve is None
    assert page.search_button.isEnabled()


def test_the_cached_curve_of_a_layer_is_shown_again_when_it_gets_the_focus(
    window: MainWindow, page: BottleneckLayerPage, wait: Callable[[], None], qtbot: QtBot
) -> None:
    window.workbench.set_focus(Focus("deep", "first"))
    window.workbench.set_focus(Focus(*REF))
    assert build_bottleneck_content(window.workbench.state).curve is not None


def test_cancel_stops_the_search(window: MainWindow, qtbot: QtBot) -> None:
    window.workbench.set_focus(Focus(*REF))
    window.actions_by_id["search_ranks"].trigger()
    qtbot.waitUntil(lambda: bool(window.workbench.state.rank_search.busy_text), timeout=20_000)
    assert window.actions_by_id["cancel"].isEnabled()
    window.actions_by_id["cancel"].trigger()
    assert not window.workbench.state.rank_search.busy_text
    assert not window.actions_by_id["cancel"].isEnabled()


def test_opening_another_project_clears_the_curves(window: MainWindow, page: BottleneckLayerPage) -> None:
    window.workbench.show_project(replace(PROJECT, title="Another"))
    assert window.workbench.state.rank_search.curves == {}
    assert window.workbench.state.rank_search.query is None


def test_a_click_on_the_chart_chooses_the_rank_drawn_there(
    window: MainWindow, page: BottleneckLayerPage, qtbot: QtBot, wait: Callable[[], None]
) -> None:
    chart, curve = page.chart.visible_chart(), window.workbench.state.rank_search.curve
    assert chart is not None
    assert curve is not None
    point = chart.point_at(curve.costs[6], curve.expected_errors[6])
    qtbot.mouseClick(page.chart.viewport(), Qt.MouseButton.LeftButton, pos=point.toPoint())
    wait()
    assert chosen_ranks(window) == (7,)


def test_the_line_of_the_rank_is_dragged_like_the_slider(
    window: MainWindow, page: BottleneckLayerPage, wait: Callable[[], None]
) -> None:
    page.slider.setValue(2)
    wait()
    chart, curve = page.chart.visible_chart(), window.workbench.state.rank_search.curve
    assert chart is not None
    assert curve is not None
    port, middle = page.chart.viewport(), chart.plot.center().y()
    points = [QPointF(chart.x(curve.costs[index]), middle).toPoint() for index in (2, 3, 4, 6)]
    move_mouse(port, points[0])
    QTest.mousePress(port, LEFT, pos=points[0])
    values = []
    for point in points[1:]:
        move_mouse(port, point, LEFT)
        values.append(page.slider.value())
    QTest.mouseRelease(port, LEFT, pos=points[-1])
    assert values == [3, 4, 6]
    wait()
    result = window.workbench.state.rank_search.visible_result
    assert result is not None
    assert result.ranks == (7,)


def test_the_chart_keeps_its_size_while_the_maps_of_another_rank_are_computed(
    window: MainWindow, page: BottleneckLayerPage, wait: Callable[[], None]
) -> None:
    assert page.maps.isVisible()
    width = page.chart.width()
    page.slider.setValue(page.slider.value() - 1)
    QApplication.processEvents()
    assert page.maps.isVisible()
    assert page.chart.width() == width
    window.workbench.cancel()
    wait()
    assert page.maps.isVisible() == (window.workbench.state.rank_search.visible_result is not None)


def test_arrow_keys_step_through_the_ranks(
    window: MainWindow, page: BottleneckLayerPage, qtbot: QtBot, wait: Callable[[], None]
) -> None:
    page.slider.setValue(3)
    wait()
    for key, rank in ((Qt.Key.Key_Right, 5), (Qt.Key.Key_Left, 4), (Qt.Key.Key_PageDown, 1)):
        qtbot.keyClick(page.chart, key)
        wait()
        assert chosen_ranks(window) == (rank,)


def test_hovering_the_chart_announces_the_rank_and_its_errors(
    window: MainWindow, page: BottleneckLayerPage, qtbot: QtBot
) -> None:
    chart, curve = page.chart.visible_chart(), window.workbench.state.rank_search.curve
    assert chart is not None
    assert curve is not None
    texts: list[str] = []
    window.views["bottleneck"].hovered.connect(texts.append)
    qtbot.mouseMove(page.chart.viewport(), chart.point_at(curve.costs[3], 0.5).toPoint())
    assert any(text.startswith("r 4: ") and "expected" in text and "plain SVD" in text for text in texts)


@pytest.mark.parametrize("file_format", ["png", "svg", "pdf"])
def test_the_exported_figure_contains_the_curve(
    window: MainWindow, page: BottleneckLayerPage, file_format: str
) -> None:
    searched = window.workbench.state
    unsearched = replace(searched, rank_search=RankSearchState())
    content, empty = (render_view(state, "bottleneck", file_format) for state in (searched, unsearched))
    assert len(content) > len(empty)
    if file_format == "svg":
        assert b"rank r, maps between" in content
        assert b"rank r, maps between" not in empty


def test_the_tooltip_of_the_button_says_what_it_does_or_why_it_cannot(
    window: MainWindow, page: BottleneckLayerPage
) -> None:
    assert page.search_button.text() == "Search"
    assert "Find what can replace" in page.search_button.toolTip()
    window.workbench.set_focus(Focus("deep", "grouped"))
    assert "6 groups" in page.search_button.toolTip()
    window.workbench.set_focus(Focus("deep", "first"))
    assert "Find what can replace" in page.search_button.toolTip()


def test_a_curve_cancelled_before_its_first_measurement_is_measured_the_next_time(
    window: MainWindow, wait: Callable[[], None], qtbot: QtBot
) -> None:
    window.workbench.set_focus(Focus(*REF))
    rank_search = window.workbench.rank_search

    def cancel(search: RankSearchState) -> None:
        if search.busy_text and search.curve is not None and not search.curve.measured_at:
            rank_search.cancel()

    rank_search.changed.connect(cancel)
    window.actions_by_id["search_ranks"].trigger()
    wait()
    rank_search.changed.disconnect(cancel)
    curve = window.workbench.state.rank_search.curve
    assert curve is not None
    assert not curve.measured_at
    window.actions_by_id["search_ranks"].trigger()
    wait()
    curve = window.workbench.state.rank_search.curve
    assert curve is not None
    assert curve.measured_at
    assert window.workbench.state.rank_search.visible_result is not None


def test_a_cancelled_search_does_not_start_again_after_a_search_of_the_design(
    window: MainWindow, page: BottleneckLayerPage, wait: Callable[[], None], qtbot: QtBot
) -> None:
    page.slider.setValue(0)
    window.workbench.cancel()
    busy_texts: list[str] = []
    window.workbench.rank_search.changed.connect(lambda search: busy_texts.append(search.busy_text))
    window.workbench.answer(SearchDesign("deep", RankQuery(REF)))
    wait()
    qtbot.wait(50)
    assert "searching second" not in busy_texts
    assert not window.workbench.state.rank_search.busy_text


def test_a_query_of_a_removed_design_is_refused(window: MainWindow, wait: Callable[[], None]) -> None:
    window.workbench.answer(SearchDesign("gone", RankQuery(REF)))
    wait()
    window.workbench.answer(SearchRanks(RankQuery(("gone", "second"))))
    wait()
    (problem,) = window.workbench.state.rank_search.problems
    assert "select a convolution" in problem.text


def test_after_apply_the_page_says_that_the_layer_is_fitted_and_chooses_nothing(
    window: MainWindow, page: BottleneckLayerPage, wait: Callable[[], None]
) -> None:
    page.apply.click()
    content = build_bottleneck_content(window.workbench.state)
    assert content.message.startswith("second is fitted already")
    assert content.is_stale
    assert content.chart_marks is not None
    assert not page.apply.isEnabled()
    assert not page.slider.isEnabled()
    assert page.slider.value() == page.box.value() - 1 == content.chart_marks.selected_index
    page.chart.rank_selected.emit(0)
    wait()
    assert window.workbench.state.rank_search.problems
    assert not page.apply.isEnabled()
    window.workbench.document.undo_stack.undo()
    assert not build_bottleneck_content(window.workbench.state).is_stale
    assert page.apply.isEnabled()


def test_an_searched_layer_focused_while_another_is_searched_is_shown_afterwards(
    window: MainWindow, page: BottleneckLayerPage, wait: Callable[[], None]
) -> None:
    window.workbench.set_focus(Focus("deep", "first"))
    window.actions_by_id["search_ranks"].trigger()
    window.workbench.set_focus(Focus(*REF))
    wait()
    assert build_bottleneck_content(window.workbench.state).curve is not None
    wait()
    assert page.slider.isEnabled()
    assert window.workbench.state.rank_search.visible_result is not None


def test_the_run_of_a_cached_curve_can_be_cancelled_at_once(
    window: MainWindow, page: BottleneckLayerPage, wait: Callable[[], None]
) -> None:
    window.workbench.set_focus(Focus("deep", "first"))
    window.actions_by_id["search_ranks"].trigger()
    wait()
    window.workbench.set_focus(Focus(*REF))
    assert window.workbench.state.rank_search.busy_text
    assert window.actions_by_id["cancel"].isEnabled()
    assert page.search_button.text() == "Cancel"
    wait()


def test_a_mistake_in_an_earlier_layer_is_shown_in_the_page(
    open_window: Callable[[Project], MainWindow], qtbot: QtBot
) -> None:
    first = PROJECT.network("deep").node("first")
    network = PROJECT.network("deep").with_node_replaced(
        "first", replace(first, weights=FileWeights("/nowhere.npz", "w", "b"))
    )
    window = open_window(PROJECT.with_network("deep", network))
    window.workbench.set_focus(Focus(*REF))
    window.actions_by_id["search_ranks"].trigger()
    qtbot.waitUntil(lambda: not window.workbench.state.rank_search.busy_text, timeout=20_000)
    content = build_bottleneck_content(window.workbench.state)
    assert content.is_mistake
    assert "/nowhere.npz does not exist" in content.message
    window.workbench.edit("Seeded", PROJECT)
    assert not build_bottleneck_content(window.workbench.state).is_mistake
    window.workbench.document.undo_stack.undo()
    window.workbench.answer(SearchDesign("deep", RankQuery(REF)))
    qtbot.waitUntil(lambda: not window.workbench.state.rank_search.busy_text, timeout=20_000)
    assert "/nowhere.npz does not exist" in window.workbench.state.rank_search.problems[0].text


# Photos


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of three photos of random pixels."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, name in enumerate(("a.png", "b.png", "c.png")):
        write_photo(folder / name, number)
    return folder


def write_photo(path: Path, seed: int) -> None:
    values = np.random.default_rng(seed).integers(0, 255, (12, 12, 3), np.uint8)
    QImage(values.tobytes(), 12, 12, 36, QImage.Format.Format_RGB888).save(str(path))


@pytest.fixture
def photo_window(open_window: Callable[[Project], MainWindow], tmp_path: Path, photos: Path) -> MainWindow:
    """A window whose input is a photo, with the focus on `second`."""
    project = replace(PROJECT, input=ImageInput(str(photos / "a.png"), (12, 12)))
    window = open_window(project)
    window.workbench.set_focus(Focus(*REF))
    return window


def errors_in_window(window: MainWindow, qtbot: QtBot, query: RankQuery) -> dict[int, float]:
    window.workbench.answer(SearchRanks(query))
    qtbot.waitUntil(lambda: not window.workbench.state.rank_search.busy_text, timeout=20_000)
    search = window.workbench.state.rank_search
    assert not search.problems
    assert search.curve is not None
    return search.curve.decisive_errors


def expected_errors(project: Project, photos: Path) -> dict[int, float]:
    return RankSearch(project, calibration_set(project, photos)).curve(REF, "1x1+kxk").decisive_errors


def test_a_folder_of_photos_has_its_own_curve(photo_window: MainWindow, photos: Path, qtbot: QtBot) -> None:
    errors_in_window(photo_window, qtbot, RankQuery(REF))
    errors = errors_in_window(photo_window, qtbot, RankQuery(REF, photo_folder=photos))
    expected = expected_errors(photo_window.workbench.state.project, photos)
    assert expected
    assert {index: errors[index] for index in expected} == expected


def test_a_replaced_photo_is_read_again(photo_window: MainWindow, photos: Path, qtbot: QtBot) -> None:
    before = errors_in_window(photo_window, qtbot, RankQuery(REF, photo_folder=photos))
    write_photo(photos / "c.png", 99)
    errors = errors_in_window(photo_window, qtbot, RankQuery(REF, photo_folder=photos))
    expected = expected_errors(photo_window.workbench.state.project, photos)
    assert expected
    assert {index: errors[index] for index in expected} == expected
    assert before[0] != errors[0]


# The whole design


def measure_all(window: MainWindow, page: BottleneckDesignPage, wait: Callable[[], None], qtbot: QtBot) -> None:
    """Check every layer for an error of a half, and measure the loss at the output."""
    page.error.show_value(0.5)
    page.error.chosen.emit(0.5)
    page.check_all_button.click()
    page.measure.click()
    qtbot.waitUntil(lambda: window.workbench.state.rank_search.replacement is not None, timeout=20_000)
    wait()


def test_the_page_on_the_design_names_the_layers_that_are_not_searched_with_the_reason(
    window: MainWindow, design_page: BottleneckDesignPage
) -> None:
    convolutions = [Node(f"narrow{number}", Conv2d(8, 1)) for number in range(5)]
    layers = (*convolutions, Node("wide", Conv2d(8, 3)), Node("<b>grouped</b>", Conv2d(8, 3, groups=8)))
    design = Design("mixed", Network((*layers, Node("last", Dense(4)))))
    window.workbench.edit("Add", replace(window.workbench.state.project, designs=(design,)))
    window.workbench.set_focus(Focus("mixed", "wide"))
    assert [report.name for report in design_page.model.reports] == ["wide"]
    narrow, grouped, dense = design_page.skipped.text().splitlines()
    assert narrow.startswith("Skipped: narrow0, narrow1, narrow2 and 2 more (is 1×1")
    assert grouped == "Skipped: <b>grouped</b> (has 8 groups, which are narrow already)"
    assert dense == "Skipped: last (is dense; only conv2d can be replaced)"
    assert "narrow4 is 1×1" in design_page.skipped.toolTip()
    assert "<b>" not in design_page.skipped.toolTip()
    window.workbench.edit(
        "Remove", replace(window.workbench.state.project, designs=(Design("mixed", Network(layers[5:6])),))
    )
    assert not design_page.skipped.isVisibleTo(design_page)


def test_the_list_has_every_kxk_convolution_with_its_savings(design_page: BottleneckDesignPage) -> None:
    model = design_page.model
    assert sorted(report.name for report in model.reports) == ["first", "second"]
    texts = [model.index(row, column).data() for row in range(2) for column in range(model.columnCount())]
    assert _NOT_SEARCHED not in texts
    titles = [model.headerData(column, Qt.Orientation.Horizontal) for column in range(model.columnCount())]
    assert titles == ["Layer", "Weights", "MACs", "Saved at 1 %", "Saved at 2 %", "Saved at 5 %", "Saved at 10 %"]


def test_several_layers_are_replaced_in_one_step_after_the_loss_is_measured(
    window: MainWindow, design_page: BottleneckDesignPage, wait: Callable[[], None], qtbot: QtBot
) -> None:
    design_page.error.show_value(0.5)
    design_page.error.chosen.emit(0.5)
    assert not design_page.apply.isEnabled()
    design_page.check_all_button.click()
    assert "Measure" in design_page.note.text()
    design_page.measure.click()
    qtbot.waitUntil(lambda: window.workbench.state.rank_search.replacement is not None, timeout=20_000)
    wait()
    assert "Measured on noise, seed 4: the last volume differs by" in design_page.note.text()
    replacement = window.workbench.state.rank_search.replacement
    assert replacement is not None
    design_page.apply.click()
    state = window.workbench.state
    assert state.check.analyses["deep"].macs == replacement.macs < replacement.macs_before
    window.workbench.document.undo_stack.undo()
    assert window.workbench.state.project == PROJECT


def test_a_measurement_is_not_valid_for_other_checked_layers(
    window: MainWindow, design_page: BottleneckDesignPage, wait: Callable[[], None], qtbot: QtBot
) -> None:
    measure_all(window, design_page, wait, qtbot)
    assert design_page.apply.isEnabled()
    index = design_page.model.index(0, _LAYER_COLUMN)
    design_page.model.setData(index, Qt.CheckState.Unchecked, Qt.ItemDataRole.CheckStateRole)
    assert not design_page.apply.isEnabled()


def test_a_project_that_was_edited_and_edited_back_can_be_measured_and_applied(
    window: MainWindow, design_page: BottleneckDesignPage, wait: Callable[[], None], qtbot: QtBot
) -> None:
    work = window.workbench
    work.edit("Another title", replace(work.state.project, title="other"))
    work.edit("The title of before", replace(work.state.project, title=PROJECT.title))
    measure_all(window, design_page, wait, qtbot)
    assert design_page.apply.isEnabled()


def test_checked_layers_are_not_checked_in_another_design_with_the_same_names(
    window: MainWindow, design_page: BottleneckDesignPage
) -> None:
    project = window.workbench.state.project
    design_page.model.set_checked(frozenset({"first"}))
    window.workbench.edit("Copy", project.with_designs((*project.designs, Design("twin", NETWORK))))
    window.workbench.set_focus(Focus("twin", "first"))
    assert not design_page.model.checked


def test_a_measurement_is_not_valid_after_an_edit_but_again_after_undo(
    window: MainWindow, design_page: BottleneckDesignPage, wait: Callable[[], None], qtbot: QtBot
) -> None:
    measure_all(window, design_page, wait, qtbot)
    assert design_page.apply.isEnabled()
    network = NETWORK.with_layer("grouped", Conv2d(6, 5, groups=6))
    window.workbench.edit("After", window.workbench.state.project.with_network("deep", network))
    assert sorted(design_page.model.curves) == ["first", "second"]
    assert not design_page.apply.isEnabled()
    window.workbench.document.undo_stack.undo()
    assert design_page.apply.isEnabled()


def test_after_an_edit_the_curves_of_later_layers_are_stale(
    window: MainWindow, design_page: BottleneckDesignPage
) -> None:
    project = PROJECT.with_network("deep", NETWORK.with_layer("relu", Activation("relu6")))
    window.workbench.edit("Between", project)
    assert list(design_page.model.curves) == ["first"]
    window.workbench.document.undo_stack.undo()
    assert sorted(design_page.model.curves) == ["first", "second"]


def test_a_row_focuses_its_layer(window: MainWindow, design_page: BottleneckDesignPage) -> None:
    names = [report.name for report in design_page.model.reports]
    design_page.table.setCurrentIndex(design_page.model.index(names.index("first"), 0))
    assert window.workbench.state.focus.ref == ("deep", "first")


def test_a_folder_without_photos_is_reported_in_the_page(
    open_window: Callable[[Project], MainWindow], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    image = QImage(12, 12, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.gray)
    image.save(str(tmp_path / "photo.png"))
    (tmp_path / "empty").mkdir()
    project = replace(PROJECT, input=ImageInput(str(tmp_path / "photo.png"), (12, 12)))
    window = open_window(project)
    window.workbench.set_focus(Focus(*REF))
    window.actions_by_id["search_ranks"].trigger()
    qtbot.waitUntil(lambda: not window.workbench.state.rank_search.busy_text, timeout=20_000)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "empty"))
    menu = window.views["bottleneck"].layer.photos.menu()
    assert menu is not None
    menu.actions()[1].trigger()
    qtbot.waitUntil(lambda: bool(window.workbench.state.rank_search.problems), timeout=20_000)
    assert "has no photo" in build_bottleneck_content(window.workbench.state).message


def test_the_progress_of_a_search_is_beside_its_button_and_ends_with_it(window: MainWindow, qtbot: QtBot) -> None:
    window.docks.bring_forward("bottleneck")
    page = window.views["bottleneck"].design
    window.views["bottleneck"].tabs.setCurrentWidget(page)
    assert not page.progress.isVisible()
    shown: list[tuple[int, int]] = []
    window.workbench.rank_search.changed.connect(
        lambda search: shown.append((search.done, search.total)) if search.busy_text else None
    )
    page.search_button.click()
    assert page.progress.isVisible()
    qtbot.waitUntil(lambda: not window.workbench.state.rank_search.busy_text, timeout=20_000)
    count = shown[-1][1]
    assert shown[0] == (0, 0)
    assert [done for done, total in dict.fromkeys(shown) if total] == list(range(count))
    assert not page.progress.isVisible()
