"""The rows of the list of designs, as values computed from a state."""

from collections.abc import Sequence
from operator import attrgetter, itemgetter

from msgspec import Struct
from msgspec.structs import replace

from engine.blocks import Block
from engine.cost.metrics import metric_by_id
from engine.layers import Layer
from engine.network.analysis import Analysis, Report
from engine.network.graph import INPUT, Network
from engine.network.node_ref import STEM, NodeRef
from engine.text.names import name_within
from engine.text.units import count_text
from engine.unchanged_items import LastResults, last_results
from gui.panels.row_graph import RowGraph, branch_texts, folded_wiring, row_graphs
from gui.state.view_state import ViewState
from gui.theme import THEMES


class DesignTreeRow(Struct, frozen=True):
    """A design, the stem, a layer, a block or a part of one, in two lines of text."""

    ref: NodeRef
    name: str
    operator: str
    """The operator, or the number of layers."""
    shape: str
    amount: str
    mistake: str = ""
    colour: str = ""
    """Colour of the design; "" for the stem and for layers."""
    has_parts: bool = False
    """Whether this is a block, whose layers are listed below it when it is open."""
    is_found: bool = False
    """Whether the layer, or a part of the block, is one of those that are looked for."""
    graph: RowGraph | None = None
    """The lines that show branches."""
    branch: str = ""
    """In words: the branch that begins here, or what is joined."""

    @property
    def is_heading(self) -> bool:
        """Whether this is the row of a whole design or of the stem."""
        return self.ref[1] == INPUT

    @property
    def sentence(self) -> str:
        """The whole row in one sentence, for the status bar and for screen readers."""
        match_text = "found" if self.is_found else ""
        parts = (self.name, match_text, self.operator, self.shape, self.amount, self.branch, self.mistake)
        return ", ".join(filter(None, parts))


def design_tree_rows(state: ViewState) -> tuple[tuple[DesignTreeRow, tuple[DesignTreeRow, ...]], ...]:
    """The row of the stem, if any, and of each design, each with the rows of its layers and blocks."""
    mistakes, within = _mistakes(state), mistakes_in_blocks(state)
    return tuple(
        (_heading_row(state, design, mistakes), tuple(_node_rows(state, design, mistakes, within)))
        for design, _ in state.project.networks()
    )


def block_part_rows(state: ViewState, block: NodeRef) -> tuple[DesignTreeRow, ...]:
    """Rows of the layers of a block, with their names within it."""
    report, mistakes = state.check.block(block), _mistakes(state)
    design, name = block
    matches = set(state.found)
    rows = (
        _make_row(state, ref, name_within(part.name, name), part.layer.label(), part, mistakes.get(ref, ""))
        for part in (report.parts if report is not None else ())
        for ref in [(design, part.name)]
    )
    return tuple(replace(row, is_found=row.ref in matches) for row in rows)


def _mistakes(state: ViewState) -> dict[NodeRef, str]:
    """The texts of all problems by node, one per line."""
    texts: dict[NodeRef, str] = {}
    for problem in state.problems:
        if problem.design is not None:
            ref = (problem.design, problem.node or INPUT)
            text = problem.text.removeprefix(f"{problem.node}: ")
            texts[ref] = f"{texts[ref]}\n{text}" if ref in texts else text
    return texts


def mistakes_in_blocks(state: ViewState) -> dict[NodeRef, str]:
    """The texts of problems within blocks and groups, by block: the name of the part, then the text."""
    texts: dict[NodeRef, str] = {}
    for ref, text in _mistakes(state).items():
        block = state.block_ref(ref)
        if block is not None and block != ref:
            line = f"{name_within(ref[1], block[1])}: {text}"
            texts[block] = f"{texts[block]}\n{line}" if block in texts else line
    return texts


def _heading_row(state: ViewState, design: str, mistakes: dict[NodeRef, str]) -> DesignTreeRow:
    analysis, metric = state.check.analyses[design], metric_by_id(state.look.metric)
    count, shape = len(analysis.reports), analysis.output_shape
    words = count_text(count, "layer") if count else "no layers yet"
    mistake_count = sum(1 for ref in mistakes if ref[0] == design and ref[1] != INPUT)
    mistake = mistakes.get((design, INPUT), "") or (f"{words}, {mistake_count} with a mistake" if mistake_count else "")
    return DesignTreeRow(
        (design, INPUT),
        "stem (shared)" if design == STEM else design,
        words,
        "" if shape is None else str(shape),
        state.picture_costs.text(metric, state.picture_costs.total(metric, design)),
        mistake,
        "" if design == STEM else THEMES[state.look.theme].design(state.colour_index(design)),
    )


def _node_rows(
    state: ViewState, design: str, mistakes: dict[NodeRef, str], within: dict[NodeRef, str]
) -> Sequence[DesignTreeRow]:
    """A row for each node, in the order of the project; those of a group share one, at the last of them.

    Most edits leave most rows as they are: these are taken over from the last time.
    """
    analysis, network, metric = state.check.analyses[design], state.project.network(design), state.look.metric
    wiring = folded_wiring(network, analysis)
    names = last_results("names of rows", design).map(itemgetter(0), wiring)
    refs = last_results("references of rows", design).map(lambda name: (design, name), names)
    texts = [within.get(ref, "") if ref not in mistakes else mistakes[ref] for ref in refs] if mistakes else None
    matches = {state.block_ref(ref) or ref for ref in state.found if ref[0] == design}
    last = last_results("rows of designs", design, metric, state.look.convention)
    if not metric_by_id(metric).is_of_layers:
        last = LastResults()  # an amount that is no sum may depend on other layers

    def make(
        name: str,
        layer: Layer | Block,
        report: Report | None,
        text: str,
        has_parts: bool,
        graph: RowGraph | None,
        branch: str,
        is_found: bool,
    ) -> DesignTreeRow:
        row = _make_row(state, (design, name), name, layer.label(), report, text, has_parts=has_parts)
        return replace(row, graph=graph, branch=branch, is_found=is_found)

    return last.map(
        make,
        names,
        _layers_of(network, analysis, names),
        list(map(state.check.reports.get, refs)),
        texts or [""] * len(names),
        [name in analysis.foldable for name in names] if analysis.foldable else [False] * len(names),
        row_graphs(wiring),
        branch_texts(wiring),
        [ref in matches for ref in refs] if matches else [False] * len(refs),
    )


def _layers_of(network: Network, analysis: Analysis, names: Sequence[str]) -> Sequence[Layer | Block]:
    """The layers of the rows of these names."""
    nodes, positions, groups = network.nodes, network.positions, analysis.groups
    if not groups:
        return last_results("layers of rows").map(attrgetter("layer"), nodes)
    return [groups[name].layer if name in groups else nodes[positions[name]].layer for name in names]


def _make_row(
    state: ViewState,
    ref: NodeRef,
    name: str,
    operator: str,
    report: Report | None,
    mistake: str,
    *,
    has_parts: bool = False,
) -> DesignTreeRow:
    costs, metric = state.picture_costs, metric_by_id(state.look.metric)
    shape = None if report is None else report.output_shape
    amount = None if report is None else costs.amount(metric, ref[0], report)
    return DesignTreeRow(
        ref,
        name,
        operator,
        "" if shape is None else str(shape),
        costs.text(metric, amount),
        mistake,
        has_parts=has_parts,
    )
