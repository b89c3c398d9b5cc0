"""Decisions about a picture that do not change while the camera turns: lines, and what is written at the arrows."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from engine.check import Place, ProjectCheck
from engine.problems import STEM
from engine.shapes import Shape
from gui.paint.scene.camera import LENGTHS, VIEWS, Camera, camera
from gui.paint.scene.cells import DETAILS, Cell, Detail, Measure, Operator, Type, operator, trouble_lines
from gui.paint.scene.graph import Graph, graph
from gui.paint.scene.routes import AXIS, Routes, route

TRACK, PAD, TURN = 0.9, 0.5, 1.2
"""Distance of upright lines, clearance around what stands in a gap, and room of a return, in ems."""

LARGEST = 4.0
"""The most ems that one unit of length is drawn with."""

ENOUGH, LEAST = 8.0, 4.0
"""Ems that the largest box should measure before less is written at arrows, and below which text shrinks with it."""


class Band(Struct, frozen=True, eq=False):
    """A design, and how its columns are broken into lines."""

    name: str
    graph: Graph
    routes: Routes
    captions: tuple[str, ...]
    trouble: tuple[tuple[str, ...], ...]
    operators: tuple[Operator, ...]
    lines: tuple[range, ...]


class Plan(Struct, frozen=True, eq=False):
    """Bands and type of a picture; `room` is what the graphs may take, in pixels."""

    bands: tuple[Band, ...]
    type: Type
    scale: str
    metric: str
    room: tuple[float, float]

    def measure(self, eye: Camera, unit: float) -> Measure:
        return Measure(eye, self.scale, unit, self.type, self.metric, {})


class Level(NamedTuple):
    """A level of a block: the room above and below its middle, and where the middle is from the axis."""

    up: float
    down: float
    y: float


class Fit(NamedTuple):
    """Pixels a unit of length, and the factor by which all is shrunk then."""

    unit: float
    shrink: float

    @property
    def size(self) -> float:
        return self.unit * self.shrink


def cells(band: Band, measure: Measure) -> list[Cell]:
    return [
        measure.cell(vertex, caption, trouble)
        for vertex, caption, trouble in zip(band.graph.vertices, band.captions, band.trouble, strict=True)
    ]


def levels(band: Band, block: range, found: list[Cell], em: float) -> dict[int, Level]:
    """The levels of a block from the top, those with boxes centred on the axis."""
    extents: dict[int, list[float]] = {}
    for column in block:
        for vertex in band.graph.columns[column]:
            cell, text = found[vertex], band.operators[vertex]
            extent = extents.setdefault(band.routes.levels[vertex], [0.0, 0.0])
            extent[0], extent[1] = max(extent[0], cell.up, text.up), max(extent[1], cell.down, text.down)
    boxes = sorted(extents)
    for lane in band.graph.lanes:
        if lane.row < 0 and band.graph.vertices[lane.source].column + 1 in block:
            extents.setdefault(lane.row, [0.55 * em, 0.55 * em])
    if list(extents) == [AXIS]:
        return {AXIS: Level(extents[AXIS][0], extents[AXIS][1], 0.0)}
    order = sorted(extents, key=lambda level: 0 if level == AXIS else level)
    y, middles, before = 0.0, {}, 0.0
    for level in order:
        y += before + extents[level][0]
        middles[level], before = y, extents[level][1] + 0.4 * em
    centre = (middles[boxes[0]] + middles[boxes[-1]]) / 2
    return {level: Level(extents[level][0], extents[level][1], middles[level] - centre) for level in order}


def gap_width(band: Band, column: int, em: float) -> float:
    """Room between the cells of the column before and those of `column`: tracks, and the widest operator."""
    tracks = band.routes.tracks[column - 1] if column else 0
    text = max((band.operators[vertex].width for vertex in band.graph.columns[column]), default=0.0)
    return 2 * PAD * em + (tracks * TRACK * em if tracks else 0.0) + text


def column_sides(band: Band, column: int, found: list[Cell]) -> tuple[float, float]:
    """Room to the left and right of the middle of a column."""
    measured = [found[vertex] for vertex in band.graph.columns[column]]
    return max([cell.left for cell in measured]), max([cell.right for cell in measured])


def line_width(band: Band, line: range, found: list[Cell], em: float) -> float:
    """What a line takes, its turns at both ends included."""
    columns = band.graph.columns
    boxes = sum([sum(column_sides(band, column, found)) for column in line])
    gaps = sum([gap_width(band, column, em) for column in line if column and column != line.start])
    begins = gap_width(band, line.start, em) + TURN * em if line.start else 0.0
    ends = TURN * em if line.stop < len(columns) else 0.0
    return boxes + gaps + begins + ends


def line_height(band: Band, line: range, found: list[Cell], em: float) -> tuple[float, float]:
    """Room of a line above and below its axis."""
    up = down = 0.0
    for block in band.graph.blocks:
        if block.start in line:
            for row in levels(band, block, found, em).values():
                up, down = max(up, row.up - row.y), max(down, row.down + row.y)
    return up, down


def extent(plan: Plan, eye: Camera, unit: float) -> tuple[float, float]:
    """Width and height of all graphs at that size, before any shrinking."""
    em, measure = plan.type.em, plan.measure(eye, unit)
    wide = high = 0.0
    for band in plan.bands:
        found = cells(band, measure)
        for line in band.lines:
            wide = max(wide, line_width(band, line, found, em))
            high += sum(line_height(band, line, found, em))
        high += (len(band.lines) - 1) * TURN * em
    return wide, high


def fit(plan: Plan, eye: Camera) -> Fit:
    """The largest boxes that fit with text at its size; where they would be too small, all is shrunk."""
    least, most = _unit_range(plan)

    def fits(unit: float) -> bool:
        wide, high = extent(plan, eye, unit)
        return wide <= plan.room[0] and high <= plan.room[1]

    if not fits(least):
        wide, high = extent(plan, eye, least)
        return Fit(least, min(plan.room[0] / wide, plan.room[1] / high))
    if fits(most):
        return Fit(most, 1.0)
    low, high = least, most
    for _ in range(18):
        middle = (low + high) / 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return Fit(low, 1.0)


def _unit_range(plan: Plan) -> tuple[float, float]:
    length = LENGTHS[plan.scale]
    shapes = [vertex.shape for band in plan.bands for vertex in band.graph.vertices if vertex.shape is not None]
    sizes = [max(length(number) for number in shape) for shape in shapes] or [1.0]
    most = min(LARGEST * plan.type.em, 1e4 / max(sizes))
    return min(most, LEAST * plan.type.em * len(sizes) / sum(sizes)), most


@lru_cache(maxsize=16)
def plan(
    check: ProjectCheck,
    shapes: tuple[tuple[Place, Shape], ...],
    trouble: tuple[tuple[Place, tuple[str, ...]], ...],
    scale: str,
    metric: str,
    em: int,
    room: tuple[float, float],
    received: str,
) -> Plan:
    """The lines and the details with which the boxes get largest.

    `shapes` as for `graph`, `trouble` by place; `received` says what the designs' input is.
    """
    known, texts, type = dict(shapes), dict(trouble), Type(em)
    eye = camera(*VIEWS["3-D"])
    graphs = {
        name: graph(analysis, {node: shape for (design, node), shape in known.items() if design == name})
        for name, analysis in check.analyses.items()
        if name != STEM
    }
    routes = {name: route(made) for name, made in graphs.items()}
    best, largest = None, Fit(0.0, 0.0)
    for detail in DETAILS:
        bands = tuple(
            _band(name, made, routes[name], received, texts, detail, type, metric) for name, made in graphs.items()
        )
        for candidate in _broken(Plan(bands, type, scale, metric, room), eye):
            found = fit(candidate, eye)
            if best is None or found.size > largest.size * 1.02:
                best, largest = candidate, found
        if best is not None and largest.shrink == 1.0 and largest.size >= _unit_range(best)[0] * ENOUGH / LEAST:
            break
    return best or Plan((), type, scale, metric, room)


def _broken(whole: Plan, eye: Camera) -> Iterator[Plan]:
    """The plan with its bands in one line each, then with the longest in two, three, … lines."""
    yield whole
    measure = whole.measure(eye, _unit_range(whole)[0])
    found = [cells(band, measure) for band in whole.bands]
    longest = max((len(band.graph.columns) for band in whole.bands), default=0)
    room = max((_total(band, cell, whole.type.em) for band, cell in zip(whole.bands, found, strict=True)), default=0.0)
    tried = {tuple(band.lines for band in whole.bands)}
    for count in range(2, 1 + longest // 2):
        bands = tuple(
            replace(band, lines=_lines(band, cell, room / count, whole.type.em))
            for band, cell in zip(whole.bands, found, strict=True)
        )
        lines = tuple(band.lines for band in bands)
        if lines not in tried:
            tried.add(lines)
            yield replace(whole, bands=bands)


def _total(band: Band, found: list[Cell], em: float) -> float:
    return line_width(band, range(len(band.graph.columns)), found, em)


def _lines(band: Band, found: list[Cell], room: float, em: float) -> tuple[range, ...]:
    """Break after columns that stand alone, never before a compact one, as soon as a line is `room` wide."""
    columns, vertices = band.graph.columns, band.graph.vertices
    alone = {block.start for block in band.graph.blocks if len(block) == 1 and len(columns[block.start]) == 1}
    lines, start, taken = [], 0, 0.0
    for column, members in enumerate(columns):
        needed = sum(column_sides(band, column, found)) + gap_width(band, column, em)
        may_break = column and column - 1 in alone and not vertices[members[0]].compact
        if may_break and taken and taken + needed / 2 > room:
            lines.append(range(start, column))
            start, taken = column, 0.0
        taken += needed
    return (*lines, range(start, len(columns)))


def _band(
    name: str,
    made: Graph,
    routes: Routes,
    received: str,
    trouble: Mapping[Place, tuple[str, ...]],
    detail: Detail,
    type: Type,
    metric: str,
) -> Band:
    captions, troubles = [], []
    for vertex in made.vertices:
        own = vertex.report.layer.label() if vertex.report is not None and vertex.compact else vertex.name
        captions.append(received if vertex.report is None else own)
        troubles.append(trouble_lines(trouble.get((name, vertex.name), ()), type))
    return Band(
        name,
        made,
        routes,
        tuple(captions),
        tuple(troubles),
        tuple(operator(vertex, detail, type, metric) for vertex in made.vertices),
        (range(len(made.columns)),),
    )
