"""Running a project: a frozen request in, one event a node out; cancelled between blocks, nothing left behind."""

from collections.abc import Callable, Iterator, Mapping
from time import perf_counter
from typing import NamedTuple

import numpy as np
import psutil
from msgspec import Struct
from numpy.typing import NDArray

from engine import files, inputs, weights
from engine.cache import Timed, VolumeCache
from engine.check import Place, ProjectCheck, check, place_in_file
from engine.files import FileFault
from engine.kernels import BLOCK_BYTES, Checkpoint
from engine.layers import Layer
from engine.network import INPUT, FileWeights, WeightSource
from engine.problems import STEM, Problem, ProjectError
from engine.project import ArrayInput, ImageInput, Input, Project
from engine.units import byte_size


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
    """A volume (C×H×W, float32, not to be written to), and the key of what made it.

    The milliseconds are those of the layer's arithmetic, its weights being ready, when the volume was made.
    """

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
    keys, places = request.check.keys, request.places
    # Held from the start, so that what was not predicted need not be computed again when the cache drops it.
    volumes = {keys[place]: timed for place in places if (timed := cache.get(keys[place])) is not None}
    for done, place in enumerate(places):
        checkpoint()
        yield NodeStarted(place, done, len(places))
        key = keys[place]
        reused = key in volumes
        if not reused:
            made = volumes[key] = _compute(request, place, volumes, checkpoint)
            made.volume.flags.writeable = False
            cache.put(key, *made)
        yield NodeDone(place, key, *volumes[key], reused)


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
    """Predicted memory of a run: every volume not at hand, the largest scratch beside one, and a kernel's block."""
    costs = _costs(request, cache).values()
    if not costs:
        return 0
    return sum(cost.volume for cost in costs) + max(cost.scratch for cost in costs) + BLOCK_BYTES


def require_memory(request: RunRequest, cache: VolumeCache, free: int | None = None) -> None:
    """Refuse, before any allocation, what does not fit in free memory: ProjectError with both numbers."""
    needed = required_bytes(request, cache)
    available = psutil.virtual_memory().available if free is None else free
    if needed <= available:
        return
    costs = _costs(request, cache)
    worst = max(costs, key=lambda place: sum(costs[place]))
    report = request.check.reports.get(worst)
    if report is None:
        reading = request.check.reading_bytes
        photo = f", with {byte_size(reading)} to read its photo" if reading else ""
        where, largest = "$.input", f"the input, {request.check.input_shape}{photo}"
    else:
        where = place_in_file(request.project, worst[0], report.index)
        largest = f"{report.name}, {report.output_shape}, with weights of {byte_size(report.weight_bytes)}"
    text = (
        f"running needs {byte_size(needed)}; {byte_size(available)} of memory are free. "
        f"The largest is {largest}: make it smaller"
    )
    raise ProjectError([Problem(text, where, *worst)])


class _Cost(NamedTuple):
    """Bytes of a volume, and of what only computing it needs: weights, or the pixels of a photo."""

    volume: int
    scratch: int


def _costs(request: RunRequest, cache: VolumeCache) -> dict[Place, _Cost]:
    """What each volume that is not at hand takes, told once where several places share it."""
    known = request.check
    first: dict[bytes, Place] = {}
    for place in request.places:
        if known.keys[place] not in cache:
            first.setdefault(known.keys[place], place)
    costs = {}
    for place in first.values():
        report = known.reports.get(place)
        shape = known.input_shape if report is None else report.output_shape
        assert shape is not None, "what has a key has a shape"
        costs[place] = _Cost(shape.bytes, known.reading_bytes if report is None else report.weight_bytes)
    return costs


def _compute(request: RunRequest, place: Place, volumes: Mapping[bytes, Timed], checkpoint: Checkpoint) -> Timed:
    """The volume at a place, from those of its inputs by key, and the milliseconds that it took.

    A layer's time is that of its arithmetic: its weights are ready before, as they are in a network that is used.
    """
    project, (design, name) = request.project, place
    start = perf_counter()
    if place == (STEM, INPUT):
        try:
            volume = inputs.load(project.input, checkpoint)
            _require_unchanged(request, project.input)
            return Timed(volume, _milliseconds_since(start))
        except FileFault as fault:
            raise ProjectError([Problem(str(fault), f"$.input.{fault.setting}", *place, fault.setting)]) from None
    report = request.check.reports[place]
    received = [volumes[request.check.keys[design, source]].volume for source in report.inputs]
    try:
        arrays = weights.resolve(report, seed=project.seed, design=design, checkpoint=checkpoint)
        _require_unchanged(request, report.weights)
    except FileFault as fault:
        where = place_in_file(project, design, report.index, "weights")
        raise ProjectError([Problem(f"{name}: {fault}", where, design, name, "weights")]) from None
    layer = report.layer
    assert isinstance(layer, Layer), "a block that has a key stands for layers"
    start = perf_counter()
    with np.errstate(all="ignore"):  # overflow shows in the values, where the views mark and count it
        volume = layer.forward(received, arrays, checkpoint)
    return Timed(volume, _milliseconds_since(start))


def _milliseconds_since(start: float) -> float:
    return 1000 * (perf_counter() - start)


def _require_unchanged(request: RunRequest, source: Input | WeightSource | None) -> None:
    """FileFault where what was just read is not what the key tells of: the file was written since the check."""
    if not isinstance(source, ImageInput | ArrayInput | FileWeights):
        return
    if files.stamp(source.path) != request.check.files[source.path]:
        raise FileFault(f"{source.path} changed after it was checked; run again")
