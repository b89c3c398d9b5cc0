"""The layer that changes the size of maps by repeating or mixing their values."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np
from msgspec import Meta
from msgspec.structs import replace
from numpy.typing import NDArray

from engine.kernels import Checkpoint, Volume, resizing
from engine.layers.base import MAX_EXTENT, HeightWidth, Layer, Mask, Mistake, Reads, Role, changes_if_valid
from engine.layers.explanation import Explanation, Target, read_window
from engine.layers.fixes import setting_fixes
from engine.layers.weighted_sum import explain_weighted_sum
from engine.layers.windows import normalise_spelling, pair, size_text
from engine.shapes import Pair, Shape, Windows, single_pixels
from engine.text.units import number_text

Mode = Literal["nearest", "bilinear"]
Corners = Literal["half_pixel", "align_corners", "asymmetric"]


@lru_cache(maxsize=256)
def _exact_fraction(number: float) -> Fraction:
    return Fraction(number).limit_denominator(100_000)


class ResampledSpans(NamedTuple):
    """The values between which those of a resized axis lie: value i lies at (a·i + b)/d, within 0 to n − 1."""

    extent: int
    """n, that of the input."""
    scale: int
    offset: int
    divisor: int
    is_linear: bool
    rounds_down: bool
    """Whether the nearest value is the one before; else a half is rounded up."""

    def places(self, index: Any) -> resizing.Places:
        """The places that the values at each of an array of indices lie between."""
        position = np.asarray(index) * self.scale + self.offset
        if not self.is_linear:
            half = 0 if self.rounds_down else self.divisor
            nearest = (2 * position + half) // (2 * self.divisor)
            nearest = np.clip(nearest, 0, self.extent - 1)
            return resizing.Places.at(nearest)
        position = np.clip(position, 0, (self.extent - 1) * self.divisor)
        first, rest = position // self.divisor, position % self.divisor
        return resizing.Places(first, first + (rest > 0), rest / self.divisor)

    def at(self, index: Any) -> tuple[Any, Any]:
        places = self.places(index)
        return places.first, places.second + 1


class Resize(Layer, frozen=True, tag="resize"):
    """Maps of another size: C×H×W → C×h×w, h = ⌊H·factor⌋, or h and w as stated.

    Pixel i of an axis lies at x of the input: half_pixel x = (i + ½)·H/h − ½, the centres of pixels as if both were one
    picture; align_corners x = i·(H − 1)/(h − 1), so that the first and last pixels agree; asymmetric x = i·H/h. With a
    factor, 1/factor stands for H/h. Nearest takes the value at ⌊x + ½⌋, asymmetric at ⌊x⌋; bilinear mixes the two
    values before and after x along both axes.
    Source: PyTorch, interpolate; ONNX, Resize.
    """

    title: ClassVar[str] = "Resize"
    help: ClassVar[str] = "Enlarges or reduces maps without weights: repeats values, or mixes neighbours."
    role: ClassVar[Role] = "resampling"
    reads: ClassVar[Reads] = "windows"

    factor: Annotated[
        float,
        Meta(gt=0.0, le=MAX_EXTENT, title="Factor", description="Of height and width; below 1: smaller"),
    ] = 2.0
    size: Annotated[
        HeightWidth | None,
        Meta(title="Size", description="Height and width of the output; left out: the scaled input"),
    ] = None
    mode: Annotated[Mode, Meta(title="Mode", description="The nearest value, or a mean of four")] = "nearest"
    corners: Annotated[
        Corners, Meta(title="Corners", description="What the output's pixels correspond to on the input")
    ] = "half_pixel"

    def __post_init__(self) -> None:
        normalise_spelling(self, "size")

    def windows(self, received: Shape) -> Windows:
        output = self._output(received)
        if output == received[1:]:
            return single_pixels(received)
        spans = self._spans(received)
        kernel = (2, 2) if self.mode == "bilinear" else (1, 1)
        return Windows(kernel, (1, 1), (1, 1), (0, 0, 0, 0), output, uneven=spans)

    def _output(self, received: Shape) -> Pair:
        if self.size is not None:
            return pair(self.size)
        factor = self._exact_factor
        height, width = (extent * factor.numerator // factor.denominator for extent in received[1:])
        return height, width

    @property
    def _exact_factor(self) -> Fraction:
        """The factor as a fraction of integers, with which places are computed exactly: 1/3 for 0.3333333."""
        return _exact_fraction(self.factor)

    def _spans(self, received: Shape) -> tuple[ResampledSpans, ResampledSpans]:
        height, width = self._output(received)
        return self._axis_spans(received.height, height), self._axis_spans(received.width, width)

    def _axis_spans(self, extent: int, count: int) -> ResampledSpans:
        step = 1 / self._exact_factor if self.size is None else Fraction(extent, count)
        if extent == count:
            step = Fraction(1)
        if self.corners == "align_corners":
            scale, offset, divisor = extent - 1, 0, max(count - 1, 1)
            scale = scale if count > 1 else 0
        elif self.corners == "asymmetric":
            scale, offset, divisor = step.numerator, 0, step.denominator
        else:
            scale, offset, divisor = 2 * step.numerator, step.numerator - step.denominator, 2 * step.denominator
        rounds_down = self.corners == "asymmetric"
        return ResampledSpans(extent, scale, offset, divisor, self.mode == "bilinear", rounds_down)

    def sources(self, received: Shape, axis: int) -> NDArray[np.intp]:
        """The row (axis 0) or column (axis 1) of the input before or at which each of the output lies."""
        places: NDArray[np.intp] = self._spans(received)[axis].places(np.arange(self._output(received)[axis])).first
        return places

    def channels_read(self, channels: Mask, inputs: Sequence[Shape]) -> Sequence[Mask]:
        return [channels]

    def mistakes(self, inputs: Sequence[Shape], names: Sequence[str] = ()) -> Iterator[Mistake]:
        height, width = self._output(inputs[0])
        if self._exact_factor <= 0 or min(height, width) < 1:
            smallest = min(inputs[0][1:])
            text = f"factor {self.factor:g} leaves less than a pixel of {inputs[0].height}×{inputs[0].width}"
            yield Mistake("factor", text, setting_fixes("factor", [1 / smallest]))

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return Shape(inputs[0].channels, *self._output(inputs[0]))

    def changes_for(self, output: Shape, inputs: Sequence[Shape]) -> tuple[tuple[str, Any], ...]:
        return changes_if_valid(self, (("size", output[1:]),), output, inputs)

    def patch_size(self, received: Shape | None) -> str | None:
        return size_text(pair(self.size)) if self.size is not None else f"×{self.factor:g}"

    def operations(self, inputs: Sequence[Shape], output: Shape) -> dict[str, int]:
        return {self.mode: output.size}

    def label(self) -> str:
        to = f"to {size_text(pair(self.size))}" if self.size is not None else f"×{self.factor:g}"
        return f"{self.mode} {to}"

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        shape = Shape(*inputs[0].shape)
        pairs = zip(self._spans(shape), self._output(shape), strict=True)
        rows, columns = (spans.places(np.arange(count)) for spans, count in pairs)
        return resizing.resize(inputs[0], rows, columns, checkpoint)

    def explain(self, target: Target) -> Explanation:
        channel, y, x = target.at
        shape = Shape(*target.inputs[0].shape)
        window = read_window(target.inputs[0], self.windows(shape), y, x, slice(channel, channel + 1))
        if window.inside.size == 1:
            row, column = window.rows[0], window.columns[0]
            result = float(window.values[0, 0, 0])
            formula = (f"{target.title} = in[{channel}, {row}, {column}]", f"= {number_text(result)}")
            nearest = "The nearest value of the same channel" if self.mode == "nearest" else "A value of the input"
            return Explanation(target.at, result, f"{nearest}, unchanged: y {row}, x {column}.", formula, window)
        shares = [_shares(spans.places(place)) for spans, place in zip(self._spans(shape), (y, x), strict=True)]
        window = replace(window, filter=np.multiply.outer(*shares)[None])
        places = [_place_text(places, part) for places, part in zip((window.rows, window.columns), shares, strict=True)]
        description = (
            f"The pixel lies at y {places[0]}, x {places[1]} of the input: a mean of the values around it, weighted by "
            "how near they are; each channel by itself."
        )
        symbols = f"Σ w[i, j] · in[{channel}, {window.rows[0]} + i, {window.columns[0]} + j]"
        over = f"{size_text(window.inside.shape)} pixels"
        return explain_weighted_sum(target, window, symbols, over, description, vector=False)


def _shares(places: resizing.Places) -> NDArray[np.float64]:
    """The weights of the one or two values between which one lies."""
    fraction = float(places.fraction)
    return np.array([1 - fraction, fraction] if fraction else [1.0])


def _place_text(places: NDArray[np.intp], shares: NDArray[np.float64]) -> str:
    return number_text(float(places[0] + (shares[1] if len(shares) > 1 else 0)))
