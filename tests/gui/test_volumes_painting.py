"""The picture of the volumes: faces have the colours of their values, and labels say of which."""

import re

import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QTransform

from engine.layers import Dense, MaxPool2d
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import ImageInput, NoiseInput
from engine.network.node_ref import STEM
from engine.project.project import Design, Project
from engine.run.check import check
from gui.paint.basics import colours
from gui.paint.maps.map_measures import volume_range
from gui.paint.volumes import drawing, faces, legend, readable_labels
from gui.paint.volumes.face_values import face_values
from gui.paint.volumes.kernel_boxes import find_kernel_boxes
from gui.paint.volumes.labels import measure_text
from gui.paint.volumes.layout import lay_out_volumes
from gui.state.focus import Focus
from gui.state.run_view import RunView
from gui.state.volume_at import VolumeResult
from gui.theme import DARK, LIGHT
from tests.gui.view_harness import svg as drawn_as_svg
from tests.gui.volume_scenes import CHAIN, INCEPTION, TWO, box_of, conv, picture, scene_of, state_of, svg, values

pytestmark = pytest.mark.usefixtures("qapp")


# Faces


@pytest.mark.parametrize(("yaw", "pitch"), [(-34.0, 24.0), (40.0, 50.0), (-60.0, 10.0), (0.0, 0.0), (0.0, 90.0)])
def test_every_pixel_of_a_face_has_the_colour_of_its_value(yaw, pitch):
    project = Project(NoiseInput((3, 4, 4)), (Design("d", Network((conv("last", 5, 3),))),))
    state = state_of(project, yaw=yaw, pitch=pitch, colour_map="cividis")
    image, scene = picture(state, (700, 500)), scene_of(state, (700, 500))
    box, volume = box_of(scene, "last"), state.volume_at(("d", "last")).volume
    low, high = colours.value_range(volume, zero_centred=False)
    channel = faces.most_varied_channel(volume)
    compared_pixels = 0
    for face in box.prism.faces():
        if face.area < 500:
            continue
        expected = {
            "front": volume[channel],
            "top": volume[:, 0, :],
            "right": volume[:, :, 3].T,
            "left": volume[:, :, 0].T,
        }[face.side]
        table = colours.load_lut("cividis")[colours.to_levels(expected, low, high)]
        rows, columns = expected.shape
        for row, column in np.ndindex(rows, columns):
            at = face.transform(columns, rows).map(QPointF(column + 0.5, row + 0.5)) * scene.shrink
            colour = image.pixelColor(int(at.x()), int(at.y()))
            assert (colour.red(), colour.green(), colour.blue()) == tuple(table[row, column]), (face.side, row, column)
            compared_pixels += 1
    assert compared_pixels >= 16


def test_the_focused_channel_is_on_the_front_face_and_labelled():
    state = state_of(TWO, focus=Focus("bottleneck", "reduce", 3))
    assert ">channel 3</text>" in svg(state).replace("\n", "")
    other = replace(state, focus=Focus("bottleneck", "reduce", 4))
    assert picture(state) != picture(other)


def test_without_a_focused_channel_the_one_with_most_colours_is_shown():
    volume = np.zeros((4, 16, 16), np.float32)
    volume[1, 0] = 100.0  # the highest variance, in two colours
    volume[2] = np.linspace(0, 90, 256).reshape(16, 16)
    volume[3] = np.linspace(0, 30, 256).reshape(16, 16)
    assert faces.most_varied_channel(volume) == 2
    assert faces.most_varied_channel(np.ones((3, 1, 1), np.float32)) == 0


def test_corresponding_volumes_of_two_designs_show_the_same_channel():
    def front_channels(state):
        scene = scene_of(state)
        boxes = [box_of(scene, "conv5x5", design) for design in ("naive", "bottleneck")]
        return [face_values(state, box, state.focus).channel for box in boxes]

    state = state_of(TWO)
    most_varied = [faces.most_varied_channel(state.volume_at((d, "conv5x5")).volume) for d in ("naive", "bottleneck")]
    assert most_varied[0] != most_varied[1]
    assert front_channels(state) == [most_varied[0]] * 2
    assert front_channels(replace(state, focus=Focus("bottleneck", "conv5x5", 7))) == [7, 7]
    assert front_channels(replace(state, focus=Focus("bottleneck", "reduce", 7))) == [most_varied[0]] * 2
    alone = replace(state, run=RunView({ref: result for ref, result in state.run.results.items() if ref[0] != "naive"}))
    box = box_of(scene_of(alone), "conv5x5", "bottleneck")
    assert face_values(alone, box, alone.focus).channel == most_varied[1]


def test_a_large_face_is_averaged_to_the_available_pixels():
    volume = values((6, 300, 700))
    image = faces.face_image(volume, "front", 2, "gray", zero_centred=False, columns=200.0, rows=100.0)
    assert (image.width(), image.height()) == (175, 75)
    low, high = volume_range(volume, zero_centred=False)
    expected = volume[2].reshape(75, 4, 175, 4).mean(axis=(1, 3))
    for row, column in ((0, 0), (40, 100), (74, 174)):
        level = colours.to_levels(expected[row : row + 1, column : column + 1], low, high)[0, 0]
        assert abs(image.pixelColor(column, row).red() - int(level)) <= 1


def test_a_photo_is_on_the_front_face_until_a_channel_has_the_focus():
    spec = ImageInput("resources:photos/chelsea.png", (32, 32), "bgr", 1.0, (104.0, 117.0, 123.0))
    project = Project(spec, (Design("d", Network((conv("conv", 4, 3),))),))
    state = state_of(project, focus=Focus("d", "conv"))
    pixels = np.full((3, 32, 32), 50, np.float32)
    pixels[0], pixels[2] = 10, 200  # blue, red
    volume = pixels - np.array([104.0, 117.0, 123.0], np.float32).reshape(3, 1, 1)
    key = state.check.keys[STEM, INPUT]
    state = replace(state, run=RunView({**state.run.results, (STEM, INPUT): VolumeResult(key, volume)}))
    scene = scene_of(state, (900, 500))
    x, y = box_of(scene, INPUT).prism.corner(0.1, 0.1, 0)
    colour = picture(state).pixelColor(int(x * scene.shrink), int(y * scene.shrink))
    assert (colour.red(), colour.green(), colour.blue()) == (200, 50, 10)
    assert ">photo</text>" in svg(state).replace("\n", "")
    assert ">photo</text>" not in svg(replace(state, focus=Focus("d", INPUT, 1))).replace("\n", "")


def test_before_a_run_faces_are_plain_and_the_legend_says_how_to_run():
    state = state_of(TWO, run=False)
    text = svg(state)
    assert "run (F5) to see values" in text
    assert ">channel" not in text.replace("\n", "")
    scene = scene_of(state, (900, 500))
    x, y = box_of(scene, "reduce").prism.corner(0.1, 0.1, 0)
    assert picture(state).pixelColor(int(x * scene.shrink), int(y * scene.shrink)) == QColor(LIGHT.plain)


def test_unknown_totals_have_their_unit():
    mistaken = TWO.with_network("naive", Network((conv("conv5x5", 32, 5, groups=7),)))
    assert "MACs unknown · params unknown" in svg(state_of(mistaken, run=False))


@pytest.mark.parametrize(("project", "size"), [(TWO, (568, 300)), (TWO, (900, 420)), (INCEPTION, (568, 420))])
def test_notes_of_earlier_settings_keep_off_the_edges_of_the_picture(project, size):
    fresh = state_of(project)
    old = {ref: VolumeResult("before", result.volume) for ref, result in fresh.run.results.items()}
    image = picture(replace(fresh, run=RunView(old)), size)
    edges = [x for x in range(size[0]) if min(x, size[0] - 1 - x) < 3]
    ground = QColor(LIGHT.base)
    assert all(image.pixelColor(x, y) == ground for x in edges for y in range(size[1]))


def test_values_of_earlier_settings_are_dimmed_and_labelled():
    fresh = state_of(TWO)
    edited = TWO.with_network("bottleneck", Network((conv("reduce", 16), conv("conv5x5", 32, 3))))
    stale = replace(fresh, project=edited, check=check(edited))
    assert "for earlier settings" not in svg(fresh)
    text = svg(stale)
    assert ">for earlier settings</text>" in text.replace("\n", "")
    assert "dimmed: for earlier settings" in text
    scene = scene_of(stale, (900, 500))
    x, y = box_of(scene, "conv5x5", "bottleneck").prism.corner(0.5, 0.5, 0)
    at = int(x * scene.shrink), int(y * scene.shrink)
    bright, dim = picture(fresh).pixelColor(*at), picture(stale).pixelColor(*at)
    plain = QColor(LIGHT.plain)
    assert abs(dim.green() - plain.green()) < abs(bright.green() - plain.green())


def test_values_of_another_shape_are_not_shown():
    fresh = state_of(TWO)
    edited = TWO.with_network("bottleneck", Network((conv("reduce", 8), conv("conv5x5", 32, 5))))
    stale = replace(fresh, project=edited, check=check(edited))
    scene = scene_of(stale, (900, 500))
    x, y = box_of(scene, "reduce").prism.corner(0.1, 0.1, 0)
    assert picture(stale).pixelColor(int(x * scene.shrink), int(y * scene.shrink)) == QColor(LIGHT.plain)


def test_a_volume_of_one_value_has_a_legend_of_one_value_and_one_colour():
    state = state_of(TWO, focus=Focus("bottleneck", "reduce"))
    ref = ("bottleneck", "reduce")
    for volume, words in (
        (np.full((16, 28, 28), 0.517, np.float32), "all values 0.517"),
        (np.where(np.arange(28) < 9, np.nan, np.full((16, 28, 28), 0.517, np.float32)), "all finite values 0.517"),
    ):
        results = {**state.run.results, ref: VolumeResult(state.check.keys[ref], volume)}
        assert words in svg(replace(state, run=RunView(results)))
    low = colours.load_lut("viridis")[0]
    image = colours.colour_bar_image("viridis", one_colour=True)
    assert {image.pixelColor(x, 0).getRgb()[:3] for x in range(image.width())} == {tuple(low)}


# Labels


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_operators_and_kernels_have_the_colour_of_their_design_and_pooling_its_own(theme):
    nodes = (conv("conv", 8, 5), Node("pool", MaxPool2d(kernel=2)), Node("fc", Dense(units=10)))
    designs = tuple(Design(name, Network(nodes)) for name in ("first", "second"))
    state = state_of(Project(NoiseInput((8, 32, 32)), designs), theme=theme.name)
    svg_text = svg(state)
    for words, colours_of in (
        ("5×5, 8 filters", [theme.design(0), theme.design(1)]),
        ("dense, 10 units", [theme.design(0), theme.design(1)]),
        ("2×2 max pool", [theme.pool, theme.pool]),
    ):
        assert text_colours(svg_text, words) == colours_of
    scene, image = scene_of(state, (1600, 900)), picture(state, (1600, 900), theme)
    for index, design in enumerate(("first", "second")):
        arrow = next(arrow for arrow in scene.arrows if arrow.ref == (design, "conv"))
        at = (arrow.start + arrow.end) / 2 * scene.shrink, arrow.y * scene.shrink
        assert image.pixelColor(int(at[0]), int(at[1])) == QColor(theme.design(index))
        (kernel_box,) = find_kernel_boxes(box_of(scene, INPUT, design), state.focus)
        assert (kernel_box.design, kernel_box.role) == (design, "design")


def test_the_outline_of_a_kernel_covers_less_than_a_fifth_of_a_small_volume():
    nodes = tuple(conv(f"c{number}", 512, 3) for number in range(30))
    state = state_of(Project(NoiseInput((512, 14, 14)), (Design("d", Network(nodes)),)))
    image, scene = picture(state, (900, 500)), scene_of(state, (900, 500))
    box = box_of(scene, "c9")
    assert find_kernel_boxes(box, state.focus)
    outline = QTransform.fromScale(scene.shrink, scene.shrink).map(box.prism.outline())
    bounds = outline.boundingRect().toRect()
    inside = [
        image.pixelColor(x, y).getRgb()[:3]
        for x in range(bounds.left(), bounds.right())
        for y in range(bounds.top(), bounds.bottom())
        if outline.containsPoint(QPointF(x + 0.5, y + 0.5), Qt.FillRule.WindingFill)
    ]
    lut = colours.load_lut("viridis")[:, :3].astype(int)
    outline_pixels = [colour for colour in inside if np.abs(lut - colour).max(axis=1).min() > 40]
    assert len(inside) > 200
    assert len(outline_pixels) < 0.2 * len(inside)


def text_colours(svg_text, words):
    """Colours of the texts that begin with these words, from top to bottom."""
    colour_at_y = []
    for match in re.finditer(f">{re.escape(words)}", svg_text):
        before = svg_text[: match.start()]
        y = float(re.findall(r' y="([-.0-9]+)"', before)[-1])
        colour_at_y.append((y, re.findall(r'<g fill="[^"]*"[^>]*stroke="(#[0-9a-f]+)"', before)[-1]))
    return [colour for _, colour in sorted(colour_at_y)]


@pytest.mark.parametrize("size", [(1600, 900), (640, 400), (480, 360), (354, 256), (300, 256), (240, 200)])
def test_headings_are_shortened_to_the_available_width(size):
    state = state_of(TWO)
    svg_text = svg(state, size)
    comparisons = [
        words for words in ("12.1× fewer multiply-accumulates", "12.1× fewer MACs", "12.1× fewer<") if words in svg_text
    ]
    assert len(comparisons) == 1
    long_name = "a design of a name that is longer than any picture of it is wide, however wide it may be drawn"
    with_long_name = state_of(replace(TWO, designs=(TWO.designs[0], replace(TWO.designs[1], name=long_name))))
    for headed_state in (state, with_long_name):
        rects = heading_rects(headed_state, size)
        assert len(rects) == 6  # name, totals and comparison of two designs
        assert all(rect.right() <= size[0] for rect in rects)


def heading_rects(state, size):
    """Rectangles of the texts in the headings."""
    rects, draw_label = [], legend.draw_label

    def record_label(painter, text, colour):
        rects.append(QRectF(text.x, text.y, measure_text(text.text, text.size, text.bold), text.size))
        draw_label(painter, text, colour)

    image = QImage(*size, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(legend, "draw_label", record_label)
        layout = lay_out_volumes(state, *size)
        legend.draw_headings(painter, state, layout, LIGHT, size[0], [top for _, top in layout.scene.heading_points])
    painter.end()
    return rects


def test_svg_keeps_text_as_text_with_totals_ratio_and_formula():
    text = svg(state_of(TWO))
    for words in (
        "naive",
        "160.6 M MACs · 204.8 K params",
        "12.1× fewer multiply-accumulates",
        "5×5, 32 filters",
        "28·28·32 × 5·5·256 = 160,563,200",
        "edges ∝ √H, √W, √C",
    ):
        assert words in text


def test_files_have_even_the_smallest_labels_and_the_screen_leaves_them_out():
    state = state_of(CHAIN, run=False)
    text = svg(state, (400, 240))
    assert text.count("<text") > 300
    laid_out = lay_out_volumes(state, 400, 240)
    image = QImage(400, 240, QImage.Format.Format_RGB32)
    images = []
    for smallest in (0.0, 5.0):
        image.fill(QColor(LIGHT.base))
        painter = QPainter(image)
        drawing.draw_volumes(painter, QRectF(0, 0, 400, 240), state, LIGHT, laid_out, smallest)
        painter.end()
        images.append(image.copy())
    assert laid_out.scene.line_breaks.text_sizes.small * laid_out.scene.shrink < 5.0
    assert images[0] != images[1]


def test_operators_grow_into_the_space_of_labels_that_the_screen_leaves_out():
    state, size = state_of(INCEPTION), (560, 220)
    laid_out = lay_out_volumes(state, *size)

    def draw(smallest):
        return lambda painter, rect, state, theme: drawing.draw_volumes(painter, rect, state, theme, laid_out, smallest)

    in_file, on_screen = (drawn_as_svg(draw(smallest), state, *size) for smallest in (0.0, 6.0))
    assert ">3x3_reduce" in in_file
    assert ">3x3_reduce" not in on_screen
    assert font_size(in_file, "3×3, 12 filters") == laid_out.scene.line_breaks.text_sizes.em
    assert font_size(on_screen, "3×3, 12 filters") > 1.2 * laid_out.scene.line_breaks.text_sizes.em
    arrow = next(arrow for arrow in laid_out.scene.arrows if arrow.ref[1] == "3x3")
    grown = measure_text("3×3, 12 filters", font_size(on_screen, "3×3, 12 filters"), bold=True)
    assert grown <= arrow.end - arrow.start


@pytest.mark.parametrize("density", [1.5, 2.0])
def test_a_dense_screen_shows_the_same_texts_in_the_same_size(density, monkeypatch):
    state, size = state_of(INCEPTION), (560, 220)
    laid_out = lay_out_volumes(state, *size)
    drawn = []

    def recorded(*given):
        drawn.append([(item.text.text, item.text.size) for item in readable_labels.readable_labels(*given)])
        return iter(())

    monkeypatch.setattr(drawing, "readable_labels", recorded)
    for ratio in (1.0, density):
        image = QImage(round(size[0] * ratio), round(size[1] * ratio), QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        painter = QPainter(image)
        drawing.draw_volumes(painter, QRectF(0, 0, *size), state, LIGHT, laid_out, 6.0)
        painter.end()
    assert drawn[0] == drawn[1]
    assert drawn[0]


def font_size(svg_text, words):
    before = svg_text[: svg_text.index(f">{words}")]
    return int(re.findall(r'font-size="(\d+)"', before)[-1])


def test_an_empty_design_and_an_empty_project_have_a_hint():
    assert readable_labels.EMPTY_DESIGN_HINT in svg(
        state_of(Project(NoiseInput((8, 8, 8)), (Design("new", Network()),)))
    )
    assert drawing.ADD_DESIGN_HINT in svg(state_of(Project(NoiseInput((8, 8, 8)))))


def test_with_a_stem_the_input_of_a_design_is_labelled_with_its_origin():
    stem = Network((conv("first", 4, 3), Node("pool", MaxPool2d(kernel=2))))
    project = replace(TWO, input=NoiseInput((3, 32, 32)), stem=stem)
    scene = scene_of(state_of(project))
    assert "input → stem (2 layers)" in [text.text for text in box_of(scene, INPUT, "naive").texts]
    assert box_of(scene, INPUT, "naive").vertex.shape == (4, 16, 16)


def test_the_background_is_that_of_the_theme():
    state = state_of(TWO)
    assert picture(state, theme=LIGHT).pixelColor(1, 1) == QColor(LIGHT.base)
    assert picture(state, theme=DARK).pixelColor(1, 1) == QColor(DARK.base)


# Colours


def test_levels_are_the_rounded_and_clamped_formula():
    volume = values((2, 9, 9))
    for row in volume[0]:
        for value, level in zip(row, colours.to_levels(row, -1.0, 2.0), strict=True):
            exact = 255 * (float(value) + 1.0) / 3.0
            assert abs(int(level) - min(255.0, max(0.0, exact))) <= 0.51


@pytest.mark.parametrize("odd", [(), (np.inf, -np.inf, np.nan, np.nan)])
def test_a_range_is_percentiles_of_the_finite_values(odd: tuple[float, ...]) -> None:
    for size in (1, 2, 7, 700):
        finite = np.maximum(values((1, 1, size)), -0.5)
        volume = np.concatenate([finite.ravel()[::-1], np.array(odd, np.float32)]).reshape(1, 1, -1)
        low, high = np.percentile(finite.astype(np.float64), colours.PERCENTILES)
        assert colours.value_range(volume, zero_centred=False) == (low, high)


def test_a_range_ignores_outliers_but_is_one_value_only_if_all_values_are_equal():
    volume = values((4, 50, 50))
    volume[0, 0, 0] = 1e9
    low, high = colours.value_range(volume, zero_centred=False)
    assert -4 < low < high < 5
    assert colours.value_range(volume, zero_centred=True) == (-max(-low, high), max(-low, high))
    assert colours.value_range(np.full((2, 3, 3), 0.5), zero_centred=False) == (0.5, 0.5)
    assert not colours.to_levels(np.full((3, 3), 0.5), 0.5, 0.5).any()
    rare = np.zeros((1, 1000, 1000), np.float32)
    rare[0, 999, 999] = 3.0
    assert colours.value_range(rare, zero_centred=False) == (0.0, 3.0)
    assert np.isnan(colours.value_range(np.full((1, 2, 2), np.nan), zero_centred=True)).all()


@pytest.mark.parametrize("name", ["viridis", "cividis", "gray", colours.DIVERGING])
def test_an_indexed_image_has_the_colours_of_its_map(name):
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    image = colours.indexed_image(levels, name)
    table = colours.load_lut(name)
    assert table.shape == (256, 3)
    for level in (0, 17, 128, 255):
        colour = image.pixelColor(level % 16, level // 16)
        assert (colour.red(), colour.green(), colour.blue()) == tuple(table[level])
