"""Commands of the menu Help."""

from gui.widgets.about import AboutBox
from gui.window.actions.base import Action, Menus

HELP_ACTIONS: tuple[Action, ...] = (
    Action("palette", "Find a command…", "Ctrl+Shift+P", run=lambda window: window.find_command()),
    Action("about", "About Convolume", run=lambda window: AboutBox(window).open()),
)

HELP_MENUS: Menus = {"Help": ("palette", "about")}
