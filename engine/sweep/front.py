"""Which points of a sweep no other beats in two metrics, and the best within a limit."""

from collections.abc import Sequence
from math import isfinite
from typing import Any

from engine.sweep.columns import Values, is_better_lower


def cost_of(values: Values, metric: str) -> float | None:
    """A metric as a cost, of which less is better; None if it is unknown."""
    amount: Any = values.get(metric)
    if amount is None or isinstance(amount, str) or not isfinite(amount):
        return None
    return float(amount) if is_better_lower(metric) else -float(amount)


def pareto_front(rows: Sequence[Values], first: str, second: str) -> list[int]:
    """Indices of the rows that no other beats in one metric without losing in the other, the cheapest first.

    Of rows that are equal in both the first counts. Rows without one of the amounts are on no front.
    """
    costs = []
    for index, values in enumerate(rows):
        pair = cost_of(values, first), cost_of(values, second)
        if pair[0] is not None and pair[1] is not None:
            costs.append((pair[0], pair[1], index))
    front: list[int] = []
    least = float("inf")
    for _, cost, index in sorted(costs):
        if cost < least:
            least = cost
            front.append(index)
    return front


def best_within(rows: Sequence[Values], metric: str, limited: str, limit: float) -> int | None:
    """Index of the row with the best amount of a metric among those within a limit of another; None without any.

    "Cheapest within 2 % error" is ``best_within(rows, "macs", "error_held_out", 0.02)``. Of equal ones that with the
    better amount of the limited metric counts, then the first.
    """
    bound = limit if is_better_lower(limited) else -limit
    fitting = []
    for index, values in enumerate(rows):
        cost, other = cost_of(values, metric), cost_of(values, limited)
        if cost is not None and other is not None and other <= bound:
            fitting.append((cost, other, index))
    return min(fitting)[2] if fitting else None
