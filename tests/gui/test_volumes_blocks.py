"""Blocks in the volumes view: one box if they are closed, their layers in a frame if they are open."""

import re
from itertools import pairwise

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest

from engine.blocks import Inception
from engine.files.paths import RESOURCES
from engine.layers import Activation, Concat, Conv2d
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.file import load_project
from engine.project.project import Design, Project
from engine.text.problems import Problem
from gui.paint.volumes import drawing, faces, hits
from gui.paint.volumes.box_sizes import NOTE_SEPARATOR
from gui.paint.volumes.layout import lay_out_volumes
from gui.paint.volumes.readable_labels import TextZoom, readable_labels
from gui.paint.volumes.visible_parts import find_visible_parts
from gui.state.cameras import CAMERA_VIEWS
from gui.state.focus import Focus
from gui.theme import LIGHT
from gui.views.volume_tips import volume_tip
from gui.views.volumes import VolumesView
from tests.gui.overlaps import assert_nothing_overlaps, polygon_of, polygons_overlap
from tests.gui.view_harness import update_view
from tests.gui.volume_scenes import BLOCKS, box_of, conv, picture, scene_of, state_of

pytestmark = pytest.mark.usefixtures("qapp")

BLOCK = ("blocks", "3a")


def state_with_blocks(blocks="closed", **more):
    return state_of(BLOCKS, blocks=blocks, **more)


# The scene


def test_a_closed_block_is_one_box_with_its_name_after_an_arrow_with_its_label():
    scene = scene_of(state_with_blocks())
    assert [box.ref[1] for box in scene.boxes] == [INPUT, "stem", "3a", "3b", "pool"]
    box = box_of(scene, "3a")
    assert box.vertex.shape == (28, 14, 14)
    assert [text.text for text in box.texts if text.bold] == ["3a"]
    arrow = next(arrow for arrow in scene.arrows if arrow.ref == BLOCK)
    assert arrow.role == "design"
    assert "inception" in arrow.texts[0].text
    assert scene.frames == ()


def test_the_arrow_to_a_group_says_its_number_of_layers_however_little_space_it_has():
    groups = [
        Node(f"{group}/{name}", layer, group=group)
        for group in ("one", "two", "three", "four")
        for name, layer in (("conv", Conv2d(8, 3)), ("relu", Activation("relu")))
    ]
    project = Project(NoiseInput((3, 16, 16)), (Design("d", Network(tuple(groups))),))
    for width in (1600, 500, 300):
        texts = [arrow.texts[0].text for arrow in scene_of(state_of(project, blocks="closed"), (width, 400)).arrows]
        assert texts == ["2 layers"] * 4


def test_an_open_block_is_a_frame_of_its_layers_named_without_the_block():
    scene = scene_of(state_with_blocks("open"), (1600, 1000))
    inside = [box for box in scene.boxes if box.ref[1].startswith("3a/")]
    assert len(inside) == 14
    assert {"1x1", "3x3_reduce", "5x5", "pool"} <= {box.caption.name for box in inside}
    assert [frame.ref[1] for frame in scene.frames] == ["3a", "3b"]
    assert [text.text for text in scene.frames[0].texts] == ["3a", " · inception"]


def test_a_block_can_be_open_beside_a_closed_one():
    scene = scene_of(state_with_blocks(toggled_blocks=frozenset({BLOCK})))
    assert [frame.ref for frame in scene.frames] == [BLOCK]
    assert box_of(scene, "3b").vertex.shape == (28, 14, 14)


@pytest.mark.parametrize("view", CAMERA_VIEWS)
@pytest.mark.parametrize("size", [(900, 500), (1600, 1000), (2500, 1400)])
def test_frames_contain_only_their_own_boxes_and_nothing_overlaps(view, size):
    yaw, pitch = CAMERA_VIEWS[view]
    scene = scene_of(state_of(BLOCKS, run=False, blocks="open", yaw=yaw, pitch=pitch), size)
    em = scene.line_breaks.text_sizes.em
    assert_nothing_overlaps(scene, *size)
    for box in scene.boxes:
        frames_around = [frame.ref[1] for frame in scene.frames if contains(frame.rect, box.bounds)]
        assert frames_around == [box.ref[1].partition("/")[0]] * ("/" in box.ref[1]), box.ref
        assert all(frame.rect[2] - box.bounds[2] > 0.4 * em for frame in scene.frames if frame.ref[1] in frames_around)
        for frame in scene.frames:
            for text in frame.texts:
                assert not any(rects_overlap(text.rect, other.rect) for other in box.texts)


def contains(outer, inner):
    return outer[0] <= inner[0] and outer[1] <= inner[1] and outer[2] >= inner[2] and outer[3] >= inner[3]


def rects_overlap(first, second):
    return first[0] < second[2] and second[0] < first[2] and first[1] < second[3] and second[1] < first[3]


@pytest.mark.parametrize("size", [(900, 500), (1600, 1000)])
def test_open_blocks_in_parallel_have_frames_of_their_own_rows(size):
    block = Inception(8, 6, 12, 2, 4, 4)
    nodes = (Node("left", block, (INPUT,)), Node("right", block, (INPUT,)), Node("end", Concat(), ("left", "right")))
    scene = scene_of(state_of(Project(NoiseInput((8, 14, 14)), (Design("d", Network(nodes)),)), blocks="open"), size)
    assert_nothing_overlaps(scene, *size)
    assert [frame.ref[1] for frame in scene.frames] == ["left", "right"]
    for box in scene.boxes:
        frames_around = [frame.ref[1] for frame in scene.frames if contains(frame.rect, box.bounds)]
        assert frames_around == [box.ref[1].partition("/")[0]] * ("/" in box.ref[1]), box.ref
    assert not rects_overlap(*(frame.rect for frame in scene.frames))
    assert box_of(scene, "right/3x3").caption.name == "3x3"


def test_layers_of_an_open_group_with_others_between_them_have_the_name_of_the_group_and_no_frame():
    nodes = (
        Node("g.a", Conv2d(8, 3), (INPUT,), group="g"),
        Node("b", Conv2d(8, 3), (INPUT,)),
        Node("g.c", Conv2d(8, 3), (INPUT,), group="g"),
        Node("g.join", Concat(), ("g.a", "g.c"), group="g"),
        Node("end", Concat(), ("g.join", "b")),
    )
    state = state_of(Project(NoiseInput((8, 14, 14)), (Design("d", Network(nodes)),)), blocks="open")
    scene = scene_of(state)
    assert scene.frames == ()
    assert box_of(scene, "g.a").caption.name == "g.a"
    own = [box.ref[1] for box in scene.boxes if contains(hits.find_rects(state, scene, ("d", "g"))[0], box.bounds)]
    assert {"g.a", "g.c", "g.join"} <= set(own), "what is zoomed to"


def test_a_mistake_within_a_closed_block_is_written_at_the_block():
    problem = Problem("3a/3x3: weights: there is no file 'w.npy'", "", "blocks", "3a/3x3", "weights")
    closed, all_open = state_with_blocks(), state_with_blocks("open")
    mistakes = []
    for state, name in ((closed, "3a"), (all_open, "3a/3x3")):
        mistaken = replace(state, run=replace(state.run, problems=(problem,)))
        mistakes.append(" ".join(box_of(scene_of(mistaken), name).caption.mistakes))
    assert mistakes == ["3x3: weights: there is no file 'w.npy'", "weights: there is no file 'w.npy'"]


# The focus


def test_a_focus_within_a_closed_block_is_drawn_at_the_block():
    at_part, at_block, elsewhere = (
        picture(state_with_blocks(focus=Focus("blocks", name))) for name in ("3a/5x5_reduce", "3a", "stem")
    )
    assert at_part == at_block != elsewhere


def test_a_focused_channel_of_the_last_layer_of_a_block_is_on_its_front_face():
    volume = state_with_blocks().volume_at(BLOCK).volume
    other = (faces.most_varied_channel(volume) + 1) % len(volume)
    last_layer, block, no_channel, inner_layer = (
        picture(state_with_blocks(focus=focus))
        for focus in (
            Focus("blocks", "3a/concat", other),
            Focus("blocks", "3a", other),
            Focus("blocks", "3a"),
            Focus("blocks", "3a/3x3", other),
        )
    )
    assert last_layer == block != no_channel == inner_layer


def test_arrow_keys_continue_from_the_block_of_the_focus():
    for state, name, expected in (
        (state_with_blocks(), "3a/3x3", "3b"),
        (state_with_blocks("open"), "3a", "3b/1x1"),
        (state_with_blocks("open"), "3a/3x3_reduce", "3a/3x3_reduce/relu"),
    ):
        scene = scene_of(state)
        box = hits.find_box(state, scene, ("blocks", name))
        right = hits.find_neighbour(scene, box, "right")
        assert right == ("blocks", expected)


# Labels and drawing


def labels_on_screen(state, size, zoom=1.0, smallest=6.0):
    scene = scene_of(state, size)
    pixels = zoom * scene.shrink
    text_zoom = TextZoom(pixels, smallest, max(1.0, pixels) ** 0.5)
    return [
        item.text
        for item in readable_labels(
            state, scene, find_visible_parts(state, scene, None), text_zoom, size[0] / scene.shrink
        )
    ]


@pytest.mark.parametrize("blocks", ["open", "closed"])
def test_in_a_small_picture_names_of_blocks_are_readable_and_the_stems_is_left_out(blocks):
    state, size = state_with_blocks(blocks), (420, 240) if blocks == "open" else (300, 170)
    shrink = scene_of(state, size).shrink
    texts = labels_on_screen(state, size)
    names = {text.text: text.size * shrink for text in texts}
    assert "stem" not in names
    assert min(names["3a"], names["3b"]) >= 6.0
    assert min(names.values()) >= 6.0


def test_unreadably_small_labels_are_left_out_until_they_are_zoomed_to():
    state, size = state_with_blocks("open"), (380, 230)
    shrink = scene_of(state, size).shrink
    overview, zoomed_in = labels_on_screen(state, size), labels_on_screen(state, size, zoom=8 / shrink)
    assert all(text.size * shrink >= 6.0 for text in overview)
    assert {"3x3_reduce", "pool_proj"} <= {text.text.partition(" ·")[0] for text in zoomed_in}
    assert not any("filters" in text.text for text in overview)
    assert any("14·14·12 × 3·3·6 = 127,008" in text.text for text in zoomed_in)


@pytest.mark.parametrize("zoom", [1.0, 1.3, 1.8, 2.5, 4.0])
@pytest.mark.parametrize(
    ("name", "size"), [("googlenet", (884, 550)), ("nin", (884, 550)), ("densenet121", (600, 300))]
)
def test_labels_at_arrows_touch_no_box_at_any_zoom(name, size, zoom):
    state = state_of(load_project(RESOURCES / "projects" / f"{name}.toml").project, run=False)
    scene = scene_of(state, size)
    magnification = max(1.0, zoom * scene.shrink) ** 0.5
    outlines = [box.prism.outline() for box in scene.boxes]
    at_arrows = {(round(arrow.middle, 3), arrow.y) for arrow in scene.arrows}
    for item in readable_labels(
        state,
        scene,
        find_visible_parts(state, scene, None),
        TextZoom(zoom * scene.shrink, 6.0, magnification),
        size[0] / scene.shrink,
    ):
        x, y = item.anchor
        if (round(x, 3), y) in at_arrows:
            left, top, right, bottom = item.text.rect
            rect = (
                (left - x) / magnification + x,
                (top - y) / magnification + y,
                (right - x) / magnification + x,
                (bottom - y) / magnification + y,
            )
            assert not any(polygons_overlap(outline, polygon_of(rect)) for outline in outlines), item.text


@pytest.mark.parametrize("zoom", [1.0, 2.5, 16.0])
def test_the_note_stays_beside_its_name_at_any_zoom(zoom):
    state, size = state_with_blocks("open"), (900, 500)
    scene = scene_of(state, size)
    magnification = max(1.0, zoom * scene.shrink) ** 0.5
    items = list(
        readable_labels(
            state,
            scene,
            find_visible_parts(state, scene, None),
            TextZoom(zoom * scene.shrink, 0.0, magnification),
            size[0] / scene.shrink,
        )
    )
    pairs = [(name, note) for name, note in pairwise(items) if note.text.text.startswith(NOTE_SEPARATOR)]
    assert len(pairs) > 5
    for name, note in pairs:
        (_, _, right, _), (left, _, _, _) = name.text.rect, note.text.rect
        right, left = (
            (x - item.anchor[0]) / magnification + item.anchor[0] for x, item in ((right, name), (left, note))
        )
        assert left == pytest.approx(right, abs=0.01)


def test_drawing_only_the_visible_parts_makes_the_same_picture():
    state, size, zoom = state_with_blocks("open"), (900, 500), 4.0
    laid_out = lay_out_volumes(state, *size)
    area = QRectF(400, 200, size[0] / zoom, size[1] / zoom)
    images = []
    for part in (None, area):
        image = QImage(*size, QImage.Format.Format_RGB32)
        image.fill(QColor(LIGHT.base))
        painter = QPainter(image)
        painter.scale(zoom, zoom)
        painter.translate(-area.x(), -area.y())
        drawing.draw_scene(painter, state, LIGHT, laid_out.scene, 6.0, size[0], zoom=zoom, area=part)
        painter.end()
        images.append(image)
    assert images[0] == images[1]
    shrink = laid_out.scene.shrink
    part = find_visible_parts(state, laid_out.scene, QRectF(area.topLeft() / shrink, area.size() / shrink))
    assert 0 < len(part.boxes) < len(laid_out.scene.boxes) / 2


# The widget


@pytest.fixture
def view(qtbot):
    view = VolumesView(state_with_blocks())
    qtbot.addWidget(view)
    view.resize(1300, 800)
    view.show()
    qtbot.waitExposed(view)
    return view


def at(view, x, y):
    position = view.canvas.widget_point(QPointF(x, y) * view.canvas.current_layout().scene.shrink)
    return QPoint(int(position.x()), int(position.y()))


def zoom_by(view, factor, about=None):
    box = view.canvas.zoom_box
    box.zoom_by(factor, None if about is None else view.canvas.picture_point(about))


def test_a_double_click_on_a_closed_block_opens_it(view, qtbot):
    update_view(view, state_with_blocks())
    box = box_of(view.canvas.current_layout().scene, "3a")
    with qtbot.waitSignal(view.look_requested) as request:
        QTest.mouseDClick(
            view.canvas.viewport(), Qt.MouseButton.LeftButton, pos=at(view, *box.prism.corner(0.5, 0.5, 0))
        )
    assert request.args[0].toggled_blocks == {BLOCK}


def test_a_double_click_on_name_or_frame_of_an_open_block_closes_it(view, qtbot):
    update_view(view, state_with_blocks(toggled_blocks=frozenset({BLOCK})))
    (frame,) = view.canvas.current_layout().scene.frames
    left, top, right, bottom = frame.rect
    title = frame.texts[0]
    for x, y in ((title.x + 2, title.y - 2), ((left + right) / 2, bottom), (right, (top + 3 * bottom) / 4)):
        with qtbot.waitSignal(view.look_requested) as request:
            QTest.mouseDClick(view.canvas.viewport(), Qt.MouseButton.LeftButton, pos=at(view, x, y))
        assert request.args[0].toggled_blocks == frozenset()


def test_a_double_click_elsewhere_shows_the_complete_picture(view):
    update_view(view, state_with_blocks())
    view.look_requested.connect(lambda look: pytest.fail("toggled"))
    zoom_by(view, 3.0)
    QTest.mouseDClick(view.canvas.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(3, 3))
    assert view.canvas.zoom_box.zoom.across == 1.0
    stem = box_of(view.canvas.current_layout().scene, "stem")
    zoom_by(view, 1.2)
    QTest.mouseDClick(view.canvas.viewport(), Qt.MouseButton.LeftButton, pos=at(view, stem.x, stem.y))
    assert view.canvas.zoom_box.zoom.across == 1.0


def middle_of(view, state, ref):
    left, top, right, bottom = hits.find_rects(state, view.canvas.current_layout().scene, ref)[0]
    return at(view, (left + right) / 2, (top + bottom) / 2)


def test_a_block_opened_while_zoomed_in_stays_where_it_is(view):
    state = state_with_blocks()
    update_view(view, state)
    ref = ("blocks", "3b")
    zoom_by(view, 4.0, QPointF(middle_of(view, state, ref)))
    before = middle_of(view, state, ref)
    with_open_block = replace(state, look=replace(state.look, toggled_blocks=frozenset({ref})))
    view.show_state(state, with_open_block)
    assert view.canvas.zoom_box.zoom.across == 4.0
    assert (middle_of(view, with_open_block, ref) - before).manhattanLength() <= 4


@pytest.mark.parametrize(
    ("blocks", "name"), [("closed", "3a/3x3"), ("open", "3b"), ("open", "3b/5x5"), ("closed", "pool")]
)
def test_the_focus_is_zoomed_to_by_key_and_button(view, blocks, name):
    state = state_with_blocks(blocks, focus=Focus("blocks", name))
    update_view(view, state)
    QTest.keyClick(view.canvas, Qt.Key.Key_Z)
    assert view.canvas.zoom_box.zoom.across > 1.0
    left, top, right, bottom = hits.find_rects(state, view.canvas.current_layout().scene, ("blocks", name))[0]
    corners = [at(view, left, top), at(view, right, bottom)]
    assert all(view.canvas.rect().contains(point) for point in corners)
    zoom = view.canvas.zoom_box.zoom
    view.canvas.fit()
    QTest.mouseClick(view.focus_button, Qt.MouseButton.LeftButton)
    assert view.canvas.zoom_box.zoom == zoom


def test_the_tooltip_of_a_block_has_shapes_sums_and_how_to_open_it():
    state = state_with_blocks()
    tip = volume_tip(state, BLOCK)
    report = state.report(BLOCK)
    assert tip.splitlines() == [
        "3a: inception 8, 6→12, 2→4, pool→4",
        "16×14×14 → 28×14×14, 14 layers",
        f"{report.macs:,} MACs",
        f"{report.params:,} params",
        "double-click: open",
    ]
    assert hits.describe_hit(state, hits.VolumeHit(BLOCK)) == "blocks · 3a · 28×14×14 · 14 layers · double-click: open"
    assert hits.describe_hit(state_with_blocks("open"), hits.VolumeHit(BLOCK)).endswith("double-click: close")


def test_the_accessible_description_has_closed_blocks_as_one_volume(view):
    state = state_with_blocks()
    update_view(view, state)
    description = view.canvas.accessibleDescription()
    assert "stem 16×14×14 → 3a 28×14×14 → 3b" in description
    view.show_state(state, replace(state, look=replace(state.look, blocks="open")))
    assert re.search(r"3a/concat 28×14×14 → 3b/1x1 ", view.canvas.accessibleDescription())


def test_a_long_network_of_pre_activation_layers_is_broken_into_lines():
    nodes = [conv("first", 8, 3)]
    for number in range(30):
        nodes += dense_layer(f"d{number}", nodes[-1].name)
    project = Project(NoiseInput((3, 32, 32)), (Design("dense", Network(tuple(nodes))),))
    (lines,) = scene_of(state_of(project, run=False), (1600, 1000)).line_breaks.lines
    assert len(lines) > 4


def dense_layer(name, source):
    relu = Node(f"{name}_relu", Activation("relu"), (source,))
    return [relu, conv(f"{name}_conv", 4, 3), Node(f"{name}_cat", Concat(), (source, f"{name}_conv"))]
