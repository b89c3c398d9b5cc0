"""What a layer kind must answer, and how its settings describe themselves to files and forms.

A kind answers for itself: nothing outside of `engine.layers` asks which kind a layer is of. What it has to declare
stands in `Layer`, each with the default, if there is one.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from engine.kernels.blocks import Checkpoint as Checkpoint
from engine.kernels.blocks import Volume as Volume
from engine.layers.explanation import Explanation, Target
from engine.shapes import Shape, Windows, single_pixels, whole_map

Count = Annotated[int, Meta(ge=1, le=1_000_000_000)]
Extent = Annotated[int, Meta(ge=1, le=1_000_000)]
Margin = Annotated[int, Meta(ge=0, le=1_000_000)]
# Bounded tuples of free length, not tuple[Extent, Extent]: beside a bounded int, msgspec 0.22 reads the fixed
# length of such a tuple from where the int keeps its bound.
HeightWidth = Extent | Annotated[tuple[Extent, ...], Meta(min_length=2, max_length=2)]
Padding = Literal["same", "valid"] | Margin | Annotated[tuple[Margin, ...], Meta(min_length=2, max_length=4)]

Mask = NDArray[np.bool_]
"""Which channels (C,), or which pixels (H×W), are meant."""

Reads = Literal["pixel", "windows", "map"]
"""The part of each map that a value is made from: the same pixel, the window that `windows` places, the whole map."""

Role = Literal["weights", "resampling", "elementwise", "join"]
"""The part that a kind has in a network, by which drawings tell kinds apart.

weights: multiplies by weights; resampling: makes maps of another size without weights; elementwise: keeps the shape and
looks at no neighbouring pixel; join: brings several volumes together.
"""


class Mistake(Struct, frozen=True):
    """What a person must mend: the setting that is wrong ("" for none in particular), and a sentence."""

    setting: str
    text: str


class Kind(Struct, frozen=True, tag_field="kind", forbid_unknown_fields=True, omit_defaults=True):
    """Settings as a value: what layers, and the blocks that stand for several layers, have in common."""

    title: ClassVar[str]
    help: ClassVar[str]
    min_inputs: ClassVar[int] = 1
    max_inputs: ClassVar[int | None] = 1
    role: ClassVar[Role]
    paper_columns: ClassVar[tuple[tuple[str, str], ...]] = ()
    """(column, setting) for settings that are numbers of maps: the column of `engine.reports.paper_columns` in which
    each stands, in which {} is the kernel's size; a size that has no column goes to the general one."""

    @property
    def kind(self) -> str:
        return tag_of(type(self))

    @property
    def has_table_row(self) -> bool:
        """Whether tables of networks, as papers print them, have a row for it."""
        return True

    @property
    def zeroes_negatives(self) -> bool:
        """Whether it makes every value below 0 a 0, as a ReLU does."""
        return False

    def mistakes(self, inputs: Sequence[Shape]) -> Iterator[Mistake]:
        """Every setting that does not fit these input shapes, with both numbers and what would be right."""
        yield from ()

    def label(self) -> str:
        """A few words for an arrow or a list: "5×5, 32 filters"."""
        return self.title.lower()

    def deep_label(self, received: Shape) -> str:
        """The label with the depth of its filters, if it has any: "5×5×256, 32 filters"."""
        return self.label()

    def patch_size(self, received: Shape | None) -> str | None:
        """Its entry in the column "patch size/stride" of papers' tables; None: its kernel and stride, if it has any."""
        return None

    def operations(self, inputs: Sequence[Shape], output: Shape) -> dict[str, int]:
        """Amounts of arithmetic besides MACs by the id of their term in `engine.cost.counting`, on one input."""
        return {}


class Layer(Kind, frozen=True):
    """A layer's settings as a value. Kinds are subclasses, listed once in ``engine.layers.LAYERS``.

    A kind declares `reads` (and `windows`, if it reads windows), `channels_read` and `role`, or inherits them from a
    class between; without them the class cannot be made. It says how it runs and explains a value by `forward` and
    `explain`. The other answers have defaults. The rules that take shapes may be asked only for inputs in which
    `mistakes` finds nothing.
    """

    reads: ClassVar[Reads]
    filter_title: ClassVar[str] = "filter"
    """What the weights of one output channel are called before its number, where a kind has `filter_weights`."""

    def __init_subclass__(cls) -> None:
        """Refuse a kind that does not declare what it reads: no default is right for all of them."""
        super().__init_subclass__()
        needed = ["reads", "channels_read", "role"]
        if getattr(cls, "reads", None) == "windows":
            needed.append("windows")
        missing = [name for name in needed if getattr(cls, name, None) is getattr(Layer, name, None)]
        if missing:
            raise TypeError(f"layer kind {cls.__name__} does not declare {', '.join(missing)}")

    @property
    def has_params(self) -> bool:
        """Whether it has parameters."""
        return type(self).param_shapes is not Layer.param_shapes

    @property
    def has_filters(self) -> bool:
        """Whether each output map is the sum of weight × value of a filter of its own."""
        return type(self).filter_weights is not Layer.filter_weights

    def windows(self, received: Shape) -> Windows:
        """The windows that its values read, on each input."""
        return whole_map(received) if self.reads == "map" else single_pixels(received)

    def channels_read(self, channels: Mask, inputs: Sequence[Shape]) -> Sequence[Mask]:
        """For each input the channels that any of these output `channels` depends on."""
        raise NotImplementedError(f"{type(self).__name__} does not say which channels it reads")

    def input_channels(self, channel: int, inputs: Sequence[Shape]) -> slice:
        """The channels of the first input, side by side, that one output channel reads."""
        output = np.arange(self.output_shape(inputs).channels) == channel
        read = np.flatnonzero(self.channels_read(output, inputs)[0])
        return slice(int(read[0]), int(read[-1]) + 1)

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """Shape of the output volume; that of the input where a kind does not say."""
        return inputs[0]

    def param_shapes(self, inputs: Sequence[Shape]) -> dict[str, tuple[int, ...]]:
        """Shapes of the parameters that training learns, by role: weight, bias, gamma, beta."""
        return {}

    def statistic_shapes(self, inputs: Sequence[Shape]) -> dict[str, tuple[int, ...]]:
        """Shapes of further arrays that a run needs and a parameter count leaves out."""
        return {}

    def mac_factors(self, inputs: Sequence[Shape], output: Shape) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
        """(output positions, weights that meet at each), whose product is the MACs; None for a kind without weights.

        One multiply-accumulate per weight per output position, for one input; biases are not counted.
        """
        return None

    def filter_weights(self, weight: NDArray[Any], channel: int, received: Shape) -> NDArray[Any]:
        """(C', kh, kw): the filter of an output channel, over the channels and the window that it reads."""
        raise NotImplementedError(f"{type(self).__name__} has no filters")

    def multiplies_vector(self, received: Shape) -> bool:
        """Whether each value is a row of a matrix times a vector: no filter has neighbours to weigh."""
        return self.has_filters and (self.reads == "map" or self.windows(received).kernel == (1, 1))

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        """The output volume (C×H×W), from input volumes and weights by role."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it runs")

    def explain(self, target: Target) -> Explanation:
        """How one value of the output comes about, in double precision."""
        raise NotImplementedError(f"{type(self).__name__} does not say how its values come about")


def tag_of(kind: type[Struct]) -> str:
    """What files call a kind: "conv2d"."""
    return str(kind.__struct_config__.tag)
