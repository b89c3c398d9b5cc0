"""Dialogs with a list that narrows down as the user types; one of them is the command palette."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QMenu, QVBoxLayout, QWidget

_Command = tuple[str, QAction]
"""The path of a command and its action: "Design › Duplicate design"."""


def list_commands(actions: Iterable[QAction], plain: Callable[[str], str], path: str = "") -> Iterator[_Command]:
    """Yield every enabled command in a menu and its submenus; `plain` removes the marks of underlined letters."""
    for action in actions:
        name, menu = f"{path}{plain(action.text())}", action.menu()
        if isinstance(menu, QMenu):
            yield from list_commands(menu.actions(), plain, f"{name} › ")
        elif action.isEnabled() and not action.isSeparator():
            yield name, action


class SearchDialog(QDialog):
    """A line to type in and a list below it: arrow keys select a row, Enter takes it."""

    def __init__(self, title: str, placeholder: str, rows: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(720, 420)  # of the titles of samples
        self.line = QLineEdit(self)
        self.line.setPlaceholderText(placeholder)
        self.line.setAccessibleName(title)
        self.list = QListWidget(self)
        self.list.setAccessibleName(rows)
        self.column = QVBoxLayout(self)
        self.column.addWidget(self.line)
        self.column.addWidget(self.list)
        self.line.textChanged.connect(self._on_line_text_changed)
        self.line.returnPressed.connect(self._run_selected)
        self.list.itemActivated.connect(self._run_selected)
        self.line.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if step is not None:
                self._move(step)
                return True
        return super().eventFilter(watched, event)

    def _move(self, step: int) -> None:
        rows = [row for row in range(self.list.count()) if not self.list.item(row).isHidden()]
        current = self.list.currentRow()
        if rows:
            at = rows.index(current) + step if current in rows else 0
            self.list.setCurrentRow(rows[at % len(rows)])

    def _on_line_text_changed(self, text: str) -> None:
        """Show what fits the text."""
        raise NotImplementedError

    def _run_selected(self) -> None:
        """Take the selected row, and close."""
        raise NotImplementedError


class CommandPalette(SearchDialog):
    """Typing filters the commands, arrow keys select one, Enter runs it."""

    def __init__(self, commands: Sequence[_Command], parent: QWidget | None = None) -> None:
        super().__init__("Find a command", "What do you want to do?", "Commands", parent)
        for name, action in commands:
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            item = QListWidgetItem(f"{name}    {keys}" if keys else name, self.list)
            item.setData(Qt.ItemDataRole.UserRole, action)
        self.list.setCurrentRow(0)

    def _on_line_text_changed(self, text: str) -> None:
        words = text.lower().split()
        first = -1
        for row in range(self.list.count()):
            item = self.list.item(row)
            hit = all(word in item.text().lower() for word in words)
            item.setHidden(not hit)
            first = row if hit and first < 0 else first
        self.list.setCurrentRow(first)

    def _run_selected(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            action: QAction = item.data(Qt.ItemDataRole.UserRole)
            self.accept()
            action.trigger()
