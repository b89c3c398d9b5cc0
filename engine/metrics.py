"""What can be counted of a node. METRICS is the only list: table columns, bars, totals and files iterate it."""

from collections.abc import Callable, Iterable

from msgspec import Struct

from engine.analysis import Report


class Metric(Struct, frozen=True):
    """A number a node has before it runs, exact, or None where it is unknown."""

    id: str
    title: str
    unit: str
    more: str
    """Names the amount in a comparison: "12.1× fewer multiply-accumulates"."""
    value: Callable[[Report], int | None]
    formula: Callable[[Report], str]
    """How the number comes about, with this node's own numbers in it; "" where there is nothing to multiply."""
    derived: bool = False
    """A fixed multiple of another metric: in every file of numbers, and in a table for reading only when chosen."""


def _mac_product(report: Report, factor: str = "") -> str:
    if report.mac_factors is None:
        return ""
    positions, weights = ("·".join(map(str, numbers)) for numbers in report.mac_factors)
    return f"{factor}{positions} × {weights}"


def _mac_formula(report: Report) -> str:
    return f"{_mac_product(report)} = {report.macs:,}" if report.mac_factors else ""


def _flop_formula(report: Report) -> str:
    return f"{_mac_product(report, '2 × ')} = {_flops(report):,}" if report.mac_factors else ""


def _flops(report: Report) -> int | None:
    return None if report.macs is None else 2 * report.macs


def _param_formula(report: Report) -> str:
    if not report.params or not report.param_shapes:
        return ""
    parts = ["·".join(map(str, shape)) for shape in report.param_shapes.values()]
    return f"{' + '.join(parts)} = {report.params:,}"


METRICS: tuple[Metric, ...] = (
    Metric("macs", "MACs", "MACs", "multiply-accumulates", lambda report: report.macs, _mac_formula),
    Metric("params", "Params", "params", "parameters", lambda report: report.params, _param_formula),
    Metric("flops", "FLOPs (2 per MAC)", "FLOPs", "floating-point operations", _flops, _flop_formula, derived=True),
)


def metric(id: str) -> Metric:
    """The metric of that id; KeyError where there is none."""
    return {metric.id: metric for metric in METRICS}[id]


def total(metric: Metric, reports: Iterable[Report]) -> int | None:
    """The sum over nodes; unknown as soon as one of them is unknown."""
    amount = 0
    for report in reports:
        value = metric.value(report)
        if value is None:
            return None
        amount += value
    return amount
