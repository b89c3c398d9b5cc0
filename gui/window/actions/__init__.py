"""All commands of the window as tables, from which menus, toolbar, shortcuts and the command palette are made.

A command is one row in the file of its menu, and its id in the menu below the rows.
"""

from gui.window.actions.base import SEPARATOR, Action, Menus
from gui.window.actions.count import COUNT_ACTIONS, COUNT_MENUS, TOOL_CONVENTIONS
from gui.window.actions.design import DESIGN_ACTIONS, DESIGN_MENUS
from gui.window.actions.edit import EDIT_ACTIONS, EDIT_MENUS
from gui.window.actions.file import FILE_ACTIONS, FILE_MENUS
from gui.window.actions.help import HELP_ACTIONS, HELP_MENUS
from gui.window.actions.layer import BOX_MENU, LAYER_ACTIONS, LAYER_MENUS, ROW_MENU
from gui.window.actions.run import RUN_ACTIONS, RUN_MENUS
from gui.window.actions.view import VIEW_ACTIONS, VIEW_MENUS, ZOOM_MENU

ACTIONS: tuple[Action, ...] = (
    *FILE_ACTIONS,
    *EDIT_ACTIONS,
    *LAYER_ACTIONS,
    *DESIGN_ACTIONS,
    *RUN_ACTIONS,
    *COUNT_ACTIONS,
    *VIEW_ACTIONS,
    *HELP_ACTIONS,
)
MENUS: Menus = {
    **FILE_MENUS,
    **EDIT_MENUS,
    **LAYER_MENUS,
    **DESIGN_MENUS,
    **RUN_MENUS,
    **COUNT_MENUS,
    **VIEW_MENUS,
    **HELP_MENUS,
}
MENU_BAR = ("File", "Edit", "Layer", "Design", "Run", "Count", "View", "Help")
TOOLBAR = ("new", "open", "save", SEPARATOR, "undo", "redo", SEPARATOR, "samples", SEPARATOR, "choose_photo", SEPARATOR,
           "run", "cancel", SEPARATOR, "count", SEPARATOR, "export_all", SEPARATOR, "dark")  # fmt: skip
BUTTONS_WITH_TEXT = ("samples", "run", "cancel", "count")
"""Buttons that keep their text in a toolbar without enough space for all texts."""

__all__ = [
    "ACTIONS",
    "BOX_MENU",
    "BUTTONS_WITH_TEXT",
    "HELP_MENUS",
    "MENUS",
    "MENU_BAR",
    "ROW_MENU",
    "SEPARATOR",
    "TOOLBAR",
    "TOOL_CONVENTIONS",
    "ZOOM_MENU",
    "Action",
]
