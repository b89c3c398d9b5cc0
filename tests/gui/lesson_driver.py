"""A person who takes a lesson with real widgets, by keyboard alone or by mouse alone."""

from collections.abc import Callable

from msgspec.structs import replace
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from gui.lessons.lesson import Change, InsertNode, SetSettings, Show
from gui.lessons.page import ChoicePage, NumberPage, TaskPage
from gui.views.bottleneck_layer import BottleneckLayerPage
from gui.widgets.choice_controls import ChoiceBox, ChoiceControl
from gui.widgets.control import Control
from gui.widgets.number_controls import IntegerBox
from gui.window.layer_chooser import LayerChooser
from gui.window.main_window import MainWindow
from tests.gui.user_input import select_option, turn_wheel
from tests.gui.window_input import activate

_NONE = Qt.KeyboardModifier.NoModifier
_LEFT = Qt.MouseButton.LeftButton
_MOST = 80
"""Keys or clicks after which a person gives up."""


class Person:
    """Goes through the steps of a lesson, and solves each of them."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window, self.qtbot = window, qtbot
        self.player, self.panel = window.lessons.player, window.lessons.panel
        activate(window, qtbot)

    def take(self) -> None:
        """Take the whole lesson from its first step to its end."""
        lesson = self.player.lesson
        assert lesson is not None
        for index, step in enumerate(lesson.steps):
            self.settle()
            assert self.player.index == index
            page = self.player.page.exercise
            if isinstance(page, TaskPage):
                assert not page.done, step.id
                for change in step.exercise.solution:
                    self.perform(change)
                self.wait_until_done(step.id)
            elif isinstance(page, NumberPage):
                self.predict()
            elif isinstance(page, ChoicePage):
                self.choose(step.exercise.right)
            self.go_on()
        self.settle()
        assert self.player.lesson is None
        assert not self.panel.isVisible()

    def settle(self) -> None:
        for _ in range(3):
            QApplication.processEvents()

    def wait_until_done(self, step: str) -> None:
        """The task may ask for values of a run, which the person starts by its key or button."""
        self.settle()
        if not self.player.page.exercise.done:
            self.run()
            self.qtbot.waitUntil(lambda: self.player.page.exercise.done, timeout=60_000)
        assert self.panel.task.heading.text().endswith("done"), step

    def predict(self) -> None:
        exercise = self.player.step.exercise
        self.qtbot.waitUntil(lambda: self._values.number(exercise.answer) is not None, timeout=60_000)
        number = self._values.number(exercise.answer)
        self.answer_number(repr(number))
        self.settle()
        page = self.player.page.exercise
        assert page.is_right
        assert "exactly right" in self.panel.number.reply.toPlainText()

    @property
    def _values(self):
        return self.player._values

    def choose(self, index: int) -> None:
        self.answer_choice(index)
        self.settle()
        assert self.player.page.exercise.is_right

    def perform(self, change: Change) -> None:
        match change:
            case SetSettings(set=settings):
                for name, value in settings.items():
                    self.set(self.window.form.visible_field(name).widget, value)
            case InsertNode():
                self.insert(change)
            case Show():
                self.show(change)
            case _:
                raise AssertionError(f"no person has learned to do {change}")

    def show(self, change: Show) -> None:
        views = self.window.views
        if change.camera:
            self.turn(change.camera)
        if change.metric:
            self.select(views["bars"].metric_choice, change.metric)
        if change.rule:
            self.count_by(change.rule)
        if change.map is not None or change.value is not None:
            self.go_to(change)
        if change.rank is not None:
            page = self.window.views["bottleneck"].layer
            self.qtbot.waitUntil(page.box.isEnabled, timeout=60_000)
            self.choose_rank(page, change.rank)

    def until(self, act: Callable[[], object], done: Callable[[], bool]) -> None:
        """Repeat an action until it has led to something."""
        for _ in range(_MOST):
            if done():
                return
            act()
            self.settle()
        raise AssertionError("the person gave up")

    @property
    def focus(self):
        return self.window.workbench.state.focus

    def _rule_row(self, rule: str) -> int:
        """Row of a rule in the view Counting."""
        conventions = self.window.views["counting"].model.conventions
        return next(row for row, convention in enumerate(conventions) if convention.id == rule)

    def _has_shown(self, change: Show) -> bool:
        focus = self.focus
        return change.map in (None, focus.channel) and change.value in (None, focus.pixel)


class KeyboardPerson(Person):
    """Has no mouse."""

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = _NONE) -> None:
        widget = QApplication.focusWidget()
        assert widget is not None
        self.qtbot.keyClick(widget, key, modifiers)

    def enter(self, part: QWidget) -> None:
        """Go to a part of the window with F6."""
        self.until(lambda: self.press(Qt.Key.Key_F6), lambda: _has_focus(part))

    def go_on(self) -> None:
        if self.player.page.is_last:
            self.enter(self.panel)
            self.until(lambda: self.press(Qt.Key.Key_Tab), self.panel.next.hasFocus)
            self.press(Qt.Key.Key_Return)
        else:
            self.press(Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)

    def run(self) -> None:
        self.press(Qt.Key.Key_F5)

    def answer_number(self, text: str) -> None:
        self.enter(self.panel)
        self.until(lambda: self.press(Qt.Key.Key_Tab), self.panel.number.field.hasFocus)
        self.qtbot.keyClicks(self.panel.number.field, text)
        self.press(Qt.Key.Key_Return)

    def answer_choice(self, index: int) -> None:
        self.enter(self.panel)
        buttons = [row.button for row in self.panel.choices.choices]
        self.until(lambda: self.press(Qt.Key.Key_Tab), lambda: any(button.hasFocus() for button in buttons))
        self.press(Qt.Key.Key_Space)
        self.until(lambda: self.press(Qt.Key.Key_Down), buttons[index].isChecked)
        self.press(Qt.Key.Key_Return)

    def set(self, control: Control, value: object) -> None:
        self.enter(self.window.form)
        self.until(lambda: self.press(Qt.Key.Key_Tab), lambda: _has_focus(control))
        if isinstance(value, int):
            self.press(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
            self.qtbot.keyClicks(QApplication.focusWidget(), str(value))
        else:
            select_option(self.qtbot, _choice_of(control), value)

    def insert(self, change: InsertNode) -> None:
        self.enter(self.window.designs)
        node = change.node.rpartition("/")[2]
        self.until(lambda: self.press(Qt.Key.Key_Down), lambda: self.focus.node == node)
        self.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        (chooser,) = self.window.findChildren(LayerChooser)
        self.qtbot.waitUntil(chooser.line.hasFocus)
        kernel, filters = change.layer.kernel, change.layer.filters
        self.qtbot.keyClicks(chooser.line, f"{kernel}x{kernel} {filters}")
        self.press(Qt.Key.Key_Return)
        self.qtbot.waitUntil(lambda: not self.window.findChildren(LayerChooser))
        activate(self.window, self.qtbot)

    def select(self, choice: ChoiceBox, value: object) -> None:
        select_option(self.qtbot, choice, value)

    def turn(self, camera: str) -> None:
        self.enter(self.window.views["volumes"])
        self.press({"Top": Qt.Key.Key_T, "Front": Qt.Key.Key_F, "3-D": Qt.Key.Key_3}[camera])

    def count_by(self, rule: str) -> None:
        table = self.window.views["counting"].table
        self.enter(self.window.views["counting"])
        self.until(lambda: self.press(Qt.Key.Key_Tab), table.hasFocus)
        row = self._rule_row(rule)
        self.until(lambda: self.press(Qt.Key.Key_Down), lambda: table.currentIndex().row() == row)

    def choose_rank(self, page: BottleneckLayerPage, rank: int) -> None:
        self.enter(self.window.views["bottleneck"])
        self.until(lambda: self.press(Qt.Key.Key_Tab), page.box.hasFocus)
        self.press(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        self.qtbot.keyClicks(page.box, str(rank))

    def go_to(self, change: Show) -> None:
        view = "inspector" if self.window.docks.is_open("inspector") else "filters"
        canvas = self.window.views[view].canvas
        self.enter(self.window.views[view])
        self.until(lambda: self.press(Qt.Key.Key_Tab), canvas.hasFocus)
        key = Qt.Key.Key_PageDown if change.value is None else Qt.Key.Key_Right
        self.until(lambda: self.press(key), lambda: self._has_shown(change))


class MousePerson(Person):
    """Has no keyboard, but for the number that is asked for."""

    def click(self, widget: QWidget, at: QPoint | None = None) -> None:
        assert widget.isVisible()
        assert widget.isEnabled()
        QTest.mouseClick(widget, _LEFT, _NONE, widget.rect().center() if at is None else at)

    def go_on(self) -> None:
        self.click(self.panel.next)

    def run(self) -> None:
        button = self.window.toolbar.widgetForAction(self.window.actions_by_id["run"])
        assert isinstance(button, QToolButton)
        self.click(button)

    def answer_number(self, text: str) -> None:
        self.click(self.panel.number.field)
        self.qtbot.keyClicks(self.panel.number.field, text)
        self.click(self.panel.number.answer_button)

    def answer_choice(self, index: int) -> None:
        row = self.panel.choices.choices[index]
        self.panel.area.ensureWidgetVisible(row)
        self.click(row, QPoint(60, 8))
        self.click(self.panel.choices.answer_button)

    def set(self, control: Control, value: object) -> None:
        if not isinstance(value, int):
            self.select(_choice_of(control), value)
            return
        box = next(box for box in control.findChildren(IntegerBox) if box.isVisible())
        self.window.docks.contents["layer"].ensureWidgetVisible(box)
        at = QPoint(box.width() - 6, 6 if value > box.value() else box.height() - 6)
        for _ in range(abs(value - box.value())):  # faster than the window paints
            self.click(box, at)
        assert box.value() == value
        self.settle()

    def insert(self, change: InsertNode) -> None:
        designs = self.window.designs
        design, _, node = change.node.rpartition("/")
        row = designs.tree.visualItemRect(designs.tree.item_at((design, node))).center()
        self.click(designs.tree.viewport(), row)
        self.pick(designs.after_menu, self.window.actions_by_id["add_conv2d"].text())
        self.settle()
        for name in ("filters", "kernel"):
            self.set(self.window.form.visible_field(name).widget, getattr(change.layer, name))

    def pick(self, menu: QMenu, text: str) -> None:
        """Choose an entry of a menu; without a display, it cannot be opened to be clicked."""
        next(action for action in menu.actions() if action.text() == text).trigger()

    def select(self, choice: ChoiceBox, value: object) -> None:
        """Turn the wheel over a list; without a display, it cannot be opened."""
        activate(self.window, self.qtbot)
        choice.setFocus(Qt.FocusReason.MouseFocusReason)
        values = [option for option, text in choice.options if text]
        by = values.index(choice.value()) - values.index(value)
        for _ in range(abs(by)):
            turn_wheel(choice, 1 if by > 0 else -1)
        assert choice.value() == value

    def turn(self, camera: str) -> None:
        self.click(self.window.views["volumes"].cameras[camera])

    def count_by(self, rule: str) -> None:
        table = self.window.views["counting"].table
        self.click(table.viewport(), table.visualRect(table.model().index(self._rule_row(rule), 0)).center())

    def choose_rank(self, page: BottleneckLayerPage, rank: int) -> None:
        """Click where the line of the rank would stand."""
        chart = page.chart
        middle = chart.height() / 2
        at = next(
            QPointF(x, middle)
            for x in range(chart.width())
            if chart.describe(QPointF(x, middle)).startswith(f"r {rank}:")
        )
        self.click(chart.viewport(), at.toPoint())

    def go_to(self, change: Show) -> None:
        if self.window.docks.is_open("inspector"):
            box = self.window.views["inspector"].fields["x"]
            up = QPoint(box.width() - 6, 6)
            self.until(lambda: self.click(box, up), lambda: self._has_shown(replace(change, map=None)))
            return
        canvas = self.window.views["filters"].canvas
        at = next(
            QPointF(x, y)
            for y in range(4, canvas.height(), 12)
            for x in range(4, canvas.width(), 12)
            if canvas.describe(QPointF(x, y)).find(f"map {change.map}") >= 0
            or canvas.describe(QPointF(x, y)).find(f"channel {change.map}") >= 0
        )
        self.click(canvas.viewport(), at.toPoint())


def _has_focus(part: QWidget) -> bool:
    focused = QApplication.focusWidget()
    return focused is not None and (focused is part or part.isAncestorOf(focused))


def _choice_of(control: Control) -> ChoiceBox:
    assert isinstance(control, ChoiceControl | Control)
    return next(box for box in control.findChildren(ChoiceBox) if box.isVisible())
