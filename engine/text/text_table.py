"""Text in columns, for a terminal."""

from collections.abc import Sequence
from unicodedata import combining, east_asian_width


def align(heads: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[bool]) -> tuple[str, str, list[str]]:
    """The header, a rule, and one line per row; columns of numbers are right-aligned."""
    widths = [max(map(cell_width, texts)) for texts in zip(heads, *rows, strict=True)]
    head, *lines = ("  ".join(map(_pad, texts, widths, numbers)).rstrip() for texts in (heads, *rows))
    return head, "  ".join("─" * count for count in widths), lines


def _pad(text: str, count: int, right: bool) -> str:
    gap = " " * (count - cell_width(text))
    return gap + text if right else text + gap


def cell_width(text: str) -> int:
    """Number of terminal cells of a text: two for a wide character, none for a combining mark."""
    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)
