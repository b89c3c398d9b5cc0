"""What is readable in a crowded picture of volumes, and what a zoomed one shows of the selection."""

import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from engine.files.paths import RESOURCES
from engine.network.graph import Network
from engine.network.input_specs import NoiseInput
from engine.project.file import load_project
from engine.project.project import Design, Project
from gui.graphics.zoom import FIT
from gui.paint.volumes.arrows import head_sizes
from gui.paint.volumes.legend import arrow_widths
from gui.paint.volumes.readable_labels import TextZoom, readable_labels
from gui.paint.volumes.visible_parts import find_visible_parts
from gui.state.focus import Focus
from gui.views.volumes import VolumesView
from tests.gui.overlaps import rects_are_apart
from tests.gui.volume_scenes import box_of, conv, scene_of, state_of

pytestmark = pytest.mark.usefixtures("qapp")

_SIZE = (640, 380)


def state_of_long_network(count=80, *, last_group=0):
    nodes = tuple(
        replace(conv(f"conv{number}", 32, 3, padding=1), group="g" if count - number <= last_group else "")
        for number in range(count)
    )
    return state_of(Project(NoiseInput((3, 32, 32)), (Design("d", Network(nodes)),)), blocks="open", run=False)


@pytest.fixture
def canvas(qtbot):
    view = VolumesView(state_of_long_network())
    qtbot.addWidget(view)
    view.resize(*_SIZE)
    view.show()
    qtbot.waitExposed(view)
    return view.canvas


def select(canvas, state, name):
    focused = replace(state, focus=Focus("d", name))
    canvas.show_state(focused)
    return focused


def middle_of(canvas, name):
    scene = canvas.current_layout().scene
    box = box_of(scene, name)
    return canvas.widget_point(QPointF(box.x, box.y) * scene.shrink)


@pytest.mark.parametrize("name", ["unet", "googlenet"])
def test_in_a_crowded_picture_most_operators_or_their_beginnings_are_readable(name):
    state = state_of(load_project(RESOURCES / "projects" / f"{name}.toml").project, blocks="open", run=False)
    scene = scene_of(state, (733, 400))
    visible, right = find_visible_parts(state, scene, None), 733 / scene.shrink
    labels = [item.text for item in readable_labels(state, scene, visible, TextZoom(scene.shrink, 6.0, 1.0), right)]
    assert all(label.size * scene.shrink >= 6.0 for label in labels)
    operators = [label for label in labels if label.role in ("design", "pool")]
    assert len(operators) >= 0.8 * sum(arrow.role in ("design", "pool") for arrow in scene.arrows)


def test_zooming_to_a_block_of_several_lines_makes_its_beginning_readable(canvas):
    state = state_of_long_network(last_group=60)
    canvas.show_state(state)
    canvas.show_state(replace(state, focus=Focus("d", "g")))
    scene = canvas.current_layout().scene
    frames = [frame for frame in scene.frames if frame.ref == ("d", "g")]
    QTest.keyClick(canvas, Qt.Key.Key_Z)
    assert len(frames) > 1
    assert scene.line_breaks.text_sizes.small * scene.shrink * canvas.zoom_box.zoom.across > 7.0
    left, top, *_ = frames[0].rect
    assert canvas.rect().contains(canvas.widget_point(QPointF(left, top) * scene.shrink).toPoint())


def test_a_zoomed_picture_follows_the_selection_to_a_node_that_is_not_visible(canvas):
    state = canvas.state
    canvas.show_state(state)
    canvas.zoom_box.zoom_by(4.0, QPointF(0.0, 0.0))
    before = canvas.zoom_box.zoom
    select(canvas, state, "conv79")
    assert canvas.zoom_box.zoom.across == pytest.approx(4.0)
    assert canvas.rect().contains(middle_of(canvas, "conv79").toPoint())
    canvas.zoom_box.set_zoom(before)
    select(canvas, state, "conv1")
    assert canvas.zoom_box.zoom == before, "it is visible"
    canvas.fit()
    select(canvas, state, "conv79")
    assert canvas.zoom_box.zoom == FIT


@pytest.mark.parametrize(("size", "zoom"), [((420, 260), 1.0), ((900, 300), 1.0), ((640, 380), 9.0)])
def test_the_head_of_an_arrow_covers_no_operator(size, zoom):
    state = state_of_long_network(12)
    scene = scene_of(state, size)
    pixels = zoom * scene.shrink
    text_zoom = TextZoom(pixels, 6.0, max(1.0, pixels) ** 0.5)
    em, places = scene.line_breaks.text_sizes.em / text_zoom.text_fineness, scene.arrow_places
    heads = head_sizes(places.start, places.end, em * np.array(arrow_widths(state, scene)), em)
    items = readable_labels(state, scene, find_visible_parts(state, scene, None), text_zoom, size[0] / scene.shrink)
    operators = [item for item in items if item.text.role == "design"]
    for item in operators:
        x, y = item.anchor
        baseline = y + (item.text.y - y) / text_zoom.text_fineness
        half = item.text.width / 2 / text_zoom.text_fineness
        beside = (x + half > places.end - 1.5 * heads + 1e-6) & (x - half < places.end)
        assert not (beside & (places.y - heads < baseline - 1e-6) & (baseline < places.y)).any(), item.text
    assert len(operators) == 12


def test_an_enlarged_operator_covers_no_name_of_a_block():
    state = state_of(load_project(RESOURCES / "projects" / "inception_3a_256.toml").project, blocks="open", run=False)
    for size in ((728, 290), (700, 300), (800, 330)):
        scene = scene_of(state, size)
        visible, right = find_visible_parts(state, scene, None), size[0] / scene.shrink
        labels = [item.text for item in readable_labels(state, scene, visible, TextZoom(scene.shrink, 6.0, 1.0), right)]
        names = [label for label in labels if label.text == "inception_3a"]
        operators = [label for label in labels if label.role in ("design", "pool")]
        assert names
        assert all(rects_are_apart(name.rect, label.rect) for name in names for label in operators), size
