"""Counts the points of a sweep: metrics of a design without a run, computing again only what a point changes."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from engine.cost.metrics import Costs, Metric
from engine.files.paths import FileFault
from engine.kernels import Checkpoint
from engine.network.analysis import Analysis, EarlierAnalysis, analyze
from engine.network.graph import Network
from engine.network.input_specs import Input
from engine.network.node_ref import STEM
from engine.run import inputs
from engine.run.check import ProjectCheck
from engine.shapes import Shape
from engine.sweep.columns import COUNTED, Values
from engine.sweep.constraints import Known
from engine.sweep.faults import SweepFault
from engine.sweep.point_projects import Point
from engine.sweep.sweep import Sweep

_MOST_KNOWN = 50_000
"""Layers whose amounts are known at a time."""


class CountedPoint(Struct, frozen=True, eq=False):
    """A point and the amounts of its design."""

    point: Point
    values: Values
    """By the id of the metric; empty if the design has a mistake."""
    problem: str = ""
    """The first mistake."""
    fits: bool = True
    """Whether it satisfies the conditions on metrics."""


def count_points(sweep: Sweep, checkpoint: Checkpoint = lambda: None) -> Iterator[CountedPoint]:
    """Count every point, in the order of the sweep; the checkpoint is called before each."""
    counter = PointCounter(sweep)
    for point in sweep:
        checkpoint()
        yield counter.count(point)


class PointCounter:
    """Counts one point after the other; fast if neighbours share most."""

    def __init__(self, sweep: Sweep) -> None:
        self._sweep = sweep
        self._shapes: dict[Input, Shape] = {}
        self._earlier: dict[str, EarlierAnalysis] = {}
        self._amounts: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        """Additive amounts by layer and input shapes, on which they depend alone."""

    def count(self, point: Point) -> CountedPoint:
        try:
            values = self._values(point)
            fits = self._sweep.holds(Known.COUNTED, point, values)
        except (SweepFault, FileFault) as fault:
            return CountedPoint(point, {}, str(fault), fits=False)
        return CountedPoint(point, values, fits=fits)

    def _values(self, point: Point) -> Values:
        project = self._sweep.projects.project_of(point)
        entry = self._input_shape(project.input)
        analyses: dict[str, Analysis] = {}
        shape: Shape | None = entry
        if project.stem is not None:
            analyses[STEM] = self._analyze(STEM, project.stem, shape)
            shape = analyses[STEM].output_shape
        design = self._sweep.design
        analyses[design] = self._analyze(design, project.network(design), shape)
        for analysis in analyses.values():
            for report in analysis.reports:
                if report.mistakes:
                    raise SweepFault(f"{report.name}: {report.mistakes[0].text}")
        project_check = ProjectCheck(entry, analyses, {}, (), {})
        costs = Costs(project_check, self._sweep.convention)
        return self._additive(analyses[design], costs) | {
            metric.id: costs.total(metric, design) for metric in COUNTED if not metric.is_additive
        }

    def _input_shape(self, spec: Input) -> Shape:
        if spec not in self._shapes:
            self._shapes[spec] = inputs.input_shape(spec)
        return self._shapes[spec]

    def _analyze(self, design: str, network: Network, shape: Shape | None) -> Analysis:
        analysis = analyze(network, shape, self._earlier.get(design))
        self._earlier[design] = EarlierAnalysis(network, analysis)
        return analysis

    def _additive(self, analysis: Analysis, costs: Costs) -> Values:
        """Sums of amounts, of which those of equal layers that were counted before are known."""
        if len(self._amounts) > _MOST_KNOWN:
            self._amounts.clear()
        rows = []
        for report in analysis.reports:
            key = report.layer, report.input_shapes
            row = self._amounts.get(key)
            if row is None:
                layers = costs.costed(self._sweep.design, report)
                row = self._amounts[key] = tuple([metric.amount(layers) for metric in _ADDITIVE])
            rows.append(row)
        sums = [None if None in column else sum(column) for column in zip(*rows, strict=True)]
        return {metric.id: total for metric, total in zip(_ADDITIVE, sums or [0] * len(_ADDITIVE), strict=True)}


_ADDITIVE: tuple[Metric, ...] = tuple(metric for metric in COUNTED if metric.is_additive)
