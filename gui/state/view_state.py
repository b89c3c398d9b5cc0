"""What the window shows, as frozen values: views compare two of them and redraw what differs. No Qt here."""

from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

from msgspec import Struct

from engine.cost.counting import MACS, Convention
from engine.cost.metrics import Costs, metric_by_id
from engine.explain.map_statistics import MapOrder
from engine.files.paths import FileFault
from engine.kernels import Checkpoint
from engine.network.analysis import Analysis, BlockReport, Report, fold_blocks
from engine.network.graph import INPUT
from engine.network.weight_specs import LowRankWeights
from engine.project.project import Project
from engine.reports.tables import TableRow, table_rows
from engine.run.check import NodeRef, ProjectCheck
from engine.run.weights import Weights, load_weights
from engine.shapes import Shape
from engine.text.problems import STEM, Problem
from gui.state.rank_search import RankSearchState
from gui.state.volume_at import VolumeAt, VolumeResult

_MOST_OPEN = 60
"""Layers of a design whose blocks are shown open as long as nobody says otherwise."""


class Focus(Struct, frozen=True):
    """The one selection of the window. `channel` and `pixel` (y, x) are of the chosen node's output volume."""

    design: str = STEM
    node: str = INPUT
    channel: int | None = None
    pixel: tuple[int, int] | None = None
    order_anchor: int | None = None
    """The map that the others are sorted by, where keys have gone on from it; else it is the chosen one."""

    @property
    def ref(self) -> NodeRef:
        return self.design, self.node

    @property
    def likeness_channel(self) -> int | None:
        """The map whose likeness sorts the others."""
        return self.channel if self.order_anchor is None else self.order_anchor


DepthScale = Literal["true", "sqrt", "log"]
ColourMap = Literal["viridis", "cividis", "gray"]
_ColourRange = Literal["shared", "per map"]
_ComparisonMode = Literal["maps", "maps + difference"]
DetailKind = Literal["kernel", "kernel by size", "histogram", "histograms", "contributions", "none"]


class Look(Struct, frozen=True):
    """How things are drawn. It is neither saved nor undone, but an exported file has the look of the screen."""

    yaw: float = -34.0
    """Turn of the camera around the vertical axis, degrees; 0 looks straight at the feature maps."""
    pitch: float = 24.0
    """Height of the camera above the horizon, degrees; 90 looks from above."""
    scale: DepthScale = "sqrt"
    metric: str = "macs"
    convention: Convention = MACS
    logarithmic: bool = False
    colour_map: ColourMap = "viridis"
    range: _ColourRange = "shared"
    zero_centred: bool = False
    """A diverging colour map whose middle is zero."""
    order: MapOrder = "index"
    """How maps are sorted."""
    comparison: _ComparisonMode = "maps"
    """What is shown of two designs' maps."""
    detail: DetailKind = "kernel"
    """What is shown of the chosen map."""
    theme: Literal["light", "dark"] = "light"
    blocks: Literal["auto", "open", "closed"] = "auto"
    """Whether blocks are drawn as their layers or as one; "auto": closed in designs of many layers."""
    toggled_blocks: frozenset[NodeRef] = frozenset()
    """The blocks of which the opposite holds."""


class RunProgress(Struct, frozen=True):
    """How far a run is: `done` of `total` nodes, now at `place`."""

    done: int
    total: int
    ref: NodeRef


class RunView(Struct, frozen=True, eq=False):
    """The volumes that are known by place, and the run under way, if any."""

    results: Mapping[NodeRef, VolumeResult] = {}
    progress: RunProgress | None = None
    problems: tuple[Problem, ...] = ()
    """What a run found wrong, in files for example; gone with the next edit or run."""


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

    def analysis(self, design: str) -> Analysis | None:
        """The analysis of a design or of the stem; None where there is none of that name."""
        return self.check.analyses.get(design)

    @cached_property
    def costs(self) -> Costs:
        """Amounts of today's layers by the convention of the look, with the times of those that have run."""
        keys = self.check.keys
        fresh = [(place, made.milliseconds) for place, made in self.run.results.items() if made.key == keys.get(place)]
        return _make_costs(self.check, self.look.convention, tuple(fresh))

    def is_open(self, block: NodeRef) -> bool:
        """Whether a block is shown as its layers."""
        blocks = self.look.blocks
        if blocks == "auto":
            blocks = "open" if len(self.check.analyses[block[0]].reports) <= _MOST_OPEN else "closed"
        return (blocks == "open") != (block in self.look.toggled_blocks)

    def visible_analysis(self, design: str) -> Analysis:
        """The analysis of a design as it is shown: closed blocks are one report that has their sums."""
        return _fold_analysis(self.check, design, self._closed_blocks(design))

    def _closed_blocks(self, design: str) -> frozenset[str]:
        """The blocks of a design that are shown as one."""
        names = self.check.analyses[design].blocks
        return frozenset(name for name in names if not self.is_open((design, name)))

    @property
    def costs_key(self) -> tuple[object, ...]:
        """What bars and tables depend on: equal where nothing that they say differs, as while the camera turns."""
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
        """The table of the project as it is shown, closed blocks in one row."""
        return _make_rows(self.project, self.costs, tuple(map(self._closed_blocks, self.check.analyses)))

    @property
    def visible_analyses(self) -> dict[str, Analysis]:
        """Every analysis as it is shown, by design; the stem's under STEM."""
        return {name: self.visible_analysis(name) for name in self.check.analyses}

    def visible_ref(self, place: NodeRef) -> NodeRef:
        """Where a place is shown: within a closed block, at the block."""
        report = self.check.reports.get(place)
        block = None if report is None or report.block is None else (place[0], report.block)
        return place if block is None or self.is_open(block) else block

    def editable_ref(self, place: NodeRef) -> NodeRef:
        """Where the project says what is at a place: of a block's part, at the block."""
        design, name = place
        report = self.check.reports.get(place)
        if report is None or report.block is None or any(n.name == name for n in self.project.network(design).nodes):
            return place
        return design, report.block

    def enclosing_block(self, place: NodeRef) -> BlockReport | None:
        """The block at a place, or around the part there; None where there is none, or its layers are not known."""
        return self.check.block(self.editable_ref(place))

    def report(self, place: NodeRef) -> Report | None:
        """The report of a layer or block; None for an input and for what is not there."""
        return self.check.reports.get(place)

    def volume_at(self, place: NodeRef) -> VolumeAt:
        """All that is known of the volume at a place."""
        volume = self._volumes.get(place)
        if volume is None:
            volume = self._volumes[place] = self._look_up(place)
        return volume

    @cached_property
    def _volumes(self) -> dict[NodeRef, VolumeAt]:
        """Those that were looked up."""
        return {}

    def _look_up(self, place: NodeRef) -> VolumeAt:
        source = self._source(place)
        result, key = self.run.results.get(source), self.check.keys.get(source)
        fresh = result is not None and result.key == key
        return VolumeAt(place, source, self._shape(place), result, fresh, self._problems.get(source, ()))

    def _source(self, place: NodeRef) -> NodeRef:
        """Where a volume comes from, see `VolumeAt.source`."""
        design, node = place
        block = self.check.block(place)
        if block is not None:
            return design, block.output
        if node != INPUT or design == STEM:
            return place
        stem = self.analysis(STEM)
        return (STEM, INPUT if stem is None else stem.output)

    def _shape(self, place: NodeRef) -> Shape | None:
        report, analysis = self.report(place), self.analysis(place[0])
        if report is not None:
            return report.output_shape
        if place == (STEM, INPUT):
            return self.check.input_shape
        return None if analysis is None or place[1] != INPUT else analysis.input_shape

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All that the check of the project and the last run found wrong."""
        return (*self.check.problems, *self.run.problems)

    @cached_property
    def _problems(self) -> dict[NodeRef, tuple[str, ...]]:
        """The texts of all problems by place."""
        texts: dict[NodeRef, tuple[str, ...]] = {}
        for problem in self.problems:
            if problem.design is not None:
                place = problem.design, problem.node
                texts[place] = (*texts.get(place, ()), problem.text)
        return texts

    def weights(self, place: NodeRef, checkpoint: Checkpoint) -> Weights:
        """The arrays by role that a layer runs with. It may take long: for another thread than the window's.

        Raises
        ------
        FileFault
            A file does not give them, or only a run will.
        """
        if isinstance(self.check.reports[place].weights, LowRankWeights):
            at = self.volume_at(place)
            if at.result is None or at.result.fitted_weights is None or not at.fresh:
                raise FileFault("fitted weights are known after a run (F5)")
            return dict(at.result.fitted_weights)
        return load_weights(self.check.reports[place], seed=self.project.seed, design=place[0], checkpoint=checkpoint)

    def design_index(self, design: str) -> int:
        """Position of a design in the project, for its colour; -1 for the stem."""
        return next((i for i, d in enumerate(self.project.designs) if d.name == design), -1)


@lru_cache(maxsize=16)
def _fold_analysis(check: ProjectCheck, design: str, closed: frozenset[str]) -> Analysis:
    return fold_blocks(check.analyses[design], closed)


# What outlives a state must not hold its volumes: these know times, and no results.


@lru_cache(maxsize=4)
def _make_costs(check: ProjectCheck, convention: Convention, times: tuple[tuple[NodeRef, float], ...]) -> Costs:
    return Costs(check, convention, dict(times))


@lru_cache(maxsize=1)
def _make_rows(project: Project, ledger: Costs, closed: tuple[frozenset[str], ...]) -> tuple[TableRow, ...]:
    """Made once for all states that show the same."""
    names = zip(ledger.check.analyses, closed, strict=True)
    return table_rows(
        project, ledger, {design: _fold_analysis(ledger.check, design, blocks) for design, blocks in names}
    )
