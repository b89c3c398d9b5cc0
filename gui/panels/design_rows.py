"""What each row of the designs' list says, as values made from a state."""

from collections.abc import Iterator

from msgspec import Struct

from engine.cost.metrics import metric_by_id
from engine.network.analysis import Report
from engine.network.graph import INPUT
from engine.run.check import NodeRef
from engine.text.problems import STEM, Problem
from gui.state.view_state import ViewState
from gui.theme import THEMES


class DesignTreeRow(Struct, frozen=True):
    """A design, the stem, a layer, a block or a part of one: two lines of text."""

    ref: NodeRef
    name: str
    operator: str
    """The operator, or how many layers there are."""
    shape: str
    amount: str
    mistake: str = ""
    colour: str = ""
    """The design's; "" for the stem and for layers."""
    has_parts: bool = False
    """Whether it is a block, whose layers stand below it when it is open."""

    @property
    def is_heading(self) -> bool:
        """Whether it stands for a whole design, or for the stem."""
        return self.ref[1] == INPUT

    @property
    def sentence(self) -> str:
        """All of it in one sentence, for the status bar and for screen readers."""
        return ", ".join(filter(None, (self.name, self.operator, self.shape, self.amount, self.mistake)))


def design_tree_rows(state: ViewState) -> tuple[tuple[DesignTreeRow, tuple[DesignTreeRow, ...]], ...]:
    """The stem's row, if any, and each design's, each with the rows of its layers and blocks."""
    mistakes, within = _mistakes(state), mistakes_in_blocks(state)
    return tuple(
        (_heading_row(state, design, mistakes), tuple(_node_rows(state, design, mistakes, within)))
        for design, _ in state.project.networks()
    )


def block_part_rows(state: ViewState, block: NodeRef) -> tuple[DesignTreeRow, ...]:
    """Rows of a block's layers, under their names within it."""
    found, mistakes = state.check.block(block), _mistakes(state)
    design, name = block
    return tuple(
        _make_row(state, (design, part.name), part.name.removeprefix(f"{name}/"), part.layer.label(), part, mistakes)
        for part in (found.parts if found is not None else ())
    )


def mistakes_by_ref(problems: tuple[Problem, ...]) -> dict[NodeRef, str]:
    """All sentences about a place, one a line."""
    found: dict[NodeRef, str] = {}
    for problem in problems:
        if problem.design is not None:
            place = (problem.design, problem.node or INPUT)
            text = problem.text.removeprefix(f"{problem.node}: ")
            found[place] = f"{found[place]}\n{text}" if place in found else text
    return found


def mistakes_in_blocks(state: ViewState) -> dict[NodeRef, str]:
    """What is wrong within blocks, by the block's place: the part's name, then the sentence."""
    found: dict[NodeRef, str] = {}
    for place, text in _mistakes(state).items():
        block = state.editable_ref(place)
        if block != place:
            line = f"{place[1].removeprefix(f'{block[1]}/')}: {text}"
            found[block] = f"{found[block]}\n{line}" if block in found else line
    return found


def _mistakes(state: ViewState) -> dict[NodeRef, str]:
    return mistakes_by_ref((*state.check.problems, *state.run.problems))


def _heading_row(state: ViewState, design: str, mistakes: dict[NodeRef, str]) -> DesignTreeRow:
    analysis, counted = state.check.analyses[design], metric_by_id(state.look.metric)
    count, shape = len(analysis.reports), analysis.output_shape
    words = f"{count} layer{'' if count == 1 else 's'}" if count else "no layers yet"
    wrong = sum(1 for place in mistakes if place[0] == design and place[1] != INPUT)
    mistake = mistakes.get((design, INPUT), "") or (f"{words}, {wrong} with a mistake" if wrong else "")
    return DesignTreeRow(
        (design, INPUT),
        "stem (shared)" if design == STEM else design,
        words,
        "" if shape is None else str(shape),
        state.costs.text(counted, state.costs.total(counted, design)),
        mistake,
        "" if design == STEM else THEMES[state.look.theme].design(state.design_index(design)),
    )


def _node_rows(
    state: ViewState, design: str, mistakes: dict[NodeRef, str], within: dict[NodeRef, str]
) -> Iterator[DesignTreeRow]:
    """A row for each node, in the order in which a person wrote them."""
    blocks = state.check.analyses[design].blocks
    for node in state.project.network(design).nodes:
        place = (design, node.name)
        told = within if place in within and place not in mistakes else mistakes
        report, opens = state.check.reports.get(place), node.name in blocks
        yield _make_row(state, place, node.name, node.layer.label(), report, told, opens=opens)


def _make_row(
    state: ViewState,
    place: NodeRef,
    name: str,
    what: str,
    report: Report | None,
    mistakes: dict[NodeRef, str],
    *,
    opens: bool = False,
) -> DesignTreeRow:
    ledger, counted = state.costs, metric_by_id(state.look.metric)
    shape = None if report is None else report.output_shape
    amount = None if report is None else ledger.amount(counted, place[0], report)
    return DesignTreeRow(
        place,
        name,
        what,
        "" if shape is None else str(shape),
        ledger.text(counted, amount),
        mistakes.get(place, ""),
        has_parts=opens,
    )
