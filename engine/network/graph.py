"""A network of named layers as a value: every change gives a new one."""

from collections import Counter, deque
from heapq import heapify, heappop, heappush

from msgspec import Struct
from msgspec.structs import replace

from engine.blocks import INPUT as INPUT
from engine.blocks import Block, Part
from engine.layers import Layer
from engine.network.weight_specs import LowRankWeights, SeedWeights, WeightSource, rename_part


class Node(Struct, frozen=True):
    """A layer or block with a name and a place.

    `inputs` left empty means the node before it, or the design's input. A block has no weights of its own.
    """

    name: str
    layer: Layer | Block
    inputs: tuple[str, ...] = ()
    weights: WeightSource | None = None


class Network(Struct, frozen=True):
    """Nodes in the order in which a person wrote them; the order is free as long as there is no cycle."""

    nodes: tuple[Node, ...] = ()

    def index(self, name: str) -> int:
        """Position of the first node of that name; KeyError where there is none."""
        for index, node in enumerate(self.nodes):
            if node.name == name:
                return index
        raise KeyError(name)

    def node(self, name: str) -> Node:
        return self.nodes[self.index(name)]

    def inputs_of(self, index: int) -> tuple[str, ...]:
        """Names of the inputs of the node at `index`, written or implied."""
        return self.nodes[index].inputs or ((self.nodes[index - 1].name if index else INPUT),)

    def with_node(self, node: Node, index: int | None = None) -> "Network":
        """Insert a node; what implied the node before it now implies the new one."""
        at = len(self.nodes) if index is None else index
        return Network((*self.nodes[:at], node, *self.nodes[at:]))

    def with_node_replaced(self, name: str, node: Node) -> "Network":
        """Put `node` in the place of the node called `name`; who named that one names `node` now.

        Those that were fitted together with it have weights of their own where it is fitted no more.
        """
        at = self.index(name)
        nodes = (*self.nodes[:at], node, *self.nodes[at + 1 :])
        if isinstance(self.nodes[at].weights, LowRankWeights) and not isinstance(node.weights, LowRankWeights):
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
        """Put a node behind the one called `after`, or behind INPUT: who received that one receives the new one."""
        at = 0 if after == INPUT else self.index(after) + 1
        nodes = [_rewire(other, {after: (node.name,)}) for other in self.nodes]
        return Network((*nodes[:at], node, *nodes[at:]))

    def without(self, name: str) -> "Network":
        """Take a node out; who named it receives what it received, of several the first where one is all it takes.

        Those that were fitted together with it have weights of their own again, a k×k without its reduction those of
        the layer that it then is.
        """
        at = self.index(name)
        heirs = tuple(heir for heir in self.inputs_of(at) if heir != name)
        nodes = list(self.nodes[:at] + self.nodes[at + 1 :])
        if at < len(nodes) and not nodes[at].inputs and heirs != ((nodes[at - 1].name if at else INPUT),):
            nodes[at] = replace(nodes[at], inputs=(name,))
        nodes = [replace(node, weights=_weights_without(node, name)) for node in nodes]
        return Network(tuple(_rewire(other, {name: heirs}) for other in nodes))

    def with_block_expanded(self, name: str, channels: int) -> "Network":
        """Put a block's parts, where it receives so many channels, in its place: the same network, free to edit."""
        at = self.index(name)
        parts = parts_of(self.nodes[at], self.inputs_of(at)[0], channels)
        heirs: dict[str, tuple[str, ...]] = {name: (parts[-1].name,)}
        before, after = ([_rewire(node, heirs) for node in part] for part in (self.nodes[:at], self.nodes[at + 1 :]))
        return Network((*before, *parts, *after))

    def with_node_moved(self, name: str, index: int) -> "Network":
        """Put a node at another place of the list, one neighbour after the other.

        Neighbours of which the lower receives the upper alone exchange their places in the data, too, so that a
        chain is in the order of its list; other connections stay as they are.
        """
        network, at = self, self.index(name)
        for place in range(at, index) if index > at else range(at - 1, index - 1, -1):
            network = network._with_nodes_swapped(place)
        return network

    def _with_nodes_swapped(self, at: int) -> "Network":
        """The nodes at `at` and `at + 1` in each other's place; what of it was implied before is implied again."""
        upper, lower = self.nodes[at], self.nodes[at + 1]
        received = [self.inputs_of(index) for index in range(len(self.nodes))]
        if received[at + 1] == (upper.name,) and _takes(lower.layer, len(received[at])):
            names = {upper.name: lower.name, lower.name: upper.name}
            received = [tuple([names.get(name, name) for name in inputs]) for inputs in received]
            received[at], received[at + 1] = received[at + 1], received[at]
        nodes: list[Node] = []
        for index in (*range(at), at + 1, at, *range(at + 2, len(self.nodes))):
            node, before = self.nodes[index], nodes[-1].name if nodes else INPUT
            written = node.inputs and index not in (at, at + 1)
            inputs = received[index] if written or received[index] != (before,) else ()
            nodes.append(node if node.inputs == inputs else replace(node, inputs=inputs))
        return Network(tuple(nodes))

    def downstream(self, name: str) -> frozenset[str]:
        """Names of all nodes that depend on the one called `name`, or on INPUT."""
        users: dict[str, list[str]] = {}
        for index, node in enumerate(self.nodes):
            for received in self.inputs_of(index):
                users.setdefault(received, []).append(node.name)
        found: set[str] = set()
        waiting = [name]
        while waiting:
            for user in users.get(waiting.pop(), ()):
                if user not in found:
                    found.add(user)
                    waiting.append(user)
        return frozenset(found)

    def loose_ends(self) -> tuple[str, ...]:
        """Names of the nodes that no other node receives, in the order of the list."""
        used = {name for index in range(len(self.nodes)) for name in self.inputs_of(index)}
        return tuple(node.name for node in self.nodes if node.name not in used)


def parts_of(node: Node, source: str, channels: int) -> tuple[Node, ...]:
    """The layers that a block stands for, named ``block/part``.

    The block receives so many channels from the node called `source`; what is implied in it stays implied.
    """
    assert isinstance(node.layer, Block)
    names = {INPUT: source}
    parts: list[Node] = []
    for part in node.layer.expand(channels):
        inputs = tuple([names[name] for name in part.inputs])
        if not parts:
            inputs = node.inputs and (source,)
        name = names[part.name] = f"{node.name}/{part.name}"
        parts.append(Node(name, part.layer, inputs, _part_weights(node.weights, part)))
    return tuple(parts)


def _part_weights(weights: WeightSource | None, part: Part) -> SeedWeights | None:
    """The weights of a block's part: those of the same part of the block whose seed the block has, if any."""
    if not isinstance(weights, SeedWeights) or not part.layer.has_params:
        return None
    return SeedWeights(weights.design, f"{weights.node}/{part.name}")


def _takes(layer: Layer | Block, count: int) -> bool:
    return layer.min_inputs <= count and (layer.max_inputs is None or count <= layer.max_inputs)


def _rewire(node: Node, heirs: dict[str, tuple[str, ...]]) -> Node:
    if not any(name in heirs for name in node.inputs):
        return node
    room = node.layer.max_inputs
    inputs = tuple(heir for name in node.inputs for heir in heirs.get(name, (name,))[:room])
    return replace(node, inputs=tuple(dict.fromkeys(inputs)))


def _weights_without(node: Node, name: str) -> WeightSource | None:
    """The node's weights where the one of that name is taken out."""
    recipe = node.weights
    if isinstance(recipe, LowRankWeights) and recipe.form == "1x1+kxk" and recipe.nodes == (name, node.name):
        return recipe.of
    return _release_weights(node, name).weights


def _release_weights(node: Node, name: str) -> Node:
    """The node with weights of its own where it was fitted together with the one of that name."""
    fitted = isinstance(node.weights, LowRankWeights) and name in node.weights.nodes
    return replace(node, weights=None) if fitted else node


def _rename(node: Node, name: str, new_name: str) -> Node:
    """The node where one that it may have been fitted with is called otherwise."""
    weights = rename_part(node.weights, name, new_name)
    return node if weights is node.weights else replace(node, weights=weights)


class ExecutionOrder(Struct, frozen=True):
    """Indices of nodes in an order in which they can run, what each receives, and what cannot run."""

    runnable: tuple[int, ...]
    sources: tuple[tuple[int | None, ...], ...]
    """Per node of the network the indices of its inputs; -1 for the design's input, None for an unknown name."""
    stuck: tuple[int, ...]
    """Nodes on a cycle or behind one."""
    cycles: tuple[tuple[int, ...], ...]
    """Each cycle once, in the direction of the data."""


def topological_order(network: Network) -> ExecutionOrder:
    """Order the nodes so that each follows its inputs, otherwise as written; an unknown input holds nobody up."""
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
    waiting = [0] * len(nodes)
    users: list[list[int]] = [[] for _ in nodes]
    for number, inputs in enumerate(sources):
        for source in inputs:
            if source is not None and source >= 0:
                waiting[number] += 1
                users[source].append(number)
    ready = [number for number, count in enumerate(waiting) if not count]
    heapify(ready)
    runnable: list[int] = []
    while ready:
        number = heappop(ready)
        runnable.append(number)
        for user in users[number]:
            waiting[user] -= 1
            if not waiting[user]:
                heappush(ready, user)
    stuck = tuple(number for number, count in enumerate(waiting) if count)
    return ExecutionOrder(tuple(runnable), sources, stuck, _cycles(stuck, sources))


def _cycles(stuck: tuple[int, ...], sources: tuple[tuple[int | None, ...], ...]) -> tuple[tuple[int, ...], ...]:
    """The shortest cycle through each stuck node that lies on one, each cycle once."""
    held = _feeding(stuck, sources)
    told: set[int] = set()
    cycles: list[tuple[int, ...]] = []
    for start in sorted(held):
        if start in told:
            continue
        user: dict[int, int] = {}
        queue = deque([start])
        while queue and start not in user:
            at = queue.popleft()
            for source in sources[at]:
                if source is not None and source in held and source not in user:
                    user[source] = at
                    queue.append(source)
        if start in user:
            cycle = [start]
            while (after := user[cycle[-1]]) != start:
                cycle.append(after)
            told.update(cycle)
            cycles.append(tuple(cycle))
    return tuple(cycles)


def _feeding(stuck: tuple[int, ...], sources: tuple[tuple[int | None, ...], ...]) -> set[int]:
    """The stuck nodes without those that only lie behind cycles: of a long chain there no search need begin."""
    held = set(stuck)
    users = Counter(source for number in stuck for source in sources[number])
    ends = [number for number in stuck if not users[number]]
    while ends:
        number = ends.pop()
        held.remove(number)
        for source in sources[number]:
            users[source] -= 1
            if source in held and not users[source]:
                ends.append(source)
    return held
