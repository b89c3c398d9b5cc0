"""Operators of ONNX that make nothing but another order or shape of the values that they receive."""

from collections.abc import Sequence

import numpy as np

from engine.files.onnx_values import fold
from engine.onnx_files.operands import Operands
from engine.onnx_files.tensors import NotNative, Tensor

REORDERINGS = ("Transpose", "Reshape", "Flatten", "Squeeze", "Unsqueeze")


def reordered(operands: Operands) -> Tensor:
    """What a node of such an operator makes; NotNative if that is not known, or does not fit."""
    node, tensor = operands.node, operands.tensor()
    if node.operator == "Transpose":
        return tensor.transposed(node.settings.get("perm") or range(tensor.rank)[::-1])
    constants = {name: operands.constants[name] for name in node.inputs[1:] if name in operands.constants}
    if stated := stated_shape(operands):
        constants[node.inputs[1]] = np.array(stated)
    values = np.broadcast_to(np.float32(0), tensor.shape)
    # The rule of the operator says which shape the values have.
    outputs = fold(node, {**constants, node.inputs[0]: values})
    if not outputs:
        raise NotNative("its new shape is not known, or does not fit")
    return tensor.reshaped(next(iter(outputs.values())).shape)


def stated_shape(operands: Operands) -> Sequence[int]:
    """The shape that a Reshape states, with 0 and -1 as the standard has them; () for other operators.

    Of a model for batches of another size it has that size as its first one, in place of which we have 1.
    """
    node = operands.node
    shape = operands.constants.get(node.inputs[1]) if node.operator == "Reshape" and len(node.inputs) > 1 else None
    sizes = [] if shape is None else [int(extent) for extent in np.ravel(shape)]
    return [1, *sizes[1:]] if sizes and sizes[0] == operands.batch else sizes
