"""Activations and dropout, which keep the shape of their input."""

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal

import numpy as np
from msgspec import Meta

from engine.kernels import Checkpoint, Volume, activations
from engine.layers.base import Layer, Mask, Reads, Role
from engine.layers.explanation import Explanation, Target, Terms, operand_text, read_pixel
from engine.shapes import Shape
from engine.text.units import count_text, number_text

Function = Literal["relu", "relu6", "leaky_relu", "sigmoid", "tanh", "silu", "hard_swish", "gelu", "softmax"]

_FORMULAS: dict[str, str] = {
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
"""Formulas of x; s is x in parentheses if it is negative, for use after a sign."""
assert set(_FORMULAS) == set(activations.ACTIVATIONS), "every function needs a formula"


class Activation(Layer, frozen=True, tag="activation"):
    """A function of each value; softmax is a function of all channels at each pixel."""

    title: ClassVar[str] = "Activation"
    help: ClassVar[str] = "Applies a fixed function to each value."
    role: ClassVar[Role] = "elementwise"
    reads: ClassVar[Reads] = "pixel"

    function: Annotated[Function, Meta(title="Function", description="Applied to each value", examples=["relu"])]

    @property
    def has_table_row(self) -> bool:
        return self.function == "softmax"

    @property
    def zeroes_negatives(self) -> bool:
        return self.function in ("relu", "relu6")

    @property
    def yields_shares(self) -> bool:
        return self.function == "softmax"

    def channels_read(self, channels: Mask, inputs: Sequence[Shape]) -> Sequence[Mask]:
        """The same channel; all channels for softmax."""
        return [np.ones_like(channels) if self.function == "softmax" else channels]

    def operations(self, inputs: Sequence[Shape], output: Shape) -> dict[str, int]:
        if self.function != "softmax":
            return {self.function: output.size}
        return {"softmax": output.size, "softmax_additions": output.size - output.height * output.width}

    def label(self) -> str:
        return self.function.replace("_", " ")

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        return activations.activation(self.function, inputs[0], checkpoint)

    def explain(self, target: Target) -> Explanation:
        if self.function == "softmax":
            return _explain_softmax(target)
        window = read_pixel(target)
        x = float(window.values[0, 0, 0])
        result = float(activations.ACTIVATIONS[self.function](window.values, lambda: None)[0, 0, 0])
        formula = _FORMULAS[self.function]
        lines = (
            f"{target.title} = {self.label()}(x) = {formula.format(x='x', s='x')}",
            f"= {formula.format(x=number_text(x), s=operand_text(x))} = {number_text(result)}",
        )
        description = "A function of the one value at the same position; no neighbours, no other channel, no weights."
        if self.function == "gelu":
            description += " Φ is the normal distribution."
        return Explanation(target.at, result, description, lines, window)


class Dropout(Layer, frozen=True, tag="dropout"):
    """Drops values in training; a run passes the input on unchanged."""

    title: ClassVar[str] = "Dropout"
    help: ClassVar[str] = "Drops values in training; does nothing in a run."
    role: ClassVar[Role] = "elementwise"
    reads: ClassVar[Reads] = "pixel"

    rate: Annotated[float, Meta(ge=0.0, lt=1.0, title="Rate", description="Share of values that training drops")] = 0.5

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        return inputs[0]

    def channels_read(self, channels: Mask, inputs: Sequence[Shape]) -> Sequence[Mask]:
        return [channels]

    def patch_size(self, received: Shape | None) -> str:
        return f"{self.rate:.0%}".replace("%", " %")

    def explain(self, target: Target) -> Explanation:
        window = read_pixel(target)
        result = float(window.values[0, 0, 0])
        description = (
            f"Training drops a random share of {number_text(self.rate)} of the values; a run passes all of them on."
        )
        return Explanation(target.at, result, description, (f"{target.title} = x = {number_text(result)}",), window)


def _explain_softmax(target: Target) -> Explanation:
    channel, y, x = target.at
    column = target.inputs[0][:, y, x].astype(np.float64)
    powers = np.exp(column - column.max())
    terms = Terms("Terms exp(x − m) per channel", powers)
    result = float(powers[channel] / powers.sum())
    largest = int(np.argmax(column))
    formula = (
        f"{target.title} = exp(x − m) / Σ exp(x_c − m), m the largest of {count_text(len(column), 'channel')}",
        f"= exp({number_text(column[channel])} − {operand_text(column[largest])}) / {number_text(terms.total)}",
        f"= {number_text(powers[channel])} / {number_text(terms.total)} = {number_text(result)}",
    )
    description = (
        "All channels at this pixel share a total of 1: the larger the value, the larger its share. "
        f"The largest is channel {largest}."
    )
    return Explanation(target.at, result, description, formula, read_pixel(target), terms)
