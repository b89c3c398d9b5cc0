"""Edits of the layers and blocks of a design: project → Edit."""

from msgspec.structs import replace

from engine.blocks import Block
from engine.layers import Conv2d, Layer
from engine.network.graph import INPUT, Network, Node, parts_of
from engine.network.node_ref import NodeRef
from engine.network.weight_specs import WeightSource
from engine.project.project import Project
from engine.text.names import unique_name
from gui.state.edit import Edit, change_text
from gui.state.edits.joins import Shapes, join_inputs, join_nodes, joins
from gui.state.edits.names import default_name, describe_design, is_automatic, node_names
from gui.state.edits.node_groups import group_around, group_behind
from gui.state.edits.settings import converted, layer_settings, new_layer, setting_metadata, setting_value_text
from gui.state.focus import Focus

_REDUCTION = 4
"""Channels per map of a new 1×1 convolution before a layer, as in the bottlenecks of ResNet."""


_UNKNOWN: Shapes = {}


def add_layer(project: Project, design: str, after: str, kind: str | Layer | Block, shapes: Shapes = _UNKNOWN) -> Edit:
    """A new layer after the node `after`, or at the beginning for INPUT; the users of that node receive the new one.

    A kind that joins also receives the volumes without a user that fit; for INPUT, only these.
    """
    network, layer = project.network(design), new_layer(kind) if isinstance(kind, str) else kind
    name = unique_name(default_name(layer), node_names(network))
    text = f"Add {name} to {describe_design(design)}"
    if not joins(layer):
        node = Node(name, layer, group=group_behind(network, after))
        return _edit_network(project, design, network.with_node_after(node, after), text, name)
    after = next(reversed(network.loose_ends()), after) if after == INPUT else after
    return join_nodes(project, design, join_inputs(network, layer, after, shapes), layer, after, text)


def add_layer_before(
    project: Project, design: str, before: str, kind: str | Layer | Block, shapes: Shapes = _UNKNOWN
) -> Edit:
    """A new layer that only the node `before` receives, instead of its first input.

    A kind that joins also receives the volumes without a user that fit.
    """
    return _insert_before(project, design, before, new_layer(kind) if isinstance(kind, str) else kind, shapes)


def add_reduction(project: Project, design: str, before: str, channels: int) -> Edit:
    """A 1×1 convolution before a node, with a quarter of the `channels` that the node receives."""
    return _insert_before(project, design, before, Conv2d(max(1, channels // _REDUCTION), 1), base="reduce")


def _insert_before(
    project: Project, design: str, before: str, layer: Layer | Block, shapes: Shapes = _UNKNOWN, base: str = ""
) -> Edit:
    network = project.network(design)
    at = network.index(before)
    node, inputs_before = network.nodes[at], network.inputs_of(at)
    name = unique_name(base or default_name(layer), node_names(network))
    joined = join_inputs(network, layer, inputs_before[0], shapes, but=before)
    inputs = joined or node.inputs[:1]
    rest = tuple(other for other in inputs_before[1:] if other not in joined or other == inputs_before[0])
    # An implied input stays implied, for the node follows the new one directly.
    changed = network.with_node_replaced(before, replace(node, inputs=(name, *rest) if node.inputs else ()))
    group = group_around(network, inputs_before[0], before)
    changed = changed.with_node(Node(name, layer, inputs, group=group), at)
    return _edit_network(project, design, changed, f"Add {name} before {before}", name)


def rename_node(project: Project, design: str, name: str, new_name: str) -> Edit:
    text = f"Rename {name} to {new_name}"
    return Edit(text, project.with_node_renamed(design, name, new_name), focus=Focus(design, new_name))


def take_block_apart(project: Project, design: str, name: str, channels: int) -> Edit:
    """A block that receives so many channels, replaced by its layers; the selection goes to their output."""
    network = project.network(design)
    output = parts_of(network.node(name), network.inputs_of(network.index(name)), channels)[-1].name
    return _edit_network(project, design, network.with_block_expanded(name, channels), f"Take {name} apart", output)


def set_setting(project: Project, ref: NodeRef, setting: str, value: object) -> Edit:
    """Another value for a setting of a layer; a drag is one undo step. An automatic name follows."""
    design, name = ref
    network = project.network(design)
    old = network.node(name).layer
    layer = replace(old, **{setting: value})
    title = next(setting_metadata(f).get("title", setting) for f in layer_settings(type(layer)) if f.name == setting)
    before, after = (setting_value_text(getattr(value, setting)) for value in (old, layer))
    text = change_text(f"{title} of {name}", before, after)
    # The name may change while a number is typed, the row does not.
    return Edit(text, _with_layer(project, ref, layer), f"{design}/{network.index(name)}/{setting}")


def set_settings(project: Project, ref: NodeRef, layer: Layer | Block) -> Edit:
    """A layer of the same kind with other settings, as one step. An automatic name follows."""
    return Edit(f"Change {ref[1]}", _with_layer(project, ref, layer))


def _with_layer(project: Project, ref: NodeRef, layer: Layer | Block) -> Project:
    design, name = ref
    network = project.network(design)
    old = network.node(name).layer
    changed = project.with_network(design, network.with_layer(name, layer))
    if is_automatic(name, old) and default_name(layer) != default_name(old):
        new_name = unique_name(default_name(layer), node_names(network, but=name))
        changed = changed.with_node_renamed(design, name, new_name)
    return changed


def set_kind(project: Project, ref: NodeRef, kind: str, shapes: Shapes = _UNKNOWN) -> Edit:
    """Another kind with the settings that both have; an automatic name follows the kind."""
    design, name = ref
    network = project.network(design)
    at = network.index(name)
    node = network.nodes[at]
    layer = converted(node.layer, kind)
    inputs = node.inputs
    if layer.min_inputs > len(network.inputs_of(at)):
        inputs = join_inputs(network, layer, network.inputs_of(at)[0], shapes, but=name)
    elif layer.max_inputs is not None:
        inputs = inputs[: layer.max_inputs]
    # Weights fit the roles and shapes of one kind only.
    network = network.with_node_replaced(name, Node(name, layer, inputs, group=node.group))
    new_name = name
    if is_automatic(name, node.layer):
        new_name = default_name(layer)
    if new_name != name or isinstance(layer, Block):
        new_name = unique_name(new_name, node_names(network, but=name))
    changed = project.with_network(design, network).with_node_renamed(design, name, new_name)
    return Edit(f"Change {name} to {layer.title.lower()}", changed, focus=Focus(design, new_name))


def set_inputs(project: Project, ref: NodeRef, inputs: tuple[str, ...]) -> Edit:
    """Other inputs of a node; () stands for the node before it."""
    design, name = ref
    network = project.network(design).with_inputs(name, inputs)
    names = ", ".join(network.inputs_of(network.index(name)))
    return Edit(f"Connect {name} to {names}", project.with_network(design, network))


def set_weights(project: Project, ref: NodeRef, weights: WeightSource | None, words: str) -> Edit:
    """Another source of the weights of a node; `words` names it."""
    design, name = ref
    network = project.network(design)
    changed = network.with_node_replaced(name, replace(network.node(name), weights=weights))
    return Edit(f"Use {words} weights for {name}", project.with_network(design, changed))


def _edit_network(project: Project, design: str, network: Network, text: str, focus: str) -> Edit:
    return Edit(text, project.with_network(design, network), focus=Focus(design, focus))
