"""Which keys a field keeps from the window's commands while a person types in it."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit

_KEYS = QKeySequence.StandardKey


def is_undo(event: QEvent) -> bool:
    """Whether a field is asked if it keeps Undo or Redo, which Qt's fields do even with nothing to take back."""
    return (
        isinstance(event, QKeyEvent)
        and event.type() == QEvent.Type.ShortcutOverride
        and (event.matches(_KEYS.Undo) or event.matches(_KEYS.Redo))
    )


class LineEdit(QLineEdit):
    """A line that keeps Escape while its text is not yet taken, and leaves Undo to the project once it is."""

    drafts = True
    """Whether a text is taken later, at Enter for example; else each letter is an edit of the project at once."""

    def event(self, event: QEvent) -> bool:
        draft = self.drafts and self.isModified()
        if is_undo(event) and not draft:
            event.ignore()
            return True
        escape = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
        if escape and event.type() == QEvent.Type.ShortcutOverride and self.isModified():
            event.accept()
            return True
        return super().event(event)
