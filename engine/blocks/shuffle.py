"""The unit of ShuffleNet v2: half of the channels pass by, the others are computed, and both are shuffled."""

from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar

from msgspec import Meta

from engine.blocks.base import INPUT, Block, Part, convolution
from engine.layers import ChannelShuffle, Concat, Mistake, Slice
from engine.layers.base import Count, Extent
from engine.layers.fixes import nearest_multiples, setting_fixes
from engine.shapes import Shape


class ShuffleUnit(Block, frozen=True, tag="shuffle_unit"):
    """Stride 1: one half of the channels unchanged beside 1×1, 3×3 per channel and 1×1 of the other; else two branches.

    C×H×W → filters×⌈H/s⌉×⌈W/s⌉; with stride 1, filters = C. A stride has both branches read all channels.
    Source: N. Ma et al., ShuffleNet V2: practical guidelines for efficient CNN architecture design, 2018.
    """

    title: ClassVar[str] = "ShuffleNet unit"
    help: ClassVar[str] = "Computes half of the channels, passes the others on, and shuffles both."
    paper_columns: ClassVar[tuple[tuple[str, str], ...]] = (("1x1", "filters"),)

    filters: Annotated[Count, Meta(title="Filters", description="Number of output maps, even", examples=[116])]
    stride: Annotated[Extent, Meta(title="Stride", description="Pixels between neighbouring windows")] = 1

    def mistakes(self, inputs: Sequence[Shape], names: Sequence[str] = ()) -> Iterator[Mistake]:
        channels = inputs[0].channels
        if self.filters % 2:
            fixes = setting_fixes("filters", nearest_multiples(2, self.filters))
            yield Mistake("filters", f"filters {self.filters} are not two equal halves; 2 have to divide them", fixes)
        elif self.stride == 1 and self.filters != channels:
            text = f"filters {self.filters} at stride 1 have to be the {channels} input channels, half of which pass"
            fixes = setting_fixes("filters", [channels]) if not channels % 2 else ()
            yield Mistake("filters", text, fixes + setting_fixes("stride", [2]))

    def label(self) -> str:
        return f"shuffle unit{'' if self.stride == 1 else f' /{self.stride}'}→{self.filters}"

    def expand(self, channels: int) -> Iterator[Part]:
        half = self.filters // 2
        if self.stride == 1:
            yield Part("pass", Slice(0, half), (INPUT,))
            yield Part("take", Slice(half), (INPUT,))
            ends, start = "pass", "take"
        else:
            yield from self._depthwise("shortcut/depthwise", channels, INPUT)
            yield from convolution("shortcut/pointwise", half, 1, padding=0, normalized=True)
            ends, start = "shortcut/pointwise/relu", INPUT
        yield from convolution("reduce", half, 1, (start,), padding=0, normalized=True)
        yield from self._depthwise("depthwise", half, "reduce/relu")
        yield from convolution("pointwise", half, 1, padding=0, normalized=True)
        yield Part("concat", Concat(), (ends, "pointwise/relu"))
        yield Part("shuffle", ChannelShuffle(2))

    def _depthwise(self, name: str, channels: int, source: str) -> Iterator[Part]:
        return convolution(
            name,
            channels,
            3,
            (source,),
            stride=self.stride,
            padding=1,
            groups=channels,
            normalized=True,
            function=None,
        )
