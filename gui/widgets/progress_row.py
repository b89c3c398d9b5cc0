"""Progress in place: what is being done, a bar, and a button that cancels it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

_BAR_WIDTH = 140


class ProgressRow(QWidget):
    """A label, a bar and Cancel side by side; visible while there is progress to show.

    Parameters
    ----------
    name
        Of the bar, for screen readers.
    """

    canceled = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label = QLabel(self)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.bar = make_progress_bar(name, self)
        self.cancel = QPushButton("Cancel", self)
        self.cancel.clicked.connect(self.canceled)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (self.label, self.bar, self.cancel):
            row.addWidget(widget)
        self.hide()

    def set_progress(self, text: str, done: int, total: int) -> None:
        """Set what is being done, and that `done` of `total` steps are done."""
        self.label.setText(text)
        show_steps(self.bar, done, total)


def make_progress_bar(name: str, parent: QWidget | None = None) -> QProgressBar:
    """Return a bar without text; `name` is for screen readers."""
    bar = QProgressBar(parent)
    bar.setFixedWidth(_BAR_WIDTH)
    bar.setTextVisible(False)
    bar.setAccessibleName(name)
    return bar


def show_steps(bar: QProgressBar, done: int, total: int) -> None:
    """Show that `done` of `total` steps are done; without a total, that it is not known how many there are.

    Qt's bar paints itself at once, and with it all that waits to be painted; here it waits like everything else.
    """
    if (bar.maximum(), bar.value()) != (total, done):
        bar.setUpdatesEnabled(False)
        bar.setRange(0, total)
        bar.setValue(done)
        bar.setUpdatesEnabled(True)
