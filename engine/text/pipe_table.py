"""Tables in Markdown, with a pipe between two cells."""

import re
from collections.abc import Iterable, Sequence


def pipe_table(heads: Sequence[str], numbers: Sequence[bool], rows: Iterable[Iterable[str]]) -> list[str]:
    """The lines of a table; the cells of its rows are Markdown, columns of numbers are right-aligned."""
    rule = ["---:" if is_number else "---" for is_number in numbers]
    return [_piped(cells) for cells in (heads, rule, *rows)]


def _piped(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def bold(cell: str) -> str:
    """A cell in bold; an empty one stays empty."""
    return f"**{cell}**" if cell else ""


def escape_markdown(text: str) -> str:
    """A text with the signs escaped that Markdown would read."""
    special = r"[\\|*`<>&~\[\]]|\b_+|_+\b"
    return re.sub(special, lambda match: "".join(f"\\{character}" for character in match[0]), text)
