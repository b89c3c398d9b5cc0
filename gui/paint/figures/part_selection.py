"""Which layers of a project a figure shows: of short designs all, of long ones what it is about."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from engine.layers.windows import pair
from engine.low_rank.convolution import as_convolution
from engine.network.analysis import Analysis, Report, analyze, fold_blocks
from engine.network.graph import INPUT, Network, Node
from engine.text.problems import STEM, Problem, ProjectError
from gui.paint.figures.excerpt import FigurePart, drop_elementwise, rename_source_to_input
from gui.paint.volumes.design_graph import DesignGraph, build_design_graph
from gui.state.view_state import ViewState

_SHORT = 5
"""Layers, the elementwise ones apart, that a chain has at most to be shown whole."""


def compared_designs(state: ViewState, figure: str) -> list[str]:
    """The two designs that a figure compares: the first ones that have layers, or the chosen one with the first.

    Raises
    ------
    ProjectError
        There is none, or what would be drawn has mistakes.
    """
    names = [design.name for design in state.project.designs]
    known = [name for name in names if state.check.analyses[name].reports]
    if not known:
        what = f"design {names[0]!r} has no layers: add one" if names else "the project has no design: add one"
        raise ProjectError([Problem(f"there is nothing that {figure} could draw; {what}", "")])
    chosen = state.focus.design
    found = known[:2] if chosen not in known[2:] else [known[0], chosen]
    wrong = [problem for problem in state.check.problems if problem.design in (None, STEM, *found)]
    if wrong:
        told = f"{figure} draws designs without mistakes; mend what follows"
        raise ProjectError([Problem(told, ""), *wrong])
    return found


# A design, or its module with branches


def whole_design_part(state: ViewState, design: str) -> FigurePart:
    """All layers of a design."""
    return FigurePart(design, design, state.check.analyses[design].reports, (design, INPUT))


def is_short_chain(part: FigurePart) -> bool:
    """Whether a part is a chain of few layers; connections that skip some do not matter."""
    drawn = _part_graph(part)
    return len(drawn.vertices) <= _SHORT + 1 and all(len(column) == 1 for column in drawn.columns)


def find_branch_module(state: ViewState, design: str) -> FigurePart | None:
    """The module with branches that is chosen, else the first one of a design; None where there is none."""
    part = whole_design_part(state, design)
    found = [_sub_part(part, reports) for reports in _find_modules(part)]
    return next((module for module in found if _is_chosen(state, module)), found[0] if found else None)


def closed_chain_part(state: ViewState, design: str) -> FigurePart:
    """A design whose blocks are closed as they are in the window."""
    return FigurePart(design, design, state.visible_analysis(design).reports, (design, INPUT))


def _find_modules(part: FigurePart) -> Iterator[tuple[Report, ...]]:
    """The layers between two volumes that all connections pass, with those that join them again."""
    shown = _part_graph(part)
    for section in shown.sections:
        if section.start not in shown.lone_columns:
            columns = shown.columns[section.start : section.stop + 1]
            yield _with_elementwise(
                part.reports, {shown.vertices[vertex].name for column in columns for vertex in column}
            )


def _with_elementwise(reports: Sequence[Report], names: set[str]) -> tuple[Report, ...]:
    """The layers of these names, and the elementwise ones that are drawn with them."""
    _, drawn = drop_elementwise(reports)
    return tuple([report for report in reports if drawn[report.name] in names])


def _sub_part(part: FigurePart, reports: tuple[Report, ...]) -> FigurePart:
    """Some layers of a part, titled by the block that they are, or by the last of them."""
    inside = {report.name for report in reports}
    received = next(name for report in reports for name in report.inputs if name not in inside)
    blocks = {report.block for report in reports}
    block = next(iter(blocks)) if len(blocks) == 1 else None
    title = part.design if len(reports) == len(part.reports) else f"{part.design} · {block or reports[-1].name}"
    return FigurePart(title, part.design, rename_source_to_input(reports, received), (part.design, received))


def _is_chosen(state: ViewState, part: FigurePart) -> bool:
    design, node = state.focus.ref
    names = {report.name for report in part.reports} | {report.block for report in part.reports}
    return design == part.design and node in names


def _part_graph(part: FigurePart) -> DesignGraph:
    shape = part.reports[0].input_shapes[0] if part.reports else None
    return build_design_graph(Analysis(shape, drop_elementwise(part.reports)[0], None, None), {})


# A convolution, and the 1×1 before it


class ReducedConv(NamedTuple):
    """A 1×1 convolution that reduces the channels before a larger one, and what it saves."""

    design: str
    reduce: Report
    conv: Report
    expand: Report | None
    """A 1×1 after it that widens again."""
    saving: float


def one_by_one_parts(state: ViewState, figure: str) -> tuple[FigurePart, ...]:
    """Short designs whole; of long ones a 1×1 with the convolution behind it, below the same one without it."""
    names = compared_designs(state, figure)
    parts = [whole_design_part(state, name) for name in names]
    if all(map(is_short_chain, parts)):
        return tuple(parts)
    pairs = [found for name in names for found in _find_reduced_convs(state, name)]
    chosen = [found for found in pairs if _contains_focus(state, found)]
    if not pairs:
        return tuple(part if is_short_chain(part) else _neighbourhood(state, part.design) for part in parts)
    best = max(chosen or pairs, key=lambda found: found.saving)
    plain = () if best.expand else (_without_reduction(state, best, names),)
    return (*plain, _with_reduction(state, best))


def _find_reduced_convs(state: ViewState, design: str) -> Iterator[ReducedConv]:
    reports = state.check.analyses[design].reports
    kept, _ = drop_elementwise(reports)
    known = {report.name: report for report in kept}
    readers: dict[str, list[Report]] = {}
    for report in kept:
        for name in report.inputs:
            readers.setdefault(name, []).append(report)
    for conv in kept:
        reduce = known.get(conv.inputs[0])
        if not (_is_conv(conv, larger=True) and reduce is not None and _is_conv(reduce, larger=False)):
            continue
        narrow, wide = reduce.output_shape, reduce.input_shapes[0]
        if narrow is None or wide is None or narrow.channels >= wide.channels or narrow[1:] != wide[1:]:
            continue
        after = readers.get(conv.name, [])
        expand = after[0] if len(after) == 1 and _is_conv(after[0], larger=False) and _widens(after[0]) else None
        saving = (conv.macs or 0) * (wide.channels / narrow.channels - 1) - (reduce.macs or 0)
        yield ReducedConv(design, reduce, conv, expand, saving)


def _is_conv(report: Report, *, larger: bool) -> bool:
    layer = as_convolution(report.layer)
    if layer is None or layer.groups != 1:
        return False
    return max(pair(layer.kernel)) > 1 if larger else pair(layer.kernel) == (1, 1) == pair(layer.stride)


def _widens(report: Report) -> bool:
    received, given = report.input_shapes[0], report.output_shape
    return received is not None and given is not None and given.channels > received.channels


def _contains_focus(state: ViewState, found: ReducedConv) -> bool:
    """Whether the choice is one of its layers, or their block."""
    design, node = state.focus.ref
    layers = [report for report in (found.reduce, found.conv, found.expand) if report is not None]
    origins = {state.check.reports[found.design, report.name].block for report in layers}
    return design == found.design and node in {report.name for report in layers} | origins


def _with_reduction(state: ViewState, found: ReducedConv) -> FigurePart:
    last = found.expand or found.conv
    return _chain_between(state, found.design, found.reduce.name, last.name)


def _without_reduction(state: ViewState, found: ReducedConv, names: Sequence[str]) -> FigurePart:
    """The same convolution on what the 1×1 receives: another design's, else counted without being run."""
    for design in names:
        for report in () if design == found.design else state.check.analyses[design].reports:
            if report.layer == found.conv.layer and report.input_shapes == found.reduce.input_shapes:
                return _chain_between(state, design, report.name, report.name)
    reports = analyze(Network((Node(found.conv.name, found.conv.layer),)), found.reduce.input_shapes[0]).reports
    received = found.design, _input_name(state, found)
    return FigurePart("without the 1×1", found.design, reports, received, is_counted_only=True)


def _input_name(state: ViewState, found: ReducedConv) -> str:
    return state.check.reports[found.design, found.reduce.name].inputs[0]


def _chain_between(state: ViewState, design: str, first: str, last: str) -> FigurePart:
    """The layers from one to another of a chain, with the elementwise ones behind."""
    reports = state.check.analyses[design].reports
    known = {report.name: report for report in drop_elementwise(reports)[0]}
    names = [last]
    while names[-1] != first:
        names.append(known[names[-1]].inputs[0])
    inside = _with_elementwise(reports, set(names))
    received = inside[0].inputs[0]
    title = design if len(inside) == len(reports) else f"{design} · {last}"
    return FigurePart(title, design, rename_source_to_input(inside, received), (design, received))


def _neighbourhood(state: ViewState, design: str) -> FigurePart:
    """The chosen layer, or the dearest one, between what comes before and after it."""
    reports = fold_blocks(state.check.analyses[design], state.check.analyses[design].blocks).reports
    kept = [report for report in drop_elementwise(reports)[0] if len(report.inputs) == 1]
    focus = state.focus.ref
    chosen = next((report for report in kept if (design, report.name) == focus), None)
    middle = chosen or max(kept, key=lambda report: report.macs or 0)
    before = next((report for report in kept if (report.name,) == middle.inputs), None)
    after = next((report for report in kept if report.inputs == (middle.name,)), None)
    inside = _with_elementwise(reports, {report.name for report in (before, middle, after) if report is not None})
    first = inside[0].inputs[0]
    title = design if len(inside) == len(reports) else f"{design} · {middle.name}"
    return FigurePart(title, design, rename_source_to_input(inside, first), (design, first))
