"""Weights of the layers of a run by way of its cache, and the thread that draws the last ones meanwhile."""

from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Event, Thread

from engine.kernels import Checkpoint
from engine.kernels.threads import free_threads, most_computing
from engine.network.node_ref import NodeRef
from engine.network.weight_specs import SeedWeights
from engine.run import weights
from engine.run.cache import CachedWeights, VolumeCache
from engine.run.request import RunRequest
from engine.text.notices import collect_notices

_LEAST_BYTES = 2**18
"""Of weights that are drawn ahead: they take 0.6 ms; threads that change more often wait for each other."""


class _Over(Exception):
    """Raised by a checkpoint when the run has ended."""


def cached_weights(
    request: RunRequest, ref: NodeRef, cache: VolumeCache, checkpoint: Checkpoint
) -> tuple[CachedWeights, bool]:
    """The weights of a layer that are not fitted, and whether they were in the cache; now they are.

    Raises
    ------
    FileFault
        A file does not have them, or was written since the check.
    """
    report = request.check.reports[ref]

    def load() -> CachedWeights:
        with collect_notices() as notices:
            arrays = weights.load_weights(report, seed=request.project.seed, design=ref[0], checkpoint=checkpoint)
        request.require_unchanged(report.weights)
        for array in arrays.values():
            array.flags.writeable = False
        return CachedWeights(arrays, tuple(notices))

    if not report.array_shapes:
        return load(), False
    entry, was_cached = cache.weights.get_or_make(_key(request, ref), load, checkpoint)
    if was_cached:
        request.require_unchanged(report.weights)
    return entry, was_cached


def has_cached_weights(request: RunRequest, ref: NodeRef, cache: VolumeCache) -> bool:
    """Whether the weights of a layer that are not fitted are in the cache."""
    return cache.weights.get(_key(request, ref)) is not None


def _key(request: RunRequest, ref: NodeRef) -> Hashable:
    return weights.weights_key(request.check.reports[ref], seed=request.project.seed, design=ref[0])


@contextmanager
def drawing_ahead(request: RunRequest, refs: Sequence[NodeRef], cache: VolumeCache) -> Iterator[None]:
    """Meanwhile draw the weights that layers have from a seed, from the last of these on, on a thread of its own.

    The run draws those of the first layers until they meet: so neither waits for the other, but for the weights that
    are being drawn then. Reading files is mostly Python, of which one thread at a time runs.
    """
    is_possible = cache.weights.is_filled and most_computing() > 1
    remaining = [ref for ref in reversed(refs) if _draws_long(request, ref, cache)] if is_possible else []
    if len(remaining) < 2:
        yield
        return
    is_over = Event()

    def checkpoint() -> None:
        if is_over.is_set():
            raise _Over

    def draw() -> None:
        try:
            with free_threads(1):  # kernels leave it to this one
                for ref in remaining:
                    cached_weights(request, ref, cache, checkpoint)
        except (_Over, MemoryError):
            return  # the run says so if it needs more than there is

    thread = Thread(target=draw, name="weights", daemon=True)
    with suppress(RuntimeError):  # the system may refuse it
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        if thread.ident is not None:
            thread.join()


def _draws_long(request: RunRequest, ref: NodeRef, cache: VolumeCache) -> bool:
    """Whether the weights of a layer come from a seed, are many, and are not cached."""
    report = request.check.reports.get(ref)
    if report is None or report.weight_bytes < _LEAST_BYTES or "weight" not in report.array_shapes:
        return False
    if report.weights is not None and not isinstance(report.weights, SeedWeights):
        return False
    return not has_cached_weights(request, ref, cache)
