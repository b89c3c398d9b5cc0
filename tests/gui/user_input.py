"""Input to widgets as by a user: turning the wheel, and selecting an option with the keyboard."""

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from gui.widgets.choice_controls import ChoiceBox


def turn_wheel(widget: QWidget, steps: int = 1, at: QPoint | None = None) -> None:
    """Turn the wheel by notches, away from the user, over a point: the middle by default."""
    point = widget.rect().center() if at is None else at
    event = QWheelEvent(
        QPointF(point),
        QPointF(widget.mapToGlobal(point)),
        QPoint(),
        QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def move_mouse(
    widget: QWidget,
    at: QPoint,
    button: Qt.MouseButton = Qt.MouseButton.NoButton,
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    """Move the mouse to a point of a widget, with a button and modifiers held down or none."""
    none, position = Qt.MouseButton.NoButton, QPointF(at)
    event = QMouseEvent(QEvent.Type.MouseMove, position, widget.mapToGlobal(position), none, button, modifiers)
    QApplication.sendEvent(widget, event)


def select_option(qtbot: QtBot, choice: ChoiceBox, value: object) -> None:
    """Select an option with the keyboard, as a user does."""
    index = [option for option, text in choice.options if text].index(value)
    choice.setFocus()
    qtbot.keyClick(choice, Qt.Key.Key_Home)
    for _ in range(index):
        qtbot.keyClick(choice, Qt.Key.Key_Down)
    assert choice.value() == value


def type_text(qtbot: QtBot, field: QLineEdit, text: str) -> None:
    """Replace the text of a field by typing."""
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)
