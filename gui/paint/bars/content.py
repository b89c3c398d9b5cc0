"""What the figure of operations says, before anybody asks how large it is drawn: totals, headline, lines by design."""

from collections.abc import Sequence
from itertools import groupby
from typing import Literal

from msgspec import Struct

from engine.cost.metrics import Amount, Costs, Metric, compare_amounts, metric_by_id
from engine.reports.tables import TableRow
from engine.run.check import NodeRef
from engine.text.problems import STEM
from gui.paint.bars.scale import BarScale, choose_scale
from gui.paint.basics.text_drawing import ADD_DESIGN_HINT
from gui.state.view_state import ViewState

_FOLD_FROM = 4
"""So many layers of a design that cost nothing share one line."""
_SHARED_FROM = 0.25
"""The layers keep the axis of the totals while the largest of them takes at least this part of it."""


class BarLine(Struct, frozen=True):
    """One line of the figure."""

    kind: Literal["total", "heading", "node", "folded"]
    design: str
    design_index: int
    """Position of the design, for its colour."""
    label: str
    nodes: tuple[str, ...] = ()
    """The nodes that it stands for: one, or those that are folded."""
    settings_text: str = ""
    value: Amount | None = None
    value_text: str = ""
    """What stands at the bar's end."""
    tip: str = ""
    problem: str = ""
    ratio_text: str = ""
    """What may stand behind that, where there is room: the headline tells it, too."""

    def ref(self) -> NodeRef | None:
        """What a click on the line chooses."""
        return (self.design, self.nodes[0]) if len(self.nodes) == 1 else None


class BarsContent(Struct, frozen=True):
    """All that is said, and the two axes."""

    metric: Metric
    costs: Costs
    headline: str
    subject: str
    """What the headline is about."""
    design_index: int | None
    """The headline's design; None where it speaks of none."""
    stem_text: str
    totals: tuple[BarLine, ...]
    groups: tuple[tuple[BarLine, ...], ...]
    """Per design a heading, then its layers."""
    total_scale: BarScale
    line_scale: BarScale

    @property
    def shares_axis(self) -> bool:
        """Whether one axis serves totals and layers."""
        return self.total_scale == self.line_scale

    @property
    def section_title(self) -> str:
        """What stands above the layers."""
        if self.shares_axis or not self.line_scale.high:
            return "Layer by layer"
        return f"Layer by layer, axis enlarged {self.total_scale.high / self.line_scale.high:.3g}×"


def build_bars_content(state: ViewState) -> BarsContent:
    """What there is to say of a state, in the metric and with the axis that its look asks for."""
    chosen = metric_by_id(state.look.metric)
    all_rows = state.cost_rows
    stem = next((row for row in all_rows if row.is_total and row.design == STEM), None)
    designs = [(name, list(group)) for name, group in groupby(all_rows, lambda row: row.design) if name != STEM]
    totals = tuple(_total_line(state, group, designs[0][1][-1], chosen) for _, group in designs)
    groups = tuple(_design_lines(state, group, chosen) for _, group in designs)
    headline, subject, colour = _headline(state, all_rows, totals, chosen)
    total_scale, line_scale = _choose_scales(totals, groups, logarithmic=state.look.logarithmic)
    cost = "" if stem is None else state.costs.text(chosen, stem.value(chosen))
    said = cost and f"stem, the same for all designs: {cost}"
    return BarsContent(chosen, state.costs, headline, subject, colour, said, totals, groups, total_scale, line_scale)


def _choose_scales(
    totals: Sequence[BarLine], groups: Sequence[Sequence[BarLine]], *, logarithmic: bool
) -> tuple[BarScale, BarScale]:
    amounts = [line.value for line in totals]
    parts = [line.value for group in groups for line in group]
    if logarithmic:
        both = choose_scale((*amounts, *parts), logarithmic=True)
        return both, both
    whole, part = choose_scale(amounts, logarithmic=False), choose_scale(parts, logarithmic=False)
    # Where a total is unknown, a layer can be larger than every total that is known.
    if part.high >= _SHARED_FROM * whole.high:
        shared = max(whole, part, key=lambda scale: scale.high)
        return shared, shared
    return whole, part


def _total_line(state: ViewState, group: Sequence[TableRow], reference: TableRow, chosen: Metric) -> BarLine:
    row, value, least = group[-1], group[-1].value(chosen), reference.value(chosen)
    ledger = state.costs
    analysis = state.check.analyses[row.design]
    ratio = compare_amounts(chosen, value, least, "").strip() if value and least and row is not reference else ""
    words = compare_amounts(chosen, value, least, than=reference.design) if row is not reference else ""
    return BarLine(
        "total",
        row.design,
        state.design_index(row.design),
        row.design,
        (analysis.output,),
        value=value,
        value_text=ledger.short(chosen, value),
        ratio_text=ratio,
        tip=f"{row.design}: {ledger.exact(chosen, value)} {chosen.unit}" + (words and f", {words}"),
    )


def _design_lines(state: ViewState, group: Sequence[TableRow], chosen: Metric) -> tuple[BarLine, ...]:
    *nodes, total = group
    colour = state.design_index(total.design)
    free = [row for row in nodes if row.value(chosen) == 0 and not row.problem]
    folded = free if len(free) >= _FOLD_FROM else []
    hidden = set(map(id, folded))
    lines = [_node_line(state.costs, row, colour, chosen) for row in nodes if id(row) not in hidden]
    if folded:
        names = tuple(row.node for row in folded)
        label = f"{len(names)} layers without {state.costs.unit(chosen) or chosen.unit}"
        listed = ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
        tip = f"{total.design}: {listed}: 0 {state.costs.unit(chosen) or chosen.unit} each"
        lines.append(BarLine("folded", total.design, colour, label, names, value=0, value_text="0", tip=tip))
    return (BarLine("heading", total.design, colour, total.design), *lines)


def _node_line(ledger: Costs, row: TableRow, colour: int, chosen: Metric) -> BarLine:
    value = row.value(chosen)
    formula = row.formula(chosen) or f"{ledger.exact(chosen, value)} {ledger.unit(chosen) or chosen.unit}"
    tip = f"{row.design} / {row.node}: {formula}" + (f"\n{row.problem}" if row.problem else "")
    return BarLine(
        "node",
        row.design,
        colour,
        row.node,
        (row.node,),
        "" if row.settings == row.node else row.settings,
        value,
        ledger.short(chosen, value),
        tip,
        row.problem,
    )


def _headline(
    state: ViewState, all_rows: Sequence[TableRow], totals: Sequence[BarLine], chosen: Metric
) -> tuple[str, str, int | None]:
    """The one sentence, what it is about, and its design's position."""
    if not totals:
        return "No design yet", f"{ADD_DESIGN_HINT} to see what it costs", None
    first, *others = totals
    known = [line for line in others if line.value is not None]
    if first.value is None or (others and not known):
        words = "run (F5) to measure" if chosen.is_measured else _first_problem_text(state, all_rows)
        return state.costs.short(chosen, None), words, None
    if not others:
        return state.costs.text(chosen, first.value), first.design, first.design_index
    # The saving is the point; where there is none, the largest excess.
    least, most = min(known, key=_amount_or_zero), max(known, key=_amount_or_zero)
    told = least if _amount_or_zero(least) < first.value else most
    words = compare_amounts(chosen, told.value, first.value)
    return words, f"{told.design}, compared with {first.design}", told.design_index


def _amount_or_zero(line: BarLine) -> Amount:
    return line.value or 0


def _first_problem_text(state: ViewState, all_rows: Sequence[TableRow]) -> str:
    row = next((row for row in all_rows if row.problem), None)
    if row is not None:
        return f"until {row.design or 'the stem'} / {row.node} is mended: {row.problem}"
    problem = next(iter(state.check.problems), None)
    return f"until this is mended: {problem.text}" if problem else "until the input is known"
