"""Tables for spreadsheets, as CSV and TSV: text stays text, whatever it begins with."""

import csv
import io
from collections.abc import Iterable
from typing import Literal

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Signs with which spreadsheets begin a formula; programs for Japanese accept the wide forms as well."""


def delimited_text(rows: Iterable[Iterable[object]], dialect: Literal["excel", "excel-tab"] = "excel") -> str:
    """Rows of cells, heads included, separated by commas or by tabs."""
    out = io.StringIO()
    csv.writer(out, dialect, lineterminator="\n").writerows(map(cell, row) for row in rows)
    return out.getvalue()


def cell(value: object) -> object:
    """The value for a cell of CSV or TSV: a text that would be taken for a formula gets an apostrophe before it."""
    if isinstance(value, str) and value.lstrip(" ").startswith(_STARTS):
        return f"'{value}"
    return value
