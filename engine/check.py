"""Everything that is known of a project before it runs: shapes, costs, keys, and every mistake with its place."""

from collections.abc import Iterator, Mapping
from hashlib import blake2b

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from engine import inputs, weights
from engine.analysis import Analysis, BlockReport, Report, analyze
from engine.files import FileFault, Stamp, one_look
from engine.network import INPUT
from engine.problems import STEM, Problem
from engine.project import Project
from engine.shapes import Shape

Place = tuple[str, str]
"""(design, node): STEM for the design where the stem is meant, INPUT for the node where its input is meant."""

_encode = msgspec.msgpack.Encoder().encode


class ProjectCheck(Struct, frozen=True, eq=False):
    """Analyses by design name (the stem's under STEM), in the order in which they run.

    Of two designs of one name the first has the name; of the other only its mistakes are told.
    """

    input_shape: Shape | None
    analyses: Mapping[str, Analysis]
    reports: Mapping[Place, Report]
    """Every layer's report by place, those within blocks among them, and every block's with its sums.

    Of two nodes of one name it is the first's."""
    problems: tuple[Problem, ...]
    keys: Mapping[Place, bytes]
    """A digest of all that makes the volume at a place: sub-network, weights, input. Unknown places are left out; a
    design's input has the key of what it is."""
    files: Mapping[str, Stamp | FileFault] = {}
    """The state in which each file that the project names was found, by its path there."""
    reading_bytes: int = 0
    """Memory that reading the input needs beside its volume."""

    def __contains__(self, place: Place) -> bool:
        """Whether there is such a node, block or input."""
        design, node = place
        return place in self.reports or (node == INPUT and (design == STEM or design in self.analyses))

    def block(self, place: Place) -> BlockReport | None:
        """The block at a place that stands for layers; None where there is none."""
        analysis = self.analyses.get(place[0])
        return None if analysis is None else analysis.blocks.get(place[1])


def check(project: Project) -> ProjectCheck:
    """Analyse every network of a project and look once at every file that it names; nothing is computed."""
    with one_look() as seen:
        return replace(_check(project), files=seen)


def _check(project: Project) -> ProjectCheck:
    problems = list(_project_problems(project))
    shape: Shape | None = None
    reading = 0
    analyses: dict[str, Analysis] = {}
    reports: dict[Place, Report] = {}
    keys: dict[Place, bytes] = {}
    try:
        shape, reading = inputs.shape_of(project.input), inputs.reading_bytes(project.input)
        keys[STEM, INPUT] = _digest(project.input, inputs.stamp_of(project.input))
    except FileFault:
        problems += [
            Problem(str(fault), f"$.input.{fault.setting}", STEM, INPUT, fault.setting)
            for fault in inputs.faults(project.input)
        ]
    received, received_key = shape, keys.get((STEM, INPUT))
    for parent, (design, network) in zip(_parents(project), project.networks(), strict=True):
        analysis = analyze(network, received)
        first = analyses.setdefault(design, analysis) is analysis
        if received_key is not None:
            keys[design, INPUT] = received_key
        for report in analysis.reports:
            found = tuple(_node_problems(parent, design, report))
            problems += found
            if first:
                reports.setdefault((design, report.name), report)
            if first and not found:
                _add_key(project, design, report, keys)
        if first:
            reports |= {(design, block.name): block.closed() for block in analysis.blocks.values()}
        if design == STEM:
            received, received_key = analysis.output_shape, keys.get((STEM, analysis.output))
    return ProjectCheck(shape, analyses, reports, tuple(problems), keys, reading_bytes=reading)


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


def _node_problems(parent: str, design: str, report: Report) -> Iterator[Problem]:
    def problem(setting: str, text: str) -> Problem:
        if report.block is not None:  # a setting of a part is none of its block's
            setting = ""
        return Problem(f"{report.name}: {text}", _place(parent, report.index, setting), design, report.name, setting)

    for mistake in report.mistakes:
        yield problem(mistake.setting, mistake.text)
    for text in weights.mistakes(report):
        yield problem("weights", text)


def _add_key(project: Project, design: str, report: Report, keys: dict[Place, bytes]) -> None:
    received = [keys.get((design, name)) for name in report.inputs]
    if report.output_shape is None or None in received:
        return
    source = weights.identity(report, project.seed, design) if report.array_shapes else None
    keys[design, report.name] = _digest(report.layer, source, received)


def _digest(*parts: object) -> bytes:
    return blake2b(_encode(parts), digest_size=16).digest()
