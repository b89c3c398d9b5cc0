"""The volumes view: nothing overlaps, faces show the very values, and mouse and keys ask for the right things."""

from math import hypot, log2, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from PySide6.QtCore import QBuffer, QIODevice, QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPolygonF
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.check import check
from engine.layers import Activation, Add, AvgPool2d, Concat, Conv2d, MaxPool2d
from engine.network import INPUT, Network, Node
from engine.problems import STEM
from engine.project import Design, ImageInput, NoiseInput, Project
from engine.shapes import Shape
from gui.paint import colours, volumes
from gui.paint.scene import faces, hits
from gui.paint.scene.camera import VIEWS, camera, prism
from gui.paint.scene.cells import DETAILS
from gui.paint.scene.frame import frame
from gui.paint.scene.kernels import windows
from gui.paint.scene.labels import centred
from gui.paint.scene.layout import Scene
from gui.state import Focus, Look, Result, RunView, ViewState
from gui.theme import DARK, LIGHT
from gui.views.volumes import VolumesView

pytestmark = pytest.mark.usefixtures("qapp")


def conv(name, filters, kernel=1, inputs=(), **settings):
    return Node(name, Conv2d(filters=filters, kernel=kernel, **settings), inputs)


TWO = Project(
    NoiseInput((256, 28, 28)),
    (
        Design("naive", Network((conv("conv5x5", 32, 5),))),
        Design("bottleneck", Network((conv("reduce", 16), conv("conv5x5", 32, 5)))),
    ),
)
INCEPTION = Project(
    NoiseInput((24, 14, 14)),
    (
        Design(
            "inception",
            Network(
                (
                    conv("1x1", 8, 1, (INPUT,)),
                    conv("3x3_reduce", 6, 1, (INPUT,)),
                    conv("3x3", 12, 3),
                    conv("5x5_reduce", 2, 1, (INPUT,)),
                    conv("5x5", 4, 5),
                    Node("pool", MaxPool2d(kernel=3, stride=1, padding=1), (INPUT,)),
                    conv("pool_proj", 4),
                    Node("concat", Concat(), ("1x1", "3x3", "5x5", "pool_proj")),
                )
            ),
        ),
    ),
)
RESIDUAL = Project(
    NoiseInput((8, 12, 12)),
    (
        Design(
            "residual",
            Network(
                (conv("a", 8, 3), Node("relu", Activation("relu")), conv("b", 8, 3), Node("add", Add(), ("b", INPUT)))
            ),
        ),
    ),
)
CHAIN = Project(
    NoiseInput((3, 64, 64)),
    (
        Design(
            "chain",
            Network(
                tuple(
                    Node(f"pool{i}", MaxPool2d(kernel=2))
                    if i % 25 == 24
                    else conv(f"conv{i}", 8 + 2 * i, 1 + 2 * (i % 2))
                    for i in range(100)
                )
            ),
        ),
    ),
)


def values(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def state_of(project, *, run=True, focus=None, **look):
    known = check(project)
    results = {}
    for number, (place, key) in enumerate(known.keys.items() if run else ()):
        if place == (STEM, INPUT):
            results[place] = Result(key, values(known.input_shape, number), 1.0)
        elif (report := known.reports.get(place)) is not None:
            results[place] = Result(key, values(report.output_shape, number), 1.0)
    return ViewState(project, known, RunView(results), focus or Focus(STEM, INPUT), Look(**look))


def scene_of(state, size=(1200, 700)) -> Scene:
    return frame(state, *size).scene


def box_of(scene, name, design=None):
    return next(box for box in scene.boxes if box.place[1] == name and design in (None, box.place[0]))


def picture(state, size=(900, 500), theme=LIGHT, scale=1):
    image = QImage(QSize(*size) * scale, QImage.Format.Format_RGB32)
    image.fill(QColor(theme.base))
    painter = QPainter(image)
    painter.scale(scale, scale)
    volumes.paint(painter, QRectF(0, 0, *size), state, theme)
    painter.end()
    return image


def svg(state, size=(1600, 900)):
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.ReadWrite)
    generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)
    generator.setOutputDevice(buffer)
    generator.setSize(QSize(*size))
    generator.setViewBox(QRectF(0, 0, *size))
    painter = QPainter(generator)
    volumes.paint(painter, QRectF(0, 0, *size), state, LIGHT)
    painter.end()
    return buffer.data().data().decode()


# What overlaps


def area(polygon):
    points = [polygon.at(i) for i in range(polygon.size())]
    return abs(sum(a.x() * b.y() - b.x() * a.y() for a, b in zip(points, points[1:] + points[:1], strict=True))) / 2


def polygon_of(rect):
    left, top, right, bottom = rect
    return QPolygonF([QPointF(left, top), QPointF(right, top), QPointF(right, bottom), QPointF(left, bottom)])


def meet(first, second):
    return area(first.intersected(second)) > 0.5


def apart(first, second):
    return (
        first[2] <= second[0] + 0.01
        or second[2] <= first[0] + 0.01
        or first[3] <= second[1] + 0.01
        or second[3] <= first[1] + 0.01
    )


def assert_nothing_overlaps(scene, width, height):
    outlines = [box.prism.outline() for box in scene.boxes]
    texts = [text for part in (*scene.boxes, *scene.arrows) for text in part.texts]
    for box in scene.boxes:
        if not box.caption.trouble:
            texts.append(centred("ch 000" if box.vertex.compact else "channel 000", *box.note, scene.plan.type.small))
    for number, box in enumerate(scene.boxes):
        for other in scene.boxes[number + 1 :]:
            assert apart(box.bounds, other.bounds), (box.place, other.place)
    for number, text in enumerate(texts):
        for other in texts[number + 1 :]:
            assert apart(text.rect, other.rect), (text, other)
        for box, outline in zip(scene.boxes, outlines, strict=True):
            assert apart(text.rect, box.bounds) or not meet(outline, polygon_of(text.rect)), (text, box.place)
        left, top, right, bottom = (edge * scene.shrink for edge in text.rect)
        assert min(left, top, width - right, height - bottom) >= -0.5, text
    lines = [pair for wire in scene.wires for pair in zip(wire, wire[1:], strict=False)]
    lines += [((arrow.start, arrow.y), (arrow.end, arrow.y)) for arrow in scene.arrows]
    for start, end in lines:
        rect = (min(start[0], end[0]), min(start[1], end[1]), max(start[0], end[0]), max(start[1], end[1]))
        for box in scene.boxes:
            assert apart(rect, box.bounds), (start, end, box.place)
        for text in texts:
            assert apart(rect, text.rect), (start, end, text)


@st.composite
def networks(draw):
    """Small graphs with branches, skips and merges, whose shapes fit."""
    nodes, channels = [], {INPUT: 8}
    for number in range(draw(st.integers(1, 9))):
        name = f"n{number}"
        sources = draw(st.lists(st.sampled_from(list(channels)), min_size=1, max_size=3, unique=True))
        kind = draw(st.sampled_from(("conv", "relu", "pool"))) if len(sources) == 1 else "concat"
        layer, count = {
            "conv": (Conv2d(filters=draw(st.integers(1, 2000)), kernel=3), None),
            "relu": (Activation("relu"), channels[sources[0]]),
            "pool": (AvgPool2d(kernel=3, stride=1, padding=1), channels[sources[0]]),
            "concat": (Concat(), sum(channels[source] for source in sources)),
        }[kind]
        nodes.append(Node(name, layer, tuple(sources)))
        channels[name] = count or layer.filters
    return Network(tuple(nodes))


@given(
    st.lists(networks(), min_size=1, max_size=2),
    st.floats(-90, 90),
    st.floats(0, 90),
    st.sampled_from(("true", "sqrt", "log")),
    st.sampled_from(((8, 1, 1), (8, 28, 28), (8, 5, 90))),
    st.sampled_from(((500, 300), (900, 500), (1920, 1080), (700, 1200))),
)
def test_boxes_texts_and_lines_keep_apart_for_any_graph_and_camera(graphs, yaw, pitch, scale, shape, size):
    designs = tuple(Design(f"design {number}", network) for number, network in enumerate(graphs))
    state = state_of(Project(NoiseInput(shape), designs), run=False, yaw=yaw, pitch=pitch, scale=scale)
    assert_nothing_overlaps(scene_of(state, size), *size)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("project", [TWO, INCEPTION, RESIDUAL, CHAIN])
def test_boxes_texts_and_lines_keep_apart_in_every_named_view(project, view):
    yaw, pitch = VIEWS[view]
    for size in ((900, 500), (1920, 1080)):
        assert_nothing_overlaps(scene_of(state_of(project, run=False, yaw=yaw, pitch=pitch), size), *size)


def test_a_mistake_stands_at_its_layer_and_overlaps_nothing():
    bad = Network((conv("big", 8, 11, padding="valid"), conv("after", 4)))
    state = state_of(Project(NoiseInput((16, 8, 8)), (Design("bad", bad),)), run=False)
    scene = scene_of(state)
    assert_nothing_overlaps(scene, 1200, 700)
    text = " ".join(box_of(scene, "big").caption.trouble)
    assert "11×11 is larger than its padded input 8×8" in text
    assert box_of(scene, "after").vertex.shape is None


def test_a_node_whose_input_is_unknown_gets_an_arrow_from_nowhere():
    network = Network((conv("first", 4), conv("lost", 4, 1, ("nowhere",))))
    scene = scene_of(state_of(Project(NoiseInput((4, 8, 8)), (Design("d", network),)), run=False))
    arrow = next(arrow for arrow in scene.arrows if arrow.place[1] == "lost")
    assert arrow.role == "error"
    assert arrow.start > box_of(scene, INPUT).right + 10


# Sizes and places


@pytest.mark.parametrize(("scale", "length"), [("true", float), ("sqrt", sqrt), ("log", lambda n: log2(n + 1))])
def test_edges_of_all_designs_have_one_scale(scale, length):
    scene = scene_of(state_of(TWO, scale=scale))
    eye = camera(Look().yaw, Look().pitch)
    for box in scene.boxes:
        shape = box.vertex.shape
        for edge, count, direction in zip(
            (box.prism.width, box.prism.height, box.prism.depth),
            (shape.width, shape.height, shape.channels),
            eye,
            strict=True,
        ):
            assert hypot(*edge) == pytest.approx(scene.unit * length(count) * hypot(*direction))


def test_from_above_width_runs_across_and_channels_run_upward():
    eye = camera(*VIEWS["Top"])
    box = prism(Shape(16, 5, 9), "true", 1.0, eye)
    assert box.width == pytest.approx((9, 0))
    assert box.depth == pytest.approx((0, -16))
    assert box.height == pytest.approx((0, 0))


def test_every_edge_has_its_number():
    scene = scene_of(state_of(TWO))
    assert [text.text for text in box_of(scene, "reduce").texts[:3]] == ["16", "28", "28"]
    assert [text.text for text in box_of(scene_of(state_of(TWO, yaw=0.0, pitch=0.0)), "reduce").texts[:3]] == [
        "C 16",
        "28",
        "28",
    ]


def test_turning_a_little_moves_boxes_a_little():
    for project in (TWO, INCEPTION, RESIDUAL, CHAIN):
        before = scene_of(state_of(project, run=False, yaw=-40.0, pitch=10.0))
        for step in range(1, 160):
            yaw, pitch = -40.0 + step / 2, 10.0 + step / 2
            after = scene_of(state_of(project, run=False, yaw=yaw, pitch=pitch))
            for old, new in zip(before.boxes, after.boxes, strict=True):
                assert (
                    hypot(new.x * after.shrink - old.x * before.shrink, new.y * after.shrink - old.y * before.shrink)
                    < 12
                )
            before = after


def test_a_long_chain_is_broken_into_lines_that_fill_the_picture():
    scene = scene_of(state_of(CHAIN, run=False), (1920, 1080))
    (lines,) = scene.plan.lines
    assert len(lines) > 4
    assert [column for line in lines for column in line] == list(range(101))
    assert max(box.bounds[2] for box in scene.boxes) * scene.shrink > 0.9 * 1920
    assert max(box.bounds[3] for box in scene.boxes) * scene.shrink > 0.85 * 1080


def test_branches_have_rows_of_their_own_and_merge_in_the_middle():
    scene = scene_of(state_of(INCEPTION))
    rows = [box_of(scene, name).y for name in ("1x1", "3x3", "5x5", "pool_proj")]
    assert rows == sorted(set(rows))
    assert box_of(scene, "3x3").y == box_of(scene, "3x3_reduce").y
    assert rows[0] < box_of(scene, "concat").y == box_of(scene, INPUT).y < rows[-1]


def test_a_skip_connection_runs_above_the_boxes_it_skips():
    scene = scene_of(state_of(RESIDUAL))
    top = min(box.bounds[1] for box in scene.boxes)
    assert any(min(y for _, y in wire) < top for wire in scene.wires)
    assert len({box.y for box in scene.boxes}) == 1


def test_less_is_written_at_arrows_where_boxes_would_get_too_small():
    roomy = scene_of(state_of(TWO), (1600, 900))
    tight = scene_of(state_of(CHAIN), (900, 500))
    assert any("=" in text.text for arrow in roomy.arrows for text in arrow.texts)
    assert not any("=" in text.text for arrow in tight.arrows for text in arrow.texts)
    assert DETAILS[0] == "formula"


# Kernels


def test_a_kernel_has_its_true_proportion_on_its_input():
    scene = scene_of(state_of(TWO))
    box = box_of(scene, INPUT, "naive")
    (window,) = windows(box, Focus())
    assert hypot(*window.box.width) == pytest.approx(hypot(*box.prism.width) * 5 / 28)
    assert hypot(*window.box.height) == pytest.approx(hypot(*box.prism.height) * 5 / 28)
    assert hypot(*window.box.depth) == pytest.approx(hypot(*box.prism.depth))


def test_a_grouped_kernel_reads_the_channels_of_its_group():
    project = Project(NoiseInput((8, 9, 9)), (Design("d", Network((conv("grouped", 4, 3, groups=4),))),))
    scene = scene_of(state_of(project))
    box = box_of(scene, INPUT)
    (window,) = windows(box, Focus("d", "grouped", 2, (0, 4)))
    assert (window.box.x, window.box.y) == pytest.approx(box.prism.corner(3 / 9, 0, 4 / 8))
    assert hypot(*window.box.depth) == pytest.approx(hypot(*box.prism.depth) * 2 / 8)
    assert hypot(*window.box.height) == pytest.approx(hypot(*box.prism.height) * 2 / 9)  # a row lies in the padding


def test_kernels_of_one_size_stand_once_and_the_chosen_one_alone():
    box = box_of(scene_of(state_of(INCEPTION)), INPUT)
    assert len(windows(box, Focus())) == 2
    (chosen,) = windows(box, Focus("inception", "pool"))
    assert chosen.role == "pool"


# Faces


@pytest.mark.parametrize(("yaw", "pitch"), [(-34.0, 24.0), (40.0, 50.0), (-60.0, 10.0), (0.0, 0.0), (0.0, 90.0)])
def test_faces_show_the_values_of_the_volume_pixel_by_pixel(yaw, pitch):
    project = Project(NoiseInput((3, 4, 4)), (Design("d", Network((conv("last", 5, 3),))),))
    state = state_of(project, yaw=yaw, pitch=pitch, colour_map="cividis")
    image, scene = picture(state, (700, 500)), scene_of(state, (700, 500))
    box, volume = box_of(scene, "last"), state.result(("d", "last")).volume
    low, high = colours.value_range(volume, zero_centred=False)
    channel = faces.liveliest_channel(volume)
    seen = 0
    for face in box.prism.faces():
        if face.area < 500:
            continue
        expected = {
            "front": volume[channel],
            "top": volume[:, 0, :],
            "right": volume[:, :, 3].T,
            "left": volume[:, :, 0].T,
        }[face.side]
        table = colours.lut("cividis")[colours.to_levels(expected, low, high)]
        rows, columns = expected.shape
        for row, column in np.ndindex(rows, columns):
            at = face.transform(columns, rows).map(QPointF(column + 0.5, row + 0.5)) * scene.shrink
            shown = image.pixelColor(int(at.x()), int(at.y()))
            assert (shown.red(), shown.green(), shown.blue()) == tuple(table[row, column]), (face.side, row, column)
            seen += 1
    assert seen >= 16


def test_the_chosen_channel_is_on_the_front_face_and_named():
    state = state_of(TWO, focus=Focus("bottleneck", "reduce", 3))
    assert ">channel 3</text>" in svg(state).replace("\n", "")
    other = replace(state, focus=Focus("bottleneck", "reduce", 4))
    assert picture(state) != picture(other)


def test_the_channel_that_nobody_chose_is_the_one_that_uses_most_colours():
    volume = np.zeros((4, 16, 16), np.float32)
    volume[1, 0] = 100.0  # the highest variance, in two colours
    volume[2] = np.linspace(0, 90, 256).reshape(16, 16)
    volume[3] = np.linspace(0, 30, 256).reshape(16, 16)
    assert faces.liveliest_channel(volume) == 2
    assert faces.liveliest_channel(np.ones((3, 1, 1), np.float32)) == 0


def test_a_large_face_is_averaged_to_the_pixels_that_there_are():
    volume = values((6, 300, 700))
    image = faces.face_image(volume, "front", 2, "gray", zero_centred=False, columns=200.0, rows=100.0)
    assert (image.width(), image.height()) == (175, 75)
    low, high = faces.volume_range(volume, zero_centred=False)
    expected = volume[2].reshape(75, 4, 175, 4).mean(axis=(1, 3))
    for row, column in ((0, 0), (40, 100), (74, 174)):
        level = colours.to_levels(expected[row : row + 1, column : column + 1], low, high)[0, 0]
        assert abs(image.pixelColor(column, row).red() - int(level)) <= 1


def test_a_photo_stands_on_the_front_face_until_a_channel_is_chosen():
    spec = ImageInput("resources:photos/chelsea.png", (32, 32), "bgr", 1.0, (104.0, 117.0, 123.0))
    project = Project(spec, (Design("d", Network((conv("conv", 4, 3),))),))
    state = state_of(project, focus=Focus("d", "conv"))
    pixels = np.full((3, 32, 32), 50, np.float32)
    pixels[0], pixels[2] = 10, 200  # blue, red
    volume = pixels - np.array([104.0, 117.0, 123.0], np.float32).reshape(3, 1, 1)
    key = state.check.keys[STEM, INPUT]
    state = replace(state, run=RunView({**state.run.results, (STEM, INPUT): Result(key, volume, 1.0)}))
    scene = scene_of(state, (900, 500))
    x, y = box_of(scene, INPUT).prism.corner(0.1, 0.1, 0)
    shown = picture(state).pixelColor(int(x * scene.shrink), int(y * scene.shrink))
    assert (shown.red(), shown.green(), shown.blue()) == (200, 50, 10)
    assert ">photo</text>" in svg(state).replace("\n", "")
    assert ">photo</text>" not in svg(replace(state, focus=Focus("d", INPUT, 1))).replace("\n", "")


def test_before_a_run_faces_are_plain_and_the_legend_says_so():
    state = state_of(TWO, run=False)
    text = svg(state)
    assert "run (F5) to see values" in text
    assert ">channel" not in text.replace("\n", "")
    scene = scene_of(state, (900, 500))
    x, y = box_of(scene, "reduce").prism.corner(0.1, 0.1, 0)
    assert picture(state).pixelColor(int(x * scene.shrink), int(y * scene.shrink)) == QColor(LIGHT.plain)


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


# What is written


def test_svg_keeps_text_as_text_with_totals_ratio_and_formula():
    text = svg(state_of(TWO))
    for words in (
        "naive",
        "160.6 M MACs · 204.8 K params",
        "12.1× fewer multiply-accumulates",
        "5×5, 32 filters",
        "28·28·32 × 5·5·256 = 160,563,200",
        "depth and size ∝ √",
    ):
        assert words in text


def test_files_have_even_the_smallest_text_and_the_screen_leaves_it_out():
    state = state_of(CHAIN, run=False)
    text = svg(state, (400, 240))
    assert text.count("<text") > 300
    laid_out = frame(state, 400, 240)
    image = QImage(400, 240, QImage.Format.Format_RGB32)
    drawn = []
    for smallest in (0.0, 5.0):
        image.fill(QColor(LIGHT.base))
        painter = QPainter(image)
        volumes.draw(painter, QRectF(0, 0, 400, 240), state, LIGHT, laid_out, smallest)
        painter.end()
        drawn.append(image.copy())
    assert laid_out.scene.plan.type.small * laid_out.scene.shrink < 5.0
    assert drawn[0] != drawn[1]


def test_an_empty_design_and_an_empty_project_say_what_to_do():
    assert volumes.EMPTY_DESIGN in svg(state_of(Project(NoiseInput((8, 8, 8)), (Design("new", Network()),))))
    assert volumes.NO_DESIGN in svg(state_of(Project(NoiseInput((8, 8, 8)))))


def test_with_a_stem_the_input_says_where_it_comes_from():
    stem = Network((conv("first", 4, 3), Node("pool", MaxPool2d(kernel=2))))
    project = replace(TWO, input=NoiseInput((3, 32, 32)), stem=stem)
    scene = scene_of(state_of(project))
    assert "input → stem (2 layers)" in [text.text for text in box_of(scene, INPUT, "naive").texts]
    assert box_of(scene, INPUT, "naive").vertex.shape == (4, 16, 16)


def test_light_and_dark_differ_in_ground_only_where_nothing_is_drawn():
    state = state_of(TWO)
    assert picture(state, theme=LIGHT).pixelColor(1, 1) == QColor(LIGHT.base)
    assert picture(state, theme=DARK).pixelColor(1, 1) == QColor(DARK.base)


# Hits


def test_every_pixel_of_every_face_is_found_where_it_is_painted():
    state = state_of(INCEPTION)
    laid_out = frame(state, 1600, 900)
    for box in laid_out.scene.boxes:
        shape = box.vertex.shape
        sizes = {"front": (shape.width, shape.height), "top": (shape.width, shape.channels)}
        for face in box.prism.faces():
            columns, rows = sizes.get(face.side, (shape.channels, shape.height))
            for column, row in ((0, 0), (columns - 1, rows - 1), (columns // 2, rows // 3)):
                at = face.transform(columns, rows).map(QPointF(column + 0.5, row + 0.5)) * laid_out.scene.shrink
                found = hits.hit(state, laid_out, at.x(), at.y())
                assert found.place == box.place
                assert found.side == face.side
                expected = {
                    "front": (found.channel, (row, column)),
                    "top": (row, (0, column)),
                    "right": (column, (row, shape.width - 1)),
                    "left": (column, (row, 0)),
                }[face.side]
                assert (found.channel, found.pixel) == expected


def test_a_front_face_says_the_value_under_the_mouse():
    state = state_of(TWO, focus=Focus("bottleneck", "reduce", 3))
    value = state.result(("bottleneck", "reduce")).volume[3, 12, 7]
    found = hits.Hit(("bottleneck", "reduce"), "front", 3, (12, 7))
    assert hits.words(state, found) == f"bottleneck · reduce · 16×28×28 · channel 3, y 12, x 7: {value:.4g}"


def test_a_thin_box_can_be_hit_beside_its_edge_and_by_its_name():
    project = Project(NoiseInput((1000, 1, 1)), (Design("deep", Network((conv("conv", 2),))),))
    state = state_of(project, yaw=-90.0, pitch=0.0, scale="true")
    laid_out = frame(state, 900, 500)
    box = box_of(laid_out.scene, INPUT)
    shrink = laid_out.scene.shrink
    assert hits.hit(state, laid_out, box.x * shrink, (box.bounds[3] + 2) * shrink).place == box.place
    name = next(text for text in box.texts if text.text == INPUT)
    assert hits.hit(state, laid_out, (name.x + 2) * shrink, (name.y - 2) * shrink).place == box.place
    assert hits.hit(state, laid_out, 1.0, 499.0) is None


def test_arrow_keys_follow_connections_branches_and_designs():
    scene = scene_of(state_of(INCEPTION))
    assert hits.neighbour(scene, ("inception", "3x3_reduce"), "right") == ("inception", "3x3")
    assert hits.neighbour(scene, ("inception", "3x3_reduce"), "left") == ("inception", INPUT)
    assert hits.neighbour(scene, ("inception", "3x3"), "down") == ("inception", "5x5")
    assert hits.neighbour(scene, ("inception", "concat"), "right") is None
    two = scene_of(state_of(TWO))
    assert hits.neighbour(two, ("naive", "conv5x5"), "down") == ("bottleneck", "conv5x5")
    assert hits.neighbour(two, ("bottleneck", INPUT), "up") == ("naive", INPUT)


# Colours


def test_levels_equal_the_rounded_formula():
    volume = values((2, 9, 9))
    for row in volume[0]:
        for value, level in zip(row, colours.to_levels(row, -1.0, 2.0), strict=True):
            exact = 255 * (float(value) + 1.0) / 3.0
            assert abs(int(level) - min(255.0, max(0.0, exact))) <= 0.51


def test_a_range_ignores_outliers_and_is_never_empty():
    volume = values((4, 50, 50))
    volume[0, 0, 0] = 1e9
    low, high = colours.value_range(volume, zero_centred=False)
    assert -4 < low < high < 5
    assert colours.value_range(volume, zero_centred=True) == (-max(-low, high), max(-low, high))
    assert colours.value_range(np.zeros((2, 3, 3)), zero_centred=False) == (0.0, 1.0)
    assert colours.value_range(np.full((1, 2, 2), np.nan), zero_centred=True) == (-1.0, 1.0)


@pytest.mark.parametrize("name", ["viridis", "cividis", "gray", colours.DIVERGING])
def test_an_indexed_image_has_the_colours_of_its_map(name):
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    image = colours.indexed_image(levels, name)
    table = colours.lut(name)
    assert table.shape == (256, 3)
    for level in (0, 17, 128, 255):
        shown = image.pixelColor(level % 16, level // 16)
        assert (shown.red(), shown.green(), shown.blue()) == tuple(table[level])


# The widget


@pytest.fixture
def view(qtbot, monkeypatch):
    monkeypatch.setattr(VolumesView, "turn_milliseconds", 0)
    made = VolumesView()
    qtbot.addWidget(made)
    made.resize(1000, 600)
    made.show()
    qtbot.waitExposed(made)
    made.show_state(None, state_of(TWO))
    return made


def point_of(view, name, design, fractions=(0.5, 0.5, 0)):
    scene = view.canvas.frame().scene
    x, y = box_of(scene, name, design).prism.corner(*fractions)
    at = QPointF(x, y) * scene.shrink * view.canvas.zoom + view.canvas.offset
    return QPoint(int(at.x()), int(at.y()))


def drag(widget, start, end, modifier=Qt.KeyboardModifier.NoModifier, button=Qt.MouseButton.LeftButton):
    QTest.mousePress(widget, button, modifier, start)
    for step in range(1, 5):
        at = start + (end - start) * step / 4
        position = QPointF(at)
        event = _move(position, widget, button, modifier)
        QApplication.sendEvent(widget, event)
    QTest.mouseRelease(widget, button, modifier, end)


def _move(position, widget, button, modifier):
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QMouseEvent

    return QMouseEvent(
        QEvent.Type.MouseMove, position, widget.mapToGlobal(position), Qt.MouseButton.NoButton, button, modifier
    )


def test_a_click_on_a_front_face_chooses_the_volume_the_channel_and_the_pixel(view, qtbot):
    scene = view.canvas.frame().scene
    box = box_of(scene, "reduce")
    volume = view._state.result(box.place).volume
    with qtbot.waitSignal(view.focus_requested) as asked:
        at = point_of(view, "reduce", "bottleneck", (7.5 / 28, 12.5 / 28, 0))
        QTest.mouseClick(view.canvas, Qt.MouseButton.LeftButton, pos=at)
    (focus,) = asked.args
    assert focus.place == ("bottleneck", "reduce")
    assert focus.channel == faces.liveliest_channel(volume)
    assert focus.pixel == (12, 7)


def test_a_click_before_a_run_chooses_the_volume_only(view, qtbot):
    view.show_state(None, state_of(TWO, run=False))
    with qtbot.waitSignal(view.focus_requested) as asked:
        QTest.mouseClick(view.canvas, Qt.MouseButton.LeftButton, pos=point_of(view, "reduce", "bottleneck"))
    assert asked.args == [Focus("bottleneck", "reduce")]


def test_a_drag_turns_the_camera_and_chooses_nothing(view, qtbot):
    looks = []
    view.look_requested.connect(looks.append)
    view.focus_requested.connect(lambda focus: pytest.fail(f"chose {focus}"))
    start = point_of(view, "reduce", "bottleneck")
    drag(view.canvas, start, start + QPoint(40, 20))
    assert looks[0].yaw > Look().yaw
    assert looks[0].pitch > Look().pitch


@pytest.mark.parametrize(
    ("button", "modifier"),
    [
        (Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier),
        (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier),
    ],
)
def test_a_middle_or_shift_drag_moves_the_picture(view, button, modifier):
    view.look_requested.connect(lambda look: pytest.fail("turned"))
    drag(view.canvas, QPoint(300, 300), QPoint(340, 310), modifier, button)
    assert (view.canvas.offset.x(), view.canvas.offset.y()) == (40, 10)
    QTest.mouseDClick(view.canvas, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert view.canvas.offset == QPointF()


def test_zooming_keeps_the_point_under_the_mouse_and_fit_shows_all(view):
    before = view.canvas.hit(QPointF(point_of(view, "reduce", "bottleneck")))
    at = QPointF(point_of(view, "reduce", "bottleneck"))
    view.canvas.zoom_by(3.0, at)
    assert view.canvas.zoom == 3.0
    assert view.canvas.hit(at) == before
    QTest.mouseClick(view.fit_button, Qt.MouseButton.LeftButton)
    assert (view.canvas.zoom, view.canvas.offset) == (1.0, QPointF())
    QTest.mouseClick(view.nearer_button, Qt.MouseButton.LeftButton)
    QTest.keyClick(view.canvas, Qt.Key.Key_0)
    assert view.canvas.zoom == 1.0


@pytest.mark.parametrize(("key", "name"), [(Qt.Key.Key_T, "Top"), (Qt.Key.Key_F, "Front"), (Qt.Key.Key_1, "3-D")])
def test_keys_and_buttons_ask_for_the_named_views(view, qtbot, key, name):
    view.show_state(None, state_of(TWO, yaw=10.0, pitch=10.0))
    for act in (
        lambda: QTest.keyClick(view.canvas, key),
        lambda: QTest.mouseClick(view.cameras[name], Qt.MouseButton.LeftButton),
    ):
        with qtbot.waitSignal(view.look_requested) as asked:
            act()
        assert (asked.args[0].yaw, asked.args[0].pitch) == VIEWS[name]
    assert not view.cameras[name].isChecked()  # until a state says so
    view.show_state(None, state_of(TWO, yaw=VIEWS[name][0], pitch=VIEWS[name][1]))
    assert view.cameras[name].isChecked()


def test_a_named_view_is_reached_in_one_smooth_motion(view, qtbot, monkeypatch):
    monkeypatch.setattr(VolumesView, "turn_milliseconds", 80)
    looks = []
    view.look_requested.connect(looks.append)
    view.turn_to("Top")
    qtbot.waitUntil(lambda: bool(looks) and (looks[-1].yaw, looks[-1].pitch) == VIEWS["Top"])
    pitches = [look.pitch for look in looks]
    assert pitches == sorted(pitches)
    assert len(pitches) > 2


def test_the_scale_of_edges_is_chosen_in_the_toolbar(view, qtbot):
    with qtbot.waitSignal(view.look_requested) as asked:
        QTest.mouseClick(view.scales["log"], Qt.MouseButton.LeftButton)
    assert asked.args[0].scale == "log"


def test_arrow_keys_choose_neighbours_and_shift_turns(view, qtbot):
    view.show_state(None, state_of(TWO, focus=Focus("bottleneck", "reduce")))
    with qtbot.waitSignal(view.focus_requested) as asked:
        QTest.keyClick(view.canvas, Qt.Key.Key_Right)
    assert asked.args == [Focus("bottleneck", "conv5x5")]
    with qtbot.waitSignal(view.look_requested) as turned:
        QTest.keyClick(view.canvas, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert turned.args[0].yaw == Look().yaw + 5


def test_hovering_says_what_the_mouse_is_on(view, qtbot):
    at = QPointF(point_of(view, "reduce", "bottleneck"))
    with qtbot.waitSignal(view.hovered) as said:
        QApplication.sendEvent(
            view.canvas, _move(at, view.canvas, Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier)
        )
    assert said.args[0].startswith("bottleneck · reduce · 16×28×28 · channel ")


def test_the_chains_are_described_for_those_who_do_not_see_them(view):
    assert "naive: input 256×28×28 → conv5x5 32×28×28" in view.canvas.accessibleDescription()
