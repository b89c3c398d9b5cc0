"""A person at the keyboard of the window, and what they type for the Inception module 3a.

An action is a key or combination of keys that types no text; Enter counts.
"""

import re

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from engine.network.graph import Network
from engine.network.input_specs import NoiseInput
from engine.project.project import Design, Project
from gui.window.layer_chooser import LayerChooser
from gui.window.main_window import MainWindow
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
    def focus_widget(self) -> QWidget:
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
