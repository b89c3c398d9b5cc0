"""Shapes and costs of a network, in integers, without running it; mistakes are values at their nodes."""

from collections.abc import Container, Iterator, Sequence
from functools import cached_property, lru_cache, reduce
from math import prod
from operator import or_

from msgspec import Struct
from msgspec.structs import replace

from engine.blocks import Block
from engine.layers import Layer, Mistake
from engine.network.graph import INPUT, ExecutionOrder, Network, Node, parts_of, topological_order
from engine.network.report import BlockReport as BlockReport
from engine.network.report import Report as Report
from engine.network.report import optional_sum
from engine.network.weight_specs import SeedWeights
from engine.shapes import Shape
from engine.text.names import quoted

_MAX_NAMES = 6
"""Maximum number of nodes that a message lists."""

_MAX_CYCLE_NAMES = 20
"""Maximum number of nodes of a cycle that a message lists."""


class Analysis(Struct, frozen=True, dict=True):
    """Reports of all layers in execution order; those that cannot run come last."""

    input_shape: Shape | None
    reports: tuple[Report, ...]
    blocks: dict[str, BlockReport] = {}
    """Blocks by name whose layers are in `reports`."""

    @property
    def params(self) -> int | None:
        return optional_sum([report.params for report in self.reports])

    @property
    def macs(self) -> int | None:
        return optional_sum([report.macs for report in self.reports])

    @property
    def output_shape(self) -> Shape | None:
        """Shape of the last volume."""
        return self.reports[-1].output_shape if self.reports else self.input_shape

    @property
    def output(self) -> str:
        """Name of the node whose output is the last volume."""
        return self.reports[-1].name if self.reports else INPUT

    @cached_property
    def report_by_name(self) -> dict[str, Report]:
        """The layers by name; of two with the same name the first."""
        return {report.name: report for report in reversed(self.reports)}

    def depends(self, name: str, other: str) -> bool:
        """Whether the layer `name` receives the output of another, perhaps through further layers."""
        numbers, ancestors = self._ancestors
        return bool(ancestors.get(name, 0) >> numbers.get(other, len(numbers)) & 1)

    @cached_property
    def _ancestors(self) -> tuple[dict[str, int], dict[str, int]]:
        """The number of each layer, and the layers that it depends on, as an integer with a bit per number.

        Sets would take gigabytes for thousands of layers.
        """
        numbers = {name: number for number, name in enumerate(self.report_by_name)}
        ancestors: dict[str, int] = {}
        for report in self.reports:
            sources = [source for source in report.inputs if source in numbers]
            bits = [ancestors.get(source, 0) | 1 << numbers[source] for source in sources]
            ancestors.setdefault(report.name, reduce(or_, bits, 0))
        return numbers, ancestors


def analyze(network: Network, input_shape: Shape | None) -> Analysis:
    """Compute shapes, parameters and MACs of all layers, including those of blocks, and find all mistakes.

    Pure integers; a few microseconds per layer. If `input_shape` is None, shapes that depend on it are None as well.
    """
    order = topological_order(network)
    shapes: dict[int | None, Shape | None] = {-1: input_shape, None: None}
    graph_mistakes = _graph_mistakes(network, order)
    outputs: dict[str, str] = {}
    reports: list[Report] = []
    blocks: dict[str, BlockReport] = {}
    for index in (*order.runnable, *order.stuck):
        node, mistakes = network.nodes[index], graph_mistakes.get(index, ())
        names = tuple([outputs.get(name, name) for name in network.inputs_of(index)])
        inputs = tuple([shapes.get(source) for source in order.sources[index]])
        if isinstance(node.layer, Block):
            parts = _parts(node, index, names, inputs, mistakes)
            reports += parts
            if parts[0].block is not None:
                blocks.setdefault(node.name, BlockReport(index, node.name, node.layer, names, inputs, parts))
                outputs.setdefault(node.name, parts[-1].name)
        else:
            reports.append(_report(node, index, names, inputs, mistakes))
        shapes[index] = reports[-1].output_shape
    return Analysis(input_shape, tuple(reports), blocks)


def fold_blocks(analysis: Analysis, closed: Container[str]) -> Analysis:
    """The analysis with each block in `closed` as one report with the block's sums."""
    closed_blocks = {block.output: block for block in analysis.blocks.values() if block.name in closed}
    if not closed_blocks:
        return analysis
    names = {output: block.name for output, block in closed_blocks.items()}
    hidden = {block.name for block in closed_blocks.values()}
    reports = []
    for report in analysis.reports:
        if report.name in closed_blocks and report.block in hidden:
            report = closed_blocks[report.name].as_report()
        elif report.block in hidden:
            continue
        inputs = tuple([names.get(name, name) for name in report.inputs])
        reports.append(report if inputs == report.inputs else replace(report, inputs=inputs))
    blocks = {name: block for name, block in analysis.blocks.items() if name not in hidden}
    return replace(analysis, reports=tuple(reports), blocks=blocks)


@lru_cache(maxsize=512)
def _parts(
    node: Node,
    index: int,
    names: tuple[str, ...],
    inputs: tuple[Shape | None, ...],
    mistakes: tuple[Mistake, ...],
) -> tuple[Report, ...]:
    """Reports of a block's layers, or one report of the block if its input is unknown or it has a mistake.

    Cached, since an edit leaves most blocks of a network unchanged.
    """
    assert isinstance(node.layer, Block)
    mistakes = (*mistakes, *_count_mistakes(node.layer, len(inputs)), *_weight_mistakes(node))
    received = inputs[0] if len(inputs) == 1 else None
    if received is not None and not mistakes:
        mistakes = tuple(node.layer.mistakes([received]))
    if received is None or mistakes:
        return (Report(index, node.name, node.layer, names, inputs, mistakes=mistakes),)
    shapes: dict[str, Shape | None] = {names[0]: received}
    parts: list[Report] = []
    for part in parts_of(replace(node, inputs=names), names[0], received.channels):
        sources = part.inputs or (parts[-1].name,)
        report = _report(part, index, sources, tuple([shapes[name] for name in sources]), (), node.name)
        shapes[part.name] = report.output_shape
        parts.append(report)
    return tuple(parts)


def _report(
    node: Node,
    index: int,
    names: tuple[str, ...],
    inputs: tuple[Shape | None, ...],
    mistakes: tuple[Mistake, ...],
    block: str | None = None,
) -> Report:
    layer = node.layer
    assert isinstance(layer, Layer)
    shapes = [shape for shape in inputs if shape is not None]
    count_mistakes = tuple(_count_mistakes(layer, len(inputs)))
    mistakes = mistakes + count_mistakes
    if len(shapes) == len(inputs) and not count_mistakes:
        mistakes = (*mistakes, *layer.mistakes(shapes))
    if len(shapes) < len(inputs) or mistakes:
        return Report(index, node.name, layer, names, inputs, mistakes=mistakes, block=block, weights=node.weights)
    params = layer.param_shapes(shapes)
    output = layer.output_shape(shapes)
    factors = layer.mac_factors(shapes, output)
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
        params,
        layer.statistic_shapes(shapes),
        (),
        block,
        node.weights,
    )


def _weight_mistakes(node: Node) -> Iterator[Mistake]:
    if node.weights is not None and not isinstance(node.weights, SeedWeights):  # a seed applies to the parts by name
        text = f"weights: {node.layer.kind} is a block and has none of its own; take it apart, or leave weights out"
        yield Mistake("weights", text)


def _count_mistakes(layer: Layer | Block, count: int) -> Iterator[Mistake]:
    limit = layer.max_inputs
    if count < layer.min_inputs:
        yield Mistake("inputs", f"inputs: {count} given; {layer.kind} joins at least {layer.min_inputs}")
    elif limit is not None and count > limit:
        yield Mistake("inputs", f"inputs: {count} given; {layer.kind} takes {limit}")


def _graph_mistakes(network: Network, order: ExecutionOrder) -> dict[int, tuple[Mistake, ...]]:
    """Mistakes of names and connections, by node index."""
    mistakes: dict[int, list[Mistake]] = {}
    first: dict[str, int] = {}
    blocks = {node.name for node in network.nodes if isinstance(node.layer, Block)}
    lengths = sorted({len(name) for name in blocks})
    for index, node in enumerate(network.nodes):
        for mistake in _block_name_mistakes(node.name, blocks, lengths):
            mistakes.setdefault(index, []).append(mistake)
        for mistake in _name_mistakes(network, node, first.setdefault(node.name, index), index, order.sources[index]):
            mistakes.setdefault(index, []).append(mistake)
    for cycle in order.cycles:
        text = f"inputs: a cycle, {_cycle_text(network, cycle)}; no node can be its own input"
        for index in cycle:
            mistakes.setdefault(index, []).append(Mistake("inputs", text))
    return {index: tuple(node_mistakes) for index, node_mistakes in mistakes.items()}


def _cycle_text(network: Network, cycle: tuple[int, ...]) -> str:
    """The nodes of a cycle: all of a short one, the beginning and the end of a long one."""
    names = [quoted(network.nodes[index].name)[1:-1] for index in (*cycle, cycle[0])]
    half = _MAX_CYCLE_NAMES // 2
    if len(names) > _MAX_CYCLE_NAMES:
        names[half:-half] = [f"… {len(names) - 2 * half:,} more"]
    return " → ".join(names)


def _name_mistakes(
    network: Network, node: Node, first: int, index: int, sources: tuple[int | None, ...]
) -> Iterator[Mistake]:
    if node.name == INPUT:
        yield Mistake("name", f"name {INPUT!r} is reserved for the input of the design; choose another")
    elif first != index:
        yield Mistake("name", f"name {quoted(node.name)} is taken by node {first + 1}; names must differ")
    unknown = [name for name, source in zip(node.inputs, sources, strict=False) if source is None]
    for name in dict.fromkeys(unknown[:_MAX_NAMES]):
        yield Mistake("inputs", f"inputs: there is no node {quoted(name)}; {_names_text(network, node)}")
    if len(unknown) > _MAX_NAMES:
        yield Mistake("inputs", f"inputs: there are no nodes of {len(unknown) - _MAX_NAMES:,} further names")


def _block_name_mistakes(name: str, blocks: Container[str], lengths: Sequence[int]) -> Iterator[Mistake]:
    """Yield a mistake if a name begins like those of a block's layers, with which it could collide."""
    ends = (length for length in lengths if name[length : length + 1] == "/" and name[:length] in blocks)
    position = next(ends, None)
    if position is not None:
        start, block = quoted(name[: position + 1]), quoted(name[:position])
        text = f"name {quoted(name)} begins with {start}, as the layers of block {block} do; choose another"
        yield Mistake("name", text)


def _names_text(network: Network, node: Node) -> str:
    names = (INPUT, *(other.name for other in network.nodes[: _MAX_NAMES + 1] if other is not node))[:_MAX_NAMES]
    rest = len(network.nodes) - len(names)
    return f"known are {', '.join(map(quoted, names))}" + (f" and {rest} more" if rest else "")
