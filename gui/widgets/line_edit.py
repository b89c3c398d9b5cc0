"""A line edit that leaves Undo and Redo to the project, and uses Escape only while its text is changed."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit

_KEYS = QKeySequence.StandardKey


def is_undo(event: QEvent) -> bool:
    """Whether an event offers a field Undo or Redo, which Qt's fields accept even with nothing to undo."""
    return (
        isinstance(event, QKeyEvent)
        and event.type() == QEvent.Type.ShortcutOverride
        and (event.matches(_KEYS.Undo) or event.matches(_KEYS.Redo))
    )


class LineEdit(QLineEdit):
    """Accepts Escape while its text is modified; accepts Undo only while the text is a draft."""

    drafts = True
    """Whether a text is a draft until it is committed, e.g. by Enter; otherwise each letter edits the project."""

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
