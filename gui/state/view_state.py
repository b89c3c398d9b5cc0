"""The state of the window as frozen values: views compare two of them and redraw what differs. No Qt here."""

from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from operator import attrgetter
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from engine.cost.counting import Convention
from engine.cost.metrics import Amount, Costs, Metric, metric_by_id
from engine.explain.classes import Prediction, predict
from engine.files.paths import FileFault
from engine.kernels import Checkpoint
from engine.network.analysis import Analysis, BlockReport, Report, fold_blocks
from engine.network.graph import INPUT
from engine.network.groups import nodes_of_group
from engine.network.node_ref import NodeRef
from engine.network.weight_specs import LowRankWeights
from engine.project.project import Project
from engine.reports.tables import TableRow, table_rows
from engine.run.check import ProjectCheck
from engine.run.weights import Weights, load_weights
from engine.shapes import Shape
from engine.text.problems import Problem
from engine.unchanged_items import last_results
from gui.state.automatic_run import AutomaticRunState
from gui.state.earlier import EarlierDesign
from gui.state.find import find_nodes, next_match
from gui.state.focus import Focus
from gui.state.ghost import Ghost
from gui.state.lesson_place import LessonPlace
from gui.state.look import Look
from gui.state.rank_search import RankSearchState
from gui.state.run_view import NodeVolumes, RunView
from gui.state.sweep import SweepState
from gui.state.volume_at import VolumeAt

_MOST_OPEN = 60
"""Largest number of layers of a design whose blocks are shown open by default."""


class ViewState(Struct, frozen=True, eq=False, dict=True):
    """All that views draw. Parts are compared by identity."""

    project: Project
    check: ProjectCheck
    run: RunView
    focus: Focus
    look: Look
    path: Path | None = None
    clean: bool = True
    rank_search: RankSearchState = RankSearchState()
    sweep: SweepState = SweepState()
    ghost: Ghost | None = None
    """The selected point of the sweep."""
    earlier: Mapping[str, EarlierDesign] = {}
    """For each design of which something is unknown now, what was known last; see `earlier_designs`."""
    automatic: AutomaticRunState = AutomaticRunState()
    query: str = ""
    """What is looked for; see `find_nodes`."""
    lesson: LessonPlace | None = None
    """The step of a lesson that the project belongs to; None for a project of the person."""
    session: int = 0
    """Number of the opened project: what views and panels remember about one, such as their zoom, ends with it."""

    def analysis(self, design: str) -> Analysis | None:
        """The analysis of a design or of the stem; None if there is none of that name."""
        return self.check.analyses.get(design)

    @cached_property
    def beside(self) -> "ViewState":
        """The state with the ghost as the last of its designs: for pictures alone, as edits must not know of it."""
        return self if self.ghost is None or not self.has_ghost else _with_ghost(self, self.ghost)

    @property
    def has_ghost(self) -> bool:
        """Whether a ghost is to be shown: it is one beside this project."""
        return self.ghost is not None and self.ghost.base is self.project

    @cached_property
    def costs(self) -> Costs:
        """Costs of the current layers by the counting rule of the look, with the times of those that have run."""
        keys = self.check.keys
        results = self.run.results.items()
        fresh = [(ref, result.milliseconds) for ref, result in results if result.key == keys.get(ref)]
        return _make_costs(self.check, self.look.convention, tuple(fresh))

    @property
    def picture_costs(self) -> Costs:
        """The costs without times, unless the metric of the look is one: they stay the same during a run."""
        is_measured = metric_by_id(self.look.metric).is_measured
        return self.costs if is_measured else _make_costs(self.check, self.look.convention, ())

    def is_open(self, block: NodeRef) -> bool:
        """Whether a block is shown as its layers."""
        blocks = self.look.blocks
        if blocks == "auto":
            blocks = "open" if len(self.check.analyses[block[0]].reports) <= _MOST_OPEN else "closed"
        return (blocks == "open") != (block in self.look.toggled_blocks)

    def visible_analysis(self, design: str) -> Analysis:
        """The analysis of a design as it is shown: a closed block is one report with its sums."""
        return fold_analysis(self.check, design, self.closed_blocks(design))

    def closed_blocks(self, design: str) -> frozenset[str]:
        """The blocks of a design that are shown as one."""
        names = self.check.analyses[design].foldable
        return frozenset(name for name in names if not self.is_open((design, name)))

    @property
    def costs_key(self) -> tuple[object, ...]:
        """Key of all that bars and tables depend on; it stays equal while the camera turns, for example."""
        look = self.look
        times = self.run if metric_by_id(look.metric).is_measured else None
        return (
            self.check,
            times,
            look.metric,
            look.convention,
            look.logarithmic,
            look.blocks,
            look.toggled_blocks,
            look.theme,
        )

    @cached_property
    def cost_rows(self) -> tuple[TableRow, ...]:
        """Rows of the cost table as it is shown; a closed block is one row."""
        return self._rows(self.costs)

    @property
    def picture_rows(self) -> tuple[TableRow, ...]:
        """The same rows with the costs of pictures: with times only if the metric of the look is one."""
        return self._rows(self.picture_costs)

    def _rows(self, costs: Costs) -> tuple[TableRow, ...]:
        return _make_rows(self.project, costs, tuple(map(self.closed_blocks, self.check.analyses)))

    @property
    def visible_analyses(self) -> dict[str, Analysis]:
        """Every analysis as it is shown, by design; the stem's under STEM."""
        return {name: self.visible_analysis(name) for name in self.check.analyses}

    def visible_ref(self, ref: NodeRef) -> NodeRef:
        """The node that is shown for this one: for a part of a closed block or group, that."""
        design, name = ref
        report, analysis = self.check.reports.get(ref), self.analysis(design)
        group = None if analysis is None else analysis.group_of.get(name)
        blocks = (group, None if report is None else report.block)
        return next(((design, block) for block in blocks if block and not self.is_open((design, block))), ref)

    @property
    def focus_refs(self) -> frozenset[NodeRef]:
        """The node in focus as it is shown; with an open block its parts."""
        ref = self.visible_ref(self.focus.ref)
        block = self.check.block(ref)
        parts = () if block is None or not self.is_open(ref) else block.parts
        return frozenset({ref, *((ref[0], part.name) for part in parts)})

    def editable_ref(self, ref: NodeRef) -> NodeRef:
        """The node of the project that stands for this one: for a part of a block, the block; for a group, its end."""
        design, name = ref
        report, analysis = self.check.reports.get(ref), self.analysis(design)
        if analysis is not None and name in analysis.groups:
            end = analysis.groups[name].parts[-1]
            return design, end.block or end.name
        if report is None or report.block is None or any(n.name == name for n in self.project.network(design).nodes):
            return ref
        return design, report.block

    def block_ref(self, ref: NodeRef) -> NodeRef | None:
        """The block or group at a node, else that around it; None if there is none."""
        design, name = ref
        report, analysis = self.check.reports.get(ref), self.analysis(design)
        if analysis is None or self.check.block(ref) is not None:
            return None if analysis is None else ref
        block = (None if report is None else report.block) or analysis.group_of.get(name)
        return None if block is None or self.check.block((design, block)) is None else (design, block)

    def nodes_at(self, ref: NodeRef) -> tuple[str, ...]:
        """The names of the nodes of the project that commands act on: of a group all, in list order."""
        analysis = self.analysis(ref[0])
        if analysis is None or ref[1] not in analysis.groups:
            return (self.editable_ref(ref)[1],)
        return tuple(node.name for node in nodes_of_group(self.project.network(ref[0]), ref[1]))

    @cached_property
    def selected_nodes(self) -> tuple[str, ...]:
        """Names of all selected layers and blocks of the design in focus, in list order; for a part, its block."""
        design = self.focus.design
        network = dict(self.project.networks()).get(design)
        names = {name for other in (self.focus.node, *self.focus.others) for name in self.nodes_at((design, other))}
        return () if network is None else tuple(other.name for other in network.nodes if other.name in names)

    def shapes(self, design: str) -> Mapping[str, Shape | None]:
        """The shapes of the input of a design, of its layers and blocks, and of their parts, by name."""
        return _make_shapes(self.check, design)

    def enclosing_block(self, ref: NodeRef) -> BlockReport | None:
        """The block or group at a node or around it; None if there is none, or if its layers are unknown."""
        block = self.block_ref(ref)
        return None if block is None else self.check.block(block)

    def report(self, ref: NodeRef) -> Report | None:
        """The report of a layer or block; None for an input and for an unknown node."""
        return self.check.reports.get(ref)

    def earlier_shape(self, ref: NodeRef) -> Shape | None:
        """The shape of a node before a mistake made it unknown; None if it is known, or never was."""
        report, earlier = self.report(ref), self.earlier.get(ref[0])
        before = None if earlier is None else earlier.report(ref)
        return None if before is None or report is None or report.output_shape is not None else before.output_shape

    def earlier_amount(self, metric: Metric, design: str, node: str = "") -> Amount | None:
        """The amount of a node, or of a design, before a mistake made it unknown; None if none was known."""
        earlier = self.earlier.get(design)
        if earlier is None:
            return None
        costs = _make_costs(earlier.check, self.look.convention, ())
        if not node:
            return costs.total(metric, design)
        report = earlier.report((design, node))
        return None if report is None else costs.amount(metric, design, report)

    @property
    def found(self) -> tuple[NodeRef, ...]:
        """The layers, blocks and parts of blocks that the query finds, in the order of the list."""
        return find_nodes(self.check, self.query) if self.query else ()

    @cached_property
    def found_boxes(self) -> frozenset[NodeRef]:
        """What is shown of those: for parts of a closed block, the block."""
        return frozenset(map(self.visible_ref, self.found))

    def next_found(self, by: int) -> NodeRef | None:
        """The match after the selection, or for −1 the one before it, from the last to the first; None without any."""
        return next_match(self.check, self.found, self.focus.ref, by)

    def volume_at(self, ref: NodeRef) -> VolumeAt:
        """The volume at a node: its shape, its result and its problems."""
        return self._volumes.at(ref)

    def volumes_at(self, refs: Sequence[NodeRef]) -> list[VolumeAt]:
        """The volumes at several nodes; those of thousands are looked up in one go."""
        return self._volumes.at_all(refs)

    @cached_property
    def _volumes(self) -> NodeVolumes:
        return NodeVolumes.of(self.check, self.run)

    @property
    def is_fresh(self) -> bool:
        """Whether the current settings and input made the results of all nodes that can run."""
        results = self.run.results
        for ref in reversed(tuple(self.check.keys)):  # what an edit makes stale is in the end
            key = self.check.keys[ref]
            result = self.volume_at(ref).result if ref[1] == INPUT else results.get(ref)
            if result is None or result.key != key:
                return False
        return True

    @cached_property
    def predictions(self) -> Mapping[str, Prediction]:
        """The most likely classes by design, of the classifiers that have run with the current settings."""
        predictions = {}
        for name, analysis in self.check.analyses.items():
            at = self.volume_at((name, analysis.output)) if self.check.is_classifier(name) else None
            if at is not None and at.volume is not None and at.is_fresh:
                predictions[name] = predict(analysis.reports[-1], at.volume, self.check.labels)
        return predictions

    def notices_at(self, ref: NodeRef) -> tuple[str, ...]:
        """What the user should know of the files of a node: from their headers, and from a run if it is fresh."""
        at = self.volume_at(ref)
        of_run = at.result.notices if at.result is not None and at.is_fresh and at.source == ref else ()
        return (*_header_notices(self.check).get(ref, ()), *of_run)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All problems that the check of the project and the last run found."""
        return (*self.check.problems, *self.run.problems)

    def weights(self, ref: NodeRef, checkpoint: Checkpoint) -> Weights:
        """The arrays by role that a layer runs with. This may take long; do not call it in the thread of the window.

        Raises
        ------
        FileFault
            A file lacks them, or they are fitted by a run that has not taken place.
        """
        if isinstance(self.check.reports[ref].weights, LowRankWeights):
            at = self.volume_at(ref)
            if at.result is None or at.result.fitted_weights is None or not at.is_fresh:
                raise FileFault("fitted weights are available after a run (F5)")
            return dict(at.result.fitted_weights)
        return load_weights(self.check.reports[ref], seed=self.project.seed, design=ref[0], checkpoint=checkpoint)

    def colour_index(self, design: str) -> int:
        """Index of the colour of a design among those of the theme; -1, which is grey, for the stem and a ghost."""
        if self.ghost is not None and design == self.ghost.design:
            return -1
        return next((d.colour - 1 for d in self.project.designs if d.name == design), -1)


def differ_in_camera(old: ViewState, new: ViewState) -> bool:
    """Whether two states differ in nothing but the camera."""
    others = (name for name in ViewState.__struct_fields__ if name != "look")
    turned_back = replace(new.look, yaw=old.look.yaw, pitch=old.look.pitch)
    return turned_back == old.look and all(getattr(old, name) is getattr(new, name) for name in others)


def _with_ghost(state: ViewState, ghost: Ghost) -> ViewState:
    return replace(state, project=ghost.project, check=ghost.check, run=_run_with(state.run, ghost))


@lru_cache(maxsize=1)
def _run_with(run: RunView, ghost: Ghost) -> RunView:
    """Cached, since views look whether the results are others."""
    return replace(run, results={**run.results, **ghost.results})


@lru_cache(maxsize=4)
def _make_shapes(check: ProjectCheck, design: str) -> Mapping[str, Shape | None]:
    """Cached for all states with the same layers."""
    analysis = check.analyses[design]
    names = last_results("name of shape", design).map(attrgetter("name"), analysis.reports)
    shapes = last_results("shape by name", design).map(attrgetter("output_shape"), analysis.reports)
    outputs = dict(zip(reversed(names), reversed(shapes), strict=True))  # of two with the same name the first
    outputs |= {name: check.reports[design, name].output_shape for name in analysis.foldable}
    outputs[INPUT] = analysis.input_shape
    return outputs


@lru_cache(maxsize=4)
def fold_analysis(check: ProjectCheck, design: str, closed: frozenset[str]) -> Analysis:
    """The analysis of a design with some of its blocks closed."""
    return fold_blocks(check.analyses[design], closed)


@lru_cache(maxsize=4)
def _header_notices(check: ProjectCheck) -> Mapping[NodeRef, tuple[str, ...]]:
    """The notices from the headers of files by node."""
    texts: dict[NodeRef, tuple[str, ...]] = {}
    for notice in check.notices:
        if notice.design is not None:
            ref = notice.design, notice.node
            texts[ref] = (*texts.get(ref, ()), notice.text.removeprefix(f"{notice.node}: "))
    return texts


# These caches outlive a state, so they must not hold its volumes: they get times, not results.


@lru_cache(maxsize=4)
def _make_costs(check: ProjectCheck, convention: Convention, times: tuple[tuple[NodeRef, float], ...]) -> Costs:
    return Costs(check, convention, dict(times))


@lru_cache(maxsize=2)
def _make_rows(project: Project, costs: Costs, closed: tuple[frozenset[str], ...]) -> tuple[TableRow, ...]:
    """Cached for all states that show the same rows, with times and without."""
    names = zip(costs.check.analyses, closed, strict=True)
    return table_rows(project, costs, {design: fold_analysis(costs.check, design, blocks) for design, blocks in names})
