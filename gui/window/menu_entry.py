"""One line of a menu that is filled as it opens, such as a recent file."""

from collections.abc import Callable

from msgspec import Struct


class MenuEntry(Struct, frozen=True):
    """The text of the line, and what choosing it does."""

    text: str
    run: Callable[[], object]
    tip: str = ""
    enabled: bool = True
    checked: bool | None = None
    """None if the line cannot be checked."""
