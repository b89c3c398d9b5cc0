"""The step up of a U-Net: a small volume is enlarged, joined with an earlier one of that size, and convolved twice."""

from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from engine.blocks.base import INPUT, SECOND_INPUT, Block, Part, convolution
from engine.layers import Concat, ConvTranspose2d, Mistake, Resize
from engine.layers.base import Count
from engine.shapes import Shape
from engine.text.names import quoted


class UNetUp(Block, frozen=True, tag="unet_up"):
    """Skips join what is enlarged: C×2H×2W from earlier and D×H×W from below → filters×2H×2W.

    Source: O. Ronneberger et al., U-Net: convolutional networks for biomedical image segmentation, 2015; with batch
    norm and padding, as it is used today.
    """

    title: ClassVar[str] = "U-Net step up"
    help: ClassVar[str] = (
        "Enlarges the second volume to the size of the first, joins both, and convolves twice, as a U-Net does on its "
        "way back."
    )
    min_inputs: ClassVar[int] = 2
    max_inputs: ClassVar[int | None] = 2
    paper_columns: ClassVar[tuple[tuple[str, str], ...]] = (("3x3", "filters"),)

    filters: Annotated[Count, Meta(title="Filters", description="Number of output maps", examples=[64])]
    mode: Annotated[
        Literal["transposed", "bilinear"],
        Meta(title="Enlarged by", description="A transposed convolution to as many maps, or bilinear resizing"),
    ] = "transposed"
    batch_norm: Annotated[bool, Meta(title="Batch norm", description="After both convolutions, instead of biases")] = (
        True
    )

    def mistakes(self, inputs: Sequence[Shape], names: Sequence[str] = ()) -> Iterator[Mistake]:
        first, second = inputs[:2]
        size = 2 * second.height, 2 * second.width
        if first[1:] != size:
            called = [quoted(name) for name in names[:2]] or ["the first", "the second"]
            text = (
                f"inputs: {called[0]} is {first} and {called[1]} is {second}; the second is enlarged to "
                f"{size[0]}×{size[1]}, which has to be the height and width of the first"
            )
            yield Mistake("inputs", text)

    def label(self) -> str:
        return f"up {'2×2' if self.mode == 'transposed' else self.mode}, joined, 2 × 3×3→{self.filters}"

    def expand(self, channels: int) -> Iterator[Part]:
        enlarged = ConvTranspose2d(self.filters, 2, 2, "valid") if self.mode == "transposed" else _BILINEAR
        yield Part("up", enlarged, (SECOND_INPUT,))
        yield Part("concat", Concat(), ("up", INPUT))
        for name in ("conv1", "conv2"):
            yield from convolution(name, self.filters, 3, padding=1, normalized=self.batch_norm)


_BILINEAR = Resize(mode="bilinear")
