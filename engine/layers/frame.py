"""Layers that add rows and columns around maps, or cut them off."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np
from msgspec import Meta

from engine.kernels import Checkpoint, Volume, frames, resizing
from engine.layers.base import Finite, HeightWidth, Layer, Margin, Mask, Mistake, Reads, Role
from engine.layers.explanation import Explanation, Spot, Target, explain_copy
from engine.layers.fixes import setting_fixes
from engine.layers.windows import check_padding, four_sides, normalise_spelling, pair, setting_text
from engine.shapes import Margins, Shape, Windows
from engine.text.units import number_text

_Sides = Margin | Annotated[tuple[Margin, ...], Meta(min_length=2, max_length=4)]


class FoldedSpans(NamedTuple):
    """What the values of a padded axis read: those beyond an end its last value, or the axis reflected there."""

    extent: int
    before: int
    is_reflected: bool

    def places(self, index: Any) -> Any:
        place = np.asarray(index) - self.before
        if not self.is_reflected:
            return np.clip(place, 0, self.extent - 1)
        place = np.abs(place)
        return np.where(place < self.extent, place, 2 * (self.extent - 1) - place)

    def at(self, index: Any) -> tuple[Any, Any]:
        places = self.places(index)
        return places, places + 1


class _Frame(Layer, frozen=True):
    """The base of layers with a number of rows and columns on each side."""

    role: ClassVar[Role] = "resampling"
    reads: ClassVar[Reads] = "windows"

    margins: Annotated[_Sides, Meta(title="Margins", description="Rows and columns on each side", examples=[1])]

    def __post_init__(self) -> None:
        check_padding(self.margins, "margins")
        normalise_spelling(self, "margins")

    @property
    def _sides(self) -> Margins:
        return four_sides(self.margins)

    def windows(self, received: Shape) -> Windows:
        return _single_windows(received, self._sides)

    def channels_read(self, channels: Mask, inputs: Sequence[Shape]) -> Sequence[Mask]:
        return [channels]

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return Shape(inputs[0].channels, *self.windows(inputs[0]).output)

    def label(self) -> str:
        sides = (self.margins,) if isinstance(self.margins, int) else self.margins
        return f"{self.kind} {('×' if len(sides) == 2 else '/').join(map(str, sides))}"


class Pad(_Frame, frozen=True, tag="pad"):
    """Rows and columns around maps: C×H×W → C×(H + top + bottom)×(W + left + right).

    constant: all of one value; reflect: the maps reflected at their first and last rows and columns; edge: those rows
    and columns repeated.
    """

    title: ClassVar[str] = "Pad"
    help: ClassVar[str] = "Adds rows and columns around maps: a constant, a reflection, or the edge repeated."

    mode: Annotated[
        Literal["constant", "reflect", "edge"], Meta(title="Mode", description="What the added values are")
    ] = "constant"
    value: Annotated[Finite, Meta(title="Value", description="Of constant margins")] = 0.0

    def mistakes(self, inputs: Sequence[Shape], names: Sequence[str] = ()) -> Iterator[Mistake]:
        _, height, width = inputs[0]
        sides = self._sides
        limits = height - 1, width - 1, height - 1, width - 1
        if self.mode == "reflect" and any(side > most for side, most in zip(sides, limits, strict=True)):
            yield Mistake(
                "margins",
                f"margins {list(sides)} (top, left, bottom, right) reflect more than there is of {height}×{width}: "
                f"at most {height - 1} above and below, {width - 1} left and right",
                setting_fixes("margins", [tuple(map(min, sides, limits))]) + setting_fixes("mode", ["edge"]),
            )

    def windows(self, received: Shape) -> Windows:
        windows = super().windows(received)
        if self.mode == "constant":
            return windows
        rows, columns = self._spans(received)
        return windows._replace(margins=(0, 0, 0, 0), uneven=(rows, columns))

    def _spans(self, received: Shape) -> tuple[FoldedSpans, FoldedSpans]:
        is_reflected = self.mode == "reflect"
        top, left, _, _ = self._sides
        return FoldedSpans(received.height, top, is_reflected), FoldedSpans(received.width, left, is_reflected)

    def label(self) -> str:
        return super().label() + ("" if self.mode == "constant" and not self.value else f", {self._filling()}")

    def _filling(self) -> str:
        return f"{self.value:g}" if self.mode == "constant" else self.mode

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        shape = Shape(*inputs[0].shape)
        extent = self.windows(shape).output
        if self.mode == "constant":
            return frames.frame(inputs[0], self._sides[:2], extent, self.value, checkpoint)
        pairs = zip(self._spans(shape), extent, strict=True)
        rows, columns = (resizing.Places.at(spans.places(np.arange(count))) for spans, count in pairs)
        return resizing.resize(inputs[0], rows, columns, checkpoint)

    def explain(self, target: Target) -> Explanation:
        shape, (channel, y, x) = Shape(*target.inputs[0].shape), target.at
        top, left, _, _ = self._sides
        is_inside = top <= y < top + shape.height and left <= x < left + shape.width
        if not is_inside and self.mode == "constant":
            formula = (f"{target.title} = value", f"= {number_text(self.value)}")
            return Explanation(target.at, self.value, "A value of the margin, the same everywhere.", formula)
        row, column = y - top, x - left
        if not is_inside:
            row, column = (int(spans.places(place)) for spans, place in zip(self._spans(shape), (y, x), strict=True))
        words = {
            "reflect": "A value of the margin: the map reflected at its edge.",
            "edge": "A value of the margin: that of the nearest pixel of the map.",
        }
        description = "A value of the input, unchanged." if is_inside else words[self.mode]
        return explain_copy(target, Spot(channel, row, column), description)


class Crop(_Frame, frozen=True, tag="crop"):
    """Maps without their outer rows and columns: C×H×W → C×(H − top − bottom)×(W − left − right).

    With a step s only each s-th row and column of these, from the first on: ⌈…/s⌉ of them.
    """

    title: ClassVar[str] = "Crop"
    help: ClassVar[str] = "Cuts rows and columns off around maps, or takes only each second of them."

    step: Annotated[HeightWidth, Meta(title="Step", description="From one row or column that is kept to the next")] = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        normalise_spelling(self, "step")

    def mistakes(self, inputs: Sequence[Shape], names: Sequence[str] = ()) -> Iterator[Mistake]:
        _, height, width = inputs[0]
        top, left, bottom, right = self._sides
        if top + bottom >= height or left + right >= width:
            most = (min(top, (height - 1) // 2), min(left, (width - 1) // 2)) * 2
            text = f"margins {list(self._sides)} (top, left, bottom, right) leave nothing of {height}×{width}"
            yield Mistake("margins", text, setting_fixes("margins", [most]))

    def windows(self, received: Shape) -> Windows:
        top, left, bottom, right = self._sides
        windows, step = _single_windows(received, (-top, -left, -bottom, -right)), pair(self.step)
        height, width = (-(-extent // gap) for extent, gap in zip(windows.output, step, strict=True))
        return windows._replace(stride=step, output=(height, width))

    def label(self) -> str:
        if self.step == 1:
            return super().label()
        return f"{super().label() if any(self._sides) else self.kind} /{setting_text(self.step)}"

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        (top, left, _, _), (down, across) = self._sides, pair(self.step)
        extent = self.windows(Shape(*inputs[0].shape)).output
        return frames.frame(inputs[0][:, top::down, left::across], (0, 0), extent, 0.0, checkpoint)

    def explain(self, target: Target) -> Explanation:
        (top, left, _, _), (down, across) = self._sides, pair(self.step)
        source = Spot(target.at.channel, target.at.y * down + top, target.at.x * across + left)
        rest = "rows and columns around it are cut off" if any(self._sides) else "others are left out"
        return explain_copy(target, source, f"A value of the input, unchanged; {rest}.")


def _single_windows(received: Shape, margins: Margins) -> Windows:
    """Windows of one pixel with these margins, which are below 0 where pixels are left out."""
    top, left, bottom, right = margins
    output = received.height + top + bottom, received.width + left + right
    return Windows((1, 1), (1, 1), (1, 1), margins, output)
