"""Texts in forms: notes, mistakes, elided lines, and fields for names that are checked as they are typed."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPalette, QValidator
from PySide6.QtWidgets import QLabel, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from engine.text.short_names import shorten_middle, shorten_names, shorten_sentence
from gui.widgets.line_edit import LineEdit
from gui.widgets.plain_text import plain_tip

_Refusal = Callable[[str], str]
"""Returns why a text is refused; "" if it is allowed."""


def make_note(text: str = "", *, role: QPalette.ColorRole = QPalette.ColorRole.PlaceholderText) -> QLabel:
    """Return a wrapped label, muted or in another colour of the palette, whose text can be selected."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setForegroundRole(role)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return label


def make_error_note(text: str = "") -> QLabel:
    """Return a note for a mistake, hidden if it is empty."""
    label = make_note(text, role=QPalette.ColorRole.BrightText)
    label.setVisible(bool(text))
    return label


def show_note(label: QLabel, text: str) -> None:
    """Set the text of a note; an empty note is hidden."""
    if label.text() != text:
        label.setText(text)
    label.setVisible(bool(text))


def shorten_long_names(names: Sequence[str], longest: int = 24) -> dict[str, str]:
    """Shorten names that are too long so that all still differ."""
    return shorten_names(names, lambda text: len(text) <= longest)


class ElidedLabel(QWidget):
    """A line elided in its middle, so that the end of a path stays visible; the tool tip has the full text.

    Parameters
    ----------
    whole_words
        Whether words, and so numbers, are left out whole as long as two of them fit.
    """

    def __init__(self, text: str = "", parent: QWidget | None = None, *, whole_words: bool = True) -> None:
        super().__init__(parent)
        self._shorten = shorten_sentence if whole_words else shorten_middle
        self._text = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.set_text(text)

    def text(self) -> str:
        return self._text

    def set_text(self, text: str) -> None:
        if text != self._text:
            self._text = text
            self.setToolTip(plain_tip(text))
            self.setAccessibleName(text)
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._text) + 2, metrics.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(30, self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        metrics, width = self.fontMetrics(), self.width()
        text = self._shorten(self._text, lambda shorter: metrics.horizontalAdvance(shorter) <= width)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), text)


class NameField(QWidget):
    """A line for a name. A refused name is never committed; the reason is shown below it."""

    committed = Signal(str)
    """A new, allowed name: at Enter, or when the line loses the focus."""

    def __init__(self, refusal: _Refusal, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._refusal = refusal
        self._name = ""
        self.edit = LineEdit(self)
        self.reason = make_error_note()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.edit)
        column.addWidget(self.reason)
        self.setFocusProxy(self.edit)
        self.edit.textEdited.connect(lambda text: show_note(self.reason, self._refusal(text)))
        self.edit.editingFinished.connect(self._on_editing_finished)

    def show_name(self, name: str, *, reset: bool = False) -> None:
        """Show a name. Text that is being typed stays, unless `reset` or the name has changed elsewhere."""
        if reset or name != self._name:
            self._name = name
            self.edit.setText(name)
            if not self.edit.hasFocus():
                self.edit.setCursorPosition(0)
            show_note(self.reason, "")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.edit.text() != self._name:
            self.show_name(self._name, reset=True)
        else:
            super().keyPressEvent(event)

    def _on_editing_finished(self) -> None:
        name = self.edit.text()
        if name == self._name:
            return
        if self._refusal(name):
            if not self.edit.hasFocus():
                self.show_name(self._name, reset=True)
            return
        self._name = name
        self.edit.setModified(False)
        self.committed.emit(name)


class NameEditor(QLineEdit):
    """An editor in a list or table that only accepts allowed names and shows why others are refused."""

    def __init__(self, refusal: _Refusal, parent: QWidget) -> None:
        super().__init__(parent)
        self._refusal = refusal
        self.setValidator(_NameValidator(refusal, self))
        self.setAutoFillBackground(True)
        self.reason = QLabel(parent)
        self.reason.setTextFormat(Qt.TextFormat.PlainText)
        self.reason.setAutoFillBackground(True)
        self.reason.setBackgroundRole(QPalette.ColorRole.Base)
        self.reason.setForegroundRole(QPalette.ColorRole.BrightText)
        self.reason.setMargin(3)
        self.reason.hide()
        self.textChanged.connect(self._show_reason)
        self.destroyed.connect(self.reason.deleteLater)

    def _show_reason(self, text: str) -> None:
        show_note(self.reason, self._refusal(text))
        self.reason.adjustSize()
        self.reason.move(self.x(), self.geometry().bottom() + 1)
        self.reason.raise_()


class _NameValidator(QValidator):
    def __init__(self, refusal: _Refusal, parent: QWidget) -> None:
        super().__init__(parent)
        self._refusal = refusal

    def validate(self, text: str, position: int) -> object:
        state = QValidator.State.Intermediate if self._refusal(text) else QValidator.State.Acceptable
        return state, text, position
