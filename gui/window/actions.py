"""What a person can do, as tables: menus, the toolbar, shortcuts and the command palette all come from them."""

from collections.abc import Callable
from functools import partial

from msgspec import Struct
from PySide6.QtGui import QKeySequence

from engine.blocks import BLOCKS
from engine.cost.counting import CONVENTIONS, FLOPS, MACS
from engine.cost.metrics import METRICS, OPERATIONS
from engine.layers import LAYERS, Kind, tag_of
from engine.network.graph import INPUT
from engine.network.separable import form, refusal
from engine.rank_search import refusal as bottleneck_refusal
from engine.text.problems import STEM
from gui.paint.figures.figures import PRINTED
from gui.state.view_state import ViewState

Shortcut = str | QKeySequence.StandardKey
SEPARATOR = "separator"
KEYS = QKeySequence.StandardKey
KINDS: tuple[type[Kind], ...] = (*LAYERS, *BLOCKS)
APART = "choose a layer or block; to change a part of a block, take the block apart"
"""What must be done before one layer can be changed."""


def _always(state: ViewState) -> bool:
    return True


def _on_node(state: ViewState) -> bool:
    return state.focus.node != INPUT


def _on_own_node(state: ViewState) -> bool:
    """On a layer or block that the project says by itself: not on a part of a block."""
    return _on_node(state) and state.written(state.focus.place) == state.focus.place


def _on_block(state: ViewState) -> bool:
    return state.block(state.focus.place) is not None


def _has_form(own: str, state: ViewState) -> bool:
    design, node = state.focus.place
    report = state.report(state.focus.place)
    if report is None or form(report.layer) != own or not _on_own_node(state):
        return False
    return not refusal(state.project.network(design), node)


def _shows_layers(state: ViewState) -> bool:
    return _on_block(state) and state.is_open(state.written(state.focus.place))


def _has_blocks(state: ViewState) -> bool:
    return any(analysis.blocks for analysis in state.check.analyses.values())


def _on_design(state: ViewState) -> bool:
    return state.focus.design != STEM


def _on_any(state: ViewState) -> bool:
    return _on_own_node(state) or (_on_design(state) and not _on_node(state))


def _running(state: ViewState) -> bool:
    return state.run.progress is not None or bool(state.exploration.busy)


def _on_explorable(state: ViewState) -> bool:
    return not bottleneck_refusal(state.report(state.focus.place))


def _shows(metric: str, state: ViewState) -> bool:
    return state.look.metric == metric


def _counts(rule: str, state: ViewState) -> bool:
    return _shows(OPERATIONS, state) and state.look.convention.id == rule


TOOLS = tuple(rule for rule in CONVENTIONS if rule not in (MACS, FLOPS))
"""Conventions that no metric of its own stands for."""


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
    off: str = ""
    """The same while it cannot be done: what must be done first."""
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
    *(Action(f"figure_{id}", f"{figure.title}…", tip=figure.tip) for id, figure in PRINTED.items()),
    Action("turn", "Turn from 3-D to top as GIF…", tip="Write the camera's motion as an animation"),
    Action("quit", "Quit", KEYS.Quit),
    Action("reduce", "1×1 convolution before this layer", "Ctrl+B", enabled=_on_node,
           tip="It reduces the channels, so that the layer behind it costs less"),
    Action("explore", "Find its bottleneck", "Ctrl+Shift+E", enabled=_on_explorable,
           tip="How narrow a 1×1 convolution before it may be, found from the data that reaches it",
           off="choose a convolution without groups"),
    *(Action(f"add_{tag_of(kind)}", kind.title, tip=kind.help) for kind in KINDS),
    *(Action(f"before_{tag_of(kind)}", kind.title, enabled=_on_node, tip=kind.help) for kind in KINDS),
    Action("make_separable", "Make separable", enabled=partial(_has_form, "full"),
           tip="Each channel by itself, then a 1×1: the same window for far fewer MACs"),
    Action("make_dense", "Make a full convolution", enabled=partial(_has_form, "separable"),
           tip="Every filter over all channels in place of a separable convolution"),
    Action("take_apart", "Take block apart", "Ctrl+Shift+G", enabled=_on_block,
           tip="Put its layers in its place: the same network, free to edit"),
    Action("duplicate", "Duplicate layer", "Ctrl+D", enabled=_on_own_node, off=APART),
    Action("remove", "Remove layer", "Del", enabled=_on_own_node, off=APART, local=True),
    Action("rename", "Rename", "F2", enabled=_on_any, off=APART),
    Action("move_up", "Move layer up", "Alt+Up", enabled=_on_own_node, off=APART),
    Action("move_down", "Move layer down", "Alt+Down", enabled=_on_own_node, off=APART),
    Action("add_design", "Add design"),
    Action("duplicate_design", "Duplicate design", "Ctrl+Shift+D", enabled=_on_design),
    Action("remove_design", "Remove design", enabled=_on_design),
    Action("run", "Run", "F5", "run", tip="Compute the volumes of all designs"),
    Action("cancel", "Cancel", "Esc", "stop", enabled=_running,
           tip="End the run or the exploration; what it has computed stays"),
    *(
        Action(f"metric_{metric.id}", metric.title, checked=partial(_shows, metric.id), tip=metric.tip)
        for metric in METRICS
        if metric.id != OPERATIONS
    ),
    *(
        Action(f"count_{rule.id}", f"Operations {rule.title}", checked=partial(_counts, rule.id), tip=rule.source)
        for rule in TOOLS
    ),
    Action("counting", "Compare conventions…", tip="One design counted by every rule, and a rule of your own"),
    Action("logarithmic", "Logarithmic bars", "Ctrl+L", checked=lambda state: state.look.logarithmic),
    Action("toggle_block", "Show block as its layers", "Ctrl+Shift+B", enabled=_on_block, checked=_shows_layers,
           tip="The chosen block in pictures and tables: as its layers, or as one"),
    Action("open_blocks", "Open all blocks", enabled=_has_blocks, tip="Show every block as its layers"),
    Action("close_blocks", "Close all blocks", enabled=_has_blocks, tip="Show every block as one"),
    Action("inspect", "Inspect the chosen value", "Ctrl+Shift+I", tip="How it comes about, with the numbers that meet"),
    Action("dark", "Dark theme", icon="theme", checked=lambda state: state.look.theme == "dark"),
    Action("reset_layout", "Reset layout", tip="Put every panel back where it was at first"),
    Action("show_mistakes", "Show mistakes", "F8"),
    Action("palette", "Find a command…", "Ctrl+Shift+P"),
    Action("about", "About Convolume"),
)  # fmt: skip

MENUS: dict[str, tuple[str, ...]] = {
    "File": ("new", "open", "samples", "recent", SEPARATOR, "save", "save_as", SEPARATOR, "choose_photo",
             "choose_array", SEPARATOR, "Figures", "export_view", "export_all", "scale", "copy_view", SEPARATOR,
             "quit"),
    "Figures": (*(f"figure_{id}" for id in PRINTED), SEPARATOR, "turn", SEPARATOR, "figure_width"),
    "Edit": ("undo", "redo"),
    "Layer": ("reduce", "explore", SEPARATOR, "Add after", "Add before", "Add block after", "Add block before",
              SEPARATOR, "take_apart", "make_separable", "make_dense", SEPARATOR, "duplicate", "remove", "rename",
              "move_up", "move_down"),
    "Design": ("add_design", "duplicate_design", "remove_design"),
    "Run": ("run", "cancel"),
    "Count": (*(f"metric_{metric.id}" for metric in METRICS if metric.id != OPERATIONS), SEPARATOR,
              "Count by a rule", "counting", SEPARATOR, "logarithmic"),
    "Count by a rule": tuple(f"count_{rule.id}" for rule in TOOLS),
    "View": ("toggle_block", "open_blocks", "close_blocks", SEPARATOR, "inspect", SEPARATOR, "dark", "show_mistakes",
             "reset_layout", SEPARATOR, "panels"),
    "Help": ("palette", "about"),
    "Add after": tuple(f"add_{tag_of(kind)}" for kind in LAYERS),
    "Add before": tuple(f"before_{tag_of(kind)}" for kind in LAYERS),
    "Add block after": tuple(f"add_{tag_of(kind)}" for kind in BLOCKS),
    "Add block before": tuple(f"before_{tag_of(kind)}" for kind in BLOCKS),
}  # fmt: skip
"""What each menu lists: commands, other menus of this table, and menus whose entries are found as they open."""

MENU_BAR = ("File", "Edit", "Layer", "Design", "Run", "Count", "View", "Help")
ROW_MENU = ("take_apart", "toggle_block", "make_separable", "make_dense", SEPARATOR, "reduce", "explore", SEPARATOR,
            "duplicate", "remove", "rename", "move_up", "move_down")  # fmt: skip
"""What a right click on a row of the list offers."""
TOOLBAR = ("new", "open", "save", SEPARATOR, "undo", "redo", SEPARATOR, "samples", SEPARATOR, "choose_photo", SEPARATOR,
           "run", "cancel", SEPARATOR, "count", SEPARATOR, "export_all", SEPARATOR, "dark")  # fmt: skip
WORDY = ("samples", "run", "cancel", "count")
"""These keep their words in a toolbar that has no room for those of all."""
