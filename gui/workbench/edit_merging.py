"""Decides which edits merge into one undo step: those of a drag, or of a number while it is typed."""

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

_PAUSE_MS = 700


class EditMerging(QObject):
    """Edits merge until the keyboard focus moves, or until a pause without a mouse button down."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._number = 0
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._on_pause_timeout)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self.end_merging)

    def merge_key(self, merge: str) -> str:
        """The merge key of an edit made now; "" stays "", which merges with none."""
        self._pause.start()
        return f"{merge}#{self._number}" if merge else ""

    def end_merging(self) -> None:
        """Start a new undo step with the next edit."""
        self._number += 1

    def _on_pause_timeout(self) -> None:
        if QGuiApplication.mouseButtons().value:
            self._pause.start()
        else:
            self.end_merging()
