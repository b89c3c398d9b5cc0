"""Activations and dropout: the same shape out as in."""

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from engine import kernels
from engine.layers.base import Checkpoint, Layer, Volume

Function = Literal["relu", "relu6", "leaky_relu", "sigmoid", "tanh", "silu", "hard_swish", "gelu", "softmax"]


class Activation(Layer, frozen=True, tag="activation"):
    """A function of each value (softmax: of the channels at each pixel)."""

    title: ClassVar[str] = "Activation"
    help: ClassVar[str] = "Bends each value by a fixed function."

    function: Annotated[Function, Meta(title="Function", description="What becomes of each value", examples=["relu"])]

    def label(self) -> str:
        return self.function.replace("_", " ")

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        return kernels.activation(self.function, inputs[0], checkpoint)


class Dropout(Layer, frozen=True, tag="dropout"):
    """Drops values in training; a run passes its input through."""

    title: ClassVar[str] = "Dropout"
    help: ClassVar[str] = "Drops values in training; does nothing when run."

    rate: Annotated[float, Meta(ge=0.0, lt=1.0, title="Rate", description="Share that training drops")] = 0.5

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        return inputs[0]
