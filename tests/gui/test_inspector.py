"""The inspector: a value is typed, clicked, stepped through and played, and what is told of it is what the run has."""

import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.files.paths import RESOURCES
from engine.layers import (
    LAYERS,
    Activation,
    Add,
    AvgPool2d,
    BatchNorm,
    Concat,
    Conv2d,
    Dense,
    Dropout,
    GlobalAvgPool2d,
    LocalResponseNorm,
    MaxPool2d,
    tag_of,
)
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import ImageInput, NoiseInput
from engine.network.node_ref import STEM
from engine.network.weight_specs import FileWeights
from engine.project.file import load_project
from engine.project.project import Design, Project
from engine.run.check import check
from engine.run.execute import RunRequest, run_all
from gui.command_line.offscreen import state_after_run
from gui.paint.basics.colours import load_lut, to_levels
from gui.paint.basics.note_drawing import STALE_HINT
from gui.paint.inspector import channels, input_and_output, matrix, patch, source_views, sums
from gui.paint.inspector import filter_weights as found_weights
from gui.paint.inspector.content import (
    _MOST_SOURCE_VIEWS,
    INSPECTOR_RUN_HINT,
    LOADING_WEIGHTS_HINT,
    NO_VALUE_HINT,
    load_inspector_content,
)
from gui.paint.inspector.drawing import (
    _INSPECTOR_PARTS,
    hit_inspector,
    inspector_figure_size,
    lay_out_inspector,
    paint_inspector,
)
from gui.state.focus_steps import next_focus
from gui.state.view_state import Focus, RunProgress, RunView
from gui.state.volume_at import VolumeResult
from gui.theme import THEMES
from gui.views.inspector import InspectorView
from tests.engine.checkpoints import proceed
from tests.gui.view_harness import ViewHarness, svg

WIDE = (Node("wide", Conv2d(6, 3)), Node("narrow", Conv2d(4, 1)), Node("last", Conv2d(3, 3, padding="valid")))
PROJECT = Project(NoiseInput((8, 9, 11), seed=3), (Design("d", Network(WIDE)), Design("e", Network(WIDE))), title="Two")
SIZE = 400, 1200

EVERY = (
    Node("conv2d", Conv2d(4, 3, stride=2), (INPUT,)),
    Node("max_pool2d", MaxPool2d(2, padding=1)),
    Node("avg_pool2d", AvgPool2d(2, stride=1), ("conv2d",)),
    Node("activation", Activation("tanh")),
    Node("batch_norm", BatchNorm()),
    Node("lrn", LocalResponseNorm()),
    Node("dropout", Dropout()),
    Node("concat", Concat(), ("activation", "dropout")),
    Node("add", Add(), ("activation", "dropout")),
    Node("softmax", Activation("softmax")),
    Node("global_avg_pool2d", GlobalAvgPool2d()),
    Node("dense", Dense(5), ("add",)),
)
KINDS = Project(NoiseInput((3, 9, 8), seed=1), (Design("d", Network(EVERY)),))


def ran(project, focus=None, **look):
    """The state after a real run."""
    state = state_after_run(project, run_all(RunRequest.of(project), lambda event: None), "light")
    return replace(
        state, focus=focus or Focus("d", project.designs[0].network.nodes[-1].name), look=replace(state.look, **look)
    )


def with_filters(state, filters):
    """The state after an edit of the first layer: nothing behind it is fresh."""
    project = state.project
    network = project.design("d").network.with_layer("wide", Conv2d(filters, 3))
    project = project.with_network("d", network)
    return replace(state, project=project, check=check(project))


@pytest.fixture(scope="module")
def state():
    return ran(PROJECT, Focus("d", "last", 1, (2, 3)))


@pytest.fixture(scope="module")
def every():
    return ran(KINDS)


@pytest.fixture
def answer(qtbot, state):
    made = ViewHarness(qtbot, InspectorView, state, SIZE)
    yield made
    made.view.close_down()


def place_of(view, part):
    """Where a part of the figure is on its canvas."""
    rects = view.canvas.layout_for(view.canvas.width()).part_rects
    return next(rect for drawn, rect in rects if drawn.draw.__module__ == part.__name__)


def find_hit(view, part, wanted):
    """A point of a part where what is told of it satisfies a condition."""
    rect = place_of(view, part)
    for y in range(int(rect.top()), int(rect.bottom()), 3):
        for x in range(int(rect.left()), int(rect.right()), 3):
            found = view.canvas.hit_at(QPointF(x, y))
            if found is not None and wanted(found):
                return QPoint(x, y), found
    raise AssertionError("nothing there")


def drawn(state, width, height):
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    paint_inspector(painter, QRectF(0, 0, width, height), state, THEMES[state.look.theme])
    painter.end()
    return image


class TestWhatIsTold:
    @pytest.mark.parametrize("node", [node.name for node in EVERY])
    def test_every_kind_tells_the_runs_value_and_says_what_it_does(self, every, node):
        volume = every.volume_at(("d", node)).volume
        for spot in np.ndindex(*volume.shape):
            content = load_inspector_content(replace(every, focus=Focus("d", node, spot[0], spot[1:])))
            assert content.explanation.how.result == pytest.approx(float(volume[spot]), rel=1e-4, abs=1e-5)
        assert content.explanation.how.description.endswith(".")
        assert content.explanation.value == content.value == float(volume[spot])

    def test_the_layers_of_the_test_are_of_every_kind(self):
        assert {tag_of(type(node.layer)) for node in EVERY} == {tag_of(kind) for kind in LAYERS}

    def test_bars_add_up_to_the_value_whatever_is_put_together(self):
        state = ran(Project(NoiseInput((60, 5, 5)), (Design("d", Network((Node("c", Conv2d(2, 3)),))),)))
        content = load_inspector_content(replace(state, focus=Focus("d", "c", 1, (2, 2))))
        shown = sums.sum_bars(content)
        assert sum(row.value for row in shown if not row.final) == pytest.approx(shown[-1].value)
        assert shown[-1].value == content.explanation.how.result
        own = [abs(row.value) for row in shown if row.term is not None]
        assert own == sorted(own, reverse=True)
        assert len(own) == sums._MOST_BARS
        others = [row.label for row in shown if "others" in row.label]
        assert sum(int(label.split()[0]) for label in others) == 60 - sums._MOST_BARS

    @pytest.mark.parametrize(
        ("count", "own"), [(sums._MOST_BARS + sums._FEW_MORE_BARS, 16), (sums._MOST_BARS + sums._FEW_MORE_BARS + 1, 12)]
    )
    def test_a_few_terms_more_have_bars_of_their_own_too(self, count, own):
        content = load_inspector_content(
            ran(Project(NoiseInput((count, 5, 5)), (Design("d", Network((Node("c", Conv2d(2, 3)),))),)))
        )
        assert len([row for row in sums.sum_bars(content) if row.term is not None]) == own

    def test_of_many_earlier_volumes_the_input_and_the_nearest_are_shown(self):
        nodes = [Node(f"n{number}", Activation("relu")) for number in range(_MOST_SOURCE_VIEWS + 6)]
        content = load_inspector_content(ran(Project(NoiseInput((2, 4, 4)), (Design("d", Network(tuple(nodes))),))))
        names = [sight.name for sight in content.source_views]
        assert names == [INPUT, *(node.name for node in nodes[-_MOST_SOURCE_VIEWS:-1])]
        assert content.left_out_count == len(nodes) - _MOST_SOURCE_VIEWS

    def test_a_value_whose_source_is_of_other_settings_is_not_told(self, state):
        results = dict(state.run.results)
        results["d", "narrow"] = VolumeResult(b"another", results["d", "narrow"].volume)
        content = load_inspector_content(replace(state, run=RunView(results)))
        assert (content.note, content.is_stale, content.explanation) == (STALE_HINT, True, None)

    def test_a_block_tells_of_its_last_layer(self):
        path = RESOURCES / "projects" / "residual_bottleneck.toml"
        project = replace(load_project(path).project, input=NoiseInput((256, 5, 5)), stem=None)
        design = project.designs[0].name
        block = next(iter(check(project).analyses[design].blocks.values()))
        content = load_inspector_content(ran(project, Focus(design, block.name, 0, (1, 1))))
        assert content.explanation.how.formula[0].startswith(f"{block.output}[0, 1, 1] = ")

    def test_a_designs_input_tells_of_the_stem_and_the_stems_of_the_photo(self):
        photo = ImageInput("resources:photos/chelsea.png", (8, 8))
        stem = Network((Node("first", Conv2d(2, 1)),))
        state = ran(Project(photo, (Design("d", Network((Node("n", Conv2d(1, 1)),))),), stem))
        content = load_inspector_content(replace(state, focus=Focus("d", INPUT, 1, (3, 3))))
        assert content.label.startswith("first of the stem")
        assert content.explanation.how.formula[0].startswith("first[1, 3, 3] = ")
        assert [(sight.name, sight.region.window) for sight in content.source_views] == [("photo", (3, 3, 4, 4))]
        content = load_inspector_content(replace(state, focus=Focus(STEM, INPUT, 2, (3, 3))))
        assert "blue at y 3, x 3" in content.explanation.how.description
        assert not content.source_views

    @pytest.mark.parametrize("place", [(STEM, INPUT), ("d", INPUT)])
    def test_the_input_without_a_stem_is_told_and_sees_nothing_before_it(self, state, place):
        content = load_inspector_content(replace(state, focus=Focus(*place, 7, (8, 10))))
        assert "seed 3" in content.explanation.how.description
        assert not content.source_views

    def test_every_earlier_volume_is_shown_with_what_the_value_sees_of_it(self, state):
        content = load_inspector_content(state)
        assert [(sight.name, source_views.region_size_text(sight)) for sight in content.source_views] == [
            (INPUT, "5×5 of 9×11"),
            ("wide", "3×3 of 9×11"),
            ("narrow", "3×3 of 9×11"),
        ]

    def test_weights_that_a_file_does_not_give_are_told_as_a_mistake(self, state, tmp_path):
        path = tmp_path / "w.npy"
        np.save(path, np.ones((3, 4, 3, 3), np.float32))
        node = Node("last", Conv2d(3, 3, padding="valid", bias=False), weights=FileWeights(str(path), "weight"))
        known = ran(Project(PROJECT.input, (Design("d", Network((*WIDE[:2], node))),)))
        path.unlink()
        content = load_inspector_content(replace(known, focus=Focus("d", "last", 0, (0, 0))))
        assert (content.note_is_mistake, content.explanation) == (True, None)
        assert "w.npy" in content.note


class TestBeforeAndAfterRuns:
    def test_before_a_run_it_says_what_to_do(self, answer):
        answer.show(replace(answer.state, run=RunView()))
        assert answer.view.content.note == INSPECTOR_RUN_HINT
        assert not answer.view.play.isEnabled()
        assert [box.value() for box in answer.view.fields.values()] == [1, 2, 3]

    def test_after_an_edit_what_was_shown_stays_dimmed_and_says_so_until_undo(self, answer):
        before, fresh = answer.view.content, answer.state
        answer.show(with_filters(fresh, 7))
        assert answer.view.content.note == STALE_HINT
        assert answer.view.content.is_stale
        assert answer.view.content.explanation is before.explanation
        assert not answer.view.play.isEnabled()
        answer.show(replace(answer.state, project=fresh.project, check=fresh.check))
        assert not answer.view.content.is_stale

    def test_another_value_of_earlier_settings_is_not_explained(self, answer):
        answer.show(with_filters(answer.state, 7))
        answer.show(replace(answer.state, focus=Focus("d", "last", 0, (0, 0))))
        assert answer.view.content.explanation is None
        assert answer.view.content.note == STALE_HINT

    def test_a_mistake_is_told_in_its_words(self, state):
        content = load_inspector_content(replace(with_filters(state, 7), focus=Focus("d", "wide")))
        assert not content.note_is_mistake
        network = Network((Node("wide", Conv2d(6, 30, padding="valid")), *WIDE[1:]))
        project = replace(PROJECT, designs=(Design("d", network),))
        wrong = replace(state, project=project, check=check(project), run=RunView())
        assert "larger than its padded input" in load_inspector_content(replace(wrong, focus=Focus("d", "wide"))).note
        assert (
            "a layer before it has a mistake" in load_inspector_content(replace(wrong, focus=Focus("d", "last"))).note
        )

    def test_without_a_choice_the_middle_value_is_told_and_said_to_be_it(self, answer):
        answer.show(replace(answer.state, focus=Focus("d", "last")))
        assert answer.view.content.note == NO_VALUE_HINT
        assert answer.view.content.spot[1:] == (3, 4)
        assert answer.view.fields["y"].value() == 3

    def test_a_choice_that_is_outside_of_the_volume_is_brought_inside(self, state):
        content = load_inspector_content(replace(state, focus=Focus("d", "last", 99, (50, 1))))
        assert content.explanation is not None


class TestChoosing:
    def test_typing_chooses_the_value(self, answer):
        field = answer.view.fields["y"]
        field.selectAll()
        QTest.keyClicks(field.lineEdit(), "5")
        QTest.keyClick(field, Qt.Key.Key_Return)
        assert answer.focuses == [Focus("d", "last", 1, (5, 3))]
        assert answer.view.content.explanation.at == (1, 5, 3)

    def test_fields_stop_at_the_volumes_ends(self, answer):
        assert [box.maximum() for box in answer.view.fields.values()] == [2, 6, 8]

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
    def test_arrows_step_through_positions_and_page_keys_through_filters(self, answer, key, at):
        QTest.keyClick(answer.view.canvas, key)
        assert answer.view.content.explanation.at == at

    def test_a_click_in_the_output_map_chooses_its_position(self, answer):
        point, _ = find_hit(
            answer.view, input_and_output, lambda found: found.text.startswith("last · channel 1, y 4, x 6")
        )
        QTest.mouseClick(answer.view.canvas, Qt.MouseButton.LeftButton, pos=point)
        assert answer.focuses == [Focus("d", "last", 1, (4, 6))]

    def test_a_click_on_a_bar_chooses_that_channel_of_the_input(self, answer):
        point, found = find_hit(answer.view, sums, lambda found: found.term == 2)
        told = answer.view.content.explanation
        assert f"{told.how.terms.values[2]:.9g}".replace("-", "−") in found.text
        QTest.mouseClick(answer.view.canvas, Qt.MouseButton.LeftButton, pos=point)
        assert answer.focuses == [Focus("d", "narrow", 2, (3, 4))]

    def test_digits_choose_the_channels_with_the_largest_sums(self, answer):
        content = answer.view.content
        largest = [row.term for row in sums.sum_bars(content) if row.term is not None]
        QTest.keyClick(answer.view.canvas, Qt.Key.Key_2)
        assert answer.focuses == [Focus("d", "narrow", largest[1], (3, 4))]
        answer.show(replace(answer.state, focus=Focus("d", "last", 1, (2, 3))))
        QTest.keyClick(answer.view.canvas, Qt.Key.Key_9)
        assert len(answer.focuses) == 1  # there are four channels only

    def test_a_tile_of_all_channels_shows_its_patch_and_chooses_it(self, answer):
        point, found = find_hit(answer.view, channels, lambda found: found.text.startswith("channel 2:"))
        assert f"{answer.view.content.explanation.terms.values[2]:.4g}".replace("-", "−") in found.text
        QTest.mouseMove(answer.view.canvas, point)
        assert answer.view.content.shown_term == 2
        QTest.mouseClick(answer.view.canvas, Qt.MouseButton.LeftButton, pos=point)
        assert answer.focuses == [Focus("d", "narrow", 2, (3, 4))]

    def test_the_mouse_on_a_bar_shows_the_patch_of_its_channel(self, answer):
        point, _ = find_hit(answer.view, sums, lambda found: found.term == 3)
        QTest.mouseMove(answer.view.canvas, point)
        assert answer.view.content.shown_term == 3
        _, found = find_hit(answer.view, patch, lambda found: "×" in found.text)
        assert found.text.startswith("channel 3, y ")
        QApplication.sendEvent(answer.view.canvas, QEvent(QEvent.Type.Leave))
        assert answer.view.content.shown_term == int(np.argmax(abs(answer.view.content.explanation.how.terms.values)))

    def test_a_tap_tells_value_weight_and_product(self, answer):
        _, found = find_hit(answer.view, patch, lambda found: True)
        content = answer.view.content
        met, term = content.explanation.window, content.shown_term
        product = met.values[term, 0, 0] * met.filter[term, 0, 0]
        assert found.text.endswith(f"= {product:.4g}".replace("-", "−"))

    def test_a_click_on_an_earlier_volume_chooses_it(self, answer):
        point, found = find_hit(answer.view, source_views, lambda found: found.text.startswith("wide"))
        assert "seen: y 2…4, x 3…5, channels 0…5" in found.text
        QTest.mouseClick(answer.view.canvas, Qt.MouseButton.LeftButton, pos=point)
        assert answer.focuses[0].ref == ("d", "wide")

    def test_what_the_mouse_is_on_is_told(self, answer, qtbot):
        point, found = find_hit(answer.view, input_and_output, lambda found: True)
        with qtbot.waitSignal(answer.view.hovered) as said:
            QTest.mouseMove(answer.view.canvas, point)
        assert said.args == [found.text]

    def test_a_turn_of_the_camera_and_a_runs_progress_change_nothing(self, answer):
        before = answer.view.content
        answer.show(replace(answer.state, look=replace(answer.state.look, yaw=3.0)))
        answer.show(replace(answer.state, run=replace(answer.state.run, progress=RunProgress(0, 3, ("d", "wide")))))
        assert answer.view.content is before
        answer.show(replace(answer.state, look=replace(answer.state.look, theme="dark")))
        assert answer.view.content.look.theme == "dark"


class TestMatrix:
    @pytest.fixture
    def pointwise(self, answer):
        answer.show(replace(answer.state, focus=Focus("d", "narrow", 1, (2, 3))))
        return answer

    def test_a_row_is_linked_to_its_map(self, pointwise):
        point, _found = find_hit(pointwise.view, matrix, lambda found: found.text.startswith("filter 3, "))
        QTest.mouseClick(pointwise.view.canvas, Qt.MouseButton.LeftButton, pos=point)
        assert pointwise.focuses == [Focus("d", "narrow", 3, (2, 3))]
        assert pointwise.view.content.explanation.at == (3, 2, 3)

    def test_a_column_is_linked_to_its_channel(self, pointwise):
        point, found = find_hit(pointwise.view, matrix, lambda found: found.text.startswith("channel 4: value"))
        told = pointwise.view.content.explanation
        value = told.inputs[0][4, 2, 3]
        assert f"value {value:.4g}".replace("-", "−") in found.text
        QTest.mouseClick(pointwise.view.canvas, Qt.MouseButton.LeftButton, pos=point)
        assert pointwise.focuses == [Focus("d", "wide", 4, (2, 3))]

    def test_what_each_filter_gives_stands_beside_its_row(self, pointwise):
        _, found = find_hit(pointwise.view, matrix, lambda found: found.text.startswith("filter 2: "))
        value = pointwise.view.content.explanation.volume[2, 2, 3]
        assert f"{value:.4g}".replace("-", "−") in found.text

    def test_it_holds_the_weights_with_rows_and_columns_where_they_are(self, pointwise):
        told = pointwise.view.content.explanation
        np.testing.assert_array_equal(told.matrix.values[1], told.filter_weights.ravel().astype(np.float32))
        assert (told.matrix.rows, told.matrix.columns) == (4, 6)

    def test_of_groups_it_holds_the_rows_of_the_filters_own(self):
        state = ran(Project(NoiseInput((6, 3, 3)), (Design("d", Network((Node("c", Conv2d(4, 1, groups=2)),))),)))
        told = load_inspector_content(replace(state, focus=Focus("d", "c", 3, (1, 1)))).explanation
        assert (told.matrix.rows, told.matrix.columns, told.matrix.first_row) == (2, 3, 2)
        np.testing.assert_array_equal(told.matrix.values[1], told.filter_weights.ravel().astype(np.float32))

    def test_other_kernels_have_none(self, state):
        assert load_inspector_content(state).explanation.matrix is None


class TestPlaying:
    def test_it_goes_through_the_positions_in_reading_order_and_the_map_fills_in(self, answer, qtbot):
        answer.show(replace(answer.state, focus=Focus("d", "last", 1, (2, 7))))
        answer.view.speed.chosen.emit(40)
        answer.view.play.click()
        assert answer.view.content.filled_count == 2 * 9 + 8
        qtbot.waitUntil(lambda: len(answer.focuses) >= 4)
        assert [focus.pixel for focus in answer.focuses[:4]] == [(2, 7), (2, 8), (3, 0), (3, 1)]
        answer.view.play.click()
        assert not answer.view.playing
        assert answer.view.content.filled_count is None

    def test_meanwhile_one_channel_is_watched_and_the_head_never_shrinks(self, answer, qtbot):
        answer.show(replace(answer.state, focus=Focus("d", "last", 1, (0, 0))))
        answer.view.speed.chosen.emit(40)
        answer.view.play.click()
        tops, terms = [], set()

        def look():
            tops.append(place_of(answer.view, input_and_output).top())
            terms.add(answer.view.content.shown_term)
            return len(answer.focuses) > 12

        qtbot.waitUntil(look)
        assert len(terms) == 1
        assert tops == sorted(tops)
        answer.view.stop_playing()
        assert answer.view.content.selected_term is None

    def test_after_the_last_position_it_stops_and_begins_anew_when_asked(self, answer, qtbot):
        answer.show(replace(answer.state, focus=Focus("d", "last", 1, (6, 7))))
        answer.view.play.click()
        qtbot.waitUntil(lambda: not answer.view.playing)
        assert answer.state.focus.pixel == (6, 8)
        answer.view.play.click()
        assert answer.state.focus.pixel == (0, 0)
        assert answer.view.content.filled_count == 1

    def test_escape_stops_it(self, answer):
        answer.view.play.click()
        QTest.keyClick(answer.view.canvas, Qt.Key.Key_Escape)
        assert not answer.view.playing
        assert answer.view.play.text() == "Play"

    def test_space_plays_and_stops(self, answer):
        QTest.keyClick(answer.view.canvas, Qt.Key.Key_Space)
        assert answer.view.playing
        assert answer.view.play.text() == "Stop"
        QTest.keyClick(answer.view.canvas, Qt.Key.Key_Space)
        assert not answer.view.playing

    def test_another_choice_stops_it(self, answer):
        answer.view.play.click()
        answer.show(replace(answer.state, focus=Focus("d", "wide", 0, (0, 0))))
        assert not answer.view.playing

    def test_an_edit_stops_it(self, answer):
        answer.view.play.click()
        answer.show(with_filters(answer.state, 7))
        assert not answer.view.playing

    def test_out_of_sight_it_stops(self, answer):
        answer.view.play.click()
        answer.view.hide()
        assert not answer.view.playing

    def test_positions_in_reading_order_are_all_of_a_map(self, state):
        focus, seen = Focus("d", "last", 0, (0, 0)), []
        while focus is not None:
            seen.append(focus.pixel)
            focus = next_focus(focus, load_inspector_content(state).explanation.shape)
        assert seen == list(np.ndindex(7, 9))


class TestLargeLayers:
    @pytest.fixture
    def small_limits(self, monkeypatch):
        monkeypatch.setattr(found_weights, "_MOST_AT_ONCE", 10)
        monkeypatch.setattr(found_weights, "_MOST_WHOLE", 100)

    def test_their_weights_are_found_on_another_thread_and_said_to_be(self, qtbot, state, small_limits):
        answer = ViewHarness(qtbot, InspectorView, state, SIZE)
        assert answer.view.content.note == LOADING_WEIGHTS_HINT
        assert answer.view.content.source_views
        qtbot.waitUntil(lambda: answer.view.content.explanation is not None)
        assert answer.view.content.explanation.how.result == load_inspector_content(state).explanation.how.result
        answer.view.close_down()

    def test_only_one_filter_of_them_is_held(self, state, small_limits):
        found = found_weights.load_filter_weights(state, ("d", "last"), 0, proceed)
        assert {role: array.shape for role, array in found.arrays.items()} == {"weight": (4, 3, 3), "bias": ()}
        assert found_weights.load_filter_weights(state, ("d", "last"), 0, proceed) is found
        assert found_weights.load_filter_weights(state, ("d", "last"), 2, proceed) is not found

    def test_a_matrix_too_large_to_draw_is_drawn_in_part_and_says_so(self, every, monkeypatch):
        monkeypatch.setattr(found_weights, "_MOST_COLUMNS", 10)
        content = load_inspector_content(replace(every, focus=Focus("d", "dense", 2, (0, 0))))
        step = content.explanation.matrix.column_step
        assert step > 1
        np.testing.assert_array_equal(
            content.explanation.matrix.values[2], content.explanation.filter_weights.ravel()[::step].astype(np.float32)
        )
        assert f"1 of {step} columns drawn" in svg(
            paint_inspector, replace(every, focus=Focus("d", "dense", 2, (0, 0)))
        )


class TestFigure:
    @pytest.mark.parametrize("shape", [(2, 3, 3), (5, 1, 7), (256, 5, 5), (3, 11, 11)])
    def test_a_mosaic_holds_every_value_of_every_channel(self, shape):
        values = np.random.default_rng(0).standard_normal(shape)
        inside = np.ones(shape[1:], bool)
        inside[0, 0] = False
        plain, ground = QColor("#123456"), QColor("#fedcba")
        image = channels.channels_image(values, inside, -2.0, 2.0, "viridis", plain, ground)
        _, columns = channels.choose_channel_grid(*shape)
        colours = load_lut("viridis")[to_levels(values, -2.0, 2.0)]
        for channel, y, x in np.ndindex(*shape):
            row, column = divmod(channel, columns)
            pixel = image.pixelColor(column * (shape[2] + 1) + x, row * (shape[1] + 1) + y)
            wanted = tuple(colours[channel, y, x]) if inside[y, x] else plain.getRgb()[:3]
            assert pixel.getRgb()[:3] == wanted
        assert image.pixelColor(shape[2], 0) == ground

    @pytest.mark.parametrize("width", [200, 300, 420, 700])
    def test_pictures_of_earlier_volumes_stand_beside_and_below_each_other(self, every, width):
        content = load_inspector_content(replace(every, focus=Focus("d", "dense", 0, (0, 0))))
        for count in range(1, len(content.source_views) + 1):
            some = replace(content, source_views=content.source_views[:count])
            tall = source_views.source_views_height(some, width, 12)
            rect = QRectF(0, 0, width, tall)
            found = {}
            for y in range(0, int(tall), 4):
                for x in range(0, width, 4):
                    at = source_views.hit_source_views(rect, some, 12, QPointF(x, y))
                    if at is not None:
                        found.setdefault(at.focus.ref, []).append((x, y))
            assert set(found) == {sight.ref for sight in some.source_views}

    @pytest.mark.parametrize("width", [260, 400, 800, 1300])
    def test_parts_stand_within_the_width_and_not_on_each_other(self, state, width):
        layout = lay_out_inspector(load_inspector_content(state), width)
        places = [rect for _, rect in layout.part_rects]
        assert all(rect.left() >= 0 and rect.right() <= width for rect in places)
        assert not any(a.intersects(b) for n, a in enumerate(places) for b in places[n + 1 :])
        columns = {rect.left() for rect in places}
        assert len(columns) == {260: 1, 400: 1, 800: 2, 1300: 3}[width]

    @pytest.mark.parametrize("node", [node.name for node in EVERY])
    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_every_kind_is_drawn_and_read_at_every_point(self, every, node, theme):
        state = replace(every, focus=Focus("d", node, 0, (0, 0)), look=replace(every.look, theme=theme))
        assert drawn(state, 420, 900).pixelColor(5, 5).name() == "#000000"
        content = load_inspector_content(state)
        layout = lay_out_inspector(content, 420)
        told = {
            hit_inspector(content, layout, QPointF(x, y))
            for x in range(0, 420, 7)
            for y in range(0, int(layout.height), 7)
        }
        assert len(told) > 2

    def test_its_words_are_those_of_the_window(self, state):
        words = svg(paint_inspector, state)
        content = load_inspector_content(state)
        assert "Patch × filter on channel" in words
        for line in ("last[1,", "5×5 of 9×11", "sum"):
            assert line in words
        assert content.explanation.how.formula[-1].split()[-1] in words

    def test_a_file_asks_for_no_click(self, state):
        unchosen = replace(state, focus=Focus("d", "last"))
        assert load_inspector_content(unchosen).note == NO_VALUE_HINT
        assert "Click" not in svg(paint_inspector, unchosen)

    def test_all_of_it_fits_into_whatever_picture(self, state):
        assert inspector_figure_size(state)[1] > 200
        for size in ((200, 200), (1200, 300)):
            assert not drawn(state, *size).isNull()

    def test_each_part_has_height_drawing_and_hits(self):
        assert all(callable(getattr(part, name)) for part in _INSPECTOR_PARTS for name in ("height", "draw", "hit"))

    @pytest.mark.parametrize("width", [300, 420, 900])
    def test_its_controls_are_seen_whole_at_any_width(self, answer, width):
        answer.view.resize(width, 600)
        QApplication.processEvents()
        view = answer.view
        for control in (*view.fields.values(), view.play, view.speed):
            assert view.rect().contains(control.geometry().translated(control.parentWidget().pos()))
            assert control.width() >= control.sizeHint().width()

    def test_the_view_says_its_formula_to_those_who_do_not_see_it(self, answer):
        assert answer.view.canvas.accessibleName() == "Inspector"
        assert "last[1, 2, 3] = " in answer.view.canvas.accessibleDescription()
