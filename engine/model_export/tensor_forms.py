"""Maps of an ONNX graph in the order and shape of axes that a node of a model receives or makes, and back."""

from collections.abc import Sequence

import numpy as np
from msgspec.structs import replace

from engine.model_export.onnx_graph import OnnxGraph
from engine.onnx_files.tensors import NCHW, REAL_TYPES, Tensor
from engine.shapes import Shape

_BATCH = -1


def in_shape(tensor: Tensor, volume: Shape) -> Tensor:
    """A tensor of the same axes for a volume of another shape.

    Axes of size 1 have no letter, although they may have more values now.
    """
    if tensor.volume == volume or tensor.dims:
        return replace(tensor, volume=volume)
    if tensor.has_nchw_axes:
        axes: Sequence[str] = NCHW
    elif tensor.rank == 2:
        axes = ("", "chw")
    else:
        missing = [letter for letter in "chw" if letter not in tensor.letters]
        axes = [group or (missing.pop(0) if index and missing else "") for index, group in enumerate(tensor.axes)]
    sizes = dict(zip("chw", volume, strict=True))
    groups = tuple("".join(letter for letter in group if sizes[letter] > 1) for group in axes)
    return replace(tensor, volume=volume, axes=groups)


def is_maps(tensor: Tensor) -> bool:
    """Whether the tensor is N×C×H×W without margins, of real numbers."""
    is_whole = tensor.rank == 4 and not tensor.dims and not any(tensor.margins) and tensor.is_nchw
    return is_whole and tensor.dtype in REAL_TYPES


def is_vector(tensor: Tensor) -> bool:
    """Whether the tensor is N×(C·H·W), of real numbers."""
    is_row = tensor.rank == 2 and tensor.has_batch and tensor.letters == tensor.letters_in_order
    return is_row and tensor.dtype in REAL_TYPES


def maps_of(graph: OnnxGraph, value: str, tensor: Tensor) -> str:
    """The maps N×C×H×W of a tensor without margins, as real numbers."""
    if tensor.dtype not in REAL_TYPES:
        value, tensor = _cast(graph, value, f"{value}/real", "float32"), replace(tensor, dtype="float32")
    if is_maps(tensor):
        return value
    letters = tensor.letters
    if not tensor.dims and letters != tensor.letters_in_order:
        sizes = [tensor.sizes[letter] for letter in letters]
        split = graph.reshaped(value, f"{value}/split", (_BATCH, *sizes))
        order = [0, *(1 + letters.index(letter) for letter in tensor.letters_in_order)]
        value = graph.add("Transpose", [split], graph.new_name(f"{value}/ordered"), perm=order)
    return graph.reshaped(value, f"{value}/maps", (_BATCH, *tensor.volume))


def tensor_from_maps(graph: OnnxGraph, maps: str, tensor: Tensor) -> str:
    """The value with the axes and the type of a tensor that has the values of these maps."""
    if tensor.dtype not in REAL_TYPES:
        return _cast(graph, tensor_from_maps(graph, maps, replace(tensor, dtype="float32")), maps, tensor.dtype)
    value = graph.padded(maps, tensor.margins) if any(tensor.margins) else maps
    if tensor.rank == 4 and not tensor.dims and tensor.has_nchw_axes:
        return value
    if not tensor.dims and tensor.letters != tensor.letters_in_order:
        rest = [letter for letter in "chw" if letter not in tensor.letters]
        order = [0, *("chw".index(letter) + 1 for letter in (*rest, *tensor.letters))]
        value = graph.add("Transpose", [value], graph.new_name(f"{maps}/ordered"), perm=order)
    shape = (_BATCH, *tensor.shape[1:]) if tensor.has_batch else tensor.shape
    return graph.reshaped(value, f"{maps}/tensor", shape)


def _cast(graph: OnnxGraph, value: str, name: str, dtype: str) -> str:
    to = graph.onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    return graph.add("Cast", [value], graph.new_name(name), to=to)
