"""Which designs and volumes are compared: these share a colour scale and the selected channel."""

from functools import lru_cache

from engine.cost.counting import Convention
from engine.cost.metrics import Costs, metric_by_id
from engine.network.alignment import align
from engine.network.node_ref import STEM, NodeRef
from engine.reports.differences import METRIC_IDS, DesignDifferences, compare_designs
from engine.run.check import ProjectCheck
from gui.state.view_state import ViewState, fold_analysis

_MOST_COMPARED = 4
"""Volumes side by side."""


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
    own = (metric.id,) if metric.is_of_layers else ()
    metric_ids = tuple(dict.fromkeys((*METRIC_IDS, *own)))
    closed = tuple(state.closed_blocks(design) for design in pair)
    return _compare(state.check, state.look.convention, pair, closed, metric_ids)


def layer_differences(state: ViewState) -> DesignDifferences | None:
    """What differs between the compared designs layer by layer, with all blocks open."""
    pair = compared_pair(state)
    return None if pair is None else _compare(state.check, state.look.convention, pair, (frozenset(),) * 2, METRIC_IDS)


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


def find_companions(state: ViewState, ref: NodeRef) -> tuple[NodeRef, ...]:
    """The nodes in other designs to compare with this one, at most one per design, in the order of the project.

    All of them agree on each other if the one in the first design has this node among its companions. A last volume
    that has not is compared with the last volumes of other designs all the same.
    """
    by_ref = _companions_by_ref(state.check)
    companions = by_ref.get(ref)
    if companions is None:
        companions = by_ref[ref] = _find_companions(state.check, ref)
    return companions


@lru_cache(maxsize=4)
def _companions_by_ref(_check: ProjectCheck) -> dict[NodeRef, tuple[NodeRef, ...]]:
    """The companions that have been found, since every box of the volumes asks whenever they are painted.

    By check, of which only the last few stay in memory.
    """
    return {}


def _find_companions(check: ProjectCheck, ref: NodeRef) -> tuple[NodeRef, ...]:
    if ref[0] == STEM or ref[0] not in check.analyses:
        return ()
    own = _group_of(check, ref)
    first = _group_of(check, next(iter(own)))
    group = first if ref in first else own
    return tuple(other for other in group if other != ref)


def _group_of(check: ProjectCheck, ref: NodeRef) -> tuple[NodeRef, ...]:
    """A node, its companions, and theirs, in the order of the project."""
    designs = [name for name in check.analyses if name != STEM]
    group = {ref[0]: ref}
    waiting = [ref]
    while waiting:
        node = waiting.pop(0)
        for design in designs:
            companion = None if design in group else _companion_in(check, node, design)
            if companion is not None:
                group[design] = companion
                waiting.append(companion)
    return tuple(group[design] for design in designs if design in group)


def _companion_in(check: ProjectCheck, ref: NodeRef, design: str) -> NodeRef | None:
    """The node of a design that is compared with this one, if any.

    A node of the same name and shape; or, for the last volume of a design, that of the other one if it has the same
    shape; or the node that corresponds to it by kind and position and has the same shape.
    """
    own, node = ref
    report = check.reports.get(ref)
    if report is None or report.output_shape is None:
        return None
    last = check.analyses[design].output if node == check.analyses[own].output else None
    candidates = (node, last, _corresponding(check, own, design).get(node))
    for name in candidates:
        other = None if name is None else check.reports.get((design, name))
        if other is not None and other.output_shape == report.output_shape:
            return design, other.name
    return None


@lru_cache(maxsize=16)
def _corresponding(check: ProjectCheck, first: str, second: str) -> dict[str, str]:
    """The layers of a design by the name of the layer of another one to which they correspond."""
    pairs = align(check.analyses[first].reports, check.analyses[second].reports)
    return {pair.first.name: pair.second.name for pair in pairs if pair.first is not None and pair.second is not None}


def compared_refs(state: ViewState) -> tuple[NodeRef, ...]:
    """The focus and its companions in the order of the project, so that selecting another one moves none.

    At most `_MOST_COMPARED`: then those of the pair whose differences are shown come first, and others in their order.
    """
    ref = state.focus.ref
    pair = compared_pair(state) or ()
    others = sorted(find_companions(state, ref), key=lambda other: other[0] not in pair)
    return tuple(sorted((ref, *others[: _MOST_COMPARED - 1]), key=lambda compared: _position(state, compared)))


def leading_ref(state: ViewState, ref: NodeRef) -> NodeRef:
    """The node, or the companion in the first design."""
    return min((ref, *find_companions(state, ref)), key=lambda compared: _position(state, compared))


def _position(state: ViewState, ref: NodeRef) -> int:
    """Position of the design of a node in the project; -1 for the stem."""
    return next((index for index, design in enumerate(state.project.designs) if design.name == ref[0]), -1)
