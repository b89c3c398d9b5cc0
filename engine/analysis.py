"""What a network gives and costs, in integers, before anything runs; mistakes are values at the node that has them."""

from collections.abc import Iterator
from math import prod

from msgspec import Struct

from engine.layers import Layer, Mistake
from engine.network import INPUT, Network, Node, Order, topological_order
from engine.shapes import Shape

MOST_NAMED = 6
"""Nodes that a message names."""


class Report(Struct, frozen=True):
    """What is known of one node. What depends on a mistake, here or upstream, is None: unknown, never 0."""

    index: int
    name: str
    layer: Layer
    inputs: tuple[str, ...]
    input_shapes: tuple[Shape | None, ...]
    output_shape: Shape | None = None
    params: int | None = None
    macs: int | None = None
    mac_factors: tuple[tuple[int, ...], tuple[int, ...]] | None = None
    """(output positions, weights that meet at each); None where unknown or without weights."""
    array_shapes: dict[str, tuple[int, ...]] = {}
    """Parameters and statistics by role."""
    mistakes: tuple[Mistake, ...] = ()

    @property
    def weight_bytes(self) -> int:
        """Memory of the node's parameters and statistics as float32."""
        return 4 * sum(prod(shape) for shape in self.array_shapes.values())


class Analysis(Struct, frozen=True):
    """Reports in an order in which the nodes can run; those that cannot run come last."""

    input_shape: Shape | None
    reports: tuple[Report, ...]
    params: int | None
    macs: int | None

    @property
    def output_shape(self) -> Shape | None:
        """Shape of the last volume."""
        return self.reports[-1].output_shape if self.reports else self.input_shape

    @property
    def output(self) -> str:
        """Name of the node that gives the last volume."""
        return self.reports[-1].name if self.reports else INPUT


def analyze(network: Network, input_shape: Shape | None) -> Analysis:
    """Shapes, parameters and MACs of every node, and every mistake at once.

    Pure integers; a few microseconds a node. `input_shape` None: the input is not known, nor then what follows.
    """
    order = topological_order(network)
    shapes: dict[int | None, Shape | None] = {-1: input_shape, None: None}
    found = _graph_mistakes(network, order)
    reports = []
    for index in (*order.runnable, *order.stuck):
        inputs = tuple([shapes.get(source) for source in order.sources[index]])
        report = _report(network, index, inputs, found.get(index, ()))
        shapes[index] = report.output_shape
        reports.append(report)
    return Analysis(input_shape, tuple(reports), _total([r.params for r in reports]), _total([r.macs for r in reports]))


def _report(network: Network, index: int, inputs: tuple[Shape | None, ...], mistakes: tuple[Mistake, ...]) -> Report:
    node = network.nodes[index]
    layer, names = node.layer, network.inputs_of(index)
    known = [shape for shape in inputs if shape is not None]
    miscounted = tuple(_count_mistakes(layer, len(inputs)))
    mistakes = mistakes + miscounted
    if len(known) < len(inputs) or miscounted:
        return Report(index, node.name, layer, names, inputs, mistakes=mistakes)
    mistakes = (*mistakes, *layer.mistakes(known))
    if mistakes:
        return Report(index, node.name, layer, names, inputs, mistakes=mistakes)
    params = layer.param_shapes(known)
    output = layer.output_shape(known)
    factors = layer.mac_factors(known, output)
    return Report(
        index,
        node.name,
        layer,
        names,
        inputs,
        output,
        sum([prod(shape) for shape in params.values()]),
        0 if factors is None else prod(factors[0]) * prod(factors[1]),
        factors,
        {**params, **layer.statistic_shapes(known)},
    )


def _count_mistakes(layer: Layer, count: int) -> Iterator[Mistake]:
    most = layer.max_inputs
    if count < layer.min_inputs:
        yield Mistake("inputs", f"inputs: {count} given; {layer.kind} joins at least {layer.min_inputs}")
    elif most is not None and count > most:
        yield Mistake("inputs", f"inputs: {count} given; {layer.kind} takes {most}")


def _graph_mistakes(network: Network, order: Order) -> dict[int, tuple[Mistake, ...]]:
    """Mistakes of names and connections, by node index."""
    found: dict[int, list[Mistake]] = {}
    first: dict[str, int] = {}
    for index, node in enumerate(network.nodes):
        for mistake in _name_mistakes(network, node, first.setdefault(node.name, index), index, order.sources[index]):
            found.setdefault(index, []).append(mistake)
    for cycle in order.cycles:
        names = [network.nodes[index].name for index in cycle]
        text = f"inputs: a cycle, {' → '.join([*names, names[0]])}; no node can be its own input"
        for index in cycle:
            found.setdefault(index, []).append(Mistake("inputs", text))
    return {index: tuple(mistakes) for index, mistakes in found.items()}


def _name_mistakes(
    network: Network, node: Node, first: int, index: int, sources: tuple[int | None, ...]
) -> Iterator[Mistake]:
    if node.name == INPUT:
        yield Mistake("name", f"name {INPUT!r} is what the design receives; choose another")
    elif first != index:
        yield Mistake("name", f"name {node.name!r} is taken by node {first + 1}; names must differ")
    if None in sources:
        for name in (name for name, source in zip(node.inputs, sources, strict=True) if source is None):
            yield Mistake("inputs", f"inputs: there is no node {name!r}; {_known_names(network, node)}")
    if len(set(node.inputs)) < len(node.inputs):
        twice = next(name for name in node.inputs if node.inputs.count(name) > 1)
        yield Mistake("inputs", f"inputs: {twice!r} is given twice; each input counts once")


def _known_names(network: Network, node: Node) -> str:
    names = (INPUT, *(other.name for other in network.nodes[: MOST_NAMED + 1] if other is not node))[:MOST_NAMED]
    more = len(network.nodes) - len(names)
    return f"known are {', '.join(map(repr, names))}" + (f" and {more} more" if more else "")


def _total(costs: list[int | None]) -> int | None:
    known = [cost for cost in costs if cost is not None]
    return sum(known) if len(known) == len(costs) else None
