"""The table of a project: a row per node, totals per network, and the columns for reading."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from msgspec import Struct

from engine.cost.counting import MACS, Convention, tally
from engine.cost.metrics import (
    METRICS,
    Amount,
    Costed,
    Costs,
    Metric,
    compare_amounts,
    exact_of,
    formula_of,
    heading_of,
)
from engine.cost.terms import TERM_BY_ID
from engine.network.analysis import Analysis, Report
from engine.network.node_ref import STEM
from engine.project.project import Project
from engine.run.check import ProjectCheck, place_in_file
from engine.shapes import Shape
from engine.text.units import UNKNOWN, abbreviate, exact_text


class TableRow(Struct, frozen=True):
    """A node of a design (or of the stem, STEM), or without a report the totals of all nodes."""

    design: str
    report: Report | None
    costs: Costs
    problem: str = ""
    """The mistakes at this node, and how to correct them."""

    @property
    def costed(self) -> tuple[Costed, ...]:
        """The layers of its amounts: one, those of a block, or all."""
        if self.report is None:
            return self.costs.costed_design(self.design)
        return self.costs.costed(self.design, self.report)

    @property
    def is_total(self) -> bool:
        return self.report is None

    @property
    def node(self) -> str:
        return "" if self.report is None else self.report.name

    @property
    def kind(self) -> str:
        return "total" if self.report is None else self.report.layer.kind

    @property
    def block(self) -> str:
        """The block that contains the node; "" for none."""
        return "" if self.report is None else self.report.block or ""

    @property
    def settings(self) -> str:
        return "" if self.report is None else self.report.layer.label()

    @property
    def inputs(self) -> tuple[str, ...]:
        return () if self.report is None else self.report.inputs

    @property
    def input_shapes(self) -> tuple[Shape | None, ...]:
        return () if self.report is None else self.report.input_shapes

    @property
    def output_shape(self) -> Shape | None:
        return None if self.report is None else self.report.output_shape

    def value(self, metric: Metric) -> Amount | None:
        """The exact amount; None is unknown."""
        if self.report is None:
            return self.costs.total(metric, self.design)
        return self.costs.amount(metric, self.design, self.report)

    def formula(self, metric: Metric) -> str:
        """The calculation of this node's amount: "28·28·32 × 5·5·256 = 160,563,200 MACs"; "" if there is none."""
        formula = "" if self.report is None else formula_of(metric, self.costed)
        return formula and f"{formula} {metric.unit or self.costs.convention.unit_with_rule}"


def table_rows(project: Project, costs: Costs, analyses: Mapping[str, Analysis] | None = None) -> tuple[TableRow, ...]:
    """Node by node in running order, then the totals: first of the stem, if any, then of each design.

    `analyses` by design have closed blocks; without them every layer within a block has a row.
    """
    rows: list[TableRow] = []
    check = costs.check
    problems = _problems_by_node(check)
    for design, analysis in (analyses or check.analyses).items():
        texts = [""] * len(analysis.reports)
        if problems:
            places = [place_in_file(project, design, report.index) for report in analysis.reports]
            texts = ["; ".join(problems.get(place, ())) for place in places]
        rows += [TableRow(design, report, costs, text) for report, text in zip(analysis.reports, texts, strict=True)]
        rows.append(TableRow(design, None, costs))
    return tuple(rows)


def _problems_by_node(check: ProjectCheck) -> dict[str, list[str]]:
    """Mistakes by the node's place in the file, which differs even if two nodes have the same name."""
    problems: dict[str, list[str]] = {}
    for problem in check.problems:
        node_texts = problems.setdefault(problem.place.removesuffix(f".{problem.setting}"), [])
        node_texts.append(problem.text.removeprefix(f"{problem.node}: "))
    return problems


def design_title(design: str) -> str:
    """A design's name in a table; the stem in parentheses, as it is no design."""
    return "(stem)" if design == STEM else design


def visible_metrics(*metric_ids: str) -> tuple[Metric, ...]:
    """The metrics of a table for reading: those that are not derived, and the selected ones."""
    return tuple(metric for metric in METRICS if not metric.is_derived or metric.id in metric_ids)


def comparisons(rows: Iterable[TableRow], metric: Metric) -> tuple[str, ...]:
    """Each design compared with the first, without empty ones: "bottleneck: 12.1× fewer MACs than naive"."""
    totals = [(row.design, row.value(metric)) for row in comparable_totals(rows)]
    words = (
        (design, compare_amounts(metric, amount, totals[0][1], than=totals[0][0])) for design, amount in totals[1:]
    )
    return tuple(f"{design}: {text}" for design, text in words if text)


def comparable_totals(rows: Iterable[TableRow]) -> tuple[TableRow, ...]:
    """The totals of the designs to compare; the first is the reference. A design without layers is none of them."""
    return tuple(
        row for row in rows if row.is_total and row.design != STEM and row.costs.check.analyses[row.design].reports
    )


class TableColumn(Struct, frozen=True):
    """A column of a table for reading."""

    title: str
    text: Callable[[TableRow], str]
    metric: Metric | None = None

    @property
    def is_number(self) -> bool:
        return self.metric is not None


def operations_columns(metrics: Sequence[Metric], convention: Convention = MACS) -> tuple[TableColumn, ...]:
    """Design, node, layer, inputs, output and the metrics: exact integers with thousands separators, or "unknown".

    The titles name the convention, if the metric depends on it, and the unit.
    """
    return (
        TableColumn("Design", lambda row: one_line(design_title(row.design))),
        TableColumn("Node", lambda row: "total" if row.is_total else row.node),
        TableColumn("Layer", lambda row: row.settings),
        INPUTS,
        OUTPUT,
        *(TableColumn(heading_of(metric, convention), _number_of(metric), metric) for metric in metrics),
    )


INPUTS = TableColumn("Inputs", lambda row: ", ".join(row.inputs))
OUTPUT = TableColumn("Output C×H×W", lambda row: "" if row.is_total else output_shape_text(row.output_shape))
PROBLEM = TableColumn("Mistake", lambda row: one_line(row.problem))


def _number_of(metric: Metric) -> Callable[[TableRow], str]:
    return lambda row: exact_of(metric, row.value(metric))


def output_shape_text(shape: Shape | None) -> str:
    return UNKNOWN if shape is None else str(shape)


def one_line(text: str) -> str:
    return " ".join(text.split())


def convention_of(rows: Sequence[TableRow]) -> Convention:
    return next((layer.convention for row in rows for layer in row.costed), MACS)


def counting_text(rows: Sequence[TableRow]) -> Iterator[str]:
    """Per design, the operations that the convention counts, and the amounts that it leaves out."""
    rule = convention_of(rows)
    for design, group in groupby(rows, lambda row: row.design):
        result = tally([layer.report for row in group if row.is_total for layer in row.costed], rule)
        if result is not None:
            left = [f"{abbreviate(amount)} {TERM_BY_ID[term_id].title}" for term_id, amount in result.uncounted.items()]
            out = f"; left out: {', '.join(left)}" if left else ""
            batch = f" for {rule.batch} inputs" if rule.batch > 1 else ""
            yield f"{design_title(design)}, {rule.title}: {exact_text(result.total)} {rule.unit}{batch}{out}"
