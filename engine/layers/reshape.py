"""Layers that move each value by its place alone: to other channels, rows and columns, for the shape of the volume."""

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import Annotated, Any, ClassVar, Literal, get_args

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from engine.kernels import Checkpoint, Volume, reordering
from engine.layers.base import MAX_EXTENT, Count, Extent, Layer, Mask, Mistake, PartRead, Reads, Role, changes_if_valid
from engine.layers.explanation import Explanation, Spot, Target, explain_copy
from engine.layers.fixes import nearest_divisors, setting_fixes
from engine.shapes import Shape, Windows, single_pixels, whole_map
from engine.text.problems import Fix


class _Moved(Layer, frozen=True):
    """The base of layers whose output has each value of the input once."""

    role: ClassVar[Role] = "resampling"
    reads: ClassVar[Reads] = "map"

    def windows(self, received: Shape) -> Windows:
        """The whole map for each pixel, as its channels come from many places; `parts_read` says from which."""
        _, height, width = self.output_shape([received])
        return whole_map(received)._replace(output=(height, width), repeat=(height, width))

    def channels_read(self, channels: Mask, inputs: Sequence[Shape]) -> Sequence[Mask]:
        """Those of all pixels; `parts_read` says which of them a pixel reads."""
        _, height, width = self.output_shape(inputs)
        chosen = np.broadcast_to(channels[:, None, None], (len(channels), height, width))
        return [np.logical_or.reduce(self._read(chosen, inputs[0]), axis=(1, 2))]

    def parts_read(self, channels: Mask, pixels: Mask, inputs: Sequence[Shape]) -> Iterator[PartRead]:
        """Channels of which the same pixels are read are a part."""
        count = inputs[0].channels
        read = self._read(np.logical_and.outer(channels, pixels), inputs[0])
        parts: dict[bytes, list[int]] = {}
        for channel in np.flatnonzero(read.any(axis=(1, 2))):
            parts.setdefault(read[channel].tobytes(), []).append(int(channel))
        for members in parts.values():
            mask = np.zeros(count, bool)
            mask[members] = True
            yield PartRead(0, mask, read[members[0]])

    def _read(self, chosen: NDArray[np.bool_], received: Shape) -> NDArray[np.bool_]:
        """Which values of the input are these of the output."""
        raise NotImplementedError  # every kind has it; a Struct cannot be an ABC


class _SameOrder(_Moved, frozen=True):
    """Value n of the output, counted through channels, rows and columns, is value n of the input."""

    def windows(self, received: Shape) -> Windows:
        """The same pixel if the shape stays the same; else the whole map."""
        is_same = self.output_shape([received]) == received
        return single_pixels(received) if is_same else super().windows(received)

    def general_form(self, inputs: Sequence[Shape]) -> Layer:
        return Reshape(*self.output_shape(inputs))

    def _read(self, chosen: NDArray[np.bool_], received: Shape) -> NDArray[np.bool_]:
        return chosen.reshape(received)

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


Order = Literal["cwh", "hcw", "hwc", "wch", "whc"]
"""Which axes of the input become channels, rows and columns: c channels, h rows, w columns."""


class Transpose(_Moved, frozen=True, tag="transpose"):
    """The axes in another order: with "hwc" C×H×W → H×W×C, value (c, y, x) as (y, x, c)."""

    title: ClassVar[str] = "Transpose"
    help: ClassVar[str] = "Puts channels, rows and columns in another order, as before a flatten with channels last."

    order: Annotated[
        Order,
        Meta(title="Order", description="What becomes channels, rows and columns: c, h and w", examples=["hwc"]),
    ]

    def general_form(self, inputs: Sequence[Shape]) -> Layer:
        """A reshape if all axes that move past others have one value."""
        longer = [axis for axis in self.axes if inputs[0][axis] > 1]
        return Reshape(*self.output_shape(inputs)) if longer == sorted(longer) else self

    @property
    def axes(self) -> tuple[int, int, int]:
        """The axes of the input in the order in which the output has them."""
        channels, rows, columns = ("chw".index(letter) for letter in self.order)
        return channels, rows, columns

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return Shape(*(inputs[0][axis] for axis in self.axes))

    def changes_for(self, output: Shape, inputs: Sequence[Shape]) -> tuple[tuple[str, Any], ...]:
        changes = (changes_if_valid(self, (("order", order),), output, inputs) for order in get_args(Order))
        return next(filter(None, changes), ())

    def _read(self, chosen: NDArray[np.bool_], received: Shape) -> NDArray[np.bool_]:
        return chosen.transpose([self.axes.index(axis) for axis in range(3)])

    def label(self) -> str:
        return f"transpose {self.order.upper()}"

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        return reordering.transpose(inputs[0], self.axes, checkpoint)

    def explain(self, target: Target) -> Explanation:
        source = Spot(*(target.at[self.axes.index(axis)] for axis in range(3)))
        names = {"c": "channels", "h": "rows", "w": "columns"}
        old = ", ".join(names[letter] for letter in self.order)
        description = f"Channels, rows and columns are the {old} of the input. Nothing is computed."
        return explain_copy(target, source, description)
