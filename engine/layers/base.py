"""The base classes of layers and blocks: what a kind declares, and the types of settings for files and forms.

Each kind answers for itself: no module outside `engine.layers` tests the kind of a layer. `Layer` lists what a kind
has to declare, with the defaults.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np
from msgspec import Meta, Struct, ValidationError, convert, to_builtins
from numpy.typing import NDArray

from engine.kernels import Checkpoint, Volume
from engine.layers.explanation import Explanation, Target, WeightsByRole, channel_weights
from engine.shapes import Pair, Shape, Windows, single_pixels, whole_map
from engine.text.problems import Fix

MAX_COUNT, MAX_EXTENT = 1_000_000_000, 1_000_000
Count = Annotated[int, Meta(ge=1, le=MAX_COUNT)]
Extent = Annotated[int, Meta(ge=1, le=MAX_EXTENT)]
Margin = Annotated[int, Meta(ge=0, le=MAX_EXTENT)]
Finite = Annotated[float, Meta(ge=-1e30, le=1e30)]
# Bounded tuples of variable length, not tuple[Extent, Extent]: next to a bounded int, msgspec 0.22 reads the fixed
# length of such a tuple from the field in which it stores the bound of the int.
HeightWidth = Extent | Annotated[tuple[Extent, ...], Meta(min_length=2, max_length=2)]
Padding = Literal["same", "valid"] | Margin | Annotated[tuple[Margin, ...], Meta(min_length=2, max_length=4)]

Mask = NDArray[np.bool_]
"""A selection of channels (C,), or of pixels (H×W)."""


class PartRead(NamedTuple):
    """Values that a part of an output reads: some channels (C,) and some pixels (H×W) of an input, by its index."""

    source: int
    channels: Mask
    pixels: Mask


Reads = Literal["pixel", "windows", "map"]
"""The part of each input map that a value depends on: the same pixel, its window (see `windows`), or the whole map."""

Role = Literal["weights", "resampling", "elementwise", "join"]
"""The role of a kind in a network, by which drawings distinguish kinds.

weights: multiplies by weights; resampling: changes the size of maps without weights; elementwise: keeps the shape and
reads no neighbouring pixels; join: combines several volumes.
"""


class Mistake(Struct, frozen=True):
    """A fault that the user has to correct: the setting ("" for none in particular), and a sentence."""

    setting: str
    text: str
    fixes: tuple[Fix, ...] = ()
    """The nearest valid values, the nearest first; none if no setting of the layer can correct it."""


class Kind(Struct, frozen=True, tag_field="kind", forbid_unknown_fields=True, omit_defaults=True):
    """Settings as a value: the common base of layers and of blocks, which stand for several layers."""

    title: ClassVar[str]
    help: ClassVar[str]
    min_inputs: ClassVar[int] = 1
    max_inputs: ClassVar[int | None] = 1
    role: ClassVar[Role]
    has_known_cost: ClassVar[bool] = True
    paper_columns: ClassVar[tuple[tuple[str, str], ...]] = ()
    """(column, setting) per setting that is a number of maps: its column of `engine.reports.paper_columns`, with {} for
    the kernel size; sizes without a column of their own share the general one."""

    setting_taken_for_kind: ClassVar[str] = ""
    """The setting, if any, whose words are taken for kinds in files: "function", as of kind = "relu"."""

    @property
    def kind(self) -> str:
        return tag_of(type(self))

    @property
    def has_table_row(self) -> bool:
        """Whether it has a row in tables like those of papers."""
        return True

    @property
    def unused_settings(self) -> frozenset[str]:
        """Settings that mean nothing beside the others; they have their defaults, and forms hide them."""
        return frozenset()

    @property
    def zeroes_negatives(self) -> bool:
        """Whether it sets negative values to 0, as a ReLU does."""
        return False

    @property
    def yields_shares(self) -> bool:
        """Whether the values at each pixel are shares that sum to 1, as those of a softmax do."""
        return False

    def mistakes(self, inputs: Sequence[Shape], names: Sequence[str] = ()) -> Iterator[Mistake]:
        """Yield each setting that does not fit the input shapes, with both numbers and the nearest valid values.

        Parameters
        ----------
        names
            The names of the inputs, for kinds with several.
        """
        yield from ()

    def label(self) -> str:
        """Short text for an arrow or a list: "5×5, 32 filters"."""
        return self.title.lower()

    def deep_label(self, received: Shape) -> str:
        """The label with the depth of the filters, if it has any: "5×5×256, 32 filters"."""
        return self.label()

    def patch_size(self, received: Shape | None) -> str | None:
        """Entry in the column "patch size/stride" of papers' tables; None: kernel and stride, if it has any."""
        return None

    def operations(self, inputs: Sequence[Shape], output: Shape) -> dict[str, int]:
        """Number of operations other than MACs, on one input, by the id of their term in `engine.cost.counting`."""
        return {}


class Layer(Kind, frozen=True):
    """A layer's settings as a value. Kinds are subclasses, listed once in ``engine.layers.LAYERS``.

    A kind declares `reads` (and `windows`, if it reads windows), `channels_read` and `role`, and implements `forward`
    and `explain`, or inherits them; otherwise the class statement fails. All other methods have defaults.
    A class without a title is no kind but the base of several, and may leave `forward` and `explain` to them.
    Methods that take shapes require input shapes for which `mistakes` yields nothing.
    """

    reads: ClassVar[Reads]
    runs_node: ClassVar[bool] = False
    """Whether it is a node of an ONNX model, which its weights name."""
    filter_title: ClassVar[str] = "filter"
    """Title of the weights of one output channel, before its number, if the kind has kernels."""

    def __init_subclass__(cls) -> None:
        """Reject a kind without what no default suits."""
        super().__init_subclass__()
        required = ["reads", "channels_read", "role"]
        if getattr(cls, "reads", None) == "windows":
            required.append("windows")
        if hasattr(cls, "title"):
            required += ["forward", "explain"]
        require_declarations(cls, Layer, required)

    @property
    def has_params(self) -> bool:
        """Whether training learns parameters of the layer."""
        return type(self).param_shapes is not Layer.param_shapes

    @property
    def has_filters(self) -> bool:
        """Whether each output map is the sum of weight × value over its own filter."""
        return type(self).filter_weights is not Layer.filter_weights

    def windows(self, received: Shape) -> Windows:
        """The windows that output values read on each input."""
        return whole_map(received) if self.reads == "map" else single_pixels(received)

    def input_windows(self, inputs: Sequence[Shape]) -> Sequence[Windows]:
        """Per input, the windows that output values read on it."""
        return [self.windows(shape) for shape in inputs]

    def channels_read(self, channels: Mask, inputs: Sequence[Shape]) -> Sequence[Mask]:
        """Per input, the channels on which any of the output `channels` depends."""
        raise NotImplementedError  # required of each kind at import, see require_declarations

    def parts_read(self, channels: Mask, pixels: Mask, inputs: Sequence[Shape]) -> Iterator[PartRead] | None:
        """Yield what these channels and pixels of the output read, part by part.

        None if they read the same windows of all channels that they read, as `input_windows` and `channels_read` say.
        """
        return None

    def input_channels(self, channel: int, inputs: Sequence[Shape]) -> slice:
        """The contiguous channels of the first input that one output channel reads."""
        output = np.arange(self.output_shape(inputs).channels) == channel
        indices = np.flatnonzero(self.channels_read(output, inputs)[0])
        return slice(int(indices[0]), int(indices[-1]) + 1)

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """Shape of the output volume; by default that of the input."""
        return inputs[0]

    def general_form(self, inputs: Sequence[Shape]) -> "Layer":
        """The same function on inputs of these shapes as the most general kind that has it; by default itself.

        Layers of two kinds compute the same if their general forms are equal and their weights are.
        """
        return self

    def changes_for(self, output: Shape, inputs: Sequence[Shape]) -> tuple[tuple[str, Any], ...]:
        """(setting, value) of the few settings with which the output has this shape; () if there are none."""
        return ()

    def param_shapes(self, inputs: Sequence[Shape]) -> dict[str, tuple[int, ...]]:
        """Shapes of the trained parameters by role: weight, bias, gamma, beta."""
        return {}

    def statistic_shapes(self, inputs: Sequence[Shape]) -> dict[str, tuple[int, ...]]:
        """Shapes of further arrays that a run needs and that do not count as parameters."""
        return {}

    def mac_factors(self, inputs: Sequence[Shape], output: Shape) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
        """(output positions, weights per position), whose product is the MACs; None for a kind without weights.

        One multiply-accumulate per weight and output position, for one input; biases do not count.
        """
        return None

    def filter_weights(self, weight: NDArray[Any], channel: int, received: Shape) -> NDArray[Any]:
        """(C', kh, kw): the filter of an output channel over the channels and window that it reads."""
        raise NotImplementedError(f"{type(self).__name__} has no filters")  # whoever calls it asks `has_filters` first

    @property
    def has_kernels(self) -> bool:
        """Whether each output channel has a kernel per channel that it reads, which can be shown."""
        return self.has_filters or type(self).kernel_weights is not Layer.kernel_weights

    def kernel_size(self, received: Shape) -> Pair:
        """Height and width of a kernel."""
        return self.windows(received).kernel

    def kernel_weights(self, weight: NDArray[Any], channel: int, received: Shape) -> NDArray[Any]:
        """(C', kh, kw): the kernels of an output channel, one per channel that it reads: its filter, if it has one."""
        return self.filter_weights(weight, channel, received)

    def by_channel(self, count: int, received: Shape) -> "Layer":
        """The layer that makes a map of each of `count` input channels alone.

        Its weight is (count, 1, kh, kw), the kernels of any output channel; the sum of all maps is that output without
        its bias.
        """
        raise NotImplementedError(f"{type(self).__name__} has no kernels")  # whoever calls it asks `has_kernels` first

    def weights_of(self, weights: WeightsByRole, channel: int) -> dict[str, NDArray[Any]]:
        """A copy of what one output channel needs of the weights by role, for `explain`."""
        return channel_weights(weights, channel)

    def multiplies_vector(self, received: Shape) -> bool:
        """Whether each value is a row of a matrix times a vector: no filter extends over neighbouring pixels."""
        return self.has_filters and (self.reads == "map" or self.windows(received).kernel == (1, 1))

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        """Compute the output volume (C×H×W) from input volumes and weights by role."""
        raise NotImplementedError  # required of each kind at import, see require_declarations

    def explain(self, target: Target) -> Explanation:
        """Explain how one output value is computed, in double precision."""
        raise NotImplementedError  # required of each kind at import, see require_declarations


def changes_if_valid(
    layer: Layer, changes: tuple[tuple[str, Any], ...], output: Shape, inputs: Sequence[Shape]
) -> tuple[tuple[str, Any], ...]:
    """The changes, if the changed layer has no mistake and this output shape; else ()."""
    try:
        changed = convert({**to_builtins(layer), **dict(changes)}, type(layer))
    except ValidationError:
        return ()
    is_valid = not any(changed.mistakes(inputs)) and changed.output_shape(inputs) == output
    return changes if is_valid else ()


def require_declarations(kind: type[Kind], base: type[Kind], names: Sequence[str]) -> None:
    """Raise TypeError if a kind has some of these attributes from `base`, which only declares them, or not at all."""
    missing = [name for name in names if getattr(kind, name, None) is getattr(base, name, None)]
    if missing:
        raise TypeError(f"kind {kind.__name__} does not declare {', '.join(missing)}")


def tag_of(kind: type[Struct]) -> str:
    """Name of a kind in files: "conv2d"."""
    return str(kind.__struct_config__.tag)
