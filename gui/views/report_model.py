"""The base of item models that show the rows and columns of a report."""

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QFont, QIcon

from gui.state.view_state import ViewState
from gui.theme import THEMES, Theme
from gui.widgets.glyphs import mistake_icon

Index = QModelIndex | QPersistentModelIndex
ROLE = Qt.ItemDataRole
NO_PARENT = QModelIndex()


class ReportModel(QAbstractTableModel):
    """Rows and columns of a state; subclasses say what a cell has under each role."""

    rows: tuple[Any, ...]
    columns: tuple[Any, ...]

    def __init__(self, state: ViewState) -> None:
        super().__init__()
        self._state = state
        self._mistake = self._mistake_icon()
        self._bold = QFont()
        self._bold.setBold(True)

    def _take_state(self, state: ViewState) -> bool:
        """Take over a state; returns whether its theme is another one."""
        restyled = self._state.look.theme != state.look.theme
        self._state = state
        if restyled:
            self._mistake = self._mistake_icon()
        return restyled

    @property
    def _theme(self) -> Theme:
        return THEMES[self._state.look.theme]

    def _mistake_icon(self) -> QIcon:
        return mistake_icon(QColor(self._theme.error), QColor(self._theme.base))

    def rowCount(self, parent: Index = NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = ROLE.DisplayRole) -> Any:
        return self._cell_data(index, role) if index.isValid() else None

    def _cell_data(self, index: Index, role: int) -> Any:
        """Return what a cell has under a role."""
        raise NotImplementedError  # each model has it; the metaclass of Qt rules out ABC
