"""Text in columns, for a terminal."""

from collections.abc import Sequence
from functools import lru_cache
from unicodedata import combining, east_asian_width

_MAX_WIDTH = 120
"""Cells of a column."""


def align_columns(
    heads: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[bool]
) -> tuple[str, str, list[str]]:
    """The header, a rule, and one line per row; columns of numbers are right-aligned.

    A column is at most `_MAX_WIDTH` wide; longer texts displace what follows them in their own line alone.
    """
    widths = [min(max(map(cell_width, texts)), _MAX_WIDTH) for texts in zip(heads, *rows, strict=True)]
    head, *lines = ("  ".join(map(_pad, texts, widths, numbers)).rstrip() for texts in (heads, *rows))
    return head, "  ".join("─" * count for count in widths), lines


def _pad(text: str, count: int, right: bool) -> str:
    gap = " " * (count - cell_width(text))
    return gap + text if right else text + gap


@lru_cache(maxsize=10_000)
def cell_width(text: str) -> int:
    """Number of terminal cells of a text: two for a wide character, none for a combining mark."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)
