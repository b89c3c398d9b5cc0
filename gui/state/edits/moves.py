"""Edits that move layers to another place of the data flow, as by a drag: project → Edit."""

from collections.abc import Container, Iterable, Sequence

from msgspec.structs import replace

from engine.network.graph import INPUT, Network, Node
from engine.project.project import Project
from gui.state.edit import Edit
from gui.state.edits.joins import joins
from gui.state.edits.names import names_text
from gui.state.edits.wires import in_list_order, rewired, users_of, with_stated_inputs
from gui.state.focus import Focus


def drop_nodes(project: Project, design: str, names: Iterable[str], row: str, *, below: bool) -> Edit | None:
    """The nodes moved below or above the row of another, or below INPUT to the beginning; None if nothing changes.

    A chain of layers leaves its place, whose receivers receive its input, and is put into the connection between the
    rows above and below; if these are not connected, after the row below which it is dropped, or before the one above
    which it is. A node that joins, and nodes that are no chain, only change their place in the list.
    """
    network = project.network(design)
    group = in_list_order(network, names)
    if not group or row in group or INPUT in group:
        return None
    rows = [node.name for node in network.nodes if node.name not in group]
    gap = 0 if row == INPUT else rows.index(row) + below
    chain = chain_of(network, group)
    moved = _with_chain_moved(network, chain, rows, gap, below=below) if chain else _listed_at(network, group, gap)
    if moved == network:
        return None
    place = f"before {rows[gap]}" if gap < len(rows) and not below else f"after {rows[gap - 1]}" if gap else "first"
    focus = Focus(design, group[-1], others=frozenset(group[:-1]))
    return Edit(f"Move {names_text(group)} {place}", project.with_network(design, moved), focus=focus)


def move_refusal(network: Network, names: Sequence[str]) -> str:
    """Why nodes cannot be put beside another as by `move_beside`; "" if they can."""
    if chain_of(network, names):
        return ""
    if len(names) == 1:
        return f"{names[0]} joins several volumes; connect it instead"
    return "only layers that follow one another can be moved together"


def move_beside(project: Project, design: str, names: Iterable[str], node: str, *, after: bool) -> Edit | None:
    """A chain of layers put before or after another node, or after INPUT; None if nothing changes.

    After a node, all its receivers receive the chain instead; before it, the chain takes its first input.
    """
    network = project.network(design)
    chain = chain_of(network, in_list_order(network, names))
    if not chain or node in chain or (node == INPUT and not after):
        return None
    rest = _without(network, chain)
    gap = 0 if node == INPUT else rest.index(node) + after
    source, users = (node, users_of(rest, node)) if after else (rest.node(node).inputs[0], (node,))
    moved = _with_chain_between(network, chain, gap, source, users)
    if with_stated_inputs(moved) == with_stated_inputs(network):
        return None
    text = f"Move {names_text(chain)} {'after' if after else 'before'} {node}"
    focus = Focus(design, chain[-1], others=frozenset(chain[:-1]))
    return Edit(text, project.with_network(design, moved), focus=focus)


def chain_of(network: Network, names: Sequence[str]) -> tuple[str, ...]:
    """The nodes in the order of the data flow if each receives only the one before it; () if they are no chain."""
    if any(joins(network.node(name).layer) or len(network.inputs_of(network.index(name))) != 1 for name in names):
        return ()
    source_of = {name: network.inputs_of(network.index(name))[0] for name in names}
    chain = [name for name in names if source_of[name] not in source_of]
    if len(chain) != 1:
        return ()
    while len(after := [name for name in names if source_of[name] == chain[-1]]) == 1:
        chain += after
    return tuple(chain) if len(chain) == len(names) else ()


def _listed_at(network: Network, group: Sequence[str], gap: int) -> Network:
    """The nodes at another place of the list; all connections stay."""
    nodes = with_stated_inputs(network).nodes
    rest = [node for node in nodes if node.name not in group]
    return rewired(network, (*rest[:gap], *(node for node in nodes if node.name in group), *rest[gap:]))


def _with_chain_moved(network: Network, chain: Sequence[str], rows: Sequence[str], gap: int, *, below: bool) -> Network:
    """The chain in the connection between two rows, or beside one of them."""
    rest = _without(network, chain)
    above, under = rows[gap - 1] if gap else INPUT, rows[gap] if gap < len(rows) else ""
    if under and above in rest.node(under).inputs:
        return _with_chain_between(network, chain, gap, above, (under,))
    if under and not below:
        return _with_chain_between(network, chain, gap, rest.node(under).inputs[0], (under,))
    return _with_chain_between(network, chain, gap, above, users_of(rest, above))


def _with_chain_between(
    network: Network, chain: Sequence[str], gap: int, source: str, users: Container[str]
) -> Network:
    """The chain at a place of the list of the others, between `source` and those of its users that receive it then."""
    nodes = {node.name: node for node in with_stated_inputs(network).nodes}
    others = [
        _receiving(node, source, chain[-1]) if node.name in users else node for node in _without(network, chain).nodes
    ]
    moved = [replace(nodes[chain[0]], inputs=(source,)), *(nodes[name] for name in chain[1:])]
    return rewired(network, (*others[:gap], *moved, *others[gap:]))


def _without(network: Network, chain: Sequence[str]) -> Network:
    """The other nodes, which receive the input of the chain instead of the chain."""
    source = network.inputs_of(network.index(chain[0]))[0]
    nodes = with_stated_inputs(network).nodes
    return Network(tuple(_without_chain(node, chain, source) for node in nodes if node.name not in chain))


def _without_chain(node: Node, chain: Sequence[str], source: str) -> Node:
    """A node that receives the input of a chain instead of the chain; what it received already, not once more."""
    substitutes = () if source in set(node.inputs) - set(chain) else (source,)
    inputs = tuple(name for own in node.inputs for name in (substitutes if own in chain else (own,)))
    return replace(node, inputs=inputs)


def _receiving(node: Node, source: str, new: str) -> Node:
    return replace(node, inputs=tuple(new if name == source else name for name in node.inputs))
