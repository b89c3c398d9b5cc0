"""Receptive fields of the selected value as small boxes in volumes before it, and keys that select another value."""

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.cost.receptive_fields import regions_read
from engine.layers import Activation, Concat, Conv2d, ConvTranspose2d
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import NoiseInput
from engine.network.node_ref import STEM
from engine.project.project import Design, Project
from gui.paint.volumes.kernel_boxes import find_kernel_boxes
from gui.paint.volumes.visible_parts import find_visible_parts
from gui.state.focus import Focus
from gui.views.volumes import VolumesView
from tests.gui.view_harness import ViewHarness
from tests.gui.volume_scenes import BLOCKS, TWO, box_of, picture, scene_of, state_of, svg

BRANCHES = Project(
    NoiseInput((6, 12, 12)),
    (
        Design(
            "d",
            Network(
                (
                    Node("first", Conv2d(4, 3)),
                    Node("narrow", Conv2d(2, 1), ("first",)),
                    Node("wide", Conv2d(3, 5), ("first",)),
                    Node("meet", Concat(), ("narrow", "wide")),
                    Node("relu", Activation("relu")),
                )
            ),
        ),
    ),
)


def kernel_boxes_on(state, name, design):
    """The kernel boxes on a volume, and the prism of the volume."""
    scene = scene_of(state)
    visible = find_visible_parts(state, scene, None)
    box = box_of(scene, name, design)
    return find_kernel_boxes(box, visible.focus, visible.regions.get(box.ref)), box.prism


def test_a_value_between_those_of_a_transposed_convolution_has_no_window():
    network = Network((Node("up", ConvTranspose2d(2, 2, 3)),))
    project = Project(NoiseInput((6, 5, 5)), (Design("d", network),))
    for pixel, count in (((3, 4), 1), ((3, 5), 0)):
        boxes, _ = kernel_boxes_on(state_of(project, focus=Focus("d", "up", 1, pixel)), INPUT, "d")
        assert len(boxes) == count


def test_every_volume_before_the_focused_value_has_its_receptive_field():
    state = state_of(BRANCHES, focus=Focus("d", "relu", 3, (6, 6)))
    for name, size in ((INPUT, 7), ("first", 5), ("wide", 1)):
        (kernel_box,), prism = kernel_boxes_on(state, name, "d")
        region = regions_read(state.check, ("d", "relu"), 3, 6, 6)["d", name]
        shape = state.check.reports["d", name].output_shape if name != INPUT else state.check.input_shape
        assert region.bottom - region.top == size
        low = (region.left / shape.width, region.top / shape.height, region.first / shape.channels)
        high = (region.right / shape.width, region.bottom / shape.height, region.last / shape.channels)
        assert kernel_box.role == "accent"
        assert [tuple(edge) for edge in kernel_box.box[2:]] == [
            pytest.approx(tuple(edge)) for edge in prism.inner_prism(low, high)[2:]
        ]
        assert kernel_box.box[:2] == pytest.approx(prism.inner_prism(low, high)[:2])


def test_a_branch_without_influence_on_the_value_has_no_receptive_field():
    state = state_of(BRANCHES, focus=Focus("d", "meet", 3, (6, 6)))
    assert ("d", "narrow") not in find_visible_parts(state, scene_of(state), None).regions


def test_the_kernel_that_computes_the_value_is_drawn_at_its_position():
    state = state_of(TWO, focus=Focus("bottleneck", "conv5x5", 4, (0, 27)))
    [kernel], prism = kernel_boxes_on(state, "reduce", "bottleneck")
    assert kernel.role == "design"
    whole = prism.inner_prism((25 / 28, 0, 0), (1, 3 / 28, 1))  # 5×5 without the part in the padding of the corner
    assert tuple(kernel.box[:2]) == pytest.approx(tuple(whole[:2]))
    [region], _ = kernel_boxes_on(state, INPUT, "bottleneck")
    assert region.role == "accent"


def test_other_designs_and_later_volumes_keep_their_kernels():
    state = state_of(TWO, focus=Focus("bottleneck", "reduce", 4, (0, 27)))
    assert {kernel_box.role for kernel_box in kernel_boxes_on(state, "reduce", "bottleneck")[0]} == {"design"}
    assert {kernel_box.role for kernel_box in kernel_boxes_on(state, INPUT, "naive")[0]} == {"design"}


@pytest.mark.parametrize("focus", [Focus("d", "relu"), Focus(STEM, INPUT, 0, (1, 1)), Focus("d", "relu", 99, (1, 1))])
def test_without_a_focused_value_there_are_no_receptive_fields(focus):
    state = state_of(BRANCHES, focus=focus)
    assert not find_visible_parts(state, scene_of(state), None).regions


def test_a_closed_block_has_the_receptive_field_in_its_output():
    state = state_of(BLOCKS, focus=Focus("blocks", "pool", 1, (3, 3)), blocks="closed")
    regions = find_visible_parts(state, scene_of(state), None).regions
    assert regions["blocks", "3b"] == (6, 6, 8, 8, 1, 2)
    assert [kernel_box.role for kernel_box in kernel_boxes_on(state, "3a", "blocks")[0]] == ["accent"]


def test_receptive_fields_are_drawn_with_a_legend():
    before, after = (state_of(BRANCHES, focus=Focus("d", "relu", 3, pixel)) for pixel in (None, (6, 6)))
    assert picture(before) != picture(after)
    legend = "what the selected value sees"
    assert legend in svg(after)
    assert legend not in svg(before)


@pytest.fixture
def harness(qtbot):
    state = state_of(TWO, focus=Focus("naive", "conv5x5", 4, (3, 20)))
    harness = ViewHarness(qtbot, VolumesView, state, (900, 600))
    yield harness
    harness.view.close_down()


@pytest.mark.parametrize(
    ("key", "modifier", "spot"),
    [
        (Qt.Key.Key_PageUp, Qt.KeyboardModifier.NoModifier, (3, (3, 20))),
        (Qt.Key.Key_PageDown, Qt.KeyboardModifier.NoModifier, (5, (3, 20))),
        (Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier, (4, (3, 21))),
        (Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier, (4, (2, 20))),
    ],
)
def test_page_keys_select_filters_and_arrows_with_ctrl_positions(harness, key, modifier, spot):
    QTest.keyClick(harness.view.canvas, key, modifier)
    assert harness.focuses == [Focus("naive", "conv5x5", *spot)]


def test_arrow_keys_alone_select_volumes(harness):
    QTest.keyClick(harness.view.canvas, Qt.Key.Key_Left)
    assert harness.focuses == [Focus("naive", INPUT)]


def test_keys_do_nothing_at_a_volume_with_a_mistake(harness):
    mistaken = Project(NoiseInput((2, 3, 3)), (Design("d", Network((Node("n", Conv2d(1, 9, padding="valid")),))),))
    harness.show(replace(state_of(mistaken), focus=Focus("d", "n")))
    QTest.keyClick(harness.view.canvas, Qt.Key.Key_PageDown)
    assert not harness.focuses
