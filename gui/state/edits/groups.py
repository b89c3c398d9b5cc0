"""Edits of several layers and blocks of a design at once: project → Edit."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from engine.network.graph import INPUT, Network, Node
from engine.network.weight_specs import LowRankWeights
from engine.project.project import Project
from gui.state.edit import Edit
from gui.state.edits.joins import joins
from gui.state.edits.names import names_text, node_names, unique_name
from gui.state.edits.node_groups import with_own_groups
from gui.state.edits.wires import in_list_order, rewired, users_of, with_stated_inputs
from gui.state.focus import Focus


def remove_nodes(project: Project, design: str, names: Iterable[str]) -> Edit:
    """The receivers of each node receive its inputs; the selection goes to the node that takes the first row."""
    network = project.network(design)
    names = in_list_order(network, names)
    remaining = network
    for name in names:
        remaining = remaining.without(name)
    at = min(network.index(names[0]), len(remaining.nodes) - 1)
    focus = Focus(design, remaining.nodes[at].name if remaining.nodes else INPUT)
    return Edit(f"Remove {names_text(names)}", project.with_network(design, remaining), focus=focus)


def duplicate_nodes(project: Project, design: str, names: Iterable[str]) -> Edit:
    """Copies below the nodes, connected among themselves as these are.

    If one node leads into the group and one out of it, the copies follow in series, as the copy of a single node does;
    a node that joins keeps its inputs. Copies of branches are branches from the same volumes, joined where these are.
    Weights that are fitted together with those of other nodes are not copied.
    """
    network = project.network(design)
    names = in_list_order(network, names)
    copies: dict[str, str] = {}
    for name in names:
        copies[name] = unique_name(name, node_names(network) | set(copies.values()))
    series = _series_end(network, names)
    nodes = list(with_stated_inputs(network).nodes)
    if series:
        nodes = [_receiving(node, {series: copies[series]}) if node.name not in names else node for node in nodes]
    else:
        nodes = [node if node.name in names else _with_copies(node, copies) for node in nodes]
    outside = (series,) if series else ()
    new = [_copy(network, network.index(name), copies, outside) for name in names]
    row = network.index(names[-1]) + 1
    nodes[row:row] = with_own_groups(network, new)
    focus = Focus(design, new[-1].name, others=frozenset(copies.values()) - {new[-1].name})
    refs = {(design, name): (design, copy) for name, copy in copies.items()}
    changed = project.with_network(design, rewired(network, nodes))
    changed = changed.with_remarks_copied(refs, project.notes, project.published)
    return Edit(f"Duplicate {names_text(names)}", changed, focus=focus)


def _series_end(network: Network, names: Sequence[str]) -> str:
    """The node after which copies of a group follow in series; "" if it has several beginnings or ends."""

    def receives_from_outside(name: str) -> bool:
        return not set(network.inputs_of(network.index(name))) <= set(names)

    ends = [name for name in names if not set(users_of(network, name)) & set(names)]
    leads_out = [name for name in names if set(users_of(network, name)) - set(names) or name in ends]
    return ends[0] if len(ends) == len(leads_out) == 1 and sum(map(receives_from_outside, names)) == 1 else ""


def _receiving(node: Node, substitutes: Mapping[str, str]) -> Node:
    return replace(node, inputs=tuple(substitutes.get(source, source) for source in node.inputs))


def _with_copies(node: Node, copies: Mapping[str, str]) -> Node:
    """A node that joins, which receives each copy after the original."""
    if not joins(node.layer):
        return node
    pairs = ((name, copies[name]) if name in copies else (name,) for name in node.inputs)
    return replace(node, inputs=tuple(name for pair in pairs for name in pair))


def _copy(network: Network, at: int, copies: Mapping[str, str], series: Sequence[str]) -> Node:
    """The copy of a node, which receives copies; from outside, what it received or, in series, the end of the group."""
    node, inputs = network.nodes[at], network.inputs_of(at)
    outside = () if joins(node.layer) else series
    return replace(
        node,
        name=copies[node.name],
        inputs=tuple(copies[name] if name in copies else (*outside, name)[0] for name in inputs),
        weights=None if isinstance(node.weights, LowRankWeights) else node.weights,
    )


def move_nodes(project: Project, design: str, names: Iterable[str], by: int) -> Edit | None:
    """The nodes a row further down, or up if negative; None if the first or last of them is already at that end."""
    network = project.network(design)
    names = in_list_order(network, names)
    moved = network
    for name in names if by < 0 else reversed(names):
        to = moved.index(name) + by
        if not 0 <= to < len(moved.nodes):
            return None
        moved = moved.with_node_moved(name, to)
    text = f"Move {names_text(names)} {'down' if by > 0 else 'up'}"
    focus = Focus(design, names[-1], others=frozenset(names[:-1]))
    return Edit(text, project.with_network(design, moved), focus=focus)
