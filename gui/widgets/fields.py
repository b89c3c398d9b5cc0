"""Rows of a form: a title, a control and, below it, its mistake with valid values."""

from collections.abc import Iterable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from gui.widgets.fix_buttons import FixButtons
from gui.widgets.texts import make_error_note, show_note

_GAP = 8
"""Pixels between the longest title and the controls."""
_NARROWER, _WIDER = 4, 6
"""How much narrower and wider than a line of text is high what is behind a title can be."""


class Field:
    """One row: its title, its widget, its mistake and the buttons of valid values."""

    def __init__(self, title: QLabel, widget: QWidget, grid: QGridLayout) -> None:
        self.title, self.widget, self.error, self.fixes = title, widget, make_error_note(), FixButtons()
        self._grid, self._row = grid, grid.rowCount()
        self._aside: QWidget | None = None

    def show_aside(self, widget: QWidget) -> None:
        """Put a small widget behind the title, where most titles leave room: a control needs all its width."""
        self._aside = widget
        room = self._grid.columnMinimumWidth(0) - self.title.sizeHint().width()
        line = widget.fontMetrics().height()
        widget.setFixedWidth(max(line - _NARROWER, min(room, line + _WIDER)))
        self._grid.addWidget(widget, self._row, 0, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight)

    def show_error(self, text: str, fixes: Sequence[str] = ()) -> None:
        show_note(self.error, text)
        self.fixes.show_texts(fixes)

    def set_tip(self, text: str) -> None:
        for part in (self.title, self.widget):
            part.setToolTip(text)

    def set_visible(self, visible: bool) -> None:
        self.title.setVisible(visible)
        self.widget.setVisible(visible)
        if self._aside is not None:
            self._aside.setVisible(visible)
        if not visible:
            self.show_error("")


class FieldGrid(QWidget):
    """Rows of a form; the titles' column is as wide as the longest of `titles`, so that several grids align."""

    def __init__(self, titles: Iterable[str] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(0)
        self._grid.setVerticalSpacing(5)
        self._grid.setColumnStretch(1, 1)
        longest = max((self.fontMetrics().horizontalAdvance(title) for title in titles), default=0)
        self._grid.setColumnMinimumWidth(0, longest + _GAP)

    def add(self, title: str, widget: QWidget, *, wide: bool = False) -> Field:
        """Add a row; a `wide` widget is below its title and has the whole width."""
        label = QLabel(title)
        label.setBuddy(widget)
        label.setMinimumHeight(label.fontMetrics().height() + 8)
        row = self._grid.rowCount()
        field = Field(label, widget, self._grid)
        self._grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        if wide:
            self._grid.addWidget(widget, row + 1, 0, 1, 2)
        else:
            self._grid.addWidget(widget, row, 1)
        self._grid.addWidget(field.error, row + 2, 0, 1, 2)
        self._grid.addWidget(field.fixes, row + 3, 0, 1, 2)
        return field
