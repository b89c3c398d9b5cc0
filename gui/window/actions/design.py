"""Commands of the menu Design."""

from functools import partial

from msgspec.structs import replace

from engine.network.node_ref import STEM
from engine.project.project import DESIGN_COLOURS
from gui.state import edits
from gui.state.edit import Edit
from gui.state.focus import Focus
from gui.state.view_state import ViewState
from gui.window.actions.base import SEPARATOR, Action, CommandWindow, Menus, always


def _on_design(state: ViewState) -> bool:
    return state.focus.design != STEM


_COLOUR_NAMES = ("Blue", "Orange", "Green", "Purple", "Yellow", "Light blue", "Grey")
"""Names of the colours of designs, which both themes have in this order."""


def _set_colour(colour: int, state: ViewState) -> Edit | None:
    if not _on_design(state) or _has_colour(colour, state):
        return None
    return edits.set_design_colour(state.project, state.focus.design, colour)


def _has_colour(colour: int, state: ViewState) -> bool:
    return state.colour_index(state.focus.design) == colour - 1


def _move(by: int, state: ViewState) -> Edit | None:
    """The selection stays, also if it is a layer of the design."""
    edit = edits.move_design(state.project, state.focus.design, by) if _on_design(state) else None
    return None if edit is None else replace(edit, focus=state.focus)


def _rename(window: CommandWindow) -> None:
    window.workbench.set_focus(Focus(window.workbench.state.focus.design))
    window.docks.bring_forward("designs")
    window.designs.edit_name()


DESIGN_ACTIONS: tuple[Action, ...] = (
    Action("add_design", "Add design", edit=lambda state: edits.add_design(state.project), allowed=always,
           tool_tip=lambda _: "Add an empty design"),
    Action("second_model", "Add model as design…", run=lambda window: window.second_model.choose(),
           tip="A second model, or the designs of a second project, on the same input: to be compared layer by layer"),
    Action("duplicate_design", "Duplicate design", "Ctrl+Shift+D", edit=edits.duplicate_selected_design,
           allowed=_on_design),
    Action("remove_design", "Remove design", edit=edits.remove_selected_design, allowed=_on_design),
    Action("rename_design", "Rename design", run=_rename, allowed=_on_design),
    Action("design_up", "Move design up", "Alt+Shift+Up", edit=partial(_move, -1),
           tip="All views have the designs in the order of the list"),
    Action("design_down", "Move design down", "Alt+Shift+Down", edit=partial(_move, 1),
           tip="All views have the designs in the order of the list"),
    Action("differences", "Show what differs", run=lambda window: window.parts.begin("differences"),
           tip="Layers and settings in which two designs differ, and what each difference costs"),
    Action("sweep", "Sweep settings…", run=lambda window: window.parts.begin("sweep"),
           tip="Counts and measures many designs that differ in a few settings"),
    Action("sweep_setting", "Sweep the focused setting…", run=lambda window: window.parts.sweep_setting(),
           tip="Adds an axis with values of the setting that has the keyboard focus to the view Sweep"),
    *(
        Action(f"colour_{colour}", name, edit=partial(_set_colour, colour),
               checked=partial(_has_colour, colour), group="colour", swatch=colour,
               tip="A design that has this colour gets that of the selected one")
        for colour, name in enumerate(_COLOUR_NAMES, 1)
    ),
)  # fmt: skip

DESIGN_MENUS: Menus = {
    "Design": ("add_design", "second_model", "duplicate_design", "remove_design", "rename_design", SEPARATOR,
               "design_up", "design_down", "Colour", SEPARATOR, "differences", "sweep", "sweep_setting"),
    "Colour": tuple(f"colour_{colour}" for colour in range(1, DESIGN_COLOURS + 1)),
}  # fmt: skip
