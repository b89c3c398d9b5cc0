"""Makes a project of an ONNX file: its graph as a design whose weights stay in the file."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from engine.files.onnx_constants import computed, constants_of
from engine.files.onnx_model import Array, GraphNode, Model, output_users, read_model
from engine.files.paths import FileFault
from engine.kernels import Checkpoint
from engine.network.graph import INPUT, Network, Node
from engine.network.weight_specs import FileWeights
from engine.onnx_files.composites import Composite, join_composites
from engine.onnx_files.map_operators import (
    MAP_OPERATORS,
    gathered_shape,
    shuffle_of,
    split,
    takes_margins,
    zero_margins,
)
from engine.onnx_files.model_input import input_of
from engine.onnx_files.module_groups import with_groups
from engine.onnx_files.module_paths import recorded_modules
from engine.onnx_files.opaque_nodes import OpaqueNode
from engine.onnx_files.operands import Match, Operands
from engine.onnx_files.operators import ONNX_OPERATORS
from engine.onnx_files.own_volumes import OwnVolume, Reorderings, own_match, parts_shape, transpose_of_parts
from engine.onnx_files.reordered_values import REORDERINGS, reordered, stated_shape
from engine.onnx_files.report import ImportReport
from engine.onnx_files.tensors import NotNative, Tensor, tensor_of
from engine.onnx_files.value_operators import SKIPPED, VALUE_OPERATORS, why_skipped
from engine.project.project import Design, Note, Project, has_too_many_layers
from engine.shapes import Pair
from engine.text.names import MAX_NODE_NAME, quoted, unique_name, without_controls
from engine.text.problems import Problem, ProjectError

_Read = TypeVar("_Read")
_MOST_ROUNDS = 10
"""Times that a graph is gone through to find which of its values have to be volumes of their own."""
_MAX_STATED = 2**22
"""Characters of constants that opaque nodes state, which no array of the file has."""


class ImportedModel(Struct, frozen=True, eq=False):
    """A project from an ONNX file."""

    project: Project
    report: ImportReport
    tensors: Mapping[str, Tensor]
    """The volumes of the design by the name of the value that each is in the graph."""
    path: str
    """The file of the model, as weights name it."""
    constants: Mapping[str, Array]
    """Values of the graph that are no volumes: of the file, and what follows from the sizes of volumes."""


def import_model(path: Path, size: Pair | None = None, checkpoint: Checkpoint = lambda: None) -> ImportedModel:
    """The project of an ONNX file: one design that receives a photo, or noise if it takes no colours.

    Parameters
    ----------
    size
        Height and width of the input, for models that leave them open.
    checkpoint
        Called at each node, and while one is run; its exception ends the import.

    Raises
    ------
    ProjectError
        The file is no model, is damaged, or asks for something impossible.
    """
    name = os.path.abspath(path)
    try:
        volumes: dict[str, OwnVolume] = {}
        for is_last in (*[False] * _MOST_ROUNDS, True):
            importer = _Importer(read_model(name), constants_of(name), size, checkpoint, volumes, is_last=is_last)
            importer.add_nodes()
            if not importer.missing_volumes:
                break
            volumes |= importer.missing_volumes
        return importer.result()
    except FileFault as fault:
        text = str(fault).removeprefix(f"{name}: ").removeprefix(f"{name} ")
        raise ProjectError([Problem(text, "")], path) from None


class _Importer:
    """Goes through the nodes of a graph in order.

    Parameters
    ----------
    volumes
        Values of another shape or order, as Flatten makes them, that are volumes of their own.
    is_last
        Whether no more of these can be missing.
    """

    def __init__(
        self,
        model: Model,
        stored: Mapping[str, Array],
        size: Pair | None,
        checkpoint: Checkpoint,
        volumes: Mapping[str, OwnVolume],
        *,
        is_last: bool,
    ) -> None:
        self._model = model
        self._checkpoint = checkpoint
        self._stored = stored
        self._constants = dict(stored)
        self._layers: list[tuple[str, str]] = []
        self._folded: list[tuple[str, str]] = []
        self._opaque: list[tuple[str, str, str]] = []
        self._stated = 0
        self._composites: dict[str, Composite] = {}
        self._nodes: list[Node] = []
        self._names = {INPUT}
        self._modules: dict[str, tuple[str, ...]] = {}
        self._input = input_of(model, size)
        self._notices = list(self._input.notices)
        self._tensors = {self._input.name: self._input.tensor}
        self._users = output_users(model.nodes)
        makers = {name: node for node in model.nodes for name in node.outputs}
        self._reorderings = Reorderings(makers, self._tensors)
        self._volumes, self._is_last = volumes, is_last
        self.missing_volumes: dict[str, OwnVolume] = {}
        """Values that have to be volumes of their own as well, for nodes that are layers then."""

    def add_nodes(self) -> None:
        """Make every node a layer, or fold it."""
        constant = [node for node in self._model.nodes if all(name in self._stored for name in node.outputs if name)]
        self._folded += [(node.operator, "constant") for node in constant]
        constant_names = {node.name for node in constant}
        remaining = [node for node in self._model.nodes if node.name not in constant_names]
        nodes, composites = join_composites(remaining, self._constants, self._model.outputs)
        self._composites = {composite.node.name: composite for composite in composites}
        for node in nodes:
            self._checkpoint()
            self._add(node)

    def result(self) -> ImportedModel:
        """The project of the nodes."""
        network, notice = with_groups(Network(tuple(self._nodes)), self._input.tensor.volume, self._modules)
        constants = [name for name in self._model.outputs if name in self._constants]
        self._notices += [f"output {quoted(name)} is a constant, and no volume" for name in constants]
        notices = (*self._notices, notice) if notice else tuple(self._notices)
        design = Design(_design_name(self._model), network)
        project = Project(self._input.spec, (design,), title=without_controls(Path(self._model.path).stem))
        if has_too_many_layers(project):
            raise FileFault(f"{self._model.path}: has more layers than a project can have")
        report = self._report(notices)
        note = Note(f"From {Path(self._model.path).name}\n{report.text().rstrip()}")
        project = replace(project, notes=(note,))
        return ImportedModel(project, report, self._tensors, self._model.path, self._constants)

    def _report(self, notices: tuple[str, ...]) -> ImportReport:
        recognised = tuple(
            (name, composite.title, len(composite.parts)) for name, composite in self._composites.items()
        )
        return ImportReport(
            len(self._model.nodes),
            tuple(layer for layer in self._layers if layer[0] not in self._composites),
            recognised,
            tuple(self._folded),
            tuple(self._opaque),
            notices,
        )

    def _add(self, node: GraphNode) -> None:
        """Make a node a layer, or fold it."""
        if self._fold(node):
            return
        try:
            self._interpret(node)
        except NotNative as reason:
            if self._is_of_own_padding(node):
                self._add(node)
                return
            if self._is_of_own_volumes(node):
                return
            composite = self._composites.pop(node.name, None)
            if composite is None:
                self._add_opaque(node, str(reason))
                return
            for part in composite.parts:
                self._add(part)

    def _interpret(self, node: GraphNode) -> None:
        """Make a node a layer, or pass its input on; NotNative if it is neither."""
        if node.operator in SKIPPED:
            self._pass_on(node, self._operands(node).tensor(), self._read(node, why_skipped))
        elif node.operator == "Split":
            for index, match in enumerate(self._read(node, split)):
                if node.outputs[index]:
                    self._place(node, match, node.outputs[index])
        elif node.operator == "Gather" and (shape := self._read(node, gathered_shape)) is not None:
            self._pass_on_values(
                node, self._operands(node).tensor().reshaped(shape), "the same values in another shape"
            )
        elif node.operator in REORDERINGS and self._has_shuffled(node):
            return
        elif node.operator in REORDERINGS:
            self._pass_on_values(node, reordered(self._operands(node)), "the same values in another order or shape")
        elif node.operator == "Pad":
            self._pad(node)
        else:
            self._add_layer(node)

    def _is_of_own_padding(self, node: GraphNode) -> bool:
        """Whether zeros that it should add itself have to be layers before it, of which it then receives volumes."""
        received = {name: self._tensors[name] for name in node.inputs if name in self._tensors}
        padded = {name: tensor for name, tensor in received.items() if any(tensor.margins)}
        if self._is_last or not padded:
            return False
        self.missing_volumes |= dict.fromkeys(padded, OwnVolume())
        self._tensors |= {name: tensor.with_margins_inside() for name, tensor in padded.items()}
        return True

    def _is_of_own_volumes(self, node: GraphNode) -> bool:
        """Whether a node is a layer if what it receives are volumes of their own, which are missing then."""
        for channels_last in (True, False):  # the first is how a Transpose before most often means it
            received: dict[str, Tensor] = {}
            missing: dict[str, OwnVolume] = {}
            for name in node.inputs:
                own = self._tensors[name].own_volume(channels_last=channels_last) if name in self._tensors else None
                volumes = self._reorderings.volumes_before(name, channels_last=channels_last) if own is not None else {}
                if own is not None and volumes:
                    received[name] = own.tensor
                    missing |= volumes
            if self._is_layer_of(node, received, missing):
                return True
        return self._is_of_parts(node)

    def _is_of_parts(self, node: GraphNode) -> bool:
        """Whether a Transpose is a layer if it receives the parts that it moves as the axes of a volume."""
        if node.operator != "Transpose" or not self._reorderings.values.intersection(node.inputs[:1]):
            return False
        value = node.inputs[0]
        shape = parts_shape(self._tensors[value], node.settings.get("perm") or ())
        if shape is None:
            return False
        received = {value: replace(self._tensors[value], volume=shape)}
        return self._is_layer_of(node, received, {value: OwnVolume(shape=shape)})

    def _is_layer_of(self, node: GraphNode, received: Mapping[str, Tensor], missing: Mapping[str, OwnVolume]) -> bool:
        """Make a node a layer of these in place of what it receives, and return whether that is possible.

        Values that have become volumes before, or have to be other ones, cannot be the missing ones.
        """
        conflicts = any(self.missing_volumes.get(name, own) != own for name, own in missing.items())
        if not received or conflicts or missing.keys() & self._volumes.keys() or self._is_last:
            return False
        before = {name: self._tensors[name] for name in received}
        self._tensors |= received
        try:
            self._interpret(node)
        except NotNative:
            return False
        finally:
            self._tensors |= before
        self.missing_volumes |= missing
        return True

    def _add_opaque(self, node: GraphNode, reason: str) -> None:
        """Make each output of a node that is used a layer that ONNX Runtime computes."""
        used = [name in self._users or name in self._model.outputs for name in node.outputs]
        opaque = OpaqueNode.of(self._operands(node), reason)
        self._stated += sum(map(len, opaque.receives))
        if self._stated > _MAX_STATED:
            raise FileFault(f"{self._model.path}: too many constants follow from the size of the input")
        for result, output in enumerate(node.outputs):
            if output and (used[result] or not any(used)):
                layer, tensor = opaque.output(result, self._checkpoint)
                name = self._name_of(node)
                self._append(name, Match(layer, opaque.inputs, weights=FileWeights(self._model.path, node.name)))
                self._tensors[output] = replace(tensor, source=name)
                self._reorderings.opaque.add(output)
        self._opaque.append((node.name, node.operator, reason))

    def _fold(self, node: GraphNode) -> bool:
        """Compute shape arithmetic: what depends on sizes alone."""
        shapes = {
            name: np.broadcast_to(np.float32(0), self._tensors[name].shape)
            for name in node.inputs
            if node.operator in ("Shape", "Size") and name in self._tensors
        }
        values = computed(self._model, node, shapes or self._constants)
        if not values:
            return False
        self._constants.update(values)
        self._folded.append((node.operator, "shape arithmetic"))
        return True

    def _operands(self, node: GraphNode) -> Operands:
        """What rules see of a node: without the names of outputs that nothing needs, which files have all the same."""
        needed = [name if name in self._users or name in self._model.outputs else "" for name in node.outputs[1:]]
        node = replace(node, outputs=(*node.outputs[:1], *needed)) if any(node.outputs[1:]) else node
        path, opset, batch = self._model.path, self._model.opset, self._model.batch
        return Operands(node, self._tensors, self._constants, self._stored, path, opset, batch)

    def _read(self, node: GraphNode, rule: Callable[[Operands], _Read]) -> _Read:
        """What a rule says of a node; NotNative if the settings of the node are not as the standard says."""
        try:
            return rule(self._operands(node))
        except (TypeError, ValueError, IndexError, ZeroDivisionError, OverflowError):
            raise NotNative("its settings cannot be read") from None

    def _pass_on(self, node: GraphNode, tensor: Tensor, reason: str) -> None:
        self._tensors[node.outputs[0]] = tensor
        self._folded.append((node.operator, reason))

    def _pass_on_values(self, node: GraphNode, tensor: Tensor, reason: str) -> None:
        """Pass on values in another order or shape, or make a volume of these."""
        output = node.outputs[0]
        own = self._volumes.get(output)
        match = None if own is None else own_match(tensor, own, stated_shape(self._operands(node)))
        if match is None:
            self._reorderings.values.add(output)
            return self._pass_on(node, tensor, reason)
        return self._place(node, match, output)

    def _pad(self, node: GraphNode) -> None:
        margins, tensor = self._read(node, zero_margins), self._operands(node).tensor()
        if margins is None:
            return self._add_layer(node)
        if margins == tensor.margins:
            return self._pass_on(node, tensor, "adds nothing")
        users = self._users.get(node.outputs[0], [])
        is_inner = all(map(takes_margins, users)) and node.outputs[0] not in self._model.outputs
        is_inner = is_inner and node.outputs[0] not in self._volumes
        if not is_inner:
            return self._add_layer(node)
        return self._pass_on(node, replace(tensor, margins=margins), "padding of the convolution behind it")

    def _has_shuffled(self, node: GraphNode) -> bool:
        """Make a transpose of parts of axes a layer, such as the channel or pixel shuffle in whose middle it is."""
        tensor = self._operands(node).tensor()
        perm = node.settings.get("perm") or ()
        shuffle = (
            (shuffle_of(tensor, perm) or transpose_of_parts(tensor, perm)) if node.operator == "Transpose" else None
        )
        if shuffle is None:
            return False
        layer, dims = shuffle
        self._place(node, Match(layer, (tensor,), dims=dims), node.outputs[0])
        return True

    def _add_layer(self, node: GraphNode) -> None:
        rule = _OPERATORS.get(node.operator)
        if rule is None or node.has_graph:
            raise NotNative("the operator has no layer here")
        match = self._read(node, rule)
        if len(match.inputs) == 1 and match.layer.min_inputs > 1:  # the sum or concatenation of one volume
            return self._pass_on(node, match.inputs[0], "joins one volume")
        return self._place(node, match, node.outputs[0])

    def _place(self, node: GraphNode, match: Match, output: str) -> None:
        """Add the layer that makes an output of a node."""
        shapes = [tensor.volume for tensor in match.inputs]
        mistake = next(match.layer.mistakes(shapes, match.sources), None)
        if mistake is not None:
            raise FileFault(f"{self._model.path}: {node.title}: {mistake.text}")
        name = self._name_of(node)
        self._append(name, match)
        self._layers.append((node.name, match.layer.kind))
        volume = match.layer.output_shape(shapes)
        tensor = tensor_of(name, volume, match.axes, match.inputs[0].dtype)
        self._tensors[output] = replace(tensor, axes=(), dims=match.dims) if match.dims else tensor

    def _append(self, name: str, match: Match) -> None:
        """Add a node of the design; what it receives is implied if that is the node before alone."""
        is_implied = match.sources == ((self._nodes[-1].name if self._nodes else INPUT),)
        self._nodes.append(Node(name, match.layer, () if is_implied else match.sources, match.weights))

    def _name_of(self, node: GraphNode) -> str:
        """The name of a node without what names of layers cannot have."""
        base = without_controls(node.name).strip().lstrip("/")[:MAX_NODE_NAME] or node.operator
        name = unique_name(base, self._names)
        self._names.add(name)
        self._modules[name] = recorded_modules(node)
        return name


_OPERATORS = {**ONNX_OPERATORS, **MAP_OPERATORS, **VALUE_OPERATORS}


def _design_name(model: Model) -> str:
    return without_controls(Path(model.path).stem).strip()[:200] or "model"
