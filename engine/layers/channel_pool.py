"""Pooling over channels: the values of all maps at a pixel are reduced to one, as in spatial attention."""

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal, get_args

import numpy as np
from msgspec import Meta

from engine.kernels import Checkpoint, Volume, channel_pooling
from engine.layers.base import Layer, Mask, Reads, Role
from engine.layers.explanation import Explanation, Target, Terms, WindowProduct
from engine.shapes import Shape
from engine.text.units import count_text, number_text

ChannelFunction = Literal["mean", "max", "min", "sum", "l2"]
assert get_args(ChannelFunction) == tuple(channel_pooling.REDUCTIONS), "every function needs its arithmetic"

_NOUNS = {"max": "largest", "min": "smallest"}


class ChannelPool(Layer, frozen=True, tag="channel_pool"):
    """The mean, maximum, minimum, sum or Euclidean length (l2) of the channels of each pixel: C×H×W → 1×H×W.

    Source: S. Woo et al., CBAM: Convolutional block attention module, 2018.
    """

    title: ClassVar[str] = "Pooling over channels"
    help: ClassVar[str] = "Makes one map of all: the mean or maximum of the channels of each pixel, as in CBAM."
    role: ClassVar[Role] = "resampling"
    reads: ClassVar[Reads] = "pixel"

    function: Annotated[
        ChannelFunction, Meta(title="Function", description="Of the channels of each pixel", examples=["mean"])
    ]

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return inputs[0]._replace(channels=1)

    def channels_read(self, channels: Mask, inputs: Sequence[Shape]) -> Sequence[Mask]:
        return [np.full(inputs[0].channels, channels.any())]

    def operations(self, inputs: Sequence[Shape], output: Shape) -> dict[str, int]:
        return {"channel_pool": inputs[0].size}

    def label(self) -> str:
        return f"channel {self.function}"

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        return channel_pooling.pool_channels(self.function, inputs[0], checkpoint)

    def explain(self, target: Target) -> Explanation:
        _, y, x = target.at
        values = target.inputs[0][:, y, x].astype(np.float64)
        count = count_text(len(values), "channel")
        if self.function in _NOUNS:
            return self._explain_extreme(target, values, count)
        if self.function == "l2":
            return self._explain_length(target, values, count)
        window = WindowProduct(values[:, None, None], np.array([y]), np.array([x]), np.ones((1, 1), bool))
        divisor = float(len(values)) if self.function == "mean" else 1.0
        terms = Terms("Value per channel", values, divisor=divisor)
        over = f" / {len(values)}" if self.function == "mean" else ""
        formula = (
            f"{target.title} = Σ in[c, {y}, {x}]{over}, c = 0 … {len(values) - 1}",
            f"= {number_text(terms.sum)}{over} = {number_text(terms.total)}"
            if over
            else f"= {number_text(terms.total)}",
        )
        description = f"The {self.function} of the {count} of this pixel; no neighbours, no weights."
        return Explanation(target.at, terms.total, description, formula, window, terms)

    def _explain_length(self, target: Target, values: Volume, count: str) -> Explanation:
        _, y, x = target.at
        window = WindowProduct(values[:, None, None], np.array([y]), np.array([x]), np.ones((1, 1), bool))
        terms = Terms("Squares of the values per channel", values**2)
        result = float(np.sqrt(terms.total))
        formula = (
            f"{target.title} = √(Σ in[c, {y}, {x}]²), c = 0 … {len(values) - 1}",
            f"= √{number_text(terms.total)} = {number_text(result)}",
        )
        description = f"The length of the vector of the {count} of this pixel; no neighbours, no weights."
        return Explanation(target.at, result, description, formula, window, terms)

    def _explain_extreme(self, target: Target, values: Volume, count: str) -> Explanation:
        """Explain a value that is passed on from one channel."""
        _, y, x = target.at
        channel = int(values.argmax() if self.function == "max" else values.argmin())
        result = float(values[channel])
        # One channel alone: the winner among them is no place in a window.
        window = WindowProduct(
            values[channel, None, None, None], np.array([y]), np.array([x]), np.ones((1, 1), bool), channel
        )
        formula = (
            f"{target.title} = {self.function} in[c, {y}, {x}], c = 0 … {len(values) - 1}",
            f"= in[{channel}, {y}, {x}] = {number_text(result)}",
        )
        description = (
            f"The {_NOUNS[self.function]} of the {count} of this pixel: that of channel {channel}. No weights."
        )
        return Explanation(target.at, result, description, formula, window)
