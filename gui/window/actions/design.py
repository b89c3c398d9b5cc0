"""Commands of the menu Design."""

from engine.network.node_ref import STEM
from gui.state import edits
from gui.state.view_state import ViewState
from gui.window.actions.base import Action, Menus, always


def _on_design(state: ViewState) -> bool:
    return state.focus.design != STEM


DESIGN_ACTIONS: tuple[Action, ...] = (
    Action("add_design", "Add design", edit=lambda state: edits.add_design(state.project), allowed=always,
           tool_tip=lambda _: "Add an empty design"),
    Action("duplicate_design", "Duplicate design", "Ctrl+Shift+D", edit=edits.duplicate_selected_design,
           allowed=_on_design),
    Action("remove_design", "Remove design", edit=edits.remove_selected_design, allowed=_on_design),
)  # fmt: skip

DESIGN_MENUS: Menus = {"Design": ("add_design", "duplicate_design", "remove_design")}
