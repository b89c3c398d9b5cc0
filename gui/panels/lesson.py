"""The panel of a lesson: the text of a step, its exercise, and the way through the steps."""

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QFont, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from gui.lessons.page import ChoicePage, LessonPage, NumberPage, TaskPage
from gui.panels.lesson_exercises import ChoicesBox, ExerciseBox, NumberBox, TaskBox, make_button
from gui.widgets.markdown_text import MarkdownText
from gui.widgets.progress_row import show_steps

_WIDTH = 23
"""Width of the panel in lines of text, about 340 pixels with a usual font."""
_TITLE_SIZE, _TEXT_SIZE = 1.3, 1.1
_Roles = QPalette.ColorRole


class LessonPanel(QWidget):
    """Shows a page, and reports what the person answers and where they want to go."""

    back_requested = Signal()
    next_requested = Signal()
    """The next step; after the last one, the end of the lesson."""
    restore_requested = Signal()
    solution_requested = Signal()
    guessed = Signal(float)
    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Lesson")
        self.page: LessonPage | None = None
        """What is shown."""
        self.progress_text, self.progress = QLabel(), QProgressBar()
        self.title = QLabel()
        self.text = MarkdownText("Text of the step")
        self.task, self.number, self.choices = TaskBox(), NumberBox(), ChoicesBox()
        self._exercises: dict[type, ExerciseBox] = {
            TaskPage: self.task,
            NumberPage: self.number,
            ChoicePage: self.choices,
        }
        self.back = make_button("Back", "The step before (Alt+Left)")
        self.next = make_button("Next", "The next step (Alt+Right)")
        self.restore = make_button("Back to the lesson", "Show the window as it was at the beginning of this step")
        self.area = QScrollArea()
        self._compose()
        self._connect()
        self._fit_fonts()

    def _compose(self) -> None:
        for label in (self.progress_text, self.title):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setWordWrap(True)
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName("Progress of the lesson")
        head = QHBoxLayout()
        head.addWidget(self.progress_text)
        head.addWidget(self.progress, 1)
        content = QWidget()
        inner = QVBoxLayout(content)
        inner.setContentsMargins(0, 0, 6, 0)
        inner.setSpacing(12)
        inner.addWidget(self.text)
        for box in self._exercises.values():
            inner.addWidget(box)
        inner.addStretch(1)
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setWidget(content)
        ways = QHBoxLayout()
        ways.addWidget(self.back, 1)
        ways.addWidget(self.next, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 8, 12)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self.title)
        column.addWidget(self.area, 1)
        column.addWidget(self.restore)
        column.addLayout(ways)

    def _connect(self) -> None:
        self.back.clicked.connect(self.back_requested)
        self.next.clicked.connect(self.next_requested)
        self.restore.clicked.connect(self.restore_requested)
        for box in self._exercises.values():
            box.solution_requested.connect(self.solution_requested)
            box.hint_button.toggled.connect(self._on_hint_toggled)
        self.number.guessed.connect(self.guessed)
        self.choices.chosen.connect(self.chosen)

    # What it shows

    def show_page(self, page: LessonPage) -> None:
        """Show a page; another step begins at its top, and is announced."""
        before, self.page = self.page, page
        is_other = before is None or (before.lesson, before.step) != (page.lesson, page.step)
        had_focus = self.isAncestorOf(focused) if (focused := QApplication.focusWidget()) is not None else False
        self.progress_text.setText(f"{page.step + 1} of {page.steps}")
        show_steps(self.progress, page.step + 1, page.steps)
        self.title.setText(page.title)
        self.text.show_markdown(page.text)
        self._show_exercise(page, reset=is_other)
        self.back.setEnabled(page.step > 0)
        self.next.setText("Finish" if page.is_last else "Next")
        self.restore.setEnabled(page.differs)
        self._paint_next()
        is_answered = before is not None and _is_over(page) and not _is_over(before)
        if is_other:
            self.area.verticalScrollBar().setValue(0)
            self._announce(self._words())
        elif before is not None and before.exercise != page.exercise:
            if words := _news(before, page):
                self._announce(words)
            QTimer.singleShot(0, self, self._show_reply_after_layout)
        if is_other or (had_focus and (is_answered or not self._keeps_focus(focused))):
            self.begin()

    def _show_reply_after_layout(self) -> None:
        """Wait once more: a scroll bar that has just appeared narrows the texts, which makes them longer."""
        QTimer.singleShot(0, self, self._show_reply)

    def _show_reply(self) -> None:
        """Scroll to what is said to an answer, and then to its beginning if it is longer than the panel."""
        box = self.box
        if box is not None and box.reply.isVisible():
            self.area.ensureWidgetVisible(box.reply, 0, 12)

    def _keeps_focus(self, widget: QWidget | None) -> bool:
        return widget is not None and widget.isVisible() and widget.isEnabled()

    def _show_exercise(self, page: LessonPage, *, reset: bool) -> None:
        for kind, box in self._exercises.items():
            box.setVisible(isinstance(page.exercise, kind))
        match page.exercise:
            case TaskPage():
                self.task.show_page(page.exercise, reset=reset)
            case NumberPage():
                self.number.show_page(page.exercise, reset=reset)
            case ChoicePage():
                self.choices.show_page(page.exercise, reset=reset)

    @property
    def box(self) -> ExerciseBox | None:
        """The exercise that is shown; None if the step has none."""
        return None if self.page is None else self._exercises.get(type(self.page.exercise))

    def begin(self) -> None:
        """Put the keyboard where the step goes on: on its question, or else on the way to the next one."""
        target = None if self.box is None else self.box.entry
        (target or self.next).setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_hint_toggled(self, is_open: bool) -> None:
        box = self.box
        if is_open and box is not None:
            self._announce(f"Hint: {box.hint.toPlainText()}")

    # Screen readers

    def _words(self) -> str:
        """All that is read out as a step begins."""
        parts = [f"Step {self.progress_text.text()}: {self.title.text()}", self.text.toPlainText()]
        if self.box is not None:
            parts.append(f"{self.box.heading.text()}: {self.box.text.toPlainText()}")
        return "\n".join(parts)

    def _announce(self, words: str) -> None:
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, words))

    # Looks

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "area"):
            self._fit_fonts()
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "area"):
            self._paint_next()

    def _fit_fonts(self) -> None:
        content = self.area.widget()
        if content is not None:
            content.setFont(_scaled(self.font(), _TEXT_SIZE))
        title = _scaled(self.font(), _TITLE_SIZE)
        title.setBold(True)
        self.title.setFont(title)
        line = self.fontMetrics().height()
        self.progress.setFixedHeight(max(6, line // 2))
        self.setMinimumWidth(_WIDTH * line * 4 // 5)

    @property
    def preferred_width(self) -> int:
        return _WIDTH * self.fontMetrics().height()

    def _paint_next(self) -> None:
        """Colour the way on once nothing is left to do here."""
        is_over = self.page is None or _is_over(self.page)
        palette = QPalette() if not is_over else _accented(self.palette())
        if self.next.palette().color(_Roles.Button) != palette.color(_Roles.Button):
            self.next.setPalette(palette)


def _is_over(page: LessonPage) -> bool:
    """Whether nothing is left to do in a step."""
    match page.exercise:
        case TaskPage(done=done):
            return done
        case NumberPage(answer=answer):
            return bool(answer)
        case ChoicePage(is_right=is_right):
            return is_right
    return True


def _scaled(font: QFont, scale: float) -> QFont:
    result = QFont(font)
    if font.pixelSize() > 0:
        result.setPixelSize(round(scale * font.pixelSize()))
    else:
        result.setPointSizeF(scale * font.pointSizeF())
    return result


def _accented(palette: QPalette) -> QPalette:
    result = QPalette(palette)
    result.setColor(_Roles.Button, palette.color(_Roles.Highlight))
    result.setColor(_Roles.ButtonText, palette.color(_Roles.HighlightedText))
    return result


def _news(before: LessonPage, page: LessonPage) -> str:
    """What a person should hear of that has changed within a step; "" for nothing."""
    match before.exercise, page.exercise:
        case TaskPage(done=False), TaskPage(done=True, praise=praise):
            return f"Done. {praise}"
        case TaskPage(done=True), TaskPage(done=False):
            return "The task is to do again"
        case NumberPage(answer=""), NumberPage(verdict=verdict, explanation=explanation) if verdict:
            return f"{verdict} {explanation}"
        case ChoicePage(reply=old), ChoicePage(reply=new, is_right=right) if old != new:
            return f"{'Right' if right else 'Not quite'}. {new}"
    return ""
