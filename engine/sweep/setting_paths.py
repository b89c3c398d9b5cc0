"""Settings by path, such as "bottleneck/reduce.filters": what an axis of a sweep can change, and what it can be."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from msgspec import Meta, Struct
from msgspec.structs import FieldInfo, fields, replace

from engine.layers.base import Count, HeightWidth, Layer
from engine.layers.windows import pair
from engine.low_rank.forms import as_convolution
from engine.network.graph import INPUT, Node
from engine.network.input_specs import ArrayInput, ImageInput, Input, NoiseInput, Seed
from engine.network.node_ref import STEM, NodeRef, design_text
from engine.network.weight_specs import Form, LowRankWeights
from engine.project.project import Project

INPUT_REF: NodeRef = (STEM, INPUT)
"""Stands for the project's input."""
_PROJECT_REF: NodeRef = (STEM, "")
LOW_RANK = "low_rank."
"""Begins the settings of low-rank convolutions that replace one, together."""
SIZE = "size"

_FIXED = {ImageInput: ("path", "crop"), ArrayInput: ("path", "key"), NoiseInput: ()}
"""Settings of inputs that name a file, or belong to one."""
_Ranks = Count | Annotated[tuple[Count, ...], Meta(min_length=2, max_length=2)]
_LOW_RANK_TYPES: dict[str, Any] = {"rank": _Ranks, "form": Form, "refit": bool}


class SettingPath(Struct, frozen=True):
    """Where a setting of a project is."""

    ref: NodeRef
    """The node, `INPUT_REF` for the project's input, or (STEM, "") for the project itself."""
    setting: str
    type: Any
    """What it accepts, for msgspec."""

    @property
    def text(self) -> str:
        """The path as people write it."""
        design, node = self.ref
        if self.ref == _PROJECT_REF:
            return self.setting
        return f"{INPUT}.{self.setting}" if self.ref == INPUT_REF else f"{design_text(design)}/{node}.{self.setting}"

    @property
    def is_low_rank(self) -> bool:
        return self.setting.startswith(LOW_RANK)


class SettingPaths(Struct, frozen=True, eq=False):
    """The settings of a project by their paths."""

    by_text: Mapping[str, SettingPath]
    ambiguous: frozenset[str]
    """Paths that names with "/" and "." make equal; they are of several settings."""


def setting_paths(project: Project) -> SettingPaths:
    """Every setting that an axis can change."""
    by_text: dict[str, SettingPath] = {}
    ambiguous = set()
    for path in _paths(project):
        if path.text in by_text:
            ambiguous.add(path.text)
        by_text.setdefault(path.text, path)
    return SettingPaths(by_text, frozenset(ambiguous))


def _paths(project: Project) -> Iterator[SettingPath]:
    yield SettingPath(_PROJECT_REF, "seed", Seed)
    kind = type(project.input)
    for field in fields(kind):
        if field.name not in _FIXED[kind]:
            is_size = field.name == SIZE and kind is ImageInput
            yield SettingPath(INPUT_REF, field.name, HeightWidth if is_size else field.type)
    if kind is NoiseInput:
        yield SettingPath(INPUT_REF, SIZE, HeightWidth)
    for design, network in project.networks():
        for node in network.nodes:
            yield from _node_paths((design, node.name), node)


_FIELDS: dict[type, tuple[FieldInfo, ...]] = {}


def _node_paths(ref: NodeRef, node: Node) -> Iterator[SettingPath]:
    layer = node.layer
    if isinstance(layer, Layer) and layer.runs_node:  # its settings belong to the ONNX file
        return
    if type(layer) not in _FIELDS:
        _FIELDS[type(layer)] = fields(type(layer))
    for field in _FIELDS[type(layer)]:
        yield SettingPath(ref, field.name, field.type)
    if has_low_rank_settings(node):
        for name, type_ in _LOW_RANK_TYPES.items():
            yield SettingPath(ref, LOW_RANK + name, type_)


def has_low_rank_settings(node: Node) -> bool:
    """Whether low-rank convolutions replace a node, or can."""
    convolution = as_convolution(node.layer)
    is_wide = convolution is not None and convolution.groups == 1 and max(pair(convolution.kernel)) > 1
    return is_wide or isinstance(node.weights, LowRankWeights)


def value_of_setting(project: Project, path: SettingPath) -> Any:
    """The present value of a setting; of low-rank convolutions None if the layer is not replaced."""
    if path.ref == _PROJECT_REF:
        return project.seed
    if path.ref == INPUT_REF:
        spec = project.input
        return spec.shape[1:] if isinstance(spec, NoiseInput) and path.setting == SIZE else getattr(spec, path.setting)
    network = project.network(path.ref[0])
    node = network.node(path.ref[1])
    if not path.is_low_rank:
        return getattr(node.layer, path.setting)
    recipe, name = node.weights, path.setting.removeprefix(LOW_RANK)
    if not isinstance(recipe, LowRankWeights):
        return None
    if name != "rank":
        return getattr(recipe, name)
    ranks = tuple(getattr(network.node(other).layer, "filters", 0) for other in recipe.nodes[:-1])
    return ranks[0] if len(ranks) == 1 else ranks


def with_input_setting(spec: Input, setting: str, value: Any) -> Input:
    """The input with another value of a setting; one number for its size stands for both sides."""
    if setting != SIZE:
        return replace(spec, **{setting: value})
    size = pair(value)
    if isinstance(spec, NoiseInput):
        return replace(spec, shape=(spec.shape[0], *size))
    return replace(spec, size=size)


def with_project_setting(project: Project, path: SettingPath, value: Any) -> Project:
    """The project with another value of a setting of its own or of its input."""
    if path.ref == _PROJECT_REF:
        return replace(project, seed=value)
    return replace(project, input=with_input_setting(project.input, path.setting, value))


def is_of_node(path: SettingPath) -> bool:
    """Whether a setting is one of a layer or block."""
    return path.ref not in (_PROJECT_REF, INPUT_REF)
