"""Finds what a step shows or points at that its project or the window has not."""

from collections.abc import Collection, Iterator

from engine.expressions.faults import ExpressionError
from engine.rank_search import rank_search_refusal
from engine.text.messages import suggestion, value_text
from engine.text.problems import Problem
from gui.lessons.facts import Located, ProjectFacts
from gui.lessons.lesson import Show, Target
from gui.lessons.states import shown_state
from gui.state.view_state import ViewState

_NODE_TARGETS = ("box", "row", "bar")
_DOCK_TARGETS = ("view", "panel")
_VIEWS_OF_TARGETS = {"box": ("volumes",), "row": ("designs", "table", "paper"), "bar": ("bars",), "field": ("layer",)}
"""Where a frame around a target can be seen."""
_OTHER_FIELDS = ("name", "kind", "inputs", "weights")
"""Fields of the layer form beside the settings."""


def show_problems(
    state: ViewState, show: Show, place: str, views: Collection[str], commands: Collection[str] | None
) -> Iterator[Problem]:
    """What is wrong with what is shown of a state, with these views and panels open."""
    facts = ProjectFacts(state.project, state.check)
    if show.select:
        yield from _node_problems(facts, show.select, f"{place}.select")
    for number, text in enumerate(show.open_blocks):
        here = f"{place}.open_blocks[{number}]"
        located, problems = _located(facts, text, here)
        yield from problems
        if located is not None and facts.check.block(located.ref) is None:
            yield Problem(f"is {value_text(text)}, which is no block", here)
    yield from _pair_problems(state, show, place)
    result = shown_state(state, show)
    yield from _value_problems(result, show, place)
    yield from _rank_problems(result, show, f"{place}.rank")
    for number, target in enumerate(show.highlight):
        yield from _target_problems(result, views, target, f"{place}.highlight[{number}]", commands)


def _located(facts: ProjectFacts, text: str, place: str) -> tuple[Located | None, list[Problem]]:
    try:
        return facts.locate(text), []
    except ExpressionError as error:
        return None, [Problem(error.text, place)]


def _node_problems(facts: ProjectFacts, text: str, place: str) -> list[Problem]:
    return _located(facts, text, place)[1]


def _pair_problems(state: ViewState, show: Show, place: str) -> Iterator[Problem]:
    designs = [design.name for design in state.project.designs]
    for name in show.pair or ():
        if name not in designs:
            yield Problem(f"there is no design {value_text(name)}; {suggestion(name, designs)}", f"{place}.pair")


def _value_problems(state: ViewState, show: Show, place: str) -> Iterator[Problem]:
    shape = state.volume_at(state.focus.ref).shape
    if shape is None:
        return
    if show.map is not None and show.map >= shape.channels:
        yield Problem(f"is {show.map}; the maps of {shape} are 0 to {shape.channels - 1}", f"{place}.map")
    if show.value is not None and not (show.value[0] < shape.height and show.value[1] < shape.width):
        last = f"{shape.height - 1}, {shape.width - 1}"
        yield Problem(f"is {show.value[0]}, {show.value[1]}; the last value of {shape} is {last}", f"{place}.value")


def _rank_problems(state: ViewState, show: Show, place: str) -> Iterator[Problem]:
    if show.rank is None:
        return
    report = state.report(state.focus.ref)
    if refusal := rank_search_refusal(report):
        yield Problem(f"has no meaning for the layer that is selected: {refusal}", place)
    elif report is not None and show.rank > (most := report.array_shapes["weight"][1]):
        yield Problem(f"is {show.rank}; {report.name} reads {most} maps, and no more can be left between", place)


def _target_problems(
    state: ViewState, views: Collection[str], target: Target, place: str, commands: Collection[str] | None
) -> Iterator[Problem]:
    name, places = target.name, _VIEWS_OF_TARGETS.get(target.kind)
    if places is not None and not set(places) & set(views):
        needed = " or ".join(places)
        yield Problem(f"points at a {target.kind}, which is in none of the views of the step; add {needed}", place)
    if target.kind in _NODE_TARGETS:
        yield from _node_problems(ProjectFacts(state.project, state.check), name, place)
    elif target.kind in _DOCK_TARGETS and name not in views:
        yield Problem(f"points at {value_text(name)}, which is not among the views of the step", place)
    elif target.kind == "command" and commands is not None and name not in commands:
        yield Problem(f"there is no command {value_text(name)}; {suggestion(name, commands)}", place)
    elif target.kind == "field":
        report = state.report(state.focus.ref)
        if report is None:
            yield Problem(f"points at the field {value_text(name)}, but no layer is selected", place)
        elif name not in (fields := (*report.layer.__struct_fields__, *_OTHER_FIELDS)):
            yield Problem(f"{report.name} has no field {value_text(name)}; {suggestion(name, fields)}", place)
