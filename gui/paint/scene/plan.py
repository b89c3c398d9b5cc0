"""Decisions about a picture that do not change while the camera turns: lines, and what is written at the arrows."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from typing import NamedTuple

from msgspec import Struct

from engine.check import Place, ProjectCheck
from engine.counting import Convention
from engine.metrics import Ledger, metric
from engine.problems import STEM
from engine.shapes import Shape
from gui.paint.scene.camera import VIEWS, Camera, camera
from gui.paint.scene.cells import DETAILS, Caption, Measure, Type, caption, operator
from gui.paint.scene.graph import Graph, graph
from gui.paint.scene.room import Band, Lines, Sizes, extent, gap_widths, line_width, sizes, unit_range
from gui.paint.scene.routes import AXIS, Routes, route

LARGEST = 4.0
"""The most ems that one unit of length is drawn with."""

ENOUGH, LEAST = 8.0, 4.0
"""Ems that boxes should measure in the mean before less is written at arrows, and below which text shrinks too."""

MOST_LINES = 40
STEPS, COARSE_STEPS = 12, 7
"""Halvings of the range of sizes: to a fraction of a pixel, and to choose among lines and details."""


class Plan(Struct, frozen=True, eq=False):
    """Bands, their lines and type; `room` is what the graphs may take, in pixels."""

    bands: tuple[Band, ...]
    lines: tuple[Lines, ...]
    type: Type
    scale: str
    room: tuple[float, float]


class Fit(NamedTuple):
    """Pixels a unit of length, and the factor by which all is shrunk then."""

    unit: float
    shrink: float

    @property
    def size(self) -> float:
        return self.unit * self.shrink


def fit(plan: Plan, eye: Camera) -> tuple[Fit, Measure, list[Sizes]]:
    """The largest boxes that fit with text at its size; where they would be too small, all is shrunk.

    With it the measure of that size and what every band takes.
    """
    measure = _measures(plan, eye)
    _, found = _best(plan, [plan.lines], measure, STEPS)
    used = measure(found.unit)
    return found, used, [sizes(band, used) for band in plan.bands]


def _measures(whole: Plan, eye: Camera) -> Callable[[float], Measure]:
    """The measure of a unit, made once: rooms do not depend on what is written at arrows."""
    return cache(lambda unit: Measure(eye, whole.scale, unit, whole.type))


@lru_cache(maxsize=16)
def plan(
    check: ProjectCheck,
    shapes: tuple[tuple[Place, Shape], ...],
    trouble: tuple[tuple[Place, tuple[str, ...]], ...],
    scale: str,
    metric_id: str,
    convention: Convention,
    em: int,
    room: tuple[float, float],
    received: str,
) -> Plan:
    """The lines and the details with which the boxes get largest.

    `shapes` as for `graph`, `trouble` by place; `received` says what the designs' input is.
    """
    texts, type = dict(trouble), Type(em)
    graphs: dict[str, tuple[Graph, Routes, tuple[Caption, ...]]] = {}
    for name, analysis in check.analyses.items():
        if name != STEM:
            made = graph(analysis, {node: shape for (design, node), shape in shapes if design == name})
            routes = route(made)
            names = (received, *(vertex.name for vertex in made.vertices[1:]))
            captions = tuple(
                caption(vertex, shown, texts.get((name, vertex.name), ()), type, stacked=level != AXIS)
                for vertex, shown, level in zip(made.vertices, names, routes.levels, strict=True)
            )
            graphs[name] = made, routes, captions
    best, largest = Plan((), (), type, scale, room), Fit(0.0, 0.0)
    ledger, counted, measure = Ledger(check, convention), metric(metric_id), _measures(best, camera(*VIEWS["3-D"]))
    formulas = {
        name: [ledger.formula(counted, name, vertex.report) if vertex.report else "" for vertex in made.vertices]
        for name, (made, _, _) in graphs.items()
    }
    for detail in DETAILS if graphs else ():
        bands = []
        for name, (made, routes, captions) in graphs.items():
            pairs = zip(made.vertices, formulas[name], strict=True)
            operators = tuple([operator(vertex, detail, type, formula) for vertex, formula in pairs])
            bands.append(Band(name, made, routes, captions, operators, gap_widths(made, routes, operators, em)))
        whole = Plan(tuple(bands), (), type, scale, room)
        lines, found = _best(whole, _breakings(whole, measure), measure, COARSE_STEPS)
        if found.size > 1.02 * largest.size:
            best, largest = Plan(whole.bands, lines, type, scale, room), found
        if largest.shrink == 1.0 and largest.size >= _units(whole)[0] * ENOUGH / LEAST:
            break
    return best


def _units(whole: Plan) -> tuple[float, float]:
    return unit_range(whole.bands, whole.scale, whole.type.em, LEAST, LARGEST)


def _best(
    whole: Plan, candidates: Iterable[tuple[Lines, ...]], measure: Callable[[float], Measure], steps: int
) -> tuple[tuple[Lines, ...], Fit]:
    """Of several ways to break the bands into lines the one with the largest boxes; ways with more lines come later."""
    least, most = _units(whole)
    found = [sizes(band, measure(least)) for band in whole.bands]
    growths: dict[tuple[Lines, ...], float] = {}
    for lines in candidates:
        across, down = _growth(whole, lines, found)
        growths[lines] = min(across, down)
        if down < min(1.0, across):
            break  # more lines would be higher still
    best = max(growths, key=growths.__getitem__)
    if growths[best] < 1.0:
        return best, Fit(least, growths[best])
    fitting = [lines for lines, growth in growths.items() if growth >= 1.0]
    low, high = least, most
    for _ in range(steps):
        middle = (low + high) / 2
        found = [sizes(band, measure(middle)) for band in whole.bands]
        still = [lines for lines in fitting if min(_growth(whole, lines, found)) >= 1.0]
        low, high, fitting = (middle, high, still) if still else (low, middle, fitting)
    return fitting[0], Fit(low, 1.0)


def _growth(whole: Plan, lines: tuple[Lines, ...], found: list[Sizes]) -> tuple[float, float]:
    """By which factors all may grow until it fills the width and the height of the room."""
    wide, high = extent(whole.bands, lines, found, whole.type.em)
    return whole.room[0] / max(wide, 1.0), whole.room[1] / max(high, 1.0)


def _breakings(whole: Plan, measure: Callable[[float], Measure]) -> Iterator[tuple[Lines, ...]]:
    """Each band in one line; then the longest in two, three, … lines and the others as wide."""
    em, least = whole.type.em, measure(_units(whole)[0])
    found = [sizes(band, least) for band in whole.bands]
    one: tuple[Lines, ...] = tuple((range(len(band.gaps)),) for band in whole.bands)
    yield one
    widest = max(line_width(band, line[0], size, em) for band, line, size in zip(whole.bands, one, found, strict=True))
    needs = [
        [sum(sides) + gap for sides, gap in zip(size.columns, band.gaps, strict=True)]
        for band, size in zip(whole.bands, found, strict=True)
    ]
    allowed = [_may_begin_line(band) for band in whole.bands]
    longest = max(len(band.gaps) for band in whole.bands)
    for count in range(2, min(MOST_LINES, 1 + longest // 2)):
        yield tuple(_lines(need, may, widest / count) for need, may in zip(needs, allowed, strict=True))


def _may_begin_line(band: Band) -> list[bool]:
    """Whether each column may begin a line: after one that stands alone, and not if it is compact."""
    columns, vertices = band.graph.columns, band.graph.vertices
    return [
        number - 1 in band.graph.alone and not vertices[members[0]].compact for number, members in enumerate(columns)
    ]


def _lines(needs: list[float], may_begin: list[bool], room: float) -> Lines:
    """Begin a new line as soon as one is `room` wide, where that is allowed."""
    lines, start, taken = [], 0, 0.0
    for column, (needed, may) in enumerate(zip(needs, may_begin, strict=True)):
        if may and taken + needed / 2 > room:
            lines.append(range(start, column))
            start, taken = column, 0.0
        taken += needed
    return (*lines, range(start, len(needs)))
