"""The page that shows one panel or view in the whole window, with the way back."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget


class MaximisedPage(QWidget):
    """A title with a button, and the widget below."""

    left = Signal()
    """The button, or a double click on the title."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = QLabel(self)
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.back = QToolButton(self)
        self.back.setText("Back to all panels")
        self.back.setToolTip("Back to all panels (F11, or double-click the title)")
        self.back.clicked.connect(self.left)
        head = QHBoxLayout()
        head.setContentsMargins(6, 2, 6, 2)
        head.addWidget(self.title, 1)
        head.addWidget(self.back)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addLayout(head)

    def show_part(self, title: str, widget: QWidget) -> None:
        """Take a widget from where it is; one with tabs of its own needs no title."""
        self.title.setText(title)
        self._column.addWidget(widget, 1)
        widget.show()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.title.geometry().contains(event.position().toPoint()):
            self.left.emit()
        super().mouseDoubleClickEvent(event)
