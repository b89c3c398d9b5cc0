"""The filters view beyond the maps as they come: sorted, dead ones marked, two designs' difference, details of one."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip

from engine.explain import map_statistics
from engine.explain.contributions import contributions, filter_input_of
from engine.layers import Activation, Conv2d, ConvTranspose2d, Dense
from engine.layers.explanation import Spot
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import NoiseInput
from engine.network.node_ref import STEM
from engine.project.project import Project
from engine.run import weights
from engine.run.check import check
from gui.paint.basics.derived_cache import DerivedCache
from gui.paint.basics.note_drawing import STALE_HINT
from gui.paint.inspector.content import load_inspector_content
from gui.paint.maps import budget
from gui.paint.maps.budget import Budget
from gui.paint.maps.difference import make_difference_panel
from gui.paint.maps.map_measures import order_maps
from gui.paint.maps.mosaic import build_mosaic_content, lay_out_mosaics
from gui.paint.maps.mosaic_drawing import paint_mosaics
from gui.paint.maps.mosaic_panels import build_mosaic_panels, colour_legend_text, describe_map_value
from gui.paint.maps.tile_grid import MapOrdering, TileBlock, choose_tile_grid, project_grid
from gui.paint.maps.tiles import MapTiles, tile_pixels
from gui.state.focus import Focus
from gui.state.look import Look
from gui.state.run_view import RunView
from gui.state.volume_at import VolumeResult
from gui.views import filters
from gui.views.filters import FiltersView
from tests.engine.checkpoints import proceed
from tests.gui.test_filters import (
    BOTTLENECK,
    NAIVE,
    before_run,
    conv,
    design,
    drawn,
    random_volume,
    shapes,
    sizes,
    state_of,
    two_designs,
)
from tests.gui.view_harness import ViewHarness, svg

pytestmark = pytest.mark.usefixtures("qapp")
RISING = np.arange(6, dtype=np.float32)[:, None, None] + random_volume((6, 9, 11)) / 100
"""Maps whose means rise with their channels."""


@pytest.fixture
def show(qtbot):
    """Show a state in a view that answers as the window does."""
    made = []

    def show_state(state, size=(700, 700)):
        made.append(ViewHarness(qtbot, FiltersView, state, size))
        made[-1].view.canvas.grab()
        return made[-1]

    yield show_state
    for answer in made:
        answer.view.close_down()


def point_of(answer, plate, spot):
    seen = answer.view.canvas.current_layout().panels[plate].projection
    return seen.value_rect(spot).center().toPoint()


def texts(state, *size):
    """The texts of a picture, in the order in which they are drawn."""
    return [text.strip() for text in re.findall(r">([^<>]*)</text>", svg(paint_mosaics, state, *size))]


class TestOrder:
    @given(shape=shapes, width=sizes, height=sizes, lead=st.integers(0, 1), data=st.data())
    def test_in_any_order_the_middle_of_a_value_reads_as_that_value(self, shape, width, height, lead, data):
        order = MapOrdering.from_channels(np.array(data.draw(st.permutations(range(shape.channels)))))
        grid = choose_tile_grid(shape, width, height, lead_tiles=lead, label=12, order=order)
        seen = project_grid(grid, QRectF(5, 7, width, height))
        spot = Spot(*(data.draw(st.integers(0, extent - 1)) for extent in shape))
        middle = seen.value_rect(spot).center()
        assert grid.spot_at((middle.x() - seen.left) / seen.scale, (middle.y() - seen.top) / seen.scale) == spot
        assert sorted(seen.visible_channels()) == list(range(-lead, shape.channels))

    @given(shape=shapes, data=st.data())
    def test_in_any_order_tiles_have_the_colours_of_their_channels(self, shape, data):
        order = MapOrdering.from_channels(np.array(data.draw(st.permutations(range(shape.channels)))))
        values = np.broadcast_to(np.arange(shape.channels, dtype=np.float32)[:, None, None], shape)
        ends = np.zeros(1), np.array([255.0])
        grid = choose_tile_grid(shape, 400, 300, order=order)
        pixels = tile_pixels(
            MapTiles(shape, values, *ends, "gray"), grid, TileBlock((0, grid.rows), (0, grid.columns)), 1, "#000000"
        )
        for channel in range(shape.channels):
            x, y = grid.tile_corner(channel)
            assert int(pixels[y, x]) & 255 == channel

    def test_both_designs_have_the_order_of_the_chosen_one(self):
        volumes = {NAIVE: RISING, BOTTLENECK: -RISING}
        for focus, expected in ((NAIVE, [5, 4, 3, 2, 1, 0]), (BOTTLENECK, [0, 1, 2, 3, 4, 5])):
            state = state_of(two_designs(), Focus(*focus), volumes, order="mean")
            assert [plate.order.channels.tolist() for plate in build_mosaic_panels(state)] == [expected, expected]
            assert f"largest mean first, as in {focus[0]}" in build_mosaic_content(state).legend

    def test_likeness_to_a_map_that_is_not_there_puts_alike_maps_side_by_side(self):
        volume = random_volume((6, 9, 11))
        found, expected = (order_maps(volume, "likeness", like, Budget()) for like in (99, None))
        assert found.channels.tolist() == expected.channels.tolist()

    def test_tiles_keep_the_numbers_of_their_channels(self):
        one = Project(NoiseInput((4, 9, 11)), (design("naive", conv("conv5x5", 6, 5)),))
        numbers = [text for text in texts(state_of(one, volumes={NAIVE: RISING}, order="mean")) if text.isdigit()]
        assert numbers[:6] == ["5", "4", "3", "2", "1", "0"]

    @pytest.mark.parametrize("order", ["variance", "zeros"])
    def test_each_order_is_that_of_the_engine(self, order):
        volume = np.round(random_volume((6, 9, 11)))
        state = state_of(two_designs(), volumes={NAIVE: volume}, order=order)
        assert (
            build_mosaic_panels(state)[0].order.channels.tolist()
            == map_statistics.rank_maps(volume, order).channels.tolist()
        )

    def test_likeness_is_to_the_chosen_map_and_without_one_side_by_side(self):
        state = state_of(two_designs(), order="likeness")
        volume = state.volume_at(NAIVE).volume
        assert (
            build_mosaic_panels(state)[0].order.channels.tolist()
            == map_statistics.rank_maps(volume, "likeness").channels.tolist()
        )
        assert "similar maps side by side" in build_mosaic_content(state).legend
        chosen = replace(state, focus=Focus(*NAIVE, 4))
        assert (
            build_mosaic_panels(chosen)[0].order.channels.tolist()
            == map_statistics.rank_maps(volume, "likeness", 4).channels.tolist()
        )
        assert "most similar to map 4 first" in build_mosaic_content(chosen).legend

    def test_hovering_and_clicking_find_the_channel_that_is_shown_there(self, show, qtbot):
        answer = show(state_of(two_designs(), volumes={NAIVE: RISING}, order="mean"))
        first = answer.view.canvas.current_layout().panels[0].projection.rect.topLeft() + QPointF(5, 25)
        with qtbot.waitSignal(answer.view.hovered) as said:
            QTest.mouseMove(answer.view.canvas.viewport(), first.toPoint())
        assert said.args[0].startswith("naive · conv5x5 · channel 5, ")
        assert f" · mean {RISING[5].mean():.4g} · click: " in said.args[0]
        other = point_of(answer, 1, Spot(5, 2, 3)).toPointF()
        assert "mean" not in answer.view.canvas.describe(other)  # the order is not by its own
        qtbot.mouseClick(
            answer.view.canvas.viewport(), Qt.MouseButton.LeftButton, pos=point_of(answer, 1, Spot(4, 2, 3))
        )
        assert answer.focuses == [Focus(*BOTTLENECK, 4, (2, 3))]

    def test_page_keys_go_from_map_to_map_as_they_are_shown(self, show, qtbot):
        answer = show(state_of(two_designs(), Focus(*NAIVE), {NAIVE: RISING}, order="mean"))
        for key in (Qt.Key.Key_PageDown, *[Qt.Key.Key_PageDown] * 6, Qt.Key.Key_PageUp):
            qtbot.keyClick(answer.view.canvas, key)
        assert [focus.channel for focus in answer.focuses] == [5, 4, 3, 2, 1, 0, 0, 1]

    def test_sorted_by_likeness_page_keys_go_on_from_the_map_that_was_chosen(self, show, qtbot):
        state = state_of(two_designs(), Focus(*NAIVE, 2, (0, 0)), order="likeness")
        order = map_statistics.rank_maps(state.volume_at(NAIVE).volume, "likeness", 2).channels.tolist()
        answer = show(state)
        for _ in range(5):
            qtbot.keyClick(answer.view.canvas, Qt.Key.Key_PageDown)
        assert [focus.channel for focus in answer.focuses] == order[1:]
        assert {focus.likeness_channel for focus in answer.focuses} == {2}
        qtbot.mouseClick(
            answer.view.canvas.viewport(), Qt.MouseButton.LeftButton, pos=point_of(answer, 0, Spot(order[3], 2, 3))
        )
        assert answer.focuses[-1].likeness_channel == order[3]

    @pytest.mark.parametrize("order", ["mean", "likeness"])
    def test_a_volume_of_earlier_settings_with_other_channels_keeps_their_order(self, show, order):
        state = state_of(two_designs(), Focus(*NAIVE, 2, (1, 1)), {BOTTLENECK: random_volume((9, 9, 11))}, order=order)
        answer = show(state)
        for focus in (Focus(*NAIVE, 3, (1, 1)), Focus(*BOTTLENECK, 8, (1, 1)), Focus(*BOTTLENECK, 7, (1, 1))):
            answer.show(replace(answer.state, focus=focus))
            seen = [frame.projection.visible_channels() for frame in answer.view.canvas.current_layout().panels]
            assert [sorted(channels) for channels in seen] == [list(range(6)), list(range(9))]
            answer.view.canvas.grab()

    def test_values_that_are_not_finite_spoil_no_order(self):
        volume = np.array(RISING)
        volume[3, 0, 0], volume[4] = np.nan, np.inf
        for order in ("mean", "variance", "zeros", "likeness"):
            for channel in (None, 3, 4):
                state = state_of(two_designs(), Focus(*NAIVE, channel), {NAIVE: volume}, order=order)
                assert sorted(build_mosaic_panels(state)[0].order.channels) == list(range(6))
                drawn(state)


class TestDead:
    def dead(self, layers, name, volume):
        nodes = tuple(Node(f"n{index}", layer) for index, layer in enumerate(layers))
        project = Project(NoiseInput((4, 9, 11)), (design("d", *nodes),))
        return state_of(project, Focus("d", name), {("d", name): volume})

    def volume(self):
        volume = random_volume((6, 9, 11))
        volume[1], volume[2], volume[4] = 0, 0.5, -abs(volume[4])
        return volume

    def test_they_are_counted_in_the_caption_and_named_under_the_mouse(self):
        state = self.dead([Conv2d(6, 3)], "n0", self.volume())
        (plate,) = build_mosaic_panels(state)
        assert plate.title == "n0 · 6×9×11 · 1 of 6 dead · 1 of 6 constant"
        assert plate.dead_reasons == {1: "dead: all values are 0"}
        assert plate.constants == {2: "constant: all values are 0.5"}
        assert describe_map_value(plate, Spot(1, 2, 3)) == "d · n0 · channel 1, y 2, x 3: 0 · dead: all values are 0"
        assert "crossed out: dead on this input" in colour_legend_text([plate], state.look)

    @pytest.mark.parametrize(
        ("behind", "dead"),
        [
            ([Activation("relu")], {1, 4}),
            ([Activation("relu6")], {1, 4}),
            ([Activation("leaky_relu")], {1}),
            ([Conv2d(6, 1)], {1}),
        ],
    )
    def test_before_a_relu_a_map_without_a_value_above_zero_is_dead_too(self, behind, dead):
        (plate,) = build_mosaic_panels(self.dead([Conv2d(6, 3), *behind], "n0", self.volume()))
        assert set(plate.dead_reasons) == dead
        if 4 in dead:
            assert plate.dead_reasons[4] == "dead behind its ReLU: no value is above 0"

    @pytest.mark.parametrize(("value", "is_dead"), [(0.0, True), (-0.0, True), (-2.0, True), (2.0, False)])
    def test_a_constant_map_is_dead_only_if_it_is_zero_behind_its_relu(self, value, is_dead):
        volume = random_volume((6, 9, 11))
        volume[3] = value
        (plate,) = build_mosaic_panels(self.dead([Conv2d(6, 3), Activation("relu")], "n0", volume))
        assert (3 in plate.dead_reasons, 3 in plate.constants) == (is_dead, not is_dead)
        (plate,) = build_mosaic_panels(self.dead([Conv2d(6, 3), Conv2d(2, 1)], "n0", volume))
        assert (3 in plate.dead_reasons) == (value == 0)

    def test_a_map_that_something_else_than_a_relu_reads_is_alive_below_zero(self):
        nodes = (Node("n0", Conv2d(6, 3)), Node("relu", Activation("relu"), ("n0",)), Node("n1", Conv2d(2, 1), ("n0",)))
        known = Project(NoiseInput((4, 9, 11)), (design("d", *nodes),))
        (plate,) = build_mosaic_panels(state_of(known, Focus("d", "n0"), {("d", "n0"): self.volume()}))
        assert set(plate.dead_reasons) == {1}

    def test_inputs_and_units_of_one_value_are_never_dead(self):
        known = Project(NoiseInput((2, 4, 4)), (design("d", Node("fc", Dense(3))),))
        zeros = {("d", "fc"): np.zeros((3, 1, 1)), (STEM, INPUT): np.zeros((2, 4, 4))}
        for place in (("d", "fc"), (STEM, INPUT)):
            assert not build_mosaic_panels(state_of(known, Focus(*place), zeros))[0].dead_reasons

    def test_they_are_crossed_out_in_the_picture(self):
        volume = random_volume((6, 9, 11))
        volume[1] = 0
        state = self.dead([Conv2d(6, 3)], "n0", volume)
        seen = lay_out_mosaics(QRectF(0, 0, 700, 600), build_mosaic_content(state)).panels[0].projection
        tile, image = seen.tile_rect(1), drawn(state)
        colours = {image.pixelColor((tile.topLeft() + tile.size().width() * QPointF(x, x * 9 / 11)).toPoint()).name()
                   for x in (0.25, 0.5, 0.75)}  # fmt: skip
        beside = image.pixelColor(QPointF(tile.center().x(), tile.top() + 4).toPoint()).name()
        assert beside not in colours

    def test_a_tooltip_says_why(self, show):
        answer = show(self.dead([Conv2d(6, 3)], "n0", self.volume()))
        at = point_of(answer, 0, Spot(2, 3, 3))
        event = QHelpEvent(QHelpEvent.Type.ToolTip, at, answer.view.canvas.mapToGlobal(at))
        QApplication.sendEvent(answer.view.canvas.viewport(), event)
        assert QToolTip.text() == "constant: all values are 0.5"
        QToolTip.hideText()


class TestDifference:
    def test_it_is_a_plate_of_two_volumes(self):
        first, second = random_volume((3, 5, 4)), random_volume((3, 5, 4), 1)
        plate = make_difference_panel(first, second, ("a", "b"))
        assert np.array_equal(plate.tiles.values, first - second)
        assert plate.tiles.lows == -plate.tiles.highs
        assert plate.tiles.colour_map == "diverging"
        error = f"{np.linalg.norm(first - second) / np.linalg.norm(first):.3g}"
        assert plate.title == f"error {error}"
        assert plate.legend_text.endswith(f"relative error ‖a − b‖ / ‖a‖ = {error}")
        assert plate.ref is None

    def test_what_is_not_finite_is_left_out_of_the_error_and_shown(self):
        first, second = random_volume((3, 5, 4)), random_volume((3, 5, 4), 1)
        first[0, 0, 0], second[0, 0, 0], second[1, 1, 1] = np.inf, np.inf, np.nan
        plate = make_difference_panel(first, second, ("a", "b"))
        known = np.isfinite(first) & np.isfinite(second)
        error = np.linalg.norm(first[known] - second[known]) / np.linalg.norm(first[known])
        assert plate.title == f"error {error:.3g}"
        assert np.isnan(plate.tiles.values[0, 0, 0])

    def test_it_stands_behind_the_maps_when_it_is_asked_for(self):
        state = state_of(two_designs(), comparison="maps + difference", order="variance")
        content = build_mosaic_content(state)
        assert [plate.design for plate in content.panels] == ["naive", "bottleneck", "difference"]
        assert content.panels[2].order is content.panels[0].order
        a, b = (state.volume_at(place).volume for place in (NAIVE, BOTTLENECK))
        assert np.array_equal(content.panels[2].tiles.values, a - b)
        assert len(build_mosaic_content(replace(state, look=Look())).panels) == 2
        assert "relative error ‖naive − bottleneck‖ / ‖naive‖" in " ".join(texts(state, 1600, 900))

    def test_there_is_none_of_one_volume_or_before_a_run(self):
        for state in (
            state_of(two_designs(), Focus("bottleneck", "reduce"), comparison="maps + difference"),
            before_run(two_designs(), comparison="maps + difference"),
        ):
            assert all(plate.ref is not None for plate in build_mosaic_content(state).panels)
            drawn(state)

    def test_there_is_none_of_two_shapes_that_earlier_settings_gave(self):
        state = state_of(two_designs(), volumes={BOTTLENECK: random_volume((5, 9, 11))}, comparison="maps + difference")
        assert [plate.shape.channels for plate in build_mosaic_content(state).panels] == [6, 5]
        drawn(state)

    def test_one_of_earlier_settings_says_so(self):
        state = state_of(two_designs(), comparison="maps + difference")
        edited = two_designs().with_network("naive", Network((conv("conv5x5", 6, 3),)))
        plate = build_mosaic_content(replace(state, project=edited, check=check(edited))).panels[2]
        assert (plate.is_fresh, plate.note) == (False, STALE_HINT)

    def test_a_click_on_it_chooses_that_value_in_the_chosen_design(self, show, qtbot):
        answer = show(state_of(two_designs(), Focus(*BOTTLENECK), comparison="maps + difference"))
        with qtbot.waitSignal(answer.view.hovered) as said:
            QTest.mouseMove(answer.view.canvas.viewport(), point_of(answer, 2, Spot(3, 4, 5)))
        assert said.args[0].startswith("difference · channel 3, y 4, x 5: ")
        qtbot.mouseClick(
            answer.view.canvas.viewport(), Qt.MouseButton.LeftButton, pos=point_of(answer, 2, Spot(3, 4, 5))
        )
        assert answer.focuses == [Focus(*BOTTLENECK, 3, (4, 5))]


class TestKernelDetail:
    def test_by_size_the_input_channels_with_the_largest_weights_come_first(self, show, qtbot):
        state = state_of(two_designs(), Focus(*NAIVE, 2, (0, 0)), detail="kernel by size")
        arrays = weights.load_weights(state.report(NAIVE), seed=0, design="naive", checkpoint=proceed)
        norms = np.linalg.norm(arrays["weight"][2].reshape(4, -1), axis=1)
        answer = show(state)
        seen = answer.view.canvas.current_layout().detail.body.projection
        largest = int(np.argmax(norms))
        assert seen.visible_channels() == np.argsort(-norms).tolist()
        said = answer.view.canvas.describe(seen.value_rect(Spot(largest, 1, 1)).center())
        assert f"input channel {largest}, y 1, x 1" in said
        assert said.endswith(f"norm ‖w‖ of this channel {norms[largest]:.3g}")

    def test_of_a_dense_layer_it_is_the_weights_of_the_unit_by_input_channel(self):
        dense = Project(NoiseInput((3, 4, 5)), (design("net", Node("fc", Dense(units=7))),))
        state = state_of(dense, Focus("net", "fc", 6))
        arrays = weights.load_weights(state.report(("net", "fc")), seed=0, design="net", checkpoint=proceed)
        detail = build_mosaic_content(state).detail
        assert detail.title == "weights of unit 6 · 4×5 · 3 input channels"
        assert np.array_equal(detail.body.tiles.values, arrays["weight"][6].reshape(3, 4, 5))

    def test_without_details_all_the_room_is_for_the_maps(self):
        assert build_mosaic_content(state_of(two_designs(), Focus(*NAIVE, 2), detail="none")).detail is None


class TestHistogramDetail:
    def test_both_designs_share_an_axis_and_zeros_are_told_apart(self, show):
        volume = np.maximum(random_volume((6, 9, 11)), 0)
        answer = show(state_of(two_designs(), Focus(*NAIVE, 3), {NAIVE: volume}, detail="histogram"))
        zeros = np.count_nonzero(volume[3] == 0)
        detail = answer.view.canvas.current_layout().detail
        figures = (
            f"mean {volume[3].mean():.3g}, variance {volume[3].var():.3g}, {100 * zeros / 99:.3g} % zeros (not drawn)"
        )
        assert detail.detail.text.startswith(f"values of map 3; naive: {figures}; bottleneck: mean ")
        curves = detail.body.body.curves
        assert [curve.histogram.size for curve in curves] == [99, 99]
        assert curves[0].histogram.edges is curves[1].histogram.edges
        said = answer.view.canvas.describe(detail.body.plot_rect.center())
        assert said.startswith("values from ")
        assert "naive" in said
        assert "bottleneck" in said

    def test_the_mouse_reads_how_many_values_a_bin_has(self, show):
        volume = np.zeros((6, 9, 11))
        volume[3, 0, :5], volume[3, 1, :2] = 1, 9
        answer = show(
            state_of(two_designs(), Focus(*NAIVE, 3), {NAIVE: volume, BOTTLENECK: volume}, detail="histogram")
        )
        plot = answer.view.canvas.current_layout().detail.body.plot_rect
        ends = [answer.view.canvas.describe(QPointF(x, plot.center().y())) for x in (plot.left() + 1, plot.right() - 1)]
        assert [said.partition(": ")[2] for said in ends] == ["naive 5, bottleneck 5", "naive 2, bottleneck 2"]

    def test_before_a_run_it_asks_for_one(self):
        assert (
            "Run (F5)"
            in build_mosaic_content(before_run(two_designs(), Focus(*NAIVE, 3), detail="histogram")).detail.reason
        )

    @pytest.mark.parametrize("value", [0.0, 3e38, np.nan, -np.inf])
    def test_maps_of_one_value_are_drawn(self, value):
        volumes = {NAIVE: np.full((6, 9, 11), value), BOTTLENECK: np.full((6, 9, 11), value)}
        for kind in ("histogram", "histograms", "contributions"):
            drawn(
                state_of(two_designs(), Focus(*NAIVE, 3, (1, 1)), volumes, detail=kind, comparison="maps + difference")
            )


class TestHistogramsDetail:
    def test_each_map_has_one_in_the_order_of_the_maps(self, show, qtbot):
        answer = show(state_of(two_designs(), Focus(*NAIVE), {NAIVE: RISING}, detail="histograms", order="mean"))
        body = answer.view.canvas.current_layout().detail.body
        assert body.projection.visible_channels() == [5, 4, 3, 2, 1, 0]
        assert (body.body.tiles.values.sum(axis=1) > 0).sum() == np.count_nonzero(body.body.histograms.counts.counts)
        spot = Spot(4, 3, int(np.argmax(body.body.histograms.counts.counts[4])))
        said = answer.view.canvas.describe(body.projection.value_rect(spot).center())
        assert said.startswith(f"map 4: {body.body.histograms.counts.counts[4].max()} values from ")
        assert said.endswith("0 % zeros")
        at = body.projection.value_rect(spot).center().toPoint()
        qtbot.mouseClick(answer.view.canvas.viewport(), Qt.MouseButton.LeftButton, pos=at)
        assert answer.focuses == [Focus(*NAIVE, 4)]

    def test_maps_of_one_value_have_none_and_before_a_run_they_wait(self):
        dense = Project(NoiseInput((3, 4, 5)), (design("net", Node("fc", Dense(units=7))),))
        assert build_mosaic_content(state_of(dense, Focus("net", "fc"), detail="histograms")).detail is None
        assert "Run (F5)" in build_mosaic_content(before_run(two_designs(), detail="histograms")).detail.reason


class TestContributionsDetail:
    def state(self, channels=4, **settings):
        project = Project(NoiseInput((channels, 9, 11)), (design("naive", conv("conv5x5", 6, 5, **settings)),))
        return state_of(project, Focus(*NAIVE, 5, (2, 3)), detail="contributions")

    def found(self, state):
        report = state.report(NAIVE)
        arrays = weights.load_weights(report, seed=0, design="naive", checkpoint=proceed)
        received = state.volume_at(("naive", INPUT)).volume
        return contributions(filter_input_of(report.layer, arrays["weight"], received, state.focus.channel), proceed)

    def test_bars_are_the_shares_of_the_input_channels_sorted_by_size(self, show):
        state = self.state()
        shares = self.found(state).shares
        bars = show(state).view.canvas.current_layout().detail.body.bars
        order = np.argsort(-abs(shares))
        assert [bar.number for bar in bars] == order.tolist()
        assert [bar.share for bar in bars] == shares[order].tolist()
        assert bars[0].label == f"channel {order[0]}"
        assert f"{100 * shares[order[0]]:.3g} %".replace("-", "−") in texts(state)

    def test_a_transposed_convolution_has_them_as_well(self):
        project = Project(NoiseInput((4, 5, 6)), (design("naive", Node("conv5x5", ConvTranspose2d(6, 3, groups=2))),))
        state = state_of(project, Focus(*NAIVE, 5), detail="contributions")
        body = build_mosaic_content(state).detail.body
        assert body.channel_order.tolist() == np.argsort(-abs(self.found(state).shares)).tolist()
        assert body.contributions.first == 2
        assert "channel 2" in texts(state)
        assert "channel 3" in texts(state)

    def test_what_has_no_room_is_one_bar_and_all_bars_add_up_to_the_whole(self, show):
        bars = show(self.state(channels=200)).view.canvas.current_layout().detail.body.bars
        assert bars[-1].label == f"{200 - len(bars) + 1} others"
        assert sum(bar.share for bar in bars) == pytest.approx(1)

    def test_the_mouse_reads_the_exact_share(self, show):
        state = self.state()
        found = self.found(state)
        answer = show(state)
        bar = answer.view.canvas.current_layout().detail.body.bars[1]
        exact = f"{100 * found.shares[bar.number]:.6g}".replace("-", "−")
        said = answer.view.canvas.describe(bar.rect.center())
        assert said.startswith(f"input channel {bar.number}: {exact} % of the map")

    def test_a_click_on_a_bar_and_its_number_choose_the_channel_of_the_input(self, show, qtbot):
        state = self.state(groups=2)
        for choose in ("click", "key"):
            answer = show(state)
            bar = answer.view.canvas.current_layout().detail.body.bars[1]
            if choose == "click":
                qtbot.mouseClick(
                    answer.view.canvas.viewport(), Qt.MouseButton.LeftButton, pos=bar.rect.center().toPoint()
                )
            else:
                qtbot.keyClick(answer.view.canvas, Qt.Key.Key_2)
            assert answer.focuses == [Focus("naive", INPUT, 2 + bar.number, (2, 3))]

    def test_a_value_that_the_input_has_not_is_not_chosen_in_it(self, show, qtbot):
        project = Project(NoiseInput((4, 2, 2)), (design("naive", conv("conv5x5", 6, 1, padding=3)),))
        answer = show(state_of(project, Focus(*NAIVE, 5, (7, 7)), detail="contributions"))
        bar = answer.view.canvas.current_layout().detail.body.bars[0]
        qtbot.keyClick(answer.view.canvas, Qt.Key.Key_1)
        assert answer.focuses == [Focus("naive", INPUT, bar.number)]

    def test_the_bar_of_the_others_chooses_nothing(self, show, qtbot):
        answer = show(self.state(channels=200))
        at = answer.view.canvas.current_layout().detail.body.bars[-1].rect.center().toPoint()
        with qtbot.assertNotEmitted(answer.view.focus_requested):
            qtbot.mouseClick(answer.view.canvas.viewport(), Qt.MouseButton.LeftButton, pos=at)

    def test_of_earlier_settings_before_a_run_and_of_too_many_weights_there_are_none(self):
        state = self.state()
        edited = state.project.with_network("naive", Network((conv("conv5x5", 6, 3),)))
        large = Project(NoiseInput((2048, 2, 2)), (design("naive", conv("conv5x5", 2048, 3)),))
        for found, reason in (
            (replace(state, project=edited, check=check(edited)), "for earlier settings"),
            (before_run(state.project, state.focus, detail="contributions"), "Run (F5)"),
            (state_of(large, Focus(*NAIVE, 1), detail="contributions"), "37,748,736"),
        ):
            assert reason in build_mosaic_content(found).detail.reason
            drawn(found)

    def test_a_layer_without_weights_has_none(self):
        relu = Project(NoiseInput((4, 9, 9)), (design("naive", Node("relu", Activation(function="relu"))),))
        assert build_mosaic_content(state_of(relu, Focus("naive", "relu", 1), detail="contributions")).detail is None


class TestWaiting:
    @pytest.fixture(autouse=True)
    def _nothing_is_quick(self, monkeypatch):
        monkeypatch.setattr(budget, "_QUICK", 0)
        monkeypatch.setattr(budget, "CACHE", DerivedCache(2**20))

    def test_what_takes_long_is_left_out_as_long_as_nobody_waits(self):
        look = {"order": "mean", "comparison": "maps + difference", "detail": "contributions"}
        state = state_of(two_designs(), Focus(*NAIVE, 2, (1, 1)), **look)
        at_once = build_mosaic_content(state, None)
        assert not at_once.is_complete
        assert at_once.panels[0].order is None
        assert "sorting …" in at_once.legend
        assert at_once.panels[2].title == at_once.detail.reason == "computing …"
        whole = build_mosaic_content(state)
        assert whole.is_complete
        assert whole.panels[0].order is not None
        assert build_mosaic_content(state, None).is_complete  # it is at hand now

    def test_the_weights_of_a_large_layer_come_from_another_thread(self, show, qtbot):
        project = replace(two_designs(), seed=77)  # whose weights no other test has asked for
        answer = show(state_of(project, Focus(*NAIVE, 2)))
        first = build_mosaic_content(state_of(project, Focus(*BOTTLENECK, 2)), None)
        assert (first.detail.reason, first.is_complete) == ("computing …", False)
        qtbot.waitUntil(lambda: answer.view.canvas.current_layout().detail.body is not None)

    def test_a_fault_on_the_other_thread_is_not_hidden(self, show, qtbot, monkeypatch):
        def fail(state, checkpoint):
            if checkpoint is not None:
                raise ArithmeticError("our own fault")
            return build_mosaic_content(state, checkpoint)

        monkeypatch.setattr(filters, "build_mosaic_content", fail)
        with qtbot.capture_exceptions() as raised:
            show(state_of(two_designs(), Focus(*NAIVE, 2), order="mean"))
            qtbot.waitUntil(lambda: bool(raised))
        assert [kind for kind, _, _ in raised] == [ArithmeticError]

    def test_weights_that_the_inspector_has_found_are_at_hand(self):
        state = state_of(replace(two_designs(), seed=78), Focus(*NAIVE, 2, (1, 1)))
        assert not build_mosaic_content(state, None).is_complete
        load_inspector_content(state)
        assert build_mosaic_content(state, None).is_complete

    def test_it_comes_from_another_thread(self, show, qtbot):
        look = {"order": "mean", "comparison": "maps + difference", "detail": "contributions"}
        answer = show(state_of(two_designs(), Focus(*NAIVE, 2, (1, 1)), **look))
        qtbot.waitUntil(lambda: answer.view.canvas.current_layout().detail.body is not None)
        order = answer.view.canvas.current_layout().panels[0].projection.grid.order
        assert (
            order.channels.tolist()
            == map_statistics.rank_maps(answer.state.volume_at(NAIVE).volume, "mean").channels.tolist()
        )
        answer.show(replace(answer.state, focus=Focus(*NAIVE, 3, (1, 1))))
        assert answer.view.canvas.current_layout().detail.body is None
        qtbot.waitUntil(lambda: answer.view.canvas.current_layout().detail.body is not None)

    def test_what_comes_too_late_is_not_shown(self, show, qtbot):
        answer = show(state_of(two_designs(), order="mean"))
        answer.show(replace(answer.state, look=Look()))
        QTest.qWait(50)
        assert answer.view.canvas.current_layout().panels[0].projection.grid.order is None


class TestControls:
    def test_they_ask_for_a_look(self, show, qtbot):
        answer = show(state_of(two_designs()))
        view = answer.view
        for box, value, look in (
            (view.order, "mean", {"order": "mean"}),
            (view.detail, "kernel by size", {"detail": "kernel by size"}),
        ):
            box.setFocus()
            with qtbot.waitSignal(view.look_requested) as asked:
                qtbot.keyClick(box, Qt.Key.Key_Down)
            assert getattr(asked.args[0], next(iter(look))) == value
        qtbot.mouseClick(view.difference, Qt.MouseButton.LeftButton)
        assert answer.state.look.comparison == "maps + difference"
        qtbot.mouseClick(view.difference, Qt.MouseButton.LeftButton)
        assert answer.state.look.comparison == "maps"

    def test_the_difference_is_offered_where_there_are_two_volumes(self, show):
        answer = show(state_of(two_designs()))
        assert answer.view.difference.isEnabled()
        answer.show(replace(answer.state, focus=Focus("bottleneck", "reduce")))
        assert not answer.view.difference.isEnabled()
        assert "another design" in answer.view.difference.toolTip()

    def test_turning_the_camera_makes_nothing_anew(self, show):
        answer = show(state_of(two_designs()))
        scene = answer.view.canvas.current_layout()
        answer.show(replace(answer.state, look=replace(answer.state.look, yaw=10.0)))
        assert answer.view.canvas.current_layout() is scene

    def test_a_screen_reader_hears_of_difference_and_detail(self, show):
        look = {"comparison": "maps + difference", "detail": "contributions"}
        answer = show(state_of(two_designs(), Focus(*NAIVE, 3), **look))
        told = answer.view.canvas.accessibleDescription()
        assert "relative error" in told
        assert "contributions of input channels to map 3 of naive: channel " in told

    @pytest.mark.parametrize("size", [(240, 300), (300, 700), (420, 900), (1200, 760)])
    @pytest.mark.parametrize("detail", ["kernel by size", "histogram", "histograms", "contributions"])
    def test_maps_keep_room_in_a_small_view_and_all_parts_lie_within_it(self, size, detail):
        look = {"comparison": "maps + difference", "detail": detail, "order": "likeness"}
        rect = QRectF(0, 0, *size)
        scene = lay_out_mosaics(rect, build_mosaic_content(state_of(two_designs(), Focus(*NAIVE, 2, (1, 1)), **look)))
        parts = [scene.selected_value_rect, scene.legend_rect, scene.difference_legend_rect, scene.detail.detail_rect]
        assert all(rect.contains(part) for part in parts)
        for frame in scene.panels:
            assert frame.projection.rect.height() > 3 * scene.text_size
            assert frame.projection.rect.bottom() <= scene.selected_value_rect.top()

    def test_a_click_beside_everything_asks_for_nothing(self, show, qtbot):
        answer = show(state_of(two_designs(), Focus(*NAIVE, 2, (1, 1)), detail="histogram"))
        qtbot.mouseClick(answer.view.canvas.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(2, 2))
        assert not answer.focuses


def test_a_result_that_comes_is_shown_in_its_order(show):
    answer = show(state_of(two_designs(), volumes={NAIVE: RISING}, order="mean"))
    results = {**answer.state.run.results, NAIVE: VolumeResult(answer.state.check.keys[NAIVE], -RISING)}
    answer.show(replace(answer.state, run=RunView(results)))
    assert answer.view.canvas.current_layout().panels[0].projection.grid.order.channels.tolist() == [0, 1, 2, 3, 4, 5]
