"""Fully connected layers."""

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar

from msgspec import Meta

from engine import kernels
from engine.layers.base import Checkpoint, Count, Layer, Volume
from engine.shapes import Shape


class Dense(Layer, frozen=True, tag="dense"):
    """Every unit weighs every input value: C×H×W, flattened in that order, → units×1×1.

    Parameters: weight (units, C·H·W), bias (units,). Cost: units × C·H·W MACs.
    """

    title: ClassVar[str] = "Dense"
    help: ClassVar[str] = "Weighs every value of the input, once a unit."

    units: Annotated[Count, Meta(title="Units", description="Number of outputs", examples=[10])]
    bias: Annotated[bool, Meta(title="Bias", description="One added number a unit")] = True

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return Shape(self.units, 1, 1)

    def param_shapes(self, inputs: Sequence[Shape]) -> dict[str, tuple[int, ...]]:
        shapes: dict[str, tuple[int, ...]] = {"weight": (self.units, inputs[0].size)}
        if self.bias:
            shapes["bias"] = (self.units,)
        return shapes

    def mac_factors(self, inputs: Sequence[Shape], output: Shape) -> tuple[tuple[int, ...], tuple[int, ...]]:
        return (self.units,), tuple(inputs[0])

    def label(self) -> str:
        return f"dense, {self.units} unit{'s' if self.units > 1 else ''}"

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        return kernels.dense(inputs[0], weights["weight"], weights.get("bias"), checkpoint)
