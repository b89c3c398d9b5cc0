"""Normalisation by the statistics of the sample itself: layer norm over channels, and group norm."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta

from engine.kernels import Checkpoint, Volume, sample_norms
from engine.layers.base import Count, Layer, Mask, Mistake, Reads, Role
from engine.layers.explanation import Explanation, Numbers, Target, WindowProduct, read_pixel
from engine.layers.groups import channels_of_groups, group_mistakes
from engine.layers.normalization import explain_normalized
from engine.shapes import Shape, Windows
from engine.text.units import count_text


class _SampleNorm(Layer, frozen=True):
    """The base of both: ``gamma·(x − mean)/√(var + ε) + beta``, with gamma and beta of each channel."""

    role: ClassVar[Role] = "elementwise"
    reads: ClassVar[Reads] = "pixel"

    epsilon: Annotated[float, Meta(gt=0.0, le=1e30, title="Epsilon", description="Added to the variance")] = 1e-5

    @property
    def has_table_row(self) -> bool:
        return False

    def channels_read(self, channels: Mask, inputs: Sequence[Shape]) -> Sequence[Mask]:
        """All: their mean and variance depend on them."""
        return [np.full_like(channels, channels.any())]

    def param_shapes(self, inputs: Sequence[Shape]) -> dict[str, tuple[int, ...]]:
        return {"gamma": (inputs[0].channels,), "beta": (inputs[0].channels,)}

    def operations(self, inputs: Sequence[Shape], output: Shape) -> dict[str, int]:
        return {self.kind: output.size, f"{self.kind}_params": 2 * output.channels}

    def _explain(self, target: Target, values: Numbers, window: WindowProduct, of: str) -> Explanation:
        """Explain a value that is normalized by the statistics of these values."""
        description = f"Mean and variance are those of {of}, computed in the run; γ and β are its channel's."
        mean, var = float(values.mean()), float(values.var())
        return explain_normalized(target, window, mean=mean, var=var, epsilon=self.epsilon, description=description)


class LayerNorm(_SampleNorm, frozen=True, tag="layer_norm"):
    """``gamma·(x − mean)/√(var + ε) + beta``, mean and variance over the channels of each pixel.

    Parameters: gamma (C,), beta (C,). Source: J. Ba et al., Layer normalization, 2016; over channels alone as in
    Z. Liu et al., A ConvNet for the 2020s, 2022.
    """

    title: ClassVar[str] = "Layer norm"
    help: ClassVar[str] = "Shifts and scales each pixel by the mean and variance of its channels."

    def label(self) -> str:
        return "layer norm"

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        return sample_norms.layer_norm(inputs[0], weights["gamma"], weights["beta"], self.epsilon, checkpoint)

    def explain(self, target: Target) -> Explanation:
        _, y, x = target.at
        values = target.inputs[0][:, y, x].astype(np.float64)
        window = WindowProduct(values[:, None, None], np.array([y]), np.array([x]), np.ones((1, 1), bool))
        return self._explain(target, values, window, f"the {count_text(len(values), 'channel')} of this pixel")


class GroupNorm(_SampleNorm, frozen=True, tag="group_norm"):
    """``gamma·(x − mean)/√(var + ε) + beta``, mean and variance over all pixels of the maps of a group of channels.

    As many groups as channels: instance norm. Parameters: gamma (C,), beta (C,).
    Source: Y. Wu, K. He, Group normalization, 2018.
    """

    title: ClassVar[str] = "Group norm"
    help: ClassVar[str] = "Shifts and scales groups of maps by their own mean and variance."

    groups: Annotated[
        Count, Meta(title="Groups", description="Groups of channels; as many as channels: instance norm")
    ] = 1

    def mistakes(self, inputs: Sequence[Shape], names: Sequence[str] = ()) -> Iterator[Mistake]:
        yield from group_mistakes(self.groups, inputs[0].channels)

    def windows(self, received: Shape) -> Windows:
        """The whole map, for each value."""
        size = received.height, received.width
        return Windows(size, (1, 1), (1, 1), (0, 0, 0, 0), size, size)

    def channels_read(self, channels: Mask, inputs: Sequence[Shape]) -> Sequence[Mask]:
        """Those of the same groups."""
        return [channels_of_groups(channels, self.groups, len(channels))]

    def label(self) -> str:
        return f"group norm, {count_text(self.groups, 'group')}"

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        roles = weights["gamma"], weights["beta"]
        return sample_norms.group_norm(
            inputs[0], *roles, groups=self.groups, epsilon=self.epsilon, checkpoint=checkpoint
        )

    def explain(self, target: Target) -> Explanation:
        volume = target.inputs[0]
        depth = len(volume) // self.groups
        first = target.at.channel // depth * depth
        values = volume[first : first + depth].astype(np.float64)
        channels = f"channels {first}–{first + depth - 1}" if depth > 1 else f"channel {first}"
        size = f"{count_text(values.size, 'value')} of {channels}"
        return self._explain(target, values, read_pixel(target), f"the {size}")
