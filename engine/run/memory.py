"""Predicts the memory of a run, and refuses one that does not fit."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from engine.kernels import BLOCK_BYTES, LIBRARY_BYTES
from engine.network.node_ref import NodeRef
from engine.run import low_rank_weights
from engine.run.cache import VolumeCache
from engine.run.check import ProjectCheck, place_in_file
from engine.run.request import RunRequest, cached_inputs, input_keys_of, uncached_refs
from engine.text.problems import Problem, ProjectError
from engine.text.units import byte_size


def required_bytes(request: RunRequest, cache: VolumeCache) -> int:
    """Predicted memory of a run: all volumes that are not cached, the largest scratch space, and what kernels need.

    Weights that it caches, see `caches_weights`, do not count: if they do not fit, it does without.
    """
    return _bytes_of(_costs(request, uncached_refs(request, cache)))


def caches_weights(request: RunRequest, refs: Sequence[NodeRef], cache: VolumeCache) -> bool:
    """Whether a run caches the weights of the nodes that it computes: if all fit in the budget, and in free memory.

    It uses one after the other: of more than the budget, none would be there when it is needed again.
    """
    weights = _weights_by_node(request, refs)
    return sum(weights) <= cache.weights.budget and _with_weights(request, refs, weights) <= _free_bytes()


def required_bytes_with_weights(request: RunRequest, refs: Sequence[NodeRef]) -> int:
    """Predicted memory of a run that caches the weights of the nodes that it computes."""
    return _with_weights(request, refs, _weights_by_node(request, refs))


def _with_weights(request: RunRequest, refs: Sequence[NodeRef], weights: Sequence[int]) -> int:
    # The heaviest are part of what is required in any case.
    return _bytes_of(_costs(request, refs)) + sum(weights) - max(weights, default=0)


def _weights_by_node(request: RunRequest, refs: Sequence[NodeRef]) -> list[int]:
    reports = request.check.reports
    return [reports[ref].weight_bytes for ref in refs if ref in reports]


def require_memory(request: RunRequest, cache: VolumeCache, free: int | None = None) -> None:
    """Raise ProjectError, before any allocation, if a run does not fit in free memory."""
    needed = required_bytes(request, cache)
    available = _free_bytes() if free is None else free
    if needed <= available:
        return
    costs = _costs(request, uncached_refs(request, cache))
    worst = max(costs, key=lambda ref: sum(costs[ref]))
    report = request.check.reports.get(worst)
    if report is None:
        reading = request.check.reading_bytes
        with_reading = f", with {byte_size(reading)} to read its file" if reading else ""
        place, largest = "$.input", f"the input, {request.check.input_shape}{with_reading}"
    else:
        place = place_in_file(request.project, worst[0], report.index)
        largest = f"{report.name}, {report.output_shape}, with weights of {byte_size(report.weight_bytes)}"
    text = (
        f"running needs {byte_size(needed)}; {byte_size(available)} of memory are free. "
        f"The largest is {largest}: make it smaller"
    )
    raise ProjectError([Problem(text, place, *worst)])


def _free_bytes() -> int:
    import psutil  # an analysis, which needs none of it, would take 15 ms more

    free: int = psutil.virtual_memory().available
    return free


class _Cost(NamedTuple):
    """Bytes of a volume, and those needed only to compute it: weights, or the pixels of a photo."""

    volume: int
    scratch: int


def _bytes_of(costs: Mapping[NodeRef, _Cost]) -> int:
    if not costs:
        return 0
    volumes, largest = sum(cost.volume for cost in costs.values()), max(cost.scratch for cost in costs.values())
    return volumes + largest + BLOCK_BYTES + LIBRARY_BYTES


def _costs(request: RunRequest, refs: Sequence[NodeRef]) -> dict[NodeRef, _Cost]:
    """Memory of the volume of each node."""
    project_check = request.check
    costs = {}
    for ref in refs:
        report = project_check.reports.get(ref)
        scratch = project_check.reading_bytes if report is None else _weight_bytes(request, ref)
        costs[ref] = _Cost(_volume_bytes(project_check, ref), scratch)
    return costs


def _weight_bytes(request: RunRequest, ref: NodeRef) -> int:
    """Memory of a layer's weights, and of fitting them."""
    project_check = request.check
    report = project_check.reports[ref]
    if ref not in project_check.low_rank_fits:
        return report.weight_bytes
    plan = low_rank_weights.fit_plan(project_check.analyses[ref[0]], report)
    own_input = request.project.input
    is_own = all(spec == own_input for spec in plan.recipe.calibration)
    passing = 0 if is_own else _passing_bytes(project_check, (ref[0], plan.input_ref))
    return report.weight_bytes + low_rank_weights.scratch_bytes(plan) + passing


def _passing_bytes(project_check: ProjectCheck, ref: NodeRef) -> int:
    """Memory of the volumes that `volume_at` has at the same time at most, for another input of the same shape."""
    input_keys, makers = input_keys_of(project_check), project_check.makers
    _, users = cached_inputs(project_check.keys[ref], input_keys, VolumeCache(0))
    total = most = 0
    for key in sorted(users, key=lambda key: makers[key].position):
        total += _volume_bytes(project_check, makers[key].ref)
        most = max(most, total)
        for source in input_keys(key):
            users[source] -= 1
            total -= 0 if users[source] else _volume_bytes(project_check, makers[source].ref)
    return most


def _volume_bytes(project_check: ProjectCheck, ref: NodeRef) -> int:
    report = project_check.reports.get(ref)
    shape = project_check.input_shape if report is None else report.output_shape
    assert shape is not None, "a node with a key has a shape"
    return shape.bytes
