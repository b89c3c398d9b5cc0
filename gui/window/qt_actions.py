"""The QActions of all commands, which menus, toolbar, palette and panels share; they follow the state."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence, QUndoStack
from PySide6.QtWidgets import QWidget

from gui.state.view_state import ViewState
from gui.theme import Theme
from gui.widgets.icons import load_icon
from gui.window.actions import ACTIONS, Action
from gui.window.menus import connect_action, plain_text


class QtActions:
    """A QAction per command, by its id.

    Parameters
    ----------
    perform
        Does what a command says; it is called when the QAction is triggered.
    """

    def __init__(self, perform: Callable[[Action], object], parent: QWidget) -> None:
        self.by_id: dict[str, QAction] = {}
        groups: dict[str, QActionGroup] = {}
        for action in ACTIONS:
            qt_action = self.by_id[action.id] = QAction(action.text, parent)
            qt_action.setShortcut(QKeySequence(action.shortcut))
            qt_action.setToolTip(_tool_tip(action, qt_action))
            qt_action.setCheckable(action.checked is not None)
            connect_action(qt_action, partial(perform, action))
            if action.group:
                groups.setdefault(action.group, QActionGroup(parent)).addAction(qt_action)
            if action.is_local:
                qt_action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            else:
                parent.addAction(qt_action)

    def add_undo(self, stack: QUndoStack, parent: QWidget) -> None:
        """Add Undo and Redo, whose texts name the edit."""
        self.by_id["undo"] = stack.createUndoAction(parent, "&Undo")
        self.by_id["redo"] = stack.createRedoAction(parent, "&Redo")
        for id, keys in (("undo", QKeySequence.StandardKey.Undo), ("redo", QKeySequence.StandardKey.Redo)):
            self.by_id[id].setIconText(id.title())  # else the toolbar grows and shrinks with the name of the edit
            self.by_id[id].setShortcuts(keys)

    def add_local_to(self, *widgets: QWidget) -> None:
        """Let the local commands' keys act in these widgets."""
        for widget in widgets:
            widget.addActions([self.by_id[action.id] for action in ACTIONS if action.is_local])

    def show_state(self, state: ViewState) -> None:
        """Enable what can be done, check what is chosen, and say in the tool tips what depends on the state."""
        for action in ACTIONS:
            qt_action, enabled = self.by_id[action.id], action.enabled(state)
            qt_action.setEnabled(enabled)
            if action.tool_tip is not None:
                qt_action.setToolTip(action.tool_tip(state))
            elif action.disabled_tip:
                qt_action.setToolTip(_tool_tip(action, qt_action, "" if enabled else action.disabled_tip))
            if action.checked is not None:
                qt_action.setChecked(action.checked(state))

    def show_theme(self, theme: Theme) -> None:
        """Draw the icons in the colours of a theme."""
        icons = {action.id: action.icon for action in ACTIONS if action.icon} | {"undo": "undo", "redo": "redo"}
        for id, name in icons.items():
            self.by_id[id].setIcon(load_icon(name, theme.text, theme.muted))


def _tool_tip(action: Action, qt_action: QAction, tip: str = "") -> str:
    """``Run: compute the volumes of all designs (F5)``, or with another tip."""
    keys = qt_action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    words = ": ".join(filter(None, (plain_text(action.text).removesuffix("…"), tip or action.tip)))
    return f"{words} ({keys})" if keys else words
