"""Commands of the menu View: open and closed blocks, zoom, the theme, workspaces, and panels to bring forward."""

from functools import partial

from msgspec.structs import replace

from gui.catalogue.workspaces import WORKSPACES
from gui.state.view_state import Look, ViewState
from gui.window.actions.base import SEPARATOR, Action, CommandWindow, Menus


def _is_block(state: ViewState) -> bool:
    return state.enclosing_block(state.focus.ref) is not None


def _shows_layers(state: ViewState) -> bool:
    return _is_block(state) and state.is_open(state.editable_ref(state.focus.ref))


def _has_blocks(state: ViewState) -> bool:
    return any(analysis.blocks for analysis in state.check.analyses.values())


def _toggle_block(state: ViewState) -> Look:
    return replace(state.look, toggled_blocks=state.look.toggled_blocks ^ {state.editable_ref(state.focus.ref)})


def _switch_to(workspace_id: str, window: CommandWindow) -> None:
    window.workspaces.switch_to(workspace_id)


_ZOOM_TIP = "The drawing that has the focus; in it also by the wheel and by + and −"

VIEW_ACTIONS: tuple[Action, ...] = (
    Action("toggle_block", "Show block as layers", "Ctrl+Shift+B", look=_toggle_block, allowed=_is_block,
           checked=_shows_layers, tip="The selected block in pictures and tables: as its layers, or as one"),
    Action("open_blocks", "Open all blocks", allowed=_has_blocks, tip="Show every block as its layers",
           look=lambda state: replace(state.look, blocks="open", toggled_blocks=frozenset())),
    Action("close_blocks", "Close all blocks", allowed=_has_blocks, tip="Show every block as one",
           look=lambda state: replace(state.look, blocks="closed", toggled_blocks=frozenset())),
    Action("inspect", "Inspect selected value", "Ctrl+Shift+I", run=lambda window: window.begin("inspector"),
           tip="How it is computed, with the real numbers"),
    Action("zoom_in", "Zoom in", "Ctrl++", run=lambda window: window.canvas.zoom_in(), tip=_ZOOM_TIP),
    Action("zoom_out", "Zoom out", "Ctrl+-", run=lambda window: window.canvas.zoom_out(), tip=_ZOOM_TIP),
    Action("fit", "Fit", "Ctrl+0", run=lambda window: window.canvas.fit(),
           tip="Show everything in the drawing that has the focus"),
    Action("zoom_to_selection", "Zoom to selection", run=lambda window: window.canvas.zoom_to_selection(),
           tip="In the drawing that has the focus (Z)"),
    Action("dark", "Dark theme", icon="theme", run=lambda window: window.theme_choice.toggle(),
           checked=lambda state: state.look.theme == "dark"),
    *(
        Action(f"workspace_{row.id}", row.title, f"Ctrl+{number}", run=partial(_switch_to, row.id), tip=row.tip)
        for number, row in enumerate(WORKSPACES, start=1)
    ),
    Action("maximise", "Maximise panel", "F11", run=lambda window: window.toggle_maximised(),
           tip="Give the panel or view with the keyboard focus the whole window, and back; also by a double click on "
           "its title"),
    Action("close_panel", "Close panel", "Ctrl+W", run=lambda window: window.close_panel(),
           tip="Close the panel or view with the keyboard focus; View › Panels opens it again"),
    Action("save_workspace", "Save as a workspace…", run=lambda window: window.workspace_commands.save(),
           tip="Give the present layout a name, to come back to it"),
    Action("rename_workspace", "Rename workspace…", run=lambda window: window.workspace_commands.rename(),
           disabled_tip="only workspaces of your own can be renamed"),
    Action("remove_workspace", "Remove workspace…", run=lambda window: window.workspace_commands.remove(),
           disabled_tip="only workspaces of your own can be removed"),
    Action("reset_layout", "Reset layout", run=lambda window: window.reset_layout(),
           tip="Arrange the present workspace as it was at first"),
    Action("show_mistakes", "Show mistakes", "F8", run=lambda window: window.begin("problems")),
)  # fmt: skip

VIEW_MENUS: Menus = {
    "View": ("toggle_block", "open_blocks", "close_blocks", SEPARATOR, "inspect", SEPARATOR,
             "Zoom", SEPARATOR, "theme", "dark", SEPARATOR, "Workspaces", "reset_layout", "panels",
             "maximise", "close_panel", "show_mistakes"),
    "Workspaces": (*(f"workspace_{row.id}" for row in WORKSPACES), SEPARATOR, "save_workspace", "rename_workspace",
                   "remove_workspace"),
    "Zoom": ("zoom_in", "zoom_out", "fit", "zoom_to_selection"),
}  # fmt: skip

ZOOM_MENU = VIEW_MENUS["Zoom"]
"""First entries of the context menu of every drawing."""
