"""Excerpts: parts of a project as a state of their own, which the figures of volumes draw."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from engine.cost.metrics import Amount, Metric
from engine.network.analysis import Analysis, Report
from engine.network.graph import INPUT, Network
from engine.network.node_ref import NodeRef
from engine.project.project import Design
from gui.state.focus import Focus
from gui.state.run_view import NodeVolumes
from gui.state.view_state import ViewState


class FigurePart(Struct, frozen=True):
    """Layers of a design that one panel shows, in an order in which they can run.

    Their input from outside is INPUT, the volume at `input_ref`. Layers that are not part of the project
    (`is_counted_only`) have no values.
    """

    title: str
    design: str
    reports: tuple[Report, ...]
    input_ref: NodeRef
    is_counted_only: bool = False

    def total_amount(self, state: ViewState, metric: Metric) -> Amount | None:
        """Total of all layers, including those that are not drawn."""
        costed_layers = [
            costed_layer for report in self.reports for costed_layer in state.costs.costed(self.design, report)
        ]
        return metric.amount(costed_layers)


class Excerpt(ViewState, frozen=True, eq=False):
    """A state whose designs are parts of another state.

    Volumes behind elementwise layers are not drawn: the volume of the layer before represents them, with their values.
    """

    original_refs: Mapping[NodeRef, NodeRef] = {}
    """Origin of each volume in the whole project."""
    colour_indices: Mapping[str, int] = {}
    """Index of the colour of the design of each part; -1 if it is not part of the project."""
    hidden_kinds: tuple[str, ...] = ()
    """Kinds that are not drawn: "relu", "batch norm"."""

    @cached_property
    def _volumes(self) -> NodeVolumes:
        return NodeVolumes(self.check, self.run, self.original_refs)

    def colour_index(self, design: str) -> int:
        return self.colour_indices.get(design, -1)


def make_excerpt(state: ViewState, parts: Sequence[FigurePart]) -> Excerpt:
    """Make a state whose designs are these parts, named by their titles."""
    analyses: dict[str, Analysis] = {}
    original_refs: dict[NodeRef, NodeRef] = {}
    hidden: dict[str, None] = {}
    for part in parts:
        reports, representatives = drop_elementwise(part.reports)
        last = {representatives[report.name]: report.name for report in part.reports}
        prefix = _common_prefix([report.name for report in reports])
        shape = next(
            (report.input_shapes[report.inputs.index(INPUT)] for report in reports if INPUT in report.inputs), None
        )
        analyses[part.title] = Analysis(shape, _strip_prefix(reports, prefix))
        original_refs[part.title, INPUT] = state.volume_at(part.input_ref).source
        for report in reports:
            name = "" if part.is_counted_only else last[report.name]
            original_refs[part.title, report.name.removeprefix(prefix)] = state.volume_at((part.design, name)).source
        hidden |= dict.fromkeys(
            report.layer.label().lower() for report in part.reports if representatives[report.name] != report.name
        )
    reports_by_ref = {
        (title, report.name): report for title, analysis in analyses.items() for report in analysis.reports
    }
    return Excerpt(
        replace(state.project, designs=tuple(Design(part.title, Network()) for part in parts)),
        replace(state.check, analyses=analyses, reports=reports_by_ref, problems=()),
        state.run,
        _excerpt_focus(state, original_refs),
        state.look,
        original_refs=original_refs,
        colour_indices={part.title: -1 if part.is_counted_only else state.colour_index(part.design) for part in parts},
        hidden_kinds=tuple(hidden),
    )


def drop_elementwise(reports: Sequence[Report]) -> tuple[tuple[Report, ...], dict[str, str]]:
    """Drop elementwise layers whose source has no other reader.

    Also returns, by the name of every layer, the name of the layer that represents it in the drawing.
    """
    remaining: dict[str, Report] = {}
    representatives = {INPUT: INPUT}
    reader_counts = Counter(name for report in reports for name in report.inputs)
    for report in reports:
        source = representatives.get(report.inputs[0], "") if report.inputs else ""
        if report.layer.role == "elementwise" and source in remaining and reader_counts[report.inputs[0]] == 1:
            representatives[report.name] = source
            continue
        inputs = tuple([representatives.get(name, name) for name in report.inputs])
        remaining[report.name] = replace(report, inputs=inputs, block=None)
        representatives[report.name] = report.name
    return tuple(remaining.values()), representatives


def _common_prefix(names: Sequence[str]) -> str:
    """The prefix of the names of a block's layers: "inception_3a/"."""
    first = names[0].rpartition("/")[0] + "/" if names else ""
    return first if all(name.startswith(first) for name in names) and INPUT not in names else ""


def _strip_prefix(reports: Iterable[Report], prefix: str) -> tuple[Report, ...]:
    return tuple(
        replace(
            report,
            name=report.name.removeprefix(prefix),
            inputs=tuple([name.removeprefix(prefix) for name in report.inputs]),
        )
        for report in reports
    )


def rename_source_to_input(reports: Iterable[Report], source: str) -> tuple[Report, ...]:
    """Make the volume called `source` the INPUT of these layers."""
    return tuple(
        replace(report, inputs=tuple([INPUT if name == source else name for name in report.inputs]))
        for report in reports
    )


def _excerpt_focus(state: ViewState, original_refs: Mapping[NodeRef, NodeRef]) -> Focus:
    """The focus without its pixel, if its volume is drawn."""
    focus_source = state.volume_at(state.focus.ref).source
    focus_ref = next((ref for ref, source in original_refs.items() if source == focus_source), None)
    return Focus() if focus_ref is None else Focus(*focus_ref, state.focus.channel)
