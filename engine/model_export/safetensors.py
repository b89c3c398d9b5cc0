"""Writes arrays by name as a .safetensors file."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from msgspec import json
from numpy.typing import NDArray

from engine.kernels import Checkpoint
from engine.model_export.plan import ExportPlan

_ALIGNMENT = 8
"""Bytes; the values begin at a multiple, so that they can be mapped into memory."""


def weight_arrays(plan: ExportPlan) -> dict[str, NDArray[Any]]:
    """The arrays of all layers as ``layer.role``; nodes of models have none."""
    return {
        f"{layer.name}.{role}": array
        for layer in plan.layers
        if not layer.layer.runs_node
        for role, array in layer.arrays.items()
    }


def safetensors_content(arrays: Mapping[str, NDArray[Any]], checkpoint: Checkpoint) -> list[bytes | memoryview]:
    """The file in parts: the length of a table, the table in JSON, and the values, little-endian, in its order."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    parts: list[memoryview] = []
    end = 0
    for name, array in arrays.items():
        checkpoint()
        values = np.ascontiguousarray(array, "<f4").reshape(-1).view(np.uint8).data
        header[name] = {"dtype": "F32", "shape": array.shape, "data_offsets": (end, end + len(values))}
        parts.append(values)
        end += len(values)
    text = json.encode(header)
    text += b" " * (-len(text) % _ALIGNMENT)
    return [len(text).to_bytes(8, "little"), text, *parts]
