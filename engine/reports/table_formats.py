"""The table of a project as text: a function per format, and TABLE_FORMATS, the only list of them."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

from msgspec import Struct

from engine.cost.metrics import METRICS, OPERATIONS, Amount, Metric
from engine.reports.tables import (
    PROBLEM,
    TableColumn,
    TableRow,
    comparisons,
    convention_of,
    counting_text,
    design_title,
    one_line,
    operations_columns,
    output_shape_text,
    visible_metrics,
)
from engine.text.pipe_table import bold, escape_markdown, pipe_table
from engine.text.spreadsheet import delimited_text
from engine.text.text_table import align_columns
from engine.text.units import UNKNOWN


class TableFormat(Struct, frozen=True):
    """A format of the table: `text` takes rows and the ids of selected metrics."""

    id: str
    """Its name for `analyze --format`."""
    title: str
    ending: str
    """Ending of a file's name, with the dot; "" if it is only printed."""
    text: Callable[..., str]
    for_programs: bool = False
    """Whether it has a row per layer even if the window shows blocks closed."""


def to_csv(rows: Sequence[TableRow], *_metric_ids: str) -> str:
    """Comma-separated, for programs: every metric, whatever is selected; totals have kind "total" and no node.

    A name that a spreadsheet would take for a formula has an apostrophe before it.
    """
    return delimited_text(_spreadsheet_rows(rows))


def to_tsv(rows: Sequence[TableRow], *_metric_ids: str) -> str:
    """The same as `to_csv`, separated by tabs, so that it can be pasted into a spreadsheet."""
    return delimited_text(_spreadsheet_rows(rows), "excel-tab")


def _spreadsheet_rows(rows: Sequence[TableRow]) -> Iterator[Sequence[object]]:
    heads = ("design", "node", "kind", "settings", "inputs", "input_shapes", "output_shape", "block")
    yield (*heads, *(metric.id for metric in METRICS), "problem")
    for row in rows:
        shapes = (
            ", ".join(map(output_shape_text, row.input_shapes)),
            "" if row.is_total else output_shape_text(row.output_shape),
        )
        cells = (
            design_title(row.design),
            row.node,
            row.kind,
            row.settings,
            ", ".join(map(_listed, row.inputs)),
            *shapes,
            row.block,
        )
        yield (*cells, *(_number(metric, row.value(metric)) for metric in METRICS), row.problem)


def _listed(name: str) -> str:
    """A name in a list of names: in quotes, as in JSON, if the list would be read otherwise without."""
    return json.dumps(name, ensure_ascii=False) if "," in name or name.startswith('"') else name


def _number(metric: Metric, amount: Amount | None) -> Amount | str:
    """An amount for programs; "" if it was not measured."""
    return amount if amount is not None else "" if metric.is_measured else UNKNOWN


def to_markdown(rows: Sequence[TableRow], *metric_ids: str) -> str:
    """A pipe table with bold totals and, if needed, a column of mistakes; below it the comparison of designs."""
    columns = _columns_for(rows, metric_ids)
    cells = (
        [bold(text) if row.is_total else text for text in (escape_markdown(column.text(row)) for column in columns)]
        for row in rows
    )
    lines = pipe_table([column.title for column in columns], [column.is_number for column in columns], cells)
    notes = [f"- {escape_markdown(line)}" for line in _notes(rows, metric_ids)]
    return "\n".join([*lines, *(["", *notes] if notes else [])]) + "\n"


def to_latex(rows: Sequence[TableRow], *metric_ids: str) -> str:
    """A tabular with the rules of booktabs and bold totals; the comparison of designs follows as a comment."""
    columns = _columns_for(rows, metric_ids)
    lines = ["% needs \\usepackage{booktabs}"]
    lines.append(f"\\begin{{tabular}}{{{''.join('r' if column.is_number else 'l' for column in columns)}}}")
    lines += ["\\toprule", _ampersands(_escape_latex(column.title) for column in columns)]
    for _, group in groupby(rows, lambda row: row.design):
        lines.append("\\midrule")
        for row in group:
            cells = [_escape_latex(column.text(row)) for column in columns]
            lines.append(_ampersands(f"\\textbf{{{cell}}}" if row.is_total and cell else cell for cell in cells))
    lines += ["\\bottomrule", "\\end{tabular}", *(f"% {line}" for line in _notes(rows, metric_ids))]
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


def to_text(rows: Sequence[TableRow], *metric_ids: str) -> str:
    """Aligned for a terminal: a section per design with totals, mistakes below their rows, then the comparison.

    Without derived metrics, except for the selected ones.
    """
    columns = operations_columns(visible_metrics(*metric_ids), convention_of(rows))
    begins = [before is None or row.design != before.design for before, row in zip((None, *rows), rows, strict=False)]
    cells = [
        [column.text(row) if begin or index else "" for index, column in enumerate(columns)]
        for begin, row in zip(begins, rows, strict=True)
    ]
    head, rule, texts = align_columns(
        [column.title for column in columns], cells, [column.is_number for column in columns]
    )
    lines = [head]
    for row, begin, text in zip(rows, begins, texts, strict=True):
        lines += [rule, text] if begin else [text]
        lines += [f"  ! {row.node}: {one_line(row.problem)}"] if row.problem else []
    notes = _notes(rows, metric_ids)
    return "\n".join([*lines, *(["", *notes] if notes else [])]) + "\n"


def _columns_for(rows: Sequence[TableRow], metric_ids: tuple[str, ...]) -> tuple[TableColumn, ...]:
    mistakes = (PROBLEM,) if any(row.problem for row in rows) else ()
    return (*operations_columns(visible_metrics(*metric_ids), convention_of(rows)), *mistakes)


def _notes(rows: Sequence[TableRow], metric_ids: tuple[str, ...]) -> Iterator[str]:
    """The comparison of designs, and the convention that counted operations."""
    for metric in visible_metrics(*metric_ids):
        yield from map(one_line, comparisons(rows, metric))
    if OPERATIONS in metric_ids:
        yield from map(one_line, counting_text(rows))


TABLE_FORMATS: tuple[TableFormat, ...] = (
    TableFormat("table", "Text", "", to_text),
    TableFormat("tsv", "TSV", ".tsv", to_tsv, for_programs=True),
    TableFormat("csv", "CSV", ".csv", to_csv, for_programs=True),
    TableFormat("markdown", "Markdown", ".md", to_markdown),
    TableFormat("latex", "LaTeX", ".tex", to_latex),
)
"""In the order of menus and of the command line's help."""
