"""A network of named layers as a value: each change returns a new network."""

import re
from collections import deque
from collections.abc import Iterator
from functools import cached_property
from heapq import heapify, heappop, heappush

from msgspec import Struct
from msgspec.structs import replace

from engine.blocks import INPUT as INPUT
from engine.blocks import Block, Part
from engine.blocks.base import SECOND_INPUT
from engine.layers import Layer
from engine.network.structure import Structure, structure_of
from engine.network.weight_specs import LowRankWeights, SeedWeights, WeightSource, rename_recipe_node

_MAX_CYCLES = 20
"""Maximum number of cycles that are looked for; to correct them, the first are enough to begin with."""


class Node(Struct, frozen=True, cache_hash=True):
    """A named layer or block and its connections.

    Empty `inputs` mean the previous node, or the design's input. A block has no weights of its own.
    """

    name: str
    layer: Layer | Block
    inputs: tuple[str, ...] = ()
    weights: WeightSource | None = None
    group: str = ""
    """Nodes of the same group can be shown as one, see `find_groups`; "" for none."""


class Network(Struct, frozen=True, dict=True):
    """Nodes in the user's order, which is free as long as there is no cycle."""

    nodes: tuple[Node, ...] = ()

    def index(self, name: str) -> int:
        """Position of the first node with that name; KeyError if there is none."""
        return self.positions[name]

    @cached_property
    def structure(self) -> Structure:
        """What follows from the names and connections: of most edits, that of the network before."""
        return structure_of(tuple([node.name for node in self.nodes]), tuple([node.inputs for node in self.nodes]))

    @property
    def positions(self) -> dict[str, int]:
        """Position of each node by name; of two with the same name that of the first."""
        return self.structure.positions

    @property
    def wiring(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The name of each node with its inputs, explicit or implied."""
        return self.structure.wiring

    @property
    def names_in_parts(self) -> tuple[str, ...]:
        """The names that look like those of a block's layers, as they contain a slash."""
        return self.structure.names_in_parts

    def node(self, name: str) -> Node:
        return self.nodes[self.index(name)]

    def inputs_of(self, index: int) -> tuple[str, ...]:
        """Names of the inputs of the node at `index`, explicit or implied."""
        return self.nodes[index].inputs or ((self.nodes[index - 1].name if index else INPUT),)

    def taken_names(self, but: str | None = None) -> set[str]:
        """Names that a new node, or the one called `but`, cannot have; names of blocks begin those of their layers."""
        names = {node.name for node in self.nodes if node.name != but} | {node.group for node in self.nodes}
        names.discard("")
        return {INPUT, *names, *(name[: mark.start()] for name in names for mark in re.finditer("/", name))}

    def with_node(self, node: Node, index: int | None = None) -> "Network":
        """Insert a node; a node whose input is implied by its position now receives the new one."""
        position = len(self.nodes) if index is None else index
        return Network((*self.nodes[:position], node, *self.nodes[position:]))

    def with_node_replaced(self, name: str, node: Node) -> "Network":
        """Replace the node called `name` by `node`; nodes that received the old one receive the new one.

        If the new one is no longer fitted, the nodes that were fitted together with the old one lose these weights.
        """
        index = self.index(name)
        nodes = (*self.nodes[:index], node, *self.nodes[index + 1 :])
        if isinstance(self.nodes[index].weights, LowRankWeights) and not isinstance(node.weights, LowRankWeights):
            nodes = tuple(_release_weights(other, name) for other in nodes)
        if node.name == name:
            return Network(nodes)
        return Network(tuple(_rename(_rewire(other, {name: (node.name,)}), name, node.name) for other in nodes))

    def with_layer(self, name: str, layer: Layer | Block) -> "Network":
        return self.with_node_replaced(name, replace(self.node(name), layer=layer))

    def with_node_renamed(self, name: str, new_name: str) -> "Network":
        return self.with_node_replaced(name, replace(self.node(name), name=new_name))

    def with_inputs(self, name: str, inputs: tuple[str, ...]) -> "Network":
        return self.with_node_replaced(name, replace(self.node(name), inputs=inputs))

    def with_node_after(self, node: Node, after: str) -> "Network":
        """Insert a node after the one called `after`, or after INPUT; its former receivers receive the new one."""
        index = 0 if after == INPUT else self.index(after) + 1
        nodes = [_rewire(other, {after: (node.name,)}) for other in self.nodes]
        return Network((*nodes[:index], node, *nodes[index:]))

    def without(self, name: str) -> "Network":
        """Remove a node; its receivers receive its inputs, or the first of these if they accept only one.

        Nodes that were fitted together with it lose these weights; a k×k without its reduction again has the weights
        of the original layer.
        """
        index = self.index(name)
        substitutes = tuple(substitute for substitute in self.inputs_of(index) if substitute != name)
        nodes = list(self.nodes[:index] + self.nodes[index + 1 :])
        previous = nodes[index - 1].name if index else INPUT
        if index < len(nodes) and not nodes[index].inputs and substitutes != (previous,):
            nodes[index] = replace(nodes[index], inputs=(name,))
        nodes = [replace(node, weights=_weights_without(node, name)) for node in nodes]
        return Network(tuple(_rewire_around(other, name, substitutes) for other in nodes))

    def with_block_expanded(self, name: str, channels: int) -> "Network":
        """Replace a block with a first input of `channels` channels by its parts: the same network, free to edit."""
        index = self.index(name)
        parts = parts_of(self.nodes[index], self.inputs_of(index), channels)
        substitutes: dict[str, tuple[str, ...]] = {name: (parts[-1].name,)}
        before = [_rewire(node, substitutes) for node in self.nodes[:index]]
        after = [_rewire(node, substitutes) for node in self.nodes[index + 1 :]]
        return Network((*before, *parts, *after))

    def with_node_moved(self, name: str, index: int) -> "Network":
        """Move a node to another position in the list by swaps of neighbours.

        If the lower neighbour receives only the upper one, they swap in the data flow as well, so that a chain follows
        the order of the list; other connections are unchanged.
        """
        network, start = self, self.index(name)
        for position in range(start, index) if index > start else range(start - 1, index - 1, -1):
            network = network._with_nodes_swapped(position)
        return network

    def _with_nodes_swapped(self, first: int) -> "Network":
        """Swap the nodes at `first` and `first + 1`; inputs that were implied stay implied if possible."""
        upper, lower = self.nodes[first], self.nodes[first + 1]
        inputs_by_index = [self.inputs_of(index) for index in range(len(self.nodes))]
        if inputs_by_index[first + 1] == (upper.name,) and _accepts(lower.layer, len(inputs_by_index[first])):
            names = {upper.name: lower.name, lower.name: upper.name}
            inputs_by_index = [tuple([names.get(name, name) for name in inputs]) for inputs in inputs_by_index]
            inputs_by_index[first], inputs_by_index[first + 1] = inputs_by_index[first + 1], inputs_by_index[first]
        nodes: list[Node] = []
        for index in (*range(first), first + 1, first, *range(first + 2, len(self.nodes))):
            node, previous = self.nodes[index], nodes[-1].name if nodes else INPUT
            explicit = node.inputs and index not in (first, first + 1)
            inputs = inputs_by_index[index] if explicit or inputs_by_index[index] != (previous,) else ()
            nodes.append(node if node.inputs == inputs else replace(node, inputs=inputs))
        return Network(tuple(nodes))

    def downstream(self, name: str) -> frozenset[str]:
        """Names of all nodes that depend on the one called `name`, or on INPUT."""
        return self.structure.downstream(name)

    def loose_ends(self) -> tuple[str, ...]:
        """Names of the nodes whose output no other node receives, in list order."""
        return self.structure.loose_ends


def parts_of(node: Node, sources: tuple[str, ...], channels: int) -> tuple[Node, ...]:
    """The layers of a block as nodes, named ``block/part``.

    The block receives the nodes called `sources`, from the first `channels` channels; implied inputs stay implied. If
    the second input is missing, the first stands for it.
    """
    assert isinstance(node.layer, Block)
    names = {INPUT: sources[0], SECOND_INPUT: sources[-1]}
    parts: list[Node] = []
    for part in node.layer.expand(channels):
        inputs = tuple([names[name] for name in part.inputs])
        if not parts:
            inputs = node.inputs and (inputs or sources[:1])
        name = names[part.name] = f"{node.name}/{part.name}"
        parts.append(Node(name, part.layer, inputs, _part_weights(node.weights, part), node.group))
    return tuple(parts)


def _part_weights(weights: WeightSource | None, part: Part) -> SeedWeights | None:
    """Weights of a block's part: those of the same part of the block whose seed this block uses, if any."""
    if not isinstance(weights, SeedWeights) or not part.layer.has_params:
        return None
    return SeedWeights(weights.design, f"{weights.node}/{part.name}")


def _accepts(layer: Layer | Block, count: int) -> bool:
    return layer.min_inputs <= count and (layer.max_inputs is None or count <= layer.max_inputs)


def _rewire(node: Node, substitutes: dict[str, tuple[str, ...]]) -> Node:
    if not any(name in substitutes for name in node.inputs):
        return node
    limit = node.layer.max_inputs
    inputs = tuple(substitute for name in node.inputs for substitute in substitutes.get(name, (name,))[:limit])
    return replace(node, inputs=inputs)


def _rewire_around(node: Node, name: str, substitutes: tuple[str, ...]) -> Node:
    """The node after the removal of the node called `name`; what it received already, it does not receive again."""
    others = set(node.inputs) - {name}
    return _rewire(node, {name: tuple(substitute for substitute in substitutes if substitute not in others)})


def _weights_without(node: Node, name: str) -> WeightSource | None:
    """The node's weights after the removal of the node called `name`."""
    recipe = node.weights
    if isinstance(recipe, LowRankWeights) and recipe.form == "1x1+kxk" and recipe.nodes == (name, node.name):
        return recipe.of
    return _release_weights(node, name).weights


def _release_weights(node: Node, name: str) -> Node:
    """The node, without its weights if they were fitted together with the node called `name`."""
    depends = isinstance(node.weights, LowRankWeights) and name in node.weights.nodes
    return replace(node, weights=None) if depends else node


def _rename(node: Node, name: str, new_name: str) -> Node:
    """The node after another, with which it may have been fitted, was renamed."""
    weights = rename_recipe_node(node.weights, name, new_name)
    return node if weights is node.weights else replace(node, weights=weights)


class ExecutionOrder(Struct, frozen=True):
    """Indices of nodes in execution order, their inputs, and the nodes that cannot run."""

    runnable: tuple[int, ...]
    sources: tuple[tuple[int | None, ...], ...]
    """Indices of the inputs per node of the network; -1 for the design's input, None for an unknown name."""
    stuck: tuple[int, ...]
    """Nodes on a cycle or downstream of one."""
    cycles: tuple[tuple[int, ...], ...]
    """Each cycle once, up to `_MAX_CYCLES`, in the direction of data flow."""


def topological_order(network: Network) -> ExecutionOrder:
    """Order the nodes so that each follows its inputs, else as in the list; unknown inputs are ignored."""
    nodes = network.nodes
    index: dict[str, int] = {INPUT: -1}
    for number, node in enumerate(nodes):
        index.setdefault(node.name, number)
    sources = tuple(
        tuple(index.get(name) for name in node.inputs)
        if node.inputs
        else (index[nodes[number - 1].name] if number and nodes[number - 1].name != INPUT else number - 1,)
        for number, node in enumerate(nodes)
    )
    open_inputs = [0] * len(nodes)
    users: list[list[int]] = [[] for _ in nodes]
    for number, inputs in enumerate(sources):
        for source in inputs:
            if source is not None and source >= 0:
                open_inputs[number] += 1
                users[source].append(number)
    heap = [number for number, count in enumerate(open_inputs) if not count]
    heapify(heap)
    runnable: list[int] = []
    while heap:
        number = heappop(heap)
        runnable.append(number)
        for user in users[number]:
            open_inputs[user] -= 1
            if not open_inputs[user]:
                heappush(heap, user)
    stuck = tuple(number for number, count in enumerate(open_inputs) if count)
    return ExecutionOrder(tuple(runnable), sources, stuck, _cycles(stuck, sources))


def _cycles(stuck: tuple[int, ...], sources: tuple[tuple[int | None, ...], ...]) -> tuple[tuple[int, ...], ...]:
    """The shortest cycle through each stuck node that lies on one, each cycle once, up to `_MAX_CYCLES`."""
    component_of = {number: part for part in _components(stuck, sources) for number in part}
    visited: set[int] = set()
    cycles: list[tuple[int, ...]] = []
    for start in stuck:
        component = component_of.get(start)
        if component is None or start in visited:
            continue
        user: dict[int, int] = {}
        queue = deque([start])
        while start not in user:
            current = queue.popleft()
            for source in sources[current]:
                if source is not None and source in component and source not in user:
                    user[source] = current
                    queue.append(source)
        cycle = [start]
        while (after := user[cycle[-1]]) != start:
            cycle.append(after)
        visited.update(cycle)
        cycles.append(tuple(cycle))
        if len(cycles) == _MAX_CYCLES:
            break
    return tuple(cycles)


def _components(stuck: tuple[int, ...], sources: tuple[tuple[int | None, ...], ...]) -> Iterator[frozenset[int]]:
    """The sets of nodes that depend on each other, by Tarjan's algorithm without recursion."""
    inside = set(stuck)
    number_of: dict[int, int] = {}
    lowest: dict[int, int] = {}
    open_nodes: list[int] = []
    is_open: set[int] = set()
    for root in stuck:
        if root in number_of:
            continue
        path = [(root, iter(sources[root]))]
        while path:
            node, rest = path[-1]
            if node not in number_of:
                number_of[node] = lowest[node] = len(number_of)
                open_nodes.append(node)
                is_open.add(node)
            for source in rest:
                if source is None or source not in inside:
                    continue
                if source not in number_of:
                    path.append((source, iter(sources[source])))
                    break
                if source in is_open:
                    lowest[node] = min(lowest[node], number_of[source])
            else:
                path.pop()
                if path:
                    lowest[path[-1][0]] = min(lowest[path[-1][0]], lowest[node])
                if lowest[node] == number_of[node]:
                    start = _position_from_end(open_nodes, node)
                    component = frozenset(open_nodes[start:])
                    del open_nodes[start:]
                    is_open -= component
                    if len(component) > 1 or node in sources[node]:
                        yield component


def _position_from_end(numbers: list[int], number: int) -> int:
    """Position of the last such number, found in as many steps as numbers follow it."""
    return next(position for position in range(len(numbers) - 1, -1, -1) if numbers[position] == number)
