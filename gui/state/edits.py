"""What a person can do to a project, as pure functions: project → Edit. Nothing here knows a widget."""

import re
from collections.abc import Container, Sequence
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect
from msgspec.structs import asdict, replace

from engine.blocks import Block
from engine.layers import Conv2d, Kind, Layer, tag_of
from engine.layers.windows import pair, times
from engine.network.graph import INPUT, LowRankWeights, Network, Node, WeightSource, parts_of
from engine.project.project import Design, ImageInput, Input, Project
from engine.project.reader import KINDS, NAME
from engine.reports.googlenet_table import Switch, paper_rows, switch
from engine.run.check import Place
from engine.text.problems import STEM
from gui.state.edit import Edit
from gui.state.view_state import Focus, ViewState

REDUCTION = 4
"""A new 1×1 convolution before a layer leaves one channel of so many, as the bottlenecks of ResNet do."""


def metadata(field: inspect.Field) -> dict[str, object]:
    """A setting's title, description and examples."""
    type_ = field.type
    return dict(type_.extra_json_schema or {}) if isinstance(type_, inspect.Metadata) else {}


@cache
def settings_of(layer: type[Kind]) -> tuple[inspect.Field, ...]:
    """The settings of a kind, in the order in which it declares them."""
    info = inspect.type_info(layer)
    return info.fields if isinstance(info, inspect.StructType) else ()


def kinds(layers: Sequence[type[Kind]]) -> tuple[tuple[str, str, str], ...]:
    """(kind, title, help) of each, for menus."""
    return tuple((tag_of(layer), layer.title, layer.help) for layer in layers)


def new_layer(kind: str) -> Layer | Block:
    """A layer of that kind with its defaults; what has none gets the first example of its description."""
    type_: type[Layer | Block] = KINDS[kind]
    made: dict[str, Any] = {}
    for field in settings_of(type_):
        examples = metadata(field).get("examples")
        if field.required and isinstance(examples, list):
            made[field.name] = examples[0]
    return type_(**made)


def base_name(layer: Kind) -> str:
    """What a new layer is called: "conv3x3", "max_pool2x2", "relu", "batch_norm"."""
    base = layer.kind.removesuffix("2d")
    kernel = getattr(layer, "kernel", None)
    if kernel is not None:
        return base + times(pair(kernel)).replace("×", "x")
    first = next(iter(asdict(layer).values()), None)
    return first if isinstance(first, str) else base


def unique_name(base: str, taken: Container[str]) -> str:
    """`base`, or with the first number from 2 on that is free: "relu_2"."""
    name, number = base, 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    return name


def name_refusal(project: Project, place: Place, name: str) -> str:
    """Why a node, or a design where the place's node is INPUT, cannot be called `name`; "" where it can."""
    design, node = place
    if node == INPUT:
        if not name.strip():
            return "a design needs a name"
        taken = name != design and any(other.name == name for other in project.designs)
        return f"there is a design {name!r} already" if taken else ""
    if not name:
        return "a layer needs a name"
    if not NAME.fullmatch(name):
        return "letters, digits and _ - . / make a name"
    if name == INPUT:
        return f"{INPUT!r} is what the design receives"
    network = project.network(design)
    if name != node and any(other.name == name for other in network.nodes):
        return f"there is a layer {name!r} already"
    return _prefix_refusal(network, node, name)


def _prefix_refusal(network: Network, node: str, name: str) -> str:
    """Why a name would mix up a block's layers, which are called ``block/part``, with others; "" where it would not."""
    others = [other for other in network.nodes if other.name != node]
    around = next((o.name for o in others if isinstance(o.layer, Block) and name.startswith(f"{o.name}/")), None)
    if around is not None:
        return f"the layers of block {around!r} have names that begin with '{around}/'"
    within = next((o.name for o in others if o.name.startswith(f"{name}/")), None)
    if within is not None and any(o.name == node and isinstance(o.layer, Block) for o in network.nodes):
        return f"a block's layers would begin with '{name}/', as {within!r} does"
    return ""


def place_words(design: str) -> str:
    return "the stem" if design == STEM else design


def add_layer(project: Project, design: str, after: str, kind: str) -> Edit:
    """A new layer behind the node `after`, or first where that is INPUT; who received that node receives the new one.

    A kind that joins receives, besides, what nobody else does.
    """
    network, layer = project.network(design), new_layer(kind)
    name = unique_name(base_name(layer), _names(network))
    node = Node(name, layer, _joined(network, layer, after))
    return _with_network(project, design, network.inserted(node, after), f"Add {name} to {place_words(design)}", name)


def add_layer_before(project: Project, design: str, before: str, kind: str) -> Edit:
    """A new layer that only the node `before` receives, in the place of what it received first.

    A kind that joins receives, besides, what nobody else does.
    """
    return _inserted_before(project, design, before, new_layer(kind))


def add_reduction(project: Project, design: str, before: str, channels: int) -> Edit:
    """A 1×1 convolution before a node, with a quarter of the `channels` that the node receives."""
    return _inserted_before(project, design, before, Conv2d(max(1, channels // REDUCTION), 1), "reduce")


def _inserted_before(project: Project, design: str, before: str, layer: Layer | Block, base: str = "") -> Edit:
    network = project.network(design)
    at = network.index(before)
    node, received = network.nodes[at], network.inputs_of(at)
    name = unique_name(base or base_name(layer), _names(network))
    inputs = _joined(network, layer, received[0], but=before) or node.inputs[:1]
    rest = tuple(other for other in received[1:] if other not in inputs)
    # What is implied stays implied: the node stands right behind the new one.
    changed = network.replaced(before, replace(node, inputs=(name, *rest) if node.inputs else ()))
    changed = changed.with_node(Node(name, layer, inputs), at)
    return _with_network(project, design, changed, f"Add {name} before {before}", name)


def duplicate_node(project: Project, design: str, name: str) -> Edit:
    """A copy behind the node, which receives it; a kind that joins is copied with its inputs.

    Weights that were fitted together with those of other nodes are theirs alone: the copy has some of its own.
    """
    network = project.network(design)
    node = network.node(name)
    copy = replace(
        node,
        name=unique_name(name, _names(network)),
        inputs=network.inputs_of(network.index(name)) if node.layer.min_inputs > 1 else (),
        weights=None if isinstance(node.weights, LowRankWeights) else node.weights,
    )
    return _with_network(project, design, network.inserted(copy, name), f"Duplicate {name}", copy.name)


def remove_node(project: Project, design: str, name: str) -> Edit:
    """The node's users receive what it received; the selection goes to the node that takes its row."""
    network = project.network(design)
    at, left = network.index(name), network.without(name)
    focus = left.nodes[min(at, len(left.nodes) - 1)].name if left.nodes else INPUT
    return _with_network(project, design, left, f"Remove {name}", focus)


def move_node(project: Project, design: str, name: str, by: int) -> Edit | None:
    """The node `by` rows further down; None where it is at that end already."""
    network = project.network(design)
    at = network.index(name)
    to = max(0, min(len(network.nodes) - 1, at + by))
    text = f"Move {name} {'down' if by > 0 else 'up'}"
    return None if to == at else _with_network(project, design, network.moved(name, to), text, name)


def rename_node(project: Project, design: str, name: str, new_name: str) -> Edit:
    text = f"Rename {name} to {new_name}"
    return Edit(text, project.with_node_renamed(design, name, new_name), focus=Focus(design, new_name))


def take_apart(project: Project, design: str, name: str, channels: int) -> Edit:
    """A block's layers, where it receives so many channels, in its place; the selection goes to their output."""
    network = project.network(design)
    output = parts_of(network.node(name), INPUT, channels)[-1].name
    return _with_network(project, design, network.taken_apart(name, channels), f"Take {name} apart", output)


def take_chosen_apart(state: ViewState) -> Edit | None:
    """The same for the chosen block, or for the one around the chosen part; None where its layers are not known."""
    block = state.block(state.focus.place)
    received = None if block is None else block.input_shapes[0]
    if block is None or received is None:
        return None
    return take_apart(state.project, state.focus.design, block.name, received.channels)


def set_setting(project: Project, place: Place, setting: str, value: object) -> Edit:
    """One setting of a layer has another value; a drag of it is one undo step."""
    design, name = place
    network = project.network(design)
    layer = replace(network.node(name).layer, **{setting: value})
    title = next(metadata(f).get("title", setting) for f in settings_of(type(layer)) if f.name == setting)
    text = f"Set {str(title).lower()} to {shown(getattr(layer, setting))}"
    return Edit(text, project.with_network(design, network.with_layer(name, layer)), f"{design}/{name}/{setting}")


def switch_chosen_form(state: ViewState) -> Edit | None:
    """The chosen convolution as a separable one, or back; None where it has no other form."""
    design, name = state.written(state.focus.place)
    rows = paper_rows(state.project, state.check, design) if design in state.check.analyses else ()
    row = next((row for row in rows if row.node == name and not row.is_total), None)
    form = None if row is None else switch(state.project, row)
    if not isinstance(form, Switch):
        return None
    return Edit(form.text, state.project.with_network(design, form.network), focus=Focus(design, name))


def set_kind(project: Project, place: Place, kind: str) -> Edit:
    """Another kind with the settings that both have; a name that was made for the old kind is made anew."""
    design, name = place
    network = project.network(design)
    at = network.index(name)
    node = network.nodes[at]
    layer = _converted(node.layer, kind)
    inputs = node.inputs
    if layer.min_inputs > 1:
        inputs = _joined(network, layer, network.inputs_of(at)[0], but=name)
    elif layer.max_inputs is not None:
        inputs = inputs[: layer.max_inputs]
    # Weights are made for one kind's roles and shapes.
    network = network.replaced(name, Node(name, layer, inputs))
    new_name = name
    if re.fullmatch(re.escape(base_name(node.layer)) + r"(_\d+)?", name):
        new_name = base_name(layer)
    if new_name != name or isinstance(layer, Block):
        new_name = unique_name(new_name, _names(network, but=name))
    changed = project.with_network(design, network).with_node_renamed(design, name, new_name)
    return Edit(f"Make {name} {layer.title.lower()}", changed, focus=Focus(design, new_name))


def set_inputs(project: Project, place: Place, inputs: tuple[str, ...]) -> Edit:
    """What a node receives; () is the node before it."""
    design, name = place
    network = project.network(design).connected(name, inputs)
    received = ", ".join(network.inputs_of(network.index(name)))
    return Edit(f"Connect {name} to {received}", project.with_network(design, network))


def set_weights(project: Project, place: Place, weights: WeightSource | None, words: str) -> Edit:
    """Where a node's weights come from, `words` being their name."""
    design, name = place
    network = project.network(design)
    changed = network.replaced(name, replace(network.node(name), weights=weights))
    return Edit(f"Take {words} weights for {name}", project.with_network(design, changed))


def add_design(project: Project) -> Edit:
    """An empty design at the end."""
    name = unique_name("design", [design.name for design in project.designs])
    made = project.with_designs((*project.designs, Design(name, Network())))
    return Edit(f"Add {name}", made, focus=Focus(name))


def duplicate_design(project: Project, name: str) -> Edit:
    """A copy right after the design. Seeded weights depend on the design's name, so the copy has its own."""
    at = _design_index(project, name)
    copy = replace(project.designs[at], name=unique_name(name, [design.name for design in project.designs]))
    made = project.with_designs((*project.designs[: at + 1], copy, *project.designs[at + 1 :]))
    return Edit(f"Duplicate {name}", made, focus=Focus(copy.name))


def remove_design(project: Project, name: str) -> Edit:
    """The selection goes to the design that takes its place."""
    at = _design_index(project, name)
    left = (*project.designs[:at], *project.designs[at + 1 :])
    focus = Focus(left[min(at, len(left) - 1)].name) if left else Focus()
    return Edit(f"Remove {name}", project.with_designs(left), focus=focus)


def move_design(project: Project, name: str, by: int) -> Edit | None:
    """The design `by` places further down; None where it is at that end already."""
    at = _design_index(project, name)
    designs = list(project.designs)
    to = max(0, min(len(designs) - 1, at + by))
    designs.insert(to, designs.pop(at))
    text = f"Move {name} {'down' if by > 0 else 'up'}"
    return None if to == at else Edit(text, project.with_designs(designs), focus=Focus(name))


def rename_design(project: Project, name: str, new_name: str) -> Edit:
    changed = project.with_design_renamed(name, new_name)
    return Edit(f"Rename {name} to {new_name}", changed, focus=Focus(new_name))


def set_title(project: Project, title: str) -> Edit:
    return Edit("Change the title", replace(project, title=title), "title")


def set_seed(project: Project, seed: int) -> Edit:
    return Edit(f"Set the seed of the weights to {seed}", replace(project, seed=seed), "seed")


def set_input(project: Project, spec: Input, text: str, merge: str = "") -> Edit:
    return Edit(text, replace(project, input=spec), merge and f"input/{merge}")


def with_channels(spec: ImageInput, channels: str) -> ImageInput:
    """Other channels; mean and std stay with their colours, gray gets the colours' average."""

    def ordered(values: tuple[float, ...]) -> tuple[float, ...]:
        if len(values) < 2:
            return values
        return (sum(values) / len(values),) if channels == "gray" else values[::-1]

    if channels == spec.channels:
        return spec
    return replace(spec, channels=channels, mean=ordered(spec.mean), std=ordered(spec.std))


def shown(value: object) -> str:
    """A setting's value in words: "on", "3×5", "[0, 1, 2, 1]", "its default"."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return times((value[0], value[1])) if len(value) == 2 else str(list(value))
    return "its default" if value is None else str(value)


def _names(network: Network, but: str | None = None) -> set[str]:
    """Names that a new node, or the one called `but`, cannot have: a block's layers, too, are named after it."""
    names = {node.name for node in network.nodes if node.name != but}
    return {INPUT, *names, *(name[: mark.start()] for name in names for mark in re.finditer("/", name))}


def _design_index(project: Project, name: str) -> int:
    return project.designs.index(project.design(name))


def _with_network(project: Project, design: str, network: Network, text: str, focus: str) -> Edit:
    return Edit(text, project.with_network(design, network), focus=Focus(design, focus))


def _joined(network: Network, layer: Kind, first: str, but: str = "") -> tuple[str, ...]:
    """Inputs for a kind that joins: `first`, and every loose end that does not depend on the new node."""
    if layer.min_inputs < 2:
        return ()
    later = network.downstream(but or first)
    ends = [name for name in network.loose_ends() if name not in later and name not in (first, but)]
    if not ends and first != INPUT:  # a chain has none: join what the first one received
        ends = [name for name in network.inputs_of(network.index(first)) if name != but]
    return tuple(dict.fromkeys((first, *ends)))


def _converted(layer: Kind, kind: str) -> Layer | Block:
    """A layer of another kind: its defaults, and of `layer` every setting that fits there."""
    made = new_layer(kind)
    old = asdict(layer)
    for field in msgspec.structs.fields(made):
        if field.name in old:
            try:
                value = msgspec.convert(msgspec.to_builtins(old[field.name]), field.type)
            except msgspec.ValidationError:
                continue
            made = replace(made, **{field.name: value})
    return made
