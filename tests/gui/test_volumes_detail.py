"""Level of detail: small boxes of the window are flat, marked ones and those in files are not."""

from typing import Literal

import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from engine.layers import Activation, Conv2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.project import Design, Project
from engine.run.check import check
from gui.paint.basics import colours
from gui.paint.basics.volume_numbers import numbers_of
from gui.paint.volumes import drawing, faces
from gui.paint.volumes.flat_colours import PLAIN
from gui.paint.volumes.layout import lay_out_volumes
from gui.paint.volumes.scene_index import index_of
from gui.paint.volumes.visible_parts import find_visible_parts
from gui.state.focus import Focus
from gui.state.look import Look
from gui.state.run_view import RunView
from gui.state.view_state import ViewState
from gui.state.volume_at import VolumeResult
from gui.theme import THEMES

SIZE = (884, 553)
SMALL = 20.0
"""More than the boxes of 1,000 layers have."""


def chain(length: int, theme: Literal["light", "dark"] = "light", focus: str = "c0") -> ViewState:
    """A chain of convolutions and activations with values everywhere."""
    nodes = [Node(f"c{at}", (Conv2d(8, 3), Activation("relu"))[at % 2]) for at in range(length)]
    project = Project(NoiseInput((8, 9, 9)), (Design("d", Network(tuple(nodes))),))
    project_check = check(project)
    rng = np.random.default_rng(1)
    results = {
        ref: VolumeResult(key, rng.standard_normal((8, 9, 9), dtype=np.float32))
        for ref, key in project_check.keys.items()
    }
    return ViewState(project, project_check, RunView(results), Focus("d", focus), Look(theme=theme))


def parts_of(state: ViewState, smallest_box: float):
    scene = lay_out_volumes(state, *SIZE).scene
    return find_visible_parts(state, scene, None, flat_size=smallest_box / scene.shrink)


def test_small_boxes_are_flat_unless_they_are_selected_or_unknown():
    state = chain(1000, focus="c500")
    parts = parts_of(state, SMALL)
    assert {box.ref for box, _ in parts.boxes} == {("d", "c500")}
    assert len(parts.flat_boxes) == 1001 - len(parts.boxes)
    assert all(colour != PLAIN and colour & 1 for colour in parts.flat_colours.tolist())


@pytest.mark.parametrize(
    ("query", "focus", "colour"), [("c77", Focus(), "warning"), ("", Focus("d", "c500"), "accent")]
)
def test_small_boxes_that_are_found_or_selected_have_a_mark_that_covers_pixels(query, focus, colour):
    plain = replace(chain(1000), focus=Focus())
    states = [plain, replace(plain, query=query, focus=focus)]
    scene = lay_out_volumes(states[0], *SIZE).scene
    mark = QColor(getattr(THEMES["light"], colour)).rgb()
    counts = []
    for state in states:
        image = QImage(*SIZE, QImage.Format.Format_RGB32)
        image.fill(QColor(THEMES["light"].base))
        painter = QPainter(image)
        drawing.draw_scene(painter, state, THEMES["light"], scene, 6.0, SIZE[0], smallest_box=SMALL)
        painter.end()
        counts.append(int(np.count_nonzero(np.frombuffer(image.constBits(), np.uint32) == mark)))
    assert counts[1] > counts[0] + 2


def test_boxes_are_not_flat_in_a_short_network_and_in_files():
    assert not parts_of(chain(10), SMALL).has_flat_boxes
    assert not parts_of(chain(1000), 0.0).has_flat_boxes


def painted(state: ViewState, smallest_box: float) -> QImage:
    image = QImage(*SIZE, QImage.Format.Format_RGB32)
    theme = THEMES[state.look.theme]
    image.fill(QColor(theme.base))
    painter = QPainter(image)
    laid_out = lay_out_volumes(state, *SIZE)
    drawing.draw_volumes(painter, QRectF(0, 0, *SIZE), state, theme, laid_out, 6.0, smallest_box=smallest_box)
    painter.end()
    return image


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_flat_box_has_one_colour_where_it_was(theme):
    state = chain(1000, theme)
    image, scene = painted(state, SMALL), lay_out_volumes(state, *SIZE).scene
    for box in scene.boxes[10:1000:90]:
        volume = state.volume_at(box.ref).volume
        expected = faces.flat_colour_of("viridis", zero_centred=False)(volume)
        left, top, right, bottom = (edge * scene.shrink for edge in box.bounds)
        assert image.pixelColor(int((left + right) / 2), int((top + bottom) / 2)).rgb() == expected


def test_the_picture_is_the_same_where_texts_can_be_read():
    state = chain(10)
    assert painted(state, SMALL) == painted(state, 0.0)


@pytest.mark.parametrize("zero_centred", [False, True])
def test_the_mean_colour_is_that_of_the_mean_within_the_range_of_the_values(zero_centred):
    values = np.random.default_rng(5).standard_normal(2000)
    low, high = colours.value_range(values, zero_centred=zero_centred)
    expected = colours.value_colours(np.array([[values.mean()]]), low, high, "gray")[0, 0]
    (found,) = colours.mean_colours(values[np.newaxis], "gray", zero_centred=zero_centred)
    assert abs(QColor.fromRgb(int(found)).red() - QColor.fromRgb(int(expected)).red()) <= 1


def test_the_mean_colour_of_equal_values_is_the_lowest_and_of_no_number_the_mark():
    samples = np.array([[2.0, 2.0], [1.0, np.nan], [1.0, np.inf], [-np.inf, 1.0]])
    marked = colours.value_colours(np.array([[np.nan]]), 0.0, 1.0, "gray")[0, 0]
    found = colours.mean_colours(samples, "gray", zero_centred=False)
    assert found.tolist() == [QColor(0, 0, 0).rgb(), marked, marked, marked]


@pytest.mark.parametrize("zero_centred", [False, True])
def test_the_colours_of_many_boxes_are_those_of_each(zero_centred):
    rng = np.random.default_rng(5)
    shapes = [(64, 28, 28), (1, 1, 1), (7, 9, 13), (64, 28, 28), (1000, 1, 1)]
    volumes = [rng.standard_normal(shape).astype(np.float32) for shape in shapes] + [np.zeros((2, 3, 3), np.float32)]
    volumes[3][:, ::2] = np.nan
    colour_of = faces.flat_colour_of("viridis", zero_centred=zero_centred)
    expected = [colour_of(volume.copy()) for volume in volumes]
    faces.compute_flat_colours(volumes, "viridis", zero_centred=zero_centred)
    assert [colour_of(volume) for volume in volumes] == expected


@pytest.mark.parametrize(
    ("left", "top", "width", "height"), [(-90, -90, 50, 50), (200, 100, 300, 40), (0, 0, 2000, 2000)]
)
def test_parts_near_an_area_are_those_whose_rectangles_overlap_it(left, top, width, height):
    scene = lay_out_volumes(chain(300), *SIZE).scene
    near = index_of(scene).near((left, top, left + width, top + height))
    area = QRectF(left, top, width, height)

    def overlaps(points):
        across, down = zip(*points, strict=True)
        ends = (min(across), max(across), min(down), max(down))
        return not (ends[0] > area.right() or ends[1] < left or ends[2] > area.bottom() or ends[3] < top)

    assert near.boxes == [at for at, box in enumerate(scene.boxes) if overlaps([box.bounds[:2], box.bounds[2:]])]
    arrows = [at for at, arrow in enumerate(scene.arrows) if overlaps([(arrow.start, arrow.y), (arrow.end, arrow.y)])]
    assert near.arrows == arrows
    assert near.wires == [wire for wire in scene.wires if overlaps(wire)]


def test_a_number_of_a_volume_is_computed_once_and_not_for_the_next_volume_at_its_address():
    computed = []

    def first_value(volume):
        computed.append(volume[0, 0, 0])
        return int(volume[0, 0, 0])

    for value in (1, 2, 3):
        volume = np.full((1, 1, 1), value, np.float32)
        number_of = numbers_of(("first value",), first_value)
        assert number_of(volume) == number_of(volume) == value
        del volume
    assert computed == [1, 2, 3]
