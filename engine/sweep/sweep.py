"""A sweep as a value: its axes, its points in an order in which neighbours share most, and what is asked of each."""

from collections.abc import Iterator, Mapping
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from engine.cost.counting import CONVENTIONS, Convention, convention_by_id
from engine.expressions.arithmetic import Value
from engine.expressions.faults import ExpressionError
from engine.kernels import Checkpoint
from engine.network.graph import topological_order
from engine.network.node_ref import STEM
from engine.project.project import Project, SweepSettings
from engine.rank_search.calibration import CalibrationSet, calibration_set
from engine.sweep.axes import Axis, all_paths, parse_axis
from engine.sweep.axis_values import MOST_POINTS, label_of
from engine.sweep.columns import COMPARED, COUNTED, FITS, MACHINE, MEASURES, PROBLEM_COLUMN, measured_columns
from engine.sweep.constraints import Conditions, Known
from engine.sweep.faults import SweepFault
from engine.sweep.point_projects import Point, PointProjects
from engine.sweep.setting_paths import SettingPath, SettingPaths, is_of_node, setting_paths, value_of_setting
from engine.text.messages import suggestion, value_text
from engine.text.problems import Problem, ProjectError

_MOST_AXES = 20
_CHECK_EVERY = 1000
"""Points between two checkpoints."""


class Sweep(Struct, frozen=True, eq=False):
    """What a sweep does, with everything that its texts name found in the project."""

    project: Project
    settings: SweepSettings
    axes: tuple[Axis, ...]
    projects: PointProjects
    conditions: Conditions
    design: str
    """The design whose costs count."""
    against: str
    """The design with which its last volume is compared; "" if nothing that compares is measured."""
    convention: Convention
    calibration: CalibrationSet
    paths: SettingPaths
    points: tuple[Point, ...] | range
    """Those that satisfy the conditions on settings; a range if these are all."""
    order: tuple[int, ...]
    """Indices of the axes, those that change the first layers first: neighbouring points share the most layers."""

    def __iter__(self) -> Iterator[Point]:
        return _grid(self.axes, self.order) if isinstance(self.points, range) else iter(self.points)

    def __len__(self) -> int:
        return len(self.points)

    @property
    def columns(self) -> tuple[str, ...]:
        """The heads of the table."""
        measured = measured_columns(self.settings.measure)
        return (
            *(axis.name for axis in self.axes),
            *(metric.id for metric in COUNTED),
            *(column.id for column in measured),
            *((MACHINE,) if "ms" in self.settings.measure else ()),
            *((FITS,) if any(c.known for c in self.conditions.constraints) else ()),
            PROBLEM_COLUMN,
        )

    def labels(self, point: Point) -> dict[str, Any]:
        """The values of the axes in a point, by the names of their columns."""
        return {axis.name: axis.values[index].label for axis, index in zip(self.axes, point, strict=True)}

    def setting(self, point: Point, path: str) -> Value:
        """The value of a setting in a point, for conditions."""
        at = self.paths.by_text.get(path)
        if at is None or path in self.paths.ambiguous:
            raise ExpressionError(f"unknown setting {value_text(path)}; {suggestion(path, self.paths.by_text)}")
        changes = self.projects.changes(point)
        value = changes[at] if at in changes else value_of_setting(self.project, at)
        return value if isinstance(value, bool | int | float | str | tuple | None) else label_of(value)

    def holds(self, stage: Known, point: Point, values: Mapping[str, Any]) -> bool:
        """Whether a point satisfies the conditions that are decided then."""
        return self.conditions.hold(stage, self.labels(point) | dict(values), lambda path: self.setting(point, path))


def sweep_inputs(project: Project, settings: SweepSettings) -> CalibrationSet:
    """The inputs on which a sweep compares and fits; if it does neither, the project's own alone.

    ProjectError if photos cannot be used.
    """
    if COMPARED.intersection(settings.measure) or settings.photos or any("low_rank" in axis for axis in settings.axes):
        return calibration_set(project, Path(settings.photos) if settings.photos else None)
    return CalibrationSet((project.input,))


def plan_sweep(
    project: Project, settings: SweepSettings, calibration: CalibrationSet, checkpoint: Checkpoint = lambda: None
) -> Sweep:
    """Find everything that a sweep names in the project, and its points; nothing is counted yet.

    Raises
    ------
    ProjectError
        An axis, a condition or another setting of the sweep has a mistake: all that were found.
    """
    paths, problems = setting_paths(project), []
    axes = []
    for number, text in enumerate(settings.axes):
        try:
            axes.append(parse_axis(text, project, paths, checkpoint))
        except SweepFault as fault:
            problems.append(Problem(str(fault), f"$.sweep.axes[{number}]"))
    if problems:
        raise ProjectError(problems)
    try:
        return _plan(project, settings, tuple(axes), paths, calibration, checkpoint)
    except SweepFault as fault:
        raise ProjectError([Problem(str(fault), "$.sweep")]) from None


def _plan(
    project: Project,
    settings: SweepSettings,
    axes: tuple[Axis, ...],
    paths: SettingPaths,
    calibration: CalibrationSet,
    checkpoint: Checkpoint,
) -> Sweep:
    _require_names(axes)
    number = prod(len(axis.values) for axis in axes)
    if number > MOST_POINTS:
        sizes = " × ".join(f"{len(axis.values):,}" for axis in axes)
        raise SweepFault(f"has {sizes} = {number:,} points; at most {MOST_POINTS:,} are possible: use larger steps")
    for name in settings.measure:
        if name not in MEASURES:
            raise SweepFault(f"measures {value_text(name)}, which is unknown; {suggestion(name, MEASURES)}")
    rules = [convention.id for convention in CONVENTIONS]
    if settings.count not in rules:
        raise SweepFault(f"counts by {value_text(settings.count)}; {suggestion(settings.count, rules)}")
    design = _counted_design(project, settings, axes)
    sweep = Sweep(
        project,
        settings,
        axes,
        PointProjects(project, axes, calibration.fit_inputs),
        Conditions(settings.where, axes, settings.measure),
        design,
        _reference(project, settings, design) if COMPARED.intersection(settings.measure) else "",
        convention_by_id(settings.count),
        calibration,
        paths,
        range(number),
        _order(project, axes),
    )
    return _with_chosen_points(sweep, checkpoint)


def _require_names(axes: tuple[Axis, ...]) -> None:
    if not axes:
        raise SweepFault("has no axes; name a setting and its values, as net/conv.filters=4..64..4")
    if len(axes) > _MOST_AXES:
        raise SweepFault(f"has {len(axes)} axes; at most {_MOST_AXES} are possible")
    reserved = {metric.id for metric in COUNTED} | {column.id for columns in MEASURES.values() for column in columns}
    names: set[str] = set()
    for axis in axes:
        if axis.name in names or axis.name in reserved | {MACHINE, FITS, PROBLEM_COLUMN}:
            raise SweepFault(f"two columns would be called {value_text(axis.name)}; name the axis as in width: …")
        names.add(axis.name)


def _counted_design(project: Project, settings: SweepSettings, axes: tuple[Axis, ...]) -> str:
    """The design that the settings name, the one that the axes change, or the only one."""
    names = [design.name for design in project.designs]
    if settings.design:
        return _known_design(settings.design, names)
    changed = dict.fromkeys(path.ref[0] for path in all_paths(axes) if is_of_node(path) and path.ref[0] != STEM)
    candidates = list(changed) or names
    if len(candidates) == 1:
        return candidates[0]
    if not names:
        raise SweepFault("the project has no design to count; add one")
    which = "change several designs" if changed else "change what several designs share"
    listed = ", ".join(map(value_text, candidates[:6]))
    raise SweepFault(f"the axes {which}; say which one counts, with design: {listed}")


def _known_design(name: str, names: list[str]) -> str:
    if name not in names:
        raise SweepFault(f"design {value_text(name)} is unknown; {suggestion(name, names)}")
    return name


def _reference(project: Project, settings: SweepSettings, design: str) -> str:
    """The design with which the error compares: the one that is named, else the first other one, else its own."""
    names = [other.name for other in project.designs]
    if settings.against:
        return _known_design(settings.against, names)
    return next((name for name in names if name != design), design)


def _order(project: Project, axes: tuple[Axis, ...]) -> tuple[int, ...]:
    positions: dict[tuple[str, str], tuple[int, int]] = {}
    for design, network in project.networks():
        order = topological_order(network)
        for number, index in enumerate((*order.runnable, *order.stuck)):
            positions[design, network.nodes[index].name] = (1 if design == STEM else 2, number)

    def first_change(index: int) -> tuple[int, int]:
        def position(path: SettingPath) -> tuple[int, int]:
            return positions[path.ref] if is_of_node(path) else (0, 0)

        return min(map(position, axes[index].paths))

    return tuple(sorted(range(len(axes)), key=first_change))


def _grid(axes: tuple[Axis, ...], order: tuple[int, ...]) -> Iterator[Point]:
    """All combinations; the axis that changes the last layers changes from point to point."""
    places = [order.index(index) for index in range(len(axes))]
    for indices in product(*(range(len(axes[index].values)) for index in order)):
        yield tuple([indices[place] for place in places])


def _with_chosen_points(sweep: Sweep, checkpoint: Checkpoint) -> Sweep:
    """The sweep with the points that satisfy the conditions on settings alone."""
    if not sweep.conditions.has(Known.BEFORE):
        return sweep
    chosen = []
    for number, point in enumerate(sweep):
        if number % _CHECK_EVERY == 0:
            checkpoint()
        if sweep.holds(Known.BEFORE, point, {}):
            chosen.append(point)
    if not chosen:
        texts = " and ".join(c.text for c in sweep.conditions.constraints if c.known == Known.BEFORE)
        raise SweepFault(f"none of {len(sweep):,} points satisfies {texts}; allow more values")
    return replace(sweep, points=tuple(chosen))
