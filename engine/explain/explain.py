"""How one value of a volume comes about, with the numbers that meet there: a row for each kind of layer."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from engine.explain import merges, norms, sums, windows
from engine.explain.base import Explanation, Job, Meeting, Numbers, Roles, Spot, Terms, of_filter
from engine.explain.inputs import explain_input
from engine.kernels import Volume
from engine.layers import (
    LAYERS,
    Activation,
    Add,
    AvgPool2d,
    BatchNorm,
    Concat,
    Conv2d,
    Dense,
    Dropout,
    GlobalAvgPool2d,
    Layer,
    LocalResponseNorm,
    MaxPool2d,
)

EXPLAINERS: dict[type[Layer], Callable[[Any, Job], Explanation]] = {
    Conv2d: sums.convolution,
    MaxPool2d: windows.max_pooling,
    AvgPool2d: windows.avg_pooling,
    GlobalAvgPool2d: windows.global_avg_pooling,
    Activation: norms.activation,
    BatchNorm: norms.batch_norm,
    LocalResponseNorm: norms.local_response_norm,
    Dropout: merges.dropout,
    Dense: sums.dense,
    Concat: merges.concat,
    Add: merges.add,
}
assert set(EXPLAINERS) == set(LAYERS), "every kind explains itself"

__all__ = ["EXPLAINERS", "Explanation", "Meeting", "Numbers", "Spot", "Terms", "explain", "explain_input", "of_filter"]


def explain(
    layer: Layer,
    name: str,
    inputs: Sequence[Volume],
    roles: Roles,
    at: Spot,
    names: Sequence[str] = (),
) -> Explanation:
    """How a layer gives the value at (channel, y, x) of its output, in double precision.

    Parameters
    ----------
    inputs
        The volumes (C×H×W) that it receives.
    roles
        What `of_filter` takes of its weights for that channel.
    names
        What the inputs are called.
    """
    called = tuple(names) or tuple(f"input {number}" for number in range(len(inputs)))
    with np.errstate(all="ignore"):  # overflow shows in the result, as it does in the run's
        return EXPLAINERS[type(layer)](layer, Job(name, tuple(inputs), called, _double(roles), Spot(*at)))


def _double(roles: Roles) -> Mapping[str, Any]:
    return {role: np.asarray(array, np.float64) for role, array in roles.items()}
