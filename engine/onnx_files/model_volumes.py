"""The volumes of the model that a design came from: by ONNX Runtime, and those of single nodes in double precision."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from engine.files.onnx_model import ONNX_SUFFIX, read_model, require_onnx
from engine.files.paths import FileFault, resolve_path, suffix_of
from engine.kernels import Checkpoint
from engine.kernels.onnx_process import ModelFault, run_model
from engine.network.graph import INPUT, Network
from engine.network.weight_specs import FileWeights
from engine.onnx_files.importer import ImportedModel, import_model
from engine.onnx_files.tensors import Tensor, volume_of
from engine.shapes import Shape
from engine.text.names import quoted
from engine.text.problems import Problem, ProjectError

_Volume = NDArray[np.float32]


def model_path(network: Network) -> str:
    """The ONNX file that the weights of a network are in; "" if there is none."""
    sources = (node.weights for node in network.nodes)
    paths = (source.path for source in sources if isinstance(source, FileWeights))
    return next((path for path in paths if suffix_of(path) == ONNX_SUFFIX), "")


class ComparableModel(Struct, frozen=True, eq=False):
    """A model, and the values of it whose volumes a design still has, by name and shape."""

    path: str
    proto: Any
    tensors: Mapping[str, Tensor]
    """All volumes of the model, by the name of the value that each is in the graph."""
    names: Mapping[str, str]
    """By node of the design, the name of the value in the graph."""
    batch: int
    """How many equal volumes the model receives."""

    @classmethod
    def of(cls, design: str, network: Network, volumes: Mapping[str, _Volume]) -> "ComparableModel":
        """The model of a design with these volumes; ProjectError if there is none, or nothing can be compared."""
        path, received = model_path(network), volumes[INPUT]
        if not path:
            text = f"design {quoted(design)} has no weights in an ONNX file; there is nothing to compare it with"
            raise ProjectError([Problem(text, "")])
        imported = import_model(Path(path), None if _has_own_size(path) else received.shape[1:])
        names = dict(_comparable(imported, network, volumes))
        entry = next(iter(imported.tensors.values()))
        if entry.volume != Shape(*received.shape) or not names:
            text = (
                f"the model of design {quoted(design)} receives {entry.volume}, and the design {Shape(*received.shape)}"
            )
            raise ProjectError([Problem(text, "")], path)
        # With its external data, whose place has been checked by the import.
        return cls(
            path, require_onnx().load(str(resolve_path(path))), imported.tensors, names, read_model(imported.path).batch
        )

    def volumes(self, received: _Volume, checkpoint: Checkpoint) -> dict[str, _Volume]:
        """What ONNX Runtime computes by node, operator by operator; ProjectError if it cannot run the model."""
        entry = next(iter(self.tensors.values()))
        content = _with_outputs(self.proto, tuple(self.names.values()))
        batch = np.repeat(_as_tensor(received, entry), self.batch, axis=0)
        try:
            outputs = run_model(content, [batch], checkpoint)
        except (ModelFault, FileFault) as fault:
            raise ProjectError([Problem(f"ONNX Runtime cannot run it: {fault}", "")], self.path) from None
        return {
            node: volume_of(self._first_of(output.array, name), self.tensors[name])
            for (node, name), output in zip(self.names.items(), outputs, strict=True)
        }

    def _first_of(self, values: _Volume, name: str) -> _Volume:
        """The values of the first volume of a batch, which is all of it if the model is for one."""
        size = self.tensors[name].volume.size
        return values.ravel()[:size] if values.size == self.batch * size else values

    def exact_volume(self, node: str, volumes: Mapping[str, _Volume], checkpoint: Checkpoint) -> _Volume | None:
        """What a node makes of the volumes of others, computed in double precision; None if an operator has no rule."""
        available = {
            name: tensor
            for name, tensor in self.tensors.items()
            if tensor.source != node and tensor.source in volumes and not any(tensor.margins)
        }
        name = self.names[node]
        part, inputs = self._part_before(name, available)
        arrays = [_as_tensor(volumes[available[source].source], available[source]) for source in inputs]
        try:
            (output,) = run_model(_with_outputs(part, (name,)), arrays, checkpoint, exact=True)
        except (ModelFault, FileFault):
            return None
        return volume_of(output.array, self.tensors[name])

    def _part_before(self, name: str, available: Mapping[str, Tensor]) -> tuple[Any, list[str]]:
        """The model with those nodes alone that lead from known values to that one, and the names of these values."""
        needed, nodes = {name}, []
        for node in reversed(self.proto.graph.node):
            if needed.intersection(node.output):
                nodes.append(node)
                needed.update(source for source in node.input if source not in available)
        inputs = list(dict.fromkeys(source for node in reversed(nodes) for source in node.input if source in available))
        onnx = require_onnx()
        constants = [tensor for tensor in self.proto.graph.initializer if tensor.name in needed]
        values = [onnx.helper.make_tensor_value_info(source, onnx.TensorProto.DOUBLE, None) for source in inputs]
        graph = onnx.helper.make_graph(nodes[::-1], "part", values, [], constants)
        opsets = self.proto.opset_import
        return onnx.helper.make_model(graph, opset_imports=opsets, ir_version=self.proto.ir_version), inputs


def _with_outputs(proto: Any, names: tuple[str, ...]) -> bytes:
    """A model that gets these values as its outputs; it is not copied, as its weights may be large."""
    del proto.graph.output[:]
    proto.graph.output.extend(require_onnx().ValueInfoProto(name=name) for name in names)
    return bytes(proto.SerializeToString())


def _has_own_size(path: str) -> bool:
    try:
        import_model(Path(path))
    except ProjectError:
        return False
    return True


def _comparable(imported: ImportedModel, network: Network, volumes: Mapping[str, _Volume]) -> Iterator[tuple[str, str]]:
    """Yield the nodes of the design that still have the shape of the model's, each with the name of its value there."""
    node_names = {node.name for node in network.nodes}
    compared_names: set[str] = set()
    for name, tensor in imported.tensors.items():
        node = tensor.source
        if node == INPUT or node in compared_names or any(tensor.margins) or node not in node_names:
            continue
        if node in volumes and volumes[node].shape == tuple(tensor.volume):
            compared_names.add(node)
            yield node, name


def _as_tensor(volume: _Volume, tensor: Tensor) -> _Volume:
    """The values of a volume as the tensor that it is: the inverse of `volume_of`."""
    split = volume.reshape([tensor.sizes[letter] for letter in tensor.letters_in_order])
    return split.transpose([tensor.letters_in_order.index(letter) for letter in tensor.letters]).reshape(tensor.shape)
