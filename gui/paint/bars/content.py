"""The content of the bars of operations, independent of their size: headline, totals, and lines per design."""

from collections.abc import Sequence
from functools import cached_property
from itertools import chain, groupby
from operator import attrgetter
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from engine.cost.metrics import Amount, Costs, Metric, compare_amounts, metric_by_id
from engine.network.node_ref import STEM, NodeRef
from engine.network.report import Report
from engine.reports.tables import TableRow, comparable_totals
from engine.text.units import count_text, factor_text
from engine.unchanged_items import last_results
from gui.paint.bars.scale import BarScale, choose_scale
from gui.paint.basics.text_drawing import ADD_DESIGN_HINT, ADD_LAYER_HINT
from gui.state.view_state import ViewState

_LONG_NAME = 10
"""Characters of a name that may be too long for its column."""
_FOLD_FROM = 4
"""From this number on, the layers of a design that cost nothing share one line."""
_SHARED_FROM = 0.25
"""Layers share the axis of the totals if the largest of them fills at least this fraction of it."""


class BarLine(Struct, frozen=True):
    """A line of the figure."""

    kind: Literal["total", "heading", "node", "folded"]
    design: str
    colour_index: int
    """Index of the colour of the design."""
    label: str
    nodes: tuple[str, ...] = ()
    """One node, or those that the line folds."""
    settings_text: str = ""
    value: Amount | None = None
    value_text: str = ""
    """Text at the end of the bar."""
    tip: str = ""
    problem: str = ""
    earlier: Amount | None = None
    """The amount before a mistake made it unknown."""
    ratio_text: str = ""
    """Shown after `value_text` if there is space; the headline repeats it."""
    siblings: tuple[str, ...] = ()
    """If a name may be too long, the names side by side with it, from which its short form must differ."""

    @property
    def drawn_amount(self) -> Amount | None:
        """The amount of the bar: the present one, or hatched the earlier one."""
        return self.earlier if self.value is None else self.value

    def ref(self) -> NodeRef | None:
        """Node that a click on the line selects."""
        return (self.design, self.nodes[0]) if len(self.nodes) == 1 else None

    def shows(self, ref: NodeRef) -> bool:
        """Whether the line shows that layer, alone or folded."""
        return self.kind != "total" and self.design == ref[0] and ref[1] in self.nodes

    def shows_any(self, refs: frozenset[NodeRef]) -> bool:
        """Whether the line shows one of these layers, alone or folded."""
        return self.kind != "total" and any((self.design, node) in refs for node in self.nodes)


class BarsContent(Struct, frozen=True, dict=True):
    """All texts and amounts of the figure, and its two axes."""

    metric: Metric
    costs: Costs
    headline: str
    subject: str
    """Line below the headline: what it is about."""
    colour_index: int | None
    """Design of the headline, None if it is about none."""
    stem_cost: str
    """Cost of the stem with its unit; "" without a stem."""
    totals: tuple[BarLine, ...]
    groups: tuple[tuple[BarLine, ...], ...]
    """Per design: a heading, then its layers."""
    total_scale: BarScale
    line_scale: BarScale

    @property
    def description(self) -> str:
        """The totals in words."""
        return "; ".join(line.tip for line in self.totals)

    @property
    def stem_texts(self) -> tuple[str, ...]:
        """What is said about the stem, from long to short; () without a stem."""
        return (
            (f"stem, the same for all designs: {self.stem_cost}", f"stem: {self.stem_cost}") if self.stem_cost else ()
        )

    @cached_property
    def lines(self) -> tuple[BarLine, ...]:
        """The lines of all designs."""
        return tuple(chain.from_iterable(self.groups))

    @property
    def shares_axis(self) -> bool:
        """Whether totals and layers have the same axis."""
        return self.total_scale == self.line_scale

    @property
    def section_title(self) -> str:
        """Title above the layers."""
        if self.shares_axis or not self.line_scale.high:
            return "Layer by layer"
        return f"Layer by layer, axis enlarged {factor_text(self.total_scale.high / self.line_scale.high)}"


def build_bars_content(state: ViewState) -> BarsContent:
    """Collect the texts and amounts of a state, with the metric and the kind of axis of its look."""
    metric = metric_by_id(state.look.metric)
    all_rows = state.picture_rows
    all_totals = [row for row in all_rows if row.report is None]
    stem = next((row for row in all_totals if row.design == STEM), None)
    designs = [(name, list(group)) for name, group in groupby(all_rows, attrgetter("design")) if name != STEM]
    compared = comparable_totals(all_totals)
    totals = _with_siblings([_total_line(state, group[-1], compared, metric) for _, group in designs])
    headings = _with_siblings([_heading_line(state, name) for name, _ in designs])
    groups = tuple(
        (heading, *_with_siblings(_node_lines(state, group, metric)))
        for heading, (_, group) in zip(headings, designs, strict=True)
    )
    compared_designs = [row.design for row in compared]
    headline, subject, colour_index = _headline(
        state, all_rows, [line for line in totals if line.design in compared_designs], metric
    )
    total_scale, line_scale = _choose_scales(totals, groups, logarithmic=state.look.logarithmic)
    cost = "" if stem is None else state.picture_costs.text(metric, stem.value(metric))
    return BarsContent(
        metric, state.picture_costs, headline, subject, colour_index, cost, totals, groups, total_scale, line_scale
    )


def unit_name(costs: Costs, metric: Metric) -> str:
    """The unit of a metric, also of one whose amounts include theirs."""
    return costs.unit(metric) or metric.unit


def _choose_scales(
    totals: Sequence[BarLine], groups: Sequence[Sequence[BarLine]], *, logarithmic: bool
) -> tuple[BarScale, BarScale]:
    amounts = [line.drawn_amount for line in totals]
    parts = [line.drawn_amount for group in groups for line in group]
    if logarithmic:
        both = choose_scale((*amounts, *parts), logarithmic=True)
        return both, both
    whole, part = choose_scale(amounts, logarithmic=False), choose_scale(parts, logarithmic=False)
    # If a total is unknown, a layer can be larger than every known total.
    if part.high >= _SHARED_FROM * whole.high:
        shared = max(whole, part, key=lambda scale: scale.high)
        return shared, shared
    return whole, part


def _value_text(costs: Costs, metric: Metric, value: Amount | None, earlier: Amount | None) -> str:
    """``160.6 M``, ``unknown``, or for an unknown amount with an earlier one ``was 160.6 M``."""
    return costs.short(metric, value) if earlier is None else f"was {costs.short(metric, earlier)}"


def _total_line(state: ViewState, row: TableRow, compared: Sequence[TableRow], metric: Metric) -> BarLine:
    """The total of a design. If it is one of those `compared`, it is compared with the first of them."""
    value, costs, analysis = row.value(metric), state.picture_costs, state.check.analyses[row.design]
    ratio = comparison = ""
    earlier = state.earlier_amount(metric, row.design) if value is None else None
    if row in compared[1:]:
        reference = compared[0].value(metric)
        ratio = compare_amounts(metric, value, reference, "").strip() if value and reference else ""
        comparison = compare_amounts(metric, value, reference, than=compared[0].design)
    return BarLine(
        "total",
        row.design,
        state.colour_index(row.design),
        row.design,
        (analysis.output,),
        value=value,
        value_text=_value_text(costs, metric, value, earlier),
        earlier=earlier,
        ratio_text=ratio,
        tip=f"{row.design}: {costs.exact(metric, value)} {metric.unit}" + (comparison and f", {comparison}"),
    )


def _heading_line(state: ViewState, design: str) -> BarLine:
    return BarLine("heading", design, state.colour_index(design), design)


def _with_siblings(lines: Sequence[BarLine]) -> tuple[BarLine, ...]:
    """The lines with each other's names, if any of these is long."""
    names = tuple(dict.fromkeys([line.label for line in lines if line.kind != "folded"]))
    if max(map(len, names), default=0) < _LONG_NAME:
        return tuple(lines)
    return tuple(last_results("siblings", names).map(lambda line: replace(line, siblings=names), lines))


def _node_lines(state: ViewState, group: Sequence[TableRow], metric: Metric) -> list[BarLine]:
    """The lines of the layers of a design; many without any cost are folded into one."""
    *nodes, total = group
    colour_index = state.colour_index(total.design)
    lines = _unfolded_lines(state, nodes, colour_index, metric)
    free = [line for line in lines if line.value == 0 and not line.problem]
    if len(free) >= _FOLD_FROM:
        lines = [line for line in lines if line.value != 0 or line.problem]
        names = tuple([line.label for line in free])
        unit = unit_name(state.picture_costs, metric)
        label = f"{len(names)} layers without {unit}"
        names_text = ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
        tip = f"{total.design}: {names_text}: 0 {unit} each"
        lines.append(BarLine("folded", total.design, colour_index, label, names, value=0, value_text="0", tip=tip))
    return lines


def _unfolded_lines(state: ViewState, rows: Sequence[TableRow], colour_index: int, metric: Metric) -> list[BarLine]:
    """A line for each row: that of the last state if the layer is the same.

    An amount that is no sum, or measured, may depend on more than its layer, and an unknown one on what was known
    before: such lines are always made anew.
    """
    if not rows or not metric.is_of_layers:
        return [_node_line(state, row, colour_index, metric) for row in rows]
    design = rows[0].design

    def make_line(report: Report, problem: str) -> BarLine:
        return _node_line(state, TableRow(design, report, state.picture_costs, problem), colour_index, metric)

    last = last_results("bar", design, metric.id, state.look.convention, colour_index)
    lines = last.map(make_line, [row.report for row in rows], [row.problem for row in rows])
    if None not in last_results("bar value", design).map(attrgetter("value"), lines):
        return lines
    return [
        _node_line(state, row, colour_index, metric) if line.value is None else line
        for row, line in zip(rows, lines, strict=True)
    ]


def _node_line(state: ViewState, row: TableRow, colour_index: int, metric: Metric) -> BarLine:
    value, costs = row.value(metric), state.picture_costs
    earlier = state.earlier_amount(metric, row.design, row.node) if value is None else None
    formula = row.formula(metric) or f"{costs.exact(metric, value)} {unit_name(costs, metric)}"
    tip = f"{row.design} / {row.node}: {formula}" + (f"\n{row.problem}" if row.problem else "")
    return BarLine(
        "node",
        row.design,
        colour_index,
        row.node,
        (row.node,),
        "" if row.settings == row.node else row.settings,
        value,
        _value_text(costs, metric, value, earlier),
        tip,
        row.problem,
        earlier,
    )


def _headline(
    state: ViewState, all_rows: Sequence[TableRow], totals: Sequence[BarLine], metric: Metric
) -> tuple[str, str, int | None]:
    """The headline, its subject, and the colour index of its design."""
    if not totals:
        missing, hint = ("layers", ADD_LAYER_HINT) if state.project.designs else ("designs", ADD_DESIGN_HINT)
        return f"No {missing} yet", f"{hint} to see what it costs", None
    first, *others = totals
    countable = [line for line in others if line.value is not None]
    if first.value is None or (others and not countable):
        words = "run (F5) to measure" if metric.is_measured else _first_problem_text(state, all_rows)
        return state.picture_costs.short(metric, None), words, None
    if not others:
        return state.picture_costs.text(metric, first.value), first.design, first.colour_index
    # The largest saving is the point; without any, the largest excess.
    least, most = min(countable, key=_amount_or_zero), max(countable, key=_amount_or_zero)
    extreme = least if _amount_or_zero(least) < first.value else most
    words = compare_amounts(metric, extreme.value, first.value)
    return words, f"{extreme.design}, compared with {first.design}", extreme.colour_index


def _amount_or_zero(line: BarLine) -> Amount:
    return line.value or 0


def _first_problem_text(state: ViewState, all_rows: Sequence[TableRow]) -> str:
    row = next((row for row in all_rows if row.problem), None)
    if row is not None:
        return f"until {row.design or 'the stem'} / {row.node} is fixed"  # the row of the layer says what is wrong
    if state.check.problems:
        return "until the input is fixed: see Mistakes (F8)"
    layers = [report.layer for analysis in state.check.analyses.values() for report in analysis.reports]
    opaque = sum(not layer.has_known_cost for layer in layers)
    return f"with {count_text(opaque, 'layer')} that ONNX Runtime computes" if opaque else "until the input is known"
