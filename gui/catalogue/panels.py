"""The panels, a row each, and what every row of the window's docks says. No Qt here."""

from typing import Literal

from msgspec import Struct

Area = Literal["left", "right", "bottom", "centre"]


class DockRow(Struct, frozen=True, kw_only=True):
    """A panel or view, and where it is at first: in an area of the window, or as a tab behind another one."""

    id: str
    title: str
    area: Area | None = None
    behind: str = ""
    """The id of the one behind which it is a tab, instead of an area; that one is in front."""
    below: str = ""
    """The id of the one below which it is in its area; "" where Qt finds a place."""


PANELS: tuple[DockRow, ...] = (
    DockRow(id="designs", title="Designs", area="left"),
    DockRow(id="layer", title="Layer", area="left"),
    DockRow(id="input", title="Input", behind="layer"),
    DockRow(id="notes", title="Notes", behind="layer"),
    DockRow(id="problems", title="Mistakes", behind="layer"),
)
"""In an order in which each can be placed."""
