"""Where everything stands: boxes, numbers, arrows and lines of all designs, for one camera and one picture size."""

from typing import NamedTuple

from msgspec import Struct

from engine.check import Place
from gui.paint.scene.camera import Camera, Prism
from gui.paint.scene.cells import Cell, colour_role
from gui.paint.scene.graph import Vertex
from gui.paint.scene.labels import ASCENT, Role, Text, centred
from gui.paint.scene.plan import (
    PAD,
    TRACK,
    TURN,
    Band,
    Plan,
    cells,
    column_sides,
    fit,
    gap_width,
    levels,
    line_height,
    line_width,
)

Point = tuple[float, float]


class PlacedBox(NamedTuple):
    """A volume's box and all that belongs to it, in the picture's own units."""

    place: Place
    vertex: Vertex
    targets: tuple[Vertex, ...]
    trouble: tuple[str, ...]
    cell: Cell
    prism: Prism
    x: float
    y: float

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        left, top, right, bottom = self.cell.bounds
        return self.x + left, self.y + top, self.x + right, self.y + bottom

    @property
    def texts(self) -> tuple[Text, ...]:
        return tuple(text.moved(self.x, self.y) for text in self.cell.texts)


class Arrow(NamedTuple):
    """The operator's arrow into a box, from (start, y) to (end, y), with what is written at it."""

    place: Place
    vertex: Vertex
    start: float
    end: float
    y: float
    role: Role
    texts: tuple[Text, ...]


class Scene(Struct, frozen=True, eq=False):
    """A picture laid out.

    Coordinates are those of the rectangle divided by `shrink`; `headers` are pixels, the top of each design's heading.
    """

    boxes: tuple[PlacedBox, ...]
    arrows: tuple[Arrow, ...]
    wires: tuple[tuple[Point, ...], ...]
    headers: tuple[float, ...]
    unit: float
    shrink: float
    eye: Camera
    plan: Plan


class _Line(NamedTuple):
    """A line of a design: its columns, its axis, and the room around it."""

    columns: range
    axis: float
    left: float
    right: float
    bottom: float


def arrange(plan: Plan, eye: Camera, left: float, top: float, header: float) -> Scene:
    """Lay out a plan; `left` and `top` in pixels are where the graphs begin, `header` is the height of a heading."""
    found = fit(plan, eye)
    em, shrink = plan.type.em, found.shrink
    wide = plan.room[0] / shrink
    measure = plan.measure(eye, found.unit)
    measured = [cells(band, measure) for band in plan.bands]
    heights = [
        [line_height(band, line, cell, em) for line in band.lines]
        for band, cell in zip(plan.bands, measured, strict=True)
    ]
    count = sum(len(band.lines) for band in plan.bands)
    taken = sum(up + down for band in heights for up, down in band)
    taken += (count - len(plan.bands)) * TURN * em
    spare = max(0.0, plan.room[1] / shrink - taken) / max(count, 1)
    boxes: list[PlacedBox] = []
    arrows: list[Arrow] = []
    wires: list[tuple[Point, ...]] = []
    headers = []
    y = top / shrink
    for band, cell, band_heights in zip(plan.bands, measured, heights, strict=True):
        headers.append(y * shrink)
        y += header / shrink
        lines = []
        for number, (line, (up, down)) in enumerate(zip(band.lines, band_heights, strict=True)):
            y += TURN * em if number else 0.0
            lines.append(_Line(line, y + spare / 2 + up, left / shrink, left / shrink + wide, y + spare + up + down))
            y += spare + up + down
        drawing = _Drawing(band, cell, em, lines)
        drawing.place()
        boxes += drawing.boxes
        arrows += drawing.arrows
        wires += drawing.wires
    return Scene(tuple(boxes), tuple(arrows), tuple(wires), tuple(headers), found.unit, shrink, eye, plan)


class _Drawing:
    """One design being placed; what it gives is in `boxes`, `arrows` and `wires`."""

    def __init__(self, band: Band, measured: list[Cell], em: float, lines: list[_Line]) -> None:
        self.band, self.cells, self.em, self.lines = band, measured, em, lines
        self.boxes: list[PlacedBox] = []
        self.arrows: list[Arrow] = []
        self.wires: list[tuple[Point, ...]] = []
        self.centre: dict[int, float] = {}  # of each column
        self.line_of: dict[int, _Line] = {}
        self.begin: dict[int, float] = {}  # x of the tracks before each column
        self.y: dict[tuple[int, int], float] = {}  # of (column, level)

    def place(self) -> None:
        spares = self._spares()
        for line, spare in zip(self.lines, spares, strict=True):
            self._place_line(line, spare)
        for index, vertex in enumerate(self.band.graph.vertices):
            self.boxes.append(self._box(index, vertex))
        for index, vertex in enumerate(self.band.graph.vertices):
            if vertex.report is not None:
                self.arrows.append(self._arrow(index, vertex))
        self._add_wires()

    def _box(self, index: int, vertex: Vertex) -> PlacedBox:
        x, y = self.centre[vertex.column], self.y[vertex.column, self.band.routes.levels[index]]
        cell, targets = self.cells[index], self.band.graph.targets[index]
        return PlacedBox(
            (self.band.name, vertex.name),
            vertex,
            tuple(self.band.graph.vertices[target] for target in targets),
            self.band.trouble[index],
            cell,
            cell.box.moved(x, y),
            x,
            y,
        )

    def _spares(self) -> list[float]:
        """Room to add to each open gap of a line: lines fill the width, the last one of several is like the others."""
        spares = []
        for line in self.lines:
            room = line.right - line.left - line_width(self.band, line.columns, self.cells, self.em)
            spares.append(room / max(1, sum(self._open(column) for column in self._gaps(line))))
        if len(spares) > 1:
            spares[-1] = min(spares[-1], sum(spares[:-1]) / (len(spares) - 1))
        return [max(0.0, spare) for spare in spares]

    def _gaps(self, line: _Line) -> range:
        return range(max(1, line.columns.start), line.columns.stop)

    def _open(self, column: int) -> bool:
        """Whether the gap before a column may be widened: compact boxes stay close to what they receive."""
        vertices = self.band.graph.vertices
        return not all(vertices[index].compact for index in self.band.graph.columns[column])

    def _place_line(self, line: _Line, spare: float) -> None:
        x = line.left + (TURN * self.em if line.columns.start else 0.0)
        for column in line.columns:
            if column:
                self.begin[column] = x + PAD * self.em
                x += gap_width(self.band, column, self.em) + (spare if self._open(column) else 0.0)
            before, after = column_sides(self.band, column, self.cells)
            self.centre[column] = x + before
            self.line_of[column] = line
            x += before + after
        for block in self.band.graph.blocks:
            if block.start in line.columns:
                found = levels(self.band, block, self.cells, self.em)
                for column in block:
                    for level, room in found.items():
                        self.y[column, level] = line.axis + room.y

    def _arrow(self, index: int, vertex: Vertex) -> Arrow:
        column = vertex.column
        cell, words = self.cells[index], self.band.operators[index]
        tracks = self.band.routes.tracks[column - 1]
        end = self.centre[column] - cell.left - 0.3 * self.em
        start = self.begin[column] + tracks * TRACK * self.em
        sources = self.band.graph.sources[index]
        y = self.y[column, self.band.routes.levels[index]]
        if not tracks and len(sources) == 1 and column - 1 in self.line_of[column].columns:
            start = self.centre[column - 1] + self.cells[sources[0]].right + 0.3 * self.em
        middle = (start + end) / 2
        texts = [
            *(
                centred(text, middle, y - 0.45 * self.em, size, colour_role(vertex), bold)
                for text, size, bold in words.above
            ),
            *(
                centred(text, middle, y + (0.4 + ASCENT) * self.em, size, "muted", bold)
                for text, size, bold in words.below
            ),
        ]
        return Arrow((self.band.name, vertex.name), vertex, start, end, y, colour_role(vertex), tuple(texts))

    def _add_wires(self) -> None:
        """Lines from boxes to the arrows that they feed, by way of tracks, lanes and returns to the next line."""
        starts = {arrow.place[1]: arrow.start for arrow in self.arrows}
        drawn = set()
        for route in self.band.routes.routes:
            source, target = (self.band.graph.vertices[index] for index in (route.source, route.target))
            goal = self.band.routes.levels[route.target]
            x, y = self._leave(route.source)
            points = [(x, y)]
            next_column = source.column + 1
            if next_column not in self.line_of[source.column].columns:
                way_back = self._way_back(source.column, (x, y))
                if route.source not in drawn:
                    drawn.add(route.source)
                    self.wires.append(tuple(way_back))
                points = [way_back[-1]]
            for gap_column, track, after in (
                (next_column, route.first, route.along),
                (target.column, route.last, goal),
            ):
                if track is not None:
                    x = self.begin[gap_column] + (track + 0.5) * TRACK * self.em
                    points += [(x, points[-1][1]), (x, self.y[self._column_at(gap_column, after), after])]
            end = starts[target.name]
            if end > points[-1][0] + 1e-6:
                points.append((end, points[-1][1]))
            if len(points) > 1:
                self.wires.append(tuple(points))

    def _leave(self, index: int) -> Point:
        vertex = self.band.graph.vertices[index]
        y = self.y[vertex.column, self.band.routes.levels[index]]
        return self.centre[vertex.column] + self.cells[index].right + 0.3 * self.em, y

    def _column_at(self, column: int, level: int) -> int:
        """The column, this one or the one before, that has the level."""
        return column if (column, level) in self.y else column - 1

    def _way_back(self, column: int, start: Point) -> list[Point]:
        """From a line's last box around the line's end to the beginning of the next line."""
        line, after = self.line_of[column], self.line_of[column + 1]
        between = line.bottom + 0.5 * TURN * self.em
        right, left = line.right - 0.4 * self.em, after.left + 0.4 * self.em
        return [
            start,
            (right, start[1]),
            (right, between),
            (left, between),
            (left, after.axis),
            (self.begin[column + 1], after.axis),
        ]
