"""Decides what stays the same while the camera turns: line breaks, and the detail of the texts at arrows."""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from math import floor, log2
from operator import attrgetter
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from engine.cost.counting import Convention
from engine.cost.metrics import Costs, metric_by_id
from engine.network.analysis import Report, fold_blocks
from engine.network.node_ref import STEM, NodeRef
from engine.run.check import ProjectCheck
from engine.shapes import Shape
from engine.unchanged_items import last_results
from gui.paint.volumes.box_sizes import BoxMeasurer, VolumeCaption, get_box_measurer, make_caption, shorten_captions
from gui.paint.volumes.break_candidates import BreakCandidates, LineBreaks
from gui.paint.volumes.camera import Camera, make_camera
from gui.paint.volumes.design_graph import DesignGraph, Vertex, build_design_graph, with_edge_numbers
from gui.paint.volumes.operator_texts import FORMULA_LINES, make_operator_text
from gui.paint.volumes.routes import AXIS_LEVEL, Routes, route_connections
from gui.paint.volumes.space import (
    BoxKinds,
    DesignRow,
    LineColumns,
    RowSizes,
    box_kind,
    longest_side,
    measure_gaps,
    measure_row,
    unit_range,
)
from gui.paint.volumes.text_options import SCREEN_TEXT_OPTIONS, ArrowDetail, TextOptions, TextSizes
from gui.state.cameras import CAMERA_VIEWS

_LARGEST = 4.0
"""Greatest length of a unit, in ems."""

_ENOUGH = 2.0
"""Factor over the least box size below which the texts at arrows get shorter."""

_WORTH = 1.3
"""Least growth of the boxes for which readable numbers at arrows are left out."""

_HOPELESS = 0.5
"""If everything shrinks below this factor, the texts at arrows are as short as possible."""

_TINY = 0.25
"""If everything shrinks below this factor, only the shortest texts are tried: none of them can be read in a window."""

_STEPS, _COARSE_STEPS, _EXACT = 12, 7, 2e-4
"""Most steps to find a size, halvings to compare line breaks, and the relative precision that ends the search."""


_STEPS_OF_SHRINK = 64
"""Steps of the factor by which everything is shrunk, within a factor of two."""


class BoxFit(NamedTuple):
    """Pixels per unit of length, and the factor by which everything is shrunk."""

    unit: float
    shrink: float

    @property
    def size(self) -> float:
        return self.unit * self.shrink


def fit_boxes(line_breaks: LineBreaks, camera: Camera) -> tuple[BoxFit, BoxMeasurer, list[RowSizes]]:
    """Find the largest boxes that fit with text of full size; if they would be too small, shrink everything.

    Also returns the measurer of that size and the sizes of each design.
    """
    measurer_of = _measurer_of_unit(line_breaks, camera)

    sizes: dict[float, list[RowSizes]] = {}

    def measure(unit: float) -> list[RowSizes]:
        if unit not in sizes:
            sizes[unit] = [measure_row(design_row, measurer_of(unit)) for design_row in line_breaks.design_rows]
        return sizes[unit]

    def excess(unit: float) -> float:
        """Fraction by which the picture is too large."""
        return 1 / min(line_breaks.growth_factors(line_breaks.lines, measure(unit))) - 1

    least, most = _box_unit_range(line_breaks)
    over = excess(least)
    if over > 0:
        fit = BoxFit(least, _rounded_down(1 / (1 + over)))
    else:
        fit = BoxFit(_find_root(excess, least, over, most), 1.0)
    return fit, measurer_of(fit.unit), measure(fit.unit)


def _rounded_down(shrink: float) -> float:
    """The next smaller step: most edits of a long network then leave all boxes but a few where they are."""
    return float(2 ** (floor(_STEPS_OF_SHRINK * log2(shrink)) / _STEPS_OF_SHRINK))


def _find_root(excess: Callable[[float], float], low: float, under: float, high: float) -> float:
    """The largest unit without excess, by the Illinois variant of false position.

    The excess is convex (sums and maxima of linear terms): a few steps reach a fraction of a pixel.
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


def _measurer_of_unit(line_breaks: LineBreaks, camera: Camera) -> Callable[[float], BoxMeasurer]:
    """Returns the measurer of a unit; sizes of boxes do not depend on the texts at arrows."""
    return lambda unit: get_box_measurer(
        camera, line_breaks.scale, unit, line_breaks.text_sizes, line_breaks.text_options.camera_is_fixed
    )


@lru_cache(maxsize=4)
def break_lines(
    check: ProjectCheck,
    closed_blocks: frozenset[NodeRef],
    shapes: tuple[tuple[NodeRef, Shape], ...],
    mistakes: tuple[tuple[NodeRef, tuple[str, ...]], ...],
    scale: str,
    metric_id: str,
    convention: Convention,
    em: int,
    space: tuple[float, float],
    input_text: str,
    options: TextOptions = SCREEN_TEXT_OPTIONS,
    side_by_side: bool = False,
) -> LineBreaks:
    """Choose the lines and the detail of texts with which the boxes get largest.

    Each of the `closed_blocks` is drawn as one node; `shapes` are earlier shapes of nodes whose shape is unknown;
    `input_text` names the input of the designs.
    """
    empty = LineBreaks((), (), TextSizes(em), scale, space, options, side_by_side)
    mistakes_by_ref = dict(mistakes)
    designs = [
        _prepare_design(name, graph, mistakes_by_ref, empty, input_text)
        for name, graph in _design_graphs(check, closed_blocks, shapes)
    ]
    if not designs:
        return empty
    costs, metric = Costs(check, convention), metric_by_id(metric_id)
    measurer_of = _measurer_of_unit(empty, make_camera(*CAMERA_VIEWS["3-D"]))

    def with_detail(detail: ArrowDetail) -> tuple[LineBreaks, BoxFit]:
        """Break the lines with this detail at the arrows."""
        rows = [_make_row(design, detail, partial(costs.formula, metric, design.name), empty) for design in designs]
        unbroken = replace(empty, design_rows=tuple(rows))
        lines, fit = _choose_line_breaks(unbroken, measurer_of)
        return replace(unbroken, lines=lines), fit

    return _choose_most_readable(with_detail, options.arrow_details)


def _design_graphs(
    check: ProjectCheck, closed_blocks: frozenset[NodeRef], shapes: tuple[tuple[NodeRef, Shape], ...]
) -> Iterator[tuple[str, DesignGraph]]:
    """The name and the graph of each design; see `break_lines`."""
    for name, analysis in check.analyses.items():
        if name != STEM:
            blocks = {block for design, block in closed_blocks if design == name}
            earlier = {node: shape for (design, node), shape in shapes if design == name}
            yield name, build_design_graph(fold_blocks(analysis, blocks), earlier, name)


class _PreparedDesign(NamedTuple):
    """The graph of a design, the routes of its connections, and the captions of its boxes."""

    name: str
    graph: DesignGraph
    routes: Routes
    captions: tuple[VolumeCaption, ...]
    kinds: BoxKinds
    longest_sides: NDArray[np.float64]


def _prepare_design(
    design: str,
    graph: DesignGraph,
    mistakes: Mapping[NodeRef, tuple[str, ...]],
    empty: LineBreaks,
    input_text: str,
) -> _PreparedDesign:
    """Prepare a design for the sizes and options of `empty`."""
    text_sizes, options, scale = empty.text_sizes, empty.text_options, empty.scale
    graph = with_edge_numbers(graph, options.edge_numbers, sparse=options.has_sparse_numbers)
    routes = route_connections(graph.grid)
    names: tuple[str, ...] = (input_text, *last_results("label", design).map(_label_of, graph.vertices[1:]))
    short_names = shorten_captions(design, graph.vertices, names, text_sizes)
    if not options.has_names:
        short_names = ("",) * len(names)

    def caption(vertex: Vertex, name: str, texts: tuple[str, ...], level: int) -> VolumeCaption:
        stacked = options.one_line_captions or level != AXIS_LEVEL
        return make_caption(vertex, name, texts, text_sizes, stacked=stacked, has_note=options.notes != "none")

    texts = [mistakes.get((design, vertex.name), ()) for vertex in graph.vertices] if mistakes else None
    captions = last_results("caption", design, text_sizes, options).map(
        caption, graph.vertices, short_names, texts or [()] * len(names), routes.levels
    )
    kinds = last_results("box kind", design).array(box_kind, graph.vertices, captions, dtype=np.intp)
    _, firsts, numbers = np.unique(kinds, return_index=True, return_inverse=True)
    sides = last_results("longest side", design, scale).array(partial(longest_side, scale=scale), graph.vertices)
    return _PreparedDesign(design, graph, routes, tuple(captions), BoxKinds(firsts.tolist(), numbers), sides)


_label_of, _size_of = attrgetter("label"), attrgetter("width", "up", "down")


def _make_row(
    design: _PreparedDesign, detail: ArrowDetail, formula_of: Callable[[Report], str], empty: LineBreaks
) -> DesignRow:
    """Add the texts at the arrows, in the sizes and with the options of `empty`."""
    sizes, options = empty.text_sizes, empty.text_options
    vertices = design.graph.vertices
    formulas = [""] * len(vertices)
    if detail in FORMULA_LINES:
        formulas = [formula_of(vertex.report) if vertex.report else "" for vertex in vertices]
    operators = last_results("operator", design.name, detail, sizes, options).map(
        lambda vertex, formula: make_operator_text(vertex, detail, sizes, formula, options), vertices, formulas
    )
    operator_sizes = last_results("operator size", design.name, detail, sizes, options).array(_size_of, operators)
    gaps = measure_gaps(design.graph, design.routes, operator_sizes[:, 0], sizes.em)
    return DesignRow(*design, tuple(operators), operator_sizes, gaps)


def _choose_most_readable(
    with_detail: Callable[[ArrowDetail], tuple[LineBreaks, BoxFit]], choices: tuple[ArrowDetail, ...]
) -> LineBreaks:
    """Choose the most detail that leaves the boxes large; one line at most, or the least, if all is shrunk a lot."""
    least, least_fit = with_detail(choices[-1])
    enough = _box_unit_range(least)[0] * _ENOUGH
    if least_fit.shrink < _TINY:
        return least
    details = choices if least_fit.shrink >= _HOPELESS else ("line", choices[-1])
    best, best_fit = with_detail(details[0])
    for detail in details[1:]:
        if best_fit.shrink == 1.0 and best_fit.size >= enough:
            break
        last = detail == choices[-1]
        other, fit = (least, least_fit) if last else with_detail(detail)
        if fit.size > (_WORTH if last and best_fit.shrink == 1.0 else 1.02) * best_fit.size:
            best, best_fit = other, fit
    return best


def _box_unit_range(line_breaks: LineBreaks) -> tuple[float, float]:
    return unit_range(
        np.concatenate([np.empty(0), *(design_row.longest_sides for design_row in line_breaks.design_rows)]),
        line_breaks.text_sizes.em,
        line_breaks.text_options.least_box_size,
        _LARGEST,
    )


def _choose_line_breaks(
    line_breaks: LineBreaks, measurer_of: Callable[[float], BoxMeasurer]
) -> tuple[tuple[LineColumns, ...], BoxFit]:
    """Of all candidate line breaks, choose those with the largest boxes; candidates have more and more lines."""
    least, most = _box_unit_range(line_breaks)
    row_sizes = [measure_row(design_row, measurer_of(least)) for design_row in line_breaks.design_rows]
    candidates = BreakCandidates(line_breaks, row_sizes)
    growths: dict[tuple[LineColumns, ...], float] = {}
    for count in candidates.promising_counts():
        lines, across, down = candidates[count]
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
        row_sizes = [measure_row(design_row, measurer_of(middle)) for design_row in line_breaks.design_rows]
        still = [lines for lines in fitting if min(line_breaks.growth_factors(lines, row_sizes)) >= 1.0]
        low, high, fitting = (middle, high, still) if still else (low, middle, fitting)
    return fitting[0], BoxFit(low, 1.0)
