"""Commands of the menu Help."""

from gui.window.actions.base import Action, Menus

HELP_ACTIONS: tuple[Action, ...] = (
    Action("manual", "Manual", "F1", run=lambda window: window.open_manual(),
           tip="The page about the panel or view that has the keyboard focus"),
    Action("palette", "Find a command…", "Ctrl+Shift+P", run=lambda window: window.find_command()),
    Action("about", "About Convolume", run=lambda window: window.open_about()),
)  # fmt: skip

HELP_MENUS: Menus = {"Help": ("manual", "palette", "about")}
