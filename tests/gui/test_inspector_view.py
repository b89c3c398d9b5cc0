"""The inspector view: a value is selected by typing, clicks, keys and playing."""

import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.layers import Conv2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.project import Design, Project
from engine.run.check import check
from gui.paint.basics.note_drawing import STALE_HINT
from gui.paint.inspector import channels, head, input_and_output, matrix, patch, source_views, sums
from gui.paint.inspector.content import INSPECTOR_RUN_HINT, NO_VALUE_HINT
from gui.paint.inspector.drawing import load_inspector_content
from gui.state.focus import Focus
from gui.state.focus_steps import next_focus
from gui.state.run_view import RunProgress, RunView
from gui.views.inspector import InspectorView
from tests.gui.inspector_states import CHAIN, PROJECT, run_project, with_filters, with_layer
from tests.gui.user_input import move_mouse
from tests.gui.view_harness import ViewHarness

SIZE = 400, 1200


@pytest.fixture(scope="module")
def state():
    return run_project(PROJECT, Focus("d", "last", 1, (2, 3)))


@pytest.fixture
def harness(qtbot, state):
    harness = ViewHarness(qtbot, InspectorView, state, SIZE)
    yield harness
    harness.view.close_down()


def part_rect(view, part):
    """Rectangle of a part of the figure on its canvas."""
    rects = view.canvas.layout_for(view.canvas.width()).part_rects
    return next(rect for drawn_part, rect in rects if drawn_part.draw.__module__ == part.__name__)


def head_texts(content):
    """The paragraphs of the head."""
    return [text for text, *_ in head._paragraphs(content, 400, 13)]


def find_hit(view, part, condition):
    """A point of a part whose hit satisfies a condition, and the hit."""
    rect = part_rect(view, part)
    for y in range(int(rect.top()), int(rect.bottom()), 3):
        for x in range(int(rect.left()), int(rect.right()), 3):
            hit = view.canvas.hit_at(QPointF(x, y))
            if hit is not None and condition(hit):
                return QPoint(x, y), hit
    raise AssertionError("no such hit")


class TestBeforeAndAfterRuns:
    def test_before_a_run_a_note_says_how_to_run(self, harness):
        harness.show(replace(harness.state, run=RunView()))
        assert harness.view.content.note == INSPECTOR_RUN_HINT
        assert not harness.view.play.isEnabled()
        assert [box.value() for box in harness.view.fields.values()] == [1, 2, 3]

    def test_after_an_edit_the_explanation_stays_with_a_note_that_it_is_stale_until_undo(self, harness):
        before, fresh = harness.view.content, harness.state
        harness.show(with_filters(fresh, 7))
        assert harness.view.content.note == STALE_HINT
        assert harness.view.content.is_stale
        assert harness.view.content.explanation is before.explanation
        assert not harness.view.play.isEnabled()
        harness.show(replace(harness.state, project=fresh.project, check=fresh.check))
        assert not harness.view.content.is_stale

    def test_the_heading_tells_the_settings_of_a_stale_value_from_the_current_ones(self, harness):
        fresh = replace(harness.state, focus=Focus("d", "wide", 2, (3, 3)))
        harness.show(fresh)
        before = harness.view.content
        for kernel in (5, 7):
            harness.show(with_layer(fresh, Conv2d(6, kernel)))
            earlier, current = head_texts(harness.view.content)[1:3]
            assert earlier == f"Settings of this value: {before.label}"
            assert current == f"Current settings: {kernel}×{kernel}, 6 filters · 8×9×11 → 6×9×11"
            assert harness.view.content.explanation is before.explanation
        harness.show(fresh)
        assert head_texts(harness.view.content)[1] == before.label

    def test_an_edit_upstream_leaves_the_settings_in_the_heading_as_they_are(self, harness):
        before = head_texts(harness.view.content)
        harness.show(with_layer(harness.state, Conv2d(6, 5)))
        assert head_texts(harness.view.content) == before

    def test_heading_and_fields_agree_if_the_value_no_longer_exists(self, harness):
        fresh = replace(harness.state, focus=Focus("d", "wide", 5, (8, 8)))
        harness.show(fresh)
        for layer in (Conv2d(3, 3), Conv2d(6, 3, padding="valid"), Conv2d(6, 3, stride=2)):
            harness.show(with_layer(fresh, layer))
            assert harness.view.content.explanation is None
            assert head_texts(harness.view.content)[0] == "d · wide"

    def test_a_stale_explanation_follows_the_theme(self, harness):
        harness.show(with_filters(harness.state, 7))
        harness.show(replace(harness.state, look=replace(harness.state.look, theme="dark")))
        assert harness.view.content.is_stale
        assert harness.view.content.look.theme == "dark"

    def test_another_stale_value_is_not_explained(self, harness):
        harness.show(with_filters(harness.state, 7))
        harness.show(replace(harness.state, focus=Focus("d", "last", 0, (0, 0))))
        assert harness.view.content.explanation is None
        assert harness.view.content.note == STALE_HINT

    def test_the_note_of_a_mistake_has_the_text_of_the_mistake(self, state):
        content = load_inspector_content(replace(with_filters(state, 7), focus=Focus("d", "wide")))
        assert not content.note_is_mistake
        network = Network((Node("wide", Conv2d(6, 30, padding="valid")), *CHAIN[1:]))
        project = replace(PROJECT, designs=(Design("d", network),))
        mistaken = replace(state, project=project, check=check(project), run=RunView())
        assert (
            "larger than its padded input" in load_inspector_content(replace(mistaken, focus=Focus("d", "wide"))).note
        )
        assert (
            "a layer before it has a mistake"
            in load_inspector_content(replace(mistaken, focus=Focus("d", "last"))).note
        )

    def test_without_a_selected_pixel_the_middle_value_is_explained_with_a_note(self, harness):
        harness.show(replace(harness.state, focus=Focus("d", "last")))
        assert harness.view.content.note == NO_VALUE_HINT
        assert harness.view.content.spot[1:] == (3, 4)
        assert harness.view.fields["y"].value() == 3

    def test_a_focus_outside_the_volume_is_clamped_into_it(self, state):
        content = load_inspector_content(replace(state, focus=Focus("d", "last", 99, (50, 1))))
        assert content.explanation is not None


class TestSelecting:
    def test_typing_a_coordinate_selects_the_value(self, harness):
        field = harness.view.fields["y"]
        field.selectAll()
        QTest.keyClicks(field.lineEdit(), "5")
        QTest.keyClick(field, Qt.Key.Key_Return)
        assert harness.focuses == [Focus("d", "last", 1, (5, 3))]
        assert harness.view.content.explanation.at == (1, 5, 3)

    def test_fields_end_at_the_last_index_of_each_axis(self, harness):
        assert [box.maximum() for box in harness.view.fields.values()] == [2, 6, 8]

    @pytest.mark.parametrize(
        ("key", "at"),
        [
            (Qt.Key.Key_Left, (1, 2, 2)),
            (Qt.Key.Key_Right, (1, 2, 4)),
            (Qt.Key.Key_Up, (1, 1, 3)),
            (Qt.Key.Key_Down, (1, 3, 3)),
            (Qt.Key.Key_PageUp, (0, 2, 3)),
            (Qt.Key.Key_PageDown, (2, 2, 3)),
        ],
    )
    def test_arrow_keys_step_through_positions_and_page_keys_through_filters(self, harness, key, at):
        QTest.keyClick(harness.view.canvas, key)
        assert harness.view.content.explanation.at == at

    def test_a_click_in_the_output_map_selects_the_position(self, harness):
        point, _ = find_hit(
            harness.view, input_and_output, lambda hit: hit.text.startswith("last · channel 1, y 4, x 6")
        )
        QTest.mouseClick(harness.view.canvas, Qt.MouseButton.LeftButton, pos=point)
        assert harness.focuses == [Focus("d", "last", 1, (4, 6))]

    def test_a_click_on_a_bar_selects_its_channel_of_the_source(self, harness):
        point, hit = find_hit(harness.view, sums, lambda hit: hit.term == 2)
        explanation = harness.view.content.explanation
        assert f"{explanation.how.terms.values[2]:.9g}".replace("-", "−") in hit.text
        QTest.mouseClick(harness.view.canvas, Qt.MouseButton.LeftButton, pos=point)
        assert harness.focuses == [Focus("d", "narrow", 2, (3, 4))]

    def test_digit_keys_select_the_channels_with_the_largest_terms(self, harness):
        content = harness.view.content
        largest = [bar.term for bar in sums.sum_bars(content) if bar.term is not None]
        QTest.keyClick(harness.view.canvas, Qt.Key.Key_2)
        assert harness.focuses == [Focus("d", "narrow", largest[1], (3, 4))]
        harness.show(replace(harness.state, focus=Focus("d", "last", 1, (2, 3))))
        QTest.keyClick(harness.view.canvas, Qt.Key.Key_9)
        assert len(harness.focuses) == 1  # there are only four channels

    def test_hovering_a_channel_tile_shows_its_patch_and_a_click_selects_it(self, harness):
        point, hit = find_hit(harness.view, channels, lambda hit: hit.text.startswith("channel 2:"))
        assert f"{harness.view.content.explanation.terms.values[2]:.4g}".replace("-", "−") in hit.text
        QTest.mouseMove(harness.view.canvas, point)
        assert harness.view.content.shown_term == 2
        QTest.mouseClick(harness.view.canvas, Qt.MouseButton.LeftButton, pos=point)
        assert harness.focuses == [Focus("d", "narrow", 2, (3, 4))]

    def test_hovering_a_bar_shows_the_patch_of_its_channel(self, harness):
        point, _ = find_hit(harness.view, sums, lambda hit: hit.term == 3)
        QTest.mouseMove(harness.view.canvas, point)
        assert harness.view.content.shown_term == 3
        _, hit = find_hit(harness.view, patch, lambda hit: "×" in hit.text)
        assert hit.text.startswith("channel 3, y ")
        QApplication.sendEvent(harness.view.canvas, QEvent(QEvent.Type.Leave))
        assert harness.view.content.shown_term == int(np.argmax(abs(harness.view.content.explanation.how.terms.values)))

    def test_the_hit_of_a_patch_has_the_product_of_value_and_weight(self, harness):
        _, hit = find_hit(harness.view, patch, lambda hit: True)
        content = harness.view.content
        window, term = content.explanation.window, content.shown_term
        product = window.values[term, 0, 0] * window.filter[term, 0, 0]
        assert hit.text.endswith(f"= {product:.4g}".replace("-", "−"))

    def test_a_click_on_a_source_volume_selects_it(self, harness):
        point, hit = find_hit(harness.view, source_views, lambda hit: hit.text.startswith("wide"))
        assert "seen: y 2…4, x 3…5, channels 0…5" in hit.text
        QTest.mouseClick(harness.view.canvas, Qt.MouseButton.LeftButton, pos=point)
        assert harness.focuses[0].ref == ("d", "wide")

    def test_what_was_under_the_mouse_is_described_no_longer_when_the_view_is_hidden(self, harness, qtbot):
        harness.view.show()
        point, _ = find_hit(harness.view, input_and_output, lambda hit: True)
        move_mouse(harness.view.canvas, point)
        with qtbot.waitSignal(harness.view.hovered) as hovered:
            harness.view.hide()
        assert hovered.args == [""]

    def test_hovering_reports_the_text_of_the_hit(self, harness, qtbot):
        point, hit = find_hit(harness.view, input_and_output, lambda hit: True)
        with qtbot.waitSignal(harness.view.hovered) as hovered:
            QTest.mouseMove(harness.view.canvas, point)
        assert hovered.args == [hit.text]

    def test_turning_the_camera_and_the_progress_of_a_run_change_nothing(self, harness):
        before = harness.view.content
        harness.show(replace(harness.state, look=replace(harness.state.look, yaw=3.0)))
        harness.show(replace(harness.state, run=replace(harness.state.run, progress=RunProgress(0, 3, ("d", "wide")))))
        assert harness.view.content is before
        harness.show(replace(harness.state, look=replace(harness.state.look, theme="dark")))
        assert harness.view.content.look.theme == "dark"


class TestMatrix:
    @pytest.fixture
    def pointwise(self, harness):
        harness.show(replace(harness.state, focus=Focus("d", "narrow", 1, (2, 3))))
        return harness

    def test_a_click_on_a_row_selects_its_map(self, pointwise):
        point, _ = find_hit(pointwise.view, matrix, lambda hit: hit.text.startswith("filter 3, "))
        QTest.mouseClick(pointwise.view.canvas, Qt.MouseButton.LeftButton, pos=point)
        assert pointwise.focuses == [Focus("d", "narrow", 3, (2, 3))]
        assert pointwise.view.content.explanation.at == (3, 2, 3)

    def test_a_column_shows_the_value_of_its_channel_and_a_click_selects_it(self, pointwise):
        point, hit = find_hit(pointwise.view, matrix, lambda hit: hit.text.startswith("channel 4: value"))
        explanation = pointwise.view.content.explanation
        value = explanation.inputs[0][4, 2, 3]
        assert f"value {value:.4g}".replace("-", "−") in hit.text
        QTest.mouseClick(pointwise.view.canvas, Qt.MouseButton.LeftButton, pos=point)
        assert pointwise.focuses == [Focus("d", "wide", 4, (2, 3))]

    def test_the_hit_of_a_row_has_the_output_value_of_its_filter(self, pointwise):
        _, hit = find_hit(pointwise.view, matrix, lambda hit: hit.text.startswith("filter 2: "))
        value = pointwise.view.content.explanation.volume[2, 2, 3]
        assert f"{value:.4g}".replace("-", "−") in hit.text

    def test_the_row_of_the_selected_filter_has_its_weights(self, pointwise):
        explanation = pointwise.view.content.explanation
        np.testing.assert_array_equal(
            explanation.matrix.values[1], explanation.filter_weights.ravel().astype(np.float32)
        )
        assert (explanation.matrix.rows, explanation.matrix.columns) == (4, 6)

    def test_with_groups_it_has_the_rows_of_the_filters_group(self):
        state = run_project(
            Project(NoiseInput((6, 3, 3)), (Design("d", Network((Node("c", Conv2d(4, 1, groups=2)),))),))
        )
        explanation = load_inspector_content(replace(state, focus=Focus("d", "c", 3, (1, 1)))).explanation
        assert (explanation.matrix.rows, explanation.matrix.columns, explanation.matrix.first_row) == (2, 3, 2)
        np.testing.assert_array_equal(
            explanation.matrix.values[1], explanation.filter_weights.ravel().astype(np.float32)
        )

    def test_kernels_larger_than_1x1_have_no_matrix(self, state):
        assert load_inspector_content(state).explanation.matrix is None


class TestPlaying:
    def test_playing_steps_through_positions_in_reading_order_and_fills_the_map(self, harness, qtbot):
        harness.show(replace(harness.state, focus=Focus("d", "last", 1, (2, 7))))
        harness.view.speed.chosen.emit(40)
        harness.view.play.click()
        assert harness.view.content.filled_count == 2 * 9 + 8
        qtbot.waitUntil(lambda: len(harness.focuses) >= 4)
        assert [focus.pixel for focus in harness.focuses[:4]] == [(2, 7), (2, 8), (3, 0), (3, 1)]
        harness.view.play.click()
        assert not harness.view.playing
        assert harness.view.content.filled_count is None

    def test_while_playing_one_channel_is_shown_and_the_head_never_shrinks(self, harness, qtbot):
        harness.show(replace(harness.state, focus=Focus("d", "last", 1, (0, 0))))
        harness.view.speed.chosen.emit(40)
        harness.view.play.click()
        tops, terms = [], set()

        def observe():
            tops.append(part_rect(harness.view, input_and_output).top())
            terms.add(harness.view.content.shown_term)
            return len(harness.focuses) > 12

        qtbot.waitUntil(observe)
        assert len(terms) == 1
        assert tops == sorted(tops)
        harness.view.stop_playing()
        assert harness.view.content.selected_term is None

    def test_playing_stops_after_the_last_position_and_play_then_restarts_at_the_first(self, harness, qtbot):
        harness.show(replace(harness.state, focus=Focus("d", "last", 1, (6, 7))))
        harness.view.play.click()
        qtbot.waitUntil(lambda: not harness.view.playing)
        assert harness.state.focus.pixel == (6, 8)
        harness.view.play.click()
        assert harness.state.focus.pixel == (0, 0)
        assert harness.view.content.filled_count == 1

    def test_escape_stops_playing(self, harness):
        harness.view.play.click()
        QTest.keyClick(harness.view.canvas, Qt.Key.Key_Escape)
        assert not harness.view.playing
        assert harness.view.play.text() == "Play"

    def test_space_starts_and_stops_playing(self, harness):
        QTest.keyClick(harness.view.canvas, Qt.Key.Key_Space)
        assert harness.view.playing
        assert harness.view.play.text() == "Stop"
        QTest.keyClick(harness.view.canvas, Qt.Key.Key_Space)
        assert not harness.view.playing

    def test_selecting_another_node_stops_playing(self, harness):
        harness.view.play.click()
        harness.show(replace(harness.state, focus=Focus("d", "wide", 0, (0, 0))))
        assert not harness.view.playing

    def test_an_edit_stops_playing(self, harness):
        harness.view.play.click()
        harness.show(with_filters(harness.state, 7))
        assert not harness.view.playing

    def test_hiding_the_view_stops_playing(self, harness):
        harness.view.play.click()
        harness.view.hide()
        assert not harness.view.playing

    def test_reading_order_visits_every_position_of_a_map(self, state):
        focus, visited = Focus("d", "last", 0, (0, 0)), []
        while focus is not None:
            visited.append(focus.pixel)
            focus = next_focus(focus, load_inspector_content(state).explanation.shape)
        assert visited == list(np.ndindex(7, 9))


class TestControls:
    @pytest.mark.parametrize("width", [300, 420, 900])
    def test_controls_are_completely_visible_at_any_width(self, harness, width):
        harness.view.resize(width, 600)
        QApplication.processEvents()
        view = harness.view
        for control in (*view.fields.values(), view.play, view.speed):
            assert view.rect().contains(control.geometry().translated(control.parentWidget().pos()))
            assert control.width() >= control.sizeHint().width()

    def test_the_accessible_description_has_the_formula(self, harness):
        assert harness.view.canvas.accessibleName() == "Inspector"
        assert "last[1, 2, 3] = " in harness.view.canvas.accessibleDescription()
