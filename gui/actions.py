"""What a person can do, as tables: menus, the toolbar, shortcuts and the command palette all come from them."""

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


def _on_any(state: ViewState) -> bool:
    return _on_node(state) or _on_design(state)


def _running(state: ViewState) -> bool:
    return state.run.progress is not None


def _counts(metric: str, state: ViewState) -> bool:
    return state.look.metric == metric


class Action(Struct, frozen=True):
    """A command: `id` finds what it does in the main window."""

    id: str
    text: str
    shortcut: Shortcut = ""
    icon: str = ""
    enabled: Callable[[ViewState], bool] = _always
    checked: Callable[[ViewState], bool] | None = None
    """For a choice: whether it is the one that holds."""
    tip: str = ""
    """What the text leaves unsaid."""
    local: bool = False
    """The key acts in the list and in the volumes only: elsewhere it means something else."""


ACTIONS: tuple[Action, ...] = (
    Action("new", "New", KEYS.New, "new"),
    Action("open", "Open…", KEYS.Open, "open"),
    Action("save", "&Save", KEYS.Save, "save"),
    Action("save_as", "Save &as…", KEYS.SaveAs),
    Action("choose_photo", "Use a photo…", "Ctrl+I", "input", tip="Choose the photo that the designs receive"),
    Action("choose_array", "Use an array…", tip="Choose an array (C×H×W) that the designs receive"),
    Action("export_all", "Export all…", "Ctrl+E", "export", tip="Write every view as PNG, SVG and PDF"),
    Action("quit", "Quit", KEYS.Quit),
    Action("reduce", "1×1 convolution before this layer", "Ctrl+B", enabled=_on_node,
           tip="It reduces the channels, so that the layer behind it costs less"),
    *(Action(f"add_{tag_of(kind)}", kind.title, tip=kind.help) for kind in LAYERS),
    *(Action(f"before_{tag_of(kind)}", kind.title, enabled=_on_node, tip=kind.help) for kind in LAYERS),
    Action("duplicate", "Duplicate layer", "Ctrl+D", enabled=_on_node),
    Action("remove", "Remove layer", "Del", enabled=_on_node, local=True),
    Action("rename", "Rename", "F2", enabled=_on_any),
    Action("move_up", "Move layer up", "Alt+Up", enabled=_on_node),
    Action("move_down", "Move layer down", "Alt+Down", enabled=_on_node),
    Action("add_design", "Add design"),
    Action("duplicate_design", "Duplicate design", "Ctrl+Shift+D", enabled=_on_design),
    Action("remove_design", "Remove design", enabled=_on_design),
    Action("run", "Run", "F5", "run", tip="Compute the volumes of all designs"),
    Action("cancel", "Cancel", "Esc", "stop", enabled=_running, tip="End the run; what it has computed stays"),
    *(
        Action(f"metric_{metric.id}", metric.title, checked=partial(_counts, metric.id), tip="1 MAC = 2 FLOPs")
        for metric in METRICS
    ),
    Action("logarithmic", "Logarithmic bars", "Ctrl+L", checked=lambda state: state.look.logarithmic),
    Action("dark", "Dark theme", icon="theme", checked=lambda state: state.look.theme == "dark"),
    Action("reset_layout", "Reset layout", tip="Put every panel back where it was at first"),
    Action("show_mistakes", "Show mistakes", "F8"),
    Action("palette", "Find a command…", "Ctrl+Shift+P"),
    Action("about", "About Convolume"),
)  # fmt: skip

MENUS: dict[str, tuple[str, ...]] = {
    "File": ("new", "open", "samples", "recent", SEPARATOR, "save", "save_as", SEPARATOR, "choose_photo",
             "choose_array", SEPARATOR, "export_view", "export_all", "scale", "copy_view", SEPARATOR, "quit"),
    "Edit": ("undo", "redo"),
    "Layer": ("reduce", "Add after", "Add before", SEPARATOR, "duplicate", "remove", "rename", "move_up", "move_down"),
    "Design": ("add_design", "duplicate_design", "remove_design"),
    "Run": ("run", "cancel"),
    "Count": (*(f"metric_{metric.id}" for metric in METRICS), SEPARATOR, "logarithmic"),
    "View": ("dark", "show_mistakes", "reset_layout", SEPARATOR, "panels"),
    "Help": ("palette", "about"),
    "Add after": tuple(f"add_{tag_of(kind)}" for kind in LAYERS),
    "Add before": tuple(f"before_{tag_of(kind)}" for kind in LAYERS),
}  # fmt: skip
"""What each menu lists: commands, other menus of this table, and menus whose entries are found as they open."""

MENU_BAR = ("File", "Edit", "Layer", "Design", "Run", "Count", "View", "Help")
TOOLBAR = ("new", "open", "save", SEPARATOR, "undo", "redo", SEPARATOR, "samples", SEPARATOR, "choose_photo", SEPARATOR,
           "run", "cancel", SEPARATOR, "count", SEPARATOR, "export_all", SEPARATOR, "dark")  # fmt: skip
WORDY = ("samples", "run", "cancel", "count")
"""These keep their words in a toolbar that has no room for those of all."""
