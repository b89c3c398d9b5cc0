"""Layers that keep the order of all values, channel by channel and row by row, and change the shape around them."""

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import Annotated, Any, ClassVar

import numpy as np
from msgspec import Meta

from engine.kernels import Checkpoint, Volume
from engine.layers.base import MAX_EXTENT, Count, Extent, Layer, Mask, Mistake, PartRead, Reads, Role, changes_if_valid
from engine.layers.explanation import Explanation, Spot, Target, explain_copy
from engine.layers.fixes import nearest_divisors, setting_fixes
from engine.shapes import Shape, Windows, single_pixels, whole_map
from engine.text.problems import Fix


class _SameOrder(Layer, frozen=True):
    """Value n of the output, counted through channels, rows and columns, is value n of the input."""

    role: ClassVar[Role] = "resampling"
    reads: ClassVar[Reads] = "map"

    def windows(self, received: Shape) -> Windows:
        """The whole map for each pixel, as its channels come from many places; `parts_read` says from which."""
        output = self.output_shape([received])
        if output == received:
            return single_pixels(received)
        size = output.height, output.width
        return whole_map(received)._replace(output=size, repeat=size)

    def channels_read(self, channels: Mask, inputs: Sequence[Shape]) -> Sequence[Mask]:
        """Those of all pixels: per channel of the output, a run of channels of the input."""
        pixels = inputs[0].height * inputs[0].width
        run = inputs[0].size // len(channels)
        chosen = np.flatnonzero(channels)
        edges = np.zeros(inputs[0].channels + 1, np.intp)
        np.add.at(edges, chosen * run // pixels, 1)
        np.add.at(edges, (chosen * run + run - 1) // pixels + 1, -1)
        return [np.cumsum(edges[:-1]) > 0]

    def parts_read(self, channels: Mask, pixels: Mask, inputs: Sequence[Shape]) -> Iterator[PartRead]:
        """Channels of which the same pixels are read are a part."""
        count, height, width = inputs[0]
        read = np.logical_and.outer(channels, pixels).reshape(count, height, width)
        parts: dict[bytes, list[int]] = {}
        for channel in np.flatnonzero(read.any(axis=(1, 2))):
            parts.setdefault(read[channel].tobytes(), []).append(int(channel))
        for members in parts.values():
            mask = np.zeros(count, bool)
            mask[members] = True
            yield PartRead(0, mask, read[members[0]])

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        checkpoint()
        return inputs[0].reshape(self.output_shape([Shape(*inputs[0].shape)]))

    def explain(self, target: Target) -> Explanation:
        received = Shape(*target.inputs[0].shape)
        number = int(np.ravel_multi_index(target.at, self.output_shape([received])))
        source = Spot(*map(int, np.unravel_index(number, received)))
        description = (
            f"Value number {number:,} of the input, counted from 0 through channels, rows and columns. "
            "Nothing is computed."
        )
        return explain_copy(target, source, description)


class Flatten(_SameOrder, frozen=True, tag="flatten"):
    """All values as channels of one pixel: C×H×W → C·H·W×1×1, value (c, y, x) as channel (c·H + y)·W + x."""

    title: ClassVar[str] = "Flatten"
    help: ClassVar[str] = "Makes a channel of every value: maps become one vector."

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return Shape(inputs[0].size, 1, 1)


class Reshape(_SameOrder, frozen=True, tag="reshape"):
    """The same values in another shape: C×H×W → c×h×w with c·h·w = C·H·W, their order unchanged.

    The first of c, h and w that is left out is what remains, C·H·W over the others; further ones are 1.
    """

    title: ClassVar[str] = "Reshape"
    help: ClassVar[str] = "Divides the same values, in their order, into other channels, rows and columns."

    channels: Annotated[
        Count | None, Meta(title="Channels", description="Of the output; left out: the rest of the values")
    ] = None
    height: Annotated[
        Extent | None, Meta(title="Height", description="Of the output; left out: the rest of the values, or 1")
    ] = None
    width: Annotated[
        Extent | None, Meta(title="Width", description="Of the output; left out: the rest of the values, or 1")
    ] = None

    @property
    def _stated(self) -> dict[str, int]:
        sizes = {"channels": self.channels, "height": self.height, "width": self.width}
        return {name: size for name, size in sizes.items() if size is not None}

    @property
    def _sizes(self) -> list[int | None]:
        """Those of the output, None for what remains; of several that are left out, only the first is that."""
        names = self.__struct_fields__
        rest = next((name for name in names if name not in self._stated), "")
        return [None if name == rest else self._stated.get(name, 1) for name in names]

    def mistakes(self, inputs: Sequence[Shape], names: Sequence[str] = ()) -> Iterator[Mistake]:
        values, stated = inputs[0].size, self._stated
        size = prod(stated.values())
        has_rest = len(stated) < len(self.__struct_fields__)
        if not (values % size if has_rest else values != size):
            return
        product = " × ".join(f"{name} {number}" for name, number in stated.items())
        product += f" = {size:,}" if len(stated) > 1 else ""
        claim = f"does not divide the {values:,} input values" if has_rest else f"is not the {values:,} input values"
        setting = next((name for name, number in stated.items() if values % (size // number) == 0), "")
        fixes = [Fix("All values as channels", tuple((name, None) for name in stated))]
        if setting:
            rest = values // (size // stated[setting])
            sizes = nearest_divisors(rest, stated[setting]) if has_rest else (rest,)
            fixes[:0] = setting_fixes(setting, [size for size in sizes if size <= MAX_EXTENT])
        yield Mistake(next(iter(stated)), f"{product} {claim}", tuple(fixes))

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        rest = inputs[0].size // prod(self._stated.values())
        return Shape(*(rest if size is None else size for size in self._sizes))

    def changes_for(self, output: Shape, inputs: Sequence[Shape]) -> tuple[tuple[str, Any], ...]:
        return changes_if_valid(self, tuple(output._asdict().items()), output, inputs)

    def label(self) -> str:
        return f"reshape {'×'.join('rest' if size is None else str(size) for size in self._sizes)}"
