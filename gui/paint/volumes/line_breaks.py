"""Decisions about a picture that do not change while the camera turns: lines, and what is written at the arrows."""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from itertools import repeat
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from engine.cost.counting import Convention
from engine.cost.metrics import Costs, metric_by_id
from engine.network.analysis import fold_blocks
from engine.run.check import NodeRef, ProjectCheck
from engine.shapes import Shape
from engine.text.problems import STEM
from gui.paint.volumes.box_sizes import (
    FORMULA_LINES,
    SCREEN_TEXT_OPTIONS,
    ArrowDetail,
    BoxMeasurer,
    TextOptions,
    TextSizes,
    VolumeCaption,
    get_box_measurer,
    make_caption,
    make_operator_text,
)
from gui.paint.volumes.camera import CAMERA_VIEWS, Camera, make_camera
from gui.paint.volumes.design_graph import DesignGraph, build_design_graph, with_edge_numbers
from gui.paint.volumes.routes import AXIS_LEVEL, Routes, route_connections
from gui.paint.volumes.space import (
    DesignRow,
    LineColumns,
    RowSizes,
    line_width,
    measure_gaps,
    measure_row,
    rows_extent,
    unit_range,
)

_LARGEST = 4.0
"""The most ems that one unit of length is drawn with."""

_ENOUGH = 2.0
"""How many times larger than the least boxes should be before less is written at arrows."""

DESIGN_GAP = 1.6
"""Between bands beside each other, in ems."""

_WORTH = 1.3
"""By how much boxes grow before readable numbers at arrows are left out."""

_HOPELESS = 0.5
"""Where all would be shrunk by more than that, what is written at arrows is as little as can be."""

_MOST_LINES = 40
_STEPS, _COARSE_STEPS, _EXACT = 12, 7, 2e-4
"""The most steps to a size, halvings to choose among lines and details, and the share that ends the search."""


class LineBreaks(Struct, frozen=True, eq=False):
    """Bands, their lines and type; `room` is what the graphs may take, in pixels."""

    design_rows: tuple[DesignRow, ...]
    lines: tuple[LineColumns, ...]
    text_sizes: TextSizes
    scale: str
    space: tuple[float, float]
    text_options: TextOptions = SCREEN_TEXT_OPTIONS
    side_by_side: bool = False
    """Whether bands stand beside each other, not below."""

    @property
    def row_width(self) -> float:
        """What a line may take, in pixels."""
        count = len(self.design_rows) if self.side_by_side else 1
        return (self.space[0] - (count - 1) * DESIGN_GAP * self.text_sizes.em) / max(count, 1)


class BoxFit(NamedTuple):
    """Pixels a unit of length, and the factor by which all is shrunk then."""

    unit: float
    shrink: float

    @property
    def size(self) -> float:
        return self.unit * self.shrink


def fit_boxes(plan: LineBreaks, eye: Camera) -> tuple[BoxFit, BoxMeasurer, list[RowSizes]]:
    """The largest boxes that fit with text at its size; where they would be too small, all is shrunk.

    With it the measure of that size and what every band takes.
    """
    measured = _measurer_of_unit(plan, eye)

    def excess(unit: float) -> float:
        """By which share all is too large."""
        return (
            1 / min(_growth_factors(plan, plan.lines, [measure_row(band, measured(unit)) for band in plan.design_rows]))
            - 1
        )

    least, most = _box_unit_range(plan)
    over = excess(least)
    found = BoxFit(least, 1 / (1 + over)) if over > 0 else BoxFit(_find_root(excess, least, over, most), 1.0)
    used = measured(found.unit)
    return found, used, [measure_row(band, used) for band in plan.design_rows]


def _find_root(excess: Callable[[float], float], low: float, under: float, high: float) -> float:
    """The largest unit without excess, by false position with the weights of Illinois.

    Sums and maxima of linear terms bend one way only: a few steps reach a fraction of a pixel.
    """
    over = excess(high)
    if over <= 0:
        return high
    side = 0
    for _ in range(_STEPS):
        middle = (low * over - high * under) / (over - under)
        at = excess(middle)
        if at > 0:
            high, over = middle, at
            under, side = (under / 2 if side == 1 else under), 1
        else:
            under, over, side, low = at, (over / 2 if side == -1 else over), -1, middle
        if high - low < _EXACT * low or at == 0:
            break
    return low


def _measurer_of_unit(whole: LineBreaks, eye: Camera) -> Callable[[float], BoxMeasurer]:
    """The measure of a unit: rooms do not depend on what is written at arrows."""
    return lambda unit: get_box_measurer(eye, whole.scale, unit, whole.text_sizes, whole.text_options.camera_is_fixed)


@lru_cache(maxsize=16)
def break_lines(
    check: ProjectCheck,
    closed: frozenset[NodeRef],
    shapes: tuple[tuple[NodeRef, Shape], ...],
    trouble: tuple[tuple[NodeRef, tuple[str, ...]], ...],
    scale: str,
    metric_id: str,
    convention: Convention,
    em: int,
    room: tuple[float, float],
    received: str,
    wording: TextOptions = SCREEN_TEXT_OPTIONS,
    beside: bool = False,
) -> LineBreaks:
    """The lines and the details with which the boxes get largest.

    `closed` blocks are drawn as one; `shapes` as for `graph`, `trouble` by place; `received` says what the designs'
    input is, `wording` how much is written; designs stand below each other, or `beside`.
    """
    type, said = TextSizes(em), dict(trouble)
    drawn: dict[str, _PreparedDesign] = {}
    for name, analysis in check.analyses.items():
        if name != STEM:
            shown = fold_blocks(analysis, {block for design, block in closed if design == name})
            known = {node: shape for (design, node), shape in shapes if design == name}
            drawn[name] = _prepare_design(name, build_design_graph(shown, known), said, type, received, wording)
    empty = LineBreaks((), (), type, scale, room, wording, beside)
    ledger, counted, measured = (
        Costs(check, convention),
        metric_by_id(metric_id),
        _measurer_of_unit(empty, make_camera(*CAMERA_VIEWS["3-D"])),
    )

    def written(detail: ArrowDetail) -> tuple[LineBreaks, BoxFit]:
        """With that much written at arrows."""
        bands = []
        for name, (made, routes, captions) in drawn.items():
            formulas = [
                ledger.formula(counted, name, vertex.report) if detail in FORMULA_LINES and vertex.report else ""
                for vertex in made.vertices
            ]
            write = partial(make_operator_text, wording=wording)
            operators = tuple(map(write, made.vertices, repeat(detail), repeat(type), formulas))
            bands.append(DesignRow(name, made, routes, captions, operators, measure_gaps(made, routes, operators, em)))
        whole = replace(empty, design_rows=tuple(bands))
        lines, found = _choose_line_breaks(whole, measured)
        return replace(whole, lines=lines), found

    return _choose_most_readable(written, wording.arrow_details) if drawn else empty


class _PreparedDesign(NamedTuple):
    """A design's graph, the ways of its connections, and what stands below its boxes."""

    graph: DesignGraph
    routes: Routes
    captions: tuple[VolumeCaption, ...]


def _prepare_design(
    design: str,
    made: DesignGraph,
    trouble: Mapping[NodeRef, tuple[str, ...]],
    type: TextSizes,
    received: str,
    wording: TextOptions,
) -> _PreparedDesign:
    made = with_edge_numbers(made, wording.edge_numbers, sparse=wording.has_sparse_numbers)
    routes = route_connections(made)
    names: tuple[str, ...] = (received, *(vertex.label for vertex in made.vertices[1:]))
    if not wording.has_names:
        names = ("",) * len(names)
    captions = [
        make_caption(
            vertex,
            name,
            trouble.get((design, vertex.name), ()),
            type,
            stacked=wording.one_line_captions or level != AXIS_LEVEL,
            has_note=wording.notes != "none",
        )
        for vertex, name, level in zip(made.vertices, names, routes.levels, strict=True)
    ]
    return _PreparedDesign(made, routes, tuple(captions))


def _choose_most_readable(
    written: Callable[[ArrowDetail], tuple[LineBreaks, BoxFit]], all: tuple[ArrowDetail, ...]
) -> LineBreaks:
    """As much written at arrows as leaves the boxes large; where all is shrunk much, one line at most."""
    least, fitted = written(all[-1])
    enough = _box_unit_range(least)[0] * _ENOUGH
    details = all if fitted.shrink >= _HOPELESS else ("line", all[-1])
    best, largest = written(details[0])
    for detail in details[1:]:
        if largest.shrink == 1.0 and largest.size >= enough:
            break
        last = detail == all[-1]
        other, found = (least, fitted) if last else written(detail)
        if found.size > (_WORTH if last and largest.shrink == 1.0 else 1.02) * largest.size:
            best, largest = other, found
    return best


def _box_unit_range(whole: LineBreaks) -> tuple[float, float]:
    return unit_range(whole.design_rows, whole.scale, whole.text_sizes.em, whole.text_options.least_box_size, _LARGEST)


def _choose_line_breaks(
    whole: LineBreaks, measured: Callable[[float], BoxMeasurer]
) -> tuple[tuple[LineColumns, ...], BoxFit]:
    """Of several ways to break the bands into lines the one with the largest boxes; ways with more lines come later."""
    least, most = _box_unit_range(whole)
    found = [measure_row(band, measured(least)) for band in whole.design_rows]
    growths: dict[tuple[LineColumns, ...], float] = {}
    for lines in _candidate_breaks(whole, found):
        across, down = _growth_factors(whole, lines, found)
        growths[lines] = min(across, down)
        if down < min(1.0, across):
            break  # more lines would be higher still
    best = max(growths, key=growths.__getitem__)
    if growths[best] < 1.0:
        return best, BoxFit(least, growths[best])
    fitting = [lines for lines, growth in growths.items() if growth >= 1.0]
    low, high = least, most
    for _ in range(_COARSE_STEPS):
        middle = (low + high) / 2
        found = [measure_row(band, measured(middle)) for band in whole.design_rows]
        still = [lines for lines in fitting if min(_growth_factors(whole, lines, found)) >= 1.0]
        low, high, fitting = (middle, high, still) if still else (low, middle, fitting)
    return fitting[0], BoxFit(low, 1.0)


def _growth_factors(whole: LineBreaks, lines: tuple[LineColumns, ...], found: list[RowSizes]) -> tuple[float, float]:
    """By which factors all may grow until it fills the width and the height of the room."""
    wide, high = rows_extent(whole.design_rows, lines, found, whole.text_sizes.em, beside=whole.side_by_side)
    return whole.row_width / max(wide, 1.0), whole.space[1] / max(high, 1.0)


def _candidate_breaks(whole: LineBreaks, found: list[RowSizes]) -> Iterator[tuple[LineColumns, ...]]:
    """Each band in one line; then the longest in two, three, … lines and the others as wide."""
    em = whole.text_sizes.em
    one: tuple[LineColumns, ...] = tuple((range(len(band.gaps)),) for band in whole.design_rows)
    yield one
    widest = max(
        line_width(band, line[0], size, em) for band, line, size in zip(whole.design_rows, one, found, strict=True)
    )
    needs = [
        [sum(sides) + gap for sides, gap in zip(size.columns, band.gaps, strict=True)]
        for band, size in zip(whole.design_rows, found, strict=True)
    ]
    allowed = [_may_begin_line(band) for band in whole.design_rows]
    longest = max(len(band.gaps) for band in whole.design_rows)
    for count in range(2, min(_MOST_LINES, 1 + longest // 2)):
        yield tuple(_break_row(need, may, widest / count) for need, may in zip(needs, allowed, strict=True))


def _may_begin_line(band: DesignRow) -> list[bool]:
    """Whether each column may begin a line: after one that stands alone, and not if it is compact and its only heir."""
    graph = band.graph
    fed = [len(graph.targets[members[0]]) for members in graph.columns]
    return [
        number - 1 in graph.lone_columns and (fed[number - 1] > 1 or not graph.vertices[members[0]].is_compact)
        for number, members in enumerate(graph.columns)
    ]


def _break_row(needs: list[float], may_begin: list[bool], room: float) -> LineColumns:
    """Begin a new line as soon as one is `room` wide, where that is allowed."""
    lines, start, taken = [], 0, 0.0
    for column, (needed, may) in enumerate(zip(needs, may_begin, strict=True)):
        if may and taken + needed / 2 > room:
            lines.append(range(start, column))
            start, taken = column, 0.0
        taken += needed
    return (*lines, range(start, len(needs)))
