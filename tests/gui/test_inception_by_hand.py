"""The Inception module 3a is built from an empty design by a person at the window: at most 16 actions, 8 typed values.

An action is a click, or a key or combination of keys that types no text; Enter counts. A typed value is what is typed
for one layer; in the strict count, each number in it.
"""

import re

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.layers import Concat, Conv2d, MaxPool2d
from engine.network.graph import INPUT, Network
from engine.network.input_specs import NoiseInput
from engine.project.project import Design, Project
from engine.shapes import Shape
from gui.window.layer_chooser import LayerChooser
from gui.window.main_window import MainWindow
from tests.gui.test_edits import wires
from tests.gui.window_input import activate

EMPTY = Project(NoiseInput((192, 28, 28)), (Design("module", Network()),))
CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
AFTER, IN_PARALLEL = CTRL, ALT

SHORTEST = (
    (AFTER, "1x1 64"),
    (IN_PARALLEL, "1x1 96, 3x3 128"),
    (IN_PARALLEL, "1x1 16, 5x5 32"),
    (IN_PARALLEL, "max 3x3 s1, 1x1 32"),
    (AFTER, "concat"),
)
FEWEST_NUMBERS = (
    (AFTER, "pointwise 64"),
    (IN_PARALLEL, "pointwise 96, conv 128"),
    (IN_PARALLEL, "pointwise 16, 5x5 32"),
    (IN_PARALLEL, "max same, pointwise 32"),
    (AFTER, "concat"),
)


class Hand:
    """A person at the keyboard, who counts what they do."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window, self.qtbot = window, qtbot
        self.actions = 0
        self.texts: list[str] = []
        activate(window, qtbot)
        window.designs.tree.setFocus()

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        self.actions += 1
        self.qtbot.keyClick(self.focus_widget, key, modifier)

    def type(self, text: str) -> None:
        self.texts.append(text)
        self.qtbot.keyClicks(self.focus_widget, text)

    @property
    def focus_widget(self):
        widget = QApplication.focusWidget()
        assert widget is not None
        return widget

    def add(self, keys: Qt.KeyboardModifier, text: str) -> None:
        self.press(Qt.Key.Key_Return, keys)
        (chooser,) = self.window.findChildren(LayerChooser)
        self.qtbot.waitUntil(chooser.line.hasFocus)
        self.type(text)
        self.press(Qt.Key.Key_Return)
        self.qtbot.waitUntil(lambda: not self.window.findChildren(LayerChooser))
        activate(self.window, self.qtbot)  # as the window manager does
        assert self.window.designs.tree.hasFocus()

    @property
    def layers(self) -> list[str]:
        """What was typed, layer by layer."""
        return [layer for text in self.texts for layer in text.split(",")]

    @property
    def numbers(self) -> list[str]:
        """The values in it, a kernel as one."""
        return re.findall(r"\d+(?:x\d+)?", " ".join(self.texts))


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
