"""Layers that join branches: concatenation and sum."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import numpy as np

from engine.kernels import Checkpoint, Volume, merging
from engine.layers.base import Layer, Mask, Mistake, Reads, Role
from engine.layers.explanation import Explanation, Target, Terms, operand_text, read_pixel
from engine.shapes import Shape
from engine.text.units import number_text

_MAX_CHANNELS = 10**15
"""Concatenations one after the other, each of the same volume twice, would make numbers of thousands of digits."""


class Concat(Layer, frozen=True, tag="concat"):
    """Joins two or more inputs along channels: Σ C×H×W. Heights and widths must agree."""

    title: ClassVar[str] = "Concat"
    help: ClassVar[str] = "Joins branches along channels."
    role: ClassVar[Role] = "join"
    reads: ClassVar[Reads] = "pixel"
    min_inputs: ClassVar[int] = 2
    max_inputs: ClassVar[int | None] = None

    def mistakes(self, inputs: Sequence[Shape]) -> Iterator[Mistake]:
        for position, shape in enumerate(inputs[1:], 2):
            if shape[1:] != inputs[0][1:]:
                yield Mistake(
                    "inputs",
                    f"inputs: number {position} is {shape} and number 1 is {inputs[0]}; "
                    f"concat needs equal heights and widths, here {inputs[0].height}×{inputs[0].width}",
                )
        count = sum(shape.channels for shape in inputs)
        if count > _MAX_CHANNELS:
            yield Mistake("inputs", f"inputs: they have {count:,} channels in all; concat makes at most 10¹⁵")

    def channels_read(self, channels: Mask, inputs: Sequence[Shape]) -> Sequence[Mask]:
        """Each input corresponds to a slice of the output channels."""
        ends = np.cumsum([shape.channels for shape in inputs])
        return np.split(channels, ends[:-1])

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return Shape(sum(shape.channels for shape in inputs), inputs[0].height, inputs[0].width)

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        return merging.concat(inputs, checkpoint)

    def explain(self, target: Target) -> Explanation:
        source, channel = 0, target.at.channel
        while channel >= len(target.inputs[source]):
            channel -= len(target.inputs[source])
            source += 1
        window = read_pixel(target, source, channel)
        result = float(window.values[0, 0, 0])
        name, count = target.names[source], len(target.inputs[source])
        before = target.at.channel - channel
        own = f"channels {before} to {before + count - 1} are those" if count > 1 else f"channel {before} is that"
        description = (
            f"The volumes are stacked: {own} of {name}, "
            f"number {source + 1} of {len(target.inputs)} inputs. Nothing is computed."
        )
        offset = f" − {before}" if before else ""
        formula = (
            f"{target.title} = {name}[{target.at.channel}{offset}, {target.at.y}, {target.at.x}]",
            f"= {name}[{channel}, {target.at.y}, {target.at.x}] = {number_text(result)}",
        )
        return Explanation(target.at, result, description, formula, window)


class Add(Layer, frozen=True, tag="add"):
    """The sum of two or more inputs of the same shape."""

    title: ClassVar[str] = "Add"
    help: ClassVar[str] = "Sums branches of the same shape, as in a residual connection."
    role: ClassVar[Role] = "join"
    reads: ClassVar[Reads] = "pixel"
    min_inputs: ClassVar[int] = 2
    max_inputs: ClassVar[int | None] = None

    def mistakes(self, inputs: Sequence[Shape]) -> Iterator[Mistake]:
        for position, shape in enumerate(inputs[1:], 2):
            if shape != inputs[0]:
                yield Mistake(
                    "inputs",
                    f"inputs: number {position} is {shape} and number 1 is {inputs[0]}; add needs equal shapes",
                )

    def channels_read(self, channels: Mask, inputs: Sequence[Shape]) -> Sequence[Mask]:
        return [channels] * len(inputs)

    def operations(self, inputs: Sequence[Shape], output: Shape) -> dict[str, int]:
        return {"add": output.size}

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        return merging.add(inputs, checkpoint)

    def explain(self, target: Target) -> Explanation:
        values = np.array([volume[target.at] for volume in target.inputs], np.float64)
        terms = Terms("Value of each input", values, of="input")
        position = ", ".join(map(str, target.at))
        operands = " + ".join(map(operand_text, values))
        formula = (
            f"{target.title} = {' + '.join(f'{name}[{position}]' for name in target.names)}",
            f"= {operands} = {number_text(terms.total)}",
        )
        description = "The values at the same position of all inputs are summed; no weights, no neighbours."
        return Explanation(target.at, terms.total, description, formula, terms=terms)
