"""Arranges a design in a grid: columns by longest path, rows by branch, lanes for connections that skip columns."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from engine.network.analysis import Analysis, Report
from engine.network.graph import INPUT
from engine.shapes import Shape
from engine.text.names import name_within

_Connections = tuple[tuple[int, ...], ...]
"""Vertices per vertex or per column."""

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
    """A block that is drawn as its layers, and the columns that contain only these."""

    name: str
    kind: str
    columns: range


class DesignGraph(Struct, frozen=True, eq=False):
    """Vertices (0 is the input) with their sources and targets; `sections` are runs of columns that share rows.

    Rows count within a section: branches go down from 0, lanes up from −1; a section of one vertex has only row 0.
    """

    vertices: tuple[Vertex, ...]
    sources: tuple[tuple[int, ...], ...]
    targets: tuple[tuple[int, ...], ...]
    columns: tuple[tuple[int, ...], ...]
    sections: tuple[range, ...]
    lanes: tuple[Lane, ...]
    lone_columns: frozenset[int]
    """Columns of one vertex that no connection bypasses: everything after depends on it alone."""
    open_blocks: tuple["OpenBlock", ...]


def build_design_graph(analysis: Analysis, shapes: Mapping[str, Shape]) -> DesignGraph:
    """Arrange a design; `shapes` are earlier shapes of nodes whose shape is unknown now."""
    sources, targets = _find_connections(analysis)
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
    open_blocks = tuple(_find_open_blocks(analysis, columns, members))
    framed = {block.name for block in open_blocks}
    reports: tuple[Report | None, ...] = (None, *analysis.reports)
    vertices = []
    for index, report in enumerate(reports):
        name = INPUT if report is None else report.name
        shape = analysis.input_shape if report is None else report.output_shape
        compact = report is not None and report.layer.role == "elementwise" and shape is not None
        around = "" if report is None else analysis.group_of.get(name) or report.block or ""
        label = name_within(name, around) if around in framed else name
        position, numbers = (columns[index], rows[index]), "" if compact else _ALL_EDGES
        vertices.append(Vertex(name, label, report, shape or shapes.get(name), *position, compact, numbers))
    return DesignGraph(tuple(vertices), sources, targets, members, sections, tuple(lanes), lone_columns, open_blocks)


def with_edge_numbers(graph: DesignGraph, letters: str, *, sparse: bool) -> DesignGraph:
    """The graph with numbers only at these edges; if `sparse`, H and W only where they differ from the sources."""
    if letters == _ALL_EDGES and not sparse:
        return graph

    def with_fewer_numbers(vertex: Vertex, sources: tuple[int, ...]) -> Vertex:
        shape, source_shapes = vertex.shape, {graph.vertices[source].shape for source in sources} - {None}
        same = sparse and shape is not None and {other[1:] for other in source_shapes if other} == {shape[1:]}
        visible = "C" if same else letters
        return vertex._replace(edge_numbers="".join([letter for letter in vertex.edge_numbers if letter in visible]))

    return replace(graph, vertices=tuple(map(with_fewer_numbers, graph.vertices, graph.sources)))


def _find_open_blocks(analysis: Analysis, columns: list[int], members: _Connections) -> Iterator[OpenBlock]:
    """The open blocks whose columns contain only their layers; others cannot have a frame."""
    inside: dict[str, list[int]] = {}
    for index, report in enumerate(analysis.reports, 1):
        # A block within an open group has no frame of its own.
        around = analysis.group_of.get(report.name) or report.block
        if around is not None:
            inside.setdefault(around, []).append(index)
    for name, block in analysis.foldable.items():
        if name not in inside:
            continue
        numbers = [columns[index] for index in inside[name]]
        span = range(min(numbers), max(numbers) + 1)
        if sum([len(members[column]) for column in span]) == len(numbers):
            yield OpenBlock(name, block.layer.title.lower(), span)


def _find_connections(analysis: Analysis) -> tuple[_Connections, _Connections]:
    """Sources of each vertex, one as often as it is received, and its targets, each once.

    Without unknown names and back edges of cycles.
    """
    number = {INPUT: 0}
    sources: list[tuple[int, ...]] = [()]
    targets: list[list[int]] = [[] for _ in range(1 + len(analysis.reports))]
    for target, report in enumerate(analysis.reports, 1):
        sources.append(tuple([number[name] for name in report.inputs if name in number]))
        for source in dict.fromkeys(sources[target]):
            targets[source].append(target)
        number.setdefault(report.name, target)
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
