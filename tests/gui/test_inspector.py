"""The inspector: values are explained as the run computed them, and drawn with what they were computed from."""

import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from engine.files.paths import RESOURCES
from engine.layers import LAYERS, Activation, Conv2d, tag_of
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import ImageInput, NoiseInput
from engine.network.node_ref import STEM
from engine.network.weight_specs import FileWeights
from engine.project.file import load_project
from engine.project.project import Design, Project
from engine.run.check import check
from gui.paint.basics.colours import load_lut, to_levels
from gui.paint.basics.note_drawing import STALE_HINT
from gui.paint.inspector import channels, filter_weights, matrix, source_views, sums
from gui.paint.inspector.content import _MOST_SOURCE_VIEWS, LOADING_WEIGHTS_HINT, NO_VALUE_HINT, load_inspector_content
from gui.paint.inspector.drawing import (
    hit_inspector,
    inspector_figure_size,
    lay_out_inspector,
    paint_inspector,
)
from gui.state.focus import Focus
from gui.state.run_view import RunView
from gui.state.volume_at import VolumeResult
from gui.theme import THEMES
from gui.views.inspector import InspectorView
from tests.engine.checkpoints import proceed
from tests.gui.inspector_states import CHAIN, EVERY_KIND, KINDS, PROJECT, run_project
from tests.gui.view_harness import ViewHarness, svg

SIZE = 400, 1200


@pytest.fixture(scope="module")
def state():
    return run_project(PROJECT, Focus("d", "last", 1, (2, 3)))


@pytest.fixture(scope="module")
def all_kinds():
    return run_project(KINDS)


def paint_image(state, width, height):
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    paint_inspector(painter, QRectF(0, 0, width, height), state, THEMES[state.look.theme])
    painter.end()
    return image


class TestExplanation:
    @pytest.mark.parametrize("node", [node.name for node in EVERY_KIND])
    def test_every_kind_explains_the_values_of_the_run_and_describes_itself(self, all_kinds, node):
        volume = all_kinds.volume_at(("d", node)).volume
        for spot in np.ndindex(*volume.shape):
            content = load_inspector_content(replace(all_kinds, focus=Focus("d", node, spot[0], spot[1:])))
            assert content.explanation.how.result == pytest.approx(float(volume[spot]), rel=1e-4, abs=1e-5)
        assert content.explanation.how.description.endswith(".")
        assert content.explanation.value == content.value == float(volume[spot])

    def test_there_is_a_layer_of_every_kind(self):
        assert {tag_of(type(node.layer)) for node in EVERY_KIND} == {tag_of(kind) for kind in LAYERS}

    def test_bars_add_up_to_the_value_with_small_terms_in_one_bar(self):
        state = run_project(Project(NoiseInput((60, 5, 5)), (Design("d", Network((Node("c", Conv2d(2, 3)),))),)))
        content = load_inspector_content(replace(state, focus=Focus("d", "c", 1, (2, 2))))
        bars = sums.sum_bars(content)
        assert sum(bar.value for bar in bars if not bar.final) == pytest.approx(bars[-1].value)
        assert bars[-1].value == content.explanation.how.result
        own = [abs(bar.value) for bar in bars if bar.term is not None]
        assert own == sorted(own, reverse=True)
        assert len(own) == sums._MOST_BARS
        others = [bar.label for bar in bars if "others" in bar.label]
        assert sum(int(label.split()[0]) for label in others) == 60 - sums._MOST_BARS

    @pytest.mark.parametrize(
        ("count", "own"), [(sums._MOST_BARS + sums._FEW_MORE_BARS, 16), (sums._MOST_BARS + sums._FEW_MORE_BARS + 1, 12)]
    )
    def test_a_few_additional_terms_have_bars_of_their_own(self, count, own):
        content = load_inspector_content(
            run_project(Project(NoiseInput((count, 5, 5)), (Design("d", Network((Node("c", Conv2d(2, 3)),))),)))
        )
        assert len([bar for bar in sums.sum_bars(content) if bar.term is not None]) == own

    def test_of_many_source_volumes_the_input_and_the_nearest_are_shown(self):
        nodes = [Node(f"n{number}", Activation("relu")) for number in range(_MOST_SOURCE_VIEWS + 6)]
        content = load_inspector_content(
            run_project(Project(NoiseInput((2, 4, 4)), (Design("d", Network(tuple(nodes))),)))
        )
        names = [source.name for source in content.source_views]
        assert names == [INPUT, *(node.name for node in nodes[-_MOST_SOURCE_VIEWS:-1])]
        assert content.left_out_count == len(nodes) - _MOST_SOURCE_VIEWS

    def test_a_value_whose_source_is_stale_is_not_explained(self, state):
        results = dict(state.run.results)
        results["d", "narrow"] = VolumeResult(b"another", results["d", "narrow"].volume)
        content = load_inspector_content(replace(state, run=RunView(results)))
        assert (content.note, content.is_stale, content.explanation) == (STALE_HINT, True, None)

    def test_a_value_of_a_block_is_explained_by_its_last_layer(self):
        path = RESOURCES / "projects" / "residual_bottleneck.toml"
        project = replace(load_project(path).project, input=NoiseInput((256, 5, 5)), stem=None)
        design = project.designs[0].name
        block = next(iter(check(project).analyses[design].blocks.values()))
        content = load_inspector_content(run_project(project, Focus(design, block.name, 0, (1, 1))))
        assert content.explanation.how.formula[0].startswith(f"{block.output}[0, 1, 1] = ")

    def test_a_designs_input_is_explained_by_the_stem_and_the_stems_input_by_the_photo(self):
        photo = ImageInput("resources:photos/chelsea.png", (8, 8))
        stem = Network((Node("first", Conv2d(2, 1)),))
        state = run_project(Project(photo, (Design("d", Network((Node("n", Conv2d(1, 1)),))),), stem))
        content = load_inspector_content(replace(state, focus=Focus("d", INPUT, 1, (3, 3))))
        assert content.label.startswith("first of the stem")
        assert content.explanation.how.formula[0].startswith("first[1, 3, 3] = ")
        assert [(source.name, source.region.window) for source in content.source_views] == [("photo", (3, 3, 4, 4))]
        content = load_inspector_content(replace(state, focus=Focus(STEM, INPUT, 2, (3, 3))))
        assert "blue at y 3, x 3" in content.explanation.how.description
        assert not content.source_views

    @pytest.mark.parametrize("ref", [(STEM, INPUT), ("d", INPUT)])
    def test_the_input_without_a_stem_is_described_and_has_no_sources(self, state, ref):
        content = load_inspector_content(replace(state, focus=Focus(*ref, 7, (8, 10))))
        assert "seed 3" in content.explanation.how.description
        assert not content.source_views

    def test_every_source_volume_is_shown_with_the_size_of_the_receptive_field(self, state):
        content = load_inspector_content(state)
        assert [(source.name, source_views.region_size_text(source)) for source in content.source_views] == [
            (INPUT, "5×5 of 9×11"),
            ("wide", "3×3 of 9×11"),
            ("narrow", "3×3 of 9×11"),
        ]

    def test_a_missing_file_of_weights_is_noted_as_an_error(self, state, tmp_path):
        path = tmp_path / "w.npy"
        np.save(path, np.ones((3, 4, 3, 3), np.float32))
        node = Node("last", Conv2d(3, 3, padding="valid", bias=False), weights=FileWeights(str(path), "weight"))
        state = run_project(Project(PROJECT.input, (Design("d", Network((*CHAIN[:2], node))),)))
        path.unlink()
        content = load_inspector_content(replace(state, focus=Focus("d", "last", 0, (0, 0))))
        assert (content.note_is_mistake, content.explanation) == (True, None)
        assert "w.npy" in content.note


class TestLargeLayers:
    @pytest.fixture
    def small_limits(self, monkeypatch):
        monkeypatch.setattr(filter_weights, "_MOST_AT_ONCE", 10)
        monkeypatch.setattr(filter_weights, "_MOST_WHOLE", 100)

    def test_their_weights_are_loaded_on_another_thread_with_a_note(self, qtbot, state, small_limits):
        harness = ViewHarness(qtbot, InspectorView, state, SIZE)
        assert harness.view.content.note == LOADING_WEIGHTS_HINT
        assert harness.view.content.source_views
        qtbot.waitUntil(lambda: harness.view.content.explanation is not None)
        assert harness.view.content.explanation.how.result == load_inspector_content(state).explanation.how.result
        harness.view.close_down()

    def test_only_the_weights_of_the_current_filter_are_cached(self, state, small_limits):
        weights = filter_weights.load_filter_weights(state, ("d", "last"), 0, proceed)
        assert {role: array.shape for role, array in weights.arrays.items()} == {"weight": (4, 3, 3), "bias": ()}
        assert filter_weights.load_filter_weights(state, ("d", "last"), 0, proceed) is weights
        assert filter_weights.load_filter_weights(state, ("d", "last"), 2, proceed) is not weights

    def test_a_matrix_too_large_to_draw_is_drawn_in_part_with_a_note(self, all_kinds, monkeypatch):
        monkeypatch.setattr(filter_weights, "_MOST_COLUMNS", 10)
        content = load_inspector_content(replace(all_kinds, focus=Focus("d", "dense", 2, (0, 0))))
        step = content.explanation.matrix.column_step
        assert step > 1
        np.testing.assert_array_equal(
            content.explanation.matrix.values[2], content.explanation.filter_weights.ravel()[::step].astype(np.float32)
        )
        assert f"1 of {step} columns drawn" in svg(
            paint_inspector, replace(all_kinds, focus=Focus("d", "dense", 2, (0, 0)))
        )


class TestFigure:
    @pytest.mark.parametrize("shape", [(2, 3, 3), (5, 1, 7), (256, 5, 5), (3, 11, 11)])
    def test_the_channels_image_has_a_pixel_for_every_value(self, shape):
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
            expected = tuple(colours[channel, y, x]) if inside[y, x] else plain.getRgb()[:3]
            assert pixel.getRgb()[:3] == expected
        assert image.pixelColor(shape[2], 0) == ground

    @pytest.mark.parametrize("width", [200, 300, 420, 700])
    def test_every_picture_of_a_source_volume_can_be_hit(self, all_kinds, width):
        content = load_inspector_content(replace(all_kinds, focus=Focus("d", "dense", 0, (0, 0))))
        for count in range(1, len(content.source_views) + 1):
            part = replace(content, source_views=content.source_views[:count])
            height = source_views.source_views_height(part, width, 12)
            rect = QRectF(0, 0, width, height)
            hit_refs = set()
            for y in range(0, int(height), 10):  # pictures are larger
                for x in range(0, width, 10):
                    hit = source_views.hit_source_views(rect, part, 12, QPointF(x, y))
                    if hit is not None:
                        hit_refs.add(hit.focus.ref)
            assert hit_refs == {source.ref for source in part.source_views}

    @pytest.mark.parametrize("width", [260, 400, 800, 1300])
    def test_parts_are_within_the_width_in_columns_and_do_not_overlap(self, state, width):
        layout = lay_out_inspector(load_inspector_content(state), width)
        rects = [rect for _, rect in layout.part_rects]
        assert all(rect.left() >= 0 and rect.right() <= width for rect in rects)
        assert not any(a.intersects(b) for n, a in enumerate(rects) for b in rects[n + 1 :])
        columns = {rect.left() for rect in rects}
        assert len(columns) == {260: 1, 400: 1, 800: 2, 1300: 3}[width]

    def test_the_matrix_of_a_1x1_comes_before_the_maps_where_it_would_be_below_what_is_visible(self):
        state = run_project(Project(NoiseInput((64, 28, 28)), (Design("d", Network((Node("c", Conv2d(16, 1)),))),)))
        content = load_inspector_content(replace(state, focus=Focus("d", "c", 0, (14, 14))))

        def bottom(visible):
            parts = lay_out_inspector(content, 420, visible).part_rects
            return next(rect.bottom() for part, rect in parts if part.draw is matrix.draw_matrix)

        everything = lay_out_inspector(content, 420).height
        assert bottom(everything) > 520 > bottom(520)

    @pytest.mark.parametrize("node", [node.name for node in EVERY_KIND])
    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_every_kind_is_drawn(self, all_kinds, node, theme):
        state = replace(all_kinds, focus=Focus("d", node, 0, (0, 0)), look=replace(all_kinds.look, theme=theme))
        assert paint_image(state, 420, 900).pixelColor(5, 5).name() == "#000000"

    @pytest.mark.parametrize("node", [node.name for node in EVERY_KIND])
    def test_every_kind_can_be_hit_at_every_point(self, all_kinds, node):
        content = load_inspector_content(replace(all_kinds, focus=Focus("d", node, 0, (0, 0))))
        layout = lay_out_inspector(content, 420)
        hits = {
            hit_inspector(content, layout, QPointF(x, y))
            for x in range(0, 420, 7)
            for y in range(0, int(layout.height), 7)
        }
        assert len(hits) > 2

    def test_the_figure_has_the_texts_of_the_window(self, state):
        text = svg(paint_inspector, state)
        content = load_inspector_content(state)
        assert "Patch × filter on channel" in text
        for line in ("last[1,", "5×5 of 9×11", "sum"):
            assert line in text
        assert content.explanation.how.formula[-1].split()[-1] in text

    def test_a_figure_in_a_file_asks_for_no_click(self, state):
        unselected = replace(state, focus=Focus("d", "last"))
        assert load_inspector_content(unselected).note == NO_VALUE_HINT
        assert "Click" not in svg(paint_inspector, unselected)

    @pytest.mark.parametrize(("width", "height"), [(200, 200), (1200, 300)])
    def test_the_figure_is_scaled_down_into_its_rectangle(self, state, width, height):
        image = QImage(width + 100, height + 100, QImage.Format.Format_RGB32)
        image.fill(0)
        painter = QPainter(image)
        paint_inspector(painter, QRectF(0, 0, width, height), state, THEMES[state.look.theme])
        painter.end()
        for strip in (image.copy(width, 0, 100, height + 100), image.copy(0, height, width + 100, 100)):
            blank = QImage(strip.size(), strip.format())
            blank.fill(0)
            assert strip == blank

    def test_the_natural_height_is_that_of_the_parts(self, state):
        width, height = inspector_figure_size(state)
        assert 0.0 <= height - lay_out_inspector(load_inspector_content(state), width).height < 1.0, "nothing is scaled"
        assert height > 200

    def test_many_earlier_volumes_of_a_layer_without_sums_are_as_wide_as_the_figure(self):
        nodes = tuple(Node(f"relu{number}", Activation("relu")) for number in range(20))
        project = Project(NoiseInput((1, 8, 8)), (Design("d", Network(nodes)),))
        state = run_project(project, Focus("d", "relu19", 0, (1, 1)))
        layout = lay_out_inspector(load_inspector_content(state), 1200)
        *others, (_, views) = layout.part_rects
        assert views.width() > 1100
        assert views.top() >= max(rect.bottom() for _, rect in others)
        assert layout.height < 1200
