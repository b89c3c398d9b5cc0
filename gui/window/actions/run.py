"""Commands of the menu Run."""

from gui.state.view_state import ViewState
from gui.window.actions.base import SEPARATOR, Action, Menus
from gui.window.leave_out import has_map
from gui.window.onnx_check import has_model
from gui.window.photo_comparison import has_photo_pair


def _is_running(state: ViewState) -> bool:
    return state.run.progress is not None or bool(state.rank_search.busy_text)


RUN_ACTIONS: tuple[Action, ...] = (
    Action("run", "Run", "F5", "run", run=lambda window: window.workbench.run(),
           tip="Compute the volumes of all designs"),
    Action("cancel", "Cancel", "Esc", "stop", run=lambda window: window.workbench.cancel(), allowed=_is_running,
           tip="End the run or the rank search; its results so far stay"),
    Action("automatic_run", "Run automatically after edits", run=lambda window: window.automatic_run.toggle(),
           checked=lambda state: state.automatic.enabled,
           tip="After an edit, compute what takes less than about 0.3 s"),
    Action("leave_out", "Leave map out", run=lambda window: window.leave_out.start(), allowed=has_map,
           tip="Compute the design without the selected map, and say how its output changes",
           disabled_tip="select a map in Filters or in a volume"),
    Action("compare_photos", "Compare on photos…", run=lambda window: window.photo_comparison.choose(),
           allowed=has_photo_pair,
           tip="Two designs on every photo of a folder: dead maps, copies, and how often classifiers agree",
           disabled_tip="add a second design, and let both receive a photo"),
    Action("check_onnx", "Check against ONNX Runtime", run=lambda window: window.onnx_check.start(), allowed=has_model,
           tip="Compare every volume of the design with that of the model that it came from",
           disabled_tip="open an ONNX model; its weights must still be those of the file"),
)  # fmt: skip

RUN_MENUS: Menus = {
    "Run": ("run", "cancel", SEPARATOR, "automatic_run", SEPARATOR, "leave_out", "compare_photos", "check_onnx"),
}
