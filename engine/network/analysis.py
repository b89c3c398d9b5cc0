"""Shapes and costs of a network, in integers, without running it; mistakes are values at their nodes."""

from collections.abc import Container, Sequence
from functools import cached_property, lru_cache, reduce
from math import prod
from operator import or_
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from engine.blocks import Block
from engine.layers import Layer, Mistake
from engine.network.graph import INPUT, ExecutionOrder, Network, Node, parts_of, topological_order
from engine.network.groups import find_groups
from engine.network.join_fixes import with_join_fixes
from engine.network.mistakes import block_weight_mistakes, count_mistakes, graph_mistakes
from engine.network.report import BlockReport as BlockReport
from engine.network.report import Report as Report
from engine.network.report import optional_sum
from engine.shapes import Shape
from engine.text.problems import Fix
from engine.unchanged_items import differing

_MISSING = object()
_MOST_VALUES = 10**15
"""Along an axis: layers one after the other, each of which doubles it, would make numbers of thousands of digits."""
_AXES = ("channels", "rows", "columns")


class Wiring(NamedTuple):
    """All that follows from the names and connections of a network alone."""

    order: ExecutionOrder
    mistakes: dict[int, tuple[Mistake, ...]]
    """By node index."""


class Analysis(Struct, frozen=True, dict=True):
    """Reports of all layers in execution order; those that cannot run come last."""

    input_shape: Shape | None
    reports: tuple[Report, ...]
    blocks: dict[str, BlockReport] = {}
    """Blocks by name whose layers are in `reports`."""
    wiring: Wiring | None = None
    """Of the network; None if only the reports are known."""
    groups: dict[str, BlockReport] = {}
    """Groups by name whose layers are in `reports`, see `find_groups`."""

    @cached_property
    def foldable(self) -> dict[str, BlockReport]:
        """All that can be shown as one node: blocks and groups by name."""
        return {**self.blocks, **self.groups}

    @cached_property
    def group_of(self) -> dict[str, str]:
        """The group by the name of each layer that is in one."""
        return {part.name: group.name for group in self.groups.values() for part in group.parts}

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


class _Known(NamedTuple):
    """Reports before an edit that may be those after it."""

    first: tuple[Report, ...]
    """Those before the first, in execution order, that has a mistake or is of another node: they are the same."""
    layers: dict[int, Report]
    """Those of unchanged layers without mistakes, by node index: they are the same for the same input shapes."""


class EarlierAnalysis(NamedTuple):
    """A network before an edit, and its analysis: what the edit left unchanged is not analyzed again."""

    network: Network
    analysis: Analysis

    def wiring_of(self, network: Network) -> Wiring | None:
        """The wiring, if it is that of `network` as well and has no mistakes; else None."""
        wiring, before = self.analysis.wiring, self.network.nodes
        if wiring is None or wiring.mistakes or len(before) != len(network.nodes):
            return None
        changed = [(old, new) for old, new in zip(before, network.nodes, strict=True) if old is not new]
        return None if any(_connection(old) != _connection(new) for old, new in changed) else wiring

    def known_reports(self, network: Network, input_shape: Shape | None) -> _Known:
        """What is known of a network with the same wiring."""
        first = self._first_reports(network) if input_shape == self.analysis.input_shape else ()
        before, nodes = self.network.nodes, network.nodes
        others = self.analysis.reports[len(first) :]  # perhaps with some of a block that are known as well
        return _Known(
            first,
            {
                report.index: report
                for report in others
                if report.block is None
                and not report.mistakes
                and nodes[report.index] is before[report.index]
                and isinstance(report.layer, Layer)
            },
        )

    def _first_reports(self, network: Network) -> tuple[Report, ...]:
        reports, changed = self.analysis.reports, {*differing(network.nodes, self.network.nodes)}
        for number, report in enumerate(reports):
            if report.index in changed or report.mistakes:
                # Of a block with a mistake in one of its layers, no layer is unchanged.
                return tuple([other for other in reports[:number] if other.index != report.index])
        return reports


def _find_wiring(network: Network) -> Wiring:
    order = topological_order(network)
    return Wiring(order, graph_mistakes(network, order))


def _connection(node: Node) -> tuple[object, ...]:
    return node.name, node.inputs, isinstance(node.layer, Block)


def analyze(network: Network, input_shape: Shape | None, earlier: EarlierAnalysis | None = None) -> Analysis:
    """Compute shapes, parameters and MACs of all layers, including those of blocks, and find all mistakes.

    Pure integers; a few microseconds per layer. If `input_shape` is None, shapes that depend on it are None as well.
    With an `earlier` analysis only what an edit affects is computed; the result is the same.
    """
    if earlier is not None and earlier.network is network and earlier.analysis.input_shape == input_shape:
        return earlier.analysis
    reused = None if earlier is None else earlier.wiring_of(network)
    wiring = reused or _find_wiring(network)
    known = _Known((), {}) if earlier is None or reused is None else earlier.known_reports(network, input_shape)
    reports = list(known.first)
    shapes: dict[int | None, Shape | None] = {-1: input_shape, None: None}
    shapes |= {report.index: report.output_shape for report in reports}
    before = {} if earlier is None else earlier.analysis.blocks
    blocks = {name: block for name, block in before.items() if reports and block.index in shapes}
    outputs = {name: block.output for name, block in blocks.items()}
    order = wiring.order
    for index in (*order.runnable, *order.stuck)[len(shapes) - 2 :]:
        node, mistakes = network.nodes[index], wiring.mistakes.get(index, ())
        own_names = network.inputs_of(index)
        names = tuple([outputs.get(name, name) for name in own_names])
        inputs = tuple([shapes.get(source) for source in order.sources[index]])
        report = known.layers.get(index)
        if report is not None and report.inputs == names and report.input_shapes == inputs:
            reports.append(report)
        elif isinstance(node.layer, Block):
            parts = _parts(node, index, names, inputs, mistakes, own_names)
            reports += parts
            if parts[0].block is not None:
                blocks.setdefault(
                    node.name, BlockReport(index, node.name, node.layer, names, inputs, parts, node.weights)
                )
                outputs.setdefault(node.name, parts[-1].name)
        else:
            reports.append(_report(node, index, names, inputs, mistakes, own_names))
        shapes[index] = reports[-1].output_shape
    complete = with_join_fixes(network, input_shape, reports)
    return Analysis(input_shape, complete, blocks, wiring, find_groups(network, complete, order.stuck))


def fold_blocks(analysis: Analysis, closed: Container[str]) -> Analysis:
    """The analysis with each block or group in `closed` as one report with its sums."""
    # A block within a closed group is a part of that: groups come last.
    hidden = {part.name: block for block in analysis.foldable.values() if block.name in closed for part in block.parts}
    if not hidden:
        return analysis
    names = {block.output: block.name for block in hidden.values() if hidden[block.output] is block}
    reports = []
    for report in analysis.reports:
        block = hidden.get(report.name)
        if block is not None and report.name == block.output:
            report = block.as_report()
        elif block is not None:
            continue
        inputs = tuple([names.get(name, name) for name in report.inputs])
        reports.append(report if inputs == report.inputs else replace(report, inputs=inputs))
    return replace(
        analysis,
        reports=tuple(reports),
        blocks={name: block for name, block in analysis.blocks.items() if block.output not in hidden},
        groups={name: group for name, group in analysis.groups.items() if group.output not in hidden},
    )


@lru_cache(maxsize=512)
def _parts(
    node: Node,
    index: int,
    names: tuple[str, ...],
    inputs: tuple[Shape | None, ...],
    mistakes: tuple[Mistake, ...],
    own_names: tuple[str, ...],
) -> tuple[Report, ...]:
    """Reports of a block's layers, or one report of the block if an input is unknown or it has a mistake.

    Cached, since an edit leaves most blocks of a network unchanged.
    """
    assert isinstance(node.layer, Block)
    mistakes = (*mistakes, *count_mistakes(node.layer, own_names), *block_weight_mistakes(node))
    received = [shape for shape in inputs if shape is not None]
    if len(received) == len(inputs) and not mistakes:
        mistakes = tuple(node.layer.mistakes(received, own_names))
    if len(received) < len(inputs) or mistakes:
        return (Report(index, node.name, node.layer, names, inputs, mistakes=mistakes),)
    shapes: dict[str, Shape | None] = dict(zip(names, inputs, strict=True))
    parts: list[Report] = []
    for part in parts_of(replace(node, inputs=names), names, received[0].channels):
        sources = part.inputs or (parts[-1].name,)
        report = _report(part, index, sources, tuple([shapes[name] for name in sources]), (), sources, node.name)
        shapes[part.name] = report.output_shape
        parts.append(report)
    return tuple([_with_block_fixes(part, node, received) if part.mistakes else part for part in parts])


def _macs(factors: tuple[tuple[int, ...], tuple[int, ...]] | None) -> int:
    return 0 if factors is None else prod(factors[0]) * prod(factors[1])


def _with_block_fixes(part: Report, node: Node, received: Sequence[Shape]) -> Report:
    """The report of a block's part with those fixes that are settings of the block, and help there as well.

    Of a block with several inputs, none is tried.
    """

    def helps(fix: Fix, mistake: Mistake) -> bool:
        settings = dict(fix.changes)
        if len(received) > 1 or any(
            getattr(node.layer, name, None) != getattr(part.layer, name, _MISSING) for name in settings
        ):
            return False
        block = Node(node.name, replace(node.layer, **settings))
        reports = analyze(Network((block,)), received[0]).report_by_name
        return part.name not in reports or mistake.text not in [m.text for m in reports[part.name].mistakes]

    mistakes = [
        replace(mistake, fixes=tuple(fix for fix in mistake.fixes if helps(fix, mistake))) for mistake in part.mistakes
    ]
    return replace(part, mistakes=tuple(mistakes))


def _too_many_values(output: Shape) -> Mistake:
    number = max(output)
    return Mistake("", f"its output would have {number:,} {_AXES[output.index(number)]}; at most 10¹⁵ are possible")


def _report(
    node: Node,
    index: int,
    names: tuple[str, ...],
    inputs: tuple[Shape | None, ...],
    mistakes: tuple[Mistake, ...],
    own_names: tuple[str, ...],
    block: str | None = None,
) -> Report:
    layer = node.layer
    assert isinstance(layer, Layer)
    shapes = [shape for shape in inputs if shape is not None]
    wrong_count = tuple(count_mistakes(layer, own_names))
    mistakes = mistakes + wrong_count
    if len(shapes) == len(inputs) and not wrong_count:
        mistakes = (*mistakes, *layer.mistakes(shapes, own_names))
    output = None if len(shapes) < len(inputs) or mistakes else layer.output_shape(shapes)
    if output is not None and max(output) > _MOST_VALUES:
        mistakes = (_too_many_values(output),)
    if output is None or mistakes:
        return Report(index, node.name, layer, names, inputs, mistakes=mistakes, block=block, weights=node.weights)
    params = layer.param_shapes(shapes)
    factors = layer.mac_factors(shapes, output)
    return Report(
        index,
        node.name,
        layer,
        names,
        inputs,
        output,
        sum([prod(shape) for shape in params.values()]) if layer.has_known_cost else None,
        _macs(factors) if layer.has_known_cost else None,
        factors,
        params,
        layer.statistic_shapes(shapes),
        (),
        block,
        node.weights,
    )
