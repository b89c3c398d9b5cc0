"""What the window shows in a step, as look and selection of a state."""

from typing import Any

from msgspec.structs import replace

from engine.cost.counting import CONVENTIONS
from engine.cost.metrics import OPERATIONS
from engine.expressions.faults import ExpressionError
from engine.network.node_ref import NodeRef
from gui.lessons.facts import ProjectFacts
from gui.lessons.lesson import Show
from gui.state.cameras import CAMERA_VIEWS
from gui.state.focus import Focus
from gui.state.initial_focus import initial_focus
from gui.state.look import Look
from gui.state.rank_search import RankQuery
from gui.state.view_state import ViewState

_LOOKS = ("metric", "blocks", "logarithmic", "colour_map", "order", "comparison", "pair", "detail", "zero_centred")
"""What `Show` and `Look` call the same; "" and None leave it as it is."""


def step_state(state: ViewState, show: Show) -> ViewState:
    """The state with which a step begins: the default look in the theme of the window, and what the step shows."""
    focus = initial_focus(state.project, state.check)
    return shown_state(replace(state, look=Look(theme=state.look.theme), focus=focus, query=""), show)


def shown_state(state: ViewState, show: Show) -> ViewState:
    """The state with what is to be shown; everything else stays. What the project has not is left out."""
    state = replace(state, look=_look(state.look, show))
    opened = frozenset(
        ref for text in show.open_blocks if (ref := _block(state, text)) is not None and not state.is_open(ref)
    )
    state = replace(state, look=replace(state.look, toggled_blocks=state.look.toggled_blocks ^ opened))
    state = replace(state, focus=_focus(state, show))
    if show.rank is None:
        return state
    query = RankQuery(state.focus.ref, ranks=(show.rank,))
    return replace(state, rank_search=replace(state.rank_search, query=query))


def _look(look: Look, show: Show) -> Look:
    changes: dict[str, Any] = {name: value for name in _LOOKS if (value := getattr(show, name)) not in ("", None)}
    if show.blocks:
        changes["toggled_blocks"] = frozenset()
    if show.camera in CAMERA_VIEWS:
        changes["yaw"], changes["pitch"] = CAMERA_VIEWS[show.camera]
    if show.edges is not None:
        changes["scale"] = show.edges
    rule = next((convention for convention in CONVENTIONS if convention.id == show.rule), None)
    if rule is not None:
        changes = {"metric": OPERATIONS, **changes, "convention": rule}
    return replace(look, **changes)


def _focus(state: ViewState, show: Show) -> Focus:
    ref = _locate(state, show.select) if show.select else state.focus.ref
    if ref is None:
        return state.focus
    focus = Focus(*state.visible_ref(ref)) if show.select else state.focus
    if show.map is None and show.value is None:
        return focus
    channel = show.map if show.map is not None else focus.channel or 0
    return replace(focus, channel=channel, pixel=focus.pixel if show.value is None else show.value, order_anchor=None)


def _block(state: ViewState, text: str) -> NodeRef | None:
    ref = _locate(state, text)
    return ref if ref is not None and state.check.block(ref) is not None else None


def _locate(state: ViewState, text: str) -> NodeRef | None:
    try:
        return ProjectFacts(state.project, state.check).locate(text).ref
    except ExpressionError:
        return None
