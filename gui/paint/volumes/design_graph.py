"""Arranges a design in a grid: columns by longest path, rows by branch, lanes for connections that skip columns."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from itertools import accumulate
from operator import attrgetter
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from engine.network.analysis import Analysis, Report
from engine.network.graph import INPUT
from engine.shapes import Shape
from engine.text.names import name_within
from engine.unchanged_items import last_results

_Connections = tuple[tuple[int, ...], ...]
"""Vertices per vertex or per column."""

NO_SOURCE, SEVERAL_SOURCES = -1, -2

_ALL_EDGES = "CHW"
"""The edges of a box, which may have numbers."""


class Vertex(NamedTuple):
    """A volume of the design: its input (no report), or a node's output."""

    name: str
    label: str
    """Displayed name, without the name of an open block."""
    report: Report | None
    shape: Shape | None
    column: int
    row: int
    is_compact: bool
    """Whether it is drawn close to its source, because its layer is elementwise."""
    edge_numbers: str = _ALL_EDGES
    """Edges with numbers; none for a compact volume."""

    @property
    def is_earlier(self) -> bool:
        """Whether the shape is that of earlier settings, since the present one is unknown."""
        return self.shape is not None and self.report is not None and self.report.output_shape is None


class Lane(NamedTuple):
    """The row along which the output of `source` runs to readers beyond the next column."""

    source: int
    row: int


class OpenBlock(NamedTuple):
    """A block that is drawn as its layers, and the columns, or rows in these, that contain only its layers."""

    name: str
    kind: str
    columns: range
    rows: range | None
    """Of one section; None if its columns contain nothing else."""


class Grid(Struct, frozen=True, eq=False, dict=True):
    """The places of all vertices, which depend on names and connections alone; `sections` are runs of columns.

    The columns of a section share rows, which count within it: branches go down from 0, lanes up from −1; a section of
    one vertex has only row 0.
    """

    vertex_columns: list[int]
    vertex_rows: list[int]
    sources: _Connections
    targets: _Connections
    columns: _Connections
    sections: tuple[range, ...]
    lanes: tuple[Lane, ...]
    lone_columns: frozenset[int]
    """Columns of one vertex that no connection bypasses: everything after depends on it alone."""
    bypass_counts: tuple[int, ...]
    """For each column how many connections come from before the column before it, or go beyond that."""
    only_sources: NDArray[np.intp]
    """The source of each vertex; NO_SOURCE without any, SEVERAL_SOURCES of several."""
    positions: dict[str, int]
    """The number of each vertex by name; of two with the same name that of the first."""

    @cached_property
    def places(self) -> list[tuple[int, int]]:
        """Column and row of each vertex."""
        return list(zip(self.vertex_columns, self.vertex_rows, strict=True))

    @cached_property
    def wide_columns(self) -> list[int]:
        """Columns of several vertices."""
        return [at for at, members in enumerate(self.columns) if len(members) > 1]

    @cached_property
    def wide_sections(self) -> list[range]:
        """Sections other than a lone column."""
        return [section for section in self.sections if section.start not in self.lone_columns]

    @cached_property
    def column_numbers(self) -> NDArray[np.intp]:
        """The column of each vertex."""
        return np.array(self.vertex_columns, dtype=np.intp)


class DesignGraph(Struct, frozen=True, eq=False, dict=True):
    """The vertices of a design, of which 0 is the input, in their places."""

    vertices: tuple[Vertex, ...]
    open_blocks: tuple["OpenBlock", ...]
    grid: Grid
    """The same object for all designs with these names and connections."""

    @property
    def is_chain(self) -> bool:
        """Whether each column has one vertex, that of its number: a vertex comes after its sources."""
        return len(self.grid.columns) == len(self.vertices)


def build_design_graph(analysis: Analysis, shapes: Mapping[str, Shape], design: str = "") -> DesignGraph:
    """Arrange a design; `shapes` are earlier shapes of nodes whose shape is unknown now.

    Vertices that are the same as in the last graph of a `design` of that name are the same objects.
    """
    reports = analysis.reports
    names = last_results("node name", design).map(_name_of, reports)
    grid = _arrange(tuple(names), tuple(last_results("node inputs", design).map(_inputs_of, reports)))
    open_blocks = tuple(_find_open_blocks(analysis, grid))
    framed = {block.name for block in open_blocks}
    if framed:
        around = [analysis.group_of.get(report.name) or report.block or "" for report in reports]
        labels = [
            name_within(report.name, block) if block in framed else report.name
            for report, block in zip(reports, around, strict=True)
        ]
    else:
        labels = names
    earlier = list(map(shapes.get, names)) if shapes else [None] * len(names)
    vertices = last_results("vertex", design).map(
        _make_vertex, reports, labels, earlier, grid.vertex_columns[1:], grid.vertex_rows[1:]
    )
    start = _make_input_vertex(analysis.input_shape or shapes.get(INPUT), *grid.places[0])
    return DesignGraph((start, *vertices), open_blocks, grid)


_name_of, _inputs_of = attrgetter("name"), attrgetter("inputs")


@lru_cache(maxsize=64)
def _make_input_vertex(shape: Shape | None, column: int, row: int) -> Vertex:
    """The vertex of the input of a design; the same object for the same shape, like the others of a layer."""
    return Vertex(INPUT, INPUT, None, shape, column, row, False)


def _make_vertex(report: Report, label: str, earlier_shape: Shape | None, column: int, row: int) -> Vertex:
    shape = report.output_shape or earlier_shape
    compact = report.layer.role == "elementwise" and report.output_shape is not None
    return Vertex(report.name, label, report, shape, column, row, compact, "" if compact else _ALL_EDGES)


@lru_cache(maxsize=16)
def _arrange(names: tuple[str, ...], inputs: tuple[tuple[str, ...], ...]) -> Grid:
    """The places of the nodes of these names and inputs."""
    sources, targets = _find_connections(names, inputs)
    columns = _assign_columns(sources)
    members = _column_members(columns)
    passing = _passing_columns(sources, columns)
    single = [len(column) == 1 and not passing[number] for number, column in enumerate(members)]
    sections = _split_sections(single)
    lone_columns = frozenset(column for column, only in enumerate(single) if only)
    rows: list[int] = [0] * len(columns)
    lanes: list[Lane] = []
    for section in sections:
        if not single[section.start]:
            lanes += _place_section(section, members, sources, targets, columns, rows)
    bypass_counts, only_sources = _count_bypasses(columns, targets), _only_sources(sources)
    positions = {name: number for number, name in reversed([*enumerate((INPUT, *names))])}
    return Grid(
        columns,
        rows,
        sources,
        targets,
        members,
        sections,
        tuple(lanes),
        lone_columns,
        bypass_counts,
        only_sources,
        positions,
    )


def _count_bypasses(columns: list[int], targets: _Connections) -> tuple[int, ...]:
    """See `Grid.bypass_counts`."""
    changes = [0] * (max(columns) + 3)
    for column, users in zip(columns, targets, strict=True):
        last = max([columns[user] for user in users], default=0)
        if last > column + 1:
            changes[column + 2] += 1
            changes[last + 1] -= 1
    return tuple(accumulate(changes[: max(columns) + 1]))


def _only_sources(sources: _Connections) -> NDArray[np.intp]:
    """See `Grid.only_sources`."""
    numbers = [of[0] if len(of) == 1 else SEVERAL_SOURCES if of else NO_SOURCE for of in sources]
    return np.array(numbers, dtype=np.intp)


def with_edge_numbers(graph: DesignGraph, letters: str, *, sparse: bool) -> DesignGraph:
    """The graph with numbers only at these edges; if `sparse`, H and W only where they differ from the sources."""
    if letters == _ALL_EDGES and not sparse:
        return graph

    def with_fewer_numbers(vertex: Vertex, sources: tuple[int, ...]) -> Vertex:
        shape, source_shapes = vertex.shape, {graph.vertices[source].shape for source in sources} - {None}
        same = sparse and shape is not None and {other[1:] for other in source_shapes if other} == {shape[1:]}
        visible = "C" if same else letters
        return vertex._replace(edge_numbers="".join([letter for letter in vertex.edge_numbers if letter in visible]))

    return replace(graph, vertices=tuple(map(with_fewer_numbers, graph.vertices, graph.grid.sources)))


def _find_open_blocks(analysis: Analysis, grid: Grid) -> Iterator[OpenBlock]:
    """The open blocks whose columns, or rows in these, contain only their layers; others cannot have a frame."""
    inside: dict[str, list[int]] = {}
    for index, report in enumerate(analysis.reports if analysis.foldable else (), 1):
        # A block within an open group has no frame of its own.
        around = analysis.group_of.get(report.name) or report.block
        if around is not None:
            inside.setdefault(around, []).append(index)
    for name, block in analysis.foldable.items():
        if name not in inside:
            continue
        all_places = grid.vertex_columns, grid.vertex_rows
        columns, own_rows = ([places[index] for index in inside[name]] for places in all_places)
        span, rows = (range(min(numbers), max(numbers) + 1) for numbers in (columns, own_rows))
        others = {vertex for column in span for vertex in grid.columns[column]}.difference(inside[name])
        if not others:
            yield OpenBlock(name, block.layer.title.lower(), span, None)
        elif _is_in_one_section(grid, span) and not any(grid.vertex_rows[vertex] in rows for vertex in others):
            yield OpenBlock(name, block.layer.title.lower(), span, rows)


def _is_in_one_section(grid: Grid, columns: range) -> bool:
    return any(section.start <= columns.start and columns.stop <= section.stop for section in grid.sections)


def _find_connections(names: tuple[str, ...], inputs: tuple[tuple[str, ...], ...]) -> tuple[_Connections, _Connections]:
    """Sources of each vertex, one as often as it is received, and its targets, each once.

    Without unknown names and back edges of cycles.
    """
    number = {INPUT: 0}
    sources: list[tuple[int, ...]] = [()]
    targets: list[list[int]] = [[] for _ in range(1 + len(names))]
    for target, (name, received) in enumerate(zip(names, inputs, strict=True), 1):
        sources.append(tuple([number[source] for source in received if source in number]))
        for source in dict.fromkeys(sources[target]):
            targets[source].append(target)
        number.setdefault(name, target)
    return tuple(sources), tuple(map(tuple, targets))


def _assign_columns(sources: _Connections) -> list[int]:
    """Length of the longest path from the input to each vertex."""
    columns = [0]
    for inputs in sources[1:]:
        columns.append(1 + max((columns[source] for source in inputs), default=0))
    return columns


def _column_members(columns: list[int]) -> tuple[tuple[int, ...], ...]:
    members: list[list[int]] = [[] for _ in range(max(columns) + 1)]
    for index, column in enumerate(columns):
        members[column].append(index)
    return tuple(tuple(column) for column in members)


def _passing_columns(sources: _Connections, columns: list[int]) -> list[bool]:
    """Whether a connection bypasses each column."""
    passing = [False] * (max(columns) + 1)
    for target, inputs in enumerate(sources):
        for source in inputs:
            for column in range(columns[source] + 1, columns[target]):
                passing[column] = True
    return passing


def _split_sections(single: list[bool]) -> tuple[range, ...]:
    """Each single column is a section, and so are all columns between two of them."""
    sections: list[range] = []
    for column, alone in enumerate(single):
        if alone or not sections or single[sections[-1].start]:
            sections.append(range(column, column + 1))
        else:
            sections[-1] = range(sections[-1].start, column + 1)
    return tuple(sections)


def _place_section(
    section: range,
    members: _Connections,
    sources: _Connections,
    targets: _Connections,
    columns: list[int],
    rows: list[int],
) -> list[Lane]:
    """Give each path of a section the first row that is free along it, and each remaining connection a lane above."""
    inside = [vertex for column in section for vertex in members[column]]
    occupied: dict[int, set[int]] = {}
    ends = set()
    for path in _find_paths(inside, sources, columns):
        last = path[-1]
        ends.add(last)
        reach = max((columns[target] for target in targets[last]), default=0)
        path_columns = set(range(columns[path[0]], max(columns[last] + 1, min(reach, section.stop))))
        row = _take_free_row(occupied, path_columns, range(len(inside)))
        for vertex in path:
            rows[vertex] = row
    lanes = []
    for source in (*(members[section.start - 1] if section.start else ()), *inside):
        reach = max((columns[target] for target in targets[source]), default=0)
        if reach > columns[source] + 1:
            above = range(-1, -2 - len(columns), -1)
            path_columns = set(range(columns[source] + 1, reach))
            lanes.append(
                Lane(source, rows[source] if source in ends else _take_free_row(occupied, path_columns, above))
            )
    return lanes


def _find_paths(inside: list[int], sources: _Connections, columns: list[int]) -> list[list[int]]:
    """The vertices of a section as paths: each continues the path of its deepest source unless another does."""
    paths: dict[int, list[int]] = {}
    all_paths: list[list[int]] = []
    for vertex in inside:
        primary = max(sources[vertex], key=lambda source: columns[source], default=-1)
        path = paths.pop(primary, None)
        if path is None:
            all_paths.append(path := [])
        path.append(vertex)
        paths[vertex] = path
    return all_paths


def _take_free_row(occupied: dict[int, set[int]], columns: set[int], rows: Iterable[int]) -> int:
    """Occupy these columns of the first row in which all are free, and return the row."""
    row = next(row for row in rows if not occupied.setdefault(row, set()) & columns)
    occupied[row] |= columns
    return row
