"""Collects the nodes and constants of an ONNX graph; each value is known as maps, N×C×H×W, or as a vector, N×C."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.files.onnx_model import require_onnx
from engine.layers import Kind
from engine.model_export.onnx_arrays import OnnxArray, array_of_values
from engine.model_export.plan import PlannedLayer
from engine.shapes import Margins, Shape

ROW_AXES = SUM_AXES = 13
"""The version of the operators from which on Softmax is along one axis, and axes are an input of ReduceSum."""

REDUCED_AXES = 18
"""The version from which on axes are an input of the other operators that reduce axes."""

_PAD_INPUTS = 11
"""The version from which on the margins of Pad are an input."""


class OnnxGraph:
    """The parts of a graph, in an order in which it can run.

    Parameters
    ----------
    opset
        Version of the standard operators.
    dtype
        Of weights and values.
    names
        Those of values that are added later or exist already.
    """

    def __init__(self, opset: int, dtype: str = "float32", names: Iterable[str] = ()) -> None:
        self.onnx = require_onnx()
        self.opset, self.dtype = opset, dtype
        self.nodes: list[Any] = []
        self.constants: dict[str, OnnxArray] = {}
        self._names = set(names)
        self._maps: dict[str, str] = {}
        self._vectors: dict[str, str] = {}
        self._shapes: dict[str, Shape] = {}
        self._made_as_vectors: set[str] = set()

    def know(self, layer: str, value: str, shape: Shape, *, is_vector: bool = False) -> None:
        """A value of the graph is the output of a layer."""
        self._shapes[layer] = shape
        if is_vector:
            self._made_as_vectors.add(layer)
        (self._vectors if is_vector else self._maps)[layer] = value

    def is_vector(self, layer: str) -> bool:
        """Whether the output of a layer was made as a vector."""
        return layer in self._made_as_vectors

    def maps(self, layer: str) -> str:
        """The value N×C×H×W that is the output of a layer."""
        if layer not in self._maps:
            vector = self._vectors[layer]
            self._maps[layer] = self.reshaped(vector, f"{vector}/maps", (0, *self._shapes[layer]))
        return self._maps[layer]

    def vector(self, layer: str) -> str:
        """The value N×(C·H·W) that is the output of a layer, flattened in the order C, H, W."""
        if layer not in self._vectors:
            maps = self._maps[layer]
            self._vectors[layer] = self.add("Flatten", [maps], self.new_name(f"{maps}/flat"), axis=1)
        return self._vectors[layer]

    def add(self, operator: str, inputs: Sequence[str], output: str, name: str = "", **attributes: Any) -> str:
        """Add a node, which is called as its output if it has no name; return the name of its output."""
        node = self.onnx.helper.make_node(operator, inputs, [output], name or output, **attributes)
        self.nodes.append(node)
        return output

    def reshaped(self, value: str, output: str, shape: Sequence[int]) -> str:
        """The value in another shape, where 0 stands for the size that the axis has."""
        target = self.constant(f"{output}.shape", np.array(shape, np.int64))
        return self.add("Reshape", [value, target], self.new_name(output))

    def padded(self, maps: str, margins: Margins, name: str = "", mode: str = "constant", value: float = 0.0) -> str:
        """Maps with rows and columns around them, as the value of that name."""
        name = name or self.new_name(f"{maps}/padded")
        top, left, bottom, right = margins
        pads = [0, 0, top, left, 0, 0, bottom, right]
        if self.opset < _PAD_INPUTS:
            return self.add("Pad", [maps], name, pads=pads, mode=mode, value=value)
        inputs = [maps, self.constant(f"{name}.pads", np.array(pads, np.int64))]
        if value:
            inputs.append(self.constant(f"{name}.value", np.array(value, np.float32)))
        return self.add("Pad", inputs, name, mode=mode)

    def constant(self, name: str, array: NDArray[Any]) -> str:
        """Add an array; numbers of 32 bits get the type of the values of the graph."""
        name = self.new_name(name)
        array = array.astype(self.dtype, copy=False) if array.dtype == np.float32 else array
        self.constants[name] = array_of_values(name, array)
        return name

    def new_name(self, name: str) -> str:
        """The name, or with a number if another value has it."""
        unused, number = name, 2
        while unused in self._names:
            unused, number = f"{name}_{number}", number + 1
        self._names.add(unused)
        return unused


class OnnxScope:
    """What the row of a kind sees: one layer, and the graph that its nodes go to.

    Parameters
    ----------
    output
        Name of the value that the last node makes.
    """

    def __init__(self, graph: OnnxGraph, layer: PlannedLayer, output: str = "", name: str = "") -> None:
        self.graph, self.planned = graph, layer
        self._output, self._name = output or layer.name, name or layer.name

    @property
    def layer(self) -> Any:
        """The settings; a row knows their kind."""
        return self.planned.layer

    @property
    def received(self) -> Shape:
        """Shape of the first input."""
        return self.planned.input_shapes[0]

    @property
    def is_vector(self) -> bool:
        """Whether all inputs are vectors."""
        return all(self.graph.is_vector(name) for name in self.planned.inputs)

    def maps(self, index: int = 0) -> str:
        return self.graph.maps(self.planned.inputs[index])

    def vector(self, index: int = 0) -> str:
        return self.graph.vector(self.planned.inputs[index])

    def any_form(self) -> list[str]:
        """All inputs: as vectors if all are, else as maps."""
        get = self.graph.vector if self.is_vector else self.graph.maps
        return [get(name) for name in self.planned.inputs]

    def weight(self, role: str) -> str:
        """The constant with the weights of a role; "" if the layer has none."""
        if role not in self.planned.arrays:
            return ""
        return self.graph.constant(f"{self._name}.{role}", self.planned.arrays[role])

    def weights(self, *roles: str) -> list[str]:
        return [name for name in map(self.weight, roles) if name]

    def constant(self, name: str, values: Any, dtype: Any = np.float32) -> str:
        return self.graph.constant(f"{self._name}.{name}", np.asarray(values, dtype))

    def step(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """A node before the last one."""
        output = self.graph.new_name(f"{self._name}/{operator.lower()}")
        return self.graph.add(operator, inputs, output, **attributes)

    def last(self, operator: str, *inputs: str, is_vector: bool = False, **attributes: Any) -> None:
        """The node whose output is that of the layer."""
        value = self.graph.add(operator, inputs, self._output, self._name, **attributes)
        self.graph.know(self.planned.name, value, self.planned.output_shape, is_vector=is_vector)

    def last_padded(self, margins: Margins, mode: str, value: float = 0.0) -> None:
        """Rows and columns around the maps as the output of the layer."""
        output = self.graph.padded(self.maps(), margins, self._output, mode, value)
        self.graph.nodes[-1].name = self._name
        self.graph.know(self.planned.name, output, self.planned.output_shape)

    def last_elementwise(self, operator: str, *inputs: str, **attributes: Any) -> None:
        """As `last`, with an output that is a vector if the inputs are."""
        self.last(operator, *inputs, is_vector=self.is_vector, **attributes)


class OnnxKind(NamedTuple):
    """A kind of layer, and the function that adds its nodes."""

    kind: type[Kind]
    add: Callable[[OnnxScope], None]
