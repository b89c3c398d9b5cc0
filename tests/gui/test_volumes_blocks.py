"""Blocks in the volumes view: one box where they are closed, their layers in a frame where they are open."""

import re

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest

from engine.blocks import Inception
from engine.files.paths import RESOURCES
from engine.layers import Activation, Concat
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.file import load_project
from engine.project.project import Design, Project
from engine.text.problems import Problem
from gui.paint.volumes import drawing, faces, hits
from gui.paint.volumes.camera import CAMERA_VIEWS
from gui.paint.volumes.layout import lay_out_volumes
from gui.paint.volumes.readable_labels import TextZoom, readable_labels
from gui.paint.volumes.visible_parts import find_visible_parts
from gui.state.view_state import Focus
from gui.theme import LIGHT
from gui.views.volumes import VolumesView
from tests.gui.test_volumes_layout import assert_nothing_overlaps, polygon_of
from tests.gui.test_volumes_layout import meet as overlap
from tests.gui.view_harness import update_view
from tests.gui.volume_scenes import BLOCKS, box_of, conv, picture, scene_of, state_of

pytestmark = pytest.mark.usefixtures("qapp")

BLOCK = ("blocks", "3a")


def shown_state(blocks="closed", **more):
    return state_of(BLOCKS, blocks=blocks, **more)


# The scene


def test_a_closed_block_is_one_box_of_its_name_behind_an_arrow_of_its_label():
    scene = scene_of(shown_state())
    assert [box.ref[1] for box in scene.boxes] == [INPUT, "stem", "3a", "3b", "pool"]
    box = box_of(scene, "3a")
    assert box.vertex.shape == (28, 14, 14)
    assert [text.text for text in box.texts if text.bold] == ["3a"]
    arrow = next(arrow for arrow in scene.arrows if arrow.ref == BLOCK)
    assert arrow.role == "design"
    assert "inception" in arrow.texts[0].text
    assert scene.frames == ()


def test_an_open_block_is_its_layers_in_a_frame_without_its_name_before_theirs():
    scene = scene_of(shown_state("open"), (1600, 1000))
    inside = [box for box in scene.boxes if box.ref[1].startswith("3a/")]
    assert len(inside) == 14
    assert {"1x1", "3x3_reduce", "5x5", "pool"} <= {box.caption.name for box in inside}
    assert [frame.ref[1] for frame in scene.frames] == ["3a", "3b"]
    assert [text.text for text in scene.frames[0].texts] == ["3a", " · inception"]


def test_one_block_is_opened_beside_a_closed_one():
    scene = scene_of(shown_state(toggled_blocks=frozenset({BLOCK})))
    assert [frame.ref for frame in scene.frames] == [BLOCK]
    assert box_of(scene, "3b").vertex.shape == (28, 14, 14)


@pytest.mark.parametrize("view", CAMERA_VIEWS)
@pytest.mark.parametrize("size", [(900, 500), (1600, 1000), (2500, 1400)])
def test_frames_hold_their_own_boxes_alone_and_nothing_overlaps(view, size):
    yaw, pitch = CAMERA_VIEWS[view]
    scene = scene_of(state_of(BLOCKS, run=False, blocks="open", yaw=yaw, pitch=pitch), size)
    assert_nothing_overlaps(scene, *size)
    for box in scene.boxes:
        holding = [frame.ref[1] for frame in scene.frames if holds(frame.rect, box.bounds)]
        assert holding == [box.ref[1].partition("/")[0]] * ("/" in box.ref[1]), box.ref
        for frame_ in scene.frames:
            for text in frame_.texts:
                assert not any(meet(text.rect, other.rect) for other in box.texts)


def holds(outer, inner):
    return outer[0] <= inner[0] and outer[1] <= inner[1] and outer[2] >= inner[2] and outer[3] >= inner[3]


def meet(first, second):
    return first[0] < second[2] and second[0] < first[2] and first[1] < second[3] and second[1] < first[3]


def test_open_blocks_beside_each_other_have_their_names_before_those_of_their_layers_and_no_frame():
    block = Inception(8, 6, 12, 2, 4, 4)
    nodes = (Node("left", block, (INPUT,)), Node("right", block, (INPUT,)))
    scene = scene_of(state_of(Project(NoiseInput((8, 14, 14)), (Design("d", Network(nodes)),)), blocks="open"))
    assert scene.frames == ()
    assert box_of(scene, "right/3x3").caption.name == "right/3x3"


def test_what_is_wrong_within_a_closed_block_stands_at_the_block():
    problem = Problem("3a/3x3: weights: there is no file 'w.npy'", "", "blocks", "3a/3x3", "weights")
    closed, opened = shown_state(), shown_state("open")
    told = []
    for state, name in ((closed, "3a"), (opened, "3a/3x3")):
        wrong = replace(state, run=replace(state.run, problems=(problem,)))
        told.append(" ".join(box_of(scene_of(wrong), name).caption.mistakes))
    assert told == ["3x3: weights: there is no file 'w.npy'", "weights: there is no file 'w.npy'"]


# The choice


def test_a_choice_within_a_closed_block_is_shown_at_the_block():
    at_part, at_block, elsewhere = (
        picture(shown_state(focus=Focus("blocks", name))) for name in ("3a/5x5_reduce", "3a", "stem")
    )
    assert at_part == at_block != elsewhere


def test_a_channel_of_a_blocks_last_layer_is_on_its_front_face():
    volume = shown_state().volume_at(BLOCK).volume
    other = (faces.most_varied_channel(volume) + 1) % len(volume)
    last, own, nothing, inner = (
        picture(shown_state(focus=focus))
        for focus in (
            Focus("blocks", "3a/concat", other),
            Focus("blocks", "3a", other),
            Focus("blocks", "3a"),
            Focus("blocks", "3a/3x3", other),
        )
    )
    assert last == own != nothing == inner


def test_arrow_keys_go_on_from_the_block_that_holds_the_choice():
    for state, name, expected in (
        (shown_state(), "3a/3x3", "3b"),
        (shown_state("open"), "3a", "3b/1x1"),
        (shown_state("open"), "3a/3x3_reduce", "3a/3x3_reduce/relu"),
    ):
        scene = scene_of(state)
        box = hits.find_box(state, scene, ("blocks", name))
        right = hits.find_neighbour(scene, box, "right")
        assert right == ("blocks", expected) or (expected == "3b/1x1" and right[1].startswith("3b/"))


# What is written and drawn


def on_screen(state, size, zoom=1.0, smallest=6.0):
    scene = scene_of(state, size)
    pixels = zoom * scene.shrink
    fineness = TextZoom(pixels, smallest, max(1.0, pixels) ** 0.5)
    return [
        item.text
        for item in readable_labels(
            state, scene, find_visible_parts(state, scene, None), fineness, size[0] / scene.shrink
        )
    ]


@pytest.mark.parametrize("blocks", ["open", "closed"])
def test_names_of_blocks_are_read_longer_than_names_of_layers(blocks):
    state, size = shown_state(blocks), (420, 240) if blocks == "open" else (300, 170)
    shrink = scene_of(state, size).shrink
    texts = on_screen(state, size)
    names = {text.text: text.size * shrink for text in texts}
    assert "stem" not in names
    assert min(names["3a"], names["3b"]) >= 6.0
    assert min(names.values()) >= 6.0


def test_nothing_is_written_smaller_than_can_be_read_and_zooming_in_brings_all_of_it():
    state, size = shown_state("open"), (500, 300)
    shrink = scene_of(state, size).shrink
    whole, near = on_screen(state, size), on_screen(state, size, zoom=8 / shrink)
    assert all(text.size * shrink >= 6.0 for text in whole)
    assert {"3x3_reduce", "pool_proj"} <= {text.text.partition(" ·")[0] for text in near}
    assert not any("filters" in text.text for text in whole)
    assert any("14·14·12 × 3·3·6 = 127,008" in text.text for text in near)


@pytest.mark.parametrize("zoom", [1.3, 1.8, 2.5, 4.0])
@pytest.mark.parametrize("name", ["googlenet", "nin", "densenet121"])
def test_what_is_written_at_arrows_touches_no_box_however_near_one_is(name, zoom):
    state, size = state_of(load_project(RESOURCES / "projects" / f"{name}.toml").project, run=False), (884, 550)
    scene = scene_of(state, size)
    finer = max(1.0, zoom * scene.shrink) ** 0.5
    outlines = [box.prism.outline() for box in scene.boxes]
    at_arrows = {(round(arrow.middle, 3), arrow.y) for arrow in scene.arrows}
    for item in readable_labels(
        state,
        scene,
        find_visible_parts(state, scene, None),
        TextZoom(zoom * scene.shrink, 6.0, finer),
        size[0] / scene.shrink,
    ):
        x, y = item.anchor
        if (round(x, 3), y) in at_arrows:
            left, top, right, bottom = item.text.rect
            rect = ((left - x) / finer + x, (top - y) / finer + y, (right - x) / finer + x, (bottom - y) / finer + y)
            assert not any(overlap(outline, polygon_of(rect)) for outline in outlines), item.text


def test_what_is_zoomed_to_looks_the_same_whether_the_rest_is_drawn_or_not():
    state, size, zoom = shown_state("open"), (900, 500), 4.0
    laid_out = lay_out_volumes(state, *size)
    area = QRectF(400, 200, size[0] / zoom, size[1] / zoom)
    drawn = []
    for part in (None, area):
        image = QImage(*size, QImage.Format.Format_RGB32)
        image.fill(QColor(LIGHT.base))
        painter = QPainter(image)
        painter.scale(zoom, zoom)
        painter.translate(-area.x(), -area.y())
        drawing.draw_volumes(painter, QRectF(0, 0, *size), state, LIGHT, laid_out, 6.0, zoom, part)
        painter.end()
        drawn.append(image)
    assert drawn[0] == drawn[1]
    shrink = laid_out.scene.shrink
    part = find_visible_parts(state, laid_out.scene, QRectF(area.topLeft() / shrink, area.size() / shrink))
    assert 0 < len(part.boxes) < len(laid_out.scene.boxes) / 2


# The widget


@pytest.fixture
def view(qtbot):
    made = VolumesView(shown_state())
    qtbot.addWidget(made)
    made.resize(1300, 800)
    made.show()
    qtbot.waitExposed(made)
    return made


def at(view, x, y):
    position = QPointF(x, y) * view.canvas.current_layout().scene.shrink * view.canvas.zoom + view.canvas.offset
    return QPoint(int(position.x()), int(position.y()))


def test_a_double_click_on_a_closed_blocks_box_asks_to_open_it(view, qtbot):
    update_view(view, shown_state())
    box = box_of(view.canvas.current_layout().scene, "3a")
    with qtbot.waitSignal(view.look_requested) as asked:
        QTest.mouseDClick(view.canvas, Qt.MouseButton.LeftButton, pos=at(view, *box.prism.corner(0.5, 0.5, 0)))
    assert asked.args[0].toggled_blocks == {BLOCK}


def test_a_double_click_on_an_open_blocks_name_or_frame_asks_to_close_it(view, qtbot):
    update_view(view, shown_state(toggled_blocks=frozenset({BLOCK})))
    (placed,) = view.canvas.current_layout().scene.frames
    left, top, right, bottom = placed.rect
    title = placed.texts[0]
    for x, y in ((title.x + 2, title.y - 2), ((left + right) / 2, bottom), (right, (top + 3 * bottom) / 4)):
        with qtbot.waitSignal(view.look_requested) as asked:
            QTest.mouseDClick(view.canvas, Qt.MouseButton.LeftButton, pos=at(view, x, y))
        assert asked.args[0].toggled_blocks == frozenset()


def test_a_double_click_elsewhere_shows_the_whole_picture(view):
    update_view(view, shown_state())
    view.look_requested.connect(lambda look: pytest.fail("toggled"))
    view.canvas.zoom_by(3.0)
    QTest.mouseDClick(view.canvas, Qt.MouseButton.LeftButton, pos=QPoint(3, 3))
    assert view.canvas.zoom == 1.0
    stem = box_of(view.canvas.current_layout().scene, "stem")
    view.canvas.zoom_by(1.2)
    QTest.mouseDClick(view.canvas, Qt.MouseButton.LeftButton, pos=at(view, stem.x, stem.y))
    assert view.canvas.zoom == 1.0


def middle_of(view, state, place):
    left, top, right, bottom = hits.find_rect(state, view.canvas.current_layout().scene, place)
    return at(view, (left + right) / 2, (top + bottom) / 2)


def test_a_block_that_is_opened_while_zoomed_in_stays_in_view(view):
    state = shown_state()
    update_view(view, state)
    place = ("blocks", "3b")
    view.canvas.zoom_by(4.0, QPointF(middle_of(view, state, place)))
    before = middle_of(view, state, place)
    opened = replace(state, look=replace(state.look, toggled_blocks=frozenset({place})))
    view.show_state(state, opened)
    assert view.canvas.zoom == 4.0
    assert (middle_of(view, opened, place) - before).manhattanLength() <= 4


@pytest.mark.parametrize(
    ("blocks", "name"), [("closed", "3a/3x3"), ("open", "3b"), ("open", "3b/5x5"), ("closed", "pool")]
)
def test_the_choice_is_zoomed_to(view, blocks, name):
    state = shown_state(blocks, focus=Focus("blocks", name))
    update_view(view, state)
    QTest.keyClick(view.canvas, Qt.Key.Key_Z)
    assert view.canvas.zoom > 1.0
    left, top, right, bottom = hits.find_rect(state, view.canvas.current_layout().scene, ("blocks", name))
    shown = [at(view, left, top), at(view, right, bottom)]
    assert all(view.canvas.rect().contains(point) for point in shown)
    near = view.canvas.zoom, view.canvas.offset
    view.canvas.fit()
    QTest.mouseClick(view.focus_button, Qt.MouseButton.LeftButton)
    assert (view.canvas.zoom, view.canvas.offset) == near


def test_a_block_says_its_shapes_its_sums_and_how_it_opens(view, qtbot):
    state = shown_state()
    update_view(view, state)
    tip = view.canvas._tip_text(hits.VolumeHit(BLOCK))
    report = state.report(BLOCK)
    assert tip.splitlines() == [
        "3a: inception 8, 6→12, 2→4, pool→4",
        "16×14×14 → 28×14×14, 14 layers",
        f"{report.macs:,} MACs",
        f"{report.params:,} params",
        "double-click: open",
    ]
    assert hits.describe_hit(state, hits.VolumeHit(BLOCK)) == "blocks · 3a · 28×14×14 · 14 layers · double-click: open"
    assert hits.describe_hit(shown_state("open"), hits.VolumeHit(BLOCK)).endswith("double-click: close")


def test_closed_blocks_are_described_as_one_for_those_who_do_not_see_them(view):
    state = shown_state()
    update_view(view, state)
    described = view.canvas.accessibleDescription()
    assert "stem 16×14×14 → 3a 28×14×14 → 3b" in described
    view.show_state(state, replace(state, look=replace(state.look, blocks="open")))
    assert re.search(r"3a/concat 28×14×14 → 3b/1x1 ", view.canvas.accessibleDescription())


def test_pre_activation_layers_begin_lines_of_a_long_network():
    nodes = [conv("first", 8, 3)]
    for number in range(30):
        nodes += dense_layer(f"d{number}", nodes[-1].name)
    project = Project(NoiseInput((3, 32, 32)), (Design("dense", Network(tuple(nodes))),))
    (lines,) = scene_of(state_of(project, run=False), (1600, 1000)).line_breaks.lines
    assert len(lines) > 4


def dense_layer(name, source):
    relu = Node(f"{name}_relu", Activation("relu"), (source,))
    return [relu, conv(f"{name}_conv", 4, 3), Node(f"{name}_cat", Concat(), (source, f"{name}_conv"))]
