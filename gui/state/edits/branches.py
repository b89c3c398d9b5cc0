"""Edits that begin a branch beside other layers: project → Edit."""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from engine.blocks import Block
from engine.layers import Layer
from engine.network.analysis import analyze
from engine.network.graph import INPUT, Network, Node
from engine.project.project import Project
from engine.shapes import Shape
from gui.state.edit import Edit
from gui.state.edits.joins import Shapes, fits_together, join_inputs, joins
from gui.state.edits.names import default_name, describe_design, names_text, node_names, unique_name
from gui.state.edits.settings import new_layer
from gui.state.edits.wires import in_list_order, rewired, upstream, users_of, with_stated_inputs
from gui.state.focus import Focus


def add_in_parallel(
    project: Project, design: str, beside: Sequence[str], kind: str | Layer | Block, shapes: Shapes
) -> Edit:
    """A new layer that receives what the nodes `beside` receive, or the input of the design if there are none.

    If their branch ends in a layer that joins, that receives the new branch too if it fits; else the branch is loose.
    """
    network, layer = project.network(design), new_layer(kind) if isinstance(kind, str) else kind
    beside = in_list_order(network, beside)
    name = unique_name(default_name(layer), node_names(network))
    sources = _inputs_of_group(network, beside)
    if joins(layer) and len(sources) < layer.min_inputs:
        sources = join_inputs(network, layer, sources[0], shapes)
    node = Node(name, layer, sources[: layer.max_inputs])
    nodes = list(with_stated_inputs(network).nodes)
    branch = _branch_from(network, beside)
    if branch.join:
        at = network.index(branch.join)
        receiver = nodes[at]
        if fits_together(receiver.layer, (shapes.get(branch.end), _output_shape(node, shapes))):
            last = max(number for number, source in enumerate(receiver.inputs) if source == branch.end) + 1
            nodes[at] = replace(receiver, inputs=(*receiver.inputs[:last], name, *receiver.inputs[last:]))
    nodes.insert(_row_after(network, beside, branch, sources), node)
    place = f"in parallel to {names_text(beside)}" if beside else f"as a branch of {describe_design(design)}"
    text = f"Add {name} {place}"
    return Edit(text, project.with_network(design, rewired(network, nodes)), focus=Focus(design, name))


class _Branch(NamedTuple):
    """The nodes from a group on to where their output joins others, ends, or is received by several."""

    members: tuple[str, ...]
    end: str
    join: str
    """The node that joins the branch with others; "" if there is none."""


def _branch_from(network: Network, group: Sequence[str]) -> _Branch:
    if not group:
        return _Branch((), INPUT, "")
    before = set(upstream(network, group))
    end = next((name for name in reversed(group) if name not in before), group[-1])
    members = [*group]
    while True:
        users = users_of(network, end)
        if len(users) != 1 or users[0] in members:
            return _Branch(tuple(members), end, "")
        if joins(network.node(users[0]).layer):
            return _Branch(tuple(members), end, users[0])
        end = users[0]
        members.append(end)


def _inputs_of_group(network: Network, group: Sequence[str]) -> tuple[str, ...]:
    """What the first node of a group receives that receives anything from outside."""
    for name in group:
        inputs = network.inputs_of(network.index(name))
        outside = tuple(dict.fromkeys(source for source in inputs if source not in group))
        if outside:
            return outside
    return (INPUT,)


def _row_after(network: Network, beside: Sequence[str], branch: _Branch, sources: Sequence[str]) -> int:
    """The row of a new branch: below the branch beside it; in the middle of a chain, directly below the group."""
    if not beside:
        return len(network.nodes)
    has_siblings = any(user not in beside for source in sources for user in users_of(network, source))
    above = branch.members if branch.join or has_siblings else beside
    return max(network.index(name) for name in above) + 1


def _output_shape(node: Node, shapes: Shapes) -> Shape | None:
    """The shape that a new node returns, if that of its input is known."""
    received = shapes.get(node.inputs[0])
    alone = Network((replace(node, inputs=(INPUT,) * len(node.inputs)),))
    return None if received is None else analyze(alone, received).output_shape
