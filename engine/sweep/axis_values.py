"""Reads the values of an axis: "4..64..4", "8, 16, 32", "16..128..*2", "x0.25, x0.5", "1x1+kxk", "[1, 2]"."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from engine.sweep.faults import SweepFault
from engine.text.messages import value_text

MOST_POINTS = 200_000
"""Points of a sweep, and so also values of an axis."""
_NUMBER = r"[+-]?\d{1,20}(?:\.\d{1,20})?(?:[eE][+-]?\d{1,2})?"
_RANGE = re.compile(rf"({_NUMBER})\s*\.\.\s*({_NUMBER})(?:\s*\.\.\s*([*×x]?)\s*({_NUMBER}))?")
_MULTIPLE = re.compile(r"[x×*]\s*(\d{1,10}(?:\.\d{1,10})?)")
_PAIR = re.compile(r"(\d{1,10})\s*[x×]\s*(\d{1,10})")
_WORDS = {"true": True, "false": False, "on": True, "off": False}
_EXAMPLE = "write a range as 4..64..4, values as 8, 16, 32, or multiples as x0.5, x1"


class Multiple(NamedTuple):
    """A value that is a multiple of what a setting is in the project."""

    factor: int | float


def parse_values(text: str) -> tuple[Any, ...]:
    """The values of a text, not yet of the type of any setting; SweepFault if it cannot be read, or has too many."""
    values: list[Any] = []
    for item in _items(text):
        match = _RANGE.fullmatch(item)
        if match is None:
            values.append(_value(item))
            continue
        values += _range_values(item, match)
        if len(values) > MOST_POINTS:
            raise SweepFault(f"has {len(values):,} values; a sweep has at most {MOST_POINTS:,} points")
    if not values:
        raise SweepFault(f"has no values; {_EXAMPLE}")
    return tuple(values)


def _items(text: str) -> Iterator[str]:
    """The parts between commas that are in no brackets."""
    for part in re.findall(r"(?:\[[^\]]*\]?|[^,\[])+", text):
        if part.strip():
            yield part.strip()


def _range_values(item: str, match: re.Match[str]) -> list[int | float]:
    first, last, sign, step = Decimal(match[1]), Decimal(match[2]), match[3], Decimal(match[4] or "1")
    if last < first:
        raise SweepFault(f"{value_text(item)} ends before it begins; write the smaller number first")
    if sign:
        return _powers(item, first, last, step)
    if step <= 0:
        raise SweepFault(f"{value_text(item)} has a step of {step}; a step is above 0")
    count = int((last - first) / step) + 1
    if count > MOST_POINTS:
        raise SweepFault(f"{value_text(item)} has {count:,} values; a sweep has at most {MOST_POINTS:,} points")
    return [_plain(first + number * step) for number in range(count)]


def _powers(item: str, first: Decimal, last: Decimal, factor: Decimal) -> list[int | float]:
    if first <= 0 or factor <= 1:
        raise SweepFault(f"{value_text(item)} does not grow; begin above 0, with a factor above 1: 4..64..*2")
    values: list[int | float] = []
    while first <= last:
        if len(values) == MOST_POINTS:
            raise SweepFault(f"{value_text(item)} has more than {MOST_POINTS:,} values, which no sweep has")
        values.append(_plain(first))
        first *= factor
    return values


def _plain(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)


def _value(item: str) -> Any:
    """One value: a multiple, a pair, a number, a list or a word."""
    if match := _MULTIPLE.fullmatch(item):
        return Multiple(_plain(Decimal(match[1])))
    if match := _PAIR.fullmatch(item):
        return int(match[1]), int(match[2])
    if re.fullmatch(_NUMBER, item):
        return _plain(Decimal(item))
    if ".." in item:
        raise SweepFault(f"{value_text(item)} is no range; {_EXAMPLE}")
    if item.startswith("["):
        try:
            return tuple(json.loads(item))
        except (ValueError, RecursionError):
            raise SweepFault(f"{value_text(item)} is no list; write it as [1, 2, 1, 2]") from None
    return _WORDS.get(item, item)


def label_of(value: Any) -> int | float | str | bool:
    """A value as it stands in a table: numbers as they are, pairs as "3x5"."""
    if isinstance(value, Multiple):
        return value.factor
    if isinstance(value, tuple):
        return "x".join(map(str, value)) if len(value) == 2 else json.dumps(list(value))
    return value  # type: ignore[no-any-return]  # the rest are plain values of settings


def label_text(label: object) -> str:
    """A label as text: true and false as in files."""
    return str(label).lower() if isinstance(label, bool) else str(label)
