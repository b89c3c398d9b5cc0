"""Places the boxes, numbers, arrows and lines of all designs, for one camera and one picture size."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from math import floor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.unchanged_items import last_results
from gui.paint.volumes.box_sizes import BoxMeasurer
from gui.paint.volumes.break_candidates import DESIGN_GAP, LineBreaks
from gui.paint.volumes.camera import Camera
from gui.paint.volumes.design_graph import NO_SOURCE, OpenBlock, Vertex
from gui.paint.volumes.labels import Label, elide_names, measure_text
from gui.paint.volumes.lazy_parts import LazyParts
from gui.paint.volumes.line_breaks import fit_boxes
from gui.paint.volumes.operator_texts import OperatorText, make_operator_text
from gui.paint.volumes.routes import AXIS_LEVEL, Route
from gui.paint.volumes.scene import (
    ArrowPlaces,
    BlockFrame,
    BoxPlaces,
    OperatorArrow,
    PlacedBox,
    ScenePoint,
    VolumesScene,
    join_arrows,
    join_boxes,
)
from gui.paint.volumes.space import (
    BLOCK_TITLE_HEIGHT,
    GAP_PADDING,
    TRACK_WIDTH,
    TURN_SPACE,
    DesignRow,
    RowSizes,
    line_heights,
    line_widths,
    row_height,
    turn_height,
)

_REACH = 0.3
"""Distance between an arrow and its box, in ems."""

_COPY_DISTANCE = 0.3
"""Distance between two connections of the same two boxes, in ems."""


_SPARE_STEP = 1 / 16
"""Step of the unused height of a line in ems, so that most edits leave the other lines where they are."""


class _PlacedLine(NamedTuple):
    """A line of a design: its columns, its axis, and its left, right and lower end."""

    columns: range
    axis: float
    left: float
    right: float
    bottom: float
    spare_height: float = 0.0
    """Unused height."""
    spread: float = 1.0
    """Greatest factor by which the distance of its levels may grow."""


def lay_out_scene(
    line_breaks: LineBreaks, camera: Camera, left: float, top: float, heading_heights: Sequence[float]
) -> VolumesScene:
    """Lay out all designs for a camera; the graphs begin at (`left`, `top`), in pixels."""
    fit, measurer, row_sizes = fit_boxes(line_breaks, camera)
    em, shrink, beside = line_breaks.text_sizes.em, fit.shrink, line_breaks.side_by_side
    whole = zip(line_breaks.design_rows, line_breaks.lines, row_sizes, strict=True)
    row_heights = [row_height(design_row, lines, size, em) for design_row, lines, size in whole]
    count = sum(map(len, line_breaks.lines))
    width, step = line_breaks.row_width / shrink, (line_breaks.row_width + DESIGN_GAP * em) / shrink
    drawings, heading_points = [], []
    x, y = left / shrink, top / shrink
    for number, design_row in enumerate(line_breaks.design_rows):
        free = line_breaks.space[1] / shrink - (row_heights[number] if beside else sum(row_heights))
        spare = max(0.0, free) / max(len(line_breaks.lines[number]) if beside else count, 1)
        spare = floor(spare / (_SPARE_STEP * em)) * _SPARE_STEP * em
        heading_points.append((x * shrink, y * shrink))
        y += heading_heights[number] / shrink
        lines: list[_PlacedLine] = []
        heights = [side.tolist() for side in line_heights(line_breaks.lines[number], row_sizes[number], em)]
        for line, up, down in zip(line_breaks.lines[number], *heights, strict=True):
            y += turn_height(design_row, line.start, em) if lines else 0.0
            axis, bottom = y + spare / 2 + up, y + spare + up + down
            lines.append(_PlacedLine(line, axis, x, x + width, bottom, spare, line_breaks.text_options.branch_spread))
            y += spare + up + down
        drawings.append(_PlacedDesign(design_row, measurer, row_sizes[number], lines))
        x, y = (x + step, top / shrink) if beside else (x, y)
    return VolumesScene(
        LazyParts([(len(drawing.places.vertices), drawing.make_box) for drawing in drawings]),
        LazyParts([(len(drawing.places.vertices) - 1, drawing.make_arrow) for drawing in drawings]),
        join_boxes([drawing.places for drawing in drawings]),
        join_arrows([drawing.arrow_places for drawing in drawings]),
        tuple(wire for drawing in drawings for wire in drawing.wires),
        tuple(frame for drawing in drawings for frame in drawing.frames),
        tuple(heading_points),
        fit.unit,
        shrink,
        camera,
        line_breaks,
    )


class _PlacedDesign:
    """Places one design: its `places` of boxes and arrows, and its `wires` and `frames`."""

    def __init__(
        self, design_row: DesignRow, measurer: BoxMeasurer, row_sizes: RowSizes, lines: list[_PlacedLine]
    ) -> None:
        self.design_row, self.measurer, self.row_sizes, self.lines = design_row, measurer, row_sizes, lines
        self.em = measurer.text_sizes.em
        self.centre = np.empty(len(design_row.gaps))  # of each column
        self.begin = np.empty(len(design_row.gaps))  # where the tracks before each column begin
        self.line_of: list[_PlacedLine] = []
        self.heights: dict[tuple[int, int], float] = {}  # of (column, level), except in lone columns
        self.wide_starts = [section.start for section in design_row.graph.grid.wide_sections]
        for line, spare in zip(lines, self._spare_gaps(), strict=True):
            self._place_line(line, spare)
        self._place_boxes()
        self._place_arrows()
        self.wires: list[tuple[ScenePoint, ...]] = []
        self._add_wires()
        self.frames = [frame for block in design_row.graph.open_blocks for frame in self._place_frames(block)]

    def _spare_gaps(self) -> list[float]:
        """Space to add to each gap of a line, so that lines fill the width; the last of several is like the others."""
        row, spares = self.design_row, []
        widths = line_widths(row, tuple([line.columns for line in self.lines]), self.row_sizes, self.em).tolist()
        for line, width in zip(self.lines, widths, strict=True):
            count = int(row.may_widen_gap[max(line.columns.start, 1) : line.columns.stop].sum())
            spares.append(max(0.0, line.right - line.left - width) / max(1, count))
        if len(spares) > 1:
            spares[-1] = min(spares[-1], sum(spares[:-1]) / (len(spares) - 1))
        return spares

    def _place_line(self, line: _PlacedLine, spare: float) -> None:
        inside, first = slice(line.columns.start, line.columns.stop), line.columns.start
        gaps = self.design_row.gaps[inside] + spare * self.design_row.may_widen_gap[inside]
        gaps[: first == 0] = 0.0
        widths = self.row_sizes.widths[inside]
        ends = line.left + (TURN_SPACE * self.em if first else 0.0) + np.cumsum(gaps + widths)
        self.begin[inside] = ends - widths - gaps + GAP_PADDING * self.em
        self.centre[inside] = ends - self.row_sizes.columns[inside, 1]
        self.line_of += [line] * len(line.columns)
        before = max(bisect_right(self.wide_starts, first) - 1, 0)
        for section in self.design_row.graph.grid.wide_sections[
            before : bisect_left(self.wide_starts, line.columns.stop)
        ]:
            levels = self.row_sizes.levels[section.start]
            heights = [level_space.y for level_space in levels.values()]
            distance = max(heights) - min(heights) if len(heights) > 1 else 0.0
            stretch = min(line.spread, 1.0 + line.spare_height / distance) if distance else 1.0
            for level, level_space in levels.items():
                for column in range(max(section.start, first), min(section.stop, line.columns.stop)):
                    self.heights[column, level] = line.axis + stretch * level_space.y

    def _height(self, column: int, level: int) -> float | None:
        """The middle of a level in a column; None if the column has no such level."""
        if column in self.design_row.graph.grid.lone_columns:
            return self.line_of[column].axis if level == AXIS_LEVEL else None
        return self.heights.get((column, level))

    def _box_heights(self) -> NDArray[np.float64]:
        """The middle of each box."""
        graph, levels = self.design_row.graph, self.design_row.routes.levels
        axes = np.repeat([line.axis for line in self.lines], [len(line.columns) for line in self.lines])
        heights = axes[self.columns]
        grid = graph.grid
        for vertex in [at for section in grid.wide_sections for column in section for at in grid.columns[column]]:
            heights[vertex] = self.heights[graph.vertices[vertex].column, levels[vertex]]
        return heights

    def _place_boxes(self) -> None:
        """Place all boxes: those of one kind have the same body."""
        row, graph, reach = self.design_row, self.design_row.graph, _REACH * self.em
        self.columns = graph.grid.column_numbers
        self.x, self.box_y = self.centre[self.columns], self._box_heights()
        kinds, numbers = row.kinds
        bodies = [self.measurer.measure_body(graph.vertices[kind]) for kind in kinds]
        ends = [self.measurer.line_ends(graph.vertices[kind], row.captions[kind]) for kind in kinds]
        x, y = self.x, self.box_y
        around = np.array([(*body.bounds, *body.box[:2], *end) for body, end in zip(bodies, ends, strict=True)])
        left, top, right, bottom, corner_x, corner_y, before, after = around.T[:, numbers]
        self.arrow_ends, self.line_starts = x + before - reach, x + after + reach
        self.places = BoxPlaces(
            last_results("ref", row.name).map(lambda vertex: (row.name, vertex.name), graph.vertices),
            list(graph.vertices),
            bodies,
            numbers,
            np.stack((x, y)),
            np.stack((corner_x + x, corner_y + y)),
            np.stack((x + left, y + top, x + right, y + bottom)),
            row.marked,
            row.blocks,
        )

    def make_box(self, number: int) -> PlacedBox:
        """Make the box of a vertex."""
        graph, places, x, y = self.design_row.graph, self.places, float(self.x[number]), float(self.box_y[number])
        left, top, right, bottom = places.bounds[:, number].tolist()
        body = places.bodies[places.body_numbers[number]]
        return PlacedBox(
            places.refs[number],
            graph.vertices[number],
            tuple([graph.vertices[target] for target in graph.grid.targets[number]]),
            self.design_row.captions[number],
            body.box.translate(x, y),
            (left, top, right, bottom),
            x,
            y,
            float(self.arrow_ends[number]),
            float(self.line_starts[number]),
            body,
            self.measurer.text_sizes,
        )

    def _place_frames(self, block: OpenBlock) -> Iterator[BlockFrame]:
        """Place the frames of an open block, one per line of its design, with its name at the top."""
        em, columns, sizes = self.em, block.columns, self.row_sizes
        for line in self.lines:
            first, stop = max(columns.start, line.columns.start), min(columns.stop, line.columns.stop)
            if first >= stop:
                continue
            left = self.begin[first] - 0.25 * em
            beyond = 0.1 if stop == columns.stop else 0.35  # the last column has space of its own for the frame
            right = self.centre[stop - 1] + sizes.columns[stop - 1][1] + beyond * em
            top, bottom = self._frame_ends(block, line, first)
            baseline, x = top + (BLOCK_TITLE_HEIGHT - 0.3) * em, left + 0.4 * em
            names = tuple(other.name for other in self.design_row.graph.open_blocks)
            name = elide_names(names, right - x, em, True)[block.name]
            title = Label(name, x, baseline, measure_text(name, em, True), em, bold=True)
            kind = f" · {block.kind}"
            texts = (title, Label(kind, x + title.width, baseline, measure_text(kind, em), em, "muted"))
            visible_texts = texts if texts[1].rect[2] <= right else texts[:1]
            yield BlockFrame((self.design_row.name, block.name), (left, top, right, bottom), visible_texts)

    def _frame_ends(self, block: OpenBlock, line: _PlacedLine, column: int) -> tuple[float, float]:
        """Top and bottom of the frame of a block in a line, of which it has this column."""
        sizes = self.row_sizes
        if block.rows is None:
            return line.axis - sizes.up[column], line.axis + sizes.down[column]
        levels = sizes.levels[self.wide_starts[bisect_right(self.wide_starts, column) - 1]]
        first, last = block.rows[0], block.rows[-1]
        return self.heights[column, first] - levels[first].up, self.heights[column, last] + levels[last].down

    def _choose_operator_text(self, index: int, vertex: Vertex, space: float) -> OperatorText:
        """The texts at an arrow, with its numbers if they fit here but were left out for the other arrows."""
        operator_text = self.design_row.operators[index]
        if operator_text.below or not operator_text.above:
            return operator_text
        longer_text = make_operator_text(vertex, "lines", self.measurer.text_sizes, "")
        left_out = longer_text.above == operator_text.above and longer_text.below
        fits = longer_text.width <= space and longer_text.down <= self.row_sizes.box_spaces[index, 3]
        return longer_text if left_out and fits else operator_text

    def _place_arrows(self) -> None:
        """Place all arrows; those of a chain begin at the box before, others behind the tracks of their gap."""
        row, graph, em = self.design_row, self.design_row.graph, self.em
        columns, only_sources = self.columns[1:], graph.grid.only_sources[1:]
        tracks = row.routes.track_counts[columns - 1]
        start = self.begin[columns] + tracks * TRACK_WIDTH * em
        stop = self.x[1:] - self.row_sizes.box_spaces[1:, 0] - _REACH * em
        text_start, colours = start.copy(), row.arrow_colours
        begins_line = np.isin(columns, [line.columns.start for line in self.lines])
        direct = (tracks == 0) & (only_sources >= 0) & ~begins_line
        start[direct] = self.line_starts[only_sources[direct]]
        for number in np.flatnonzero(only_sources == NO_SOURCE).tolist():
            start[number] = text_start[number] = stop[number] - row.operators[number + 1].width
            # No source exists: a stub in the colour of mistakes.
            colours = [*colours[:number], ("error", ""), *colours[number + 1 :]]
        self.arrow_middles, self.arrow_spaces = (text_start + stop) / 2, stop - text_start
        self.arrow_places = ArrowPlaces(start, self.arrow_ends[1:], self.box_y[1:], colours)

    def make_arrow(self, number: int) -> OperatorArrow:
        """Make the arrow to the vertex after that of this number."""
        vertex, (start, end, y, colours) = self.design_row.graph.vertices[number + 1], self.arrow_places
        space = float(self.arrow_spaces[number])
        return OperatorArrow(
            (self.design_row.name, vertex.name),
            vertex,
            float(start[number]),
            float(end[number]),
            float(y[number]),
            float(self.arrow_middles[number]),
            colours[number][0],
            self._choose_operator_text(number + 1, vertex, space),
            self.measurer.text_sizes,
            space,
        )

    def _add_wires(self) -> None:
        """Add the lines from boxes to the arrows that they feed, along tracks, lanes and returns to the next line."""
        return_ends: dict[int, ScenePoint] = {}
        self._levels_around = self._find_levels_around()
        graph, routes = self.design_row.graph, self.design_row.routes
        line_ends = {line.columns.stop - 1 for line in self.lines}
        last = [vertex for column in line_ends for vertex in graph.grid.columns[column]]
        at_ends = [number for vertex in last for number in routes.routes_of.get(vertex, ())]
        for number in sorted({*routes.bent, *at_ends}):
            route = routes.routes[number]
            column = graph.vertices[route.source].column
            start = float(self.line_starts[route.source]), self.box_y[route.source]
            if column in line_ends:
                if route.source not in return_ends:
                    way_back = self._return_wire(route.source)
                    self.wires.append(way_back)
                    return_ends[route.source] = way_back[-1]
                start = return_ends[route.source]
            points = self._wire_points(route, start)
            if len(points) > 1:
                self.wires.append(tuple(points))

    def _wire_points(self, route: Route, start: ScenePoint) -> list[ScenePoint]:
        graph = self.design_row.graph
        before, target = graph.vertices[route.source].column + 1, graph.vertices[route.target].column
        points = [start]
        for column, track, level in (
            (before, route.first_track, route.level),
            (target, route.last_track, self.design_row.routes.levels[route.target]),
        ):
            if column == target:
                for begin in self._levels_around:
                    if self._passes(route, begin):
                        points += self._around(begin, route.level, points[-1][1])
            if track is not None:
                x = self.begin[column] + (track + 0.5) * TRACK_WIDTH * self.em
                y = self._height(column, level)
                y = self._height(column - 1, level) if y is None else y
                assert y is not None, "a route runs along a level of one of its columns"
                points += [(x, points[-1][1]), (x, y)]
        end = float(self.arrow_places.start[route.target - 1])
        if end > points[-1][0] + 1e-6:
            points.append((end, points[-1][1]))
        return self._beside(points, route.copy)

    def _beside(self, points: list[ScenePoint], copy: int) -> list[ScenePoint]:
        """The points of a further connection of the same two boxes: beside the first, which it meets at the end."""
        if not copy:
            return points
        shift = copy * _COPY_DISTANCE * self.em
        start_x, (end_x, end_y) = points[0][0], points[-1]
        beside = [(max(start_x, x - shift), y - shift) for x, y in points]
        return [*beside, (end_x, end_y)]

    def _return_wire(self, source: int) -> tuple[ScenePoint, ...]:
        """The wire from a box at the end of a line around that end to the start of the next line."""
        column, level = self.design_row.graph.vertices[source].column + 1, self.design_row.routes.levels[source]
        start = float(self.line_starts[source]), self.box_y[source]
        points = self._around(column, level, start[1])
        return start, *points, (self.begin[column], points[-1][1])

    def _around(self, column: int, level: int, y: float) -> tuple[ScenePoint, ...]:
        """The corners of a wire at `y` on a level around the end of a line to the start of the next, at a column.

        Those of lower levels turn before the others, so that they do not cross.
        """
        line, after, em = self.line_of[column - 1], self.line_of[column], self.em
        levels = self._levels_around.get(column, [level])
        place = levels.index(level) - (len(levels) - 1) / 2
        height = turn_height(self.design_row, column, em)
        between = line.bottom + 0.5 * height + place * (height - TURN_SPACE * em / 2) / len(levels)
        aside = 0.4 * em + 0.8 * em * place / len(levels)
        right, left = line.right - 0.8 * em + aside, after.left + aside
        end = self._height(column, level)
        return (right, y), (right, between), (left, between), (left, after.axis if end is None else end)

    def _find_levels_around(self) -> dict[int, list[int]]:
        """The levels of the wires around the end of each line that others pass, the lowest first.

        By the column that begins the next line.
        """
        graph, routes = self.design_row.graph, self.design_row.routes
        order: dict[int, list[int]] = {}
        for line in self.lines[1:]:
            column = line.columns.start
            if column - 1 in graph.grid.lone_columns:
                continue
            levels = {routes.levels[vertex] for vertex in graph.grid.columns[column - 1]}
            levels |= {route.level for route in routes.routes if self._passes(route, column)}
            order[column] = sorted(levels, key=lambda level: -(self._height(column - 1, level) or 0.0))
        return order

    def _passes(self, route: Route, column: int) -> bool:
        """Whether a route comes from before the last column of a line, of which `column` begins the next."""
        vertices = self.design_row.graph.vertices
        return vertices[route.source].column < column - 1 and vertices[route.target].column >= column
