"""What a node of an ONNX graph that is none of our layers receives and makes: its shape is found by running it."""

import numpy as np
from msgspec import Struct

from engine.files.onnx_nodes import STORED, node_model, stated_constant
from engine.files.paths import FileFault
from engine.kernels import Checkpoint
from engine.kernels.onnx_process import ModelFault, run_model
from engine.layers import Opaque
from engine.onnx_files.operands import Operands
from engine.onnx_files.tensors import Tensor, tensor_of_shape
from engine.text.names import quoted

_MAX_INPUTS = 100
_MAX_TRIED = 2**27
"""Values that such a node may receive."""


class OpaqueNode(Struct, frozen=True):
    """A node with what it receives."""

    operands: Operands
    reason: str
    """Why it is none of our layers."""
    receives: tuple[str, ...]
    """What it receives, input by input, as text."""
    inputs: tuple[Tensor, ...]
    """The volumes among it."""

    @classmethod
    def of(cls, operands: Operands, reason: str) -> "OpaqueNode":
        """The node of these operands; FileFault if it receives other than volumes and constants."""
        node, volumes, place = operands.node, operands.tensors, f"{operands.path}: {operands.node.title}"
        texts, tensors = [], []
        for name in node.inputs:
            if name in volumes and not any(volumes[name].margins):
                tensors.append(volumes[name])
                texts.append(volumes[name].text)
            elif name in operands.stored or not name:
                texts.append(STORED if name else "")
            elif text := stated_constant(operands.constants[name]) if name in operands.constants else "":
                texts.append(text)
            else:
                raise FileFault(f"{place} receives {quoted(name)}, which is not known here")
        if not tensors or len(node.inputs) > _MAX_INPUTS:
            raise FileFault(f"{place} receives no volume, and is none of our constants")
        return cls(operands, reason, tuple(texts), tuple(tensors))

    def output(self, result: int, checkpoint: Checkpoint) -> tuple[Opaque, Tensor]:
        """The layer that makes an output, by its index, and its tensor; FileFault if ONNX Runtime cannot run it."""
        node, path = self.operands.node, self.operands.path
        shapes = [tuple(tensor.volume) for tensor in self.inputs]
        size = sum(tensor.volume.size for tensor in self.inputs)
        if size > _MAX_TRIED:
            text = f"receives {size:,} values; an operator that has no layer here is tried on at most {_MAX_TRIED:,}"
            raise FileFault(f"{path}: {node.title} {text}")
        model = node_model(path, node.name, self.receives, result, shapes)
        try:
            ((values, dtype),) = run_model(model, [np.zeros(shape, np.float32) for shape in shapes], checkpoint)
        except ModelFault as fault:
            text = f"{node.title} is none of our layers: {self.reason}; ONNX Runtime cannot run it either: {fault}"
            raise FileFault(f"{path}: {text}") from None
        if not values.size:
            text = f"makes a tensor of the shape {list(values.shape)}, which holds no values; a volume has one at least"
            raise FileFault(f"{path}: {node.title} {text}")
        tensor = tensor_of_shape("", values.shape, str(dtype))
        return Opaque(node.operator, tuple(tensor.volume), self.receives, result), tensor
