"""Input to widgets as by a user: turning the wheel, and selecting an option with the keyboard."""

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from gui.widgets.choice_controls import ChoiceBox


def turn_wheel(widget: QWidget, steps: int = 1) -> None:
    middle = QPointF(widget.rect().center())
    event = QWheelEvent(
        middle,
        QPointF(widget.mapToGlobal(middle.toPoint())),
        QPoint(),
        QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def select_option(qtbot: QtBot, choice: ChoiceBox, value: object) -> None:
    """Select an option with the keyboard, as a user does."""
    index = [option for option, text in choice.options if text].index(value)
    choice.setFocus()
    qtbot.keyClick(choice, Qt.Key.Key_Home)
    for _ in range(index):
        qtbot.keyClick(choice, Qt.Key.Key_Down)
    assert choice.value() == value
