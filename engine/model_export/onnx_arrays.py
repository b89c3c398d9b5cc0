"""Arrays of an ONNX graph as parts of a file: large ones are not copied, as that would hold up all other threads."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from engine.files.onnx_model import require_onnx
from engine.model_export.wire import Bytes, WireField, field_parts, message_field, message_fields

_INITIALIZER, _INPUT = 5, 11
"""Numbers of fields in a graph."""
_LARGE = 2**16
_NAME, _RAW_DATA = 8, 9
_VALUES = (4, 5, 6, 7, _RAW_DATA, 10, 11)
"""Numbers of the fields of a tensor: those with its values, by type."""


class OnnxArray(Struct, frozen=True, eq=False):
    """An initializer."""

    head: Any
    """The tensor without its values."""
    parts: tuple[Bytes, ...]
    """Its field in a graph."""

    @property
    def name(self) -> str:
        return str(self.head.name)

    @property
    def size(self) -> int:
        """Bytes of the field."""
        return sum(map(len, self.parts))

    @property
    def is_large(self) -> bool:
        """Whether a checker should not copy it; constants of shapes and margins, whose values it needs, are small."""
        return self.size > _LARGE

    @property
    def input_field(self) -> bytes:
        """The field of an input of its type and shape."""
        helper = require_onnx().helper
        value = helper.make_tensor_value_info(self.name, self.head.data_type, self.head.dims)
        return message_field(_INPUT, value.SerializeToString())


def array_of_values(name: str, values: NDArray[Any]) -> OnnxArray:
    """An array of values in memory."""
    onnx = require_onnx()
    values = np.ascontiguousarray(values.astype(values.dtype.newbyteorder("<"), copy=False))
    head = onnx.TensorProto(name=name, dims=values.shape, data_type=onnx.helper.np_dtype_to_tensor_dtype(values.dtype))
    content = values.reshape(-1).view(np.uint8).data
    message = [head.SerializeToString(), *field_parts(_RAW_DATA, [content])]
    return OnnxArray(head, tuple(field_parts(_INITIALIZER, message)))


def array_of_proto(proto: Any) -> OnnxArray:
    """An array that protobuf has read."""
    return OnnxArray(proto, tuple(field_parts(_INITIALIZER, [proto.SerializeToString()])))


def array_of_field(field: WireField) -> OnnxArray:
    """An array of a file."""
    head = require_onnx().TensorProto()
    head.ParseFromString(b"".join(part.raw for part in message_fields(field.content) if part.number not in _VALUES))
    return OnnxArray(head, (field.raw,))


def external_files(tensors: Iterable[Any]) -> tuple[str, ...]:
    """Places of the files beside a model in which its arrays are, relative to it."""
    entries = (entry for tensor in tensors for entry in tensor.external_data if entry.key == "location")
    return tuple(dict.fromkeys(str(entry.value) for entry in entries))
