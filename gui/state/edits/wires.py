"""The connections of a network while it is edited: every node names its inputs, which may be implied again later."""

from collections.abc import Container, Iterable, Iterator

from msgspec.structs import replace

from engine.network.graph import INPUT, Network, Node


def with_stated_inputs(network: Network) -> Network:
    """The same network, in which every node names its inputs."""
    return Network(tuple(replace(node, inputs=network.inputs_of(at)) for at, node in enumerate(network.nodes)))


def with_implied_inputs(nodes: Iterable[Node], names: Container[str]) -> Network:
    """The network of nodes that name their inputs; those of these `names` need not if it is just the node before."""
    result: list[Node] = []
    before = INPUT
    for node in nodes:
        result.append(replace(node, inputs=()) if node.name in names and node.inputs == (before,) else node)
        before = node.name
    return Network(tuple(result))


def rewired(network: Network, nodes: Iterable[Node]) -> Network:
    """A network of other nodes, which name their inputs; what `network` implies stays implied if possible."""
    stated = {node.name for node in network.nodes if node.inputs}
    nodes = tuple(nodes)
    return with_implied_inputs(nodes, {node.name for node in nodes} - stated)


def users_of(network: Network, name: str) -> tuple[str, ...]:
    """Names of the nodes that receive the one called `name`, or INPUT, in list order."""
    return tuple(node.name for at, node in enumerate(network.nodes) if name in network.inputs_of(at))


def upstream(network: Network, names: Iterable[str]) -> Iterator[str]:
    """Names of all nodes on which these depend, the nearest first, perhaps with INPUT; a name itself if on a cycle."""
    positions, sources = network.positions, set[str]()
    waiting = list(names)
    for name in waiting:
        for source in network.inputs_of(positions[name]) if name in positions else ():
            if source not in sources:
                sources.add(source)
                waiting.append(source)
                yield source


def in_list_order(network: Network, names: Iterable[str]) -> tuple[str, ...]:
    """These names, each once, in the order of the list; INPUT is first."""
    members, positions = set(names), network.positions
    known = sorted((name for name in members if name in positions), key=positions.__getitem__)
    return (INPUT, *known) if INPUT in members and INPUT not in positions else tuple(known)
