"""Requests of views for work in the background, as values. No Qt here."""

from msgspec import Struct

from gui.state.rank_search import RankQuery


class Explore(Struct, frozen=True):
    """Search for a low-rank replacement of a convolution."""

    query: RankQuery


class Survey(Struct, frozen=True):
    """Search for a low-rank replacement of each convolution of a design."""

    design: str
    query: RankQuery


class Measure(Struct, frozen=True):
    """Replace several convolutions at once and measure the error of the last volume."""

    query: RankQuery
    choices: tuple[tuple[str, float], ...]
    """Name and largest relative error of each convolution."""


class Cancel(Struct, frozen=True):
    """End the work in progress."""


Request = Explore | Survey | Measure | Cancel
