"""Routes each connection of a design through the gaps between columns, as tracks and levels without sizes."""

from collections.abc import Iterable
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from gui.paint.volumes.design_graph import Grid

AXIS_LEVEL = 10**6
"""Level of the vertices of sections with one row; other rows are levels of their own."""


class Route(NamedTuple):
    """A connection.

    It leaves the level of its source in `first_track` (of the gap after the source), runs along `level`, and reaches
    the level of its target in `last_track` (of the gap before the target). None: no turn is needed.
    """

    source: int
    target: int
    first_track: int | None
    level: int
    last_track: int | None
    copy: int = 0
    """Number of earlier connections from the same source to the same target, beside which this one runs."""


class Routes(Struct, frozen=True, eq=False, dict=True):
    """All routes of a design, the number of vertical tracks per gap, and the level of each vertex."""

    routes: tuple[Route, ...]
    tracks: tuple[int, ...]
    levels: tuple[int, ...]
    bent: tuple[int, ...]
    """Numbers of the routes of which more is visible than the arrow into the next box, even within a line."""

    @cached_property
    def track_counts(self) -> NDArray[np.float64]:
        """The tracks as an array."""
        return np.array(self.tracks, np.float64)

    @cached_property
    def routes_of(self) -> dict[int, list[int]]:
        """Numbers of the routes from each vertex."""
        numbers: dict[int, list[int]] = {}
        for number, route in enumerate(self.routes):
            numbers.setdefault(route.source, []).append(number)
        return numbers


class _Turn(NamedTuple):
    """A change of level in a gap. Turns of one owner, a fork of an output or a merge into a node, share a track."""

    gap: int
    owner: tuple[str, int]
    before: int
    after: int


@lru_cache(maxsize=16)
def route_connections(grid: Grid) -> Routes:
    """Route every connection, with separate tracks for the turns of each gap."""
    flat = _single_row_columns(grid)
    levels = [_vertex_level(flat, *place) for place in grid.places]
    lanes = {lane.source: _vertex_level(flat, grid.places[lane.source][0] + 1, lane.row) for lane in grid.lanes}
    connections: list[tuple[int, int, _Turn | None, int, _Turn | None]] = []
    copies: list[int] = []
    for target, sources in enumerate(grid.sources):
        for position, source in enumerate(sources):
            connections.append(_route_connection(grid, levels, lanes, source, target))
            copies.append(sources[:position].count(source))
    turns = [turn for _, _, first, _, last in connections for turn in (first, last) if turn is not None]
    turns_by_gap: list[list[_Turn]] = [[] for _ in grid.columns]
    for turn in turns:
        turns_by_gap[turn.gap].append(turn)
    gaps = [_assign_tracks(turns_there) for turns_there in turns_by_gap]
    routes = tuple(
        Route(
            source,
            target,
            None if first is None else gaps[first.gap][first.owner],
            along,
            None if last is None else gaps[last.gap][last.owner],
            copy,
        )
        for (source, target, first, along, last), copy in zip(connections, copies, strict=True)
    )
    # Copies meet the first connection just before the arrow, for which they need a track.
    meeting_gaps = {grid.places[route.target][0] - 1 for route in routes if route.copy}
    tracks = tuple(len(gap) + (number in meeting_gaps) for number, gap in enumerate(gaps))
    bent = [number for number, route in enumerate(routes) if _is_bent(grid, tracks, route)]
    return Routes(routes, tracks, tuple(levels), tuple(bent))


def _is_bent(grid: Grid, tracks: tuple[int, ...], route: Route) -> bool:
    """Whether a route turns, has tracks before its target, or goes to a target of several sources."""
    column = grid.places[route.target][0]
    is_long = column != grid.places[route.source][0] + 1
    turns = route.first_track is not None or route.last_track is not None
    return is_long or turns or bool(tracks[column - 1]) or len(grid.sources[route.target]) != 1


def _single_row_columns(grid: Grid) -> frozenset[int]:
    """Columns of the sections with one row of boxes."""
    columns: set[int] = set()
    for section in grid.sections:
        if not any(grid.places[vertex][1] for number in section for vertex in grid.columns[number]):
            columns.update(section)
    return frozenset(columns)


def _vertex_level(flat: frozenset[int], column: int, row: int) -> int:
    """The row, or the axis if it is the only row of its section."""
    return AXIS_LEVEL if row == 0 and column in flat else row


def _route_connection(
    grid: Grid, levels: list[int], lanes: dict[int, int], source: int, target: int
) -> tuple[int, int, _Turn | None, int, _Turn | None]:
    (start, _), (end, _) = grid.places[source], grid.places[target]
    merging = len(grid.sources[target]) > 1
    if end == start + 1:
        owner = ("to", target) if merging else ("from", source)
        turn = _Turn(start, owner, levels[source], levels[target]) if levels[source] != levels[target] else None
        return source, target, turn, levels[target], None
    along = lanes[source]
    first = _Turn(start, ("from", source), levels[source], along) if levels[source] != along else None
    last = _Turn(end - 1, ("to", target), along, levels[target]) if levels[target] != along else None
    return source, target, first, along, last


def _assign_tracks(turns: Iterable[_Turn]) -> dict[tuple[str, int], int]:
    """A track per owner, from the left: owners that leave a level precede those that reach it, so no lines coincide."""
    leaves: dict[tuple[str, int], set[int]] = {}
    comes: dict[tuple[str, int], set[int]] = {}
    for turn in turns:
        leaves.setdefault(turn.owner, set()).add(turn.before)
        comes.setdefault(turn.owner, set()).add(turn.after)
    waiting = sorted(leaves)
    tracks: dict[tuple[str, int], int] = {}
    while waiting:
        free = (
            owner
            for owner in waiting
            if not any(comes[owner] & leaves[other] for other in waiting if other is not owner)
        )
        owner = next(free, waiting[0])
        tracks[owner] = len(tracks)
        waiting.remove(owner)
    return tracks
