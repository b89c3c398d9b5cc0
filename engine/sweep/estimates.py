"""How long a sweep will take: to count, from the first of its points; to measure, from what they compute."""

from collections.abc import Iterator
from itertools import islice
from time import perf_counter

from engine.files.paths import FileFault
from engine.kernels import Checkpoint
from engine.project.project import Project, SweepSettings
from engine.run.cache import VolumeCache
from engine.run.prediction import remaining_work
from engine.run.request import RunRequest
from engine.sweep.columns import COMPARED
from engine.sweep.counting import count_points
from engine.sweep.faults import SweepFault
from engine.sweep.measuring import RUNS
from engine.sweep.point_projects import Point
from engine.sweep.sweep import Sweep, sweep_inputs
from engine.sweep.worker_plan import plan_workers
from engine.sweep.worker_settings import WorkerSettings
from engine.text.problems import ProjectError
from engine.text.units import count_text

_SAMPLE = 20
_SAMPLE_SECONDS = 0.1
"""Time after which no more points are tried."""
_LEAST = 0.01
_MOST_SECONDS = 10.0
"""Time to count up to which all points are counted for the memory that measuring needs."""
_MINUTE = 60


def counting_seconds(sweep: Sweep, checkpoint: Checkpoint = lambda: None) -> float:
    """The expected time to count all points; the first is dearer, since the others share layers with it."""
    began = perf_counter()
    ends = []
    for _ in islice(count_points(sweep, checkpoint), _SAMPLE):
        ends.append(perf_counter())
        if ends[-1] - began > _SAMPLE_SECONDS:
            break
    first, others = ends[0] - began, len(ends) - 1
    each = (ends[-1] - ends[0]) / others if others else first
    return first + (len(sweep) - 1) * each


def measuring_seconds(sweep: Sweep, inputs: int) -> float | None:
    """The most that one process of a machine of medium speed takes to measure all points; None if it is unknown.

    It is less as far as points share volumes. The smallest and the largest point stand for all.

    Parameters
    ----------
    inputs
        The number of inputs for which the last volumes are compared.
    """
    first, last = next(iter(sweep)), sweep.points[-1] if isinstance(sweep.points, tuple) else _last_point(sweep)
    seconds = [_run_seconds(sweep, point) for point in (first, last)]
    times = [each for each in seconds if each is not None]
    if not times:
        return None
    measures = set(sweep.settings.measure)
    runs = (inputs if measures & COMPARED else 0) + (RUNS if "ms" in measures else 0)
    return len(sweep) * runs * sum(times) / len(times)


def _last_point(sweep: Sweep) -> Point:
    return tuple([len(axis.values) - 1 for axis in sweep.axes])


def _run_seconds(sweep: Sweep, point: Point) -> float | None:
    try:
        project = sweep.projects.project_of(point)
        request = RunRequest.of(project.with_designs([project.design(sweep.design)]))
        work = remaining_work(request, VolumeCache())
    except (SweepFault, ProjectError, FileFault):
        return None
    return None if work.obstacle or not work.layers else work.cost.seconds


def estimate_texts(
    project: Project, settings: SweepSettings, sweep: Sweep, workers: WorkerSettings, checkpoint: Checkpoint
) -> Iterator[str]:
    """The number of points and the expected time: "8 points, about 0.01 s"; then what measuring takes.

    Parameters
    ----------
    sweep
        That of the settings, perhaps with the project's input alone.
    """
    seconds = counting_seconds(sweep, checkpoint)
    text = f"{count_text(len(sweep), 'point')}, about {_time_text(seconds)}"
    if not sweep.settings.measure:
        yield text
        return
    yield f"{text} to count; measuring takes longer"
    if seconds > _MOST_SECONDS:
        return
    sets = sweep_inputs(project, settings)
    plan = plan_workers(workers, sweep, len(sweep), checkpoint)
    alone = measuring_seconds(sweep, len(sets.fit_inputs) + len(sets.check_inputs))
    longest = "" if alone is None else f", at most about {_time_text(alone / max(plan.settings.count or 1, 1))}"
    yield f"{text} to count; {'; '.join(plan.texts) or 'measuring in this process'}{longest}"


def _time_text(seconds: float) -> str:
    if seconds < 1:
        return f"{max(seconds, _LEAST):.2f} s"
    return f"{seconds:.0f} s" if seconds < _MINUTE else f"{seconds / _MINUTE:.0f} min"
