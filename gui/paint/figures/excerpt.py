"""A part of a project as a state of its own: what the figures of volumes draw."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from engine.cost.metrics import Amount, Metric
from engine.network.analysis import Analysis, Report
from engine.network.graph import INPUT, Network
from engine.project.project import Design
from engine.run.check import NodeRef
from gui.state.view_state import Focus, ViewState


class FigurePart(Struct, frozen=True):
    """Layers of a design that one panel shows, in an order in which they can run.

    What they receive from outside is INPUT, the volume at `received`. Layers of a panel that is not part of the project
    have no values: `counted_only`.
    """

    title: str
    design: str
    reports: tuple[Report, ...]
    input_ref: NodeRef
    is_counted_only: bool = False

    def total_amount(self, state: ViewState, metric: Metric) -> Amount | None:
        """Of all its layers, those that are not drawn among them."""
        subjects = [subject for report in self.reports for subject in state.costs.costed(self.design, report)]
        return metric.amount(subjects)


class Excerpt(ViewState, frozen=True, eq=False):
    """A state whose designs are parts of another's.

    Volumes that elementwise layers only rewrite are not drawn: that of the layer before stands for them and has their
    values.
    """

    original_refs: Mapping[NodeRef, NodeRef] = {}
    """Where each volume comes from in the whole project."""
    design_indices: Mapping[str, int] = {}
    """The position of each part's design; -1 for what is not part of the project."""
    hidden_kinds: tuple[str, ...] = ()
    """What is not drawn: "relu", "batch norm"."""

    def _source(self, place: NodeRef) -> NodeRef:
        return self.original_refs.get(place, place)

    def design_index(self, design: str) -> int:
        return self.design_indices.get(design, -1)


def make_excerpt(state: ViewState, parts: Sequence[FigurePart]) -> Excerpt:
    """The state that shows these parts as its designs, by their titles."""
    analyses: dict[str, Analysis] = {}
    places: dict[NodeRef, NodeRef] = {}
    hidden: dict[str, None] = {}
    for part in parts:
        reports, drawn = drop_elementwise(part.reports)
        last = {drawn[report.name]: report.name for report in part.reports}
        prefix = _common_prefix([report.name for report in reports])
        shape = next((r.input_shapes[r.inputs.index(INPUT)] for r in reports if INPUT in r.inputs), None)
        analyses[part.title] = Analysis(shape, _strip_prefix(reports, prefix), None, None)
        places[part.title, INPUT] = state.volume_at(part.input_ref).source
        for report in reports:
            name = "" if part.is_counted_only else last[report.name]
            places[part.title, report.name.removeprefix(prefix)] = state.volume_at((part.design, name)).source
        hidden |= dict.fromkeys(
            report.layer.label().lower() for report in part.reports if drawn[report.name] != report.name
        )
    known = {(title, report.name): report for title, made in analyses.items() for report in made.reports}
    return Excerpt(
        replace(state.project, designs=tuple(Design(part.title, Network()) for part in parts)),
        replace(state.check, analyses=analyses, reports=known, problems=()),
        state.run,
        _excerpt_focus(state, places),
        state.look,
        original_refs=places,
        design_indices={part.title: -1 if part.is_counted_only else state.design_index(part.design) for part in parts},
        hidden_kinds=tuple(hidden),
    )


def drop_elementwise(reports: Sequence[Report]) -> tuple[tuple[Report, ...], dict[str, str]]:
    """The layers without those that rewrite the volume of another one, which nothing else reads.

    With them, by the name of every layer, the one that is drawn for it.
    """
    kept: dict[str, Report] = {}
    drawn = {INPUT: INPUT}
    users = Counter(name for report in reports for name in report.inputs)
    for report in reports:
        source = drawn.get(report.inputs[0], "") if report.inputs else ""
        if report.layer.role == "elementwise" and source in kept and users[report.inputs[0]] == 1:
            drawn[report.name] = source
            continue
        inputs = tuple([drawn.get(name, name) for name in report.inputs])
        kept[report.name] = replace(report, inputs=inputs, block=None)
        drawn[report.name] = report.name
    return tuple(kept.values()), drawn


def _common_prefix(names: Sequence[str]) -> str:
    """What the names of a block's layers begin with: "inception_3a/"."""
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


def rename_source_to_input(reports: Iterable[Report], received: str) -> tuple[Report, ...]:
    """Layers whose input from outside, the volume called `received`, is INPUT."""
    return tuple(
        replace(report, inputs=tuple([INPUT if name == received else name for name in report.inputs]))
        for report in reports
    )


def _excerpt_focus(state: ViewState, places: Mapping[NodeRef, NodeRef]) -> Focus:
    """The chosen channel, where its volume is drawn."""
    chosen = state.volume_at(state.focus.ref).source
    drawn = next((place for place, source in places.items() if source == chosen), None)
    return Focus() if drawn is None else Focus(*drawn, state.focus.channel)
