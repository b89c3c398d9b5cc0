"""Layers that take channels out, change their order, or make pixels of them: no value is computed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from engine.kernels import Checkpoint, Volume, reordering
from engine.layers.base import Count, Layer, Margin, Mask, Mistake, PartRead, Reads, Role, changes_if_valid
from engine.layers.explanation import Explanation, Spot, Target, explain_copy
from engine.layers.fixes import setting_fixes
from engine.layers.groups import group_mistakes
from engine.shapes import Shape, Windows
from engine.text.units import count_text


class Slice(Layer, frozen=True, tag="slice"):
    """Some of the channels, one after the other: C×H×W → (end − start)×H×W."""

    title: ClassVar[str] = "Channel slice"
    help: ClassVar[str] = "Takes some of the channels; two of them split a volume."
    role: ClassVar[Role] = "elementwise"
    reads: ClassVar[Reads] = "pixel"

    start: Annotated[Margin, Meta(title="Start", description="First channel, counted from 0")] = 0
    end: Annotated[Count | None, Meta(title="End", description="One past the last channel; left out: to the last")] = (
        None
    )

    def mistakes(self, inputs: Sequence[Shape], names: Sequence[str] = ()) -> Iterator[Mistake]:
        channels = inputs[0].channels
        if self.end is not None and self.end > channels:
            yield Mistake(
                "end", f"end {self.end} is beyond the {channels} input channels", setting_fixes("end", [channels])
            )
        elif self.start >= self._end(channels):
            text = f"start {self.start} leaves none of the channels up to {self._end(channels)}"
            yield Mistake("start", text, setting_fixes("start", [self._end(channels) - 1]))

    def _end(self, channels: int) -> int:
        return channels if self.end is None else self.end

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        channels, height, width = inputs[0]
        return Shape(self._end(channels) - self.start, height, width)

    def changes_for(self, output: Shape, inputs: Sequence[Shape]) -> tuple[tuple[str, Any], ...]:
        return changes_if_valid(self, (("end", self.start + output.channels),), output, inputs)

    def channels_read(self, channels: Mask, inputs: Sequence[Shape]) -> Sequence[Mask]:
        mask = np.zeros(inputs[0].channels, bool)
        mask[self.start : self.start + len(channels)] = channels
        return [mask]

    def label(self) -> str:
        return f"channels {self.start}…{'' if self.end is None else self.end - 1}"

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        return reordering.pick_channels(inputs[0], np.arange(self.start, self._end(len(inputs[0]))), checkpoint)

    def explain(self, target: Target) -> Explanation:
        count = count_text(self._end(len(target.inputs[0])) - self.start, "channel")
        description = f"The volume is {count} of the input, from channel {self.start} on. Nothing is computed."
        return explain_copy(target, Spot(target.at.channel + self.start, *target.at[1:]), description)


class ChannelShuffle(Layer, frozen=True, tag="channel_shuffle"):
    """The channels of all groups by turns: channel c comes from number ⌊c/g⌋ of group c mod g.

    Source: X. Zhang et al., ShuffleNet, 2017.
    """

    title: ClassVar[str] = "Channel shuffle"
    help: ClassVar[str] = "Takes channels of all groups by turns, so that the next groups mix them."
    role: ClassVar[Role] = "elementwise"
    reads: ClassVar[Reads] = "pixel"

    groups: Annotated[Count, Meta(title="Groups", description="Groups of channels that are mixed", examples=[2])]

    def mistakes(self, inputs: Sequence[Shape], names: Sequence[str] = ()) -> Iterator[Mistake]:
        yield from group_mistakes(self.groups, inputs[0].channels)

    def _sources(self, channels: int) -> NDArray[np.intp]:
        return np.arange(channels).reshape(self.groups, -1).T.ravel()

    def channels_read(self, channels: Mask, inputs: Sequence[Shape]) -> Sequence[Mask]:
        mask = np.zeros_like(channels)
        mask[self._sources(len(channels))[channels]] = True
        return [mask]

    def label(self) -> str:
        return f"shuffle, {count_text(self.groups, 'group')}"

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        return reordering.pick_channels(inputs[0], self._sources(len(inputs[0])), checkpoint)

    def explain(self, target: Target) -> Explanation:
        number, group = divmod(target.at.channel, self.groups)
        source = int(self._sources(len(target.inputs[0]))[target.at.channel])
        description = (
            f"The channels of {count_text(self.groups, 'group')} by turns: this is number {number} of group {group}. "
            "Nothing is computed."
        )
        return explain_copy(target, Spot(source, *target.at[1:]), description)


class _Shuffle(Layer, frozen=True):
    """The settings of pixels as channels."""

    role: ClassVar[Role] = "resampling"
    reads: ClassVar[Reads] = "windows"

    factor: Annotated[
        int, Meta(ge=1, le=1000, title="Factor", description="Height and width of a square of pixels", examples=[2])
    ]
    order: Annotated[
        Literal["crd", "dcr"],
        Meta(title="Order", description="Which channels are a square: crd, neighbours; dcr, those an equal step apart"),
    ] = "crd"

    def windows(self, received: Shape) -> Windows:
        """A pixel for each value of a square that is made, or a square for each value that it becomes."""
        _, height, width = self.output_shape([received])
        side = max(received.height // height, 1), max(received.width // width, 1)
        repeat = max(height // received.height, 1), max(width // received.width, 1)
        return Windows(side, side, (1, 1), (0, 0, 0, 0), (height, width), repeat)

    def channels_read(self, channels: Mask, inputs: Sequence[Shape]) -> Sequence[Mask]:
        """Those of all pixels; `parts_read` says which of them a pixel reads."""
        _, height, width = self.output_shape(inputs)
        parts = self.parts_read(channels, np.ones((height, width), bool), inputs)
        return [np.logical_or.reduce([part.channels for part in parts])]

    def parts_read(self, channels: Mask, pixels: Mask, inputs: Sequence[Shape]) -> Iterator[PartRead]:
        raise NotImplementedError  # both kinds have it; a Struct cannot be an ABC

    def _channel_of(self, channels: Any, place: int, count: int) -> Any:
        """The channel of the deep volume that is at a place in the squares of each of `count` channels."""
        return channels * self.factor**2 + place if self.order == "crd" else place * count + channels

    def _place_of(self, channel: int, count: int) -> tuple[int, int]:
        """The channel of the flat volume and the place in its squares that are a channel of the deep one."""
        if self.order == "crd":
            return divmod(channel, self.factor**2)
        place, own = divmod(channel, count)
        return own, place


class PixelShuffle(_Shuffle, frozen=True, tag="pixel_shuffle"):
    """Channels become squares of r×r pixels: C·r²×H×W → C×rH×rW.

    Value (c, y, x) comes from channel c·r² + (y mod r)·r + x mod r, or with "dcr" ((y mod r)·r + x mod r)·C + c, at
    (⌊y/r⌋, ⌊x/r⌋). Source: W. Shi et al., Real-time single image and video super-resolution, 2016.
    """

    title: ClassVar[str] = "Pixel shuffle"
    help: ClassVar[str] = "Makes squares of pixels of groups of channels: larger maps without weights."

    def mistakes(self, inputs: Sequence[Shape], names: Sequence[str] = ()) -> Iterator[Mistake]:
        channels, square = inputs[0].channels, self.factor**2
        if channels % square:
            factors = [factor for factor in range(self.factor - 1, 0, -1) if not channels % factor**2][:1]
            text = f"factor {self.factor}: squares of {square} pixels do not divide the {channels} input channels"
            yield Mistake("factor", text, setting_fixes("factor", factors))

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        channels, height, width = inputs[0]
        return Shape(channels // self.factor**2, height * self.factor, width * self.factor)

    def parts_read(self, channels: Mask, pixels: Mask, inputs: Sequence[Shape]) -> Iterator[PartRead]:
        for place in range(self.factor**2):
            down, across = divmod(place, self.factor)
            mask = np.zeros(inputs[0].channels, bool)
            mask[self._channel_of(np.flatnonzero(channels), place, len(channels))] = True
            yield PartRead(0, mask, pixels[down :: self.factor, across :: self.factor])

    def label(self) -> str:
        return f"pixel shuffle ×{self.factor}"

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        count = len(inputs[0]) // self.factor**2
        return reordering.pixel_shuffle(
            inputs[0], self.factor, lambda channels, place: self._channel_of(channels, place, count), checkpoint
        )

    def explain(self, target: Target) -> Explanation:
        channel, y, x = target.at
        place = y % self.factor * self.factor + x % self.factor
        source = self._channel_of(channel, place, len(target.inputs[0]) // self.factor**2)
        description = (
            f"A square of {self.factor}×{self.factor} pixels is made of as many channels; this one is number {place}. "
            "Nothing is computed."
        )
        return explain_copy(target, Spot(source, y // self.factor, x // self.factor), description)


class PixelUnshuffle(_Shuffle, frozen=True, tag="pixel_unshuffle"):
    """Squares of r×r pixels become channels, the inverse of a pixel shuffle: C×rH×rW → C·r²×H×W."""

    title: ClassVar[str] = "Pixel unshuffle"
    help: ClassVar[str] = "Makes channels of squares of pixels: smaller maps, and nothing is lost."

    def mistakes(self, inputs: Sequence[Shape], names: Sequence[str] = ()) -> Iterator[Mistake]:
        _, height, width = inputs[0]
        if height % self.factor or width % self.factor:
            factors = [n for n in range(self.factor - 1, 0, -1) if not height % n and not width % n][:1]
            text = f"factor {self.factor} does not divide the height and width of {height}×{width}"
            yield Mistake("factor", text, setting_fixes("factor", factors))

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        channels, height, width = inputs[0]
        return Shape(channels * self.factor**2, height // self.factor, width // self.factor)

    def parts_read(self, channels: Mask, pixels: Mask, inputs: Sequence[Shape]) -> Iterator[PartRead]:
        count, height, width = inputs[0]
        for place in range(self.factor**2):
            down, across = divmod(place, self.factor)
            read = np.zeros((height, width), bool)
            read[down :: self.factor, across :: self.factor] = pixels
            yield PartRead(0, channels[self._channel_of(np.arange(count), place, count)], read)

    def label(self) -> str:
        return f"pixel unshuffle /{self.factor}"

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        count = len(inputs[0])
        return reordering.pixel_unshuffle(
            inputs[0], self.factor, lambda channels, place: self._channel_of(channels, place, count), checkpoint
        )

    def explain(self, target: Target) -> Explanation:
        channel, place = self._place_of(target.at.channel, len(target.inputs[0]))
        down, across = divmod(place, self.factor)
        y, x = target.at.y * self.factor + down, target.at.x * self.factor + across
        description = (
            f"Each square of {self.factor}×{self.factor} pixels becomes as many channels; this is pixel {place} of it. "
            "Nothing is computed."
        )
        return explain_copy(target, Spot(channel, y, x), description)
