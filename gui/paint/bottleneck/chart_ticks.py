"""The ticks of a chart's axes: round errors and MACs, and ranks, as many as have space for their labels."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeVar

from engine.rank_search import ErrorCurve
from engine.text.units import abbreviate
from gui.paint.basics.round_numbers import multiples, round_values
from gui.paint.bottleneck.chart_layout import ChartLayout

_FEWEST_POWERS = 3
"""Number of powers of two below which ticks are at evenly spaced ranks instead."""
_Value = TypeVar("_Value", int, float)


class Tick(NamedTuple):
    """A tick at a pixel of its axis."""

    at: float
    label: str
    """Empty without space."""


def error_ticks(chart: ChartLayout) -> list[Tick]:
    """Return the ticks of the vertical axis."""
    errors = round_values(*chart.error_range)
    spaced = _space_out(errors, chart.y, _error_label, lambda _: chart.text_size * 1.4)
    return [Tick(chart.y(error), label) for error, label in spaced]


def macs_ticks(chart: ChartLayout) -> list[Tick]:
    """Return the ticks of the horizontal axis."""
    amounts = round_values(*chart.macs_range, least_step=1.0)
    spaced = _space_out(amounts, chart.x, _macs_label, chart.text_space)
    return [Tick(chart.x(macs), label) for macs, label in spaced]


def rank_ticks(chart: ChartLayout, curve: ErrorCurve) -> list[Tick]:
    """Return the ticks of the ranks: at powers of two, or evenly spaced if few powers are visible."""
    ranks = [index + 1 for index in chart.visible_indices(curve.costs)]
    ticks = [rank for rank in ranks if rank & (rank - 1) == 0]
    if ranks and len(ticks) < _FEWEST_POWERS:
        ticks = [round(rank) for rank in multiples(ranks[0], ranks[-1], least_step=1.0)]

    def position(rank: int) -> float:
        return chart.x(curve.costs[rank - 1])

    labels = dict(_space_out(ticks, position, str, chart.text_space))
    return [Tick(position(rank), labels.get(rank, "")) for rank in ticks]


def _space_out(
    values: Iterable[_Value],
    position: Callable[[_Value], float],
    label: Callable[[_Value], str],
    space: Callable[[str], float],
) -> Iterator[tuple[_Value, str]]:
    """Yield the values whose labels do not overlap the previous one."""
    last: float | None = None
    for value in values:
        text, x = label(value), position(value)
        if last is None or abs(x - last) >= space(text):
            last = x
            yield value, text


def _error_label(error: float) -> str:
    """Return a round error as short text: "5 %", "0.2 %"."""
    return f"{100 * error:.6g} %"


def _macs_label(macs: float) -> str:
    """Return round MACs as short text: "500 M", "1.5 G"."""
    number, *prefix = abbreviate(round(macs)).split(" ")
    return " ".join((number.rstrip("0").rstrip(".") if "." in number else number, *prefix))
