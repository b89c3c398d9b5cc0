"""The computed volumes of a run, and those at every node of a project, shared by states with the same results."""

from collections.abc import Hashable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from msgspec import Struct
from msgspec.structs import replace

from engine.network.graph import INPUT
from engine.network.node_ref import STEM, NodeRef
from engine.run.check import ProjectCheck
from engine.shapes import Shape
from engine.text.problems import Problem
from engine.unchanged_items import LastResults, differing
from gui.state.volume_at import VolumeAt, VolumeResult


class RunProgress(Struct, frozen=True):
    """Progress of a run: `done` of `total` nodes, now at `ref`."""

    done: int
    total: int
    ref: NodeRef


class RunView(Struct, frozen=True, eq=False, weakref=True):
    """The computed volumes by node, and the run in progress, if any."""

    results: Mapping[NodeRef, VolumeResult] = {}
    progress: RunProgress | None = None
    problems: tuple[Problem, ...] = ()
    """Problems that only a run finds, such as those in files; the next edit or run clears them."""

    def advance(
        self,
        results: Mapping[NodeRef, VolumeResult],
        progress: RunProgress | None,
        problems: tuple[Problem, ...] = (),
    ) -> "RunView":
        """The view with some more results, and with other progress and problems.

        Views look up again only what these are about.
        """
        every_result = {**self.results, **results} if results else self.results
        view = replace(self, results=every_result, progress=progress, problems=problems)
        if self in _LAST_RESULTS:
            _LAST_RESULTS[view] = _LAST_RESULTS[self]
        if self in _VOLUMES and problems == self.problems:
            _VOLUMES[view] = _VOLUMES[self].advance(view, results)
        return view

    def last_results(self, name: str, *settings: Hashable) -> LastResults[Any]:
        """The last results of a name and settings, as `unchanged_items.last_results` returns them.

        They are about these volumes, with which they end, and those with other settings end with them: the name need
        not say which volumes these are.
        """
        by_name = _LAST_RESULTS.setdefault(self, {})
        last_settings, last = by_name.get(name, (None, None))
        if last is None or last_settings != settings:
            _, last = by_name[name] = settings, LastResults()
        return last


_LAST_RESULTS: "WeakKeyDictionary[RunView, dict[str, tuple[tuple[Hashable, ...], LastResults[Any]]]]" = (
    WeakKeyDictionary()
)
"""See `RunView.last_results`. The views of one run share them: they are about the volumes of the last one drawn."""

_VOLUMES: "WeakKeyDictionary[RunView, NodeVolumes]" = WeakKeyDictionary()
"""See `NodeVolumes.of`; it ends with the results, so it keeps no volume longer than they do."""


class _VolumeList(NamedTuple):
    """The volumes at several nodes, and the position of each node."""

    refs: Sequence[NodeRef]
    volumes: list[VolumeAt]
    positions: dict[NodeRef, int]


class NodeVolumes:
    """The volumes at the nodes of a project after a run, each looked up once.

    Parameters
    ----------
    check, run
        The project with its shapes and keys, and what is computed of it.
    sources
        Nodes that show the volume of another node.
    """

    def __init__(
        self, check: ProjectCheck, run: RunView, sources: Mapping[NodeRef, NodeRef] = MappingProxyType({})
    ) -> None:
        self.check, self._results, self._sources = check, run.results, sources
        self.problems = (*check.problems, *run.problems)
        self.by_ref: dict[NodeRef, VolumeAt] = {}
        self.last_list = _VolumeList((), [], {})
        """What `at_all` has returned last."""

    @classmethod
    def of(cls, check: ProjectCheck, run: RunView) -> "NodeVolumes":
        """Those of a check and a run; what an edit does not affect is taken from the volumes before it."""
        before = _VOLUMES.get(run)
        if before is not None and before.check is check:
            return before
        volumes = _VOLUMES[run] = cls(check, run)
        if before is not None and not volumes.problems:
            volumes._take_over(before)
        return volumes

    def advance(self, run: RunView, results: Mapping[NodeRef, VolumeResult]) -> "NodeVolumes":
        """Those after a view with some more results; only what shows one of these is looked up again."""
        volumes = NodeVolumes(self.check, run, self._sources)
        volumes.by_ref = {ref: at for ref, at in self.by_ref.items() if at.source not in results}
        return volumes

    def at(self, ref: NodeRef) -> VolumeAt:
        """The volume at a node: its shape, its result and its problems."""
        volume = self.by_ref.get(ref)
        if volume is None:
            volume = self.by_ref[ref] = self._look_up(ref)
        return volume

    def at_all(self, refs: Sequence[NodeRef]) -> list[VolumeAt]:
        """The volumes at several nodes; those of thousands are looked up in one go, and once for the same list."""
        if refs is not self.last_list.refs:
            earlier = map(self.by_ref.get, refs)
            volumes = [self.at(ref) if at is None else at for ref, at in zip(refs, earlier, strict=True)]
            self.last_list = _VolumeList(refs, volumes, {ref: at for at, ref in enumerate(refs)})
        return self.last_list.volumes

    def _take_over(self, before: "NodeVolumes") -> None:
        """Take over the volumes of layers, blocks and inputs that are the same by both checks.

        An earlier result of a layer after the edited one is as stale as it was, by whatever key the layer has now.
        """
        known = before.by_ref
        self.by_ref = {ref: at for ref, at in known.items() if not at.problems} if before.problems else dict(known)
        blocks = [(design, name) for design, analysis in self.check.analyses.items() for name in analysis.foldable]
        with_other_keys = [*_differing_refs(before.check.keys, self.check.keys), *blocks]
        gone = [ref for ref in with_other_keys if ref in known and not self._has_freshness(known[ref])]
        gone += _differing_refs(before.check.reports, self.check.reports)
        for ref in gone:
            self.by_ref.pop(ref, None)
        inputs = [(design, INPUT) for design in {STEM, *before.check.analyses}]
        for ref in inputs:
            at = self.by_ref.pop(ref, None)
            if at is not None and at.has_fields_of(self._look_up(ref)):
                self.by_ref[ref] = at
        if not before.problems:
            refs, volumes, positions = before.last_list
            self.last_list = _VolumeList(refs, list(volumes), positions)
            for ref in filter(positions.__contains__, (*gone, *inputs)):
                self.last_list.volumes[positions[ref]] = self.at(ref)

    def _has_freshness(self, at: VolumeAt) -> bool:
        """Whether a volume of before is as fresh or stale as it was."""
        return at.is_fresh is (at.result is not None and at.result.key == self.check.keys.get(at.source))

    def _look_up(self, ref: NodeRef) -> VolumeAt:
        source = self._source(ref)
        result, key = self._results.get(source), self.check.keys.get(source)
        is_fresh = result is not None and result.key == key
        return VolumeAt(ref, source, self._shape(ref), result, is_fresh, self._problem_texts.get(source, ()))

    def _source(self, ref: NodeRef) -> NodeRef:
        """The node that computes a volume, see `VolumeAt.source`."""
        if ref in self._sources:
            return self._sources[ref]
        design, node = ref
        block = self.check.block(ref)
        if block is not None:
            return design, block.output
        if node != INPUT or design == STEM:
            return ref
        stem = self.check.analyses.get(STEM)
        return (STEM, INPUT if stem is None else stem.output)

    def _shape(self, ref: NodeRef) -> Shape | None:
        report, analysis = self.check.reports.get(ref), self.check.analyses.get(ref[0])
        if report is not None:
            return report.output_shape
        if ref == (STEM, INPUT):
            return self.check.input_shape
        return None if analysis is None or ref[1] != INPUT else analysis.input_shape

    @cached_property
    def _problem_texts(self) -> dict[NodeRef, tuple[str, ...]]:
        """The texts of all problems by node."""
        texts: dict[NodeRef, tuple[str, ...]] = {}
        for problem in self.problems:
            if problem.design is not None:
                ref = problem.design, problem.node
                texts[ref] = (*texts.get(ref, ()), problem.text)
        return texts


def _differing_refs(before: Mapping[NodeRef, object], now: Mapping[NodeRef, object]) -> list[NodeRef]:
    """The nodes of which two checks do not hold the same object."""
    refs = list(now)
    if refs == list(before):
        return [refs[at] for at in differing(list(now.values()), list(before.values()))]
    return [ref for ref in {**before, **now} if before.get(ref) is not now.get(ref)]
