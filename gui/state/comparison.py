"""Which volumes of two designs are compared: they are shown in one scale, and as the same channel."""

from engine.run.check import NodeRef
from engine.text.problems import STEM
from gui.state.view_state import ViewState


def find_companion(state: ViewState, place: NodeRef) -> NodeRef | None:
    """The place in another design that is worth comparing with this one, if any.

    A node of the same name and shape; or, for a design's last volume, another design's last volume of the same shape.
    """
    design, node = place
    report = state.report(place)
    if design == STEM or report is None or report.output_shape is None:
        return None
    others = [(name, analysis) for name, analysis in state.check.analyses.items() if name not in (STEM, design)]
    for name, _ in others:
        same = state.report((name, node))
        if same is not None and same.output_shape == report.output_shape:
            return name, node
    if node != state.check.analyses[design].output:
        return None
    for name, analysis in others:
        if analysis.reports and analysis.output_shape == report.output_shape:
            return name, analysis.output
    return None


def compared_refs(state: ViewState) -> tuple[NodeRef, ...]:
    """The chosen place and its companion, in the project's order, so that choosing the other moves neither."""
    place = state.focus.ref
    other = find_companion(state, place)
    places = (place,) if other is None else (place, other)
    return tuple(sorted(places, key=lambda shown: state.design_index(shown[0])))


def leading_ref(state: ViewState, place: NodeRef) -> NodeRef:
    """The place, or that of an earlier design which it is compared with."""
    other = find_companion(state, place)
    return place if other is None else min(place, other, key=lambda shown: state.design_index(shown[0]))
