"""The Inception module 3a is built from an empty design by a person at the window: at most 16 actions, 8 typed values.

A typed value is what is typed for one layer; in the strict count, each number in it.
"""

import pytest
from pytestqt.qtbot import QtBot

from engine.layers import Concat, Conv2d, MaxPool2d
from engine.network.graph import INPUT
from engine.shapes import Shape
from tests.gui.hand import AFTER, EMPTY, IN_PARALLEL, SHORTEST, Hand
from tests.gui.test_edits import wires

FEWEST_NUMBERS = (
    (AFTER, "pointwise 64"),
    (IN_PARALLEL, "pointwise 96, conv 128"),
    (IN_PARALLEL, "pointwise 16, 5x5 32"),
    (IN_PARALLEL, "max same, pointwise 32"),
    (AFTER, "concat"),
)


@pytest.mark.parametrize("steps", [SHORTEST, FEWEST_NUMBERS], ids=["shortest", "fewest numbers"])
def test_the_inception_module_takes_at_most_16_actions_and_8_typed_values_in_one_undo_step_each(
    open_window, qtbot: QtBot, steps
):
    hand = Hand(open_window(EMPTY), qtbot)
    for keys, text in steps:
        hand.add(keys, text)
    state = hand.window.workbench.state
    network = state.project.network("module")
    assert wires(network) == {
        "conv1x1": (INPUT,),
        "conv1x1_2": (INPUT,),
        "conv3x3": ("conv1x1_2",),
        "conv1x1_3": (INPUT,),
        "conv5x5": ("conv1x1_3",),
        "max_pool3x3": (INPUT,),
        "conv1x1_4": ("max_pool3x3",),
        "concat": ("conv1x1", "conv3x3", "conv5x5", "conv1x1_4"),
    }
    assert [node.layer for node in network.nodes] == [
        Conv2d(64, 1),
        Conv2d(96, 1),
        Conv2d(128, 3),
        Conv2d(16, 1),
        Conv2d(32, 5),
        MaxPool2d(3, 1, "same"),
        Conv2d(32, 1),
        Concat(),
    ]
    assert state.problems == ()
    assert state.volume_at(("module", "concat")).shape == Shape(256, 28, 28)
    assert state.analysis("module").macs == 128_049_152  # as in the bundled module, whose ReLUs have none
    assert hand.actions <= 16, hand.actions
    assert len(hand.layers) <= 8, hand.layers
    if steps is FEWEST_NUMBERS:
        assert len(hand.numbers) <= 8, hand.numbers
    stack = hand.window.workbench.document.undo_stack
    assert stack.count() == len(steps)
    stack.setIndex(0)
    assert hand.window.workbench.state.project == EMPTY
