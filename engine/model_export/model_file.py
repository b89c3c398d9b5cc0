"""The parts of an .onnx file, each with its own bytes, and a copy of the file with other parts."""

from collections.abc import Iterable, Iterator, Mapping
from heapq import heapify, heappop, heappush
from typing import Any

from msgspec import Struct

from engine.files import paths
from engine.files.onnx_graphs import captured_names, rename_captured
from engine.files.onnx_model import require_onnx
from engine.model_export.onnx_arrays import OnnxArray, array_of_field, external_files
from engine.model_export.wire import Bytes, WireField, field_parts, message_field, message_fields

_GRAPH = 7
_NODE, _INITIALIZER, _INPUT, _OUTPUT, _VALUE_INFO = 1, 5, 11, 12, 13
"""Numbers of fields: of the graph in a model, and of the parts of a graph."""
_GROUPED = (_NODE, _INITIALIZER, _INPUT, _OUTPUT, _VALUE_INFO)
"""Fields that are written one behind the other, where the first of them was."""
_APART = 4
"""The version of the format from which on arrays need not be inputs."""


class FileNode(Struct, eq=False):
    """A node of the file, or a new one."""

    proto: Any
    position: float
    """Where it stands among the nodes of the file."""
    raw: Bytes = b""
    """Its field in the file; empty if it has to be written anew."""

    @property
    def field(self) -> Bytes:
        return self.raw or message_field(_NODE, self.proto.SerializeToString())

    @property
    def received(self) -> set[str]:
        """The values that it receives, those that its inner graphs take from outside included."""
        return set(filter(None, self.proto.input)).union(captured_names(self.proto))

    @property
    def made(self) -> list[str]:
        """The values that it makes."""
        return [value for value in self.proto.output if value]

    def rename(self, names: Mapping[str, str]) -> None:
        """Receive other values."""
        if not self.received.isdisjoint(names):
            self.proto.input[:] = [names.get(value, value) for value in self.proto.input]
            rename_captured(self.proto, names)
            self.raw = b""


class GraphValue(Struct, frozen=True, eq=False):
    """The name, type and shape of a value: an input, an output, or one between."""

    proto: Any
    field: Bytes

    @property
    def name(self) -> str:
        return str(self.proto.name)


class ModelFile:
    """An .onnx file that protobuf can parse."""

    def __init__(self, path: str) -> None:
        self.onnx = require_onnx()
        with paths.name_file_in_errors(path):
            self.content = paths.resolve_path(path).read_bytes()
        self._fields = list(message_fields(memoryview(self.content)))
        self._parts = list(message_fields(next(field.content for field in self._fields if field.number == _GRAPH)))
        header = self.onnx.ModelProto()
        header.ParseFromString(b"".join(field.raw for field in self._fields if field.number != _GRAPH))
        self._has_arrays_as_inputs = header.ir_version < _APART
        versions = (entry.version for entry in header.opset_import if entry.domain in ("", "ai.onnx"))
        self.opset: int = next(versions, 1)
        self.nodes = [
            FileNode(self._parsed(field, self.onnx.NodeProto), index, field.raw)
            for index, field in enumerate(self._of(_NODE))
        ]
        self.arrays = {array.name: array for array in map(array_of_field, self._of(_INITIALIZER))}
        self._inputs, self.outputs, self._infos = (
            [GraphValue(self._parsed(field, self.onnx.ValueInfoProto), field.raw) for field in self._of(number)]
            for number in (_INPUT, _OUTPUT, _VALUE_INFO)
        )

    def _of(self, number: int) -> Iterator[WireField]:
        return (field for field in self._parts if field.number == number)

    def _parsed(self, field: WireField, kind: Any) -> Any:
        proto = kind()
        proto.ParseFromString(bytes(field.content))
        return proto

    @property
    def batch(self) -> str | int:
        """The first size of the volume that the model receives: a number, or the name of an open one."""
        shapes = (value.proto.type.tensor_type.shape for value in self._inputs if value.name not in self.arrays)
        first = next(shapes).dim[0]
        return str(first.dim_param) or int(first.dim_value) or "batch"

    def output(self, name: str, dtype: Any, sizes: Iterable[str | int]) -> GraphValue:
        """An output that the file does not have."""
        element = self.onnx.helper.np_dtype_to_tensor_dtype(dtype)
        proto = self.onnx.helper.make_tensor_value_info(name, element, list(sizes))
        return GraphValue(proto, message_field(_OUTPUT, proto.SerializeToString()))

    def copy(
        self,
        nodes: Iterable[FileNode],
        arrays: Mapping[str, OnnxArray],
        outputs: Iterable[GraphValue],
        changed_values: Iterable[str],
        further_inputs: Iterable[OnnxArray] = (),
    ) -> list[Bytes]:
        """The file with these parts, as parts; shapes of values that are no more, or have changed, are left out.

        Parameters
        ----------
        further_inputs
            Arrays that are inputs alone: without their values.
        """
        ordered = _in_order(list(nodes))
        stated = {value for node in ordered for value in node.made} - set(changed_values)
        groups: dict[int, list[Bytes]] = {
            _NODE: [node.field for node in ordered],
            _INITIALIZER: [part for array in arrays.values() for part in array.parts],
            _INPUT: [*self._input_fields(arrays), *(array.input_field for array in further_inputs)],
            _OUTPUT: [value.field for value in outputs],
            _VALUE_INFO: [value.field for value in self._infos if value.name in stated],
        }
        graph: list[Bytes] = []
        for part in self._parts:
            graph += groups.pop(part.number, []) if part.number in _GROUPED else [part.raw]
        for rest in groups.values():
            graph += rest
        return [
            part
            for field in self._fields
            for part in (field_parts(_GRAPH, graph) if field.number == _GRAPH else [field.raw])
        ]

    def _input_fields(self, arrays: Mapping[str, OnnxArray]) -> Iterator[Bytes]:
        """Yield the inputs; in old models every array is one as well."""
        for value in self._inputs:
            if value.name not in self.arrays or value.name in arrays:
                yield value.field
        for name, array in arrays.items() if self._has_arrays_as_inputs else ():
            if name not in self.arrays:
                yield array.input_field


def data_files(nodes: Iterable[FileNode], arrays: Iterable[OnnxArray]) -> tuple[str, ...]:
    """Places of the files beside a model in which its arrays are, relative to it."""
    tensors = [array.head for array in arrays]
    tensors += [attribute.t for node in nodes for attribute in node.proto.attribute if attribute.HasField("t")]
    return external_files(tensors)


def live_nodes(nodes: Iterable[FileNode], outputs: Iterable[str]) -> set[int]:
    """The identities of the nodes on which an output depends."""
    makers = {value: node for node in nodes for value in node.made}
    live: set[int] = set()
    waiting = list(outputs)
    while waiting:
        node = makers.get(waiting.pop())
        if node is not None and id(node) not in live:
            live.add(id(node))
            waiting += node.received
    return live


def _in_order(nodes: list[FileNode]) -> list[FileNode]:
    """The nodes, each behind those whose values it receives, else in the order of their places."""
    makers = {value: index for index, node in enumerate(nodes) for value in node.made}
    users: dict[int, list[int]] = {}
    waiting = []
    for index, node in enumerate(nodes):
        sources = {makers[value] for value in node.received if value in makers}
        waiting.append(len(sources))
        for source in sources:
            users.setdefault(source, []).append(index)
    heap = [(node.position, index) for index, node in enumerate(nodes) if not waiting[index]]
    heapify(heap)
    order = []
    while heap:
        _, index = heappop(heap)
        order.append(nodes[index])
        for user in users.get(index, ()):
            waiting[user] -= 1
            if not waiting[user]:
                heappush(heap, (nodes[user].position, user))
    return order
