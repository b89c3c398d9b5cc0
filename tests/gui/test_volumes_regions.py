"""Receptive fields of the selected value as small boxes in volumes before it, and keys that select another value."""

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.cost.receptive_fields import regions_read
from engine.layers import Activation, Concat, Conv2d
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import NoiseInput
from engine.network.node_ref import STEM
from engine.project.project import Design, Project
from gui.paint.volumes.kernel_boxes import find_kernel_boxes
from gui.paint.volumes.visible_parts import find_visible_parts
from gui.state.view_state import Focus
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


def standing(state, name, design):
    """The windows on a volume, with where each begins and ends as shares of width, height and depth."""
    scene = scene_of(state)
    shown = find_visible_parts(state, scene, None)
    box = box_of(scene, name, design)
    return find_kernel_boxes(box, shown.focus, shown.regions.get(box.ref)), box.prism


def shares(prism, low, high):
    return prism.inner_prism(low, high)


def test_every_volume_before_the_chosen_value_has_what_it_sees():
    state = state_of(BRANCHES, focus=Focus("d", "relu", 3, (6, 6)))
    for name, size in ((INPUT, 7), ("first", 5), ("wide", 1)):
        found, prism = standing(state, name, "d")
        region = regions_read(state.check, ("d", "relu"), 3, 6, 6)["d", name]
        shape = state.check.reports["d", name].output_shape if name != INPUT else state.check.input_shape
        assert region.bottom - region.top == size
        low = (region.left / shape.width, region.top / shape.height, region.first / shape.channels)
        high = (region.right / shape.width, region.bottom / shape.height, region.last / shape.channels)
        [window] = found
        assert window.role == "accent"
        assert [tuple(edge) for edge in window.box[2:]] == [
            pytest.approx(tuple(edge)) for edge in shares(prism, low, high)[2:]
        ]
        assert window.box[:2] == pytest.approx(shares(prism, low, high)[:2])


def test_a_branch_that_the_value_does_not_see_has_nothing_of_it():
    state = state_of(BRANCHES, focus=Focus("d", "meet", 3, (6, 6)))
    assert ("d", "narrow") not in find_visible_parts(state, scene_of(state), None).regions


def test_the_kernel_that_makes_the_value_stands_at_its_place():
    state = state_of(TWO, focus=Focus("bottleneck", "conv5x5", 4, (0, 27)))
    [kernel], prism = standing(state, "reduce", "bottleneck")
    assert kernel.role == "design"
    whole = prism.inner_prism((25 / 28, 0, 0), (1, 3 / 28, 1))  # 5×5, less what is in the padding of the corner
    assert tuple(kernel.box[:2]) == pytest.approx(tuple(whole[:2]))
    [region], _ = standing(state, INPUT, "bottleneck")
    assert region.role == "accent"


def test_other_designs_and_what_comes_later_keep_their_kernels():
    state = state_of(TWO, focus=Focus("bottleneck", "reduce", 4, (0, 27)))
    assert {window.role for window in standing(state, "reduce", "bottleneck")[0]} == {"design"}
    assert {window.role for window in standing(state, INPUT, "naive")[0]} == {"design"}


@pytest.mark.parametrize("focus", [Focus("d", "relu"), Focus(STEM, INPUT, 0, (1, 1)), Focus("d", "relu", 99, (1, 1))])
def test_without_a_value_nothing_is_seen(focus):
    state = state_of(BRANCHES, focus=focus)
    assert not find_visible_parts(state, scene_of(state), None).regions


def test_a_closed_block_has_what_is_seen_of_its_output():
    state = state_of(BLOCKS, focus=Focus("blocks", "pool", 1, (3, 3)), blocks="closed")
    shown = find_visible_parts(state, scene_of(state), None).regions
    assert shown["blocks", "3b"] == (6, 6, 8, 8, 1, 2)
    assert [window.role for window in standing(state, "3a", "blocks")[0]] == ["accent"]


def test_what_is_seen_is_drawn():
    before, after = (state_of(BRANCHES, focus=Focus("d", "relu", 3, pixel)) for pixel in (None, (6, 6)))
    assert picture(before) != picture(after)
    told = "what the selected value sees"
    assert told in svg(after)
    assert told not in svg(before)


@pytest.fixture
def answer(qtbot):
    state = state_of(TWO, focus=Focus("naive", "conv5x5", 4, (3, 20)))
    made = ViewHarness(qtbot, VolumesView, state, (900, 600))
    yield made
    made.view.close_down()


@pytest.mark.parametrize(
    ("key", "modifier", "chosen"),
    [
        (Qt.Key.Key_PageUp, Qt.KeyboardModifier.NoModifier, (3, (3, 20))),
        (Qt.Key.Key_PageDown, Qt.KeyboardModifier.NoModifier, (5, (3, 20))),
        (Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier, (4, (3, 21))),
        (Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier, (4, (2, 20))),
    ],
)
def test_page_keys_choose_filters_and_ctrl_with_arrows_positions(answer, key, modifier, chosen):
    QTest.keyClick(answer.view.canvas, key, modifier)
    assert answer.focuses == [Focus("naive", "conv5x5", *chosen)]


def test_arrows_by_themselves_choose_volumes(answer):
    QTest.keyClick(answer.view.canvas, Qt.Key.Key_Left)
    assert answer.focuses == [Focus("naive", INPUT)]


def test_a_key_without_a_known_volume_does_nothing(answer):
    broken = Project(NoiseInput((2, 3, 3)), (Design("d", Network((Node("n", Conv2d(1, 9, padding="valid")),))),))
    answer.show(replace(state_of(broken), focus=Focus("d", "n")))
    QTest.keyClick(answer.view.canvas, Qt.Key.Key_PageDown)
    assert not answer.focuses
