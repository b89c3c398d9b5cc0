"""What differs between two designs as text: a function per format."""

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from engine.cost.metrics import Amount, Metric
from engine.reports.differences import ComparedLayer, DesignDifferences, describe_seeds, difference_text
from engine.reports.tables import one_line
from engine.text.json_text import json_text
from engine.text.pipe_table import bold, escape_markdown, pipe_table
from engine.text.spreadsheet import delimited_text
from engine.text.text_table import align_columns
from engine.text.units import UNKNOWN, abbreviate, byte_size, exact_text, relative_error_text

Errors = Sequence[float | None]
"""The relative error of each pair of layers, None where it is not known; empty before a run."""


class DifferenceRow(Struct, frozen=True):
    """A line of the list of differences."""

    layer: ComparedLayer
    error: float | None = None
    """‖a − b‖ / ‖a‖ of the volumes that the layer computes in both designs."""


def difference_rows(
    differences: DesignDifferences, errors: Errors = (), *, every_layer: bool = False
) -> tuple[DifferenceRow, ...]:
    """The layers that differ, after a run in more than their names and the source of their weights; or every layer."""
    column = errors or [None] * len(differences.layers)
    rows = (DifferenceRow(*pair) for pair in zip(differences.layers, column, strict=True))
    return tuple(row for row in rows if every_layer or row.layer.differs_by(row.error))


def signed_text(amount: Amount | None) -> str:
    """An amount with all its digits and its sign: "+1,024", "−147,316,736", "0"."""
    if amount is None:
        return UNKNOWN
    return exact_text(amount) if not amount else f"{'+' if amount > 0 else '−'}{exact_text(abs(amount))}"


def short_cost(metric: Metric, amount: Amount | None) -> str:
    """An amount in few characters, with its sign and its unit if it is bytes: "−147.3 M", "+49.0 KiB", "0"."""
    if not amount:
        return signed_text(amount)
    size = abs(amount)
    text = byte_size(int(size)) if metric.unit == "bytes" else abbreviate(size)
    return f"{'+' if amount > 0 else '−'}{text}"


def pair_error_text(error: float | None) -> str:
    """A relative error in percent; "" if it is not known."""
    return "" if error is None else relative_error_text(error)


def nothing_text(differences: DesignDifferences) -> str:
    """What is said where no difference is listed."""
    return f"nothing differs{' but names, or where weights come from' if differences.differing else ''}"


def cost_heading(metric: Metric) -> str:
    return f"{metric.title} ±"


def to_text(differences: DesignDifferences, rows: Sequence[DifferenceRow]) -> str:
    """Aligned for a terminal, with the sums of all differences."""
    head = f"{one_line(differences.first)} → {one_line(differences.second)}"
    if not rows:
        return f"{head}: {nothing_text(differences)}\n"
    has_errors = any(row.error is not None for row in rows)
    heads = difference_heads(differences, has_errors=has_errors)
    cells = [difference_cells(differences, row, has_errors=has_errors) for row in rows]
    cells.append(total_cells(differences, has_errors=has_errors))
    numbers = [False, False, *[True] * (len(heads) - 2)]
    title, rule, lines = align_columns(heads, cells, numbers)
    notes = ["", describe_seeds(differences)] if describe_seeds(differences) else []
    return "\n".join([head, "", title, rule, *lines[:-1], rule, lines[-1], *notes]) + "\n"


def difference_heads(differences: DesignDifferences, *, has_errors: bool) -> list[str]:
    """The heads of a table for reading."""
    return ["Layer", "Difference", *map(cost_heading, differences.metrics), *(["Error"] if has_errors else [])]


def total_cells(differences: DesignDifferences, *, has_errors: bool) -> list[str]:
    """The last row of a table for reading: the sums of all differences."""
    sums = [signed_text(differences.total_cost(number)) for number in range(len(differences.metrics))]
    return ["total", "", *sums, *([""] if has_errors else [])]


def difference_cells(differences: DesignDifferences, row: DifferenceRow, *, has_errors: bool) -> list[str]:
    """A row of a table for reading."""
    costs = [signed_text(row.layer.cost(number)) for number in range(len(differences.metrics))]
    texts = one_line(row.layer.name), one_line(difference_text(row.layer, differences))
    return [*texts, *costs, *([pair_error_text(row.error)] if has_errors else [])]


def to_json(differences: DesignDifferences, rows: Sequence[DifferenceRow]) -> str:
    """For programs: exact amounts, null where one is unknown."""
    metrics = [metric.id for metric in differences.metrics]
    data = {
        "first": differences.first,
        "second": differences.second,
        "totals": {
            metric: {"first": first, "second": second, "difference": differences.total_cost(number)}
            for number, (metric, (first, second)) in enumerate(zip(metrics, differences.totals, strict=True))
        },
        "differences": [_json_row(row, metrics) for row in rows],
    }
    return json_text(data)


def _json_row(row: DifferenceRow, metrics: Sequence[str]) -> dict[str, object]:
    pair, layer = row.layer.pair, row.layer
    return {
        "first": None if pair.first is None else pair.first.name,
        "second": None if pair.second is None else pair.second.name,
        "settings": {change.setting: [change.first, change.second] for change in layer.changes},
        "costs": {metric: layer.cost(number) for number, metric in enumerate(metrics)},
        "relative_error": row.error if row.error is None or row.error < float("inf") else "infinite",
    }


def to_csv(differences: DesignDifferences, rows: Sequence[DifferenceRow]) -> str:
    """Comma-separated: exact amounts of both designs, and their differences."""
    return delimited_text(_spreadsheet_rows(differences, rows))


def to_tsv(differences: DesignDifferences, rows: Sequence[DifferenceRow]) -> str:
    """The same as `to_csv`, separated by tabs, so that it can be pasted into a spreadsheet."""
    return delimited_text(_spreadsheet_rows(differences, rows), "excel-tab")


def _spreadsheet_rows(differences: DesignDifferences, rows: Sequence[DifferenceRow]) -> Iterator[Sequence[object]]:
    yield (differences.first, differences.second, "difference", *_amount_heads(differences), "error")
    for row in rows:
        pair = row.layer.pair
        names = ("" if report is None else report.name for report in (pair.first, pair.second))
        amounts = (UNKNOWN if amount is None else amount for amount in _all_amounts(row.layer))
        error = "" if row.error is None else row.error
        yield (*names, difference_text(row.layer, differences), *amounts, error)


def _amount_heads(differences: DesignDifferences) -> Iterator[str]:
    for metric in differences.metrics:
        yield from (f"{metric.id} {differences.first}", f"{metric.id} {differences.second}", f"{metric.id} difference")


def _all_amounts(layer: ComparedLayer) -> Iterator[Amount | None]:
    for number, (first, second) in enumerate(layer.amounts):
        yield from (first, second, layer.cost(number))


def to_markdown(differences: DesignDifferences, rows: Sequence[DifferenceRow]) -> str:
    """A pipe table with the sums of all differences in bold."""
    heads = difference_heads(differences, has_errors=True)
    cells = [map(escape_markdown, difference_cells(differences, row, has_errors=True)) for row in rows]
    cells.append(map(bold, total_cells(differences, has_errors=True)))
    return "\n".join(pipe_table(heads, [False, False, *[True] * (len(heads) - 2)], cells)) + "\n"


COPY_FORMATS: dict[str, Callable[[DesignDifferences, Sequence[DifferenceRow]], str]] = {
    "TSV": to_tsv,
    "CSV": to_csv,
    "Markdown": to_markdown,
}
"""The formats of the menu "Copy table", by their titles."""
DIFFERENCE_FORMATS: dict[str, Callable[[DesignDifferences, Sequence[DifferenceRow]], str]] = {
    "text": to_text,
    "json": to_json,
}
"""The formats of the command line."""
