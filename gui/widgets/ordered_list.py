"""A control for some of many values in an order: they are added, moved and removed."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, QKeyCombination, QSignalBlocker, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QToolButton,
    QVBoxLayout,
)

from gui.widgets.control import Control
from gui.widgets.glyphs import GlyphButton
from gui.widgets.plain_text import plain_label, plain_tip
from gui.widgets.tables import FittingDelegate

_MOVES = (("up", "Move up", "Alt+Up", -1), ("down", "Move down", "Alt+Down", 1))


class _Rows(QListWidget):
    """A list in which the keys of its actions act, even if the window has a command of the same keys."""

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._action_of(event):
            event.accept()
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        action = self._action_of(event)
        if action is None:
            super().keyPressEvent(event)
        else:
            action.trigger()

    def _action_of(self, event: QKeyEvent) -> QAction | None:
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        keys = QKeySequence(QKeyCombination(modifiers, Qt.Key(event.key())))
        return next((action for action in self.actions() if keys in action.shortcuts()), None)


class OrderedList(Control):
    """Values in an order, at least one; a value may occur several times, as a sum may receive a volume twice.

    Rows are moved by dragging, by keys or by buttons; Delete removes one, and the button below adds one.
    """

    rows = 8
    """Most rows that are visible without scrolling."""

    def __init__(self) -> None:
        super().__init__()
        self._options: tuple[tuple[str, str, bool], ...] = ()
        self._texts: dict[str, str] = {}
        self._value: tuple[str, ...] = ()
        self.list = _Rows(self)
        self.list.setUniformItemSizes(True)
        self.list.setItemDelegate(FittingDelegate(self.list))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.add_button = QToolButton(self)
        self.add_button.setText("Add")
        self.add_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.add_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu = QMenu(self.add_button)
        self.menu.setToolTipsVisible(True)
        self.add_button.setMenu(self.menu)
        self.actions_by_glyph: dict[str, QAction] = {}
        self.buttons: dict[str, GlyphButton] = {}
        line = QHBoxLayout()
        line.setSpacing(2)
        line.addWidget(self.add_button)
        line.addStretch(1)
        for glyph, text, keys, by in _MOVES:
            self._add_action(line, glyph, text, [keys], partial(self._move_current, by))
        self._add_action(line, "remove", "Remove", ["Del", "Backspace"], self._remove_current)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.list)
        column.addLayout(line)
        self.setFocusProxy(self.list)
        self.list.currentRowChanged.connect(lambda _: self._enable())
        self.list.model().rowsMoved.connect(self._on_rows_moved)

    def _add_action(self, line: QHBoxLayout, glyph: str, text: str, keys: list[str], run: Callable[[], None]) -> None:
        action = self.actions_by_glyph[glyph] = QAction(text, self)
        action.setShortcuts([QKeySequence(key) for key in keys])
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.setToolTip(f"{text} ({keys[0]})")
        action.triggered.connect(lambda _: run())
        self.list.addAction(action)
        button = self.buttons[glyph] = GlyphButton(glyph, action.toolTip(), self)
        button.setDefaultAction(action)
        line.addWidget(button)

    def set_options(self, options: Iterable[tuple[str, str, bool]]) -> None:
        """Set value, text and whether it can be added for each value."""
        options = tuple(options)
        self._texts = {value: text for value, text, _ in options}
        if options != self._options:
            self._options = options
            self.menu.clear()
            for value, text, possible in options:
                action = self.menu.addAction(plain_label(text))
                action.setEnabled(possible)
                action.setToolTip(plain_tip(text) if possible else "depends on this layer")
                action.triggered.connect(lambda _, value=value: self._set((*self._value, value), len(self._value)))
        self._show()

    def value(self) -> tuple[str, ...]:
        return self._value

    def show_value(self, value: Any, *, reset: bool = False) -> None:
        self._value = tuple(value)
        self._show()

    def set_title(self, title: str) -> None:
        self.list.setAccessibleName(title)
        self.add_button.setAccessibleName(f"Add to {title.lower()}")

    def _show(self) -> None:
        with QSignalBlocker(self.list):
            while self.list.count() > len(self._value):
                self.list.takeItem(self.list.count() - 1)
            while self.list.count() < len(self._value):
                self.list.addItem(QListWidgetItem())
            for row, value in enumerate(self._value):
                item = self.list.item(row)
                item.setText(f"{row + 1}. {self._texts.get(value, value)}")
                item.setToolTip(plain_tip(item.text()))
                item.setData(Qt.ItemDataRole.UserRole, value)
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsDropEnabled)
        height = self.list.sizeHintForRow(0) * min(max(len(self._value), 1), self.rows) + 2 * self.list.frameWidth()
        self.list.setFixedHeight(height)
        self._enable()

    def _enable(self) -> None:
        row, count = self.list.currentRow(), self.list.count()
        allowed = {"up": row > 0, "down": 0 <= row < count - 1, "remove": row >= 0 and count > 1}
        for glyph, action in self.actions_by_glyph.items():
            action.setEnabled(allowed[glyph])

    def _move_current(self, by: int) -> None:
        row, values = self.list.currentRow(), list(self._value)
        if 0 <= row < len(values) and 0 <= row + by < len(values):
            values.insert(row + by, values.pop(row))
            self._set(tuple(values), row + by)

    def _remove_current(self) -> None:
        row = self.list.currentRow()
        if row >= 0:
            self._set((*self._value[:row], *self._value[row + 1 :]), row)

    def _on_rows_moved(self) -> None:
        rows = (self.list.item(row) for row in range(self.list.count()))
        self._set(tuple(item.data(Qt.ItemDataRole.UserRole) for item in rows), self.list.currentRow())

    def _set(self, new: tuple[str, ...], row: int) -> None:
        """Take another value, with a row that is the current one then."""
        if not new or new == self._value:
            return
        self._value = new
        self._show()
        self.list.setCurrentRow(min(row, len(new) - 1))
        self.changed.emit(new)
