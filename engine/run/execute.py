"""Runs a project: takes a frozen request, yields events per node, and can be cancelled between blocks of arithmetic."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from time import perf_counter

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from engine.files.paths import FileFault
from engine.kernels import Checkpoint
from engine.kernels.onnx_process import ModelFault
from engine.layers import Layer
from engine.low_rank.energies import NotFinite
from engine.network.analysis import Report
from engine.network.graph import INPUT
from engine.network.input_specs import input_text
from engine.network.node_ref import STEM, NodeRef
from engine.network.weight_specs import LowRankWeights
from engine.run import inputs, low_rank_weights
from engine.run.cache import CachedFit, CachedVolume, VolumeCache
from engine.run.cached_weights import cached_weights, drawing_ahead
from engine.run.check import place_in_file
from engine.run.low_rank_weights import FitPlan
from engine.run.memory import caches_weights, require_memory
from engine.run.request import RunRequest, cached_inputs, input_keys_of, uncached_refs
from engine.run.weights import Weights
from engine.text.notices import add_notice, collect_notices
from engine.text.problems import Notice, Problem, ProjectError


class Cancelled(Exception):
    """Raised by a checkpoint to end a run."""


class NodeStarted(Struct, frozen=True):
    """`done` of `total` nodes are computed; this one is next."""

    ref: NodeRef
    done: int
    total: int


class NodeDone(Struct, frozen=True, eq=False):
    """A volume (C×H×W, float32, read-only) and the key of what made it.

    `milliseconds` is the time of the layer's arithmetic, without that of its weights, when the volume was computed.
    """

    ref: NodeRef
    key: bytes
    volume: NDArray[np.float32]
    milliseconds: float
    is_reused: bool
    fitted_weights: Mapping[str, NDArray[np.float32]] | None = None
    """The layer's weights by role if they were fitted to data."""
    notices: tuple[str, ...] = ()
    """What the user should know of the files that were read for it."""
    seconds: float = 0.0
    """The whole time of the node in this run, with that of its weights."""
    had_weights: bool = False
    """Whether its weights were cached, so that they took no time."""


def execute(
    request: RunRequest, cache: VolumeCache, checkpoint: Checkpoint = lambda: None
) -> Iterator[NodeStarted | NodeDone]:
    """Compute every node that can run, or take it from the cache.

    Raises
    ------
    ProjectError
        There is not enough memory, or a file does not contain what its header promised.
    Cancelled
        From `checkpoint`, within a block's time.
    """
    require_memory(request, cache)
    missing = uncached_refs(request, cache)
    if not caches_weights(request, missing, cache):
        cache = cache.with_unfilled_weights()
    keys, refs = request.check.keys, request.refs
    # Held from the start: the predicted memory leaves these out, so the cache must not drop them during the run.
    volumes = {keys[ref]: entry for ref in refs if (entry := cache.get(keys[ref])) is not None}
    with drawing_ahead(request, missing, cache):
        for done, ref in enumerate(refs):
            checkpoint()
            yield NodeStarted(ref, done, len(refs))
            key = keys[ref]
            reused, start = key in volumes, perf_counter()
            if not reused:
                volumes[key] = _compute(request, ref, volumes, cache, checkpoint)
                cache.put(key, volumes[key])
            entry = volumes[key]
            seconds = perf_counter() - start
            yield NodeDone(
                ref,
                key,
                entry.volume,
                entry.milliseconds,
                reused,
                entry.fitted_weights,
                entry.notices,
                seconds,
                entry.had_weights,
            )


def volume_at(
    request: RunRequest, ref: NodeRef, cache: VolumeCache, checkpoint: Checkpoint = lambda: None
) -> NDArray[np.float32]:
    """The volume of one node. Computes only what it needs, and drops each volume once nothing more needs it.

    Takes what the cache has, and adds this volume alone to it.

    Raises
    ------
    ProjectError, Cancelled
        As `execute`; ProjectError with all mistakes also if the node cannot run.
    """
    keys = request.check.keys
    if ref not in keys:
        raise ProjectError(request.check.problems)
    goal, makers = keys[ref], request.check.makers
    input_keys = input_keys_of(request.check)
    volumes, users = cached_inputs(goal, input_keys, cache)
    missing = sorted(users.keys() - volumes.keys(), key=lambda key: makers[key].position)
    refs = [makers[key].ref for key in missing]
    if not caches_weights(request, refs, cache):
        cache = cache.with_unfilled_weights()
    with drawing_ahead(request, refs, cache):
        for key, at in zip(missing, refs, strict=True):
            checkpoint()
            volumes[key] = _compute(request, at, volumes, cache, checkpoint)
            for source in input_keys(key):
                users[source] -= 1
                if not users[source]:
                    del volumes[source]
    cache.put(goal, volumes[goal])
    return volumes[goal].volume


def weights_at(request: RunRequest, ref: NodeRef, cache: VolumeCache, checkpoint: Checkpoint) -> Weights:
    """The arrays by role that a layer runs with; FileFault if a file does not have them.

    Fitted weights need the volumes that reach the layer, which are computed first.
    """
    return dict(_weights_at(request, ref, cache, checkpoint)[0])


def _weights_at(
    request: RunRequest, ref: NodeRef, cache: VolumeCache, checkpoint: Checkpoint
) -> tuple[Mapping[str, NDArray[np.float32]], bool]:
    """The same, and whether they were cached."""
    design, report = ref[0], request.check.reports[ref]
    if isinstance(report.weights, LowRankWeights):
        return _fit(request, design, report, cache, checkpoint), False
    entry, was_cached = cached_weights(request, ref, cache, checkpoint)
    for text in entry.notices:
        add_notice(text)
    return entry.arrays, was_cached


def _fit(
    request: RunRequest, design: str, report: Report, cache: VolumeCache, checkpoint: Checkpoint
) -> Mapping[str, NDArray[np.float32]]:
    """The arrays of this node, from the fit of all parts; its notices are those of the first."""
    plan = low_rank_weights.fit_plan(request.check.analyses[design], report)
    key = request.check.low_rank_fits[design, report.name]
    fit = cache.get_fit(key)
    if fit is None:
        with collect_notices() as notices:
            parts = _fit_parts(request, design, plan, cache, checkpoint)
        fit = CachedFit(parts, tuple(notices))
        cache.put_fit(key, fit)
    for text in fit.notices if plan.part == 0 else ():
        add_notice(text)
    arrays = fit.parts[plan.part]
    return {role: arrays[role] for role in report.array_shapes}


def _fit_parts(
    request: RunRequest, design: str, plan: FitPlan, cache: VolumeCache, checkpoint: Checkpoint
) -> Sequence[Mapping[str, NDArray[np.float32]]]:
    """The arrays of all parts by role."""
    project, ref = request.project, (design, plan.input_ref)
    specs = plan.recipe.calibration or (project.input,)

    def volumes() -> Iterator[NDArray[np.float32]]:
        for spec in specs:
            if spec == project.input:
                yield volume_at(request, ref, cache, checkpoint)
                continue
            try:
                volume = volume_at(RunRequest.of(replace(project, input=spec)), ref, cache, checkpoint)
            except ProjectError as error:
                raise FileFault(f"calibration, {input_text(spec)}: {error.problems[0].text}") from None
            request.require_unchanged(spec)
            yield volume

    exact = low_rank_weights.original_weights(plan, project, checkpoint)
    request.require_unchanged(plan.recipe.of)
    try:
        return low_rank_weights.fit_weights(plan, exact, volumes, checkpoint)
    except NotFinite as error:
        raise FileFault(f"fitted weights: {error}") from None


def run_all(request: RunRequest, on_start: Callable[[NodeStarted], None]) -> dict[NodeRef, NodeDone]:
    """Run to the end with a cache of its own; `on_start` is called before each node."""
    results: dict[NodeRef, NodeDone] = {}
    for event in execute(request, VolumeCache()):
        if isinstance(event, NodeDone):
            results[event.ref] = event
        else:
            on_start(event)
    return results


def run_notices(request: RunRequest, results: Mapping[NodeRef, NodeDone]) -> tuple[Notice, ...]:
    """The notices of a run, each with its place in the project file."""
    notices = []
    for (design, node), done in results.items():
        report = request.check.reports.get((design, node))
        place = "$.input" if report is None else place_in_file(request.project, design, report.index, "weights")
        head = "" if report is None else f"{node}: "
        notices += [Notice(f"{head}{text}", place, design, node) for text in done.notices]
    return tuple(notices)


def _compute(
    request: RunRequest,
    ref: NodeRef,
    volumes: Mapping[bytes, CachedVolume],
    cache: VolumeCache,
    checkpoint: Checkpoint,
) -> CachedVolume:
    """Compute a node's volume from those of its inputs, by key, with the notices of the files that it needs."""
    with collect_notices() as notices:
        entry = _compute_volume(request, ref, volumes, cache, checkpoint)
    for text in notices:
        add_notice(text)  # a fit in another node may be what needs this volume
    return entry._replace(notices=tuple(notices))


def _compute_volume(
    request: RunRequest,
    ref: NodeRef,
    volumes: Mapping[bytes, CachedVolume],
    cache: VolumeCache,
    checkpoint: Checkpoint,
) -> CachedVolume:
    """Compute a node's volume.

    The time is that of the layer's arithmetic alone: in a network that is in use the weights are loaded already.
    """
    project, (design, name) = request.project, ref
    start = perf_counter()
    if ref == (STEM, INPUT):
        try:
            volume = inputs.load_input(project.input, checkpoint)
            request.require_unchanged(project.input)
            return _cached_volume(volume, start)
        except FileFault as fault:
            raise ProjectError([Problem(str(fault), f"$.input.{fault.setting}", *ref, fault.setting)]) from None
    report = request.check.reports[ref]
    input_volumes = [volumes[request.check.keys[design, source]].volume for source in report.inputs]
    try:
        arrays, is_cached = _weights_at(request, ref, cache, checkpoint)
    except FileFault as fault:
        place = place_in_file(project, design, report.index, "weights")
        raise ProjectError([Problem(f"{name}: {fault}", place, design, name, "weights")]) from None
    layer = report.layer
    assert isinstance(layer, Layer), "a block that has a key stands for layers"
    start = perf_counter()
    with np.errstate(all="ignore"):  # overflow shows in the values, where the views mark and count it
        try:
            volume = layer.forward(input_volumes, arrays, checkpoint)
        except ModelFault as fault:
            place = place_in_file(project, design, report.index)
            raise ProjectError([Problem(f"{name}: ONNX Runtime cannot run it: {fault}", place, design, name)]) from None
    fitted_weights = arrays if isinstance(report.weights, LowRankWeights) else None
    return _cached_volume(volume, start)._replace(fitted_weights=fitted_weights, had_weights=is_cached)


def _cached_volume(volume: NDArray[np.float32], start: float) -> CachedVolume:
    """A read-only volume, with the time since `start`."""
    milliseconds = 1000 * (perf_counter() - start)
    volume.flags.writeable = False
    return CachedVolume(volume, milliseconds)
