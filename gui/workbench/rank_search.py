"""Explores bottlenecks in the background: what a wish asks for, piece by piece, the most telling first."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace
from PySide6.QtCore import QObject, Signal

from engine.kernels import Checkpoint
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
from engine.rank_search.report import design_text
from engine.run.check import NodeRef
from engine.run.execute import RunRequest
from engine.text.problems import ProjectError
from gui.state.rank_search import RankQuery, RankSearchState
from gui.worker import Task, Worker


class SearchStep(NamedTuple):
    """What is begun now, in words."""

    text: str


class BackgroundRankSearch(QObject):
    """Tells of every piece that is found; the newest question wins."""

    changed = Signal(RankSearchState)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = RankSearchState()
        self._worker = Worker(self)
        self._worker.reported.connect(self._on_worker_reported)
        self._worker.ended.connect(self._on_worker_ended)
        self._explorer: RankSearch | None = None
        """Touched by the worker's thread only, which is one."""
        self._measuring: tuple[Project, NodeRef, Form, Path | None] | None = None
        """Whose curve is being found: other wishes of the same curve need not begin anew."""
        self._project: Project | None = None
        self._answered: RankQuery | None = None
        """The wish whose replacement was run, is being run, or is wished no more."""

    def search(self, project: Project, wish: RankQuery) -> None:
        """Find what a wish asks for: the curve of its convolution where it is not known, then the replacement."""
        measuring = project, wish.ref, wish.form, wish.photo_folder
        if measuring == self._measuring:  # what runs looks at the wish once the curve is there
            self._set_state(replace(self.state, query=wish))
            return
        self._measuring, self._project = measuring, project
        self._set_state(replace(self.state, query=wish, problems=(), busy_text=f"exploring {wish.ref[1]}"))
        self._start(lambda checkpoint: self._answer(project, wish, checkpoint))

    def search_design(self, project: Project, design: str, wish: RankQuery) -> None:
        """Find the curves of all of a design's k×k convolutions."""
        self._abandon_query()
        self._set_state(replace(self.state, problems=(), busy_text=f"exploring {design_text(design)}"))
        self._start(lambda checkpoint: self._search_design(project, design, wish, checkpoint))

    def measure_replacement(self, project: Project, wish: RankQuery, choices: Sequence[tuple[str, float]]) -> None:
        """Replace several convolutions of a design, each by the cheapest within an error; measure its last volume."""
        self._abandon_query()
        self._set_state(
            replace(self.state, replacement=None, problems=(), busy_text="measuring what is lost in the end")
        )
        self._start(lambda checkpoint: self._measure_replacement(project, wish, tuple(choices), checkpoint))

    def cancel(self) -> None:
        """End what is being done; what is known stays."""
        self._worker.cancel()
        self._abandon_query()
        if self.state.busy_text:
            self._set_state(replace(self.state, busy_text=""))

    def clear_problems(self) -> None:
        """The project was edited: what was wrong may be mended."""
        if self.state.problems:
            self._set_state(replace(self.state, problems=()))

    def clear(self) -> None:
        """Another project is opened: nothing is known of it."""
        self.cancel()
        self._set_state(RankSearchState())

    def close(self) -> None:
        self._worker.close()

    def _abandon_query(self) -> None:
        """No curve is being found any more, and the wish of before needs no answer."""
        self._measuring, self._answered = None, self.state.query

    def _start(self, task: Task) -> None:
        self._worker.start(task)

    # In the worker's thread

    def _answer(self, project: Project, wish: RankQuery, checkpoint: Checkpoint) -> Iterator[object]:
        explorer = self._get_explorer(project, wish, checkpoint)
        yield explorer.calibration
        curve = self._known_curve(explorer, wish.ref, wish.form)
        if curve is None:
            for found in explorer.curves(wish.ref, wish.form):
                curve = found
                if not found.measured_at:
                    yield found
        assert curve is not None, "an exploration gives a curve"
        meant = self.state.query or wish
        if meant.max_macs is None and meant.ranks is None:
            curve = explorer.refine(curve, meant.max_error)
        yield curve
        yield from self._rank_results(explorer, curve)

    def _rank_results(self, explorer: RankSearch, curve: ErrorCurve) -> Iterator[RankQuery | RankResult]:
        """The replacement that is meant now, while the curve was found perhaps another."""
        wish = self.state.query
        shown = replace(
            self.state, calibration=explorer.calibration, curves={**self.state.curves, (curve.ref, curve.form): curve}
        )
        index, sample = shown.rank_index, shown.map_input
        if wish is None or index is None or sample is None or shown.curve is not curve:
            return
        yield wish
        yield from explorer.results(curve.ref, curve.form, curve.ranks[index], sample, refit=wish.refit)

    def _search_design(
        self, project: Project, design: str, wish: RankQuery, checkpoint: Checkpoint
    ) -> Iterator[object]:
        explorer = self._get_explorer(project, wish, checkpoint)
        yield explorer.calibration
        reports = rank_search_candidates(explorer.request, design)
        for number, report in enumerate(reports, 1):
            yield SearchStep(f"exploring {number} of {len(reports)}: {report.name}")
            place = design, report.name
            if self._known_curve(explorer, place, wish.form) is None:
                yield explorer.curve(place, wish.form)

    def _measure_replacement(
        self, project: Project, wish: RankQuery, choices: Iterable[tuple[str, float]], checkpoint: Checkpoint
    ) -> Iterator[object]:
        explorer = self._get_explorer(project, wish, checkpoint)
        made = []
        for name, error in choices:
            place = wish.ref[0], name
            known = self._known_curve(explorer, place, wish.form)
            curve = explorer.refine(known or explorer.curve(place, wish.form), error)
            index = curve.cheapest_within(error)
            yield curve
            if index is not None:
                made.append(RankChoice(curve, index, wish.refit and explorer.refit_helps(curve, index)))
        if made:
            yield replace_and_measure(explorer, made)

    def _known_curve(self, explorer: RankSearch, place: NodeRef, form: Form) -> ErrorCurve | None:
        """The curve of before, where it was measured to its end, on these samples and with today's settings."""
        shown = self.state
        curve = shown.curves.get((place, form))
        if curve is None or not curve.measured_at or shown.calibration != explorer.calibration:
            return None
        return curve if curve.key == explorer.request.check.keys.get(place) else None

    def _get_explorer(self, project: Project, wish: RankQuery, checkpoint: Checkpoint) -> RankSearch:
        """The explorer of before where nothing has changed, files included."""
        known = self._explorer
        chosen = calibration_set(project, wish.photo_folder)
        if known is not None and (known.project, known.calibration) == (project, chosen):
            keys = RunRequest.of(project).check.keys
            known = known if keys == known.request.check.keys else None
        else:
            known = None
        self._explorer = known or RankSearch(project, chosen)
        self._explorer.checkpoint = checkpoint
        return self._explorer

    # In the window's thread

    def _set_state(self, new: RankSearchState) -> None:
        self.state = new
        self.changed.emit(new)

    def _on_worker_reported(self, event: object) -> None:
        shown = self.state
        match event:
            case SearchStep():
                self._set_state(replace(shown, busy_text=event.text))
            case CalibrationSet():
                if event != shown.calibration:
                    self._set_state(replace(shown, calibration=event, curves={}, result=None, replacement=None))
            case ErrorCurve():
                self._set_state(replace(shown, curves={**shown.curves, (event.ref, event.form): event}))
                if event.measured_at:
                    self._measuring = None
            case RankQuery():
                self._answered = event
            case RankResult():
                self._set_state(replace(shown, result=event))
            case Replacement():
                self._set_state(replace(shown, replacement=event))

    def _on_worker_ended(self, error: Exception | None) -> None:
        asked, self._measuring = self._measuring, None
        problems = error.problems if isinstance(error, ProjectError) else ()
        self._set_state(replace(self.state, busy_text="", problems=problems))
        if error is not None and not isinstance(error, ProjectError):
            raise error
        late = self.state.query  # one that came when the worker had looked already
        if asked is None and error is None and self._project is not None and late not in (None, self._answered):
            self.search(self._project, late)
