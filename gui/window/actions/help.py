"""Commands of the menu Help."""

from gui.window.actions.base import Action, Menus

HELP_ACTIONS: tuple[Action, ...] = (
    Action("manual", "Manual", "F1", run=lambda window: window.help.open_manual(),
           tip="The page about the panel or view that has the keyboard focus"),
    Action("palette", "Find a command…", "Ctrl+Shift+P", run=lambda window: window.help.find_command()),
    Action("shortcuts", "Keyboard shortcuts", "Ctrl+F1", run=lambda window: window.help.list_shortcuts(),
           tip="All keys of commands and drawings, to search and to copy"),
    Action("about", "About Convolume", run=lambda window: window.help.open_about()),
)  # fmt: skip

HELP_MENUS: Menus = {"Help": ("manual", "palette", "shortcuts", "about")}
