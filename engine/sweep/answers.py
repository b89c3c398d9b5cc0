"""What a sweep says in sentences: how many points there are, and which are the best."""

from collections.abc import Mapping, Sequence

from engine.cost.metrics import METRICS
from engine.rank_search.report import error_text
from engine.sweep.axis_values import label_text
from engine.sweep.columns import FITS, PROBLEM_COLUMN, Values, column_title
from engine.sweep.front import cost_of, pareto_front
from engine.sweep.sweep import Sweep
from engine.text.units import abbreviate, count_text, exact_text

_UNITS = {metric.id: metric.unit for metric in METRICS}


def amount_text(column: str, amount: float | None) -> str:
    """An amount of a column with its unit: "13.25 M MACs", "25.2 %", "1.4 ms"."""
    if column.startswith("error"):
        return f"an error of {error_text(amount)}"
    if column == "agreement":
        return "no agreement" if amount is None else f"{100 * amount:.4g} % agreement"
    short = exact_text(amount) if isinstance(amount, float) else abbreviate(amount)
    return f"{short} {_UNITS.get(column, column)}".rstrip()


def fitting_rows(rows: Sequence[Values]) -> list[Values]:
    """The rows that satisfy all conditions and have no problem."""
    return [row for row in rows if row.get(FITS, True) in (True, None) and not row.get(PROBLEM_COLUMN)]


def default_pair(sweep: Sweep) -> tuple[str, str]:
    """The two metrics that a front is drawn of."""
    if "error" in sweep.settings.measure:
        return "macs", "error_held_out" if sweep.calibration.check_inputs else "error_fitted"
    return ("macs", "milliseconds") if "ms" in sweep.settings.measure else ("macs", "params")


def point_settings_text(sweep: Sweep, row: Mapping[str, object]) -> str:
    """The values of the axes in a row: "width 0.5, input.size 192"."""
    return ", ".join(f"{axis.name} {label_text(row[axis.name])}" for axis in sweep.axes)


def answer_lines(sweep: Sweep, rows: Sequence[Values], pair: tuple[str, str], total: int | None = None) -> list[str]:
    """How many points there are, and the best of those that satisfy the conditions in each of two metrics.

    Parameters
    ----------
    total
        Number of points if the rows are those of some only.
    """
    fitting = fitting_rows(rows)
    lines = [count_text(len(rows), "point") if total is None else f"{len(rows):,} of {count_text(total, 'point')}"]
    if len(fitting) < len(rows):
        lines[0] += f", {len(fitting):,} without a problem that satisfy every condition"
    front = pareto_front(fitting, *pair)
    if not front:
        return lines
    titles = [column_title(column, sweep.convention) for column in pair]
    lines[0] += f"; {count_text(len(front), 'point')} on the front of {titles[0]} and {titles[1]}"
    for title, (metric, other) in zip(titles, (pair, pair[::-1]), strict=True):
        rows_with_cost = [row for row in fitting if cost_of(row, metric) is not None]
        best = min(rows_with_cost, key=lambda row: (cost_of(row, metric) or 0.0, cost_of(row, other) or 0.0))
        amounts = ", ".join(amount_text(column, best[column]) for column in (metric, other))
        lines.append(f"best {title}: {point_settings_text(sweep, best)} ({amounts})")
    return lines
