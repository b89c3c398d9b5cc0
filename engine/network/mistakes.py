"""Mistakes of a network that need no shapes: names, connections, and numbers of inputs."""

from collections.abc import Container, Iterator, Sequence

from engine.blocks import Block
from engine.layers import Layer, Mistake
from engine.network.graph import INPUT, ExecutionOrder, Network, Node
from engine.network.graph_fixes import GraphFixes
from engine.network.weight_specs import SeedWeights
from engine.text.names import quoted
from engine.text.problems import Fix

_MAX_NAMES = 6
"""Maximum number of nodes that a message lists."""

_MAX_CYCLE_NAMES = 20
"""Maximum number of nodes of a cycle that a message lists."""

_MAX_FIXES = 3
"""Maximum number of inputs that a mistake proposes."""


def count_mistakes(layer: Layer | Block, names: Sequence[str]) -> Iterator[Mistake]:
    """Yield a mistake if a node has fewer or more inputs than its kind takes; `names` are those of its inputs."""
    limit = layer.max_inputs
    if len(names) < layer.min_inputs:
        yield Mistake("inputs", f"inputs: {len(names)} given; {layer.kind} joins at least {layer.min_inputs}")
    elif limit is not None and len(names) > limit:
        fixes = tuple(Fix(f"Only {name}", (("inputs", (name,)),)) for name in dict.fromkeys(names[:_MAX_FIXES]))
        yield Mistake("inputs", f"inputs: {len(names)} given; {layer.kind} takes {limit}", fixes)


def block_weight_mistakes(node: Node) -> Iterator[Mistake]:
    """Yield a mistake if a block has weights of its own."""
    if node.weights is not None and not isinstance(node.weights, SeedWeights):  # a seed applies to the parts by name
        text = f"weights: {node.layer.kind} is a block and has none of its own; take it apart, or leave weights out"
        yield Mistake("weights", text, (Fix("Leave weights out", (("weights", None),)),))


def graph_mistakes(network: Network, order: ExecutionOrder) -> dict[int, tuple[Mistake, ...]]:
    """Mistakes of names and connections, by node index."""
    mistakes: dict[int, list[Mistake]] = {}
    fixes = GraphFixes(network)
    first: dict[str, int] = {}
    blocks = {node.name for node in network.nodes if isinstance(node.layer, Block)}
    lengths = sorted({len(name) for name in blocks})
    for index, node in enumerate(network.nodes):
        for mistake in _block_name_mistakes(fixes, node.name, blocks, lengths):
            mistakes.setdefault(index, []).append(mistake)
        is_first = first.setdefault(node.name, index) == index
        for mistake in _name_mistakes(network, fixes, index, order.sources[index], is_first=is_first):
            mistakes.setdefault(index, []).append(mistake)
    for cycle in order.cycles:
        text = f"inputs: a cycle, {_cycle_text(network, cycle)}; no node can be its own input"
        for source, index in zip((cycle[-1], *cycle), cycle, strict=False):
            opened = fixes.other_input(index, network.nodes[source].name)
            mistakes.setdefault(index, []).append(Mistake("inputs", text, opened))
    return {index: tuple(node_mistakes) for index, node_mistakes in mistakes.items()}


def _cycle_text(network: Network, cycle: tuple[int, ...]) -> str:
    """The nodes of a cycle: all of a short one, the beginning and the end of a long one."""
    names = [quoted(network.nodes[index].name)[1:-1] for index in (*cycle, cycle[0])]
    half = _MAX_CYCLE_NAMES // 2
    if len(names) > _MAX_CYCLE_NAMES:
        names[half:-half] = [f"… {len(names) - 2 * half:,} more"]
    return " → ".join(names)


def _name_mistakes(
    network: Network, fixes: GraphFixes, index: int, sources: tuple[int | None, ...], *, is_first: bool
) -> Iterator[Mistake]:
    node = network.nodes[index]
    if node.name == INPUT:
        text = f"name {INPUT!r} is reserved for the input of the design; choose another"
        yield Mistake("name", text, fixes.other_name(node.layer.kind))
    elif not is_first:
        text = f"name {quoted(node.name)} is taken by another layer above it; names must differ"
        yield Mistake("name", text, fixes.other_name(node.name))
    unknown = [name for name, source in zip(node.inputs, sources, strict=False) if source is None]
    for name in dict.fromkeys(unknown[:_MAX_NAMES]):
        text = f"inputs: there is no node {quoted(name)}; {_names_text(network, node)}"
        yield Mistake("inputs", text, fixes.known_inputs(index, name))
    if len(unknown) > _MAX_NAMES:
        yield Mistake("inputs", f"inputs: there are no nodes of {len(unknown) - _MAX_NAMES:,} further names")


def _block_name_mistakes(
    fixes: GraphFixes, name: str, blocks: Container[str], lengths: Sequence[int]
) -> Iterator[Mistake]:
    """Yield a mistake if a name begins like those of a block's layers, with which it could collide."""
    ends = (length for length in lengths if name[length : length + 1] == "/" and name[:length] in blocks)
    position = next(ends, None)
    if position is not None:
        start, block = quoted(name[: position + 1]), quoted(name[:position])
        text = f"name {quoted(name)} begins with {start}, as the layers of block {block} do; choose another"
        yield Mistake("name", text, fixes.other_name(name.replace("/", "_")))


def _names_text(network: Network, node: Node) -> str:
    names = (INPUT, *(other.name for other in network.nodes[: _MAX_NAMES + 1] if other is not node))[:_MAX_NAMES]
    rest = len(network.nodes) - len(names)
    return f"known are {', '.join(map(quoted, names))}" + (f" and {rest} more" if rest else "")
