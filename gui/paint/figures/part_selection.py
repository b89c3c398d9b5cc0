"""Selects the layers that a figure shows: all of short designs, the relevant part of long ones."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from engine.layers.windows import pair
from engine.low_rank.forms import as_convolution
from engine.network.analysis import Analysis, Report, analyze, fold_blocks
from engine.network.graph import INPUT, Network, Node
from engine.network.node_ref import STEM
from engine.text.problems import Problem, ProjectError
from gui.paint.figures.excerpt import FigurePart, drop_elementwise, rename_source_to_input
from gui.paint.volumes.design_graph import DesignGraph, build_design_graph
from gui.state.comparison import compared_pair
from gui.state.view_state import ViewState

_SHORT = 5
"""Most layers, without elementwise ones, of a chain that is shown whole."""


def compared_designs(state: ViewState, figure: str) -> list[str]:
    """The two designs that a figure compares: those chosen in a view, else the first with layers and that of the focus.

    Without a choice, and with the focus in one of the first two designs with layers, these.

    Raises
    ------
    ProjectError
        No design has layers, or those to be drawn have mistakes.
    """
    names = [design.name for design in state.project.designs]
    nonempty = [name for name in names if state.check.analyses[name].reports]
    if not nonempty:
        what = f"design {names[0]!r} has no layers: add one" if names else "the project has no design: add one"
        raise ProjectError([Problem(f"{figure} has nothing to draw; {what}", "")])
    focus_design = state.focus.design
    designs = nonempty[:2] if focus_design not in nonempty[2:] else [nonempty[0], focus_design]
    chosen = state.look.pair
    if chosen is not None and chosen == compared_pair(state) and set(chosen) <= set(nonempty):
        designs = list(chosen)
    problems = [problem for problem in state.check.problems if problem.design in (None, STEM, *designs)]
    if problems:
        text = f"{figure} draws designs without mistakes; fix the following"
        raise ProjectError([Problem(text, ""), *problems])
    return designs


# A design, or its module with branches


def _whole_design_part(state: ViewState, design: str) -> FigurePart:
    """All layers of a design."""
    return FigurePart(design, design, state.check.analyses[design].reports, (design, INPUT))


def _is_short_chain(part: FigurePart) -> bool:
    """Whether a part is a chain of few layers, skip connections aside."""
    graph = _part_graph(part)
    return len(graph.vertices) <= _SHORT + 1 and all(len(column) == 1 for column in graph.grid.columns)


def find_branch_module(state: ViewState, design: str) -> FigurePart | None:
    """The module with branches that contains the focus, else the first of a design, if any."""
    part = _whole_design_part(state, design)
    modules = [_sub_part(part, reports) for reports in _find_modules(part)]
    return next((module for module in modules if _is_in_focus(state, module)), modules[0] if modules else None)


def closed_chain_part(state: ViewState, design: str) -> FigurePart:
    """A design with its blocks closed or open as in the window."""
    return FigurePart(design, design, state.visible_analysis(design).reports, (design, INPUT))


def _find_modules(part: FigurePart) -> Iterator[tuple[Report, ...]]:
    """The layers between two volumes that all connections pass through, including those that join the branches."""
    graph = _part_graph(part)
    for section in graph.grid.sections:
        if section.start not in graph.grid.lone_columns:
            columns = graph.grid.columns[section.start : section.stop + 1]
            yield _with_elementwise(
                part.reports, {graph.vertices[vertex].name for column in columns for vertex in column}
            )


def _with_elementwise(reports: Sequence[Report], names: set[str]) -> tuple[Report, ...]:
    """The layers of these names, and the elementwise ones that they represent."""
    _, representatives = drop_elementwise(reports)
    return tuple([report for report in reports if representatives[report.name] in names])


def _sub_part(part: FigurePart, reports: tuple[Report, ...]) -> FigurePart:
    """Some layers of a part, titled by their block or by the last of them."""
    inside = {report.name for report in reports}
    source = next(name for report in reports for name in report.inputs if name not in inside)
    blocks = {report.block for report in reports}
    block = next(iter(blocks)) if len(blocks) == 1 else None
    title = part.design if len(reports) == len(part.reports) else f"{part.design} · {block or reports[-1].name}"
    return FigurePart(title, part.design, rename_source_to_input(reports, source), (part.design, source))


def _is_in_focus(state: ViewState, part: FigurePart) -> bool:
    design, node = state.focus.ref
    names = {report.name for report in part.reports} | {report.block for report in part.reports}
    return design == part.design and node in names


def _part_graph(part: FigurePart) -> DesignGraph:
    shape = part.reports[0].input_shapes[0] if part.reports else None
    return build_design_graph(Analysis(shape, drop_elementwise(part.reports)[0]), {})


# A convolution, and the 1×1 before it


class _ReducedConv(NamedTuple):
    """A 1×1 convolution that reduces the channels before a larger one, and the MACs that it saves."""

    design: str
    reduce: Report
    conv: Report
    expand: Report | None
    """A 1×1 after it that adds channels again."""
    saving: float


def one_by_one_parts(state: ViewState, figure: str) -> tuple[FigurePart, ...]:
    """Short designs whole; of long ones a 1×1 with the convolution after it, preceded by the same one without it."""
    names = compared_designs(state, figure)
    parts = [_whole_design_part(state, name) for name in names]
    if all(map(_is_short_chain, parts)):
        return tuple(parts)
    pairs = [reduced for name in names for reduced in _find_reduced_convs(state, name)]
    pairs_in_focus = [reduced for reduced in pairs if _contains_focus(state, reduced)]
    if not pairs:
        return tuple(part if _is_short_chain(part) else _neighbourhood(state, part.design) for part in parts)
    best = max(pairs_in_focus or pairs, key=lambda reduced: reduced.saving)
    plain = () if best.expand else (_without_reduction(state, best, names),)
    return (*plain, _with_reduction(state, best))


def _find_reduced_convs(state: ViewState, design: str) -> Iterator[_ReducedConv]:
    reports = state.check.analyses[design].reports
    remaining, _ = drop_elementwise(reports)
    reports_by_name = {report.name: report for report in remaining}
    readers: dict[str, list[Report]] = {}
    for report in remaining:
        for name in report.inputs:
            readers.setdefault(name, []).append(report)
    for conv in remaining:
        reduce = reports_by_name.get(conv.inputs[0])
        if not (_is_conv(conv, larger=True) and reduce is not None and _is_conv(reduce, larger=False)):
            continue
        narrow, wide = reduce.output_shape, reduce.input_shapes[0]
        if narrow is None or wide is None or narrow.channels >= wide.channels or narrow[1:] != wide[1:]:
            continue
        after = readers.get(conv.name, [])
        expand = after[0] if len(after) == 1 and _is_conv(after[0], larger=False) and _widens(after[0]) else None
        saving = (conv.macs or 0) * (wide.channels / narrow.channels - 1) - (reduce.macs or 0)
        yield _ReducedConv(design, reduce, conv, expand, saving)


def _is_conv(report: Report, *, larger: bool) -> bool:
    layer = as_convolution(report.layer)
    if layer is None or layer.groups != 1:
        return False
    return max(pair(layer.kernel)) > 1 if larger else pair(layer.kernel) == (1, 1) == pair(layer.stride)


def _widens(report: Report) -> bool:
    input_shape, output_shape = report.input_shapes[0], report.output_shape
    return input_shape is not None and output_shape is not None and output_shape.channels > input_shape.channels


def _contains_focus(state: ViewState, reduced: _ReducedConv) -> bool:
    """Whether the focus is one of its layers, or their block."""
    design, node = state.focus.ref
    layers = [report for report in (reduced.reduce, reduced.conv, reduced.expand) if report is not None]
    origins = {state.check.reports[reduced.design, report.name].block for report in layers}
    return design == reduced.design and node in {report.name for report in layers} | origins


def _with_reduction(state: ViewState, reduced: _ReducedConv) -> FigurePart:
    last = reduced.expand or reduced.conv
    return _chain_between(state, reduced.design, reduced.reduce.name, last.name)


def _without_reduction(state: ViewState, reduced: _ReducedConv, names: Sequence[str]) -> FigurePart:
    """The same convolution on the input of the 1×1: that of another design, else one that is counted but not run."""
    for design in names:
        for report in () if design == reduced.design else state.check.analyses[design].reports:
            if report.layer == reduced.conv.layer and report.input_shapes == reduced.reduce.input_shapes:
                return _chain_between(state, design, report.name, report.name)
    reports = analyze(Network((Node(reduced.conv.name, reduced.conv.layer),)), reduced.reduce.input_shapes[0]).reports
    source_ref = reduced.design, _input_name(state, reduced)
    return FigurePart("without the 1×1", reduced.design, reports, source_ref, is_counted_only=True)


def _input_name(state: ViewState, reduced: _ReducedConv) -> str:
    return state.check.reports[reduced.design, reduced.reduce.name].inputs[0]


def _chain_between(state: ViewState, design: str, first: str, last: str) -> FigurePart:
    """The layers of a chain from `first` to `last`, with the elementwise ones after it."""
    reports = state.check.analyses[design].reports
    reports_by_name = {report.name: report for report in drop_elementwise(reports)[0]}
    names = [last]
    while names[-1] != first:
        names.append(reports_by_name[names[-1]].inputs[0])
    inside = _with_elementwise(reports, set(names))
    source = inside[0].inputs[0]
    title = design if len(inside) == len(reports) else f"{design} · {last}"
    return FigurePart(title, design, rename_source_to_input(inside, source), (design, source))


def _neighbourhood(state: ViewState, design: str) -> FigurePart:
    """The layer in focus, or the most expensive one, with the layers directly before and after it."""
    reports = fold_blocks(state.check.analyses[design], state.check.analyses[design].blocks).reports
    candidates = [report for report in drop_elementwise(reports)[0] if len(report.inputs) == 1]
    focus = state.focus.ref
    focus_report = next((report for report in candidates if (design, report.name) == focus), None)
    middle = focus_report or max(candidates, key=lambda report: report.macs or 0)
    before = next((report for report in candidates if (report.name,) == middle.inputs), None)
    after = next((report for report in candidates if report.inputs == (middle.name,)), None)
    inside = _with_elementwise(reports, {report.name for report in (before, middle, after) if report is not None})
    first = inside[0].inputs[0]
    title = design if len(inside) == len(reports) else f"{design} · {middle.name}"
    return FigurePart(title, design, rename_source_to_input(inside, first), (design, first))
