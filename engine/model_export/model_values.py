"""The values of the graph of a model while it is edited: what makes them, and which layers of a design they are."""

from collections.abc import Iterator
from contextlib import contextmanager

from engine.model_export.model_file import FileNode, ModelFile
from engine.model_export.onnx_graph import OnnxGraph
from engine.model_export.origin import Origin
from engine.model_export.plan import PlannedLayer
from engine.model_export.tensor_forms import in_shape, is_vector, maps_of
from engine.onnx_files.tensors import REAL_TYPES

_FIRST = -1.0
"""The place before all nodes."""


class ModelValues:
    """Layers are known by their names in the design, values of layers of the model by their names there."""

    def __init__(self, origin: Origin, model: ModelFile) -> None:
        self._origin = origin
        self._tensors, self._constants = origin.imported.tensors, origin.imported.constants
        self._names = {tensor.source: value for value, tensor in reversed(list(self._tensors.items()))}
        self.nodes = list(model.nodes)
        self.makers = {value: node for node in self.nodes for value in node.made}
        self.stated = frozenset(self.makers)
        """Those of the model."""
        self._outputs = {value.name for value in model.outputs}
        self.graph = OnnxGraph(model.opset, names={*self.makers, *self._tensors, *self._constants})
        self.known: set[str] = set()
        """Layers whose values the graph knows."""
        self._functions = {old: self._function(old) for old, value in self._names.items() if value in self.makers}
        self._layers_of: dict[FileNode, list[str]] = {}
        for old, (nodes, _) in self._functions.items():
            for node in nodes:
                self._layers_of.setdefault(node, []).append(old)

    def name(self, old: str) -> str:
        """The value that is the output of a layer of the model."""
        return self._names[old]

    def maker(self, old: str) -> FileNode:
        """The node that makes it."""
        return self.makers[self._names[old]]

    def position(self, layer: str) -> float:
        """Where the node stands that makes the output of a layer of the design."""
        old = self._origin.counterparts.get(layer, "")
        maker = self.makers.get(self._names.get(old, layer))
        return _FIRST if maker is None else maker.position

    def place(self, layer: PlannedLayer) -> float:
        """Where new nodes of a layer stand: behind what they receive."""
        return max(map(self.position, layer.inputs)) + 0.5

    def dtype(self, layer: PlannedLayer) -> str:
        """The type of the real numbers of the model where a layer stands."""
        olds = (self._origin.counterparts.get(name, "") for name in layer.inputs)
        types = (self._tensors[self._names[old]].dtype for old in olds if old in self._names)
        return next((dtype for dtype in types if dtype in REAL_TYPES), self.graph.dtype)

    @contextmanager
    def inserted(self, position: float) -> Iterator[None]:
        """Take over the nodes that are added to the graph meanwhile."""
        first = len(self.graph.nodes)
        yield
        nodes = [FileNode(proto, position) for proto in self.graph.nodes[first:]]
        self.nodes += nodes
        self.makers |= {value: node for node in nodes for value in node.made}

    def know(self, layer: str) -> None:
        """Make the output of a layer that is in the model known to the graph."""
        if layer in self.known:
            return
        self.known.add(layer)
        value = self._names[self._origin.counterparts[layer]]
        shape = self._origin.plan.shape_of(layer)
        tensor = in_shape(self._tensors[value], shape)
        with self.inserted(self.position(layer)):
            if is_vector(tensor):
                self.graph.know(layer, value, shape, is_vector=True)
            else:
                self.graph.know(layer, maps_of(self.graph, value, tensor), shape)

    def release(self, maker: FileNode, value: str) -> None:
        """Let a node make this value no more; it goes, unless it makes others as well."""
        if len(maker.made) == 1:
            self.nodes.remove(maker)
            return
        unused = self.graph.new_name(f"{value}/old")
        maker.proto.output[:] = [unused if output == value else output for output in maker.proto.output]
        maker.raw = b""

    def function(self, old: str) -> tuple[set[FileNode], list[str]]:
        """The nodes that compute the output of a layer of the model from volumes and constants, and these volumes.

        As the model has them, whatever these nodes receive now.
        """
        return self._functions[old]

    def others_of_function(self, old: str) -> set[str]:
        """Other layers of the model that these nodes compute as well, as those of the outputs of a Split."""
        return {other for node in self._functions[old][0] for other in self._layers_of[node]} - {old}

    def _function(self, old: str) -> tuple[set[FileNode], list[str]]:
        nodes: set[FileNode] = set()
        entries: dict[str, None] = {}
        waiting = [self._names[old]]
        while waiting:
            maker = self.makers[waiting.pop()]
            if maker in nodes:
                continue
            nodes.add(maker)
            for value in sorted(maker.received):
                if value in self._tensors:
                    entries[value] = None
                elif value not in self._constants:
                    waiting.append(value)
        return nodes, list(entries)

    def nodes_between(self, first: str, last: str, users: set[FileNode]) -> set[FileNode]:
        """The nodes that make one value of another, if nothing but these users needs what they make; else none."""
        behind: dict[str, FileNode] = {}
        waiting = [last]
        while waiting:
            value = waiting.pop()
            if value != first and value in self.makers and value not in behind:
                behind[value] = self.makers[value]
                waiting += self.makers[value].received
        nodes: set[FileNode] = set()
        values = {first}
        while more := {node for node in behind.values() if node.received & values} - nodes:
            nodes |= more
            values |= {value for node in more for value in node.made}
        inner = values - {first}
        is_shared = any(node.received & inner for node in set(self.nodes) - nodes - users)
        return set() if is_shared or inner & self._outputs else nodes
