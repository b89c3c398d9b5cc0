"""Writes a design that came from an ONNX model as a copy of its file in which only what was edited has other bytes."""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from engine.files.paths import resolve_path
from engine.kernels import Checkpoint
from engine.model_export.checker import checker_fault
from engine.model_export.kinds import find_row
from engine.model_export.model_file import FileNode, GraphValue, ModelFile, data_files, live_nodes
from engine.model_export.model_values import ModelValues
from engine.model_export.onnx_arrays import OnnxArray, array_of_values
from engine.model_export.onnx_graph import OnnxScope
from engine.model_export.onnx_kinds import ONNX_KINDS
from engine.model_export.origin import Origin
from engine.model_export.plan import PlannedLayer
from engine.model_export.tensor_forms import in_shape, is_maps, is_vector, tensor_from_maps
from engine.model_export.wire import Bytes
from engine.onnx_files.tensors import Tensor
from engine.shapes import Shape
from engine.text.names import unique_name
from engine.text.problems import Problem, ProjectError

_OF_SIZES = ("Reshape", "Shape", "Size", "Expand", "ConstantOfShape")
"""Operators whose constants may be for volumes of one shape."""
_OF_PLACES = (*_OF_SIZES, "Split", "Slice", "Gather", "Resize")
"""Operators that may state places or sizes which our layers count from elsewhere, or by a factor."""


class EditedCopy:
    """Goes through the layers of a design and changes the graph of its model where they differ."""

    def __init__(self, origin: Origin, checkpoint: Checkpoint) -> None:
        self._origin, self._checkpoint = origin, checkpoint
        self._file = ModelFile(origin.path)
        self._tensors = origin.imported.tensors
        self._before = {layer.name: layer for layer in origin.before.layers}
        self._values = ModelValues(origin, self._file)
        self._graph = self._values.graph
        self._arrays = dict(self._file.arrays)
        self._rewired: set[FileNode] = set()
        self.external_files = data_files(self._file.nodes, self._arrays.values())

    def content(self) -> list[Bytes]:
        """The bytes of the copy, in parts."""
        if self._origin.is_unchanged:
            return [self._file.content]
        model = self._file
        live = live_nodes(model.nodes, (value.name for value in model.outputs))
        used = {value for node in model.nodes for value in node.received}
        for layer in self._origin.plan.layers:
            self._checkpoint()
            self._take_over(layer)
        outputs = list(self._outputs())
        names = [value.name for value in outputs]
        needed = live_nodes(self._values.nodes, names)
        # What no output needed before stays as it was.
        nodes = [node for node in self._values.nodes if id(node) in needed or (node.raw and id(node) not in live)]
        received = {value for node in nodes for value in node.received}.union(names)
        arrays = {name: array for name, array in self._arrays.items() if name in received or name not in used}
        arrays |= {name: array for name, array in self._graph.constants.items() if name in received}
        self.external_files = data_files(nodes, arrays.values())
        _name_apart(nodes)
        self._require_valid(nodes, arrays, outputs)
        return model.copy(nodes, arrays, outputs, self._changed_values())

    def _require_valid(self, nodes: list[FileNode], arrays: Mapping[str, OnnxArray], outputs: list[GraphValue]) -> None:
        """Raise ProjectError if the standard's checker refuses the copy, but not the model.

        Large arrays are inputs for it, of the same type and shape. Files beside the model are not there yet.
        """
        if self.external_files:
            return
        small = {name: array for name, array in arrays.items() if not array.is_large}
        large = [array for array in arrays.values() if array.is_large]
        reason = checker_fault(b"".join(self._file.copy(nodes, small, outputs, self._changed_values(), large)))
        if reason and not checker_fault(str(resolve_path(self._origin.path))):
            text = f"the edited copy is not valid: {reason}; undo the last edits, or choose another format"
            raise ProjectError([Problem(text, "")], self._origin.path)

    def _take_over(self, layer: PlannedLayer) -> None:
        """Change what makes the value of a layer, if it has to be changed."""
        fate, old = self._origin.fates[layer.name], self._origin.counterparts.get(layer.name, "")
        is_new = fate in ("changed", "added")
        is_new = is_new or (fate == "weights" and not self._replace_weights(layer, old))
        if is_new or (fate != "kept" and not self._rewire(layer, old)):
            self._write_anew(layer, old)
        elif old != layer.name:
            maker = self._values.maker(old)
            maker.proto.name, maker.raw = layer.name, b""

    # New nodes

    def _write_anew(self, layer: PlannedLayer, old: str) -> None:
        """Add nodes that make the value of a layer: under its old name, if it has one."""
        for name in layer.inputs:
            self._values.know(name)
        maker = self._values.maker(old) if old else None
        value = self._values.name(old) if old else self._graph.new_name(layer.name)
        is_only = maker is not None and old == layer.name and len(maker.made) == 1
        own = maker.proto.name if maker is not None and is_only else ""
        position = self._values.place(layer) if maker is None else maker.position
        with self._values.inserted(position):
            self._graph.dtype = self._values.dtype(layer)
            find_row(layer, ONNX_KINDS, "ONNX").add(OnnxScope(self._graph, layer, value, own or layer.name))
            if old:
                self._shape_as(layer, value, in_shape(self._tensors[value], layer.output_shape))
            if maker is not None:
                self._values.release(maker, value)
        self._values.known.add(layer.name)

    def _shape_as(self, layer: PlannedLayer, value: str, tensor: Tensor) -> None:
        """Let the value of a layer have the axes that it had in the model."""
        graph, was_vector = self._graph, self._graph.is_vector(layer.name)
        if is_vector(tensor) if was_vector else is_maps(tensor):
            return
        inner = graph.new_name(f"{value}/made")
        graph.nodes[-1].output[0] = inner
        graph.know(layer.name, inner, layer.output_shape, is_vector=was_vector)
        maps = graph.maps(layer.name)
        last = tensor_from_maps(graph, maps, tensor)
        if last == inner:
            graph.add("Identity", [inner], value)
        else:
            graph.nodes[-1].output[0] = value
            if last == maps:  # which are what the model has now
                graph.know(layer.name, value, layer.output_shape)

    # Nodes that receive other volumes or weights

    def _replace_weights(self, layer: PlannedLayer, old: str) -> bool:
        """Put other values into the arrays of a layer, and return whether that is possible."""
        source = self._before[old].source
        nodes, _ = self._values.function(old)
        arrays: dict[str, OnnxArray] = {}
        for role, array in layer.arrays.items():
            name = getattr(source, role, "")
            if name not in self._file.arrays or any(name in node.received for node in set(self._values.nodes) - nodes):
                return False
            stored = self._origin.imported.constants[name]
            own = array.T if stored.ndim == 2 and getattr(source, "layout", "") == "io" else array
            if stored.shape != own.shape and not (own.ndim == 1 and stored.size == own.size):
                return False  # vectors may have axes of size 1
            values = np.ascontiguousarray(own.reshape(stored.shape), stored.dtype)
            arrays[name] = array_of_values(name, values)
        self._arrays |= arrays
        return True

    def _rewire(self, layer: PlannedLayer, old: str) -> bool:
        """Let the nodes of a layer receive other values, and return whether that is possible."""
        sources = dict(zip(self._before[old].inputs, zip(layer.inputs, layer.input_shapes, strict=True), strict=True))
        nodes, entries = self._values.function(old)
        if any(self._tensors[value].source not in sources for value in entries) or self._is_parted(layer, old):
            return False
        is_resized = layer.input_shapes != self._before[old].input_shapes and not layer.layer.runs_node
        if is_resized and any(node.proto.op_type in _OF_PLACES for node in nodes):
            return False
        if nodes <= self._rewired:  # for another of the layers that they compute, which receives the same
            return True
        renamed = {}
        for value in entries:
            new = self._entry(value, *sources[self._tensors[value].source], nodes)
            if new is None:
                return False
            renamed[value] = new
        for node in nodes:
            node.rename({value: new for value, new in renamed.items() if value != new})
        self._rewired |= nodes
        return True

    def _is_parted(self, layer: PlannedLayer, old: str) -> bool:
        """Whether its nodes compute another layer as well, which does not receive the same now."""
        names = {self._origin.successors.get(other) for other in self._values.others_of_function(old)}
        others = (other for other in self._origin.plan.layers if other.name in names)
        return any((other.inputs, other.input_shapes) != (layer.inputs, layer.input_shapes) for other in others)

    def _entry(self, value: str, name: str, shape: Shape, users: set[FileNode]) -> str | None:
        """The value that nodes receive in place of another one; None if its axes do not fit."""
        tensor = self._tensors[value]
        if any(now > 1 and before == 1 for now, before in zip(shape, tensor.volume, strict=True)):
            return None  # its nodes may be right for one pixel alone, such as a softmax over all values
        first = self._values.name(tensor.source)
        fits = tensor.volume == shape or self._fits_any_size(value, first)
        if fits and self._origin.counterparts.get(name) == tensor.source:
            return value
        between = self._values.nodes_between(first, value, users) if fits else None
        if between:
            new = self._as_tensor(name, in_shape(self._tensors[first], shape))
            for node in between:
                node.rename({first: new})
            return value
        return None if tensor.dims and tensor.volume != shape else self._as_tensor(name, in_shape(tensor, shape))

    def _as_tensor(self, name: str, tensor: Tensor) -> str:
        """The output of a layer with the axes of a tensor."""
        self._values.know(name)
        graph = self._graph
        if graph.is_vector(name) and is_vector(tensor):
            return graph.vector(name)
        with self._values.inserted(self._values.position(name)):
            return tensor_from_maps(graph, graph.maps(name), tensor)

    def _fits_any_size(self, value: str, source: str) -> bool:
        """Whether the nodes between two values do the same for volumes of other shapes."""
        makers, waiting = self._values.makers, [value]
        while waiting:
            name = waiting.pop()
            if name != source and name in makers:
                if makers[name].proto.op_type in _OF_SIZES:
                    return False
                waiting += makers[name].received
        return True

    # Outputs

    def _outputs(self) -> Iterator[GraphValue]:
        """Yield the outputs of the model that are still ends, then those of new ends."""
        origin, covered = self._origin, set[str]()
        inner = {name for layer in origin.before.layers for name in layer.inputs}
        for value in self._file.outputs:
            tensor = self._tensors.get(value.name)
            layer = None if tensor is None else origin.successors.get(tensor.source)
            if tensor is None or layer is None:
                if tensor is None:  # a constant
                    yield value
            elif layer in origin.plan.outputs or tensor.source in inner:
                covered.add(layer)
                yield self._output(value, layer, tensor)
        ends = {layer.name for layer in origin.before.layers if layer.name not in inner}
        for name in origin.plan.outputs:
            if name not in covered and origin.counterparts.get(name) not in ends:
                yield self._new_output(name)

    def _output(self, value: GraphValue, layer: str, tensor: Tensor) -> GraphValue:
        """An output of the model that is the end of a layer, of which that is the tensor there."""
        shape = self._origin.plan.shape_of(layer)
        if shape == tensor.volume:
            return value
        if self._fits_any_size(value.name, self._values.name(tensor.source)):
            return self._stated(value.name, in_shape(tensor, shape))
        return self._new_output(layer)

    def _stated(self, name: str, tensor: Tensor) -> GraphValue:
        sizes = (self._file.batch, *tensor.shape[1:]) if tensor.has_batch else tensor.shape
        return self._file.output(name, np.dtype(tensor.dtype), sizes)

    def _new_output(self, layer: str) -> GraphValue:
        self._values.know(layer)
        graph, shape = self._graph, self._origin.plan.shape_of(layer)
        is_flat = graph.is_vector(layer)
        sizes = (shape.size,) if is_flat else shape
        value = graph.vector(layer) if is_flat else graph.maps(layer)
        return self._file.output(value, np.dtype(graph.dtype), (self._file.batch, *sizes))

    def _changed_values(self) -> Iterable[str]:
        """The values of the model whose shape is another one now, or may be."""
        origin = self._origin
        changed = {
            old for old, new in origin.successors.items() if origin.plan.shape_of(new) != origin.before.shape_of(old)
        }
        for value in self._values.stated:
            tensor = self._tensors.get(value)
            if changed if tensor is None else tensor.source in changed or tensor.source not in origin.successors:
                yield value


def _name_apart(nodes: Iterable[FileNode]) -> None:
    """Let new nodes have names that no others have, as a node of several outputs may stay beside one in its place."""
    names = {node.proto.name for node in nodes if node.raw}
    for node in nodes:
        if not node.raw and node.proto.name:
            node.proto.name = unique_name(node.proto.name, names)
            names.add(node.proto.name)
