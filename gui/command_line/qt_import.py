"""Imports Qt without the search that PySide6 adds to every later import."""

import builtins


def import_qt() -> None:
    """Import Qt's core, and keep Python's own import.

    PySide6 replaces it by one that reads the source of each module, to find out whether the module may ask for
    `from __feature__ import snake_case`. Ours do not, and reading them takes a seventh of the time of a start.
    """
    plain_import = builtins.__import__
    import PySide6.QtCore  # noqa: F401

    builtins.__import__ = plain_import
