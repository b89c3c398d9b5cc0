"""Running a project: a frozen request in, one event a node out; cancelled between blocks, nothing left behind."""

from collections.abc import Callable, Iterator, Mapping
from time import perf_counter
from typing import NamedTuple

import numpy as np
import psutil
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from engine.files import paths
from engine.files.paths import FileFault
from engine.kernels import BLOCK_BYTES, Checkpoint
from engine.layers import Layer
from engine.low_rank.factorisation import NotFinite
from engine.network.analysis import Report
from engine.network.graph import INPUT
from engine.network.input_specs import ArrayInput, ImageInput, Input, input_text
from engine.network.weight_specs import FileWeights, LowRankWeights, WeightSource
from engine.project.project import Project
from engine.run import inputs, low_rank_weights, weights
from engine.run.cache import CachedVolume, VolumeCache
from engine.run.check import NodeRef, ProjectCheck, check, place_in_file
from engine.run.weights import Weights
from engine.text.problems import STEM, Problem, ProjectError
from engine.text.units import byte_size


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
    def refs(self) -> tuple[NodeRef, ...]:
        """Every (design, node) that can run, in order, the input first; designs' inputs are volumes already known."""
        start = ((STEM, INPUT),) if (STEM, INPUT) in self.check.keys else ()
        return (*start, *(place for place in self.check.reports if place in self.check.keys))


class NodeStarted(Struct, frozen=True):
    """`done` of `total` nodes are computed; this one is next."""

    ref: NodeRef
    done: int
    total: int


class NodeDone(Struct, frozen=True, eq=False):
    """A volume (C×H×W, float32, not to be written to), and the key of what made it.

    The milliseconds are those of the layer's arithmetic, its weights being ready, when the volume was made.
    """

    ref: NodeRef
    key: bytes
    volume: NDArray[np.float32]
    milliseconds: float
    is_reused: bool
    fitted_weights: Mapping[str, NDArray[np.float32]] | None = None
    """The layer's weights by role where they were fitted to data."""


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
    keys, places = request.check.keys, request.refs
    # Held from the start, so that what was not predicted need not be computed again when the cache drops it.
    volumes = {keys[place]: timed for place in places if (timed := cache.get(keys[place])) is not None}
    for done, place in enumerate(places):
        checkpoint()
        yield NodeStarted(place, done, len(places))
        key = keys[place]
        reused = key in volumes
        if not reused:
            made = volumes[key] = _compute(request, place, volumes, cache, checkpoint)
            cache.put(key, *made)
        timed = volumes[key]
        yield NodeDone(place, key, timed.volume, timed.milliseconds, reused, timed.fitted_weights)


def volume_at(
    request: RunRequest, place: NodeRef, cache: VolumeCache, checkpoint: Checkpoint = lambda: None
) -> NDArray[np.float32]:
    """The volume at one place. Only what it needs is computed, and dropped as soon as nothing more needs it.

    The cache is asked for what is there already, and keeps this volume alone.

    Raises
    ------
    ProjectError, Cancelled
        As `execute`; ProjectError with all mistakes, too, where the place cannot run, as on another input.
    """
    keys = request.check.keys
    if place not in keys:
        raise ProjectError(request.check.problems)
    goal = keys[place]
    makers: dict[bytes, NodeRef] = {}
    for at in request.refs:
        makers.setdefault(keys[at], at)

    def received(key: bytes) -> list[bytes]:
        design, name = makers[key]
        report = request.check.reports.get((design, name))
        return [] if report is None else [keys[design, source] for source in report.inputs]

    volumes, users = _at_hand(goal, received, cache)
    for key in [key for key in makers if key in users and key not in volumes]:
        checkpoint()
        volumes[key] = _compute(request, makers[key], volumes, cache, checkpoint)
        for source in received(key):
            users[source] -= 1
            if not users[source]:
                del volumes[source]
    cache.put(goal, *volumes[goal])
    return volumes[goal].volume


def _at_hand(
    goal: bytes, received: Callable[[bytes], list[bytes]], cache: VolumeCache
) -> tuple[dict[bytes, CachedVolume], dict[bytes, int]]:
    """Of all that a volume needs what the cache has, and how often each is used to make what it has not."""
    volumes: dict[bytes, CachedVolume] = {}
    users = {goal: 1}
    waiting = [goal]
    while waiting:
        key = waiting.pop()
        found = cache.get(key)
        if found is not None:
            volumes[key] = found
            continue
        for source in received(key):
            if source not in users:
                waiting.append(source)
            users[source] = users.get(source, 0) + 1
    return volumes, users


def weights_at(request: RunRequest, place: NodeRef, cache: VolumeCache, checkpoint: Checkpoint) -> Weights:
    """The arrays by role that a layer runs with; FileFault where a file does not give them.

    Fitted ones are found from the volumes that reach them, which are computed first.
    """
    design = place[0]
    report = request.check.reports[place]
    if isinstance(report.weights, LowRankWeights):
        return dict(_fit(request, design, report, cache, checkpoint))
    found = weights.load_weights(report, seed=request.project.seed, design=design, checkpoint=checkpoint)
    _require_unchanged(request, report.weights)
    return found


def _fit(
    request: RunRequest, design: str, report: Report, cache: VolumeCache, checkpoint: Checkpoint
) -> Mapping[str, NDArray[np.float32]]:
    """The part of a fit that is this node's."""
    project = request.project
    plan = low_rank_weights.fit_plan(request.check.analyses[design], report)
    key = request.check.low_rank_fits[design, report.name]
    parts = cache.get_fit(key)
    if parts is None:
        place = design, plan.input_ref
        specs = plan.recipe.calibration or (project.input,)

        def volumes() -> Iterator[NDArray[np.float32]]:
            for spec in specs:
                if spec == project.input:
                    yield volume_at(request, place, cache, checkpoint)
                    continue
                try:
                    found = volume_at(RunRequest.of(replace(project, input=spec)), place, cache, checkpoint)
                except ProjectError as error:
                    raise FileFault(f"calibration, {input_text(spec)}: {error.problems[0].text}") from None
                _require_unchanged(request, spec)
                yield found

        exact = low_rank_weights.original_weights(plan, project, checkpoint)
        _require_unchanged(request, plan.recipe.of)
        try:
            parts = low_rank_weights.fit_weights(plan, exact, volumes, checkpoint)
        except NotFinite as error:
            raise FileFault(f"fitted weights: {error}") from None
        cache.put_fit(key, parts)
    arrays = parts[plan.part]
    return {role: arrays[role] for role in report.array_shapes}


def run_all(request: RunRequest, tell: Callable[[NodeStarted], None]) -> dict[NodeRef, NodeDone]:
    """Run to the end with a cache of its own; `tell` hears of each node before it runs."""
    results: dict[NodeRef, NodeDone] = {}
    for event in execute(request, VolumeCache()):
        if isinstance(event, NodeDone):
            results[event.ref] = event
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


def _costs(request: RunRequest, cache: VolumeCache) -> dict[NodeRef, _Cost]:
    """What each volume that is not at hand takes, told once where several places share it."""
    known = request.check
    first: dict[bytes, NodeRef] = {}
    for place in request.refs:
        if known.keys[place] not in cache:
            first.setdefault(known.keys[place], place)
    costs = {}
    for place in first.values():
        report = known.reports.get(place)
        shape = known.input_shape if report is None else report.output_shape
        assert shape is not None, "what has a key has a shape"
        costs[place] = _Cost(shape.bytes, known.reading_bytes if report is None else _weight_bytes(request, place))
    return costs


def _weight_bytes(request: RunRequest, place: NodeRef) -> int:
    """Memory of a layer's weights, and of what finding them needs."""
    known = request.check
    report = known.reports[place]
    if place not in known.low_rank_fits:
        return report.weight_bytes
    return report.weight_bytes + low_rank_weights.scratch_bytes(
        low_rank_weights.fit_plan(known.analyses[place[0]], report)
    )


def _compute(
    request: RunRequest,
    place: NodeRef,
    volumes: Mapping[bytes, CachedVolume],
    cache: VolumeCache,
    checkpoint: Checkpoint,
) -> CachedVolume:
    """The volume at a place, from those of its inputs by key, and the milliseconds that it took.

    A layer's time is that of its arithmetic: its weights are ready before, as they are in a network that is used.
    """
    project, (design, name) = request.project, place
    start = perf_counter()
    if place == (STEM, INPUT):
        try:
            volume = inputs.load_input(project.input, checkpoint)
            _require_unchanged(request, project.input)
            return _keep(volume, start)
        except FileFault as fault:
            raise ProjectError([Problem(str(fault), f"$.input.{fault.setting}", *place, fault.setting)]) from None
    report = request.check.reports[place]
    received = [volumes[request.check.keys[design, source]].volume for source in report.inputs]
    try:
        arrays = weights_at(request, place, cache, checkpoint)
    except FileFault as fault:
        where = place_in_file(project, design, report.index, "weights")
        raise ProjectError([Problem(f"{name}: {fault}", where, design, name, "weights")]) from None
    layer = report.layer
    assert isinstance(layer, Layer), "a block that has a key stands for layers"
    start = perf_counter()
    with np.errstate(all="ignore"):  # overflow shows in the values, where the views mark and count it
        volume = layer.forward(received, arrays, checkpoint)
    return _keep(volume, start, arrays if isinstance(report.weights, LowRankWeights) else None)


def _keep(volume: NDArray[np.float32], start: float, fitted: Weights | None = None) -> CachedVolume:
    """A volume that was begun at `start` and that nobody writes to from now on."""
    milliseconds = 1000 * (perf_counter() - start)
    volume.flags.writeable = False
    return CachedVolume(volume, milliseconds, fitted)


def _require_unchanged(request: RunRequest, source: Input | WeightSource | None) -> None:
    """FileFault where what was just read is not what the key tells of: the file was written since the check."""
    if not isinstance(source, ImageInput | ArrayInput | FileWeights):
        return
    if paths.stamp_of(source.path) != request.check.files[source.path]:
        raise FileFault(f"{source.path} changed after it was checked; run again")
