"""The filters view: mosaics show every value where the mouse reads it, and say what their colours mean."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.files.paths import RESOURCES
from engine.layers import Activation, Conv2d, ConvTranspose2d, Dense
from engine.layers.explanation import Spot
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import ImageInput, NoiseInput
from engine.network.node_ref import STEM
from engine.network.weight_specs import FileWeights
from engine.project.file import load_project
from engine.project.project import Design, Project
from engine.run import weights
from engine.run.check import check
from engine.shapes import Shape
from gui.graphics.zoom import Zoom, visible_rect
from gui.paint.basics.colours import _NOT_FINITE, load_lut, to_levels, value_range
from gui.paint.basics.note_drawing import STALE_HINT
from gui.paint.maps.kernel_image import load_selected_kernel
from gui.paint.maps.layer_weights import _MOST_WEIGHTS
from gui.paint.maps.mosaic import build_mosaic_content, lay_out_mosaics
from gui.paint.maps.mosaic_drawing import paint_mosaics
from gui.paint.maps.mosaic_panels import (
    _EARLIER_SETTINGS_NOTE,
    MAPS_RUN_HINT,
    build_mosaic_panels,
    colour_legend_text,
    describe_map_value,
)
from gui.paint.maps.tile_grid import TileBlock, choose_tile_grid, project_grid
from gui.paint.maps.tiles import MapTiles, tile_pixels
from gui.state.comparison import compared_refs, find_companions
from gui.state.focus import Focus
from gui.state.look import Look
from gui.state.run_view import RunView
from gui.state.view_state import ViewState
from gui.state.volume_at import VolumeResult
from gui.theme import THEMES
from gui.views.filters import FiltersView
from tests.gui.view_harness import svg, update_view

NAIVE = ("naive", "conv5x5")
BOTTLENECK = ("bottleneck", "conv5x5")


def design(name, *nodes):
    return Design(name, Network(tuple(nodes)))


def conv(name, filters, kernel, **settings):
    return Node(name, Conv2d(filters=filters, kernel=kernel, **settings))


def two_designs(filters=6):
    naive = design("naive", conv("conv5x5", filters, 5))
    bottleneck = design("bottleneck", conv("reduce", 2, 1), conv("conv5x5", 6, 5))
    return Project(NoiseInput((4, 9, 11)), (naive, bottleneck))


def random_volume(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(tuple(shape), dtype=np.float32)


def state_of(project, focus=None, volumes=None, **look):
    """A state in which every place has a fresh random volume, or the given one."""
    known = check(project)
    shapes = {(STEM, INPUT): known.input_shape} | {place: r.output_shape for place, r in known.reports.items()}
    results = {
        place: VolumeResult(known.keys[place], random_volume(shape, number))
        for number, (place, shape) in enumerate(shapes.items())
        if shape is not None
    }
    for place, volume in (volumes or {}).items():
        results[place] = VolumeResult(known.keys[place], np.asarray(volume, np.float32))
    return ViewState(project, known, RunView(results), focus or Focus(*NAIVE), Look(**look))


def before_run(project, focus=None, **look):
    return replace(state_of(project, focus, **look), run=RunView())


@pytest.fixture
def view(qtbot):
    made = FiltersView(before_run(two_designs()))
    qtbot.addWidget(made)
    made.resize(700, 600)
    made.show()
    qtbot.waitExposed(made)
    return made


def shown(view, state):
    update_view(view, state)
    view.canvas.grab()
    return view.canvas.current_layout()


def point_of(view, plate, spot):
    seen = view.canvas.current_layout().panels[plate].projection
    return seen.value_rect(spot).center().toPoint()


def drawn(state, width=700, height=600):
    image = QImage(width, height, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    paint_mosaics(painter, QRectF(0, 0, width, height), state, THEMES[state.look.theme])
    painter.end()
    return image


def zoomed(grid, rect, factor, x, y):
    """A grid magnified so many times, with a point of it, in fractions, in the middle of the rectangle."""
    zoom = Zoom(factor, factor, x, y)
    return project_grid(grid, rect, visible_rect(grid.rect, rect.size(), zoom, keeps_aspect=True, from_corner=True))


shapes = st.builds(Shape, st.integers(1, 40), st.integers(1, 40), st.integers(1, 40))
sizes = st.floats(20, 900)


class TestGrid:
    @given(shape=shapes, width=sizes, height=sizes, lead=st.integers(0, 1), data=st.data())
    def test_the_middle_of_a_value_reads_as_that_value(self, shape, width, height, lead, data):
        grid = choose_tile_grid(shape, width, height, lead_tiles=lead, label=12)
        factor, x, y = data.draw(st.floats(0.5, 30)), data.draw(st.floats(0, 1)), data.draw(st.floats(0, 1))
        seen = zoomed(grid, QRectF(5, 7, width, height), factor, x, y)
        spot = Spot(*(data.draw(st.integers(0, extent - 1)) for extent in shape))
        middle = seen.value_rect(spot).center()
        x, y = (middle.x() - seen.left) / seen.scale, (middle.y() - seen.top) / seen.scale
        assert grid.spot_at(x, y) == spot
        if seen.rect.contains(middle):
            assert seen.spot_at(middle) == spot

    @given(shape=shapes, width=sizes, height=sizes)
    def test_a_fitted_grid_lies_within_its_rectangle_and_tiles_do_not_overlap(self, shape, width, height):
        seen = project_grid(choose_tile_grid(shape, width, height, label=12), QRectF(0, 0, width, height))
        tiles = [seen.tile_rect(channel) for channel in range(shape.channels)]
        assert all(seen.rect.adjusted(-1e-6, -1e-6, 1e-6, 1e-6).contains(tile) for tile in tiles)
        assert seen.visible_channels() == list(range(shape.channels))
        assert not any(a.intersects(b) for a, b in itertools.pairwise(tiles))

    @pytest.mark.parametrize("shape", [Shape(18710, 1, 40), Shape(512, 2, 96), Shape(1024, 14, 14)])
    def test_many_flat_maps_fill_the_space_in_both_directions(self, shape):
        grid = choose_tile_grid(shape, 335, 470)
        scale = min(335 / grid.width, 470 / grid.height)
        assert min(scale * grid.width / 335, scale * grid.height / 470) > 0.85

    def test_gaps_and_what_lies_outside_read_as_nothing(self):
        grid = choose_tile_grid(Shape(3, 20, 20), 300, 100)
        assert grid.columns == 3
        assert grid.spot_at(20.5, 3) is None
        assert grid.spot_at(-0.5, 3) is None
        assert grid.spot_at(3 * grid.pitch_x + 2, 3) is None


class TestPixels:
    @given(shape=shapes, seed=st.integers(0, 99), step=st.sampled_from([1, 2, 4]), own=st.booleans())
    def test_every_pixel_has_the_colour_of_the_value_that_it_stands_for(self, shape, seed, step, own):
        values = random_volume(shape, seed)
        grid = choose_tile_grid(shape, 400, 300)
        step = min(step, grid.step)
        lows = np.linspace(-2, -1, shape.channels if own else 1, dtype=np.float32)
        highs = -lows
        everything = TileBlock((0, grid.rows), (0, grid.columns))
        pixels = tile_pixels(MapTiles(shape, values, lows, highs, "viridis"), grid, everything, step, "#123456")
        table = load_lut("viridis").astype(int)
        for channel in range(shape.channels):
            low, high = float(lows[channel if own else 0]), float(highs[channel if own else 0])
            levels = to_levels(values[channel], low, high)
            x, y = grid.tile_corner(channel)
            rows, columns = np.arange(0, shape.height, step), np.arange(0, shape.width, step)
            packed = pixels[np.ix_((y + rows * grid.repeat) // step, (x + columns * grid.repeat) // step)].astype(int)
            found = np.stack([packed >> 16 & 255, packed >> 8 & 255, packed & 255], axis=-1)
            expected = table[levels[::step, ::step]]
            assert np.abs(found - expected).max() <= (6 if own else 0)  # own ends are rounded another way

    def test_a_large_volume_is_drawn_with_fewer_pixels_but_read_in_full(self):
        shape = Shape(64, 224, 224)
        grid = choose_tile_grid(shape, 340, 500)
        seen = project_grid(grid, QRectF(0, 0, 340, 500))
        assert seen.value_step(1.0) == grid.step > 1
        assert grid.spot_at(*np.add(grid.tile_corner(9), (101.5, 57.5))) == Spot(9, 57, 101)
        near = zoomed(grid, QRectF(0, 0, 340, 500), 20, 0.5, 0.5)
        assert near.value_step(1.0) == 1

    def test_the_picture_says_which_values_it_leaves_out(self):
        large = state_of(Project(NoiseInput((3, 100, 100)), (design("naive", conv("conv5x5", 36, 1)),)))
        assert "row and column of pixels shown" in svg(paint_mosaics, large, 900, 200)
        assert "every 2nd " in svg(paint_mosaics, large, 340, 300)
        assert "every 4th value" in svg(paint_mosaics, large, 240, 200)
        assert "every 4th<" in svg(paint_mosaics, large, 170, 200)
        assert "every " not in svg(paint_mosaics, large)

    def test_without_values_all_tiles_have_the_plain_colour(self):
        shape = Shape(3, 5, 5)
        grid = choose_tile_grid(shape, 100, 100)
        pixels = tile_pixels(MapTiles(shape), grid, TileBlock((0, grid.rows), (0, grid.columns)), 1, "#dfe3e9")
        assert set(np.unique(pixels)) == {0, 0xFFDFE3E9}

    def test_what_is_not_finite_is_marked_and_counted_without_a_warning(self):
        volume = random_volume((6, 9, 11))
        volume[2, 3, 4:7] = np.nan, np.inf, -np.inf
        for span in ("shared", "per map"):
            state = state_of(two_designs(), volumes={NAIVE: volume}, range=span)
            found = build_mosaic_panels(state)
            assert "magenta: 3 values are not finite" in colour_legend_text(found, state.look)
            seen = lay_out_mosaics(QRectF(0, 0, 700, 600), build_mosaic_content(state)).panels[0].projection
            image = drawn(state)
            for column in (4, 5, 6):
                middle = seen.value_rect(Spot(2, 3, column)).center().toPoint()
                assert image.pixelColor(middle).name() == _NOT_FINITE

    def test_a_volume_without_any_finite_value_is_drawn(self):
        for span in ("shared", "per map"):
            for centred in (False, True):
                volumes = {NAIVE: np.full((6, 9, 11), np.nan), BOTTLENECK: np.full((6, 9, 11), 3e38)}
                drawn(state_of(two_designs(), volumes=volumes, range=span, zero_centred=centred))


class TestRange:
    def test_both_designs_share_one_range(self):
        state = state_of(two_designs())
        volumes = [state.volume_at(place).volume for place in (NAIVE, BOTTLENECK)]
        ranges = [value_range(volume, zero_centred=False) for volume in volumes]
        for plate in build_mosaic_panels(state):
            assert plate.tiles.lows.tolist() == [min(low for low, _ in ranges)]
            assert plate.tiles.highs.tolist() == [max(high for _, high in ranges)]

    def test_per_map_each_map_has_the_percentiles_of_its_own_values(self):
        volume = random_volume((6, 30, 30)) * np.arange(1, 7)[:, None, None]
        one = Project(NoiseInput((6, 30, 30)), (design("naive", Node("conv5x5", Activation(function="relu"))),))
        (plate,) = build_mosaic_panels(state_of(one, volumes={NAIVE: volume}, range="per map"))
        expected = np.percentile(volume.reshape(6, -1), (1, 99.5), axis=1, method="nearest")
        assert np.abs(plate.tiles.lows - expected[0]).max() < 0.1
        assert np.abs(plate.tiles.highs / expected[1] - 1).max() < 0.1

    def test_zero_centred_ends_are_opposite(self):
        for span in ("shared", "per map"):
            for plate in build_mosaic_panels(state_of(two_designs(), range=span, zero_centred=True)):
                assert (plate.tiles.lows == -plate.tiles.highs).all()
                assert plate.tiles.colour_map == "diverging"

    def test_a_map_of_equal_values_has_one_colour(self):
        volume = np.zeros((6, 9, 11))
        volume[3] = 7
        for plate in build_mosaic_panels(state_of(two_designs(), volumes={NAIVE: volume}, range="per map")):
            assert (plate.tiles.lows <= plate.tiles.highs).all()
        (plate, _) = build_mosaic_panels(state_of(two_designs(), volumes={NAIVE: volume}, range="per map"))
        pixels = tile_pixels(
            plate.tiles, choose_tile_grid(plate.shape, 200, 200), TileBlock((0, 1), (0, 1)), 1, "#000000"
        )
        table = load_lut("viridis")[0]
        assert pixels[0, 0] & 0xFFFFFF == (int(table[0]) << 16) + (int(table[1]) << 8) + int(table[2])

    def test_a_volume_of_one_value_says_so(self):
        one = Project(NoiseInput((2, 4, 4)), (design("naive", conv("conv5x5", 2, 3)),))
        state = state_of(one, volumes={NAIVE: np.full((2, 4, 4), 0.517)})
        assert colour_legend_text(build_mosaic_panels(state), state.look) == "viridis · all values 0.517"
        drawn(state)

    def test_maps_of_one_value_share_a_range_and_the_legend_says_what_a_cell_is(self):
        dense = Project(NoiseInput((3, 4, 4)), (design("net", Node("fc", Dense(units=20))),))
        state = state_of(dense, Focus("net", "fc"), range="per map")
        assert build_mosaic_panels(state)[0].tiles.lows.size == 1
        assert "each tile is one value" in colour_legend_text(build_mosaic_panels(state), state.look)

    def test_the_legend_names_map_range_and_percentiles(self):
        one = Project(NoiseInput((2, 4, 4)), (design("naive", conv("conv5x5", 2, 3)),))
        volume = np.linspace(-1, 1, 32).reshape(2, 4, 4)
        state = state_of(one, volumes={NAIVE: volume})
        low, high = (f"{value:.3g}".replace("-", "−") for value in value_range(volume, zero_centred=False))
        assert (
            colour_legend_text(build_mosaic_panels(state), state.look)
            == f"viridis · shared range {low} … {high} (percentiles 1–99.5)"
        )
        own = replace(state, look=Look(range="per map", colour_map="gray"))
        assert (
            colour_legend_text(build_mosaic_panels(own), own.look)
            == "gray · each map its own range (percentiles 1–99.5)"
        )
        assert colour_legend_text(build_mosaic_panels(before_run(one)), Look()) == ""


class TestCompanion:
    def test_a_node_of_the_same_name_and_shape_is_one(self):
        state = state_of(two_designs())
        assert find_companions(state, NAIVE) == (BOTTLENECK,)
        assert find_companions(state, BOTTLENECK) == (NAIVE,)

    def test_a_node_of_the_same_name_and_another_shape_is_none(self):
        assert find_companions(state_of(two_designs(filters=7)), NAIVE) == ()

    def test_last_volumes_of_one_shape_belong_together(self):
        left = design("left", conv("a", 4, 3), conv("b", 8, 3))
        right = design("right", conv("c", 8, 1))
        state = state_of(Project(NoiseInput((3, 8, 8)), (left, right)), Focus("left", "b"))
        assert find_companions(state, ("left", "b")) == (("right", "c"),)
        assert find_companions(state, ("left", "a")) == ()

    def test_inputs_the_stem_and_unknown_shapes_have_none(self):
        state = state_of(two_designs())
        assert find_companions(state, ("naive", INPUT)) == ()
        assert find_companions(state, (STEM, INPUT)) == ()
        broken = Project(
            state.project.input, (design("naive", conv("conv5x5", 6, 5, groups=3)), state.project.designs[1])
        )
        assert find_companions(state_of(broken), NAIVE) == ()

    def test_choosing_either_of_two_keeps_their_places(self):
        state = state_of(two_designs())
        assert compared_refs(state) == compared_refs(replace(state, focus=Focus(*BOTTLENECK))) == (NAIVE, BOTTLENECK)


class TestNotes:
    def test_before_a_run_plain_tiles_ask_for_one(self):
        for plate in build_mosaic_panels(before_run(two_designs())):
            assert plate.note == MAPS_RUN_HINT
            assert plate.tiles.values is None
            assert not plate.note_is_mistake

    def test_a_result_of_earlier_settings_says_so(self):
        state = state_of(two_designs())
        edited = two_designs().with_network("naive", Network((conv("conv5x5", 6, 3),)))
        stale = build_mosaic_panels(replace(state, project=edited, check=check(edited)))
        assert [plate.note for plate in stale] == [STALE_HINT, ""]
        assert [plate.is_fresh for plate in stale] == [False, True]

    def test_maps_of_before_a_mistake_are_said_to_be_of_earlier_settings(self):
        state = state_of(two_designs())
        broken = two_designs().with_network("naive", Network((conv("conv5x5", 6, 3, groups=3),)))
        plate = build_mosaic_panels(replace(state, project=broken, check=check(broken)))[0]
        assert plate.note_is_mistake
        assert plate.note.endswith(_EARLIER_SETTINGS_NOTE)

    def test_a_mistake_is_told_at_its_node_and_unknown_behind_it(self):
        nodes = conv("first", 6, 3, groups=5), conv("second", 4, 3)
        state = state_of(Project(NoiseInput((4, 9, 9)), (design("naive", *nodes),)), Focus("naive", "first"))
        (plate,) = build_mosaic_panels(state)
        assert plate.note_is_mistake
        assert "groups 5 does not divide the 4 input channels" in plate.note
        (behind,) = build_mosaic_panels(replace(state, focus=Focus("naive", "second")))
        assert "unknown" in behind.note
        drawn(state)

    def test_the_title_names_node_and_shape_whatever_a_run_took(self):
        state = state_of(two_designs())
        again = {place: VolumeResult(done.key, done.volume) for place, done in state.run.results.items()}
        for shown_state in (state, replace(state, run=RunView(again))):
            assert build_mosaic_panels(shown_state)[0].title == "conv5x5 · 6×9×11"

    def test_a_photo_is_shown_before_its_named_channels(self):
        spec = ImageInput("resources:photos/chelsea.png", (20, 24), "bgr", 1.0, (100.0,), ())
        state = state_of(Project(spec, (design("naive", conv("conv5x5", 6, 5)),)), Focus())
        values = np.zeros((3, 20, 24), np.float32) - 100
        values[2] += 200  # of BGR, red
        (plate,) = build_mosaic_panels(
            replace(state, run=RunView({(STEM, INPUT): VolumeResult(state.check.keys[STEM, INPUT], values)}))
        )
        assert plate.channel_names == ("blue", "green", "red")
        assert describe_map_value(plate, Spot(-1, 3, 4)) == "input · photo, y 3, x 4: red 200, green 0, blue 0"

    def test_a_photo_of_earlier_settings_is_not_shown_as_todays(self):
        project = Project(ImageInput("resources:photos/chelsea.png", (20, 24)))
        state = state_of(project, Focus())
        edited = replace(project, input=replace(project.input, mean=(100.0,)))
        (plate,) = build_mosaic_panels(replace(state, project=edited, check=check(edited)))
        assert build_mosaic_panels(state)[0].photo is not None
        assert (plate.photo, plate.channel_names, plate.note) == (None, (), STALE_HINT)


class TestKernel:
    def test_it_is_the_weights_of_the_chosen_filter(self):
        state = state_of(two_designs(), Focus(*BOTTLENECK, channel=3))
        report = state.report(BOTTLENECK)
        arrays = weights.load_weights(report, seed=0, design="bottleneck", checkpoint=lambda: None)
        kernel = load_selected_kernel(state)
        assert np.array_equal(kernel.tiles.values, arrays["weight"][3])
        assert kernel.title == "kernel of filter 3 · 5×5 · 2 input channels"
        assert kernel.largest_weight == np.abs(arrays["weight"][3]).max()

    def test_with_groups_it_names_the_input_channels_that_the_filter_sees(self):
        grouped = Project(NoiseInput((4, 9, 9)), (design("naive", conv("conv5x5", 6, 5, groups=2)),))
        kernel = load_selected_kernel(state_of(grouped, Focus(*NAIVE, channel=5)))
        assert kernel.title.endswith("input channels 2–3")
        assert kernel.first_channel == 2

    def test_of_a_transposed_convolution_it_is_a_column_of_its_weights(self):
        layer = ConvTranspose2d(6, 3, groups=2)
        project = Project(NoiseInput((4, 9, 9)), (design("naive", Node("up", layer)),))
        state = state_of(project, Focus("naive", "up", 5))
        arrays = weights.load_weights(state.report(("naive", "up")), seed=0, design="naive", checkpoint=lambda: None)
        kernel = load_selected_kernel(state)
        assert np.array_equal(kernel.tiles.values, arrays["weight"][2:, 2])
        assert kernel.title == "kernel of filter 5 · 3×3 · input channels 2–3"

    def test_there_is_none_without_a_choice_or_a_convolution(self):
        assert load_selected_kernel(state_of(two_designs())) is None
        relu = Project(NoiseInput((4, 9, 9)), (design("naive", Node("relu", Activation(function="relu"))),))
        assert load_selected_kernel(state_of(relu, Focus("naive", "relu", 1))) is None
        assert load_selected_kernel(state_of(two_designs(), Focus(*NAIVE, channel=99))) is None

    def test_more_weights_than_can_be_had_at_once_are_refused_with_their_number(self):
        large = Project(NoiseInput((2048, 2, 2)), (design("naive", conv("conv5x5", 2048, 3)),))
        assert _MOST_WEIGHTS < 2048 * 2048 * 9
        state = before_run(large, Focus(*NAIVE, channel=1))
        assert "37,748,736" in load_selected_kernel(state).reason
        drawn(state)

    def test_a_file_that_is_gone_is_named(self, tmp_path):
        path = tmp_path / "weights.npz"
        np.savez(path, weight=np.ones((6, 4, 5, 5), np.float32), bias=np.ones(6, np.float32))
        node = Node("conv5x5", Conv2d(filters=6, kernel=5), weights=FileWeights(str(path)))
        state = state_of(Project(NoiseInput((4, 9, 11)), (design("naive", node),)), Focus(*NAIVE, channel=1))
        assert (load_selected_kernel(state).tiles.values == 1).all()
        path.unlink()
        assert f"{path} does not exist" in load_selected_kernel(state).reason
        drawn(state)

    def test_of_a_layer_with_fitted_weights_it_is_what_the_run_fitted(self):
        project = load_project(RESOURCES / "projects" / "inception_3a_5x5_branch.toml").project
        fitted = random_volume((32, 16, 5, 5))
        state = before_run(project, Focus(*BOTTLENECK, 3))
        assert load_selected_kernel(state).reason == "fitted weights are available after a run (F5)"
        assert not load_selected_kernel(state).is_mistake
        result = VolumeResult(
            state.check.keys[BOTTLENECK], random_volume((32, 28, 28)), fitted_weights={"weight": fitted}
        )
        kernel = load_selected_kernel(replace(state, run=RunView({BOTTLENECK: result})))
        assert np.array_equal(kernel.tiles.values, fitted[3])
        assert kernel.source == "fitted to random weights of naive · conv5x5"


class TestView:
    def test_hovering_tells_the_value(self, view, qtbot):
        state = state_of(two_designs())
        shown(view, state)
        value = float(state.volume_at(BOTTLENECK).volume[3, 4, 7])
        with qtbot.waitSignal(view.hovered) as said:
            QTest.mouseMove(view.canvas.viewport(), point_of(view, 1, Spot(3, 4, 7)))
        expected = f"{value:.4g}".replace("-", "−")
        assert said.args == [f"bottleneck · conv5x5 · channel 3, y 4, x 7: {expected} · click: its kernel"]

    def test_hovering_the_kernel_tells_the_weight(self, view, qtbot):
        state = state_of(two_designs(), Focus(*NAIVE, 2, (1, 1)))
        seen = shown(view, state).detail.body.projection
        value = load_selected_kernel(state).tiles.values[3, 1, 2]
        with qtbot.waitSignal(view.hovered) as said:
            QTest.mouseMove(view.canvas.viewport(), seen.value_rect(Spot(3, 1, 2)).center().toPoint())
        expected = f"{value:.4g}".replace("-", "−")
        assert said.args[0].startswith(f"naive · conv5x5 · filter 2, input channel 3, y 1, x 2: {expected} · norm ‖w‖")

    def test_a_click_asks_for_that_value(self, view, qtbot):
        shown(view, state_of(two_designs()))
        for plate, place in enumerate((NAIVE, BOTTLENECK)):
            with qtbot.waitSignal(view.focus_requested) as asked:
                qtbot.mouseClick(
                    view.canvas.viewport(), Qt.MouseButton.LeftButton, pos=point_of(view, plate, Spot(5, 8, 10))
                )
            assert asked.args == [Focus(*place, 5, (8, 10))]

    def test_a_click_beside_the_maps_asks_for_nothing(self, view, qtbot):
        shown(view, state_of(two_designs()))
        with qtbot.assertNotEmitted(view.focus_requested):
            qtbot.mouseClick(view.canvas.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(2, 2))

    @pytest.mark.parametrize(
        ("key", "channel", "pixel"),
        [
            (Qt.Key.Key_Left, 2, (4, 0)),
            (Qt.Key.Key_Right, 2, (4, 2)),
            (Qt.Key.Key_Up, 2, (3, 1)),
            (Qt.Key.Key_Down, 2, (5, 1)),
            (Qt.Key.Key_PageUp, 1, (4, 1)),
            (Qt.Key.Key_PageDown, 3, (4, 1)),
        ],
    )
    def test_keys_move_the_choice(self, view, qtbot, key, channel, pixel):
        shown(view, state_of(two_designs(), Focus(*BOTTLENECK, 2, (4, 1))))
        with qtbot.waitSignal(view.focus_requested) as asked:
            qtbot.keyClick(view.canvas, key)
        assert asked.args == [Focus(*BOTTLENECK, channel, pixel)]

    def test_keys_stop_at_the_volumes_ends_and_begin_in_the_middle(self, view, qtbot):
        for focus, expected in (
            (Focus(*NAIVE, 5, (8, 10)), Focus(*NAIVE, 5, (8, 10))),
            (Focus(*NAIVE), Focus(*NAIVE, 0, (4, 5))),
        ):
            shown(view, state_of(two_designs(), focus))
            with qtbot.waitSignal(view.focus_requested) as asked:
                qtbot.keyClick(view.canvas, Qt.Key.Key_Down)
            assert asked.args == [expected]

    def test_controls_ask_for_a_look_and_change_nothing_themselves(self, view, qtbot):
        state = state_of(two_designs())
        shown(view, state)
        with qtbot.waitSignal(view.look_requested) as asked:
            view.zero_centred.click()
        assert asked.args == [replace(state.look, zero_centred=True)]
        for box, number, look in (
            (view.colour_map, 1, replace(state.look, colour_map="cividis")),
            (view.range, 1, replace(state.look, range="per map")),
        ):
            box.setFocus()
            with qtbot.waitSignal(view.look_requested) as asked:
                for _ in range(number):
                    qtbot.keyClick(box, Qt.Key.Key_Down)
            assert asked.args == [look]

    def test_the_wheel_changes_no_choice_that_has_not_the_focus(self, view, qtbot):
        shown(view, state_of(two_designs()))
        view.canvas.setFocus()
        nothing = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase
        for box in (view.colour_map, view.range):
            at = QPointF(box.rect().center())
            event = QWheelEvent(at, box.mapToGlobal(at), QPoint(), QPoint(0, -120), *nothing, False)
            with qtbot.assertNotEmitted(view.look_requested):
                QApplication.sendEvent(box, event)
            assert not event.isAccepted()

    def test_controls_fit_into_the_least_width(self, view):
        shown(view, state_of(two_designs()))
        view.resize(view.minimumWidth(), 500)
        QTest.qWait(1)
        assert view.width() <= 240
        for control in view.controls:
            assert control.width() >= control.minimumSizeHint().width()
            assert view.rect().contains(control.geometry())

    def test_controls_follow_the_state_in_silence(self, view, qtbot):
        old = state_of(two_designs())
        shown(view, old)
        new = replace(old, look=Look(colour_map="gray", range="per map", zero_centred=True))
        with qtbot.assertNotEmitted(view.look_requested):
            view.show_state(old, new)
        assert (view.colour_map.value(), view.range.value()) == ("gray", "per map")
        assert view.zero_centred.isChecked()

    def test_the_screen_shows_the_colours_of_the_values(self, view):
        state = state_of(two_designs())
        scene = shown(view, state)
        image = view.canvas.grab().toImage()
        (plate, _) = build_mosaic_panels(state)
        levels = to_levels(plate.tiles.values, float(plate.tiles.lows[0]), float(plate.tiles.highs[0]))
        table = load_lut("viridis").astype(int)
        for spot in (Spot(0, 0, 0), Spot(3, 4, 5), Spot(5, 8, 10)):
            colour = image.pixelColor(scene.panels[0].projection.value_rect(spot).center().toPoint())
            assert [colour.red(), colour.green(), colour.blue()] == table[levels[spot]].tolist()

    def test_a_choice_redraws_without_reading_the_maps_again(self, view):
        old = state_of(two_designs())
        shown(view, old)
        kept = view.canvas._content.panels
        view.show_state(old, replace(old, focus=Focus(*NAIVE, 2, (1, 1))))
        assert view.canvas._content.panels is kept
        assert view.canvas.current_layout().detail is not None

    @pytest.mark.parametrize("size", [(300, 260), (360, 700), (1600, 900)])
    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_every_part_lies_within_the_picture(self, size, theme):
        rect = QRectF(0, 0, *size)
        content = build_mosaic_content(state_of(two_designs(), Focus(*NAIVE, 2, (1, 1)), theme=theme))
        scene = lay_out_mosaics(rect, content)
        parts = [
            scene.selected_value_rect,
            scene.legend_rect,
            scene.detail.detail_rect,
            *(frame.caption_rect for frame in scene.panels),
        ]
        assert all(rect.contains(part) for part in parts)
        assert scene.panels[0].projection.rect.bottom() <= scene.selected_value_rect.top()
