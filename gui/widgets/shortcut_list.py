"""The list of keyboard shortcuts: it narrows down as the user types, and can be copied."""

from collections.abc import Sequence

from msgspec import Struct
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLineEdit,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)


class Shortcut(Struct, frozen=True):
    """Keys, what they do, and where."""

    keys: str
    effect: str
    place: str


_MODES = QHeaderView.ResizeMode
_TITLES = "Keys", "Effect", "Where"


class ShortcutList(QDialog):
    """A table of shortcuts with a field to search it."""

    def __init__(self, shortcuts: Sequence[Shortcut], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shortcuts = shortcuts
        self.setWindowTitle("Keyboard shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.line = QLineEdit()
        self.line.setPlaceholderText("Search keys, effects and places")
        self.line.setAccessibleName("Search the shortcuts")
        self.line.setClearButtonEnabled(True)
        self.table = QTableWidget(len(shortcuts), len(_TITLES))
        self.table.setAccessibleName("Keyboard shortcuts")
        self.table.setHorizontalHeaderLabels(_TITLES)
        self.table.horizontalHeader().setHighlightSections(False)
        self.table.verticalHeader().hide()
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        for row, shortcut in enumerate(shortcuts):
            for column, text in enumerate((shortcut.keys, shortcut.effect, shortcut.place)):
                self.table.setItem(row, column, QTableWidgetItem(text))
        header = self.table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column, mode in enumerate((_MODES.ResizeToContents, _MODES.Stretch, _MODES.ResizeToContents)):
            header.setSectionResizeMode(column, mode)
        self.table.verticalHeader().setSectionResizeMode(_MODES.ResizeToContents)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.copy = buttons.addButton("Copy", QDialogButtonBox.ButtonRole.ActionRole)
        self.copy.setToolTip("Copy the visible shortcuts as text, with tabs between the columns")
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text()))
        buttons.rejected.connect(self.reject)
        column_box = QVBoxLayout(self)
        for widget in (self.line, self.table, buttons):
            column_box.addWidget(widget)
        self.line.textChanged.connect(self._on_line_text_changed)
        em = self.fontMetrics().height()
        self.resize(60 * em, 40 * em)

    def visible_shortcuts(self) -> list[Shortcut]:
        """The shortcuts that the search leaves."""
        return [shortcut for row, shortcut in enumerate(self._shortcuts) if not self.table.isRowHidden(row)]

    def text(self) -> str:
        """The visible shortcuts, one per line."""
        return "\n".join(f"{one.keys}\t{one.effect}\t{one.place}" for one in self.visible_shortcuts())

    def _on_line_text_changed(self, text: str) -> None:
        words = text.casefold().split()
        for row, shortcut in enumerate(self._shortcuts):
            searched = f"{shortcut.keys} {shortcut.effect} {shortcut.place}".casefold()
            self.table.setRowHidden(row, not all(word in searched for word in words))
