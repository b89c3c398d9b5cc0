"""The rows of the list of designs, as values computed from a state."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from engine.cost.metrics import metric_by_id
from engine.network.analysis import Report
from engine.network.graph import INPUT
from engine.network.node_ref import STEM, NodeRef
from engine.text.names import name_within
from engine.text.units import count_text
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


def design_tree_rows(
    state: ViewState, known: Mapping[NodeRef, DesignTreeRow] = MappingProxyType({})
) -> tuple[tuple[DesignTreeRow, tuple[DesignTreeRow, ...]], ...]:
    """The row of the stem, if any, and of each design, each with the rows of its layers and blocks.

    `known` are rows of an earlier state whose texts are those of now, see `unchanged_rows`.
    """
    mistakes, within = _mistakes(state), mistakes_in_blocks(state)
    return tuple(
        (_heading_row(state, design, mistakes), tuple(_node_rows(state, design, mistakes, within, known)))
        for design, _ in state.project.networks()
    )


def unchanged_rows(
    rows: Iterable[tuple[DesignTreeRow, tuple[DesignTreeRow, ...]]], old: ViewState, new: ViewState
) -> dict[NodeRef, DesignTreeRow]:
    """The rows of layers and blocks, by node, that an edit has left unchanged but for lines, branches and matches."""
    looks, metric = {(look.metric, look.convention) for look in (old.look, new.look)}, metric_by_id(new.look.metric)
    if len(looks) > 1 or not metric.is_of_layers:
        return {}  # an amount that is no sum may depend on other layers
    before, after = old.check.reports, new.check.reports
    nodes = (row for _, design_rows in rows for row in design_rows)
    return {
        row.ref: row for row in nodes if row.ref in after and before.get(row.ref) is after[row.ref] and not row.mistake
    }


def block_part_rows(state: ViewState, block: NodeRef) -> tuple[DesignTreeRow, ...]:
    """Rows of the layers of a block, with their names within it."""
    report, mistakes = state.check.block(block), _mistakes(state)
    design, name = block
    matches = set(state.found)
    rows = (
        _make_row(state, (design, part.name), name_within(part.name, name), part.layer.label(), part, mistakes)
        for part in (report.parts if report is not None else ())
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
        state.costs.text(metric, state.costs.total(metric, design)),
        mistake,
        "" if design == STEM else THEMES[state.look.theme].design(state.colour_index(design)),
    )


def _node_rows(
    state: ViewState,
    design: str,
    mistakes: dict[NodeRef, str],
    within: dict[NodeRef, str],
    known: Mapping[NodeRef, DesignTreeRow],
) -> Iterator[DesignTreeRow]:
    """A row for each node, in the order of the project; those of a group share one, at the last of them."""
    analysis, network = state.check.analyses[design], state.project.network(design)
    wiring = folded_wiring(network, analysis)
    graphs, branches = row_graphs(wiring), branch_texts(wiring)
    matches = {state.block_ref(ref) or ref for ref in state.found if ref[0] == design}
    for at, (name, _) in enumerate(wiring):
        ref = (design, name)
        texts = within if ref in within and ref not in mistakes else mistakes
        row = known.get(ref)
        if row is None or ref in texts:
            layer = analysis.groups[name].layer if name in analysis.groups else network.node(name).layer
            report, has_parts = state.check.reports.get(ref), name in analysis.foldable
            row = _make_row(state, ref, name, layer.label(), report, texts, has_parts=has_parts)
        graph, branch, is_found = graphs[at], branches[at], ref in matches
        is_same = (row.graph, row.branch, row.is_found) == (graph, branch, is_found)
        yield row if is_same else replace(row, graph=graph, branch=branch, is_found=is_found)


def _make_row(
    state: ViewState,
    ref: NodeRef,
    name: str,
    operator: str,
    report: Report | None,
    mistakes: dict[NodeRef, str],
    *,
    has_parts: bool = False,
) -> DesignTreeRow:
    costs, metric = state.costs, metric_by_id(state.look.metric)
    shape = None if report is None else report.output_shape
    amount = None if report is None else costs.amount(metric, ref[0], report)
    return DesignTreeRow(
        ref,
        name,
        operator,
        "" if shape is None else str(shape),
        costs.text(metric, amount),
        mistakes.get(ref, ""),
        has_parts=has_parts,
    )
