"""Requests of views for work in the background, as values. No Qt here."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from engine.project.project import SweepSettings
from engine.sweep.worker_settings import WorkerSettings
from gui.state.rank_search import RankQuery

if TYPE_CHECKING:  # a start needs none of it
    from engine.sweep.brushing import ColumnRange


class SearchRanks(Struct, frozen=True):
    """Search for a low-rank replacement of a convolution."""

    query: RankQuery


class SearchDesign(Struct, frozen=True):
    """Search for a low-rank replacement of each convolution of a design."""

    design: str
    query: RankQuery


class MeasureReplacement(Struct, frozen=True):
    """Replace several convolutions at once and measure the error of the last volume."""

    query: RankQuery
    choices: tuple[tuple[str, float], ...]
    """Name and largest relative error of each convolution."""


class RunSweep(Struct, frozen=True):
    """Count and measure the points of a sweep."""

    settings: SweepSettings
    workers: WorkerSettings = WorkerSettings()


class BrushSweep(Struct, frozen=True):
    """Show the points of the sweep that are within all of these ranges."""

    ranges: "tuple[ColumnRange, ...]"


class ShowPoint(Struct, frozen=True, eq=False):
    """Show a point of the sweep beside the designs, or none."""

    row: Mapping[str, object] | None


class Cancel(Struct, frozen=True):
    """End the work in progress."""


Request = SearchRanks | SearchDesign | MeasureReplacement | RunSweep | BrushSweep | ShowPoint | Cancel
