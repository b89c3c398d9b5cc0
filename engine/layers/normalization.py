"""Normalisation: batch norm with stored statistics, and local response normalisation."""

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar

from msgspec import Meta

from engine import kernels
from engine.layers.base import Checkpoint, Extent, Layer, Volume
from engine.shapes import Shape

Finite = Annotated[float, Meta(ge=-1e30, le=1e30)]


class BatchNorm(Layer, frozen=True, tag="batch_norm"):
    """``gamma·(x − mean)/√(var + ε) + beta``, channel by channel, with stored mean and variance.

    Parameters: gamma (C,), beta (C,). Statistics, which are not learned and not counted: mean (C,), var (C,).
    Source: S. Ioffe, C. Szegedy, Batch normalization, 2015.
    """

    title: ClassVar[str] = "Batch norm"
    help: ClassVar[str] = "Shifts and scales each channel by stored statistics."

    epsilon: Annotated[float, Meta(gt=0.0, le=1e30, title="Epsilon", description="Added to the variance")] = 1e-5

    def param_shapes(self, inputs: Sequence[Shape]) -> dict[str, tuple[int, ...]]:
        return {"gamma": (inputs[0].channels,), "beta": (inputs[0].channels,)}

    def statistic_shapes(self, inputs: Sequence[Shape]) -> dict[str, tuple[int, ...]]:
        return {"mean": (inputs[0].channels,), "var": (inputs[0].channels,)}

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        roles = (weights["gamma"], weights["beta"], weights["mean"], weights["var"])
        return kernels.batch_norm(inputs[0], *roles, self.epsilon, checkpoint)


class LocalResponseNorm(Layer, frozen=True, tag="lrn"):
    """``x / (k + α/size · Σ x²)^β``, the sum over `size` neighbouring channels.

    Source: A. Krizhevsky et al., ImageNet classification with deep convolutional neural networks, 2012.
    """

    title: ClassVar[str] = "Local response norm"
    help: ClassVar[str] = "Divides each value by the strength of its neighbours across channels."

    size: Annotated[Extent, Meta(title="Size", description="Channels that count as neighbours")] = 5
    alpha: Annotated[Finite, Meta(title="Alpha", description="Weight of the neighbours")] = 1e-4
    beta: Annotated[Finite, Meta(title="Beta", description="Exponent")] = 0.75
    k: Annotated[Finite, Meta(title="k", description="Added before the exponent")] = 1.0

    def label(self) -> str:
        return "LRN"

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        return kernels.local_response_norm(
            inputs[0], size=self.size, alpha=self.alpha, beta=self.beta, k=self.k, checkpoint=checkpoint
        )
