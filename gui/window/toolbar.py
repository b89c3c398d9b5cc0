"""The toolbar, made from the tables of actions; where there is no room only some of its buttons keep their words."""

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QIcon
from PySide6.QtWidgets import QMenu, QToolBar, QToolButton, QWidget

from gui.window.actions import BUTTONS_WITH_TEXT, SEPARATOR, TOOLBAR

_STYLES = Qt.ToolButtonStyle
_TIPS = {
    "samples": "Open a bundled project: published networks, and single modules of them",
    "count": "What bars, tables and arrows count, and by which rule",
}
"""Of the menus' buttons."""


class Toolbar(QToolBar):
    """Commands, and menus by their ids in the table, each with the words on its button."""

    def __init__(self, actions: Mapping[str, QAction], menus: Mapping[str, tuple[str, QMenu]], parent: QWidget) -> None:
        super().__init__("Toolbar", parent)
        self.setObjectName("toolbar")
        self.setToolButtonStyle(_STYLES.ToolButtonTextBesideIcon)
        self._actions = {id: actions[id] for id in TOOLBAR if id in actions}
        self._menus: dict[str, QToolButton] = {}
        self._worded = 0
        """Width in pixels with all words."""
        for id in TOOLBAR:
            if id == SEPARATOR:
                self.addSeparator()
            elif id in menus:
                self._menus[id] = self._menu_button(*menus[id])
                self._menus[id].setToolTip(_TIPS[id])
                self.addWidget(self._menus[id])
            else:
                self.addAction(actions[id])

    def _menu_button(self, words: str, menu: QMenu) -> QToolButton:
        button = QToolButton(self)
        button.setText(words)
        button.setMenu(menu)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setToolButtonStyle(_STYLES.ToolButtonTextBesideIcon)
        return button

    @property
    def menu_ids(self) -> tuple[str, ...]:
        """The menus that have a button."""
        return tuple(self._menus)

    def set_menu_icon(self, id: str, icon: QIcon) -> None:
        self._menus[id].setIcon(icon)

    def fit_width(self, width: int) -> None:
        """Leave the words to a few buttons where there is no room for all."""
        self._worded = self._worded or self.sizeHint().width()
        buttons = {id: self.widgetForAction(action) for id, action in self._actions.items()}
        for id, button in (buttons | self._menus).items():
            if isinstance(button, QToolButton):
                words = id in BUTTONS_WITH_TEXT or width >= self._worded
                button.setToolButtonStyle(_STYLES.ToolButtonTextBesideIcon if words else _STYLES.ToolButtonIconOnly)
