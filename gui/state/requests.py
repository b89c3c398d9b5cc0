"""What views ask of the workbench besides edits: work in the background, as values. No Qt here."""

from msgspec import Struct

from gui.state.rank_search import RankQuery


class Explore(Struct, frozen=True):
    """Find what can stand for a convolution."""

    query: RankQuery


class Survey(Struct, frozen=True):
    """Find what can stand for each convolution of a design."""

    design: str
    query: RankQuery


class Measure(Struct, frozen=True):
    """Replace several convolutions at once, and measure what that loses in the end."""

    query: RankQuery
    choices: tuple[tuple[str, float], ...]
    """Name and error of each."""


class Cancel(Struct, frozen=True):
    """End what is being computed."""


Request = Explore | Survey | Measure | Cancel
