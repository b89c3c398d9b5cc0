"""Explains one value of a layer's output in double precision, by the layer's own `explain`."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.kernels import Volume
from engine.layers import Layer
from engine.layers.explanation import Explanation, Spot, Target, WeightsByRole


def explain(
    layer: Layer,
    name: str,
    inputs: Sequence[Volume],
    roles: WeightsByRole,
    at: Spot,
    names: Sequence[str] = (),
) -> Explanation:
    """How a layer computes the value at (channel, y, x) of its output, in double precision.

    Parameters
    ----------
    inputs
        The volumes (C×H×W) that it receives.
    roles
        Its weights for that channel, as `channel_weights` returns them.
    names
        Names of the inputs.
    """
    input_names = tuple(names) or tuple(f"input {number}" for number in range(len(inputs)))
    with np.errstate(all="ignore"):  # overflow shows in the result, as it does in the run's
        return layer.explain(Target(name, tuple(inputs), input_names, _double(roles), at))


def _double(roles: WeightsByRole) -> Mapping[str, Any]:
    return {role: np.asarray(array, np.float64) for role, array in roles.items()}
