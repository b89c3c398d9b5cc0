"""Functions of one value or of the channels at one pixel: activations and normalisation."""

from math import sqrt

import numpy as np

from engine import kernels
from engine.explain.base import Explanation, Job, Meeting, Terms, many, signed
from engine.layers import Activation, BatchNorm, LocalResponseNorm
from engine.text.units import number

FUNCTIONS: dict[str, str] = {
    "relu": "max({x}, 0)",
    "relu6": "min(max({x}, 0), 6)",
    "leaky_relu": "max({x}, 0.01 · {s})",
    "sigmoid": "1 / (1 + exp(−{s}))",
    "tanh": "tanh({x})",
    "silu": "{x} / (1 + exp(−{s}))",
    "hard_swish": "{x} · min(max({x} + 3, 0), 6) / 6",
    "gelu": "{x} · Φ({x})",
    "softmax": "exp({x}) / Σ exp",
}
"""Of the number x; s is the same where a sign may stand before it."""
assert set(FUNCTIONS) == set(kernels.ACTIVATIONS), "every function has its formula"


def one_value(job: Job, source: int = 0, channel: int | None = None) -> Meeting:
    """The value at the same pixel of one channel."""
    channel = job.at.channel if channel is None else channel
    _, y, x = job.at
    value = np.asarray(job.inputs[source][channel, y, x], np.float64).reshape(1, 1, 1)
    return Meeting(value, np.array([y]), np.array([x]), np.ones((1, 1), bool), channel, source)


def activation(layer: Activation, job: Job) -> Explanation:
    if layer.function == "softmax":
        return _softmax(job)
    meeting = one_value(job)
    x = float(meeting.values[0, 0, 0])
    made = kernels.ACTIVATIONS[layer.function](meeting.values, lambda: None)
    result = float(made[0, 0, 0])
    formula = FUNCTIONS[layer.function]
    lines = (
        f"{job.title} = {layer.label()}(x) = {formula.format(x='x', s='x')}",
        f"= {formula.format(x=number(x), s=signed(x))} = {number(result)}",
    )
    what = "A function of the one value at the same place; no neighbour, no other channel, no weights."
    if layer.function == "gelu":
        what += " Φ is the normal distribution."
    return Explanation(job.at, result, what, lines, meeting)


def _softmax(job: Job) -> Explanation:
    channel, y, x = job.at
    column = job.inputs[0][:, y, x].astype(np.float64)
    powers = np.exp(column - column.max())
    terms = Terms("Terms exp(x − m) per channel", powers)
    result = float(powers[channel] / powers.sum())
    largest = int(np.argmax(column))
    formula = (
        f"{job.title} = exp(x − m) / Σ exp(x_c − m), m the largest of {many(len(column), 'channel')}",
        f"= exp({number(column[channel])} − {signed(column[largest])}) / {number(terms.total)}",
        f"= {number(powers[channel])} / {number(terms.total)} = {number(result)}",
    )
    what = (
        "All channels at this pixel share 1 between them: the larger the value, the larger its share. "
        f"The largest is channel {largest}."
    )
    return Explanation(job.at, result, what, formula, one_value(job), terms)


def batch_norm(layer: BatchNorm, job: Job) -> Explanation:
    meeting = one_value(job)
    x = float(meeting.values[0, 0, 0])
    gamma, beta, mean, var = (float(job.roles[role]) for role in ("gamma", "beta", "mean", "var"))
    result = gamma * (x - mean) / sqrt(var + layer.epsilon) + beta
    formula = (
        f"{job.title} = γ · (x − mean) / √(var + ε) + β",
        f"= {number(gamma)} · ({number(x)} − {signed(mean)}) / √({number(var)} + {number(layer.epsilon)})"
        f" + {signed(beta)}",
        f"= {number(result)}",
    )
    what = "The value is shifted and scaled by numbers that its channel keeps from training; no neighbour counts."
    return Explanation(job.at, result, what, formula, meeting)


def local_response_norm(layer: LocalResponseNorm, job: Job) -> Explanation:
    channel, y, x = job.at
    volume = job.inputs[0]
    first = max(channel - layer.size // 2, 0)
    end = min(channel + (layer.size - 1) // 2 + 1, len(volume))
    value = float(volume[channel, y, x])
    terms = Terms("Square per neighbouring channel", volume[first:end, y, x].astype(np.float64) ** 2, first=first)
    base = layer.k + layer.alpha / layer.size * terms.total
    result = value / base**layer.beta
    formula = (
        f"{job.title} = x / (k + α/n · Σ x_c²)^β, c = {first} … {end - 1}",
        f"= {number(value)} / ({number(layer.k)} + {number(layer.alpha)}/{layer.size} · {number(terms.total)})"
        f"^{number(layer.beta)}",
        f"= {number(value)} / {number(base**layer.beta)} = {number(result)}",
    )
    what = (
        f"The value is divided by the strength of {many(end - first, 'channel')} around its own at the same pixel, "
        f"{first} to {end - 1}."
    )
    return Explanation(job.at, result, what, formula, one_value(job), terms)
