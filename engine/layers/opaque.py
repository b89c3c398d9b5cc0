"""A node of an ONNX model that is none of our layers: ONNX Runtime computes it."""

from collections.abc import Iterator, Mapping, Sequence
from math import nan, prod
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta

from engine.kernels import Checkpoint, Volume, onnx_process
from engine.kernels.onnx_process import ModelFault
from engine.layers.base import Count, Layer, Mask, Mistake, Reads, Role
from engine.layers.explanation import Explanation, Target
from engine.shapes import Shape, Windows
from engine.text.units import count_text

NODE_ROLE = "node"
"""The role of the bytes of a model in place of weights: a row of them per output channel, all of them the same."""
_CONSTANT, _STATED = "constant", " = "
"""What it receives that is no volume: a constant of the file, and one that its text states."""


class Opaque(Layer, frozen=True, tag="opaque"):
    """A node of an ONNX model, which its weights name: any operator, computed by ONNX Runtime in a child process.

    Its volume is that tensor of the node's outputs, without the batch; further axes in front count as channels.
    Costs: unknown.
    """

    title: ClassVar[str] = "Opaque"
    help: ClassVar[str] = "A node of an ONNX model that ONNX Runtime computes."
    role: ClassVar[Role] = "elementwise"
    reads: ClassVar[Reads] = "map"
    max_inputs: ClassVar[int | None] = None
    runs_node: ClassVar[bool] = True
    has_known_cost: ClassVar[bool] = False

    operator: Annotated[str, Meta(title="Operator", description="Of ONNX, with its domain if it is no standard one")]
    output: Annotated[
        tuple[Count, ...], Meta(min_length=3, max_length=3, title="Output", description="Channels, height and width")
    ]
    receives: Annotated[
        tuple[str, ...],
        Meta(title="Receives", description="Per input of the node the type and axes of a volume, or a constant"),
    ]
    result: Annotated[int, Meta(ge=0, le=1000, title="Result", description="Which output of the node, from 0")] = 0

    @property
    def yields_shares(self) -> bool:
        return self.operator == "Softmax"

    @property
    def _volume_count(self) -> int:
        """How many volumes the node receives, beside its constants."""
        return sum(text not in ("", _CONSTANT) and _STATED not in text for text in self.receives)

    def mistakes(self, inputs: Sequence[Shape], names: Sequence[str] = ()) -> Iterator[Mistake]:
        if len(inputs) != self._volume_count:
            count = count_text(self._volume_count, "volume")
            yield Mistake("inputs", f"inputs: {len(inputs)} given; {self.operator} receives {count}")

    def label(self) -> str:
        return self.operator

    def channels_read(self, channels: Mask, inputs: Sequence[Shape]) -> Sequence[Mask]:
        """All: what it computes is not known here."""
        return [np.ones(shape.channels, bool) for shape in inputs]

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        return Shape(*self.output)

    def windows(self, received: Shape) -> Windows:
        """The whole map, for each value."""
        _, height, width = self.output
        size = (received.height, received.width)
        return Windows(size, (1, 1), (1, 1), (0, 0, 0, 0), (height, width), (height, width))

    def forward(self, inputs: Sequence[Volume], weights: Mapping[str, Volume], checkpoint: Checkpoint) -> Volume:
        output = onnx_process.run_model(weights[NODE_ROLE][0].tobytes(), inputs, checkpoint)[0]
        if output.array.size != prod(self.output):
            shape = list(output.array.shape)
            raise ModelFault(f"it makes {shape} of what it receives now; {list(self.output)} is expected")
        return np.ascontiguousarray(output.array.reshape(self.output), np.float32)

    def explain(self, target: Target) -> Explanation:
        # Only a run asks ONNX Runtime, as a window explains a value at each move of the mouse.
        description = f"{self.operator} of ONNX: ONNX Runtime computes this value, and how is not known here."
        call = f"{self.operator}({', '.join(target.names)})"
        return Explanation(target.at, nan, description, (f"{target.title} = {call}",))
