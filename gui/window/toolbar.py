"""The toolbar, made from the tables of commands; if space is short, buttons lose their texts by groups."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolBar, QToolButton, QWidget

from gui.theme import Theme
from gui.widgets.icons import load_icon
from gui.window.actions import BUTTONS_WITH_TEXT, SEPARATOR, TOOLBAR
from gui.window.workspace_commands import present_title

_STYLES = Qt.ToolButtonStyle
_TIPS = {
    "samples": "Open a bundled project: a published network, or a single module of one",
    "count": "What bars, tables and arrows count, and by which rule",
}
"""Tool tips of the buttons with a menu."""
_LEVELS = (("all", True), ("some", True), ("some", False), ("none", False))
"""The steps from a wide to a narrow toolbar: which buttons have texts, and whether each workspace has a button."""


class Toolbar(QToolBar):
    """Buttons of commands and of menus, and of workspaces at its end.

    Parameters
    ----------
    menus
        The text and the menu of each button with a menu, by id.
    workspace_menu
        The menu of the one button that stands for those of all workspaces in a narrow window.
    """

    def __init__(
        self,
        actions: Mapping[str, QAction],
        menus: Mapping[str, tuple[str, QMenu]],
        workspace_menu: QMenu,
        parent: QWidget,
    ) -> None:
        super().__init__("Toolbar", parent)
        self.setObjectName("toolbar")
        self.setToolButtonStyle(_STYLES.ToolButtonTextBesideIcon)
        self._actions = {entry: actions[entry] for entry in TOOLBAR if entry in actions}
        self._menus: dict[str, QToolButton] = {}
        for entry in TOOLBAR:
            if entry == SEPARATOR:
                self.addSeparator()
            elif entry in menus:
                self._menus[entry] = self._menu_button(*menus[entry])
                self._menus[entry].setToolTip(_TIPS[entry])
                self.addWidget(self._menus[entry])
            else:
                self.addAction(actions[entry])
        gap = QWidget(self)
        gap.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(gap)
        self._entry: QToolButton | None = None
        """See `entry`."""
        self._workspaces: list[QAction] = []
        """The toolbar's own actions of the buttons of workspaces: hidden ones stay in the menu."""
        self.workspace_button = self._menu_button("", workspace_menu)
        self.workspace_button.setToolTip("The workspace: which panels and views are visible")
        self._workspace_button_action = self.addWidget(self.workspace_button)

    def _menu_button(self, text: str, menu: QMenu) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setMenu(menu)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setToolButtonStyle(_STYLES.ToolButtonTextBesideIcon)
        return button

    def show_theme(self, theme: Theme) -> None:
        """Draw the icons of the menus in the colours of a theme; those of commands have them from their actions."""
        for menu_id, button in self._menus.items():
            button.setIcon(load_icon(menu_id, theme.text, theme.muted))

    def show_workspaces(self, actions: Sequence[QAction]) -> None:
        """Show a button per workspace, or all in the menu of one."""
        self.workspace_button.setText(present_title(actions))
        if [button.defaultAction() for button in self.workspace_buttons] == list(actions):
            return
        for action in self._workspaces:
            self.removeAction(action)
            action.deleteLater()
        self._workspaces = []
        for action in actions:
            button = QToolButton(self)
            button.setDefaultAction(action)
            button.setToolButtonStyle(_STYLES.ToolButtonTextOnly)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self._workspaces.append(self.insertWidget(self._workspace_button_action, button))

    # Keyboard: the toolbar is one stop of the Tab key, and arrows go from button to button.

    @property
    def buttons(self) -> list[QToolButton]:
        """The visible buttons from left to right."""
        widgets = [self.widgetForAction(action) for action in self.actions() if action.isVisible()]
        return [widget for widget in widgets if isinstance(widget, QToolButton)]

    @property
    def entry(self) -> QToolButton:
        """The button that the Tab key goes to: the one that had the focus last, if it can have it."""
        usable = [button for button in self.buttons if button.isEnabled() and button.isVisible()]
        button = self._entry if self._entry in usable else usable[0]
        self._set_entry(button)
        return button

    def _set_entry(self, button: QToolButton) -> None:
        self._entry = button
        for other in self.buttons:
            other.setFocusPolicy(Qt.FocusPolicy.TabFocus if other is button else Qt.FocusPolicy.NoFocus)
            if not other.property("has_keys"):
                other.setProperty("has_keys", True)
                other.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and isinstance(watched, QToolButton):
            return self._press(watched, event.key())
        return super().eventFilter(watched, event)

    def _press(self, button: QToolButton, key: int) -> bool:
        """Act on a key; returns whether it means something here."""
        usable = [other for other in self.buttons if other.isEnabled() and other.isVisible()]
        at = usable.index(button) if button in usable else 0
        places = {Qt.Key.Key_Right: at + 1, Qt.Key.Key_Left: at - 1, Qt.Key.Key_Home: 0, Qt.Key.Key_End: -1}
        if key in places:
            self._set_entry(usable[places[Qt.Key(key)] % len(usable)])
            self.entry.setFocus(Qt.FocusReason.TabFocusReason)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space, Qt.Key.Key_Down):
            if (menu := button.menu()) is not None:
                menu.popup(button.mapToGlobal(button.rect().bottomLeft()))
                menu.setActiveAction(menu.actions()[0])
            elif key != Qt.Key.Key_Down:
                button.click()
        else:
            return False
        return True

    def fit_width(self, width: int) -> None:
        """Show as many texts as the width allows."""
        for texts, has_workspaces in _LEVELS:
            self._show_texts(texts, has_workspaces)
            layout = self.layout()
            if layout is not None:
                layout.invalidate()  # Qt would do that later
            if self.sizeHint().width() <= width:
                return

    def _show_texts(self, texts: str, has_workspaces: bool) -> None:
        buttons = {action_id: self.widgetForAction(action) for action_id, action in self._actions.items()}
        for button_id, button in (buttons | self._menus).items():
            if isinstance(button, QToolButton):
                has_text = texts == "all" or (texts == "some" and button_id in BUTTONS_WITH_TEXT)
                button.setToolButtonStyle(_STYLES.ToolButtonTextBesideIcon if has_text else _STYLES.ToolButtonIconOnly)
        for action in self._workspaces:
            action.setVisible(has_workspaces)
        self._workspace_button_action.setVisible(not has_workspaces)

    @property
    def workspace_buttons(self) -> list[QToolButton]:
        """The buttons of workspaces, in order."""
        buttons = [self.widgetForAction(action) for action in self._workspaces]
        return [button for button in buttons if isinstance(button, QToolButton)]
