"""Reports of layers and blocks: shapes, costs, and the properties of their kind for these shapes."""

from collections.abc import Iterator, Sequence
from math import prod

from msgspec import Struct

from engine.blocks import Block
from engine.layers import Layer, Mistake
from engine.layers.base import Mask, PartRead
from engine.network.weight_specs import WeightSource
from engine.shapes import Shape, Windows


class Report(Struct, frozen=True):
    """The properties of a layer. Values that depend on a mistake, here or upstream, are None: unknown, never 0.

    A block has a report of its own only if its input is unknown, if it has a mistake, or if it is closed.
    """

    index: int
    """Position in the network of the node, or of the block to which the layer belongs."""
    name: str
    layer: Layer | Block
    inputs: tuple[str, ...]
    input_shapes: tuple[Shape | None, ...]
    output_shape: Shape | None = None
    params: int | None = None
    macs: int | None = None
    mac_factors: tuple[tuple[int, ...], tuple[int, ...]] | None = None
    """(output positions, weights per position); None if unknown or without weights."""
    param_shapes: dict[str, tuple[int, ...]] = {}
    """Trained arrays by role."""
    statistic_shapes: dict[str, tuple[int, ...]] = {}
    """Further arrays that a run needs, by role."""
    mistakes: tuple[Mistake, ...] = ()
    block: str | None = None
    """Name of the block to which the layer belongs."""
    weights: WeightSource | None = None

    @property
    def general_layer(self) -> Layer | Block:
        """The layer in its most general form for what it receives; itself if that is unknown."""
        layer = self._known_layer
        return self.layer if layer is None else layer.general_form(self.known_inputs)

    @property
    def array_shapes(self) -> dict[str, tuple[int, ...]]:
        """Parameters and statistics by role."""
        return {**self.param_shapes, **self.statistic_shapes}

    @property
    def weight_bytes(self) -> int:
        """Memory of the parameters and statistics as float32."""
        return 4 * sum(prod(shape) for shape in self.array_shapes.values())

    @property
    def known_inputs(self) -> tuple[Shape, ...]:
        """The input shapes without unknown ones."""
        return tuple([shape for shape in self.input_shapes if shape is not None])

    @property
    def input_windows(self) -> Sequence[Windows]:
        """Per input, the windows that output values read on it; empty for unknown shapes and for blocks."""
        layer = self._known_layer
        return () if layer is None else layer.input_windows(self.known_inputs)

    @property
    def sliding_windows(self) -> Windows | None:
        """The windows if they slide over the input, as in convolutions and pooling; else None."""
        layer = self._known_layer
        return layer.windows(self.known_inputs[0]) if layer is not None and layer.reads == "windows" else None

    @property
    def filter_layer(self) -> Layer | None:
        """The layer if each of its maps has a filter, as in convolutions and dense layers; else None."""
        return self.layer if isinstance(self.layer, Layer) and self.layer.has_filters else None

    @property
    def kernel_layer(self) -> Layer | None:
        """The layer if each of its maps has kernels, as in transposed convolutions as well; else None."""
        return self.layer if isinstance(self.layer, Layer) and self.layer.has_kernels else None

    @property
    def yields_shares(self) -> bool:
        """Whether the output values at each pixel are shares that sum to 1."""
        return self.layer.yields_shares

    def channels_read(self, channels: Mask) -> Sequence[Mask]:
        """Per input, the channels on which any of the output `channels` depends; empty for a block."""
        layer = self._known_layer
        return () if layer is None else layer.channels_read(channels, self.known_inputs)

    def parts_read(self, channels: Mask, pixels: Mask) -> Iterator[PartRead] | None:
        """What these channels and pixels of the output read, if it is not the same windows of all channels; else None.

        None for a block as well.
        """
        layer = self._known_layer
        return None if layer is None else layer.parts_read(channels, pixels, self.known_inputs)

    def input_channels(self, channel: int) -> slice | None:
        """The channels of the first input that one output channel reads; None if unknown and for blocks."""
        layer = self._known_layer
        return None if layer is None else layer.input_channels(channel, self.known_inputs)

    @property
    def _known_layer(self) -> Layer | None:
        return self.layer if isinstance(self.layer, Layer) and self.output_shape is not None else None


class BlockReport(Struct, frozen=True):
    """A block and the reports of its layers in execution order."""

    index: int
    name: str
    layer: Block
    inputs: tuple[str, ...]
    input_shapes: tuple[Shape | None, ...]
    parts: tuple[Report, ...]
    weights: WeightSource | None = None
    """The block whose seed it uses, if any."""

    @property
    def output(self) -> str:
        """Name of the part whose output is the block's."""
        return self.parts[-1].name

    @property
    def output_shape(self) -> Shape | None:
        return self.parts[-1].output_shape

    @property
    def params(self) -> int | None:
        return optional_sum([part.params for part in self.parts])

    @property
    def macs(self) -> int | None:
        return optional_sum([part.macs for part in self.parts])

    def as_report(self) -> Report:
        """The block as one report with the sums of its layers."""
        mistakes = tuple([mistake for part in self.parts for mistake in part.mistakes])
        return Report(
            self.index,
            self.name,
            self.layer,
            self.inputs,
            self.input_shapes,
            self.output_shape,
            self.params,
            self.macs,
            mistakes=mistakes,
            weights=self.weights,
        )


def optional_sum(costs: list[int | None]) -> int | None:
    """The sum of costs; None if one is unknown."""
    amounts = [cost for cost in costs if cost is not None]
    return sum(amounts) if len(amounts) == len(costs) else None
