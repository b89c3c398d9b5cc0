"""Which designs and volumes are compared: these share a colour scale and the selected channel."""

from functools import lru_cache

from engine.cost.counting import Convention
from engine.cost.metrics import Costs, metric_by_id
from engine.network.node_ref import STEM, NodeRef
from engine.reports.differences import METRIC_IDS, DesignDifferences, compare_designs
from engine.run.check import ProjectCheck
from gui.state.view_state import ViewState, fold_analysis


def compared_pair(state: ViewState) -> tuple[str, str] | None:
    """The two designs whose differences are shown: those of the look, or the first two; None if there are fewer."""
    names = tuple(name for name in state.check.analyses if name != STEM)
    pair = state.look.pair
    if pair is not None and pair[0] != pair[1] and set(pair) <= set(names):
        return pair
    return (names[0], names[1]) if len(names) > 1 else None


def design_differences(state: ViewState) -> DesignDifferences | None:
    """What differs between the compared designs, with blocks as they are shown; None if there are no two designs."""
    pair = compared_pair(state)
    if pair is None:
        return None
    metric = metric_by_id(state.look.metric)
    shown = metric.is_additive and not metric.is_measured
    metric_ids = tuple(dict.fromkeys((*METRIC_IDS, *((metric.id,) if shown else ()))))
    closed = tuple(state.closed_blocks(design) for design in pair)
    return _compare(state.check, state.look.convention, pair, closed, metric_ids)


@lru_cache(maxsize=4)
def _compare(
    check: ProjectCheck,
    convention: Convention,
    pair: tuple[str, str],
    closed: tuple[frozenset[str], ...],
    metric_ids: tuple[str, ...],
) -> DesignDifferences:
    """Cached for all states that differ in nothing else; without times, so that a run does not compare anew."""
    analyses = {design: fold_analysis(check, design, blocks) for design, blocks in zip(pair, closed, strict=True)}
    return compare_designs(Costs(check, convention), *pair, analyses, metric_ids)


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
