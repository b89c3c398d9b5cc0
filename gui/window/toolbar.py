"""The toolbar, made from the tables of commands; if space is short, only some buttons keep their text."""

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QIcon
from PySide6.QtWidgets import QMenu, QToolBar, QToolButton, QWidget

from gui.window.actions import BUTTONS_WITH_TEXT, SEPARATOR, TOOLBAR

_STYLES = Qt.ToolButtonStyle
_TIPS = {
    "samples": "Open a bundled project: a published network, or a single module of one",
    "count": "What bars, tables and arrows count, and by which rule",
}
"""Tool tips of the buttons with a menu."""


class Toolbar(QToolBar):
    """Buttons of commands and of menus; `menus` has the text and the menu of each button by id."""

    def __init__(self, actions: Mapping[str, QAction], menus: Mapping[str, tuple[str, QMenu]], parent: QWidget) -> None:
        super().__init__("Toolbar", parent)
        self.setObjectName("toolbar")
        self.setToolButtonStyle(_STYLES.ToolButtonTextBesideIcon)
        self._actions = {entry: actions[entry] for entry in TOOLBAR if entry in actions}
        self._menus: dict[str, QToolButton] = {}
        self._full_width = 0
        """Width in pixels with the texts of all buttons."""
        for entry in TOOLBAR:
            if entry == SEPARATOR:
                self.addSeparator()
            elif entry in menus:
                self._menus[entry] = self._menu_button(*menus[entry])
                self._menus[entry].setToolTip(_TIPS[entry])
                self.addWidget(self._menus[entry])
            else:
                self.addAction(actions[entry])

    def _menu_button(self, text: str, menu: QMenu) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setMenu(menu)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setToolButtonStyle(_STYLES.ToolButtonTextBesideIcon)
        return button

    @property
    def menu_ids(self) -> tuple[str, ...]:
        """Ids of the menus with a button."""
        return tuple(self._menus)

    def set_menu_icon(self, menu_id: str, icon: QIcon) -> None:
        self._menus[menu_id].setIcon(icon)

    def fit_width(self, width: int) -> None:
        """Show the texts of all buttons if the width allows, else of a few."""
        self._full_width = self._full_width or self.sizeHint().width()
        buttons = {action_id: self.widgetForAction(action) for action_id, action in self._actions.items()}
        for button_id, button in (buttons | self._menus).items():
            if isinstance(button, QToolButton):
                has_text = button_id in BUTTONS_WITH_TEXT or width >= self._full_width
                button.setToolButtonStyle(_STYLES.ToolButtonTextBesideIcon if has_text else _STYLES.ToolButtonIconOnly)
