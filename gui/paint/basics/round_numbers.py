"""Round numbers for axes: 1, 2 and 5 times powers of ten."""

from math import ceil, floor, log10

_STEPS = (1, 2, 5)
_FEWEST = 3
"""Number of values at powers of ten, and between them, below which they are evenly spaced instead."""


def round_down(value: float) -> float:
    """Return the largest 1, 2 or 5 times a power of ten that is not above `value`."""
    power = floor(log10(value))
    return max(number for number in _numbers(power, power + 1) if number <= value * 1.001)


def round_up(value: float) -> float:
    power = floor(log10(value))
    return min(number for number in _numbers(power, power + 1) if number >= value * 0.999)


def round_values(low: float, high: float, least_step: float = 0.0) -> list[float]:
    """Return 1, 2 and 5 times the powers of ten within an axis; if they are few, multiples of a round step."""
    numbers = _numbers(floor(log10(low)) - 1, ceil(log10(high)) + 1)
    values = [number for number in numbers if low * 0.999 <= number <= high * 1.001]
    return values if len(values) >= _FEWEST else multiples(low, high, least_step)


def multiples(low: float, high: float, least_step: float = 0.0) -> list[float]:
    """Return the multiples of a round step within an axis: about four to ten, or fewer for `least_step`."""
    step = max(round_down((high - low) / 4), least_step) if high > low else least_step or high
    return [number * step for number in range(ceil(low / step - 1e-6), floor(high / step + 1e-6) + 1)]


def _numbers(first: int, last: int) -> list[float]:
    """Return 1, 2 and 5 times the powers of ten between two exponents, ascending."""
    return [step * 10.0**power for power in range(first, last + 1) for step in _STEPS]
