"""Everything that is known of a project before it runs: shapes, costs, keys, and every mistake with its place."""

from collections.abc import Iterator, Mapping
from hashlib import blake2b

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from engine.files.paths import FileFault, Stamp, stat_once
from engine.network.analysis import Analysis, BlockReport, Report, analyze
from engine.network.graph import INPUT
from engine.network.weight_specs import LowRankWeights
from engine.project.project import Project
from engine.run import inputs, low_rank_weights, weights
from engine.shapes import Shape
from engine.text.problems import STEM, Problem

NodeRef = tuple[str, str]
"""(design, node): STEM for the design where the stem is meant, INPUT for the node where its input is meant."""

_encode = msgspec.msgpack.Encoder().encode


class ProjectCheck(Struct, frozen=True, eq=False):
    """Analyses by design name (the stem's under STEM), in the order in which they run.

    Of two designs of one name the first has the name; of the other only its mistakes are told.
    """

    input_shape: Shape | None
    analyses: Mapping[str, Analysis]
    reports: Mapping[NodeRef, Report]
    """Every layer's report by place, those within blocks among them, and every block's with its sums.

    Of two nodes of one name it is the first's."""
    problems: tuple[Problem, ...]
    keys: Mapping[NodeRef, bytes]
    """A digest of all that makes the volume at a place: sub-network, weights, input. Unknown places are left out; a
    design's input has the key of what it is."""
    files: Mapping[str, Stamp | FileFault] = {}
    """The state in which each file that the project names was found, by its path there."""
    low_rank_fits: Mapping[NodeRef, bytes] = {}
    """A digest of all that makes the fitted weights at a place; those that are fitted together have the same."""
    reading_bytes: int = 0
    """Memory that reading the input needs beside its volume."""

    def __contains__(self, place: NodeRef) -> bool:
        """Whether there is such a node, block or input."""
        design, node = place
        return place in self.reports or (node == INPUT and (design == STEM or design in self.analyses))

    def block(self, place: NodeRef) -> BlockReport | None:
        """The block at a place that stands for layers; None where there is none."""
        analysis = self.analyses.get(place[0])
        return None if analysis is None else analysis.blocks.get(place[1])


def check(project: Project) -> ProjectCheck:
    """Analyse every network of a project and look once at every file that it names; nothing is computed."""
    with stat_once() as seen:
        return replace(_check(project), files=seen)


def _check(project: Project) -> ProjectCheck:
    problems = list(_project_problems(project))
    shape: Shape | None = None
    reading = 0
    analyses: dict[str, Analysis] = {}
    reports: dict[NodeRef, Report] = {}
    keys = _Keys(project)
    try:
        shape, reading = inputs.input_shape(project.input), inputs.reading_bytes(project.input)
        keys.add_input(STEM, _digest(project.input, inputs.input_stamp(project.input)), b"")
    except FileFault:
        problems += [
            Problem(str(fault), f"$.input.{fault.setting}", STEM, INPUT, fault.setting)
            for fault in inputs.input_faults(project.input)
        ]
    received, start = shape, (STEM, INPUT)
    for parent, (design, network) in zip(_parents(project), project.networks(), strict=True):
        analysis = analyze(network, received)
        first = analyses.setdefault(design, analysis) is analysis
        keys.pass_on(design, start)
        for report in analysis.reports:
            found = tuple(_node_problems(project, parent, design, analysis, report))
            problems += found
            if first:
                reports.setdefault((design, report.name), report)
            if first and not found:
                keys.add(design, analysis, report)
        if first:
            reports |= {(design, block.name): block.as_report() for block in analysis.blocks.values()}
        if design == STEM:
            received, start = analysis.output_shape, (STEM, analysis.output)
    return ProjectCheck(
        shape, analyses, reports, tuple(problems), keys.volumes, low_rank_fits=keys.fits, reading_bytes=reading
    )


def place_in_file(project: Project, design: str, index: int, setting: str = "") -> str:
    """Where a setting stands in the file: ``$.designs[0].nodes[2].filters``."""
    names = [name for name, _ in project.networks()]
    return _place(_parents(project)[names.index(design)], index, setting)


def _parents(project: Project) -> tuple[str, ...]:
    """Where each of the project's networks stands in the file."""
    stem = () if project.stem is None else ("$.stem",)
    return (*stem, *(f"$.designs[{index}]" for index in range(len(project.designs))))


def _place(parent: str, index: int, setting: str) -> str:
    return f"{parent}.nodes[{index}]" + (f".{setting}" if setting else "")


def _project_problems(project: Project) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, design in enumerate(project.designs):
        if first.setdefault(design.name, index) != index:
            yield Problem(
                f"design name {design.name!r} is taken by design {first[design.name] + 1}; names must differ",
                f"$.designs[{index}].name",
                design.name,
                setting="name",
            )


def _node_problems(project: Project, parent: str, design: str, analysis: Analysis, report: Report) -> Iterator[Problem]:
    def problem(setting: str, text: str) -> Problem:
        if report.block is not None:  # a setting of a part is none of its block's
            setting = ""
        return Problem(f"{report.name}: {text}", _place(parent, report.index, setting), design, report.name, setting)

    for mistake in report.mistakes:
        yield problem(mistake.setting, mistake.text)
    for text in (*weights.weight_mistakes(report), *low_rank_weights.recipe_mistakes(project, analysis, report)):
        yield problem("weights", text)


class _Keys:
    """Digests of what makes volumes and fitted weights, as networks are gone through in the order in which they run."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self.volumes: dict[NodeRef, bytes] = {}
        self.fits: dict[NodeRef, bytes] = {}
        self._made: dict[NodeRef, bytes] = {}
        """What makes each volume, the input apart, as digests: recipes with inputs of their own depend on it."""
        self._fits_any = any(
            isinstance(node.weights, LowRankWeights) for _, network in project.networks() for node in network.nodes
        )

    def add_input(self, design: str, key: bytes, made: bytes) -> None:
        self.volumes[design, INPUT], self._made[design, INPUT] = key, made

    def pass_on(self, design: str, start: NodeRef) -> None:
        """A design's input has the keys of what it is."""
        if start in self.volumes:
            self.add_input(design, self.volumes[start], self._made.get(start, b""))

    def add(self, design: str, analysis: Analysis, report: Report) -> None:
        place = design, report.name
        received = [self.volumes.get((design, name)) for name in report.inputs]
        if report.output_shape is None or None in received:
            return
        source = self._source(design, analysis, report)
        self.volumes[place] = _digest(report.layer, source, received)
        if self._fits_any:
            self._made[place] = _digest(report.layer, source, [self._made[design, name] for name in report.inputs])

    def _source(self, design: str, analysis: Analysis, report: Report) -> object:
        """What the node's weights depend on."""
        if not report.array_shapes:
            return None
        if not isinstance(report.weights, LowRankWeights):
            return weights.weight_identity(report, self._project.seed, design)
        plan = low_rank_weights.fit_plan(analysis, report)
        known = self._made if plan.recipe.calibration else self.volumes
        key = _digest(low_rank_weights.recipe_identity(plan, self._project), known.get((design, plan.input_ref)))
        self.fits[design, report.name] = key
        return key, plan.part


def _digest(*parts: object) -> bytes:
    return blake2b(_encode(parts), digest_size=16).digest()
