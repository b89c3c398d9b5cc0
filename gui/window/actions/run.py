"""Commands of the menu Run."""

from gui.state.view_state import ViewState
from gui.window.actions.base import Action, Menus


def _is_running(state: ViewState) -> bool:
    return state.run.progress is not None or bool(state.rank_search.busy_text)


RUN_ACTIONS: tuple[Action, ...] = (
    Action("run", "Run", "F5", "run", run=lambda window: window.workbench.run(),
           tip="Compute the volumes of all designs"),
    Action("cancel", "Cancel", "Esc", "stop", run=lambda window: window.workbench.cancel(), allowed=_is_running,
           tip="End the run or the rank search; its results so far stay"),
)  # fmt: skip

RUN_MENUS: Menus = {"Run": ("run", "cancel")}
