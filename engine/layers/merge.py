"""Layers that join branches: concatenation and sum."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import numpy as np

from engine.kernels import Checkpoint, Volume, merging
from engine.layers.base import Layer, Mask, Mistake, Reads, Role
from engine.layers.explanation import Explanation, Target, Terms, operand_text, read_pixel
from engine.shapes import Shape
from engine.text.names import quoted
from engine.text.problems import Fix
from engine.text.units import number_text

_MAX_CHANNELS = 10**15
"""Concatenations one after the other, each of the same volume twice, would make numbers of thousands of digits."""

_MAX_FIXES = 2
"""Maximum number of choices between the sizes of inputs."""


class Concat(Layer, frozen=True, tag="concat"):
    """Joins two or more inputs along channels: Σ C×H×W. Heights and widths must agree."""

    title: ClassVar[str] = "Concat"
    help: ClassVar[str] = "Joins branches along channels."
    role: ClassVar[Role] = "join"
    reads: ClassVar[Reads] = "pixel"
    min_inputs: ClassVar[int] = 2
    max_inputs: ClassVar[int | None] = None

    def mistakes(self, inputs: Sequence[Shape], names: Sequence[str] = ()) -> Iterator[Mistake]:
        size = f"{inputs[0].height}×{inputs[0].width}"
        rule = f"concat needs equal heights and widths, here {size}"
        yield from _shape_mistakes(inputs, names, [shape[1:] for shape in inputs], rule)
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

    def mistakes(self, inputs: Sequence[Shape], names: Sequence[str] = ()) -> Iterator[Mistake]:
        yield from _shape_mistakes(inputs, names, inputs, "add needs equal shapes")

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


def _shape_mistakes(
    inputs: Sequence[Shape], names: Sequence[str], sizes: Sequence[tuple[int, ...]], rule: str
) -> Iterator[Mistake]:
    """Yield a mistake per input whose size, or what has to agree of its shape, is not that of the first."""
    if len(set(sizes)) == 1:
        return
    names = names or [f"input {number}" for number in range(1, len(inputs) + 1)]
    fixes = _fitting_inputs(names, sizes)
    for name, shape, size in zip(names, inputs, sizes, strict=True):
        if size != sizes[0]:
            text = f"inputs: {quoted(name)} is {shape} and {quoted(names[0])} is {inputs[0]}; {rule}"
            yield Mistake("inputs", text, fixes)


def _fitting_inputs(names: Sequence[str], sizes: Sequence[tuple[int, ...]]) -> tuple[Fix, ...]:
    """The inputs of one size each, those of the most frequent size first, if there are two of it."""
    counts = Counter(sizes)
    fixes = []
    for common, count in counts.most_common(_MAX_FIXES):
        pairs = list(zip(names, sizes, strict=True))
        fitting = tuple(name for name, size in pairs if size == common)
        others = list(dict.fromkeys(name for name, size in pairs if size != common))
        if count > 1 and others:
            words = f"Without {others[0]}" if len(others) == 1 else f"Only {' and '.join(fitting)}"
            fixes.append(Fix(words, (("inputs", fitting),)))
    return tuple(fixes)
