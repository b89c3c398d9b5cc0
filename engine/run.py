"""Running a project: a frozen request in, one event a node out; cancelled between blocks, nothing left behind."""

from collections.abc import Callable, Iterator, Mapping
from time import perf_counter

import numpy as np
import psutil
from msgspec import Struct
from numpy.typing import NDArray

from engine import inputs, weights
from engine.analysis import Report
from engine.cache import VolumeCache
from engine.check import Place, ProjectCheck, check, place_in_file
from engine.files import FileFault
from engine.layers.base import Checkpoint, Volume
from engine.network import INPUT
from engine.problems import STEM, Problem, ProjectError
from engine.project import Project
from engine.units import byte_size

WORKSPACE_BYTES = 64 * 2**20
"""What a kernel may need beyond its input, weights and output."""


class Cancelled(Exception):
    """Raised by a checkpoint to end a run."""


class RunRequest(Struct, frozen=True, eq=False):
    """All that a run needs, captured when it was asked for."""

    project: Project
    check: ProjectCheck

    @classmethod
    def of(cls, project: Project) -> "RunRequest":
        return cls(project, check(project))

    @property
    def places(self) -> tuple[Place, ...]:
        """Every (design, node) that can run, in order, the input first; designs' inputs are volumes already known."""
        start = ((STEM, INPUT),) if (STEM, INPUT) in self.check.keys else ()
        return (*start, *(place for place in self.check.reports if place in self.check.keys))


class NodeStarted(Struct, frozen=True):
    """`done` of `total` nodes are computed; this one is next."""

    place: Place
    done: int
    total: int


class NodeDone(Struct, frozen=True, eq=False):
    """A volume (C×H×W, float32, not to be written to), the key of what made it, and the time that took."""

    place: Place
    key: bytes
    volume: NDArray[np.float32]
    milliseconds: float
    reused: bool


def execute(
    request: RunRequest, cache: VolumeCache, checkpoint: Checkpoint = lambda: None
) -> Iterator[NodeStarted | NodeDone]:
    """Compute every node that can run, or take it from the cache.

    Raises
    ------
    ProjectError
        Memory does not suffice, or a file does not hold what its header promised.
    Cancelled
        From `checkpoint`, within a block's time.
    """
    require_memory(request, cache)
    volumes: dict[Place, Volume] = {}
    places = request.places
    for done, place in enumerate(places):
        checkpoint()
        yield NodeStarted(place, done, len(places))
        key = request.check.keys[place]
        start = perf_counter()
        volume = cache.get(key)
        reused = volume is not None
        if volume is None:
            volume = _compute(request, place, volumes, checkpoint)
            volume.flags.writeable = False
            cache.put(key, volume)
        volumes[place] = volume
        yield NodeDone(place, key, volume, 1000 * (perf_counter() - start), reused)


def run_all(request: RunRequest, tell: Callable[[NodeStarted], None]) -> dict[Place, NodeDone]:
    """Run to the end with a cache of its own; `tell` hears of each node before it runs."""
    results: dict[Place, NodeDone] = {}
    for event in execute(request, VolumeCache()):
        if isinstance(event, NodeDone):
            results[event.place] = event
        else:
            tell(event)
    return results


def required_bytes(request: RunRequest, cache: VolumeCache) -> int:
    """Predicted memory of a run: every volume not at hand, the largest weights, and the workspace."""
    reports = request.check.reports
    shapes = {(STEM, INPUT): request.check.input_shape} | {p: report.output_shape for p, report in reports.items()}
    missing = [shapes[place] for place in request.places if request.check.keys[place] not in cache]
    volumes = sum(shape.bytes for shape in missing if shape is not None)
    heaviest = max((reports[place].weight_bytes for place in request.places if place in reports), default=0)
    return volumes + 2 * heaviest + WORKSPACE_BYTES


def require_memory(request: RunRequest, cache: VolumeCache, free: int | None = None) -> None:
    """Refuse, before any allocation, what does not fit in free memory: ProjectError with both numbers."""
    needed = required_bytes(request, cache)
    available = psutil.virtual_memory().available if free is None else free
    if needed <= available:
        return
    reports = request.check.reports
    worst = max(reports, key=lambda place: _bytes(reports[place]), default=(STEM, INPUT))
    text = f"running needs {byte_size(needed)}; {byte_size(available)} of memory are free"
    place, what = "$.input", f"the input is {request.check.input_shape}"
    if worst in reports and (shape := reports[worst].output_shape) is not None:
        place = place_in_file(request.project, worst[0], reports[worst].index)
        what = f"{worst[1]} is the largest: {shape}, its weights {byte_size(reports[worst].weight_bytes)}"
    raise ProjectError([Problem(f"{text}. {what[0].upper()}{what[1:]}. Make the volumes smaller", place, *worst)])


def _bytes(report: Report) -> int:
    return report.weight_bytes + (report.output_shape.bytes if report.output_shape else 0)


def _compute(request: RunRequest, place: Place, volumes: Mapping[Place, Volume], checkpoint: Checkpoint) -> Volume:
    project, (design, name) = request.project, place
    if place == (STEM, INPUT):
        try:
            return inputs.load(project.input, checkpoint)
        except FileFault as fault:
            raise ProjectError([Problem(str(fault), f"$.input.{fault.setting}", *place, fault.setting)]) from None
    report = request.check.reports[place]
    node = project.network(design).nodes[report.index]
    received = [volumes[_origin(request, design, source)] for source in report.inputs]
    try:
        arrays = weights.resolve(node, report, seed=project.seed, design=design, checkpoint=checkpoint)
    except FileFault as fault:
        where = place_in_file(project, design, report.index, "weights")
        raise ProjectError([Problem(f"{name}: {fault}", where, design, name, "weights")]) from None
    with np.errstate(all="ignore"):  # overflow shows in the values, where the views mark and count it
        return report.layer.forward(received, arrays, checkpoint)


def _origin(request: RunRequest, design: str, source: str) -> Place:
    """Where a node's input comes from: another node, the stem's last volume, or the project's input."""
    if source != INPUT or design == STEM:
        return design, source
    stem = request.check.analyses.get(STEM)
    return STEM, INPUT if stem is None else stem.output
