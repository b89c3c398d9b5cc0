"""The weights of the layers that are looked at: read or drawn once for all pictures of them."""

import numpy as np

from engine.kernels import Checkpoint
from engine.network.weight_specs import LowRankWeights
from engine.run import weights
from engine.run.check import NodeRef
from engine.run.weights import Weights
from gui.paint.basics.derived_cache import CACHE, Key
from gui.state.view_state import ViewState

MOST_WEIGHTS = 20_000_000
"""Weights of a layer; more would take too long, and too much memory, for a look at one filter."""


def too_large_reason(shape: tuple[int, ...]) -> str:
    """Why weights of that shape are not shown; "" where they are."""
    count = int(np.prod(shape, dtype=np.int64))
    return f"too large to show: the layer has {count:,} weights" if count > MOST_WEIGHTS else ""


def layer_weights_key(state: ViewState, place: NodeRef) -> Key:
    """What the weights at a place depend on, as a key of the cache; FileFault where their file is gone."""
    report = state.check.reports[place]
    if isinstance(report.weights, LowRankWeights):
        return "weights", state.check.low_rank_fits.get(place), report.name
    return "weights", weights.weight_identity(report, state.project.seed, place[0]), tuple(report.array_shapes.items())


def has_layer_weights(state: ViewState, place: NodeRef) -> bool:
    """Whether they need not be looked for: fitted ones are in the result of a run, or not there at all."""
    fitted = isinstance(state.check.reports[place].weights, LowRankWeights)
    return fitted or CACHE.has((), layer_weights_key(state, place))


def load_layer_weights(state: ViewState, place: NodeRef, checkpoint: Checkpoint) -> Weights:
    """The arrays by role that a layer runs with; it may take long where they are not in the cache.

    Raises
    ------
    FileFault
        A file, or a run, does not give them.
    """
    if isinstance(state.check.reports[place].weights, LowRankWeights):
        return state.weights(place, checkpoint)
    return CACHE.get_or_make(
        (),
        layer_weights_key(state, place),
        lambda: state.weights(place, checkpoint),
        lambda arrays: sum(array.nbytes for array in arrays.values()),
    )
