"""A node of an ONNX file as a model of its own, which receives volumes and returns one."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from engine.files import paths
from engine.files.onnx_constants import constants_of
from engine.files.onnx_model import Array, GraphNode, read_model, require_onnx
from engine.files.paths import FileFault, Stamp
from engine.text.messages import suggestion
from engine.text.names import quoted

STORED = "constant"
"""What an input of a node receives that is a constant of the file."""
_MAX_STATED = 2**15
"""Values of a constant that a project states: of grids of detectors, which depend on the size of the input."""


def stated_constant(array: Array) -> str:
    """A small constant as text: ``int64 [4] = 1 64 112 112``; "" if it is too large for that."""
    if array.size > _MAX_STATED or array.dtype.kind not in "biuf":
        return ""
    values = " ".join(str(value) for value in array.reshape(-1).tolist())
    return f"{array.dtype.name} {list(array.shape)} = {values}"


def node_of(path: str, name: str) -> GraphNode:
    """The node of that name; FileFault if there is none."""
    nodes = _nodes(path, paths.stamp_of(path))
    if name not in nodes:
        raise FileFault(f"{path} has no node {quoted(name)}; {suggestion(name, nodes)}", "weight")
    return nodes[name]


@lru_cache(maxsize=2)
def _nodes(path: str, _stamp: Stamp) -> Mapping[str, GraphNode]:
    return {node.name: node for node in read_model(path).nodes}


def node_model(path: str, name: str, receives: Sequence[str], result: int, shapes: Sequence[tuple[int, ...]]) -> bytes:
    """A model with that node alone, from volumes to a tensor.

    Parameters
    ----------
    receives
        Per input of the node, those of its graphs included: ``float32 1 c h w``, the type and the axes of a tensor in
        letters of its volume or in numbers; STORED; a constant as `stated_constant` writes it; or "" for none.
    shapes
        Those of the volumes.
    """
    onnx = require_onnx()
    helper = onnx.helper
    node = node_of(path, name)
    graph = _Graph(onnx)
    names = graph.received_names(node, receives, shapes, constants_of(path))
    proto = onnx.NodeProto()
    proto.CopyFrom(node.proto)
    del proto.input[:]
    proto.input.extend(names[: len(node.proto.input)])
    output = node.outputs[result] if result < len(node.outputs) else ""
    if not output:
        raise FileFault(f"{path}: {node.title} has no output {result}")
    graph.nodes.append(proto)
    outputs = [onnx.ValueInfoProto(name=output)]
    built = helper.make_graph(graph.nodes, "node", graph.inputs, outputs, graph.constants)
    model = read_model(path)
    opsets = [helper.make_opsetid(domain, version) for domain, version in model.opsets]
    settings = {"opset_imports": opsets, "ir_version": model.ir_version, "functions": model.functions}
    return bytes(helper.make_model(built, **settings).SerializeToString())


class _Graph:
    """The parts of a graph that leads to one node."""

    def __init__(self, onnx: Any) -> None:
        self._onnx = onnx
        self.inputs: list[Any] = []
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def received_names(
        self,
        node: GraphNode,
        receives: Sequence[str],
        shapes: Sequence[tuple[int, ...]],
        constants: Mapping[str, Array],
    ) -> list[str]:
        """Add what makes each value that a node receives; return their names, those of the model where graphs need it.

        The parameters are those of `node_model`, and the constants of the file.
        """
        names, volumes = [], iter(shapes)
        for index, text in enumerate(receives):
            source = node.inputs[index] if index < len(node.inputs) else ""
            is_captured = index >= len(node.proto.input)
            if text == STORED:
                names.append(self.constant(constants[source], source))
            elif " = " in text:
                names.append(self.constant(_parsed_constant(text), source))
            elif text:
                names.append(self.tensor(text, next(volumes), source if is_captured else ""))
            else:
                names.append("")
        return names

    def constant(self, array: Array, name: str = "") -> str:
        name = name or f"constant {len(self.constants)}"
        if all(tensor.name != name for tensor in self.constants):
            self.constants.append(self._onnx.numpy_helper.from_array(np.asarray(array, order="C"), name))
        return name

    def tensor(self, text: str, volume: tuple[int, ...], called: str = "") -> str:
        """Add an input of the shape of a volume, and what makes the tensor of it; return the name of that.

        Parameters
        ----------
        called
            The name that it has to have, if any.
        """
        make_node, kind = self._onnx.helper.make_node, self._onnx.TensorProto
        name = f"volume {len(self.inputs)}"
        self.inputs.append(self._onnx.helper.make_tensor_value_info(name, kind.FLOAT, volume))
        dtype, *axes = text.split(" ")
        sizes = dict(zip("chw", volume, strict=True))
        letters = "".join(group for group in axes if group.isalpha())
        if letters:
            order = [letter for letter in sizes if letter not in letters] + list(letters)
            self.nodes.append(make_node("Transpose", [name], [f"{name} t"], perm=["chw".index(x) for x in order]))
            shape = [int(np.prod([sizes[x] for x in group])) if group.isalpha() else int(group) for group in axes]
        else:
            self.nodes.append(make_node("Identity", [name], [f"{name} t"]))
            shape = [int(group) for group in axes]
        self.nodes.append(make_node("Reshape", [f"{name} t", self.constant(np.array(shape, np.int64))], [f"{name} r"]))
        to = self._onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        result = called or f"{name} c"
        self.nodes.append(make_node("Cast", [f"{name} r"], [result], to=to))
        return result


def _parsed_constant(text: str) -> Array:
    head, _, values = text.partition(" = ")
    dtype, _, shape = head.partition(" ")
    numbers = [value == "True" if dtype == "bool" else float(value) for value in values.split()]
    if dtype.startswith(("int", "uint")):
        numbers = [int(value) for value in values.split()]
    return np.array(numbers, dtype).reshape([int(size) for size in shape.strip("[]").split(",") if size.strip()])
