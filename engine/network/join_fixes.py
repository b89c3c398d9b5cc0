"""Fixes of joins whose inputs do not fit: settings of the layers before them, and inputs that do fit."""

from collections.abc import Iterator, Sequence
from itertools import islice

from msgspec.structs import replace

from engine.blocks import Block
from engine.layers import Layer, Mistake
from engine.network.graph import INPUT, Network
from engine.network.report import Report
from engine.network.weight_specs import PresetWeights, SeedWeights
from engine.shapes import Shape
from engine.text.problems import Fix

_MAX_JOINS = 20
"""Maximum number of joins for which fixes are searched; to correct a network, the first are enough to begin with."""

_MAX_FIXES = 2
"""Maximum number of further inputs that a join proposes."""


def with_join_fixes(network: Network, input_shape: Shape | None, reports: Sequence[Report]) -> tuple[Report, ...]:
    """The reports, with more fixes for the mistakes of joins in their inputs."""
    wrong = [number for number, report in enumerate(reports) if report.mistakes and _is_wrong_join(report)]
    if not wrong:
        return tuple(reports)
    changed, fixes = list(reports), _JoinFixes(network, input_shape, reports)
    for number in wrong[:_MAX_JOINS]:
        changed[number] = replace(reports[number], mistakes=tuple(fixes.with_fixes(reports[number])))
    return tuple(changed)


def _is_wrong_join(report: Report) -> bool:
    is_join = report.layer.min_inputs > 1 and report.block is None and None not in report.input_shapes
    return is_join and any(mistake.setting == "inputs" for mistake in report.mistakes)


class _JoinFixes:
    """Finds fixes in a network whose layers have these reports."""

    def __init__(self, network: Network, input_shape: Shape | None, reports: Sequence[Report]) -> None:
        self._network = network
        self._shapes: dict[str, Shape | None] = {INPUT: input_shape}
        self._reports: dict[str, Report] = {}
        for report in reports:
            name = network.nodes[report.index].name
            self._shapes[name] = report.output_shape  # of a block, that of its last layer
            if report.block is None:
                self._reports.setdefault(name, report)

    def with_fixes(self, report: Report) -> Iterator[Mistake]:
        names, shapes = self._network.inputs_of(report.index), report.known_inputs
        layer = report.layer
        # What a block needs of its inputs differs from one to the other, so that no setting is known to help.
        misfits = iter(_misfits(layer, shapes) if isinstance(layer, Layer) else ())
        for mistake in report.mistakes:
            fixes: tuple[Fix, ...] = ()
            if mistake.setting == "inputs" and len(names) < layer.min_inputs:
                fixes = tuple(self._further_inputs(report, names))
            elif mistake.setting == "inputs" and (misfit := next(misfits, None)) is not None:
                assert isinstance(layer, Layer), "misfits are those of a layer"
                number, other = misfit
                pairs = ((number, other), (other, number))
                if _fit_count(layer, shapes[number], shapes) > _fit_count(layer, shapes[other], shapes):
                    pairs = pairs[::-1]  # most of the inputs are like this one, not like the other
                fixes = tuple(
                    fix
                    for at, to in pairs
                    for fix in self._producer_fixes(layer, (names[at], shapes[at]), (names[to], shapes[to]))
                )
            yield replace(mistake, fixes=fixes + mistake.fixes) if fixes else mistake

    def _further_inputs(self, report: Report, names: tuple[str, ...]) -> Iterator[Fix]:
        """Nodes that can be joined with the inputs: those whose output nothing receives first."""
        network, layer = self._network, report.layer
        later = network.downstream(report.name) | {report.name, *names}
        ends = set(network.loose_ends())
        candidates = [name for name, shape in self._shapes.items() if name not in later and shape is not None]
        candidates.sort(key=lambda name: name not in ends)
        fitting = (name for name in candidates if not any(layer.mistakes(self._known((*names, name)))))
        for name, _ in zip(fitting, range(_MAX_FIXES), strict=False):
            yield Fix(f"Join with {name}", (("inputs", (*names, name)),))

    def _known(self, names: Sequence[str]) -> list[Shape]:
        return [shape for name in names if (shape := self._shapes.get(name)) is not None]

    def _producer_fixes(self, join: Layer, wrong: tuple[str, Shape], right: tuple[str, Shape]) -> Iterator[Fix]:
        """Settings of the layer that makes the wrong input, with which it fits the right one."""
        name, shape = wrong
        while (report := self._reports.get(name)) is not None and report.layer.role == "elementwise":
            name = self._network.inputs_of(report.index)[0]
        target = right[1]
        if not any(join.mistakes((target._replace(channels=shape.channels), target))):
            target = target._replace(channels=shape.channels)  # only heights and widths have to agree
        if report is None or isinstance(report.layer, Block) or None in report.input_shapes:
            return
        changes = report.layer.changes_for(target, report.known_inputs)
        if not changes or right[0] == name or right[0] in self._network.downstream(name):
            return
        node = self._network.node(name)
        learned = {setting for setting, _ in changes} - {"stride", "padding"}
        if learned and not isinstance(node.weights, SeedWeights | PresetWeights | None):
            return  # the arrays would no longer fit
        words = " and ".join(f"{setting} {value}" for setting, value in changes)
        yield Fix(f"{words[:1].upper()}{words[1:]} of {name}", changes, name)


def _misfits(layer: Layer, shapes: Sequence[Shape]) -> Iterator[tuple[int, int]]:
    """The inputs that have a mistake each, in their order, and the first before each that it does not fit."""
    for number in range(1, len(shapes)):
        if len([*layer.mistakes(shapes[: number + 1])]) > len([*layer.mistakes(shapes[:number])]):
            others = (other for other in range(number) if any(layer.mistakes((shapes[other], shapes[number]))))
            yield from ((number, other) for other in islice(others, 1))


def _fit_count(join: Layer, shape: Shape, shapes: Sequence[Shape]) -> int:
    """The number of shapes that can be joined with this one."""
    return sum(not any(join.mistakes((shape, other))) for other in shapes)
