"""Runs rank searches in the background and reports their results one by one, the most important first."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace
from PySide6.QtCore import QObject, Signal

from engine.kernels import Checkpoint
from engine.network.node_ref import NodeRef, design_text
from engine.network.weight_specs import Form
from engine.project.project import Project
from engine.rank_search import (
    CalibrationSet,
    ErrorCurve,
    RankChoice,
    RankResult,
    RankSearch,
    Replacement,
    calibration_set,
    rank_search_candidates,
    replace_and_measure,
)
from engine.run.cache import VolumeCache
from engine.run.request import RunRequest
from engine.text.problems import ProjectError
from gui.state.rank_search import RankQuery, RankSearchState
from gui.worker import Task, Worker


class SearchStep(NamedTuple):
    """The step that begins now: in words, and how many of all steps are done."""

    text: str
    done: int
    total: int


class BackgroundRankSearch(QObject):
    """Emits a new state for every result; the latest request wins."""

    changed = Signal(RankSearchState)

    def __init__(self, cache: VolumeCache, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._cache = cache
        self.state = RankSearchState()
        self._worker = Worker(self)
        self._worker.reported.connect(self._on_worker_reported)
        self._worker.ended.connect(self._on_worker_ended)
        self._search: RankSearch | None = None
        """Used in the thread of the worker only, of which there is one."""
        self._pending_curve: tuple[Project, NodeRef, Form, Path | None] | None = None
        """The curve that is being measured: another query of the same curve does not start it again."""
        self._project: Project | None = None
        self._last_query: RankQuery | None = None
        """The last query that needs no further work: it is answered, being answered, or cancelled."""

    def search(self, project: Project, query: RankQuery) -> None:
        """Answer a query: measure the curve of its convolution unless it is cached, then run the replacement."""
        pending_curve = project, query.ref, query.form, query.photo_folder
        if pending_curve == self._pending_curve:  # the worker reads the query when the curve is complete
            self._set_state(replace(self.state, query=query))
            return
        self._pending_curve, self._project = pending_curve, project
        self._begin(f"searching {query.ref[1]}", query=query)
        self._start(lambda checkpoint: self._answer(project, query, checkpoint))

    def search_design(self, project: Project, design: str, query: RankQuery) -> None:
        """Measure the curves of all k×k convolutions of a design."""
        self._abandon_query()
        self._begin(f"searching {design_text(design)}")
        self._start(lambda checkpoint: self._search_design(project, design, query, checkpoint))

    def measure_replacement(self, project: Project, query: RankQuery, choices: Sequence[tuple[str, float]]) -> None:
        """Replace convolutions of a design, each by the cheapest within its error, and compare the last volumes."""
        self._abandon_query()
        self._begin("measuring the error of the last volume", replacement=None)
        self._start(lambda checkpoint: self._measure_replacement(project, query, tuple(choices), checkpoint))

    def cancel(self) -> None:
        """End the work in progress; its results so far stay."""
        self._worker.cancel()
        self._abandon_query()
        if self.state.busy_text:
            self._set_state(replace(self.state, busy_text=""))

    def clear_problems(self) -> None:
        """Clear the problems after an edit, which may have corrected them."""
        if self.state.problems:
            self._set_state(replace(self.state, problems=()))

    def clear(self) -> None:
        """Clear all results, for another project."""
        self.cancel()
        self._set_state(RankSearchState())

    def close(self) -> None:
        self._worker.close()

    def _abandon_query(self) -> None:
        """No curve is being measured any more, and the current query needs no answer."""
        self._pending_curve, self._last_query = None, self.state.query

    def _begin(self, text: str, **changes: object) -> None:
        """Show that work begins, in words; it is not known yet how many steps it has."""
        self._set_state(replace(self.state, problems=(), busy_text=text, done=0, total=0, **changes))

    def _start(self, task: Task) -> None:
        self._worker.start(task)

    # In the worker's thread

    def _answer(self, project: Project, query: RankQuery, checkpoint: Checkpoint) -> Iterator[object]:
        search = self._find_search(project, query, checkpoint)
        yield search.calibration
        curve = self._cached_curve(search, query.ref, query.form)
        if curve is None:
            for curve in search.curves(query.ref, query.form):
                if not curve.measured_at:
                    yield curve
        assert curve is not None, "a rank search yields at least one curve"
        latest = self.state.query or query
        if latest.max_macs is None and latest.ranks is None:
            curve = search.refine(curve, latest.max_error)
        yield curve
        yield from self._rank_results(search, curve)

    def _rank_results(self, search: RankSearch, curve: ErrorCurve) -> Iterator[RankQuery | RankResult]:
        """Run the replacement of the latest query, which may have changed while the curve was measured."""
        query = self.state.query
        state = replace(
            self.state, calibration=search.calibration, curves={**self.state.curves, (curve.ref, curve.form): curve}
        )
        index, sample = state.rank_index, state.map_input
        if query is None or index is None or sample is None or state.curve is not curve:
            return
        yield query
        yield from search.results(curve.ref, curve.form, curve.ranks[index], sample, refit=query.refit)

    def _search_design(
        self, project: Project, design: str, query: RankQuery, checkpoint: Checkpoint
    ) -> Iterator[object]:
        search = self._find_search(project, query, checkpoint)
        yield search.calibration
        reports = rank_search_candidates(search.request, design)
        if not reports and search.request.check.problems:  # they may be why there is nothing to search
            raise ProjectError(search.request.check.problems)
        for number, report in enumerate(reports, 1):
            yield SearchStep(f"searching {number} of {len(reports)}: {report.name}", number - 1, len(reports))
            ref = design, report.name
            if self._cached_curve(search, ref, query.form) is None:
                yield search.curve(ref, query.form)

    def _measure_replacement(
        self, project: Project, query: RankQuery, choices: Sequence[tuple[str, float]], checkpoint: Checkpoint
    ) -> Iterator[object]:
        search = self._find_search(project, query, checkpoint)
        rank_choices = []
        for number, (name, error) in enumerate(choices):
            yield SearchStep(f"replacing {number + 1} of {len(choices)}: {name}", number, len(choices) + 1)
            ref = query.ref[0], name
            curve = self._cached_curve(search, ref, query.form) or search.curve(ref, query.form)
            curve = search.refine(curve, error)
            index = curve.cheapest_within(error)
            yield curve
            if index is not None:
                rank_choices.append(RankChoice(curve, index, query.refit and search.refit_helps(curve, index)))
        if rank_choices:
            yield SearchStep("measuring the error of the last volume", len(choices), len(choices) + 1)
            yield replace_and_measure(search, rank_choices)

    def _cached_curve(self, search: RankSearch, ref: NodeRef, form: Form) -> ErrorCurve | None:
        """The curve of an earlier search, if it is complete and has the same calibration and settings."""
        state = self.state
        curve = state.curves.get((ref, form))
        if curve is None or not curve.measured_at or state.calibration != search.calibration:
            return None
        return curve if curve.key == search.request.check.keys.get(ref) else None

    def _find_search(self, project: Project, query: RankQuery, checkpoint: Checkpoint) -> RankSearch:
        """The previous search if neither the project nor its files have changed, else a new one."""
        search, calibration = self._search, calibration_set(project, query.photo_folder)
        if (
            search is None
            or (search.project, search.calibration) != (project, calibration)
            or search.request.check.keys != RunRequest.of(project).check.keys
        ):
            search = self._search = RankSearch(project, calibration, computed=self._cache)
        search.checkpoint = checkpoint
        return search

    # In the window's thread

    def _set_state(self, new: RankSearchState) -> None:
        self.state = new
        self.changed.emit(new)

    def _on_worker_reported(self, event: object) -> None:
        state = self.state
        match event:
            case SearchStep():
                self._set_state(replace(state, busy_text=event.text, done=event.done, total=event.total))
            case CalibrationSet():
                if event != state.calibration:
                    self._set_state(replace(state, calibration=event, curves={}, result=None, replacement=None))
            case ErrorCurve():
                self._set_state(replace(state, curves={**state.curves, (event.ref, event.form): event}))
                if event.measured_at:
                    self._pending_curve = None
            case RankQuery():
                self._last_query = event
            case RankResult():
                self._set_state(replace(state, result=event))
            case Replacement():
                self._set_state(replace(state, replacement=event))

    def _on_worker_ended(self, error: Exception | None) -> None:
        interrupted_curve, self._pending_curve = self._pending_curve, None
        problems = error.problems if isinstance(error, ProjectError) else ()
        self._set_state(replace(self.state, busy_text="", problems=problems))
        if error is not None and not isinstance(error, ProjectError):
            raise error
        late = self.state.query  # one that came after the worker had read the query
        is_complete = interrupted_curve is None and error is None
        if is_complete and self._project is not None and late not in (None, self._last_query):
            self.search(self._project, late)
