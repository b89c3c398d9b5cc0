"""Everything that is known about a project before it runs: shapes, costs, keys, and every mistake with its place."""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import chain, islice
from operator import attrgetter
from typing import NamedTuple

import msgspec
import numpy as np
from msgspec import Struct
from msgspec.structs import asdict, replace

from engine.files.paths import FileFault, Stamp, stat_once
from engine.network.analysis import Analysis, BlockReport, EarlierAnalysis, Report, analyze
from engine.network.graph import INPUT
from engine.network.node_ref import STEM, NodeRef
from engine.network.weight_specs import LowRankWeights
from engine.project.project import Project
from engine.run import input_fixes, inputs, low_rank_weights, weight_fixes, weights
from engine.run.label_check import check_labels
from engine.shapes import Shape
from engine.text.names import MAX_DESIGN_NAME, unique_name
from engine.text.problems import MAX_LINES, Fix, Notice, Problem
from engine.unchanged_items import differing, last_results

_encode = msgspec.msgpack.Encoder().encode


class Maker(NamedTuple):
    """The first node that makes a volume, and its position in the order in which nodes run."""

    ref: NodeRef
    position: int


class ProjectCheck(Struct, frozen=True, eq=False):
    """Analyses by design name (the stem's under STEM), in the order in which they run.

    If two designs have the same name, it stands for the first; of the other only the mistakes are listed.
    """

    input_shape: Shape | None
    analyses: Mapping[str, Analysis]
    reports: Mapping[NodeRef, Report]
    """Reports of all layers, also within blocks, and of all blocks with their sums.

    If two nodes have the same name, the first one's."""
    problems: tuple[Problem, ...]
    keys: Mapping[NodeRef, bytes]
    """A digest of all that makes each volume: sub-network, weights, input. Nodes that cannot run have none; a design's
    input has the key of the volume that it is."""
    makers: Mapping[bytes, Maker] = {}
    """The node that makes each volume, by its key; a volume that several nodes share is made once."""
    files: Mapping[str, Stamp | FileFault] = {}
    """The state of each file that the project names, by its path in the project."""
    low_rank_fits: Mapping[NodeRef, bytes] = {}
    """A digest of all that makes each node's fitted weights; nodes that are fitted together share it."""
    notices: tuple[Notice, ...] = ()
    """What the user should know of files that are no mistake, from their headers."""
    reading_bytes: int = 0
    """Memory that reading the input needs besides its volume."""
    labels: tuple[str, ...] = ()
    """The names of the classes of classifiers, if the project has any."""

    def __contains__(self, ref: NodeRef) -> bool:
        """Whether there is such a node, block or input."""
        design, node = ref
        return ref in self.reports or (node == INPUT and (design == STEM or design in self.analyses))

    def is_classifier(self, design: str) -> bool:
        """Whether a design ends in a channel for each of the labels."""
        return (
            bool(self.labels) and design != STEM and self.analyses[design].output_shape == Shape(len(self.labels), 1, 1)
        )

    def block(self, ref: NodeRef) -> BlockReport | None:
        """The block of that reference if it stands for layers, or the group; else None."""
        analysis = self.analyses.get(ref[0])
        return None if analysis is None else analysis.foldable.get(ref[1])


class EarlierCheck(NamedTuple):
    """A project before an edit, and its check: what the edit left unchanged is not computed again."""

    project: Project
    check: ProjectCheck

    def analysis(self, design: str) -> EarlierAnalysis | None:
        """That of a design or of the stem; None if there was none of that name."""
        networks = (network for name, network in self.project.networks() if name == design)
        network = next(networks, None)
        return None if network is None else EarlierAnalysis(network, self.check.analyses[design])


def check(project: Project, earlier: EarlierCheck | None = None) -> ProjectCheck:
    """Analyse every network of a project and look once at every file that it names, without computing a volume.

    With an `earlier` check only what an edit affects is computed, and all that is read from files; the result is the
    same, and the earlier check itself if nothing has changed.
    """
    with stat_once() as stamps:
        new = replace(_check(project, earlier), files=stamps)
    is_same = earlier is not None and earlier.project is project and asdict(new) == asdict(earlier.check)
    return earlier.check if earlier is not None and is_same else new


def _check(project: Project, earlier: EarlierCheck | None) -> ProjectCheck:
    keys = _Keys(project)
    input_check = _check_input(project, keys)
    problems, notices = [*_project_problems(project), *input_check.problems], [*input_check.notices]
    analyses: dict[str, Analysis] = {}
    reports: dict[NodeRef, Report] = {}
    entry_shape, entry_ref = input_check.shape, (STEM, INPUT)
    for parent, (design, network) in zip(_parents(project), project.networks(), strict=True):
        before = None if earlier is None else earlier.analysis(design)
        analysis = analyze(network, entry_shape, before)
        first = design not in analyses
        analyses.setdefault(design, analysis)
        keys.pass_on(design, entry_ref)
        refs = _refs_of(design, analysis.reports)
        known = keys.add_unchanged(design, refs, analysis, earlier) if first and earlier is not None else 0
        reports |= zip(refs[:known], analysis.reports[:known], strict=True)
        for ref, report in zip(refs[known:], analysis.reports[known:], strict=True):
            node_problems = tuple(
                _node_problems(
                    project, parent, design, analysis, report, is_fixable=first and len(problems) < MAX_LINES
                )
            )
            problems += node_problems
            if not node_problems:
                notices += _node_notices(parent, design, analysis, report)
            if first:
                reports.setdefault(ref, report)
            if first and not node_problems:
                keys.add(ref, analysis, report)
        if first:
            reports |= {
                (design, block.name): _block_report(design, block, earlier) for block in analysis.foldable.values()
            }
        if design == STEM:
            entry_shape, entry_ref = analysis.output_shape, (STEM, analysis.output)
    labels = check_labels(project.labels, analyses)
    return ProjectCheck(
        input_check.shape,
        analyses,
        reports,
        (*problems, *labels.problems),
        keys.volumes,
        keys.makers,
        low_rank_fits=keys.fits,
        notices=(*notices, *labels.notices),
        reading_bytes=input_check.reading_bytes,
        labels=labels.labels,
    )


def _refs_of(design: str, reports: Sequence[Report]) -> list[NodeRef]:
    """References to the layers of a design; most edits change no name, and all their checks share these."""
    names = last_results("checked name", design).map(_name_of, reports)
    return last_results("checked reference", design).map(lambda name: (design, name), names)


def _block_report(design: str, block: BlockReport, earlier: EarlierCheck | None) -> Report:
    """The sums of a block: the same object as before if its layers are."""
    before = None if earlier is None else earlier.check.analyses.get(design)
    is_same = before is not None and before.foldable.get(block.name) is block
    return earlier.check.reports[design, block.name] if earlier is not None and is_same else block.as_report()


class _InputCheck(NamedTuple):
    """What is known about the input before it is read."""

    shape: Shape | None = None
    reading_bytes: int = 0
    notices: tuple[Notice, ...] = ()
    problems: tuple[Problem, ...] = ()


def _check_input(project: Project, keys: "_Keys") -> _InputCheck:
    """Look at the input, and add its key if nothing is wrong with it."""
    spec = project.input
    try:
        shape, reading_bytes = inputs.input_shape(spec), inputs.reading_bytes(spec)
        notices = [
            Notice(str(notice), f"$.input.{notice.setting}", STEM, INPUT, notice.setting)
            for notice in inputs.input_notices(spec)
        ]
        keys.add_input(STEM, _digest(spec, inputs.input_stamp(spec)), b"")
    except FileFault:
        problems = [
            Problem(mistake.text, f"$.input.{mistake.setting}", STEM, INPUT, mistake.setting, fixes=mistake.fixes)
            for mistake in input_fixes.input_mistakes(spec)
        ]
        return _InputCheck(problems=tuple(problems))
    return _InputCheck(shape, reading_bytes, tuple(notices))


def place_in_file(project: Project, design: str, index: int, setting: str = "") -> str:
    """Where a setting stands in the project file: ``$.designs[0].nodes[2].filters``."""
    names = [name for name, _ in project.networks()]
    return _place(_parents(project)[names.index(design)], index, setting)


def _parents(project: Project) -> tuple[str, ...]:
    """Where each network of the project stands in the file."""
    stem = () if project.stem is None else ("$.stem",)
    return (*stem, *(f"$.designs[{index}]" for index in range(len(project.designs))))


def _place(parent: str, index: int, setting: str) -> str:
    return f"{parent}.nodes[{index}]" + (f".{setting}" if setting else "")


def _project_problems(project: Project) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, design in enumerate(project.designs):
        if first.setdefault(design.name, index) != index:
            name = unique_name(design.name, {other.name for other in project.designs}, MAX_DESIGN_NAME)
            yield Problem(
                f"design name {design.name!r} is taken by another design before it; names must differ",
                f"$.designs[{index}].name",
                design.name,
                setting="name",
                index=index,
                fixes=(Fix(f"Rename to {name}", (("name", name),)),),
            )


def _node_problems(
    project: Project, parent: str, design: str, analysis: Analysis, report: Report, *, is_fixable: bool
) -> Iterator[Problem]:
    """Yield the problems of a node, with their fixes if it can be found by the name of its design."""
    recipe_texts = low_rank_weights.recipe_mistakes(project, analysis, report)
    weight_mistakes = weight_fixes.weight_mistakes(report, with_fixes=is_fixable)
    for mistake in (*report.mistakes, *weight_mistakes, *weight_fixes.without_weights(recipe_texts)):
        setting = "" if report.block is not None else mistake.setting  # that of a part is none of the block in the file
        yield Problem(
            f"{report.name}: {mistake.text}",
            _place(parent, report.index, setting),
            design,
            report.name,
            setting,
            report.index,
            mistake.fixes if is_fixable else (),
        )


def _node_notices(parent: str, design: str, analysis: Analysis, report: Report) -> Iterator[Notice]:
    for text in (*weights.weight_notices(report), *low_rank_weights.recipe_notices(analysis, report)):
        place = _place(parent, report.index, "weights")
        yield Notice(f"{report.name}: {text}", place, design, report.name, "weights")


_name_of, _weights_of = attrgetter("name"), attrgetter("weights")


def _has_own_key(report: Report) -> bool:
    """Whether the key of a layer may differ although nothing before it does."""
    return report.weights is not None or bool(report.mistakes)


class _Keys:
    """Collects digests of what makes volumes and fitted weights, network by network in the order in which they run."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self.volumes: dict[NodeRef, bytes] = {}
        self.makers: dict[bytes, Maker] = {}
        self.fits: dict[NodeRef, bytes] = {}
        self._keys_without_input: dict[NodeRef, bytes] = {}
        """Digests of what makes each volume apart from the input: recipes with inputs of their own depend on these."""
        sources = (map(_weights_of, network.nodes) for _, network in project.networks())
        self._fits_any = LowRankWeights in set(map(type, chain.from_iterable(sources)))

    def add_input(self, design: str, key: bytes, key_without_input: bytes) -> None:
        self._add_volume((design, INPUT), key)
        self._keys_without_input[design, INPUT] = key_without_input

    def pass_on(self, design: str, entry_ref: NodeRef) -> None:
        """Give a design's input the keys of the volume that it is."""
        if entry_ref in self.volumes:
            self.add_input(design, self.volumes[entry_ref], self._keys_without_input.get(entry_ref, b""))

    def add(self, ref: NodeRef, analysis: Analysis, report: Report) -> None:
        design = ref[0]
        input_keys = [self.volumes.get((design, name)) for name in report.inputs]
        if report.output_shape is None or None in input_keys:
            return
        source = self._source(design, analysis, report)
        self._add_volume(ref, _digest(report.layer, source, input_keys))
        if self._fits_any:
            self._keys_without_input[ref] = _digest(
                report.layer, source, [self._keys_without_input[design, name] for name in report.inputs]
            )

    def add_unchanged(self, design: str, refs: Sequence[NodeRef], analysis: Analysis, earlier: EarlierCheck) -> int:
        """Add the keys of the first layers that an earlier check has as well; return how many these are.

        They have no mistakes, and weights from the seed: nothing about them can have changed but the volume that they
        receive.
        """
        project, (_, before) = self._project, earlier
        entry, last = (design, INPUT), before.analyses.get(design)
        if self._fits_any or last is None or project.seed != earlier.project.seed:
            return 0
        if self.volumes.get(entry) != before.keys.get(entry):
            return 0
        common = min(len(analysis.reports), len(last.reports))
        count = next(differing(analysis.reports[:common], last.reports[:common]), common)
        own = last_results("own key", design).array(_has_own_key, analysis.reports, dtype=np.bool_)[:count]
        refs = refs[: int(own.argmax()) if own.any() else count]
        known = list(islice(before.keys.items(), len(self.volumes), len(self.volumes) + len(refs)))
        if [ref for ref, _ in known] != refs:
            known = [(ref, key) for ref in refs if (key := before.keys.get(ref)) is not None]
        self.volumes.update(known)
        makers = list(islice(before.makers.items(), len(self.makers), len(self.makers) + len(known)))
        if known == [(maker.ref, key) for key, maker in makers]:
            self.makers.update(makers)  # each is the first of its key, as before
        else:
            for ref, key in known:
                self.makers.setdefault(key, Maker(ref, len(self.makers)))
        return len(refs)

    def _add_volume(self, ref: NodeRef, key: bytes) -> None:
        self.volumes[ref] = key
        self.makers.setdefault(key, Maker(ref, len(self.makers)))

    def _source(self, design: str, analysis: Analysis, report: Report) -> object:
        """A value that holds all that the node's weights depend on."""
        if not report.array_shapes and not weights.runs_node(report):
            return None
        if not isinstance(report.weights, LowRankWeights):
            return weights.weight_identity(report, self._project.seed, design)
        plan = low_rank_weights.fit_plan(analysis, report)
        digests = self._keys_without_input if plan.recipe.calibration else self.volumes
        key = _digest(low_rank_weights.recipe_identity(plan, self._project), digests.get((design, plan.input_ref)))
        self.fits[design, report.name] = key
        return key, plan.part


def _digest(*parts: object) -> bytes:
    return blake2b(_encode(parts), digest_size=16).digest()
