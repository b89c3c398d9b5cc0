"""What the picture of a sweep shows: points in two metrics, their front, and the designs of the project."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from msgspec import Struct

from engine.cost.metrics import Costs, metric_by_id
from engine.project.project import Project
from engine.sweep.answers import fitting_rows
from engine.sweep.columns import COUNTED, Values, column_title
from engine.sweep.front import cost_of, pareto_front
from engine.sweep.sweep import Sweep

_PointKind = Literal["front", "dominated", "broken", "outside"]
"""On the front; beaten by another point; breaks a condition; outside the marked ranges."""


class PlotPoint(NamedTuple):
    """A point of a sweep in two metrics."""

    x: float
    y: float
    kind: _PointKind
    row: int
    """Its position in the table."""


class PlotDesign(NamedTuple):
    """A design of the project in the same metrics."""

    name: str
    x: float
    y: float
    colour_index: int


class SweepPlot(Struct, frozen=True):
    """All that the picture shows."""

    columns: tuple[str, str]
    titles: tuple[str, str]
    points: tuple[PlotPoint, ...]
    front: tuple[PlotPoint, ...]
    """In the order of the first metric."""
    designs: tuple[PlotDesign, ...] = ()


def sweep_plot(
    sweep: Sweep, rows: Sequence[Values], pair: tuple[str, str], costs: Costs, within: np.ndarray | None = None
) -> SweepPlot:
    """The points that have both metrics, and the designs whose costs are known.

    Parameters
    ----------
    costs
        Of the designs beside which the points are shown.
    within
        Whether each point is within the marked ranges, (points,); None if it is all of them. The front is of those.
    """
    inside = [True] * len(rows) if within is None else within.tolist()
    fitting = fitting_rows([row for row, is_inside in zip(rows, inside, strict=True) if is_inside])
    front_rows = [fitting[index] for index in pareto_front(fitting, *pair)]
    on_front, fits = set(map(id, front_rows)), set(map(id, fitting))

    def plotted(index: int, row: Values) -> PlotPoint:
        kind: _PointKind = "broken" if id(row) not in fits else "front" if id(row) in on_front else "dominated"
        return PlotPoint(row[pair[0]], row[pair[1]], kind if inside[index] else "outside", index)

    complete_rows = [(i, row) for i, row in enumerate(rows) if all(cost_of(row, column) is not None for column in pair)]
    points = tuple(plotted(index, row) for index, row in complete_rows)
    front = tuple(sorted(point for point in points if point.kind == "front"))
    titles = column_title(pair[0], sweep.convention), column_title(pair[1], sweep.convention)
    return SweepPlot(pair, titles, points, front, _designs(sweep.project, pair, costs))


def empty_plot(project: Project, pair: tuple[str, str], costs: Costs) -> SweepPlot:
    """The designs of a project before a sweep."""
    titles = column_title(pair[0], costs.convention), column_title(pair[1], costs.convention)
    return SweepPlot(pair, titles, (), (), _designs(project, pair, costs))


def _designs(project: Project, pair: tuple[str, str], costs: Costs) -> tuple[PlotDesign, ...]:
    """The designs of the project; none if one of the metrics has to be measured."""
    if not set(pair) <= {metric.id for metric in COUNTED}:
        return ()
    designs = []
    for design in project.designs:
        if design.name not in costs.check.analyses:
            continue
        amounts = [costs.total(metric_by_id(column), design.name) for column in pair]
        if amounts[0] is not None and amounts[1] is not None:
            designs.append(PlotDesign(design.name, amounts[0], amounts[1], design.colour - 1))
    return tuple(designs)
