"""Inception: four branches from one volume, joined along channels."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from msgspec import Meta

from engine.blocks.base import INPUT, Block, Part, convolution
from engine.layers import Concat, MaxPool2d
from engine.layers.base import Count, Margin


class Inception(Block, frozen=True, tag="inception"):
    """1×1, 3×3 and 5×5 convolutions and max pooling side by side, the larger ones after 1×1 reductions.

    C×H×W → (n1x1 + n3x3 + n5x5 + pool_proj or C)×H×W. 0 maps omit a reduction or the projection: the naive form.
    Source: C. Szegedy et al., Going deeper with convolutions, 2014.
    """

    title: ClassVar[str] = "Inception"
    help: ClassVar[str] = "1×1, 3×3, 5×5 and pooling side by side, after 1×1 reductions."
    paper_columns: ClassVar[tuple[tuple[str, str], ...]] = (
        ("1x1", "n1x1"),
        ("3x3_reduce", "n3x3_reduce"),
        ("3x3", "n3x3"),
        ("5x5_reduce", "n5x5_reduce"),
        ("5x5", "n5x5"),
        ("pool_proj", "pool_proj"),
    )

    n1x1: Annotated[Count, Meta(title="1×1", description="Maps of the 1×1 branch", examples=[64])]
    n3x3_reduce: Annotated[Margin, Meta(title="3×3 reduce", description="Maps before the 3×3; 0: none", examples=[96])]
    n3x3: Annotated[Count, Meta(title="3×3", description="Maps of the 3×3 branch", examples=[128])]
    n5x5_reduce: Annotated[Margin, Meta(title="5×5 reduce", description="Maps before the 5×5; 0: none", examples=[16])]
    n5x5: Annotated[Count, Meta(title="5×5", description="Maps of the 5×5 branch", examples=[32])]
    pool_proj: Annotated[
        Margin, Meta(title="Pool projection", description="Maps of the 1×1 after the pooling; 0: none", examples=[32])
    ]

    def label(self) -> str:
        branches = [f"{narrow}→{wide}" if narrow else str(wide) for narrow, wide in self._reduced_branches()]
        return f"inception {self.n1x1}, {', '.join(branches)}, {f'pool→{self.pool_proj}' if self.pool_proj else 'pool'}"

    def expand(self, channels: int) -> Iterator[Part]:
        yield from convolution("1x1", self.n1x1, 1, (INPUT,))
        ends = ["1x1/relu"]
        for size, (narrow, wide) in zip((3, 5), self._reduced_branches(), strict=True):
            name = f"{size}x{size}"
            if narrow:
                yield from convolution(f"{name}_reduce", narrow, 1, (INPUT,))
            yield from convolution(name, wide, size, () if narrow else (INPUT,))
            ends.append(f"{name}/relu")
        yield Part("pool", MaxPool2d(3, 1, 1), (INPUT,))
        if self.pool_proj:
            yield from convolution("pool_proj", self.pool_proj, 1)
        yield Part("concat", Concat(), (*ends, "pool_proj/relu" if self.pool_proj else "pool"))

    def _reduced_branches(self) -> tuple[tuple[int, int], ...]:
        return (self.n3x3_reduce, self.n3x3), (self.n5x5_reduce, self.n5x5)
