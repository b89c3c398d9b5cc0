"""Commands of the menu Count: the metric of bars, tables and arrows, and the counting rule."""

from functools import partial

from msgspec.structs import replace

from engine.cost.counting import CONVENTIONS, FLOPS, MACS, Convention
from engine.cost.metrics import METRICS, OPERATIONS
from gui.state.look import Look
from gui.state.view_state import ViewState
from gui.window.actions.base import SEPARATOR, Action, Menus

TOOL_CONVENTIONS = tuple(rule for rule in CONVENTIONS if rule not in (MACS, FLOPS))
"""Counting rules without a metric of their own."""


def _shows(metric: str, state: ViewState) -> bool:
    return state.look.metric == metric


def _show(metric: str, state: ViewState) -> Look:
    return replace(state.look, metric=metric)


def _counts_by(rule: Convention, state: ViewState) -> bool:
    return _shows(OPERATIONS, state) and state.look.convention.id == rule.id


def _count_by(rule: Convention, state: ViewState) -> Look:
    batch = state.look.convention.batch
    return replace(state.look, metric=OPERATIONS, convention=replace(rule, batch=batch))


COUNT_ACTIONS: tuple[Action, ...] = (
    *(
        Action(f"metric_{metric.id}", metric.title, look=partial(_show, metric.id), checked=partial(_shows, metric.id),
               group="counted", tip=metric.tip)
        for metric in METRICS
        if metric.id != OPERATIONS
    ),
    *(
        Action(f"count_{rule.id}", f"Operations {rule.title}", look=partial(_count_by, rule),
               checked=partial(_counts_by, rule), group="counted", tip=rule.source)
        for rule in TOOL_CONVENTIONS
    ),
    Action("counting", "Compare counting rules…", run=lambda window: window.workspaces.open_for("counting"),
           tip="One design counted by every rule, and a rule of your own"),
    Action("logarithmic", "Logarithmic bars", "Ctrl+L", checked=lambda state: state.look.logarithmic,
           look=lambda state: replace(state.look, logarithmic=not state.look.logarithmic)),
)  # fmt: skip

COUNT_MENUS: Menus = {
    "Count": (*(f"metric_{metric.id}" for metric in METRICS if metric.id != OPERATIONS), SEPARATOR,
              "Count by a rule", "counting", SEPARATOR, "logarithmic"),
    "Count by a rule": tuple(f"count_{rule.id}" for rule in TOOL_CONVENTIONS),
}  # fmt: skip
