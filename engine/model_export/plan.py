"""What is exported of a design: its layers in execution order, blocks opened, with the weights that a run uses."""

import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import psutil
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from engine.files.paths import FileFault
from engine.kernels import Checkpoint
from engine.layers import Layer
from engine.network.analysis import Analysis, Report
from engine.network.graph import INPUT
from engine.network.node_ref import STEM, NodeRef, design_text
from engine.network.weight_specs import LowRankWeights, WeightSource
from engine.run.cache import VolumeCache
from engine.run.check import place_in_file
from engine.run.execute import weights_at
from engine.run.memory import require_memory
from engine.run.request import RunRequest
from engine.shapes import Shape, Windows
from engine.text.names import quoted, unique_name
from engine.text.problems import Problem, ProjectError
from engine.text.units import byte_size

_COPIES = 2
"""Times that weights are in memory while a model is written: those with their axes in another order are copied."""

OnLayer = Callable[[str, int, int], object]
"""Receives the name of the layer that is next, how many are done, and how many there are."""


class ModulePart(NamedTuple):
    """A layer of a block or of a group, which formats with modules have as one."""

    name: str
    """That of the block or group."""
    kind: str
    """That of the block, or a word for the group."""
    title: str
    """The name of the layer within it."""


class PlannedLayer(Struct, frozen=True, eq=False):
    """A layer of the exported network."""

    name: str
    ref: NodeRef
    """Its place in the project."""
    layer: Layer
    inputs: tuple[str, ...]
    """Names of layers, or INPUT."""
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    source: WeightSource | None = None
    module: "ModulePart | None" = None
    """What it is a part of, if anything."""
    arrays: Mapping[str, NDArray[Any]] = {}
    """By role, as the run uses them."""

    @property
    def windows(self) -> Windows:
        return self.layer.windows(self.input_shapes[0])

    @property
    def title(self) -> str:
        """How it is called in messages."""
        return f"layer {quoted(self.name)} ({self.layer.kind})"


class ExportPlan(Struct, frozen=True, eq=False, dict=True):
    """The network that is exported: a design, behind the stem if the project has one."""

    design: str
    title: str
    """Of the project."""
    input_shape: Shape
    layers: tuple[PlannedLayer, ...]
    outputs: tuple[str, ...]
    """Names of the layers that no other receives."""

    @cached_property
    def layer_by_name(self) -> Mapping[str, PlannedLayer]:
        return {layer.name: layer for layer in self.layers}

    def shape_of(self, name: str) -> Shape:
        """The shape of the output of a layer, or of the input."""
        return self.input_shape if name == INPUT else self.layer_by_name[name].output_shape


def export_plan(request: RunRequest, design: str) -> ExportPlan:
    """The plan of a design, or of the stem, without arrays.

    Raises
    ------
    ProjectError
        With all mistakes, if one of them withholds a layer; or there is no layer.
    """
    project, check = request.project, request.check
    names = [STEM, design] if project.stem is not None and design != STEM else [design]
    if any((name, report.name) not in check.keys for name in names for report in check.analyses[name].reports):
        raise ProjectError(check.problems)
    own = check.analyses[design]
    if not own.reports:
        raise ProjectError([Problem(f"{design_text(design)} has no layers; add one", "$.designs")])
    reserved = {INPUT, *own.report_by_name}
    entry, layers = INPUT, list[PlannedLayer]()
    modules: dict[NodeRef, ModulePart] = {}
    for name in names:
        called = {INPUT: entry}
        modules |= {(name, layer): part for layer, part in _module_parts(check.analyses[name])}
        for report in check.analyses[name].reports:
            is_shared = name != design and report.name in reserved
            called[report.name] = unique_name(f"stem/{report.name}", reserved) if is_shared else report.name
            reserved.add(called[report.name])
            layers.append(_planned(name, report, called))
        entry = called[check.analyses[name].output]
    received = {name for layer in layers for name in layer.inputs}
    outputs = tuple(layer.name for layer in layers if layer.ref[0] == design and layer.name not in received)
    shape = check.input_shape
    assert shape is not None, "a layer with a key has an input"
    layers = [replace(layer, module=modules.get(layer.ref)) for layer in layers]
    return ExportPlan(design_text(design), project.title, shape, _needed(layers, outputs), outputs)


def _module_parts(analysis: Analysis) -> Iterator[tuple[str, ModulePart]]:
    """Yield (layer, part) of the blocks, and of those groups that run without others between."""
    for block in analysis.blocks.values():
        for part in block.parts:
            yield part.name, ModulePart(block.name, block.layer.kind, part.name.removeprefix(f"{block.name}/"))
    positions = {report.name: number for number, report in enumerate(analysis.reports)}
    for group in analysis.groups.values():
        numbers = [positions[part.name] for part in group.parts]
        runs_alone = numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        if runs_alone and not any(part.block for part in group.parts):
            kind = re.sub(r"\W+", "_", group.name, flags=re.ASCII).strip("_") or "group"
            for part in group.parts:
                title = re.split(rf"{re.escape(group.name)}(?:[/.]|_(?=[^\W\d_]))", part.name)[-1]
                yield part.name, ModulePart(group.name, kind, title)


def _planned(design: str, report: Report, called: Mapping[str, str]) -> PlannedLayer:
    assert isinstance(report.layer, Layer), "a block that has a key stands for layers"
    assert report.output_shape is not None
    return PlannedLayer(
        called[report.name],
        (design, report.name),
        report.layer,
        tuple(called[name] for name in report.inputs),
        report.known_inputs,
        report.output_shape,
        report.weights,
    )


def received_values(layers: Sequence[PlannedLayer]) -> tuple[str, ...]:
    """The names of what layers receive of others, in the order in which they receive it."""
    own = {layer.name for layer in layers}
    return tuple(dict.fromkeys(name for layer in layers for name in layer.inputs if name not in own))


def argument_names(values: Sequence[str]) -> Mapping[str, str]:
    """What a function calls the values that it receives: "x", and "x2" if there are two."""
    return {name: f"x{number}" if number > 1 else "x" for number, name in enumerate(values, 1)}


def _needed(layers: list[PlannedLayer], outputs: tuple[str, ...]) -> tuple[PlannedLayer, ...]:
    """The layers on which an output depends."""
    needed = set(outputs)
    for layer in reversed(layers):
        if layer.name in needed:
            needed.update(layer.inputs)
    return tuple(layer for layer in layers if layer.name in needed)


class WeightLoader(Struct, frozen=True, eq=False):
    """Where the arrays of a plan come from."""

    request: RunRequest
    cache: VolumeCache
    """Volumes that are known already, for weights that are fitted to them."""
    checkpoint: Checkpoint
    on_layer: OnLayer

    def load(self, plan: ExportPlan, but: Container[str] = ()) -> ExportPlan:
        """The plan with the arrays of every layer, `but` of these.

        Raises
        ------
        ProjectError
            They need more memory than is free, or a file does not have them.
        """
        layers_to_load = [layer for layer in plan.layers if layer.name not in but]
        self._require_memory(plan, layers_to_load)
        layers = {layer.name: layer for layer in plan.layers}
        for done, layer in enumerate(layers_to_load):
            self.checkpoint()
            self.on_layer(layer.name, done, len(layers_to_load))
            layers[layer.name] = replace(layer, arrays=self._arrays(layer))
        return replace(plan, layers=tuple(layers.values()))

    def _require_memory(self, plan: ExportPlan, layers_to_load: Sequence[PlannedLayer]) -> None:
        needed = _COPIES * sum(self.request.check.reports[layer.ref].weight_bytes for layer in layers_to_load)
        free = psutil.virtual_memory().available
        if needed > free:
            text = f"writing its weights needs {byte_size(needed)}; {byte_size(free)} of memory are free"
            raise ProjectError([Problem(f"{plan.design}: {text}", "$.designs")])
        if any(isinstance(layer.source, LowRankWeights) for layer in layers_to_load):
            require_memory(self.request, self.cache)  # fitting them needs volumes

    def _arrays(self, layer: PlannedLayer) -> Mapping[str, NDArray[Any]]:
        report = self.request.check.reports[layer.ref]
        try:
            arrays = weights_at(self.request, layer.ref, self.cache, self.checkpoint)
        except FileFault as fault:
            design, node = layer.ref
            place = place_in_file(self.request.project, design, report.index, "weights")
            raise ProjectError([Problem(f"{node}: {fault}", place, design, node, "weights")]) from None
        return {role: arrays[role] for role in report.array_shapes or arrays}
