"""Buttons for the valid values that a mistake offers."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtWidgets import QApplication, QPushButton, QScrollArea, QSizePolicy, QWidget

from engine.text.short_names import shorten_middle
from gui.widgets.flow import FlowLayout
from gui.widgets.plain_text import plain_label, plain_tip

_LONGEST = 36
"""Number of characters of the text of a button; the tool tip has all."""


class FixButtons(QWidget):
    """A button per fix, in as few rows as the width allows; hidden without fixes.

    They scroll into view if the setting that is edited has made the mistake.
    """

    chosen = Signal(int)
    """The index of a fix."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.buttons: list[QPushButton] = []
        self._texts: tuple[str, ...] = ()
        self._row = FlowLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(4)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.hide()

    def show_texts(self, texts: Sequence[str]) -> None:
        """Show a button for each of these fixes."""
        if tuple(texts) == self._texts:
            return
        self._texts = tuple(texts)
        for button in self.buttons:
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        self.buttons = [self._make_button(index, text) for index, text in enumerate(texts)]
        self.setVisible(bool(texts))
        self.updateGeometry()
        if texts:
            QTimer.singleShot(0, self, self._scroll_into_view)  # once they have a place

    def _scroll_into_view(self) -> None:
        """Scroll to the buttons as far as the control with the keyboard focus beside them stays visible."""
        area, focused = self.parentWidget(), QApplication.focusWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        if area is not None and focused is not None and area.isAncestorOf(focused):
            area.ensureWidgetVisible(self, 0, 4)
            area.ensureWidgetVisible(focused, 0, 0)

    def height_at(self, width: int) -> int:
        """Height of the rows of buttons in this width."""
        return self._row.heightForWidth(width)

    def sizeHint(self) -> QSize:
        return QSize(100, self.height_at(max(self.width(), 100)))

    def _make_button(self, index: int, text: str) -> QPushButton:
        short = shorten_middle(text, lambda shorter: len(shorter) <= _LONGEST)
        button = QPushButton(plain_label(short), self)
        button.setToolTip(plain_tip(f"Fix the mistake: {text[:1].lower()}{text[1:]}"))
        button.setAccessibleName(f"Fix: {text}")
        button.clicked.connect(lambda: self.chosen.emit(index))
        self._row.addWidget(button)
        return button
