"""Computes the width and height of lines of boxes from the space that each box and gap needs."""

from functools import cached_property, lru_cache, partial
from itertools import count as count_up
from math import floor, log, nan
from operator import attrgetter
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from engine.blocks import Block
from engine.unchanged_items import last_results
from gui.paint.volumes.box_sizes import BoxMeasurer, BoxSpace, VolumeCaption
from gui.paint.volumes.camera import LENGTH_SCALES
from gui.paint.volumes.design_graph import DesignGraph, Vertex
from gui.paint.volumes.labels import TextRole
from gui.paint.volumes.operator_texts import OperatorText, operator_role
from gui.paint.volumes.routes import AXIS_LEVEL, Routes

TRACK_WIDTH, GAP_PADDING, TURN_SPACE = 0.9, 0.5, 1.2
"""Distance of vertical tracks, clearance at both ends of a gap, and space for a return, in ems."""
_STEP_AROUND = 0.35
"""Height for each further connection beside a return, in ems."""

BLOCK_TITLE_HEIGHT, _FOOT, _SIDE = 1.5, 0.2, 0.35
"""Space of the frame of an open block above its layers (for its name), below, and behind the last one, in ems."""

LONG_SECTION = 10
"""Least number of columns of a section within which a line may end, with connections around its end."""

_STEP = 1.02
"""Smallest units are rounded to powers of this, so that cached measures survive small edits."""

_HEIGHT_STEP, _ROUNDING = 1 / 16, 1e-9
"""Step of the height of lines in ems; relative error of a height that is added up in another order."""

_NUMBERS = count_up()

LineColumns = tuple[range, ...]
"""The columns of each line of a design."""


class BoxKinds(NamedTuple):
    """The boxes of a design by size: long networks have few different ones, measured once."""

    firsts: list[int]
    """The first vertex of each kind."""
    numbers: NDArray[np.intp]
    """For each vertex the position of its kind in that list."""


class DesignRow(Struct, frozen=True, eq=False, dict=True):
    """A design with all its texts; `gaps` is the space before each column, in pixels."""

    name: str
    graph: DesignGraph
    routes: Routes
    captions: tuple[VolumeCaption, ...]
    kinds: BoxKinds
    longest_sides: NDArray[np.float64]
    """Of each volume, in units; not a number if its shape is unknown."""
    operators: tuple[OperatorText, ...]
    operator_sizes: NDArray[np.float64]
    """Their width, and their space above and below the arrow, n × 3."""
    gaps: NDArray[np.float64]

    @cached_property
    def marked(self) -> list[int]:
        """Numbers of the vertices with a mistake or an unknown shape."""
        marks = last_results("marked", self.name).array(_is_marked, self.graph.vertices, self.captions, dtype=np.bool_)
        numbers: list[int] = np.flatnonzero(marks).tolist()
        return numbers

    @cached_property
    def blocks(self) -> list[int]:
        """Numbers of the vertices that are closed blocks."""
        are_blocks = last_results("block", self.name).array(_is_block, self.graph.vertices, dtype=np.bool_)
        numbers: list[int] = np.flatnonzero(are_blocks).tolist()
        return numbers

    @cached_property
    def arrow_colours(self) -> list[tuple[TextRole, str]]:
        """Of the arrow to each vertex but the first: the role, and the design if the role has its colour."""
        return last_results("arrow colour", self.name).map(partial(_arrow_colour, self.name), self.graph.vertices[1:])

    @cached_property
    def levels_of_columns(self) -> list[set[int]]:
        """For each column the levels on which it has boxes or connections that bypass it."""
        vertices, levels = self.graph.vertices, self.routes.levels
        used = [{levels[vertex] for vertex in members} for members in self.graph.grid.columns]
        for route in self.routes.routes:
            for column in range(vertices[route.source].column + 1, vertices[route.target].column):
                used[column].add(route.level)
        return used

    @cached_property
    def may_widen_gap(self) -> NDArray[np.bool_]:
        """Whether each gap but the first may grow: compact boxes stay close to their source."""
        compact = last_results("compact", self.name).array(_is_compact, self.graph.vertices, dtype=np.bool_)
        if self.graph.is_chain:
            return ~compact
        return np.array([not all(compact[at] for at in members) for members in self.graph.grid.columns], dtype=np.bool_)

    @cached_property
    def heights(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Space of the texts at the arrow to the first vertex of each column, above and below it."""
        sizes = self.operator_sizes
        if not self.graph.is_chain:
            sizes = sizes[[members[0] for members in self.graph.grid.columns]]
        return sizes[:, 1], sizes[:, 2]


def _is_marked(vertex: Vertex, caption: VolumeCaption) -> bool:
    return vertex.shape is None or vertex.is_earlier or bool(caption.mistakes)


def _arrow_colour(design: str, vertex: Vertex) -> tuple[TextRole, str]:
    role = operator_role(vertex)
    return role, design if role == "design" else ""


def _is_block(vertex: Vertex) -> bool:
    return vertex.report is not None and isinstance(vertex.report.layer, Block)


class LevelSpace(NamedTuple):
    """A level of a section: the space above and below its middle, and the offset `y` of that from the axis."""

    up: float
    down: float
    y: float


class RowSizes(NamedTuple):
    """Space of the boxes of a design: per vertex, and per column to both sides, above and below the axis."""

    box_spaces: NDArray[np.float64]
    """Of n vertices, the fields of `BoxSpace`: n × 4."""
    columns: NDArray[np.float64]
    """Of m columns, left and right: m × 2."""
    widths: NDArray[np.float64]
    """Of the columns, the sums of both sides."""
    up: NDArray[np.float64]
    down: NDArray[np.float64]
    levels: dict[int, dict[int, LevelSpace]]
    """Of the sections that are no lone column, by their first column."""


def measure_gaps(graph: DesignGraph, routes: Routes, widths: NDArray[np.float64], em: float) -> NDArray[np.float64]:
    """Space before each column: its tracks and the widest of its operators, which have these widths."""
    texts = widths if graph.is_chain else np.array([widths[list(members)].max() for members in graph.grid.columns])
    gaps = np.zeros(len(texts))
    gaps[1:] = 2 * GAP_PADDING * em + routes.track_counts[: len(texts) - 1] * TRACK_WIDTH * em + texts[1:]
    return gaps


_is_compact = attrgetter("is_compact")


def box_kind(vertex: Vertex, caption: VolumeCaption) -> int:
    """A number of everything that the size of a box depends on."""
    return _kind_number(vertex.shape, vertex.is_compact, vertex.edge_numbers, caption.width, caption.height)


@lru_cache(maxsize=4096)
def _kind_number(*_size: object) -> int:
    return next(_NUMBERS)


def longest_side(vertex: Vertex, scale: str) -> float:
    """The longest side of a volume in units; not a number if its shape is unknown."""
    return nan if vertex.shape is None else max(map(LENGTH_SCALES[scale], vertex.shape))


def measure_row(design_row: DesignRow, measurer: BoxMeasurer) -> RowSizes:
    """Measure the space of every box, column and section."""
    graph, (firsts, numbers) = design_row.graph, design_row.kinds
    of_kinds = [measurer.measure_space(graph.vertices[kind], design_row.captions[kind]) for kind in firsts]
    spaces = np.array(of_kinds)[numbers]
    at_columns = spaces if graph.is_chain else spaces[[members[0] for members in graph.grid.columns]]
    columns = at_columns[:, :2].copy()
    for column in graph.grid.wide_columns:
        columns[column] = spaces[list(graph.grid.columns[column]), :2].max(axis=0)
    up, down = (np.maximum(at_columns[:, 2 + side], design_row.heights[side]) for side in (0, 1))
    levels: dict[int, dict[int, LevelSpace]] = {}
    for section in graph.grid.wide_sections:
        levels[section.start] = at_levels = _measure_levels(design_row, section, spaces, measurer.text_sizes.em)
        # One height for all lines, unless a section is so long that its lines have other levels each.
        parts = [[column] for column in section] if len(section) >= LONG_SECTION else [section]
        for part in parts:
            used = [at_levels[level] for column in part for level in design_row.levels_of_columns[column]]
            span = slice(part[0], part[-1] + 1)
            up[span] = max([level.up - level.y for level in used])
            down[span] = max([level.down + level.y for level in used])
    for block in design_row.graph.open_blocks:
        span = slice(block.columns.start, block.columns.stop)
        if block.rows is None:
            up[span] = up[span].max() + BLOCK_TITLE_HEIGHT * measurer.text_sizes.em
            down[span] = down[span].max() + _FOOT * measurer.text_sizes.em
        columns[span.stop - 1, 1] += _SIDE * measurer.text_sizes.em
    return RowSizes(spaces, columns, columns.sum(axis=1), up, down, levels)


def _measure_levels(
    design_row: DesignRow, section: range, spaces: NDArray[np.float64], em: float
) -> dict[int, LevelSpace]:
    """The levels of a section of several columns; those with boxes are centred on the axis."""
    extents: dict[int, list[float]] = {}
    for column in section:
        for vertex in design_row.graph.grid.columns[column]:
            space, text = BoxSpace(*spaces[vertex].tolist()), design_row.operators[vertex]
            extent = extents.setdefault(design_row.routes.levels[vertex], [0.0, 0.0])
            extent[0], extent[1] = max(extent[0], space.up, text.up), max(extent[1], space.down, text.down)
    framed = [block.rows for block in design_row.graph.open_blocks if block.rows and block.columns.start in section]
    for level in {rows[0] for rows in framed}:
        extents[level][0] += BLOCK_TITLE_HEIGHT * em
    for level in {rows[-1] for rows in framed}:
        extents[level][1] += _FOOT * em
    boxes = sorted(extents)
    for lane in design_row.graph.grid.lanes:
        if lane.row < 0 and design_row.graph.vertices[lane.source].column + 1 in section:
            extents.setdefault(lane.row, [0.55 * em, 0.55 * em])
    y, middles, before = 0.0, {}, 0.0
    for level in sorted(extents, key=lambda level: 0 if level == AXIS_LEVEL else level):
        y += before + extents[level][0]
        middles[level] = y
        before = extents[level][1] + 0.4 * em
    centre = (middles[boxes[0]] + middles[boxes[-1]]) / 2
    return {level: LevelSpace(extents[level][0], extents[level][1], middles[level] - centre) for level in middles}


def line_widths(design_row: DesignRow, lines: LineColumns, row_sizes: RowSizes, em: float) -> NDArray[np.float64]:
    """Width of each line, including the turns at its ends."""
    starts = [line.start for line in lines]
    turns = np.full(len(lines), 2.0)
    turns[0] -= 1
    turns[-1] -= 1
    return np.add.reduceat(row_sizes.widths + design_row.gaps, starts) + turns * TURN_SPACE * em


def turn_height(design_row: DesignRow, column: int, em: float) -> float:
    """Height of the return to a line that begins with a column: connections around the end of a line need more."""
    return (TURN_SPACE + _STEP_AROUND * design_row.graph.grid.bypass_counts[column]) * em


def line_heights(lines: LineColumns, row_sizes: RowSizes, em: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Space of each line above and below its axis, in steps: other lines stay where they are after most edits."""
    starts, step = [line.start for line in lines], _HEIGHT_STEP * em
    up, down = (np.maximum.reduceat(column, starts) for column in (row_sizes.up, row_sizes.down))
    return step * np.ceil(up / step - _ROUNDING), step * np.ceil(down / step - _ROUNDING)


def row_height(design_row: DesignRow, lines: LineColumns, row_sizes: RowSizes, em: float) -> float:
    """Height of all lines of a design, including the returns between them."""
    up, down = line_heights(lines, row_sizes, em)
    returns = sum([turn_height(design_row, line.start, em) for line in lines[1:]])
    return float(up.sum() + down.sum()) + returns


def rows_extent(
    design_rows: tuple[DesignRow, ...],
    lines: tuple[LineColumns, ...],
    row_sizes: list[RowSizes],
    em: float,
    *,
    beside: bool,
) -> tuple[float, float]:
    """Width of the widest line, and height of all designs, or of the highest if they are side by side."""
    whole = list(zip(design_rows, lines, row_sizes, strict=True))
    widths = [line_widths(design_row, row_lines, size, em).max() for design_row, row_lines, size in whole]
    heights = [row_height(design_row, row_lines, size, em) for design_row, row_lines, size in whole]
    return float(max(widths, default=0.0)), max(heights, default=0.0) if beside else sum(heights)


def unit_range(longest_sides: NDArray[np.float64], em: float, least: float, most: float) -> tuple[float, float]:
    """Range of pixels per unit for volumes with these longest sides, unknown ones left out.

    From a mean box size of `least` ems to a unit of `most` ems.
    """
    longest = longest_sides[~np.isnan(longest_sides)]
    longest = longest if len(longest) else np.ones(1)
    largest = min(most * em, 1e4 / float(longest.max()))
    smallest = min(largest, least * em / float(longest.mean()))
    return _STEP ** floor(log(smallest, _STEP)), largest
