"""The workspaces, a row each: which panels and views are visible for a task, and where. No Qt here."""

from msgspec import Struct

from gui.catalogue.panels import Area


class Place(Struct, frozen=True, kw_only=True):
    """Panels or views that share a place in an area of the window as tabs, the first one in front."""

    area: Area
    tabs: tuple[str, ...]
    share: int = 100
    """Percent of the length of its area: of the height on the left and right, of the width at the bottom."""


class Arrangement(Struct, frozen=True, kw_only=True):
    """All places of a workspace from top to bottom and from left to right; anything else is closed."""

    places: tuple[Place, ...]
    left: int = 18
    """Percent of the width of the window."""
    right: int = 26
    """Percent of the width of the window."""
    bottom: int = 33
    """Percent of the height of the window."""

    def tabs(self, area: Area) -> tuple[str, ...]:
        """All panels and views of an area."""
        return tuple(tab for place in self.places if place.area == area for tab in place.tabs)


class WorkspaceRow(Struct, frozen=True, kw_only=True):
    """A workspace, and how it is arranged in a wide and in a narrow window."""

    id: str
    title: str
    tip: str
    wide: Arrangement
    narrow: Arrangement
    views: tuple[str, ...] = ()
    """The views that the workspace is made for: a command that needs one of them switches to it."""


_LISTS = Place(area="left", tabs=("designs",), share=40), Place(area="left", tabs=("layer",), share=60)
_VOLUMES = Place(area="centre", tabs=("volumes",))
_BOTTLENECK = Place(area="centre", tabs=("bottleneck", "volumes", "sweep"))
_TABLES = ("counting", "paper", "differences", "notes")

WORKSPACES: tuple[WorkspaceRow, ...] = (
    WorkspaceRow(
        id="compare",
        title="Compare",
        tip="Designs side by side: volumes, filters and operations",
        wide=Arrangement(
            places=(*_LISTS, _VOLUMES, Place(area="right", tabs=("filters",)), Place(area="bottom", tabs=("bars",)))
        ),
        narrow=Arrangement(places=(*_LISTS, _VOLUMES, Place(area="bottom", tabs=("bars", "filters"))), bottom=44),
    ),
    WorkspaceRow(
        id="inspect",
        title="Inspect",
        tip="How one value is computed, beside the volumes and filters it is selected in",
        wide=Arrangement(
            places=(
                Place(area="left", tabs=("designs", "layer")),
                _VOLUMES,
                Place(area="right", tabs=("inspector",)),
                Place(area="bottom", tabs=("filters",)),
            ),
            right=46,
            bottom=48,
        ),
        narrow=Arrangement(
            places=(
                _VOLUMES,
                Place(area="right", tabs=("inspector",)),
                Place(area="bottom", tabs=("filters", "designs")),
            ),
            right=54,
            bottom=50,
        ),
        views=("inspector",),
    ),
    WorkspaceRow(
        id="count",
        title="Count",
        tip="What layers cost: the table, the table of the paper, and every counting rule",
        wide=Arrangement(
            places=(
                *_LISTS,
                Place(area="right", tabs=("table",), share=55),
                Place(area="right", tabs=_TABLES, share=45),
            ),
            right=82,
        ),
        narrow=Arrangement(places=(*_LISTS, Place(area="right", tabs=("table", *_TABLES))), right=76),
        views=("table", "paper", "counting", "differences"),
    ),
    WorkspaceRow(
        id="bottleneck",
        title="Bottleneck",
        tip="How few maps suffice between a 1×1 convolution and the next layer",
        wide=Arrangement(
            places=(
                *_LISTS,
                _BOTTLENECK,
                Place(area="bottom", tabs=("bars",)),
            ),
            bottom=28,
        ),
        narrow=Arrangement(places=(*_LISTS, _BOTTLENECK)),
        views=("bottleneck", "sweep"),
    ),
)
"""In the order of the toolbar and of the keys Ctrl+1, Ctrl+2 …; the first one is the default."""


def workspace_row(workspace_id: str) -> WorkspaceRow:
    """The row of that id; that of the default if there is none, as for a workspace that a person has saved."""
    return next((row for row in WORKSPACES if row.id == workspace_id), WORKSPACES[0])


def workspace_for(view_id: str) -> WorkspaceRow | None:
    """The workspace that is made for a view."""
    return next((row for row in WORKSPACES if view_id in row.views), None)
