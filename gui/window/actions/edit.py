"""Commands of the menu Edit besides undo and redo, which Qt makes: the history, and fixes of mistakes."""

from gui.state import edits
from gui.state.view_state import ViewState
from gui.window.actions.base import SEPARATOR, Action, Menus


def _fix_tip(state: ViewState) -> str:
    """``Fix mistake: groups 6 (Ctrl+.)``."""
    words = next((f": {fix.text[:1].lower()}{fix.text[1:]}" for _, fix in edits.fixes_at(state, state.focus.ref)), "")
    return f"Fix mistake{words or ': the selected layer has none that a value corrects'} (Ctrl+.)"


EDIT_ACTIONS: tuple[Action, ...] = (
    Action("show_history", "History", "Ctrl+Shift+H", run=lambda window: window.begin("history"),
           tip="The steps that undo and redo lead to"),
    Action("fix", "Fix mistake", "Ctrl+.", edit=edits.fix_selection, tool_tip=_fix_tip),
)  # fmt: skip

EDIT_MENUS: Menus = {"Edit": ("undo", "redo", "show_history", SEPARATOR, "fix")}
