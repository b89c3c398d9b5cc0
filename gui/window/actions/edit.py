"""Commands of the menu Edit besides undo and redo, which Qt makes: the history, and fixes of mistakes."""

from PySide6.QtGui import QKeySequence

from gui.state import edits
from gui.state.view_state import ViewState
from gui.window.actions.base import SEPARATOR, Action, CommandWindow, Menus

_KEYS = QKeySequence.StandardKey


def _fix_tip(state: ViewState) -> str:
    """``Fix mistake: groups 6 (Ctrl+.)``."""
    words = next((f": {fix.text[:1].lower()}{fix.text[1:]}" for _, fix in edits.fixes_at(state, state.focus.ref)), "")
    return f"Fix mistake{words or ': the selected layer has none that a value corrects'} (Ctrl+.)"


def _find(window: CommandWindow) -> None:
    window.docks.bring_forward("designs")
    window.designs.find_bar.open_find()


def _has_found(state: ViewState) -> bool:
    return bool(state.found)


def _is_editable(state: ViewState) -> bool:
    return edits.own_selection(state) is not None


EDIT_ACTIONS: tuple[Action, ...] = (
    Action("cut", "Cut", _KEYS.Cut, run=lambda window: window.clipboard.cut(), is_local=True,
           allowed=_is_editable, tip="The selected layers, or the design, as text of a project file"),
    Action("copy", "Copy", _KEYS.Copy, run=lambda window: window.clipboard.copy(), allowed=edits.can_copy,
           is_local=True, tip="The selected layers, or the design, as text of a project file"),
    Action("paste", "Paste", _KEYS.Paste, run=lambda window: window.clipboard.paste(), is_local=True,
           tip="Layers or designs after the selection; a photo or a file as the input"),
    Action("copy_picture", "Copy picture of the view", "Ctrl+Shift+C", run=lambda window: window.parts.copy_picture(),
           tip="The view that has the focus, otherwise the volumes"),
    Action("find", "Find layers…", "Ctrl+F", run=_find, tip="By name, kind or setting, in all designs"),
    Action("find_next", "Find next", "F3", run=lambda window: window.designs.go_to_found(1), allowed=_has_found,
           disabled_tip="look for something first (Ctrl+F)"),
    Action("find_previous", "Find previous", "Shift+F3", run=lambda window: window.designs.go_to_found(-1),
           allowed=_has_found, disabled_tip="look for something first (Ctrl+F)"),
    Action("show_history", "History", "Ctrl+Shift+H", run=lambda window: window.parts.begin("history"),
           tip="The steps that undo and redo lead to"),
    Action("fix", "Fix mistake", "Ctrl+.", edit=edits.fix_selection, tool_tip=_fix_tip),
)  # fmt: skip

EDIT_MENUS: Menus = {
    "Edit": ("undo", "redo", "show_history", SEPARATOR, "cut", "copy", "paste", "copy_picture", "copy_view", SEPARATOR,
             "find", "find_next", "find_previous", SEPARATOR, "fix"),
}  # fmt: skip
