"""The weights of the layers in view: read or drawn at random once for all pictures."""

import numpy as np
from numpy.typing import NDArray

from engine.kernels import Checkpoint
from engine.network.node_ref import NodeRef
from engine.network.weight_specs import LowRankWeights
from engine.run import weights
from engine.run.weights import Weights
from gui.paint.basics.derived_cache import CACHE, Key
from gui.paint.maps.budget import Budget
from gui.state.view_state import ViewState

_MOST_WEIGHTS = 20_000_000
"""Weights of a layer; more would take too long and too much memory to show one filter."""
_TIME_PER_WEIGHT = 4
"""Time to draw or read one weight, in values processed."""


def too_large_reason(shape: tuple[int, ...]) -> str:
    """Return why weights of this shape are not shown; "" if they are."""
    count = int(np.prod(shape, dtype=np.int64))
    return f"too large to show: the layer has {count:,} weights" if count > _MOST_WEIGHTS else ""


def layer_weights_key(state: ViewState, ref: NodeRef) -> Key:
    """Return the cache key of a layer's weights: all that they depend on. Raises FileFault if their file is gone."""
    report = state.check.reports[ref]
    if isinstance(report.weights, LowRankWeights):
        return "weights", state.check.low_rank_fits.get(ref), report.name
    return "weights", weights.weight_identity(report, state.project.seed, ref[0]), tuple(report.array_shapes.items())


def has_layer_weights(state: ViewState, ref: NodeRef) -> bool:
    """Whether the weights are at hand. Fitted ones are in the result of a run or do not exist yet."""
    fitted = isinstance(state.check.reports[ref].weights, LowRankWeights)
    return fitted or CACHE.has((), layer_weights_key(state, ref))


def load_layer_weights(state: ViewState, ref: NodeRef, checkpoint: Checkpoint) -> Weights:
    """Return the arrays by role that a layer runs with; slow if they are not cached.

    Raises
    ------
    FileFault
        A file lacks them, or a run must fit them first.
    """
    if isinstance(state.check.reports[ref].weights, LowRankWeights):
        return state.weights(ref, checkpoint)
    return CACHE.get_or_make(
        (),
        layer_weights_key(state, ref),
        lambda: state.weights(ref, checkpoint),
        lambda arrays: sum(array.nbytes for array in arrays.values()),
    )


def get_layer_weights(state: ViewState, ref: NodeRef, budget: Budget) -> NDArray[np.float32] | None:
    """Return the weights of a layer, one filter or unit per row; None if they are many and nobody waits.

    Raises
    ------
    FileFault
        A file lacks them, or a run must fit them first.
    """
    count = int(np.prod(state.check.reports[ref].array_shapes["weight"], dtype=np.int64))
    if not has_layer_weights(state, ref) and budget.postpones(_TIME_PER_WEIGHT * count):
        return None
    return load_layer_weights(state, ref, budget.proceed)["weight"]
