"""Reads the graph of an .onnx file: sizes, names, connections and the place of external data are checked first."""

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from engine.files import paths
from engine.files.onnx_graphs import captured_names
from engine.files.paths import FileFault, Stamp
from engine.text.messages import value_text
from engine.text.names import quoted

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto, TensorProto

ONNX_SUFFIX = ".onnx"
_MAX_BYTES = 2**31 - 1
"""The largest message that protobuf reads."""
_MAX_NODES = 20_000
"""Nodes of a graph; those of shape arithmetic are many, and none is a layer."""
_MAX_INITIALIZER_BYTES = 2**36
_OWN_DOMAINS = ("", "ai.onnx")

Array = NDArray[Any]


class GraphNode(Struct, frozen=True, eq=False):
    """A node of a graph, with a name that no other has."""

    name: str
    operator: str
    """With the domain, if it is none of the standard: "com.microsoft.FusedConv"."""
    inputs: tuple[str, ...]
    """Names of values; "" for an optional one that is left out, none at the end. Behind them those that its graphs
    take from outside."""
    outputs: tuple[str, ...]
    settings: Mapping[str, Any]
    """Attributes by name: integers, numbers, texts, tuples of them, arrays; graphs are left out."""
    has_graph: bool = False
    """Whether it has a graph of its own, as If and Loop do."""
    proto: Any = None
    """As the file has it."""

    @property
    def title(self) -> str:
        """How it is called in messages."""
        return f"node {quoted(self.name)} ({self.operator})"


class GraphInput(Struct, frozen=True):
    """A value that a graph receives; None in its shape for a size that the file leaves open."""

    name: str
    shape: tuple[int | None, ...] | None


class Model(Struct, frozen=True, eq=False):
    """The graph of a file, in an order in which it can run."""

    path: str
    nodes: tuple[GraphNode, ...]
    inputs: tuple[GraphInput, ...]
    """Without those that have an initializer."""
    outputs: tuple[str, ...]
    initializers: Mapping[str, Array]
    opset: int
    opsets: tuple[tuple[str, int], ...] = ()
    """(domain, version) of every set of operators."""
    ir_version: int = 8
    element_type: str = "float32"
    """Of the first input."""
    functions: tuple[Any, ...] = ()
    """Operators that the file defines by others."""

    @property
    def batch(self) -> int:
        """The first size of the first input; 1 if it is open."""
        shape = self.inputs[0].shape if self.inputs else None
        return (shape[0] if shape else None) or 1


def read_model(path: str) -> Model:
    """The graph of an .onnx file; FileFault names what is wrong with it. Cached until the file changes."""
    return _read(path, paths.stamp_of(path))


@lru_cache(maxsize=2)
def _read(path: str, stamp: Stamp) -> Model:
    if stamp[1] > _MAX_BYTES:
        raise FileFault(f"{path} has {stamp[1]:,} bytes; .onnx files have at most {_MAX_BYTES:,}, external data aside")
    with paths.name_file_in_errors(path):
        content = paths.resolve_path(path).read_bytes()
    proto = _parse(path, content)
    graph = proto.graph
    if len(graph.node) > _MAX_NODES:
        raise FileFault(f"{path} has {len(graph.node):,} nodes; at most {_MAX_NODES:,} are read")
    opset = next((entry.version for entry in proto.opset_import if entry.domain in _OWN_DOMAINS), 1)
    opsets = tuple((entry.domain, entry.version) for entry in proto.opset_import)
    initializers = {tensor.name: _initializer(path, tensor) for tensor in graph.initializer}
    inputs = tuple(_graph_input(value) for value in graph.input if value.name not in initializers)
    source_names = {*initializers, *(value.name for value in inputs)}
    nodes = _in_order(path, source_names, _named_nodes(path, graph))
    outputs = tuple(value.name for value in graph.output)
    value_names = source_names.union(*(node.outputs for node in nodes))
    missing = next((name for name in outputs if name not in value_names), None)
    if missing is not None or not outputs:
        what = f"no node makes the output {quoted(missing)}" if missing is not None else "the graph has no output"
        raise FileFault(f"{path}: {what}; it is no complete model")
    return Model(
        path,
        nodes,
        inputs,
        outputs,
        initializers,
        opset,
        opsets,
        proto.ir_version,
        _element_type(graph),
        tuple(proto.functions),
    )


def require_onnx() -> Any:
    """The package that reads ONNX files, which everything else works without; FileFault if it is not installed."""
    try:
        import onnx
    except ImportError:
        raise FileFault("ONNX files need the package onnx, which is not installed: pip install onnx") from None
    return onnx


def _parse(path: str, content: bytes) -> "ModelProto":
    try:
        onnx = require_onnx()
    except FileFault as fault:
        raise FileFault(f"{path} cannot be read: {fault}") from None
    from google.protobuf.message import DecodeError

    try:
        proto: ModelProto = onnx.load_model_from_string(content)
    except (DecodeError, RecursionError):
        raise FileFault(f"{path} is not an ONNX model, or is cut off or nested too deeply") from None
    if not proto.graph.node and not proto.graph.output:
        raise FileFault(f"{path} is not an ONNX model: it has no graph")
    return proto


def _graph_input(value: Any) -> GraphInput:
    tensor = value.type.tensor_type
    if not tensor.HasField("shape"):
        return GraphInput(value.name, None)
    return GraphInput(value.name, tuple(dim.dim_value if dim.dim_value > 0 else None for dim in tensor.shape.dim))


def _element_type(graph: "GraphProto") -> str:
    import onnx

    stored = {tensor.name for tensor in graph.initializer}
    codes = (value.type.tensor_type.elem_type for value in graph.input if value.name not in stored)
    try:
        return str(onnx.helper.tensor_dtype_to_np_dtype(next(codes, onnx.TensorProto.FLOAT)).name)
    except (KeyError, ValueError):
        return "float32"


def _named_nodes(path: str, graph: "GraphProto") -> Iterator[GraphNode]:
    """Yield the nodes; one without a name is called as its first output, a second of the same name as well."""
    earlier_names: set[str] = set()
    for number, proto in enumerate(graph.node):
        outputs = tuple(proto.output)
        name = proto.name or next(filter(None, outputs), f"{proto.op_type}_{number}")
        if name in earlier_names:
            name = next(filter(None, outputs), f"{name}_{number}")
        while name in earlier_names:
            name = f"{name}_{number}"
        earlier_names.add(name)
        inputs = (*proto.input, *captured_names(proto))
        while inputs and not inputs[-1]:
            inputs = inputs[:-1]
        operator = proto.op_type if proto.domain in _OWN_DOMAINS else f"{proto.domain}.{proto.op_type}"
        settings, has_graph = _settings(path, name, proto)
        yield GraphNode(name, operator, inputs, outputs, settings, has_graph, proto)


def _settings(path: str, name: str, proto: "NodeProto") -> tuple[dict[str, Any], bool]:
    import onnx

    kinds = onnx.AttributeProto
    settings: dict[str, Any] = {}
    has_graph = False
    for attribute in proto.attribute:
        if attribute.type in (kinds.GRAPH, kinds.GRAPHS):
            has_graph = True
            continue
        if attribute.type == kinds.TENSOR:
            settings[attribute.name] = _initializer(path, attribute.t, f"node {quoted(name)}, {attribute.name}")
            continue
        try:
            value = onnx.helper.get_attribute_value(attribute)
        except ValueError:
            text = f"{path}: node {quoted(name)} has an attribute {quoted(attribute.name)} of an unknown type"
            raise FileFault(text) from None
        settings[attribute.name] = _plain(value)
    return settings, has_graph


def _plain(value: Any) -> Any:
    """The value of an attribute; a number as short as float32 tells it apart: 1e-05, not 9.999999747378752e-06."""
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, float):
        return float(str(np.float32(value)))
    return tuple(map(_plain, value)) if isinstance(value, list) or hasattr(value, "__iter__") else value


def _in_order(path: str, source_names: set[str], nodes: Iterator[GraphNode]) -> tuple[GraphNode, ...]:
    """The nodes, each after those whose values it receives; FileFault for a cycle, or a value that nothing makes."""
    listed = list(nodes)
    makers: dict[str, int] = {}
    for index, node in enumerate(listed):
        for name in filter(None, node.outputs):
            if makers.setdefault(name, index) != index or name in source_names:
                raise FileFault(f"{path}: {node.title} makes {quoted(name)}, which is made before; each value once")
    sorter: TopologicalSorter[int] = TopologicalSorter()
    for index, node in enumerate(listed):
        missing = next((name for name in node.inputs if name and name not in source_names and name not in makers), None)
        if missing is not None:
            text = f"{path}: {node.title} receives {quoted(missing)}, which no node makes and no data has"
            raise FileFault(text)
        sorter.add(index, *(makers[name] for name in node.inputs if name in makers))
    try:
        order = list(sorter.static_order())
    except CycleError as error:
        names = " → ".join(listed[index].name for index in error.args[1][:6])
        raise FileFault(f"{path}: a cycle, {names}; no node can be its own input") from None
    is_sorted = all(makers[name] < index for index, node in enumerate(listed) for name in node.inputs if name in makers)
    return tuple(listed) if is_sorted else tuple(listed[index] for index in order)


def _initializer(path: str, tensor: "TensorProto", title: str = "") -> Array:
    """The values of a tensor, without a copy if it has them as bytes."""
    import onnx

    title = f"{path}: {title or f'initializer {quoted(tensor.name)}'}"
    shape = tuple(tensor.dims)
    if min((*shape, 0)) < 0:
        raise FileFault(f"{title} claims the shape {value_text(shape)}; sizes cannot be negative")
    try:
        dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type)
    except (KeyError, ValueError):
        raise FileFault(f"{title} has values of type {tensor.data_type}, which is unknown") from None
    if dtype.kind not in "biufcV" or dtype.itemsize == 0:
        return np.empty(0, np.float32)  # texts: nothing that a layer computes with
    needed = prod(shape) * dtype.itemsize
    if tensor.data_location == onnx.TensorProto.EXTERNAL:
        return _external(path, title, tensor, shape, dtype, needed)
    byte_count = tensor.ByteSize()
    # Numbers of few bits are packed: at most eight in a byte.
    if needed > min(8 * byte_count * dtype.itemsize, _MAX_INITIALIZER_BYTES):
        raise FileFault(f"{title} claims the shape {value_text(shape)}, but holds only {byte_count:,} bytes")
    try:
        if tensor.HasField("raw_data") and len(tensor.raw_data) == needed:
            return np.frombuffer(tensor.raw_data, dtype).reshape(shape)
        return onnx.numpy_helper.to_array(tensor)
    except Exception as error:  # the package raises whatever NumPy does for data that do not fit the shape
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FileFault(f"{title} does not hold the values of its shape {value_text(shape)}: {reason[:200]}") from None


def _external(path: str, title: str, tensor: Any, shape: tuple[int, ...], dtype: Any, needed: int) -> Array:
    """The values of a tensor from a file beside the model; nothing outside its folder is opened."""
    entries = {entry.key: entry.value for entry in tensor.external_data}
    location = entries.get("location", "")
    folder = Path(os.path.realpath(paths.resolve_path(path))).parent
    if "\0" in location:
        raise FileFault(f"{title} has its data in {value_text(location)}, which is no file name")
    file = Path(os.path.realpath(folder / location))
    if not location or os.path.isabs(location) or not file.is_relative_to(folder):
        text = f"{title} has its data in {value_text(location)}; only files in the folder of the model are opened"
        raise FileFault(text)
    offset, length = (entries.get(key, default) for key, default in (("offset", "0"), ("length", str(needed))))
    if not (offset.isdecimal() and length.isdecimal() and len(offset) < 20) or int(length) != needed:
        text = f"{title} claims bytes {offset[:20]} and {length[:20]} more of {location}; its shape needs {needed:,}"
        raise FileFault(text)
    with paths.name_file_in_errors(str(file)):
        size = file.stat().st_size
    if int(offset) + needed > size:
        raise FileFault(f"{title} ends after {size:,} bytes of {location}; it needs {int(offset) + needed:,}")
    if not needed:
        return np.empty(shape, dtype)
    with paths.name_file_in_errors(str(file)):
        return np.memmap(file, dtype, "r", int(offset), shape)


def output_users(nodes: Sequence[GraphNode]) -> dict[str, list[GraphNode]]:
    """The nodes that receive each value, each as often as it does."""
    users: dict[str, list[GraphNode]] = {}
    for node in nodes:
        for name in filter(None, node.inputs):
            users.setdefault(name, []).append(node)
    return users
