"""The QActions of all commands, shared by menus, toolbar, palette and panels; they follow the state."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence, QUndoStack
from PySide6.QtWidgets import QWidget

from gui.state.view_state import ViewState, differ_in_camera
from gui.theme import Theme
from gui.widgets.icons import colour_icon, load_icon
from gui.widgets.plain_text import plain_tip
from gui.window.actions import ACTIONS, Action
from gui.window.mnemonics import connect_action, plain_text


class QtActions:
    """A QAction per command, by id.

    Parameters
    ----------
    perform
        Called with the command when its QAction is triggered.
    """

    def __init__(self, perform: Callable[[Action], object], parent: QWidget) -> None:
        self.by_id: dict[str, QAction] = {}
        self._shown: ViewState | None = None
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
        """Add Undo and Redo; their texts name the edit."""
        self.by_id["undo"] = stack.createUndoAction(parent, "&Undo")
        self.by_id["redo"] = stack.createRedoAction(parent, "&Redo")
        for action_id, keys in (("undo", QKeySequence.StandardKey.Undo), ("redo", QKeySequence.StandardKey.Redo)):
            self.by_id[action_id].setIconText(
                action_id.title()
            )  # the name of the edit would change the width of the toolbar
            self.by_id[action_id].setShortcuts(keys)

    @property
    def local(self) -> list[QAction]:
        """The commands whose keys act in the list and in the volumes only."""
        return [self.by_id[action.id] for action in ACTIONS if action.is_local]

    def add_local_to(self, *widgets: QWidget) -> None:
        """Let the keys of local commands act in these widgets."""
        for widget in widgets:
            widget.addActions(self.local)

    def show_state(self, state: ViewState) -> None:
        """Enable and check the actions, and update the tool tips that depend on the state."""
        is_turned = self._shown is not None and differ_in_camera(self._shown, state)
        self._shown = state
        for action in ACTIONS:
            if not is_turned:  # while the camera moves, only what is checked may differ
                self._show_enabled(action, state)
            if action.checked is not None:
                self.by_id[action.id].setChecked(action.checked(state))

    def _show_enabled(self, action: Action, state: ViewState) -> None:
        qt_action, enabled = self.by_id[action.id], action.enabled(state)
        if action.depends_on_state and qt_action.isEnabled() != enabled:
            qt_action.setEnabled(enabled)
            if action.disabled_tip:
                qt_action.setToolTip(_tool_tip(action, qt_action, "" if enabled else action.disabled_tip))
        if action.tool_tip is not None:
            qt_action.setToolTip(plain_tip(action.tool_tip(state)))

    def show_theme(self, theme: Theme) -> None:
        """Draw the icons in the colours of a theme."""
        icons = {action.id: action.icon for action in ACTIONS if action.icon} | {"undo": "undo", "redo": "redo"}
        for action_id, name in icons.items():
            self.by_id[action_id].setIcon(load_icon(name, theme.text, theme.muted))
        for action in ACTIONS:
            if action.swatch:
                self.by_id[action.id].setIcon(colour_icon(theme.design(action.swatch - 1)))


def _tool_tip(action: Action, qt_action: QAction, tip: str = "") -> str:
    """``Run: Compute the volumes of all designs (F5)``, perhaps with another tip."""
    keys = qt_action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    words = ": ".join(filter(None, (plain_text(action.text).removesuffix("…"), tip or action.tip)))
    return f"{words} ({keys})" if keys else words
