"""The tables of web pages: totals, layers, what differs, published figures, and counting rules."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from msgspec.structs import replace

from engine.cost.metrics import OPERATIONS, Amount, Metric, compare_amounts, heading_of, metric_by_id
from engine.explain.classes import percent_text
from engine.network.analysis import Report
from engine.network.node_ref import STEM
from engine.reports.counting_table import counting_table
from engine.reports.difference_formats import difference_cells, difference_heads, nothing_text, total_cells
from engine.reports.differences import describe_seeds
from engine.reports.googlenet_table import footnotes, paper_rows, paper_table_columns
from engine.reports.tables import (
    INPUTS,
    TableRow,
    comparable_totals,
    design_title,
    operations_columns,
    output_shape_text,
    table_rows,
    visible_metrics,
)
from gui.export.html import Markup, data_cell, element, head_cell, join, row_head, swatch, table
from gui.paint.differences.content import build_differences, compute_errors
from gui.state.view_state import ViewState

_TOTALS = ("macs", "params", "activation_bytes", "receptive_field")


def shown_metrics(state: ViewState) -> tuple[Metric, ...]:
    """The metrics that tables have a column for: the usual ones, that of the look, and the one of the counting rule."""
    counted = (OPERATIONS,) if state.look.convention.id not in ("macs", "flops") else ()
    own = () if metric_by_id(state.look.metric).is_measured else (state.look.metric,)
    return visible_metrics(*own, *counted)


def view_table(state: ViewState, view: str) -> Markup:
    """A view that is a table, as one; see `_VIEW_TABLES`."""
    return _VIEW_TABLES[view](state)


def totals_table(state: ViewState) -> Markup:
    """A row for each design, and for the stem if there is one, with the totals of all its layers."""
    usual = tuple(map(metric_by_id, _TOTALS))
    metrics = tuple(dict.fromkeys((*shown_metrics(state), *usual)))
    heads = [head_cell(text, is_number=index > 0) for index, text in enumerate(("Design", "Layers"))]
    heads += [head_cell("Output C×H×W"), *(_metric_head(state, metric) for metric in metrics)]
    rows = []
    for name, analysis in state.check.analyses.items():
        last = analysis.reports[-1].output_shape if analysis.reports else analysis.input_shape
        output = state.shapes(name).get(analysis.output, last)
        amounts = (_total_cell(state, metric, state.costs.total(metric, name)) for metric in metrics)
        count = data_cell(f"{len(analysis.reports):,}", is_number=True)
        rows.append(element("tr", _design_head(state, name), count, data_cell(output_shape_text(output)), amounts))
    return table("Totals of the designs", heads, [rows])


def _design_head(state: ViewState, design: str) -> Markup:
    return row_head(swatch(state.colour_index(design)), element("bdi", design_title(design)))


def _metric_head(state: ViewState, metric: Metric) -> Markup:
    return head_cell(heading_of(metric, state.look.convention), is_number=True)


def _total_cell(state: ViewState, metric: Metric, amount: Amount | None) -> Markup:
    """An amount in few characters, and below with all its digits."""
    short, exact = state.costs.short(metric, amount), state.costs.exact(metric, amount)
    return data_cell(short if short == exact else (short, element("small", exact)), is_number=True)


def classes_table(state: ViewState, design: str) -> Markup:
    """The most likely classes of a classifier that has run."""
    prediction = state.predictions[design]
    heading = element("h3", swatch(state.colour_index(design)), element("bdi", design_title(design)))
    if not prediction.classes:
        return join(heading, element("p", f"{prediction.text().capitalize()}."))
    heads = [head_cell("Class"), head_cell("Channel", is_number=True), head_cell("Probability", is_number=True)]
    rows = [
        element(
            "tr",
            row_head(element("bdi", likely.label)),
            data_cell(str(likely.index), is_number=True),
            data_cell(percent_text(likely.probability), is_number=True),
        )
        for likely in prediction.classes
    ]
    source = element("p", f"Probabilities by {prediction.source}.", class_="muted")
    return join(heading, table(f"Most likely classes of {design_title(design)}", heads, [rows]), source)


def comparison_list(state: ViewState) -> Markup:
    """Each design compared with the first in words; "" if there is nothing to compare."""
    totals = comparable_totals(table_rows(state.project, state.costs))
    items = []
    for row in totals[1:]:
        texts = [
            compare_amounts(metric, row.value(metric), totals[0].value(metric), than=totals[0].design)
            for metric in shown_metrics(state)
        ]
        items += [
            element("li", swatch(state.colour_index(row.design)), element("bdi", row.design), f": {text}")
            for text in texts
            if text
        ]
    return element("ul", items, class_="plain") if items else Markup()


def layer_table(state: ViewState, design: str) -> Markup:
    """Every layer of a design with exact amounts; those of a block below its sums."""
    metrics = shown_metrics(state)
    _, name, *columns = (
        replace(column, text=_inputs_text) if column is INPUTS else column
        for column in operations_columns(metrics, state.look.convention)
    )
    heads = [head_cell(column.title, is_number=column.is_number) for column in (name, *columns)]
    analyses = {design: state.check.analyses[design]}
    *rows, total = table_rows(state.project, state.costs, analyses)
    bodies = []
    for block, group in groupby(rows, lambda row: row.block):
        lines = [] if not block else [_block_row(state, design, block, metrics)]
        for row in group:
            cells = [
                data_cell(
                    column.text(row),
                    is_number=column.is_number,
                    title=row.formula(column.metric) if column.metric else "",
                )
                for column in columns
            ]
            head = row_head(element("bdi", _name_in(row.block, row.node)))
            lines.append(element("tr", head, cells, class_="part" if block else ""))
            lines += [_problem_row(row, len(columns) + 1)] if row.problem else []
        bodies.append(lines)
    cells = [data_cell(column.text(total), is_number=True) for column in columns if column.is_number]
    foot = element("tr", row_head("total", colspan=len(heads) - len(cells)), cells)
    return table(f"Layers of {design_title(design)}", heads, bodies, feet=[foot])


def _inputs_text(row: TableRow) -> str:
    return ", ".join(_name_in(row.block, name) for name in row.inputs)


def _name_in(block: str, name: str) -> str:
    """A name as it is called within a block; "" is none."""
    return name.removeprefix(f"{block}/") if block else name


def _block_row(state: ViewState, design: str, name: str, metrics: Sequence[Metric]) -> Markup:
    block = state.check.analyses[design].blocks[name]
    report: Report = block.as_report()
    texts = (report.layer.label(), ", ".join(report.inputs), output_shape_text(report.output_shape))
    amounts = [
        data_cell(state.costs.exact(metric, state.costs.amount(metric, design, report)), is_number=True)
        for metric in metrics
    ]
    head = element("th", element("bdi", name), scope="rowgroup")
    return element("tr", head, map(data_cell, texts), amounts, class_="block")


def _problem_row(row: TableRow, columns: int) -> Markup:
    return element("tr", element("td", f"! {row.problem}", colspan=columns), class_="problem")


def differences_table(state: ViewState) -> Markup:
    """What differs between the two designs of the look, with the errors of their volumes after a run."""
    for _ in compute_errors(state):
        pass
    content = build_differences(state)
    differences = content.differences
    if differences is None:
        return Markup()
    has_errors = content.has_errors
    numbers = range(2, 2 + len(differences.metrics) + has_errors)
    heads = [
        head_cell(text, is_number=index in numbers)
        for index, text in enumerate(difference_heads(differences, has_errors=has_errors))
    ]

    def cells(texts: Sequence[str]) -> Iterator[Markup]:
        yield row_head(element("bdi", texts[0]))
        yield from (
            data_cell(text, is_number=index in numbers, is_long=index not in numbers)
            for index, text in enumerate(texts)
            if index
        )

    rows = [
        element("tr", cells(difference_cells(differences, row, has_errors=has_errors))) for row in content.differing
    ]
    if not rows:
        rows = [element("tr", element("td", nothing_text(differences), colspan=len(heads)))]
    foot = element("tr", cells(total_cells(differences, has_errors=has_errors)))
    label = f"What differs: {differences.first} → {differences.second}"
    seeds = describe_seeds(differences)
    note = element("p", f"{seeds}.", class_="muted") if seeds else Markup()
    return join(table(label, heads, [rows], feet=[foot]), note)


def paper_table(state: ViewState, design: str) -> Markup:
    """The table of GoogLeNet's paper for a design, with published figures beside recounted ones; "" without rows."""
    rows = paper_rows(state.project, state.check, design)
    if not rows:
        return Markup()
    columns = paper_table_columns(rows)
    heads = [head_cell(column.title, is_number=column.is_number) for column in columns]
    lines = [
        element(
            "tr",
            row_head(element("bdi", columns[0].text(row))),
            (data_cell(column.text(row), is_number=column.is_number) for column in columns[1:]),
        )
        for row in rows
    ]
    notes = (element("p", note, class_="muted") for note in footnotes(state.project, rows))
    return join(table(f"Paper's table of {design_title(design)}", heads, [lines[:-1]], feet=lines[-1:]), notes)


def rules_table(state: ViewState, design: str) -> Markup:
    """The total of a design by each counting rule, and what makes it up."""
    rules = counting_table(state.check.analyses[design].reports, state.look.convention)
    heads = [head_cell(text, is_number=index > 0) for index, text in enumerate(rules.heads)]
    rows = [
        element(
            "tr",
            row_head(rules.text(row, 0)),
            (data_cell(rules.text(row, column), is_number=True) for column in range(1, len(rules.heads))),
        )
        for row in range(len(rules.conventions))
    ]
    return table(f"Counting rules for {design_title(design)}", heads, [rows])


def first_design(state: ViewState) -> str:
    """The design in focus, else the first one, else the stem."""
    names = [name for name in state.check.analyses if name != STEM]
    return state.focus.design if state.focus.design in names else next(iter(names), STEM)


def _headed(state: ViewState, design: str, content: Markup) -> Markup:
    heading = element("h3", swatch(state.colour_index(design)), element("bdi", design_title(design)))
    return join(heading, content) if content else content


def layer_tables(state: ViewState) -> Markup:
    """The layers of every design that has any."""
    names = (name for name, analysis in state.check.analyses.items() if analysis.reports)
    return join(_headed(state, name, layer_table(state, name)) for name in names)


def _paper_table_in_focus(state: ViewState) -> Markup:
    return _headed(state, first_design(state), paper_table(state, first_design(state)))


def _rules_table_in_focus(state: ViewState) -> Markup:
    return _headed(state, first_design(state), rules_table(state, first_design(state)))


_VIEW_TABLES: dict[str, Callable[[ViewState], Markup]] = {
    "table": layer_tables,
    "paper": _paper_table_in_focus,
    "counting": _rules_table_in_focus,
    "differences": differences_table,
}
"""The views that are tables in a page: those without a description of their picture."""
