"""The panels, a row each, and the struct of rows for the window's docks. No Qt here."""

from typing import Literal

from msgspec import Struct

Area = Literal["left", "right", "bottom", "centre"]


class DockRow(Struct, frozen=True, kw_only=True):
    """A panel or view, and where it opens if a workspace has no place for it: in an area, or behind another one."""

    id: str
    title: str
    manual_page: str
    """Name of the page of the manual about it."""
    area: Area | None = None
    behind: str = ""
    """Instead of an area, the id of the one behind which it is a tab."""


PANELS: tuple[DockRow, ...] = (
    DockRow(id="designs", title="Designs", manual_page="designs-and-layers", area="left"),
    DockRow(id="layer", title="Layer", manual_page="designs-and-layers", area="left"),
    DockRow(id="input", title="Input", manual_page="designs-and-layers", behind="layer"),
    DockRow(id="notes", title="Notes", manual_page="published-networks", behind="layer"),
    DockRow(id="history", title="History", manual_page="designs-and-layers", behind="layer"),
    DockRow(id="problems", title="Mistakes", manual_page="getting-started", behind="layer"),
)
"""Each row follows the one that it refers to."""
