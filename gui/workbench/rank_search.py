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
from gui.state.exploration import Exploration, Wish
from gui.worker import Task, Worker


class Doing(NamedTuple):
    """What is begun now, in words."""

    words: str


class Exploring(QObject):
    """Tells of every piece that is found; the newest question wins."""

    changed = Signal(Exploration)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.shown = Exploration()
        self._worker = Worker(self)
        self._worker.said.connect(self._on_worker_said)
        self._worker.ended.connect(self._on_worker_ended)
        self._explorer: RankSearch | None = None
        """Touched by the worker's thread only, which is one."""
        self._measuring: tuple[Project, NodeRef, Form, Path | None] | None = None
        """Whose curve is being found: other wishes of the same curve need not begin anew."""
        self._project: Project | None = None
        self._answered: Wish | None = None
        """The wish whose replacement was run, is being run, or is wished no more."""

    def ask(self, project: Project, wish: Wish) -> None:
        """Find what a wish asks for: the curve of its convolution where it is not known, then the replacement."""
        measuring = project, wish.place, wish.form, wish.photos
        if measuring == self._measuring:  # what runs looks at the wish once the curve is there
            self._show(replace(self.shown, wish=wish))
            return
        self._measuring, self._project = measuring, project
        self._show(replace(self.shown, wish=wish, problems=(), busy=f"exploring {wish.place[1]}"))
        self._start(lambda checkpoint: self._explore(project, wish, checkpoint))

    def survey(self, project: Project, design: str, wish: Wish) -> None:
        """Find the curves of all of a design's k×k convolutions."""
        self._leave()
        self._show(replace(self.shown, problems=(), busy=f"exploring {design_text(design)}"))
        self._start(lambda checkpoint: self._survey(project, design, wish, checkpoint))

    def measure(self, project: Project, wish: Wish, choices: Sequence[tuple[str, float]]) -> None:
        """Replace several convolutions of a design, each by the cheapest within an error; measure its last volume."""
        self._leave()
        self._show(replace(self.shown, swap=None, problems=(), busy="measuring what is lost in the end"))
        self._start(lambda checkpoint: self._swap(project, wish, tuple(choices), checkpoint))

    def cancel(self) -> None:
        """End what is being done; what is known stays."""
        self._worker.cancel()
        self._leave()
        if self.shown.busy:
            self._show(replace(self.shown, busy=""))

    def forgive(self) -> None:
        """The project was edited: what was wrong may be mended."""
        if self.shown.problems:
            self._show(replace(self.shown, problems=()))

    def forget(self) -> None:
        """Another project is opened: nothing is known of it."""
        self.cancel()
        self._show(Exploration())

    def close(self) -> None:
        self._worker.close()

    def _leave(self) -> None:
        """No curve is being found any more, and the wish of before needs no answer."""
        self._measuring, self._answered = None, self.shown.wish

    def _start(self, task: Task) -> None:
        self._worker.start(task)

    # In the worker's thread

    def _explore(self, project: Project, wish: Wish, checkpoint: Checkpoint) -> Iterator[object]:
        explorer = self._explorer_for(project, wish, checkpoint)
        yield explorer.calibration
        curve = self._known(explorer, wish.place, wish.form)
        if curve is None:
            for found in explorer.curves(wish.place, wish.form):
                curve = found
                if not found.measured_at:
                    yield found
        assert curve is not None, "an exploration gives a curve"
        meant = self.shown.wish or wish
        if meant.budget is None and meant.widths is None:
            curve = explorer.refine(curve, meant.error)
        yield curve
        yield from self._trials(explorer, curve)

    def _trials(self, explorer: RankSearch, curve: ErrorCurve) -> Iterator[Wish | RankResult]:
        """The replacement that is meant now, while the curve was found perhaps another."""
        wish = self.shown.wish
        shown = replace(
            self.shown, samples=explorer.calibration, curves={**self.shown.curves, (curve.ref, curve.form): curve}
        )
        index, sample = shown.index, shown.sample
        if wish is None or index is None or sample is None or shown.curve is not curve:
            return
        yield wish
        yield from explorer.results(curve.ref, curve.form, curve.ranks[index], sample, refit=wish.refit)

    def _survey(self, project: Project, design: str, wish: Wish, checkpoint: Checkpoint) -> Iterator[object]:
        explorer = self._explorer_for(project, wish, checkpoint)
        yield explorer.calibration
        reports = rank_search_candidates(explorer.request, design)
        for number, report in enumerate(reports, 1):
            yield Doing(f"exploring {number} of {len(reports)}: {report.name}")
            place = design, report.name
            if self._known(explorer, place, wish.form) is None:
                yield explorer.curve(place, wish.form)

    def _swap(
        self, project: Project, wish: Wish, choices: Iterable[tuple[str, float]], checkpoint: Checkpoint
    ) -> Iterator[object]:
        explorer = self._explorer_for(project, wish, checkpoint)
        made = []
        for name, error in choices:
            place = wish.place[0], name
            known = self._known(explorer, place, wish.form)
            curve = explorer.refine(known or explorer.curve(place, wish.form), error)
            index = curve.cheapest_within(error)
            yield curve
            if index is not None:
                made.append(RankChoice(curve, index, wish.refit and explorer.refit_helps(curve, index)))
        if made:
            yield replace_and_measure(explorer, made)

    def _known(self, explorer: RankSearch, place: NodeRef, form: Form) -> ErrorCurve | None:
        """The curve of before, where it was measured to its end, on these samples and with today's settings."""
        shown = self.shown
        curve = shown.curves.get((place, form))
        if curve is None or not curve.measured_at or shown.samples != explorer.calibration:
            return None
        return curve if curve.key == explorer.request.check.keys.get(place) else None

    def _explorer_for(self, project: Project, wish: Wish, checkpoint: Checkpoint) -> RankSearch:
        """The explorer of before where nothing has changed, files included."""
        known = self._explorer
        chosen = calibration_set(project, wish.photos)
        if known is not None and (known.project, known.calibration) == (project, chosen):
            keys = RunRequest.of(project).check.keys
            known = known if keys == known.request.check.keys else None
        else:
            known = None
        self._explorer = known or RankSearch(project, chosen)
        self._explorer.checkpoint = checkpoint
        return self._explorer

    # In the window's thread

    def _show(self, new: Exploration) -> None:
        self.shown = new
        self.changed.emit(new)

    def _on_worker_said(self, event: object) -> None:
        shown = self.shown
        match event:
            case Doing():
                self._show(replace(shown, busy=event.words))
            case CalibrationSet():
                if event != shown.samples:
                    self._show(replace(shown, samples=event, curves={}, trial=None, swap=None))
            case ErrorCurve():
                self._show(replace(shown, curves={**shown.curves, (event.ref, event.form): event}))
                if event.measured_at:
                    self._measuring = None
            case Wish():
                self._answered = event
            case RankResult():
                self._show(replace(shown, trial=event))
            case Replacement():
                self._show(replace(shown, swap=event))

    def _on_worker_ended(self, error: Exception | None) -> None:
        asked, self._measuring = self._measuring, None
        problems = error.problems if isinstance(error, ProjectError) else ()
        self._show(replace(self.shown, busy="", problems=problems))
        if error is not None and not isinstance(error, ProjectError):
            raise error
        late = self.shown.wish  # one that came when the worker had looked already
        if asked is None and error is None and self._project is not None and late not in (None, self._answered):
            self.ask(self._project, late)
