"""The table of a project, defined once: a row a node, totals a network; and the same as text of several formats."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from msgspec import Struct

from engine.cost.counting import MACS, TERMS, Convention, tally
from engine.cost.metrics import (
    METRICS,
    OPERATIONS,
    Amount,
    Ledger,
    Metric,
    Subject,
    compared,
    exact_of,
    formula_of,
    heading_of,
)
from engine.network.analysis import Analysis, Report
from engine.project.project import Project
from engine.run.check import ProjectCheck, place_in_file
from engine.shapes import Shape
from engine.text.problems import STEM
from engine.text.text_table import aligned
from engine.text.units import UNKNOWN, abbreviated, exact


class Row(Struct, frozen=True):
    """A node of a design (or of the stem, STEM), or with no report the totals of all its nodes."""

    design: str
    report: Report | None
    subjects: tuple[Subject, ...] = ()
    """What the amounts are of: a layer, those of a block, or all of them."""
    problem: str = ""
    """What is wrong at this node, with what would be right."""

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
        """The block that the node is a part of; "" for none."""
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
        return metric.amount(self.subjects)

    def formula(self, metric: Metric) -> str:
        """How this node's number comes about: "28·28·32 × 5·5·256 = 160,563,200 MACs"; "" where there is none."""
        formula = "" if self.report is None else formula_of(metric, self.subjects)
        unit = metric.unit or (self.subjects[0].convention.named_unit if self.subjects else "")
        return formula and f"{formula} {unit}"


def rows(project: Project, ledger: Ledger, analyses: Mapping[str, Analysis] | None = None) -> tuple[Row, ...]:
    """Node by node in an order in which they can run, then the totals: first the stem, if any, then each design.

    `analyses` by design where blocks are to be closed; else every layer within a block has a row.
    """
    found: list[Row] = []
    check = ledger.check
    problems = _problems_by_node(check)
    for design, analysis in (analyses or check.analyses).items():
        for report in analysis.reports:
            problem = "; ".join(problems.get(place_in_file(project, design, report.index), ())) if problems else ""
            found.append(Row(design, report, ledger.subjects(design, report), problem))
        found.append(Row(design, None, ledger.all(design)))
    return tuple(found)


def _problems_by_node(check: ProjectCheck) -> dict[str, list[str]]:
    """What is wrong, by the node's place in the file: of two nodes of one name each has its own."""
    found: dict[str, list[str]] = {}
    for problem in check.problems:
        texts = found.setdefault(problem.place.removesuffix(f".{problem.setting}"), [])
        texts.append(problem.text.removeprefix(f"{problem.node}: "))
    return found


def title(design: str) -> str:
    """What a table calls a design; the stem in parentheses, as no design is meant."""
    return "(stem)" if design == STEM else design


def shown_metrics(*chosen: str) -> tuple[Metric, ...]:
    """The metrics of a table for reading: those that follow from no other, and the chosen ones."""
    return tuple(metric for metric in METRICS if not metric.derived or metric.id in chosen)


def comparisons(rows: Iterable[Row], metric: Metric) -> tuple[str, ...]:
    """Every further design against the first: "bottleneck: 12.1× fewer multiply-accumulates than naive"."""
    totals = [(row.design, row.value(metric)) for row in rows if row.is_total and row.design != STEM]
    words = ((design, compared(metric, amount, totals[0][1], than=totals[0][0])) for design, amount in totals[1:])
    return tuple(f"{design}: {said}" for design, said in words if said)


class Column(Struct, frozen=True):
    """A column of a table for reading."""

    title: str
    text: Callable[[Row], str]
    metric: Metric | None = None

    @property
    def is_number(self) -> bool:
        return self.metric is not None


def columns(metrics: Sequence[Metric], convention: Convention = MACS) -> tuple[Column, ...]:
    """Design, node, layer, inputs, output and the metrics: exact integers with thousands separators, or "unknown".

    What counts by a convention has its name; units stand in the titles.
    """
    return (
        Column("Design", lambda row: _line(title(row.design))),
        Column("Node", lambda row: "total" if row.is_total else row.node),
        Column("Layer", lambda row: row.settings),
        Column("Inputs", lambda row: ", ".join(row.inputs)),
        Column("Output C×H×W", lambda row: "" if row.is_total else _shape(row.output_shape)),
        *(Column(heading_of(metric, convention), _number_of(metric), metric) for metric in metrics),
    )


PROBLEM = Column("Mistake", lambda row: _line(row.problem))


def _number_of(metric: Metric) -> Callable[[Row], str]:
    return lambda row: exact_of(metric, row.value(metric))


def _shape(shape: Shape | None) -> str:
    return UNKNOWN if shape is None else str(shape)


def _line(text: str) -> str:
    return " ".join(text.split())


def to_csv(rows: Sequence[Row], *_chosen: str) -> str:
    """Comma-separated, for programs: every metric whatever is chosen; totals have kind "total" and no node."""
    return _separated(rows, "excel")


def to_tsv(rows: Sequence[Row], *_chosen: str) -> str:
    """What `to_csv` gives, separated by tabs: a spreadsheet takes it from the clipboard."""
    return _separated(rows, "excel-tab")


def _separated(rows: Sequence[Row], dialect: str) -> str:
    out = io.StringIO()
    writer = csv.writer(out, dialect, lineterminator="\n")
    places = ("design", "node", "kind", "settings", "inputs", "input_shapes", "output_shape", "block")
    writer.writerow((*places, *(metric.id for metric in METRICS), "problem"))
    for row in rows:
        shapes = (", ".join(map(_shape, row.input_shapes)), "" if row.is_total else _shape(row.output_shape))
        place = (title(row.design), row.node, row.kind, row.settings, ", ".join(row.inputs), *shapes, row.block)
        writer.writerow((*place, *(_number(metric, row.value(metric)) for metric in METRICS), row.problem))
    return out.getvalue()


def _number(metric: Metric, amount: Amount | None) -> Amount | str:
    """For programs: nothing where it was not measured."""
    return amount if amount is not None else "" if metric.measured else UNKNOWN


def to_markdown(rows: Sequence[Row], *chosen: str) -> str:
    """A pipe table with bold totals, and below it how the designs compare; mistakes in a column of their own."""
    shown = _columns_for(rows, chosen)
    lines = [
        _piped(column.title for column in shown),
        _piped("---:" if column.is_number else "---" for column in shown),
    ]
    for row in rows:
        cells = [_escape_markdown(column.text(row)) for column in shown]
        lines.append(_piped(f"**{cell}**" if row.is_total and cell else cell for cell in cells))
    said = [f"- {_escape_markdown(line)}" for line in _said(rows, chosen)]
    return "\n".join([*lines, *(["", *said] if said else [])]) + "\n"


def _piped(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escape_markdown(text: str) -> str:
    special = r"[\\|*`<>&~\[\]]|\b_+|_+\b"
    return re.sub(special, lambda found: "".join(f"\\{character}" for character in found[0]), text)


def to_latex(rows: Sequence[Row], *chosen: str) -> str:
    """A tabular with the rules of booktabs and bold totals; how the designs compare follows as a comment."""
    shown = _columns_for(rows, chosen)
    lines = ["% needs \\usepackage{booktabs}"]
    lines.append(f"\\begin{{tabular}}{{{''.join('r' if column.is_number else 'l' for column in shown)}}}")
    lines += ["\\toprule", _ampersands(_escape_latex(column.title) for column in shown)]
    for _, group in groupby(rows, lambda row: row.design):
        lines.append("\\midrule")
        for row in group:
            cells = [_escape_latex(column.text(row)) for column in shown]
            lines.append(_ampersands(f"\\textbf{{{cell}}}" if row.is_total and cell else cell for cell in cells))
    lines += ["\\bottomrule", "\\end{tabular}", *(f"% {line}" for line in _said(rows, chosen))]
    return "\n".join(lines) + "\n"


def _ampersands(cells: Iterable[str]) -> str:
    return f"{' & '.join(cells)} \\\\"


_LATEX = {
    **{character: f"\\{character}" for character in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": "$<$",
    ">": "$>$",
    "×": r"$\times$",
    "→": r"$\to$",
}


def _escape_latex(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in text)


def to_text(rows: Sequence[Row], *chosen: str) -> str:
    """Aligned for a terminal: a block a design that ends with its totals, mistakes below their row, then the ratios.

    Derived metrics are left out but for the chosen ones.
    """
    shown = columns(shown_metrics(*chosen), _convention(rows))
    begins = [before is None or row.design != before.design for before, row in zip((None, *rows), rows, strict=False)]
    cells = [
        [column.text(row) if begin or index else "" for index, column in enumerate(shown)]
        for begin, row in zip(begins, rows, strict=True)
    ]
    head, rule, texts = aligned([column.title for column in shown], cells, [column.is_number for column in shown])
    lines = [head]
    for row, begin, text in zip(rows, begins, texts, strict=True):
        lines += [rule, text] if begin else [text]
        lines += [f"  ! {row.node}: {_line(row.problem)}"] if row.problem else []
    said = _said(rows, chosen)
    return "\n".join([*lines, *(["", *said] if said else [])]) + "\n"


def _columns_for(rows: Sequence[Row], chosen: tuple[str, ...]) -> tuple[Column, ...]:
    mistakes = (PROBLEM,) if any(row.problem for row in rows) else ()
    return (*columns(shown_metrics(*chosen), _convention(rows)), *mistakes)


def _convention(rows: Sequence[Row]) -> Convention:
    return next((subject.convention for row in rows for subject in row.subjects), MACS)


def _said(rows: Sequence[Row], chosen: tuple[str, ...]) -> Iterator[str]:
    """How the designs compare, and by which convention operations were counted."""
    for metric in shown_metrics(*chosen):
        yield from map(_line, comparisons(rows, metric))
    if OPERATIONS in chosen:
        yield from map(_line, told_counting(rows))


def told_counting(rows: Sequence[Row]) -> Iterator[str]:
    """What the convention counts of each design, and how large is what it leaves out."""
    rule = _convention(rows)
    titles = {term.id: term.title for term in TERMS}
    for design, group in groupby(rows, lambda row: row.design):
        found = tally([subject.report for row in group if row.is_total for subject in row.subjects], rule)
        if found is not None:
            left = [f"{abbreviated(amount)} {titles[id]}" for id, amount in found.left_out.items()]
            out = f"; left out: {', '.join(left)}" if left else ""
            batch = f" for {rule.batch} inputs" if rule.batch > 1 else ""
            yield f"{title(design)}, {rule.title}: {exact(found.total)} {rule.unit}{batch}{out}"


FORMATS: Mapping[str, Callable[..., str]] = {
    "table": to_text,
    "csv": to_csv,
    "tsv": to_tsv,
    "markdown": to_markdown,
    "latex": to_latex,
}
