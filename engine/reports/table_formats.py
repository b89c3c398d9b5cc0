"""The table of a project as text: a function per format, and TABLE_FORMATS, the only list of them."""

import csv
import io
import re
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
    shape_text,
    visible_metrics,
)
from engine.text.text_table import align
from engine.text.units import UNKNOWN


class TableFormat(Struct, frozen=True):
    """How the table is written: `text` takes rows and the ids of metrics that were chosen."""

    id: str
    """As `analyze --format` calls it."""
    title: str
    ending: str
    """Of a file's name, with the dot; "" for what is only printed."""
    text: Callable[..., str]
    for_programs: bool = False
    """A row per layer also where the window shows blocks closed."""


def to_csv(rows: Sequence[TableRow], *_chosen: str) -> str:
    """Comma-separated, for programs: every metric whatever is chosen; totals have kind "total" and no node."""
    return _delimited(rows, "excel")


def to_tsv(rows: Sequence[TableRow], *_chosen: str) -> str:
    """What `to_csv` gives, separated by tabs: a spreadsheet takes it from the clipboard."""
    return _delimited(rows, "excel-tab")


def _delimited(rows: Sequence[TableRow], dialect: str) -> str:
    out = io.StringIO()
    writer = csv.writer(out, dialect, lineterminator="\n")
    places = ("design", "node", "kind", "settings", "inputs", "input_shapes", "output_shape", "block")
    writer.writerow((*places, *(metric.id for metric in METRICS), "problem"))
    for row in rows:
        shapes = (", ".join(map(shape_text, row.input_shapes)), "" if row.is_total else shape_text(row.output_shape))
        place = (design_title(row.design), row.node, row.kind, row.settings, ", ".join(row.inputs), *shapes, row.block)
        writer.writerow((*place, *(_number(metric, row.value(metric)) for metric in METRICS), row.problem))
    return out.getvalue()


def _number(metric: Metric, amount: Amount | None) -> Amount | str:
    """For programs: nothing where it was not measured."""
    return amount if amount is not None else "" if metric.is_measured else UNKNOWN


def to_markdown(rows: Sequence[TableRow], *chosen: str) -> str:
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


def to_latex(rows: Sequence[TableRow], *chosen: str) -> str:
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


def to_text(rows: Sequence[TableRow], *chosen: str) -> str:
    """Aligned for a terminal: a block a design that ends with its totals, mistakes below their row, then the ratios.

    Derived metrics are left out but for the chosen ones.
    """
    shown = operations_columns(visible_metrics(*chosen), convention_of(rows))
    begins = [before is None or row.design != before.design for before, row in zip((None, *rows), rows, strict=False)]
    cells = [
        [column.text(row) if begin or index else "" for index, column in enumerate(shown)]
        for begin, row in zip(begins, rows, strict=True)
    ]
    head, rule, texts = align([column.title for column in shown], cells, [column.is_number for column in shown])
    lines = [head]
    for row, begin, text in zip(rows, begins, texts, strict=True):
        lines += [rule, text] if begin else [text]
        lines += [f"  ! {row.node}: {one_line(row.problem)}"] if row.problem else []
    said = _said(rows, chosen)
    return "\n".join([*lines, *(["", *said] if said else [])]) + "\n"


def _columns_for(rows: Sequence[TableRow], chosen: tuple[str, ...]) -> tuple[TableColumn, ...]:
    mistakes = (PROBLEM,) if any(row.problem for row in rows) else ()
    return (*operations_columns(visible_metrics(*chosen), convention_of(rows)), *mistakes)


def _said(rows: Sequence[TableRow], chosen: tuple[str, ...]) -> Iterator[str]:
    """How the designs compare, and by which convention operations were counted."""
    for metric in visible_metrics(*chosen):
        yield from map(one_line, comparisons(rows, metric))
    if OPERATIONS in chosen:
        yield from map(one_line, counting_text(rows))


TABLE_FORMATS: tuple[TableFormat, ...] = (
    TableFormat("table", "Text", "", to_text),
    TableFormat("tsv", "TSV", ".tsv", to_tsv, for_programs=True),
    TableFormat("csv", "CSV", ".csv", to_csv, for_programs=True),
    TableFormat("markdown", "Markdown", ".md", to_markdown),
    TableFormat("latex", "LaTeX", ".tex", to_latex),
)
"""In the order of menus and of the command line's help."""
