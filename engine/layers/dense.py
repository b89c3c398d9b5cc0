"""The fully connected layer."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from engine.kernels import Checkpoint, Volume, convolution
from engine.layers.base import Count, Layer, Mask, Reads, Role, changes_if_valid
from engine.layers.conv import Conv2d
from engine.layers.explanation import Explanation, Target, WindowProduct
from engine.layers.weighted_sum import explain_weighted_sum
from engine.shapes import Shape
from engine.text.units import count_text


class Dense(Layer, frozen=True, tag="dense"):
    """Weighted sums of all input values: C×H×W, flattened in that order, → units×1×1.

    Parameters: weight (units, C·H·W), bias (units,). Cost: units × C·H·W MACs.
    """

    title: ClassVar[str] = "Dense"
    help: ClassVar[str] = "Weights every input value, once per unit."
    role: ClassVar[Role] = "weights"
    reads: ClassVar[Reads] = "map"
    filter_title: ClassVar[str] = "weights of unit"
    paper_columns: ClassVar[tuple[tuple[str, str], ...]] = (("filters", "units"),)

    units: Annotated[Count, Meta(title="Units", description="Number of outputs", examples=[10])]
    bias: Annotated[bool, Meta(title="Bias", description="One added number per unit")] = True

    def channels_read(self, channels: Mask, inputs: Sequence[Shape]) -> Sequence[Mask]:
        return [np.ones(inputs[0].channels, bool)]

    def general_form(self, inputs: Sequence[Shape]) -> Layer:
        """A convolution whose one window is the whole map."""
        return Conv2d(self.units, inputs[0][1:], padding=0, bias=self.bias).general_form(inputs)

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return Shape(self.units, 1, 1)

    def changes_for(self, output: Shape, inputs: Sequence[Shape]) -> tuple[tuple[str, Any], ...]:
        return changes_if_valid(self, (("units", output.channels),), output, inputs)

    def param_shapes(self, inputs: Sequence[Shape]) -> dict[str, tuple[int, ...]]:
        shapes: dict[str, tuple[int, ...]] = {"weight": (self.units, inputs[0].size)}
        if self.bias:
            shapes["bias"] = (self.units,)
        return shapes

    def mac_factors(self, inputs: Sequence[Shape], output: Shape) -> tuple[tuple[int, ...], tuple[int, ...]]:
        return (self.units,), tuple(inputs[0])

    def label(self) -> str:
        return f"dense, {self.units} unit{'s' if self.units > 1 else ''}"

    def operations(self, inputs: Sequence[Shape], output: Shape) -> dict[str, int]:
        additions = {"dense_additions": self.units * inputs[0].size - output.size}
        return {"dense_bias": output.size, **additions} if self.bias else additions

    def filter_weights(self, weight: NDArray[Any], channel: int, received: Shape) -> NDArray[Any]:
        weights: NDArray[Any] = weight[channel].reshape(received)
        return weights

    def by_channel(self, count: int, received: Shape) -> Layer:
        return self.general_form([received]).by_channel(count, received)

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        return convolution.dense(inputs[0], weights["weight"], weights.get("bias"), checkpoint)

    def explain(self, target: Target) -> Explanation:
        volume = target.inputs[0].astype(np.float64)
        channels, height, width = volume.shape
        weights = target.weights["weight"].reshape(volume.shape)
        inside = np.ones((height, width), bool)
        window = WindowProduct(volume, np.arange(height), np.arange(width), inside, filter=weights)
        description = (
            f"All {volume.size:,} values of the input, flattened to one vector, are multiplied by a row of the matrix "
            f"of {self.units:,} × {volume.size:,} weights."
        )
        symbols = f"Σ w[{target.at.channel}, n] · in[n]"
        over = count_text(channels, "channel") + (f" × {height}×{width} pixels" if height * width > 1 else "")
        return explain_weighted_sum(target, window, symbols, over, description, vector=True)
