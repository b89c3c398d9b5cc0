"""What a person can do, as one table: menus, the toolbar, shortcuts and the command palette all come from it."""

from collections.abc import Callable
from functools import partial

from msgspec import Struct
from PySide6.QtGui import QKeySequence

from engine.layers import LAYERS, tag_of
from engine.metrics import METRICS
from engine.network import INPUT
from engine.problems import STEM
from gui.state import ViewState

Shortcut = str | QKeySequence.StandardKey
SEPARATOR = "separator"
KEYS = QKeySequence.StandardKey


def _always(state: ViewState) -> bool:
    return True


def _on_node(state: ViewState) -> bool:
    return state.focus.node != INPUT


def _on_design(state: ViewState) -> bool:
    return state.focus.design != STEM


def _running(state: ViewState) -> bool:
    return state.run.progress is not None


def _counts(metric: str, state: ViewState) -> bool:
    return state.look.metric == metric


class Action(Struct, frozen=True):
    """A command: `id` finds what it does in the main window, `menu` is where it is listed."""

    id: str
    menu: str
    text: str
    shortcut: Shortcut = ""
    icon: str = ""
    enabled: Callable[[ViewState], bool] = _always
    checked: Callable[[ViewState], bool] | None = None
    """For a choice: whether it is the one that holds."""


ACTIONS: tuple[Action, ...] = (
    Action("new", "File", "New", KEYS.New, "new"),
    Action("open", "File", "Open…", KEYS.Open, "open"),
    Action("save", "File", "Save", KEYS.Save, "save"),
    Action("save_as", "File", "Save as…", KEYS.SaveAs),
    Action("choose_photo", "File", "Use a photo…", "Ctrl+I", "input"),
    Action("choose_array", "File", "Use an array…"),
    Action("export_all", "File", "Export all…", "Ctrl+E", "export"),
    Action("copy_picture", "File", "Copy the volumes as a picture", "Ctrl+Shift+C"),
    Action("quit", "File", "Quit", KEYS.Quit),
    *(Action(f"add_{tag_of(kind)}", "Layer", f"Add {kind.title.lower()}") for kind in LAYERS),
    Action("duplicate", "Layer", "Duplicate layer", "Ctrl+D", enabled=_on_node),
    Action("remove", "Layer", "Remove layer", enabled=_on_node),
    Action("move_up", "Layer", "Move layer up", "Alt+Up", enabled=_on_node),
    Action("move_down", "Layer", "Move layer down", "Alt+Down", enabled=_on_node),
    Action("add_design", "Design", "Add design"),
    Action("duplicate_design", "Design", "Duplicate design", "Ctrl+Shift+D", enabled=_on_design),
    Action("remove_design", "Design", "Remove design", enabled=_on_design),
    Action("run", "Run", "Run", "F5", "run"),
    Action("cancel", "Run", "Cancel", "Esc", "stop", enabled=_running),
    *(
        Action(
            f"metric_{metric.id}",
            "Count",
            metric.title,
            checked=partial(_counts, metric.id),
        )
        for metric in METRICS
    ),
    Action("logarithmic", "Count", "Logarithmic bars", "Ctrl+L", checked=lambda state: state.look.logarithmic),
    Action("dark", "View", "Dark theme", icon="theme", checked=lambda state: state.look.theme == "dark"),
    Action("reset_layout", "View", "Reset layout"),
    Action("palette", "Help", "Find a command…", "Ctrl+Shift+P"),
    Action("about", "Help", "About Convolume"),
)

MENUS = ("File", "Edit", "Layer", "Design", "Run", "Count", "View", "Help")
TOOLBAR = ("new", "open", "save", SEPARATOR, "undo", "redo", SEPARATOR, "samples", SEPARATOR, "choose_photo", SEPARATOR,
           "run", "cancel", SEPARATOR, "count", SEPARATOR, "export_all", SEPARATOR, "dark")  # fmt: skip
