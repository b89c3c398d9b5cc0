"""Fire: a 1×1 squeeze, then 1×1 and 3×3 side by side."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from msgspec import Meta

from engine.blocks.base import Block, Part, convolution
from engine.layers import Concat
from engine.layers.base import Count


class Fire(Block, frozen=True, tag="fire"):
    """A 1×1 convolution to few maps, followed by 1×1 and 3×3 convolutions joined along channels.

    C×H×W → (expand1x1 + expand3x3)×H×W.
    Source: F. Iandola et al., SqueezeNet, 2016.
    """

    title: ClassVar[str] = "Fire"
    help: ClassVar[str] = "A 1×1 squeeze, then 1×1 and 3×3 convolutions side by side."
    paper_columns: ClassVar[tuple[tuple[str, str], ...]] = (
        ("reduce", "squeeze"),
        ("1x1", "expand1x1"),
        ("3x3", "expand3x3"),
    )

    squeeze: Annotated[Count, Meta(title="Squeeze", description="Maps of the first 1×1", examples=[16])]
    expand1x1: Annotated[Count, Meta(title="Expand 1×1", description="Maps of the 1×1 after it", examples=[64])]
    expand3x3: Annotated[Count, Meta(title="Expand 3×3", description="Maps of the 3×3 after it", examples=[64])]

    def label(self) -> str:
        return f"fire {self.squeeze}→{self.expand1x1}+{self.expand3x3}"

    def expand(self, channels: int) -> Iterator[Part]:
        yield from convolution("squeeze", self.squeeze, 1)
        yield from convolution("expand1x1", self.expand1x1, 1, ("squeeze/relu",))
        yield from convolution("expand3x3", self.expand3x3, 3, ("squeeze/relu",))
        yield Part("concat", Concat(), ("expand1x1/relu", "expand3x3/relu"))
