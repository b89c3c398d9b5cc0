"""The weights of the layers that are looked at: found once for all pictures of them."""

import numpy as np

from engine.kernels import Checkpoint
from engine.network.graph import LowRankWeights
from engine.run import weights
from engine.run.check import Place
from engine.run.weights import Weights
from gui.paint.basics.derived_cache import Kept
from gui.state.view_state import ViewState

MOST_WEIGHTS = 20_000_000
"""Weights of a layer; more would take too long, and too much memory, for a look at one filter."""

_kept = Kept(4 * MOST_WEIGHTS)


def too_large(shape: tuple[int, ...]) -> str:
    """Why weights of that shape are not shown; "" where they are."""
    count = int(np.prod(shape, dtype=np.int64))
    return f"too large to show: the layer has {count:,} weights" if count > MOST_WEIGHTS else ""


def key_of(state: ViewState, place: Place) -> tuple[object, ...]:
    """What the weights at a place depend on; FileFault where their file is gone."""
    report = state.check.reports[place]
    if isinstance(report.weights, LowRankWeights):
        return state.check.fits.get(place), report.name
    return weights.identity(report, state.project.seed, place[0]), tuple(report.array_shapes.items())


def is_at_hand(state: ViewState, place: Place) -> bool:
    """Whether they need not be looked for: fitted ones are in the result of a run, or not there at all."""
    fitted = isinstance(state.check.reports[place].weights, LowRankWeights)
    return fitted or _kept.has((), key_of(state, place))


def weights_of(state: ViewState, place: Place, checkpoint: Checkpoint) -> Weights:
    """The arrays by role that a layer runs with, kept; where they are not at hand it may take long.

    Raises
    ------
    FileFault
        A file, or a run, does not give them.
    """
    if isinstance(state.check.reports[place].weights, LowRankWeights):
        return state.weights(place, checkpoint)
    return _kept.get(
        (),
        key_of(state, place),
        lambda: state.weights(place, checkpoint),
        lambda arrays: sum(array.nbytes for array in arrays.values()),
    )
