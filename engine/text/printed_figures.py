"""Figures as papers print them, and whether a recounted number is what they say."""

import re
from fractions import Fraction

POWERS = {"": 0, "K": 1, "M": 2, "G": 3}


def amount_of(printed: str, kilo: int = 1000) -> Fraction | None:
    """What a printed figure says: "2.7K" is 2,700, or 2,764.8 where K = 1024; None where it is no such figure."""
    parts = _parts(printed)
    return None if parts is None else parts[0] * kilo ** parts[2]


def agrees(count: int, printed: str, kilo: int = 1000) -> bool:
    """Whether a count, rounded or cut to as many digits, is printed so."""
    parts = _parts(printed)
    if parts is None:
        return False
    value, decimals, power = parts
    least = Fraction(1, 10**decimals)
    return -least / 2 <= Fraction(count, kilo**power) - value < least


def relative_excess(count: int, printed: str, kilo: int = 1000) -> float | None:
    """By which part of the printed figure a count is larger; None where there is nothing to compare with."""
    amount = amount_of(printed, kilo)
    return None if not amount else float((count - amount) / amount)


def _parts(printed: str) -> tuple[Fraction, int, int] | None:
    """Value, decimals and the power of K."""
    found = re.fullmatch(r"\s*(\d+)(?:\.(\d+))?\s*([KMG]?)\s*", printed)
    if found is None:
        return None
    whole, decimals, prefix = found[1], found[2] or "", found[3]
    return Fraction(int(whole + decimals), 10 ** len(decimals)), len(decimals), POWERS[prefix]
