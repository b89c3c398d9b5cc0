"""Layers that join branches."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from engine import kernels
from engine.layers.base import Checkpoint, Layer, Mistake, Volume
from engine.shapes import Shape


class Concat(Layer, frozen=True, tag="concat"):
    """Two or more inputs joined along channels: Σ C×H×W. Height and width must agree."""

    title: ClassVar[str] = "Concat"
    help: ClassVar[str] = "Joins branches along channels."
    min_inputs: ClassVar[int] = 2
    max_inputs: ClassVar[int | None] = None

    def mistakes(self, inputs: Sequence[Shape]) -> Iterator[Mistake]:
        for number, shape in enumerate(inputs[1:], 2):
            if shape[1:] != inputs[0][1:]:
                yield Mistake(
                    "inputs",
                    f"inputs: number {number} is {shape} and number 1 is {inputs[0]}; "
                    f"concat needs one height and width, here {inputs[0].height}×{inputs[0].width}",
                )

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return Shape(sum(shape.channels for shape in inputs), inputs[0].height, inputs[0].width)

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        return kernels.concat(inputs, checkpoint)


class Add(Layer, frozen=True, tag="add"):
    """The sum of two or more inputs of one shape."""

    title: ClassVar[str] = "Add"
    help: ClassVar[str] = "Sums branches of one shape, as a residual connection does."
    min_inputs: ClassVar[int] = 2
    max_inputs: ClassVar[int | None] = None

    def mistakes(self, inputs: Sequence[Shape]) -> Iterator[Mistake]:
        for number, shape in enumerate(inputs[1:], 2):
            if shape != inputs[0]:
                yield Mistake(
                    "inputs",
                    f"inputs: number {number} is {shape} and number 1 is {inputs[0]}; add needs one shape",
                )

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        return kernels.add(inputs, checkpoint)
