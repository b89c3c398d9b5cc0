"""The exercise of a step in the panel of a lesson: a task, a number to predict, or choices."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPalette
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from gui.lessons.guesses import parse_guess
from gui.lessons.page import ChoicePage, ExercisePage, NumberPage, TaskPage
from gui.widgets.flow import FlowLayout
from gui.widgets.line_edit import LineEdit
from gui.widgets.markdown_text import MarkdownText
from gui.widgets.texts import make_error_note, show_note

_Roles = QPalette.ColorRole


class ExerciseBox(QFrame):
    """What all exercises have: a heading with the state, the text, a hint, and the solution on request."""

    solution_requested = Signal()

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(_Roles.Base)
        self.heading = QLabel(title)
        font = self.heading.font()
        font.setBold(True)
        self.heading.setFont(font)
        self.heading.setWordWrap(True)
        self.heading.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.text = MarkdownText(title)
        self.hint, self.reply = MarkdownText("Hint"), MarkdownText("Reply")
        self.answer_button = make_button("Answer", "Compare with what is computed (Enter)")
        self.hint_button = make_button("Hint", "Show a hint")
        self.hint_button.setCheckable(True)
        self.solve_button = make_button("Show me", "See the solution done in the window")
        self.middle = QVBoxLayout()
        self.middle.setContentsMargins(0, 0, 0, 0)
        self.middle.setSpacing(4)
        self._compose()
        self.hint_button.toggled.connect(self._show_hint)
        self.solve_button.clicked.connect(self.solution_requested)

    def _compose(self) -> None:
        buttons = FlowLayout()
        buttons.setContentsMargins(0, 0, 0, 0)
        buttons.setSpacing(6)
        for button in (self.answer_button, self.hint_button, self.solve_button):
            buttons.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 10)
        column.setSpacing(6)
        column.addWidget(self.heading)
        column.addWidget(self.text)
        column.addLayout(self.middle)
        column.addWidget(self.hint)
        column.addWidget(self.reply)
        column.addLayout(buttons)

    @property
    def entry(self) -> QWidget | None:
        """What the keyboard goes to when the exercise begins; None if that is the window."""
        return None

    def _show(self, page: ExercisePage, state: str, reply: str, *, is_over: bool, reset: bool) -> None:
        self.heading.setText(f"{self._title} – {state}" if state else self._title)
        self.text.show_markdown(page.text)
        self.hint.show_markdown(page.hint)
        self.reply.show_markdown(reply)
        self.reply.setVisible(bool(reply))
        if reset or is_over:
            self.hint_button.setChecked(False)
        self.hint_button.setVisible(bool(page.hint) and not is_over)
        self.solve_button.setVisible(not is_over)
        self._show_hint()

    def _show_hint(self) -> None:
        self.hint.setVisible(self.hint_button.isChecked())


class TaskBox(ExerciseBox):
    """Something to do in the window."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Task", parent)
        self.answer_button.hide()

    def show_page(self, page: TaskPage, *, reset: bool) -> None:
        self._show(page, "✓ done" if page.done else "to do", page.praise if page.done else "",
                   is_over=page.done, reset=reset)  # fmt: skip


class NumberBox(ExerciseBox):
    """A number to predict: after the guess, the computed one stands beside it."""

    guessed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Predict", parent)
        self.solve_button.setToolTip("Show the computed number without a prediction")
        self.field = LineEdit()
        self.field.setAccessibleName("Your prediction")
        self.field.setPlaceholderText("such as 12 or 1.5 M")
        self.unit = QLabel()
        self.unit.setTextFormat(Qt.TextFormat.PlainText)
        self.error = make_error_note()
        self._row = QWidget()
        row = QHBoxLayout(self._row)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.field, 1)
        row.addWidget(self.unit)
        self.middle.addWidget(self._row)
        self.middle.addWidget(self.error)
        self.field.returnPressed.connect(self._answer)
        self.answer_button.clicked.connect(self._answer)

    @property
    def entry(self) -> QWidget | None:
        return self.field if self._row.isVisibleTo(self) else None

    def show_page(self, page: NumberPage, *, reset: bool) -> None:
        if reset:
            self.field.clear()
            show_note(self.error, "")
        is_over = bool(page.answer)
        self.field.setAccessibleDescription(page.unit)
        self.unit.setText(page.unit)
        self.unit.setVisible(bool(page.unit))
        self._row.setVisible(not is_over)
        self.answer_button.setVisible(not is_over)
        lines = (page.verdict, page.explanation)
        state = "" if not is_over or page.guess is None else "✓ right" if page.is_right else "see below"
        self._show(page, state, "\n\n".join(filter(None, lines)), is_over=is_over, reset=reset)

    def _answer(self) -> None:
        try:
            guess = parse_guess(self.field.text())
        except ValueError as error:
            show_note(self.error, str(error))
            self.field.setFocus()
            return
        show_note(self.error, "")
        self.guessed.emit(guess)


class ChoicesBox(ExerciseBox):
    """Answers to choose from, each with its reply."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Question", parent)
        self.solve_button.setToolTip("Show the right answer")
        self.choices: list[_ChoiceRow] = []
        self._group = QButtonGroup(self)
        self._group.idToggled.connect(self._on_toggled)
        self.answer_button.clicked.connect(self._answer)

    @property
    def entry(self) -> QWidget | None:
        usable = [row.button for row in self.choices if self.answer_button.isVisibleTo(self)]
        return next((button for button in usable if button.isChecked()), usable[0] if usable else None)

    def show_page(self, page: ChoicePage, *, reset: bool) -> None:
        if reset or [row.words for row in self.choices] != list(page.choices):
            self._make_choices(page.choices)
        is_over = bool(page.is_right)
        if page.chosen is not None:
            self.choices[page.chosen].button.setChecked(True)
        for row in self.choices:
            row.button.setEnabled(not is_over or row.button.isChecked())
        self.answer_button.setVisible(not is_over)
        self.answer_button.setEnabled(self._group.checkedId() >= 0)
        lines = (page.reply, page.explanation)
        state = "✓ right" if is_over else "" if page.chosen is None else "not quite: try again"
        self._show(page, state, "\n\n".join(filter(None, lines)), is_over=is_over, reset=reset)

    def _make_choices(self, texts: Sequence[str]) -> None:
        for row in self.choices:
            self._group.removeButton(row.button)
            row.hide()
            row.deleteLater()
        self.choices = [_ChoiceRow(text) for text in texts]
        for number, row in enumerate(self.choices):
            self._group.addButton(row.button, number)
            self.middle.addWidget(row)

    def _on_toggled(self) -> None:
        self.answer_button.setEnabled(self._group.checkedId() >= 0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter on a choice answers."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.answer_button.isVisible():
            self._answer()
        else:
            super().keyPressEvent(event)

    def _answer(self) -> None:
        if self._group.checkedId() >= 0:
            self.chosen.emit(self._group.checkedId())


class _ChoiceRow(QWidget):
    """A radio button whose text wraps, which Qt's does not."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words = text
        self.button = QRadioButton()
        self.label = MarkdownText("Choice")
        self.label.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.label.show_markdown(text)
        self.button.setAccessibleName(self.label.toPlainText())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.label, 1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.button.isEnabled():
            self.button.setChecked(True)
            self.button.setFocus(Qt.FocusReason.MouseFocusReason)


def make_button(text: str, tip: str) -> QPushButton:
    """A button that Enter presses as well, named with what it does."""
    button = QPushButton(text)
    button.setAutoDefault(True)
    button.setToolTip(tip)
    button.setAccessibleDescription(tip)
    return button
