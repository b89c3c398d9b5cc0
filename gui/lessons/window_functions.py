"""Functions of expressions about the state of the window, for the conditions of tasks."""

from collections.abc import Callable

from engine.expressions.arithmetic import Value
from engine.expressions.faults import ExpressionError, NotKnownYetError
from engine.text.messages import suggestion, value_text
from gui.catalogue.panels import PANELS
from gui.catalogue.views import VIEW_IDS
from gui.lessons.facts import Facts, WindowFacts
from gui.state.cameras import CAMERA_VIEWS

DOCK_IDS = (*VIEW_IDS, *(row.id for row in PANELS))
"""Ids of all views and panels."""


def _window(facts: Facts) -> WindowFacts:
    if facts.window is None:
        raise NotKnownYetError
    return facts.window


def _selected(facts: Facts, ref: str) -> Value:
    at, focus = facts.locate(ref), _window(facts).state.focus
    return at.facts is facts.own and (focus.design == at.design if at.node is None else focus.ref == at.ref)


def _selected_map(facts: Facts) -> Value:
    return _window(facts).state.focus.channel


def _selected_value(facts: Facts) -> Value:
    return _window(facts).state.focus.pixel


def _visible(facts: Facts, view: str) -> Value:
    if view not in DOCK_IDS:
        raise ExpressionError(f"there is no view or panel {value_text(view)}; {suggestion(view, DOCK_IDS)}")
    return view in _window(facts).views


def _metric(facts: Facts) -> Value:
    return _window(facts).state.look.metric


def _rule(facts: Facts) -> Value:
    return _window(facts).state.look.convention.id


def _camera(facts: Facts) -> Value:
    look = _window(facts).state.look
    return next((name for name, angles in CAMERA_VIEWS.items() if angles == (look.yaw, look.pitch)), "")


def _open(facts: Facts, ref: str) -> Value:
    at = facts.locate(ref)
    if at.facts.check.block(at.ref) is None:
        raise ExpressionError(f"{ref} is no block")
    return at.facts is facts.own and _window(facts).state.is_open(at.ref)


def _has_run(facts: Facts) -> Value:
    state = _window(facts).state
    results = state.run.results
    keys = state.check.keys
    refs = [ref for ref in state.check.reports if ref in keys and state.check.block(ref) is None]
    return bool(refs) and all(ref in results and results[ref].key == keys[ref] for ref in refs)


def _rank(facts: Facts) -> Value:
    search = _window(facts).state.rank_search
    if search.curve is not None and search.rank_index is not None:
        return search.curve.ranks[search.rank_index][0]
    return None if search.query is None or search.query.ranks is None else search.query.ranks[0]


WINDOW_FUNCTIONS: tuple[tuple[str, Callable[..., Value], str, str], ...] = (
    ("selected", _selected, "whether a layer is selected, or anything in a design", "text"),
    ("selected_map", _selected_map, "the selected map, from 0", "short"),
    ("selected_value", _selected_value, "the selected value in its map, (y, x), from 0", "text"),
    ("visible", _visible, "whether a view or panel is open", "text"),
    ("metric", _metric, "the id of the metric of bars and totals", "text"),
    ("rule", _rule, "the id of the counting rule", "text"),
    ("camera", _camera, "the name of the camera; '' between them", "text"),
    ("open", _open, "whether a block is drawn as its layers", "text"),
    ("has_run", _has_run, "whether all layers have run with the current settings", "text"),
    ("rank", _rank, "the rank that is selected in the view Bottleneck", "short"),
)
