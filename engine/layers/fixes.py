"""The nearest valid values of settings, for mistakes to offer."""

from collections.abc import Iterable
from functools import lru_cache
from math import isqrt
from typing import Any

import numpy as np

from engine.layers.base import MAX_COUNT
from engine.text.problems import Fix


def setting_fixes(setting: str, values: Iterable[Any]) -> tuple[Fix, ...]:
    """A fix per value of a setting; equal extents are written as one."""
    return tuple(_setting_fix(setting, shortest_spelling(value)) for value in values)


def shortest_spelling(value: Any) -> Any:
    """(3, 3) as 3, and (1, 2, 1, 2) as (1, 2); lists as the tuples that they stand for, other values as they are."""
    if isinstance(value, list | tuple):
        value = tuple(value)
        if len(set(value)) == 1:
            return value[0]
        if len(value) == 4 and value[:2] == value[2:]:
            return value[:2]
    return value


def _setting_fix(setting: str, value: Any) -> Fix:
    text = value if isinstance(value, str) else f"{value:g}" if isinstance(value, float) else str(value)
    if isinstance(value, tuple):
        text = "×".join(map(str, value)) if len(value) == 2 else str(list(value))
    return Fix(f"{setting.replace('_', ' ').capitalize()} {text}", ((setting, value),))


@lru_cache(maxsize=256)
def nearest_divisors(number: int, wrong: int) -> tuple[int, ...]:
    """The largest divisor of `number` below one that is none, and the smallest above, if there is one."""
    roots = np.arange(1, isqrt(number) + 1)
    small = [int(root) for root in roots[number % roots == 0]]
    divisors = sorted({*small, *(number // root for root in small)})
    below, above = [d for d in divisors if d < wrong], [d for d in divisors if d > wrong]
    return (*below[-1:], *above[:1])


def nearest_multiples(factor: int, wrong: int) -> tuple[int, ...]:
    """The multiples of `factor` below and above a number that is none, within the limits of a count."""
    below = wrong // factor * factor
    return tuple(number for number in (below, below + factor) if 0 < number <= MAX_COUNT)
