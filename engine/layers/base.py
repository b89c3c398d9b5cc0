"""What a layer kind must answer, and how its settings describe themselves to files and forms."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from engine.kernels import Checkpoint as Checkpoint
from engine.kernels import Volume as Volume
from engine.shapes import Shape

Count = Annotated[int, Meta(ge=1, le=1_000_000_000)]
Extent = Annotated[int, Meta(ge=1, le=1_000_000)]
Margin = Annotated[int, Meta(ge=0, le=1_000_000)]
# Bounded tuples of free length, not tuple[Extent, Extent]: beside a bounded int, msgspec 0.22 reads the fixed
# length of such a tuple from where the int keeps its bound.
HeightWidth = Extent | Annotated[tuple[Extent, ...], Meta(min_length=2, max_length=2)]
Padding = Literal["same", "valid"] | Margin | Annotated[tuple[Margin, ...], Meta(min_length=2, max_length=4)]


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

    @property
    def kind(self) -> str:
        return tag_of(type(self))

    def mistakes(self, inputs: Sequence[Shape]) -> Iterator[Mistake]:
        """Every setting that does not fit these input shapes, with both numbers and what would be right."""
        yield from ()

    def label(self) -> str:
        """A few words for an arrow or a list: "5×5, 32 filters"."""
        return self.title.lower()


class Layer(Kind, frozen=True):
    """A layer's settings as a value. Kinds are subclasses, listed once in ``engine.layers.LAYERS``.

    The shape and cost rules may be asked only for inputs in which `mistakes` finds nothing.
    """

    @property
    def learns(self) -> bool:
        """Whether it has parameters."""
        return type(self).param_shapes is not Layer.param_shapes

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

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        """The output volume (C×H×W), from input volumes and weights by role."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it runs")


def tag_of(kind: type[Struct]) -> str:
    """What files call a kind: "conv2d"."""
    return str(kind.__struct_config__.tag)
