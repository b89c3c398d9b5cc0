"""Normalisation: batch norm with stored statistics, and local response normalisation."""

from collections.abc import Mapping, Sequence
from math import prod, sqrt
from typing import Annotated, ClassVar, Literal

import numpy as np
from msgspec import Meta
from msgspec.structs import force_setattr

from engine.kernels import Checkpoint, Volume, normalization
from engine.layers.base import Extent, Finite, Layer, Mask, Reads, Role
from engine.layers.explanation import Explanation, Target, Terms, WindowProduct, operand_text, read_pixel
from engine.shapes import Shape
from engine.text.units import count_text, number_text


class BatchNorm(Layer, frozen=True, tag="batch_norm"):
    """``gamma·(x − mean)/√(var + ε) + beta``, channel by channel, with stored mean and variance.

    Parameters: gamma (C,), beta (C,). Statistics, neither trained nor counted: mean (C,), var (C,).
    Source: S. Ioffe, C. Szegedy, Batch normalization, 2015.
    """

    title: ClassVar[str] = "Batch norm"
    help: ClassVar[str] = "Shifts and scales each channel by stored statistics."
    role: ClassVar[Role] = "elementwise"
    reads: ClassVar[Reads] = "pixel"

    epsilon: Annotated[float, Meta(gt=0.0, le=1e30, title="Epsilon", description="Added to the variance")] = 1e-5

    @property
    def has_table_row(self) -> bool:
        return False

    def channels_read(self, channels: Mask, inputs: Sequence[Shape]) -> Sequence[Mask]:
        return [channels]

    def general_form(self, inputs: Sequence[Shape]) -> Layer:
        """The factor and the number to add that follow from the statistics."""
        return Scale(bias=True)

    def param_shapes(self, inputs: Sequence[Shape]) -> dict[str, tuple[int, ...]]:
        return {"gamma": (inputs[0].channels,), "beta": (inputs[0].channels,)}

    def statistic_shapes(self, inputs: Sequence[Shape]) -> dict[str, tuple[int, ...]]:
        return {"mean": (inputs[0].channels,), "var": (inputs[0].channels,)}

    def operations(self, inputs: Sequence[Shape], output: Shape) -> dict[str, int]:
        return {"batch_norm": output.size, "batch_norm_params": 2 * output.channels}

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        roles = (weights["gamma"], weights["beta"], weights["mean"], weights["var"])
        return normalization.batch_norm(inputs[0], *roles, self.epsilon, checkpoint)

    def explain(self, target: Target) -> Explanation:
        description = "The value is shifted and scaled by its channel's numbers from training; neighbours do not count."
        mean, var = float(target.weights["mean"]), float(target.weights["var"])
        return explain_normalized(
            target, read_pixel(target), mean=mean, var=var, epsilon=self.epsilon, description=description
        )


def explain_normalized(
    target: Target, window: WindowProduct, *, mean: float, var: float, epsilon: float, description: str
) -> Explanation:
    """Explain a value that is shifted and scaled by this mean and variance, then by its channel's gamma and beta."""
    x = float(target.inputs[0][target.at])
    gamma, beta = float(target.weights["gamma"]), float(target.weights["beta"])
    result = gamma * (x - mean) / sqrt(var + epsilon) + beta
    variance = f"{number_text(var)} + {number_text(epsilon)}"
    deviation = f"{number_text(x)} − {operand_text(mean)}"
    formula = (
        f"{target.title} = γ · (x − mean) / √(var + ε) + β",
        f"= {number_text(gamma)} · ({deviation}) / √({variance}) + {operand_text(beta)}",
        f"= {number_text(result)}",
    )
    return Explanation(target.at, result, description, formula, window)


_Each = Literal["pixel", "row", "column"]


class Scale(Layer, frozen=True, tag="scale"):
    """``gamma·x + bias``, channel by channel: the layer scale of ConvNeXt; without its factor a shift alone.

    Parameters: gamma (C,), bias (C,); both (1,) if shared; by position (C, H, W) and (1, H, W), as numbers that are
    added to tell positions apart; for each row (C, H, 1) and (1, H, 1), for each column (C, 1, W) and (1, 1, W).
    Source: H. Touvron et al., Going deeper with image transformers, 2021.
    """

    title: ClassVar[str] = "Scale"
    help: ClassVar[str] = "Multiplies each channel, or each value, by a learned number, or adds one."
    role: ClassVar[Role] = "elementwise"
    reads: ClassVar[Reads] = "pixel"

    factor: Annotated[bool, Meta(title="Factor", description="One factor per channel")] = True
    bias: Annotated[bool, Meta(title="Bias", description="One added number per channel")] = False
    shared: Annotated[bool, Meta(title="Shared", description="One number for all channels")] = False
    by_position: Annotated[bool, Meta(title="By position", description="A number for each pixel of a map")] = False
    each: Annotated[_Each, Meta(title="Each", description="By position: what has a number of its own")] = "pixel"

    def __post_init__(self) -> None:
        if not self.by_position:
            force_setattr(self, "each", "pixel")

    @property
    def unused_settings(self) -> frozenset[str]:
        return frozenset() if self.by_position else frozenset({"each"})

    @property
    def has_table_row(self) -> bool:
        return False

    def channels_read(self, channels: Mask, inputs: Sequence[Shape]) -> Sequence[Mask]:
        return [channels]

    def param_shapes(self, inputs: Sequence[Shape]) -> dict[str, tuple[int, ...]]:
        channels, height, width = inputs[0]
        places = {"pixel": (height, width), "row": (height, 1), "column": (1, width)}[self.each]
        shape = (1 if self.shared else channels, *(places if self.by_position else ()))
        roles = {"gamma": self.factor, "bias": self.bias}
        return {role: shape for role, is_used in roles.items() if is_used}

    def label(self) -> str:
        name = "scale" if self.factor or not self.bias else "shift"
        by = "position" if self.each == "pixel" else self.each
        return f"{name} by {by}" if self.by_position else name

    def operations(self, inputs: Sequence[Shape], output: Shape) -> dict[str, int]:
        biases = prod(self.param_shapes(inputs).get("bias", (0,)))
        return {"scale": output.size * self.factor, "scale_biases": biases}

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        return normalization.scale(inputs[0], weights.get("gamma"), weights.get("bias"), checkpoint)

    def explain(self, target: Target) -> Explanation:
        window = read_pixel(target)
        x = float(window.values[0, 0, 0])
        place = (target.at.y * (self.each != "column"), target.at.x * (self.each != "row")) if self.by_position else ()
        gamma, bias = (
            float(target.weights[role][place]) if role in target.weights else None for role in ("gamma", "bias")
        )
        result = (1.0 if gamma is None else gamma) * x + (0.0 if bias is None else bias)
        times = ("", number_text(x)) if gamma is None else ("γ · ", f"{number_text(gamma)} · {operand_text(x)}")
        plus = ("", "") if bias is None else (" + b", f" + {operand_text(bias)}")
        formula = (
            f"{target.title} = {times[0]}x{plus[0]}",
            f"= {times[1]}{plus[1]} = {number_text(result)}",
        )
        whose = "the number of all channels" if self.shared else "its channel's number"
        where = "at its position" if self.each == "pixel" else f"in its {self.each}"
        whose += f" {where}" if self.by_position else ""
        verb = "scaled" if self.factor else "shifted"
        description = f"The value is {verb} by {whose} from training; neighbours do not count."
        return Explanation(target.at, result, description, formula, window)


class LocalResponseNorm(Layer, frozen=True, tag="lrn"):
    """``x / (k + α/size · Σ x²)^β``, the sum over `size` neighbouring channels.

    Source: A. Krizhevsky et al., ImageNet classification with deep convolutional neural networks, 2012.
    """

    title: ClassVar[str] = "Local response norm"
    help: ClassVar[str] = "Divides each value by the strength of its neighbours across channels."
    role: ClassVar[Role] = "elementwise"
    reads: ClassVar[Reads] = "pixel"

    size: Annotated[Extent, Meta(title="Size", description="Number of channels in the sum")] = 5
    alpha: Annotated[Finite, Meta(title="Alpha", description="Weight of the neighbours")] = 1e-4
    beta: Annotated[Finite, Meta(title="Beta", description="Exponent")] = 0.75
    k: Annotated[Finite, Meta(title="k", description="Added before the exponent")] = 1.0

    @property
    def has_table_row(self) -> bool:
        return False

    def channels_read(self, channels: Mask, inputs: Sequence[Shape]) -> Sequence[Mask]:
        """The channels from ⌊size/2⌋ below to ⌈size/2⌉ − 1 above any of them."""
        mask = np.zeros_like(channels)
        for channel in np.flatnonzero(channels):
            mask[self._neighbours(int(channel), len(channels))] = True
        return [mask]

    def operations(self, inputs: Sequence[Shape], output: Shape) -> dict[str, int]:
        padded_channels = output.channels + self.size - 1
        return {"lrn": output.size, "lrn_padded": padded_channels * output.height * output.width}

    def label(self) -> str:
        return "LRN"

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        return normalization.local_response_norm(
            inputs[0], size=self.size, alpha=self.alpha, beta=self.beta, k=self.k, checkpoint=checkpoint
        )

    def explain(self, target: Target) -> Explanation:
        channel, y, x = target.at
        volume = target.inputs[0]
        neighbours = self._neighbours(channel, len(volume))
        first, end = neighbours.start, neighbours.stop
        value = float(volume[channel, y, x])
        terms = Terms("Square per neighbouring channel", volume[first:end, y, x].astype(np.float64) ** 2, first=first)
        base = self.k + self.alpha / self.size * terms.total
        result = value / base**self.beta
        sum_of_squares = f"{number_text(self.alpha)}/{self.size} · {number_text(terms.total)}"
        formula = (
            f"{target.title} = x / (k + α/n · Σ x_c²)^β, c = {first} … {end - 1}",
            f"= {number_text(value)} / ({number_text(self.k)} + {sum_of_squares})^{number_text(self.beta)}",
            f"= {number_text(value)} / {number_text(base**self.beta)} = {number_text(result)}",
        )
        neighbourhood = count_text(end - first, "channel")
        description = (
            f"The value is divided by the strength of {neighbourhood} around its own at the same pixel, "
            f"{first} to {end - 1}."
        )
        return Explanation(target.at, result, description, formula, read_pixel(target), terms)

    def _neighbours(self, channel: int, count: int) -> slice:
        return slice(max(channel - self.size // 2, 0), min(channel + (self.size - 1) // 2 + 1, count))
