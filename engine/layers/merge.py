"""Layers that join branches: concatenation, sum, difference, product, quotient, maximum and minimum."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Annotated, ClassVar, Literal, NamedTuple, get_args

import numpy as np
from msgspec import Meta

from engine.kernels import Checkpoint, Volume, merging
from engine.layers.base import Layer, Mask, Mistake, Reads, Role
from engine.layers.explanation import Explanation, Numbers, Spot, Target, Terms, operand_text, read_pixel
from engine.layers.windows import size_text
from engine.shapes import Shape, Windows, repeated_pixels, single_pixels
from engine.text.names import quoted
from engine.text.problems import Fix
from engine.text.units import number_text

_MAX_JOINED = 10**15
"""Concatenations one after the other, each of the same volume twice, would make numbers of thousands of digits."""

_MAX_FIXES = 2
"""Maximum number of choices between the sizes of inputs."""

_BROADCAST = "an input of one channel, row or column counts for all of them."
"""The end of the help of kinds that combine values."""

_Along = Literal["channels", "rows", "columns"]


class Concat(Layer, frozen=True, tag="concat"):
    """Joins two or more inputs along channels: Σ C×H×W, or along rows or columns. The other two axes must agree."""

    title: ClassVar[str] = "Concat"
    help: ClassVar[str] = "Joins branches along channels, rows or columns."
    role: ClassVar[Role] = "join"
    reads: ClassVar[Reads] = "pixel"
    min_inputs: ClassVar[int] = 2
    max_inputs: ClassVar[int | None] = None

    along: Annotated[_Along, Meta(title="Along", description="The axis that grows")] = "channels"

    @property
    def axis(self) -> int:
        """The number of the axis that grows."""
        return get_args(_Along).index(self.along)

    def mistakes(self, inputs: Sequence[Shape], names: Sequence[str] = ()) -> Iterator[Mistake]:
        first, second = (number for number in range(3) if number != self.axis)
        titles = " and ".join(("channels", "heights", "widths")[number] for number in (first, second))
        sizes = [(shape[first], shape[second]) for shape in inputs]
        rule = f"concat needs equal {titles}, here {size_text(sizes[0])}"
        misfits = {number: 0 for number, size in enumerate(sizes) if size != sizes[0]}
        yield from _shape_mistakes(inputs, names, sizes, misfits, rule)
        count = self.output_shape(inputs)[self.axis]
        if count > _MAX_JOINED:
            yield Mistake("inputs", f"inputs: they have {count:,} {self.along} in all; concat makes at most 10¹⁵")

    def input_windows(self, inputs: Sequence[Shape]) -> Sequence[Windows]:
        """Single pixels, moved by the rows or columns of the inputs before."""
        if self.along == "channels":
            return [single_pixels(shape) for shape in inputs]
        output, before, windows = self.output_shape(inputs), 0, []
        for shape in inputs:
            after = output[self.axis] - before - shape[self.axis]
            margins = (before, 0, after, 0) if self.along == "rows" else (0, before, 0, after)
            windows.append(Windows((1, 1), (1, 1), (1, 1), margins, (output.height, output.width)))
            before += shape[self.axis]
        return windows

    def channels_read(self, channels: Mask, inputs: Sequence[Shape]) -> Sequence[Mask]:
        """Each input corresponds to a slice of the output channels, or to all of them at some pixels."""
        if self.along != "channels":
            return [channels] * len(inputs)
        ends = np.cumsum([shape.channels for shape in inputs])
        return np.split(channels, ends[:-1])

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        axis, sizes = self.axis, list(inputs[0])
        sizes[axis] = sum([shape[axis] for shape in inputs])
        return Shape(*sizes)

    def label(self) -> str:
        return "concat" if self.along == "channels" else f"concat along {self.along}"

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        return merging.concat(inputs, checkpoint, self.axis)

    def explain(self, target: Target) -> Explanation:
        source, before, extents = 0, 0, [volume.shape[self.axis] for volume in target.inputs]
        while target.at[self.axis] - before >= extents[source]:
            before += extents[source]
            source += 1
        spot = [index - before * (axis == self.axis) for axis, index in enumerate(target.at)]
        window = read_pixel(target._replace(at=Spot(*spot)), source, spot[0])
        result = float(window.values[0, 0, 0])
        name, count = target.names[source], extents[source]
        last = f"{self.along} {before} to {before + count - 1} are those"
        own = last if count > 1 else f"{self.along.removesuffix('s')} {before} is that"
        description = (
            f"The volumes are stacked: {own} of {name}, "
            f"number {source + 1} of {len(target.inputs)} inputs. Nothing is computed."
        )
        places = [
            f"{index} − {before}" if before and axis == self.axis else str(index)
            for axis, index in enumerate(target.at)
        ]
        formula = (
            f"{target.title} = {name}[{', '.join(places)}]",
            f"= {name}[{', '.join(map(str, spot))}] = {number_text(result)}",
        )
        return Explanation(target.at, result, description, formula, window)


class _Arithmetic(Layer, frozen=True):
    """The base of kinds that combine the values at the same position of their inputs.

    Each axis has the same size on all inputs, or 1: a single channel, row or column counts for all of them.
    """

    role: ClassVar[Role] = "join"
    reads: ClassVar[Reads] = "pixel"
    min_inputs: ClassVar[int] = 2
    max_inputs: ClassVar[int | None] = None

    def mistakes(self, inputs: Sequence[Shape], names: Sequence[str] = ()) -> Iterator[Mistake]:
        rule = f"{self.kind} needs equal shapes, or axes of size 1"
        yield from _shape_mistakes(inputs, names, inputs, _broadcast_misfits(inputs), rule)

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return Shape(*map(max, zip(*inputs, strict=True)))

    def input_windows(self, inputs: Sequence[Shape]) -> Sequence[Windows]:
        output = self.output_shape(inputs)
        return [repeated_pixels(shape, output) for shape in inputs]

    def operations(self, inputs: Sequence[Shape], output: Shape) -> dict[str, int]:
        """One for each value of the output and each input beyond the first."""
        return {self.kind: (len(inputs) - 1) * output.size}

    def channels_read(self, channels: Mask, inputs: Sequence[Shape]) -> Sequence[Mask]:
        """The same channel; of an input of a single one, that."""
        return [channels if shape.channels == len(channels) else np.array([channels.any()]) for shape in inputs]


class Add(_Arithmetic, frozen=True, tag="add"):
    """The sum of two or more inputs, of the same shape or broadcast."""

    title: ClassVar[str] = "Add"
    help: ClassVar[str] = f"Sums branches of the same shape, as in a residual connection; {_BROADCAST}"

    def operations(self, inputs: Sequence[Shape], output: Shape) -> dict[str, int]:
        return {"add": output.size}

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        return merging.add(inputs, checkpoint)

    def explain(self, target: Target) -> Explanation:
        operands = _operands(target)
        terms = Terms("Value of each input", operands.values, of="input")
        description = f"The values at the same position of all inputs are summed; {operands.remark}"
        return Explanation(target.at, terms.total, description, operands.formula("+", terms.total), terms=terms)


class Mul(_Arithmetic, frozen=True, tag="mul"):
    """The product of two or more inputs, of the same shape or broadcast: C×H×W by C×1×1 scales each map by a number.

    Source: J. Hu et al., Squeeze-and-excitation networks, 2017.
    """

    title: ClassVar[str] = "Multiply"
    help: ClassVar[str] = f"Multiplies branches value by value, as in squeeze-and-excitation; {_BROADCAST}"

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        return merging.multiply(inputs, checkpoint)

    def explain(self, target: Target) -> Explanation:
        operands = _operands(target)
        result = float(np.prod(operands.values))
        description = f"The values at the same position of all inputs are multiplied; {operands.remark}"
        return Explanation(target.at, result, description, operands.formula("·", result))


class Sub(_Arithmetic, frozen=True, tag="sub"):
    """The first of two inputs minus the second, of the same shape or broadcast."""

    title: ClassVar[str] = "Subtract"
    help: ClassVar[str] = f"Subtracts the second of two branches from the first; {_BROADCAST}"
    max_inputs: ClassVar[int | None] = 2

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        return merging.subtract(inputs, checkpoint)

    def explain(self, target: Target) -> Explanation:
        operands = _operands(target)
        terms = Terms("Value of each input", operands.values * (1.0, -1.0), of="input")
        description = f"The value of the second input is subtracted from that of the first; {operands.remark}"
        return Explanation(target.at, terms.total, description, operands.formula("−", terms.total), terms=terms)


class Div(_Arithmetic, frozen=True, tag="div"):
    """The first of two inputs divided by the second, of the same shape or broadcast.

    Where the divisor is 0, the result is infinite, or no number if both are 0.
    """

    title: ClassVar[str] = "Divide"
    help: ClassVar[str] = (
        "Divides the first of two branches by the second, as where maps are normalised by their own length; "
        f"{_BROADCAST}"
    )
    max_inputs: ClassVar[int | None] = 2

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        return merging.divide(inputs, checkpoint)

    def explain(self, target: Target) -> Explanation:
        operands = _operands(target)
        result = float(np.divide(*operands.values))
        description = f"The value of the first input is divided by that of the second; {operands.remark}"
        return Explanation(target.at, result, description, operands.formula("/", result))


class Maximum(_Arithmetic, frozen=True, tag="maximum"):
    """The largest value of two or more inputs at each position, of the same shape or broadcast.

    Source: I. Goodfellow et al., Maxout networks, 2013; X. Wu et al., A light CNN for deep face representation with
    noisy labels, 2018.
    """

    title: ClassVar[str] = "Maximum"
    help: ClassVar[str] = (
        f"Takes the largest value of branches at each position, as maxout and Max-Feature-Map do; {_BROADCAST}"
    )

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        return merging.maximum(inputs, checkpoint)

    def explain(self, target: Target) -> Explanation:
        return _explain_extreme(target, "max", "largest")


class Minimum(_Arithmetic, frozen=True, tag="minimum"):
    """The smallest value of two or more inputs at each position, of the same shape or broadcast."""

    title: ClassVar[str] = "Minimum"
    help: ClassVar[str] = f"Takes the smallest value of branches at each position; {_BROADCAST}"

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        return merging.minimum(inputs, checkpoint)

    def explain(self, target: Target) -> Explanation:
        return _explain_extreme(target, "min", "smallest")


class _Operands(NamedTuple):
    """What a value combines: one value of each input."""

    title: str
    names: tuple[str, ...]
    """Of the values, with their positions."""
    places: tuple[Spot, ...]
    values: Numbers
    is_broadcast: bool

    @property
    def remark(self) -> str:
        words = "no weights, no neighbours."
        return f"{words} An axis of size 1 has one value for all." if self.is_broadcast else words

    def formula(self, symbol: str, result: float) -> tuple[str, str]:
        numbers = f" {symbol} ".join(map(operand_text, self.values))
        return f"{self.title} = {f' {symbol} '.join(self.names)}", f"= {numbers} = {number_text(result)}"


def _explain_extreme(target: Target, function: Literal["max", "min"], noun: str) -> Explanation:
    """Explain a value that is passed on from one of the inputs."""
    operands = _operands(target)
    source = int(operands.values.argmax() if function == "max" else operands.values.argmin())
    result = float(operands.values[source])
    numbers = ", ".join(map(number_text, operands.values))
    formula = (
        f"{target.title} = {function}({', '.join(operands.names)})",
        f"= {function}({numbers}) = {number_text(result)}, that of {target.names[source]}",
    )
    description = f"The {noun} of the values at the same position of all inputs is passed on; {operands.remark}"
    place = operands.places[source]
    window = read_pixel(target._replace(at=place), source, place.channel)
    return Explanation(target.at, result, description, formula, window)


def _operands(target: Target) -> _Operands:
    places = tuple(
        Spot(*(0 if extent == 1 else index for extent, index in zip(volume.shape, target.at, strict=True)))
        for volume in target.inputs
    )
    pairs = zip(target.names, places, strict=True)
    values = [volume[place] for volume, place in zip(target.inputs, places, strict=True)]
    is_broadcast = len({volume.shape for volume in target.inputs}) > 1
    names = tuple(f"{name}[{', '.join(map(str, place))}]" for name, place in pairs)
    return _Operands(target.title, names, places, np.array(values, np.float64), is_broadcast)


def _broadcast_misfits(inputs: Sequence[Shape]) -> dict[int, int]:
    """The inputs with an axis whose size is neither 1 nor that of others, and the first input that has another."""
    first: dict[int, int] = {}
    misfits: dict[int, int] = {}
    for number, shape in enumerate(inputs):
        for axis, extent in enumerate(shape):
            other = first.setdefault(axis, number) if extent > 1 else number
            if inputs[other][axis] != extent:
                misfits.setdefault(number, other)
    return misfits


def _shape_mistakes(
    inputs: Sequence[Shape],
    names: Sequence[str],
    sizes: Sequence[tuple[int, ...]],
    misfits: Mapping[int, int],
    rule: str,
) -> Iterator[Mistake]:
    """Yield a mistake per input that does not fit another one.

    Parameters
    ----------
    sizes
        What has to agree of each shape.
    misfits
        The index of each such input, and that of the other one.
    """
    if not misfits:
        return
    names = names or [f"input {number}" for number in range(1, len(inputs) + 1)]
    fixes = _fitting_inputs(names, sizes, misfits)
    for number, other in misfits.items():
        is_and_is = f"{quoted(names[number])} is {inputs[number]} and {quoted(names[other])} is {inputs[other]}"
        yield Mistake("inputs", f"inputs: {is_and_is}; {rule}", fixes)


def _fitting_inputs(
    names: Sequence[str], sizes: Sequence[tuple[int, ...]], misfits: Collection[int]
) -> tuple[Fix, ...]:
    """The inputs of one size each, those of the most frequent size first, if there are two of it; else all that fit."""
    counts = Counter(sizes)
    chosen = [
        [number for number, size in enumerate(sizes) if size == common]
        for common, count in counts.most_common(_MAX_FIXES)
        if 1 < count < len(sizes)
    ]
    fixes = []
    for fitting in chosen or [[number for number in range(len(names)) if number not in misfits]]:
        others = list(dict.fromkeys(name for number, name in enumerate(names) if number not in fitting))
        fitting_names = tuple(names[number] for number in fitting)
        if len(fitting) > 1 and others:
            words = f"Without {others[0]}" if len(others) == 1 else f"Only {' and '.join(fitting_names)}"
            fixes.append(Fix(words, (("inputs", fitting_names),)))
    return tuple(fixes)
