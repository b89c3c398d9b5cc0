"""Commands of the menu View: open and closed blocks, zoom, the theme, workspaces, and panels to bring forward."""

from functools import partial

from msgspec.structs import replace

from gui.catalogue.workspaces import WORKSPACES
from gui.state import edits
from gui.state.cameras import CAMERA_VIEWS
from gui.state.look import DepthScale, Look
from gui.state.view_state import ViewState
from gui.window.actions.base import SEPARATOR, Action, CommandWindow, Menus


def _is_block(state: ViewState) -> bool:
    return state.enclosing_block(state.focus.ref) is not None


def _shows_layers(state: ViewState) -> bool:
    block = state.block_ref(state.focus.ref)
    return block is not None and state.is_open(block)


def _has_blocks(state: ViewState) -> bool:
    return any(analysis.foldable for analysis in state.check.analyses.values())


def _toggle_block(state: ViewState) -> Look:
    block = state.block_ref(state.focus.ref)
    return state.look if block is None else replace(state.look, toggled_blocks=state.look.toggled_blocks ^ {block})


def _switch_to(workspace_id: str, window: CommandWindow) -> None:
    window.workspaces.switch_to(workspace_id)


def _has_edges(scale: DepthScale, state: ViewState) -> bool:
    return state.look.scale == scale


def _scale_edges(scale: DepthScale, state: ViewState) -> Look:
    return replace(state.look, scale=scale)


def _turn_camera(name: str, window: CommandWindow) -> None:
    window.parts.turn_camera(name)


def _is_turned(angles: tuple[float, float], state: ViewState) -> bool:
    return (state.look.yaw, state.look.pitch) == angles


_CAMERA_KEYS = {"3-D": "3", "Top": "T", "Front": "F"}
"""In the volumes only, as in other drawings a key may be something else."""
_EDGES: tuple[tuple[DepthScale, str], ...] = (
    ("true", "To scale"),
    ("sqrt", "As square roots"),
    ("log", "As logarithms"),
)
_ZOOM_TIP = "The drawing that has the focus; in it also by the wheel and by + and −"

VIEW_ACTIONS: tuple[Action, ...] = (
    Action("toggle_block", "Show block as layers", "Ctrl+Shift+B", look=_toggle_block, allowed=_is_block,
           checked=_shows_layers, tip="The selected block in pictures and tables: as its layers, or as one"),
    Action("group", "Group layers", "Ctrl+G", edit=edits.group_selection, allowed=edits.can_group_selection,
           tip="Show the selected layers as one, under a name; nothing else changes",
           disabled_tip="select several layers of which one alone leads on"),
    Action("open_blocks", "Open all blocks", allowed=_has_blocks, tip="Show every block as its layers",
           look=lambda state: replace(state.look, blocks="open", toggled_blocks=frozenset())),
    Action("close_blocks", "Close all blocks", allowed=_has_blocks, tip="Show every block as one",
           look=lambda state: replace(state.look, blocks="closed", toggled_blocks=frozenset())),
    Action("inspect", "Inspect selected value", "Ctrl+Shift+I", run=lambda window: window.parts.begin("inspector"),
           tip="How it is computed, with the real numbers"),
    *(
        Action(f"camera_{name.lower()}", name, run=partial(_turn_camera, name), checked=partial(_is_turned, angles),
               tip=f"Turn the camera of the volumes; the key {_CAMERA_KEYS[name]} there")
        for name, angles in CAMERA_VIEWS.items()
    ),
    *(
        Action(f"edges_{scale}", title, look=partial(_scale_edges, scale), checked=partial(_has_edges, scale),
               group="edges", tip="How the edges of the volumes are drawn")
        for scale, title in _EDGES
    ),
    Action("zoom_in", "Zoom in", "Ctrl++", run=lambda window: window.parts.canvas.zoom_in(), tip=_ZOOM_TIP),
    Action("zoom_out", "Zoom out", "Ctrl+-", run=lambda window: window.parts.canvas.zoom_out(), tip=_ZOOM_TIP),
    Action("fit", "Fit", "Ctrl+0", run=lambda window: window.parts.canvas.fit(),
           tip="Show everything in the drawing that has the focus"),
    Action("zoom_to_selection", "Zoom to selection", run=lambda window: window.parts.canvas.zoom_to_selection(),
           tip="In the drawing that has the focus (Z)"),
    Action("dark", "Dark theme", icon="theme", run=lambda window: window.theme_choice.toggle(),
           checked=lambda state: state.look.theme == "dark"),
    *(
        Action(f"workspace_{row.id}", row.title, f"Ctrl+{number}", run=partial(_switch_to, row.id), tip=row.tip)
        for number, row in enumerate(WORKSPACES, start=1)
    ),
    Action("next_panel", "Next panel", "F6", run=lambda window: window.step_panels(1),
           tip="The keyboard focus goes from panel to panel, to their tabs and to the toolbar"),
    Action("previous_panel", "Previous panel", "Shift+F6", run=lambda window: window.step_panels(-1)),
    Action("maximise", "Maximise panel", "F11", run=lambda window: window.parts.toggle_maximised(),
           tip="Give the panel or view with the keyboard focus the whole window, and back; also by a double click on "
           "its title"),
    Action("close_panel", "Close panel", "Ctrl+W", run=lambda window: window.parts.close(),
           tip="Close the panel or view with the keyboard focus; View › Panels opens it again"),
    Action("save_workspace", "Save as a workspace…", run=lambda window: window.workspace_commands.save(),
           tip="Give the present layout a name, to come back to it"),
    Action("rename_workspace", "Rename workspace…", run=lambda window: window.workspace_commands.rename(),
           disabled_tip="only workspaces of your own can be renamed"),
    Action("remove_workspace", "Remove workspace…", run=lambda window: window.workspace_commands.remove(),
           disabled_tip="only workspaces of your own can be removed"),
    Action("reset_layout", "Reset layout", run=lambda window: window.workspaces.reset(),
           tip="Arrange the present workspace as it was at first"),
    Action("show_mistakes", "Show mistakes", "F8", run=lambda window: window.parts.begin("problems")),
)  # fmt: skip

VIEW_MENUS: Menus = {
    "View": ("inspect", SEPARATOR, "Camera", "Edges", "Zoom", "Blocks", SEPARATOR, "theme", "dark", SEPARATOR,
             "Workspaces", "reset_layout", "panels", "next_panel", "previous_panel", "maximise", "close_panel",
             "show_mistakes"),
    "Workspaces": (*(f"workspace_{row.id}" for row in WORKSPACES), SEPARATOR, "save_workspace", "rename_workspace",
                   "remove_workspace"),
    "Camera": tuple(f"camera_{name.lower()}" for name in CAMERA_VIEWS),
    "Edges": tuple(f"edges_{scale}" for scale, _ in _EDGES),
    "Blocks": ("toggle_block", "open_blocks", "close_blocks", "group"),
    "Zoom": ("zoom_in", "zoom_out", "fit", "zoom_to_selection"),
}  # fmt: skip

ZOOM_MENU = VIEW_MENUS["Zoom"]
"""First entries of the context menu of every drawing."""
