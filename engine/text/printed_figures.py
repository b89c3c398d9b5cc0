"""Figures as papers print them, and their comparison with counted numbers."""

import re
from fractions import Fraction

POWERS = {"": 0, "K": 1, "M": 2, "G": 3}


def amount_of(printed: str, kilo: int = 1000) -> Fraction | None:
    """The value of a printed figure: "2.7K" is 2,700, or 2,764.8 if K = 1024; None if it cannot be read."""
    parts = _parts(printed)
    return None if parts is None else parts[0] * kilo ** parts[2]


def agrees(count: int, printed: str, kilo: int = 1000) -> bool:
    """Whether a count, rounded or truncated to the same number of digits, equals the printed figure."""
    parts = _parts(printed)
    if parts is None:
        return False
    value, decimals, power = parts
    unit = Fraction(1, 10**decimals)
    return -unit / 2 <= Fraction(count, kilo**power) - value < unit


def relative_excess(count: int, printed: str, kilo: int = 1000) -> float | None:
    """(count − printed) / printed; None if the figure cannot be read or is 0."""
    amount = amount_of(printed, kilo)
    return None if not amount else float((count - amount) / amount)


def _parts(printed: str) -> tuple[Fraction, int, int] | None:
    """Value, decimals and the power of K."""
    match = re.fullmatch(r"\s*(\d{1,30})(?:\.(\d{1,30}))?\s*([KMG]?)\s*", printed)
    if match is None:
        return None
    whole, decimals, prefix = match[1], match[2] or "", match[3]
    return Fraction(int(whole + decimals), 10 ** len(decimals)), len(decimals), POWERS[prefix]
