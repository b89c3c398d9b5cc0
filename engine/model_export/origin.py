"""The ONNX model that a design came from, and what has become of each of its layers since."""

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Literal

from msgspec import Struct

from engine.files.onnx_model import ONNX_SUFFIX
from engine.files.paths import suffix_of
from engine.kernels import Checkpoint
from engine.model_export.plan import ExportPlan, PlannedLayer, export_plan
from engine.network.graph import INPUT
from engine.network.weight_specs import FileWeights
from engine.onnx_files.importer import ImportedModel, import_model
from engine.onnx_files.model_input import OpenSize
from engine.run.request import RunRequest

Fate = Literal["kept", "rewired", "weights", "changed", "added"]
"""What has become of a layer: nothing; other inputs, or shapes of these; other weights; other settings; it is new."""


class Origin(Struct, frozen=True, eq=False, dict=True):
    """A model as it was imported, beside a design."""

    imported: ImportedModel
    before: ExportPlan
    """The design that the import made."""
    plan: ExportPlan
    counterparts: Mapping[str, str]
    """The layer of `before` that each layer is; INPUT is INPUT."""
    fates: Mapping[str, Fate]
    """Of each layer of the plan."""

    @property
    def path(self) -> str:
        return self.imported.path

    @cached_property
    def successors(self) -> Mapping[str, str]:
        """The layer of the design that each layer of the model, and INPUT, has become, if any."""
        return {old: new for new, old in self.counterparts.items()}

    @property
    def removed(self) -> tuple[str, ...]:
        """Layers of the model that the design has no more."""
        return tuple(layer.name for layer in self.before.layers if layer.name not in self.successors)

    @property
    def renamed(self) -> tuple[tuple[str, str], ...]:
        """(name in the model, name in the design) of layers that are called otherwise."""
        return tuple((old, new) for new, old in self.counterparts.items() if old != new)

    @property
    def is_unchanged(self) -> bool:
        return not self.renamed and not self.removed and set(self.fates.values()) == {"kept"}


def find_origin(plan: ExportPlan, checkpoint: Checkpoint) -> Origin | None:
    """The model in whose file the weights of most layers are; None if there is none.

    Raises
    ------
    ProjectError
        The model cannot be imported any more.
    """
    paths = Counter(layer.source.path for layer in plan.layers if isinstance(layer.source, FileWeights))
    path = next((path for path, _ in paths.most_common() if suffix_of(path) == ONNX_SUFFIX), None)
    if path is None:
        return None
    try:
        imported = import_model(Path(path), None, checkpoint)
    except OpenSize:
        imported = import_model(Path(path), (plan.input_shape.height, plan.input_shape.width), checkpoint)
    before = export_plan(RunRequest.of(imported.project), imported.project.designs[0].name)
    return origin_of(plan, before, imported)


def origin_of(plan: ExportPlan, before: ExportPlan, imported: ImportedModel) -> Origin:
    """What has become of the layers of a model in a design."""
    counterparts = _counterparts(plan, before)
    earlier = {layer.name: layer for layer in before.layers}
    fates: dict[str, Fate] = {
        layer.name: _fate(layer, earlier.get(counterparts.get(layer.name, "")), counterparts) for layer in plan.layers
    }
    return Origin(imported, before, plan, counterparts, fates)


def _counterparts(plan: ExportPlan, before: ExportPlan) -> dict[str, str]:
    """Layers of the same name; then those that differ in their name alone."""
    names = {layer.name for layer in plan.layers}
    earlier = {layer.name for layer in before.layers}
    counterparts = {INPUT: INPUT, **{name: name for name in names & earlier}}
    missing = {layer.name: layer for layer in before.layers if layer.name not in names}
    for layer in plan.layers:
        if layer.name in counterparts:
            continue
        inputs = tuple(counterparts.get(name, "") for name in layer.inputs)
        for old in missing.values():
            if old.layer == layer.layer and old.source == layer.source and old.inputs == inputs:
                counterparts[layer.name] = old.name
                del missing[old.name]
                break
    return counterparts


def _fate(layer: PlannedLayer, old: PlannedLayer | None, counterparts: Mapping[str, str]) -> Fate:
    if old is None:
        return "added"
    inputs = tuple(counterparts.get(name, "") for name in layer.inputs)
    if layer.layer != old.layer or len(inputs) != len(old.inputs) or not _is_consistent(old, layer):
        return "changed"
    if layer.source != old.source:
        return "weights"
    return "kept" if inputs == old.inputs and layer.input_shapes == old.input_shapes else "rewired"


def _is_consistent(old: PlannedLayer, layer: PlannedLayer) -> bool:
    """Whether what was received twice still is."""
    return len(set(zip(old.inputs, layer.inputs, strict=True))) == len(set(old.inputs))
