"""Which volumes of two designs are compared: they share a colour scale and the selected channel."""

from engine.network.node_ref import STEM, NodeRef
from gui.state.view_state import ViewState


def find_companion(state: ViewState, ref: NodeRef) -> NodeRef | None:
    """The node in another design to compare with this one, if any.

    A node of the same name and shape; or, for a design's last volume, another design's last volume of the same shape.
    """
    design, node = ref
    report = state.report(ref)
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
    """The focus and its companion in the order of the project, so that selecting the other one moves neither."""
    ref = state.focus.ref
    other = find_companion(state, ref)
    refs = (ref,) if other is None else (ref, other)
    return tuple(sorted(refs, key=lambda compared: _position(state, compared)))


def leading_ref(state: ViewState, ref: NodeRef) -> NodeRef:
    """The node, or its companion if that is in an earlier design."""
    other = find_companion(state, ref)
    return ref if other is None else min(ref, other, key=lambda compared: _position(state, compared))


def _position(state: ViewState, ref: NodeRef) -> int:
    """Position of the design of a node in the project; -1 for the stem."""
    return next((index for index, design in enumerate(state.project.designs) if design.name == ref[0]), -1)
