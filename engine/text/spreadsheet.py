"""Cells for spreadsheets: text stays text, whatever it begins with."""

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Signs with which spreadsheets begin a formula; programs for Japanese accept the wide forms as well."""


def cell(value: object) -> object:
    """The value for a cell of CSV or TSV: a text that would be taken for a formula gets an apostrophe before it."""
    if isinstance(value, str) and value.lstrip(" ").startswith(_STARTS):
        return f"'{value}"
    return value
