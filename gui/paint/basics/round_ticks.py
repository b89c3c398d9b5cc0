"""Round numbers for the ticks of a linear axis."""

from math import ceil, floor, log10

from engine.text.units import number_text

_STEPS = (1, 2, 5, 10)
_DIGITS = 5
"""Digits that a number may have before it is written with a power of ten."""


def round_ticks(low: float, high: float, most: int, *, least_step: float = 0.0) -> list[float]:
    """Return at most `most` multiples of 1, 2 or 5 times a power of ten between two values, as many as possible."""
    span, most = high - low, max(most, 1)
    power = 10.0 ** floor(log10(span / most))
    steps = (factor * power * decade for decade in (1, 10) for factor in _STEPS)
    for step in steps:
        first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
        if last - first < most and step >= least_step:
            return [number * step for number in range(first, last + 1)]
    return []


def tick_text(tick: float, ticks: list[float]) -> str:
    """Return a tick as text, with the digits that tell it from its neighbours."""
    step = ticks[1] - ticks[0] if len(ticks) > 1 else abs(tick)
    largest = max(map(abs, ticks))
    digits = 1 + max(0, ceil(log10(largest / step))) if largest and step else 1
    return number_text(0.0 if abs(tick) < step / 2 else tick, max(digits, _DIGITS))
